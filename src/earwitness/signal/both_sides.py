"""What differs between the sound before a moment and the sound after it: noise, room, band, offset.

A passage that was brought in from elsewhere brings its own noise, its own room and its own band
with it.

Conventions: signals are float32 at 16 kHz [shape=(n,)]; moments are seconds [shape=(m,)]; each
measure grows with the difference and has no unit of its own: what it is worth is told by how often
untouched speech reaches it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.signal

from earwitness.evidence.decode import Floats
from earwitness.signal.native import release
from earwitness.signal.tones import LOW_RATE_HZ

RATE_HZ: Final = 16_000
STEP: Final = 320
STEP_S: Final = STEP / RATE_HZ
SIDE_S: Final = 1.6
LEAST_SIDE_S: Final = 0.3
_WINDOW: Final = 640
_BANDS: Final = 20
_DECIMATE: Final = RATE_HZ // LOW_RATE_HZ
_PIECE_S: Final = 60
_MOMENTS_AT_ONCE: Final = 1_024

Floats64 = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sides:
    """What is kept of a recording to compare the two sides of any moment of it.

    Attributes
    ----------
    levels : np.ndarray [shape=(steps, 20)]
        dB of power in bands, every 20 ms.
    offset : np.ndarray [shape=(steps,)]
        Mean of the samples of each 20 ms.
    low : np.ndarray [shape=(n,)]
        The sound below 1 kHz, at 2 kHz.
    """

    levels: Floats32
    offset: Floats32
    low: Floats32


def listen(signal: Floats) -> Sides:
    """Gather what is needed, a minute at a time."""
    levels, offsets, lows = [], [], []
    edges = np.unique(np.round(np.geomspace(2, _WINDOW // 2 + 1, _BANDS + 1)).astype(int))
    window = np.hanning(_WINDOW).astype(np.float32)
    piece_size = _PIECE_S * RATE_HZ
    pad = (_WINDOW - STEP) // 2
    whole = signal.size // STEP * STEP
    for first in range(0, whole, piece_size):
        last = min(whole, first + piece_size)
        begin, end = max(0, first - pad), min(signal.size, last + pad)
        piece = np.pad(
            np.asarray(signal[begin:end], dtype=np.float32),
            (pad - (first - begin), pad - (end - last)),
        )
        windows = np.lib.stride_tricks.sliding_window_view(piece, _WINDOW)[::STEP]
        spectra = scipy.fft.rfft(windows * window, axis=1)
        power = np.add.reduceat(spectra.real**2 + spectra.imag**2, edges[:-1], axis=1)
        levels.append((10 * np.log10(power / np.diff(edges) + 1e-9)).astype(np.float32))
        offsets.append(piece[pad : pad + last - first].reshape(-1, STEP).mean(axis=1))
        lows.append(_decimated(signal, first, last))
        release(signal)
    if not levels:
        return Sides(np.zeros((0, edges.size - 1), np.float32), *(np.zeros(0, np.float32),) * 2)
    return Sides(np.concatenate(levels), np.concatenate(offsets), np.concatenate(lows))


def _decimated(signal: Floats, first: int, last: int) -> Floats32:
    """The part from ``first`` to ``last`` at 2 kHz, by a filter of 16 ms either way."""
    reach = 256
    taps = np.sinc(np.arange(-reach, reach + 1) * 0.9 / _DECIMATE) * np.hanning(2 * reach + 1)
    begin, end = max(0, first - reach), min(signal.size, last + reach)
    piece = np.pad(
        np.asarray(signal[begin:end], dtype=np.float32),
        (reach - (first - begin), reach - (end - last)),
    )
    kept = scipy.signal.upfirdn((taps / taps.sum()).astype(np.float32), piece, down=_DECIMATE)
    skipped = 2 * reach // _DECIMATE
    return np.asarray(kept[skipped : skipped + (last - first) // _DECIMATE], dtype=np.float32)


MEASURES: Final = ("noise level", "noise spectrum", "band", "room", "offset")


def differences(sides: Sides, moments_s: Floats64) -> Floats64:
    """How far both sides of each moment differ, by each of the ``MEASURES`` [shape=(m, 5)].

    1. The noise of a side is what its bands do not fall below but in a seventh of the time.
    2. Its band is what the levels reach in a tenth of the time, above 3.4 kHz against below.
    3. Its room is how fast its level falls where it falls fastest.
    4. Its offset is the mean of its samples.
    """
    found = np.zeros((moments_s.size, len(MEASURES)))
    for first in range(0, moments_s.size, _MOMENTS_AT_ONCE):
        part = slice(first, first + _MOMENTS_AT_ONCE)
        found[part] = _levels_apart(sides, moments_s[part])
    return found


def _levels_apart(sides: Sides, moments_s: Floats64) -> Floats64:
    before, after = (_side(sides, moments_s, sign) for sign in (-1, 1))
    floor = np.nan_to_num(after[0] - before[0])
    top = np.nan_to_num(after[1] - before[1])
    level = np.abs(floor.mean(axis=1))
    shape = np.sqrt(((floor - floor.mean(axis=1, keepdims=True)) ** 2).mean(axis=1))
    upper = _upper_bands()
    band = np.abs(top[:, upper].mean(axis=1) - top[:, ~upper].mean(axis=1))
    room = np.abs(np.nan_to_num(after[2] - before[2]))
    spread = np.sqrt(np.nan_to_num(before[4] ** 2 + after[4] ** 2)) + 1e-6
    offset = np.abs(np.nan_to_num(after[3] - before[3])) / spread
    return np.stack([level, shape, band, room, offset], axis=1)


def _upper_bands() -> npt.NDArray[np.bool_]:
    edges = np.unique(np.round(np.geomspace(2, _WINDOW // 2 + 1, _BANDS + 1)).astype(int))
    return np.asarray(edges[:-1] * RATE_HZ / _WINDOW > 3_400)


def _side(sides: Sides, moments_s: Floats64, sign: int) -> tuple[Floats64, ...]:
    """Of the sound on one side: noise, top levels [shape=(m, bands)], fall, offset and its error."""
    steps = round(SIDE_S / STEP_S)
    count = sides.offset.size
    at = np.round(moments_s / STEP_S).astype(int)
    offsets = np.arange(1, steps + 1) if sign > 0 else np.arange(-steps - 1, -1)
    index = at[:, np.newaxis] + offsets
    inside = (index >= 0) & (index < count)
    usable = inside.sum(axis=1) >= round(LEAST_SIDE_S / STEP_S)
    index = np.clip(index, 0, count - 1)
    levels = sides.levels[index]
    levels = np.where(inside[:, :, np.newaxis], levels, _reflected(levels, inside))
    ordered = np.sort(levels, axis=1)
    floor = ordered[:, steps // 7].astype(np.float64)
    top = ordered[:, steps - 1 - steps // 10].astype(np.float64)
    loud = 10 * np.log10((10 ** (levels[:, :, 6:16] / 10)).mean(axis=2))
    falls = np.sort(loud[:, 2:] - loud[:, :-2], axis=1)
    fall = falls[:, steps // 12].astype(np.float64)
    part = np.where(inside, sides.offset[index], 0.0)
    n = np.maximum(inside.sum(axis=1), 1)
    mean = part.sum(axis=1) / n
    error = np.sqrt((np.where(inside, part - mean[:, np.newaxis], 0) ** 2).sum(axis=1) / n / n)
    nothing = ~usable
    for values in (floor, top):
        values[nothing] = np.nan
    for values in (fall, mean, error):
        values[nothing] = np.nan
    return floor, top, fall, mean, error


def _reflected(levels: Floats32, inside: npt.NDArray[np.bool_]) -> Floats32:
    """What stands in for steps beyond the recording's ends: the steps of this side, again."""
    steps = inside.shape[1]
    order = np.argsort(~inside, axis=1, kind="stable")
    n = np.maximum(inside.sum(axis=1, keepdims=True), 1)
    pick = np.take_along_axis(order, np.arange(steps)[np.newaxis] % n, axis=1)
    return np.take_along_axis(levels, pick[:, :, np.newaxis], axis=1)
