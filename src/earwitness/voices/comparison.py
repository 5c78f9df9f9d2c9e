"""Questioned speech against known speech, by calibrations that were validated in the case's conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.voices.embedder import cut
from earwitness.voices.mel import Floats
from earwitness.voices.metrics import Doubles
from earwitness.voices.validation import Validated

MOST_PIECES: Final = 20
MOST_KNOWN_PIECES: Final = 5
_STRETCH: Final = 5.0


@dataclass(frozen=True, slots=True)
class Compared:
    """What came out, as log10 likelihood ratios within the validated bounds.

    Attributes
    ----------
    log10_lr, low, high : float
        The mean over all pairs of pieces, and its 95 % interval over draws of speakers.
    by_known : mapping of str to float
        The mean for each known recording.
    by_piece : np.ndarray [shape=(pieces,)]
        The mean for each piece of the questioned speech.
    """

    log10_lr: float
    low: float
    high: float
    by_known: Mapping[str, float]
    by_piece: Doubles


def known_pieces(
    known: Mapping[str, Floats], *, piece_s: float
) -> tuple[list[Floats], npt.NDArray[np.str_]]:
    """The known recordings cut into pieces, five of each at most, and of which each piece is."""
    pieces: list[Floats] = []
    of: list[str] = []
    for name, features in known.items():
        found = cut(features, piece_s=piece_s, most=MOST_KNOWN_PIECES)
        pieces.extend(found)
        of.extend([name] * len(found))
    return pieces, np.array(of, dtype=np.str_)


def compared(validated: Validated, scores: Doubles, of_known: npt.NDArray[np.str_]) -> Compared:
    """From the scores of all pairs of pieces to one likelihood ratio.

    1. Every pair of pieces gets the mean log likelihood ratio of the folds' systems, within the bounds.
    2. What is stated is the mean over all pairs: what one pair of such pieces is worth. They are not
       multiplied, because they are not independent.
    3. Its interval is that of the same number by calibrations on 200 draws of speakers, stretched by
       1 + 5 / speakers: draws of few speakers vary too little. ``bench/who.py coverage`` shows what it
       then covers.

    Parameters
    ----------
    validated : Validated
    scores : np.ndarray [shape=(folds, pieces, known pieces)]
    of_known : np.ndarray of str [shape=(known pieces,)]
        Of which known recording each piece is.
    """
    values = log10_lr_of(validated, scores)  # 1
    mean = float(values.mean())  # 2
    drawn = [
        float(validated.bounded(learnt(scores.reshape(-1))).mean())
        for learnt in validated.drawn_calibrations
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])  # 3
    stretch = 1 + _STRETCH / validated.speakers
    ends = mean + stretch * (np.array([low, high]) - mean)
    low, high = validated.bounded(ends)
    return Compared(
        log10_lr=mean,
        low=min(float(low), mean),
        high=max(float(high), mean),
        by_known={
            str(name): float(values[:, of_known == name].mean()) for name in np.unique(of_known)
        },
        by_piece=values.mean(axis=1),
    )


def log10_lr_of(validated: Validated, scores: Doubles) -> Doubles:
    """Bounded log10 likelihood ratios, the folds' systems averaged [shape=(pieces, known pieces)]."""
    each = validated.calibration(scores.reshape(-1)).reshape(scores.shape)
    mean: Doubles = validated.bounded(each).mean(axis=0)
    return mean
