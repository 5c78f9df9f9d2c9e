"""The whole numbers of an MP3 come back, and their ones are missing where it was coded before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lossy
import sounds
from earwitness.signal import quantised


@pytest.mark.parametrize("kilobits", [64, 128])
def test_coded_once_ones_are_common(tmp_path: Path, kilobits: int) -> None:
    """Most groups are explained by one step, and a fifth of their numbers are ones."""
    sound = lossy.through(tmp_path, lossy.voice(), ".mp3", 1000 * kilobits)
    found = quantised.mp3_integers(sound, offset=48)
    assert found.telling > quantised.LEAST_GROUPS
    assert found.explained > 0.2
    assert found.share_of_ones > 0.15


def test_coded_before_at_a_lower_rate_ones_are_rare(tmp_path: Path) -> None:
    """64 kbit/s stored as 128: what was zero is zero again, what was one is four or five."""
    first = lossy.through(tmp_path, lossy.voice(), ".mp3", 64_000)
    found = quantised.mp3_integers(lossy.through(tmp_path, first, ".mp3", 128_000), offset=48)
    assert found.telling > quantised.LEAST_GROUPS
    assert found.share_of_ones < 0.05


def test_beside_the_grid_nothing_is_explained(tmp_path: Path) -> None:
    """One sample off, no step divides the coefficients."""
    sound = lossy.through(tmp_path, lossy.voice(), ".mp3", 64_000)
    assert quantised.mp3_integers(sound, offset=49).explained < 0.02


@pytest.mark.parametrize("seconds", [0.0, 0.01, 3.0])
def test_silence_has_no_numbers(seconds: float) -> None:
    """Nothing, too little, and digital silence."""
    silence = np.zeros(round(seconds * 44_100), dtype=np.float32)
    found = quantised.mp3_integers(silence, offset=0)
    assert found.telling == 0 and found.share_of_ones == 0.0


def test_noise_is_not_explained() -> None:
    """White noise was never rounded."""
    found = quantised.mp3_integers(sounds.noise(3.0, rate_hz=44_100), offset=0)
    assert found.explained < 0.02
