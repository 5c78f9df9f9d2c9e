"""Who said what, in which words: the source, the reporting word and the content, as spans.

The argument, step by step:

1. Reporting words are found by their points (``cues``); what stands in quotation marks is not read.
2. The source is the subject of the reporting verb. It stands before the verb (over auxiliaries and
   asides), after it where the order is turned (``"…," said the officer``), after *by* in the
   passive, after *according to*. A participle or a second verb takes the subject of the first.
3. The content is what follows the verb up to the end of its clause; or, where the verb closes the
   sentence, what stands before the source. Quotations are taken whole, over several sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from earwitness.dossier.contents import Reporting, content_of
from earwitness.dossier.cues import Cue, find_cues
from earwitness.dossier.phrases import aside_end, phrase_end
from earwitness.dossier.subjects import Range, first_subject, phrase_before, verb_start
from earwitness.dossier.tokens import Sentence, Span, Text
from earwitness.dossier.words import MARKS_OF_QUOTATION, word_set


class Form(StrEnum):
    """How the content is given: in quotation marks, in the paper's words, or in both."""

    DIRECT = "direct"
    INDIRECT = "indirect"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Attribution:
    """An attribution: spans of its source (if any), cue and content, and the cue that gave it."""

    source: Span | None
    cue: Span
    content: tuple[Span, ...]
    form: Form
    word: Cue
    sentence: int


def find_attributions(text: Text) -> list[Attribution]:
    """Find who is said to say what in a text, in the order of the reporting words.

    Source: the classes (direct, indirect, mixed) and parts (source, cue, content) are those of
    Pareti, *PARC 3.0* (2016) and Newell et al., *An Attribution Relations Corpus for Political
    News* (2018).
    """
    by_sentence: dict[int, list[Cue]] = {}
    cues = find_cues(text)
    number = 0
    for cue in cues:
        while cue.token >= text.sentences[number].last:
            number += 1
        by_sentence.setdefault(number, []).append(cue)
    found: list[Attribution] = []
    for number, here in by_sentence.items():
        found += _in_sentence(text, number, here)
    return found


def _in_sentence(text: Text, number: int, cues: Sequence[Cue]) -> list[Attribution]:
    sentence = text.sentences[number]
    reports: list[Reporting] = []
    for cue in cues:
        source = _without_dateline(text, sentence, _source(text, sentence, cue, reports))
        reports.append(Reporting(cue, source, verb_start(text, sentence, cue.token)))
    found = []
    for place, report in enumerate(reports):
        content = content_of(text, number, reports, place)
        source = report.source
        found.append(
            Attribution(
                source=text.span(*source) if source else None,
                cue=text.span(report.cue.token, report.cue.token + 1),
                content=content,
                form=_form(text, content),
                word=report.cue,
                sentence=number,
            )
        )
    return found


def _without_dateline(text: Text, sentence: Sentence, source: Range | None) -> Range | None:
    """ "TIRANA — Two messages": the place before the dash is no part of the sentence."""
    if source is None or not text.tokens[sentence.first].text.isupper():
        return source
    for place in range(source[0], min(source[0] + 8, source[1] - 1)):
        if text.tokens[place].text in ("—", "–"):
            return place + 1, source[1]
    return source


def _form(text: Text, content: Sequence[Span]) -> Form:
    quoted = total = 0
    for start, end in content:
        total += end - start
        for opened, closed in text.quotations:
            quoted += max(0, min(end, closed) - max(start, opened))
    if total and quoted >= 0.9 * total:
        return Form.DIRECT
    return Form.MIXED if quoted else Form.INDIRECT


def _source(text: Text, sentence: Sentence, cue: Cue, earlier: Sequence[Reporting]) -> Range | None:
    if cue.lemma == "accord":
        return _phrase_after(text, sentence, cue.token + 2)
    if cue.lemma in ("seem", "appear"):
        return None
    if cue.form == "d" and cue.before == "be":
        return _agent(text, sentence, cue)
    if _is_turned(text, sentence, cue):
        turned = _phrase_after(text, sentence, cue.token + 1)
        if turned:
            return turned
    before = verb_start(text, sentence, cue.token) - 1
    if before < sentence.first:
        return None
    word = text.tokens[before].lower
    if cue.form == "g" and word != "as" and cue.before not in ("be", "have"):
        return _subject_of_first(text, sentence, cue, earlier)
    if word == "as" and cue.form == "g" and before > sentence.first:
        return phrase_before(text, sentence, before - 1)  # "quoted a trader as saying"
    if word in ("and", "or", "but") or (
        word == "," and cue.form in "ds" and _is_chain(text, before)
    ):
        return _subject_of_first(text, sentence, cue, earlier)
    if word == "to":
        return _subject_of_first(text, sentence, cue, earlier)
    return phrase_before(text, sentence, before)


def _is_chain(text: Text, comma: int) -> bool:
    return text.tokens[comma - 1].lower in ("and", "but")


def _is_turned(text: Text, sentence: Sentence, cue: Cue) -> bool:
    """Whether the source follows the verb: after a quotation, or after a clause and a comma."""
    if cue.form not in "ds" or cue.after not in ("noun", "subject"):
        return False
    if cue.before == "quotation":
        return True
    if cue.before != "comma" or cue.lemma not in _TURNING:
        return False
    end = phrase_end(text, sentence, cue.token + 1)
    return end > cue.token + 1 and (
        end >= sentence.last or text.tokens[end].lower in ".,;" or not text.tokens[end].is_word
    )


_TURNING = word_set(
    "say add ask write note explain reply recall warn continue conclude report argue observe "
    "insist announce declare joke quip complain"
)


def _agent(text: Text, sentence: Sentence, cue: Cue) -> Range | None:
    for place in range(cue.token + 1, min(cue.token + 9, sentence.last - 1)):
        word = text.tokens[place].lower
        if word == "by":
            return _phrase_after(text, sentence, place + 1)
        if word in ",;:" or word in MARKS_OF_QUOTATION:
            break
    return None


def _phrase_after(text: Text, sentence: Sentence, first: int) -> Range | None:
    end = phrase_end(text, sentence, first)
    if end <= first:
        return None
    if end < sentence.last and text.tokens[end].text == ",":
        aside = aside_end(text, sentence, end)
        closes = aside >= sentence.last or text.tokens[aside].lower in ".,;"
        named = end + 1 < sentence.last and text.tokens[end + 1].is_capital
        if aside > end and closes and text.tokens[end - 1].is_capital:
            end = aside
        elif named and not text.tokens[end - 1].is_capital:
            end = max(end, phrase_end(text, sentence, end + 1))
    return first, end


def _subject_of_first(
    text: Text, sentence: Sentence, cue: Cue, earlier: Sequence[Reporting]
) -> Range | None:
    """The source of the nearest earlier reporting verb, or the subject with which a clause opens."""
    for report in reversed(earlier):
        if report.source and report.cue.lemma != "accord":
            return report.source
    return first_subject(text, sentence, cue.token)
