"""Every place in a record at which a hum track may lie, and how probable it is that the best is wrong.

Conventions: a track has a value each second; its place is the UTC second of its first value. Agreement
is the root mean square of what is left between track and record, in hertz, after one offset was
fitted: a recorder whose clock is off by 100 parts in a million shifts all frequencies by 5 mHz.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from earwitness.grid.store import Floats32
from earwitness.signal.hum_smoother import KERNEL

Reals = npt.NDArray[np.float64]

MOST_CLOCK_ERROR: Final = 100e-6
LEAST_COVERED: Final = 0.9
"""Of the track, for a place in a record with gaps to be compared."""

APART_S: Final = 60
_BLOCK: Final = 1 << 17
_CELL_S: Final = 64
_ROOT = 0.5
_LEAST_TAIL, _MOST_TAIL, _CELLS_FOR_ONE = 12, 60, 64
_ERROR_MEMORY_S: Final = 10.0
_SIGMA_UNSURE: Final = 0.6
"""Of the logarithm of the track's variance, as measured by ``bench/when.py``."""

_RECORD_ERRORS_HZ: Final = (0.0, 0.00025, 0.0005, 0.001)
"""What a record may be off by, second by second: its digits, its clock, and the distance on the grid. None
of it is known, so each is given a quarter."""


