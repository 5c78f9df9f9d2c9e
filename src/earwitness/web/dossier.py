"""The dossier: statements beside their documents, decisions, conflicts, the timeline."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from earwitness.dossier.conflicts import find_agreements, find_conflicts
from earwitness.dossier.highlights import pieces
from earwitness.dossier.review import Dossier, State, proposals
from earwitness.dossier.shared_text import origins, shared_texts
from earwitness.dossier.statement import Manner, Statement, Value
from earwitness.dossier.timeline import timeline
from earwitness.errors import BadStatement
from earwitness.evidence.exhibit import Role
from earwitness.evidence.names import safe_text
from earwitness.web.entry import desk_of, to_case
from earwitness.web.pages import page, visitor_of
from earwitness.workbench import Case

router = APIRouter(prefix="/cases/{name}/dossier", default_response_class=HTMLResponse)
Ids = Annotated[list[str], Form(max_length=500)]
Back = Annotated[str, Form(max_length=200)]


@router.get("")
def ledger(
    request: Request, name: str, document: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The statements of a document beside its text, in which their wordings are marked."""
    case = _open(request, name)
    found = case.dossier.read()
    documents = [each for each in case.exhibits if each.role is Role.DOCUMENT]
    texts = case.document_texts()
    chosen = document if document in texts else next(iter(texts), "")
    shown = [one for one in found.in_state(*State) if one.document == chosen]
    standing = [one for one in shown if _stands(found, one)]
    return page(
        request,
        "dossier.html",
        name=name,
        title=case.case_file.title,
        documents=[(each, each.sha256 in texts, _drafts(found, each.sha256)) for each in documents],
        chosen=chosen,
        pieces=pieces(texts.get(chosen, ""), standing),
        statements=shown,
        found=found,
    )


def _drafts(found: Dossier, document: str) -> int:
    return sum(one.document == document for one in found.in_state(State.DRAFT))


def _stands(found: Dossier, one: Statement) -> bool:
    return found.states[one.id] in (State.DRAFT, State.ACCEPTED)


@router.post("/draft")
def draft(request: Request, name: str, document: Annotated[str, Form(max_length=64)]) -> Response:
    """Draft the statements of a document that is an exhibit."""
    case = _open(request, name)
    exhibit = case.exhibit(document)
    case.draft(exhibit.path, name=exhibit.name)
    return _back(request, name, f"?document={exhibit.sha256}")


@router.post("/accept")
def accept(request: Request, name: str, ids: Ids, back: Back = "") -> Response:
    """Accept statements, in the name of who is at work."""
    _open(request, name).dossier.accept(ids)
    return _back(request, name, back)


@router.post("/reject")
def reject(request: Request, name: str, ids: Ids, back: Back = "") -> Response:
    """Reject statements; they are kept, as rejected."""
    _open(request, name).dossier.reject(ids)
    return _back(request, name, back)


@router.post("/undo")
def undo(
    request: Request, name: str, act: Annotated[int, Form(ge=0)] = 0, back: Back = ""
) -> Response:
    """Undo the last act on the dossier, or one by its number."""
    _open(request, name).dossier.undo(act)
    return _back(request, name, back)


@router.post("/merge")
def merge(
    request: Request, name: str, names: Ids, why: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """Say that names are one person's or group's."""
    _open(request, name).dossier.merge(names, why=safe_text(why))
    return _back(request, name, "/names")


@router.post("/split")
def split(
    request: Request,
    name: str,
    one: Annotated[str, Form(max_length=500)],
    why: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Say that a name is nobody else's."""
    _open(request, name).dossier.split(one, why=safe_text(why))
    return _back(request, name, "/names")


@router.get("/names")
def names(request: Request, name: str) -> Response:
    """Names that may be two spellings of one, and those that persons have merged."""
    case = _open(request, name)
    found = case.dossier.read()
    return page(
        request,
        "names.html",
        name=name,
        title=case.case_file.title,
        proposals=proposals(found)[:100],
        acts=[act for act in found.acts if act.kind in ("merge", "split")],
        undone=found.undone,
    )


@router.get("/conflicts")
def conflicts(request: Request, name: str) -> Response:
    """Values that cannot both hold, side by side; and agreement that is not independent."""
    case = _open(request, name)
    found = case.dossier.read()
    statements = found.in_state(State.ACCEPTED, State.DRAFT)
    texts = case.document_texts()
    shared = shared_texts(texts)
    groups = origins(texts, shared)
    origin_of = {key: group.documents[0] for group in groups for key in group.documents}
    return page(
        request,
        "conflicts.html",
        name=name,
        title=case.case_file.title,
        conflicts=find_conflicts(statements, named=found.entity),
        undecided=len(proposals(found)),
        agreements=find_agreements(statements, origin_of, named=found.entity),
        shared=shared,
        found=found,
        documents={each.sha256: each.name for each in case.exhibits},
    )


@router.get("/timeline")
def moments(request: Request, name: str) -> Response:
    """The dated statements in order."""
    case = _open(request, name)
    found = case.dossier.read()
    listed = timeline(found.in_state(State.ACCEPTED, State.DRAFT))
    return page(
        request,
        "timeline.html",
        name=name,
        title=case.case_file.title,
        moments=listed,
        years=Counter(moment.earliest.year for moment in listed),
        found=found,
    )


@router.get("/edit/{beginning}")
def ask_edit(request: Request, name: str, beginning: str) -> Response:
    """A form to put a statement right."""
    case = _open(request, name)
    one = case.dossier.read().find(beginning)
    return page(
        request,
        "edit.html",
        name=name,
        title=case.case_file.title,
        one=one,
        manners=[str(manner) for manner in Manner],
    )


@router.post("/edit/{beginning}")
def edit(
    request: Request,
    name: str,
    beginning: str,
    subject: Annotated[str, Form(max_length=500)],
    value: Annotated[str, Form(max_length=5_000)],
    manner: Annotated[Manner, Form()],
    earliest: Annotated[str, Form(max_length=10)] = "",
    latest: Annotated[str, Form(max_length=10)] = "",
    said_by: Annotated[str, Form(max_length=2_000)] = "",
    hedge: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Put a statement right and accept it; the draft is kept, as replaced."""
    kept = _open(request, name).dossier
    old = kept.read().find(beginning)
    changes: dict[str, Any] = {
        "subject": subject,
        "value": Value(value, _day(earliest), _day(latest or earliest)),
        "said_by": tuple(line.strip() for line in said_by.splitlines() if line.strip()),
        "manner": manner,
        "hedge": "" if manner is Manner.ASSERTED else hedge,
    }
    kept.edit(old.id, **changes)
    return _back(request, name, f"?document={old.document}")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadStatement("this is no date", got=repr(text), expected="2014-11-13") from error


def _open(request: Request, name: str) -> Case:
    return desk_of(request).open(name, visitor_of(request).who)


def _back(request: Request, name: str, back: str) -> Response:
    """Back to where the form was; a script gets the new states instead."""
    if "application/json" in request.headers.get("accept", ""):
        found = _open(request, name).dossier.read()
        return JSONResponse({key: str(state) for key, state in found.states.items()})
    return to_case(name, f"/dossier{_within(back)}")


def _within(back: str) -> str:
    """The end of an address under this dossier; anything else is left out."""
    plain = back.replace("?document=", "").removeprefix("/").replace("#", "")
    return back if plain.replace("-", "").isalnum() and plain.isascii() else ""
