"""How the desk's pages are written: templates, escaping, words."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from earwitness.report.html import escaping_environment
from earwitness.web.guard import Visitor
from earwitness.web.messages import messages_for


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Answer with a page; every text in it is escaped."""
    words = messages_for(request.headers.get("accept-language", ""))
    visitor = visitor_of(request)
    text = (
        _environment()
        .get_template(template)
        .render(
            t=words,
            visitor=visitor,
            csrf=lambda: _token_field(visitor.token),
            has_accounts=request.state.door.accounts is not None,
            at=request.url.path,
            **context,
        )
    )
    return HTMLResponse(text.encode("utf-8", "replace"), status_code=status)


def visitor_of(request: Request) -> Visitor:
    """Who asks, as the guard found out."""
    visitor: Visitor = request.state.visitor
    return visitor


@cache
def _environment() -> jinja2.Environment:
    return escaping_environment("earwitness.web")


def _token_field(token: str) -> Markup:
    return Markup('<input type="hidden" name="csrf" value="{}">').format(token)
