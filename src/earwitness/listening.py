"""Listening to a recording: all places that were found in it, its twins, and what persons marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from earwitness.evidence.custody import Entry
from earwitness.evidence.exhibit import Exhibit
from earwitness.outcome import Finding
from earwitness.store.database import Examined

MAX_LABEL = 500


@dataclass(frozen=True, slots=True)
class Found:
    """A place that an examination found in the recording."""

    start_s: float
    end_s: float
    label: str
    method: str


@dataclass(frozen=True, slots=True)
class Twin:
    """A passage that sounds again elsewhere: in another recording, or later in the same one.

    Attributes
    ----------
    start_s, end_s : float
        Of the passage here.
    there_start_s : float
        Where its twin begins.
    speed : float
        Seconds there to a second here.
    sha256, name : str
        The recording that holds the twin.
    is_exhibit : bool
        Whether the case holds that recording, so that both can be heard.
    method : str
    """

    start_s: float
    end_s: float
    there_start_s: float
    speed: float
    sha256: str
    name: str
    is_exhibit: bool
    method: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that a person marked; ``number`` is that of its custody entry."""

    number: int
    start_s: float
    end_s: float
    label: str
    who: str
    at: str


def places(outcomes: Iterable[Examined]) -> list[Found]:
    """All places that the outcomes of one recording name, in order of time."""
    found = [
        Found(place.start_s, place.end_s, place.label, examined.method)
        for examined in outcomes
        if isinstance(examined.outcome, Finding)
        for place in examined.outcome.places
    ]
    return sorted(found, key=lambda each: (each.start_s, each.end_s, each.method))


def twins(
    outcomes: Iterable[Examined], recording: Exhibit, exhibits: Sequence[Exhibit]
) -> list[Twin]:
    """The passages of a recording that were heard elsewhere, as its outcomes have them."""
    held = {exhibit.sha256 for exhibit in exhibits if exhibit.role.is_recording}
    found: list[Twin] = []
    for examined in outcomes:
        outcome = examined.outcome
        if not isinstance(outcome, Finding):
            continue
        if examined.method.startswith("heard_v"):
            found += _heard(outcome.details, examined.method, held)
        elif examined.method.startswith("repeats_v"):
            found += _repeated(outcome.details, examined.method, recording)
    return sorted(found, key=lambda each: (each.start_s, each.end_s, each.name))


def _heard(details: Mapping[str, Any], method: str, held: set[str]) -> Iterator[Twin]:
    for archive in details["archives"]:
        for stretch in archive["stretches"]:
            known = stretch["recording"]
            yield Twin(
                start_s=stretch["here_start_s"],
                end_s=stretch["here_end_s"],
                there_start_s=stretch["there_start_s"],
                speed=stretch["speed"],
                sha256=known["sha256"],
                name=known["name"],
                is_exhibit=known["sha256"] in held,
                method=method,
            )


def _repeated(details: Mapping[str, Any], method: str, recording: Exhibit) -> Iterator[Twin]:
    for repeat in details["repeats"]:
        yield Twin(
            start_s=repeat["first_start_s"],
            end_s=repeat["first_end_s"],
            there_start_s=repeat["second_start_s"],
            speed=1.0,
            sha256=recording.sha256,
            name=recording.name,
            is_exhibit=True,
            method=method,
        )


def marks(entries: Iterable[Entry], sha256: str) -> list[Mark]:
    """What persons marked in a recording and did not take away again, in order of time.

    Marks are kept in the custody log alone: they are notes of persons, and no part of an outcome.
    """
    kept: dict[int, Mark] = {}
    for entry in entries:
        details = entry.details
        if entry.act == "mark" and entry.exhibits == (sha256,):
            kept[entry.number] = Mark(
                number=entry.number,
                start_s=float(details["start_s"]),
                end_s=float(details["end_s"]),
                label=str(details["label"]),
                who=entry.who,
                at=entry.at,
            )
        elif entry.act == "unmark":
            kept.pop(int(details["number"]), None)
    return sorted(kept.values(), key=lambda each: (each.start_s, each.end_s, each.number))
