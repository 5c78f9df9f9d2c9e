"""The frequency of mains hum from the phases of its harmonics, second by second.

Conventions: times are seconds from the first sample. Phases are radians: that of the fundamental
against its nominal frequency, and each harmonic's own against so many times the fundamental's. What is
told is the mean frequency under ``KERNEL`` around whole seconds.

The model is that of a grid and a machine on it. The frequency wanders; the phase of the fundamental is
its sum; a harmonic keeps its phase against the fundamental but for a little wandering of its own; noise is
as strong as what is heard beside the line at that moment, so that hum between two words counts for more
than hum under a vowel. Given all that, the likeliest course and its standard error are what a Kalman filter
run forth and back gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import scipy.ndimage

from earwitness.signal.basebands import BASEBAND_RATE_HZ, Complexes, Reals

KERNEL: Final = np.hanning(11)[1:-1] / np.hanning(11)[1:-1].sum()
"""The seconds that a value of a track is averaged over: about five."""

GRID_WANDERS_HZ: Final = 0.0025
"""Standard deviation of what a grid's frequency moves by in a second; the mains recordings have 0.0022
over 4 s and 0.0036 over a minute."""

HARMONIC_WANDERS: Final = 0.002
"""Radians by which harmonic k wanders in a second, over k; recordings of five grids' mains have 0.0005 to
0.002."""

LEAST_SIGMA_HZ: Final = 0.00005
_STARTS: Final = ((0.0,) * 4, (0.3, 0.1, 0.03, 0.0, 0.0), (0.5, 0.5, 0.2, 0.1, 0.0, 0.0))
"""Radians by which harmonics may wander in a second besides, in each pass. The frames' track may be too
far off for all harmonics to keep step at first; of the courses that these begin with, the likeliest is
kept."""

_PIECE_S, _MARGIN_S = 900, 60
_AMPLITUDE_S, _OWN_S = 32, 8
_NOISE_VALUES, _SLOW_NOISE_VALUES, _SLOW_SHARE = 8, 512, 0.2
_FRAME_VALUES = 128
_ROBUST_FROM: Final = 2.0
_LEAST_PHASE_ERROR: Final = 1e-3
_INNER: Final = 14 / 16  # of a baseband's values are independent: it is 14 Hz wide

Complexes128 = npt.NDArray[np.complex128]
_Number = TypeVar("_Number", np.float64, np.complex128)


@dataclass(frozen=True)
class _Smoothed:
    """States of all seconds: their means, covariances, and what ties each to the next.

    Attributes
    ----------
    means : np.ndarray [shape=(n, 2 + harmonics)]
        Phase of the fundamental, its frequency in rad/s, each harmonic's own phase.
    covariances, gains : np.ndarray [shape=(n, 2 + harmonics, 2 + harmonics)]
    """

    means: Reals
    covariances: Reals
    gains: Reals


def value_noise(bands: Complexes128) -> Reals:
    """Power of what is beside the line, around each value of turned basebands [shape=(bands, n)].

    What is left after the line was taken out, over a second; and, for a fifth, over a minute, so that a
    moment's silence is not believed to be without noise.
    """
    beside = np.abs(bands - _averaged(bands, 2 * _FRAME_VALUES)) ** 2
    fast, slow = _averaged(beside, 2 * _NOISE_VALUES), _averaged(beside, 2 * _SLOW_NOISE_VALUES)
    return np.asarray((1 - _SLOW_SHARE) * fast + _SLOW_SHARE * slow + 1e-20, dtype=np.float64)


def smooth_hum(bands: Complexes, cycles: Reals, harmonics: Sequence[int]) -> tuple[Reals, Reals]:
    """The mean frequency around whole seconds, and its standard error, in hertz off nominal.

    Parameters
    ----------
    bands : np.ndarray [shape=(20, n)]
        From ``hum_bands``.
    cycles : np.ndarray [shape=(n,)]
        About how many cycles the fundamental is ahead of its nominal frequency; from a first track.
    harmonics : sequence of int
        Those to be listened to.

    Returns
    -------
    frequency_hz, sigma_hz : np.ndarray [shape=(seconds - 9,)]
        From the fifth second on.

    Source
    ------
    Rauch, Tung, Striebel 1965, AIAA J. 3(8): 1445-1450 (the way back); Huber 1964, Ann. Math. Statist.
    35: 73-101 (what stands out counts less). The model is ours.
    """
    seconds, reach = bands.shape[1] // BASEBAND_RATE_HZ, KERNEL.size // 2 + 1
    found: list[tuple[Reals, Reals]] = []
    for first in range(0, seconds - 2 * reach + 1, _PIECE_S):
        begin = max(0, first - _MARGIN_S)
        end = min(seconds, first + _PIECE_S + 2 * reach + _MARGIN_S)
        values = slice(begin * BASEBAND_RATE_HZ, end * BASEBAND_RATE_HZ)
        path = _followed(bands[:, values], cycles[values], np.asarray(harmonics))
        here = slice(first - begin, first - begin + _PIECE_S)
        frequency, sigma = _averages(path)
        found.append((frequency[here], sigma[here]))
    return np.concatenate([f for f, _ in found]), np.concatenate([s for _, s in found])


def _followed(bands: Complexes, cycles: Reals, harmonics: npt.NDArray[np.int64]) -> _Smoothed:
    """The likeliest course of one piece, of those that different beginnings lead to."""
    lines = bands[harmonics - 1].astype(np.complex128)
    ratios = harmonics.astype(np.float64)
    courses = [_course(lines, ratios, cycles, looseness) for looseness in _STARTS]
    worths = [_log_likelihood(course, lines, ratios) for course in courses]
    return courses[int(np.argmax(worths))]


def _course(
    lines: Complexes128, ratios: Reals, cycles: Reals, looseness: Sequence[float]
) -> _Smoothed:
    """A course from a few passes, each around that of the last."""
    phase = _at_middles(2 * np.pi * cycles)
    start = (phase[-1] - phase[0]) / max(phase.size - 1, 1)
    means, variances = _by_second(_turned_back(lines, ratios, phase))
    own = np.unwrap(np.angle(_averaged(means, 2 * _OWN_S)), axis=1)
    size, doubt = np.ones((ratios.size, 1)), np.ones(means.shape)
    for number, loose in enumerate(looseness):
        if number:
            means, variances = _by_second(_turned_back(lines, ratios, phase))
        straight = means * np.exp(-1j * own)
        amplitudes = _amplitudes(straight, variances)
        errors = variances / (2 * amplitudes**2)
        seen = np.outer(ratios, phase) + own + straight.imag / amplitudes
        allowed = errors * size * doubt + _LEAST_PHASE_ERROR**2
        course = _smoothed(seen, allowed, ratios, start, loose)
        phase, own = course.means[:, 0], course.means[:, 2:].T
        left = (seen - np.outer(ratios, phase) - own) ** 2 / errors
        size = np.maximum(np.median(left, axis=1, keepdims=True) / 0.455, 0.5)
        doubt = np.maximum(np.sqrt(left / size) / _ROBUST_FROM, 1.0)
    return course


def _log_likelihood(course: _Smoothed, lines: Complexes128, ratios: Reals) -> float:
    """How well a course explains the lines, less how much it has to move for that."""
    phase, own = course.means[:, 0], course.means[:, 2:].T
    means, variances = _by_second(_turned_back(lines, ratios, phase))
    straight = means * np.exp(-1j * own)
    amplitudes = _amplitudes(straight, variances)
    explained = ((2 * straight.real - amplitudes) * amplitudes / variances).sum()
    step, wander = _model(ratios, 0.0)
    moves = course.means[1:] - course.means[:-1] @ step.T
    return float(explained - 0.5 * np.einsum("nd,nd->", moves, np.linalg.solve(wander, moves.T).T))


def _turned_back(lines: Complexes128, ratios: Reals, phase: Reals) -> Complexes128:
    """Lines [shape=(harmonics, values)] turned back by the phase of each second's middle."""
    at_s = np.arange(lines.shape[1]) / BASEBAND_RATE_HZ
    return np.asarray(lines * np.exp(-1j * np.outer(ratios, _between(at_s, phase))))


