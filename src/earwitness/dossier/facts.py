"""What facts have in common: the clause that a trigger stands in, and how sure it is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from earwitness.dossier.dates import DateFound
from earwitness.dossier.hedges import Surety, least_sure, surety_of_wording
from earwitness.dossier.mentions import PEOPLE, MentionKind
from earwitness.dossier.reading import Reading, date_near, place_after, subject_name
from earwitness.dossier.statement import UNKNOWN, Manner, Property, Value
from earwitness.dossier.subjects import subject_of
from earwitness.dossier.tokens import Sentence, Span
from earwitness.dossier.words import word_set

_BREAK = re.compile(
    r";|, (?:and|but|while|although|though|whereas|who|which|whose|where)\b|\bbut\b|\band who\b|, in what"
    r"|\band (?=(?:was |were )?(?:freed|released|arrested|joined|died|killed|buried)\b)"
    r"| — |, according to"
    r"|, (?=(?:is|was|were|are|has|have|had|said|says|denie[sd]|did|does)\b)"
)
_RELATIVE = re.compile(r", (?:who|which|whose|where)\b")
_CLOSED = re.compile(r", (?!\d|(?:and|or|on|in|at|near|from) )")
_NEGATED = re.compile(r"\b(?:not|never|no|nor|neither)\b|n['’]t\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as drafted: of whom, what, in which wording, and how sure that wording is.

    ``said_by`` is who says so inside the paper's own sentence, where the rule found it itself.
    """

    subject: str
    property: Property
    value: Value
    span: Span
    surety: Surety
    said_by: tuple[str, ...] = ()


