"""The subject of a verb, as a range of tokens."""

from __future__ import annotations

from earwitness.dossier.phrases import aside_start, phrase_end, phrase_start
from earwitness.dossier.tokens import Sentence, Text
from earwitness.dossier.words import (
    AUXILIARIES,
    MARKS_OF_QUOTATION,
    OBJECT_PRONOUNS,
    SUBJECT_PRONOUNS,
    is_adverb,
)

Range = tuple[int, int]
_CLOSES_ASIDE = frozenset((",", ")", "—", "–"))


def verb_start(text: Text, sentence: Sentence, verb: int) -> int:
    """The first token of a verb's group, auxiliaries and adverbs with it."""
    place = verb
    while place > sentence.first:
        word = text.tokens[place - 1].lower
        if word not in AUXILIARIES and not is_adverb(word):
            break
        place -= 1
    return place


def phrase_before(text: Text, sentence: Sentence, last: int) -> Range | None:
    """The noun phrase that ends at a token, with the asides between it and the verb."""
    end = last + 1
    closing = text.tokens[last].lower
    for _ in range(3):
        if text.tokens[last].text not in _CLOSES_ASIDE:
            break
        opened = aside_start(text, sentence, last)
        if opened is None or opened <= sentence.first:
            break
        last = opened - 1
    if text.tokens[last].text in _CLOSES_ASIDE:
        return None
    first = phrase_start(text, sentence, last)
    if first > last:
        return None
    return first, end - (closing in (",", "—", "–"))


def first_subject(text: Text, sentence: Sentence, before: int) -> Range | None:
    """The subject with which a sentence opens, before a token."""
    place = sentence.first
    while place < before:
        word = text.tokens[place].lower
        if word in MARKS_OF_QUOTATION:
            return None
        if word in SUBJECT_PRONOUNS:
            return place, place + 1
        end = phrase_end(text, sentence, place)
        if end > place and word not in OBJECT_PRONOUNS:
            follower = text.tokens[end].lower if end < sentence.last else ""
            if follower and follower not in ",.;":
                return place, end
        place = max(end, place + 1)
    return None


def antecedent(text: Text, sentence: Sentence, relative: int) -> Range | None:
    """The noun phrase that "who" or "which" stands for."""
    last = relative - 1
    while last > sentence.first and text.tokens[last].lower in (",", "and", "of", "in", "on", "at"):
        last -= 1
    if last < sentence.first:
        return None
    first = phrase_start(text, sentence, last)
    return (first, last + 1) if first <= last else None


def subject_of(text: Text, sentence: Sentence, verb: int) -> Range | None:
    """The subject of a verb: before it, or what its relative pronoun stands for, or the sentence's."""
    before = verb_start(text, sentence, verb) - 1
    if before < sentence.first:
        return None
    word = text.tokens[before].lower
    if word in ("who", "which", "that"):
        return antecedent(text, sentence, before)
    if word in ("and", "or", "but", "to"):
        return first_subject(text, sentence, verb)
    found = phrase_before(text, sentence, before)
    if found is None and word == ",":
        return antecedent(text, sentence, before) or first_subject(text, sentence, verb)
    if found and found[1] - found[0] > 1 and text.tokens[found[1] - 1].lower == "who":
        return antecedent(text, sentence, found[1] - 1)
    return found
