"""Draft statements from a document, by rules, offline.

The argument, step by step:

1. The document is read once: names, dates, attributions, and who stands behind each pronoun.
2. Every attribution with a source and a content becomes a statement that the paper makes: that the
   source said so. Every fact that a rule finds becomes a statement of whoever says it there: the
   paper, or through the paper the innermost source whose words hold it.
3. The manner is the weakest of the chain: the wording's own hedges, and the reporting words over it.
4. A last check stands over all rules: a wording that holds a hedge, a denial or a failed check is
   never drafted as asserted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from earwitness.dossier.contents import SPEAKS
from earwitness.dossier.facts import Fact
from earwitness.dossier.facts_groups import group_facts
from earwitness.dossier.facts_life import life_facts
from earwitness.dossier.facts_names import name_facts
from earwitness.dossier.facts_recordings import recording_facts
from earwitness.dossier.hedges import (
    INFERRING,
    SURE,
    Surety,
    is_negated,
    least_sure,
    surety_of_wording,
)
from earwitness.dossier.mentions import PRONOUNS_OF_PERSONS
from earwitness.dossier.reading import Reading, Speech, chained, read_document
from earwitness.dossier.statement import Manner, Property, Statement, Value
from earwitness.dossier.tokens import Span
from earwitness.dossier.words import word_set

DRAFTED_BY = "rules_v1"
MAX_STATEMENTS = 5_000
_COMMENT = re.compile(
    r"(?:not )?to (?:comment|respond|answer|be (?:named|identified|quoted)|remain anonymous|give|publish"
    r"|discuss|elaborate|speak|talk|confirm|verify|authenticate)\b"
    r"|that (?:his|her|their) names? (?:not )?be\b"
)
CHECKING = frozenset(
    ["confirm", "verify", "authenticate", "corroborate", "establish", "recognize", "recognise"]
)
_SHORTEST_CONTENT = 2  # characters


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a document besides its text."""

    sha256: str
    published: date | None
    outlet: str


def draft(text: str, source: Source) -> list[Statement]:
    """Draft the statements of one document; every one is a draft until a person accepts it.

    Parameters
    ----------
    text : str
        The document's text; spans count in it.
    source : Source
        The document's hash, date and publisher.

    Returns
    -------
    list of Statement
        In the order of the text, without repeats, at most ``MAX_STATEMENTS``.
    """
    reading = read_document(text, source.published, source.outlet)
    found = [*_said(reading, source), *_facts(reading, source)]
    found.sort(key=lambda one: (one.start, one.end, one.property, one.value.text))
    unique: dict[tuple[object, ...], Statement] = {}
    for one in found:
        unique.setdefault((one.subject, one.property, one.value, one.said_by, one.start), one)
    return list(unique.values())[:MAX_STATEMENTS]


def _said(reading: Reading, source: Source) -> Iterator[Statement]:
    for speech in reading.speeches:
        attribution = speech.attribution
        if not speech.speaker or not attribution.content or not _is_report(reading, speech):
            continue
        wording = " ".join(reading.text.text[start:end] for start, end in attribution.content)
        if len(wording.strip()) < _SHORTEST_CONTENT:
            continue
        start = min([attribution.cue[0], *(part[0] for part in attribution.content)])
        end = max([attribution.cue[1], *(part[1] for part in attribution.content)])
        if attribution.source:
            start, end = min(start, attribution.source[0]), max(end, attribution.source[1])
        said_by, over = _chain_over(reading, speech)
        surety = least_sure(speech.surety, over)
        value = Value(wording)
        yield _statement(
            reading, source, speech.speaker, Property.SAID, value, said_by, surety, (start, end)
        )


