"""A file put into the folder of examinations appears everywhere, with no other edit."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import earwitness
from earwitness.errors import UnknownExamination
from earwitness.outcome import Failed

ROOT = Path(__file__).resolve().parents[1]
SOURCE = '''
"""Counts the zero crossings of a recording."""
import numpy as np
from earwitness.evidence.exhibit import Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.outcome import Asked, Finding, Measure
from earwitness.signal.recording import Recording


@examination(
    question="How often does the sound cross zero in a second?",
    answers=Asked.HEARD,
    sources=("A throw-away source, 2031",),
    needs=Needs(min_seconds=0.9),
    applies_to=(Role.QUESTIONED, Role.ARCHIVE),
)
def crossings_v{version}(recording: Recording, case: CaseView, *, least: int = 1) -> Finding:
    """Count how often the sound changes its sign.

    1. Signs of neighbouring samples are compared; ``least`` is added.
    """
    signs = np.signbit(recording.signal())
    count = int((signs[1:] != signs[:-1]).sum()) + least
    return Finding(summary=f"It crosses zero {{count}} times.", measures=(Measure("crossings", count),))
'''
PAGES = """
import sys, types
sys.path.insert(0, sys.argv[1])
import earwitness_docs
earwitness_docs.write_examination_pages(types.SimpleNamespace(srcdir=sys.argv[2]))
"""


@pytest.fixture(scope="module")
def house(put_examination: Callable[[str, str], dict[str, str]]) -> dict[str, str]:
    """The environment of a house with one examination more, in two versions."""
    first, second = SOURCE.replace("{version}", "1"), SOURCE.replace("{version}", "2")
    put_examination("crossings", first.replace("{{", "{").replace("}}", "}"))
    return put_examination("crossings_again", second.replace("{{", "{").replace("}}", "}"))


def run(house: dict[str, str], *arguments: str | Path) -> str:
    """Run the command line there."""
    command = [sys.executable, "-m", "earwitness.cli", *map(str, arguments)]
    done = subprocess.run(command, env=house, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_listed(house: dict[str, str]) -> None:
    """The newest version, with its question, needs and parameters, in its question's place."""
    listed = json.loads(run(house, "examinations", "--json"))
    names = [each["name"] for each in listed]
    assert "crossings_v2" in names
    assert "crossings_v1" not in names
    mine = listed[names.index("crossings_v2")]
    assert mine["question"] == "How often does the sound cross zero in a second?"
    assert mine["parameters"] == {"least": 1}
    assert mine["applies_to"] == ["questioned", "archive"]
    assert "crossings_v2" in run(house, "examinations")


def test_it_is_carried_out_and_reported(house: dict[str, str], tmp_path: Path, tone: Path) -> None:
    """examine runs it, the report has its section and its method, replay reaches it again."""
    case = earwitness.new(tmp_path / "a.case", questioned=[tone]).path
    path = case / "case.toml"
    path.write_text(path.read_text() + "\n[examine.crossings_v2]\nleast = 5\n")
    examined = json.loads(run(house, "examine", case, "--only", "crossings", "--json"))
    (outcome,) = examined["outcomes"]
    assert outcome["method"] == "crossings_v2"
    assert outcome["outcome"]["summary"] == "It crosses zero 884 times."  # 440 Hz twice, and 5
    run(house, "report", case, "--format", "json")
    report = json.loads((case / "reports" / "report.json").read_text())
    (answer,) = next(q for q in report["questions"] if q["asked"] == "heard")["answers"]
    assert answer["parameters"] == {"least": 5}
    (method,) = report["methods"]
    assert method["text"].startswith("Count how often the sound changes its sign.")
    run(house, "report", case)
    page = (case / "reports" / "report.html").read_text()
    assert "It crosses zero 884 times." in page
    assert "A throw-away source, 2031" in page
    assert "1 of 1 outcomes are the same" in run(house, "replay", case)
    assert earwitness.verify(case).is_whole


def test_a_desk_without_it_shows_what_was_kept(
    house: dict[str, str], tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome of an examination that this version lacks is reported, and told apart in replay."""
    path = earwitness.new(tmp_path / "a.case", questioned=[tone]).path
    settings = path / "case.toml"
    settings.write_text(settings.read_text() + "\n[examine.crossings_v2]\nleast = 5\n")
    run(house, "examine", path, "--only", "crossings")
    monkeypatch.delenv("PYTHONPATH")  # from here on, workers are those of this version
    case = earwitness.open(path)
    (kept,) = case.outcomes()
    assert kept.method == "crossings_v2"
    page = case.report("html").read_text()
    assert "It crosses zero 884 times." in page
    assert "This version of earwitness does not have this examination." in page
    (replayed,) = case.replay()
    assert isinstance(replayed.again.outcome, Failed)
    assert replayed.again.outcome.error == "UnknownExamination"
    assert not replayed.is_same
    with pytest.raises(UnknownExamination, match="crossings_v2"):
        list(case.examine())
    assert case.verify().is_whole


def test_it_has_its_page_in_the_documentation(house: dict[str, str], tmp_path: Path) -> None:
    """Each version has one, written from what the file itself says."""
    extension = str(ROOT / "docs" / "_ext")
    subprocess.run([sys.executable, "-c", PAGES, extension, str(tmp_path)], env=house, check=True)
    pages = {path.name: path.read_text() for path in (tmp_path / "examinations").iterdir()}
    assert {"crossings_v1.md", "crossings_v2.md", "quality_v1.md"} <= set(pages)
    assert "How often does the sound cross zero in a second?" in pages["crossings_v2.md"]
    assert "A throw-away source, 2031" in pages["crossings_v2.md"]


def test_nothing_of_it_is_left_here() -> None:
    """The package itself was not touched."""
    assert not list((ROOT / "src" / "earwitness" / "examinations").glob("crossings*"))
