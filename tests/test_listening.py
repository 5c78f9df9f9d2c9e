"""What is heard where: places, twins, marks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import earwitness
import sounds
from earwitness.errors import BadMark, DecodeError, UnknownExhibit
from earwitness.workbench import Case


def test_a_passage_that_occurs_twice_is_its_own_twin(tmp_path: Path) -> None:
    """The places of both occurrences are listed, and the first leads to the second."""
    voice = sounds.voice(11.0)
    spliced = np.concatenate([voice[:144_000], voice[32_000:80_000], voice[144_000:]])
    case = earwitness.new(
        tmp_path / "c", questioned=[sounds.write_wav(tmp_path / "t.wav", spliced)]
    )
    list(case.examine(["repeats"]))
    sha256 = case.exhibits[0].sha256
    (twin,) = case.twins(sha256)
    assert (twin.sha256, twin.is_exhibit, twin.speed) == (sha256, True, 1.0)
    assert abs(twin.start_s - 2.0) < 0.1
    assert abs(twin.there_start_s - twin.start_s - 7.0) < 0.01
    assert [each.method for each in case.places(sha256)] == ["repeats_v1"] * 2


@pytest.mark.slow
def test_a_passage_from_the_archive_has_its_twin_there(tmp_path: Path, demo_sounds: Path) -> None:
    """What was heard in an archived recording can be compared with it if the case holds that, else not."""
    from earwitness.archive.build import build

    old = sounds.write_wav(tmp_path / "old.wav", sounds.voice(30.0))
    tape = sounds.write_wav(tmp_path / "tape.wav", sounds.voice(8.0, start_s=11.0))
    case = earwitness.new(tmp_path / "c", questioned=[tape])
    build(case.path / "old", [old])
    text = (case.path / "case.toml").read_text().replace("archives = []", 'archives = ["old"]')
    (case.path / "case.toml").write_text(text)
    list(case.examine(["heard"]))
    (twin, *_) = case.twins(case.exhibits[0].sha256)
    assert twin.is_exhibit is False
    assert abs(twin.there_start_s - twin.start_s - 10.0) < 0.1
    case.add_file(old, "archive")
    (twin, *_) = case.twins(case.exhibits[0].sha256)
    assert twin.is_exhibit is True


def test_marks_are_kept_and_taken_away_in_the_log(case: Case) -> None:
    """A mark is an act, and so is taking it away; neither changes what a report says."""
    sha256 = case.exhibits[0].sha256
    before = case.report_data()
    case.mark("tone.wav", 0.25, 0.5, "a click")
    case.mark("tone.wav", 0.1, 0.1)
    first, second = case.marks(sha256)
    assert (first.start_s, second.label, second.who) == (0.1, "a click", "ada@desk")
    case.unmark("tone.wav", second.number)
    assert case.marks(sha256) == [first]
    assert [each.act for each in case.custody][-3:] == ["mark", "mark", "unmark"]
    assert case.report_data() == before
    assert case.verify().is_whole


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(-0.1, 1), (2, 1), (float("nan"), 1), (0, float("inf"))]
)
def test_a_mark_that_is_none_is_refused(case: Case, start_s: float, end_s: float) -> None:
    """A mark outside of all time, backwards, or without numbers is refused; so is an unknown one."""
    with pytest.raises(BadMark):
        case.mark("tone.wav", start_s, end_s)
    with pytest.raises(BadMark):
        case.unmark("tone.wav", 1)


def test_only_recordings_are_listened_to(case: Case, tmp_path: Path) -> None:
    """A document has no sound, and an exhibit that was withdrawn plays no role."""
    (tmp_path / "a.txt").write_text("words")
    case.add_file(tmp_path / "a.txt", "document")
    with pytest.raises(UnknownExhibit):
        case.listen("a.txt")
    case.withdraw("tone.wav")
    with pytest.raises(UnknownExhibit):
        case.listen("tone.wav")


def test_a_recording_is_prepared_in_a_process_of_its_own(case: Case) -> None:
    """How far it is goes up to the end; afterwards its pieces are there."""
    told = list(case.prepare("tone.wav"))
    assert told == sorted(told)
    assert told[-1] == 1
    assert case.listen("tone.wav").tiles.facts["samples"] == 16_000


def test_altered_bytes_are_not_prepared(case: Case) -> None:
    """A file that is not what was received is refused in words."""
    sounds.flip_bit(case.exhibits[0].path, 9_000)
    with pytest.raises(DecodeError, match="was altered"):
        list(case.prepare("tone.wav"))


def test_settings_are_changed_with_the_rest_of_the_file_kept(case: Case) -> None:
    """Title, claims and settings change in case.toml; comments stay; a wrong value changes nothing."""
    case.change(title="New", claims={"speaker": "B"}, settings={"workers": 1})
    text = (case.path / "case.toml").read_text()
    assert (case.case_file.title, case.case_file.claims.speaker) == ("New", "B")
    assert text.startswith("# An earwitness case.")
    entries = len(case.custody)
    case.change(title="New")
    assert len(case.custody) == entries, "what changes nothing is no act"
    with pytest.raises(earwitness.errors.BadCaseFile):
        case.change(settings={"workers": -1})
    assert (case.path / "case.toml").read_text() == text
    assert case.verify().is_whole
