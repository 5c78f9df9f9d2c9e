"""Stretches of samples that occur twice, bit for bit: nobody says a thing twice the same to the bit.

Conventions: samples are float32 at the recording's own rate, one channel [shape=(n,)].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats

WINDOW_S: Final = 0.01
LEAST_APART_S: Final = 0.05
LEAST_ANCHORS: Final = 4
MOST_ALIKE: Final = 8  # a window that occurs more often is a tone that a machine made
MAX_COPIES: Final = 1_000
MAX_ANCHORS: Final = 4_000_000
_ONE_IN: Final = 64
_CHANGING: Final = 0.25  # share of samples in a window that differ from the sample before
_FACTOR: Final = 0x9E37_79B9_7F4A_7C15 | 1
_MIX: Final = 0xBF58_476D_1CE4_E5B9

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Copy:
    """A stretch that occurs twice: beginnings and length, seconds; ends are known to a few ms."""

    first_start_s: float
    second_start_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Copies:
    """Copies that were found, how many windows were compared, and how many occur all the time."""

    found: tuple[Copy, ...]
    windows: int
    too_often: int


class CopyMeter:
    """Looks for copies in samples that come in blocks.

    1. Every window of 10 ms gets a hash of its samples' bits, rolled on from sample to sample
       (Karp and Rabin 1987). Windows that hardly change, such as digital silence, are left out.
    2. Of all windows, those whose hash ends in six zero bits are kept, one in 64: a copy keeps the
       same ones, wherever it was put.
    3. Windows of equal hash at the same distance, one after the other, are a copy if they are four or
       more. A chance agreement of 64 bits is ruled out by that.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate_hz = sample_rate_hz
        self._window = max(32, round(WINDOW_S * sample_rate_hz))
        self._rest = np.zeros(0, dtype=np.float32)
        self._start = 0
        self._powers = _powers(_FACTOR, 1 << 16)
        self._inverses = _powers(pow(_FACTOR, -1, 1 << 64), 1 << 16)
        self._hashes: list[Hashes] = []
        self._places: list[npt.NDArray[np.int64]] = []
        self._kept = 0

    def add(self, samples: Floats) -> None:
        """Take the next samples."""
        joined = np.concatenate([self._rest, samples]) if self._rest.size else samples
        step = self._powers.size - self._window
        first = 0
        while joined.size - first > self._window:
            piece = joined[first : first + self._powers.size]
            self._take(piece, self._start + first)
            first += min(step, piece.size - self._window)
        self._rest = joined[first:].copy()
        self._start += first

    def _take(self, piece: Floats, start: int) -> None:
        window, n = self._window, piece.size
        bits = (piece + np.float32(0.0)).view(np.uint32).astype(np.uint64)  # 1
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(bits * self._powers[:n])])
        hashes = (sums[window:-1] - sums[: -window - 1]) * self._inverses[: n - window]
        changes = np.concatenate([[0], np.cumsum(piece[1:] != piece[:-1])])
        lively = changes[window:] - changes[:-window] >= _CHANGING * window
        mixed = (hashes ^ (hashes >> np.uint64(31))) * np.uint64(_MIX)
        kept = lively & ((mixed >> np.uint64(32)) % np.uint64(_ONE_IN) == 0)  # 2
        at = np.flatnonzero(kept)
        if self._kept < MAX_ANCHORS:
            self._hashes.append(mixed[at])
            self._places.append(at + start)
            self._kept += at.size

    def finish(self) -> Copies:
        """What occurs twice in all of it."""
        if not self._hashes:
            return Copies((), 0, 0)
        hashes, places = np.concatenate(self._hashes), np.concatenate(self._places)
        order = np.lexsort((places, hashes))
        hashes, places = hashes[order], places[order]
        edges = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
        sizes = np.diff(np.append(edges, hashes.size))
        often = sizes > MOST_ALIKE
        pairs = []
        for size in range(2, MOST_ALIKE + 1):
            begins = edges[sizes == size]
            for one in range(size - 1):
                for other in range(one + 1, size):
                    pairs.append(np.stack([places[begins + one], places[begins + other]], axis=1))
        joined = np.concatenate(pairs) if pairs else np.zeros((0, 2), np.int64)
        return Copies(self._runs(joined), int(hashes.size), int(sizes[often].sum()))

    def _runs(self, pairs: npt.NDArray[np.int64]) -> tuple[Copy, ...]:
        """Pairs at the same distance that follow each other closely, as copies."""
        apart = pairs[:, 1] - pairs[:, 0]
        far = apart >= LEAST_APART_S * self._rate_hz
        pairs, apart = pairs[far], apart[far]
        order = np.lexsort((pairs[:, 0], apart))
        pairs, apart = pairs[order], apart[order]
        if not len(pairs):
            return ()
        gap = 20 * _ONE_IN + self._window
        new = (np.diff(apart) != 0) | (np.diff(pairs[:, 0]) > gap)
        begins = np.flatnonzero(np.concatenate([[True], new]))
        ends = np.append(begins[1:], len(pairs)) - 1
        counts = ends - begins + 1
        copies = [
            Copy(
                float(pairs[begin, 0] / self._rate_hz),
                float(pairs[begin, 1] / self._rate_hz),
                float((pairs[end, 0] - pairs[begin, 0] + self._window) / self._rate_hz),
            )
            for begin, end, count in zip(begins, ends, counts, strict=True)
            if count >= LEAST_ANCHORS  # 3
        ]
        copies.sort(key=lambda copy: (-copy.length_s, copy.first_start_s, copy.second_start_s))
        return tuple(copies[:MAX_COPIES])


def find_copies(blocks: Iterable[Floats], sample_rate_hz: int) -> Copies:
    """Find the stretches that occur twice in samples that come in blocks."""
    meter = CopyMeter(sample_rate_hz)
    for block in blocks:
        meter.add(block)
    return meter.finish()


def _powers(factor: int, count: int) -> Hashes:
    """A factor's powers modulo 2^64, by doubling [shape=(count,)]."""
    powers = np.ones(count, dtype=np.uint64)
    done = 1
    while done < count:
        step = min(done, count - done)
        powers[done : done + step] = powers[:step] * np.uint64(pow(factor, done, 1 << 64))
        done += step
    return powers
