"""How the desk's pages are written: templates, escaping, words."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from earwitness.evidence.names import safe_text
from earwitness.outcome import Measure
from earwitness.report.figures import figure_svg
from earwitness.report.html import clock, human_bytes
from earwitness.web.guard import Visitor
from earwitness.web.messages import messages_for

MOST_ROWS = 200


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
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("earwitness.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clock=clock,
        bytes=human_bytes,
        measure=lambda item: Measure(**item).text,
    )
    environment.globals.update(svg=_svg, most_rows=MOST_ROWS)
    return environment


def _shown(value: Any) -> Any:
    """A text with what is invisible, or turns writing round, made visible; its lines stay lines."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "\n".join(safe_text(line, len(line)) for line in value.split("\n"))


def _token_field(token: str) -> Markup:
    return Markup('<input type="hidden" name="csrf" value="{}">').format(token)


def _svg(figure: dict[str, Any], identity: str) -> Markup:
    # Safe: figure_svg escapes every text that it is given.
    return Markup(figure_svg(figure, identity=identity))  # noqa: S704
