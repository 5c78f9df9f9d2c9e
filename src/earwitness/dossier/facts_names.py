"""By which other names somebody or something goes: aliases, pen names, call signs, former names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from earwitness.dossier.facts import (
    Fact,
    clause_around,
    main_group,
    matches,
    sentence_around,
    subject_at,
    surety_at,
)
from earwitness.dossier.hedges import Surety, least_sure
from earwitness.dossier.mentions import NAME_PATTERN, MentionKind
from earwitness.dossier.reading import Reading, subject_name
from earwitness.dossier.statement import Manner, Property, Value
from earwitness.dossier.subjects import antecedent

_NAME = (
    rf"(?:the\s)?(?:{NAME_PATTERN}(?:\s(?:of\s)?the\s{NAME_PATTERN})?|[“\"](?:[^”\"]{{2,60}})[”\"])"
)
_AFTER_NAME = re.compile(
    r"\b(?P<cue>(?:also|better|more widely|formerly|previously|otherwise|variously|widely) (?:known|called)(?: (?:as|by))?"
    r"|also went by|a\.?k\.?a\.?|alias|(?:was|were|is|been|became) (?:once |until \d{4} |later )?known (?:until \w+(?: \d{4})? )?as|whose (?:real|birth|full) name (?:is|was)"
    r"|(?:his|her) (?:real|birth|full) name (?:is|was)|born as|also uses the names?|uses the names?"
    r"|(?:is |are |been )?(?:also )?called|under the (?:pen |stage |assumed )?name|addressed as"
    r"|nicknamed|known to (?:his|her) \w+ as|known by the nom de guerre)"
    rf"\s(?:the (?:nom de guerre|kunya|pen name|alias|call sign|names?)\s)?(?:of\s)?(?P<name>{_NAME})(?:,? (?:and|or) (?:has been called )?(?P<second>{_NAME}))?"
)
_CALLS_SELF = re.compile(
    rf"\b(?:calls|calling|called|styles|identifies|identifying|identified) (?:himself|herself|itself)(?: as)? (?P<name>{_NAME})(?:, or (?P<second>{_NAME}))?"
)
_CALL_HIM = re.compile(
    rf"\bcalls? (?:him|her) (?P<name>{_NAME})(?:,? (?:and|or) (?P<second>{_NAME}))?"
)
_CALL_SIGN = re.compile(
    rf"(?P<name>{_NAME}) (?:is|was) the (?:call sign|code name|nom de guerre|alias|nickname) of (?P<whose>{NAME_PATTERN})"
)
_SAME_MAN = re.compile(rf"\b(?:he|she) is (?P<name>{NAME_PATTERN})(?=, an? |, the )")
_IN_BRACKETS = re.compile(
    rf"(?P<whose>{NAME_PATTERN}) \((?:also |aka |a\.k\.a\. )(?:known as )?(?P<name>{_NAME})\)"
)


def name_facts(reading: Reading) -> Iterator[Fact]:
    """Draft what a text says of other names."""
    for pattern in (_AFTER_NAME, _CALLS_SELF):
        for found in matches(reading, pattern):
            yield from _aliases(reading, found, _bearer(reading, found), pattern is _CALLS_SELF)
    for found in matches(reading, _CALL_HIM):
        speakers = (_wording_before(reading, found.start()),)
        yield from _aliases(reading, found, _person_meant(reading, found.start()), False, speakers)
    for pattern in (_CALL_SIGN, _IN_BRACKETS):
        for found in matches(reading, pattern):
            yield from _aliases(
                reading, found, _full(reading, found.start("whose"), found["whose"]), False
            )
    for found in matches(reading, _SAME_MAN):
        yield from _aliases(reading, found, _group_person(reading, found.start()), False)


def _aliases(
    reading: Reading,
    found: re.Match[str],
    subject: str,
    by_self: bool,
    said_by: tuple[str, ...] = (),
) -> Iterator[Fact]:
    if by_self and found.groupdict().get("second"):
        subject = _clean(found["name"])
        said_by = (subject,)
        by_self = False
    if not subject:
        return
    span = clause_around(reading, found.start())
    surety = surety_at(reading, span, found.span("name"))
    if by_self and "identif" in found.group():
        surety = least_sure(surety, Surety(Manner.HEDGED, found.group().split()[0]))
    if by_self:
        said_by = (subject,)
    by = re.compile(r"\sby ((?:[a-z]+\s){1,3}[a-z]+s|[A-Z]\w+(?: [A-Z]\w+)*)\b").match(
        reading.text.text, found.end()
    )
    if by:
        said_by = (by.group(1),)
    only_second = "has been called" in found.group()
    for group in ("name", "second"):
        name = found.groupdict().get(group)
        if only_second:
            said_by = (by.group(1),) if by and group == "second" else ()
        if name and name.strip('“”"').lower() != subject.lower():
            yield Fact(subject, Property.ALIAS, Value(_clean(name)), span, surety, said_by)


def _clean(name: str) -> str:
    return re.sub(r"['’]s$", "", name.strip('“”" ,.'))


def _bearer(reading: Reading, found: re.Match[str]) -> str:
    """Who is known so: the subject of the verb, or the name before the comma."""
    start = found.start()
    cue = found.group().split()[0].lower()
    if cue in ("whose", "his", "her"):
        return _person_meant(reading, start)
    subject = _before_comma(reading, start) or subject_at(reading, start)
    if subject and subject[0].islower() and not subject.startswith(("the ", "a ", "its ")):
        subject = ""
    return subject or _person_meant(reading, start)


def _before_comma(reading: Reading, start: int) -> str:
    """ "The group, formerly known as": who stands right before the comma."""
    token = reading.text.token_at(start)
    sentence = sentence_around(reading, start)
    if token <= sentence.first or reading.text.tokens[token - 1].text != ",":
        return ""
    phrase = antecedent(reading.text, sentence, token)
    if phrase is None:
        return ""
    wording = reading.text.words(*phrase)
    if wording.lower() in ("the group", "the movement", "the faction", "the organisation"):
        return main_group(reading, start)
    return subject_name(reading, phrase) if wording[0].isalpha() else ""


def _person_meant(reading: Reading, place: int) -> str:
    """The nearest name before in the same sentence, else the person of whom the text speaks."""
    sentence = reading.text.sentences[reading.sentence_at(place)]
    start = reading.text.tokens[sentence.first].start
    for mention in reversed(reading.mentions.within(start, place)):
        if mention.kind in (MentionKind.PERSON, MentionKind.GROUP):
            return mention.name
    return reading.mentions.topic


def _group_person(reading: Reading, place: int) -> str:
    """Whom "he" means when another name is given for him: the last person who was introduced."""
    for mention in reversed(reading.mentions.before(place)):
        if mention.kind is MentionKind.PERSON:
            return mention.name
    return ""


def _full(reading: Reading, start: int, name: str) -> str:
    for mention in reading.mentions.within(start, start + len(name)):
        return mention.name
    return name


def _wording_before(reading: Reading, place: int) -> str:
    subject = subject_at(reading, place)
    return subject or "unnamed"
