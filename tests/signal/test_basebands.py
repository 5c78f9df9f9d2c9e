"""basebands: narrow bands of a sound, each moved down to 0 Hz."""

from __future__ import annotations

import numpy as np
import pytest

import sounds
from earwitness.signal.basebands import BASEBAND_RATE_HZ, basebands


def test_a_sine_becomes_a_slow_wave_of_its_amplitude() -> None:
    """A sine 0.25 Hz over the middle turns once in four seconds, through the seams of chunks."""
    tone = sounds.tone(600.0, hz=100.25, level=0.3, rate_hz=1000)
    (band,) = basebands(tone, sample_rate_hz=1000, centres_hz=[100])
    inner = band[5 * BASEBAND_RATE_HZ : -5 * BASEBAND_RATE_HZ]
    assert band.size == 600 * BASEBAND_RATE_HZ
    assert np.abs(inner) == pytest.approx(0.3, rel=1e-3)
    turns = np.diff(np.unwrap(np.angle(inner.astype(complex)))) / (2 * np.pi) * BASEBAND_RATE_HZ
    assert turns == pytest.approx(0.25, abs=2e-3)


def test_a_strong_line_does_not_leak_into_another_band() -> None:
    """A full-scale sine at 60 Hz is not seen around 50 Hz, though chunks cut it anywhere."""
    tone = sounds.tone(600.0, hz=60.013, level=1.0, rate_hz=1000)
    (band,) = basebands(tone, sample_rate_hz=1000, centres_hz=[50])
    assert np.abs(band[10 * BASEBAND_RATE_HZ : -10 * BASEBAND_RATE_HZ]).max() < 1e-4


def test_a_band_beyond_half_the_rate_is_nothing() -> None:
    """There is no sound there."""
    (band,) = basebands(sounds.noise(20.0, rate_hz=1000), sample_rate_hz=1000, centres_hz=[499])
    assert not band.any()


@pytest.mark.parametrize("samples", [0, 999, 1000])
def test_short_sounds(samples: int) -> None:
    """Whole seconds only, of which there may be none."""
    bands = basebands(np.zeros(samples, np.float32), sample_rate_hz=1000, centres_hz=[50, 60])
    assert bands.shape == (2, samples // 1000 * BASEBAND_RATE_HZ)


def test_gain_goes_through() -> None:
    """Twice the sound is twice the band."""
    sound = sounds.noise(30.0, rate_hz=1000)
    once = basebands(sound, sample_rate_hz=1000, centres_hz=[50])
    twice = basebands(2 * sound, sample_rate_hz=1000, centres_hz=[50])
    assert twice == pytest.approx(2 * once, rel=1e-4, abs=1e-7)
