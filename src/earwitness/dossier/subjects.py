"""The subject of a verb, as a range of tokens."""

from __future__ import annotations

from earwitness.dossier.phrases import aside_start, phrase_end, phrase_start
from earwitness.dossier.tokens import Sentence, Text
from earwitness.dossier.words import (
    AUXILIARIES,
    DETERMINERS,
    MARKS_OF_QUOTATION,
    OBJECT_PRONOUNS,
    PREPOSITIONS,
    SUBJECT_PRONOUNS,
    is_adverb,
    is_past_form,
    word_set,
)

Range = tuple[int, int]
_CLOSES_ASIDE = frozenset((",", ")", "—", "–"))


def verb_start(text: Text, sentence: Sentence, verb: int) -> int:
    """The first token of a verb's group, auxiliaries and adverbs with it."""
    place = verb
    while place > sentence.first:
        word = text.tokens[place - 1].lower
        two = text.tokens[place - 2].lower if place - 1 > sentence.first else ""
        if (word == "to" and two in _IS_THOUGHT) or (word == "nor" and is_past_form(two)):
            place -= 2
        elif (
            (word == "most" and text.tokens[place].lower.endswith("ly"))
            or word in AUXILIARIES
            or is_adverb(word)
            or word in _OF_THE_VERB
        ):
            place -= 1
        else:
            break
    return place


_OF_THE_VERB = frozenset(["neither", "both", "either", "remain", "remains", "remained"])
_IS_THOUGHT = word_set(
    "thought believed said reported alleged known understood supposed expected rumoured rumored "
    "presumed assumed feared claimed"
)


def phrase_before(text: Text, sentence: Sentence, last: int) -> Range | None:
    """The noun phrase that ends at a token, with the asides between it and the verb."""
    while last > sentence.first and text.tokens[last].lower in ("there", "here"):
        last -= 1
    end = last + 1
    closing = text.tokens[last].lower
    for _ in range(3):
        if text.tokens[last].text not in _CLOSES_ASIDE:
            break
        opened = aside_start(text, sentence, last)
        if opened is None or opened <= sentence.first:
            break
        named_too = text.tokens[opened + 1].lower == "or"
        last = opened if named_too else opened - 1  # ", also known as X, or Y, was"
        if text.tokens[last].text.isdigit() and text.tokens[last - 1].text == ",":
            last -= 2  # an age: "Dadaev, 44, also known as …, was"
    if text.tokens[last].text in _CLOSES_ASIDE:
        return None
    first = phrase_start(text, sentence, last)
    first = (
        _over_relative(text, sentence, first)
        if first <= last
        else _over_relative(text, sentence, last + 1)
    )
    if first > last:
        return None
    return first, end - (closing in (",", "—", "–"))


def _over_relative(text: Text, sentence: Sentence, first: int) -> int:
    """A phrase inside "a person who has read it": the phrase begins with the person."""
    verbs = 0
    if first > sentence.first and _is_object(text, first):
        return first  # "a tape that prosecutors attribute": the pronoun is the verb's object
    for place in range(first - 1, max(sentence.first, first - 25), -1):
        word = text.tokens[place].lower
        if word in MARKS_OF_QUOTATION or word in ",;:":
            break
        if word in _IS_THOUGHT and text.tokens[place + 1].lower == "to":
            start = phrase_start(text, sentence, place - 1)
            return start if start < place else first
        if word in AUXILIARIES or is_past_form(word):
            verbs += 1
        if word in ("who", "which", "that") and text.tokens[place - 1].lower in ("and", "but"):
            verbs += 1
            continue
        if (
            word == "who"
            or (word == "which" and verbs)
            or (word == "that" and _is_relative(text, place))
        ):
            start = phrase_start(text, sentence, place - 1)
            return start if start < place else first
    return first


def _is_object(text: Text, first: int) -> bool:
    """Whether the relative pronoun before a phrase is no subject: not "that follows the group"."""
    if text.tokens[first - 1].lower not in ("that", "which", "whom"):
        return False
    verb = text.tokens[first].lower.endswith("s")
    return not (verb and text.tokens[first + 1].lower in DETERMINERS)


