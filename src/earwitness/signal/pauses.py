"""What is heard when nobody speaks: whether one pause is another's copy, or unlike all the others.

Conventions: pauses are beginnings and ends in seconds [shape=(p, 2)]; ``Sides`` holds levels every
20 ms and the sound below 1 kHz (``both_sides``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.linalg
import scipy.signal

from earwitness.signal.both_sides import STEP_S, Sides
from earwitness.signal.speech import Speech

LEAST_PAUSE_S: Final = 0.2
GUARD_S: Final = 0.06
FEWEST_PAUSES: Final = 6
FEWEST_FOR_NOISE: Final = 2
MOST_PAUSE_S: Final = 120.0  # of pauses that are compared with one another, longest first
SAME_NOISE: Final = 0.8
_LOW_HZ: Final = 2_000
_CHUNK_S: Final = 0.4
_ORDER: Final = 64
_LEAST_SPREAD_DB: Final = 2.0
_DROP_DB: Final = 12.0
_DROP_MAX_S: Final = 0.3

Floats64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SameNoise:
    """Two places in pauses whose noise is one and the same: beginnings, length, correlation."""

    first_start_s: float
    second_start_s: float
    length_s: float
    correlation: float


def find_pauses(speech: Speech, duration_s: float) -> Floats64:
    """Stretches of 0.2 s or more in which nobody speaks, 60 ms away from any speech [shape=(p, 2)]."""
    starts = np.concatenate([[0.0], speech.regions[:, 1] + GUARD_S])
    ends = np.concatenate([speech.regions[:, 0] - GUARD_S, [duration_s]])
    pauses = np.stack([starts, ends], axis=1)
    return np.asarray(pauses[ends - starts >= LEAST_PAUSE_S])


def noise_levels(sides: Sides, pauses: Floats64) -> Floats64:
    """Level of each pause in each band, dB, the median of its time [shape=(p, 20)]."""
    rows = []
    for start_s, end_s in pauses:
        part = sides.levels[
            int(start_s / STEP_S) : max(int(start_s / STEP_S) + 1, int(end_s / STEP_S))
        ]
        rows.append(np.median(part, axis=0))
    return np.array(rows, dtype=np.float64).reshape(len(rows), sides.levels.shape[1])


def unlike_others(levels: Floats64) -> Floats64:
    """How unlike the others each pause is [shape=(p,)], in robust deviations, the mean of its bands.

    The middle and the spread of a band are its median and its median deviation over all pauses; a
    spread is never taken to be under 2 dB.
    """
    middle = np.median(levels, axis=0)
    spread = 1.4826 * np.median(np.abs(levels - middle), axis=0)
    apart = (levels - middle) / np.maximum(spread, _LEAST_SPREAD_DB)
    return np.asarray(np.sqrt((apart**2).mean(axis=1)))


def find_drops(sides: Sides, levels: Floats64) -> Floats64:
    """Stretches of 40 to 300 ms that are quieter than the recording's own noise [shape=(n, 2)], seconds.

    Quieter is 12 dB or more under the quietest tenth of the pauses, the mean of all bands.

    Parameters
    ----------
    sides : Sides
    levels : np.ndarray [shape=(p, 20)]
        Of the noise in the pauses.
    """
    floor = np.quantile(levels, 0.1, axis=0)
    low = (sides.levels - floor).mean(axis=1) < -_DROP_DB
    edges = np.flatnonzero(np.diff(np.concatenate([[0], low.view(np.int8), [0]])))
    runs = edges.reshape(-1, 2)
    lengths_s = (runs[:, 1] - runs[:, 0]) * STEP_S
    kept = (lengths_s >= 2 * STEP_S) & (lengths_s <= _DROP_MAX_S)
    return np.asarray(runs[kept] * STEP_S)


def find_same_noise(sides: Sides, pauses: Floats64) -> tuple[tuple[SameNoise, ...], float]:
    """Find places in pauses whose noise is one and the same, as pasted room tone is.

    1. The pauses' sound below 1 kHz is put end to end, the longest pauses first, up to two
       minutes, and flattened by a linear predictor of order 64, so that hum says nothing.
    2. Every 0.4 s of it, at steps of 0.2 s, is correlated with all of it that lies later.
    3. What correlates by 0.8 or more is the same noise; of untouched speech, up to 0.72 was seen.

    Returns
    -------
    found : tuple of SameNoise
    highest : float
        The highest correlation there was, found or not; 0 where there was nothing to compare.
    """
    chosen = _longest(pauses)
    sound, at_s = _end_to_end(sides, chosen)
    size = round(_CHUNK_S * _LOW_HZ)
    if sound.size < 3 * size:
        return (), 0.0
    flat = _flattened(sound).astype(np.float32)  # 1
    powers = np.concatenate([[0.0], np.cumsum(flat.astype(np.float64) ** 2)])
    norms = np.sqrt(np.maximum(powers[size:] - powers[:-size], 1e-20)).astype(np.float32)
    found: list[SameNoise] = []
    highest = 0.0
    spectrum_size = scipy.fft.next_fast_len(flat.size + size, real=True)
    whole = scipy.fft.rfft(flat, spectrum_size)
    for start in range(0, flat.size - 2 * size, size // 2):  # 2
        piece = flat[start : start + size]
        spectrum = scipy.fft.rfft(piece, spectrum_size)
        likeness = scipy.fft.irfft(whole * np.conj(spectrum), spectrum_size)[: norms.size]
        later = likeness[start + size :] / (
            norms[start + size :] * norms[start] + np.float32(1e-12)
        )
        best = int(np.argmax(later))
        highest = max(highest, float(later[best]))
        if later[best] >= SAME_NOISE:  # 3
            one, other = at_s[start], at_s[start + size + best]
            found.append(SameNoise(float(one), float(other), _CHUNK_S, float(later[best])))
    return tuple(found[:100]), highest


def _longest(pauses: Floats64) -> Floats64:
    lengths = pauses[:, 1] - pauses[:, 0]
    order = np.argsort(-lengths, kind="stable")
    kept = order[np.cumsum(lengths[order]) <= MOST_PAUSE_S]
    return pauses[np.sort(kept)]


def _end_to_end(sides: Sides, pauses: Floats64) -> tuple[Floats64, Floats64]:
    """Sound below 1 kHz of the pauses, each to its own level, and where each sample comes from."""
    parts, places = [np.zeros(0)], [np.zeros(0)]
    for start_s, end_s in pauses:
        first, last = int(start_s * _LOW_HZ), int(end_s * _LOW_HZ)
        part = sides.low[first:last].astype(np.float64)
        if part.size < _LOW_HZ * LEAST_PAUSE_S / 2 or not part.any():
            continue
        parts.append(part / np.sqrt((part**2).mean()))
        places.append((first + np.arange(part.size)) / _LOW_HZ)
    return np.concatenate(parts), np.concatenate(places)


def _flattened(sound: Floats64) -> Floats64:
    size = scipy.fft.next_fast_len(2 * sound.size, real=True)
    spectrum = scipy.fft.rfft(sound, size)
    lags = scipy.fft.irfft(np.abs(spectrum) ** 2, size)[: _ORDER + 1]
    lags[0] *= 1 + 1e-6
    predictor = scipy.linalg.solve_toeplitz(lags[:-1], lags[1:])
    return np.asarray(scipy.signal.lfilter(np.concatenate([[1.0], -predictor]), [1.0], sound))
