"""rate_of: rates from counts."""

from __future__ import annotations

import pytest

from earwitness.signal.counted import rate_of


@pytest.mark.parametrize(
    ("count", "trials", "low", "high"),
    # R 4.3, binom.test(count, trials)$conf.int
    [(0, 10, 0.0, 0.3084971), (1, 10, 0.002528579, 0.4450161), (10, 10, 0.6915029, 1.0)],
)
def test_intervals_are_those_of_r(count: int, trials: int, low: float, high: float) -> None:
    """The exact binomial interval of R's binom.test."""
    middle, *ends = rate_of(count, trials)
    assert ends == pytest.approx([low, high], abs=1e-6)
    assert 0 < middle < 1
