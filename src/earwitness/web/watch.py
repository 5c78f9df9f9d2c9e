"""What those who run a desk are told of its requests: figures, and a line for each where that is asked for.

Neither says more of an address than its pattern, such as ``/cases/{name}``: what stands in the braces may
be the name of a person.
"""

from __future__ import annotations

import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from earwitness import logs, metrics
from earwitness.web.desk import Desk

REQUEST_ID = "x-request-id"
_GIVEN = re.compile(r"[0-9A-Za-z-]{8,64}")  # by a proxy before us
_METHODS = frozenset({"GET", "HEAD", "POST"})


class Watch:
    """The outermost layer of the application: it also sees what the guard turns away."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and note how it was answered, and when its answer began."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        began = time.monotonic()
        status, seconds = 500, 0.0

        async def noting(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], time.monotonic() - began
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with logs.around(request=request_id):
            try:
                await self._app(scope, receive, noting)
            finally:
                self._note(scope, status, seconds or time.monotonic() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = str(getattr(scope.get("route"), "path", "none"))
        method = scope["method"] if scope["method"] in _METHODS else "other"
        metrics.requests.labels(method, route, str(status)).inc()
        metrics.request_seconds.labels(route).observe(seconds)
        if logs.are_asked_for():
            name = scope.get("path_params", {}).get("name", "") if "{name}" in route else ""
            logs.note(
                "request", method=method, route=route, status=status,
                case=self._desk.called(name) if name else "", ms=round(seconds * 1e3, 1),
            )  # fmt: skip


def _request_id(headers: Headers) -> str:
    given = headers.get(REQUEST_ID, "")
    return given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
