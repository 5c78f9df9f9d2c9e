"""A system that was tried on the case's own population before it says anything about the case.

The population's speakers are dealt into folds. For each fold, everything - the mixture, what varies
within a voice, the cohort - is learnt from the others, and the fold's own speakers are then compared
as if they were the case. So each pair is of speakers that its system has never heard, as the
speakers of the case are; and the case is compared by all these systems, never by one that was tried
on its own training data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
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
    """

    scores: Doubles
    questioned: Numbers
    known: Numbers
    fold: Numbers

    @property
    def is_same(self) -> npt.NDArray[np.bool_]:
        """Which pairs are of one speaker."""
        return np.asarray(self.questioned == self.known, dtype=bool)

    def pairs(self, weights: Doubles | None = None) -> Pairs:
        """All pairs for a calibration, weighted by how often each speaker was drawn.

        Parameters
        ----------
        weights : np.ndarray [shape=(speakers,)], optional
        """
        if weights is None:
            return Pairs.of(self.scores[self.is_same], self.scores[~self.is_same])
        same = weights[self.questioned[self.is_same]]
        different = weights[self.questioned[~self.is_same]] * weights[self.known[~self.is_same]]
        return Pairs(self.scores[self.is_same], self.scores[~self.is_same], same, different)

    def only(self, chosen: npt.NDArray[np.bool_]) -> Trials:
        """Some of the trials."""
        return Trials(
            self.scores[chosen], self.questioned[chosen], self.known[chosen], self.fold[chosen]
        )


@dataclass(frozen=True)
class Validated:
    """Trials on the population, calibrated, and what they show.

    Attributes
    ----------
    trials : Trials
    speakers : int
    """

    trials: Trials
    speakers: int

    @cached_property
    def held_out(self) -> dict[str, Doubles]:
        """The log10 likelihood ratio of each trial by each way, learnt from the other folds."""
        return {way: _cross_calibrated(self.trials, way) for way in WAYS}

    @cached_property
    def costs(self) -> dict[str, float]:
        """Held-out Cllr of each way of calibration."""
        is_same = self.trials.is_same
        return {way: cllr(each[is_same], each[~is_same]) for way, each in self.held_out.items()}

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
        is_same, values = self.trials.is_same, self.held_out[self.way]
        return bounds(values[is_same], values[~is_same])

    @cached_property
    def calibration(self) -> Calibration:
        """Learnt from all trials."""
        return WAYS[self.way](self.trials.pairs())

    @cached_property
    def cost(self) -> Cost:
        """Of the held-out likelihood ratios."""
        is_same = self.trials.is_same
        return cost(self.log10_lr[is_same], self.log10_lr[~is_same])

    @cached_property
    def draws(self) -> list[Pairs]:
        """The trials by draws of speakers, with replacement; draws without pairs of both kinds dropped."""
        random = np.random.default_rng(1)
        share = np.full(self.speakers, 1.0 / self.speakers)
        drawn = random.multinomial(self.speakers, share, size=BOOTSTRAPS).astype(np.float64)
        pairs = [self.trials.pairs(weights) for weights in drawn]
        return [each for each in pairs if each.same_weights.any() and each.different_weights.any()]

    @cached_property
    def drawn_calibrations(self) -> list[Calibration]:
        """The calibration learnt anew from each draw."""
        return [WAYS[self.way](pairs) for pairs in self.draws]

    @cached_property
    def cost_interval(self) -> tuple[Cost, Cost]:
        """95 % interval of each cost over draws of speakers: all the lows, all the highs."""
        is_same = self.trials.is_same
        same, different = self.log10_lr[is_same], self.log10_lr[~is_same]
        found = [
            cost(
                same,
                different,
                same_weights=pairs.same_weights,
                different_weights=pairs.different_weights,
            )
            for pairs in self.draws
        ]
        table = np.array([(each.cllr, each.cllr_min, each.equal_error_rate) for each in found])
        low, high = np.percentile(table, [2.5, 97.5], axis=0)
        return Cost(*map(float, low)), Cost(*map(float, high))

    def bounded(self, log10_lr: Doubles) -> Doubles:
        """Likelihood ratios within what the trials can carry."""
        return np.clip(log10_lr, *self.bounds)


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
    2. Each fold's system learns from the speech of the speakers of the other folds.
    3. It scores every pair of the fold's speakers, questioned side against known side, twice, with
       the two parts of each speaker's speech changing roles.

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
    versions: list[list[Spoken | None]] = [
        [each.questioned for each in speakers],
        [each.known for each in speakers],
    ]
    more = [[each.received for each in speakers], [each.in_room for each in speakers]]
    versions += [each for each in more if any(each)]
    ready = embedder.ready(
        [spoken.rows for version in versions for spoken in version if spoken is not None]
    )
    return System(ready, learn(*(_background(ready, version) for version in versions)))


def _background(ready: Vectors, version: Sequence[Spoken | None]) -> Background:
    """What one version teaches; of those who have none, nothing."""
    found = [[] if each is None else background_pieces(each.rows) for each in version]
    whose = np.repeat(np.arange(len(found)), [len(each) for each in found])
    return Background(ready.vectors([piece for each in found for piece in each]), whose)


def _tried(
    system: System, speakers: Sequence[Speaker], held_out: list[int], fold: int, wanted: Durations
) -> Trials:
    """Every pair of the held-out speakers, in both ways of sharing out their speech."""
    scores, questioned_of, known_of = [], [], []
    for turn in range(_TRIALS_OF_A_SPEAKER):
        whose, questioned, known = [], [], []
        for number in held_out:
            shared = speakers[number].trials(wanted.share)
            if len(shared) > turn:
                whose.append(number)
                questioned.extend(cut(shared[turn][0], piece_s=wanted.questioned_s, most=1))
                known.extend(cut(shared[turn][1], piece_s=wanted.known_s, most=1))
        if whose:
            scores.append(system.scores(questioned, known).reshape(-1))
            questioned_of.append(np.repeat(whose, len(whose)))
            known_of.append(np.tile(whose, len(whose)))
    return Trials(
        scores=np.concatenate([np.zeros(0), *scores]),
        questioned=np.concatenate([np.zeros(0, np.int64), *questioned_of]),
        known=np.concatenate([np.zeros(0, np.int64), *known_of]),
        fold=np.full(sum(each.size for each in scores), fold),
    )


def _together(trials: Sequence[Trials]) -> Trials:
    return Trials(
        scores=np.concatenate([each.scores for each in trials]),
        questioned=np.concatenate([each.questioned for each in trials]),
        known=np.concatenate([each.known for each in trials]),
        fold=np.concatenate([each.fold for each in trials]),
    )


def _cross_calibrated(trials: Trials, way: str) -> Doubles:
    """The log10 likelihood ratio of each trial, by a calibration that has not seen its speakers."""
    values = np.zeros(trials.scores.size)
    for fold in np.unique(trials.fold):
        here = trials.fold == fold
        calibration = WAYS[way](trials.only(~here).pairs())
        values[here] = calibration(trials.scores[here])
    return values
