"""What findings about a recording's codecs are worth: rates of false alarms, and ratios from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.stats

from earwitness.outcome import Strength

NEAR_S: Final = 0.05  # beyond its ends, within which a jump was counted as right


@dataclass(frozen=True, slots=True)
class Rate:
    """So many alarms in so many untouched recordings."""

    alarms: int
    of: int
    on: str

    def strength(self, wording: str) -> Strength:
        """The rate with its exact 95 % interval (Clopper and Pearson 1934)."""
        low = float(scipy.stats.beta.ppf(0.025, self.alarms, self.of - self.alarms + 1))
        high = float(scipy.stats.beta.ppf(0.975, self.alarms + 1, self.of - self.alarms))
        return Strength(
            scale="false_alarm_rate",
            value=self.alarms / self.of,
            low=low if self.alarms else 0.0,
            high=high if self.alarms < self.of else 1.0,
            measured_on=self.on,
            wording=wording,
        )


@dataclass(frozen=True, slots=True)
class Worth:
    """What was measured of jumps: how many cuts were found by one, and how many were no cut.

    Attributes
    ----------
    found, cuts : int
        In recordings whose earlier grid could be followed.
    false : int
    seconds : float
        Of such recordings, cut or not: in them were the false ones.
    missed : int or None
        Cuts over which the grid seemed to hold at one offset; None where that was not counted.
    held : float
        The share of untouched seconds in which it held.
    """

    found: int
    cuts: int
    false: int
    seconds: float
    missed: int | None = None
    held: float = 1.0

    def log10_lr(self, width_s: float) -> tuple[float, float, float]:
        """Log10 likelihood ratio of a jump placed to so many seconds: lowest, stated, highest.

        That one lies over a cut has the probability that was measured; that one lies by chance over
        a given moment, the rate of false ones times the width. One more false jump is counted than
        there were, so that no ratio exceeds what so many seconds can carry.
        """
        over = (self.found + 1) / (self.cuts + 2)
        reach_s = width_s + 2 * NEAR_S
        false = np.array([scipy.stats.chi2.ppf(0.975, 2 * self.false + 2) / 2, self.false + 1])
        low, stated = np.log10(over / np.minimum(1.0, false / self.seconds * reach_s))
        return float(low), float(stated), float(stated)

    def log10_lr_held(self) -> tuple[float, float, float]:
        """Log10 likelihood ratio of a place over which the grid holds: lowest, stated, highest.

        One more missed cut is counted than there were, and nothing lower is stated as possible.
        """
        if self.missed is None:
            return 0.0, 0.0, 0.0
        missed = (self.missed + 1) / (self.cuts + 2)
        most = float(scipy.stats.beta.ppf(0.975, self.missed + 1, self.cuts - self.missed))
        stated, high = np.log10(np.array([missed, most]) / self.held)
        return float(stated), float(stated), float(high)
