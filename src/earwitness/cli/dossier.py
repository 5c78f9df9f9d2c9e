"""``earwitness dossier``: draft statements from documents, decide on them, see what conflicts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

import earwitness as workbench
from earwitness.atomic import write_whole
from earwitness.cli.show import ExitCode, Screen
from earwitness.dossier.conflicts import find_agreements, find_conflicts
from earwitness.dossier.followthemoney import from_followthemoney, to_followthemoney
from earwitness.dossier.gazetteer import read_gazetteer
from earwitness.dossier.model_drafting import Endpoint
from earwitness.dossier.review import Dossier, State, place_proposals, proposals
from earwitness.dossier.shared_text import origins, shared_texts
from earwitness.dossier.statement import Manner, Property, Statement, Value, to_json
from earwitness.dossier.timeline import timeline
from earwitness.errors import BadStatement, EarwitnessError

_FOLDER = click.Path(path_type=Path)
MAX_IMPORT_BYTES = 200_000_000


@click.group()
def dossier() -> None:
    """Statements with their sources: who says what of whom, how surely, and what conflicts.

    What is drafted is a draft until a person accepts it. Every act can be undone.
    """


@dossier.command("draft")
@click.argument("case", type=_FOLDER)
@click.argument("files", nargs=-1, required=True, type=_FOLDER)
@click.option("--published", default="", metavar="YYYY-MM-DD", help="The documents' own date.")
@click.option("--outlet", default="", help="Who published them.")
@click.option("--model-url", default="", help="A language model of yours that drafts as well.")
@click.option("--model", default="default", help="The model's name at that address.")
@click.option("--model-host", default="", help="Allow this host, which is not this machine.")
@click.pass_obj
def draft(
    screen: Screen,
    case: Path,
    files: Sequence[Path],
    published: str,
    outlet: str,
    model_url: str,
    model: str,
    model_host: str,
) -> int:
    """Read FILES (HTML, PDF, text) into CASE and draft their statements, offline and by rules.

    With --model-url, a language model behind an OpenAI-compatible address (llama.cpp, vLLM, Ollama,
    LM Studio) drafts too. Each of its statements must quote the document word for word; others are
    dropped and counted. Nothing is sent anywhere without that option.
    """
    endpoint = Endpoint(model_url, model, model_host) if model_url else None
    opened = workbench.open(case, who=screen.who)
    day = _day(published)
    results: list[dict[str, object]] = []
    refused = False
    for file in files:
        try:
            drafted = opened.draft(file, published=day, outlet=outlet, model=endpoint)
        except EarwitnessError as error:
            screen.error(f"{file.name}: {error}", kind=type(error).__name__)
            results.append({"name": file.name, "refused": type(error).__name__})
            refused = True
            continue
        when = drafted.document.published
        basis = f"dated {when} ({drafted.document.published_from})" if when else "without a date"
        by = drafted.document.outlet or "no publisher named"
        screen.say(f"{drafted.sha256[:12]}  {drafted.name}: {drafted.new} drafts; {basis}; {by}")
        for why, number in drafted.dropped.items():
            screen.say(f"  dropped of the model's drafts: {number}, {why}")
        results.append(
            {
                "name": drafted.name,
                "sha256": drafted.sha256,
                "new": drafted.new,
                "dropped": dict(drafted.dropped),
            }
        )
    screen.result(results)
    return ExitCode.REFUSED if refused else ExitCode.DONE


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not a date like 2014-11-13") from error


@dossier.command("list")
@click.argument("case", type=_FOLDER)
@click.option("--state", "states", multiple=True, type=click.Choice([str(s) for s in State]))
@click.option("--about", default="", help="Only statements about this name.")
@click.option("--property", "prop", default="", type=click.Choice(["", *map(str, Property)]))
@click.pass_obj
def show(screen: Screen, case: Path, states: Sequence[str], about: str, prop: str) -> None:
    """List the statements of CASE: drafts and accepted ones, unless another state is asked for."""
    found = workbench.open(case, who=screen.who).dossier.read()
    wanted = [State(state) for state in states] or [State.DRAFT, State.ACCEPTED]
    chosen = [
        one
        for one in found.in_state(*wanted)
        if (not about or found.entity(one.subject) == found.entity(about))
        and (not prop or one.property == prop)
    ]
    screen.table(
        f"{len(chosen)} statements",
        ("id", "state", "statement"),
        [(one.id[:12], found.states[one.id], one.sentence) for one in chosen],
    )
    screen.result([{**to_json(one), "id": one.id, "state": found.states[one.id]} for one in chosen])


@dossier.command("accept")
@click.argument("case", type=_FOLDER)
@click.argument("ids", nargs=-1, required=True)
@click.pass_obj
def accept(screen: Screen, case: Path, ids: Sequence[str]) -> None:
    """Accept the statements whose ids begin with IDS."""
    _say(screen, "accepted", workbench.open(case, who=screen.who).dossier.accept(ids))


@dossier.command("reject")
@click.argument("case", type=_FOLDER)
@click.argument("ids", nargs=-1, required=True)
@click.pass_obj
def reject(screen: Screen, case: Path, ids: Sequence[str]) -> None:
    """Reject the statements whose ids begin with IDS; they are kept, as rejected."""
    _say(screen, "rejected", workbench.open(case, who=screen.who).dossier.reject(ids))


def _say(screen: Screen, what: str, statements: Sequence[Statement]) -> None:
    for one in statements:
        screen.say(f"{what} {one.id[:12]}  {one.sentence}")
    screen.result({what: [one.id for one in statements]})


@dossier.command("edit")
@click.argument("case", type=_FOLDER)
@click.argument("statement")
@click.option("--subject", help="Of whom or what it is said.")
@click.option("--value", help="The value, in words.")
@click.option("--from", "earliest", metavar="YYYY-MM-DD", help="First day, for a date.")
@click.option("--to", "latest", metavar="YYYY-MM-DD", help="Last day, for a date.")
@click.option("--by", "said_by", multiple=True, help="Who says so, outermost first; repeat it.")
@click.option("--manner", type=click.Choice([str(manner) for manner in Manner]))
@click.option("--hedge", help="The words that make it less than asserted.")
@click.pass_obj
def edit(
    screen: Screen,
    case: Path,
    statement: str,
    subject: str | None,
    value: str | None,
    earliest: str | None,
    latest: str | None,
    said_by: Sequence[str],
    manner: str | None,
    hedge: str | None,
) -> None:
    """Put STATEMENT right and accept it; the draft is kept, as replaced."""
    kept = workbench.open(case, who=screen.who).dossier
    old = kept.read().find(statement)
    changes: dict[str, object] = {}
    if subject is not None:
        changes["subject"] = subject
    if value is not None or earliest is not None:
        first = _day(earliest or "") if earliest is not None else old.value.earliest
        last = _day(latest or earliest or "") if earliest is not None else old.value.latest
        changes["value"] = Value(value if value is not None else old.value.text, first, last)
    if said_by:
        changes["said_by"] = tuple(said_by)
    if manner is not None:
        changes["manner"] = Manner(manner)
        changes["hedge"] = "" if manner == "asserted" else (hedge or old.hedge)
    new = kept.edit(statement, **changes)
    screen.say(f"{old.id[:12]} is replaced by {new.id[:12]}  {new.sentence}")
    screen.result({"old": old.id, "new": new.id})


@dossier.command("merge")
@click.argument("case", type=_FOLDER)
@click.argument("names", nargs=-1)
@click.option("--why", default="", help="On what the decision rests; goes into the log.")
@click.option("--gazetteer", type=_FOLDER, help="A list of places, for names of places.")
@click.pass_obj
def merge(
    screen: Screen, case: Path, names: Sequence[str], why: str, gazetteer: Path | None
) -> None:
    """Say that NAMES are one person's, group's or place's; without NAMES, show which may be, and why.

    The gazetteer is a table with commas, or an extract of GeoNames; it proposes historic and other
    names of one place.
    """
    kept = workbench.open(case, who=screen.who).dossier
    if names:
        kept.merge(names, why=why)
        screen.say(f"from now on one: {', '.join(names)}")
        screen.result({"merged": list(names)})
        return
    found = proposals(kept.read())
    if gazetteer is not None:
        found += place_proposals(kept.read(), read_gazetteer(gazetteer))
    rows = [(p.one, p.other, f"{p.score:.2f}", "; ".join(p.reasons)) for p in found]
    screen.table("May be the same; decide with names", ("name", "name", "likeness", "why"), rows)
    screen.result(
        [{"one": p.one, "other": p.other, "score": p.score, "why": p.reasons} for p in found]
    )


@dossier.command("split")
@click.argument("case", type=_FOLDER)
@click.argument("name")
@click.option("--why", default="", help="On what the decision rests; goes into the log.")
@click.pass_obj
def split(screen: Screen, case: Path, name: str, why: str) -> None:
    """Say that NAME is nobody else's: take it out of a merge, or strike it from the proposals."""
    workbench.open(case, who=screen.who).dossier.split(name, why=why)
    screen.say(f"stands alone: {name}")
    screen.result({"split": name})


