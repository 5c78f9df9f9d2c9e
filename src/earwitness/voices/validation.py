"""A system that was tried on the case's own population before it says anything about the case.

The population's speakers are dealt into folds. For each fold, everything - the mixture, what varies
within a voice, the cohort - is learnt from the others, and the fold's own speakers are then compared
as if they were the case. So each pair is of speakers that its system has never heard, as the
speakers of the case are; and the case is compared by all these systems, never by one that was tried
on its own training data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.voices.calibration import WAYS, Calibration, Pairs
from earwitness.voices.embedder import Embedder, Vectors, background_pieces, cut
from earwitness.voices.mel import Floats
from earwitness.voices.metrics import Cost, Doubles, bounds, cllr, cost
from earwitness.voices.population import Durations, Speaker, Spoken
from earwitness.voices.scoring import Backend, Background, learn

FOLDS: Final = 4
BOOTSTRAPS: Final = 200
_TRIALS_OF_A_SPEAKER: Final = 2
Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class System:
    """One fold's system: what makes vectors, and what compares them."""

    vectors: Vectors
    backend: Backend

    def scores(self, questioned: Sequence[Floats], known: Sequence[Floats]) -> Doubles:
        """Normalised scores of pieces of features [shape=(questioned, known)]."""
        return self.backend.scores(
            self.backend.questioned(self.vectors.vectors(questioned)),
            self.backend.known(self.vectors.vectors(known)),
        )


