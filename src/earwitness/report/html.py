"""The report as one HTML file: no network, no script, printable, readable by a screen reader."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from earwitness.evidence.names import safe_text
from earwitness.outcome import Measure
from earwitness.report.data import ReportData
from earwitness.report.figures import figure_svg
from earwitness.report.interpretation import SCALE
from earwitness.report.names_out import MARK

MOST_ROWS = 200  # of any list in the HTML and at the desk; the JSON has all


def to_html(data: ReportData, *, on_paper: bool = False) -> str:
    """Render a report; every text in it is escaped.

    Parameters
    ----------
    data : ReportData
    on_paper : bool
        Leave out what can only be folded open on a screen: the details of each outcome.
    """
    wording = {question.asked: question.wording for question in data.questions}
    template = _environment().get_template("report.html")
    return template.render(report=data, on_paper=on_paper, wording=wording)


def to_summary(data: ReportData) -> str:
    """Render the page for editors alone; every text in it is escaped."""
    return _environment().get_template("summary.html").render(report=data)


@cache
def _environment() -> jinja2.Environment:
    environment = escaping_environment("earwitness.report")
    environment.globals.update(mark=MARK, scale=SCALE)
    return environment


def escaping_environment(package: str) -> jinja2.Environment:
    """What renders a package's templates: it escapes every text, and shows what is invisible in it."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        measure=lambda item: Measure(**item).text, clock=clock, bytes=human_bytes
    )
    environment.globals.update(svg=_svg, most_rows=MOST_ROWS)
    return environment


def _shown(value: Any) -> Any:
    """A text with what is invisible, or turns writing round, made visible; its lines stay lines."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "\n".join(safe_text(line, len(line)) for line in value.split("\n"))


def _svg(figure: dict[str, Any], identity: str) -> Markup:
    # Safe: figure_svg escapes every text that it is given.
    return Markup(figure_svg(figure, identity=identity))  # noqa: S704


def clock(seconds: float) -> str:
    """Seconds as a player shows them: 75.25 is 1:15.25."""
    minutes, rest = divmod(round(seconds, 2), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:05.2f}" if hours else f"{minutes}:{rest:05.2f}"


def human_bytes(size: int) -> str:
    """A size for people: 1536 is 1.5 KiB."""
    value, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
