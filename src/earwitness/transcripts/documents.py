"""Documents as text, and the quotations in them.

Quotation marks of many scripts are known. A mark that opens and closes alike (") does so in turn
within a paragraph; a single quotation mark counts only where it stands at the edge of a word, since
it is also an apostrophe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from earwitness.transcripts.folding import folded_words
from earwitness.transcripts.html_text import seen_paragraphs
from earwitness.transcripts.model import one_line

MAX_BYTES = 20_000_000
MAX_QUOTATIONS = 5_000
LONGEST = 3_000
_PAIRS = {"“": "”", "„": "“”", "«": "»", "»": "«", "‹": "›", "「": "」", "『": "』", "‟": "”"} | {
    "‘": "’"
}
_EDGES = {mark: re.compile(rf"(?<=[\w.,!?…;:]){mark}(?!\w)") for mark in "’'"}
_MARKS = re.compile(r"[“„«»‹「『‟\"]|(?<![\w])‘(?=\w)|(?<![\w])'(?=\w)")
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


class _Closers:
    """Where quotations end within a paragraph; each closing mark is looked for once."""

    def __init__(self, paragraph: str) -> None:
        self._paragraph = paragraph
        self._next: dict[str, int] = {}

    def closing(self, mark: str, start: int) -> int | None:
        """Where the quotation ends that a mark opened; None where it does not, or too late."""
        closers = _PAIRS.get(mark, mark)
        end = min(self._first(closer, start) for closer in closers)
        return end if end <= start + LONGEST and end < len(self._paragraph) else None

    def _first(self, closer: str, start: int) -> int:
        """The first such closing mark from a place on; the paragraph's length if there is none."""
        if self._next.get(closer, -1) < start:
            if closer in _EDGES:
                found = _EDGES[closer].search(self._paragraph, start)
                at = found.start() if found else -1
            else:
                at = self._paragraph.find(closer, start)
            self._next[closer] = at if at >= 0 else len(self._paragraph)
        return self._next[closer]


def paragraphs(data: bytes) -> list[str]:
    """The paragraphs of an HTML page or a plain text.

    Parameters
    ----------
    data : bytes
        At most ``MAX_BYTES`` of them are read.
    """
    text = _decoded(data[:MAX_BYTES])
    if re.search(r"<(?:!doctype|html|body|p|div|article|span)\b", text[:4_000], re.IGNORECASE):
        return seen_paragraphs(text)
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
        closers = _Closers(paragraph)
        at = 0
        while len(found) < MAX_QUOTATIONS and (opened := _MARKS.search(paragraph, at)):
            end = closers.closing(opened[0], opened.end())
            if end is None:
                at = opened.end()
                continue
            text = paragraph[opened.end() : end].strip()
            if len(folded_words(text)) >= min_words:
                before = paragraph[max(0, opened.start() - 60) : opened.start()].strip()
                found.append(Quotation(text, number, before))
            at = end + 1
    return found
