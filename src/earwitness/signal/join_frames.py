"""What is told of each 2 ms of a sound, for a network to hear joins of two pieces in.

Conventions: signals are float32 at 16 kHz [shape=(n,)]; frames are of 32 samples (2 ms).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.ndimage
import scipy.signal

from earwitness.signal.prediction import BLOCK, predictors, residue

RATE_HZ: Final = 16_000
FRAME: Final = 32
FRAME_S: Final = FRAME / RATE_HZ
BANDS: Final = 18
PARTS: Final = 4  # of a frame, of half a millisecond each
RESIDUE: Final = slice(BANDS, BANDS + PARTS)  # channels: what prediction leaves
HIGH: Final = slice(BANDS + 3 * PARTS, BANDS + 4 * PARTS)  # channels: above about 6 kHz
CHANNELS: Final = BANDS + 4 * PARTS + 3 + 2
_WINDOW: Final = 128
_NORMAL_S: Final = 1.0  # levels are told against those of the second around
_FLOOR: Final = 1e-10
_LOW, _LOW_ORDER, _LOW_WINDOW, _LOW_BLOCK = 8, 24, 256, 16  # at 2 kHz: 128 ms, every 8 ms
_LOW_APART: Final = 9  # blocks: a predictor whose window ends before this moment
_VOICE, _SHORTEST, _LONGEST, _PIECE = 4, 10, 72, 40  # at 4 kHz: periods of 2.5 to 18 ms, 10 ms
_VOICE_HOP: Final = 16  # 4 ms
_AT_ONCE: Final = 20_000  # windows

Floats32 = npt.NDArray[np.float32]


def band_edges() -> npt.NDArray[np.int64]:
    """First bin of each band of the short spectra, and one past the last [shape=(19,)]."""
    return np.unique(np.round(np.concatenate([np.arange(1, 9), np.geomspace(9, 65, 11)]))).astype(
        np.int64
    )


def frames(signal: Floats32) -> Floats32:
    """What is told of each 2 ms, without the level around [shape=(n, 39)].

    1. Power in 18 bands, by Hann windows of 8 ms, in nepers.
    2. Power of what linear prediction leaves of each half millisecond: with the predictor of this
       moment, with the predictor of 16 ms before, and, backwards in time, with that of 16 ms after.
    3. Power of each half millisecond above about 6 kHz.
    4. What prediction leaves below 1 kHz, where hum and rumble lie: with the predictor of this moment,
       and, forwards and backwards, with predictors that have not heard it.
    5. The mean of the second around is taken off each of these.
    6. How well the 10 ms from here on are foretold by those a period of a voice before, and the period.
    """
    count = signal.size // BLOCK * BLOCK // FRAME
    if not count:
        return np.zeros((0, CHANNELS), dtype=np.float32)
    whole = signal[: count * FRAME]
    powers = np.concatenate([_bands(whole), _residues(whole), _low(whole)], axis=1)  # 1, 2, 3, 4
    log = np.log(powers + np.float32(_FLOOR))
    size = round(_NORMAL_S / FRAME_S)
    log -= scipy.ndimage.uniform_filter1d(log, size, axis=0, mode="nearest")  # 5
    return np.concatenate([log, _periods(whole)], axis=1)  # 6


def _bands(signal: Floats32) -> Floats32:
    side = (_WINDOW - FRAME) // 2
    padded = np.pad(signal, (side, side))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::FRAME]
    spectra = scipy.fft.rfft(windows * np.hanning(_WINDOW).astype(np.float32), axis=1)
    power = spectra.real**2 + spectra.imag**2
    edges = band_edges()
    sums = np.add.reduceat(power, edges[:-1], axis=1)
    return np.asarray(sums / np.diff(edges).astype(np.float32), dtype=np.float32)


def _residues(signal: Floats32) -> Floats32:
    """Power of four residues in each half millisecond [shape=(n, 16)]."""
    now = predictors(signal)
    before, after = _shifted(now, -2), _shifted(now, 2)
    backwards = residue(signal[::-1].copy(), after[::-1].copy())[::-1]
    curve = np.array([1, -4, 6, -4, 1], np.float32) / 16
    high = np.asarray(np.convolve(signal, curve, mode="same"), dtype=np.float32)
    left = (residue(signal, now), residue(signal, before), backwards, high)
    return np.concatenate([_powers(each, PARTS) for each in left], axis=1)


def _low(signal: Floats32) -> Floats32:
    """Power of three residues of the sound below 1 kHz [shape=(n, 3)]."""
    low = _decimated(signal, _LOW)
    now = predictors(low, order=_LOW_ORDER, block=_LOW_BLOCK, window=_LOW_WINDOW)
    before, after = _shifted(now, -_LOW_APART), _shifted(now, _LOW_APART)
    forwards = [residue(low, each, block=_LOW_BLOCK) for each in (now, before)]
    backwards = residue(low[::-1].copy(), after[::-1].copy(), block=_LOW_BLOCK)[::-1]
    return np.concatenate(
        [_powers(each, 1, frame=FRAME // _LOW) for each in (*forwards, backwards)], axis=1
    )


def _shifted(coefficients: Floats32, blocks: int) -> Floats32:
    """Predictors of so many blocks later, the first or last one where there is none."""
    at = np.clip(np.arange(len(coefficients)) + blocks, 0, max(0, len(coefficients) - 1))
    return coefficients[at]


def _powers(left: Floats32, parts: int, *, frame: int = FRAME) -> Floats32:
    """Mean square of each part of a frame [shape=(n, parts)]."""
    pieces = left.reshape(-1, parts, frame // parts)
    return np.asarray(np.einsum("npk,npk->np", pieces, pieces) / (frame // parts), dtype=np.float32)


def _decimated(signal: Floats32, factor: int) -> Floats32:
    """The sound at a lower rate, by a windowed sinc of sixteen of its samples either way."""
    reach = 16 * factor
    taps = np.sinc(np.arange(-reach, reach + 1) * 0.9 / factor) * np.hanning(2 * reach + 1)
    padded = np.pad(signal, (reach, reach))
    kept = scipy.signal.upfirdn((taps / taps.sum()).astype(np.float32), padded, down=factor)
    first = 2 * reach // factor
    return np.asarray(kept[first : first + signal.size // factor], dtype=np.float32)


def _periods(signal: Floats32) -> Floats32:
    """How well a voice's period foretells the 10 ms from here on, and the period [shape=(n, 2)].

    The normalised correlation with the best of all lags from 2.5 to 18 ms, and the logarithm of that
    lag over the middle one, times the correlation: where there is no voice it says nothing.
    """
    low = _decimated(signal, _VOICE)
    count = low.size // _VOICE_HOP
    padded = np.pad(low, (_LONGEST, _PIECE))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _LONGEST + _PIECE)[::_VOICE_HOP]
    parts = [
        _best_lags(np.ascontiguousarray(windows[first : min(count, first + _AT_ONCE)]))
        for first in range(0, count, _AT_ONCE)
    ]
    return np.repeat(np.concatenate(parts), _VOICE_HOP * _VOICE // FRAME, axis=0)


def _best_lags(windows: Floats32) -> Floats32:
    ahead = windows[:, _LONGEST:]
    size = scipy.fft.next_fast_len(windows.shape[1] + _PIECE, real=True)
    spectra = scipy.fft.rfft(windows, size, axis=1)
    spectra *= np.conj(scipy.fft.rfft(ahead, size, axis=1))
    products = scipy.fft.irfft(spectra, size, axis=1)[:, : _LONGEST - _SHORTEST + 1]
    squares = np.cumsum(np.pad(windows**2, ((0, 0), (1, 0))), axis=1, dtype=np.float64)
    powers = squares[:, _PIECE:] - squares[:, :-_PIECE]
    own = powers[:, -1:]
    powers = powers[:, : _LONGEST - _SHORTEST + 1]
    ratio = products / np.sqrt(np.maximum(powers * own, _FLOOR))
    best = ratio.argmax(axis=1)
    height = np.clip(ratio[np.arange(len(best)), best], 0.0, 1.0)
    lag = np.log((_LONGEST - best) / np.sqrt(_LONGEST * _SHORTEST))
    return np.stack([height, lag * height], axis=1).astype(np.float32)
