"""The whole numbers that an MP3 or AAC encoder wrote, got back from decoded samples.

At its own grid, a decoded file's coefficients are ``sign * q**(4/3) * step`` with whole numbers q, and a
step that is a power of the fourth root of two in each band. Coded once, small q are common and fall
off smoothly. Coded before with a coarser step, what was zero is zero again and what was one is now
three or five: ones become rare. Coded before with a finer step, all q are there, a little unevenly.

Conventions: signals are float32 at the file's own rate [shape=(n,)]; q are absolute values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.signal import mdct
from earwitness.signal.codec_grid import Codec

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

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a codec's coefficients lie, and which of them share a step.

    ``lines`` neighbours make a group, ``bands`` are groups from the lowest on, ``steps`` are quarters of a
    power of two, the largest first.
    """

    lines: int
    bands: tuple[tuple[int, int], ...]
    steps: range


_LAYOUTS: Final = {
    "MP3": _Layout(6, ((0, 10), (10, 30), (30, 72)), range(-16, -92, -1)),
    # All bands of AAC's long blocks, at all sample rates, begin at multiples of four lines.
    "AAC": _Layout(4, ((0, 27), (27, 80), (80, 192)), range(16, -76, -1)),
}


@dataclass(frozen=True, slots=True)
class Integers:
    """How an encoder's whole numbers are spread, over groups that one step explains.

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
        return float(counts[1] / max(1, counts.sum()))


def integers(signal: Floats, *, codec: Codec, offset: int) -> Integers:
    """Get the whole numbers of an MP3 or an AAC back, at its grid.

    Not got back are short blocks; of AAC, blocks whose coefficients were predicted from one another
    (temporal noise shaping) and bands that hold noise in the place of numbers.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
    codec : Codec
    offset : int
        Of the grid: see ``codec_grid.own_grid``.

    Source
    ------
    ISO/IEC 11172-3:1993, 2.4.3.4.7.1, and 13818-7:2006, clauses 10 and 11 (requantisation); Yang, Shi
    and Huang 2009, ACM MM&Sec (too few small values betray a raised bit rate of an MP3).
    """
    layout = _LAYOUTS[codec.name]
    groups = _groups(signal, codec, offset, layout)
    loud = groups.max(axis=2, initial=0.0) > _NOTHING
    q, explained = _divided(groups, loud, _phase(groups[loud]), layout.steps)
    greatest = q.max(axis=2, initial=0)
    counts = np.zeros((len(CLASSES), len(layout.bands), VALUES), dtype=np.int64)
    found, distinct = (np.zeros(counts.shape[:2], dtype=np.int64) for _ in range(2))
    for row, (low, high) in enumerate(CLASSES):
        for column, (first, last) in enumerate(layout.bands):
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
        for column in range(in_band.size):
            count = integers.groups[row, column]
            counts = integers.counts[row, column]
            parts.append(float(np.log((count + 1) / (in_band[column] + 1))))
            most = min(high, VALUES - 1) + 1
            parts += np.log((counts[:most] + 1) / (counts.sum() + VALUES)).tolist()
            nonzero = counts[1:].sum()
            parts.append(float(integers.distinct[row, column] / max(1, nonzero)))
    return np.array(parts)


def _groups(signal: Floats, codec: Codec, offset: int, layout: _Layout) -> Floats:
    """Absolute coefficients of frames that are not quiet [shape=(frames, groups, lines)]."""
    filters = _filters(codec).T
    length, hop = filters.shape[0], codec.hop
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
    return joined.reshape(-1, layout.bands[-1][1], layout.lines)


@cache
def _filters(codec: Codec) -> Floats:
    layout = _LAYOUTS[codec.name]
    lines = np.arange(layout.lines * layout.bands[-1][1])
    if codec.name == "MP3":  # all lines at one scale, as steps are
        return mdct.mp3_filters(lines, normalised=False)
    return codec.filters(lines)


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
    groups: Floats, loud: npt.NDArray[np.bool_], phase: float, steps: range
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Whole numbers of each group by the largest step that explains it, and which are explained."""
    q = np.zeros(groups.shape, dtype=np.int64)
    explained = np.zeros(loud.shape, dtype=bool)
    rows, columns = np.nonzero(loud)
    left = groups[rows, columns]
    greatest = left.max(axis=1, initial=0.0)
    most = CLASSES[-1][1] + 1
    for quarter in steps:
        step = 2 ** ((quarter + phase) / 4)
        at = np.nonzero((greatest > 0.9 * step) & (greatest < step * most ** (4 / 3)))[0]
        at = at[_fitted(greatest[at] / step)[1]]  # most groups fail by their greatest
        whole, fits = _fitted(left[at] / step)
        good = fits.all(axis=1)
        found = at[good]
        q[rows[found], columns[found]] = whole[good].astype(np.int64)
        explained[rows[found], columns[found]] = True
        greatest[found] = 0.0  # not looked at again
    return np.minimum(q, most - 1), explained


def _fitted(scaled: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The nearest whole numbers to coefficients in steps, and whether they are near enough."""
    whole = np.rint(scaled**0.75)
    return whole, np.abs(scaled - whole ** (4 / 3)) < _TOLERANCE * (0.5 + scaled)
