"""Which application a file claims to come from, and what in it is unusual for that application.

The rules are data, in ``data/applications_1.toml``, each with its source and how well it is
supported. A rule only compares what a file shows with what its sources describe.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from earwitness.evidence.decode import StreamFacts
from earwitness.evidence.structure.model import Structure

VERSION: Final = 1
Value = str | int | float | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trait:
    """What a field should show: a pattern for its whole text, or one of some numbers."""

    field: str
    pattern: str
    among: tuple[float, ...]
    says: str
    support: str

    def holds(self, value: Value) -> bool:
        """Whether a value is as the trait says; of several values, one is enough."""
        if isinstance(value, tuple):
            return any(self.holds(item) for item in value)
        if self.among:
            return value in self.among
        return re.fullmatch(self.pattern, str(value)) is not None


@dataclass(frozen=True, slots=True)
class Application:
    """An application that writes recordings, what marks its files, and how they usually are."""

    name: str
    aliases: tuple[str, ...]
    support: str
    sources: tuple[str, ...]
    marks: tuple[Trait, ...]
    means: str
    usual: tuple[Trait, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file against the usual files of one application.

    ``basis`` says why the two were compared: the file's own marks, the case's claim, or both.
    """

    application: Application
    basis: str
    as_usual: tuple[Trait, ...]
    unusual: tuple[tuple[Trait, str], ...]
    not_seen: tuple[Trait, ...]
    lacks_marks: bool


@cache
def applications() -> tuple[Application, ...]:
    """The rules of this version, in their order."""
    file = resources.files("earwitness.examinations") / "data" / f"applications_{VERSION}.toml"
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return tuple(_application(item) for item in data["application"])


def compare(structure: Structure, facts: StreamFacts, *, claimed: str = "") -> list[Comparison]:
    """Compare a file with every application that it bears the marks of, or that the case claims.

    Parameters
    ----------
    structure : Structure
    facts : StreamFacts
    claimed : str
        The application that the case says made the file; empty where it says nothing.
    """
    values = _values(structure, facts)
    compared = []
    for application in applications():
        marked = bool(application.marks) and all(_holds(mark, values) for mark in application.marks)
        named = _is_named(application, claimed)
        if marked or named:
            compared.append(_comparison(application, values, marked=marked, named=named))
    return compared


def is_known(claimed: str) -> bool:
    """Whether there is a rule for the application that the case claims."""
    return any(_is_named(application, claimed) for application in applications())


def _comparison(
    application: Application, values: Mapping[str, Value], *, marked: bool, named: bool
) -> Comparison:
    seen = [trait for trait in application.usual if trait.field in values]
    basis = [text for text, so in (("its own marks", marked), ("the case's claim", named)) if so]
    return Comparison(
        application=application,
        basis=" and ".join(basis),
        as_usual=tuple(trait for trait in seen if trait.holds(values[trait.field])),
        unusual=tuple(
            (trait, _shown(values[trait.field]))
            for trait in seen
            if not trait.holds(values[trait.field])
        ),
        not_seen=tuple(trait for trait in application.usual if trait.field not in values),
        lacks_marks=bool(application.marks) and not marked,
    )


def _values(structure: Structure, facts: StreamFacts) -> dict[str, Value]:
    """What the rules may look at. What the structure states goes before what the decoder says."""
    return {
        "sample_rate_hz": facts.sample_rate_hz,
        "channels": facts.channels,
        "codec": facts.codec,
        "profile": facts.profile,
        **structure.facts,
        "format": structure.format,
        "encoders": structure.encoders,
        "tag_names": tuple(tag.name for tag in structure.tags),
        "tag_count": structure.tag_count,
    }


def _holds(trait: Trait, values: Mapping[str, Value]) -> bool:
    return trait.field in values and trait.holds(values[trait.field])


def _is_named(application: Application, claimed: str) -> bool:
    wanted = claimed.strip().lower()
    return bool(wanted) and wanted in {application.name.lower(), *application.aliases}


def _shown(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _application(item: Mapping[str, Any]) -> Application:
    return Application(
        name=item["name"],
        aliases=tuple(item["aliases"]),
        support=item["support"],
        sources=tuple(item["sources"]),
        marks=_traits(item["marks"]),
        means=item["means"],
        usual=_traits(item["usual"]),
    )


def _traits(items: Sequence[Mapping[str, Any]]) -> tuple[Trait, ...]:
    return tuple(
        Trait(
            field=item["field"],
            pattern=item.get("pattern", ""),
            among=tuple(item.get("among", ())),
            says=item.get("says", ""),
            support=item.get("support", ""),
        )
        for item in items
    )
