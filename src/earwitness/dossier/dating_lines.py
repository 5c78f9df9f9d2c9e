"""Evidence of time as a person types it, one line for each piece; and points in time as they are shown.

::

    troops: 5 November 2014 | Defence Ministry      the event took place within these days
    made > troops | mentioned at 3:12                one point is not before another
    made < 13 November 2014                          not after the last of these days
    ? made > leak + 2 days | a former officer        less than sure, with an offset
    second passage = first passage                   at the same time

Days may be told in words, as in a news text: "late 2015", "the following December" (from the date
that was typed before it), "last week" (from the day that is given). What follows a "#" is a
remark. Days are counted in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from earwitness.dossier.dates import DateFound, find_dates
from earwitness.dossier.dating import CALENDAR, Constraint
from earwitness.dossier.hedges import surety_of_wording
from earwitness.errors import BadStatement

MAX_LINES = 10_000
DAY_S = 86_400
TYPED_HEDGE = "typed as less than sure"
_LINE = re.compile(
    r"^\s*(?P<hedge>\?\s*)?(?P<point>[^:<>=|]+?)\s*(?P<operator>[:<>=])\s*(?P<rest>[^|]+?)\s*"
    r"(?:\|\s*(?P<source>.*?)\s*)?$"
)
_OFFSET = re.compile(
    r"^(?P<point>.*?)\s*(?P<sign>[+-])\s*(?P<count>\d{1,5}) (?P<unit>hour|day|week)s?$"
)
_UNITS = {"hour": 3_600, "day": DAY_S, "week": 7 * DAY_S}


def first_second(day: date) -> int:
    """The first second of a day, from the calendar's beginning, in UTC."""
    return int(datetime.combine(day, time(), UTC).timestamp())


def last_second(day: date) -> int:
    """The last second of a day."""
    return first_second(day) + DAY_S - 1


def shown(at_s: int) -> str:
    """A moment in words: its day, and its time of day where it is not the day's first or last second."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at_s)
    if at_s % DAY_S in (0, DAY_S - 1):
        return moment.date().isoformat()
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def read_lines(text: str, *, today: date | None = None) -> list[Constraint]:
    """Read typed evidence.

    Parameters
    ----------
    text : str
    today : date or None
        The day from which "last week" counts.

    Raises
    ------
    BadStatement
        If a line can't be understood; it names the line.
    """
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise BadStatement("there are too many lines", got=str(len(lines)))
    dates = find_dates(text, today)
    found, place = [], 0
    for number, line in enumerate(lines, 1):
        line_end = len(line)
        line = line.split("#")[0]
        if line.strip():
            inside = [one for one in dates if place <= one.span[0] < place + len(line)]
            try:
                found.append(_constraint(line, place, inside))
            except BadStatement as error:
                raise BadStatement(
                    f"line {number}: {error.what}", got=error.got or line.strip()[:200]
                ) from error
        place += line_end + 1
    return found


def _constraint(line: str, place: int, dates: list[DateFound]) -> Constraint:
    match = _LINE.match(line)
    if match is None:
        raise BadStatement("this is no constraint", expected="such as: made < 13 November 2014")
    point, source = _named(match["point"]), match["source"] or ""
    hedge = surety_of_wording(source).words or (TYPED_HEDGE if match["hedge"] else "")
    why = line.split("|", maxsplit=1)[0].strip().lstrip("? ")
    start, end = (place + each for each in match.span("rest"))
    day = next((one for one in dates if start <= one.span[0] < end), None)
    if day is not None and day.span[0] <= start + 4:
        least, most = _bounds(match["operator"], day)
        return Constraint(CALENDAR, point, least, most, why, source, hedge)
    if match["operator"] == ":":
        raise BadStatement("no date is told after the colon")
    return _relation(point, match["operator"], match["rest"], why, source, hedge)


def _bounds(operator: str, day: DateFound) -> tuple[int | None, int | None]:
    first, last = first_second(day.interval.earliest), last_second(day.interval.latest)
    return (first if operator in ":=>" else None), (last if operator in ":=<" else None)


def _relation(
    point: str, operator: str, rest: str, why: str, source: str, hedge: str
) -> Constraint:
    offset = _OFFSET.match(rest)
    other = _named(offset["point"] if offset else rest)
    seconds = 0
    if offset:
        seconds = int(offset["count"]) * _UNITS[offset["unit"]]
        seconds = -seconds if offset["sign"] == "-" else seconds
    least = seconds if operator in ">=" else None
    most = seconds if operator in "<=" else None
    return Constraint(other, point, least, most, why, source, hedge)


def _named(words: str) -> str:
    name = " ".join(words.split()).casefold()
    if not name:
        raise BadStatement("a point in time needs a name")
    return name


def in_words(constraint: Constraint) -> str:
    """A constraint as a sentence part, with its source and its hedge."""
    return "".join(_parts(constraint))


def _parts(constraint: Constraint) -> Iterator[str]:
    yield constraint.why
    if constraint.source:
        yield f" ({constraint.source})"
    if constraint.hedge:
        yield f" [hedged: {constraint.hedge}]"
