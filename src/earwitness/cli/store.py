"""``earwitness store``: cases of several servers in one database server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click

from earwitness import workbench
from earwitness.backup import BackedUp
from earwitness.cli.running import METRICS, ended_by_signal, tell
from earwitness.cli.show import ExitCode, Screen
from earwitness.evidence.names import safe_name
from earwitness.working import LEASE_S, Worked, Worker

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


@store.command("ask")
@click.argument("folder", type=_FOLDER)
@click.option("--only", default="", metavar="NAME,...", help="Only these examinations.")
@click.option("--again", is_flag=True, help="Also those whose outcome the case knows.")
@click.pass_obj
def ask(screen: Screen, folder: Path, only: str, again: bool) -> None:
    """Ask for examinations of the case in FOLDER, for the store's workers to carry out."""
    chosen = [name for name in only.split(",") if name]
    added = workbench.open(folder, who=screen.who).ask(chosen, again=again)
    screen.say(f"{added} examinations were asked for")
    screen.result({"asked": added})


@store.command("work")
@click.argument("place", type=_FOLDER)
@click.option("--until-done", is_flag=True, help="End when no job is open at any worker.")
@click.option("--processes", default=0, help="Examinations at once; 0 is one for each core.")
@click.option(
    "--lease", default=LEASE_S, show_default=True, help="Others take over after so many seconds."
)
@METRICS
@click.pass_obj
def work(
    screen: Screen,
    place: Path,
    until_done: bool,
    processes: int,
    lease: float,
    metrics_at: str,
) -> int:
    """Carry out what was asked for, on the case in PLACE or the cases in it.

    It goes on until it is ended. What it had not ended is then free for others.
    """
    tell(screen, metrics_at)
    worker = Worker(place, processes, lease)
    failed, results = False, []
    with ended_by_signal(worker.end):
        for worked in worker.work(until_done=until_done):
            screen.say(_line(worked))
            kind = worked.examined.outcome.kind if worked.examined else ""
            failed = failed or kind == "failed"
            results.append(
                {"method": worked.job.method, "ended_in": kind, "trouble": worked.trouble}
            )
        screen.result(results)
    return ExitCode.FAILED if failed else ExitCode.DONE


def _line(worked: Worked) -> str:
    ended = worked.examined.outcome.kind.replace("_", " ") if worked.examined else worked.trouble
    return f"{worked.job.method} of {worked.job.exhibit[:12]}: {ended}"


@store.command("jobs")
@click.pass_obj
def jobs(screen: Screen) -> None:
    """List what was asked for and has not ended, and who carries it out."""
    listed = workbench.jobs()
    rows = [
        (each.method, each.exhibit[:12], each.asked_by, each.worker,
         f"left alone after {each.tries} tries: {each.trouble}" if each.is_stuck else each.trouble)
        for each in listed
    ]  # fmt: skip
    screen.table("Jobs", ("method", "exhibit", "asked for by", "carried out by", "trouble"), rows)
    screen.result([asdict(each) for each in listed])


@store.command("backup")
@click.argument("place", type=_FOLDER)
@click.argument("to", type=_FOLDER)
@click.pass_obj
def backup(screen: Screen, place: Path, to: Path) -> int:
    """Put each case in PLACE into a bag in the folder TO, also while others work on them.

    A case that has not changed since its last bag is not copied again.
    """
    return _show(screen, workbench.back_up(place, to), "unchanged since")


@store.command("restore")
@click.argument("source", type=_FOLDER)
@click.argument("place", type=_FOLDER)
@click.pass_obj
def restore(screen: Screen, source: Path, place: Path) -> int:
    """Take the newest bag of each case in the folder SOURCE into the folder PLACE, and verify it."""
    return _show(screen, workbench.restore(source, place, who=screen.who), "was there")


def _show(screen: Screen, results: Iterable[BackedUp], otherwise: str) -> int:
    shown, is_well = [], True
    for each in results:
        if each.trouble:
            is_well = False
            screen.error(f"{safe_name(each.name)}: {each.trouble}")
        else:
            said = "" if each.is_new else f", {otherwise}"
            screen.say(f"{safe_name(each.name)}: {safe_name(each.path.name)}{said}")
        shown.append({"case": each.name, "new": each.is_new, "trouble": each.trouble})
    screen.result(shown)
    return ExitCode.DONE if is_well else ExitCode.NOT_WHOLE
