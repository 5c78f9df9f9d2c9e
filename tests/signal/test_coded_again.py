"""A file is compared with a coding of the same sound that has no history."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lossy
from earwitness.signal import codec_grid, coded_again, quantised
from sounds import Floats

# As lossy.through leaves them.
GRIDS = {".mp3": (codec_grid.MP3, 48), ".m4a": (codec_grid.AAC_KAISER, 0)}
ENDINGS = pytest.mark.parametrize("ending", [".mp3", ".m4a"])


def judged(sound: Floats, bit_rate: int, ending: str) -> float:
    """The log odds of a decoded file at its own grid."""
    codec, offset = GRIDS[ending]
    differences = coded_again.against_once(
        sound, codec=codec, offset=offset, sample_rate_hz=lossy.RATE_HZ, bit_rate=bit_rate
    )
    assert differences is not None
    assert np.isfinite(differences).all()
    return coded_again.log_odds(codec, differences)


@ENDINGS
def test_a_lowered_rate_is_told_from_one_coding(tmp_path: Path, ending: str) -> None:
    """96 kbit/s, then 48 on the same grid, against 48 alone."""
    voice = lossy.voice(20.0)
    once = judged(lossy.through(tmp_path, voice, ending, 48_000), 48_000, ending)
    first = lossy.through(tmp_path, voice, ending, 96_000)
    twice = judged(lossy.through(tmp_path, first, ending, 48_000), 48_000, ending)
    assert once < 0 < twice


@pytest.mark.parametrize("codec", [codec_grid.MP3, codec_grid.AAC_KAISER])
def test_there_is_a_weight_for_every_difference(codec: codec_grid.Codec) -> None:
    """The shipped file fits what is compared, and holds finite numbers."""
    silence = quantised.integers(np.zeros(44_100, dtype=np.float32), codec=codec, offset=0)
    weights = coded_again._weights(codec.name)
    assert weights.size == 1 + quantised.spread(silence).size
    assert np.isfinite(weights).all()


@ENDINGS
def test_silence_has_no_numbers_to_compare(ending: str) -> None:
    """Neither the file's nor those of the second coding."""
    silence = np.zeros(5 * 44_100, dtype=np.float32)
    codec, offset = GRIDS[ending]
    assert (
        coded_again.against_once(
            silence, codec=codec, offset=offset, sample_rate_hz=44_100, bit_rate=64_000
        )
        is None
    )


@pytest.mark.parametrize(
    ("told", "meant"),
    [(64_000, 64_000), (64_900, 64_000), (128_000, None), (70_000, None), (None, None), (0, None)],
)
def test_only_measured_rates_are_taken(told: int | None, meant: int | None) -> None:
    """The container's figure is a little over the frames' own; a variable rate is none of them."""
    assert coded_again.constant_bit_rate(codec_grid.MP3, told) == meant


def test_rates_that_were_measured_are_those_of_the_codec() -> None:
    """80 kbit/s was measured of MP3, not of AAC; the rate of an AAC wanders by some percent."""
    assert coded_again.constant_bit_rate(codec_grid.AAC_KAISER, 80_000) is None
    assert coded_again.constant_bit_rate(codec_grid.AAC_SINE, 98_143) == 96_000
