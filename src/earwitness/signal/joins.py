"""How much each moment of a recording sounds like a join of two pieces.

Conventions: signals are float32 at 16 kHz [shape=(n,)]; frames are of 32 samples (2 ms).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.ndimage

from earwitness.evidence.decode import Floats
from earwitness.signal.native import release
from earwitness.signal.prediction import BLOCK, predictors, residue

RATE_HZ: Final = 16_000
FRAME: Final = 32
FRAME_S: Final = FRAME / RATE_HZ
BANDS: Final = 18
CHANNELS: Final = BANDS + 8
DILATIONS: Final = (1, 2, 4, 8, 16)
TAPS: Final = 5
REACH: Final = 2 * sum(DILATIONS)  # frames to either side that the network hears
_WINDOW: Final = 128
_NORMAL_S: Final = 1.0  # levels are told against those of the second around
_MARGIN: Final = 1_024  # frames: of the network's reach and of the second around, rounded up
_PIECE: Final = 30_000  # frames at once: a minute
_FLOOR: Final = 1e-10

Floats32 = npt.NDArray[np.float32]


def band_edges() -> npt.NDArray[np.int64]:
    """First bin of each band of the short spectra, and one past the last [shape=(19,)]."""
    return np.unique(np.round(np.concatenate([np.arange(1, 9), np.geomspace(9, 65, 11)]))).astype(
        np.int64
    )


def frames(signal: Floats32) -> Floats32:
    """What is told of each 2 ms, in nepers of power and without the level around [shape=(n, 26)].

    1. Power in 18 bands, by Hann windows of 8 ms.
    2. Peak and power of what linear prediction leaves: with the predictor of this moment, with the
       predictor of 16 ms before, and, backwards in time, with that of 16 ms after.
    3. Peak and power of the sound above about 6 kHz.
    4. The mean of the second around is taken off each of them.
    """
    count = signal.size // BLOCK * BLOCK // FRAME
    if not count:
        return np.zeros((0, CHANNELS), dtype=np.float32)
    whole = signal[: count * FRAME]
    shown = np.concatenate([_bands(whole), _residues(whole)], axis=1)  # 1, 2, 3
    log = np.log(shown + np.float32(_FLOOR))
    size = round(_NORMAL_S / FRAME_S)
    around = scipy.ndimage.uniform_filter1d(log, size, axis=0, mode="nearest")
    return np.asarray(log - around, dtype=np.float32)  # 4


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
    """Peak and power, for each frame, of four residues [shape=(n, 8)]."""
    now = predictors(signal)
    before = np.concatenate([now[:1], now[:1], now[:-2]])
    after = np.concatenate([now[2:], now[-1:], now[-1:]])
    backwards = residue(signal[::-1].copy(), after[::-1].copy())[::-1]
    high = np.convolve(signal, np.array([1, -4, 6, -4, 1], np.float32) / 16, mode="same")
    columns: list[Floats32] = []
    for left in (residue(signal, now), residue(signal, before), backwards, high):
        pieces = left.reshape(-1, FRAME) ** 2
        columns += [pieces.max(axis=1), pieces.mean(axis=1)]
    return np.stack(columns, axis=1)


@dataclass(frozen=True)
class Network:
    """Layers of convolution over frames, small enough to be read: weights, shifts, biases."""

    weights: Sequence[Floats32]
    biases: Sequence[Floats32]

    def __call__(self, shown: Floats32) -> Floats32:
        """Log odds that a join is here, for each frame [shape=(n,)], by its own training's lights."""
        held = shown
        for number, dilation in enumerate(DILATIONS):
            held = np.maximum(
                convolve(held, self.weights[number], dilation) + self.biases[number], 0
            )
        last = held @ self.weights[-1] + self.biases[-1]
        return np.asarray(last[:, 0], dtype=np.float32)


def convolve(held: Floats32, weights: Floats32, dilation: int) -> Floats32:
    """Convolve frames [shape=(n, a)] with weights [shape=(taps, a, b)]; zeros beyond the ends."""
    half = TAPS // 2 * dilation
    padded = np.pad(held, ((half, half), (0, 0)))
    total = np.zeros((held.shape[0], weights.shape[2]), dtype=np.float32)
    for tap in range(TAPS):
        total += padded[tap * dilation : tap * dilation + held.shape[0]] @ weights[tap]
    return total


@cache
def network() -> Network:
    """The network that was learned by bench/whole_train.py."""
    with np.load(Path(__file__).parent / "joins_1.npz", allow_pickle=False) as stored:
        return network_of({name: stored[name] for name in stored.files})


def network_of(stored: Mapping[str, npt.NDArray[np.float16]]) -> Network:
    """A network from its stored arrays."""
    layers = len(DILATIONS) + 1
    return Network(
        [stored[f"w{number}"].astype(np.float32) for number in range(layers)],
        [stored[f"b{number}"].astype(np.float32) for number in range(layers)],
    )


def pieces(signal: Floats) -> Iterator[tuple[int, int, int, Floats32]]:
    """A long signal in pieces that overlap: first and last frame meant, and frames to skip."""
    total = signal.size // BLOCK * BLOCK // FRAME
    for first in range(0, total, _PIECE):
        last = min(total, first + _PIECE)
        begin = max(0, first - _MARGIN)
        end = min(total, last + _MARGIN)
        piece = np.asarray(signal[begin * FRAME : end * FRAME], dtype=np.float32)
        yield first, last, first - begin, piece
        release(signal)
