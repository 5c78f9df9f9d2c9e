"""The application: all pages behind one guard, and errors as pages that say what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from earwitness.errors import (
    CaseError,
    CaseNotFound,
    EarwitnessError,
    UnknownExamination,
    UnknownExhibit,
)
from earwitness.evidence.names import safe_text
from earwitness.web import cases, dossier, entry, exhibits, listening, records
from earwitness.web.desk import Desk
from earwitness.web.guard import Door, Guard, Refusal
from earwitness.web.pages import page
from earwitness.web.watch import Watch

_STATIC = Path(__file__).parent / "static"
_STATUS: tuple[tuple[type[EarwitnessError], int], ...] = (  # the first that fits
    (CaseNotFound, 404),
    (UnknownExhibit, 404),
    (UnknownExamination, 404),
    (CaseError, 409),
    (EarwitnessError, 422),
)


def make_app(desk: Desk, door: Door) -> FastAPI:
    """Make the application that serves a desk.

    Parameters
    ----------
    desk : Desk
        The cases.
    door : Door
        Who is let in.
    """

    @asynccontextmanager
    async def whole_life(_: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(desk.close)

    app = FastAPI(
        title="earwitness, the desk",
        version=version("earwitness"),
        docs_url=None,
        redoc_url=None,
        lifespan=whole_life,
    )
    app.state.desk = desk
    for room in (entry, cases, exhibits, listening, dossier, records):
        app.include_router(room.router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_exception_handler(EarwitnessError, _refused)
    app.add_exception_handler(OSError, _refused_by_system)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(Guard, door=door, turn_away=_turned_away)
    app.add_middleware(Watch, desk=desk)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, EarwitnessError)
    status = next(number for kind, number in _STATUS if isinstance(error, kind))
    return _trouble(
        request, status, error.what, got=error.got, expected=error.expected, do=error.do
    )


async def _refused_by_system(request: Request, error: Exception) -> Response:
    """No space, no permission: the machine's trouble, in words."""
    assert isinstance(error, OSError)
    what = f"the system refused: {error.strerror or type(error).__name__}"
    return _trouble(request, 507, what, do="see that the disk has room and the case may be written")


async def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return _trouble(request, 422, f"{where}: {first['msg']}")


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if str(error.detail) == "Not Found":  # no page has that address
        return _trouble(request, 404, "there is no such page", do="look for it from the cases on")
    return _trouble(request, error.status_code, str(error.detail))


def _turned_away(request: Request, refusal: Refusal) -> Response:
    return _trouble(request, refusal.status, refusal.what, got=refusal.got, do=refusal.do)


def _trouble(
    request: Request, status: int, what: str, *, got: str = "", expected: str = "", do: str = ""
) -> Response:
    said = {"what": what, "got": got, "expected": expected, "do": do}
    shown = {key: safe_text(value, 2_000) for key, value in said.items()}
    if "text/html" in request.headers.get("accept", ""):
        return page(request, "trouble.html", status=status, **shown)
    return JSONResponse(shown, status_code=status)
