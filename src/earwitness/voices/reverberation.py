"""How probable it is that speech was recorded in a room, told beside a population with and without rooms.

Conventions: vectors are float32 [shape=(n, size)]; a *mark* is how far a recording's vectors lie
towards rooms, from half way between the population in rooms and without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.special

from earwitness.voices.embedder import Embedder, Vectors, background_pieces
from earwitness.voices.mel import Floats
from earwitness.voices.metrics import Doubles, bounds
from earwitness.voices.population import Speaker
from earwitness.voices.validation import FOLDS

PRIOR: Final = 0.05  # of recordings that somebody questions are supposed to be made in a room
_LEAST_TOLD: Final = 0.5  # of those in rooms, or it can hardly be told here
_STEPS: Final = 20  # to which a probability is told
Mark = Callable[[Floats], float]


@dataclass(frozen=True, slots=True)
class Room:
    """What was told of a room, and how well it is told of the population.

    Attributes
    ----------
    probability : float
        That the speech was recorded in one, in twentieths, if one recording in twenty is.
    told_in_rooms : float
        Share of the population's speech in rooms of which that is more probable than it was before, by
        what was learnt from others.
    told_without : float
        The same of its speech without a room: what is told falsely.
    """

    probability: float
    told_in_rooms: float
    told_without: float

    @property
    def is_likely(self) -> bool:
        """Whether a room is more probable than none, so that the pairs in rooms count more."""
        return self.probability > 0.5

    @property
    def can_be_told(self) -> bool:
        """Whether at least half of the population is told in a room."""
        return self.told_in_rooms >= _LEAST_TOLD


@dataclass(frozen=True, slots=True)
class Rooms:
    """What was learnt of rooms from a population, heard in rooms and without.

    Attributes
    ----------
    vectors : Vectors
    marks : sequence of functions
        What each fold learnt from the people of the others.
    held_out : np.ndarray [shape=(2, people)]
        The mark of each person's speech without a room, and in one, by what was learnt from others.
    """

    vectors: Vectors
    marks: Sequence[Mark]
    held_out: Doubles

    def told(self, rows: Floats) -> Room:
        """How probable it is that speech was recorded in a room, by how the population sounds in them.

        Parameters
        ----------
        rows : np.ndarray [shape=(n, dimensions)]
            Its features.
        """
        own = _vectors(self.vectors, rows)
        mark = np.array(float(np.mean([each(own) for each in self.marks])))
        without, in_rooms = np.mean(self._probability(self.held_out) > PRIOR, axis=1)
        return Room(float(self._probability(mark)), float(in_rooms), float(without))

    def _probability(self, marks: Doubles) -> Doubles:
        """Of a room, in twentieths, as far as the people can carry it."""
        without, in_rooms = self._log10_lr(self.held_out)
        log10_lr = np.clip(self._log10_lr(marks), *bounds(in_rooms, without))
        log_odds = log10_lr * np.log(10.0) + scipy.special.logit(PRIOR)
        return np.asarray(np.round(scipy.special.expit(log_odds) * _STEPS) / _STEPS)

    def _log10_lr(self, marks: Doubles) -> Doubles:
        """Of a room against none, where marks are normal with one variance, in rooms and without."""
        without, in_rooms = self.held_out.mean(axis=1)
        variance = max(float(self.held_out.var(axis=1, ddof=1).mean()), 1e-12)
        nats = (in_rooms - without) * (marks - (without + in_rooms) / 2) / variance
        return np.asarray(nats / np.log(10.0))


def learn_rooms(vectors: Vectors, without: Sequence[Floats], in_rooms: Sequence[Floats]) -> Rooms:
    """Learn from a population how speech in rooms differs from speech without, and how well that tells.

    1. The population is dealt into four folds. From three, the direction is learnt in which vectors
       differ most between rooms and none, for how much they vary within either (Fisher's
       discriminant, shrunk to what so few can tell).
    2. The mark of each person of the fourth is the mean of their pieces along it, once in a room and
       once without. By the law of these marks a recording's own becomes a likelihood ratio, which goes
       no further than so many people can carry.

    Parameters
    ----------
    vectors : Vectors
    without, in_rooms : sequence of np.ndarray [shape=(n, dimensions)]
        Features of each person's speech, in the same order.

    Source
    ------
    Fisher 1936, Ann. Eugen. 7(2): 179-188; Ledoit and Wolf 2004, J. Multivar. Anal. 88(2): 365-411
    (why it is shrunk towards a sphere); Vergeer et al. 2016, Sci. Justice 56(6) (how far it may go).
    """
    people = len(without)
    heard = [[_vectors(vectors, each) for each in side] for side in (without, in_rooms)]
    marks: list[Mark] = []
    held_out = np.zeros((2, people))
    for fold in range(FOLDS):  # 1
        others = [number for number in range(people) if number % FOLDS != fold]
        marks.append(_mark(*(np.concatenate([side[n] for n in others]) for side in heard)))
        for number in range(fold, people, FOLDS):  # 2
            held_out[:, number] = [marks[-1](side[number]) for side in heard]
    return Rooms(vectors, marks, held_out)


def rooms_of(embedder: Embedder, speakers: Sequence[Speaker]) -> Rooms:
    """Learn it from those of a population who were heard in rooms."""
    both = [(each.questioned.rows, each.in_room.rows) for each in speakers if each.in_room]
    without, in_rooms = [each for each, _ in both], [each for _, each in both]
    return learn_rooms(embedder.ready([*without, *in_rooms]), without, in_rooms)


def _vectors(vectors: Vectors, rows: Floats) -> Floats:
    return vectors.vectors(background_pieces(rows))


def _mark(without: Floats, in_rooms: Floats) -> Mark:
    """The mark of some vectors, learnt from those without a room and those in one."""
    means = without.mean(axis=0), in_rooms.mean(axis=0)
    within = np.concatenate([without - means[0], in_rooms - means[1]]).astype(np.float64)
    apart = (means[1] - means[0]).astype(np.float64)
    count = len(within)
    shrink = max(float(np.sum(within**2)) / count / min(within.shape), 1e-12)
    # (within' within / count + shrink)^-1 apart, by way of the rows' inner products
    inner = within @ within.T / count + shrink * np.eye(count)
    direction = apart - within.T @ np.linalg.solve(inner, within @ apart) / count
    direction /= max(float(np.linalg.norm(direction)), 1e-12)
    middle = 0.5 * float((means[0] + means[1]) @ direction)
    return lambda given: float(np.mean(given @ direction)) - middle