def _is_relative(text: Text, that: int) -> bool:
    """ "A website that follows": "that" after a noun and before a verb in the present."""
    before, after = text.tokens[that - 1], text.tokens[that + 1].lower
    return (
        before.is_word
        and not is_past_form(before.lower)
        and len(after) > 3
        and after.endswith("s")
        and not after.endswith("ss")
        and after not in ("this", "analysts")
    )


def first_subject(text: Text, sentence: Sentence, before: int) -> Range | None:
    """The subject with which a sentence opens, before a token."""
    place = sentence.first
    while place < before:
        word = text.tokens[place].lower
        if word in MARKS_OF_QUOTATION:
            return None
        if word == "who":
            place += 1
            continue
        if word in SUBJECT_PRONOUNS:
            return place, place + 1
        end = phrase_end(text, sentence, place)
        if end > place and word not in OBJECT_PRONOUNS:
            follower = text.tokens[end].lower if end < sentence.last else ""
            if follower and follower not in ",.;":
                return place, end
            if follower == "," and _aside_then_verb(text, sentence, end):
                return place, end
        place = max(end, place + 1)
    return None


def _in_series(text: Text, sentence: Sentence, comma: int) -> bool:
    """ "He studied in Rostov, joined …": the phrase before the comma belongs to another verb."""
    first = phrase_start(text, sentence, comma - 1)
    return sentence.first < first < comma and text.tokens[first - 1].lower in PREPOSITIONS


def _aside_then_verb(text: Text, sentence: Sentence, comma: int) -> bool:
    """Whether an aside follows a phrase, and then its verb: "Makur, born in Malek, deserted"."""
    for place in range(comma + 1, min(comma + 25, sentence.last - 1)):
        if text.tokens[place].text == ",":
            word = text.tokens[place + 1].lower
            return word in AUXILIARIES or is_past_form(word)
    return False


def antecedent(text: Text, sentence: Sentence, relative: int) -> Range | None:
    """The noun phrase that "who" or "which" stands for."""
    if relative > sentence.first and text.tokens[relative - 1].lower in ("and", "but"):
        for place in range(relative - 2, max(sentence.first, relative - 25), -1):
            if text.tokens[place].lower in ("who", "whom", "which", "that", "whose"):
                relative = place
                break
    last = relative - 1
    while last > sentence.first and text.tokens[last].lower in (",", "and", "of", "in", "on", "at"):
        last -= 1
    if last < sentence.first:
        return None
    if last > sentence.first + 1 and text.tokens[last].text.isdigit():
        last -= 2 * (text.tokens[last - 1].text == ",")  # an age: "Sandoval, 58, who"
    first = phrase_start(text, sentence, last)
    head = next((p for p in range(first, last) if text.tokens[p].lower == "of"), first)
    if text.tokens[relative].lower == "who" and text.tokens[head - 1].lower in _THINGS:
        first = head + 1  # "the last recording of the poet, who": the poet
    for place in range(last - 1, first, -1):
        if text.tokens[place].lower in _COUNTS and text.tokens[place - 1].lower in PREPOSITIONS:
            first = place  # "a lawyer for the families of two sailors who": the sailors
            break
    return (first, last + 1) if first <= last else None


_THINGS = word_set(
    "recording tape voice message video name death body photograph statement arrest house work "
    "words image fate trial"
)
_COUNTS = frozenset(["two", "three", "four", "five", "six", "seven", "eight", "several", "some"])


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
    if found is None and word == "," and _in_series(text, sentence, before):
        return first_subject(text, sentence, verb)
    if found is None and word == ",":
        return antecedent(text, sentence, before) or first_subject(text, sentence, verb)
    if found and found[1] - found[0] > 1 and text.tokens[found[1] - 1].lower == "who":
        return antecedent(text, sentence, found[1] - 1)
    return found
