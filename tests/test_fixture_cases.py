"""Cases that earlier versions made still open, verify, report and replay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import earwitness
import sounds
from earwitness.outcome import Finding, NotExamined
from earwitness.store import migrations

FIXTURES = Path(__file__).parent / "fixtures"
CASES = sorted(path.name for path in FIXTURES.glob("case_*"))


@pytest.fixture(params=CASES)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a fixture case."""
    return sounds.copy_case(FIXTURES / request.param, tmp_path / "kept.case")


def test_there_is_one_for_every_migration() -> None:
    """A migration that is added leaves behind a case as it was when it was the newest."""
    assert [f"case_{number}" for number in migrations.known_versions()] == CASES


@pytest.mark.parametrize("name", CASES)
def test_they_are_small(name: str) -> None:
    """They are committed, so they stay under 200 kB."""
    size = sum(path.stat().st_size for path in (FIXTURES / name).rglob("*") if path.is_file())
    assert size < 200_000


def test_it_is_whole(kept: Path) -> None:
    """Before and after it was opened, and so brought up to date."""
    found = earwitness.verify(kept)
    assert (found.problems, found.notes) == ([], [])
    earwitness.open(kept)
    assert earwitness.verify(kept).problems == []


def test_it_says_what_it_said(kept: Path) -> None:
    """Exhibits, claims, acts and outcomes are read as they were written."""
    case = earwitness.open(kept)
    assert case.case_file.title == "A tape of two seconds"
    assert [(each.name, str(each.role), each.speaker) for each in case.exhibits] == [
        ("tape.wav", "questioned", ""),
        ("short.wav", "known", "Berta"),
    ]
    assert [entry.act for entry in case.custody] == [
        *("new", "add", "add", "add", "edit"),
        *("examine", "examine", "examine", "examine", "withdraw", "report"),
    ]
    kinds = {(each.method, each.exhibit): type(each.outcome) for each in case.outcomes()}
    tape, short = (each.sha256 for each in case.exhibits)
    assert kinds["quality_v1", tape] is Finding
    assert kinds["quality_v1", short] is NotExamined
    assert kinds["container_v1", tape] is Finding


def test_it_can_be_reported_and_worked_on(kept: Path, tmp_path: Path, tone: Path) -> None:
    """The report holds its outcomes; a recording can be added, examined and verified."""
    case = earwitness.open(kept, who="eve@desk")
    report = json.loads(case.report("json").read_text())
    assert report["claims"]["speaker"] == "Berta"
    answers = [answer for question in report["questions"] for answer in question["answers"]]
    assert len(answers) == 4
    assert b"Berta" in case.report("html").read_bytes()
    list(case.add([tone], "known"))
    assert len(list(case.examine(["quality"]))) == 3
    assert case.verify().is_whole


def test_its_outcomes_are_reached_again(kept: Path) -> None:
    """The same methods on the same bytes say the same, whatever the versions beside them."""
    assert all(replayed.is_same for replayed in earwitness.open(kept).replay())
