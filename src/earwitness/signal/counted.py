"""Rates from counts, with their uncertainty."""

from __future__ import annotations

import scipy.stats


def rate_of(count: int, trials: int) -> tuple[float, float, float]:
    """A rate of something that was counted, and its 95 % interval.

    Parameters
    ----------
    count, trials : int

    Returns
    -------
    middle, low, high : float
        The middle is (count + 1/2) / (trials + 1), which is never nothing; the ends are exact.

    Source
    ------
    Jeffreys' prior for the middle; Clopper and Pearson 1934, Biometrika 26: 404-413, for the ends.
    """
    middle = (count + 0.5) / (trials + 1)
    low = float(scipy.stats.beta.ppf(0.025, count, trials - count + 1)) if count else 0.0
    high = float(scipy.stats.beta.ppf(0.975, count + 1, trials - count)) if count < trials else 1.0
    return middle, low, high
