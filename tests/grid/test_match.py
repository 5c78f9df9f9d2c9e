"""Matching: the right place is found, gaps are kept out, and probabilities say how unsure it is."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from earwitness.grid.match import (
    Floats32,
    Track,
    search,
    wrong_places,
)
from earwitness.signal.hum_smoother import KERNEL


def wandering(seconds: int, seed: int) -> Floats32:
    """Mains frequency that wanders as that of continental Europe: 22.6 mHz, four minutes."""
    keep = np.exp(-1 / 240)
    steps = 0.0226 * np.sqrt(1 - keep**2) * np.random.default_rng(seed).standard_normal(seconds)
    return np.asarray(scipy.signal.lfilter([1.0], [1.0, -keep], steps), np.float32)


RECORD = wandering(200_000, 1)


def track_at(
    start: int, seconds: int, *, error_hz: float = 0.002, offset_hz: float = 0.0, seed: int = 2
) -> Track:
    """What would be followed of the record, with an error."""
    blurred = np.convolve(RECORD.astype(np.float64), KERNEL, mode="same")
    error = error_hz * np.random.default_rng(seed).standard_normal(seconds)
    off = blurred[start : start + seconds] + error + offset_hz
    return Track(off, np.full(seconds, error_hz), 50)


def test_every_place_is_compared_as_by_hand() -> None:
    """Mean squares and offsets at some places, with and without gaps, against plain sums."""
    from earwitness.grid.match import MOST_CLOCK_ERROR, _places

    track = track_at(700, 90)
    record = RECORD[:2_000].copy()
    record[900:905] = np.nan
    ((first, squares, offsets),) = _places(track, record)
    assert first == 0 and squares.size == 2_000 - 90 + 1
    here = np.isfinite(record)
    filled = np.where(here, record, 0.0).astype(np.float64)
    smooth = np.convolve(filled, KERNEL, "same") / np.maximum(
        np.convolve(here.astype(float), KERNEL, "same"), 1e-3
    )
    for place in (200, 700, 850, 1_500):
        fine = here[place : place + 90]
        weights = track.weights[fine] / track.weights[fine].sum()
        left = (track.off_hz - smooth[place : place + 90])[fine]
        offset = np.clip((weights * left).sum(), -MOST_CLOCK_ERROR * 50, MOST_CLOCK_ERROR * 50)
        assert offsets[place] == pytest.approx(offset, abs=1e-8)
        assert squares[place] == pytest.approx((weights * (left - offset) ** 2).sum(), rel=1e-4)


def test_ten_minutes_are_found() -> None:
    """The right second, almost surely, and nothing left beyond the error."""
    found = search(track_at(123_456, 600), [(1_000_000, RECORD)])
    best = found.candidates[0]
    assert abs(best.start_s - 1_123_456) <= 1
    assert 1 - best.probability < 1e-3
    assert best.rms_hz == pytest.approx(0.002, rel=0.15)


def test_a_recorder_that_is_off_by_80_parts_in_a_million() -> None:
    """Shifts all by 4 mHz, which is fitted; one that is off by 300 does not agree."""
    found = search(track_at(50_000, 600, offset_hz=0.004), [(0, RECORD)])
    assert abs(found.candidates[0].start_s - 50_000) <= 1
    assert found.candidates[0].offset_hz == pytest.approx(0.004, abs=5e-4)
    wrong = search(track_at(50_000, 600, offset_hz=0.015), [(0, RECORD)])
    assert wrong.candidates[0].probability < 0.5


def test_another_grid_is_nowhere() -> None:
    """A track that is not in the record: the best place is most probably wrong."""
    other = Track(wandering(600, 9).astype(np.float64), np.full(600, 0.002), 50)
    found = search(other, [(0, RECORD)])
    assert found.nowhere > 0.9


def test_a_minute_is_not_dated() -> None:
    """Sixty seconds with 6 mHz of error fit many times."""
    found = search(track_at(50_000, 60, error_hz=0.006), [(0, RECORD)])
    assert found.candidates[0].probability < 0.5


def test_a_record_with_its_day_missing() -> None:
    """The truth lies in a gap: nothing else is taken for it, and the gap is counted."""
    record = RECORD.copy()
    record[40_000:126_400] = np.nan
    found = search(track_at(50_000, 600), [(0, record)])
    assert found.candidates[0].probability < 0.1
    assert found.gaps_s >= 86_000


def test_few_missing_seconds_do_no_harm() -> None:
    """Under a tenth of the track."""
    record = RECORD.copy()
    record[50_100:50_130] = np.nan
    found = search(track_at(50_000, 600), [(0, record)])
    assert abs(found.candidates[0].start_s - 50_000) <= 1 and found.candidates[0].probability > 0.99


@pytest.mark.parametrize("seconds", [0, 5, 599])
def test_records_shorter_than_the_track(seconds: int) -> None:
    """No place, and no error."""
    assert search(track_at(50_000, 600), [(0, RECORD[:seconds])]).candidates == ()


def test_a_constant_record_gives_no_date() -> None:
    """A frozen meter agrees with itself everywhere."""
    flat = Track(np.zeros(600), np.full(600, 0.002), 50)
    found = search(flat, [(0, np.zeros(20_000, np.float32))])
    assert found.candidates[0].probability < 0.5


def test_the_law_of_wrong_places() -> None:
    """Fewer for better agreement, about as many as were counted at the end of the fit."""
    squares = np.sort(np.random.default_rng(3).uniform(1, 2, 400) ** 2 * 1e-5)[:61]
    law = wrong_places(squares)
    assert law.count == 60
    assert law.intensity(squares[0] / 4) < law.intensity(squares[0]) < law.intensity(squares[-1])
