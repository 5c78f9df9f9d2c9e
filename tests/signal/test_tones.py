"""Tones that run through a recording: told, given to another sound, and broken where it was cut."""

from __future__ import annotations

import numpy as np
import pytest

import sounds
from earwitness.evidence.decode import Floats
from earwitness.signal.both_sides import listen
from earwitness.signal.tones import RATE_HZ, find_breaks, tones_hz, tones_of, with_tones

HERTZ, HEIGHTS = np.array([50.0, 150.1]), np.array([0.006, 0.004])


def hummed(seconds: float = 20.0) -> Floats:
    """Noise with a hum of two tones in it, each about 8 dB under the noise."""
    return with_tones(sounds.noise(seconds, level=0.01), HERTZ, HEIGHTS, seed=1)


def test_tones_are_told_and_given_to_another_sound() -> None:
    """Frequency and height of what was put in come back; another seed has other phases."""
    found, heights = tones_of(listen(hummed()).low)
    order = np.argsort(found)
    assert found[order] == pytest.approx(HERTZ, abs=0.1)
    assert heights[order] == pytest.approx(HEIGHTS, rel=0.15)
    other = with_tones(np.zeros(RATE_HZ, np.float32), HERTZ, HEIGHTS, seed=2)
    assert other[0] != with_tones(np.zeros(RATE_HZ, np.float32), HERTZ, HEIGHTS, seed=1)[0]


def test_noise_a_voice_and_next_to_nothing_have_no_tones() -> None:
    """And so no breaks."""
    for sound in (
        sounds.noise(20.0),
        sounds.voice(12.0),
        sounds.voice(0.2),
        np.zeros(0, np.float32),
    ):
        low = listen(sound).low
        assert not tones_hz(low).size
        assert not find_breaks(low)[0].size


@pytest.mark.parametrize("gone_s", [0.2133, 1.107])
def test_a_hum_breaks_where_something_was_cut_out(gone_s: float) -> None:
    """Within 60 ms, as the highest by far; the rest of it is steady."""
    sound = hummed()
    at = round(11.3 * RATE_HZ)
    cut = np.concatenate([sound[:at], sound[at + round(gone_s * RATE_HZ) :]])
    at_s, much = find_breaks(listen(cut).low)
    best = np.argmax(much)
    assert at_s[best] == pytest.approx(11.3, abs=0.06)
    assert much[best] > 10
    assert np.delete(much, best).max(initial=0.0) < 0.2 * much[best]


def test_a_hum_that_goes_on_hardly_breaks() -> None:
    """The same hum, uncut."""
    assert find_breaks(listen(hummed()).low)[1].max(initial=0.0) < 3


def test_a_hum_that_drifts_slowly_does_not_break() -> None:
    """As mains do: two hundredths of a hertz in ten seconds."""
    at_s = np.arange(20 * RATE_HZ) / RATE_HZ
    hum = 0.006 * np.sin(2 * np.pi * (50.0 * at_s + 0.001 * at_s**2))
    sound = (sounds.noise(20.0, level=0.01) + hum).astype(np.float32)
    assert find_breaks(listen(sound).low)[1].max(initial=0.0) < 4
