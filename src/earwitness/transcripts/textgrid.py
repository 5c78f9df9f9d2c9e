"""Praat's TextGrid, in its long and its short form.

Both are read by Praat's own rule: of the file, only numbers and flags that stand free and texts in
quotation marks count; everything else is decoration.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from earwitness.errors import BadTranscript
from earwitness.transcripts.model import Segment, Transcript, Word, in_order, joined
from earwitness.transcripts.text import at_line

_TOKEN = re.compile(r'"((?:[^"]|"")*)"|(<[a-z]+>)|(![^\n]*)|([^\s"<!][^\s"]*)|(\S)')
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?%?")
_WORDS = re.compile(r"(?:(.*?)\s*-\s*)?words?", re.IGNORECASE)
_PHONES = re.compile(r"(?:.*-\s*)?(?:phones?|phonemes?|segments?)", re.IGNORECASE)
MAX_TIERS = 1_000


@dataclass(frozen=True, slots=True)
class _Token:
    value: str | float
    line: int


class _Tokens:
    """The free values of the file, one after another, each with its line."""

    def __init__(self, text: str) -> None:
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._tokens = self._scan(text)
        self.line = 1

    def _scan(self, text: str) -> Iterator[_Token]:
        for found in _TOKEN.finditer(text):
            line = bisect_right(self._ends, found.start() - 1) + 1
            quoted, flag, _, plain, stray = found.groups()
            if stray == '"':
                raise BadTranscript(f"line {line}: a text's quotation mark is never closed")
            if quoted is not None:
                yield _Token(quoted.replace('""', '"'), line)
            elif flag is not None:
                yield _Token(flag, line)
            elif plain is not None and _NUMBER.fullmatch(plain):
                yield _Token(float(plain.rstrip("%")), line)

    def next(self, what: str) -> str | float:
        token = next(self._tokens, None)
        if token is None:
            raise BadTranscript(f"line {self.line}: the file ends here", expected=what)
        self.line = token.line
        return token.value

    def text(self, what: str) -> str:
        value = self.next(what)
        if isinstance(value, str):
            return value
        raise BadTranscript(f"line {self.line}: a number stands here", expected=what)

    def number(self, what: str) -> float:
        value = self.next(what)
        if isinstance(value, float):
            return value
        raise BadTranscript(f"line {self.line}: a text stands here", got=value[:40], expected=what)

    def count(self, what: str, most: int) -> int:
        value = self.number(what)
        if value != int(value) or not 0 <= value <= most:
            raise BadTranscript(f"line {self.line}: no such count", got=f"{value:g}", expected=what)
        return int(value)


def read_textgrid(text: str) -> Transcript:
    """Read a TextGrid: each tier is a speaker; tiers of words give words, those of sounds stay out.

    Raises
    ------
    BadTranscript
        The line is named.
    """
    tokens = _Tokens(text)
    kind = tokens.text('"ooTextFile"')
    if kind != "ooTextFile" or tokens.text('"TextGrid"') != "TextGrid":
        raise BadTranscript("line 1: this is no TextGrid", expected='"ooTextFile", then "TextGrid"')
    tokens.number("the beginning")
    tokens.number("the end")
    if tokens.text("<exists>") != "<exists>":
        return Transcript((), form="TextGrid")
    tiers = [_tier(tokens) for _ in range(tokens.count("the number of tiers", MAX_TIERS))]
    return _transcript(tiers)


def _tier(tokens: _Tokens) -> tuple[str, list[Segment]]:
    kind, name = tokens.text("the tier's class"), tokens.text("the tier's name")
    if kind not in ("IntervalTier", "TextTier"):
        raise BadTranscript(f"line {tokens.line}: no such tier", got=kind[:40])
    tokens.number("the tier's beginning")
    tokens.number("the tier's end")
    segments = []
    for _ in range(tokens.count("the number of intervals", 10_000_000)):
        start = tokens.number("a time")
        end = tokens.number("a time") if kind == "IntervalTier" else start
        label = tokens.text("a label")
        if label.strip():
            with at_line(tokens.line):
                segments.append(Segment(start, end, label, name))
    return name, segments


def _transcript(tiers: Sequence[tuple[str, list[Segment]]]) -> Transcript:
    segments: list[Segment] = []
    notes = []
    names = {name for name, _ in tiers}
    for name, found in tiers:
        of_words = _WORDS.fullmatch(name)
        if _PHONES.fullmatch(name):
            notes.append(f"the tier {name!r} was left out: it holds sounds")
        elif of_words is not None:
            speaker = of_words[1] or ""
            if speaker in names:
                notes.append(f"the tier {name!r} was left out: {speaker!r} says the same")
                continue
            words = [Word(each.text, each.start_s, each.end_s) for each in found]
            segments += joined(sorted(words, key=lambda word: word.start_s), speaker=speaker)
        else:
            segments += found
    return Transcript(in_order(segments), form="TextGrid", notes=tuple(notes))


def write_textgrid(transcript: Transcript) -> str:
    """A TextGrid in its long form: a tier for each speaker, and another where one overlaps himself."""
    end = transcript.end_s or 1.0
    tiers = _tiers(transcript.segments)
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0"]
    lines += [f"xmax = {end:.3f}", "tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, segments) in enumerate(tiers, start=1):
        intervals = _filled(segments, end)
        lines += [f"    item [{number}]:", '        class = "IntervalTier"']
        lines += [
            f"        name = {_quoted(name)}",
            "        xmin = 0",
            f"        xmax = {end:.3f}",
        ]
        lines.append(f"        intervals: size = {len(intervals)}")
        for index, (start_s, end_s, text) in enumerate(intervals, start=1):
            lines += [f"        intervals [{index}]:", f"            xmin = {start_s:.3f}"]
            lines += [f"            xmax = {end_s:.3f}", f"            text = {_quoted(text)}"]
    return "\n".join(lines) + "\n"


def _tiers(segments: Sequence[Segment]) -> list[tuple[str, list[Segment]]]:
    tiers: list[tuple[str, list[Segment]]] = []
    for segment in segments:
        for name, members in tiers:
            if name == segment.speaker and members[-1].end_s <= segment.start_s:
                members.append(segment)
                break
        else:
            tiers.append((segment.speaker, [segment]))
    return tiers


def _filled(segments: Sequence[Segment], end_s: float) -> list[tuple[float, float, str]]:
    """A tier's intervals without a gap, as Praat wants them."""
    filled, at = [], 0.0
    for segment in segments:
        if segment.start_s > at:
            filled.append((at, segment.start_s, ""))
        filled.append((segment.start_s, segment.end_s, segment.text))
        at = segment.end_s
    if at < end_s:
        filled.append((at, end_s, ""))
    return filled


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
