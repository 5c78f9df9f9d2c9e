"""``earwitness voice``: validate, compare, and keep the population of a case."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

import earwitness as workbench
from earwitness.atomic import write_whole
from earwitness.cli.case import show_added
from earwitness.cli.engine import engine_of, with_engine
from earwitness.cli.show import ExitCode, Screen
from earwitness.errors import BadTranscript, MissingPart
from earwitness.evidence.exhibit import Role
from earwitness.evidence.names import safe_name, safe_text
from earwitness.examinations import find_examination
from earwitness.models import Shelf
from earwitness.outcome import Finding, outcome_to_json
from earwitness.report.assemble import sentence
from earwitness.saying import read_file
from earwitness.store.database import Examined
from earwitness.voices.export import trials_csv
from earwitness.voices.onnx_model import FAMILIES
from earwitness.voices.population import LEAST_SPEAKERS
from earwitness.voices.regions import regions_text
from earwitness.workbench import Added, Case, Refused

_PATH = click.Path(path_type=Path)
_MODEL = click.option(
    "--model", default="", help="'embedded', a model that was pulled, or an ONNX file of yours."
)
_FAMILY = click.option(
    "--family",
    type=click.Choice(list(FAMILIES)),
    default="wespeaker",
    show_default=True,
    help="Whose front end an ONNX file of yours needs.",
)
_CSV = click.option("--csv", "table", type=_PATH, help="Write the held-out pairs there.")


@click.group()
def voice() -> None:
    """Compare voices, and look at what that rests on."""


@voice.command()
@click.argument("folder", type=_PATH)
@_MODEL
@_FAMILY
@_CSV
@with_engine
@click.pass_obj
def validate(
    screen: Screen, folder: Path, model: str, family: str, table: Path | None, engine: str
) -> int:
    """Say how good likelihood ratios are on the case's own population, in its own conditions.

    It is what the examination ``voice`` measures before it says anything about the case. --model sets
    the model in case.toml.
    """
    results, names = _examined(screen, folder, model, family, engine)
    validation = (
        "population",
        "held-out",
        "Cllr",
        "equal error",
        "calibration",
        "carried",
        "trial",
    )
    for each in results:
        if isinstance(each.outcome, Finding):
            rows = [
                (measure.name, measure.text)
                for measure in each.outcome.measures
                if any(part in measure.name for part in validation)
            ]
            title = f"{names[each.exhibit]}: the population in its conditions"
            screen.table(title, ("measure", "value"), rows)
        else:
            screen.say(f"{names[each.exhibit]}: {sentence(each.outcome)}")
    return _ended(screen, results, names, table)


@voice.command()
@click.argument("folder", type=_PATH)
@_MODEL
@_FAMILY
@_CSV
@with_engine
@click.pass_obj
def compare(
    screen: Screen, folder: Path, model: str, family: str, table: Path | None, engine: str
) -> int:
    """Compare each questioned recording with the known ones; the outcome is kept in the case.

    --model sets the model in case.toml.
    """
    results, names = _examined(screen, folder, model, family, engine)
    rows = []
    for each in results:
        strength = each.outcome.strength if isinstance(each.outcome, Finding) else None
        shown = (
            f"{strength.value:+.2f} [{strength.low:+.2f}, {strength.high:+.2f}]" if strength else ""
        )
        rows.append(
            (
                names[each.exhibit],
                each.outcome.kind.replace("_", " "),
                shown,
                sentence(each.outcome),
            )
        )
    columns = ("questioned", "ended in", "log10 LR [95 %]", "in short")
    screen.table("Voice comparison", columns, rows)
    return _ended(screen, results, names, table)


def _examined(
    screen: Screen, folder: Path, model: str, family: str, engine: str
) -> tuple[list[Examined], dict[str, str]]:
    opened = workbench.open(folder, who=screen.who)
    if model:
        _set_model(screen, opened, model, family)
    names = {exhibit.sha256: exhibit.name for exhibit in opened.exhibits}
    with engine_of(opened, engine) as cluster, screen.progress(names) as watcher:
        return list(opened.examine(["voice"], on_event=watcher, cluster=cluster)), names


def _set_model(screen: Screen, opened: Case, model: str, family: str) -> None:
    """Note in case.toml which model to use; a file of the user's is put on the shelf first."""
    name = model
    if model != "embedded" and Path(model).suffix == ".onnx":
        if not Path(model).is_file():
            raise MissingPart("there is no such model file", got=safe_name(model))
        name = Shelf().put_speaker_model(Path(model), family=family)
        screen.say(f"the model goes by the name {name}; its SHA-256 is noted in the lock file")
    opened.set_parameter(find_examination("voice").name, "model", name)


