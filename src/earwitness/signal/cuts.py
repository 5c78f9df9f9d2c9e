"""From cues to places: how seldom untouched speech reaches a cue, all cues in one, and what it is worth.

Conventions: ``Moments`` as of ``signal/moments``; a score is a natural logarithm of odds that only
ranks; a log10 likelihood ratio compares a cut at this place with a place of untouched speech that
also stood out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.optimize
import scipy.special
import scipy.stats

from earwitness.signal.moments import CUES, Moments

RARITIES: Final = np.arange(0.0, 3.01, 0.1)  # -log10 of the share of moments that reach a value
MOST_RARE: Final = 12.0
PLACES_APART_S: Final = 0.25
WITHIN_S: Final = 0.05
MOST_TAIL: Final = 0.05  # share of untouched places that the law of their tail is fitted on
FEWEST_IN_TAIL: Final = 12
_BOOTSTRAPS: Final = 200
_CUTS_WORTH: Final = 0.05
_SHARP: Final = [CUES.index(cue) for cue in ("step", "join", "tones")]

Floats64 = npt.NDArray[np.float64]


def quantiles(cues: Floats64) -> Floats64:
    """The values that so many moments of untouched speech reach [shape=(cues, 31)]."""
    return np.stack([np.quantile(cues[:, i], 1 - 10**-RARITIES) for i in range(cues.shape[1])])


def rarity(cues: Floats64, reached: Floats64, *, most: float = MOST_RARE) -> Floats64:
    """How seldom untouched speech reaches each cue [shape=(m, cues)]: -log10 of its share.

    Up to one in a thousand it is as measured. Beyond, it grows with the cue as it did from one in a
    hundred to one in a thousand, so that what stands far out also ranks so; what that is worth is
    measured afterwards, on scores.
    """
    found = np.zeros_like(cues)
    hundredth, thousandth = (int(np.argmin(np.abs(RARITIES - rare))) for rare in (2.0, 3.0))
    for cue in range(cues.shape[1]):
        known = reached[cue, : thousandth + 1]
        values, first = np.unique(known, return_index=True)
        found[:, cue] = np.interp(cues[:, cue], values, RARITIES[first])
        step = known[thousandth] - known[hundredth]
        if step > 0:
            beyond = np.maximum((cues[:, cue] - known[thousandth]) / step, 0.0)
            found[:, cue] += np.where(cues[:, cue] > known[thousandth], beyond, 0.0)
    return np.minimum(found, most)


def learn_weights(cuts: Floats64, untouched: Floats64, *, about: Floats64, pull: float) -> Floats64:
    """Weights of the cues' rarities, and a constant, that tell cuts from untouched moments.

    Logistic regression, with the cuts together worth a twentieth of the untouched moments. No weight
    is negative: no cue may speak against a cut by being rare.

    Parameters
    ----------
    cuts, untouched : np.ndarray [shape=(n, cues)]
        Rarities.
    about : np.ndarray [shape=(cues + 1,)]
        Weights that they are drawn towards; the constant is free.
    pull : float
        How strongly, a factor on the square of the difference.

    Returns
    -------
    np.ndarray [shape=(cues + 1,)]
    """
    shown = np.concatenate([cuts, untouched])
    is_cut = np.concatenate([np.ones(len(cuts)), np.zeros(len(untouched))])
    share = np.where(is_cut > 0, len(untouched) / len(cuts) * _CUTS_WORTH, 1.0)
    share /= share.sum()

    def loss(weights: Floats64) -> tuple[float, Floats64]:
        logit = shown @ weights[:-1] + weights[-1]
        slope = share * (scipy.special.expit(logit) - is_cut)
        away = weights[:-1] - about[:-1]
        gradient = np.append(shown.T @ slope + 2 * pull * away, slope.sum())
        value = share @ (np.logaddexp(0, logit) - is_cut * logit) + pull * (away**2).sum()
        return float(value), gradient

    bounds = [(0.0, None)] * (about.size - 1) + [(None, None)]
    found = scipy.optimize.minimize(loss, about, jac=True, bounds=bounds, method="L-BFGS-B")
    return np.asarray(found.x.round(4))


def at_cuts(at_s: Floats64, rare: Floats64, cuts_s: Sequence[float] | Floats64) -> Floats64:
    """Rarities of the moment within 50 ms of each known cut at which sharp cues stand out most.

    Sharp are those that tell a moment and not a stretch: step, join, tones. Cuts that no moment is
    near are left out [shape=(at most k, cues)].
    """
    found = []
    for cut_s in cuts_s:
        near = np.flatnonzero(np.abs(at_s - cut_s) <= WITHIN_S)
        if near.size:
            found.append(rare[near[np.argmax(rare[near][:, _SHARP].sum(axis=1))]])
    return np.array(found).reshape(len(found), rare.shape[1])


@dataclass(frozen=True)
class Places:
    """Moments that stand out within a quarter of a second: when, score, cues' rarity, which moment."""

    at_s: Floats64
    score: Floats64
    rarity: Floats64


