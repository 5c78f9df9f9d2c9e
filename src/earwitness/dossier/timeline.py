"""What happened when, by whom it is said, and how exactly: appearances, releases and events in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from earwitness.dossier.statement import Statement, ValueKind


@dataclass(frozen=True, slots=True)
class Moment:
    """One dated statement on the timeline."""

    earliest: date
    latest: date
    statement: Statement

    @property
    def days(self) -> int:
        """How many days it may have been."""
        return (self.latest - self.earliest).days + 1

    @property
    def precision(self) -> str:
        """How exactly the date is given: day, month, year, or the number of days."""
        days = self.days
        if days == 1:
            return "day"
        if 28 <= days <= 31 and self.earliest.day == 1:
            return "month"
        return "year" if days in (365, 366) else f"within {days} days"


def timeline(statements: Iterable[Statement]) -> list[Moment]:
    """Put the dated statements in order: by their first day, then by how exact they are."""
    moments = [
        Moment(one.value.earliest, one.value.latest, one)
        for one in statements
        if one.property.kind is ValueKind.DATE and one.value.earliest and one.value.latest
    ]
    return sorted(moments, key=lambda moment: (moment.earliest, moment.latest, moment.statement.id))
