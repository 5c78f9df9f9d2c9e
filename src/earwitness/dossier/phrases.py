"""Where a noun phrase begins or ends, judged by the closed classes alone: no parser, no model."""

from __future__ import annotations

from earwitness.dossier.tokens import Sentence, Text
from earwitness.dossier.words import (
    AUXILIARIES,
    BE,
    CONJUNCTIONS,
    DAYS,
    DETERMINERS,
    HAVE,
    MARKS_OF_QUOTATION,
    MODALS,
    MONTHS,
    OBJECT_PRONOUNS,
    PREPOSITIONS,
    SUBJECT_PRONOUNS,
    is_adverb,
    is_past_form,
    word_set,
)

_JOINS_LEFT = word_set("of for from at in with on against behind to about between")
_JOINS_RIGHT = word_set("of for from at with against behind in on by to")
_OPENS_ASIDE = word_set("who which whose whom a an the now then also one formerly")
_STOPS = word_set(
    "that because although though while if when where since until so whether whereas which whom as"
)
_DAY_PHRASE = DAYS | word_set(
    "yesterday today tonight statement interview email e-mail news report speech tweet briefing "
    "conference telephone phone letter post message"
)
_TIMES = DAYS | MONTHS | {"week", "month", "year", "yesterday", "today", "night", "later", "ago"}
_COUNTS_OF = word_set("some one two three four many most all each both none several few any")
_PRESENTS = word_set(
    "remain remains say says believe believes think thinks know knows insist insists maintain "
    "maintains argue argues become becomes"
)
_APPARENT_PASTS = frozenset(["left", "set", "cut", "put", "hit", "read", "lost", "shot", "united"])
MAX_PHRASE = 40  # tokens


def phrase_start(text: Text, sentence: Sentence, last: int) -> int:
    """Find the first token of the noun phrase whose last token is given; ``last + 1`` if none."""
    place, first = last, last + 1
    lowest = max(sentence.first, last - MAX_PHRASE)
    while place >= lowest:
        word = text.tokens[place].lower
        if word in SUBJECT_PRONOUNS and place == last:
            return place
        if (word in _JOINS_LEFT or word == "by") and first <= last:
            if place > lowest + 1 and _opens_reduced(text, sentence, place - 1):
                place -= 1  # "a report published in May", "a firm hired by the family"
            elif place == lowest or not _can_end_phrase(text, place - 1):
                break  # "a report by the panel" goes on; "was seen by the panel" does not
        elif word in CONJUNCTIONS and first <= last:
            if word != "and" or not _joins_nouns(text, sentence, place):
                break
        elif not _is_in_phrase(text, sentence, place):
            break
        else:
            first = place
        place -= 1
    return _without_opening(text, first, last)


def _opens_reduced(text: Text, sentence: Sentence, place: int) -> bool:
    """Whether a past form opens a relative clause without "who" or "which": "a man seen in May"."""
    token, before = text.tokens[place], text.tokens[place - 1]
    if not is_past_form(token.lower) or token.is_capital or not before.is_word:
        return False
    if before.lower in AUXILIARIES or before.is_capital or is_adverb(before.lower):
        return False
    return _can_end_phrase(text, place - 1) and before.lower not in SUBJECT_PRONOUNS


def _is_in_phrase(text: Text, sentence: Sentence, place: int) -> bool:
    token = text.tokens[place]
    word = token.lower
    if word == "that" and place > sentence.first:
        return text.tokens[place - 1].lower in ("of", "by", "in", "at", "from")  # "of that name"
    if word in _STOPS or word in AUXILIARIES or word in SUBJECT_PRONOUNS or word in PREPOSITIONS:
        return word == "may" and token.is_capital and place > sentence.first
    if not token.is_word:
        if word == ".":
            return place < sentence.last - 1
        return word in ("'s", "’s", "'", "’", "$", "%", "&", "/")
    if word in OBJECT_PRONOUNS:
        return place > sentence.first and text.tokens[place - 1].lower == "of"
    if word in _PRESENTS:
        return False
    if is_past_form(word) and not token.is_capital:
        return _is_participle(text, sentence, place)
    if word == "both" and place > sentence.first:
        return text.tokens[place - 1].lower in PREPOSITIONS  # "a cousin of both men"
    return not (is_adverb(word) and not token.is_capital)


def _is_participle(text: Text, sentence: Sentence, place: int) -> bool:
    """Whether a past form is an adjective ("an unnamed man") or opens a short relative clause."""
    before = text.tokens[place - 1] if place > sentence.first else None
    after = text.tokens[place + 1].lower if place + 1 < sentence.last else ""
    if before is None or before.lower in DETERMINERS or before.lower in ("'s", "’s", "and"):
        return True
    if is_adverb(before.lower) or text.tokens[place].lower in _APPARENT_PASTS:
        return True
    return after in ("by", "with", "of", "as") and before.is_word


def _can_end_phrase(text: Text, place: int) -> bool:
    token = text.tokens[place]
    word = token.lower
    if word in PREPOSITIONS or word in AUXILIARIES or word in _STOPS or word in CONJUNCTIONS:
        return False
    if is_past_form(word) and not token.is_capital:
        return False
    if word in _COUNTS_OF and text.tokens[place + 1].lower in ("of", "in", "among"):
        return True
    return token.is_word and word not in DETERMINERS and not is_adverb(word)


