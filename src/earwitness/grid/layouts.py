"""The layouts in which grid operators publish frequency, and the strict reading of them.

Written from the publishers' documentation and from public programs that read the files; no file
of a publisher is part of earwitness. Every line must be as the layout says. What is known to occur in
published files is kept as data: missing values, zeros, hours that occur twice when clocks are set back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from earwitness.errors import BadGridRecord

MISSING: Final = -32768
MOST_OFF: Final = 30_000  # tenths of a millihertz: 3 Hz
MOST_LINE: Final = 1_000
_DAYS: Final = {
    "ymd": re.compile(r"(?P<y>\d{4})[-/](?P<m>\d\d)[-/](?P<d>\d\d)"),
    "dmy": re.compile(r"(?P<d>\d\d)/(?P<m>\d\d)/(?P<y>\d{4})"),
}
_CLOCK: Final = re.compile(
    r"(?P<h>\d\d?)(?P<fold>[AB])?:(?P<min>\d\d):(?P<s>\d\d)(?:[.,](?P<part>\d{1,6}))?(?P<zone>Z|[+-]00:?00)?"
)
_NUMBER: Final = re.compile(r"-?\d{1,6}(?:\.\d{1,12})?")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a publisher writes its records.

    Attributes
    ----------
    name, publisher : str
    zone : str
        The time zone of its clock times.
    step_ms : int
        Between values.
    columns : int
        In a line; further ones are refused.
    time_columns : tuple of int
        One, or two: day and clock.
    value_column : int
    header : str
        A pattern for the first line; empty where there is none.
    delimiter, day : str
    has_decimal_comma : bool
    missing : frozenset of str
    last_lines : str
        A pattern of lines at the end that hold no value.
    """

    name: str
    publisher: str
    zone: str
    step_ms: int
    columns: int
    time_columns: tuple[int, ...]
    value_column: int
    header: str = ""
    delimiter: str = ","
    day: str = "ymd"
    has_decimal_comma: bool = False
    missing: frozenset[str] = frozenset({"", "NaN", "nan", "INVA", "null"})
    last_lines: str = ""
    encoding: str = "utf-8-sig"
    nominal_hz: int = 50


LAYOUTS: Final = {
    layout.name: layout
    for layout in (
        Layout(
            "iso",
            "any, with times in UTC",
            "UTC",
            1000,
            2,
            (0,),
            1,
            r"utc,frequency_hz",
        ),
        Layout(
            "neso",
            "National Energy System Operator (National Grid ESO), Great Britain",
            "UTC",
            1000,
            2,
            (0,),
            1,
            r'"?dtm"?,"?f"?',
        ),
        Layout(
            "neso-local",
            "National Grid ESO before 2020, in the clock time of Great Britain",
            "Europe/London",
            1000,
            2,
            (0,),
            1,
            r'"?dtm"?,"?f"?',
        ),
        Layout(
            "fingrid",
            "Fingrid, Nordic grid",
            "Europe/Helsinki",
            100,
            2,
            (0,),
            1,
            r'"?Time"?,"?Value"?',
        ),
        Layout(
            "transnetbw",
            "TransnetBW, continental Europe",
            "Europe/Berlin",
            1000,
            4,
            (0, 1),
            3,
        ),
        Layout(
            "rte",
            "RTE, France, continental Europe",
            "Europe/Paris",
            10_000,
            3,
            (0,),
            1,
            r"[^;<]{1,80};[^;]{1,80};?",
            ";",
            "dmy",
            has_decimal_comma=True,
            last_lines=r"[^0-9;][^;]{0,200};?",
            encoding="iso-8859-1",
        ),
        Layout(
            "swissgrid",
            "Swissgrid, continental Europe",
            "Europe/Zurich",
            1000,
            2,
            (0,),
            1,
            r"[^;<]{1,80};[^;]{1,80};?",
            ";",
        ),
        Layout(
            "zenodo-3744121-ce",
            "Zenodo 3744121, continental Europe, cleaned",
            "Europe/Berlin",
            1000,
            2,
            (0,),
            1,
        ),
        Layout(
            "zenodo-3744121-gb",
            "Zenodo 3744121, Great Britain, cleaned",
            "Europe/London",
            1000,
            2,
            (0,),
            1,
        ),
        Layout(
            "zenodo-3744121-nordic",
            "Zenodo 3744121, Nordic grid, cleaned",
            "Europe/Helsinki",
            1000,
            2,
            (0,),
            1,
        ),
    )
}


@dataclass(slots=True)
class Notes:
    """What was found out while a record was read, and is kept beside it.

    Attributes
    ----------
    missing, zeros, repeats, backwards, off_step : int
        Values that are marked as missing; that are 0; seconds that occur again; clocks that go back
        other than at the end of summer time; times that lie between the steps.
    first_places : dict of str to int
        For each kind, the line of the first.
    """

    missing: int = 0
    zeros: int = 0
    repeats: int = 0
    backwards: int = 0
    off_step: int = 0
    first_places: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, line: int) -> None:
        """Count one more."""
        setattr(self, kind, getattr(self, kind) + 1)
        self.first_places.setdefault(kind, line)


