"""Landmarks: 32-bit keys of patches of 1.5 s, made so that noise, codecs and rooms change few bits.

A patch of the picture is described by the lowest coefficients of its two-dimensional cosine
transform; 32 directions in that space, chosen so that what differs between patches is large
against what a codec, noise or a room does to one, give 32 numbers, and their signs the key. The
query knows how near each of its numbers is to zero, so it also looks up the keys in which its
least certain bits are turned over, likeliest first.

What a patch would have been at another speed or pitch is, like the patch itself, a weighted sum of
the picture's numbers: the weights are warped once, and not the picture.

Source: Burges, Platt and Jana 2003 (directions by discriminant analysis of distortions); Lv et al.
2007 (multi-probe look-up). ``bench/heard_basis.py`` made the directions in ``basis.npy``, from speech of
the speakers whom ``bench/heard.py`` leaves out of its archive; docs/archive.md says more.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from earwitness.archive.spectrum import BANDS, Floats, band_weights, between_rows

Keys = npt.NDArray[np.uint32]

KEY_BITS = 32
PATCH_FRAMES = 96
ARCHIVE_STEP = 4  # frames between two landmarks of an archive: 64 ms
TIME_ORDERS, BAND_ORDERS = 14, 10
_ROWS_AT_ONCE = 8_192


@dataclass(frozen=True, slots=True)
class Basis:
    """The directions: ``projection`` [shape=(140, 32)] and the medians to subtract [shape=(32,)]."""

    projection: Floats
    medians: Floats


@cache
def basis() -> Basis:
    """The directions that come with the package."""
    with files("earwitness.archive").joinpath("basis.npy").open("rb") as file:
        table = np.load(file, allow_pickle=False)
    return Basis(projection=table[:-1], medians=table[-1])


def patch_count(frames: int, *, step: int = ARCHIVE_STEP) -> int:
    """How many patches a picture of so many frames holds."""
    return max(0, (frames - PATCH_FRAMES) // step + 1)


def coefficients(
    picture: Floats, *, step: int, tempo: float = 1.0, semitones: float = 0.0
) -> Floats:
    """The cosine coefficients of every patch [shape=(patches, 140)], one every ``step`` frames.

    Parameters
    ----------
    picture : np.ndarray [shape=(frames, 32)]
    step : int
    tempo, semitones : float
        How much faster and higher the picture is than what is to be described; a patch then
        begins at a frame of the picture, and takes ``PATCH_FRAMES / tempo`` of them.
    """
    bands, times = _warped_cosines(tempo, semitones)
    length = times.shape[1]
    count = max(0, (picture.shape[0] - length) // step + 1)
    result = np.empty((count, TIME_ORDERS * BAND_ORDERS), np.float32)
    if count == 0:
        return result
    by_band = picture @ bands.T
    windows = np.lib.stride_tricks.sliding_window_view(by_band, length, axis=0)[::step]
    for start in range(0, count, _ROWS_AT_ONCE):
        part = np.ascontiguousarray(windows[start : start + _ROWS_AT_ONCE])
        rows = part.reshape(-1, length) @ times.T
        result[start : start + _ROWS_AT_ONCE] = rows.reshape(part.shape[0], -1)
    return result


def margins(picture: Floats, *, step: int, tempo: float = 1.0, semitones: float = 0.0) -> Floats:
    """The 32 numbers of every patch whose signs are its key [shape=(patches, 32)].

    See ``coefficients`` for the parameters.
    """
    directions = basis()
    rows = coefficients(picture, step=step, tempo=tempo, semitones=semitones)
    return np.asarray(rows @ directions.projection - directions.medians, dtype=np.float32)


def keys_of(margins: Floats) -> Keys:
    """The keys of patches [shape=(patches,)]."""
    bits = np.packbits(margins > 0, axis=1, bitorder="little")
    return np.ascontiguousarray(bits).view("<u4").reshape(-1).astype(np.uint32)


def informative(picture: Floats, *, step: int) -> npt.NDArray[np.bool_]:
    """Which patches hold anything to know them by: digital silence and steady tones do not."""
    count = patch_count(picture.shape[0], step=step)
    if count == 0:
        return np.zeros(0, np.bool_)
    change = np.abs(np.diff(picture, axis=0, prepend=picture[:1])).mean(axis=1) > 0.05
    lively = np.concatenate([[0], np.cumsum(change)])
    starts = np.arange(count) * step
    return np.asarray(lively[starts + PATCH_FRAMES] - lively[starts] >= PATCH_FRAMES // 4)


def probes(margins: Floats, *, count: int) -> Keys:
    """The likeliest keys of every patch, its own first [shape=(patches, count)]."""
    turned = turnovers(count)
    order = _least_certain(
        margins, 1 + max((rank for ranks in turned for rank in ranks), default=0)
    )
    weakest = (np.uint32(1) << order.astype(np.uint32)).astype(np.uint32)
    found = np.repeat(keys_of(margins)[:, None], count, axis=1)
    for column, ranks in enumerate(turned):
        for rank in ranks:
            found[:, column] ^= weakest[:, rank]
    return found


def _least_certain(margins: Floats, count: int) -> npt.NDArray[np.intp]:
    """Which bits are the least certain, least certain first [shape=(patches, count)]."""
    size = np.abs(margins)
    if count > KEY_BITS // 4:
        return np.asarray(np.argsort(size, axis=1)[:, :count])
    order = np.empty((size.shape[0], count), np.intp)
    rows = np.arange(size.shape[0])
    for column in range(count):
        order[:, column] = np.argmin(size, axis=1)
        size[rows, order[:, column]] = np.inf
    return order


@cache
def turnovers(count: int) -> tuple[tuple[int, ...], ...]:
    """Which bits to turn over, as ranks from the least certain on, likeliest set first.

    The margins are taken to be normal; a set of bits is the likelier the smaller the sum of their
    squared margins is expected to be.
    """
    normal = NormalDist()
    cost = [normal.inv_cdf(0.5 + 0.5 * (rank + 0.5) / KEY_BITS) ** 2 for rank in range(KEY_BITS)]
    waiting: list[tuple[float, tuple[int, ...]]] = [(cost[0], (0,))]
    found: list[tuple[int, ...]] = [()]
    while len(found) < count:
        total, ranks = heapq.heappop(waiting)
        found.append(ranks)
        last = ranks[-1]
        if last + 1 < KEY_BITS:
            heapq.heappush(waiting, (total + cost[last + 1], (*ranks, last + 1)))
            swapped = total - cost[last] + cost[last + 1]
            heapq.heappush(waiting, (swapped, (*ranks[:-1], last + 1)))
    return tuple(found)


@cache
def _time_cosines() -> Floats:
    """Cosines over the patch's time, tapered and without a mean [shape=(14, 96)]."""
    frame = np.arange(PATCH_FRAMES)
    taper = np.sqrt(np.hanning(PATCH_FRAMES + 2)[1:-1])
    orders = np.arange(TIME_ORDERS)[:, None]
    rows = np.cos(np.pi * (frame + 0.5) * orders / PATCH_FRAMES) * taper
    return np.asarray(rows - rows.mean(axis=1, keepdims=True), dtype=np.float32)


@cache
def _band_cosines() -> Floats:
    """Cosines over the bands [shape=(10, 32)]."""
    band = np.arange(BANDS)
    rows = np.cos(np.pi * (band + 0.5) * np.arange(BAND_ORDERS)[:, None] / BANDS)
    return rows.astype(np.float32)


@lru_cache(maxsize=64)
def _warped_cosines(tempo: float, semitones: float) -> tuple[Floats, Floats]:
    """The cosines as they are to be laid over a picture that is faster and higher.

    Over the bands [shape=(10, 32)] and over time [shape=(14, frames)].
    """
    places = np.arange(PATCH_FRAMES) / tempo
    frames = int(np.ceil(places[-1])) + 1
    bands = _band_cosines() @ band_weights(semitones)
    times = _time_cosines() @ between_rows(np.eye(frames, dtype=np.float32), places)
    return np.asarray(bands, np.float32), np.asarray(times, np.float32)
