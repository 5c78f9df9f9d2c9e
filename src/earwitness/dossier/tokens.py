"""A text as words, sentences, paragraphs and quotations, all by character offset into the text.

Conventions: every span is ``(start, end)`` in characters of the text as given, end exclusive. The
text itself is never changed, so that a span can be shown to a person beside the document.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from earwitness.dossier.words import word_set

Span = tuple[int, int]

MAX_CHARACTERS = 150_000
MAX_TOKENS = 300  # of one sentence; a longer one is cut, so that no rule meets more
MAX_QUOTATION = (
    3_000  # characters; a quotation mark that finds no partner within this is left alone
)

_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}"  # U.S.
    r"|''|``"  # quotation marks of old wire copy
    r"|\d+(?:[.,:]\d+)*(?:st|nd|rd|th|s)?\b"
    r"|[^\W\d_]+?(?=n['’]t\b)|n['’]t\b"
    r"|['’](?:s|re|ve|d|ll|m)\b"
    r"|\w+(?:[-‑]\w+)*"
    r"|[^\w\s]"
)
_ABBREVIATIONS = word_set(
    "mr mrs ms dr prof sen rep gov gen col maj capt lt sgt cmdr adm brig st jr sr vs etc no inc "
    "corp co ltd jan feb mar apr jun jul aug sep sept oct nov dec hon rev fr dept univ al messrs "
    "pres atty ave calif fla mass mich pa tex wash"
)
_ENDS = frozenset(".!?…")
_CLOSERS = frozenset("\"”’')]»") | {"''"}
_QUOTE_MARK = re.compile(r"[\"“”«»]|''|``")
_PARAGRAPH = re.compile(r"\n[^\S\n]*(?:\n\s*)?")


@dataclass(frozen=True, slots=True)
class Token:
    """One word or mark: as written, in lower case, and where."""

    text: str
    lower: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether it begins with a letter or a figure."""
        return self.text[0].isalnum()

    @property
    def is_capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its first token and the token after its last, and its paragraph's number."""

    first: int
    last: int
    paragraph: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its tokens, sentences and quotations.

    Attributes
    ----------
    text : str
    tokens : tuple of Token
    sentences : tuple of Sentence
    quotations : tuple of (start, end)
        Characters from the opening mark to the closing mark, both within; sorted, not nested.
    """

    text: str
    tokens: tuple[Token, ...]
    sentences: tuple[Sentence, ...]
    quotations: tuple[Span, ...]
    starts: tuple[int, ...]
    quotation_starts: tuple[int, ...]

    def token_at(self, character: int) -> int:
        """The first token that begins at or after a character."""
        return bisect_left(self.starts, character)

    def quotation_around(self, character: int) -> Span | None:
        """The quotation that a character lies in, if any."""
        place = bisect_right(self.quotation_starts, character) - 1
        if place >= 0 and character < self.quotations[place][1]:
            return self.quotations[place]
        return None

    def quotations_within(self, start: int, end: int) -> list[Span]:
        """The quotations that begin and end within a span."""
        first = bisect_left(self.quotation_starts, start)
        last = bisect_left(self.quotation_starts, end)
        return [one for one in self.quotations[first:last] if one[1] <= end]

    def words(self, first: int, last: int) -> str:
        """The wording from one token up to, not including, another."""
        if last <= first:
            return ""
        return self.text[self.tokens[first].start : self.tokens[last - 1].end]

    def span(self, first: int, last: int) -> Span:
        """The characters from one token up to, not including, another."""
        return self.tokens[first].start, self.tokens[last - 1].end


def read_text(text: str) -> Text:
    """Split a text into words, sentences and quotations.

    Parameters
    ----------
    text : str
        At most ``MAX_CHARACTERS`` are looked at.
    """
    body = text[:MAX_CHARACTERS]
    tokens: list[Token] = []
    sentences: list[Sentence] = []
    quotations: list[Span] = []
    for number, (start, end) in enumerate(_paragraphs(body)):
        first = len(tokens)
        for found in _TOKEN.finditer(body, start, end):
            word = found.group()
            tokens.append(Token(word, word.lower(), found.start(), found.end()))
        quotations += _quotations(body, start, end)
        for one, two in _sentences(tokens, first, len(tokens), body):
            sentences.append(Sentence(one, two, number))
    return Text(
        text=body,
        tokens=tuple(tokens),
        sentences=tuple(sentences),
        quotations=tuple(quotations),
        starts=tuple(token.start for token in tokens),
        quotation_starts=tuple(start for start, _ in quotations),
    )


def _paragraphs(text: str) -> list[Span]:
    spans, start = [], 0
    for found in _PARAGRAPH.finditer(text):
        if text[start : found.start()].strip():
            spans.append((start, found.start()))
        start = found.end()
    if text[start:].strip():
        spans.append((start, len(text)))
    return spans


def _quotations(text: str, start: int, end: int) -> list[Span]:
    """Pairs of quotation marks in one paragraph; one left open runs to the paragraph's end.

    A paragraph that opens a quotation and does not close it is the usual way to quote over several
    paragraphs; a stray mark in the middle of a line is left alone.
    """
    spans: list[Span] = []
    opened = -1
    for found in _QUOTE_MARK.finditer(text, start, end):
        mark = found.group()
        if mark in ("“", "«", "``") or (mark in ('"', "''") and opened < 0):
            if opened < 0:
                opened = found.start()
        elif opened >= 0:
            if found.start() - opened <= MAX_QUOTATION:
                spans.append((opened, found.end()))
            opened = -1
    if opened >= 0 and not text[start:opened].strip() and end - opened <= MAX_QUOTATION:
        spans.append((opened, end))
    return spans


def _sentences(tokens: Sequence[Token], first: int, last: int, text: str) -> list[Span]:
    spans, begin, place = [], first, first
    while place < last:
        token = tokens[place]
        if token.text in _ENDS and _ends_sentence(tokens, place, first, last):
            place += 1
            while place < last and tokens[place].text in _ENDS | _CLOSERS:
                if tokens[place].text in ('"', "''") and _is_space_before(tokens[place], text):
                    break
                place += 1
            spans.append((begin, place))
            begin = place
            continue
        if place - begin >= MAX_TOKENS:
            spans.append((begin, place))
            begin = place
        place += 1
    if begin < last:
        spans.append((begin, last))
    return spans


def _is_space_before(token: Token, text: str) -> bool:
    return token.start > 0 and text[token.start - 1].isspace()


def _ends_sentence(tokens: Sequence[Token], place: int, first: int, last: int) -> bool:
    follower = place + 1
    while follower < last and tokens[follower].text in _CLOSERS:
        follower += 1
    if follower >= last:
        return True
    after = tokens[follower]
    if tokens[place].text == ".":
        before = tokens[place - 1] if place > first else None
        if before is not None and before.end == tokens[place].start:
            if before.lower in _ABBREVIATIONS:
                return False
            if len(before.text) == 1 and before.is_capital and before.lower != "i":
                return False
    return not (after.text[0].islower() or after.text[0] in ",;:—-")
