"""Reporting words: which word of a text says that somebody says, thinks or wants something.

Every word that can report has points, and so has the company that it keeps: what stands before it
and what follows. A word whose points, with its company's, reach ``THRESHOLD`` is a cue. The points
are half-logits, counted on the train split of PolNeAR by ``bench/cue_points.py`` and rounded; the
table beside this file is the whole of what is kept of that count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from earwitness.dossier.tokens import Sentence, Text
from earwitness.dossier.words import (
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    HAVE,
    MARKS_OF_QUOTATION,
    MODALS,
    NEGATIONS,
    OBJECT_PRONOUNS,
    POSSESSIVES,
    PREPOSITIONS,
    QUESTION_WORDS,
    SUBJECT_PRONOUNS,
    is_adverb,
    lemma,
    word_set,
)

THRESHOLD = -1
MAX_CUES = 2_000  # of one document: far over what any article holds
_PREPOSITIONS_THAT_TELL = word_set("about as of for on in by with out at against from")


_REPORT_WITH_THAT = word_set(
    "state suspect testify caution allege claim maintain contend concede deny dispute stress "
    "believe assert acknowledge insist declare conclude determine confirm warn predict recall "
    "remark object swear certify disclose boast attest hint underline reiterate surmise"
)


@dataclass(frozen=True, slots=True)
class Cue:
    """A reporting word: its token, base form, form, and the classes of what is before and after."""

    token: int
    lemma: str
    form: str
    before: str
    after: str
    points: int


@dataclass(frozen=True, slots=True)
class CuePoints:
    """The table of points: by word, by word and form, by form and company."""

    words: Mapping[str, int]
    forms: Mapping[str, int]
    before: Mapping[str, int]
    after: Mapping[str, int]
    base: int

    def of(self, word: str, form: str, before: str, after: str) -> int:
        """The points of a word in its company; the word must be in the table."""
        return (
            self.base
            + self.words[word]
            + self.forms.get(f"{word} {form}", 0)
            + self.before.get(f"{form} {before}", 0)
            + self.after.get(f"{form} {after}", 0)
        )


@cache
def cue_points() -> CuePoints:
    """Read the table of points that comes with the package."""
    table = json.loads(files(__package__).joinpath("cue_points.json").read_text("utf-8"))
    return CuePoints(
        words=table["words"],
        forms=table["forms"],
        before=table["before"],
        after=table["after"],
        base=table["base"],
    )


def find_cues(text: Text) -> list[Cue]:
    """Find the reporting words of a text, in order; what stands inside a quotation is left out."""
    points = cue_points()
    known_words = points.words.keys() | _REPORT_WITH_THAT
    cues: list[Cue] = []
    for sentence in text.sentences:
        if len(cues) >= MAX_CUES:
            break
        for token in range(sentence.first, sentence.last):
            word = text.tokens[token].lower
            base, form = lemma(word, known_words)
            known = base in points.words or base in _REPORT_WITH_THAT
            if not known or text.quotation_around(text.tokens[token].start):
                continue
            if token > sentence.first and _is_in_name(text, token):
                continue
            before = company_before(text, sentence, token)
            after = company_after(text, sentence, token)
            worth = points.of(base, form, before, after) if base in points.words else THRESHOLD - 1
            if base in _REPORT_WITH_THAT and form in "sdb" and after in ("that", "quotation"):
                worth = max(worth, THRESHOLD)
            if worth >= THRESHOLD:
                cues.append(Cue(token, base, form, before, after, worth))
    return cues


def _is_in_name(text: Text, token: int) -> bool:
    """ "Echo of the North": a capital within a sentence belongs to a name."""
    before = text.tokens[token - 1]
    return text.tokens[token].is_capital and before.is_word


def company_after(text: Text, sentence: Sentence, token: int) -> str:
    """Class what follows a word: quotation, that-clause, infinitive, preposition, noun and so on."""
    place = token + 1
    while place < sentence.last and text.tokens[place].lower.endswith("ly"):
        place += 1
    if place >= sentence.last:
        return "end"
    word = text.tokens[place].lower
    if word in MARKS_OF_QUOTATION:
        return "quotation"
    if word in ":," and place + 1 < sentence.last:
        if text.tokens[place + 1].text in MARKS_OF_QUOTATION:
            return "quotation"
        if word == ":":
            return "colon"
    if not text.tokens[place].is_word and not word.startswith(("'", "’", "n")):
        return "end"
    if word in _PREPOSITIONS_THAT_TELL:
        return word
    if word == "that" and not _goes_on(text, sentence, place + 1):
        return "object"  # "denied that."
    for name, words in _AFTER:
        if word in words:
            return name
    return "noun"


def _goes_on(text: Text, sentence: Sentence, place: int) -> bool:
    return place < sentence.last and text.tokens[place].lower not in (".", ",", ";")


_AFTER = (
    ("that", frozenset(["that"])),
    ("question", QUESTION_WORDS),
    ("to", frozenset(["to"])),
    ("preposition", PREPOSITIONS),
    ("subject", SUBJECT_PRONOUNS | {"there"}),
    ("object", OBJECT_PRONOUNS),
    ("conjunction", CONJUNCTIONS),
    ("verb", BE | HAVE | MODALS),
)


def company_before(text: Text, sentence: Sentence, token: int) -> str:
    """Class what stands before a word, adverbs and negations skipped."""
    place = token - 1
    while place > sentence.first and _is_skipped(text.tokens[place].lower):
        place -= 1
    if place < sentence.first:
        return "start"
    word = text.tokens[place].lower
    for name, words in _BEFORE:
        if word in words:
            return name
    if not text.tokens[place].is_word:
        return "mark"
    return "noun"


def _is_skipped(word: str) -> bool:
    return is_adverb(word) or word in NEGATIONS


_BEFORE = (
    ("subject", SUBJECT_PRONOUNS),
    ("be", BE),
    ("have", HAVE),
    ("modal", MODALS),
    ("to", frozenset(["to"])),
    ("determiner", DETERMINERS | POSSESSIVES),
    ("conjunction", CONJUNCTIONS),
    ("comma", frozenset(",)")),
    ("quotation", MARKS_OF_QUOTATION),
    ("preposition", PREPOSITIONS),
)
