"""The report as a tagged PDF (PDF/UA-1), laid out from the HTML without reaching for anything else.

WeasyPrint writes no date and no random name unless it is told to, so the same HTML, fonts and versions
give the same bytes.
"""

from __future__ import annotations

from typing import Any

from earwitness.errors import MissingPart

VARIANT = "pdf/ua-1"


def to_pdf(html: str) -> bytes:
    """Lay a page of HTML out as PDF.

    Raises
    ------
    MissingPart
        If WeasyPrint, or the system's Pango that it needs, is not installed.
    """
    try:
        from weasyprint import HTML, URLFetcher  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise MissingPart(
            "a report as PDF needs WeasyPrint",
            do="install it with: pip install 'earwitness[pdf]'",
        ) from error
    except OSError as error:
        raise MissingPart(
            "a report as PDF needs the system's library Pango",
            got=str(error).splitlines()[0][:200],
            do="install it; on Debian: apt install libpango-1.0-0 libpangoft2-1.0-0",
        ) from error

    inside = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    document = HTML(string=html, url_fetcher=inside)
    content: bytes = document.write_pdf(pdf_variant=VARIANT, finisher=_tell_scopes)
    return content


def _tell_scopes(_document: Any, pdf: Any) -> None:
    """Say of each header cell what it heads: its column in the head of a table, else its row.

    WeasyPrint tags cells but leaves that out; PDF/UA-1 (ISO 14289-1, 7.5) asks for it.
    """
    objects: list[Any] = [item for item in pdf.objects if isinstance(item, dict)]
    elements = {item.reference: item for item in objects if "S" in item}
    for cell in elements.values():
        if cell["S"] == "/TH":
            row = elements.get(cell.get("P"), {})
            group = elements.get(row.get("P"), {})
            scope = "/Column" if group.get("S") == "/THead" else "/Row"
            cell["A"] = type(cell)({"O": "/Table", "Scope": scope})
