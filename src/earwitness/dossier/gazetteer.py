"""Names of places, historic and alternative ones: from a list of the case, or an extract of GeoNames.

A gazetteer only proposes that two names may be one place, and says on which line it rests; a person
decides. Two layouts are read:

* ours, a table with commas: ``name,other names with | between them,latitude,longitude,from,to,note``;
  the first line names the columns, and all but the first two may be left out;
* that of GeoNames' dumps, 19 columns with tabs between them, without a first line.

Source: GeoNames, ``readme.txt`` of its export (the order of the columns).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from earwitness.dossier.names import fold
from earwitness.errors import DocumentError

MAX_BYTES = 50_000_000
MAX_PLACES = 500_000
MAX_NAMES = 400  # of one place
_COLUMNS = ("name", "other names", "latitude", "longitude", "from", "to", "note")
_GEONAMES_COLUMNS = 19
_EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True, slots=True)
class GazetteerPlace:
    """A place with all its names, where it lies, and on which line that stands."""

    name: str
    names: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    note: str
    line: int

    def distance_km(self, other: GazetteerPlace) -> float | None:
        """How far two places lie apart along the Earth's surface; None where one lies nowhere."""
        if None in (self.latitude, self.longitude, other.latitude, other.longitude):
            return None
        here, there = (
            (math.radians(each.latitude or 0.0), math.radians(each.longitude or 0.0))
            for each in (self, other)
        )
        chord = (
            math.sin((there[0] - here[0]) / 2) ** 2
            + math.cos(here[0]) * math.cos(there[0]) * math.sin((there[1] - here[1]) / 2) ** 2
        )
        return 2 * _EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(chord)))


@dataclass(frozen=True, slots=True)
class SamePlace:
    """Two names that may be one place, and why."""

    one: str
    other: str
    why: str


class Gazetteer:
    """Places by their names.

    Parameters
    ----------
    places : sequence of GazetteerPlace
    source : str
        What the list is called; goes into every reason.
    """

    def __init__(self, places: Sequence[GazetteerPlace], source: str) -> None:
        self.places = tuple(places)
        self.source = source
        self._by_name: dict[str, list[GazetteerPlace]] = {}
        for place in self.places:
            for name in dict.fromkeys(fold(each) for each in (place.name, *place.names)):
                self._by_name.setdefault(name, []).append(place)

    def find(self, name: str) -> list[GazetteerPlace]:
        """The places that bear a name; several where the name is not of one place alone."""
        return list(self._by_name.get(fold(name), ()))

    def same(self, one: str, other: str) -> SamePlace | None:
        """Whether two names may be one place: where some place bears both."""
        if fold(one) == fold(other):
            return None
        there = {id(each) for each in self.find(other)}
        both = [each for each in self.find(one) if id(each) in there]
        if not both:
            return None
        place = both[0]
        why = f"{self.source}, line {place.line}: {place.name} bears both names"
        if place.note:
            why += f" ({place.note})"
        bearers = len(self.find(one)) + len(self.find(other)) - 2 * len(both)
        if bearers:
            why += f"; {bearers} other place(s) bear one of them too"
        return SamePlace(one, other, why)


def proposed_places(names: Sequence[str], gazetteer: Gazetteer) -> Iterator[SamePlace]:
    """Pairs of names that may be one place, in the order of the names."""
    known = [name for name in dict.fromkeys(names) if gazetteer.find(name)]
    for place, one in enumerate(known):
        for other in known[place + 1 :]:
            found = gazetteer.same(one, other)
            if found:
                yield found


def read_gazetteer(path: Path) -> Gazetteer:
    """Read a list of places in either layout.

    Raises
    ------
    DocumentError
        If it is too large or damaged; the line is named.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise DocumentError(
            "the gazetteer is too large",
            got=f"{size:,} bytes",
            expected=f"{MAX_BYTES:,} at most: an extract of the region in question",
        )
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError("the gazetteer is not text in UTF-8", got=path.name) from error
    rows = _geonames(text) if "\t" in text.split("\n", 1)[0] else _own(text)
    places = []
    for place in rows:
        places.append(place)
        if len(places) > MAX_PLACES:
            raise DocumentError("the gazetteer holds too many places", expected=f"{MAX_PLACES:,}")
    return Gazetteer(places, path.name)


def _geonames(text: str) -> Iterator[GazetteerPlace]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        fields = line.rstrip("\r").split("\t")
        if len(fields) != _GEONAMES_COLUMNS:
            raise _damaged(
                number, f"{len(fields)} columns", f"{_GEONAMES_COLUMNS}, as GeoNames has"
            )
        names = tuple(name for name in (fields[2], *fields[3].split(",")) if name)[:MAX_NAMES]
        note = f"GeoNames {fields[0]}, {fields[8]}"
        yield _place(number, fields[1], names, fields[4], fields[5], note)


def _own(text: str) -> Iterator[GazetteerPlace]:
    try:
        rows = list(csv.DictReader(text.splitlines(), restkey="", strict=True))
    except csv.Error as error:
        raise DocumentError("the gazetteer is no table", got=str(error)) from error
    for number, row in enumerate(rows, 2):
        unknown = set(row) - set(_COLUMNS)
        if unknown or "name" not in row:
            raise _damaged(number, f"columns {', '.join(map(str, row))}", ", ".join(_COLUMNS))
        names = tuple(each.strip() for each in (row.get("other names") or "").split("|"))
        years = " to ".join(each for each in (row.get("from"), row.get("to")) if each)
        note = "; ".join(each for each in (row.get("note") or "", years) if each)
        kept = tuple(name for name in names if name)[:MAX_NAMES]
        latitude, longitude = row.get("latitude") or "", row.get("longitude") or ""
        yield _place(number, row["name"] or "", kept, latitude, longitude, note)


def _place(
    number: int, name: str, names: tuple[str, ...], latitude: str, longitude: str, note: str
) -> GazetteerPlace:
    if not name.strip():
        raise _damaged(number, "no name", "a name in the first column")
    return GazetteerPlace(
        name.strip(),
        names,
        _degrees(number, latitude, 90.0),
        _degrees(number, longitude, 180.0),
        note,
        number,
    )


def _degrees(number: int, text: str, most: float) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise _damaged(number, text[:40], "degrees, such as 36.34") from error
    if not -most <= value <= most:
        raise _damaged(number, text[:40], f"degrees from -{most:g} to {most:g}")
    return value


def _damaged(number: int, got: str, expected: str) -> DocumentError:
    return DocumentError(f"line {number} of the gazetteer is damaged", got=got, expected=expected)
