"""``earwitness report``, ``verify`` and ``examinations``."""

from __future__ import annotations

import json
from pathlib import Path

import click

import earwitness as workbench
from earwitness.cli.show import ExitCode, Screen
from earwitness.examinations import newest_examinations
from earwitness.report import FORMS
from earwitness.report.data import report_schema

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=_PATH, required=False)
@click.option("--format", "form", type=click.Choice(FORMS), default="html", show_default=True)
@click.option("--output", type=_PATH, help="Where to write it; reports/ in the case by default.")
@click.option("--summary", is_flag=True, help="Only the page for editors (HTML or PDF).")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of reports, and nothing else.")
@click.pass_obj
def report(
    screen: Screen,
    folder: Path | None,
    form: str,
    output: Path | None,
    summary: bool,
    schema: bool,
) -> None:
    """Write the report of the case in FOLDER."""
    if schema:
        click.echo(json.dumps(report_schema(), indent=2, sort_keys=True))
        return
    if folder is None:
        raise click.UsageError("give the case's folder")
    path = workbench.open(folder, who=screen.who).report(form, to=output, summary=summary)
    screen.say(f"report: {path}")
    screen.result({"report": str(path)})


@click.command()
@click.argument("folder", type=_PATH)
@click.pass_obj
def verify(screen: Screen, folder: Path) -> int:
    """Check that nothing in a case was altered, removed or slipped in.

    Re-hashes every exhibit, walks the custody chain and compares all outcomes with it. Changes
    nothing.
    """
    found = workbench.verify(folder)
    for problem in found.problems:
        screen.error(str(problem))
    for note in found.notes:
        screen.say(f"note: {note}")
    screen.say(
        f"{found.exhibits} exhibits, {found.entries} custody entries, {found.outcomes} outcomes: "
        + ("all is whole" if found.is_whole else f"{len(found.problems)} problem(s)")
    )
    if found.is_whole:
        screen.say(f"head of the custody log: {found.head.hash}")
    screen.result(
        {
            "is_whole": found.is_whole,
            "problems": [{"where": each.where, "what": each.what} for each in found.problems],
            "notes": found.notes,
            "exhibits": found.exhibits,
            "entries": found.entries,
            "outcomes": found.outcomes,
            "head": {"number": found.head.number, "hash": found.head.hash},
        }
    )
    return ExitCode.DONE if found.is_whole else ExitCode.NOT_WHOLE


@click.command()
@click.pass_obj
def examinations(screen: Screen) -> None:
    """List the examinations: what each asks, and what it needs."""
    listed = newest_examinations().values()
    screen.table(
        "Examinations",
        ("name", "question", "needs"),
        [(each.name, each.question, each.needs.wording) for each in listed],
    )
    screen.result(
        [
            {
                "name": each.name,
                "question": each.question,
                "answers": str(each.answers),
                "needs": each.needs.wording,
                "applies_to": [str(role) for role in each.applies_to],
                "parameters": dict(each.defaults),
                "sources": list(each.sources),
            }
            for each in listed
        ]
    )