def _is_report(reading: Reading, speech: Speech) -> bool:
    cue = speech.attribution.word
    if cue.lemma in CHECKING and cue.after not in ("that", "quotation", "question"):
        return False  # who could verify what is a statement of its own
    if cue.before == "to" and cue.lemma in SPEAKS:
        return False  # "declined to say": the first verb holds it
    if cue.form == "g" and cue.lemma in INFERRING:
        return False  # "suggesting that it was recorded recently" is nobody's
    if speech.speaker.lower().startswith(("no ", "neither ", "nobody", "no one")):
        return False
    if cue.lemma in ("decline", "refuse", "ask") and _COMMENT.match(_wording_of(reading, speech)):
        return False
    if cue.lemma == "call" and _wording_of(reading, speech).startswith(
        ("itself", "himself", "herself")
    ):
        return False
    lead = reading.text.text[
        reading.text.tokens[max(0, cue.token - 3)].start : speech.attribution.cue[0]
    ]
    if cue.lemma == "point" and cue.after == "to":
        return False
    if cue.lemma in _CHARGES and cue.form == "d" and cue.after in ("of", "with", "by", "for", "to"):
        return False  # "a preacher accused of": nobody is named who accuses
    if _source_of(reading, speech) in PRONOUNS_OF_PERSONS and any(
        other.speaker == speech.speaker
        for other in reading.speeches_over(speech.attribution.cue[0])
    ):
        return False  # "said she believed that": once
    if speech.speaker.lower() in _PRONOUNS and not _is_told(cue.lemma):
        return False  # "said that they were aware of it": the first verb holds it
    if cue.form == "b" and cue.before == "noun" and _is_noun(reading, cue.token):
        return False  # "in a written reply she said"
    if cue.before == "be" and _source_of(reading, speech) == "it":
        return False  # "it is unclear when": nobody's words
    if cue.lemma in ("speak", "talk", "disagree", "differ") and cue.after != "that":
        return False  # that they spoke is told, not what
    if is_negated(lead) and cue.after not in _SAYS_NOT and not _asks(reading, speech):
        return False
    if is_negated(lead) and cue.lemma in ("mention", "respond", "refer", "give"):
        return False
    return not (cue.before in ("determiner", "preposition") and cue.form in "bs")


_CHARGES = frozenset(
    [
        "attribute",
        "ascribe",
        "accuse",
        "charge",
        "suspect",
        "convict",
        "blame",
        "criticize",
        "criticise",
    ]
)
_PRONOUNS = frozenset(["they", "it", "we", "i", "you", "one"])


def _is_told(lemma: str) -> bool:
    return lemma in SPEAKS or lemma in ("describe", "call", "ask", "identify", "accuse", "cite")


_SAYS_NOT = frozenset(["that", "quotation", "subject", "noun", "end", "question"])


def _asks(reading: Reading, speech: Speech) -> bool:
    """ "Could not say by whom": a question word behind a preposition."""
    start, end = speech.attribution.content[0]
    return bool(re.match(r"\w+ (?:whom|what|which|whose)\b", reading.text.text[start:end]))


def _is_noun(reading: Reading, token: int) -> bool:
    """A base form after a singular is no verb, unless two subjects or a list come before."""
    before = reading.text.tokens[token - 1].lower
    singular = not before.endswith("s") and before not in _PLURALS
    lead = reading.text.words(max(0, token - 6), token).lower()
    return singular and " and " not in lead and "," not in lead


_PLURALS = word_set("people police men women children many some few both who that")


def _source_of(reading: Reading, speech: Speech) -> str:
    source = speech.attribution.source
    return reading.text.text[source[0] : source[1]].lower() if source else ""


def _wording_of(reading: Reading, speech: Speech) -> str:
    start, end = speech.attribution.content[0]
    return reading.text.text[start:end]


def _chain_over(reading: Reading, speech: Speech) -> tuple[tuple[str, ...], Surety]:
    """Who says that the speaker said it: the paper, and those whose words hold the whole report."""
    outer = [
        other
        for other in reading.speeches_over(speech.attribution.cue[0])
        if other is not speech and other.speaker
    ]
    return chained(reading.outlet, outer), least_sure(SURE, *(other.cue for other in outer))


def _facts(reading: Reading, source: Source) -> Iterator[Statement]:
    for rule in (life_facts, name_facts, recording_facts, group_facts):
        for fact in rule(reading):
            if _IF.match(reading.text.text, fact.span[0]):
                continue  # a condition is nobody's statement
            yield _of_fact(reading, source, fact)


_IF = re.compile(r"[\"“]?(?:and |but )?if\b", re.IGNORECASE)


def _of_fact(reading: Reading, source: Source, fact: Fact) -> Statement:
    middle = (fact.span[0] + fact.span[1]) // 2
    said_by, over = reading.chain(middle)
    said_by += tuple(name for name in fact.said_by if name and name not in said_by)
    surety = least_sure(fact.surety, over)
    return _statement(
        reading, source, fact.subject, fact.property, fact.value, said_by, surety, fact.span
    )


def _statement(
    reading: Reading,
    source: Source,
    subject: str,
    prop: Property,
    value: Value,
    said_by: tuple[str, ...],
    surety: Surety,
    span: Span,
) -> Statement:
    wording = reading.text.text[span[0] : span[1]]
    judged = wording if prop is not Property.SAID else value.text
    surety = least_sure(surety, surety_of_wording(judged))
    return Statement(
        subject=subject,
        property=prop,
        value=value,
        said_by=said_by,
        manner=surety.manner,
        hedge="" if surety.manner is Manner.ASSERTED else surety.words,
        asserted_from=source.published,
        asserted_to=source.published,
        document=source.sha256,
        start=span[0],
        end=span[1],
        wording=wording,
        drafted_by=DRAFTED_BY,
    )
