"""A case on disk: acts take effect as a whole, wherever they are interrupted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import earwitness
import sounds
from earwitness import atomic, workbench
from earwitness.errors import (
    BadCaseFile,
    CaseExists,
    CaseNotFound,
    NotARecording,
    UnknownExhibit,
)
from earwitness.store.casefile import read_text, text_hash
from earwitness.store.place import SEALS, is_case
from earwitness.workbench import Added, Case, Refused

pytestmark = pytest.mark.usefixtures("each_store")  # the contract of cases, wherever their rows are


def acts(case: Case) -> list[str]:
    """What the custody log holds."""
    return [entry.act for entry in case.custody]


def test_a_new_case_logs_its_acts(case: Case, tone: Path) -> None:
    """Making a case and adding to it are in the log, with who, when and what."""
    assert acts(case) == ["new", "add"]
    added = case.custody[1]
    assert added.who == "ada@desk"
    assert added.at == "2031-05-04T12:00:01.000000Z"
    assert added.details["size"] == tone.stat().st_size
    assert added.exhibits == (case.exhibits[0].sha256,)
    assert case.verify().is_whole


def test_a_case_is_not_made_twice(case: Case) -> None:
    """What is there is not overwritten."""
    with pytest.raises(CaseExists):
        earwitness.new(case.path)


def test_a_folder_without_a_case_is_named(tmp_path: Path) -> None:
    """Opening what is no case tells how to make one."""
    with pytest.raises(CaseNotFound, match="earwitness case new"):
        earwitness.open(tmp_path)
    with pytest.raises(CaseNotFound):
        earwitness.verify(tmp_path)
    assert list(tmp_path.iterdir()) == [], "looking leaves nothing behind"


def test_a_relative_path_is_enough(
    tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case is examined also where it is named from the current folder."""
    monkeypatch.chdir(tmp_path)
    made = earwitness.new("here.case", questioned=[tone])
    (ended,) = made.examine(["quality"])
    assert ended.outcome.kind == "finding"


@pytest.mark.parametrize("name", ["what?x=1.case", "50%20.case", "a#b.case", "ü \n.case", "file:x"])
def test_any_folder_name_will_do(tmp_path: Path, tone: Path, name: str) -> None:
    """Characters that mean something in an address mean nothing in a folder's name."""
    made = earwitness.new(tmp_path / name, questioned=[tone])
    assert is_case(tmp_path / name)
    assert earwitness.open(tmp_path / name).exhibits == made.exhibits
    assert made.verify().is_whole
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_refused_file_leaves_nothing_behind(case: Case, tmp_path: Path) -> None:
    """No exhibit, no bytes in the vault, no entry in the log; the others are added."""
    text, good = tmp_path / "text.mp3", tmp_path / "good.wav"
    text.write_text("no sound " * 100)
    sounds.write_wav(good, sounds.tone(0.6, hz=300))
    before = {path.name for path in (case.path / "exhibits").iterdir()}
    refused, added = case.add([text, good], "known")
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, NotARecording)
    assert isinstance(added, Added)
    after = {path.name for path in (case.path / "exhibits").iterdir()}
    assert after - before == {added.sha256}
    assert acts(case) == ["new", "add", "add"]
    found = case.verify()
    assert (found.problems, found.notes) == ([], [])


def test_a_document_need_not_be_heard(case: Case, tmp_path: Path) -> None:
    """A text may be added as a document."""
    (tmp_path / "article.html").write_text("<p>He was detained in Ilmar.</p>")
    (added,) = case.add([tmp_path / "article.html"], "document")
    assert isinstance(added, Added)
    assert added.is_new
    assert added.facts == ""


def test_adding_twice_is_one_act(case: Case, tone: Path) -> None:
    """The same file in the same role changes nothing; in another role it is logged."""
    (again,) = case.add([tone], "questioned")
    assert isinstance(again, Added)
    assert not again.is_new
    assert acts(case) == ["new", "add"]
    (other,) = case.add([tone], "known", speaker="Ada")
    assert isinstance(other, Added)
    assert other.is_new
    assert [str(each.role) for each in case.exhibits] == ["questioned", "known"]
    assert len(list((case.path / "exhibits").iterdir())) == 1
    assert case.verify().is_whole


