"""Costs and bounds of likelihood ratios, against closed forms and against the NFI's lir."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from earwitness.voices.metrics import (
    best_monotone,
    bounds,
    cllr,
    cost,
    cross_entropy,
    tippett,
    trade_off,
)

LIR = json.loads((Path(__file__).parent / "data" / "lir_1_2_0.json").read_text("utf-8"))
SAME, DIFFERENT = np.array(LIR["same"]), np.array(LIR["different"])


def test_costs_are_those_of_lir() -> None:
    """Cllr and Cllr_min to nine digits; the latter through sklearn's isotonic regression."""
    found = cost(SAME, DIFFERENT)
    assert found.cllr == pytest.approx(LIR["cllr"], abs=1e-9)
    assert found.cllr_min == pytest.approx(LIR["cllr_min"], abs=1e-9)
    assert found.cllr_cal == pytest.approx(LIR["cllr"] - LIR["cllr_min"], abs=1e-9)


def test_bounds_are_those_of_lir() -> None:
    """The empirical lower and upper bound, on the same grid."""
    assert bounds(SAME, DIFFERENT) == pytest.approx(LIR["elub"], abs=1e-9)


def test_cross_entropy_is_that_of_lir() -> None:
    """At five priors; at even odds it is Cllr."""
    priors = np.array(LIR["priors"])
    found = cross_entropy(SAME, DIFFERENT, np.log10(priors / (1 - priors)))
    assert found == pytest.approx(LIR["ece"], abs=1e-9)
    assert found[2] == pytest.approx(LIR["cllr"], abs=1e-9)


def test_closed_forms() -> None:
    """Saying nothing costs one bit; a lone log2 is what Cllr of one pair each is."""
    nothing = np.zeros(3)
    assert cllr(nothing, nothing) == pytest.approx(1.0)
    assert cllr(np.full(2, 1.0), np.full(2, -1.0)) == pytest.approx(np.log2(1.1))
    perfect = cost(np.array([1.0, 2.0]), np.array([-2.0, -1.0]))
    assert perfect.cllr_min == pytest.approx(0.0, abs=1e-9)
    assert perfect.equal_error_rate == pytest.approx(0.0, abs=1e-9)
    useless = cost(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    assert useless.cllr_min == pytest.approx(1.0)
    assert useless.equal_error_rate == pytest.approx(0.5)


def test_cllr_min_does_not_see_monotone_changes() -> None:
    """It is discrimination alone."""
    changed = cost(SAME**3, DIFFERENT**3)
    assert changed.cllr_min == pytest.approx(cost(SAME, DIFFERENT).cllr_min, abs=1e-9)


def test_weights_count_like_repetition() -> None:
    """A pair of weight two is two pairs."""
    weights = np.ones(SAME.size)
    weights[:10] = 2
    repeated = np.concatenate([SAME, SAME[:10]])
    weighed = cost(SAME, DIFFERENT, same_weights=weights)
    plain = cost(repeated, DIFFERENT)
    assert weighed.cllr == pytest.approx(plain.cllr)
    assert weighed.cllr_min == pytest.approx(plain.cllr_min)
    assert weighed.equal_error_rate == pytest.approx(plain.equal_error_rate)


def test_few_pairs_carry_no_high_likelihood_ratio() -> None:
    """However far apart they are: the next pair may be misleading."""
    low, high = bounds(np.full(10, 6.0), np.full(90, -6.0))
    assert 0 < high <= np.log10(91)
    assert -np.log10(11) <= low < 0
    assert bounds(np.full(5, -3.0), np.full(5, 3.0)) == (0.0, 0.0)


def test_recalibrated_pairs_are_calibrated() -> None:
    """Posteriors within a pool are the share of pairs of one speaker in it."""
    same, different = best_monotone(
        np.array([0.0, 1.0]), np.array([0.0, -1.0]), np.ones(2), np.ones(2)
    )
    assert same[0] == different[0] == pytest.approx(0.0)
    assert same[1] > 5 and different[1] < -5


def test_tippett_does_not_extrapolate() -> None:
    """The lowest share is one pair of all, at the last pair."""
    values, share = tippett(SAME)
    assert share.min() == pytest.approx(1 / SAME.size)
    assert share[0] == 1.0
    assert (values.min(), values.max()) == (SAME.min(), SAME.max())


def test_trade_off_goes_from_no_miss_to_no_alarm() -> None:
    """Misses rise while false alarms fall."""
    alarms, misses = trade_off(SAME, DIFFERENT)
    assert (alarms[0], misses[0]) == (1.0, 0.0)
    assert (alarms[-1], misses[-1]) == (0.0, 1.0)
    assert (np.diff(misses) >= 0).all() and (np.diff(alarms) <= 0).all()
