"""What a search finds when there is nothing to find: measured on the archive, and kept with it.

Sounds that are not in the archive are searched in it, and the best score of each search is kept.
The largest of many scores follows, for scores like these, an extreme-value law of Gumbel's kind,
whose place moves with the logarithm of how much was compared with how much. The law gives the
probability that a search of unrelated sound scores as high as the one at hand, and its uncertainty
follows from the number of searches.

To have sounds that are not in it, recordings of the archive are searched with themselves left
out. What then scores far above all others is a recording that the archive holds twice, and is no part of the
background.

Source: Gumbel 1958; Coles 2001, section 3.1; for searches of databases, Karlin and Altschul 1990.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy.optimize

_FEWEST = 20


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
        return cls(math.inf, 1.0, 0.0, 0.0, 1.0, 1.0, 0)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Background:
        """From an archive's manifest."""
        return cls(**data) if data else cls.none()

    @property
    def measured(self) -> bool:
        """Whether there is anything to go by."""
        return self.searches >= _FEWEST

    def to_json(self) -> dict[str, Any]:
        """For an archive's manifest."""
        return asdict(self)

    def probability(self, score: float, *, seconds: float, archive_seconds: float) -> float:
        """The probability that unrelated sound of this length scores as high in this archive."""
        if not self.measured:
            return 1.0
        place = self._place(seconds, archive_seconds)
        return float(-math.expm1(-math.exp(min((place - score) / self.scale, 50.0))))

    def interval(
        self, score: float, *, seconds: float, archive_seconds: float
    ) -> tuple[float, float]:
        """A 95 % interval of the same probability, from the errors of the law's place and scale."""
        if not self.measured:
            return 0.0, 1.0
        distance = (score - self._place(seconds, archive_seconds)) / self.scale
        error = math.hypot(self.place_error, distance * self.scale_error) / self.scale
        low, high = distance + 1.96 * error, distance - 1.96 * error
        return tuple(float(-math.expm1(-math.exp(min(-d, 50.0)))) for d in (low, high))  # type: ignore[return-value]

    def score_for(self, probability: float, *, seconds: float, archive_seconds: float) -> float:
        """The score that unrelated sound reaches with this probability."""
        if not self.measured:
            return math.inf
        place = self._place(seconds, archive_seconds)
        return place - self.scale * math.log(-math.log1p(-probability))

    def _place(self, seconds: float, archive_seconds: float) -> float:
        compared = (seconds / self.seconds) * (archive_seconds / self.archive_seconds)
        return self.place + self.scale * math.log(max(compared, 1e-9))


def fitted(scores: Sequence[float], *, seconds: float, archive_seconds: float) -> Background:
    """Fit the law to the best scores of searches that should have found nothing.

    Parameters
    ----------
    scores : sequence of float
    seconds, archive_seconds : float
        How long the sounds were, and the archive.
    """
    values = np.sort(np.asarray(scores, dtype=np.float64))
    values = _without_doubles(values)
    count = values.size
    if count < _FEWEST:
        return Background.none()
    scale = _likeliest_scale(values)
    place = -scale * math.log(float(np.mean(np.exp(-(values - values.mean()) / scale)))) + float(
        values.mean()
    )
    # Fisher information of the Gumbel law: the inverse of its matrix has these on the diagonal.
    return Background(
        place=round(place, 5),
        scale=round(scale, 5),
        place_error=round(scale * math.sqrt(1.1087 / count), 5),
        scale_error=round(scale * math.sqrt(0.6079 / count), 5),
        seconds=seconds,
        archive_seconds=archive_seconds,
        searches=int(count),
    )


def _without_doubles(values: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    """Leave out recordings that the archive holds twice: they stand far above the rest."""
    if values.size < _FEWEST:
        return values
    middle, upper = np.quantile(values, [0.5, 0.75])
    return values[values <= middle + 12 * max(upper - middle, 0.05)]


def _likeliest_scale(values: Any) -> float:
    """The scale of greatest likelihood, by its one equation."""
    centred = values - values.mean()

    def equation(scale: float) -> float:
        weight = np.exp(-centred / scale)
        return float(scale + (centred * weight).sum() / weight.sum())

    spread = max(float(values.std()), 1e-3)
    return float(scipy.optimize.brentq(equation, 0.05 * spread, 20 * spread))
