"""Dates in a text as intervals of days, relative ones counted from the document's own date.

An interval grammar: every wording becomes the first and the last day that it can mean. "In August"
is a month, "late 2015" the last third of a year, "the following December" counts from the date
that was named before it. What cannot be placed (no date of the document, nothing to count from) is
left out rather than guessed.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from earwitness.dossier.tokens import Span

_MONTH_NAMES = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_MONTHS |= {name[:3]: number for name, number in list(_MONTHS.items())} | {"sept": 9}
_DAYS = {
    name: number
    for number, name in enumerate(
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    )
}
_SEASONS = {
    "spring": (3, 5),
    "summer": (6, 8),
    "autumn": (9, 11),
    "fall": (9, 11),
    "winter": (12, 2),
}
_NUMBERS = {
    name: number
    for number, name in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
} | {"a": 1, "an": 1, "a few": 3, "several": 3}
_HIJRI = {
    "muharram": 1, "safar": 2, "rabi al-awwal": 3, "rabi al-thani": 4, "jumada al-ula": 5,
    "jumada al-thani": 6, "rajab": 7, "shaban": 8, "sha'ban": 8, "ramadan": 9, "shawwal": 10,
    "dhu al-qadah": 11, "dhu al-hijjah": 12,
}  # fmt: skip

_MONTH = r"(?P<month>january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1[3-9]\d\d|20\d\d)"
_PART = r"(?:(?P<part>early|mid|middle of|late|the end of|the beginning of|the start of)[ -])?"
_COUNT = r"(?P<count>\d{1,3}|an?|a few|several|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_UNIT = r"(?P<unit>day|week|month|year|decade)s?"
_WEEKDAY = r"(?P<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_SEASON = r"(?P<season>spring|summer|autumn|fall|winter)"
_LONGEST_YEARS = 200


@dataclass(frozen=True, slots=True)
class Interval:
    """The first and the last day that a wording can mean, both within."""

    earliest: date
    latest: date


@dataclass(frozen=True, slots=True)
class DateFound:
    """A date in a text: where, the days that it can mean, and whether it was counted from another."""

    span: Span
    interval: Interval
    is_relative: bool


@dataclass(slots=True)
class _Known:
    """What a relative date may count from: the document's date and the last date that was named."""

    published: date | None
    last: Interval | None


_Rule = Callable[[re.Match[str], _Known], Interval | None]


def find_dates(text: str, published: date | None) -> list[DateFound]:
    """Find the dates in a text, in order.

    Parameters
    ----------
    text : str
        A whole document, or a sentence: "that year" counts from the last date before it in it.
    published : date or None
        The document's own date; without it, "last week" and "in August" are left out.
    """
    known = _Known(published, None)
    found: list[DateFound] = []
    place = 0
    while True:
        match = _ANY.search(text, place)
        if match is None:
            return found
        interval, end, relative = _read(text, match.start(), known)
        if interval is None:
            place = max(end, match.end())
            continue
        known.last = interval
        found.append(DateFound((match.start(), end), interval, relative))
        place = end


def _read(text: str, start: int, known: _Known) -> tuple[Interval | None, int, bool]:
    for pattern, rule, relative in _RULES:
        match = pattern.match(text, start)
        if match is None or _is_verb(match):
            continue
        if rule is _from_last and text[max(0, start - 4) : start].lower() == "for ":
            return None, match.end(), relative  # "jailed for three years after": how long
        try:
            interval = rule(match, known)
        except (ValueError, OverflowError):
            return None, match.end(), relative  # 31 February, or a count that leaves the calendar
        if interval is not None:
            return interval, match.end(), relative
    return None, start, False


def _is_verb(match: re.Match[str]) -> bool:
    """ "He may go", "they march": the name of a month has a capital letter."""
    month = match.groupdict().get("month")
    return month is not None and month[0].islower()


def _month_number(match: re.Match[str], name: str = "month") -> int:
    return _MONTHS[match[name].lower().rstrip(".")]


