"""How alike two voices are: the channel's part taken off, a cosine, and what others score with each.

Conventions: vectors are float32 [shape=(n, size)]; a *side* is the condition that a vector was made
in: that of the questioned recording, or that of the known ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.voices.mel import Floats

_NEAREST: Final = 30
_SHRINKAGE: Final = 1.0
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Backend:
    """What was learnt from the background speakers: each side's mean, and how one voice varies.

    Attributes
    ----------
    questioned_mean, known_mean : np.ndarray [shape=(size,)]
    directions : np.ndarray [shape=(size, r)]
        Orthonormal, in which the vectors of one speaker vary.
    gains : np.ndarray [shape=(r,)]
        By how much each is reduced.
    questioned_cohort, known_cohort : np.ndarray [shape=(speakers, size)]
        The background speakers' own vectors on each side, of unit length.
    """

    questioned_mean: Floats
    known_mean: Floats
    directions: Floats
    gains: Floats
    questioned_cohort: Floats
    known_cohort: Floats

    def questioned(self, vectors: Floats) -> Floats:
        """Vectors of the questioned side, ready to be compared [shape=(n, size)]."""
        return _unit(_reduced(vectors - self.questioned_mean, self.directions, self.gains))

    def known(self, vectors: Floats) -> Floats:
        """Vectors of the known side, ready to be compared [shape=(n, size)]."""
        return _unit(_reduced(vectors - self.known_mean, self.directions, self.gains))

    def scores(self, questioned: Floats, known: Floats) -> Doubles:
        """The normalised score of each pair [shape=(questioned, known)].

        1. The cosine of the two vectors.
        2. How the questioned one scores with the nearest half of the background speakers, 30 at
           most, and how the known one does: the score is in standard deviations from both.

        Source
        ------
        Matějka et al. 2017, Interspeech (adaptive symmetric normalisation).
        """
        cosine = (questioned @ known.T).astype(np.float64)  # 1
        with_known = _nearest(questioned @ self.known_cohort.T)  # 2
        with_questioned = _nearest(known @ self.questioned_cohort.T)
        by_questioned = (cosine - with_known[:, :1]) / with_known[:, 1:]
        by_known = (cosine - with_questioned[:, :1].T) / with_questioned[:, 1:].T
        return 0.5 * (by_questioned + by_known)


@dataclass(frozen=True, slots=True)
class Background:
    """Vectors of the background speakers in one version of their speech, and whose each is.

    Attributes
    ----------
    vectors : np.ndarray [shape=(n, size)]
    whose : np.ndarray [shape=(n,)]
        Numbers from 0.
    """

    vectors: Floats
    whose: npt.NDArray[np.int_]

    @property
    def mean(self) -> Floats:
        """What this version does to all voices alike [shape=(size,)]."""
        mean: Floats = self.vectors.mean(axis=0)
        return mean


def learn(questioned: Background, known: Background, *more: Background) -> Backend:
    """Learn from the background speakers how one voice varies, and how the two sides differ.

    1. Each version's mean is taken off: the first thing that a channel does to all voices alike.
    2. What is left of one speaker's vectors around their mean is the variation within a voice:
       words, and what channels do to this voice. Its directions are reduced by
       λ / (variance + λ), under a root, with λ the mean variance: within-class covariance
       normalisation, shrunk to what so few speakers can tell.

    Parameters
    ----------
    questioned, known : Background
        In the conditions of each side; each speaker is in both.
    *more : Background
        The same speech in other conditions, from which only the variation within a voice is learnt.

    Source
    ------
    Hatch, Kajarekar and Stolcke 2006, Interspeech (within-class covariance normalisation).
    """
    versions = (questioned, known, *more)
    rows = np.concatenate([each.vectors - each.mean for each in versions])  # 1
    whose = np.concatenate([each.whose for each in versions])
    count = int(whose.max()) + 1
    within = rows - _means(rows, whose, count)[whose]  # 2
    directions, variances = _principal(within, len(rows) - count)
    gains = np.zeros(0, dtype=np.float32)
    if len(variances):
        shrink = _SHRINKAGE * float(variances.mean())
        gains = np.sqrt(shrink / (variances + shrink)).astype(np.float32)
    cohorts = [
        _unit(_reduced(_means(side.vectors - side.mean, side.whose, count), directions, gains))
        for side in (questioned, known)
    ]
    return Backend(questioned.mean, known.mean, directions, gains, cohorts[0], cohorts[1])


def _means(rows: Floats, speakers: npt.NDArray[np.int_], count: int) -> Floats:
    total = np.zeros((count, rows.shape[1]), dtype=np.float32)
    np.add.at(total, speakers, rows)
    total /= np.bincount(speakers, minlength=count)[:, None].astype(np.float32)
    return total


def _principal(within: Floats, freedom: int) -> tuple[Floats, Floats]:
    """Directions of the rows and the variance along each, by way of their inner products."""
    values, vectors = np.linalg.eigh((within @ within.T).astype(np.float64))
    keep = values > max(values.max(), 0.0) * 1e-6
    values, vectors = values[keep], vectors[:, keep]
    directions = (within.T.astype(np.float64) @ vectors) / np.sqrt(values)
    return directions.astype(np.float32), (values / max(freedom, 1)).astype(np.float32)


def _reduced(vectors: Floats, directions: Floats, gains: Floats) -> Floats:
    change = (vectors @ directions) * (gains - np.float32(1.0))
    return np.asarray(vectors + change @ directions.T, dtype=np.float32)


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Floats = vectors / np.maximum(length, np.float32(1e-12))
    return scaled


def _nearest(scores: Floats) -> Doubles:
    """Mean and standard deviation of each row's highest scores [shape=(n, 2)]."""
    most = max(2, min(_NEAREST, scores.shape[1] // 2))
    highest = np.sort(scores.astype(np.float64), axis=1)[:, -most:]
    spread = np.maximum(highest.std(axis=1), 1e-3)
    return np.stack([highest.mean(axis=1), spread], axis=1)
