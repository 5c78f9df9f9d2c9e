"""Whether speech was recorded in a room that is heard, told beside a population with and without rooms.

Conventions: vectors are float32 [shape=(n, size)]; a *mark* is how far a recording's vectors lie
towards rooms, from half way between the population in rooms and without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from earwitness.voices.embedder import Embedder, Vectors, background_pieces
from earwitness.voices.mel import Floats
from earwitness.voices.population import Speaker
from earwitness.voices.validation import FOLDS

FALSELY: Final = 0.02  # of those who are not in a room may be told to be
_LEAST_TOLD: Final = 0.5  # of those in rooms, or it cannot be told here
Mark = Callable[[Floats], float]


@dataclass(frozen=True, slots=True)
class Room:
    """What was told of a room, and how well it is told of the population.

    Attributes
    ----------
    is_told : bool
    told_in_rooms : float
        Share of the population's speech in rooms that is told at that bar, by what was learnt from others.
    told_without : float
        The same of its speech without a room: what is told falsely.
    """

    is_told: bool
    told_in_rooms: float
    told_without: float

    @property
    def can_be_told(self) -> bool:
        """Whether at least half of the population is told in a room, where one in fifty is without."""
        return self.told_in_rooms >= _LEAST_TOLD


@dataclass(frozen=True, slots=True)
class Rooms:
    """What was learnt of rooms from a population, heard in rooms and without.

    Attributes
    ----------
    vectors : Vectors
    marks : sequence of functions
        What each fold learnt from the people of the others.
    bar : float
        The mark that one in fifty reaches without a room, or of fewer the best one nearly.
    told_in_rooms, told_without : float
    """

    vectors: Vectors
    marks: Sequence[Mark]
    bar: float
    told_in_rooms: float
    told_without: float

    def told(self, rows: Floats) -> Room:
        """Tell whether speech sounds as the population does in rooms, rather than as it does without.

        Parameters
        ----------
        rows : np.ndarray [shape=(n, dimensions)]
            Its features.
        """
        own = _vectors(self.vectors, rows)
        is_over = float(np.mean([mark(own) for mark in self.marks])) > self.bar
        room = Room(is_over, self.told_in_rooms, self.told_without)
        return replace(room, is_told=is_over and room.can_be_told)


def learn_rooms(vectors: Vectors, without: Sequence[Floats], in_rooms: Sequence[Floats]) -> Rooms:
    """Learn from a population how speech in rooms differs from speech without, and how well that tells.

    1. The population is dealt into four folds. From three, the direction is learnt in which vectors
       differ most between rooms and none, for how much they vary within either (Fisher's
       discriminant, shrunk to what so few can tell).
    2. The mark of each person of the fourth is the mean of their pieces along it, once in a room and
       once without.
    3. A room is told over the mark that one in fifty reaches without one, if half of those in rooms do.

    Parameters
    ----------
    vectors : Vectors
    without, in_rooms : sequence of np.ndarray [shape=(n, dimensions)]
        Features of each person's speech, in the same order.

    Source
    ------
    Fisher 1936, Ann. Eugen. 7(2): 179-188; Ledoit and Wolf 2004, J. Multivar. Anal. 88(2): 365-411
    (why it is shrunk towards a sphere).
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
    bar = float(np.quantile(held_out[0], 1 - FALSELY))  # 3
    told_without, told_in_rooms = (float(share) for share in np.mean(held_out > bar, axis=1))
    return Rooms(vectors, marks, bar, told_in_rooms, told_without)


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
