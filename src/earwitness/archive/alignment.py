"""Verification: lines a block of questioned sound up with the fine prints of a candidate.

The two are compared at every lag within 0.2 s and every drift within 1.5 %; along the best line the
agreement, -1 to 1, is looked at print by print, and the stretch is what adds to it: from where it
begins to be more likely in the archive than not, to where it ceases to be.

Conventions: ``here`` and ``there`` are frames of 16 ms; the *score* is the weighted sum of agreeing
signs over its own spread in unrelated speech, so that its square grows with the length compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from earwitness.archive.prints import PRINT_STEP, SIGNS, Prints, signs_of
from earwitness.archive.spectrum import Floats

_FARTHEST_LAG = 14
_LAGS = np.arange(-_FARTHEST_LAG, _FARTHEST_LAG + 1)
_GROUP_PRINTS = 20  # 0.64 s
_LARGEST_DRIFT = 0.015
_DRIFTS = np.arange(-6, 7) * (_LARGEST_DRIFT / 6)
# The spread of the weighted sum in unrelated speech, over that of independent signs.
_DEPENDENCE = 1.2
_LEAST_PRINTS = 24
_GLANCE_GROUPS = 8  # a glance takes five seconds at a time
_AS_GOOD = 0.985


@dataclass(frozen=True, slots=True)
class Aligned:
    """A stretch that agrees: frames here and there, drift, agreement and score."""

    here_start: float
    here_end: float
    there_start: float
    there_end: float
    rate: float  # frames there to a frame here
    agreement: float
    score: float


def align(
    weights: Floats, prints: Prints, *, here: int, there: int, keep_rate: bool = False
) -> Aligned | None:
    """Line up questioned sound with prints of a recording.

    Parameters
    ----------
    weights : np.ndarray [shape=(frames, 31)]
        The query's side, from frame ``here`` on (see ``prints.weights``).
    prints : np.ndarray [shape=(n,)]
        The archive's side, from frame ``there`` on.
    here, there : int
        Where both begin; by the candidate, they are the same moment.
    keep_rate : bool
        Do not look for a drift.

    Returns
    -------
    Aligned or None
        None when there are too few frames to compare.
    """
    count = min(prints.size, (weights.shape[0] - 1) // PRINT_STEP + 1)
    if count < _LEAST_PRINTS:
        return None
    signs = signs_of(prints[:count])
    drifts = np.zeros(1) if keep_rate else _DRIFTS
    lag, drift = _best_line(weights, signs, drifts)
    at_print = np.arange(count)
    middle = (count - 1) / 2
    line = PRINT_STEP * at_print + lag + drift * PRINT_STEP * (at_print - middle)
    frame = np.rint(line).astype(np.int64)
    inside = (frame >= 0) & (frame < weights.shape[0])
    rows = np.where(inside[:, None], weights[np.clip(frame, 0, weights.shape[0] - 1)], 0)
    agreeing = np.einsum("ij,ij->i", rows, signs)
    size = np.abs(rows).sum(axis=1)
    first, last = _best_stretch(agreeing, size)
    if last - first < _LEAST_PRINTS // 2:
        return None
    part = slice(first, last)
    energy = float((rows[part] ** 2).sum())
    return Aligned(
        here_start=here + float(line[first]),
        here_end=here + float(line[last - 1]) + PRINT_STEP,
        there_start=float(there + PRINT_STEP * first),
        there_end=float(there + PRINT_STEP * last),
        rate=1 / (1 + float(drift)),
        agreement=float(agreeing[part].sum() / max(size[part].sum(), 1e-9)),
        score=float(agreeing[part].sum()) / (_DEPENDENCE * max(energy, 1e-9) ** 0.5),
    )


def glance(signs: Prints, prints: Prints) -> float:
    """How well the signs of two sounds agree in the best five seconds; like the score, but cheap.

    Bits are compared and not weights, at every lag and no drift: enough to tell what is not worth
    an alignment.

    Parameters
    ----------
    signs : np.ndarray [shape=(frames,)]
        The questioned sound's, every frame.
    prints : np.ndarray [shape=(n,)]
        The archive's, every second frame.
    """
    count = min(prints.size, signs.size // PRINT_STEP)
    if count < _LEAST_PRINTS:
        return 0.0
    padded = np.zeros(PRINT_STEP * count + 2 * _FARTHEST_LAG, np.uint32)
    padded[_FARTHEST_LAG:-_FARTHEST_LAG] = signs[: PRINT_STEP * count]
    windows = np.lib.stride_tricks.sliding_window_view(padded, PRINT_STEP * count)
    differing = np.bitwise_count(windows[:, ::PRINT_STEP] ^ prints[:count])
    edges = np.arange(0, count, _GROUP_PRINTS)
    size = np.full(edges.size, _GROUP_PRINTS)
    size[-1] = count - edges[-1]
    groups = np.add.reduceat(differing, edges, axis=1, dtype=np.int32)
    width = min(_GLANCE_GROUPS, edges.size)
    agreeing = _sums(SIGNS * size - 2 * groups, width)
    spread = np.sqrt(SIGNS * _sums(size[None, :], width))
    return float((agreeing / spread).max()) / _DEPENDENCE


def _sums(rows: npt.NDArray[np.integer[Any]], width: int) -> npt.NDArray[np.int64]:
    """Sums of so many neighbours, in each row."""
    running = np.zeros((rows.shape[0], rows.shape[1] + 1), np.int64)
    np.cumsum(rows, axis=1, out=running[:, 1:])
    return np.asarray(running[:, width:] - running[:, :-width])


def _best_line(
    weights: Floats, signs: Floats, drifts: npt.NDArray[np.floating[Any]]
) -> tuple[int, float]:
    """The lag in the middle and the drift along which both sides agree best."""
    count = signs.shape[0]
    table = np.zeros((count, _LAGS.size), np.float32)
    padded = np.zeros((PRINT_STEP * count + 2 * _FARTHEST_LAG, weights.shape[1]), np.float32)
    known = min(weights.shape[0], padded.shape[0] - _FARTHEST_LAG)
    padded[_FARTHEST_LAG : _FARTHEST_LAG + known] = weights[:known]
    for column in range(_LAGS.size):
        rows = padded[column : column + PRINT_STEP * count : PRINT_STEP]
        np.einsum("ij,ij->i", rows, signs, out=table[:, column])
    groups = np.add.reduceat(table, np.arange(0, count, _GROUP_PRINTS), axis=0)
    centre = np.minimum((np.arange(groups.shape[0]) + 0.5) * _GROUP_PRINTS, count) - count / 2
    moved = np.rint(drifts[:, None] * centre[None, :] * PRINT_STEP).astype(np.int64)
    lag = np.arange(_LAGS.size)[None, :, None] + moved[:, None, :]
    valid = (lag >= 0) & (lag < _LAGS.size)
    picked = groups[np.arange(groups.shape[0])[None, None, :], np.clip(lag, 0, _LAGS.size - 1)]
    # A line need not hold all along the block: what disagrees at its ends is cut off later.
    total = np.where(valid, picked, 0).sum(axis=2)
    drift, best = divmod(int(np.argmax(total)), total.shape[1])
    straight = int(np.argmin(np.abs(drifts)))
    # Over a few seconds a small drift and none look alike: none is what is far more often true.
    if total[straight].max() >= _AS_GOOD * total[drift, best]:
        drift, best = straight, int(np.argmax(total[straight]))
    return int(_LAGS[best]), float(drifts[drift])


def _best_stretch(agreeing: Floats, size: Floats) -> tuple[int, int]:
    """The prints from ``first`` to before ``last`` whose agreement stands out the most."""
    groups = np.add.reduceat(agreeing, np.arange(0, agreeing.size, _GROUP_PRINTS))
    sizes = np.add.reduceat(size, np.arange(0, size.size, _GROUP_PRINTS))
    typical = float(np.sort(groups / np.maximum(sizes, 1e-9))[-max(2, groups.size // 4) :].mean())
    gain = agreeing - max(0.4 * typical, 0.05) * size
    running = np.concatenate([[0.0], np.cumsum(gain)])
    lowest = np.minimum.accumulate(running)
    last = int(np.argmax(running - lowest))
    first = int(np.argmin(running[: last + 1]))
    return first, last
