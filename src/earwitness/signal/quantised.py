"""The whole numbers that an MP3 encoder wrote, got back from decoded samples.

At its own grid, a decoded MP3's coefficients are ``sign * q**(4/3) * step`` with whole numbers q, and a
step that is a power of the fourth root of two in each band. Coded once, small q are common and fall
off smoothly. Coded before with a coarser step, what was zero is zero again and what was one is now
three or five: ones become rare. Coded before with a finer step, all q are there, a little unevenly.

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
BANDS: Final = ((0, 10), (10, 30), (30, 72))  # groups of lines, from the lowest on
CLASSES: Final = ((1, 1), (2, 3), (4, 7), (8, 15), (16, 63))  # greatest q of a group, from and to
VALUES: Final = 10  # q from 0 to 9 are counted
LEAST_GROUPS: Final = 100
_MIDDLE_BAND, _MIDDLE_CLASS = 1, 2
_CHUNK: Final = 256  # frames
_MOST_FRAMES: Final = 4_000
_QUIET_SHARE: Final = 0.3  # of the frames, the quietest, are left out
_SILENT_POWER: Final = 1e-8
_NOTHING: Final = 3e-6
_TOLERANCE: Final = 0.002
_STEPS: Final = range(-16, -92, -1)  # quarters of a power of two

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Integers:
    """How the whole numbers of an MP3 are spread, over groups that one step explains.

    Attributes
    ----------
    explained : float
        The share of the loud groups: near zero, the file's grid is not there.
    groups : np.ndarray [shape=(5, 3)]
        Groups by the class of their greatest q, and by band.
    counts : np.ndarray [shape=(5, 3, 10)]
        Of each q in them.
    distinct : np.ndarray [shape=(5, 3)]
        How many of the q that are not zero differ from all smaller ones of their group.
    """

    explained: float
    groups: Ints
    counts: Ints
    distinct: Ints

    @property
    def telling(self) -> int:
        """Groups of the middle band whose greatest q is four to seven."""
        return int(self.groups[_MIDDLE_CLASS, _MIDDLE_BAND])

    @property
    def share_of_ones(self) -> float:
        """How many of the q in those are one."""
        counts = self.counts[_MIDDLE_CLASS, _MIDDLE_BAND]
        return float(counts[1] / max(1, LINES * self.telling))


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
    groups = _groups(signal, offset)
    loud = groups.max(axis=2, initial=0.0) > _NOTHING
    q, explained = _divided(groups, loud, _phase(groups[loud]))
    greatest = q.max(axis=2, initial=0)
    counts = np.zeros((len(CLASSES), len(BANDS), VALUES), dtype=np.int64)
    found, distinct = (np.zeros((len(CLASSES), len(BANDS)), dtype=np.int64) for _ in range(2))
    for row, (low, high) in enumerate(CLASSES):
        for column, (first, last) in enumerate(BANDS):
            here = explained[:, first:last] & (greatest[:, first:last] >= low)
            chosen = q[:, first:last][here & (greatest[:, first:last] <= high)]
            found[row, column] = len(chosen)
            counts[row, column] = np.bincount(chosen[chosen < VALUES], minlength=VALUES)
            ordered = np.sort(chosen, axis=1)
            distinct[row, column] = ((np.diff(ordered, axis=1) > 0) & (ordered[:, 1:] > 0)).sum()
    share = float(explained[loud].mean()) if loud.any() else 0.0
    return Integers(share, found, counts, distinct)


def spread(integers: Integers) -> npt.NDArray[np.float64]:
    """The logarithms of how classes, values and repeats are spread, for a comparison [shape=(60,)].

    Of the classes up to seven: those of greater numbers are too rare in half a minute.
    """
    parts: list[float] = []
    in_band = integers.groups.sum(axis=0)
    for row, (_, high) in enumerate(CLASSES[: _MIDDLE_CLASS + 1]):
        for column in range(len(BANDS)):
            count = integers.groups[row, column]
            counts = integers.counts[row, column]
            parts.append(float(np.log((count + 1) / (in_band[column] + 1))))
            most = min(high, VALUES - 1) + 1
            parts += np.log((counts[:most] + 1) / (LINES * count + VALUES)).tolist()
            nonzero = LINES * count - counts[0]
            parts.append(float(integers.distinct[row, column] / max(1, nonzero)))
    return np.array(parts)


def _groups(signal: Floats, offset: int) -> Floats:
    """Absolute coefficients of frames that are not quiet [shape=(frames, groups, 6)]."""
    filters = mdct.mp3_filters(np.arange(LINES * BANDS[-1][1]), normalised=False).T
    length, hop = filters.shape[0], mdct.MP3_HOP
    count = max(0, (signal.size - offset - length) // hop + 1)
    starts = offset + hop * np.arange(0, count, max(1, -(-count // _MOST_FRAMES)))
    power = np.array([np.dot(signal[at : at + length], signal[at : at + length]) for at in starts])
    if power.size:
        starts = starts[power > max(np.quantile(power, _QUIET_SHARE), _SILENT_POWER * length)]
    values = [
        np.abs(np.stack([signal[at : at + length] for at in starts[i : i + _CHUNK]]) @ filters)
        for i in range(0, starts.size, _CHUNK)
    ]
    joined = np.concatenate(values) if values else np.zeros((0, filters.shape[1]), dtype=np.float32)
    return joined.reshape(-1, BANDS[-1][1], LINES)


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


def _divided(
    groups: Floats, loud: npt.NDArray[np.bool_], phase: float
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Whole numbers of each group by the largest step that explains it, and which are explained."""
    q = np.zeros(groups.shape, dtype=np.int64)
    explained = np.zeros(loud.shape, dtype=bool)
    greatest = groups.max(axis=2, initial=0.0)
    most = CLASSES[-1][1] + 1
    for quarter in _STEPS:
        step = 2 ** ((quarter + phase) / 4)
        fits = loud & ~explained & (greatest > 0.9 * step) & (greatest < step * most ** (4 / 3))
        at = np.nonzero(fits)
        scaled = groups[at] / step
        whole = np.rint(scaled**0.75)
        good = (np.abs(scaled - whole ** (4 / 3)) < _TOLERANCE * (0.5 + scaled)).all(axis=1)
        where = (at[0][good], at[1][good])
        q[where] = whole[good].astype(np.int64)
        explained[where] = True
    return np.minimum(q, most - 1), explained
