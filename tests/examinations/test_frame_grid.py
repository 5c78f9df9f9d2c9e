"""frame_grid_v1: a cut between two codings, and recordings without one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr

import earwitness
import lossy
import sounds
from earwitness.outcome import Finding, NotExamined, Outcome
from sounds import Floats

RATE_HZ = lossy.RATE_HZ


def frame_grid(tmp_path: Path, tape: Path) -> Outcome:
    """Carry frame_grid_v1 out on a file."""
    case = earwitness.new(tmp_path / "a.case", questioned=[tape])
    (examined,) = case.examine(["frame_grid_v1"])
    return examined.outcome


@pytest.fixture
def mp3(tmp_path: Path) -> Floats:
    """Twenty seconds that were MP3 at 64 kbit/s."""
    return lossy.through(tmp_path, lossy.voice(20.0), ".mp3", 64_000)


def test_a_cut_in_what_was_mp3_is_told(tmp_path: Path, mp3: Floats) -> None:
    """Half a second and thirty samples out, at 7.2 s; stored as WAV."""
    at, count = round(7.2 * RATE_HZ), 38 * 576 + 30
    cut = np.concatenate([mp3[:at], mp3[at + count :]])
    outcome = frame_grid(tmp_path, sounds.write_wav(tmp_path / "tape.wav", cut, rate_hz=RATE_HZ))
    assert isinstance(outcome, Finding)
    assert outcome.measure("jumps of the grid").value == 1
    (place,) = outcome.places
    assert place.start_s - 0.05 < 7.2 < place.end_s + 0.05
    assert "by 546 of 576 samples" in place.label
    assert f"{1000 * 30 / RATE_HZ:.1f} ms taken out" in place.label
    assert outcome.strength is not None
    assert outcome.figures[0].title == "Offset of the MP3 grid over time"


def test_a_cut_after_a_resampling_is_told(tmp_path: Path, mp3: Floats) -> None:
    """Coded at 44.1 kHz, brought to 16, and there 1.3 s are taken out at 7.2 s."""
    narrow = np.asarray(soxr.resample(mp3, RATE_HZ, 16_000), dtype=np.float32)
    at = round(7.2 * 16_000)
    cut = np.concatenate([narrow[:at], narrow[at + 20_800 :]])
    outcome = frame_grid(tmp_path, sounds.write_wav(tmp_path / "tape.wav", cut, rate_hz=16_000))
    assert isinstance(outcome, Finding)
    assert "MP3 (44,100 Hz) coding jumps" in outcome.summary
    (place,) = outcome.places
    assert place.start_s - 0.05 < 7.2 < place.end_s + 0.05
    assert outcome.measure("rate at which MP3 was coded").value == 44_100
    assert "by 270 of 576 samples" in place.label  # less 57,330 of the coder's, modulo a frame
    assert outcome.strength is not None


def test_untouched_it_has_no_jump(tmp_path: Path, mp3: Floats) -> None:
    """Nothing found is a finding, where there is a grid to follow."""
    tape = sounds.write_wav(tmp_path / "tape.wav", mp3, rate_hz=RATE_HZ)
    outcome = frame_grid(tmp_path, tape)
    assert isinstance(outcome, Finding)
    assert outcome.measure("jumps of the grid").value == 0
    assert outcome.places == ()
    assert "without a jump" in outcome.summary


def test_a_cut_before_the_only_coding_is_not_examined(tmp_path: Path) -> None:
    """The grid of the file as it is never jumps, so it says nothing."""
    sound = lossy.voice()
    cut = np.concatenate([sound[: 5 * RATE_HZ], sound[6 * RATE_HZ + 99 :]])
    outcome = frame_grid(tmp_path, lossy.write(tmp_path / "tape.mp3", cut, 64_000))
    assert isinstance(outcome, NotExamined)
    assert "no grid of an earlier" in outcome.reason


def test_the_demos_grid_is_too_weak_to_be_followed(tmp_path: Path, demo_sounds: Path) -> None:
    """It shows in three minutes as a whole, behind Opus at 24 kbit/s, but not in parts."""
    outcome = frame_grid(tmp_path, demo_sounds / "questioned.opus")
    assert isinstance(outcome, NotExamined)
    assert "too weakly" in outcome.reason