@dossier.command("undo")
@click.argument("case", type=_FOLDER)
@click.argument("act", type=int, default=0)
@click.pass_obj
def undo(screen: Screen, case: Path, act: int) -> None:
    """Undo the last act on the dossier, or the one numbered ACT; undoing can be undone too."""
    undone = workbench.open(case, who=screen.who).dossier.undo(act)
    screen.say(f"undone: act {undone.number}, {undone.kind} by {undone.who}")
    screen.result({"undone": undone.number, "kind": undone.kind})


@dossier.command("conflicts")
@click.argument("case", type=_FOLDER)
@click.option("--accepted", is_flag=True, help="Leave drafts out.")
@click.pass_obj
def conflicts(screen: Screen, case: Path, accepted: bool) -> None:
    """Show values that cannot both hold, and agreement that is not independent."""
    opened = workbench.open(case, who=screen.who)
    found = opened.dossier.read()
    statements = _chosen(found, accepted)
    clashes = find_conflicts(statements, named=found.entity)
    texts = opened.document_texts()
    shared = shared_texts(texts)
    groups = origins(texts, shared)
    origin_of = {key: group.documents[0] for group in groups for key in group.documents}
    agreements = find_agreements(statements, origin_of, named=found.entity)
    screen.table(
        f"{len(clashes)} conflicts",
        ("about", "why", "one side", "other side"),
        [(c.subject, c.why, _side(c.one), _side(c.other)) for c in clashes],
    )
    screen.table(
        "Agreement",
        ("about", "value", "how independent"),
        [(a.subject, f"{a.property.wording} {a.value}", a.wording) for a in agreements],
    )
    names = {exhibit.sha256: exhibit.name for exhibit in opened.exhibits}
    screen.table(
        "Documents that share text",
        ("document", "document", "shared", "longest passage"),
        [
            (
                names.get(s.one, s.one[:12]),
                names.get(s.other, s.other[:12]),
                f"{s.containment:.0%}",
                s.passages[0][:120] if s.passages else "",
            )
            for s in shared
        ],
    )
    screen.result(
        {
            "conflicts": [
                {
                    "subject": c.subject,
                    "why": c.why,
                    "one": [o.id for o in c.one],
                    "other": [o.id for o in c.other],
                }
                for c in clashes
            ],
            "agreements": [
                {
                    "subject": a.subject,
                    "property": a.property,
                    "value": a.value,
                    "documents": len({o.document for o in a.statements}),
                    "sources": a.sources,
                }
                for a in agreements
            ],
            "shared": [
                {"one": s.one, "other": s.other, "containment": s.containment} for s in shared
            ],
            "origins": [{"documents": g.documents, "why": g.why} for g in groups],
        }
    )


