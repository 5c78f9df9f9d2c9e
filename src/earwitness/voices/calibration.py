"""From scores to likelihood ratios, two ways, both learnt from pairs whose truth is known.

Conventions: scores and log10 likelihood ratios are float64 [shape=(n,)]; ``same`` and ``different``
are pairs of one speaker and of two. Weights make a bootstrap of speakers possible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import scipy.special

from earwitness.voices.metrics import Doubles, best_monotone, cllr

_LN10: Final = float(np.log(10.0))
_RIDGE: Final = 0.001
_NEWTON_STEPS: Final = 25
_GRID: Final = 2_001
_KNOTS: Final = 151
_WIDEST: Final = 14.0  # standard deviations: a cost that no set of pairs can tell from zero


@dataclass(frozen=True, slots=True)
class Pairs:
    """Scores of pairs whose truth is known, and how much each counts.

    Attributes
    ----------
    same, different : np.ndarray [shape=(n,), (m,)]
    same_weights, different_weights : np.ndarray [shape=(n,), (m,)]
    """

    same: Doubles
    different: Doubles
    same_weights: Doubles
    different_weights: Doubles

    @classmethod
    def of(cls, same: Doubles, different: Doubles) -> Pairs:
        """Pairs that count alike."""
        return cls(same, different, np.ones(same.size), np.ones(different.size))

    @property
    def parts(self) -> tuple[Doubles, Doubles, Doubles, Doubles]:
        """All four, in the order in which the metrics take them."""
        return self.same, self.different, self.same_weights, self.different_weights


Calibration = Callable[[Doubles], Doubles]
Learn = Callable[[Pairs], Calibration]


@dataclass(frozen=True, slots=True)
class Logistic:
    """The line that turns a score into a log10 likelihood ratio."""

    slope: float
    offset: float

    def __call__(self, scores: Doubles) -> Doubles:
        """Log10 likelihood ratios [shape=(n,)]."""
        return self.slope * scores + self.offset


def logistic(pairs: Pairs) -> Logistic:
    """Logistic regression with both kinds of pairs counting alike.

    A slight ridge holds the slope when the pairs fall wholly
    apart; no set of pairs can say that the slope is infinite.

    Source
    ------
    Brümmer and du Preez 2006; Morrison and Poh 2018, Sci. Justice 58(3) (why it is regularised).
    """
    scores = np.concatenate([pairs.same, pairs.different])
    weights = np.concatenate(
        [
            pairs.same_weights / pairs.same_weights.sum(),
            pairs.different_weights / pairs.different_weights.sum(),
        ]
    )
    target = np.concatenate([np.ones(pairs.same.size), np.zeros(pairs.different.size)])
    middle = float(np.average(scores, weights=weights))
    spread = max(float(np.sqrt(np.average((scores - middle) ** 2, weights=weights))), 1e-9)
    x = (scores - middle) / spread
    beta = _newton(x, target, weights)
    slope = beta[0] / spread
    return Logistic(float(slope / _LN10), float((beta[1] - slope * middle) / _LN10))


def _newton(x: Doubles, target: Doubles, weights: Doubles) -> Doubles:
    beta = np.zeros(2)
    rows = np.stack([x, np.ones_like(x)], axis=1)
    penalty = np.array([_RIDGE, 0.0])
    for _ in range(_NEWTON_STEPS):
        p = scipy.special.expit(rows @ beta)
        gradient = rows.T @ (weights * (p - target)) + penalty * beta
        curve = (rows * (weights * p * (1 - p))[:, None]).T @ rows + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curve, gradient)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        beta = beta - step
        if float(np.abs(step).max()) < 1e-9:
            break
    return beta


@dataclass(frozen=True, slots=True)
class BiGaussian:
    """A monotone curve through knots: a score's rank, read off on the perfectly calibrated law.

    Attributes
    ----------
    scores, log10_lr : np.ndarray [shape=(knots,)]
        Rising; outside them the ends hold, because there is nothing to extrapolate from.
    """

    scores: Doubles
    log10_lr: Doubles

    def __call__(self, scores: Doubles) -> Doubles:
        """Log10 likelihood ratios [shape=(n,)]."""
        return np.interp(scores, self.scores, self.log10_lr)


def bi_gaussianised(pairs: Pairs) -> BiGaussian:
    """Make the likelihood ratios follow the law that perfectly calibrated ones follow.

    1. Log likelihood ratios that are normal in both kinds of pairs are perfectly calibrated only if
       both have the same variance σ², and the means +σ²/2 and -σ²/2.
    2. σ is that at which such a system has the cost that the scores' logistic calibration has. The
       cost on the pairs that the calibration was learnt from is too low by about 1 / n nats for its
       two numbers, with n the pairs of one speaker (Akaike 1974); that is added.
    3. A score's place in the distribution of scores, both kinds counting alike, is its place in that
       law. The distribution of scores is smoothed by a normal kernel, so that the curve does not
       jump from one pair to the next.

    Source
    ------
    Morrison 2024, Law Probab. Risk 23(1) (bi-Gaussianized calibration).
    """
    line = logistic(pairs)
    found = cllr(
        line(pairs.same), line(pairs.different), pairs.same_weights, pairs.different_weights
    )
    share = pairs.same_weights / pairs.same_weights.sum()
    sigma = sigma_of_cost(found + float(share @ share) / np.log(2.0))  # 2
    knots, place = _smoothed_places(pairs)
    law = np.linspace(-0.5 * sigma**2 - 5 * sigma, 0.5 * sigma**2 + 5 * sigma, _GRID)
    in_law = 0.5 * (  # 1
        scipy.special.ndtr((law - 0.5 * sigma**2) / sigma)
        + scipy.special.ndtr((law + 0.5 * sigma**2) / sigma)
    )
    return BiGaussian(knots, np.interp(place, in_law, law) / _LN10)  # 3


def _smoothed_places(pairs: Pairs) -> tuple[Doubles, Doubles]:
    """Scores on a grid, and the share of both kinds, counting alike, that lies under each."""
    kinds = (
        (pairs.same, pairs.same_weights),
        (pairs.different, pairs.different_weights),
    )
    lowest = min(pairs.same.min(), pairs.different.min())
    highest = max(pairs.same.max(), pairs.different.max())
    knots = np.linspace(lowest, highest, _KNOTS)
    total = np.zeros(knots.size)
    for scores, weights in kinds:
        share = weights / weights.sum()
        mean = float(share @ scores)
        spread = max(float(np.sqrt(share @ (scores - mean) ** 2)), 1e-9)
        effective = 1.0 / float(share @ share)
        width = 1.06 * spread * effective**-0.2  # Silverman's rule
        total += _kernel_places(scores, share, knots, width)
    return knots, 0.5 * total


def _kernel_places(scores: Doubles, share: Doubles, knots: Doubles, width: float) -> Doubles:
    """The kernel-smoothed share under each knot; scores are binned first, so it costs little."""
    step = max(width / 8, (float(knots[-1]) - float(knots[0])) / 4_000, 1e-12)
    bins = np.round((scores - knots[0]) / step).astype(np.int64)
    mass = np.bincount(bins, weights=share)
    centres = knots[0] + step * np.arange(mass.size)
    held = mass > 0
    places: Doubles = scipy.special.ndtr((knots[:, None] - centres[held]) / width) @ mass[held]
    return places


@cache
def _costs() -> tuple[Doubles, Doubles]:
    """The cost of perfectly calibrated systems over σ [shape=(n,), (n,)]."""
    sigmas = np.concatenate([np.linspace(1e-3, 2, 200), np.linspace(2.01, _WIDEST, 600)])
    return sigmas, np.array([cost_of_sigma(float(sigma)) for sigma in sigmas])


def cost_of_sigma(sigma: float) -> float:
    """The Cllr of a perfectly calibrated bi-Gaussian system, by Gauss and Hermite's quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    values = np.logaddexp(0.0, -(0.5 * sigma**2 + sigma * nodes)) / np.log(2.0)
    return float(weights @ values / weights.sum())


def sigma_of_cost(found: float) -> float:
    """The σ at which a perfectly calibrated bi-Gaussian system has this Cllr."""
    sigmas, costs = _costs()
    return float(np.interp(-found, -costs, sigmas))


def monotone(pairs: Pairs) -> tuple[Doubles, Doubles]:
    """What the best monotone recalibration makes of the pairs themselves."""
    return best_monotone(pairs.same, pairs.different, pairs.same_weights, pairs.different_weights)


WAYS: Final[dict[str, Learn]] = {
    "logistic regression": logistic,
    "bi-Gaussianised calibration": bi_gaussianised,
}
