"""From cues to places and what they are worth: ranks, ratios, rates, and where they end."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from earwitness.signal.cuts import (
    MOST_RARE,
    PLACES_APART_S,
    RARITIES,
    Calibration,
    Untouched,
    at_cuts,
    best_near,
    find_places,
    learn_weights,
    quantiles,
    rarity,
)
from earwitness.signal.moments import CUES, Moments

RANDOM = np.random.default_rng(3)
NOTHING = np.random.default_rng(1).standard_normal((20_000, len(CUES)))


def calibration(untouched: int = 4_000, cuts: int = 400) -> Calibration:
    """Normal scores, cuts two deviations higher: the true ratio is known."""
    random = np.random.default_rng(2)
    scores = random.standard_normal(untouched)
    return Calibration([Untouched(scores, 0.5 * untouched)], 2 + random.standard_normal(cuts), 50)


def test_rarity_is_the_share_that_reaches_a_value() -> None:
    """Of normal numbers, against SciPy's tail; beyond a thousandth it goes on, up to its end."""
    values = np.array([0.0, 1.0, 2.0, 2.5, 3.0])
    found = rarity(np.tile(values[:, np.newaxis], (1, len(CUES))), quantiles(NOTHING))
    expected = -np.log10(scipy.stats.norm.sf(values))
    assert found[:, 0] == pytest.approx(expected, abs=0.15)
    far = rarity(np.full((2, len(CUES)), [[6.0], [600.0]]), quantiles(NOTHING))
    assert 4 < far[0, 0] < MOST_RARE
    assert (far[1] == MOST_RARE).all()


def test_a_cue_that_is_always_the_same_is_never_rare() -> None:
    """A recording without tones: the same value everywhere is reached by all."""
    still = quantiles(np.zeros((100, len(CUES))))
    assert not rarity(np.zeros((3, len(CUES))), still).any()
    assert still.shape == (len(CUES), RARITIES.size)


def test_places_lie_apart_and_are_the_highest_near() -> None:
    """No two within a quarter of a second; every moment has one as high as itself near it."""
    at_s = np.sort(RANDOM.uniform(0, 60, 600))
    moments = Moments(at_s, RANDOM.standard_normal((600, len(CUES))), 60.0)
    weights = np.ones(len(CUES) + 1)
    places = find_places(moments, quantiles(NOTHING), weights)
    assert np.diff(places.at_s).min() > PLACES_APART_S
    score = rarity(moments.cues, quantiles(NOTHING)) @ weights[:-1] + weights[-1]
    assert places.score.max() == pytest.approx(score.max())
    nearest = np.abs(at_s[:, np.newaxis] - places.at_s).min(axis=1)
    assert nearest.max() <= PLACES_APART_S


def test_ratios_rise_and_are_those_of_the_two_laws() -> None:
    """Two normal laws two deviations apart: the log10 ratio is (2 s - 2) / ln 10."""
    scores = np.linspace(0.0, 3.0, 7)
    found = calibration(200_000, 20_000).log10_lr(scores)
    assert (np.diff(found) >= 0).all()
    assert found == pytest.approx((2 * scores - 2) / np.log(10), abs=0.2)


def test_no_ratio_exceeds_what_so_many_places_carry() -> None:
    """However high the score, and however low."""
    measured = calibration(99, 49)
    low, high = measured.log10_lr(np.array([-1e9, 1e9]))
    assert high <= np.log10(100)
    assert low >= -np.log10(50)


def test_the_interval_holds_the_ratio() -> None:
    """And is the same each time."""
    measured = calibration()
    scores = np.array([0.0, 1.5, 3.0])
    found = measured.log10_lr_interval(scores)
    middle = measured.log10_lr(scores)
    assert (found[:, 0] <= middle).all() and (middle <= found[:, 1]).all()
    assert (found == calibration().log10_lr_interval(scores)).all()


def test_false_places_are_as_many_as_were_counted_and_fall_beyond() -> None:
    """At the median half of them; beyond the highest by the law of the tail, never zero."""
    measured = calibration()
    assert measured.false_places(0.0, measured.seconds) == pytest.approx(2_000, rel=0.05)
    top = float(measured.kinds[0].scores.max())
    beyond = [measured.false_places(top + step, 60.0) for step in (0.0, 0.5, 1.0)]
    assert beyond[0] > beyond[1] > beyond[2] > 0


