"""The custody log: who did what to the case, when, in a chain in which each entry holds the last.

The hash of an entry is SHA-256 over the canonical JSON of all its other fields, the hash of the
entry before included. So an entry that was edited, removed or moved breaks the chain at its place.
The chain alone can't show that somebody made all of it anew: for that its head must be kept
elsewhere, which is why reports print it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from earwitness.outcome import canonical_json

BEFORE_THE_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One act on a case.

    Attributes
    ----------
    number : int
        From 1, without gaps.
    at : str
        UTC, ISO 8601 with microseconds.
    who : str
        user@host, or the name given with ``--as``.
    act : str
        new, add, withdraw, edit, examine, report, verify, replay, export, ...
    changes : bool
        Whether the act added to the evidence or to the outcomes; reports print these acts only, so
        that making a report does not change the next one.
    exhibits : tuple of str
        SHA-256 of the exhibits concerned.
    details, versions : mapping
    previous, hash : str
    """

    number: int
    at: str
    who: str
    act: str
    changes: bool
    exhibits: tuple[str, ...]
    details: Mapping[str, Any]
    versions: Mapping[str, str]
    previous: str
    hash: str = ""

    def sealed(self) -> Entry:
        """The same entry with its hash."""
        fields = asdict(self)
        return Entry(**{**fields, "exhibits": self.exhibits, "hash": entry_hash(self)})


@dataclass(frozen=True, slots=True)
class Head:
    """How long the chain is and the hash at its end."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that ``verify`` found: where, and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def entry_hash(entry: Entry) -> str:
    """The hash that an entry ought to have, in hexadecimal."""
    fields = asdict(entry)
    del fields["hash"]
    text = canonical_json(fields)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def walk_chain(entries: Iterable[Entry], head: Head) -> list[Problem]:
    """Check every entry of a log, in the order in which they are stored, against its head.

    Returns
    -------
    list of Problem
        One for each entry that was edited, is missing, or is out of place; empty when all is well.
    """
    problems: list[Problem] = []
    expected_number, previous = 1, BEFORE_THE_FIRST
    for entry in entries:
        where = f"custody entry {entry.number}"
        if entry.number != expected_number:
            problems.append(_out_of_place(entry.number, expected_number))
        if entry_hash(entry) != entry.hash:
            problems.append(Problem(where, "was edited: its content is not what its hash says"))
        elif entry.previous != previous and entry.number == expected_number:
            problems.append(Problem(where, "does not follow from the entry before it"))
        expected_number, previous = entry.number + 1, entry.hash
    if (expected_number - 1, previous) != (head.number, head.hash):
        problems.append(
            Problem(
                "custody log",
                f"ends at entry {expected_number - 1}, but its head says entry {head.number} "
                f"with hash {head.hash[:12]}: entries were removed or edited at the end",
            )
        )
    return problems


def _out_of_place(number: int, expected: int) -> Problem:
    if number > expected:
        missing = f"{expected}" if number == expected + 1 else f"{expected} to {number - 1}"
        return Problem(f"custody entry {missing}", "is missing")
    return Problem(f"custody entry {number}", f"is out of place where entry {expected} should be")


def reportable(entries: Sequence[Entry]) -> list[Entry]:
    """The acts that added to the evidence or the outcomes, up to the last of them."""
    return [entry for entry in entries if entry.changes]
