"""The whole numbers that an MP3 encoder wrote, got back from decoded samples, and what they tell.

At its own grid, a decoded MP3's coefficients are ``sign * q**(4/3) * step`` with whole numbers q, and a
step that is a power of the fourth root of two in each band. Coded once, small q are common and fall
off smoothly. Coded before with a coarser step, what was zero is zero again and what was one is now
three or five: ones become rare.

Conventions: signals are float32 at the file's own rate [shape=(n,)]; q are absolute values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.signal import mdct

LINES: Final = 6  # neighbouring coefficients that are taken to share a step
_FIRST, _LAST = 60, 180  # coefficients: the middle of the band, in which most q are small
_LOWEST_CLASS, _HIGHEST_CLASS = 4, 7  # greatest q of a group
_MOST_Q: Final = 64
_CHUNK: Final = 256  # frames
_MOST_FRAMES: Final = 4_000
_SILENT_POWER: Final = 1e-8
_NOTHING: Final = 3e-6
_TOLERANCE: Final = 0.003
_STEPS: Final = range(-16, -92, -1)  # quarters of a power of two
LEAST_GROUPS: Final = 100

Ints = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Integers:
    """How the whole numbers of an MP3's middle band are spread.

    Attributes
    ----------
    groups : int
        Groups of six neighbouring coefficients that one step explains, and of which the greatest is
        four to seven.
    explained : float
        The share of loud groups that one step explains: near zero, the file's grid is not there.
    counts : np.ndarray [shape=(8,)]
        Of q from 0 to 7, in those groups.
    """

    groups: int
    explained: float
    counts: npt.NDArray[np.int64]

    @property
    def share_of_ones(self) -> float:
        """How many of them are one."""
        return float(self.counts[1] / max(1, self.counts.sum()))


def mp3_integers(signal: Floats, *, offset: int) -> Integers:
    """Get the whole numbers of an MP3 back, at its grid.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
    offset : int
        Of the grid: see ``codec_grid.own_grid``.

    Source
    ------
    ISO/IEC 11172-3:1993, 2.4.3.4.7.1 (requantisation); Yang, Shi and Huang 2009, ACM MM&Sec (too few
    small values betray a raised bit rate).
    """
    filters = mdct.mp3_filters(np.arange(_FIRST, _LAST), normalised=False).T
    length, hop = filters.shape[0], mdct.MP3_HOP
    count = max(0, (signal.size - offset - length) // hop + 1)
    stride = max(1, -(-count // _MOST_FRAMES))
    values = []
    for first in range(0, count, _CHUNK * stride):
        starts = offset + hop * np.arange(first, min(count, first + _CHUNK * stride), stride)
        frames = np.stack([signal[start : start + length] for start in starts])
        loud = np.einsum("ij,ij->i", frames, frames) > _SILENT_POWER * length
        values.append(np.abs(frames[loud] @ filters))
    groups = np.concatenate(values).reshape(-1, LINES) if values else np.zeros((0, LINES), "f4")
    groups = groups[groups.max(axis=1, initial=0.0) > _NOTHING]
    q, explained = _divided(groups, _phase(groups))
    greatest = q.max(axis=1, initial=0)
    chosen = explained & (greatest >= _LOWEST_CLASS) & (greatest <= _HIGHEST_CLASS)
    return Integers(
        groups=int(chosen.sum()),
        explained=float(explained.mean()) if explained.size else 0.0,
        counts=np.bincount(q[chosen].ravel(), minlength=_HIGHEST_CLASS + 1).astype(np.int64),
    )


def _phase(groups: Floats) -> float:
    """The scale of the decoder, as a part of a quarter of a power of two: the same for all steps.

    In most groups the smallest coefficient that is not zero is one step.
    """
    smallest = np.where(groups > _NOTHING, groups, np.inf).min(axis=1, initial=np.inf)
    quarters = (4 * np.log2(smallest[np.isfinite(smallest)])) % 1
    if not quarters.size:
        return 0.0
    counts, edges = np.histogram(quarters, 200, (0.0, 1.0))
    centre = edges[int(counts.argmax())] + 0.0025
    near = (quarters - centre + 0.5) % 1 - 0.5
    return float(centre + np.median(near[np.abs(near) < 0.02]))


def _divided(groups: Floats, phase: float) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Whole numbers of each group by the largest step that explains it, and which are explained."""
    q = np.zeros(groups.shape, dtype=np.int16)
    explained = np.zeros(len(groups), dtype=bool)
    greatest = groups.max(axis=1, initial=0.0)
    for quarter in _STEPS:
        step = 2 ** ((quarter + phase) / 4)
        fits = ~explained & (greatest > 0.9 * step) & (greatest < step * _MOST_Q ** (4 / 3))
        rows = np.flatnonzero(fits)
        scaled = groups[rows] / step
        whole = np.rint(scaled**0.75)
        good = (np.abs(scaled - whole ** (4 / 3)) < _TOLERANCE * (1 + scaled)).all(axis=1)
        q[rows[good]] = whole[good]
        explained[rows[good]] = True
    return q, explained
