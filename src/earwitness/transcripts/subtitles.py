"""SubRip (.srt) and WebVTT (.vtt).

Both are cues: a line with two times, then text to the next cue. What programs get wrong is read all
the same: missing numbers, a point for the comma, places on the screen behind the times, empty cues.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

from earwitness.errors import BadTranscript
from earwitness.transcripts.model import Segment, Transcript, in_order
from earwitness.transcripts.text import at_line, clock, clock_s

_TIMING = re.compile(r"\s*([\d:.,]+)\s*-->\s*([\d:.,]+)(?:\s.*)?")
_LIKE_TIMING = re.compile(r"\s*(?:\d[\w:.,]*)?\s*-->")
_STYLE = re.compile(
    r"</?(?:[ibus]|font|ruby|rt|c|lang)(?:[ .][^<>]{0,200})?>|\{\\[^{}]{0,200}\}", re.IGNORECASE
)
_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,100})?\s{1,20}([^<>]{0,500})>")
_VTT_TAG = re.compile(r"</?[a-z0-9:.][^<>]{0,200}>", re.IGNORECASE)
_BLOCKS = ("NOTE", "STYLE", "REGION")


def read_srt(text: str) -> Transcript:
    """Read SubRip.

    Raises
    ------
    BadTranscript
        The line is named.
    """
    segments = []
    for line, timing, body in _cues(text.split("\n"), first=1):
        with at_line(line):
            start, end = _times(timing)
            segments.append(Segment(start, end, _STYLE.sub("", " ".join(body))))
    return Transcript(in_order(segments), form="SubRip")


def write_srt(transcript: Transcript) -> str:
    """SubRip: one cue a segment. It holds neither speakers nor the language."""
    parts = []
    for number, segment in enumerate(transcript.segments, start=1):
        times = f"{clock(segment.start_s, point=',')} --> {clock(segment.end_s, point=',')}"
        text = segment.text.replace("-->", "→")  # which would read as a cue's times
        parts.append(f"{number}\n{times}\n{text}\n")
    return "\n".join(parts)


def read_vtt(text: str) -> Transcript:
    """Read WebVTT: speakers from ``<v>``, the language from the header.

    Raises
    ------
    BadTranscript
        The line is named.
    """
    lines = text.split("\n")
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        raise BadTranscript("line 1: this is no WebVTT", expected="WEBVTT at the beginning")
    header, first = _header(lines)
    segments = []
    for line, timing, body in _cues(_without_blocks(lines[first:]), first=first + 1):
        with at_line(line):
            start, end = _times(timing)
            segments += _voices(start, end, " ".join(body))
    return Transcript(in_order(segments), language=header.get("language", ""), form="WebVTT")


def write_vtt(transcript: Transcript) -> str:
    """WebVTT: one cue a segment, its speaker in ``<v>``, the language in the header."""
    parts = ["WEBVTT\n"]
    if transcript.language:
        parts = [f"WEBVTT\nLanguage: {transcript.language}\n"]
    for segment in transcript.segments:
        speaker = segment.speaker.replace(">", " ")
        voice = f"<v {escape(speaker, quote=False)}>" if speaker else ""
        times = f"{clock(segment.start_s)} --> {clock(segment.end_s)}"
        parts.append(f"{times}\n{voice}{escape(segment.text, quote=False)}\n")
    return "\n".join(parts)


def _header(lines: list[str]) -> tuple[dict[str, str], int]:
    """The ``Key: value`` lines under WEBVTT, and the index of the line that follows them."""
    found, index = {}, 1
    while index < len(lines) and lines[index].strip() and "-->" not in lines[index]:
        key, colon, value = lines[index].partition(":")
        if colon:
            found[key.strip().lower()] = value.strip()
        index += 1
    return found, index


def _without_blocks(lines: list[str]) -> list[str]:
    """Lines with comments, styles and regions blanked, so that the numbers of the rest stay."""
    kept, inside, after_blank = [], False, True
    for line in lines:
        if not line.strip():
            inside = False
        elif after_blank and line.split(maxsplit=1)[0] in _BLOCKS and "-->" not in line:
            inside = True
        kept.append("" if inside else line)
        after_blank = not line.strip()
    return kept


def _cues(lines: list[str], *, first: int) -> Iterator[tuple[int, str, list[str]]]:
    """Each cue: the number of its line of times, that line, and its lines of text."""
    starts = [index for index, line in enumerate(lines) if _LIKE_TIMING.match(line)]
    if not starts:
        raise BadTranscript("there is no cue in it", expected="a line such as 00:00:01,000 --> ...")
    for index, line in enumerate(lines[: starts[0]]):
        if line.strip() and index != starts[0] - 1:
            raise BadTranscript(f"line {first + index}: text before the first cue", got=line[:40])
    for start, following in zip(starts, [*starts[1:], len(lines) + 1], strict=True):
        body = lines[start + 1 : following]
        if following <= len(lines) and body and _is_label(lines, following - 1):
            body = body[:-1]
        yield first + start, lines[start], [line for line in body if line.strip()]


def _is_label(lines: list[str], index: int) -> bool:
    """Whether the line before a line of times is the cue's number or name, not the last cue's text."""
    line = lines[index].strip()
    return bool(line) and (not lines[index - 1].strip() or line.isdigit())


def _times(line: str) -> tuple[float, float]:
    found = _TIMING.fullmatch(line)
    if found is None:
        raise ValueError(f"these are not two times: {line.strip()[:60]!r}")
    return clock_s(found[1]), clock_s(found[2])


def _voices(start_s: float, end_s: float, text: str) -> list[Segment]:
    """A cue's segments: one for each speaker that it names."""
    pieces = _VOICE.split(text)
    found = [("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
    return [
        Segment(start_s, end_s, unescape(_VTT_TAG.sub("", piece)), unescape(speaker))
        for speaker, piece in found
        if piece.strip()
    ]