def _chosen(found: Dossier, accepted: bool) -> list[Statement]:
    return (
        found.in_state(State.ACCEPTED) if accepted else found.in_state(State.ACCEPTED, State.DRAFT)
    )


def _side(statements: Sequence[Statement]) -> str:
    return "\n".join(one.sentence for one in statements[:5])


@dossier.command("timeline")
@click.argument("case", type=_FOLDER)
@click.option("--about", default="", help="Only moments of this name.")
@click.option("--accepted", is_flag=True, help="Leave drafts out.")
@click.pass_obj
def moments(screen: Screen, case: Path, about: str, accepted: bool) -> None:
    """Show the dated statements in order, with their precision and who says so."""
    found = workbench.open(case, who=screen.who).dossier.read()
    chosen = [
        moment
        for moment in timeline(_chosen(found, accepted))
        if not about or found.entity(moment.statement.subject) == found.entity(about)
    ]
    screen.table(
        "Timeline",
        ("when", "precision", "what", "state"),
        [
            (
                m.statement.value.shown,
                m.precision,
                m.statement.sentence,
                found.states[m.statement.id],
            )
            for m in chosen
        ],
    )
    screen.result(
        [
            {
                "earliest": m.earliest.isoformat(),
                "latest": m.latest.isoformat(),
                "precision": m.precision,
                "id": m.statement.id,
                "sentence": m.statement.sentence,
            }
            for m in chosen
        ]
    )


@dossier.command("export")
@click.argument("case", type=_FOLDER)
@click.argument("to", type=_FOLDER)
@click.option("--drafts", is_flag=True, help="Also what nobody has accepted yet.")
@click.pass_obj
def export(screen: Screen, case: Path, to: Path, drafts: bool) -> None:
    """Write the accepted statements of CASE as FollowTheMoney statements, one a line, to the file TO."""
    found = workbench.open(case, who=screen.who).dossier.read()
    statements = _chosen(found, accepted=not drafts)
    lines = [
        json.dumps(data, ensure_ascii=False, sort_keys=True)
        for data in to_followthemoney(statements, named=found.entity)
    ]
    write_whole(to, "".join(f"{line}\n" for line in lines).encode())
    screen.say(f"{len(lines)} statements in {to}")
    screen.result({"statements": len(lines)})


@dossier.command("import")
@click.argument("case", type=_FOLDER)
@click.argument("file", type=_FOLDER)
@click.pass_obj
def bring_in(screen: Screen, case: Path, file: Path) -> None:
    """Read statements that another case exported; they come in as drafts."""
    if file.stat().st_size > MAX_IMPORT_BYTES:
        raise BadStatement("the file is too large", expected=f"{MAX_IMPORT_BYTES:,} bytes at most")
    try:
        lines = file.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise BadStatement("the file is not text", got=file.name) from error
    statements = list(from_followthemoney(lines))
    new = workbench.open(case, who=screen.who).dossier.keep_imported(statements, file=file.name)
    screen.say(f"{new} new drafts from {file}")
    screen.result({"new": new})
