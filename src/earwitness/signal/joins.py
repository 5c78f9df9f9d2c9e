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

from earwitness.evidence.decode import Floats
from earwitness.signal.join_frames import FRAME
from earwitness.signal.native import release
from earwitness.signal.prediction import BLOCK

WIDTH: Final = 64
DILATIONS: Final = (1, 1, 2, 4, 8, 16, 32, 1, 4)
TAPS: Final = 3
REACH: Final = sum(DILATIONS)  # frames to either side that the network hears
_MARGIN: Final = 1_024  # frames: of the network's reach and of the second around, rounded up
_PIECE: Final = 30_000  # frames at once: a minute

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Network:
    """Layers of convolution over frames, each of which adds to what the ones before it found.

    Attributes
    ----------
    mean, spread : np.ndarray [shape=(channels,)]
        By which what is told of a frame is brought to one scale.
    weights : sequence of np.ndarray [shape=(taps, a, b)]
        The last one [shape=(width, 1)] gives the log odds.
    biases : sequence of np.ndarray
    """

    mean: Floats32
    spread: Floats32
    weights: Sequence[Floats32]
    biases: Sequence[Floats32]

    def __call__(self, shown: Floats32) -> Floats32:
        """Log odds that a join is here, for each frame [shape=(n,)], by its own training's lights."""
        held = (shown - self.mean) / self.spread
        for number, dilation in enumerate(DILATIONS):
            out = convolve(held, self.weights[number], dilation)
            out += self.biases[number]
            np.maximum(out, 0, out=out)
            held = held + out if number else out
        last = held @ self.weights[-1] + self.biases[-1]
        return np.asarray(last[:, 0], dtype=np.float32)


@dataclass(frozen=True)
class Networks:
    """Several networks that learned the same, each from other beginnings.

    Where one takes something of a voice for a join, the others seldom do.
    """

    members: Sequence[Network]

    def __call__(self, shown: Floats32) -> Floats32:
        """The mean of their log odds, for each frame [shape=(n,)]."""
        total = self.members[0](shown)
        for member in self.members[1:]:
            total += member(shown)
        return total / np.float32(len(self.members))


def convolve(held: Floats32, weights: Floats32, dilation: int) -> Floats32:
    """Convolve frames [shape=(n, a)] with weights [shape=(taps, a, b)]; zeros beyond the ends."""
    half = TAPS // 2 * dilation
    padded = np.pad(held, ((half, half), (0, 0)))
    total = np.zeros((held.shape[0], weights.shape[2]), dtype=np.float32)
    for tap in range(TAPS):
        total += padded[tap * dilation : tap * dilation + held.shape[0]] @ weights[tap]
    return total


@cache
def networks() -> Networks:
    """The networks that were learned by bench/whole_train.py."""
    with np.load(Path(__file__).parent / "joins_2.npz", allow_pickle=False) as stored:
        return networks_of({name: stored[name] for name in stored.files})


def networks_of(stored: Mapping[str, npt.NDArray[np.float16]]) -> Networks:
    """Networks from their stored arrays, whose first axis is theirs."""
    whole = {name: value.astype(np.float32) for name, value in stored.items()}
    return Networks(
        [
            _network_of({name: value[number] for name, value in whole.items()})
            for number in range(len(whole["mean"]))
        ]
    )


def _network_of(whole: Mapping[str, Floats32]) -> Network:
    names = [*(str(number) for number in range(len(DILATIONS))), "_last"]
    return Network(
        whole["mean"],
        whole["spread"],
        [whole[f"w{name}"] for name in names],
        [whole[f"b{name}"] for name in names],
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
