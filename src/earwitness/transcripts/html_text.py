"""HTML taken apart in one pass over it, whatever it holds: no tag, comment or quote is looked at twice.

It is a reader's view, not a browser's: nothing is run, fetched or styled. What is never closed ends
with the file, as in a browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from earwitness.transcripts.model import one_line

_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/<>]{0,60}+)((?:[^"'>]++|"[^"]*+"|'[^']*+')*+)>""")
_ATTRIBUTE = re.compile(r"""([^\s"'=/]{1,60}+)\s{0,20}+=\s{0,20}+("[^"]*+"|'[^']*+'|[^\s"']++)""")
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
_UNSEEN = frozenset({"template", "noscript", "head", "svg", "math"})
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "div", "dl"}
    | {"dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5"}
    | {"h6", "header", "hr", "li", "main", "nav", "ol", "option", "p", "pre", "section"}
    | {"summary", "table", "td", "th", "tr", "ul"}
)
MAX_ATTRIBUTES = 20_000


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag; ``rest`` holds its attributes as they are written."""

    name: str
    closes: bool
    rest: str

    def attributes(self) -> dict[str, str]:
        """The attributes by name."""
        return {
            found[1].lower(): unescape(found[2].strip("\"'"))
            for found in _ATTRIBUTE.finditer(self.rest[:MAX_ATTRIBUTES])
        }


def html_pieces(text: str) -> Iterator[Tag | str]:
    """Tags and texts of a page in order; comments, declarations, scripts and styles are left out."""
    at = 0
    while at < len(text):
        opened = text.find("<", at)
        if opened < 0:
            yield unescape(text[at:])
            return
        if opened > at:
            yield unescape(text[at:opened])
        following = text[opened + 1 : opened + 4]
        if following == "!--":
            at = _after(text, "-->", opened + 4)
        elif following[:1] in ("!", "?") or (following[:1] == "/" and not following[1:2].isalpha()):
            at = _after(text, ">", opened + 2)
        elif not following[:1].isalpha() and following[:1] != "/":
            yield "<"
            at = opened + 1
        else:
            found = _TAG.match(text, opened)
            if found is None:
                return  # it is never closed
            tag = Tag(found[2].lower(), bool(found[1]), found[3])
            yield tag
            at = found.end()
            if tag.name in _RAW and not tag.closes:
                at = _after_raw(text, tag.name, at)


def _after(text: str, end: str, at: int) -> int:
    found = text.find(end, at)
    return len(text) if found < 0 else found + len(end)


def _after_raw(text: str, name: str, at: int) -> int:
    """The end of an element whose content is no HTML, such as a script."""
    found = re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE).search(text, at)
    return len(text) if found is None else found.start()


def seen_paragraphs(text: str) -> list[str]:
    """What a reader of the page sees, paragraph by paragraph; ``<q>`` and ``<blockquote>`` get marks."""
    paragraphs: list[str] = []
    line: list[str] = []
    unseen: list[str] = []

    def end_line() -> None:
        whole = one_line("".join(line))
        if whole:
            paragraphs.append(whole)
        line.clear()

    for piece in html_pieces(text):
        if isinstance(piece, str):
            if not unseen:
                line.append(piece)
        elif piece.name in _UNSEEN:
            _go_in_or_out(unseen, piece)
        elif not unseen:
            if piece.closes and piece.name in ("q", "blockquote"):
                line.append("”")
            if piece.name in _BLOCKS:
                end_line()
            if not piece.closes and piece.name in ("q", "blockquote"):
                line.append("“")
    end_line()
    return paragraphs


def _go_in_or_out(unseen: list[str], tag: Tag) -> None:
    """Keep the outermost element that is not seen, and how deep it is nested in itself."""
    if not tag.closes and not tag.rest.endswith("/") and (not unseen or unseen[0] == tag.name):
        unseen.append(tag.name)
    elif tag.closes and unseen and unseen[0] == tag.name:
        unseen.pop()
