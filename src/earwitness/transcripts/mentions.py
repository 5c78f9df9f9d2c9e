"""What a recording mentions: names, places, events and dates in a transcript, tied to what is known.

Nothing is decided here. A tie is a draft with its reason in words: for a name the likeness of its
parts, for an event the words that it shares with how a document tells it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from earwitness.dossier.dates import find_dates
from earwitness.dossier.names import SAME_ENOUGH, compare_names, skeleton
from earwitness.dossier.scripts import latinised
from earwitness.transcripts.folding import folded_words, words_with_places
from earwitness.transcripts.model import Segment, Transcript

MAX_KNOWN = 2_000
MAX_MENTIONS = 5_000
MIN_SHARED_WORDS = 2
_SHORTEST = 4  # letters of a word that counts for an event
_STEM = 5  # letters: "landing" and "landed" share them
_EMPTY = frozenset(
    [
        "that", "this", "with", "from", "which", "were", "have", "been", "said", "says", "they",
        "their", "there", "when", "what", "will", "would", "could", "about", "into", "after",
        "before", "over", "under", "than", "then", "also", "more", "most", "some", "such",
        "only", "other", "these", "those", "announced", "released", "recorded", "message",
        "speaker",
    ]
)  # fmt: skip
_DAYS_BACK = re.compile(
    r"\b(?:(?P<today>today|tonight|this morning|this evening|this afternoon)"
    r"|(?P<yesterday>yesterday|last night)|"
    r"(?P<count>two|three|four|five|six|seven|eight|nine|ten|\d{1,2}) days ago)\b",
    re.IGNORECASE,
)
_COUNTS = {
    word: number
    for number, word in enumerate(
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 2
    )
}


class KnownKind(StrEnum):
    """What something is that a dossier knows."""

    NAME = "name"
    PLACE = "place"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Known:
    """Something that a dossier knows, by which it can be recognised in what is said.

    Attributes
    ----------
    text : str
        A name, or an event in a document's words.
    kind : KnownKind
    earliest, latest : date or None
        For an event, the days between which it took place, as the statement has it.
    statement : str
        The id of the statement that it comes from.
    """

    text: str
    kind: KnownKind
    earliest: date | None = None
    latest: date | None = None
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Something that is said in a segment, and what it is tied to, if to anything.

    ``days_back`` is the number of days that the speaker himself puts between it and his speaking.
    """

    start_s: float
    end_s: float
    words: str
    kind: str
    why: str
    known: Known | None = None
    earliest: date | None = None
    latest: date | None = None
    days_back: int | None = None


def find_mentions(
    transcript: Transcript, known: Sequence[Known], *, min_share: float = 0.6
) -> list[Mentioned]:
    """Find what a transcript mentions, in order of time, each thing once in a segment.

    Parameters
    ----------
    transcript : Transcript
    known : sequence of Known
        Of names and events; at most ``MAX_KNOWN`` are looked for.
    min_share : float
        The share of an event's words that must be said within two segments that follow each other.
    """
    names = _Names([one for one in known[:MAX_KNOWN] if one.kind is not KnownKind.EVENT])
    events = [_Event(one) for one in known[:MAX_KNOWN] if one.kind is KnownKind.EVENT]
    found: list[Mentioned] = []
    for number, segment in enumerate(transcript.segments):
        if len(found) >= MAX_MENTIONS:
            break
        found += names.within(segment)
        found += _dates(segment)
        after = transcript.segments[number + 1 : number + 2]
        for event in events:
            found += event.within(segment, after, min_share)
    return found[:MAX_MENTIONS]


def days_back(text: str) -> int | None:
    """How many days ago, by the speaker's own words: "yesterday" is 1; None if none are told."""
    found = _DAYS_BACK.search(text)
    if found is None:
        return None
    if found["today"]:
        return 0
    if found["yesterday"]:
        return 1
    count = found["count"].lower()
    return _COUNTS[count] if count in _COUNTS else int(count)


def _dates(segment: Segment) -> Iterator[Mentioned]:
    """Dates that name their year; "last week" counts from a day that is not known yet."""
    for one in find_dates(segment.text, None):
        words = segment.text[one.span[0] : one.span[1]]
        first, last = one.interval.earliest, one.interval.latest
        why = "a date with its year"
        yield Mentioned(segment.start_s, segment.end_s, words, "date", why, None, first, last)


class _Names:
    """Names to look for, by the consonants of their parts."""

    def __init__(self, known: Sequence[Known]) -> None:
        self.by_bones: dict[str, list[tuple[Known, int]]] = {}
        for one in known:
            parts = latinised(one.text).lower().split()
            for part in parts:
                bones = skeleton(part.strip("'’-"))
                if len(bones) > 1:
                    self.by_bones.setdefault(bones, []).append((one, len(parts)))

    def within(self, segment: Segment) -> Iterator[Mentioned]:
        spans = [(start, end) for _, start, end in words_with_places(segment.text)]
        best: dict[str, tuple[float, Mentioned]] = {}
        for place, (start, end) in enumerate(spans):
            bones = skeleton(latinised(segment.text[start:end]).lower())
            for known, length in self.by_bones.get(bones, ()):
                for first in range(max(0, place - length + 1), place + 1):
                    made = _named(segment, spans[first : first + length], known)
                    if made and made[0] > best.get(known.text, (0.0, made[1]))[0]:
                        best[known.text] = made
        yield from (made for _, made in best.values())


def _named(
    segment: Segment, spans: Sequence[tuple[int, int]], known: Known
) -> tuple[float, Mentioned] | None:
    """A run of words as a mention of a known name, if it is like enough to it."""
    words = segment.text[spans[0][0] : spans[-1][1]]
    if words[:1].islower():
        return None
    comparison = compare_names(words, known.text)
    single = len(spans) == 1 and folded_words(words) != folded_words(known.text)
    if comparison.score < SAME_ENOUGH or single:
        return None
    why = "; ".join(comparison.reasons)
    made = Mentioned(segment.start_s, segment.end_s, words, str(known.kind), why, known)
    return comparison.score, made


class _Event:
    """An event to look for, by the stems of its words."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.stems = _stems(known.text)

    def within(
        self, segment: Segment, after: Sequence[Segment], min_share: float
    ) -> Iterator[Mentioned]:
        here = _stems(segment.text)
        shared = here & self.stems
        if not shared or not self.stems:
            return
        end_s, text = segment.end_s, segment.text
        if len(shared) < min_share * len(self.stems) and after:
            more = _stems(after[0].text) & self.stems
            if len(more) >= len(shared):
                return  # it is rather the next segment that mentions it
            shared, end_s = shared | more, after[0].end_s
        if len(shared) < max(MIN_SHARED_WORDS, min_share * len(self.stems)):
            return
        said = [word for word, _, _ in words_with_places(text) if word[:_STEM] in shared]
        why = f"{len(shared)} of its {len(self.stems)} words: {', '.join(dict.fromkeys(said))}"
        one = self.known
        yield Mentioned(
            segment.start_s,
            end_s,
            text,
            "event",
            why,
            one,
            one.earliest,
            one.latest,
            days_back(text),
        )


def _stems(text: str) -> frozenset[str]:
    return frozenset(
        word[:_STEM]
        for word in folded_words(text)
        if len(word) >= _SHORTEST and word not in _EMPTY and not word.isdigit()
    )
