"""What a transcript is, whatever file it came from.

Conventions: times are seconds from the beginning of the recording, to the millisecond; text is in
logical order, as Unicode has it, so that scripts from right to left need nothing of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LONGEST_S = 1_000_000.0  # eleven days: a time beyond it is a damaged one
LONGEST_TEXT = 100_000


class Kind(StrEnum):
    """Whether a transcript is in the language that was spoken."""

    ORIGINAL = "original"
    TRANSLATION = "translation"


class Review(StrEnum):
    """Whether a named person stands behind a transcript."""

    DRAFT = "draft"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its time; ``probability`` is the recogniser's own, None where a person wrote it."""

    text: str
    start_s: float
    end_s: float
    probability: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", one_line(self.text))
        _set_times(self, self.start_s, self.end_s)
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise ValueError(f"a probability lies from 0 to 1, not at {self.probability}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech and what is said in it, as one line of text.

    Attributes
    ----------
    start_s, end_s : float
    text : str
        Breaks of lines are of the screen, not of the speech: they become spaces.
    speaker : str
        As the file calls that person, or the tier; empty where it does not say.
    words : tuple of Word
        Empty where the file gives no times of words.
    """

    start_s: float
    end_s: float
    text: str
    speaker: str = ""
    words: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        text = one_line(self.text)
        if len(text) > LONGEST_TEXT:
            raise ValueError(f"a segment holds at most {LONGEST_TEXT:,} characters")
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "speaker", one_line(self.speaker))
        _set_times(self, self.start_s, self.end_s)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is said in a recording.

    Attributes
    ----------
    segments : tuple of Segment
        In order of time; none is empty.
    language : str
        As the file or the case says, such as ``ar``; empty where neither does.
    kind : Kind
    by : str
        Who transcribed or translated: a person or a method.
    review : Review
    form : str
        The format that it was read from.
    notes : tuple of str
        What of the file was left out.
    """

    segments: tuple[Segment, ...]
    language: str = ""
    kind: Kind = Kind.ORIGINAL
    by: str = ""
    review: Review = Review.DRAFT
    form: str = ""
    notes: tuple[str, ...] = ()

    @property
    def end_s(self) -> float:
        """Where the last segment ends."""
        return max((segment.end_s for segment in self.segments), default=0.0)

    @property
    def in_short(self) -> str:
        """What it holds, as a phrase."""
        return f"{self.form or 'transcript'}, {len(self.segments)} segments to {self.end_s:.0f} s"


def in_order(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Segments that say something, in order of time."""
    said = [segment for segment in segments if segment.text]
    return tuple(sorted(said, key=lambda each: (each.start_s, each.end_s)))


def one_line(text: str) -> str:
    """A text with every run of white space as one space, and none at its ends."""
    return " ".join(text.split())


def joined(words: Iterable[Word], *, speaker: str = "", pause_s: float = 0.5) -> list[Segment]:
    """Segments from words alone: a new one begins after each pause.

    Parameters
    ----------
    words : iterable of Word
        In order of time.
    speaker : str
    pause_s : float
        How long a pause divides.
    """
    groups: list[list[Word]] = []
    for word in words:
        if groups and word.start_s - groups[-1][-1].end_s < pause_s:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [
        Segment(
            group[0].start_s,
            max(word.end_s for word in group),
            " ".join(word.text for word in group),
            speaker,
            tuple(group),
        )
        for group in groups
    ]


def _set_times(of: object, start_s: float, end_s: float) -> None:
    start, end = float(start_s), float(end_s)
    if not (math.isfinite(start) and math.isfinite(end)):
        raise ValueError("a time is not a number")
    start, end = round(start, 3), round(end, 3)
    if start < 0 or start > LONGEST_S or end > LONGEST_S:
        raise ValueError(f"a time lies outside 0 to {LONGEST_S:,.0f} s")
    if end < start:
        raise ValueError(f"it ends at {end:.3f} s, before it begins at {start:.3f} s")
    object.__setattr__(of, "start_s", start + 0.0)
    object.__setattr__(of, "end_s", end + 0.0)
