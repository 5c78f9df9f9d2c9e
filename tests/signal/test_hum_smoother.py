"""The smoother of hum: the same as by plain algebra, honest about its error, and never far off."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.signal.basebands import BASEBAND_RATE_HZ, Complexes, Reals
from earwitness.signal.hum_smoother import (
    HARMONIC_WANDERS,
    KERNEL,
    _averages,
    _model,
    _smoothed,
    smooth_hum,
    value_noise,
)

RATIOS = np.asarray([1.0, 3.0])


def bands_of(cycles: Reals, noise: Reals, *, harmonics: tuple[int, ...] = (1, 2, 5)) -> Complexes:
    """Basebands of hum [shape=(20, n)] with noise of some amplitude at each value."""
    random = np.random.default_rng(5)
    made = np.zeros((20, cycles.size), np.complex64)
    for k in harmonics:
        beside = random.standard_normal(cycles.size) + 1j * random.standard_normal(cycles.size)
        made[k - 1] = np.exp(2j * np.pi * (k * cycles + 0.1 * k)) + noise * beside / np.sqrt(2)
    return made


def wandering(seconds: int) -> Reals:
    """Cycles of a grid that wanders by 2 mHz in a second, 16 values a second."""
    hertz = 0.002 * np.cumsum(np.random.default_rng(6).standard_normal(seconds + 1))
    at_s = np.arange(seconds * BASEBAND_RATE_HZ) / BASEBAND_RATE_HZ
    fine = np.interp(at_s, np.arange(seconds + 1), hertz)
    return np.asarray(np.cumsum(fine) / BASEBAND_RATE_HZ)


def averaged(cycles: Reals) -> Reals:
    """The mean frequency around whole seconds, from the fifth on."""
    middles = cycles[BASEBAND_RATE_HZ // 2 :: BASEBAND_RATE_HZ]
    return np.convolve(np.diff(middles), KERNEL, mode="valid")


def test_it_is_what_plain_algebra_gives() -> None:
    """All states at once, as one Gaussian conditioned on all that was seen."""
    random, n, size = np.random.default_rng(1), 14, 4
    seen, allowed = random.standard_normal((2, n)), random.uniform(0.1, 1.0, (2, n))
    step, wander = _model(RATIOS, 0.1)
    precision, pull = np.zeros((n * size, n * size)), np.zeros(n * size)
    start = np.diag([1e8, 1 / (2 * np.pi * 0.05) ** 2, 0.1, 0.1])
    precision[:size, :size] += start
    pull[:size] += start @ np.asarray([0.0, 0.01, seen[0, 0], seen[1, 0]])
    inverse = np.linalg.inv(wander)
    for at in range(n - 1):
        both = np.concatenate([-step, np.eye(size)], axis=1)
        precision[at * size : (at + 2) * size, at * size : (at + 2) * size] += (
            both.T @ inverse @ both
        )
    looks = np.concatenate([RATIOS[:, None], np.zeros((2, 1)), np.eye(2)], axis=1)
    for at in range(n):
        here = slice(at * size, (at + 1) * size)
        precision[here, here] += looks.T @ np.diag(1 / allowed[:, at]) @ looks
        pull[here] += looks.T @ (seen[:, at] / allowed[:, at])
    covariance = np.linalg.inv(precision)
    found = _smoothed(seen, allowed, RATIOS, 0.01, 0.1)
    assert found.means.ravel() == pytest.approx(covariance @ pull, abs=1e-6)
    frequency, sigma = _averages(found)
    taps = (np.append(0.0, KERNEL) - np.append(KERNEL, 0.0)) / (2 * np.pi)
    for at in range(n - taps.size + 1):
        weights = np.zeros(n * size)
        weights[at * size : (at + taps.size) * size : size] = taps
        assert frequency[at] == pytest.approx(weights @ covariance @ pull, abs=1e-7)
        assert sigma[at] == pytest.approx(np.sqrt(weights @ covariance @ weights), rel=0.02)


def test_quiet_moments_carry_the_hum() -> None:
    """Loud noise in every other two seconds does far less harm than in all; the error is as stated."""
    cycles = wandering(240)
    loud = np.arange(cycles.size) % (4 * BASEBAND_RATE_HZ) < 2 * BASEBAND_RATE_HZ
    half, hz = np.where(loud, 3.0, 0.03), averaged(cycles)
    off, sigma = smooth_hum(bands_of(cycles, half), cycles, [1, 2, 5])
    always, more = smooth_hum(bands_of(cycles, np.full(cycles.size, 3.0)), cycles, [1, 2, 5])
    rms = float(np.sqrt(np.mean((off - hz) ** 2)))
    assert rms < 0.5 * float(np.sqrt(np.mean((always - hz) ** 2)))
    assert 0.4 < rms / float(np.sqrt(np.mean(sigma**2))) < 2.0
    assert np.median(sigma) < np.median(more)


def test_a_break_does_not_push_it_far() -> None:
    """Half a period missing: what is a few seconds off is near the truth."""
    cycles = wandering(240)
    broken = cycles + 0.5 * (np.arange(cycles.size) > cycles.size // 2)
    off, _ = smooth_hum(bands_of(broken, np.full(cycles.size, 0.01)), cycles, [1, 2, 5])
    wrong = np.abs(off - averaged(cycles))
    assert wrong.max() < 0.3
    assert np.delete(wrong, slice(103, 128)).max() < 0.003


def test_long_recordings_are_followed_in_pieces_without_seams() -> None:
    """Where a piece ends, the next goes on."""
    cycles = wandering(1_900)
    off, sigma = smooth_hum(bands_of(cycles, np.full(cycles.size, 0.3)), cycles, [1, 2, 5])
    assert off.size == sigma.size == 1_900 - KERNEL.size
    assert np.abs(off - averaged(cycles)).max() < 0.003


def test_noise_is_measured_beside_the_line() -> None:
    """Its power, whatever the line's."""
    noise = np.full(3_200, 0.2)
    (faint,), (strong,) = (
        value_noise(level * np.ones((1, 3_200)) + (bands_of(np.zeros(3_200), noise)[:1] - 1))
        for level in (0.1, 10.0)
    )
    assert np.median(faint) == pytest.approx(0.04, rel=0.2)
    assert np.median(strong) == pytest.approx(0.04, rel=0.2)


def test_harmonics_wander_less_than_the_grid() -> None:
    """The model tells the grid's wandering from a harmonic's own."""
    _, wander = _model(RATIOS, 0.0)
    assert wander[3, 3] == pytest.approx((3 * HARMONIC_WANDERS) ** 2)
    assert wander[1, 1] > wander[2, 2]
