"""A statement: something that somebody says of somebody, with who says it, how surely, and where.

A statement is never a fact. It holds the wording that it was drawn from and the place of that
wording in a document, so that a person can check it in one look. Its id is a hash of all that it
holds: two quotations never become one.
"""

from __future__ import annotations

import builtins
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from earwitness.errors import BadStatement


class Property(StrEnum):
    """What a statement says of its subject."""

    SAID = "said"
    ALIAS = "alias"
    SAME_AS = "same_as"
    BORN_ON = "born_on"
    BORN_IN = "born_in"
    FROM_PLACE = "from_place"
    DIED_ON = "died_on"
    DIED_IN = "died_in"
    DETAINED_ON = "detained_on"
    DETAINED_IN = "detained_in"
    FREED_ON = "freed_on"
    APPEARED_ON = "appeared_on"
    RELEASED_ON = "released_on"
    RELEASED_BY = "released_by"
    SPEAKER = "speaker"
    VERIFICATION = "verification"
    LEADER_OF = "leader_of"
    MEMBER_OF = "member_of"
    SUCCEEDED = "succeeded"
    BECAME = "became"
    ROLE = "role"
    MENTIONS = "mentions"
    MADE_ON = "made_on"
    HAPPENED_ON = "happened_on"

    @property
    def kind(self) -> ValueKind:
        """What kind of value the property takes."""
        return _KINDS[self]

    @property
    def wording(self) -> str:
        """The property as a phrase between subject and value."""
        return _WORDINGS[self]


class ValueKind(StrEnum):
    """What a value is."""

    DATE = "date"
    PLACE = "place"
    NAME = "name"
    GROUP = "group"
    QUOTATION = "quotation"
    VERDICT = "verdict"
    ROLE = "role"
    EVENT = "event"


class Manner(StrEnum):
    """How surely a statement is made, from the surest to the least sure."""

    ASSERTED = "asserted"
    INFERRED = "inferred"
    HEDGED = "hedged"
    UNCONFIRMED = "unconfirmed"
    DENIED = "denied"

    @property
    def rank(self) -> int:
        """0 for asserted; the higher, the farther from it."""
        return list(Manner).index(self)


def weakest(*manners: Manner) -> Manner:
    """The manner farthest from asserted: a chain is as sure as its weakest link."""
    return max(manners, key=lambda manner: manner.rank, default=Manner.ASSERTED)


class Verdict(StrEnum):
    """What somebody found who tried to verify, or did not try."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not confirmed"
    COULD_NOT_VERIFY = "could not verify"
    DENIED = "denied"


_KINDS = {
    Property.SAID: ValueKind.QUOTATION,
    Property.ALIAS: ValueKind.NAME,
    Property.SAME_AS: ValueKind.NAME,
    Property.BORN_ON: ValueKind.DATE,
    Property.BORN_IN: ValueKind.PLACE,
    Property.FROM_PLACE: ValueKind.PLACE,
    Property.DIED_ON: ValueKind.DATE,
    Property.DIED_IN: ValueKind.PLACE,
    Property.DETAINED_ON: ValueKind.DATE,
    Property.DETAINED_IN: ValueKind.PLACE,
    Property.FREED_ON: ValueKind.DATE,
    Property.APPEARED_ON: ValueKind.DATE,
    Property.RELEASED_ON: ValueKind.DATE,
    Property.RELEASED_BY: ValueKind.GROUP,
    Property.SPEAKER: ValueKind.NAME,
    Property.VERIFICATION: ValueKind.VERDICT,
    Property.LEADER_OF: ValueKind.GROUP,
    Property.MEMBER_OF: ValueKind.GROUP,
    Property.SUCCEEDED: ValueKind.NAME,
    Property.BECAME: ValueKind.GROUP,
    Property.ROLE: ValueKind.ROLE,
    Property.MENTIONS: ValueKind.EVENT,
    Property.MADE_ON: ValueKind.DATE,
    Property.HAPPENED_ON: ValueKind.DATE,
}
_WORDINGS = {
    Property.SAID: "said",
    Property.ALIAS: "is also known as",
    Property.SAME_AS: "is the same as",
    Property.BORN_ON: "was born on",
    Property.BORN_IN: "was born in",
    Property.FROM_PLACE: "is from",
    Property.DIED_ON: "died on",
    Property.DIED_IN: "died in",
    Property.DETAINED_ON: "was detained on",
    Property.DETAINED_IN: "was detained in",
    Property.FREED_ON: "was freed on",
    Property.APPEARED_ON: "appeared on",
    Property.RELEASED_ON: "was released on",
    Property.RELEASED_BY: "was released by",
    Property.SPEAKER: "is spoken by",
    Property.VERIFICATION: "was examined, with the verdict",
    Property.LEADER_OF: "leads or led",
    Property.MEMBER_OF: "is or was a member of",
    Property.SUCCEEDED: "succeeded",
    Property.BECAME: "became",
    Property.ROLE: "is or was",
    Property.MENTIONS: "mentions",
    Property.MADE_ON: "was recorded on",
    Property.HAPPENED_ON: "took place on",
}


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it was put, and for a date the days between which it lies.

    Attributes
    ----------
    text : str
        In the document's words; "unknown" for an event whose date or place is not given.
    earliest, latest : date or None
        For a date: the first and last day that it can mean, both within. None if not known.
    """

    text: str
    earliest: date | None = None
    latest: date | None = None

    def __post_init__(self) -> None:
        if self.earliest and self.latest and self.earliest > self.latest:
            raise BadStatement(
                "a date ends before it begins", got=f"{self.earliest} to {self.latest}"
            )

    @property
    def is_known(self) -> bool:
        """Whether it says more than that the thing happened."""
        return self.text != UNKNOWN

    @property
    def shown(self) -> str:
        """The value as a table prints it: ISO dates, or the words."""
        if self.earliest is None or self.latest is None:
            return self.text
        if self.earliest == self.latest:
            return self.earliest.isoformat()
        return f"{self.earliest.isoformat()} to {self.latest.isoformat()}"


UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, as drafted or as a person put it.

    Attributes
    ----------
    subject : str
        The name, resolved where the document uses a pronoun.
    property : Property
    value : Value
    said_by : tuple of str
        Who says so, outermost first: the publication, then whom it cites, then whom they cite.
    manner : Manner
    hedge : str
        The words that make it less than asserted; empty if it is asserted.
    asserted_from, asserted_to : date or None
        When it was said, as far as the document tells; else the document's own date.
    document : str
        SHA-256 of the document.
    start, end : int
        Characters of the wording in the document's text.
    wording : str
        The document's words there.
    drafted_by : str
        ``rules_v1``, ``model:NAME`` or ``person:NAME``.
    """

    subject: str
    property: Property
    value: Value
    said_by: tuple[str, ...]
    manner: Manner
    hedge: str
    asserted_from: date | None
    asserted_to: date | None
    document: str
    start: int
    end: int
    wording: str
    drafted_by: str

    def __post_init__(self) -> None:
        if not self.subject.strip():
            raise BadStatement("a statement needs a subject", expected="a name")
        if not 0 <= self.start <= self.end:
            raise BadStatement(
                "a span begins before the text or after its end", got=f"{self.start}-{self.end}"
            )
        if self.manner is Manner.ASSERTED and self.hedge:
            raise BadStatement("an asserted statement has no hedge", got=repr(self.hedge))

    @builtins.property
    def id(self) -> str:
        """SHA-256 over everything that the statement holds, in hexadecimal."""
        canonical = json.dumps(
            to_json(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        return hashlib.sha256(canonical.encode()).hexdigest()

    @builtins.property
    def claimant(self) -> str:
        """Who is nearest to the statement: the last of the chain, or nobody."""
        return self.said_by[-1] if self.said_by else ""

    @builtins.property
    def sentence(self) -> str:
        """The statement in one line, for lists and the log."""
        how = "" if self.manner is Manner.ASSERTED else f" [{self.manner}: {self.hedge}]"
        by = " > ".join(self.said_by) or "nobody named"
        return f"{self.subject} {self.property.wording} {self.value.shown}{how} (says: {by})"


def to_json(statement: Statement) -> dict[str, Any]:
    """The statement as JSON; ``from_json`` reads it back to an equal statement."""
    return {
        "subject": statement.subject,
        "property": str(statement.property),
        "value": {
            "text": statement.value.text,
            "earliest": _iso(statement.value.earliest),
            "latest": _iso(statement.value.latest),
        },
        "said_by": list(statement.said_by),
        "manner": str(statement.manner),
        "hedge": statement.hedge,
        "asserted_from": _iso(statement.asserted_from),
        "asserted_to": _iso(statement.asserted_to),
        "document": statement.document,
        "start": statement.start,
        "end": statement.end,
        "wording": statement.wording,
        "drafted_by": statement.drafted_by,
    }


def from_json(data: Mapping[str, Any]) -> Statement:
    """Read a statement from its JSON.

    Raises
    ------
    BadStatement
        If a field is missing, unknown or of the wrong type.
    """
    try:
        value = data["value"]
        return Statement(
            subject=_text(data["subject"]),
            property=Property(data["property"]),
            value=Value(_text(value["text"]), _date(value["earliest"]), _date(value["latest"])),
            said_by=tuple(_text(name) for name in data["said_by"]),
            manner=Manner(data["manner"]),
            hedge=_text(data["hedge"]),
            asserted_from=_date(data["asserted_from"]),
            asserted_to=_date(data["asserted_to"]),
            document=_text(data["document"]),
            start=_whole(data["start"]),
            end=_whole(data["end"]),
            wording=_text(data["wording"]),
            drafted_by=_text(data["drafted_by"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadStatement("this is not a statement", got=f"{error}") from error


def edited(statement: Statement, *, by: str, **changes: Any) -> Statement:
    """The statement with some of its fields changed by a person, who is named in ``drafted_by``."""
    return replace(statement, **changes, drafted_by=f"person:{by}")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _date(text: object) -> date | None:
    return None if text is None else date.fromisoformat(_text(text))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, not {type(value).__name__}")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a whole number was expected, not {type(value).__name__}")
    return value