@dataclass(frozen=True, slots=True)
class Trials:
    """Held-out pairs: their scores, who is on each side, and the fold that they were held out in.

    Attributes
    ----------
    scores : np.ndarray [shape=(n,)]
    questioned, known : np.ndarray [shape=(n,)]
        Numbers of speakers.
    fold : np.ndarray [shape=(n,)]
    in_room : np.ndarray of bool [shape=(n,)]
        Whether the questioned side was heard in a room.
    """

    scores: Doubles
    questioned: Numbers
    known: Numbers
    fold: Numbers
    in_room: Mask

    @property
    def is_same(self) -> Mask:
        """Which pairs are of one speaker."""
        return np.asarray(self.questioned == self.known, dtype=bool)

    def counts(self, in_room: float) -> Doubles:
        """How much each counts: all those in rooms together this share of their kind [shape=(n,)].

        Of pairs of one speaker, and of pairs of two, each kind counts as many as there are.
        """
        counts = np.zeros(self.scores.size)
        for kind in (self.is_same, ~self.is_same):
            for there, share in ((self.in_room, in_room), (~self.in_room, 1 - in_room)):
                both = kind & there
                counts[both] = share * kind.sum() / max(both.sum(), 1)
        return counts

    def pairs(self, counts: Doubles) -> Pairs:
        """All pairs for a calibration, by how much each counts [shape=(n,)]."""
        same, different = self.is_same, ~self.is_same
        return Pairs(self.scores[same], self.scores[different], counts[same], counts[different])

    def only(self, chosen: Mask) -> Trials:
        """Some of the trials."""
        return Trials(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def beside(self, in_room: float) -> Trials:
        """Those that count, where a room is this probable."""
        return self.only(np.where(self.in_room, in_room > 0, in_room < 1))


@dataclass(frozen=True)
class Validated:
    """Trials on the population, calibrated, and what they show.

    Attributes
    ----------
    every : Trials
        Without a room, and in rooms if that was tried.
    speakers : int
    in_room : float
        How probable it is that the questioned recording was made in a room. The trials in rooms count
        as much, so that a likelihood ratio is that of a recording of which just this is known.
    """

    every: Trials
    speakers: int
    in_room: float = 0.0

    @cached_property
    def trials(self) -> Trials:
        """Those that count."""
        return self.every.beside(self.in_room)

    @cached_property
    def counts(self) -> Doubles:
        """How much each of them counts [shape=(n,)]."""
        return self.trials.counts(self.in_room)

    @property
    def pairs(self) -> Pairs:
        """The trials' log10 likelihood ratios as pairs, and how much each counts."""
        return self._pairs(self.log10_lr)

    @cached_property
    def held_out(self) -> dict[str, Doubles]:
        """The log10 likelihood ratio of each trial by each way, learnt from the other folds."""
        return {way: self._cross_calibrated(way) for way in WAYS}

    @cached_property
    def costs(self) -> dict[str, float]:
        """Held-out Cllr of each way of calibration."""
        return {way: cllr(*self._pairs(each).parts) for way, each in self.held_out.items()}

    @property
    def way(self) -> str:
        """The calibration that cost less on held-out speakers; the simpler one if they cost the same."""
        return min(self.costs, key=lambda each: round(self.costs[each], 3))

    @cached_property
    def log10_lr(self) -> Doubles:
        """Of each trial, held out and within the bounds [shape=(n,)]."""
        return self.bounded(self.held_out[self.way])

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """The lowest and highest log10 likelihood ratio that the trials can carry."""
        return bounds(*self._pairs(self.held_out[self.way]).parts)

    @cached_property
    def calibration(self) -> Calibration:
        """Learnt from all trials."""
        return WAYS[self.way](self.trials.pairs(self.counts))

    @cached_property
    def cost(self) -> Cost:
        """Of the held-out likelihood ratios."""
        return cost(*self.pairs.parts)

    @cached_property
    def draws(self) -> list[Pairs]:
        """The trials by draws of speakers, with replacement; draws without pairs of both kinds dropped."""
        random = np.random.default_rng(1)
        share = np.full(self.speakers, 1.0 / self.speakers)
        drawn = random.multinomial(self.speakers, share, size=BOOTSTRAPS).astype(np.float64)
        asked, known = self.trials.questioned, self.trials.known
        pairs = [
            self.trials.pairs(self.counts * each[asked] * np.where(asked == known, 1, each[known]))
            for each in drawn
        ]
        return [each for each in pairs if each.same_weights.any() and each.different_weights.any()]

    @cached_property
    def drawn_calibrations(self) -> list[Calibration]:
        """The calibration learnt anew from each draw."""
        return [WAYS[self.way](pairs) for pairs in self.draws]

    @cached_property
    def cost_interval(self) -> tuple[Cost, Cost]:
        """95 % interval of each cost over draws of speakers: all the lows, all the highs."""
        own = self.pairs
        found = [
            cost(own.same, own.different, each.same_weights, each.different_weights)
            for each in self.draws
        ]
        table = np.array([(each.cllr, each.cllr_min, each.equal_error_rate) for each in found])
        low, high = np.percentile(table, [2.5, 97.5], axis=0)
        return Cost(*map(float, low)), Cost(*map(float, high))

    def bounded(self, log10_lr: Doubles) -> Doubles:
        """Likelihood ratios within what the trials can carry."""
        return np.clip(log10_lr, *self.bounds)

    def _pairs(self, values: Doubles) -> Pairs:
        """The trials as pairs with these values in place of their scores."""
        return replace(self.trials, scores=values).pairs(self.counts)

    def _cross_calibrated(self, way: str) -> Doubles:
        """The log10 likelihood ratio of each trial, by a calibration that has not seen its speakers."""
        trials, counts = self.trials, self.counts
        values = np.zeros(trials.scores.size)
        for fold in np.unique(trials.fold):
            here = trials.fold == fold
            calibration = WAYS[way](trials.only(~here).pairs(counts[~here]))
            values[here] = calibration(trials.scores[here])
        return values


@dataclass(frozen=True, slots=True)
class TriedOut:
    """The folds' systems, and what they scored on the speakers that each had not heard."""

    systems: tuple[System, ...]
    trials: Trials

    def scores(self, questioned: Sequence[Floats], known: Sequence[Floats]) -> Doubles:
        """The scores of pieces by each fold's system [shape=(folds, questioned, known)]."""
        return np.stack([system.scores(questioned, known) for system in self.systems])


_Fold = tuple[System, Trials]
Map = Callable[[Callable[[int], _Fold], Iterable[int]], Iterable[_Fold]]


def try_out(
    embedder: Embedder,
    speakers: Sequence[Speaker],
    wanted: Durations,
    *,
    each: Map = map,
) -> TriedOut:
    """Train on the population fold by fold, and try each system on the speakers it has not heard.

    1. Speakers are dealt into four folds, in the order given.
    2. Each fold's system learns from the speech of the speakers of the other folds. Whether a
       questioned recording was made in a room is not known, so what is learnt of the questioned side
       is learnt from both.
    3. It scores every pair of the fold's speakers, questioned side against known side, twice, with
       the two parts of each speaker's speech changing roles; once more with those in rooms on the
       questioned side who were heard in one.

    Parameters
    ----------
    each : callable, optional
        Like ``map``, or one that works on several folds at once.
    """
    fold_of = np.arange(len(speakers)) % FOLDS  # 1

    def of_fold(fold: int) -> _Fold:
        others = [one for one, its in zip(speakers, fold_of, strict=True) if its != fold]
        system = _trained(embedder, others)  # 2
        held_out = [int(number) for number in np.flatnonzero(fold_of == fold)]
        return system, _tried(system, speakers, held_out, fold, wanted)  # 3

    systems, trials = zip(*each(of_fold, range(FOLDS)), strict=True)
    return TriedOut(systems, _together(trials))


def _trained(embedder: Embedder, speakers: Sequence[Speaker]) -> System:
    """The system that is learnt from all versions of the speech of these people."""
    sides: list[list[tuple[Spoken | None, ...]]] = [
        [(each.questioned, each.in_room) for each in speakers],
        [(each.known,) for each in speakers],
        [(each.received,) for each in speakers],
    ]
    heard = [
        [[spoken for spoken in versions if spoken is not None] for versions in side]
        for side in sides
        if any(any(versions) for versions in side)
    ]
    ready = embedder.ready(
        [spoken.rows for side in heard for versions in side for spoken in versions]
    )
    return System(ready, learn(*(_background(ready, side) for side in heard)))


def _background(ready: Vectors, side: Sequence[Sequence[Spoken]]) -> Background:
    """What the versions of each speaker teach of one side; of those who have none, nothing."""
    found = [
        [piece for spoken in versions for piece in background_pieces(spoken.rows)]
        for versions in side
    ]
    whose = np.repeat(np.arange(len(found)), [len(each) for each in found])
    return Background(ready.vectors([piece for each in found for piece in each]), whose)


def _tried(
    system: System, speakers: Sequence[Speaker], held_out: list[int], fold: int, wanted: Durations
) -> Trials:
    """Every pair of the held-out speakers, in both ways of sharing out their speech."""
    none = np.zeros(0, dtype=np.int64)
    found = [Trials(np.zeros(0), none, none, none, none.astype(bool))]
    for turn in range(_TRIALS_OF_A_SPEAKER):
        asked: list[tuple[int, bool]] = []
        whose, questioned, known = [], [], []
        for number in held_out:
            for in_room in (False, True):
                shared = speakers[number].trials(wanted.share, in_room=in_room)
                if len(shared) > turn:
                    asked.append((number, in_room))
                    questioned.extend(cut(shared[turn][0], piece_s=wanted.questioned_s, most=1))
                    if not in_room:
                        whose.append(number)
                        known.extend(cut(shared[turn][1], piece_s=wanted.known_s, most=1))
        if whose:
            scores = system.scores(questioned, known)
            numbers, in_rooms = np.array(asked).T
            found.append(
                Trials(
                    scores=scores.reshape(-1),
                    questioned=np.repeat(numbers, len(whose)),
                    known=np.tile(whose, len(asked)),
                    fold=np.full(scores.size, fold),
                    in_room=np.repeat(in_rooms.astype(bool), len(whose)),
                )
            )
    return _together(found)


def _together(trials: Sequence[Trials]) -> Trials:
    columns = ([getattr(each, field.name) for each in trials] for field in fields(Trials))
    return Trials(*(np.concatenate(column) for column in columns))
