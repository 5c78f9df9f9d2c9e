"""The dossier as FollowTheMoney entities: what Aleph and its like take in, without who says so.

An entity holds values, and no more; the statements, with their sources and hedges, are what
``followthemoney.to_followthemoney`` writes. Exhibits are entities too: audio files and documents.

Source: FollowTheMoney 4, ``followthemoney/schema``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from earwitness.dossier.followthemoney import to_followthemoney
from earwitness.dossier.names import fold
from earwitness.dossier.statement import Statement
from earwitness.evidence.exhibit import Exhibit, Role

_AUDIO = frozenset({Role.QUESTIONED, Role.KNOWN, Role.POPULATION, Role.ARCHIVE})


def to_entities(
    statements: Iterable[Statement], *, named: Callable[[str], str] = fold
) -> Iterator[dict[str, Any]]:
    """The persons, groups and things of the statements, one entity each, in order of their ids.

    A subject of whom nothing tells a person is a LegalEntity, FollowTheMoney's word for either.
    """
    found: dict[str, dict[str, Any]] = {}
    statements = list(statements)
    rows = to_followthemoney(statements, named=named)
    for statement, row in zip(statements, rows, strict=True):
        entity = found.setdefault(row["entity_id"], _empty(row["entity_id"]))
        if row["schema"] == "Person":
            entity["schema"] = "Person"
        _put(entity, "name", statement.subject)
        _put(entity, row["prop"], row["value"])
    yield from (found[key] for key in sorted(found))


def exhibit_entities(exhibits: Iterable[Exhibit]) -> Iterator[dict[str, Any]]:
    """The case's recordings and documents as files."""
    done: set[str] = set()
    for exhibit in exhibits:
        if exhibit.sha256 not in done:
            done.add(exhibit.sha256)
            schema = "Audio" if exhibit.role in _AUDIO else "Document"
            entity = {**_empty(f"ew-{exhibit.sha256[:32]}"), "schema": schema}
            _put(entity, "fileName", exhibit.name)
            _put(entity, "fileSize", str(exhibit.size))
            _put(entity, "notes", f"SHA-256 {exhibit.sha256}; in the case as {exhibit.role}")
            yield entity


def without_guessable_ids(entities: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Entities of which a name was taken out, under ids against which no name can be tested."""
    for entity in entities:
        text = "\n".join(str(value) for value in entity["properties"].values())
        if "[redacted]" in text and entity["schema"] not in ("Audio", "Document"):
            digest = hashlib.sha256(text.encode()).hexdigest()
            yield {**entity, "id": f"ew-redacted-{digest[:16]}"}
        else:
            yield dict(entity)


def _empty(identity: str) -> dict[str, Any]:
    return {"id": identity, "schema": "LegalEntity", "properties": {}, "datasets": ["earwitness"]}


def _put(entity: dict[str, Any], prop: str, value: str) -> None:
    values = entity["properties"].setdefault(prop, [])
    if value and value not in values:
        values.append(value)