def _ended(
    screen: Screen, results: list[Examined], names: dict[str, str], table: Path | None
) -> int:
    """Write what was asked for, and give the exit code."""
    found = [each for each in results if isinstance(each.outcome, Finding)]
    if not results:
        screen.say("the case holds no questioned recording")
    if table is not None:
        for number, each in enumerate(found):
            assert isinstance(each.outcome, Finding)
            path = table if number == 0 else table.with_stem(f"{table.stem}-{number + 1}")
            write_whole(path, trials_csv(each.outcome.details))
            screen.say(f"held-out pairs of {names[each.exhibit]}: {path}")
    screen.result(
        [
            {
                "exhibit": each.exhibit,
                "method": each.method,
                "outcome": outcome_to_json(each.outcome),
            }
            for each in results
        ]
    )
    failed = any(each.outcome.kind == "failed" for each in results)
    return ExitCode.FAILED if failed else ExitCode.DONE


@voice.group()
def population() -> None:
    """Keep the relevant population of a case: recordings of other people."""


@population.command("add")
@click.argument("folder", type=_PATH)
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("--speaker", default="", help="All of FILES are of this person.")
@click.pass_obj
def add(screen: Screen, folder: Path, files: tuple[Path, ...], speaker: str) -> int:
    """Add recordings of other people to the case in FOLDER.

    Without --speaker, each folder among FILES is one person who goes by its name, and each file is one
    person who goes by the file's name.
    """
    opened = workbench.open(folder, who=screen.who)
    results: list[Added | Refused] = []
    for given in files:
        name = safe_text(speaker) or safe_name(given.stem if given.is_file() else given.name)
        inside = (
            sorted(path for path in given.iterdir() if path.is_file()) if given.is_dir() else []
        )
        results += opened.add(inside or [given], Role.POPULATION, speaker=name)
    return show_added(screen, results)


@population.command("show")
@click.argument("folder", type=_PATH)
@click.pass_obj
def show(screen: Screen, folder: Path) -> None:
    """List the people of the case's population, and say whether they are enough."""
    opened = workbench.open(folder, who=screen.who)
    exhibits = [each for each in opened.exhibits if each.role is Role.POPULATION]
    counts = Counter(each.speaker or each.name for each in exhibits)
    rows = [(name, str(count)) for name, count in sorted(counts.items())]
    screen.table("Population", ("speaker", "recordings"), rows)
    enough = len(counts) >= LEAST_SPEAKERS
    screen.say(
        f"{len(counts)} speaker{'' if len(counts) == 1 else 's'}; {LEAST_SPEAKERS} are the least"
        + ("" if enough else f": add {LEAST_SPEAKERS - len(counts)} more")
    )
    screen.result({"speakers": dict(sorted(counts.items())), "is_enough": enough})


@voice.command()
@click.argument("folder", type=_PATH)
@click.argument("exhibit")
@click.argument("regions", default="")
@click.option(
    "--from", "source", type=_PATH, help="Audacity labels or a Praat TextGrid that marks them."
)
@click.option("--label", default="", help="With --from: what the speaker's regions are labelled.")
@click.option(
    "--as",
    "role",
    type=click.Choice(["questioned", "known", "population"]),
    default="questioned",
    show_default=True,
)
@click.pass_obj
def regions(
    screen: Screen,
    folder: Path,
    exhibit: str,
    regions: str,
    source: Path | None,
    label: str,
    role: str,
) -> None:
    """Say which parts of EXHIBIT (name or hash) are the speaker's, such as "12.5-30, 45-60" in seconds.

    Without REGIONS and without --from, all of it is.
    """
    if source is not None:
        if regions:
            raise click.UsageError("give the regions, or --from, not both")
        regions = _labelled(source, label)
    noted = workbench.open(folder, who=screen.who).set_regions(exhibit, regions, role=role)
    screen.say(f"regions: {noted or 'all of it'}")
    screen.result({"regions": noted})


def _labelled(source: Path, label: str) -> str:
    """The regions in a file of labels: those of one label, or all where none is given."""
    segments = read_file(source).segments
    chosen = [
        (each.start_s, each.end_s)
        for each in segments
        if not label or label in (each.speaker, each.text.strip())
    ]
    chosen = [(start_s, end_s) for start_s, end_s in chosen if end_s > start_s]
    if not chosen:
        labels = sorted({each.speaker or each.text.strip() for each in segments})[:10]
        raise BadTranscript(
            "no stretch of the file has that label",
            got=label or "no stretches",
            expected=", ".join(labels),
        )
    return regions_text(chosen)
