"""Features of speech: what a channel does to them, and what warping takes off."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
import scipy.stats

import sounds
from earwitness.voices.cepstra import COEFFICIENTS, cepstra, slopes, voice_features, warped


def test_gain_does_not_change_cepstra() -> None:
    """The coefficient that holds the level is left out."""
    sound = sounds.voice(3.0)
    loud = cepstra(sound, low_hz=100, high_hz=7_000)
    soft = cepstra(sound * np.float32(0.25), low_hz=100, high_hz=7_000)
    assert np.abs(loud - soft).max() < 0.02
    assert loud.shape[1] == COEFFICIENTS


def test_warping_makes_each_dimension_normal() -> None:
    """Whatever its law was."""
    values = np.random.default_rng(2).exponential(size=(2_000, 2)).astype(np.float32)
    result = warped(values)
    assert abs(float(result.mean())) < 0.03
    assert abs(float(result.std()) - 1) < 0.05
    assert abs(float(scipy.stats.skew(result[:, 0]))) < 0.15


@pytest.mark.parametrize("window", [1, 20, 21, 254, 255, 301])
@pytest.mark.parametrize("count", [1, 50, 301, 302, 8_492, 8_493, 8_494])
def test_warping_is_the_rank_in_the_window(count: int, window: int) -> None:
    """As SciPy ranks each window, equal values alike; at the ends and where blocks meet, too."""
    values = np.random.default_rng(3).standard_normal((count, 2)).round(1).astype(np.float32)
    result = warped(values, window=window)
    size = min(window, count)
    for row in {0, 5, size // 2, count // 2, 8_191, 8_192, 8_342, count - 6, count - 1}:
        if not 0 <= row < count:
            continue
        start = min(max(row - size // 2, 0), count - size)
        below = scipy.stats.rankdata(values[start : start + size], axis=0)[row - start] - 0.5
        expected = scipy.stats.norm.ppf(np.clip(below / size, 0.5 / size, 1 - 0.5 / size))
        np.testing.assert_allclose(result[row], expected, atol=1e-5)


def test_a_fixed_filter_leaves_little_after_warping() -> None:
    """Far less than it does to the cepstra themselves."""
    sound = sounds.voice(6.0)
    sos = scipy.signal.butter(1, 1_000, "lowpass", fs=16_000, output="sos")
    dull = scipy.signal.sosfilt(sos, sound).astype(np.float32)
    everything = np.ones(10_000, dtype=bool)

    def away(change: np.ndarray, plain: np.ndarray) -> float:
        return float(np.abs(change - plain).mean() / plain.std())

    raw = [cepstra(each, low_hz=100, high_hz=7_000) for each in (dull, sound)]
    clean = [
        voice_features(each, everything, low_hz=100, high_hz=7_000)[:, :COEFFICIENTS]
        for each in (dull, sound)
    ]
    assert away(clean[0], clean[1]) < 0.5 * away(raw[0], raw[1])


def test_only_speech_is_kept() -> None:
    """One row for each frame of speech, and none without any."""
    sound = sounds.voice(3.0)
    in_speech = np.zeros(298, dtype=bool)
    assert voice_features(sound, in_speech, low_hz=100, high_hz=7_000).shape == (0, 38)
    in_speech[100:200] = True
    assert voice_features(sound, in_speech, low_hz=100, high_hz=7_000).shape == (100, 38)


def test_slopes_of_a_line_are_its_slope() -> None:
    """Away from the ends."""
    line = np.arange(20, dtype=np.float32)[:, None] * 0.5
    assert np.allclose(slopes(line)[2:-2], 0.5)
