"""Two ways from scores to likelihood ratios, on laws for which the truth can be written down."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from earwitness.voices.calibration import (
    WAYS,
    Pairs,
    bi_gaussianised,
    cost_of_sigma,
    logistic,
    sigma_of_cost,
)
from earwitness.voices.metrics import cllr


def pairs(sigma: float, *, same: int = 3_000, different: int = 30_000, seed: int = 1) -> Pairs:
    """Scores that are 3 + 2 times a log10 LR of a perfectly calibrated law."""
    random = np.random.default_rng(seed)
    middle = sigma**2 / 2
    one = random.normal(middle, sigma, same) / np.log(10)
    two = random.normal(-middle, sigma, different) / np.log(10)
    return Pairs.of(3 + 2 * one, 3 + 2 * two)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sigma", [1.5, 3.0])
def test_the_true_likelihood_ratio_is_found(way: str, sigma: float) -> None:
    """Within a tenth, where there are many pairs."""
    learnt = WAYS[way](pairs(sigma))
    true = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    assert np.abs(learnt(3 + 2 * true) - true).max() < 0.12


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 4.0])
def test_the_cost_of_the_law_is_its_integral(sigma: float) -> None:
    """By adaptive quadrature from scipy; and back from the cost to sigma."""
    law = scipy.stats.norm(sigma**2 / 2, sigma)
    found, _ = scipy.integrate.quad(
        lambda x: law.pdf(x) * np.logaddexp(0, -x) / np.log(2), -60, 60, limit=200
    )
    assert cost_of_sigma(sigma) == pytest.approx(found, abs=1e-6)
    assert sigma_of_cost(cost_of_sigma(sigma)) == pytest.approx(sigma, abs=1e-3)


def test_what_comes_out_follows_the_law() -> None:
    """Scores that are far from normal: both kinds together, counting alike, have the law's quantiles."""
    random = np.random.default_rng(4)
    given = Pairs.of(random.gamma(3.0, 1.0, 3_000), -random.gamma(1.0, 1.0, 3_000))
    curve = bi_gaussianised(given)
    line = logistic(given)
    sigma = sigma_of_cost(cllr(line(given.same), line(given.different)))
    found = np.concatenate([curve(given.same), curve(given.different)]) * np.log(10)

    def place(value: float) -> float:
        middle = sigma**2 / 2
        law = scipy.stats.norm
        return 0.5 * float(law.cdf((value - middle) / sigma) + law.cdf((value + middle) / sigma))

    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert place(float(np.quantile(found, share))) == pytest.approx(share, abs=0.03)


def test_wholly_separate_scores_give_finite_ratios() -> None:
    """A slope without end is held."""
    apart = Pairs.of(np.linspace(5, 6, 20), np.linspace(-6, -5, 100))
    for learn in WAYS.values():
        values = learn(apart)(np.array([-6.0, 0.0, 6.0]))
        assert np.isfinite(values).all()
        assert values[0] < values[1] < values[2]


def test_the_ends_hold() -> None:
    """Beyond the last score there is nothing to extrapolate from."""
    learnt = bi_gaussianised(pairs(2.0, same=100, different=500))
    assert learnt(np.array([1e6]))[0] == learnt.log10_lr[-1]
    assert learnt(np.array([-1e6]))[0] == learnt.log10_lr[0]


@pytest.mark.parametrize("way", WAYS)
def test_weights_count_like_repetition(way: str) -> None:
    """A speaker who was drawn twice counts twice."""
    given = pairs(2.0, same=60, different=300)
    weights = np.ones(60)
    weights[:20] = 2
    weighed = WAYS[way](Pairs(given.same, given.different, weights, np.ones(300)))
    repeated = WAYS[way](Pairs.of(np.concatenate([given.same, given.same[:20]]), given.different))
    at = np.array([0.0, 3.0, 6.0])
    tolerance = 1e-6 if way.startswith("logistic") else 0.1  # the smoothing knows repetition
    assert np.abs(weighed(at) - repeated(at)).max() < tolerance


@pytest.mark.parametrize("way", WAYS)
def test_a_shift_and_scale_of_scores_changes_nothing(way: str) -> None:
    """Only their order and spacing count."""
    given = pairs(2.0, same=200, different=1_000)
    changed = Pairs.of(given.same * 7 - 100, given.different * 7 - 100)
    at = np.array([1.0, 3.0, 5.0])
    assert WAYS[way](changed)(at * 7 - 100) == pytest.approx(WAYS[way](given)(at), abs=1e-6)