def _month(year: int, number: int) -> Interval:
    return Interval(date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1]))


def _months(year: int, first: int, last: int) -> Interval:
    """From a month of a year to a month of the same year, or of the next if it is earlier."""
    return Interval(date(year, first, 1), _month(year + (last < first), last).latest)


def _full(match: re.Match[str], known: _Known) -> Interval:
    day = date(int(match["year"]), _month_number(match), int(match["day"]))
    return Interval(day, day)


def _iso(match: re.Match[str], known: _Known) -> Interval:
    day = date.fromisoformat(match.group())
    return Interval(day, day)


def _day_range(match: re.Match[str], known: _Known) -> Interval | None:
    year = int(match["year"]) if match["year"] else None
    month = _month_number(match)
    if year is None:
        placed = _nearest_day(month, int(match["day2"]), known)
        if placed is None:
            return None
        year = placed.year
    return Interval(date(year, month, int(match["day"])), date(year, month, int(match["day2"])))


def _nearest_day(month: int, day: int, known: _Known) -> date | None:
    """A day without a year is the latest such day that is not after the document."""
    if known.published is None:
        return None
    this = date(known.published.year, month, day)
    return this if this <= known.published else date(known.published.year - 1, month, day)


def _day_of_month(match: re.Match[str], known: _Known) -> Interval | None:
    day = _nearest_day(_month_number(match), int(match["day"]), known)
    return Interval(day, day) if day else None


def _month_and_year(match: re.Match[str], known: _Known) -> Interval:
    return _part(match["part"], _month(int(match["year"]), _month_number(match)))


def _month_range(match: re.Match[str], known: _Known) -> Interval:
    return _months(int(match["year"]), _month_number(match, "month1"), _month_number(match))


def _part(part: str | None, whole: Interval) -> Interval:
    """The early, middle or late third of an interval."""
    if not part:
        return whole
    days = (whole.latest - whole.earliest).days + 1
    first, second = days // 3, 2 * days // 3
    name = part.lower()
    if name in ("early", "the beginning of", "the start of"):
        return Interval(whole.earliest, whole.earliest + timedelta(first - 1))
    if name in ("late", "the end of"):
        return Interval(whole.earliest + timedelta(second), whole.latest)
    return Interval(whole.earliest + timedelta(first), whole.earliest + timedelta(second - 1))


def _plain_month(match: re.Match[str], known: _Known) -> Interval | None:
    """In August", "last December", "next March": counted from the document's date."""
    if known.published is None:
        return None
    number, year = _month_number(match), known.published.year
    which = (match["which"] or "").lower()
    if which == "next":
        year += number <= known.published.month
    elif number > known.published.month or (which == "last" and number == known.published.month):
        year -= 1
    return _part(match["part"], _month(year, number))


def _following_month(match: re.Match[str], known: _Known) -> Interval | None:
    """ "The following December": the first such month after the last date that was named."""
    if known.last is None:
        return None
    number, after = _month_number(match), known.last.latest
    return _month(after.year + (number <= after.month), number)


def _month_of_that_year(match: re.Match[str], known: _Known) -> Interval | None:
    if known.last is None:
        return None
    year = known.last.earliest.year + (match["that"].lower() in ("following", "next"))
    return _month(year, _month_number(match))


def _year(match: re.Match[str], known: _Known) -> Interval:
    return _part(match["part"], _months(int(match["year"]), 1, 12))


def _decade(match: re.Match[str], known: _Known) -> Interval:
    first = int(match["year"])
    return _part(match["part"], Interval(date(first, 1, 1), date(first + 9, 12, 31)))


def _season_of(match: re.Match[str], known: _Known) -> Interval:
    first, last = _SEASONS[match["season"].lower()]
    return _part(match["part"], _months(int(match["year"]), first, last))


