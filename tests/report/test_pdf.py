"""The report as PDF: tagged, with the same bytes each time, and saying what the others say."""

from __future__ import annotations

import builtins
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest

from earwitness.errors import EarwitnessError, MissingPart
from earwitness.report import ReportData, render, render_summary
from earwitness.report.html import to_html
from earwitness.report.pdf import to_pdf
from report import golden_case
from report.test_golden import GOLDEN, compare

pytest.importorskip("weasyprint", reason="WeasyPrint (the extra 'pdf') or the system's Pango is absent",
                    exc_type=(ImportError, OSError))  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportData]:
    """The golden case's report as data."""
    with golden_case.pinned():
        yield golden_case.make(tmp_path_factory.mktemp("golden")).report_data()


@pytest.fixture(scope="module")
def pdf(data: ReportData) -> bytes:
    """The golden case's report as PDF."""
    return render(data, "pdf")


def elements(node: Any) -> Iterator[dict[str, Any]]:
    """The elements of a PDF's structure, in reading order."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for child in node:
            yield from elements(child)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node["/K"])


def outline_of(pdf: bytes) -> list[str]:
    """Tags in reading order without those inside lines, and the words of each page without its spaces.

    Where a line breaks, and whether a word breaks with it, is the font's affair; what stands there is not.
    """
    reader = pypdf.PdfReader(BytesIO(pdf))
    root: Any = reader.trailer["/Root"]
    tags = [str(one["/S"]) for one in elements(root["/StructTreeRoot"])]
    kept = [tag for tag in tags if tag not in ("/Span", "/NonStruct", "/Link", "/Part", "/Sect")]
    lines = [" ".join(kept[at : at + 20]) for at in range(0, len(kept), 20)]
    text = ""
    for page in reader.pages:
        lines_of_page = page.extract_text().splitlines()
        text += "".join(
            line for line in lines_of_page if not line.startswith("earwitness 1.2.3, cus")
        )
    return [*lines, *re.split(r"(?<=[.?:])", "".join(text.split()))]


def test_it_says_what_the_golden_one_says(pdf: bytes, request: pytest.FixtureRequest) -> None:
    """Structure and words to the letter; not the bytes, which hold the machine's fonts."""
    content = ("\n".join(outline_of(pdf)) + "\n").encode()
    rewrite = bool(request.config.getoption("--rewrite-golden"))
    compare(GOLDEN / "report.pdf.txt", content, rewrite=rewrite)


def test_it_is_tagged(pdf: bytes) -> None:
    """PDF/UA: a language, a title, a structure with headings, tables and figures with their words."""
    root: Any = pypdf.PdfReader(BytesIO(pdf)).trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b'pdfuaid:part="1"' in root["/Metadata"].get_object().get_data()
    found = list(elements(root["/StructTreeRoot"]))
    tags = Counter(str(one["/S"]) for one in found)
    assert (tags["/H1"], tags["/Figure"]) == (1, 5)
    assert tags["/H2"] == 10
    assert all(one["/Alt"] for one in found if one["/S"] == "/Figure")
    scopes = {str(one["/A"]["/Scope"]) for one in found if one["/S"] == "/TH"}
    assert scopes == {"/Column", "/Row"}


def test_the_same_bytes_in_another_process(data: ReportData, tmp_path: Path) -> None:
    """No date, no random name, no order of a set."""
    page = tmp_path / "page.html"
    page.write_text(to_html(data, on_paper=True), "utf-8")
    program = (
        "import sys; from pathlib import Path; from earwitness.report.pdf import to_pdf;"
        "Path(sys.argv[2]).write_bytes(to_pdf(Path(sys.argv[1]).read_text('utf-8')))"
    )
    for name in ("one.pdf", "two.pdf"):
        command = [sys.executable, "-c", program, str(page), str(tmp_path / name)]
        subprocess.run(command, check=True, timeout=120)
    one = (tmp_path / "one.pdf").read_bytes()
    assert one == (tmp_path / "two.pdf").read_bytes() == render(data, "pdf")
    assert b"CreationDate" not in one


def test_nothing_is_fetched(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A page that names a file or an address gets neither."""
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'><text>stolen</text></svg>")
    page = f"<html lang=en><title>t</title><p>x<img alt=a src='{secret.as_uri()}'>"
    made = to_pdf(page)
    texts = [each.extract_text() for each in pypdf.PdfReader(BytesIO(made)).pages]
    assert "stolen" not in "".join(texts)
    assert b"stolen" not in made


def test_the_summary_is_one_page(data: ReportData) -> None:
    """All questions on a page that an editor can take along."""
    reader = pypdf.PdfReader(BytesIO(render_summary(data, "pdf")))
    assert len(reader.pages) == 1
    text = reader.pages[0].extract_text()
    for question in data.questions:
        assert "".join(question.wording.split()) in "".join(text.split())
    with pytest.raises(EarwitnessError, match="no form 'json'"):
        render_summary(data, "json")


@pytest.mark.parametrize(
    ("error", "said"),
    [(ImportError("no"), "WeasyPrint"), (OSError("cannot load library 'libpango'"), "Pango")],
)
def test_what_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    """One error that says what to install: the package, or the system's library."""
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **named: Any) -> Any:
        if name == "weasyprint":
            raise error
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingPart, match=said) as raised:
        to_pdf("<p>")
    assert "install" in raised.value.do
