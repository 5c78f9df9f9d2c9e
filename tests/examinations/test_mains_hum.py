"""mains_hum_v1: hum with its track, hum of two grids, and none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import earwitness
import sounds
from earwitness.outcome import Finding, NotExamined, Outcome
from earwitness.signal.hum_smoother import KERNEL


def ended(tmp_path: Path, sound: sounds.Floats) -> Outcome:
    """Carry mains_hum_v1 out on a sound."""
    tape = sounds.write_wav(tmp_path / "tape.wav", sound)
    case = earwitness.new(tmp_path / "a.case", questioned=[tape])
    (examined,) = case.examine(["mains_hum_v1"])
    return examined.outcome


def test_hum_under_a_voice(tmp_path: Path) -> None:
    """Nominal and mean frequency, and a track that is right within its error."""
    outcome = ended(tmp_path, sounds.voice(60.0) + sounds.hum(60.0, level=0.005))
    assert isinstance(outcome, Finding), outcome
    assert outcome.measure("nominal frequency").value == 50
    track, sigma = (np.asarray(outcome.details[key]) for key in ("frequency_hz", "sigma_hz"))
    times = outcome.details["start_s"] + np.arange(track.size)
    around = np.arange(KERNEL.size) - KERNEL.size // 2
    mean_hz = sounds.hum_hz(times[:, np.newaxis] + around) @ KERNEL
    inside = np.abs(track - mean_hz) < 2 * sigma
    assert inside.mean() > 0.85
    assert outcome.figures[0].title == "Frequency of the mains hum"


def test_hum_of_two_grids_is_said(tmp_path: Path) -> None:
    """A recording copied on another continent."""
    sound = sounds.voice(60.0) + sounds.hum(60.0, level=0.005)
    outcome = ended(tmp_path, sound + sounds.hum(60.0, level=0.01, hz=60.01))
    assert isinstance(outcome, Finding), outcome
    assert outcome.measure("nominal frequency").value == 60
    assert "another grid" in outcome.summary


@pytest.mark.parametrize("seconds", [20.0, 60.0])
def test_a_voice_without_hum_or_a_short_one(tmp_path: Path, seconds: float) -> None:
    """Not examined, with what was measured."""
    outcome = ended(tmp_path, sounds.voice(seconds))
    assert isinstance(outcome, NotExamined) and outcome.got and outcome.needed


def test_real_recordings_of_real_grids(real_data: Path, tmp_path: Path) -> None:
    """Three minutes from a 60 Hz grid and from a 50 Hz grid, with real hum in real audio."""
    from earwitness.evidence.decode import decode_mono

    for grid, nominal in (("A", 60), ("D", 50)):
        path = next((real_data / "spcup2016-grids" / f"grid_{grid}" / "audio").glob("*A1.flac"))
        sound = decode_mono(path, sample_rate_hz=sounds.RATE_HZ)[: 180 * sounds.RATE_HZ]
        outcome = ended(tmp_path / grid, sound) if (tmp_path / grid).mkdir() is None else None
        assert isinstance(outcome, Finding), outcome
        assert outcome.measure("nominal frequency").value == nominal
