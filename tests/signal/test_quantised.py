"""The whole numbers of MP3 and AAC come back, and their ones are missing where they were coded before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lossy
import sounds
from earwitness.signal import codec_grid, quantised
from earwitness.signal.quantised import Integers
from sounds import Floats

# As lossy.through leaves them.
GRIDS = {".mp3": (codec_grid.MP3, 48), ".m4a": (codec_grid.AAC_KAISER, 0)}
ENDINGS = pytest.mark.parametrize("ending", [".mp3", ".m4a"])


def numbers(sound: Floats, ending: str, *, beside: int = 0) -> Integers:
    """The numbers at a file's grid, or so many samples beside it."""
    codec, offset = GRIDS[ending]
    return quantised.integers(sound, codec=codec, offset=offset + beside)


@ENDINGS
@pytest.mark.parametrize("kilobits", [64, 128])
def test_coded_once_ones_are_common(tmp_path: Path, kilobits: int, ending: str) -> None:
    """Most groups are explained by one step, and a fifth of their numbers are ones."""
    found = numbers(lossy.through(tmp_path, lossy.voice(), ending, 1000 * kilobits), ending)
    assert found.telling > quantised.LEAST_GROUPS
    assert found.explained > 0.2
    assert found.share_of_ones > 0.13


@ENDINGS
def test_coded_before_at_a_lower_rate_ones_are_rare(tmp_path: Path, ending: str) -> None:
    """64 kbit/s stored as 128: what was zero is zero again, what was one is four or five."""
    first = lossy.through(tmp_path, lossy.voice(), ending, 64_000)
    found = numbers(lossy.through(tmp_path, first, ending, 128_000), ending)
    assert found.telling > quantised.LEAST_GROUPS
    assert found.share_of_ones < 0.06


@ENDINGS
def test_beside_the_grid_nothing_is_explained(tmp_path: Path, ending: str) -> None:
    """One sample off, no step divides the coefficients."""
    sound = lossy.through(tmp_path, lossy.voice(), ending, 64_000)
    assert numbers(sound, ending, beside=1).explained < 0.02


def test_under_another_window_nothing_is_explained(tmp_path: Path) -> None:
    """The grid of AAC is right, its window is not."""
    sound = lossy.through(tmp_path, lossy.voice(), ".m4a", 64_000)
    found = quantised.integers(sound, codec=codec_grid.AAC_SINE, offset=0)
    assert found.explained < 0.02


@ENDINGS
@pytest.mark.parametrize("seconds", [0.0, 0.01, 3.0])
def test_silence_has_no_numbers(seconds: float, ending: str) -> None:
    """Nothing, too little, and digital silence."""
    found = numbers(np.zeros(round(seconds * 44_100), dtype=np.float32), ending)
    assert found.telling == 0 and found.share_of_ones == 0.0


@ENDINGS
def test_noise_is_not_explained(ending: str) -> None:
    """White noise was never rounded."""
    assert numbers(sounds.noise(3.0, rate_hz=44_100), ending).explained < 0.02


def test_numbers_that_were_written_come_back() -> None:
    """A signal made of known whole numbers, a step for each four lines: as many ones are found."""
    rng = np.random.default_rng(5)
    written = rng.choice(4, (20, 192, 4), p=[0.4, 0.4, 0.1, 0.1])
    written[:, :, 0] = rng.integers(4, 8, (20, 192))
    steps = 2.0 ** (rng.integers(-48, -32, (20, 192, 1)) / 4)
    values = rng.choice([-1, 1], written.shape) * written ** (4 / 3) * steps
    frames = values.reshape(20, -1) @ codec_grid.AAC_KAISER.filters(np.arange(768))
    signal = np.zeros(1024 * 21, dtype=np.float32)
    for number, frame in enumerate(frames):
        signal[1024 * number : 1024 * (number + 2)] += frame.astype(np.float32)
    found = quantised.integers(signal, codec=codec_grid.AAC_KAISER, offset=0)
    assert found.explained > 0.99
    assert found.telling == 14 * 53  # seven tenths of the frames, groups 27 to 80
    assert abs(found.share_of_ones - (written[:, 27:80] == 1).mean()) < 0.02