def matches(reading: Reading, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """The places of a pattern in the body of a document."""
    return pattern.finditer(reading.text.text, reading.body)


def clause_around(reading: Reading, place: int) -> Span:
    """The clause around a character: its sentence, cut at semicolons, "but" and ", and"."""
    sentence = reading.text.sentences[reading.sentence_at(place)]
    start, end = reading.text.span(sentence.first, sentence.last)
    for found in _BREAK.finditer(reading.text.text, start, end):
        if found.end() <= place:
            start = found.start()
        elif found.start() >= place:
            end = found.start()
            break
    if _RELATIVE.match(reading.text.text, start):
        closed = _CLOSED.search(reading.text.text, place, end)
        end = closed.start() if closed else end  # "the second, which appeared on June 14, is"
    quotation = reading.text.quotation_around(place)
    if quotation:
        start, end = max(start, quotation[0]), min(end, quotation[1])
    else:
        start = _behind_quotations(reading, start, place)
    start, end = _clipped(reading, place, start, end)
    while start < place and reading.text.text[start] in ' ,;—“"':
        start += 1
    return start, end


def _behind_quotations(reading: Reading, start: int, place: int) -> int:
    """Where a clause begins that follows a quotation: "…," said the deputy leader of …"."""
    before = reading.text.quotations_within(start, place)
    across = reading.text.quotation_around(start)
    if across is not None and across[1] <= place:
        before = [across, *before]
    for _, closed in before:
        if reading.text.text[closed - 2 : closed - 1] == ",":
            start = max(start, closed)
    return start


def _clipped(reading: Reading, place: int, start: int, end: int) -> Span:
    """A clause does not run from what the paper says into what it attributes, nor back."""
    for speech in reading.speeches:
        for opened, closed in speech.attribution.content:
            if opened <= place < closed:
                start, end = max(start, opened), min(end, closed)
            elif place < opened < end and speech.attribution.source:
                end = min(end, max(place + 1, opened))
    return start, max(end, place + 1)


def sentence_around(reading: Reading, place: int) -> Sentence:
    """The sentence that a character lies in."""
    return reading.text.sentences[reading.sentence_at(place)]


def surety_at(reading: Reading, span: Span, verb: Span) -> Surety:
    """How sure a clause is: its hedges, and whether its verb is negated."""
    wording = reading.text.text[span[0] : span[1]]
    surety = surety_of_wording(wording)
    lead = reading.text.text[max(span[0], verb[0] - 25) : verb[1]]
    if _NEGATED.search(lead) and surety.manner is not Manner.UNCONFIRMED:
        surety = least_sure(surety, Surety(Manner.DENIED, "not"))
    return surety


def subject_at(reading: Reading, place: int) -> str:
    """The name of the subject of the verb that begins at a character; empty if none is found."""
    token = reading.text.token_at(place)
    if token >= len(reading.text.tokens):
        return ""
    phrase = subject_of(reading.text, _within_content(reading, place), token)
    return subject_name(reading, phrase) if phrase else ""


def _within_content(reading: Reading, place: int) -> Sentence:
    """The sentence of a place, from where the content begins in which it stands."""
    sentence = sentence_around(reading, place)
    first = sentence.first
    for speech in reading.speeches:
        for opened, closed in speech.attribution.content:
            if opened <= place < closed:
                first = max(first, reading.text.token_at(opened))
    if first >= reading.text.token_at(place):
        return sentence
    return Sentence(first, sentence.last, sentence.paragraph)


def date_value(reading: Reading, found: DateFound | None) -> Value:
    """A date as a value, or the value that says that it is not known."""
    if found is None:
        return Value(UNKNOWN)
    wording = reading.text.text[found.span[0] : found.span[1]]
    return Value(wording, found.interval.earliest, found.interval.latest)


def _opening_date(reading: Reading, place: int) -> DateFound | None:
    """The date with which a sentence opens, for the whole of it: "In 2009, officials said that …"."""
    start, end = reading.text.span(
        sentence_around(reading, place).first, sentence_around(reading, place).last
    )
    for found in reading.dates:
        if start <= found.span[0] <= start + 5 and found.span[1] < end:
            return found if reading.text.text[found.span[1]] == "," else None
    return None


def event_facts(
    reading: Reading,
    subject: str,
    verb: Span,
    on: Property,
    where: Property | None,
    span: Span | None = None,
) -> Iterable[Fact]:
    """The date and the place of an event, each as a fact; one without either if none is given."""
    span = span or clause_around(reading, verb[0])
    surety = surety_at(reading, span, verb)
    found = date_near(reading, verb[0], *span) or _opening_date(reading, verb[0])
    cut = _SUBORDINATE.search(reading.text.text, verb[1], span[1])
    place = place_after(reading, verb[1], cut.start() if cut else span[1]) if where else None
    if place and where:
        yield Fact(subject, where, Value(place[0]), span, surety)
    if found or not place:
        yield Fact(subject, on, date_value(reading, found), span, surety)


_SUBORDINATE = re.compile(r"\b(?:after|before|when|while|until|because|as) (?:he|she|they|it)\b")


_LONGEST_SUBJECT = 12  # words


def is_human(reading: Reading, subject: str) -> bool:
    """Whether a subject is a person or persons: by name, or by a noun for people."""
    if any(m.name == subject and m.kind is MentionKind.PERSON for m in reading.mentions.all):
        return True
    if len(subject.split()) > _LONGEST_SUBJECT:
        return False
    is_thing = any(m.text == subject for m in reading.mentions.all if m.kind is MentionKind.GROUP)
    head = re.split(r",| of | from | in | who | that ", subject, maxsplit=1)[0]
    known = subject[:1].isupper() and " " not in subject and not is_thing
    known = known and not subject.endswith("thing")
    return known or bool(PEOPLE.search(head))


def main_group(reading: Reading, before: int | None = None) -> str:
    """The group that "the group" means: the first that the text names, papers and offices aside."""
    outlet = set(reading.outlet.lower().split())
    for mention in reading.mentions.all:
        if mention.kind is not MentionKind.GROUP or mention.start < reading.body:
            continue
        words = set(mention.name.lower().split())
        if words & outlet or words & _NOT_THE_GROUP:
            continue
        if before is None or mention.start < before:
            return mention.name
    return ""


_NOT_THE_GROUP = word_set(
    "ministry committee university institute court agency news police office states government "
    "house station service council nations"
)
