"""Documents as text, and the quotations in them.

Quotation marks of many scripts are known. A mark that opens and closes alike (") does so in turn
within a paragraph; a single quotation mark counts only where it stands at the edge of a word, since
it is also an apostrophe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from earwitness.transcripts.folding import folded_words
from earwitness.transcripts.model import one_line

MAX_BYTES = 20_000_000
MAX_QUOTATIONS = 5_000
LONGEST = 3_000
_PAIRS = {"“": "”", "„": "“”", "«": "»", "»": "«", "‹": "›", "「": "」", "『": "』", "‟": "”"}
_MARKS = re.compile(r"[“„«»‹「『‟\"]|(?<![\w])‘(?=\w)|(?<![\w])'(?=\w)")
_UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "svg", "math"})
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "div", "dl"}
    | {"dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5"}
    | {"h6", "header", "hr", "li", "main", "nav", "ol", "option", "p", "pre", "section"}
    | {"summary", "table", "td", "th", "tr", "ul"}
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_\-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words that a document puts in quotation marks.

    Attributes
    ----------
    text : str
        Without its marks.
    paragraph : int
        Counted from 1.
    before : str
        The words in front of it, for a reader to find it by.
    """

    text: str
    paragraph: int
    before: str


class _Text(HTMLParser):
    """Paragraphs of what a reader of the page sees; nothing in it is run or fetched."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self._line: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag in _BLOCKS:
            self._break()
            if tag == "blockquote":
                self._line.append("“")
        elif tag == "q" and not self._unseen:
            self._line.append("“")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag in self._unseen:
                del self._unseen[self._unseen.index(tag) :]
            return
        if tag in ("q", "blockquote"):
            self._line.append("”")
        if tag in _BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._line.append(data)

    def _break(self) -> None:
        line = one_line("".join(self._line))
        if line:
            self.paragraphs.append(line)
        self._line = []

    def finish(self) -> list[str]:
        """All paragraphs."""
        self.close()
        self._break()
        return self.paragraphs


def paragraphs(data: bytes) -> list[str]:
    """The paragraphs of an HTML page or a plain text.

    Parameters
    ----------
    data : bytes
        At most ``MAX_BYTES`` of them are read.
    """
    text = _decoded(data[:MAX_BYTES])
    if re.search(r"<(?:!doctype|html|body|p|div|article|span)\b", text[:4_000], re.IGNORECASE):
        parser = _Text()
        parser.feed(text)
        return parser.finish()
    return [line for line in map(one_line, re.split(r"\n\s*\n", text)) if line]


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        named = _CHARSET.search(data[:4_000])
        try:
            return data.decode(named[1].decode("ascii") if named else "cp1252", "replace")
        except LookupError:
            return data.decode("cp1252", "replace")


def quotations(data: bytes, *, min_words: int = 3) -> list[Quotation]:
    """The quotations in a document, in order.

    Parameters
    ----------
    data : bytes
        HTML or plain text.
    min_words : int
        Shorter ones are names and terms more often than speech.
    """
    found: list[Quotation] = []
    for number, paragraph in enumerate(paragraphs(data), start=1):
        at = 0
        while len(found) < MAX_QUOTATIONS and (opened := _MARKS.search(paragraph, at)):
            end = _closing(paragraph, opened)
            if end is None:
                at = opened.end()
                continue
            text = paragraph[opened.end() : end].strip()
            if len(folded_words(text)) >= min_words:
                before = paragraph[max(0, opened.start() - 60) : opened.start()].strip()
                found.append(Quotation(text, number, before))
            at = end + 1
    return found


def _closing(paragraph: str, opened: re.Match[str]) -> int | None:
    """Where the quotation that a mark opens ends; None where it does not within this paragraph."""
    mark, start = opened[0], opened.end()
    if mark in "‘'":
        close = "’" if mark == "‘" else "'"
        ending = re.compile(rf"(?<=[\w.,!?…;:]){close}(?!\w)")
        found = ending.search(paragraph, start, start + LONGEST)
        return found.start() if found else None
    closers = _PAIRS.get(mark, mark)
    ends = [at for closer in closers if (at := paragraph.find(closer, start, start + LONGEST)) >= 0]
    return min(ends, default=None)
