"""Values that cannot both hold, and agreement that is not independent.

A conflict is shown, never resolved: the two statements stand side by side with who says each. What
was denied or only unconfirmed conflicts with nothing; what was hedged does, and its hedge is shown.
"""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from earwitness.dossier.names import fold
from earwitness.dossier.statement import Manner, Property, Statement, Value

ONE_VALUE = frozenset({Property.BORN_ON, Property.BORN_IN, Property.DIED_ON, Property.DIED_IN})
_OF_THE_LIVING = frozenset({Property.APPEARED_ON, Property.DETAINED_ON, Property.FREED_ON})
_PUT_FORWARD = frozenset({Manner.ASSERTED, Manner.HEDGED, Manner.INFERRED})
MAX_GROUP = 200  # different values of one property of one subject that are compared pair by pair
Named = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two values that cannot both hold, with the statements for each side.

    ``why`` is in words: "two dates of birth", "alive after death".
    """

    subject: str
    why: str
    one: tuple[Statement, ...]
    other: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """One value that several documents give, and how many independent sources that is."""

    subject: str
    property: Property
    value: str
    statements: tuple[Statement, ...]
    sources: int

    @builtins.property
    def wording(self) -> str:
        """As the report puts it: "three papers, one source"."""
        documents = len({statement.document for statement in self.statements})
        papers = "document" if documents == 1 else "documents"
        sources = "source" if self.sources == 1 else "sources"
        return f"{documents} {papers}, {self.sources} {sources}"


def find_conflicts(statements: Sequence[Statement], *, named: Named = fold) -> list[Conflict]:
    """Find the values that cannot both hold.

    Parameters
    ----------
    statements : sequence of Statement
    named : callable
        From a name to the entity that it stands for; two names are one subject if it says so.

    Returns
    -------
    list of Conflict
        By subject, then by kind.
    """
    by_subject: dict[str, dict[Property, list[Statement]]] = defaultdict(lambda: defaultdict(list))
    for statement in statements:
        if statement.manner in _PUT_FORWARD and statement.value.is_known:
            by_subject[named(statement.subject)][statement.property].append(statement)
    found: list[Conflict] = []
    for subject in sorted(by_subject):
        of = by_subject[subject]
        for prop in sorted(ONE_VALUE & of.keys()):
            found += _two_values(of[prop], prop, named)
        found += _order(
            of, Property.BORN_ON, frozenset(_OF_THE_LIVING | {Property.DIED_ON}), "before birth"
        )
        found += _order_after_death(of)
    return found


def _two_values(statements: Sequence[Statement], prop: Property, named: Named) -> list[Conflict]:
    groups = _grouped(statements, named)
    found = []
    for place, (one, first) in enumerate(groups[:MAX_GROUP]):
        for other, second in groups[place + 1 : MAX_GROUP]:
            if _can_both_hold(one, first[0].value, other, second[0].value):
                continue
            why = f"two values where one can hold: {prop.wording} {one} or {other}"
            found.append(Conflict(first[0].subject, why, tuple(first), tuple(second)))
    return found


def _grouped(statements: Sequence[Statement], named: Named) -> list[tuple[str, list[Statement]]]:
    groups: dict[str, list[Statement]] = {}
    for statement in statements:
        value = statement.value
        key = value.shown if value.earliest else named(value.text.removeprefix("the "))
        groups.setdefault(key, []).append(statement)
    return sorted(groups.items())


def _can_both_hold(one: str, first: Value, other: str, second: Value) -> bool:
    """Dates that overlap, or places of which one's words hold the other's."""
    if first.earliest and first.latest and second.earliest and second.latest:
        return first.earliest <= second.latest and second.earliest <= first.latest
    return set(one.split()) <= set(other.split()) or set(other.split()) <= set(one.split())


def _order(
    of: Mapping[Property, Sequence[Statement]],
    first: Property,
    later: frozenset[Property],
    why: str,
) -> list[Conflict]:
    """What must come after something, and is said to have come before it."""
    starts = [one for one in of.get(first, ()) if one.value.earliest]
    if not starts:
        return []
    earliest = min(starts, key=lambda one: one.value.earliest or date.max)
    return [
        Conflict(earliest.subject, f"{other.property.wording} {why}", (earliest,), (other,))
        for prop in sorted(later)
        for other in of.get(prop, ())
        if other.value.latest
        and earliest.value.earliest
        and other.value.latest < earliest.value.earliest
    ][:MAX_GROUP]


def _order_after_death(of: Mapping[Property, Sequence[Statement]]) -> list[Conflict]:
    deaths = [one for one in of.get(Property.DIED_ON, ()) if one.value.latest]
    found = []
    for death in deaths[:MAX_GROUP]:
        for prop in sorted(_OF_THE_LIVING):
            for other in list(of.get(prop, ()))[:MAX_GROUP]:
                if (
                    other.value.earliest
                    and death.value.latest
                    and other.value.earliest > death.value.latest
                ):
                    why = f"alive after death: {other.property.wording} {other.value.shown}"
                    found.append(Conflict(death.subject, why, (death,), (other,)))
    return found


def find_agreements(
    statements: Sequence[Statement],
    origin_of: Mapping[str, str],
    *,
    named: Named = fold,
) -> list[Agreement]:
    """Find values that several documents give, and count their independent sources.

    Documents of one origin count once. So do documents that name the same claimant: two papers that
    both cite one official have one source.

    Parameters
    ----------
    statements : sequence of Statement
    origin_of : mapping
        From a document's SHA-256 to the name of its origin (see ``shared_text.origins``).
    """
    groups: dict[tuple[str, Property, str], list[Statement]] = defaultdict(list)
    for statement in statements:
        if statement.property is Property.SAID or statement.manner not in _PUT_FORWARD:
            continue
        if statement.value.is_known:
            value = (
                statement.value.shown if statement.value.earliest else fold(statement.value.text)
            )
            groups[named(statement.subject), statement.property, value].append(statement)
    found = []
    for (_, prop, value), group in sorted(groups.items(), key=lambda item: item[0]):
        if len({one.document for one in group}) < 2:
            continue
        sources = _independent(group, origin_of)
        found.append(Agreement(group[0].subject, prop, value, tuple(group), sources))
    return found


def _independent(group: Sequence[Statement], origin_of: Mapping[str, str]) -> int:
    """The number of sources: statements that share an origin or a claimant are joined."""
    leader: dict[str, str] = {}

    def head(key: str) -> str:
        leader.setdefault(key, key)
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    heads = []
    for statement in group:
        origin = "origin " + origin_of.get(statement.document, statement.document)
        heads.append(origin)
        head(origin)
        if len(statement.said_by) > 1:
            claimant = "claimant " + fold(statement.claimant)
            leader[head(claimant)] = head(origin)
    return len({head(one) for one in heads})
