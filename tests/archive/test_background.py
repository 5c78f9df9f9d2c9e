"""The law of what a search finds when there is nothing to find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.archive.background import REFERENCE, Background, fitted


def gumbel(count: int, *, seed: int, place: float = 5.5, scale: float = 0.45) -> np.ndarray:
    """Scores that follow the law."""
    return np.random.default_rng(seed).gumbel(place, scale, count)


@pytest.mark.parametrize("seed", range(5))
def test_the_law_is_recovered_from_its_own_scores(seed: int) -> None:
    """Place and scale come back within three of the errors that are stated."""
    law = fitted(gumbel(400, seed=seed), seconds=10.0, archive_seconds=3_600.0)
    assert abs(law.place - 5.5) < 3 * law.place_error
    assert abs(law.scale - 0.45) < 3 * law.scale_error
    assert 0.01 < law.scale_error < 0.06


def test_recordings_held_twice_do_not_spoil_the_law() -> None:
    """Ten of four hundred searches find a true double; the law stays as it was."""
    scores = np.concatenate([gumbel(390, seed=2), np.full(10, 35.0)])
    law = fitted(scores, seconds=10.0, archive_seconds=3_600.0)
    assert law.searches == 390 and abs(law.place - 5.5) < 0.15


def test_too_few_searches_give_no_law() -> None:
    """With fewer than a hundred, the archive has no background of its own."""
    law = fitted(gumbel(99, seed=1), seconds=10.0, archive_seconds=3_600.0)
    assert not law.measured
    assert law.probability(50.0, seconds=10.0, archive_seconds=3_600.0) == 1.0
    assert Background.of({}) == REFERENCE and "reference set" in REFERENCE.wording


@given(score=st.floats(0, 60), more=st.floats(0.01, 20), hours=st.floats(0.1, 1e5))
def test_a_higher_score_is_less_probable_and_a_larger_archive_more(
    score: float, more: float, hours: float
) -> None:
    """The probability falls with the score and grows with what is searched."""
    kwargs = {"seconds": 10.0, "archive_seconds": hours * 3_600}
    one = REFERENCE.probability(score, **kwargs)
    assert 0 <= REFERENCE.probability(score + more, **kwargs) <= one <= 1
    assert REFERENCE.probability(score, seconds=20.0, archive_seconds=hours * 3_600) >= one


@given(st.floats(1e-9, 0.5))
def test_the_score_for_a_probability_has_that_probability(probability: float) -> None:
    """The two ways through the law are inverse."""
    kwargs = {"seconds": 30.0, "archive_seconds": 5e5}
    score = REFERENCE.score_for(probability, **kwargs)
    assert REFERENCE.probability(score, **kwargs) == pytest.approx(probability, rel=1e-6)
    low, high = REFERENCE.interval(score, **kwargs)
    assert low <= probability <= high


def test_a_background_survives_the_manifest() -> None:
    """What is kept with the archive is what was measured."""
    assert Background.of(REFERENCE.to_json()) == REFERENCE