def find_places(moments: Moments, reached: Floats64, weights: Floats64) -> Places:
    """Score all moments, and keep those that are the highest within 0.25 s either way.

    Parameters
    ----------
    moments : Moments
    reached : np.ndarray [shape=(cues, 31)]
        Of untouched speech in the same conditions.
    weights : np.ndarray [shape=(cues + 1,)]
        Of each cue's rarity, and a constant.
    """
    rare = rarity(moments.cues, reached)
    score = rare @ weights[:-1] + weights[-1]
    kept = _highest_near(moments.at_s, score)
    return Places(moments.at_s[kept], score[kept], rare[kept])


def _highest_near(at_s: Floats64, score: Floats64) -> npt.NDArray[np.int64]:
    """Greedy: the best first, then the best that is not near one that was taken."""
    order = np.argsort(-score, kind="stable")
    free = np.ones(at_s.size, dtype=bool)
    kept = []
    begin = np.searchsorted(at_s, at_s - PLACES_APART_S, side="left")
    end = np.searchsorted(at_s, at_s + PLACES_APART_S, side="right")
    for index in order:
        if free[index]:
            kept.append(index)
            free[begin[index] : end[index]] = False
    return np.sort(np.array(kept, dtype=np.int64))


@dataclass(frozen=True)
class Untouched:
    """Scores of places of untouched speech of one kind [shape=(n,)], its seconds, and its name."""

    scores: Floats64
    seconds: float
    name: str = ""

    @cached_property
    def _tail(self) -> tuple[float, float, float]:
        """Where the tail begins, its scale, and how many places a second lie in it."""
        ordered = np.sort(self.scores)
        count = max(FEWEST_IN_TAIL, round(MOST_TAIL * ordered.size))
        count = min(count, ordered.size - 1)
        begin = float(ordered[-count - 1])
        scale = float(np.mean(ordered[-count:] - begin))
        return begin, max(scale, 1e-6), count / self.seconds

    @property
    def beyond(self) -> float:
        """A score that is far beyond any."""
        return float(self.scores.max()) + 20 * self._tail[1]

    def reached(self, score: float) -> int:
        """How many places reach a score."""
        return int((self.scores >= score).sum())

    def places_a_second(self, score: float) -> float:
        """How many places reach a score in a second, on average.

        Counted where at least ten of them do; beyond, by an exponential law of the highest
        twentieth of the scores (Pickands 1975, with shape zero).
        """
        reached = self.reached(score)
        begin, scale, rate = self._tail
        if reached >= 10 or score <= begin:
            return reached / self.seconds
        return float(rate * np.exp(-(score - begin) / scale))