class _Clock:
    """Turns a publisher's clock times into UTC; each hour is looked up once."""

    def __init__(self, layout: Layout) -> None:
        self._zone = ZoneInfo(layout.zone)
        self._pattern = _DAYS[layout.day]
        self._hours: dict[tuple[str, int, int], int] = {}
        self._in_utc = layout.zone == "UTC"
        self.last_ms: int | None = None

    def utc_ms(self, day: str, clock: str) -> int:
        """Milliseconds of UTC; ValueError, with the reason, if there is no such time."""
        found = _CLOCK.fullmatch(clock)
        if found is None:
            raise ValueError(f"no time of day: {clock[:40]!r}")
        if found["zone"] and not self._in_utc:
            raise ValueError("a time in UTC in a record of local times")
        hour, minute, second = int(found["h"]), int(found["min"]), int(found["s"])
        if hour > 23 or minute > 59 or second > 59:
            raise ValueError(f"no time of day: {clock[:40]!r}")
        within = (minute * 60 + second) * 1000 + int((found["part"] or "0").ljust(3, "0")[:3])
        if found["fold"]:
            return self._hour_ms(day, hour, int(found["fold"] == "B")) + within
        first = self._hour_ms(day, hour, 0) + within
        if self.last_ms is not None and first <= self.last_ms:
            second_ms = self._hour_ms(day, hour, 1) + within
            if second_ms != first and second_ms > self.last_ms:
                return second_ms
        return first

    def _hour_ms(self, day: str, hour: int, fold: int) -> int:
        key = (day, hour, fold)
        if key not in self._hours:
            found = self._pattern.fullmatch(day)
            if found is None:
                raise ValueError(f"no date: {day[:40]!r}")
            local = datetime(
                int(found["y"]),
                int(found["m"]),
                int(found["d"]),
                hour,
                fold=fold,
                tzinfo=self._zone,
            )
            utc = local.astimezone(UTC)
            if utc.astimezone(self._zone).replace(fold=fold) != local or (
                utc.astimezone(self._zone).hour != hour
            ):
                raise ValueError(f"no such hour in {self._zone.key}: {day} {hour:02d}")
            if len(self._hours) > 100_000:
                self._hours.clear()
            epoch = datetime(1970, 1, 1, tzinfo=UTC)
            self._hours[key] = int((utc - epoch) / timedelta(milliseconds=1))
        return self._hours[key]


def read_lines(lines: Iterable[str], layout: Layout, notes: Notes) -> Iterator[tuple[int, int]]:
    """Read a record line by line: milliseconds of UTC, and tenths of a millihertz off nominal.

    Raises
    ------
    BadGridRecord
        At the first line that is not as the layout says; the line is named.
    """
    clock, ended = _Clock(layout), False
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip("\r\n")
        if number == 1 and layout.header:
            if not re.fullmatch(layout.header, line.strip()):
                raise _bad(layout, number, f"no such header: {line[:60]!r}")
            continue
        if not line.strip():
            continue
        if layout.last_lines and re.fullmatch(layout.last_lines, line):
            ended = True
            continue
        if ended:
            raise _bad(layout, number, "values after the last line")
        try:
            utc_ms, value = _read_line(line, layout, clock, notes, number)
        except ValueError as error:
            raise _bad(layout, number, str(error)) from error
        if clock.last_ms is not None and utc_ms <= clock.last_ms:
            notes.add("repeats" if utc_ms == clock.last_ms else "backwards", number)
        clock.last_ms = utc_ms if clock.last_ms is None else max(utc_ms, clock.last_ms)
        if utc_ms % layout.step_ms:
            notes.add("off_step", number)
        yield utc_ms, value


def _read_line(
    line: str, layout: Layout, clock: _Clock, notes: Notes, number: int
) -> tuple[int, int]:
    if len(line) > MOST_LINE:
        raise ValueError("the line is too long")
    cells = [cell.strip().strip('"') for cell in line.split(layout.delimiter)]
    if len(cells) != layout.columns:
        raise ValueError(f"{len(cells)} columns, not {layout.columns}")
    if len(layout.time_columns) == 2:
        day, time = (cells[column] for column in layout.time_columns)
    else:
        day, _, time = cells[layout.time_columns[0]].replace("T", " ").partition(" ")
    utc_ms = clock.utc_ms(day, time)
    return utc_ms, _value(cells[layout.value_column], layout, notes, number)


def _value(text: str, layout: Layout, notes: Notes, number: int) -> int:
    if text in layout.missing:
        notes.add("missing", number)
        return MISSING
    plain = text.replace(",", ".") if layout.has_decimal_comma else text
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"no frequency: {text[:40]!r}")
    hertz = float(plain)
    if hertz == 0.0:
        notes.add("zeros", number)
        return MISSING
    off = round((hertz - layout.nominal_hz) * 10_000)
    if abs(off) > MOST_OFF:
        raise ValueError(f"no frequency of a {layout.nominal_hz} Hz grid: {text[:40]!r}")
    return off


def _bad(layout: Layout, line: int, why: str) -> BadGridRecord:
    return BadGridRecord(
        f"line {line} is not as records of {layout.publisher} are: {why}",
        do="get the file anew, or name its layout: earwitness grid layouts",
    )