def _joins_nouns(text: Text, sentence: Sentence, place: int) -> bool:
    return place > sentence.first and _can_end_phrase(text, place - 1)


def _without_opening(text: Text, first: int, last: int) -> int:
    """Drop what cannot begin a phrase: a preposition, an adverb, a conjunction, a full stop."""
    for place in range(first + 1, last):
        word, before = text.tokens[place].lower, text.tokens[place - 1]
        if word not in ("a", "an", "the") or not before.is_word:
            continue
        if before.text.isdigit() or before.lower in _TIMES:
            first = place  # "In 2011 a newspaper", "last week a website"
    while first <= last:
        token = text.tokens[first]
        opens = token.lower in PREPOSITIONS or token.lower in CONJUNCTIONS
        if not opens and token.is_word and token.lower not in ("'s", "’s"):
            break
        first += 1
    return first


def phrase_end(text: Text, sentence: Sentence, first: int) -> int:
    """Find the token after the last of the noun phrase that begins at a token."""
    place = first
    highest = min(sentence.last, first + MAX_PHRASE)
    if place < highest and text.tokens[place].lower in SUBJECT_PRONOUNS | OBJECT_PRONOUNS:
        return place + 1
    while place < highest:
        token = text.tokens[place]
        word = token.lower
        if word in _JOINS_RIGHT:
            if place == first or not _goes_on(text, sentence, place, highest):
                break
        elif word == "and":
            if place + 1 >= highest or not _starts_phrase(text, place + 1):
                break
        elif word in MARKS_OF_QUOTATION or word in ("–", "—", "-"):
            break
        elif is_past_form(word) and not token.is_capital:
            if not _is_participle(text, sentence, place):
                break
        elif (
            word in DAYS
            or (place > first and word in SUBJECT_PRONOUNS)
            or not _is_in_phrase(text, sentence, place)
        ):
            break
        place += 1
    return place


def _goes_on(text: Text, sentence: Sentence, place: int, highest: int) -> bool:
    """Whether a preposition belongs to the phrase, rather than to "said … in a statement"."""
    if text.tokens[place].lower == "to" or place + 1 >= highest:
        return False
    if text.tokens[place].lower == "by" and is_past_form(text.tokens[place - 1].lower):
        return True  # "a biography circulated by supporters"
    for ahead in range(place + 1, min(place + 6, highest)):
        word = text.tokens[ahead].lower
        if (
            word in _DAY_PHRASE
            or (word in MONTHS and text.tokens[ahead].is_capital)
            or word[:2] in ("19", "20")
        ):
            return False
        if not text.tokens[ahead].is_word:
            break
    if text.tokens[place].lower in ("in", "on", "at", "with", "by"):
        return text.tokens[place + 1].is_capital or text.tokens[place + 1].lower == "the"
    return True


def _starts_phrase(text: Text, place: int) -> bool:
    word = text.tokens[place].lower
    if word in DETERMINERS or text.tokens[place].is_capital:
        return word not in SUBJECT_PRONOUNS
    return not (word in AUXILIARIES or is_past_form(word) or word in SUBJECT_PRONOUNS)


def aside_start(text: Text, sentence: Sentence, comma: int) -> int | None:
    """Find the comma that opens the aside ("…, a spokesman,") which a given comma closes."""
    for place in range(comma - 1, max(sentence.first, comma - MAX_PHRASE), -1):
        word = text.tokens[place].lower
        if word in MARKS_OF_QUOTATION or word in ";:":
            return None
        if word in (",", "(", "—", "–"):
            return place if _is_aside(text, sentence, place + 1, comma) else None
    return None


def _is_aside(text: Text, sentence: Sentence, first: int, last: int) -> bool:
    """Whether what stands between two commas describes the noun before them."""
    if first >= last:
        return False
    token = text.tokens[first]
    if token.lower in _OPENS_ASIDE or token.text[0].isdigit() or token.is_capital:
        return token.lower not in SUBJECT_PRONOUNS - {"who"}
    if token.lower.endswith("ing") or is_past_form(token.lower):
        return True
    if token.lower == "or" and first + 1 < last:
        return text.tokens[first + 1].is_capital  # ", or Small Big Mouth,"
    if token.lower in SUBJECT_PRONOUNS | PREPOSITIONS | CONJUNCTIONS | AUXILIARIES:
        return token.lower in ("like", "of", "who")
    return not any(text.tokens[place].lower in BE | HAVE | MODALS for place in range(first, last))


def aside_end(text: Text, sentence: Sentence, comma: int) -> int:
    """Find the token after the aside that a comma opens after a name; the comma itself if none."""
    first = comma + 1
    if first >= sentence.last:
        return comma
    opens = text.tokens[first].lower in ("a", "an", "the", "who", "one")
    if not opens and not _is_title(text, sentence, first):
        return comma
    for place in range(first, min(sentence.last, first + MAX_PHRASE)):
        word = text.tokens[place].lower
        if word in MARKS_OF_QUOTATION or word in ",;:" or word in ("–", "—"):
            return place
        if word == "." and place == sentence.last - 1:
            return place
    return sentence.last


def _is_title(text: Text, sentence: Sentence, first: int) -> bool:
    """Whether an aside begins like a title: "Democrat of New York", "professor of law", an age."""
    word = text.tokens[first]
    if word.text.isdigit():
        return True
    follower = text.tokens[first + 1].lower if first + 1 < sentence.last else ""
    return follower in ("of", "at", "for") and word.is_word and not is_adverb(word.lower)
