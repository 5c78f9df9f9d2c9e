"""Documents are hostile: they are read to text, or refused with a reason, and nothing of theirs runs."""

from __future__ import annotations

import io
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.dossier.document import MAX_BYTES, read_document_file, visible
from earwitness.dossier.drafting import Source, draft
from earwitness.errors import DocumentError

trafilatura = pytest.importorskip("trafilatura", reason="earwitness[documents] is not installed")
pypdf = pytest.importorskip("pypdf", reason="earwitness[documents] is not installed")

PARAGRAPH = (
    "The group released an audio message on Thursday. A spokesman, Peter Lansing, said that analysts had not "
    "confirmed that the voice was genuine. He was detained in Halbana on 4 February 2004, according to a "
    "statement of the ministry, and other reports have said that he is from a village in the south. "
)
PAGE = f"""<!doctype html><html><head><title>Tape released</title>
<meta property="og:site_name" content="The Harbour Post">
<script type="application/ld+json">{{"@context": "https://schema.org", "@type": "NewsArticle",
"headline": "Tape released", "datePublished": "2014-11-14T08:00:00Z"}}</script>
<script>alert("run me")</script></head><body><nav><a href="/">Home</a></nav>
<article><h1>Tape released</h1><p>{PARAGRAPH}</p><p>{PARAGRAPH.replace("Peter Lansing", "John Hill")}</p>
<p onclick="alert(1)">{PARAGRAPH.replace("Halbana", "Rawat")}</p></article>
<footer>Copyright 2009-2019</footer></body></html>"""


def _file(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _pdf(text: str, *, action: str = "") -> bytes:
    """A PDF of one page with one line of text, and an action that runs when it is opened, if asked."""
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, NameObject, StreamObject, TextStringObject

    writer = PdfWriter()
    page = writer.add_blank_page(600, 300)
    content = StreamObject()
    content._data = f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode()
    page[NameObject("/Contents")] = writer._add_object(content)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
    )
    if action:
        writer._root_object[NameObject("/OpenAction")] = DictionaryObject(
            {
                NameObject("/S"): NameObject("/JavaScript"),
                NameObject("/JS"): TextStringObject(action),
            }
        )
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_saved_page(tmp_path: Path) -> None:
    """A page gives its article, publisher and date; its scripts, menu and footer are not in the text."""
    found = read_document_file(_file(tmp_path, "page.html", PAGE))
    assert found.text.count("released an audio message") == 3
    assert (found.published, found.published_from) == (date(2014, 11, 14), "the page's metadata")
    assert found.outlet == "The Harbour Post"
    for alien in ("alert", "run me", "Home", "Copyright", "<p"):
        assert alien not in found.text


def test_a_date_that_the_person_gives_wins(tmp_path: Path) -> None:
    """The person's date and publisher stand before the page's."""
    path = _file(tmp_path, "page.html", PAGE)
    found = read_document_file(path, published=date(2014, 11, 15), outlet="The Ledger")
    assert (found.published, found.published_from, found.outlet) == (
        date(2014, 11, 15),
        "given",
        "The Ledger",
    )


def test_plain_text_with_a_header(tmp_path: Path) -> None:
    """Lines at the top of a text may say who published it and when."""
    path = _file(tmp_path, "a.txt", f"outlet: The Courier\npublished: 2014-02-28\n\n{PARAGRAPH}")
    found = read_document_file(path)
    assert (found.outlet, found.published) == ("The Courier", date(2014, 2, 28))


def test_a_pdf_with_an_action(tmp_path: Path) -> None:
    """A PDF gives its text; the action that it carries is not run and is not in the text."""
    found = read_document_file(
        _file(tmp_path, "a.pdf", _pdf("He was born in Leeds in 1962.", action="app.alert(1)"))
    )
    assert found.text.strip() == "He was born in Leeds in 1962."


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", b""),
        ("blank.txt", b" \n\t\n"),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj\n<<"),
        ("noise.pdf", b"%PDF-" + bytes(range(256)) * 40),
        ("deep.html", b"<html><body>" + b"<div>" * 20_000 + b"text" + b"</div>" * 20_000),
        ("empty.html", b"<!doctype html><html><body></body></html>"),
    ],
)
def test_bad_documents(tmp_path: Path, name: str, content: bytes) -> None:
    """Empty, cut, noisy and bottomless documents are refused with a reason."""
    with pytest.raises(DocumentError):
        read_document_file(_file(tmp_path, name, content))


def test_fifty_megabytes_are_refused(tmp_path: Path) -> None:
    """A document that is too large is refused before it is read."""
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(DocumentError, match="too large"):
        read_document_file(path)


BOMBS = {
    "brackets": "[" * 1_000_000,
    "quotation marks": '"' * 200_000,
    "capitals": "Aa " * 100_000,
    "reportedly": "was " + "reportedly " * 50_000 + "killed",
    "said": "said " * 60_000,
    "he said": "He said that " * 20_000 + "it ended.",
    "commas": "a man, " * 50_000,
    "one word": "x" * 1_000_000,
    "dates": "1 May 2010 " * 20_000,
    "paragraphs": "A man said it.\n" * 20_000,
    "entities": "&lol; " * 100_000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=list(BOMBS))
def test_bombs_end_in_ten_seconds(bomb: str) -> None:
    """No text makes drafting hang: each of these takes less than ten seconds of a processor."""
    began = time.process_time()
    draft(bomb, Source("0" * 64, date(2020, 1, 1), "Paper"))
    assert time.process_time() - began < 10


def test_entity_bomb_in_html(tmp_path: Path) -> None:
    """An XML entity bomb inside a page expands to nothing."""
    entities = "".join(f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};">' for n in range(1, 40))
    page = f'<!DOCTYPE html [<!ENTITY l0 "lol">{entities}]><html><body><article><p>{PARAGRAPH * 4}&l39;</p></article></body></html>'
    began = time.perf_counter()
    found = read_document_file(_file(tmp_path, "bomb.html", page))
    assert time.perf_counter() - began < 10
    assert "lollol" not in found.text


def test_marks_that_reorder_or_hide_text(tmp_path: Path) -> None:
    """Right-to-left overrides and zero-width marks are dropped; Arabic letters stay."""
    text = "He was \u202edeteler\u202c rele\u200based\ufeff in Ra\u00adwat. أبو بكر"
    assert visible(text) == "He was deteler released in Rawat. أبو بكر"
    assert "\u202e" not in read_document_file(_file(tmp_path, "a.txt", text)).text


def test_html_in_text_is_text(tmp_path: Path) -> None:
    """What looks like a script in a plain text stays plain text in the statements."""
    drafts = draft(
        'Peter Lansing said <script>alert("x")</script> was the tape.', Source("0" * 64, None, "P")
    )
    assert all("Lansing" in one.subject for one in drafts)


@settings(max_examples=60)
@given(st.text(alphabet="abAB “”\"'.,;:—()\n?!saidthewhotapeHx1920", max_size=400))
def test_any_text(text: str) -> None:
    """Any text can be drafted from, and every span holds its wording."""
    for one in draft(text, Source("0" * 64, date(2020, 1, 1), "Paper")):
        assert text[one.start : one.end] == one.wording


def test_limits() -> None:
    """The limit on size is ten million bytes."""
    assert MAX_BYTES == 10_000_000
