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
from earwitness.dossier.phrases import phrase_start
from earwitness.dossier.reading import Reading, subject_name
from earwitness.dossier.statement import Manner, Property, Value
from earwitness.dossier.subjects import antecedent, first_subject
from earwitness.dossier.tokens import Sentence
from earwitness.dossier.words import AUXILIARIES, DETERMINERS

_NAME = (
    rf"(?:the\s)?(?:{NAME_PATTERN}(?:\s(?:of\s)?the\s{NAME_PATTERN})?|[“\"](?:[^”\"]{{2,60}})[”\"])"
)
_AFTER_NAME = re.compile(
    r"\b(?P<cue>(?:(?:also|better|best|more widely|formerly|previously|otherwise|variously|widely) (?:known|called)|(?:(?:is|was|were|are|been) |(?<=, ))(?:usually|once|sometimes|later|now|then|locally|simply|only) (?:known|called))(?: (?:only|simply|locally|to \w+ \w+|in \w+))?(?: (?:as|by))?"
    r"|known (?:only|simply|locally|mostly|widely|to (?:his|her|their|the) (?:\w+ )?\w+|among (?:his|her|the)? ?\w+|on (?:the )?\w+|in [A-Z]\w+) (?:as|by)"
    r"|(?:also )?(?:went|goes|going|go) by(?! the (?:road|book))|(?:using|used|uses|under) the (?:alias|pseudonym|pen name|nickname|war name)"
    r"|also (?:spelled|spelt|written|transliterated)(?: as)?|dubbed|a\.?k\.?a\.?|alias|(?:was|were|is|been|became) (?:once |until \d{4} |later )?known (?:until \w+(?: \d{4})? )?as|whose (?:real|birth|full|given|true|legal) name (?:is|was)"
    r"|(?:his|her) (?:real|birth|full|given|true|legal) name (?:is|was)|born as|also uses the names?|uses the names?"
    r"|(?:(?:is|are|was|were|been|being) (?:also |sometimes )?called|(?<=[a-z] )called)|under the (?:pen |stage |assumed )?name|addressed as"
    r"|nicknamed|known to (?:his|her) \w+ as|known by the nom de guerre)"
    rf"\s(?:the (?:nom de guerre|kunya|pen name|alias|call sign|names?)\s)?(?:of\s)?(?P<name>{_NAME})(?:,? (?:and|or) (?:has been called )?(?P<second>{_NAME}))?"
)
_CALLS_SELF = re.compile(
    rf"\b(?:calls|calling|called|styles|styled|introduces|introduced|presents|identifies|identifying|identified) (?:himself|herself|itself)(?: as)? (?P<name>{_NAME})(?:, or (?P<second>{_NAME}))?"
)
_CALL_HIM = re.compile(
    rf"\b(?:call(?:s|ed)?|nicknamed|dubbed) (?:him|her) (?P<name>{_NAME})(?:,? (?:and|or) (?P<second>{_NAME}))?"
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
    if by_self and re.search(r"identif|introduc|present", found.group()):
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
        if name and name.strip('“”"').lower() != subject.lower() and _is_name(name):
            yield Fact(subject, Property.ALIAS, Value(_clean(name)), span, surety, said_by)


def _is_name(text: str) -> bool:
    """ "Called "hand-to-hand combat"" gives no name: a name has a capital letter."""
    return any(word[:1].isupper() for word in text.strip('“”"').removeprefix("the ").split()[:3])


def _clean(name: str) -> str:
    return re.sub(r"['’]s$", "", name.strip('“”" ,.'))


def _bearer(reading: Reading, found: re.Match[str]) -> str:
    """Who is known so: the subject of the verb, or the name before the comma."""
    start = found.start()
    cue = found.group().split()[0].lower()
    if cue in ("whose", "his", "her"):
        return _person_meant(reading, start)
    if cue in ("under", "using", "used", "uses"):
        return _user(reading, start)
    named = _named_so(reading, found)
    if named is not None:
        return named
    subject = _before_comma(reading, start) or subject_at(reading, start)
    subject = _identified(reading, start, subject)
    if subject and subject[0].islower() and not subject.startswith(("the ", "a ", "its ")):
        subject = ""
    return subject or _person_meant(reading, start)


def _user(reading: Reading, start: int) -> str:
    """Who uses a name: the one whom "who" stands for, or the subject of the clause."""
    text = reading.text
    span = clause_around(reading, start)
    sentence = sentence_around(reading, start)
    for token in range(text.token_at(start) - 1, text.token_at(span[0]) - 1, -1):
        if text.tokens[token].lower == "who":
            phrase = antecedent(text, sentence, token)
            named = subject_name(reading, phrase) if phrase else ""
            return _identified(reading, text.tokens[token].start, named)
    first = max(sentence.first, text.token_at(span[0]))
    inner = Sentence(first, sentence.last, sentence.paragraph)
    phrase = first_subject(text, inner, text.token_at(start))
    return (subject_name(reading, phrase) if phrase else "") or _person_meant(reading, start)


def _named_so(reading: Reading, found: re.Match[str]) -> str | None:
    """ "A group called X" has no other name; "its administrator, a man known only as X" has one.

    None where the cue is no participle right behind a noun.
    """
    text, start = reading.text, found.start()
    token = text.token_at(start)
    sentence = sentence_around(reading, start)
    cue = found.group().split()[0].lower()
    if token <= sentence.first or cue not in ("called", "known", "dubbed", "nicknamed"):
        return None
    before = text.tokens[token - 1]
    if not before.is_word or before.lower in AUXILIARIES or before.is_capital:
        return "" if found.group().startswith("called") else None
    first = token - 1
    while first > max(sentence.first, token - 6) and text.tokens[first].is_word:
        if text.tokens[first].lower in DETERMINERS:
            break
        first -= 1
    if text.tokens[first].lower not in ("a", "an", "the", "one", "another"):
        return None if cue != "called" else ""  # "later called Haley weak" names nobody
    phrase = text.words(first, token)
    if text.tokens[first - 1].text == "," and first - 2 >= sentence.first:
        described = phrase_start(text, sentence, first - 2)
        if described <= first - 2:
            whose = subject_name(reading, (described, first - 1))
            return whose
    return "" if text.tokens[first].lower in ("a", "an") and cue == "called" else phrase


def _identified(reading: Reading, start: int, subject: str) -> str:
    """ "He is the man who is heard … under the name X": the subject of "is the man who"."""
    if not subject.lower().startswith("the "):
        return subject
    sentence = sentence_around(reading, start)
    begin = reading.text.tokens[sentence.first].start
    place = reading.text.text.rfind(subject, begin, start)
    if place < 0 or not re.search(r"\b(?:is|was)\s$", reading.text.text[begin:place]):
        return subject
    return subject_at(reading, place - 3) or subject


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
