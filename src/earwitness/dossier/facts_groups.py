"""Groups: who leads them, who belongs to them, who came after whom, and what they became."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from earwitness.dossier.facts import (
    Fact,
    clause_around,
    is_human,
    main_group,
    matches,
    subject_at,
    surety_at,
)
from earwitness.dossier.mentions import NAME_PATTERN, MentionKind, bare_phrase, without_title
from earwitness.dossier.phrases import phrase_end
from earwitness.dossier.reading import Reading, person_before
from earwitness.dossier.statement import Property, Value
from earwitness.dossier.tokens import Span
from earwitness.dossier.words import DAYS, MONTHS

_GROUP = rf"(?:the |its |a )?(?:{NAME_PATTERN}(?: of (?:the )?{NAME_PATTERN})?|group|faction|movement|column|organi[sz]ation|foundation|\b[a-z]{{1,30}} sector|artillery|brigade(?: of the [a-z]{{1,30}} [a-z]{{1,30}})?)"
_LEAD_VERB = re.compile(
    rf"\b(?P<verb>led|leads|has led|had led|heads|headed|commands|commanded|took over|took command of|taken command of|became (?:the )?(?:commander|head|leader|chief) of|as (?:the )?(?:head|leader|commander|chief) of|took charge of|has run|runs|founded|has commanded|had commanded) (?P<group>{_GROUP})"
)
_LED_BY = re.compile(
    rf"(?P<group>{_GROUP}),? (?:which is |which was |that is )?(?:led|headed|commanded|run|founded) by (?:the [a-z]{{1,30}} )?(?P<name>{NAME_PATTERN})"
)
_ROLE_NAME = re.compile(
    rf"(?:(?P<owner>the group|the faction|the movement|its|{NAME_PATTERN})(?:['’]s)? )(?:(?P<previous>previous|former|late|first|slain) )?(?P<role>leader|founder|commander|emir|chief),? (?P<name>{NAME_PATTERN})"
)
_NAME_ROLE = re.compile(
    rf"(?P<name>{NAME_PATTERN}), (?:who is |then |now )?(?:the |a )?(?!deputy|vice)(?:[a-z]+ )?(?P<role>leader|founder|commander|head|chief|emir|chairman) of (?P<group>{_GROUP})"
)
_AS_LEADER = re.compile(
    rf"\b(?:him|her|(?P<whom>{NAME_PATTERN})) as (?:a |the |one of the )?(?!deputy|vice)(?:[a-z]+ )?(?:leaders?|commanders?|heads?|founders?|chiefs?) of (?P<group>{_GROUP}(?: [a-z]+)?)"
)
_IS_LEADER = re.compile(
    rf"\b(?P<verb>is|was|became|be|been) (?:a |the |one of the )?(?!deputy|vice)(?:[a-z]+ )?(?:leaders?|commanders?|heads?|founders?|chiefs?) of (?P<group>{_GROUP})"
)
_NAMED_LEADER = re.compile(
    rf"\b(?:new leader (?:was named as|is)|named (?P<who>him|her) as head of|named as (?:its )?(?:new )?leader) (?P<name>its [a-z]{{1,30}} [a-z]{{1,30}}|{NAME_PATTERN})"
)
_FOUNDED_BY = re.compile(
    rf"\b(?P<group>It|(?:The|the) (?:[a-z]+ )?[a-z]+|(?:The |the )?{NAME_PATTERN}) was (?:founded|set up|established)\b[^.;]{{0,200}}?\bby (?:[a-z]+ )?(?P<name>{NAME_PATTERN})"
)
_MEMBER = re.compile(
    rf"\b(?:joined|rejoined|belongs to|belonged to|fought (?:for|with)|(?:was|is|were|became|had been|has been|be)(?: \w+ly)? (?:a |an |among the )?(?:\w+ )?members? of|(?:was|were) never (?:one of|an? \w+ of)) (?P<group>the army|its [a-z]{{1,30}}|{_GROUP}(?:\snetwork)?)"
)
_SUCCEEDED = re.compile(
    rf"\b(?P<verb>succeeded|replaced|took over from) (?:(?:his|her|its|their|the) [a-z-]+(?: [a-z-]+){{0,3}},? |the late |the )?(?P<name>(?!as\b){NAME_PATTERN})"
)
_SUCCEEDED_BY = re.compile(
    rf"\b(?:(?:was|were|been) )?(?P<verb>succeeded|replaced) (?:as (?:the )?(?:[a-z]+ )?(?:head|leader|commander|chief|emir|chairman)(?: of (?P<group>(?:the )?{NAME_PATTERN}))? )?by (?:(?:his|her|its) [a-z-]+(?: [a-z-]+){{0,2}},? )?(?P<name>{NAME_PATTERN})"
)
_BECAME = re.compile(
    rf"\b(?P<verb>(?:was|were) (?:\w+ly |later |then |since |soon )?renamed|(?:has|have|had) (?:\w+ |since )?been renamed|(?:later |then |since |soon )?renamed itself|changed its name to|took the name(?: of)?|later became(?: part of)?|merged (?:into|with)|became part of) (?P<group>(?:the )?{NAME_PATTERN}(?: of (?:the )?{NAME_PATTERN})?)"
)
_BECAME_GROUP = re.compile(
    rf"\b(?P<verb>became) (?P<group>(?:the )?{NAME_PATTERN})(?= in \d{{4}}\b|,|\.)(?: in \d{{4}} and (?P<then>(?:the )?{NAME_PATTERN}) in \d{{4}})?"
)
_PLAIN_ARMY = frozenset(("the army", "army"))


def group_facts(reading: Reading) -> Iterator[Fact]:
    """Draft what a text says of leaders, members, successors and changed names."""
    yield from _leaders(reading)
    for found in matches(reading, _MEMBER):
        subject = subject_at(reading, _verb_of(found))
        if not _can_join(reading, found, subject):
            continue
        group = _group_name(reading, found.start("group"), found["group"])
        if subject and group and found["group"] not in _PLAIN_ARMY:
            yield _fact(reading, subject, Property.MEMBER_OF, group, found.span())
    for found in matches(reading, _SUCCEEDED):
        subject = subject_at(reading, found.start("verb"))
        if subject:
            yield _fact(reading, subject, Property.SUCCEEDED, _person(reading, found), found.span())
    for found in matches(reading, _SUCCEEDED_BY):
        before = subject_at(reading, found.start("verb"))
        if not before or not is_human(reading, before):
            continue
        new = _person(reading, found)
        yield _fact(reading, new, Property.SUCCEEDED, before, found.span())
        if found["group"]:
            yield _fact(reading, new, Property.LEADER_OF, found["group"], found.span())
    for found in matches(reading, _BECAME_GROUP):
        yield from _became(reading, found)
    for found in matches(reading, _BECAME):
        old = _renamed(reading, found)
        if old and not found["group"].endswith(("'s", "’s")):
            yield _fact(reading, old, Property.BECAME, found["group"], found.span())


def _can_join(reading: Reading, found: re.Match[str], subject: str) -> bool:
    """Persons join groups; "was joined Monday" and "joined Democrats in" are something else."""
    before = reading.text.text[max(0, found.start() - 6) : found.start()]
    if re.search(r"\b(?:was|were|is|are|be)\s$", before) and "join" in found.group():
        return False
    first = found["group"].removeprefix("the ").split()[0].lower()
    after = reading.text.text[found.end() : found.end() + 2]
    is_owner = after[:2] in ("'s", "’s") or found["group"].endswith(("'s", "’s"))
    return first not in DAYS | MONTHS and not is_owner and is_human(reading, subject)


def _became(reading: Reading, found: re.Match[str]) -> Iterator[Fact]:
    """ "It became the Patriotic Front in 2008 and National Dignity in 2015": of groups only."""
    old = _renamed(reading, found)
    if not old or is_human(reading, old):
        return
    yield _fact(reading, old, Property.BECAME, found["group"], found.span())
    if found["then"]:
        yield _fact(reading, old, Property.BECAME, found["then"], found.span())


def _fact(reading: Reading, subject: str, prop: Property, value: str, at: Span) -> Fact:
    span = clause_around(reading, at[0])
    surety = surety_at(reading, span, (at[0], at[0] + 12))
    return Fact(subject, prop, Value(bare_phrase(value)), span, surety)


def _verb_of(found: re.Match[str]) -> int:
    return found.start() + len(found.group()) - len(found.group().lstrip())


def _leaders(reading: Reading) -> Iterator[Fact]:
    for found in matches(reading, _LEAD_VERB):
        start = found.start("verb")
        subject = subject_at(reading, start)
        lead = reading.text.text[max(0, start - 24) : start]
        if found["verb"].startswith("as ") and _WHOM.search(lead):
            continue  # "names him as head of", "was succeeded as head of": below
        if found["verb"].startswith("as "):
            subject = subject_at(reading, _main_verb(reading, start))
        group = _group_name(reading, found.start("group"), found["group"])
        if subject and group and (found["verb"] != "leads" or _is_body(reading, found, group)):
            yield _fact(reading, subject, Property.LEADER_OF, group, found.span())
    for found in matches(reading, _AS_LEADER):
        whom = found["whom"]
        if _TAKES_OVER.search(reading.text.text[max(0, found.start() - 12) : found.start()]):
            continue  # "succeeded him as head of": whoever succeeded leads
        start = found.start("whom") if whom else found.start()
        subject = _full_name(reading, start, whom) if whom else _meant(reading, found)
        group = _group_name(reading, found.start("group"), found["group"])
        if subject and group:
            fact = _fact(reading, subject, Property.LEADER_OF, group, found.span())
            by = _namer(reading, start)
            yield replace(fact, said_by=(by,)) if by and by != subject else fact
    for found in matches(reading, _IS_LEADER):
        subject = subject_at(reading, found.start("verb"))
        group = _group_name(reading, found.start("group"), found["group"])
        if subject and group:
            yield _fact(reading, subject, Property.LEADER_OF, group, found.span())
    for pattern in (_LED_BY, _NAME_ROLE):
        for found in matches(reading, pattern):
            group = _group_name(reading, found.start("group"), found["group"])
            if group:
                yield _fact(
                    reading, _person(reading, found), Property.LEADER_OF, group, found.span()
                )
    for found in matches(reading, _ROLE_NAME):
        yield from _role_and_name(reading, found)
    for pattern in (_NAMED_LEADER, _FOUNDED_BY):
        for found in matches(reading, pattern):
            group = _founded(reading, found)
            if group:
                yield _fact(
                    reading, _person(reading, found), Property.LEADER_OF, group, found.span()
                )


_TAKES_OVER = re.compile(r"\b(?:succeed|replac)\w+ $")
_WHOM = re.compile(r"\b(?:him|her|(?:was|were|been) (?:succeeded|replaced)) $")


def _namer(reading: Reading, start: int) -> str:
    """Who names somebody as leader: the subject of the verb right before, unless that reports."""
    token = reading.text.token_at(start) - 1
    if token < 0 or reading.speeches_over(start):
        return ""
    return subject_at(reading, reading.text.tokens[token].start)


def _meant(reading: Reading, found: re.Match[str]) -> str:
    sex = "f" if found.group().startswith("her") else "m"
    return person_before(reading.text, reading.mentions, found.start(), sex)


def _full_name(reading: Reading, start: int, name: str) -> str:
    for mention in reading.mentions.within(start, start + len(name)):
        if mention.kind is MentionKind.PERSON:
            return mention.name
    return ""


def _is_body(reading: Reading, found: re.Match[str], group: str) -> bool:
    """ "Leads the poll" is no leadership: the group is one by its name or its noun."""
    inside = reading.mentions.within(found.start("group"), found.end("group"))
    return any(one.kind is MentionKind.GROUP for one in inside) or bool(_BODIES.search(group))


_BODIES = re.compile(
    r"\b(?:group|faction|movement|column|organi[sz]ation|foundation|sector|artillery|brigade|front|party|army|militia|cell|network)\b"
)


def _founded(reading: Reading, found: re.Match[str]) -> str:
    """What was founded: the group that is named there, else the one of which the text speaks."""
    if "group" in found.groupdict():
        inside = reading.mentions.within(found.start("group"), found.end("group"))
        if inside and inside[0].kind is not MentionKind.PERSON:
            return inside[0].name
    return main_group(reading)


def _main_verb(reading: Reading, place: int) -> int:
    """The verb of the clause before "as head of": "Dadaev succeeded Gireev as head of …"."""
    span = clause_around(reading, place)
    found = list(
        re.finditer(
            r"\b(?:succeeded|replaced|named|names|appointed|served|worked)\b",
            reading.text.text[span[0] : place],
        )
    )
    return span[0] + found[-1].start() if found else place


def _role_and_name(reading: Reading, found: re.Match[str]) -> Iterator[Fact]:
    owner = found["owner"]
    group = main_group(reading, found.start()) if owner[0].islower() else owner
    name = _person(reading, found)
    if not group or group == name:
        return
    yield _fact(reading, name, Property.LEADER_OF, group, found.span())
    if found["previous"] in ("previous", "late", "slain"):
        new = subject_at(reading, _after_verb(reading, found.start()))
        if new and new != name:
            yield _fact(reading, new, Property.SUCCEEDED, name, found.span())


def _after_verb(reading: Reading, place: int) -> int:
    span = clause_around(reading, place)
    found = re.search(
        r"\b(?:took over|became|succeeded|replaced)\b", reading.text.text[span[0] : place]
    )
    return span[0] + found.start() if found else place


def _person(reading: Reading, found: re.Match[str]) -> str:
    for mention in reading.mentions.within(found.start("name"), found.end("name")):
        if mention.kind is MentionKind.PERSON:
            return mention.name
    return without_title(found["name"])


def _group_name(reading: Reading, start: int, wording: str) -> str:
    lower = wording.lower()
    if lower.removeprefix("the ") in ("group", "movement", "organisation", "organization"):
        return main_group(reading, start)
    mentions = reading.mentions.within(start, start + len(wording))
    if mentions and mentions[0].kind is MentionKind.PERSON and "of" not in lower:
        return ""
    called = _CALLED.match(reading.text.text, start)
    if called:
        return called["name"]
    sentence = reading.text.sentences[reading.sentence_at(start)]
    first = reading.text.token_at(start)
    end = phrase_end(reading.text, sentence, first)
    phrase = bare_phrase(reading.text.words(first, end)) if end > first else wording
    return phrase if phrase.startswith(wording) and len(phrase) < len(wording) + 30 else wording


_CALLED = re.compile(
    rf"(?:a|an|the) (?:[a-z-]+ ){{0,3}}[a-z]+ (?:called|named|known as|calling itself) (?P<name>(?:the )?{NAME_PATTERN})"
)


def _renamed(reading: Reading, found: re.Match[str]) -> str:
    start = found.start("verb")
    subject = subject_at(reading, start)
    if subject and subject.lower() not in ("it", "a small group", "small group"):
        return subject
    sentence = reading.text.sentences[reading.sentence_at(start)]
    begin = reading.text.tokens[sentence.first].start
    for mention in reversed(reading.mentions.within(begin, start)):
        if mention.kind is MentionKind.GROUP:
            return mention.name
    return ""
