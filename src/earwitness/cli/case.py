"""``earwitness case``: make a case, add exhibits, look at it."""

from __future__ import annotations

from pathlib import Path

import click

import earwitness as workbench
from earwitness.cli.show import ExitCode, Screen
from earwitness.evidence.exhibit import Role
from earwitness.evidence.names import safe_text
from earwitness.workbench import Added, Case, Refused

_FILES = click.Path(path_type=Path)


@click.group()
def case() -> None:
    """Make a case, add exhibits to it, look at it."""


@case.command("new")
@click.argument("folder", type=_FILES)
@click.option("--questioned", multiple=True, type=_FILES, help="A recording in question.")
@click.option("--title", default="", help="What to call the case.")
@click.option("--speaker", default="", help="Who is said to speak in it.")
@click.option("--publisher", default="", help="Who published it.")
@click.option("--released", default="", help="When, as claimed.")
@click.option("--place", default="", help="Where it is said to have been made.")
@click.option("--language", default="", help="The language spoken.")
@click.option("--application", default="", help="The messenger or program it is said to be from.")
@click.pass_context
def new(
    context: click.Context, /, folder: Path, questioned: tuple[Path, ...], title: str, **claims: str
) -> int:
    """Make a case in FOLDER."""
    screen: Screen = context.obj
    claimed = {name: safe_text(text) for name, text in claims.items()}
    made = workbench.new(folder, title=safe_text(title), claims=claimed, who=screen.who)
    screen.say(f"made the case {folder}")
    return show_added(screen, list(made.add(questioned, Role.QUESTIONED)))


@case.command("add")
@click.argument("folder", type=_FILES)
@click.argument("files", nargs=-1, required=True, type=_FILES)
@click.option(
    "--as",
    "role",
    required=True,
    type=click.Choice([str(role) for role in Role]),
    help="The part that they play in the case.",
)
@click.option("--speaker", default="", help="Who speaks in it (known and population recordings).")
@click.pass_obj
def add(screen: Screen, folder: Path, files: tuple[Path, ...], role: str, speaker: str) -> int:
    """Add FILES to the case in FOLDER; one that is refused does not keep the others out."""
    opened = workbench.open(folder, who=screen.who)
    return show_added(screen, list(opened.add(files, role, speaker=safe_text(speaker))))


def show_added(screen: Screen, results: list[Added | Refused]) -> int:
    """Say of each file whether it became an exhibit."""
    for result in results:
        if isinstance(result, Refused):
            screen.error(f"{result.name}: {result.error}", kind=type(result.error).__name__)
        else:
            known = "" if result.is_new else " (was there already)"
            facts = f", {result.facts}" if result.facts else ""
            screen.say(f"{result.sha256[:12]}  {result.name}{facts}{known}")
    screen.result(
        [
            {"name": result.name, "refused": type(result.error).__name__, "why": str(result.error)}
            if isinstance(result, Refused)
            else {
                "name": result.name,
                "sha256": result.sha256,
                "size": result.size,
                "facts": result.facts,
                "is_new": result.is_new,
            }
            for result in results
        ]
    )
    refused = any(isinstance(result, Refused) for result in results)
    return ExitCode.REFUSED if refused else ExitCode.DONE


@case.command("open")
@click.argument("bag", type=_FILES)
@click.argument("folder", type=_FILES, required=False)
@click.pass_obj
def open_bag(screen: Screen, bag: Path, folder: Path | None) -> None:
    """Take in the case that another desk handed over in BAG, as FOLDER.

    The bag and the case in it are checked before anything of them is used. Then replay it, and review
    it.
    """
    to = folder or bag.with_name(bag.name.removesuffix(".bag"))
    made, received = workbench.open_bag(bag, to, who=screen.who)
    found = received.found
    screen.say(
        f"{to}: {found.exhibits} exhibits, {found.entries} custody entries, "
        f"{found.outcomes} outcomes: all is whole"
    )
    screen.say(f"head of the custody log in the bag: {found.head.hash}")
    screen.say(f"next: earwitness replay {to}, then earwitness review {to}")
    screen.result(
        {
            "case": str(made.path),
            "manifest_sha256": received.manifest_sha256,
            "head": {"number": found.head.number, "hash": found.head.hash},
            "exhibits": found.exhibits,
            "outcomes": found.outcomes,
        }
    )


@case.command("withdraw")
@click.argument("folder", type=_FILES)
@click.argument("exhibit")
@click.pass_obj
def withdraw(screen: Screen, folder: Path, exhibit: str) -> None:
    """Take the roles of EXHIBIT (its name, or the beginning of its hash) away.

    Its bytes and its history stay in the case. Adding the file again undoes this.
    """
    sha256 = workbench.open(folder, who=screen.who).withdraw(exhibit)
    screen.say(f"{sha256[:12]} plays no role now; add the file again to undo this")
    screen.result({"withdrawn": sha256})


@case.command("show")
@click.argument("folder", type=_FILES)
@click.option("--custody", is_flag=True, help="Show the custody log too.")
@click.pass_obj
def show(screen: Screen, folder: Path, custody: bool) -> None:
    """Show what the case in FOLDER holds and what was found."""
    opened = workbench.open(folder, who=screen.who)
    data = opened.report_data()
    screen.table(
        data.title,
        ("mark", "role", "name", "speaker", "bytes", "SHA-256"),
        [(e.mark, e.role, e.name, e.speaker, f"{e.size:,}", e.sha256[:12]) for e in data.exhibits],
    )
    screen.table(
        "Questions",
        ("question", "what was found"),
        [(q.wording, q.in_short) for q in data.questions],
    )
    if custody:
        _show_custody(screen, opened)
    shown = data.model_dump(exclude={"methods", "custody"})
    if custody:
        shown["custody"] = [
            {"number": e.number, "at": e.at, "who": e.who, "act": e.act, "hash": e.hash}
            for e in opened.custody
        ]
    screen.result(shown)


def _show_custody(screen: Screen, opened: Case) -> None:
    rows = [
        (str(e.number), e.at[:19], e.who, e.act, ", ".join(x[:12] for x in e.exhibits), e.hash[:12])
        for e in opened.custody
    ]
    screen.table("Custody", ("no.", "when (UTC)", "who", "act", "exhibits", "hash"), rows)
