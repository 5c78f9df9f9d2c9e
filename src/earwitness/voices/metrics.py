"""How good likelihood ratios are: their cost, what part of it is calibration, and how far they may go.

Conventions: ``same`` and ``different`` are log10 likelihood ratios (or scores) of pairs of the same
and of different speakers [shape=(n,), (m,)]; weights, where given, have the same shapes and need not
sum to one. The metrics are:

- ``cllr``: the cost, 0 for perfect and 1 for a system that always says 1.
- ``cllr_min``: what is left of it after the best monotone recalibration, so discrimination alone.
- ``equal_error_rate``: where misses and false alarms are equal, on the convex hull.
- ``bounds``: how far a likelihood ratio may go before it rests on extrapolation (ELUB).
- ``cross_entropy``: the cost at any prior (ECE).
- ``tippett``, ``trade_off``: what the plots show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.optimize

Doubles = npt.NDArray[np.float64]

_STEP: Final = 0.01
_LN10: Final = float(np.log(10.0))


@dataclass(frozen=True, slots=True)
class Cost:
    """Cllr, its least value under recalibration, and the equal error rate as a fraction."""

    cllr: float
    cllr_min: float
    equal_error_rate: float

    @property
    def cllr_cal(self) -> float:
        """What miscalibration adds."""
        return self.cllr - self.cllr_min


def cost(
    same: Doubles,
    different: Doubles,
    same_weights: Doubles | None = None,
    different_weights: Doubles | None = None,
) -> Cost:
    """All three at once, over weighted pairs."""
    weights = _weights(same, same_weights), _weights(different, different_weights)
    best_same, best_different = best_monotone(same, different, *weights)
    return Cost(
        cllr=cllr(same, different, *weights),
        cllr_min=cllr(best_same, best_different, *weights),
        equal_error_rate=_hull_error(best_same, best_different, *weights),
    )


def cllr(
    same: Doubles,
    different: Doubles,
    same_weights: Doubles | None = None,
    different_weights: Doubles | None = None,
) -> float:
    """The log-likelihood-ratio cost, in bits: 0 is perfect, 1 is what saying nothing costs.

    Source
    ------
    Brümmer and du Preez 2006, Comput. Speech Lang. 20(2-3).
    """
    missed = np.logaddexp(0.0, -same * _LN10) / np.log(2.0)
    alarmed = np.logaddexp(0.0, different * _LN10) / np.log(2.0)
    return 0.5 * float(
        np.average(missed, weights=same_weights) + np.average(alarmed, weights=different_weights)
    )


def best_monotone(
    same: Doubles, different: Doubles, same_weights: Doubles, different_weights: Doubles
) -> tuple[Doubles, Doubles]:
    """The log10 likelihood ratios of the best monotone recalibration on these very pairs.

    Pool-adjacent-violators over posteriors at equal priors; equal scores are one.

    Source
    ------
    Brümmer and du Preez 2006; Zadrozny and Elkan 2002 (isotonic regression).
    """
    scores = np.concatenate([same, different])
    share = np.concatenate(
        [same_weights / same_weights.sum(), different_weights / different_weights.sum()]
    )
    target = np.concatenate([share[: same.size], np.zeros(different.size)])
    values, place = np.unique(scores, return_inverse=True)
    mass = np.bincount(place, weights=share, minlength=values.size)
    of_same = np.bincount(place, weights=target, minlength=values.size)
    mass = np.maximum(mass, 1e-300)
    posterior = scipy.optimize.isotonic_regression(of_same / mass, weights=mass).x
    posterior = np.clip(posterior, 1e-12, 1 - 1e-12)
    log10_lr = (np.log10(posterior) - np.log10(1 - posterior))[place]
    return log10_lr[: same.size], log10_lr[same.size :]


def _hull_error(
    same: Doubles, different: Doubles, same_weights: Doubles, different_weights: Doubles
) -> float:
    """Where the convex hull of the trade-off crosses the diagonal; scores are those of PAV."""
    missed, alarmed = _rates(same, different, same_weights, different_weights)
    gap = missed - alarmed
    after = int(np.argmax(gap >= 0))
    if after == 0:
        return float(missed[0])
    part = gap[after - 1] / (gap[after - 1] - gap[after])
    return float(missed[after - 1] + part * (missed[after] - missed[after - 1]))


def _rates(
    same: Doubles, different: Doubles, same_weights: Doubles, different_weights: Doubles
) -> tuple[Doubles, Doubles]:
    """Misses and false alarms at each threshold, from the lowest on [shape=(thresholds,) each]."""
    thresholds = np.unique(np.concatenate([same, different]))
    missed = _below(same, same_weights, thresholds)
    alarmed = 1.0 - _below(different, different_weights, thresholds)
    return np.append(missed, 1.0), np.append(alarmed, 0.0)


def _below(
    values: Doubles, weights: Doubles, thresholds: Doubles, *, or_at: bool = False
) -> Doubles:
    """The share of values under each threshold, or also of those at it [shape=(thresholds,)]."""
    order = np.argsort(values)
    total = np.concatenate([[0.0], np.cumsum(weights[order])])
    places = np.searchsorted(values[order], thresholds, side="right" if or_at else "left")
    share: Doubles = total[places] / total[-1]
    return share


def bounds(
    same: Doubles,
    different: Doubles,
    same_weights: Doubles | None = None,
    different_weights: Doubles | None = None,
) -> tuple[float, float]:
    """The lowest and highest log10 likelihood ratio that these pairs can carry.

    Pairs that do not count alike carry what as many do as there effectively are (Kish 1965).

    1. At each threshold, the expected loss of deciding by these likelihood ratios is compared with
       that of never looking at them; one misleading pair, as bad as can be, is added to each side,
       because the next one may be misleading.
    2. From one (log10 zero) outwards, a likelihood ratio is carried as long as looking is better.

    Source
    ------
    Vergeer et al. 2016, Sci. Justice 56(6) (empirical lower and upper bounds).
    """
    weights = _weights(same, same_weights), _weights(different, different_weights)
    of_same, of_different = (float(each.sum() ** 2 / (each @ each)) for each in weights)
    low = max(min(same.min(), different.min()), -np.log10(of_same + 1))
    high = min(max(same.max(), different.max()), np.log10(of_different + 1))
    steps = np.arange(min(0, int(low // _STEP)), max(0, int(high // _STEP) + 1) + 1)
    thresholds = np.asarray(steps * _STEP, dtype=np.float64)
    missed = of_same * _below(same, weights[0], thresholds, or_at=True)
    alarmed = of_different * (1.0 - _below(different, weights[1], thresholds, or_at=True))
    odds = 10.0**thresholds
    loss = (missed + 1) / (of_same + 1) + odds * (alarmed + 1) / (of_different + 1)  # 1
    worse = np.minimum(1.0, odds) < loss
    below = thresholds[worse & (steps <= 0)]  # 2
    above = thresholds[worse & (steps >= 0)]
    lower = min(0.0, float(np.max(below + _STEP, initial=thresholds[0])))
    upper = max(0.0, float(np.min(above - _STEP, initial=thresholds[-1])))
    return round(lower, 2) + 0.0, round(upper, 2) + 0.0


def cross_entropy(
    same: Doubles,
    different: Doubles,
    log10_odds: Doubles,
    same_weights: Doubles | None = None,
    different_weights: Doubles | None = None,
) -> Doubles:
    """The empirical cross-entropy at each prior, in bits [shape=(priors,)].

    Source
    ------
    Ramos, Gonzalez-Rodriguez, Zadora and Aitken 2013, J. Forensic Sci. 58(6).
    """
    odds = log10_odds * _LN10
    prior = 1.0 / (1.0 + np.exp(-odds))
    missed = np.logaddexp(0.0, -(same[None] * _LN10 + odds[:, None]))
    missed = np.average(missed, axis=1, weights=same_weights)
    alarmed = np.logaddexp(0.0, different[None] * _LN10 + odds[:, None])
    alarmed = np.average(alarmed, axis=1, weights=different_weights)
    entropy: Doubles = (prior * missed + (1 - prior) * alarmed) / np.log(2.0)
    return entropy


def tippett(values: Doubles, weights: Doubles | None = None) -> tuple[Doubles, Doubles]:
    """Each likelihood ratio with the share of pairs that have at least it; never under the last's.

    Nothing is drawn beyond the last pair: what was not measured is not shown.
    """
    order = np.argsort(values)
    share = _weights(values, weights)[order]
    return values[order], 1.0 - (np.cumsum(share) - share) / share.sum()


def trade_off(
    same: Doubles,
    different: Doubles,
    same_weights: Doubles | None = None,
    different_weights: Doubles | None = None,
) -> tuple[Doubles, Doubles]:
    """False alarms and misses at each threshold, as fractions [shape=(thresholds,) each]."""
    weights = _weights(same, same_weights), _weights(different, different_weights)
    missed, alarmed = _rates(same, different, *weights)
    return alarmed, missed


def _weights(values: Doubles, given: Doubles | None) -> Doubles:
    return np.ones(values.size) if given is None else given
