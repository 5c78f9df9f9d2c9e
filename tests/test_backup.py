"""Back-ups are taken while others work, and what is restored from them verifies."""

from __future__ import annotations

import secrets
import shutil
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

import earwitness
import sounds
from earwitness.cli.main import earwitness as command
from earwitness.errors import BadBag, EarwitnessError
from earwitness.workbench import Case, back_up, restore

pytestmark = pytest.mark.usefixtures("each_store")


def at_another_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, work for a desk that has nothing yet, as after a loss."""
    monkeypatch.setenv("EARWITNESS_DESK", f"desk-{secrets.token_hex(6)}")


def test_a_back_up_under_load_restores_to_a_store_that_verifies(
    tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every act that had been done when it began is in it; what came later is in it as a whole or not."""
    place, over = tmp_path / "cases", threading.Event()
    cases = [
        earwitness.new(place / f"{number}.case", questioned=[tone], who="ada@desk")
        for number in range(3)
    ]
    list(cases[0].examine(["container"]))
    errors: list[EarwitnessError] = []

    def act(case: Case) -> None:
        number = 0
        while not over.is_set():
            try:
                case.mark("tone.wav", 0, 0.5, str(number))
                number += 1
            except EarwitnessError as error:
                errors.append(error)
                return

    threads = [threading.Thread(target=act, args=(earwitness.open(c.path),)) for c in cases]
    for thread in threads:
        thread.start()
    while any(len(case.custody) < 5 for case in cases):
        pass
    before = [case.custody for case in cases]
    backed_up = list(back_up(place, tmp_path / "backup"))
    during = [len(case.custody) for case in cases]
    over.set()
    for thread in threads:
        thread.join()
    assert errors == [] and [each.trouble for each in backed_up] == [""] * 3
    assert any(now > len(then) for now, then in zip(during, before, strict=True)), "no load"

    after = [case.custody for case in cases]
    shutil.rmtree(sounds.writable(place), ignore_errors=True)
    at_another_desk(monkeypatch)
    restored = list(restore(tmp_path / "backup", tmp_path / "restored", who="eve@desk"))
    assert [(each.name, each.trouble) for each in restored] == [
        (f"{number}.case", "") for number in range(3)
    ]
    for number in range(3):
        case = earwitness.open(tmp_path / "restored" / f"{number}.case")
        found = case.verify()
        assert (found.problems, found.notes) == ([], [])
        kept = [entry for entry in case.custody if entry.act not in ("receive", "move")]
        assert len(before[number]) <= len(kept)
        assert kept == after[number][: len(kept)]
    assert len(earwitness.open(tmp_path / "restored" / "0.case").outcomes()) == 1


def test_what_has_not_changed_is_not_copied_again(case: Case, tmp_path: Path) -> None:
    """A second back-up adds a bag for a case with a new act only, and restoring takes the newest."""
    to = tmp_path / "backup"
    assert [each.is_new for each in back_up(tmp_path, to)] == [True]
    assert [each.is_new for each in back_up(tmp_path, to)] == [False]
    case.mark("tone.wav", 0, 0.5, "later")
    assert [each.path.name for each in back_up(case.path, to)] == ["a.case.00000003.bag"]
    assert len(list(to.iterdir())) == 2
    list(restore(to, tmp_path / "restored", who="x"))
    restored = earwitness.open(tmp_path / "restored" / "a.case")
    assert [entry.act for entry in restored.custody][:4] == ["new", "add", "mark", "receive"]


def test_an_edit_by_hand_is_backed_up_with_its_entry(case: Case, tmp_path: Path) -> None:
    """What a person wrote into case.toml since the last act is logged first, so it is not passed over."""
    path = case.path / "case.toml"
    path.write_text(path.read_text() + "# by hand\n")
    list(back_up(case.path, tmp_path / "backup"))
    list(restore(tmp_path / "backup", tmp_path / "restored", who="x"))
    restored = tmp_path / "restored" / "a.case"
    assert (restored / "case.toml").read_text().endswith("# by hand\n")
    assert [entry.act for entry in case.custody] == ["new", "add", "edit"]


def test_a_damaged_case_is_named_and_keeps_no_other_out(
    case: Case, tmp_path: Path, tone: Path
) -> None:
    """The others are backed up; the exit code tells that not all is well."""
    earwitness.new(tmp_path / "b.case", questioned=[tone])
    exhibit = sounds.writable(case.path / "exhibits" / case.exhibits[0].sha256)
    exhibit.write_bytes(b"other")
    ran = CliRunner().invoke(
        command, ["store", "backup", str(tmp_path), str(tmp_path / "to")], standalone_mode=False
    )
    assert ran.return_value == 1
    assert "not whole" in ran.output
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["b.case.00000002.bag"]


def test_a_damaged_bag_is_named_and_keeps_no_other_out(
    case: Case, tmp_path: Path, tone: Path
) -> None:
    """Nothing of it is left behind in the place; the other case is restored."""
    earwitness.new(tmp_path / "b.case", questioned=[tone])
    to, restored = tmp_path / "to", tmp_path / "restored"
    list(back_up(tmp_path, to))
    (to / "a.case.00000002.bag" / "data" / "case.toml").write_text("title = 'other'")
    first, second = restore(to, restored, who="x")
    assert first.trouble and not second.trouble
    assert [path.name for path in restored.iterdir()] == ["b.case"]


def test_what_is_there_is_left_as_it_is(case: Case, tmp_path: Path) -> None:
    """Restoring over a case refuses that case."""
    list(back_up(case.path, tmp_path / "to"))
    before = case.custody
    (refused,) = restore(tmp_path / "to", tmp_path, who="x")
    assert "already" in refused.trouble
    assert case.custody == before


def test_a_folder_without_bags_is_no_back_up(tmp_path: Path) -> None:
    """It is named as such, not restored as nothing."""
    with pytest.raises(BadBag, match="no back-up"):
        list(restore(tmp_path, tmp_path / "restored", who="x"))
