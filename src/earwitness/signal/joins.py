"""How much each moment of a recording sounds like a join of two pieces.

Conventions: signals are float32 at 16 kHz [shape=(n,)]; frames are of 32 samples (2 ms).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.signal.join_frames import FRAME
from earwitness.signal.prediction import BLOCK

TAPS: Final = 3
_MARGIN: Final = 1_024  # frames: of the network's reach and of the second around, rounded up
_PIECE: Final = 30_000  # frames at once: a minute

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """A convolution [shape=(taps, a, b)], and what is added to it [shape=(b,)]."""

    weights: Floats32
    bias: Floats32

    def __call__(self, held: Floats32, dilation: int) -> Floats32:
        """What the layer finds of each frame [shape=(n, b)]; what would be negative is zero."""
        out = convolve(held, self.weights, dilation)
        out += self.bias
        return np.maximum(out, 0, out=out)


@dataclass(frozen=True)
class Network:
    """Layers of convolution over frames, each of which adds to what the ones before it found.

    Attributes
    ----------
    mean, spread : np.ndarray [shape=(channels,)]
        By which what is told of a frame is brought to one scale.
    layers : sequence of Layer
    dilations : sequence of int
        How many frames lie between the taps of each layer.
    last : Layer
        Its weights [shape=(1, width, 1)] give the log odds.
    """

    mean: Floats32
    spread: Floats32
    layers: Sequence[Layer]
    dilations: Sequence[int]
    last: Layer

    @property
    def reach(self) -> int:
        """Frames to either side that are heard."""
        return sum(self.dilations)

    def __call__(self, shown: Floats32) -> Floats32:
        """Log odds that a join is here, for each frame [shape=(n,)], by its own training's lights."""
        held = (shown - self.mean) / self.spread
        for number, (layer, dilation) in enumerate(zip(self.layers, self.dilations, strict=True)):
            out = layer(held, dilation)
            held = held + out if number else out
        last = held @ self.last.weights[0] + self.last.bias
        return np.asarray(last[:, 0], dtype=np.float32)


@dataclass(frozen=True)
class Networks:
    """Several networks that learned the same, each of a shape of its own.

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
    with np.load(Path(__file__).parent / "joins_3.npz", allow_pickle=False) as stored:
        return networks_of({name: stored[name] for name in stored.files})


def networks_of(stored: Mapping[str, npt.NDArray[Any]]) -> Networks:
    """Networks from their stored arrays, whose names begin with the number of theirs."""
    numbers = sorted({name.split(".")[0] for name in stored})
    return Networks(
        [
            _network_of(
                {
                    name.split(".")[1]: value
                    for name, value in stored.items()
                    if name.startswith(f"{number}.")
                }
            )
            for number in numbers
        ]
    )


def _network_of(stored: Mapping[str, npt.NDArray[Any]]) -> Network:
    def layer(name: str) -> Layer:
        return Layer(stored[f"w_{name}"].astype(np.float32), stored[f"b_{name}"].astype(np.float32))

    dilations = [int(each) for each in stored["dilations"]]
    return Network(
        stored["mean"].astype(np.float32),
        stored["spread"].astype(np.float32),
        [layer(str(number)) for number in range(len(dilations))],
        dilations,
        layer("last"),
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
