"""What is attributed: where the content of a reporting word begins and ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from earwitness.dossier.cues import Cue
from earwitness.dossier.phrases import phrase_end
from earwitness.dossier.subjects import antecedent, phrase_before
from earwitness.dossier.tokens import Sentence, Span, Text
from earwitness.dossier.words import (
    AUXILIARIES,
    DAYS,
    DETERMINERS,
    MARKS_OF_QUOTATION,
    PREPOSITIONS,
    QUESTION_WORDS,
    SUBJECT_PRONOUNS,
    is_past_form,
    word_set,
)

_TELLS_SOMEBODY = word_set(
    "tell ask remind assure warn inform advise urge promise order convince persuade instruct notify"
)
SPEAKS = word_set(
    "say tell add write note announce report tweet argue explain declare state claim insist warn "
    "continue conclude recall reply respond observe acknowledge admit concede testify assert "
    "suggest reveal confirm predict stress emphasize quip joke complain believe think hope know "
    "find show determine estimate deny allege contend maintain fear expect feel agree promise vow "
    "learn indicate decide realize understand"
)
_ENDS_NOUN_CONTENT = frozenset(
    ["because", "when", "while", "after", "before", "during", "although", "though"]
)
_OCCASIONS = word_set(
    "statement interview email e-mail speech tweet briefing conference telephone phone letter "
    "post message report release testimony reporters appearance call court hearing blog memo"
)


@dataclass(frozen=True, slots=True)
class Reporting:
    """A reporting word with the token ranges of its source and the start of its verb group."""

    cue: Cue
    source: tuple[int, int] | None
    verb_start: int

    @property
    def start(self) -> int:
        """The first token of source and verb group."""
        if self.source and self.source[0] < self.cue.token:
            return min(self.source[0], self.verb_start)
        return self.verb_start

    @property
    def end(self) -> int:
        """The token after the last of source and verb."""
        if self.source and self.source[0] > self.cue.token:
            return self.source[1]
        return self.cue.token + 1


def content_of(
    text: Text, number: int, reports: Sequence[Reporting], place: int
) -> tuple[Span, ...]:
    """Find the spans of what one of a sentence's reporting words attributes."""
    sentence = text.sentences[number]
    report = reports[place]
    if report.cue.lemma == "accord":
        return _of_according(text, sentence, reports, place)
    if (
        report.cue.before == "be"
        and report.cue.form == "d"
        and report.cue.after == "by"
        and report.source
    ):
        subject = (
            phrase_before(text, sentence, report.verb_start - 1)
            if report.verb_start > sentence.first
            else None
        )
        if subject:
            return (text.span(*subject),)
    relative = _of_relative(text, sentence, reports, place)
    if relative:
        return relative
    if report.start <= sentence.first and report.cue.after in ("end", "in", "on", "noun"):
        quoted = _sentence_before(text, number, report)
        if quoted:
            return quoted
    if _closes_clause(text, sentence, report):
        return _before(text, number, reports, place) or _after(text, number, reports, place)
    return _after(text, number, reports, place)


_GAPS = frozenset(["end", "to", "as", "in", "on", "preposition", "conjunction", "verb"])


def _of_relative(
    text: Text, sentence: Sentence, reports: Sequence[Reporting], place: int
) -> tuple[Span, ...]:
    """ "A tape that officials attribute to him", "the group, which they describe as a front".

    The content is what the relative pronoun stands for, and what follows the verb.
    """
    report = reports[place]
    if report.source is None or not sentence.first + 1 < report.source[0] <= report.cue.token:
        return ()
    pronoun = report.source[0] - 1
    word, before = text.tokens[pronoun].lower, text.tokens[pronoun - 1]
    if word not in ("which", "whom", "that") or report.cue.after not in _GAPS:
        return ()
    follows_verb = pronoun - 1 in {each.cue.token for each in reports} or before.lower in DAYS
    if word == "that" and (follows_verb or not before.is_word or is_past_form(before.lower)):
        return ()
    phrase = antecedent(text, sentence, pronoun)
    if phrase is None:
        return ()
    first = report.cue.token + 1
    last = first
    if report.cue.after == "verb":  # "levels, which she said might be explained by …"
        while last < sentence.last and text.tokens[last].lower not in (",", ".", ";", "—"):
            last += 1
        return (text.span(pronoun, pronoun + 1), text.span(first, last))
    while last < sentence.last and text.tokens[last].lower not in (",", ".", ";", "—"):
        if text.tokens[last].lower in AUXILIARIES:
            break  # "… attribute to a preacher were edited": the verb of the main clause
        last += 1
    rest = (text.span(first, last),) if last > first else ()
    return (text.span(*phrase), *rest)


