"""The fourteen invented stories: read the lists made by hand, and count which drafts are on them.

A draft is on the list if property and manner are the same, subject and value are the same (names by
their words, dates by their days, contents by half of their words), and the innermost source is the
same. Each line and each draft counts once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from earwitness.dossier.drafting import Source, draft
from earwitness.dossier.statement import Manner, Property, Statement

FOLDER = Path(__file__).parent.parent / "tests" / "dossier" / "stories"
HELD_OUT = ("13", "14")
_MANNERS = dict(
    zip("ahdui", ("asserted", "hedged", "denied", "unconfirmed", "inferred"), strict=True)
)
_EMPTY = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "in",
        "at",
        "to",
        "for",
        "by",
        "from",
        "and",
        "or",
        "that",
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "col",
        "colonel",
        "gen",
        "sheikh",
        "mullah",
        "its",
        "his",
        "her",
        "their",
        "it",
        "was",
        "were",
        "is",
        "said",
    ]
)
_WORD = re.compile(r"[\w]+(?:-\w+)*")


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list."""

    property: Property
    subject: str
    value: str
    by: str
    manner: Manner
    line: str


@dataclass(frozen=True, slots=True)
class Story:
    """A story with its list."""

    name: str
    text: str
    outlet: str
    published: date
    listed: tuple[Listed, ...]

    def drafts(self) -> list[Statement]:
        """What the rules draft from it."""
        return draft(self.text, Source("0" * 64, self.published, self.outlet))


def read_stories() -> list[Story]:
    """All stories, in order."""
    return [_story(path) for path in sorted(FOLDER.glob("*.txt"))]


def _story(path: Path) -> Story:
    text = path.read_text("utf-8")
    lines = path.with_suffix(".statements").read_text("utf-8").splitlines()
    listed = tuple(_listed(line, text) for line in lines[2:] if line.strip())
    return Story(
        name=path.stem,
        text=text,
        outlet=lines[0].removeprefix("outlet: "),
        published=date.fromisoformat(lines[1].removeprefix("published: ")),
        listed=listed,
    )


def _listed(line: str, text: str) -> Listed:
    fields = [field.strip() for field in line.split("|")]
    prop = Property(fields[0])
    value = fields[2]
    if prop is Property.SAID:
        value = " ".join(_passage(part, text) for part in value.split(" // "))
    return Listed(prop, fields[1], value, fields[3], Manner(_MANNERS[fields[4]]), line)


def _passage(part: str, text: str) -> str:
    """The words of a text from the first to the last words that the list gives."""
    first, dots, last = part.partition(" ... ")
    if not dots:
        return part
    start = text.index(first)
    end = text.index(last, start)
    return text[start : end + len(last)]


def words(text: str) -> set[str]:
    """The words of a text that carry meaning, in lower case."""
    found = {word.lower() for word in _WORD.findall(text)}
    return (found - _EMPTY) or found


def is_on_list(one: Listed, statement: Statement) -> bool:
    """Whether a draft is the statement of a line."""
    if one.property is not statement.property or one.manner is not statement.manner:
        return False
    return (
        _same_subject(one, statement)
        and _same_value(one, statement)
        and _same_source(one, statement)
    )


def _same_subject(one: Listed, statement: Statement) -> bool:
    want, got = words(one.subject), words(statement.subject)
    if statement.property in (
        Property.RELEASED_ON,
        Property.RELEASED_BY,
        Property.SPEAKER,
        Property.VERIFICATION,
    ):
        return (
            True if statement.property is not Property.VERIFICATION else _about_the_same(want, got)
        )
    return _same_name(want, got)


def _about_the_same(want: set[str], got: set[str]) -> bool:
    things = {
        "recording",
        "tape",
        "voice",
        "it",
        "message",
        "video",
        "authenticity",
        "account",
        "claim",
        "report",
        "death",
        "radio",
    }
    return bool(want & got) or bool(want & things and got & things)


def _same_name(want: set[str], got: set[str]) -> bool:
    plain_want = {word.removeprefix("al-") for word in want}
    plain_got = {word.removeprefix("al-") for word in got}
    return len(plain_want & plain_got) >= 0.5 * min(len(plain_want), len(plain_got))


def _same_value(one: Listed, statement: Statement) -> bool:
    if one.property is Property.SAID:
        want, got = _WORD.findall(one.value.lower()), _WORD.findall(statement.value.text.lower())
        shared = len(set(want) & set(got))
        return 2 * shared >= 0.5 * (len(set(want)) + len(set(got)))
    if statement.value.earliest or one.property.kind == "date":
        return _same_days(one.value, statement)
    if one.property is Property.VERIFICATION:
        return one.value == statement.value.text
    return _same_name(words(one.value), words(statement.value.text))


def _same_days(value: str, statement: Statement) -> bool:
    if value == "-" or statement.value.earliest is None:
        return value == "-" and statement.value.earliest is None
    first, _, last = value.partition("/")
    got = (statement.value.earliest.isoformat(), (statement.value.latest or date.max).isoformat())
    if last:
        return got[0].startswith(first) and got[1].startswith(last)
    return got[0].startswith(first) and got[1].startswith(first)


def _same_source(one: Listed, statement: Statement) -> bool:
    if one.property is Property.SAID:
        return True
    got = statement.claimant if len(statement.said_by) > 1 else ""
    want = one.by.split(" > ")[-1]
    if not want or not got:
        return (want or statement.said_by[0]) == (got or statement.said_by[0]) or _is_outlet(
            want, statement
        )
    return _same_name(words(want), words(got))


def _is_outlet(want: str, statement: Statement) -> bool:
    return bool(want) and _same_name(words(want), words(statement.said_by[0]))


@dataclass(frozen=True, slots=True)
class Count:
    """How many drafts are on the list, and how long the two are."""

    found: int
    listed: int
    drafted: int
    missed: tuple[Listed, ...]
    extra: tuple[Statement, ...]

    @property
    def recall(self) -> float:
        """The share of the list that was drafted."""
        return self.found / self.listed

    @property
    def precision(self) -> float:
        """The share of the drafts that is on the list."""
        return self.found / max(self.drafted, 1)


def count(story: Story) -> Count:
    """Draft a story and compare with its list."""
    left = list(story.listed)
    extra = []
    found = 0
    for statement in story.drafts():
        if statement.property is Property.MENTIONS:
            continue  # the lists were made before such statements were drafted
        line = next((one for one in left if is_on_list(one, statement)), None)
        if line is None:
            extra.append(statement)
        else:
            left.remove(line)
            found += 1
    total = len(story.listed)
    return Count(found, total, found + len(extra), tuple(left), tuple(extra))
