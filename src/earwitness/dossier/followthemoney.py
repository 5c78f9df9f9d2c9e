"""The dossier as FollowTheMoney statements, and back.

One statement here is one statement there, and the other way round. FollowTheMoney has no place for
who says so, how surely, and in which words, and its ids leave out the document: what it cannot hold
goes beside it under the key ``earwitness``, which its readers pass over.

Source: FollowTheMoney 3 and 4, ``followthemoney/statement``; ids as in ``Statement.generate_key``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from earwitness.dossier.names import fold
from earwitness.dossier.statement import (
    Property,
    Statement,
    ValueKind,
    from_json,
    to_json,
)
from earwitness.errors import BadStatement

DATASET = "earwitness"
# (schema, property, type) in FollowTheMoney; what has no property of its own is a note.
_NATIVE: Mapping[Property, tuple[str, str, str]] = {
    Property.ALIAS: ("Thing", "alias", "name"),
    Property.BORN_ON: ("Person", "birthDate", "date"),
    Property.BORN_IN: ("Person", "birthPlace", "string"),
    Property.DIED_ON: ("Person", "deathDate", "date"),
    Property.ROLE: ("Person", "position", "string"),
}
_NOTE = ("Thing", "notes", "text")


def to_followthemoney(
    statements: Iterable[Statement], *, named: Callable[[str], str] = fold
) -> Iterator[dict[str, Any]]:
    """Write statements in the JSON of FollowTheMoney's statements, one mapping each."""
    for statement in statements:
        schema, prop, kind = _native(statement)
        entity = _entity_id(named(statement.subject))
        value = _value(statement, prop)
        yield {
            "id": _key(DATASET, entity, prop, value, statement.id),
            "entity_id": entity,
            "canonical_id": entity,
            "schema": schema,
            "prop": prop,
            "prop_type": kind,
            "value": value,
            "original_value": statement.value.text,
            "dataset": DATASET,
            "lang": None,
            "external": False,
            "first_seen": _iso(statement),
            "last_seen": _iso(statement),
            "origin": statement.document,
            "earwitness": {**to_json(statement), "id": statement.id},
        }


def from_followthemoney(lines: Iterable[str]) -> Iterator[Statement]:
    """Read statements from lines of JSON that ``to_followthemoney`` wrote.

    Raises
    ------
    BadStatement
        If a line is not such JSON, or its content is not what its id says.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            own = data["earwitness"]
        except (ValueError, KeyError, TypeError) as error:
            raise BadStatement(
                f"line {number} is not a statement of earwitness", got=line[:80]
            ) from error
        statement = from_json(own)
        if own.get("id") != statement.id:
            raise BadStatement(f"line {number} was altered: its id is not that of its content")
        yield statement


def _native(statement: Statement) -> tuple[str, str, str]:
    if not statement.value.is_known:
        return _NOTE
    if statement.property.kind is ValueKind.DATE and statement.value.earliest is None:
        return _NOTE
    return _NATIVE.get(statement.property, _NOTE)


def _value(statement: Statement, prop: str) -> str:
    if prop == "notes":
        return statement.sentence
    value = statement.value
    if value.earliest and value.latest:
        return _prefix(value.earliest.isoformat(), value.latest.isoformat())
    return value.text


def _prefix(first: str, last: str) -> str:
    """A date as FollowTheMoney has it: as many of year, month and day as the two ends share."""
    for length in (10, 7, 4):
        if first[:length] == last[:length]:
            return str(first[:length])
    return first[:4]


def _entity_id(name: str) -> str:
    return "ew-" + hashlib.sha256(name.encode()).hexdigest()[:32]


def _key(*parts: str) -> str:
    return hashlib.sha1(".".join(parts).encode(), usedforsecurity=False).hexdigest()


def _iso(statement: Statement) -> str | None:
    return statement.asserted_from.isoformat() if statement.asserted_from else None
