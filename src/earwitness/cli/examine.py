"""``earwitness examine`` and ``earwitness replay``."""

from __future__ import annotations

from pathlib import Path

import click

import earwitness as workbench
from earwitness.cli.engine import engine_of, with_engine
from earwitness.cli.show import ExitCode, Screen
from earwitness.outcome import outcome_to_json
from earwitness.report.assemble import sentence
from earwitness.store.database import Examined
from earwitness.workbench import Case

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("target", type=_PATH)
@click.option("--only", default="", metavar="NAME,...", help="Only these examinations.")
@click.option("--again", is_flag=True, help="Compute anew what the case knows already.")
@with_engine
@click.pass_obj
def examine(screen: Screen, target: Path, only: str, again: bool, engine: str) -> int:
    """Examine a case, or a recording on its own.

    TARGET is a case's folder, or a file: then a case is made beside it, and its report written.
    """
    single = not target.is_dir()
    open_it = workbench.beside if single else workbench.open
    opened = open_it(target, who=screen.who)
    names = {exhibit.sha256: exhibit.name for exhibit in opened.exhibits}
    chosen = [name for name in only.split(",") if name]
    with engine_of(opened, engine) as cluster, screen.progress(names) as watcher:
        results = list(opened.examine(chosen, again=again, on_event=watcher, cluster=cluster))
    _show_outcomes(screen, results, names)
    report = opened.report("html") if single else None
    if report:
        screen.say(f"case: {opened.path}")
        screen.say(f"report: {report}")
    screen.result(
        {
            "case": str(opened.path),
            "report": str(report) if report else None,
            "outcomes": [_outcome(each) for each in results],
        }
    )
    failed = any(each.outcome.kind == "failed" for each in results)
    return ExitCode.FAILED if failed else ExitCode.DONE


def _outcome(examined: Examined) -> dict[str, object]:
    return {
        "exhibit": examined.exhibit,
        "method": examined.method,
        "outcome": outcome_to_json(examined.outcome),
        "sha256": examined.stored_sha256,
        "seconds": examined.seconds,
    }


def _show_outcomes(screen: Screen, results: list[Examined], names: dict[str, str]) -> None:
    rows = [
        (
            each.method,
            names.get(each.exhibit, each.exhibit[:12]),
            each.outcome.kind.replace("_", " "),
            sentence(each.outcome),
        )
        for each in sorted(results, key=lambda each: (names.get(each.exhibit, ""), each.method))
    ]
    if rows:
        screen.table("Examined", ("method", "exhibit", "ended in", "in short"), rows)
    else:
        screen.say("nothing to examine: the case holds no recording that an examination applies to")


@click.command()
@click.argument("folder", type=_PATH)
@click.pass_obj
def replay(screen: Screen, folder: Path) -> int:
    """Reach every outcome of a case again, from the exhibits' bytes, and compare."""
    opened: Case = workbench.open(folder, who=screen.who)
    names = {exhibit.sha256: exhibit.name for exhibit in opened.exhibits}
    with screen.progress(names) as watcher:
        results = list(opened.replay(on_event=watcher))
    rows = []
    for each in results:
        others = ", ".join(f"{k} {a} → {b}" for k, (a, b) in each.other_versions.items())
        same = "the same" if each.is_same else "NOT the same"
        rows.append((each.examined.method, names[each.examined.exhibit], same, others or "none"))
    screen.table("Replayed", ("method", "exhibit", "outcome", "other versions here"), rows)
    all_same = all(each.is_same for each in results)
    screen.say(f"{sum(each.is_same for each in results)} of {len(results)} outcomes are the same")
    screen.result(
        {
            "all_same": all_same,
            "outcomes": [
                {
                    "exhibit": each.examined.exhibit,
                    "method": each.examined.method,
                    "is_same": each.is_same,
                    "has_same_figures": each.has_same_figures,
                    "other_versions": each.other_versions,
                }
                for each in results
            ],
        }
    )
    return ExitCode.DONE if all_same else ExitCode.NOT_WHOLE