def _by_second(turned: Complexes128) -> tuple[Complexes128, Reals]:
    """What each second's values come to, weighted by how little noise there is, and its variance."""
    shape = (turned.shape[0], turned.shape[1] // BASEBAND_RATE_HZ, BASEBAND_RATE_HZ)
    weights = (1.0 / value_noise(turned))[:, : shape[1] * shape[2]].reshape(shape)
    total = weights.sum(axis=2)
    means = (turned[:, : shape[1] * shape[2]].reshape(shape) * weights).sum(axis=2) / total
    return means, 1.0 / (total * _INNER)


def _amplitudes(straight: Complexes128, variances: Reals) -> Reals:
    """Of lines that were turned to zero phase, over about half a minute.

    Not less than half of what their power tells, or a line out of phase would push without bound.
    """
    weights = _averaged(1.0 / variances, 2 * _AMPLITUDE_S)
    found = _averaged(straight.real / variances, 2 * _AMPLITUDE_S) / weights
    power = _averaged(np.abs(straight) ** 2 / variances - 1.0, 2 * _AMPLITUDE_S) / weights
    least = np.maximum(0.5 * np.sqrt(np.maximum(power, 0.0)), 0.1 * np.sqrt(variances))
    return np.asarray(np.maximum(found, least))


def _at_middles(turns: Reals) -> Reals:
    """Of a phase at every value of a baseband, those at the middles of seconds."""
    return np.asarray(turns[BASEBAND_RATE_HZ // 2 :: BASEBAND_RATE_HZ], dtype=np.float64)


def _between(at_s: Reals, phase: Reals) -> Reals:
    """Phases of seconds' middles at other times, going on straight at both ends."""
    inner = np.interp(at_s, np.arange(phase.size) + 0.5, phase)
    before = np.minimum(at_s - 0.5, 0.0) * (phase[1] - phase[0])
    after = np.maximum(at_s - phase.size + 0.5, 0.0) * (phase[-1] - phase[-2])
    return np.asarray(inner + before + after, dtype=np.float64)


def _smoothed(seen: Reals, allowed: Reals, ratios: Reals, start: float, loose: float) -> _Smoothed:
    """Kalman filter forth, and Rauch, Tung and Striebel's smoother back.

    Parameters
    ----------
    seen, allowed : np.ndarray [shape=(harmonics, n)]
        Phases of the harmonics in each second, and their variances.
    ratios : np.ndarray [shape=(harmonics,)]
    start : float
        About what the frequency is, in rad/s.
    loose : float
        Radians that a harmonic may wander by in a second, beyond what harmonics do.
    """
    count, n = seen.shape
    step, wander = _model(ratios, loose)
    looks = np.concatenate([ratios[:, None], np.zeros((count, 1)), np.eye(count)], axis=1)
    mean = np.concatenate([[0.0, start], seen[:, 0]])
    spread = np.diag([1e-8, (2 * np.pi * 0.05) ** 2, *np.full(count, 10.0)])
    means, spreads, ahead = np.empty((n, count + 2)), *np.empty((2, n, count + 2, count + 2))
    own = np.arange(count)
    for at in range(n):
        if at:
            mean, spread = step @ mean, step @ spread @ step.T + wander
        ahead[at] = spread
        cross = spread @ looks.T
        total = looks @ cross
        total[own, own] += allowed[:, at]
        gain = np.linalg.solve(total, cross.T).T
        mean = mean + gain @ (seen[:, at] - looks @ mean)
        spread = spread - gain @ cross.T
        spread = 0.5 * (spread + spread.T)
        means[at], spreads[at] = mean, spread
    gains = np.zeros_like(spreads)
    gains[:-1] = np.linalg.solve(ahead[1:], step @ spreads[:-1]).transpose(0, 2, 1)
    for at in range(n - 2, -1, -1):
        means[at] += gains[at] @ (means[at + 1] - step @ means[at])
        spreads[at] += gains[at] @ (spreads[at + 1] - ahead[at + 1]) @ gains[at].T
    return _Smoothed(means, spreads, gains)


def _model(ratios: Reals, loose: float) -> tuple[Reals, Reals]:
    """How a state goes on in a second, and the covariance of what it wanders by."""
    step, wander = np.eye(ratios.size + 2), np.zeros((ratios.size + 2, ratios.size + 2))
    step[0, 1] = 1.0
    wander[:2, :2] = (2 * np.pi * GRID_WANDERS_HZ) ** 2 * np.asarray([[1 / 3, 1 / 2], [1 / 2, 1.0]])
    wander[2:, 2:] = np.diag((HARMONIC_WANDERS * ratios) ** 2 + loose**2)
    return step, wander


def _averages(path: _Smoothed) -> tuple[Reals, Reals]:
    """Mean frequency under the kernel and its standard error [shape=(n - 9,)], from phases."""
    taps = (np.append(0.0, KERNEL) - np.append(KERNEL, 0.0)) / (2 * np.pi)
    phases = path.means[:, 0]
    count = phases.size - taps.size + 1
    variance = np.zeros(count)
    for first, tap in enumerate(taps):
        variance += tap**2 * path.covariances[first : first + count, 0, 0]
        tie = path.gains[first : first + count, 0]
        for second in range(first + 1, taps.size):
            shared = np.einsum("nd,nd->n", tie, path.covariances[second : second + count, :, 0])
            variance += 2 * tap * taps[second] * shared
            tie = np.einsum("nd,nde->ne", tie, path.gains[second : second + count])
    frequency = np.convolve(phases, taps[::-1], mode="valid")
    return frequency, np.hypot(np.sqrt(np.maximum(variance, 0.0)), LEAST_SIGMA_HZ)


def _averaged(values: npt.NDArray[_Number], width: int) -> npt.NDArray[_Number]:
    """Along the last axis, under a Hann window of about so many values."""
    window = np.hanning(width + 1)[1:-1]
    window /= window.sum()
    return np.asarray(
        scipy.ndimage.convolve1d(values, window.astype(values.real.dtype), axis=-1, mode="nearest")
    )
