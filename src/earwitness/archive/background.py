"""What a search finds when there is nothing to find: measured on the archive, and kept with it.

Sounds that are not in the archive are searched in it, and the best score of each search is kept.
The largest of many scores follows, for scores like these, an extreme-value law of Gumbel's kind,
whose place moves with the logarithm of how much was compared with how much. The law gives the
probability that a search of unrelated sound scores as high as the one at hand, and its uncertainty
follows from the number of searches.

To have sounds that are not in it, recordings of the archive are searched with themselves left
out. What then scores far above all others is a recording that the archive holds twice, and is no
part of the background.

Source: Gumbel 1958; Coles 2001, section 3.1; for searches of databases, Karlin and Altschul 1990.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.optimize

from earwitness.outcome import Strength

Values = npt.NDArray[np.float64]

_FEWEST = 100  # searches; with fewer, the tail cannot be known
_CENSORED = 0.6
_PATCH_S = 1.536  # what a landmark describes
_LEAST_BAR = 4.2  # lower scores are not told apart by a search


@dataclass(frozen=True, slots=True)
class Background:
    """The law of the best score of a search that should find nothing.

    Attributes
    ----------
    place, scale : float
        Of the Gumbel law, for ``seconds`` of sound searched in ``archive_seconds``.
    place_error, scale_error : float
        Standard errors.
    searches : int
        How many searches it was measured on; 0 when it has not been measured.
    """

    place: float
    scale: float
    place_error: float
    scale_error: float
    seconds: float
    archive_seconds: float
    searches: int

    @classmethod
    def none(cls) -> Background:
        """The background that says nothing: every probability is 1."""
        return cls(1e9, 1.0, 0.0, 0.0, 1.0, 1.0, 0)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Background:
        """From an archive's manifest."""
        return cls(**data) if data else cls.none()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Background:
        """An archive's own background, or the one of the reference set while it has none."""
        own = cls.read(data)
        return own if own.measured else REFERENCE

    @property
    def wording(self) -> str:
        """On what the probabilities rest, as a phrase."""
        where = (
            "on a reference set, not on this archive" if self == REFERENCE else "on this archive"
        )
        hours = self.archive_seconds / 3600
        return (
            f"measured {where}, by {self.searches} searches of {self.seconds:g} s of sound that was "
            f"not in it, in {hours:.1f} h"
        )

    @property
    def measured(self) -> bool:
        """Whether there is anything to go by."""
        return self.searches >= _FEWEST

    @property
    def least(self) -> float:
        """The smallest probability that so many searches can carry: one in their number."""
        return 1.0 / max(1, self.searches)

    def in_words(self, probability: float) -> str:
        """A probability as it may be printed: below what was measured, only that it is below."""
        return f"{probability:.1e}" if probability >= self.least else f"under 1 in {self.searches}"

    def strength(self, law: tuple[float, float, float], wording: str, measured_on: str) -> Strength:
        """A false-match probability as the strength of a finding, bounded by what was measured.

        Parameters
        ----------
        law : tuple of float
            The probability by the fitted law, and the ends of its 95 % interval. None of so many
            searches having gone wrong leaves room up to three in their number (Jovanovic and Levy
            1997, The American Statistician 51(2)).
        """
        value, low, high = law
        floor = self.least
        return Strength(
            scale="false_alarm_rate",
            value=max(value, floor),
            low=min(low, value) if value >= floor else 0.0,
            high=min(1.0, max(high, 3 * floor)),
            measured_on=measured_on,
            wording=wording,
        )

    def to_json(self) -> dict[str, Any]:
        """For an archive's manifest."""
        return asdict(self)

    def probability(self, score: float, *, seconds: float, archive_seconds: float) -> float:
        """The probability that unrelated sound of this length scores as high in this archive."""
        place = self._place(seconds, archive_seconds)
        return float(-math.expm1(-math.exp(min((place - score) / self.scale, 50.0))))

    def interval(
        self, score: float, *, seconds: float, archive_seconds: float
    ) -> tuple[float, float]:
        """A 95 % interval of the same probability, from the errors of the law's place and scale."""
        distance = (score - self._place(seconds, archive_seconds)) / self.scale
        error = math.hypot(self.place_error, distance * self.scale_error) / self.scale
        low, high = distance + 1.96 * error, distance - 1.96 * error
        return tuple(float(-math.expm1(-math.exp(min(-d, 50.0)))) for d in (low, high))  # type: ignore[return-value]

    def score_for(self, probability: float, *, seconds: float, archive_seconds: float) -> float:
        """The score that unrelated sound reaches with this probability."""
        place = self._place(seconds, archive_seconds)
        return place - self.scale * math.log(-math.log1p(-probability))

    def _place(self, seconds: float, archive_seconds: float) -> float:
        compared = (_room_s(seconds) / _room_s(self.seconds)) * (
            archive_seconds / self.archive_seconds
        )
        return self.place + self.scale * math.log(max(compared, 1e-9))


