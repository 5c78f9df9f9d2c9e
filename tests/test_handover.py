"""A case goes to another desk in a bag, and is checked, replayed, reviewed and signed there."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import bagit
import pytest

import earwitness
from earwitness.archive.build import build as build_archive
from earwitness.errors import BadBag, CaseDamaged, CaseExists, StampRefused
from earwitness.evidence.custody import Entry
from store.test_bag import retag


@pytest.fixture
def bag(examined: Path) -> Path:
    """A bag of an examined case."""
    (path,) = earwitness.open(examined, who="ada@desk").publication.export("bag")
    return path


def test_another_tool_finds_it_valid(bag: Path, examined: Path) -> None:
    """The whole case is in it: exhibits, database, reports; not the cache."""
    opened = bagit.Bag(str(bag))
    assert opened.validate()
    names = set(opened.payload_files())
    case = earwitness.open(examined)
    assert {f"data/exhibits/{each.sha256}" for each in case.exhibits} <= names
    assert {"data/case.toml", "data/case.db", "data/reports/report.html"} <= names
    assert not any("cache" in name or ".lock" in name for name in names)
    head = opened.info["Earwitness-Custody-Head"].split()[1]
    assert case.custody[-2].hash == head  # the export itself came after
    act = case.custody[-1]
    manifest = hashlib.sha256((bag / "manifest-sha256.txt").read_bytes()).hexdigest()
    assert (act.act, act.details["manifest_sha256"]) == ("export", manifest)


def test_the_other_desk_gets_the_same_case(bag: Path, tmp_path: Path, examined: Path) -> None:
    """Whole; with the same report to the byte; replayed to the same outcomes; that it came is logged."""
    case, received = earwitness.open_bag(bag, tmp_path / "theirs.case", who="eve@other")
    assert received.found.is_whole
    assert case.verify().is_whole
    entry = case.custody[-1]
    assert (entry.act, entry.who) == ("receive", "eve@other")
    assert entry.details["manifest_sha256"] == received.manifest_sha256
    assert entry.details["head"] == received.found.head.hash
    report = (bag / "data" / "reports" / "report.html").read_bytes()
    assert case.report("html").read_bytes() == report
    assert all(replayed.is_same for replayed in case.replay())
    assert all((path.stat().st_mode & 0o222) == 0 for path in (case.path / "exhibits").iterdir())


def test_it_can_be_reviewed_and_goes_back(bag: Path, tmp_path: Path) -> None:
    """The sign-off is in the report, and in the case that goes back; a change makes it of another state."""
    case, _ = earwitness.open_bag(bag, tmp_path / "theirs.case", who="eve@other")
    case.publication.review("agrees", note="Replayed.")
    (back,) = case.publication.export("bag", tmp_path / "back.bag")
    again, _ = earwitness.open_bag(back, tmp_path / "again.case", who="ada@desk")
    (review,) = again.report_data().reviews
    assert (review.who, review.verdict, review.of) == ("eve@other", "agrees", "this report")
    again.withdraw("tone.wav")
    (review,) = again.report_data().reviews
    assert review.of == "an earlier state of the case"
    assert "it is not a sign-off of what stands here" in again.report("html").read_text()


def test_archives_inside_the_case_go_with_it(examined: Path, tmp_path: Path, voice: Path) -> None:
    """So that what was searched can be searched again; those elsewhere do not."""
    build_archive(examined / "releases", [voice])
    build_archive(tmp_path / "elsewhere", [voice])
    path = examined / "case.toml"
    named = f'archives = ["releases", "{tmp_path / "elsewhere"}"]'
    path.write_text(path.read_text().replace("archives = []", named))
    (made,) = earwitness.open(examined).publication.export("bag", tmp_path / "with.bag")
    case, _ = earwitness.open_bag(made, tmp_path / "theirs.case")
    assert (case.path / "releases" / "archive.json").is_file()
    assert not any("elsewhere" in str(found) for found in made.rglob("*"))


def test_a_damaged_case_is_not_handed_over(examined: Path, tmp_path: Path) -> None:
    """And nothing is left in its place."""
    case = earwitness.open(examined)
    path = case.path / "exhibits" / case.exhibits[0].sha256
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(BadBag, match="the case is not whole"):
        case.publication.export("bag", tmp_path / "a.bag")
    assert list(tmp_path.glob("*.bag")) == list(tmp_path.glob(".*.part")) == []
    assert case.custody[-1].act != "export"


def test_nothing_is_overwritten(bag: Path, examined: Path) -> None:
    """Neither a bag nor a case."""
    with pytest.raises(BadBag, match="in the bag's place"):
        earwitness.open(examined).publication.export("bag")
    with pytest.raises(CaseExists):
        earwitness.open_bag(bag, examined)


def forged(bag: Path, name: str, content: bytes) -> None:
    """Change a file, and make all the bag's hashes right again, as a forger would."""
    path = bag / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    files = sorted(each for each in (bag / "data").rglob("*") if each.is_file())
    lines = [
        f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.relative_to(bag).as_posix()}\n"
        for each in files
    ]
    (bag / "manifest-sha256.txt").write_text("".join(lines))
    total = sum(each.stat().st_size for each in files)
    (bag / "bag-info.txt").write_text(f"Payload-Oxum: {total}.{len(files)}\n")
    retag(bag)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cache/x/signal.f32", b"\0", "no such file"),
        ("case.db-journal", b"\0", "no such file"),
        ("case.db", b"SQLite format 3\0", "not whole: case.db"),
        ("case.db.seal", b"{}", "not whole: case.db"),
        ("exhibits/evil.sh", b"rm", r"not whole: exhibits/evil\.sh"),
        ("case.toml", b"title = [", "not whole: case.toml"),
    ],
)
def test_a_forged_case_is_refused(
    bag: Path, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    """Though the bag adds up: the case in it does not. Nothing of it is left behind."""
    forged(bag, name, content)
    to = tmp_path / "in" / "theirs.case"
    with pytest.raises(BadBag, match=said) as raised:
        earwitness.open_bag(bag, to)
    assert "\n" not in str(raised.value)
    assert list(to.parent.iterdir()) == [] if to.parent.exists() else True


def test_a_bag_without_a_case_is_refused(bag: Path, tmp_path: Path) -> None:
    """Any bag is not a case."""
    shutil.rmtree(bag / "data")
    forged(bag, "a.txt", b"x")
    with pytest.raises(BadBag, match="no case in the bag"):
        earwitness.open_bag(bag, tmp_path / "theirs.case")


def test_an_altered_exhibit_is_refused(bag: Path, tmp_path: Path, examined: Path) -> None:
    """Under its right name, with a manifest that fits."""
    sha256 = earwitness.open(examined).exhibits[0].sha256
    forged(bag, f"exhibits/{sha256}", b"other sound")
    with pytest.raises(BadBag, match="not whole: exhibit"):
        earwitness.open_bag(bag, tmp_path / "theirs.case")


@pytest.mark.parametrize("act", ["review", "stamp"])
def test_an_act_that_nobody_here_wrote_is_named(examined: Path, act: str) -> None:
    """The chain may be right and an entry still say nothing that can be read: one line, no crash."""
    case = earwitness.open(examined)
    case._folder.act(act, changes=False, details={"verdict": ["x"], "note": 1})
    assert case.verify().is_whole
    with pytest.raises(CaseDamaged, match=f"does not say what a {act} says"):
        case.report_data()
    if act == "stamp":
        with pytest.raises(StampRefused, match="holds no stamp"):
            case.publication.check_stamps(b"")


def test_a_sign_off_is_of_what_was_signed(examined: Path) -> None:
    """Head and report stand in the log; writing reports and signing changes neither."""
    case = earwitness.open(examined, who="Ruth Ama")
    first = case.publication.review("agrees with remarks", note="See <1>.")
    case.report("html")
    assert case.publication.review("disagrees") == first
    entry: Entry = case.custody[-1]
    assert entry.details["evidence_head"] == case.report_data().custody_head
    assert not entry.changes
    data = json.loads(case.report("json").read_text())
    assert [review["verdict"] for review in data["reviews"]] == ["agrees with remarks", "disagrees"]
    assert "See &lt;1&gt;." in case.report("html").read_text()
    with pytest.raises(ValueError, match="perhaps"):
        case.publication.review("perhaps")