def _last_season(match: re.Match[str], known: _Known) -> Interval | None:
    """ "Last spring", "since the autumn": the latest that began before the document's date."""
    if known.published is None:
        return None
    first, last = _SEASONS[match["season"].lower()]
    year = known.published.year
    season = _months(year, first, last)
    if season.latest >= known.published and season.earliest > known.published - timedelta(45):
        season = _months(year - 1, first, last)
    return season


def _weekday(match: re.Match[str], known: _Known) -> Interval | None:
    """ "On Thursday" is the latest Thursday up to the document's day; "last" is before that day."""
    if known.published is None:
        return None
    back = (known.published.weekday() - _DAYS[match["weekday"].lower()]) % 7
    which = (match["which"] or "").lower()
    if which == "next":
        day = known.published + timedelta(7 - back)
    else:
        day = known.published - timedelta(back or (7 if which == "last" else 0))
    return Interval(day, day)


def _named_day(match: re.Match[str], known: _Known) -> Interval | None:
    if known.published is None:
        return None
    shift = {"yesterday": -1, "tomorrow": 1}.get(match["named"].lower(), 0)
    day = known.published + timedelta(shift)
    return Interval(day, day)


def _around(day: date, unit: str, shift: int) -> Interval:
    """The day, week, month or year that lies a number of them from a day."""
    if unit == "day":
        there = day + timedelta(shift)
        return Interval(there, there)
    if unit == "week":
        monday = day - timedelta(day.weekday()) + timedelta(7 * shift)
        return Interval(monday, monday + timedelta(6))
    if unit == "month":
        months = day.year * 12 + day.month - 1 + shift
        return _month(months // 12, months % 12 + 1)
    if unit == "decade":
        return Interval(
            date(day.year // 10 * 10 + 10 * shift, 1, 1),
            date(day.year // 10 * 10 + 10 * shift + 9, 12, 31),
        )
    return _months(day.year + shift, 1, 12)


def _this_unit(match: re.Match[str], known: _Known) -> Interval | None:
    if known.published is None:
        return None
    which = match["which"].lower()
    shift = {"last": -1, "next": 1, "previous": -1}.get(which.split()[-1], 0)
    interval = _around(known.published, match["unit"].lower(), shift)
    if "earlier" in which:
        interval = Interval(
            interval.earliest, max(interval.earliest, known.published - timedelta(1))
        )
    return interval


def _count(match: re.Match[str]) -> int:
    word = match["count"].lower()
    return _NUMBERS[word] if word in _NUMBERS else int(word)


def _ago(match: re.Match[str], known: _Known) -> Interval | None:
    if known.published is None or _count(match) > _LONGEST_YEARS:
        return None
    return _shifted(
        Interval(known.published, known.published), match["unit"].lower(), -_count(match)
    )


def _from_last(match: re.Match[str], known: _Known) -> Interval | None:
    """ "Four days earlier", "three months later": from the last date that was named."""
    if known.last is None or _count(match) > _LONGEST_YEARS:
        return None
    sign = -1 if match["way"].lower() in ("earlier", "before") else 1
    return _shifted(known.last, match["unit"].lower(), sign * _count(match))


def _shifted(start: Interval, unit: str, shift: int) -> Interval:
    first, last = _around(start.earliest, unit, shift), _around(start.latest, unit, shift)
    if unit == "week":
        return Interval(start.earliest + timedelta(7 * shift), start.latest + timedelta(7 * shift))
    return Interval(first.earliest, last.latest)


def _following_unit(match: re.Match[str], known: _Known) -> Interval | None:
    if known.last is None:
        return None
    which = match["which"].lower()
    shift = {"following": 1, "next": 1, "previous": -1}.get(which, 0)
    return _shifted(known.last, match["unit"].lower(), shift)


def _hijri(match: re.Match[str], known: _Known) -> Interval:
    """A day of the Islamic calendar, by the tabular count, give or take one day."""
    year, month, day = int(match["hyear"]), _HIJRI[match["hmonth"].lower()], int(match["day"])
    days = (11 * year + 3) // 30 + 354 * year + 30 * month - (month - 1) // 2 + day - 385
    middle = date(622, 7, 19) + timedelta(days)
    return Interval(middle - timedelta(1), middle + timedelta(1))


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})(?![\w-])", re.IGNORECASE)


_SAME = r"(?:the )?(?P<that>same|that|following|next) year"
_RULES: tuple[tuple[re.Pattern[str], _Rule, bool], ...] = (
    (_compiled(r"\d{4}-\d\d-\d\d"), _iso, False),
    (_compiled(rf"{_DAY} (?P<hmonth>{'|'.join(_HIJRI)}),? (?P<hyear>1[34]\d\d)(?: AH)?"), _hijri, False),
    (_compiled(rf"{_DAY} (?:and|to|–|-) (?P<day2>[0-3]?\d) {_MONTH}(?:,? {_YEAR})?"), _day_range, False),
    (_compiled(rf"{_MONTH} {_DAY}(?: and | to |–|-)(?P<day2>[0-3]?\d)(?:,? {_YEAR})?"), _day_range, False),
    (_compiled(rf"{_DAY} (?:of )?{_MONTH},? {_YEAR}"), _full, False),
    (_compiled(rf"{_MONTH} {_DAY},? {_YEAR}"), _full, False),
    (_compiled(_MONTH.replace("month", "month1", 1) + rf" (?:and|to) {_MONTH},? (?:of )?{_YEAR}"), _month_range, False),
    (_compiled(rf"{_PART}{_MONTH},? (?:of )?{_YEAR}"), _month_and_year, False),
    (_compiled(rf"{_MONTH} of {_SAME}"), _month_of_that_year, True),
    (_compiled(rf"{_DAY} {_MONTH}"), _day_of_month, True),
    (_compiled(rf"{_MONTH} {_DAY}"), _day_of_month, True),
    (_compiled(rf"{_MONTH} last year"), lambda m, k: _month(k.published.year - 1, _month_number(m)) if k.published else None, True),
    (_compiled(rf"the (?:following|next) {_MONTH}"), _following_month, True),
    (_compiled(rf"{_PART}(?:the )?{_SEASON} (?:of )?{_YEAR}"), _season_of, False),
    (_compiled(r"(?:last|this) (?P<season>fall)"), _last_season, True),
    (_compiled(r"(?:last|the|this) (?P<season>spring|summer|autumn|winter)"), _last_season, True),
    (_compiled(rf"{_PART}(?:the )?(?P<year>1[3-9]\d0|20\d0)s"), _decade, False),
    (_compiled(rf"{_PART}{_YEAR}"), _year, False),
    (_compiled(rf"(?:(?P<which>last|next|this) )?{_WEEKDAY}"), _weekday, True),
    (_compiled(r"(?P<named>yesterday|today|tonight|tomorrow)"), _named_day, True),
    (_compiled(rf"(?P<which>earlier this|this|last|next) {_UNIT}"), _this_unit, True),
    (_compiled(rf"{_COUNT} {_UNIT} ago"), _ago, True),
    (_compiled(rf"{_COUNT} {_UNIT} (?P<way>earlier|later|before|after)"), _from_last, True),
    (_compiled(rf"(?:the )?(?P<which>following|next|same|that|previous) {_UNIT}"), _following_unit, True),
    (_compiled(rf"(?:(?P<which>last|next|this) )?{_PART}{_MONTH}"), _plain_month, True),
)  # fmt: skip
# One pass over the text finds where any of them may begin.
_ANY = re.compile(
    r"\b(?:early|mid|middle|late|the|last|next|this|earlier|yesterday|today|tonight|tomorrow|same|that"
    r"|following|previous|spring|summer|autumn|fall|winter|\d+(?:st|nd|rd|th)?|an?|several|one|two"
    r"|three|four|five|six|seven|eight|nine|ten|eleven|twelve|monday|tuesday|wednesday|thursday"
    r"|friday|saturday|sunday|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?!\w)",
    re.IGNORECASE,
)
