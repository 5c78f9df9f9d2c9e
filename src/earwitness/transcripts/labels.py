"""Audacity's labels, and plain text in which lines begin with a time."""

from __future__ import annotations

import re
from collections.abc import Sequence

from earwitness.errors import BadTranscript
from earwitness.transcripts.model import Segment, Transcript, in_order
from earwitness.transcripts.text import at_line, clock, clock_s

_SECONDS = re.compile(r"\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")
_TIME = r"(?:\d{1,4}:)?\d{1,2}:\d{1,2}(?:[.,]\d{1,6})?"
_TIMED = re.compile(
    rf"\s*[\[(]?\s*({_TIME})\s*(?:(?:-{{1,2}}>?|–|—|to)\s*({_TIME})\s*)?"
    r"(?:[\])](?:\s+|$)|[-–—:]?(?:\s+|$))(.*)"
)


def looks_like_labels(line: str) -> bool:
    """Whether a line is one of Audacity's labels."""
    fields = line.split("\t")
    return len(fields) >= 2 and all(_SECONDS.fullmatch(each.strip()) for each in fields[:2])


def looks_timed(line: str) -> bool:
    """Whether a line begins with a time, as in notes taken by hand."""
    return _TIMED.fullmatch(line) is not None


def read_audacity(text: str) -> Transcript:
    """Read Audacity's labels: beginning, end and text, divided by tabs.

    Raises
    ------
    BadTranscript
        The line is named.
    """
    segments = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("\\"):  # a second line holds frequencies
            continue
        fields = line.split("\t", 2)
        if not looks_like_labels(line):
            raise BadTranscript(
                f"line {number}: this is no label",
                got=line[:40],
                expected="begin, tab, end, tab, text",
            )
        with at_line(number):
            start, end = (float(each.strip().replace(",", ".")) for each in fields[:2])
            segments.append(Segment(start, end, fields[2] if len(fields) > 2 else ""))
    return Transcript(in_order(segments), form="Audacity labels")


def write_audacity(transcript: Transcript) -> str:
    """Audacity's labels, one a segment; a label has no speaker."""
    return "".join(
        f"{segment.start_s:.6f}\t{segment.end_s:.6f}\t{segment.text}\n"
        for segment in transcript.segments
    )


def read_plain(text: str) -> Transcript:
    """Read notes in which a line begins with a time, or two; lines without one go on with the last.

    A stretch without an end ends where the next begins. The last one then has no length, since
    nothing says how long it is.

    Raises
    ------
    BadTranscript
        If text stands before the first time, or a time is none; the line is named.
    """
    found: list[tuple[int, float, float | None, list[str]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        timed = _TIMED.fullmatch(line)
        if timed is not None:
            with at_line(number):
                end = clock_s(timed[2]) if timed[2] else None
                found.append((number, clock_s(timed[1]), end, [timed[3]]))
        elif found:
            found[-1][3].append(line)
        elif line.strip():
            raise BadTranscript(
                f"line {number}: no time stands before this text",
                got=line[:40],
                expected="a line such as [00:01:02] text",
            )
    return Transcript(in_order(_segments(found)), form="plain text")


def _segments(found: Sequence[tuple[int, float, float | None, list[str]]]) -> list[Segment]:
    segments = []
    for index, (number, start, end, lines) in enumerate(found):
        following = found[index + 1][1] if index + 1 < len(found) else start
        with at_line(number):
            segments.append(Segment(start, following if end is None else end, " ".join(lines)))
    return segments


def write_plain(transcript: Transcript) -> str:
    """Plain text: ``[begin - end] text``, one line a segment; speakers are not told apart from text."""
    return "".join(
        f"[{clock(segment.start_s)} - {clock(segment.end_s)}] {segment.text}\n"
        for segment in transcript.segments
    )
