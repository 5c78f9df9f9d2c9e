"""An MP3 is compared with a coding of the same sound that has no history."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lossy
from earwitness.signal import mp3_again, quantised
from sounds import Floats


def judged(sound: Floats, bit_rate: int) -> float:
    """The log odds of a decoded MP3 at sample 48 of its grid."""
    differences = mp3_again.against_once(
        sound, offset=48, sample_rate_hz=lossy.RATE_HZ, bit_rate=bit_rate
    )
    assert differences is not None
    assert np.isfinite(differences).all()
    return mp3_again.log_odds(differences)


def test_a_lowered_rate_is_told_from_one_coding(tmp_path: Path) -> None:
    """96 kbit/s, then 48 on the same grid, against 48 alone."""
    voice = lossy.voice(20.0)
    once = judged(lossy.through(tmp_path, voice, ".mp3", 48_000), 48_000)
    first = lossy.through(tmp_path, voice, ".mp3", 96_000)
    twice = judged(lossy.through(tmp_path, first, ".mp3", 48_000), 48_000)
    assert once < 0 < twice


def test_there_is_a_weight_for_every_difference() -> None:
    """The shipped file fits what is compared, and holds finite numbers."""
    silence = quantised.mp3_integers(np.zeros(44_100, dtype=np.float32), offset=0)
    weights = mp3_again._weights()
    assert weights.size == 1 + quantised.spread(silence).size
    assert np.isfinite(weights).all()


def test_silence_has_no_numbers_to_compare() -> None:
    """Neither the file's nor those of the second coding."""
    silence = np.zeros(5 * 44_100, dtype=np.float32)
    assert mp3_again.against_once(silence, offset=0, sample_rate_hz=44_100, bit_rate=64_000) is None


@pytest.mark.parametrize(
    ("told", "meant"),
    [(64_000, 64_000), (64_900, 64_000), (128_000, None), (70_000, None), (None, None), (0, None)],
)
def test_only_measured_rates_are_taken(told: int | None, meant: int | None) -> None:
    """The container's figure is a little over the frames' own; a variable rate is none of them."""
    assert mp3_again.constant_bit_rate(told) == meant