@pytest.mark.parametrize("duration_s", [4.0, 60.0, 1_920.0])
def test_the_score_asked_for_gives_the_probability_asked_for(duration_s: float) -> None:
    """Where the tail is exponential: the best of so many places reaches it in one of twenty."""
    random = np.random.default_rng(4)
    measured = Calibration([Untouched(random.exponential(size=8_000), 4_000.0)], np.ones(9), 50)
    tail = np.exp(-measured.score_for(0.05, duration_s))
    assert 1 - (1 - tail) ** (2 * duration_s) == pytest.approx(0.05, rel=0.35)


def test_where_the_tail_is_shorter_the_rate_is_no_lower_than_stated() -> None:
    """Of normal scores, whose tail falls faster, there are fewer false places than was said."""
    bar = calibration().score_for(0.05, 1_920.0)
    assert 3_840 * scipy.stats.norm.sf(bar) < 0.05


def test_counted_bounds_are_those_of_poisson() -> None:
    """None counted: at most 3.7 in the time; against the table of Garwood 1936."""
    measured = calibration()
    reached, low, high = measured.counted(100.0)
    assert (reached, low) == (0, 0.0)
    assert high * measured.seconds == pytest.approx(3.689, abs=0.001)


def test_what_is_stated_is_of_the_kind_with_most_false_places() -> None:
    """Two kinds, one of which has scores half a deviation higher: as if there were only that one."""
    random = np.random.default_rng(7)
    cuts = 2 + random.standard_normal(300)
    mild = Untouched(random.standard_normal(4_000), 2_000.0)
    harsh = Untouched(0.5 + random.standard_normal(1_000), 500.0)
    both, alone = Calibration([mild, harsh], cuts, 9), Calibration([harsh], cuts, 9)
    assert both.seconds == 2_500.0
    assert both.score_for(0.05, 14.0) == pytest.approx(alone.score_for(0.05, 14.0))
    assert both.counted(2.0) == alone.counted(2.0)
    scores = np.array([1.0, 2.0])
    assert (both.log10_lr(scores) <= alone.log10_lr(scores)).all()


def test_the_best_place_near_a_cut_counts() -> None:
    """Within 50 ms; else the lowest score there is."""
    moments = Moments(np.array([1.0, 2.0]), np.zeros((2, len(CUES))), 3.0)
    places = find_places(moments, quantiles(NOTHING), np.ones(len(CUES) + 1))
    near, far = best_near(places, [1.04, 1.5], -9.0)
    assert near == places.score[0]
    assert far == -9.0


def test_weights_are_those_of_the_law_that_made_the_data() -> None:
    """One cue tells, one does not, one speaks against a cut: it gets no weight, and none is negative."""
    random = np.random.default_rng(5)
    untouched = random.exponential(size=(20_000, 3))
    cuts = random.exponential(size=(3_000, 3)) * [2.0, 1.0, 0.5]
    found = learn_weights(cuts, untouched, about=np.zeros(4), pull=0.0)
    assert found[0] == pytest.approx(0.5, abs=0.05)  # the ratio of the two laws is exp(x / 2) / 2
    assert found[1] == pytest.approx(0.0, abs=0.05)
    assert found[2] == 0.0


def test_few_cuts_leave_the_weights_where_they_were() -> None:
    """With a strong pull they stay, but for the constant."""
    random = np.random.default_rng(6)
    about = np.array([0.3, 0.7, -2.0])
    cuts, untouched = random.exponential(size=(5, 2)), random.exponential(size=(500, 2))
    found = learn_weights(cuts, untouched, about=about, pull=100.0)
    assert found[:-1] == pytest.approx(about[:-1], abs=0.01)


def test_the_moment_of_a_cut_is_the_one_where_sharp_cues_stand_out() -> None:
    """Of those within 50 ms; a cut without any is left out."""
    at_s = np.array([1.0, 1.03, 1.2])
    rare = np.zeros((3, len(CUES)))
    rare[1, CUES.index("tones")] = 3.0
    rare[0, CUES.index("room")] = 5.0
    rare[2, CUES.index("join")] = 7.0
    found = at_cuts(at_s, rare, [1.01, 9.0])
    assert found.shape == (1, len(CUES))
    assert (found[0] == rare[1]).all()
