"""repeats_v1: a passage that was copied within a recording, and recordings that were left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import earwitness
import sounds
from earwitness.outcome import Finding, NotExamined, Outcome


def repeats(tmp_path: Path, tape: Path) -> Outcome:
    """Carry repeats_v1 out on a file."""
    case = earwitness.new(tmp_path / "a.case", questioned=[tape])
    (examined,) = case.examine(["repeats_v1"])
    return examined.outcome


def test_a_copied_passage_is_told_with_both_places(tmp_path: Path) -> None:
    """Two and a half seconds put over another place."""
    sound = sounds.voice(50.0)
    sound[30 * 16_000 : 30 * 16_000 + 40_000] = sound[10 * 16_000 : 10 * 16_000 + 40_000]
    outcome = repeats(tmp_path, sounds.write_wav(tmp_path / "tape.wav", sound))
    assert isinstance(outcome, Finding)
    assert outcome.measure("passages that occur twice").value == 1
    first, second = (place for place in outcome.places if "the same sound" in place.label)
    assert first.start_s == pytest.approx(10.0, abs=0.1)
    assert second.start_s - first.start_s == pytest.approx(20.0, abs=0.002)
    assert second.end_s - second.start_s == pytest.approx(2.5, abs=0.1)
    assert outcome.strength is not None and outcome.strength.value < 0.013
    assert outcome.figures[0].title == "Where passages occur twice"


def test_a_recording_that_was_left_alone_has_none(tmp_path: Path) -> None:
    """Nothing found is a finding."""
    outcome = repeats(tmp_path, sounds.write_wav(tmp_path / "tape.wav", sounds.voice(50.0)))
    assert isinstance(outcome, Finding)
    assert outcome.measure("passages that occur twice").value == 0
    assert outcome.strength is None


def test_a_short_recording_is_not_examined(tmp_path: Path) -> None:
    """Four seconds cannot hold a passage twice."""
    outcome = repeats(tmp_path, sounds.write_wav(tmp_path / "tape.wav", sounds.voice(4.0)))
    assert isinstance(outcome, NotExamined) and "short" in outcome.reason


def test_silence_repeats_nothing(tmp_path: Path) -> None:
    """Digital silence is the same everywhere and is no passage."""
    silence = np.zeros(20 * 16_000, np.float32)
    outcome = repeats(tmp_path, sounds.write_wav(tmp_path / "tape.wav", silence))
    assert isinstance(outcome, Finding)
    assert outcome.measure("passages that occur twice").value == 0
