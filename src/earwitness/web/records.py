"""What the case keeps of itself: the custody log, whether it is whole, and its report."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException

from earwitness.report import FORMS, render
from earwitness.report.html import MOST_ROWS
from earwitness.store.vault import require_plain_file
from earwitness.web.entry import desk_of, to_case
from earwitness.web.pages import page, visitor_of

router = APIRouter(prefix="/cases/{name}", default_response_class=HTMLResponse)
_PREVIEW = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'; sandbox",
    "x-frame-options": "SAMEORIGIN",
}


@router.get("/custody")
def custody(
    request: Request, name: str, before: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0
) -> Response:
    """Who did what to the case, newest first."""
    case = desk_of(request).open(name, visitor_of(request).who)
    entries = [each for each in case.custody if not before or each.number < before][::-1]
    return page(
        request,
        "custody.html",
        name=name,
        title=case.case_file.title,
        entries=entries[:MOST_ROWS],
        older=entries[MOST_ROWS - 1].number if len(entries) > MOST_ROWS else 0,
        names={each.sha256: each.name for each in case.exhibits},
        verification=None,
    )


@router.post("/verify")
def verify(request: Request, name: str) -> Response:
    """Check that nothing in the case was altered; changes nothing."""
    case = desk_of(request).open(name, visitor_of(request).who)
    return page(
        request,
        "custody.html",
        name=name,
        title=case.case_file.title,
        entries=case.custody[::-1][:MOST_ROWS],
        older=0,
        names={each.sha256: each.name for each in case.exhibits},
        verification=case.verify(),
    )


@router.get("/report")
def report(request: Request, name: str) -> Response:
    """The report as it would be now, and in which forms it can be written."""
    case = desk_of(request).open(name, visitor_of(request).who)
    written = {form: (case.path / "reports" / f"report.{form}").is_file() for form in FORMS}
    return page(request, "report.html", name=name, title=case.case_file.title, written=written)


@router.get("/report/preview")
def preview(request: Request, name: str) -> Response:
    """The report itself, shut into a frame without scripts."""
    desk = desk_of(request)
    data = desk.data(desk.open(name, visitor_of(request).who))
    return Response(render(data, "html"), media_type="text/html", headers=_PREVIEW)


@router.post("/report")
def write_report(
    request: Request, name: str, form: Annotated[str, Form(max_length=20)]
) -> Response:
    """Write the report; that is logged, with its hash."""
    if form not in FORMS:
        raise HTTPException(422, "a report has no such form")
    desk_of(request).open(name, visitor_of(request).who).report(form)
    return to_case(name, "/report")


@router.get("/report/file/{form}", response_class=FileResponse)
def written(request: Request, name: str, form: str) -> Response:
    """A report that was written, to be saved."""
    case = desk_of(request).open(name, visitor_of(request).who)
    path = case.path / "reports" / f"report.{form}"
    if form not in FORMS or not path.is_file():
        raise HTTPException(404, "no report of that form was written yet")
    require_plain_file(path)
    kind = "application/octet-stream"
    return FileResponse(path, media_type=kind, filename=path.name)
