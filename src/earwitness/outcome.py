"""What an examination ends in: a Finding, NotExamined, or Failed; always exactly one of the three.

Conventions: times are seconds from the first decoded sample; levels are dB relative to full scale
(dBFS) unless the unit says otherwise; every number is rounded to the digits that its measurement
carries when it is made, so that a replay on another machine compares equal.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

type_of_json = Any  # JSON has no narrower type that mypy can follow through a round trip
SIGNIFICANT_DIGITS = 6


class Asked(StrEnum):
    """The questions that a desk asks of a tape, in the order of the report."""

    WHAT = "what"
    HEARD = "heard"
    WHOLE = "whole"
    WHO = "who"
    WHEN = "when"
    SAID = "said"
    SAYS_WHO = "says_who"

    @property
    def wording(self) -> str:
        """The question as the report asks it."""
        return _WORDING[self]


_WORDING = {
    Asked.WHAT: "What is it, and what is it worth for examination?",
    Asked.HEARD: "Was it heard before?",
    Asked.WHOLE: "Is it whole?",
    Asked.WHO: "Who is speaking?",
    Asked.WHEN: "When was it made?",
    Asked.SAID: "What is said?",
    Asked.SAYS_WHO: "Who says so?",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its name, unit, digits and, where it has one, its uncertainty.

    ``value`` and the bounds are rounded to ``digits`` decimals when the measure is made.
    ``value`` is None where the quantity is not defined; ``note`` then says why.
    """

    name: str
    value: float | int | str | None
    unit: str = ""
    digits: int = 1
    low: float | None = None
    high: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for attribute in ("value", "low", "high"):
            number = getattr(self, attribute)
            if isinstance(number, int | str) or number is None:
                continue
            object.__setattr__(self, attribute, _rounded_decimals(float(number), self.digits))

    @property
    def text(self) -> str:
        """The number as it is printed: rounded, with unit and interval."""
        if self.value is None:
            return f"not defined ({self.note})" if self.note else "not defined"
        if isinstance(self.value, str):
            return self.value
        shown = (
            f"{self.value:,}" if isinstance(self.value, int) else f"{self.value:,.{self.digits}f}"
        )
        if self.low is not None and self.high is not None:
            shown += f" [{self.low:,.{self.digits}f}, {self.high:,.{self.digits}f}]"
        return f"{shown} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of the recording, in seconds, and what is there."""

    start_s: float
    end_s: float
    label: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "start_s", round(float(self.start_s), 3))
        object.__setattr__(self, "end_s", round(float(self.end_s), 3))


@dataclass(frozen=True, slots=True)
class Line:
    """A curve through points (x, y) [shape=(n,), (n,)]."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    label: str = ""
    kind: str = "line"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A band between two curves over x [shape=(n,) each], such as a waveform's peaks."""

    x: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    label: str = ""
    kind: str = "envelope"


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches of the x axis that are marked."""

    spans: tuple[tuple[float, float], ...]
    label: str = ""
    kind: str = "spans"


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture laid over the axes, such as a spectrogram: a PNG in base64 and its corners."""

    png_base64: str
    x0: float
    x1: float
    y0: float
    y1: float
    label: str = ""
    kind: str = "raster"


@dataclass(frozen=True, slots=True)
class Points:
    """Marks at (x, y) [shape=(n,), (n,)]."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    label: str = ""
    kind: str = "points"


@dataclass(frozen=True, slots=True)
class Rows:
    """Names of heights on the y axis, in place of numbers [shape=(n,)]: what lies in which row."""

    y: tuple[float, ...]
    names: tuple[str, ...]
    label: str = ""
    kind: str = "rows"


@dataclass(frozen=True, slots=True)
class Marks:
    """Upright lines at x, each with the number of one of the finding's places, from 1 [shape=(n,)]."""

    x: tuple[float, ...]
    places: tuple[int, ...]
    label: str = ""
    kind: str = "marks"


