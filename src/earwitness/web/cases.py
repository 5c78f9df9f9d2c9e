"""A case: at a glance, question by question, its settings; starting and watching examinations."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from earwitness.evidence.exhibit import Role
from earwitness.evidence.names import safe_text
from earwitness.examinations import newest_examinations
from earwitness.outcome import Asked
from earwitness.web.entry import desk_of, to_case
from earwitness.web.pages import page, visitor_of
from earwitness.web.running import Examining, Queued, was_interrupted

router = APIRouter(prefix="/cases/{name}", default_response_class=HTMLResponse)
_SILENT_AT_MOST_S = 15.0


@router.get("")
def glance(request: Request, name: str) -> Response:
    """The case at a glance: every question with its outcome, or why there is none."""
    desk = desk_of(request)
    case = desk.open(name, visitor_of(request).who)
    running, data = desk.examining(name, case), desk.data(case)
    state = running.state() if running else None
    return page(
        request,
        "glance.html",
        name=name,
        title=data.title,
        data=data,
        recordings={str(role) for role in Role if role.is_recording},
        roles=[str(role) for role in Role],
        examinations=list(newest_examinations().values()),
        run=state,
        interrupted=was_interrupted(case) and (state is None or state["is_over"]),
    )


@router.get("/questions/{asked}")
def question(
    request: Request, name: str, asked: Asked, exhibit: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """One question with all that was found: figures, measurements, places, limits.

    Those of the questioned recordings, or of the one exhibit that is asked for by its mark. While
    examinations go on, the page shows how far they are and takes in what they find.
    """
    desk = desk_of(request)
    case = desk.open(name, visitor_of(request).who)
    running, data = desk.examining(name, case), desk.data(case)
    state = running.state() if running else None
    (part,) = [each for each in data.questions if each.asked == asked]
    wanted = [each for each in part.answers if each.exhibit == exhibit] if exhibit else []
    shown = wanted or [each for each in part.answers if each.exhibit.startswith("Q")]
    return page(
        request,
        "question.html",
        name=name,
        title=data.title,
        question=part,
        answers=shown,
        others=[each for each in part.answers if each not in shown],
        hashes={each.mark: each.sha256 for each in data.exhibits},
        names={each.mark: each.name for each in data.exhibits},
        run=state if state and not state["is_over"] else None,
    )


@router.post("/examine")
def examine(
    request: Request,
    name: str,
    only: Annotated[list[str] | None, Form()] = None,
    again: Annotated[bool, Form()] = False,
) -> Response:
    """Start to examine; what is known is not computed again unless that is asked for."""
    desk_of(request).examine(name, visitor_of(request).who, only or [], again=again)
    return to_case(name, "#examining")


@router.post("/stop")
def stop(request: Request, name: str) -> Response:
    """Stop examining; what had ended is kept."""
    desk = desk_of(request)
    running = desk.examining(name, desk.open(name, visitor_of(request).who))
    if running is not None:
        running.stop()
    return to_case(name, "#examining")


@router.get("/watch", response_class=StreamingResponse)
def watch(request: Request, name: str) -> Response:
    """What is going on, as events that the server sends; the last one says that all is over."""
    desk = desk_of(request)
    running = desk.examining(name, desk.open(name, visitor_of(request).who))
    events = _events(request, running)
    return StreamingResponse(events, media_type="text/event-stream")


async def _events(request: Request, running: Examining | Queued | None) -> AsyncIterator[bytes]:
    told, silent_s = None, 0.0
    while running is not None and not await request.is_disconnected():
        state = await run_in_threadpool(running.state)
        if state != told:
            told, silent_s = state, 0.0
            yield f"event: state\ndata: {json.dumps(state)}\n\n".encode()
            if state["is_over"]:
                break
        elif silent_s >= _SILENT_AT_MOST_S:
            silent_s = 0.0
            yield b": still there\n\n"
        silent_s += running.look_every_s
        await asyncio.sleep(running.look_every_s)
    yield b"event: over\ndata: {}\n\n"


@router.get("/settings")
def settings(request: Request, name: str) -> Response:
    """What case.toml says of the case as a whole."""
    case = desk_of(request).open(name, visitor_of(request).who)
    file = case.case_file
    return page(request, "settings.html", name=name, title=file.title, file=file)


@router.post("/settings")
def change_settings(
    request: Request,
    name: str,
    title: Annotated[str, Form(max_length=500)] = "",
    speaker: Annotated[str, Form(max_length=500)] = "",
    publisher: Annotated[str, Form(max_length=500)] = "",
    released: Annotated[str, Form(max_length=500)] = "",
    place: Annotated[str, Form(max_length=500)] = "",
    language: Annotated[str, Form(max_length=500)] = "",
    application: Annotated[str, Form(max_length=500)] = "",
    workers: Annotated[int, Form(ge=0, le=1_000)] = 0,
    max_hours: Annotated[float, Form(gt=0, le=1_000)] = 24.0,
) -> Response:
    """Change what case.toml says of the case as a whole."""
    claims = {
        "speaker": speaker,
        "publisher": publisher,
        "released": released,
        "place": place,
        "language": language,
        "application": application,
    }
    case = desk_of(request).open(name, visitor_of(request).who)
    case.change(
        title=safe_text(title),
        claims={key: safe_text(text) for key, text in claims.items()},
        settings={"workers": workers, "max_hours": max_hours},
    )
    return to_case(name)
