"""The two sides of a moment: each difference that is put in shows in its own measure."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

import sounds
from earwitness.evidence.decode import Floats
from earwitness.signal.both_sides import (
    MEASURES,
    RATE_HZ,
    differences,
    listen,
)

MIDDLE = np.array([5.0])


def measured(sound: Floats) -> dict[str, float]:
    """All differences at five seconds."""
    return dict(zip(MEASURES, differences(listen(sound), MIDDLE)[0], strict=True))


def halves(first: Floats, second: Floats) -> Floats:
    """Five seconds of each."""
    return np.concatenate([first[: 5 * RATE_HZ], second[: 5 * RATE_HZ]])


def test_noise_that_goes_on_differs_in_nothing() -> None:
    """The reference for all that follows."""
    found = measured(sounds.noise(10.0))
    assert found["noise level"] < 1
    assert found["noise spectrum"] < 1.5
    assert found["band"] < 1.5


def test_louder_noise_shows_in_its_level_alone() -> None:
    """Six decibels more."""
    noise = sounds.noise(10.0)
    found = measured(halves(noise, 2 * noise[::-1]))
    assert found["noise level"] == pytest.approx(6, abs=0.7)
    assert found["noise spectrum"] < 1.5


def test_a_narrower_band_shows_in_band_and_spectrum() -> None:
    """Cut off at 3.4 kHz from the middle on."""
    noise = sounds.noise(10.0)
    sos = scipy.signal.butter(8, 3_400, fs=RATE_HZ, output="sos")
    low = scipy.signal.sosfilt(sos, noise).astype(np.float32)
    found = measured(halves(noise, low))
    assert found["band"] > 15
    assert found["noise spectrum"] > 8


def test_an_offset_shows_as_one() -> None:
    """A hundredth of full scale, under noise."""
    noise = sounds.noise(10.0, level=0.01)
    assert measured(halves(noise, noise + np.float32(0.01)))["offset"] > 10
    assert measured(noise)["offset"] < 5


def test_at_the_ends_and_in_short_sounds_nothing_differs() -> None:
    """Where a side is too short to compare, the measures are zero, never a number that is none."""
    found = differences(listen(sounds.voice(1.0)), np.array([0.0, 0.1, 0.5, 0.99]))
    assert np.isfinite(found).all()
    assert not found[0, :4].any()


def test_a_long_sound_is_heard_as_in_one_piece() -> None:
    """What a minute's end cuts through is the same as elsewhere."""
    sound = np.tile(sounds.voice(13.0), 5)
    whole, part = listen(sound), listen(sound[RATE_HZ * 40 :])
    steps = 40 * RATE_HZ // 320
    assert whole.levels[steps + 5 : -5] == pytest.approx(part.levels[5:-5], abs=0.01)
    low = 40 * 2_000
    assert whole.low[low + 50 : -50] == pytest.approx(part.low[50:-50], abs=1e-5)
