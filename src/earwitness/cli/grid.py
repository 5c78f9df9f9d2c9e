"""``earwitness grid``: keep records of mains frequency."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from earwitness.cli.show import ExitCode, Screen
from earwitness.errors import GridError
from earwitness.grid import fetch as fetching
from earwitness.grid.layouts import LAYOUTS
from earwitness.grid.reading import import_file, import_mains
from earwitness.grid.store import Record, open_record

_PATH = click.Path(path_type=Path)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def grid() -> None:
    """Keep records of mains frequency, to date a recording by its hum."""


@grid.command("import")
@click.argument("folder", metavar="RECORD", type=_PATH)
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("--layout", metavar="NAME", help="Who wrote them; see: earwitness grid layouts.")
@click.option(
    "--mains-from", metavar="TIME", help="They are sound of the mains, from this UTC time."
)
@click.pass_obj
def import_files(
    screen: Screen,
    folder: Path,
    files: tuple[Path, ...],
    layout: str | None,
    mains_from: str | None,
) -> int:
    """Read FILES of one operator into the folder RECORD; make it if there is none.

    A file of which a line is not as it should be is refused as a whole, and the line is named.
    """
    if (layout is None) == (mains_from is None):
        raise click.UsageError("give --layout, or --mains-from for a recording of the mains")
    refused = 0
    for path in files:
        try:
            record = (
                import_file(folder, path, layout=layout)
                if layout is not None
                else import_mains(folder, path, starts=_time(mains_from or ""))
            )
        except GridError as error:
            refused += 1
            screen.error(f"not taken: {path.name}: {error}")
            continue
        made = record.imports[-1]
        screen.say(
            f"{path.name}: {made.values:,} values, {made.already:,} of them there before"
            + (f", {made.disagree:,} DISAGREE with them" if made.disagree else "")
            + "".join(
                f", {count:,} {kind.replace('_', ' ')} (first in line {made.notes['first_places'][kind]})"
                for kind, count in made.notes.items()
                if kind != "first_places" and count
            )
        )
    screen.result({"taken": len(files) - refused, "refused": refused})
    return ExitCode.DONE if not refused else ExitCode.REFUSED


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"no time: {text!r}; write it like 2033-04-12T19:42:10Z") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@grid.command()
@click.argument("folder", metavar="RECORD", type=_PATH)
@click.option("--check", is_flag=True, help="Read every byte and compare it with its checksum.")
@click.pass_obj
def info(screen: Screen, folder: Path, check: bool) -> None:
    """Say what the folder RECORD holds."""
    record = open_record(folder, check=check)
    days = record.seconds / 86_400
    screen.say(
        f"{record.publisher}: {record.nominal_hz} Hz, a value each {record.step_ms} ms, "
        f"{days:.2f} days in {len(record.pieces)} stretches, {len(record.imports)} files"
    )
    screen.table("Stretches", ("from", "to", "values"), _rows(record))
    screen.result(
        {
            "publisher": record.publisher,
            "nominal_hz": record.nominal_hz,
            "step_ms": record.step_ms,
            "days": days,
            "stretches": [list(row) for row in _rows(record)],
            "files": [made.name for made in record.imports],
        }
    )


def _rows(record: Record) -> list[tuple[str, str, str]]:
    def when(milliseconds: int) -> str:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(" ", "seconds")

    return [
        (
            when(piece.start_ms),
            when(piece.start_ms + piece.values * record.step_ms),
            f"{piece.values:,}",
        )
        for piece in record.pieces
    ]


@grid.command()
@click.argument("folder", metavar="RECORD", type=_PATH)
@click.argument("operator", type=click.Choice(sorted(fetching.OPERATORS)))
@click.argument("first", type=_DAY)
@click.argument("last", type=_DAY)
@click.pass_obj
def fetch(screen: Screen, folder: Path, operator: str, first: datetime, last: datetime) -> None:
    """Fetch the months from FIRST to LAST from OPERATOR, over the network, into the folder RECORD.

    Nothing but the months is told to the operator, and nothing is fetched by any other command.
    """
    chosen = fetching.OPERATORS[operator]
    paths = fetching.fetch(chosen, first.date(), last.date(), folder / "fetched")
    for path in paths:
        record = import_file(folder, path, layout=chosen.layout)
        screen.say(f"{path.name}: {record.imports[-1].values:,} values ({chosen.licence})")
    screen.result({"files": [path.name for path in paths]})


@grid.command()
@click.pass_obj
def layouts(screen: Screen) -> None:
    """List the layouts that can be read."""
    rows = [
        (each.name, each.publisher, each.zone, f"{each.step_ms} ms") for each in LAYOUTS.values()
    ]
    screen.table("Layouts", ("name", "publisher", "clock", "step"), rows)
    screen.result(
        [dict(zip(("name", "publisher", "zone", "step"), row, strict=True)) for row in rows]
    )
