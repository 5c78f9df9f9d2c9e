"""``earwitness redact``, ``review``, ``export`` and ``stamp``: what leaves a case."""

from __future__ import annotations

from pathlib import Path

import click

import earwitness as workbench
from earwitness.cli.show import Screen
from earwitness.evidence.names import safe_text
from earwitness.evidence.timestamp import read_roots
from earwitness.publishing import EXPORTS
from earwitness.report.claimreview import CATEGORIES, Publisher
from earwitness.report.signing import Verdict
from earwitness.store.casefile import Redacted
from earwitness.workbench import Case

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=_PATH)
@click.option("--name", "names", multiple=True, help="A name of one person, in a spelling of it.")
@click.option("--passage", nargs=3, metavar="EXHIBIT FROM TO", help="A recording, and two seconds.")
@click.option("--why", default="", help="The reason; reports print it.")
@click.option("--lift", type=int, metavar="NUMBER", help="Take that redaction away.")
@click.pass_obj
def redact(
    screen: Screen,
    folder: Path,
    names: tuple[str, ...],
    passage: tuple[str, str, str] | None,
    why: str,
    lift: int | None,
) -> None:
    """Leave names or a passage out of reports and exports; without options, list what is left out.

    The case itself keeps everything. Reports say that something was redacted, and why.
    """
    if sum((bool(names), passage is not None, lift is not None)) > 1:
        raise click.UsageError("give one of --name, --passage and --lift")
    opened = workbench.open(folder, who=screen.who)
    left: dict[str, int] = {}
    if names:
        left = opened.publication.redact_names(map(safe_text, names), why=safe_text(why))
    elif passage is not None:
        start_s, end_s = _seconds(passage[1]), _seconds(passage[2])
        opened.publication.redact_passage(passage[0], start_s, end_s, why=safe_text(why))
    elif lift is not None:
        opened.publication.lift(lift)
    for part, count in left.items():
        screen.say(f"still in the report: '{part}', {count} times; is that the person too?")
    _show_redactions(screen, opened, left)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not a number of seconds") from error


def _show_redactions(screen: Screen, opened: Case, left: dict[str, int]) -> None:
    names = {exhibit.sha256: exhibit.name for exhibit in opened.exhibits}
    listed = opened.publication.redactions
    rows = [(str(number), _what(one, names), one.why) for number, one in enumerate(listed, start=1)]
    screen.table("Left out of reports and exports", ("no.", "what", "why"), rows)
    screen.result({"redactions": [one.model_dump() for one in listed], "parts_left": left})


def _what(one: Redacted, names: dict[str, str]) -> str:
    if one.names:
        return ", ".join(one.names)
    name = names.get(one.exhibit, one.exhibit[:12])
    return f"{name}, {one.start_s:g} to {one.end_s:g} s"


@click.command()
@click.argument("folder", type=_PATH)
@click.option("--as", "who", default="", metavar="NAME", help="Who signs.")
@click.option(
    "--verdict",
    required=True,
    type=click.Choice([verdict.name.lower().replace("_", "-") for verdict in Verdict]),
    help="What the reviewer says of the report.",
)
@click.option("--note", default="", help="Remarks; the report prints them.")
@click.pass_obj
def review(screen: Screen, folder: Path, who: str, verdict: str, note: str) -> None:
    """Sign the report of the case in FOLDER as its reviewer, under a name.

    The sign-off is of the report as it stands now. When the case changes, reports say that the
    sign-off is of an earlier state.
    """
    name = safe_text(who) or screen.who
    if not name:
        raise click.UsageError("say who signs: --as NAME")
    said = Verdict[verdict.upper().replace("-", "_")]
    opened = workbench.open(folder, who=name)
    digest = opened.publication.review(said, note=safe_text(note, 5_000))
    screen.say(f"{name} {said}: signed over the report {digest[:12]}")
    screen.result({"who": name, "verdict": str(said), "report_sha256": digest})


@click.command(epilog="Forms: " + "; ".join(f"{k}: {text}" for k, text in EXPORTS.items()) + ".")
@click.argument("folder", type=_PATH)
@click.option(
    "--as", "form", required=True, type=click.Choice(list(EXPORTS)), help="What to write."
)
@click.option("--output", type=_PATH, help="The file, or the folder; in exports/ by default.")
@click.option("--drafts", is_flag=True, help="Of the dossier: also what nobody has accepted.")
@click.option("--desk", default="", metavar="NAME", help="For a claimreview: who reviews.")
@click.option("--url", default="", help="For a claimreview: where it is published.")
@click.option("--rating", default="", metavar="TEXT", help="For a claimreview: your verdict.")
@click.option(
    "--category",
    type=click.Choice(["", *CATEGORIES]),
    default="",
    help="For a claimreview: your verdict on the recording itself.",
)
@click.pass_obj
def export(
    screen: Screen,
    folder: Path,
    form: str,
    output: Path | None,
    drafts: bool,
    desk: str,
    url: str,
    rating: str,
    category: str,
) -> None:
    """Write what other programs take in, or the whole case for another desk.

    All but the bag leave out what is redacted.
    """
    opened = workbench.open(folder, who=screen.who)
    by = Publisher(safe_text(desk), safe_text(url), safe_text(rating), category)
    paths = opened.publication.export(form, output, by=by, drafts=drafts)
    for path in paths:
        screen.say(f"{form}: {path}")
    if form == "bag" and opened.publication.redactions:
        screen.say("note: a bag is the whole case; what reports redact stands in it")
    screen.result({"form": form, "paths": [str(path) for path in paths]})


@click.command()
@click.argument("folder", type=_PATH)
@click.option(
    "--authority", default="", metavar="URL", help="Ask this authority; uses the network."
)
@click.option("--roots", type=_PATH, help="Check the stamps: certificates that you trust, as PEM.")
@click.pass_obj
def stamp(screen: Screen, folder: Path, authority: str, roots: Path | None) -> None:
    """Have an outside authority stamp the head of the custody log, or check such stamps offline.

    Only a hash is sent. A stamp shows that the log existed at that time, not that what it says is
    true.
    """
    if bool(authority) == (roots is not None):
        raise click.UsageError("give --authority URL, or --roots FILE to check")
    opened = workbench.open(folder, who=screen.who)
    if authority:
        at = opened.publication.stamp(authority)
        screen.say(f"stamped: {at}, as {authority} states")
        screen.result({"stamped_at": at})
    if roots is not None:
        checked = opened.publication.check_stamps(read_roots(roots))
        for one in checked:
            screen.say(f"entry {one.number} ({one.head[:12]}) existed at {one.stamped_at}")
        screen.result([{"number": c.number, "stamped_at": c.stamped_at} for c in checked])