def test_withdrawing_takes_the_role_not_the_bytes(case: Case, tone: Path) -> None:
    """The history stays, and adding again undoes it."""
    sha256 = case.exhibits[0].sha256
    with pytest.raises(UnknownExhibit):
        case.withdraw("nothing.wav")
    with pytest.raises(UnknownExhibit):
        case.withdraw(sha256[:5])
    assert case.withdraw(sha256[:6]) == sha256
    assert case.exhibits == []
    assert (case.path / "exhibits" / sha256).is_file()
    with pytest.raises(UnknownExhibit):
        case.withdraw("tone.wav")
    assert case.verify().is_whole
    list(case.add([tone], "known"))
    assert [str(each.role) for each in case.exhibits] == ["known"]
    assert acts(case) == ["new", "add", "withdraw", "add"]
    assert case.verify().is_whole


def test_an_edit_by_hand_is_logged_before_the_next_act(case: Case, tone: Path) -> None:
    """verify notes it, the next act logs it with its text, and the text stands."""
    path = case.path / "case.toml"
    path.write_text(path.read_text().replace('place = ""', 'place = "Ilmar" # they say'))
    found = case.verify()
    assert found.is_whole
    assert any("edited" in note for note in found.notes)
    list(case.add([tone], "known"))
    assert acts(case) == ["new", "add", "edit", "add"]
    assert 'place = "Ilmar" # they say' in case.custody[2].details["text"]
    assert "# they say" in path.read_text()
    assert case.verify().notes == []


def test_a_broken_case_file_stops_acts_and_is_named(case: Case, tone: Path) -> None:
    """Nothing is added to a case whose file can't be read, and verify names it."""
    (case.path / "case.toml").write_text("title = ")
    with pytest.raises(BadCaseFile):
        earwitness.open(case.path)
    assert [problem.where for problem in case.verify().problems] == ["case.toml"]


def test_an_exhibit_that_was_never_received_is_named(case: Case) -> None:
    """A hash typed into case.toml does not become an exhibit."""
    path = case.path / "case.toml"
    path.write_text(path.read_text() + f'[[exhibit]]\nsha256 = "{"a" * 64}"\nrole = "known"\n')
    with pytest.raises(UnknownExhibit, match="never received"):
        _ = case.exhibits


