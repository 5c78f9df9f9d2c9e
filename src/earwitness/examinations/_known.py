"""What the statements of a case's documents know, in the form in which transcripts are searched for it."""

from __future__ import annotations

from collections.abc import Iterable

from earwitness.dossier.statement import Property, Statement, ValueKind
from earwitness.examinations._statements import Row
from earwitness.transcripts.mentions import Known, KnownKind

_LONGEST_NAME = 8  # words; longer subjects are descriptions


def known_from(rows: Iterable[Row]) -> list[Known]:
    """Names, places and dated events of statements, each once, the first statement's."""
    found: dict[tuple[str, KnownKind], Known] = {}
    for statement, _, _ in rows:
        for one in _known(statement):
            found.setdefault((one.text.casefold(), one.kind), one)
    return sorted(found.values(), key=lambda one: (one.kind, one.text))


def _known(statement: Statement) -> Iterable[Known]:
    key, value = statement.id, statement.value
    if _is_name(statement.subject):
        yield Known(statement.subject, KnownKind.NAME, statement=key)
    kind = statement.property.kind
    if kind is ValueKind.PLACE and value.is_known:
        yield Known(value.text, KnownKind.PLACE, statement=key)
    elif kind in (ValueKind.NAME, ValueKind.GROUP) and _is_name(value.text):
        yield Known(value.text, KnownKind.NAME, statement=key)
    elif statement.property is Property.MENTIONS:
        yield Known(value.text, KnownKind.EVENT, value.earliest, value.latest, key)
    elif statement.property is Property.HAPPENED_ON:
        yield Known(statement.subject, KnownKind.EVENT, value.earliest, value.latest, key)


def _is_name(text: str) -> bool:
    words = text.split()
    capitals = sum(word[:1].isupper() or not word[:1].isascii() for word in words)
    return len(words) <= _LONGEST_NAME and capitals >= max(1, len(words) - 2)