Layer = Line | Envelope | Spans | Raster | Points | Rows | Marks
_LAYERS: dict[str, type[Layer]] = {
    "line": Line,
    "envelope": Envelope,
    "spans": Spans,
    "raster": Raster,
    "points": Points,
    "rows": Rows,
    "marks": Marks,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot as data: what is drawn, and in words what it shows; the report draws it.

    ``alternative`` is read in place of the picture, so it states what the picture shows. ``place``
    is the number of the finding's place that it shows closely, from 1; 0 for none.
    """

    title: str
    alternative: str
    x_label: str
    y_label: str
    layers: tuple[Layer, ...]
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    log_x: bool = False
    place: int = 0


@dataclass(frozen=True, slots=True)
class Strength:
    """How strong a finding is as evidence, and on what validation that rests.

    ``scale`` is ``log10_lr`` or ``false_alarm_rate``; ``low`` and ``high`` are its 95 % interval;
    ``measured_on`` says on which data, in which conditions, and on how many of them.
    """

    scale: str
    value: float
    low: float
    high: float
    measured_on: str
    wording: str = ""

    def __post_init__(self) -> None:
        if self.scale not in {"log10_lr", "false_alarm_rate"}:
            raise ValueError(f"unknown scale of strength: {self.scale!r}")
        for attribute in ("value", "low", "high"):
            object.__setattr__(self, attribute, _rounded_significant(getattr(self, attribute), 3))


@dataclass(frozen=True, slots=True)
class Finding:
    """The examination was carried out; this is what it found, which may be that nothing was found.

    Attributes
    ----------
    summary : str
        One or two sentences that a reporter understands.
    measures : tuple of Measure
    places : tuple of Place
        Where in the recording, in seconds.
    limits : tuple of str
        What this finding does not show.
    details : mapping
        The method's own data, as JSON; floats keep six significant digits.
    figures : tuple of Figure
    strength : Strength or None
        None where the finding is an observation, not an inference.
    """

    summary: str
    measures: tuple[Measure, ...] = ()
    places: tuple[Place, ...] = ()
    limits: tuple[str, ...] = ()
    details: Mapping[str, type_of_json] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    strength: Strength | None = None
    kind: str = "finding"

    def __post_init__(self) -> None:
        object.__setattr__(self, "details", plain(self.details))

    def measure(self, name: str) -> Measure:
        """The measure of that name; KeyError when there is none."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class NotExamined:
    """The examination could not be carried out on this recording: why, and what it would take."""

    reason: str
    got: str = ""
    needed: str = ""
    kind: str = "not_examined"


@dataclass(frozen=True, slots=True)
class Failed:
    """The examination broke: an error of the software or of its surroundings, not of the evidence."""

    error: str
    message: str
    kind: str = "failed"


Outcome = Finding | NotExamined | Failed


def plain(value: type_of_json) -> type_of_json:
    """Turn a value into what JSON can hold, floats to six significant digits.

    Raises
    ------
    TypeError
        If something in it has no JSON form.
    ValueError
        If a float is not finite: a NaN that reaches a report is a fault of the method.
    """
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return _rounded_significant(float(value), SIGNIFICANT_DIGITS)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no place in an outcome")


def numbers(values: ArrayLike, *, digits: int = 5) -> tuple[float, ...]:
    """Round an array for a figure [shape=(n,)] to so many significant digits."""
    array = np.asarray(values, dtype=np.float64)
    return tuple(_rounded_significant(float(value), digits) for value in array)


def canonical_json(value: type_of_json) -> str:
    """One spelling for one value: sorted keys, no spaces, no NaN. What is hashed is this."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def outcome_to_json(outcome: Outcome) -> dict[str, type_of_json]:
    """An outcome as a JSON object."""
    return _to_json(outcome)  # type: ignore[no-any-return]


def outcome_hash(outcome: Outcome) -> str:
    """SHA-256 over the canonical JSON of an outcome, in hexadecimal."""
    text = canonical_json(outcome_to_json(outcome))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def substance_hash(outcome: Outcome) -> str:
    """SHA-256 over an outcome without its figures: what a replay compares.

    A figure is drawn from hundreds of thousands of values, of which processors of different make
    round a few differently in their last bit; everything that is said is rounded far above that.
    """
    substance = outcome_to_json(outcome)
    substance.pop("figures", None)
    text = canonical_json(substance)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def outcome_from_json(data: Mapping[str, type_of_json]) -> Outcome:
    """Read an outcome back from its JSON object.

    Raises
    ------
    ValueError
        If ``kind`` is none of the three.
    """
    fields = {key: value for key, value in data.items() if key != "kind"}
    match data.get("kind"):
        case "finding":
            return _finding_from_json(fields)
        case "not_examined":
            return NotExamined(**fields)
        case "failed":
            return Failed(**fields)
        case other:
            raise ValueError(f"an outcome is finding, not_examined or failed, never {other!r}")


def _finding_from_json(fields: dict[str, type_of_json]) -> Finding:
    strength = fields.get("strength")
    return Finding(
        summary=fields["summary"],
        measures=tuple(Measure(**item) for item in fields["measures"]),
        places=tuple(Place(**item) for item in fields["places"]),
        limits=tuple(fields["limits"]),
        details=fields["details"],
        figures=tuple(_figure_from_json(item) for item in fields["figures"]),
        strength=Strength(**strength) if strength else None,
    )


def _figure_from_json(data: Mapping[str, type_of_json]) -> Figure:
    layers = []
    for item in data["layers"]:
        values = {key: _tuples(value) for key, value in item.items() if key != "kind"}
        layers.append(_LAYERS[item["kind"]](**values))
    rest = {key: _tuples(value) for key, value in data.items() if key != "layers"}
    return Figure(**rest, layers=tuple(layers))


def _tuples(value: type_of_json) -> type_of_json:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _to_json(value: type_of_json) -> type_of_json:
    if hasattr(value, "__dataclass_fields__"):
        return {name: _to_json(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, tuple | list):
        return [_to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _to_json(item) for key, item in value.items()}
    return value


def _rounded_decimals(value: float, digits: int) -> float:
    if not math.isfinite(value):
        raise ValueError(f"a measure must be finite or None, got {value}")
    return round(value, digits) + 0.0  # + 0.0 turns -0.0 into 0.0


def _rounded_significant(value: float, digits: int) -> float:
    if not math.isfinite(value):
        raise ValueError(f"an outcome holds finite numbers only, got {value}")
    return float(f"{value:.{digits}g}") + 0.0