@dataclass(frozen=True)
class Track:
    """A hum track to be looked for.

    Attributes
    ----------
    off_hz, sigma_hz : np.ndarray [shape=(n,)]
        Hertz off nominal, one a second, and the standard error; NaN where nothing is known, as
        around a break.
    nominal_hz : int
    """

    off_hz: Reals
    sigma_hz: Reals
    nominal_hz: int

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Where there are values."""
        return np.isfinite(self.off_hz) & np.isfinite(self.sigma_hz)

    @property
    def weights(self) -> Reals:
        """What each second counts [shape=(n,)]; they sum to 1."""
        known = self.known
        weights = np.where(known, 1.0 / np.where(known, self.sigma_hz, 1.0) ** 2, 0.0)
        return np.asarray(weights / max(weights.sum(), 1e-30))

    @property
    def error_hz(self) -> float:
        """The agreement to be expected at the right place: the track's own error."""
        known = self.known
        return float(np.sqrt(known.sum() / np.sum(1.0 / self.sigma_hz[known] ** 2)))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place: UTC second, agreement and fitted offset in hertz, and the probability that it is right."""

    start_s: int
    rms_hz: float
    offset_hz: float
    probability: float


@dataclass(frozen=True)
class Searched:
    """What a search gave.

    Attributes
    ----------
    candidates : tuple of Candidate
        The best places at least a minute apart, the most probable first.
    nowhere : float
        The probability that none of them is right.
    places : int
        How many were compared.
    covered_s, gaps_s : float
        Seconds of the record at which the track could begin, and could not, because too much of the
        record is missing there.
    expected_hz : float
        The agreement to be expected at the right place.
    tail : float
        The power by which wrong places get fewer as agreement gets better, at the end of those that the
        law was fitted to.
    """

    candidates: tuple[Candidate, ...]
    nowhere: float
    places: int
    covered_s: float
    gaps_s: float
    expected_hz: float
    tail: float


@dataclass(frozen=True)
class _Cells:
    """The best place in each stretch of 64 s: its second, mean square, offset [shape=(n,) each]."""

    starts_s: npt.NDArray[np.int64]
    squares: Reals
    offsets: Reals
    covered: int
    gaps: int


def search(
    track: Track, stretches: Iterable[tuple[int, Floats32]], *, prior: float = 0.5
) -> Searched:
    """Compare a track with every place of a record.

    Parameters
    ----------
    track : Track
    stretches : iterable of (int, np.ndarray)
        From ``Record.stretches``.
    prior : float
        The probability that the record holds the time of the track at all, before looking.

    Notes
    -----
    At each place the squares of what is left, weighted by the track's certainty, are summed up by FFT,
    less what one offset within the clock's bounds takes away. How often wrong places agree so well is
    told from the record itself: the agreements of its best places follow a power law, whose power is
    fitted to the best of them but one. The agreement at the right place is the track's own error and
    the record's, as far as they are known. Bayes' rule weighs the two for every candidate, and "none"
    by the prior.

    Source
    ------
    Hill 1975, Ann. Statist. 3: 1163-1174 (the power). The rest is ours.
    """
    cells = _joined([_cells(track, start, values) for start, values in stretches])
    if not cells.starts_s.size:
        return Searched((), 1.0, 0, 0.0, float(cells.gaps), track.error_hz, 0.0)
    order = np.argsort(cells.squares, kind="stable")
    count = int(np.clip(cells.starts_s.size / _CELLS_FOR_ONE, _LEAST_TAIL, _MOST_TAIL))
    apart = _apart(cells.starts_s[order[: 50 * _MOST_TAIL]], order, count + 1)
    wrong = wrong_places(cells.squares[apart])
    expected = track.error_hz**2
    spread = math.hypot(
        math.sqrt(2.0 * _ERROR_MEMORY_S / max(float(track.known.sum()), 1.0)), _SIGMA_UNSURE
    )
    best = apart[:10]
    ratios = [
        _right_density(float(cells.squares[at]), expected, spread)
        / wrong.intensity(float(cells.squares[at]))
        for at in best
    ]
    none = (1.0 - prior) / prior
    total = sum(ratios) + none
    found = [
        Candidate(
            int(cells.starts_s[at]),
            float(np.sqrt(cells.squares[at])),
            float(cells.offsets[at]),
            ratio / total,
        )
        for at, ratio in zip(best, ratios, strict=True)
    ]
    found.sort(key=lambda candidate: -candidate.probability)
    return Searched(
        tuple(found),
        none / total,
        cells.covered,
        float(cells.covered),
        float(cells.gaps),
        track.error_hz,
        wrong.rate * _ROOT * wrong.last**-_ROOT,
    )


def _apart(
    starts_s: npt.NDArray[np.int64], order: npt.NDArray[np.int64], most: int
) -> npt.NDArray[np.int64]:
    """The first of an order that lie at least a minute from all before."""
    kept: list[int] = []
    for index, start in enumerate(starts_s):
        if all(abs(int(start) - int(starts_s[other])) >= APART_S for other in kept):
            kept.append(index)
            if len(kept) == most:
                break
    return order[np.asarray(kept, dtype=np.int64)]


@dataclass(frozen=True, slots=True)
class WrongPlaces:
    """How many wrong places agree better than some mean square, as a law fitted to the record's best.

    For a frequency that wanders as that of a grid does, the logarithm of that number falls as
    the mean square gets less, faster than a power of it and more slowly than its reciprocal. Between
    the two, the power -0.5 of the mean square is taken to have an exponential tail; that was chosen
    on simulated records, and ``bench/when.py`` tells how well it holds.

    Attributes
    ----------
    rate : float
        Of the exponential.
    last : float
        The greatest mean square of those that it was fitted to.
    count : int
        How many those are.
    """

    rate: float
    last: float
    count: int

    def intensity(self, square: float) -> float:
        """Wrong places expected per unit of the logarithm of the mean square.

        The rate is known from a few places only. Its uncertainty (a gamma distribution) is averaged
        over, which makes the law fall more slowly the farther it is drawn beyond them.
        """
        square = max(square, 1e-18)
        away = max(square**-_ROOT - self.last**-_ROOT, 0.0)
        falls = (1.0 + self.rate * away / self.count) ** (-self.count - 1)
        return float(max(self.count * self.rate * _ROOT * square**-_ROOT * falls, 1e-15))


def wrong_places(squares: Reals) -> WrongPlaces:
    """Fit the law to mean squares of places [shape=(n,)], the best first.

    The best place is left out: it may be the right one, and wrong places are what is counted.
    """
    others = np.maximum(squares[1:], 1e-18)
    if others.size < 10:
        return WrongPlaces(1e-9, float(squares[-1]), max(int(others.size), 1))
    last = float(others[-1])
    beyond = others[:-1] ** -_ROOT - last**-_ROOT
    return WrongPlaces((others.size - 1) / float(beyond.sum() + 1e-30), last, int(others.size))


def _right_density(square: float, expected: float, spread: float) -> float:
    """Density of the logarithm of the mean square at the right place, whatever the record is off by."""
    offs = (math.log(square / (expected + error**2)) for error in _RECORD_ERRORS_HZ)
    total = sum(math.exp(-0.5 * (off / spread) ** 2) for off in offs)
    return total / (len(_RECORD_ERRORS_HZ) * spread * math.sqrt(2 * math.pi)) + 1e-300


def _joined(parts: Sequence[_Cells]) -> _Cells:
    if not parts:
        nothing = np.zeros(0)
        return _Cells(np.zeros(0, np.int64), nothing, nothing, 0, 0)
    return _Cells(
        np.concatenate([part.starts_s for part in parts]),
        np.concatenate([part.squares for part in parts]),
        np.concatenate([part.offsets for part in parts]),
        sum(part.covered for part in parts),
        sum(part.gaps for part in parts),
    )


def _cells(track: Track, start_s: int, values: Floats32) -> _Cells:
    """The best place of each cell in one stretch of the record."""
    found: list[tuple[npt.NDArray[np.int64], Reals, Reals]] = []
    covered = gaps = 0
    for first, squares, offsets in _places(track, values):
        fine = np.isfinite(squares)
        covered, gaps = covered + int(fine.sum()), gaps + int((~fine).sum())
        count = -(-squares.size // _CELL_S)
        padded = np.full(count * _CELL_S, np.inf)
        padded[: squares.size][fine] = squares[fine]
        best = padded.reshape(count, _CELL_S).argmin(axis=1) + _CELL_S * np.arange(count)
        best = best[np.isfinite(padded[best])]
        found.append((start_s + first + best, padded[best], offsets[best]))
    if not found:
        return _Cells(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), 0, values.size)
    starts, squares_, offsets_ = (np.concatenate(part) for part in zip(*found, strict=True))
    return _Cells(starts, squares_, offsets_, covered, gaps)


def _places(track: Track, values: Floats32) -> Iterator[tuple[int, Reals, npt.NDArray[np.float64]]]:
    """For blocks of places: the first, mean squares (NaN where too much is missing), offsets."""
    size = track.off_hz.size
    weights = track.weights
    own = np.where(track.known, track.off_hz, 0.0)
    length = max(_BLOCK, int(2 ** np.ceil(np.log2(4 * size))))
    spectra = [_back(part, length) for part in (weights, weights * own, weights * own**2)]
    most = MOST_CLOCK_ERROR * track.nominal_hz
    step = length - size + 1
    for first in range(0, values.size - size + 1, step):
        piece = values[first : first + length]
        count = min(step, piece.size - size + 1)
        squares, offsets = _compare(piece, spectra, length, most)
        yield first, squares[:count], offsets[:count]


def _back(part: Reals, length: int) -> npt.NDArray[np.complex128]:
    return np.asarray(np.conj(scipy.fft.rfft(part, length)))


def _compare(
    piece: Floats32,
    spectra: Sequence[npt.NDArray[np.complex128]],
    length: int,
    most: float,
) -> tuple[Reals, Reals]:
    """Mean squares and offsets at the places of one block."""
    here = np.isfinite(piece)
    whole = bool(here.all())
    record = _smooth(np.where(here, piece, 0.0).astype(np.float64), here, whole)
    by_weight, by_track, by_square = spectra
    one = scipy.fft.rfft(record, length)
    two = scipy.fft.rfft(record**2, length)
    sums = scipy.fft.irfft(one * by_weight, length)  # of the record
    both = scipy.fft.irfft(two * by_weight - 2 * one * by_track, length)
    if whole:
        share = np.ones(length)
        left, total = by_track[0].real - sums, both + by_square[0].real
    else:
        there = scipy.fft.rfft(here.astype(np.float64), length)
        share = scipy.fft.irfft(there * by_weight, length)
        own = scipy.fft.irfft(there * by_track, length)
        left = own - sums
        total = both + scipy.fft.irfft(there * by_square, length)
    count = np.maximum(share, 1e-9)
    offsets = np.clip(left / count, -most, most)
    squares = (total - 2 * offsets * left + offsets**2 * share) / count
    squares = np.where(np.asarray(share) >= LEAST_COVERED, np.maximum(squares, 1e-12), np.nan)
    return np.asarray(squares), np.asarray(np.broadcast_to(offsets, squares.shape))


def _smooth(record: Reals, here: npt.NDArray[np.bool_], whole: bool) -> Reals:
    """The record as blurred as a track is, over about five seconds; nothing where it is missing."""
    blurred = np.convolve(record, KERNEL, mode="same")
    if whole:
        edge = np.convolve(np.ones(record.size), KERNEL, mode="same")
        return np.asarray(blurred / edge)
    there = np.convolve(here.astype(np.float64), KERNEL, mode="same")
    return np.asarray(np.where(here, blurred / np.maximum(there, 1e-3), 0.0))
