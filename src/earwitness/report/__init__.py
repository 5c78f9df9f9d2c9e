"""What a case says, as a report: data first, then JSON or one HTML file made from that data."""

from __future__ import annotations

from earwitness.errors import EarwitnessError
from earwitness.report.assemble import assemble
from earwitness.report.data import ReportData
from earwitness.report.html import to_html

FORMS = ("html", "json")

__all__ = ["FORMS", "ReportData", "assemble", "render"]


def render(data: ReportData, form: str) -> bytes:
    """A report as bytes; the same data give the same bytes.

    Raises
    ------
    EarwitnessError
        If the form is none of ``FORMS``.
    """
    match form:
        case "json":
            return (data.model_dump_json(indent=2) + "\n").encode("utf-8", "replace")
        case "html":
            return to_html(data).encode("utf-8", "replace")
    raise EarwitnessError(f"a report has no form {form!r}", expected=" or ".join(FORMS))
