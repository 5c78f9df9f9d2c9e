"""From speech to a vector that says whose it is: one interface, two ways.

The *embedded* way needs no download: a mixture is trained on the case's own population, and a voice
is how far it pulls the mixture's means. The other way is a neural model in ONNX form
(``earwitness.voices.onnx_model``). What comes after, in ``earwitness.voices.scoring``, is the same.

Conventions: features are float32 [shape=(frames, dimensions)], a row every 10 ms of *speech*; a
piece is a stretch of such rows; vectors are float32 [shape=(n, size)].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from earwitness.voices.cepstra import voice_features
from earwitness.voices.gmm import Mixture, relevance_shift, statistics, train_mixture
from earwitness.voices.mel import Floats

FRAMES_A_SECOND: Final = 100
COMPONENTS: Final = 128
_TRAINING_FRAMES: Final = 100_000
_BACKGROUND_PIECE_S: Final = 8.0
_MOST_BACKGROUND_PIECES: Final = 12
_TELEPHONE_HZ: Final = 4_000.0
_NARROWEST_HZ: Final = 3_300.0


class Vectors(Protocol):
    """What turns pieces of features into vectors, once it is ready for use."""

    def vectors(self, pieces: Sequence[Floats]) -> Floats:
        """One vector for each piece [shape=(pieces, size)]."""


class Embedder(Protocol):
    """A way to get from speech to vectors."""

    @property
    def name(self) -> str:
        """What the report calls it, its version and the hash of its weights included."""

    @property
    def key(self) -> str:
        """The same where the features are the same; may be part of a file's name."""

    def features(self, signal: Floats, in_speech: npt.NDArray[np.bool_]) -> Floats:
        """The features of the speech in a signal at 16 kHz [shape=(frames, dimensions)]."""

    def ready(self, background: Sequence[Floats]) -> Vectors:
        """Made ready for use on a background of other people's features."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """The classical system that is trained at use, within the band of the questioned recording."""

    low_hz: float = 100.0
    high_hz: float = 7_200.0

    @property
    def name(self) -> str:
        """Its version and band."""
        return f"embedded 1 (supervectors, {self.low_hz:.0f} to {self.high_hz:.0f} Hz)"

    @property
    def key(self) -> str:
        """Its version and band."""
        return f"embedded1-{self.low_hz:.0f}-{self.high_hz:.0f}"

    def features(self, signal: Floats, in_speech: npt.NDArray[np.bool_]) -> Floats:
        """Warped cepstra and their slopes."""
        return voice_features(signal, in_speech, low_hz=self.low_hz, high_hz=self.high_hz)

    def ready(self, background: Sequence[Floats]) -> Supervectors:
        """Train a mixture of 128 Gaussians on the background, at most 100,000 frames of it."""
        frames = np.concatenate(list(background))
        chosen = np.random.default_rng(1).permutation(len(frames))[:_TRAINING_FRAMES]
        return Supervectors(train_mixture(frames[np.sort(chosen)], components=COMPONENTS))


@dataclass(frozen=True, slots=True)
class Supervectors:
    """The shifts of a mixture's means by each piece."""

    mixture: Mixture

    def vectors(self, pieces: Sequence[Floats]) -> Floats:
        """One vector for each piece [shape=(pieces, 4864)]."""
        shifts = [
            relevance_shift(self.mixture, statistics(self.mixture, piece)) for piece in pieces
        ]
        return np.stack(shifts)


def cut(features: Floats, *, piece_s: float, most: int) -> list[Floats]:
    """Pieces of equal length, evenly spread; a rest shorter than half a piece is left out.

    Speech shorter than one and a half pieces is one piece.
    """
    places = cut_places(len(features), piece_s=piece_s, most=most)
    return [features[start:end] for start, end in places]


def background_pieces(features: Floats) -> list[Floats]:
    """What is learnt from one person's speech: twelve pieces of eight seconds at most."""
    return cut(features, piece_s=_BACKGROUND_PIECE_S, most=_MOST_BACKGROUND_PIECES)


def cut_places(frames: int, *, piece_s: float, most: int) -> list[tuple[int, int]]:
    """Where the pieces begin and end, in rows."""
    length = round(piece_s * FRAMES_A_SECOND)
    if frames <= length * 1.5:
        return [(0, min(length, frames))]
    starts = np.arange(0, frames - length // 2, length)
    if len(starts) > most:
        starts = starts[np.linspace(0, len(starts) - 1, most).round().astype(int)]
    return [(start, min(frames, start + length)) for start in starts.tolist()]


def embedded_for(cut_off_hz: float | None, low_cut_hz: float | None = None) -> Embedded:
    """The embedded system within the band that a questioned recording has left.

    Never under 3.3 kHz at its upper end: no telephone is narrower, and a dull voice may seem to be.
    """
    whole = Embedded()
    high_hz = whole.high_hz
    if cut_off_hz is not None:
        reach_hz = 100.0 * round(float(0.0096 * cut_off_hz))
        high_hz = float(np.clip(reach_hz, _NARROWEST_HZ, high_hz))
    low_hz = 200.0 if high_hz < _TELEPHONE_HZ else whole.low_hz
    return Embedded(low_hz=max(low_hz, low_cut_hz or 0.0), high_hz=high_hz)