@dataclass(frozen=True)
class Calibration:
    """What scores are worth: from places of untouched speech, and from known cuts.

    Attributes
    ----------
    kinds : sequence of Untouched
        Untouched speech of one kind or of several, such as short and long recordings. What is stated
        is always of the kind in which most places reach the score.
    cuts : np.ndarray [shape=(k,)]
        For each known cut, the best score within 50 ms of it, or the lowest of all where there is none.
    recordings : int
        Untouched.
    """

    kinds: Sequence[Untouched]
    cuts: Floats64
    recordings: int

    @property
    def seconds(self) -> float:
        """Of untouched speech, all kinds together."""
        return sum(kind.seconds for kind in self.kinds)

    @cached_property
    def _steps(self) -> list[tuple[Floats64, Floats64]]:
        """For each kind, scores and the log10 LR from each of them on, rising."""
        return [_steps_of(kind.scores, self.cuts) for kind in self.kinds]

    def log10_lr(self, scores: Floats64) -> Floats64:
        """Log10 likelihood ratios of places [shape=(n,)], the lowest of all kinds.

        By isotonic regression (pool adjacent violators) with one untouched place above all and one
        cut below all put in, so that no ratio exceeds what so many places can carry.

        Source
        ------
        Brümmer and du Preez 2006, Computer Speech and Language 20(2-3): 230-275; the added pair is
        the rule of succession of Brümmer's FoCal toolkit.
        """
        return np.asarray(np.min([_at(scores, *steps) for steps in self._steps], axis=0))

    def log10_lr_interval(self, scores: Floats64) -> Floats64:
        """95 % intervals of these ratios [shape=(n, 2)]: a bootstrap over the measured places."""
        random = np.random.default_rng(1)
        drawn = [self._drawn(random).log10_lr(scores) for _ in range(_BOOTSTRAPS)]
        bounds = np.quantile(np.array(drawn), [0.025, 0.975], axis=0).T
        middle = self.log10_lr(scores)[:, np.newaxis]
        return np.concatenate(
            [np.minimum(bounds[:, :1], middle), np.maximum(bounds[:, 1:], middle)], axis=1
        )

    def _drawn(self, random: np.random.Generator) -> Calibration:
        """As it would be with as many other places and cuts."""
        kinds = [replace(kind, scores=_redrawn(kind.scores, random)) for kind in self.kinds]
        return replace(self, kinds=kinds, cuts=_redrawn(self.cuts, random))

    def _worst(self, score: float) -> Untouched:
        return max(self.kinds, key=lambda kind: kind.places_a_second(score))

    def false_places(self, score: float, duration_s: float) -> float:
        """How many places of untouched speech of this length reach a score, on average."""
        return max(count for _, count in self.false_places_of_kinds(score, duration_s))

    def false_places_of_kinds(self, score: float, duration_s: float) -> list[tuple[str, float]]:
        """The same of each kind, with its name."""
        return [(kind.name, kind.places_a_second(score) * duration_s) for kind in self.kinds]

    def counted(self, score: float) -> tuple[int, float, float]:
        """Untouched places that reach a score: how many, and the 95 % bounds of their rate a second."""
        kind = self._worst(score)
        reached = kind.reached(score)
        low = scipy.stats.chi2.ppf(0.025, 2 * reached) / 2 if reached else 0.0
        high = scipy.stats.chi2.ppf(0.975, 2 * reached + 2) / 2
        return reached, float(low / kind.seconds), float(high / kind.seconds)

    def score_for(self, probability: float, duration_s: float) -> float:
        """The score that untouched speech of this length reaches that probably at its best place."""
        wanted = -np.log1p(-probability)
        low = min(float(kind.scores.min()) for kind in self.kinds)
        high = max(kind.beyond for kind in self.kinds)
        for _ in range(60):
            middle = (low + high) / 2
            if self.false_places(middle, duration_s) > wanted:
                low = middle
            else:
                high = middle
        return high


def _redrawn(scores: Floats64, random: np.random.Generator) -> Floats64:
    return random.choice(scores, scores.size)


def _steps_of(untouched: Floats64, cuts: Floats64) -> tuple[Floats64, Floats64]:
    scores = np.concatenate([untouched, cuts, [np.inf, -np.inf]])
    is_cut = np.concatenate([np.zeros(untouched.size), np.ones(cuts.size), [0.0, 1.0]])
    order = np.lexsort((is_cut, scores))
    share = scipy.optimize.isotonic_regression(is_cut[order]).x
    odds = np.clip(share, 1e-12, 1 - 1e-12)
    prior = (untouched.size + 1) / (cuts.size + 1)
    return scores[order], np.asarray(np.log10(odds / (1 - odds) * prior))


def _at(scores: Floats64, at: Floats64, values: Floats64) -> Floats64:
    index = np.clip(np.searchsorted(at, scores, side="right") - 1, 1, at.size - 2)
    return np.asarray(values[index])


def best_near(places: Places, cuts_s: Sequence[float] | Floats64, lowest: float) -> Floats64:
    """The best score within 50 ms of each known cut [shape=(k,)]."""
    found = []
    for cut_s in cuts_s:
        near = np.abs(places.at_s - cut_s) <= WITHIN_S
        found.append(float(places.score[near].max()) if near.any() else lowest)
    return np.array(found)
