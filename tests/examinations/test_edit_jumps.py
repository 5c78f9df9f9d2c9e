"""Jumps of an earlier codec's grid and places that sound cut, put together."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.examinations._codec_strength import NEAR_S, Worth
from earwitness.examinations._edit_jumps import Grids, judge, with_grids
from earwitness.signal.cuts import Calibration, Places, Untouched
from earwitness.signal.grid_track import Jump

WORTH = Worth(found=98, cuts=98, false=0, seconds=1_000.0)


def jumping(jumps: list[Jump], held: tuple[tuple[float, float], ...] = ()) -> Grids:
    """Grids that jump, and hold in some stretches."""
    return Grids(jumps, held, is_resampled=bool(held))


def sounding(at_s: list[float], score: list[float]) -> Places:
    """Places with one cue."""
    return Places(np.array(at_s), np.array(score), np.ones((len(at_s), 1)))


def test_what_a_jump_is_worth_is_what_was_measured_and_no_more() -> None:
    """Found as often as 99 of 100, by chance as often as once in 1,000 s; five are its 97.5 % bound."""
    low, stated, high = WORTH.log10_lr(1.0 - 2 * NEAR_S)
    assert stated == high == pytest.approx(np.log10(0.99 * 1_000))
    assert low == pytest.approx(np.log10(0.99 * 1_000 / 3.689), abs=1e-3)
    assert WORTH.log10_lr(10.0 - 2 * NEAR_S)[1] == pytest.approx(stated - 1)
    assert Worth(98, 98, 9, 1_000.0).log10_lr(1.0 - 2 * NEAR_S)[1] == pytest.approx(stated - 1)


def test_a_jump_counts_where_the_sound_is_most_like_a_cut() -> None:
    """Within its stretch; a place outside it keeps its own ratio however high it is."""
    places = sounding([1.0, 2.0, 2.2, 3.0], [9.0, 1.0, 2.0, 9.0])
    fused = with_grids(places, jumping([Jump(1.9, 2.3, 7)]), WORTH)
    assert fused.jump.tolist() == [-1, -1, 0, -1]
    assert fused.added[2].tolist() == list(WORTH.log10_lr(2.3 - 1.9))
    assert not np.delete(fused.added, 2, axis=0).any()


def test_a_jump_where_nothing_sounds_cut_is_a_place_of_its_own() -> None:
    """In the order of time, and with the lowest score of all."""
    fused = with_grids(sounding([1.0, 3.0], [0.5, -2.0]), jumping([Jump(1.9, 2.3, 7)]), WORTH)
    assert fused.places.at_s == pytest.approx([1.0, 2.1, 3.0])
    assert fused.places.score.tolist() == [0.5, -2.0, -2.0]
    assert fused.jump.tolist() == [-1, 0, -1]


def test_two_jumps_take_two_places() -> None:
    """A passage that was put in has two ends, which may be near one another."""
    places = sounding([2.0, 2.3], [5.0, 1.0])
    fused = with_grids(places, jumping([Jump(1.9, 2.4, 7), Jump(2.2, 2.6, 9)]), WORTH)
    assert fused.jump.tolist() == [0, 1]


def test_jumps_of_unmeasured_worth_are_left_out() -> None:
    """They add nothing, and make no place."""
    fused = with_grids(
        sounding([1.0], [0.5]), jumping([Jump(0.9, 1.3, 7), Jump(4.0, 4.1, 3)]), None
    )
    assert fused.places.at_s.tolist() == [1.0]
    assert fused.jump.tolist() == [-1]


def test_where_the_grid_holds_a_place_is_the_less_likely_a_cut() -> None:
    """By how often a cut was missed so, over how much of untouched sound is held; not where it jumps."""
    worth = Worth(found=90, cuts=98, false=0, seconds=1_000.0, missed=4, held=0.95)
    low, stated, high = worth.log10_lr_held()
    assert stated == low == pytest.approx(np.log10(0.05 / 0.95))
    assert high == pytest.approx(np.log10(0.1012 / 0.95), abs=1e-3)  # Clopper and Pearson, 4 of 98
    places = sounding([1.0, 2.0, 4.0, 4.95, 5.5], [3.0, 2.0, 1.0, 1.0, 5.0])
    fused = with_grids(places, jumping([Jump(1.9, 2.3, 7)], ((0.0, 2.0), (2.2, 5.0))), worth)
    assert fused.jump.tolist() == [-1, 0, -1, -1, -1]
    assert fused.added[:, 1] == pytest.approx(
        [stated, worth.log10_lr(2.3 - 1.9)[1], stated, 0.0, 0.0]
    )


def test_a_grid_that_holds_says_nothing_where_that_was_not_measured() -> None:
    """As of a coding at the recording's own rate."""
    fused = with_grids(sounding([1.0], [3.0]), jumping([], ((0.0, 9.0),)), WORTH)
    assert not fused.added.any()


def test_what_sounds_cut_is_told_unless_the_grid_holds_there_and_where_it_jumps_anyway() -> None:
    """Two places just over the bar, one of them in a grid that holds; one far under it, at a jump."""
    measured = Calibration(
        [Untouched(np.linspace(-5, 2, 500), 1_000.0)], np.linspace(1.5, 4, 200), 99
    )
    bar = measured.score_for(0.05, 10.0)
    places = sounding([1.0, 3.0, 5.0, 7.0], [bar + 0.01, bar + 0.01, -4.0, bar - 0.01])
    grids = jumping([Jump(4.9, 5.1, 7)], ((2.0, 4.0),))
    worth = Worth(found=90, cuts=98, false=0, seconds=1_000.0, missed=4, held=0.95)
    fused = with_grids(places, grids, worth)
    judged = judge(fused, measured, duration_s=10.0, most_probable_error=0.05)
    assert judged.bar == bar
    assert judged.sounds_cut.tolist() == [True, False, False, False]
    assert judged.is_told.tolist() == [True, False, True, False]
    assert judged.ratios == pytest.approx(measured.log10_lr(places.score) + fused.added[:, 1])
