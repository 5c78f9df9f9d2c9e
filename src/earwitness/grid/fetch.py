"""Records fetched from their publisher, by name and dates: the only use of the network in this room.

The operator's open-data portal is asked which files it has (the interface of CKAN, in which such portals
are written); the files of the months that were asked for are fetched over HTTPS and imported. What they
are is decided by the strict reading of their lines, and not by where they came from.
"""

from __future__ import annotations

import json
import re
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any, Final

from earwitness.atomic import written_whole
from earwitness.errors import GridError, MissingPart
from earwitness.models.shelf import over_https

MOST_LISTING: Final = 20_000_000
MOST_FILE: Final = 1_000_000_000
MOST_MONTHS: Final = 240
Open = Callable[[str, int], AbstractContextManager[tuple[bool, IO[bytes]]]]
_MONTHS: Final = (
    "january february march april may june july august september october november december"
)


@dataclass(frozen=True, slots=True)
class Operator:
    """A publisher with a portal: the address of its list of files, and the layout of those."""

    name: str
    listing: str
    layout: str
    licence: str


OPERATORS: Final = {
    operator.name: operator
    for operator in (
        Operator(
            "neso",
            "https://api.neso.energy/api/3/action/package_show?id=system-frequency-data",
            "neso",
            "NESO Open Data Licence",
        ),
    )
}


def months_between(first: date, last: date) -> list[tuple[int, int]]:
    """The months from one day to another, as (year, month).

    Raises
    ------
    GridError
        If there are none, or too many.
    """
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if not 1 <= count <= MOST_MONTHS:
        raise GridError(
            "the dates name no months, or too many",
            got=f"{first} to {last}",
            expected=f"1 to {MOST_MONTHS} months, the earlier date first",
        )
    start = first.year * 12 + first.month - 1
    return [divmod(month, 12) for month in range(start, start + count)]


def fetch(
    operator: Operator, first: date, last: date, folder: Path, *, opened: Open = over_https
) -> list[Path]:
    """Fetch an operator's files for the months between two days into a folder; give their paths.

    A file that is there already is not fetched again.

    Parameters
    ----------
    operator : Operator
    first, last : date
    folder : Path
    opened : callable
        How an address is opened; over HTTPS by default.

    Raises
    ------
    GridError
        If the portal cannot be reached, or has no file for a month.
    """
    months = months_between(first, last)
    addresses = _addresses(operator, opened)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for year, index in months:
        address = addresses.get((year, index + 1))
        if address is None:
            raise GridError(f"{operator.name} lists no file for {year}-{index + 1:02d}")
        path = folder / f"{operator.name}-{year}-{index + 1:02d}.csv"
        if not path.exists():
            with (
                _reached(operator.name),
                opened(address, 0) as (_, stream),
                written_whole(path) as to,
            ):
                for chunk in _bounded(stream, MOST_FILE):
                    to.write(chunk)
        paths.append(path)
    return paths


def _addresses(operator: Operator, opened: Open) -> dict[tuple[int, int], str]:
    """The address of each month's file, by what its entry in the list is called."""
    with _reached(operator.name), opened(operator.listing, 0) as (_, stream):
        content = b"".join(_bounded(stream, MOST_LISTING))
    try:
        resources = json.loads(content)["result"]["resources"]
        found = {
            month: str(entry["url"])
            for entry in resources
            if (month := _month_of(f"{entry.get('name', '')} {entry['url']}")) is not None
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GridError(f"the list of {operator.name} cannot be read ({error!r})") from error
    return found


def _month_of(text: str) -> tuple[int, int] | None:
    """The month that a text names, as 2023-04, 2023_4 or April 2023."""
    numbered = re.search(r"(?<!\d)((?:19|20)\d\d)[-_ /]?(0[1-9]|1[0-2])(?!\d)", text)
    if numbered:
        return int(numbered[1]), int(numbered[2])
    for number, name in enumerate(_MONTHS.split(), start=1):
        named = re.search(rf"(?i){name}[a-z]*[-_ ,]*((?:19|20)\d\d)(?!\d)", text)
        if named:
            return int(named[1]), number
    return None


def _bounded(stream: IO[bytes], most: int) -> Iterator[bytes]:
    total = 0
    while chunk := stream.read(1 << 20):
        total += len(chunk)
        if total > most:
            raise GridError(
                "the answer is larger than any record", expected=f"{most:,} bytes at most"
            )
        yield chunk


class _reached:
    """Turns what goes wrong on the network into one line."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Nothing is done."""

    def __exit__(self, kind: Any, error: BaseException | None, _: Any) -> None:
        """Say who could not be reached."""
        if isinstance(error, OSError | HTTPException | urllib.error.URLError | MissingPart):
            raise GridError(
                f"{self._name} could not be reached ({error})",
                do="try again, or get the files by hand and import them",
            ) from error
