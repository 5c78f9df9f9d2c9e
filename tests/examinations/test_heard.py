"""heard_v1: what of a recording stands in the case's archives, and what not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import earwitness
from earwitness.archive import build
from earwitness.archive.joining import FAINT, Stretch
from earwitness.archive.search import search
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.examinations import _archive_search
from earwitness.outcome import Failed, Finding, NotExamined, Outcome
from earwitness.signal.recording import Recording
from sounds import DEMO_SOUNDS, flip_bit

TRUTH = json.loads((DEMO_SOUNDS.parent / "truth.json").read_text())


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of the demo's two earlier releases."""
    folder = tmp_path_factory.mktemp("archive") / "releases"
    files = [DEMO_SOUNDS / "release_2031.mp3", DEMO_SOUNDS / "release_2032.ogg"]
    assert build.build(folder, files).added == 2
    return folder


def heard(
    tmp_path: Path, tape: Path, archives: Sequence[Path], *, also: Sequence[Path] = ()
) -> Outcome:
    """Carry heard_v1 out in a case that names archives."""
    case = earwitness.new(tmp_path / "a.case", questioned=[tape])
    if also:
        list(case.add(also, "archive"))
    path = case.path / "case.toml"
    named = json.dumps([str(folder) for folder in archives])
    path.write_text(path.read_text().replace("archives = []", f"archives = {named}"))
    (examined,) = earwitness.open(case.path).examine(["heard_v1"])
    return examined.outcome


def test_the_recycled_passage_of_the_demo_is_found(tmp_path: Path, archive: Path) -> None:
    """A passage of an older release is told with its places in both, and a probability."""
    source = DEMO_SOUNDS / "release_2031.mp3"
    outcome = heard(tmp_path, DEMO_SOUNDS / "questioned.opus", [archive], also=[source])
    assert isinstance(outcome, Finding)
    planted = TRUTH["questioned"]["recycled"]
    # The demo's voice is synthetic: phrases of the releases that it says again come out as faint.
    stretches = outcome.details["archives"][0]["stretches"]
    (stretch,) = [each for each in stretches if each["agreement"] >= FAINT]
    assert stretch == max(stretches, key=lambda each: each["score"])
    assert stretch["recording"]["name"] == planted["source"]
    assert stretch["here_start_s"] == pytest.approx(planted["start_s"], abs=0.3)
    assert stretch["here_end_s"] == pytest.approx(planted["end_s"], abs=0.3)
    assert stretch["there_start_s"] == pytest.approx(planted["source_start_s"], abs=0.3)
    assert outcome.strength is not None and outcome.strength.value < 0.004
    titles = [figure.title for figure in outcome.figures]
    assert "Here against there" in titles
    assert sum("Spectrogram of the stretch" in title for title in titles) >= 2


def test_nothing_found_is_a_finding_that_says_what_was_searched(
    tmp_path: Path, archive: Path
) -> None:
    """Another voice is not in the archive; the hours that were searched are told."""
    outcome = heard(tmp_path, DEMO_SOUNDS / "impostor.opus", [archive])
    assert isinstance(outcome, Finding)
    assert outcome.measure("stretches found").value == 0 and outcome.places == ()
    assert outcome.measure("archived recordings searched").value == 2
    assert "not in these archives, not that it is new" in outcome.summary
    assert outcome.strength is None and outcome.figures == ()


def test_an_archive_that_changed_is_searched_again(tmp_path: Path) -> None:
    """A result is kept for as long as the archive holds the same, and no longer."""
    releases = tmp_path / "releases"
    build.build(releases, [DEMO_SOUNDS / "release_2032.ogg"], workers=1)
    case = earwitness.new(tmp_path / "a.case", questioned=[DEMO_SOUNDS / "questioned.opus"])
    path = case.path / "case.toml"
    path.write_text(path.read_text().replace("archives = []", 'archives = ["../releases"]'))
    (before,) = case.examine(["heard_v1"])
    (kept,) = case.examine(["heard_v1"])
    assert kept.number and kept.stored_sha256 == before.stored_sha256
    build.build(releases, [DEMO_SOUNDS / "release_2031.mp3"], workers=1)
    (again,) = case.examine(["heard_v1"])
    assert isinstance(again.outcome, Finding)
    assert again.outcome.measure("archived recordings searched").value == 2
    assert again.key != before.key


def test_an_archive_is_searched_once_for_all_who_ask(
    tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one examination found is read by the next, stretch by stretch the same; not at another bar."""
    searches: list[float] = []

    def counted(*asked: Any, most_probable_error: float, **more: Any) -> tuple[Stretch, ...]:
        searches.append(most_probable_error)
        return search(*asked, most_probable_error=most_probable_error, **more)

    monkeypatch.setattr(_archive_search, "search", counted)
    path = DEMO_SOUNDS / "questioned.opus"
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    tape = Exhibit(sha256, path.name, path.stat().st_size, Role.QUESTIONED, "", path)
    recording = Recording(tape, tmp_path / "cache")
    first, second = (_archive_search.searched(recording, archive).stretches for _ in range(2))
    assert first == second != () and searches == [1e-5]
    _archive_search.searched(recording, archive, most_probable_error=1e-3)
    assert searches == [1e-5, 1e-3]


def test_without_an_archive_it_is_not_examined(tmp_path: Path) -> None:
    """A case that names no archive gets no finding from this."""
    outcome = heard(tmp_path, DEMO_SOUNDS / "impostor.opus", [])
    assert isinstance(outcome, NotExamined) and "archive" in outcome.reason


def test_a_damaged_archive_is_a_failure_and_not_nothing_found(tmp_path: Path) -> None:
    """One flipped bit: the examination fails and names the segment."""
    build.build(tmp_path / "releases", [DEMO_SOUNDS / "release_2031.mp3"])
    (segment,) = (tmp_path / "releases" / "segments").iterdir()
    flip_bit(segment, 8 * (segment.stat().st_size // 2))
    outcome = heard(tmp_path, DEMO_SOUNDS / "questioned.opus", [tmp_path / "releases"])
    assert isinstance(outcome, Failed) and outcome.error == "ArchiveDamaged"
    assert segment.name in outcome.message


def test_an_archive_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    """A wrong path in case.toml is not taken for an empty archive."""
    outcome = heard(tmp_path, DEMO_SOUNDS / "impostor.opus", [tmp_path / "nowhere"])
    assert isinstance(outcome, Failed) and outcome.error == "ArchiveNotFound"