def _sentence_before(text: Text, number: int, report: Reporting) -> tuple[Span, ...]:
    """A quotation that ends in "?" or "!" is a sentence of its own before "he said"."""
    if number == 0 or report.cue.lemma not in SPEAKS | {"ask"}:
        return ()
    sentence, before = text.sentences[number], text.sentences[number - 1]
    closing = text.tokens[before.last - 1]
    if before.paragraph != sentence.paragraph or closing.text not in MARKS_OF_QUOTATION:
        return ()
    if text.tokens[before.last - 2].text not in "?!—…":
        return ()
    quotation = text.quotation_around(closing.start)
    if quotation is None or _past_occasion(text, sentence, report.end) < sentence.last - 1:
        return ()
    return (quotation, *_going_on(text, number, report))


def _closes_clause(text: Text, sentence: Sentence, report: Reporting) -> bool:
    """Whether the content stands before: nothing but an occasion follows source and verb."""
    if report.start <= sentence.first or report.cue.form == "g":
        return False
    before = text.tokens[report.start - 1].lower
    if before not in MARKS_OF_QUOTATION and before != ",":
        return False
    end = report.end
    if report.source and report.source[0] > report.cue.token:
        return True
    if before in MARKS_OF_QUOTATION or _quote_before(text, sentence, report):
        return report.cue.after not in ("that", "question") or report.cue.lemma == "ask"
    after = _past_occasion(text, sentence, end)
    return after >= sentence.last or text.tokens[after].lower in ".,;"


def _quote_before(text: Text, sentence: Sentence, report: Reporting) -> bool:
    place = report.start - 2
    return place >= sentence.first and text.tokens[place].text in MARKS_OF_QUOTATION


def _past_occasion(text: Text, sentence: Sentence, place: int) -> int:
    """Skip "on Tuesday", "in a statement to reporters" and the like after a verb."""
    while place < sentence.last:
        word = text.tokens[place].lower
        if word in DAYS or word in ("yesterday", "today", "later", "then", "also", "out"):
            place += 1
            continue
        if word not in PREPOSITIONS and not word.endswith("ly"):
            return place
        if word.endswith("ly"):
            place += 1
            continue
        if place + 1 < sentence.last and text.tokens[place + 1].lower in DAYS:
            place += 2
            continue
        end = phrase_end(text, sentence, place + 1)
        if end <= place + 1:
            return place
        place = end
    return place


def _before(text: Text, number: int, reports: Sequence[Reporting], place: int) -> tuple[Span, ...]:
    sentence = text.sentences[number]
    report = reports[place]
    last = report.start - 1
    if text.tokens[last].text == ",":
        last -= 1
    if last < sentence.first:
        return ()
    quotation = text.quotation_around(text.tokens[last].start)
    parts: list[Span] = []
    if quotation and quotation[1] >= text.tokens[last].end - 1:
        start = _joined_start(text, sentence, reports, place, quotation)
        parts.append((start, text.tokens[last].end))
    else:
        first = _clause_start(text, sentence, reports, place)
        if first > last:
            return ()
        parts.append(text.span(first, last + 1))
    return tuple(parts) + _going_on(text, number, report)


def _joined_start(
    text: Text, sentence: Sentence, reports: Sequence[Reporting], place: int, quotation: Span
) -> int:
    """Where the content begins that ends in a quotation: the clause that it completes, or itself."""
    first = text.tokens[_clause_start(text, sentence, reports, place)].start
    return first if first < quotation[0] else quotation[0]


def _clause_start(text: Text, sentence: Sentence, reports: Sequence[Reporting], place: int) -> int:
    first = sentence.first
    while first < reports[place].start and text.tokens[first].lower in ("but", "and", ","):
        first += 1
    return first


def _going_on(text: Text, number: int, report: Reporting) -> tuple[Span, ...]:
    """What goes on after "…," he said: the rest of the sentence, and quotations that follow it."""
    sentence = text.sentences[number]
    parts: list[Span] = []
    place = _past_occasion(text, sentence, report.end)
    if place < sentence.last - 1:
        for ahead in range(place, min(place + 12, sentence.last)):
            if text.tokens[ahead].text in MARKS_OF_QUOTATION:
                quotation = text.quotation_around(text.tokens[ahead].start)
                if quotation and quotation[0] == text.tokens[ahead].start:
                    parts.append(quotation)
                break
    follower = number + 1
    last_part = parts[-1] if parts else None
    while follower < len(text.sentences):
        following = text.sentences[follower]
        if following.paragraph != sentence.paragraph:
            break
        opening = text.tokens[following.first]
        quotation = text.quotation_around(opening.start)
        if quotation is None:
            break
        if last_part == quotation:
            follower += 1
            continue
        if quotation[0] != opening.start or not _fills(text, quotation, following, follower):
            break
        parts.append(quotation)
        last_part = quotation
        follower += 1
    return tuple(parts)


