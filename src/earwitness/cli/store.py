"""``earwitness store``: cases of several servers in one database server."""

from __future__ import annotations

from pathlib import Path

import click

from earwitness import workbench
from earwitness.cli.show import Screen

_FOLDER = click.Path(path_type=Path)


@click.group()
def store() -> None:
    """Keep cases on a database server, which EARWITNESS_STORE names."""


@store.command("prepare")
@click.option("--for", "role", default="", metavar="ROLE", help="Let this role work with them.")
@click.pass_obj
def prepare(screen: Screen, role: str) -> None:
    """Make the store's tables, or bring them up to date."""
    done = workbench.prepare_store(grant=role)
    screen.say(f"carried out: {', '.join(done)}" if done else "the tables are up to date")
    screen.result({"carried_out": done})


@store.command("move")
@click.argument("folder", type=_FOLDER)
@click.option(
    "--to",
    type=click.Choice(["server", "folder"]),
    required=True,
    help="Where the case's database is to be.",
)
@click.pass_obj
def move(screen: Screen, folder: Path, to: str) -> None:
    """Move the case in FOLDER to the server, or back into its folder, and verify it there."""
    found = workbench.open(folder, who=screen.who).move(to)
    screen.say(
        f"moved to the {to}: {found.exhibits} exhibits, {found.entries} custody entries, "
        f"{found.outcomes} outcomes: all is whole"
    )
    screen.result({"to": to, "entries": found.entries, "head": found.head.hash})