def _room_s(seconds: float) -> float:
    """How much room there is for a patch in a sound: short ones have little of it."""
    return max(seconds - _PATCH_S, 0.1)


# 282 searches of ten seconds of unrelated speakers in 1.1 h of read English (speechocean762 and
# LibriSpeech); bench/heard.py prints it.
REFERENCE = Background(
    place=5.36674,
    scale=0.52392,
    place_error=0.06155,
    scale_error=0.04634,
    seconds=10.0,
    archive_seconds=4_075.8,
    searches=282,
)


def fitted(scores: Sequence[float], *, seconds: float, archive_seconds: float) -> Background:
    """Fit the law to the best scores of searches that should have found nothing.

    Only the upper two fifths are fitted; of the others it counts that they are below: what matters
    is the tail.

    Parameters
    ----------
    scores : sequence of float
    seconds, archive_seconds : float
        How long the sounds were, and the archive.
    """
    values = _without_doubles(np.sort(np.asarray(scores, dtype=np.float64)))
    if values.size < _FEWEST or values[-1] <= 0:
        return Background.none()
    bar = max(float(np.quantile(values, _CENSORED)), _LEAST_BAR)
    upper = values[values > bar]
    if upper.size < _FEWEST // 4:
        return Background.none()
    below = values.size - upper.size

    def unlikelihood(law: Values) -> float:
        place, log_scale = float(law[0]), float(law[1])
        scale = math.exp(log_scale)
        reduced = (upper - place) / scale
        seen = float((reduced + np.exp(-reduced)).sum()) + upper.size * log_scale
        return seen + float(below) * math.exp(min((place - bar) / scale, 50.0))

    begin = np.array([bar, math.log(max(float((upper - bar).mean()), 1e-2))])
    fit = scipy.optimize.minimize(unlikelihood, begin, method="Nelder-Mead")
    scale = math.exp(fit.x[1])
    errors = _errors(unlikelihood, fit.x)
    return Background(
        place=round(float(fit.x[0]), 5),
        scale=round(scale, 5),
        place_error=round(errors[0], 5),
        scale_error=round(errors[1] * scale, 5),
        seconds=seconds,
        archive_seconds=archive_seconds,
        searches=int(values.size),
    )


def _without_doubles(values: Values) -> Values:
    """Leave out recordings that the archive holds twice: they stand far above the rest."""
    if values.size < _FEWEST:
        return values
    middle, upper = np.quantile(values, [0.5, 0.75])
    return np.asarray(values[values <= middle + 10 * max(float(upper - middle), 0.3)])


def _errors(unlikelihood: Callable[[Values], float], at: Values) -> tuple[float, float]:
    """Standard errors of the two parameters, from the curvature where they fit best."""
    step = 1e-3
    curvature = np.zeros((2, 2))
    for row in range(2):
        for column in range(2):
            for one in (-step, step):
                for other in (-step, step):
                    there = at.copy()
                    there[row] += one
                    there[column] += other
                    sign = 1.0 if one * other > 0 else -1.0
                    curvature[row, column] += sign * unlikelihood(there)
    spread = np.linalg.pinv(curvature / (4 * step * step))
    return float(np.sqrt(max(spread[0, 0], 0))), float(np.sqrt(max(spread[1, 1], 0)))