def _fills(text: Text, quotation: Span, sentence: Sentence, number: int) -> bool:
    """Whether a quotation is all that its sentences hold."""
    while number < len(text.sentences):
        sentence = text.sentences[number]
        end = text.tokens[sentence.last - 1].end
        if end >= quotation[1] - 1:
            return end <= quotation[1] + 1
        number += 1
    return False


def _after(text: Text, number: int, reports: Sequence[Reporting], place: int) -> tuple[Span, ...]:
    sentence = text.sentences[number]
    report = reports[place]
    first = _content_start(text, sentence, report)
    if first >= sentence.last:
        return _block_quotation(text, number)
    opening = text.tokens[first]
    if opening.text in MARKS_OF_QUOTATION:
        quotation = text.quotation_around(opening.start)
        if quotation and quotation[0] == opening.start:
            end = _end_of_quoted(text, sentence, quotation, reports, place)
            return ((opening.start, end), *_following(text, number, end))
    last = _content_end(text, sentence, reports, place, first)
    if last <= first:
        return ()
    end_character = text.tokens[last - 1].end
    return ((opening.start, end_character), *_following(text, number, end_character))


def _end_of_quoted(
    text: Text, sentence: Sentence, quotation: Span, reports: Sequence[Reporting], place: int
) -> int:
    """A quotation that goes on as a sentence ("the" man is …) ends with its clause."""
    after = text.token_at(quotation[1])
    if after < sentence.last and text.tokens[after].is_word:
        last = _content_end(text, sentence, reports, place, after)
        if last > after:
            return text.tokens[last - 1].end
    return quotation[1]


def _following(text: Text, number: int, end: int) -> tuple[Span, ...]:
    """Quotations that stand alone after a sentence whose content ended in a quotation."""
    quotation = text.quotation_around(end - 1)
    if quotation is None:
        return ()
    sentence = text.sentences[number]
    if text.tokens[sentence.last - 1].end > end + 1:
        return ()
    empty = Reporting(Cue(sentence.last, "", "", "", "", 0), None, sentence.last)
    return _going_on(text, number, empty)


def _block_quotation(text: Text, number: int) -> tuple[Span, ...]:
    """ "He continued:" and a paragraph that is a quotation."""
    follower = number + 1
    if follower < len(text.sentences):
        opening = text.tokens[text.sentences[follower].first]
        quotation = text.quotation_around(opening.start)
        if quotation and quotation[0] == opening.start:
            return (quotation,)
    return ()


def _content_start(text: Text, sentence: Sentence, report: Reporting) -> int:
    first = report.end
    limit = min(sentence.last, first + 18)
    if report.cue.lemma in SPEAKS | _TELLS_SOMEBODY and report.cue.after not in (
        "that",
        "question",
    ):
        for place in range(first, limit):
            word = text.tokens[place].lower
            if word == "that" and _opens_clause(text, sentence, place):
                return place
            if word in ".;" or word in SUBJECT_PRONOUNS:
                break
            if (word in AUXILIARIES or is_past_form(word)) and not text.tokens[place].is_capital:
                break
            if word in MARKS_OF_QUOTATION or word == ":":
                return place if word != ":" else min(place + 1, sentence.last)
            if word == "," and place > first + 8:
                break
    if report.cue.lemma in _TELLS_SOMEBODY and report.cue.after in ("noun", "object"):
        first = max(first + 1, phrase_end(text, sentence, first))
    elif report.cue.lemma in SPEAKS:
        first = _past_day(text, sentence, first)
    while first < sentence.last and text.tokens[first].text in ",:":
        first += 1
    return first


def _opens_clause(text: Text, sentence: Sentence, place: int) -> bool:
    return place + 1 < sentence.last and text.tokens[place + 1].lower not in ".,"


def _past_day(text: Text, sentence: Sentence, first: int) -> int:
    place = first
    if place < sentence.last and text.tokens[place].lower in PREPOSITIONS:
        for ahead in range(place + 1, min(place + 5, sentence.last)):
            if text.tokens[ahead].lower in DAYS | _OCCASIONS:
                return ahead + 1
    if place < sentence.last and text.tokens[place].lower in DAYS:
        return place + 1
    return first