class Interrupted(BaseException):
    """Stands for a kill: nothing catches it."""


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the next writing of a file of that name be the moment of a kill; of no name, none any more."""

    def arm(name: str) -> None:
        names = SEALS if name == "seal" else (name,)
        original = atomic.write_whole

        def killed(path: Path, content: bytes, *, mode: int = 0o644) -> None:
            if path.name in names:
                raise Interrupted
            original(path, content, mode=mode)

        for module in ("earwitness.store.folder", "earwitness.store.seal"):
            monkeypatch.setattr(f"{module}.write_whole", killed)

    return arm


@pytest.mark.parametrize("name", ["case.toml", "seal"])
def test_an_interrupted_add_is_finished_on_opening(
    case: Case, tmp_path: Path, interrupt: Callable[[str], None], name: str
) -> None:
    """Logged but not yet in case.toml, or committed but not yet sealed: opening mends both."""
    other = sounds.write_wav(tmp_path / "other.wav", sounds.tone(0.6, hz=300))
    interrupt(name)
    with pytest.raises(Interrupted):
        list(case.add([other], "known", speaker="Ada"))
    interrupt("")
    assert earwitness.verify(case.path).is_whole, "an interruption is no damage"
    opened = earwitness.open(case.path)
    (again,) = opened.add([other], "known", speaker="Ada")
    assert isinstance(again, Added)
    assert [each.speaker for each in opened.exhibits] == ["", "Ada"]
    assert acts(opened) == ["new", "add", "add"]
    found = opened.verify()
    assert (found.problems, found.notes) == ([], [])


@pytest.mark.parametrize("name", ["case.toml", "seal"])
def test_an_interrupted_new_is_finished_by_the_next(
    tmp_path: Path, tone: Path, interrupt: Callable[[str], None], name: str
) -> None:
    """The same command again makes the case that the first did not finish."""
    interrupt(name)
    with pytest.raises(Interrupted):
        earwitness.new(tmp_path / "a.case", questioned=[tone])
    interrupt("")
    made = earwitness.new(tmp_path / "a.case", questioned=[tone])
    assert acts(made) == ["new", "add"]
    assert made.verify().is_whole


def test_an_edit_beats_an_interrupted_act(
    case: Case, tmp_path: Path, interrupt: Callable[[str], None]
) -> None:
    """If a person edited case.toml after the interruption, their text stands."""
    other = sounds.write_wav(tmp_path / "other.wav", sounds.tone(0.6, hz=300))
    interrupt("case.toml")
    with pytest.raises(Interrupted):
        list(case.add([other], "known"))
    interrupt("")
    path = case.path / "case.toml"
    path.write_text(path.read_text() + "# mine\n")
    opened = earwitness.open(case.path)
    assert path.read_text().endswith("# mine\n")
    list(opened.add([other], "known"))
    assert acts(opened) == ["new", "add", "add", "edit", "add"]
    assert opened.custody[-1].details["case_toml"] == text_hash(read_text(path))
    assert opened.verify().is_whole


def test_parts_of_dead_writers_are_removed(case: Case) -> None:
    """What a killed process left goes; what a living one writes stays."""
    folder = case.path / "exhibits"
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    abandoned, living = folder / f".{dead}-00ff.part", folder / f".{os.getpid()}-00ff.part"
    old = folder / f".{os.getpid()}-00aa.part"
    for path in (abandoned, living, old):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    earwitness.open(case.path)
    assert [path.exists() for path in (abandoned, living, old)] == [False, True, False]


READ_ONLY = """
import sys, earwitness
from pathlib import Path
from typing import Any
case = earwitness.open(sys.argv[1])
found = earwitness.verify(sys.argv[1])
assert found.is_whole, found
print(len(case.exhibits), len(case.outcomes()), case.report_data().title)
"""


def test_a_case_that_may_only_be_read_can_be_read(examined: Path) -> None:
    """A case on a write-protected disk opens, verifies and shows what it holds."""
    command = [sys.executable, "-c", READ_ONLY, str(examined)]
    if os.geteuid() == 0:  # root may write everywhere, unless it gives that up
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and there is no setpriv to give that up")
        command = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override", *command]
    (examined / ".lock").unlink(missing_ok=True)
    inside = [examined, *examined.rglob("*")]
    for path in inside:
        path.chmod(0o555 if path.is_dir() else 0o444)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for path in inside:
        path.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "3 4 Examined\n"
    assert not (examined / ".lock").exists()


def test_the_clock_is_written_in_utc(
    tmp_path: Path, clock: Callable[[], datetime], tone: Path
) -> None:
    """Local time does not get into the log."""
    made = earwitness.new(tmp_path / "b.case", clock=lambda: clock().astimezone())
    assert made.custody[0].at == "2031-05-04T12:00:00.000000Z"


def test_two_that_make_the_case_beside_a_recording_share_it(
    tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that looks just before the other has made the case opens it instead of failing."""
    path = tmp_path / "tape.wav"
    path.write_bytes(tone.read_bytes())
    earwitness.beside(path)
    looks, opened = [], workbench.open

    def too_early(folder: Path, **options: Any) -> Case:
        looks.append(folder)
        if len(looks) == 1:
            raise CaseNotFound("not yet")
        return opened(folder, **options)

    monkeypatch.setattr(workbench, "open", too_early)
    assert acts(earwitness.beside(path)) == ["new", "add"]
