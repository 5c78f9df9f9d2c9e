"""What a case says, as a report: data first, then JSON, HTML or PDF made from that data alone."""

from __future__ import annotations

from earwitness.errors import EarwitnessError
from earwitness.report.assemble import assemble
from earwitness.report.data import ReportData
from earwitness.report.html import to_html, to_summary
from earwitness.report.pdf import to_pdf

FORMS = ("html", "pdf", "json")

__all__ = ["FORMS", "ReportData", "assemble", "render", "render_summary"]


def render(data: ReportData, form: str) -> bytes:
    """A report as bytes; the same data give the same bytes.

    Raises
    ------
    MissingPart
        If it is to be a PDF, and what writes one is not installed.
    EarwitnessError
        If the form is none of ``FORMS``.
    """
    match form:
        case "json":
            return (data.model_dump_json(indent=2) + "\n").encode("utf-8", "replace")
        case "html":
            return to_html(data).encode("utf-8", "replace")
        case "pdf":
            return to_pdf(to_html(data, on_paper=True))
    raise EarwitnessError(f"a report has no form {form!r}", expected=" or ".join(FORMS))


def render_summary(data: ReportData, form: str) -> bytes:
    """The page for editors alone, as bytes.

    Raises
    ------
    MissingPart, EarwitnessError
    """
    match form:
        case "html":
            return to_summary(data).encode("utf-8", "replace")
        case "pdf":
            return to_pdf(to_summary(data))
    raise EarwitnessError(f"a summary has no form {form!r}", expected="html or pdf")