def _content_end(
    text: Text, sentence: Sentence, reports: Sequence[Reporting], place: int, first: int
) -> int:
    last = sentence.last
    if text.tokens[last - 1].text in ".!?" and last - 1 > first:
        last -= 1
    report = reports[place]
    clause = _is_clause(text, report, first)
    for ahead in range(first, last):
        word = text.tokens[ahead].lower
        if word == "but" and ahead > first + 1 and _says_no_more(text, sentence, ahead + 1):
            return ahead - (text.tokens[ahead - 1].text == ",")
        if word == ";" or (word in ("—", "–") and not clause):
            return ahead
        if word == "," and not clause and not _is_list(text, sentence, ahead):
            return ahead
        if not clause and word in _ENDS_NOUN_CONTENT and ahead > first:
            return ahead
    return _before_next(text, reports, place, first, last)


def _says_no_more(text: Text, sentence: Sentence, place: int) -> bool:
    """ "… but would not comment", "… but gave no date": of the speaker, not in his words."""
    while place < sentence.last and text.tokens[place].lower in AUXILIARIES | {"further"}:
        place += 1
    return place < sentence.last and text.tokens[place].lower in _TELLS_NO_MORE


_TELLS_NO_MORE = word_set(
    "comment elaborate say specify give gave name named provide provided offer offered declined "
    "refused identify"
)


def _is_list(text: Text, sentence: Sentence, comma: int) -> bool:
    """Whether a comma stands in a list: another comma or "and" follows within a few words."""
    for ahead in range(comma + 1, min(comma + 5, sentence.last)):
        word = text.tokens[ahead].lower
        if word == "and":
            return text.tokens[comma + 1].lower not in DETERMINERS
        if word in SUBJECT_PRONOUNS or word in (".", "who", "which"):
            return False
    return False


def _is_clause(text: Text, report: Reporting, first: int) -> bool:
    word = text.tokens[first].lower
    if word == "that" or word in QUESTION_WORDS or word in SUBJECT_PRONOUNS:
        return True
    return report.cue.lemma in SPEAKS or report.cue.after in ("that", "question", "colon")


def _before_next(
    text: Text, reports: Sequence[Reporting], place: int, first: int, last: int
) -> int:
    """Cut where the next report on the same level begins: ", and he said", ", adding", "and said"."""
    here = reports[place].cue.token
    for report in reports[place + 1 :]:
        start = report.start
        cue = report.cue
        if cue.token >= last:
            break
        if report.source and report.source[0] < here < report.source[1] - 1:
            return max(first, _back_over(text, report.verb_start, first))
        if cue.form == "g" and cue.before == "comma" and cue.token - 1 > first:
            return _back_over(text, report.verb_start, first)
        if cue.lemma == "accord" and text.tokens[cue.token - 1].text == ",":
            return max(first, cue.token - 1)
        if cue.before == "conjunction" and cue.form == reports[place].cue.form and cue.form in "ds":
            return _back_over(text, report.verb_start, first)
        if start > first and text.tokens[start - 1].text == ";":
            return start - 1
        if start > first + 1 and cue.form in "ds" and report.source:
            before = text.tokens[start - 1].lower
            two = text.tokens[start - 2].lower
            if before in ("and", "but", "while", "though", "although") and two == ",":
                return max(first, start - 2)
    return last


def _back_over(text: Text, place: int, first: int) -> int:
    while place > first and text.tokens[place - 1].lower in (",", "and", "but", "or"):
        place -= 1
    return place


def _of_according(
    text: Text, sentence: Sentence, reports: Sequence[Reporting], place: int
) -> tuple[Span, ...]:
    report = reports[place]
    end = report.end
    if report.cue.token <= sentence.first + 1:
        first = end
        while first < sentence.last and text.tokens[first].text in ",:":
            first += 1
        if first >= sentence.last:
            return ()
        last = sentence.last
        return (text.span(first, last - 1 if text.tokens[last - 1].text == "." else last),)
    last = report.cue.token
    while last > sentence.first and text.tokens[last - 1].text in ",—–":
        last -= 1
    parts = [text.span(sentence.first, last)] if last > sentence.first else []
    if end < sentence.last - 2 and text.tokens[end].text == "," and last - sentence.first < 8:
        parts.append(text.span(end + 1, sentence.last - 1))
    return tuple(parts)
