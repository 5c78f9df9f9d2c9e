"""Read a document to plain text with its date and publisher: HTML as saved, PDF, or text.

Documents are hostile. Sizes are bounded before anything is parsed, nothing in a document is run or
fetched, and invisible characters that can reorder or hide text are dropped.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from earwitness.dossier.tokens import MAX_CHARACTERS
from earwitness.dossier.words import word_set
from earwitness.errors import DocumentError, MissingPart

MAX_BYTES = 10_000_000
MAX_HTML_CHARACTERS = 3_000_000
MAX_DEPTH = 500  # of tags that are open at once
MAX_PAGES = 500
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]{0,2000})>")
_VOID = word_set("br hr img input meta link area base col embed source track wbr p li")
_NO_LATER = "2200-01-01"  # else htmldate takes the clock, and a page would read otherwise tomorrow
_DATELINE_HEADER = re.compile(r"^(outlet|published|title): ?(.*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as text.

    Attributes
    ----------
    sha256 : str
        Of the file's bytes.
    text : str
        What a person would read; spans of statements count in it.
    published : date or None
    published_from : str
        What the date rests on: "the page's metadata", "the text's header", "given", or "".
    outlet, title : str
        Empty where the document does not say.
    """

    sha256: str
    text: str
    published: date | None
    published_from: str
    outlet: str
    title: str


def read_document_file(path: Path, *, published: date | None = None, outlet: str = "") -> Document:
    """Read a file to text.

    Parameters
    ----------
    path : Path
        HTML, PDF or plain text; told apart by content, not by name.
    published : date, optional
        The document's own date, where the person knows better than the file.
    outlet : str
        Who published it, as above.

    Raises
    ------
    DocumentError
        If it is too large, encrypted, or holds no text.
    MissingPart
        If the packages of ``earwitness[documents]`` are needed and not installed.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise DocumentError(
            "the document is too large", got=f"{size:,} bytes", expected=f"{MAX_BYTES:,} at most"
        )
    data = path.read_bytes()
    if data[:1024].lstrip()[:5] == b"%PDF-":
        found = _pdf(data)
    elif _looks_like_html(data):
        found = _html(data)
    else:
        found = _plain(data)
    if not found.text.strip():
        raise DocumentError("nothing in the document can be read as text", got=path.name)
    if len(found.text) > MAX_CHARACTERS:
        raise DocumentError(
            "the document is too long to draft from",
            got=f"{len(found.text):,} characters",
            expected=f"{MAX_CHARACTERS:,} at most",
            do="save the part that matters as a text of its own",
        )
    return Document(
        sha256=hashlib.sha256(data).hexdigest(),
        text=found.text,
        published=published or found.published,
        published_from="given" if published else found.published_from,
        outlet=outlet or found.outlet,
        title=found.title,
    )


def visible(text: str) -> str:
    """A text without characters that cannot be seen or that change the order of others."""
    return _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _decoded(data: bytes) -> str:
    for encoding in (
        ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",)
    ):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", "replace")


def _looks_like_html(data: bytes) -> bool:
    head = data[:4096].lower()
    return any(
        mark in head
        for mark in (b"<!doctype html", b"<html", b"<head", b"<body", b"<article", b"<p>", b"<meta")
    )


def _plain(data: bytes) -> Document:
    """Plain text; lines "outlet: …" and "published: …" at its top are read and left in place."""
    text = visible(_decoded(data))
    fields: dict[str, str] = {}
    for line in text.split("\n", 6)[:6]:
        header = _DATELINE_HEADER.match(line)
        if not header:
            break
        fields[header.group(1).lower()] = header.group(2).strip()
    published = _iso_date(fields.get("published", ""))
    basis = "the text's header" if published else ""
    return Document("", text, published, basis, fields.get("outlet", ""), fields.get("title", ""))


def _iso_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _html(data: bytes) -> Document:
    try:
        import htmldate  # noqa: PLC0415
        import trafilatura  # noqa: PLC0415
    except ImportError as error:
        raise MissingPart(
            "web pages can't be read", do="install it with: pip install 'earwitness[documents]'"
        ) from error
    source = visible(_decoded(data))[:MAX_HTML_CHARACTERS]
    if _depth(source) > MAX_DEPTH:
        raise DocumentError("the page's tags are nested too deep", expected=f"{MAX_DEPTH} at most")
    found = trafilatura.bare_extraction(
        source, with_metadata=True, include_comments=False, favor_precision=True
    )
    if found is None:
        raise DocumentError("no article was found in the page")
    day = htmldate.find_date(source, extensive_search=False, original_date=True, max_date=_NO_LATER)
    fields = found if isinstance(found, dict) else found.as_dict()
    text = visible(str(fields.get("text") or ""))
    published = _iso_date(str(day or ""))
    return Document(
        sha256="",
        text=text,
        published=published,
        published_from="the page's metadata" if published else "",
        outlet=visible(str(fields.get("sitename") or ""))[:200],
        title=visible(str(fields.get("title") or ""))[:500],
    )


def _depth(source: str) -> int:
    """How many tags are open at once, at most; tags that are often left open do not count."""
    depth = deepest = 0
    for tag in _TAG.finditer(source):
        if tag.group(2).lower() in _VOID or tag.group(3).endswith("/"):
            continue
        depth = max(0, depth - 1) if tag.group(1) else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _pdf(data: bytes) -> Document:
    try:
        import pypdf  # noqa: PLC0415
        import pypdf.errors  # noqa: PLC0415
    except ImportError as error:
        raise MissingPart(
            "PDF files can't be read", do="install it with: pip install 'earwitness[documents]'"
        ) from error
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise DocumentError("the PDF is encrypted", do="save it without a password first")
        if len(reader.pages) > MAX_PAGES:
            raise DocumentError(
                "the PDF has too many pages",
                got=str(len(reader.pages)),
                expected=f"{MAX_PAGES} at most",
            )
        pages = [page.extract_text() or "" for page in reader.pages]
        title = str((reader.metadata.title if reader.metadata else "") or "")
    except (
        pypdf.errors.PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise DocumentError("the PDF is damaged", got=f"{type(error).__name__}: {error}") from error
    return Document("", visible(_unwrapped("\n\n".join(pages))), None, "", "", visible(title)[:500])


def _unwrapped(text: str) -> str:
    """Lines of a printed page put back into paragraphs: a line that ends in mid-sentence goes on."""
    text = re.sub(r"(\w)-\n(?=[a-z])", r"\1", text)
    return re.sub(r"(?<![.!?:”\"\n])\n(?=\S)", " ", text)
