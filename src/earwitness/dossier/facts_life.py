"""Births, deaths, detentions, releases from detention, and appearances of persons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from earwitness.dossier.facts import (
    Fact,
    clause_around,
    date_value,
    event_facts,
    is_human,
    matches,
    sentence_around,
    subject_at,
    surety_at,
)
from earwitness.dossier.hedges import Surety, least_sure
from earwitness.dossier.mentions import MentionKind
from earwitness.dossier.phrases import phrase_end
from earwitness.dossier.reading import (
    Reading,
    date_near,
    discussed,
    person_before,
    place_after,
    subject_name,
)
from earwitness.dossier.statement import UNKNOWN, Manner, Property, Value
from earwitness.dossier.words import AUXILIARIES, is_past_form

_BE = r"(?:was|were|is|are|be|been|being)"
_ADV = r"(?:(?:not|never|also|then|first|later|reportedly|allegedly|most likely|probably|himself|once|again|\w+ly)\s){0,3}"
_BORN = re.compile(
    r"(?<!-)\b[Bb]orn\b(?! as\b)(?=[^.;]{0,60}(?:\d{4}|\bin\b|\bon\b|\bnear\b|\bat\b))"
)
_BIRTH_AS = re.compile(
    r"(?P<verb>\b\w+) (?:(?:his|her|the) (?:year|date|place) of (?:his |her )?birth|(?:his|her) (?:birth|birth ?day|birthplace|year of birth)) (?:as|at|is|was)\b"
)
_FROM = re.compile(
    r"\b(?:is|was|be|comes|came|hails|hailed|originally) (?:originally )?from\b|\ba native of\b"
)
_DEATH_PASSIVE = re.compile(
    rf"\b{_BE}\s{_ADV}(?:reportedly |believed to (?:be|have been) |thought to have been )?"
    r"(?P<verb>killed|executed|assassinated|murdered|liquidated|poisoned|shot dead|shot|hanged|put to death|"
    r"beheaded|found dead|fatally (?:wounded|shot)|stabbed to death|beaten to death|drowned)\b"
)
_DEATH_ACTIVE = re.compile(
    r"\b(?P<verb>died|drowned|perished|(?:is|was|were|are|be|been) (?:already )?dead|(?:reported|presumed|declared|feared|believed|pronounced) dead|fell facing the enemy|lost (?:his|her) life|succumbed)\b(?! end| man)"
)
_KILLED = re.compile(
    r"\b(?:had|has|have)?\s?killed (?P<name>(?:the )?(?:[a-z]{2,4}-)?[A-Z][\w-]{1,40}(?: [A-Z][\w-]{1,40}){0,5})"
)
_DEATH_NOUN = re.compile(
    r"\b(?:(?P<whose>[Hh]is|[Hh]er|[Ii]ts leader's|its leader's|their leader's)(?: own)? death (?:on|in) |the death of (?P<name>its leader|"
    r"[A-Z][\w.-]+(?: [A-Z][\w.-]+){0,5})(?= on\b| in\b)|(?:announced|confirmed|reported) the death of (?P<named>its leader|[A-Z][\w.-]+(?: [A-Z][\w.-]+){0,5})"
    r"|(?P<own>[Hh]is|[Hh]er)(?: own)? death was (?:announced|reported|confirmed) by (?P<by>the [A-Z]?\w+ \w+))"
)
_ALIVE = re.compile(r"\b(?:is|was|are|were) (?:still )?alive\b")
_DETAINED = re.compile(
    rf"\b(?:{_BE}\s{_ADV})?(?P<verb>detained|arrested|captured|abducted|kidnapped|imprisoned|jailed|interned|"
    r"taken (?:prisoner|hostage|captive|into custody)|seized|incarcerated)\b(?! by a| on\b| upon\b)"
)
_IN_CUSTODY = re.compile(
    r"\b(?:has|have|had) been (?P<verb>in (?:custody|prison|jail|detention|captivity)|behind bars) (?:since|from)\b"
)
_SOMEBODY = r"(?:him|her|(?:Mr\. |Ms\. |Mrs\. |Dr\. |Col\. |Gen\. )?(?:[a-z]{2}-)?[A-Z][\w’-]+(?: (?:[a-z]{2}-)?[A-Z][\w’-]+){0,3})"
_TOOK = re.compile(
    rf"\b(?<!be )(?<!been )(?P<verb>detained|arrested|captured|abducted|kidnapped|jailed|imprisoned) (?P<who>{_SOMEBODY})"
)
_KILLED_MANY = re.compile(
    r"\b(?:had |has |have )?killed (?P<name>(?:at least |some )?(?:two|three|four|five|six|seven|eight|nine|ten|\d+) (?:[a-z]+ )?(?:[a-z]+s|people|men|women))\b"
)
_DECLARED = re.compile(rf"\b(?P<verb>declared|pronounced) (?P<who>{_SOMEBODY}) dead\b")
_LET_GO = re.compile(rf"\b(?P<verb>freed|released|let go of) (?P<who>{_SOMEBODY})(?=[^.;]{{0,60}})")
_HELD = re.compile(
    rf"\b{_BE}\s{_ADV}(?P<verb>held|taken|kept)\b(?! (?:back|out|off|up|over|on|place|part|down|away|aside|to account|responsible|accountable)\b)(?=[^.;]{{0,50}}\b(?:by|in|at|when|why|as a|below|captive|prisoner|hostage)\b)"
)
_HOLDING = re.compile(
    r"\bholding (?P<who>him|her|[A-Z][\w-]+(?: [A-Z][\w-]+)*)\b|\bunder house arrest\b"
)
_FREED = re.compile(
    r"\b(?P<verb>freed|set free|released|ransomed)\b(?=[^.;]{0,60})(?! by the group| an? | the (?!following|next|same|previous|year|month|week|day)| on a )"
)
_APPEARED = re.compile(
    r"\b(?P<verb>(?:was |were )?(?:last )?seen (?:in public|in a|alive)|last seen|last appeared|appeared (?:in an?|on|before|in public)|turned up|"
    r"surfaced|resurfaced|re-emerged|reappeared|was photographed|was filmed|(?:has|had) not been (?:seen|heard)(?: (?:in public|of|from|alive))* since|"
    r"made (?:a|his|her) (?:\w+ )?(?:public )?appearance)\b"
)
_RECORDING = re.compile(
    r"\b(?:recordings?|tapes?|videos?|audio|messages?|footage|clips?|statements?|broadcasts?|speech|calls?|article|"
    r"report|photographs?|letter|tanker|ship|vessel|boat|plane|aircraft|cars?|trucks?|town|village|city|weapons|documents?|it|results?|details|names?|website|voice|voices|edited)\b",
    re.IGNORECASE,
)


def life_facts(reading: Reading) -> Iterator[Fact]:
    """Draft what a text says of births, origins, deaths, detentions and appearances."""
    yield from _births(reading)
    yield from _deaths(reading)
    yield from _detentions(reading)
    yield from _appearances(reading)


def _births(reading: Reading) -> Iterator[Fact]:
    for found in matches(reading, _BORN):
        is_fronted = found.group() == "Born"
        subject = (_fronted if is_fronted else subject_at)(reading, found.start())
        if subject:
            yield from _born(reading, subject, found)
    for found in matches(reading, _BIRTH_AS):
        yield from _birth_as(reading, found)
    for found in matches(reading, _YEAR_ALONE):
        yield from _other_year(reading, found)
    for found in matches(reading, _FROM):
        place = place_after(reading, found.end() - 5, found.end() + 40)
        subject = subject_at(reading, found.start())
        is_person = any(
            one.name == subject and one.kind is MentionKind.PERSON for one in reading.mentions.all
        )
        if place and subject and is_person and place[1][0] <= found.end() + 6:
            span = clause_around(reading, found.start())
            surety = surety_at(reading, span, found.span())
            yield Fact(subject, Property.FROM_PLACE, Value(place[0]), span, surety)


_YEAR_ALONE = re.compile(
    r"\b(?P<verb>gives?|gave|has|have|says?|puts?) (?:the year as |it as |it at )?(?P<year>1[89]\d\d|20\d\d)(?=[.,;])"
)


def _other_year(reading: Reading, found: re.Match[str]) -> Iterator[Fact]:
    """ "… was born in 1959. Encyclopedias give 1958": another year for the birth just told."""
    lead = reading.text.text[max(0, found.start() - 250) : found.start()]
    by = subject_at(reading, found.start("verb"))
    year = next((one for one in reading.dates if one.span[0] == found.start("year")), None)
    if "born" not in lead or not by or year is None:
        return
    span = clause_around(reading, found.start())
    surety = surety_at(reading, span, found.span())
    subject = person_before(reading.text, reading.mentions, found.start(), "")
    if subject:
        yield Fact(subject, Property.BORN_ON, date_value(reading, year), span, surety, (by,))


def _fronted(reading: Reading, place: int) -> str:
    """ "Born in 1979 in Shkoder, Luma studied": the subject stands behind the last such comma."""
    sentence = sentence_around(reading, place)
    text = reading.text
    for token in range(text.token_at(place), sentence.last - 1):
        if text.tokens[token].text != ",":
            continue
        end = phrase_end(text, sentence, token + 1)
        follower = text.tokens[end].lower if end < sentence.last else ""
        if end > token + 1 and (is_past_form(follower) or follower in AUXILIARIES):
            return subject_name(reading, (token + 1, end))
    return ""


def _birth_as(reading: Reading, found: re.Match[str]) -> Iterator[Fact]:
    """ "Court documents give his date of birth as 3 March 1968": they say so."""
    span = clause_around(reading, found.start())
    when = date_near(reading, found.end() - 1, *span)
    sex = {"his": "m", "her": "f"}.get(found.group().split()[1].lower(), "")
    subject = discussed(reading, found.start(), sex) if sex else reading.mentions.topic
    by = subject_at(reading, found.start("verb"))
    surety = surety_at(reading, span, found.span())
    said_by = (by,) if by and by != subject else ()
    if when and subject:
        value = date_value(reading, when)
        yield Fact(subject, Property.BORN_ON, value, span, surety, said_by)
        if said_by:
            start = found.end("verb") + 1
            content = Value(reading.text.text[start : max(when.span[1], start + 1)])
            yield Fact(by, Property.SAID, content, span, surety)
    elif subject:
        place = _NAMED_PLACE.match(reading.text.text, found.end())
        if place and "place" in found.group():
            yield Fact(subject, Property.BORN_IN, Value(place["name"]), span, surety, said_by)


_NAMED_PLACE = re.compile(r" (?P<name>[A-Z][\w’-]+(?: [A-Z][\w’-]+)*)")


def _born(reading: Reading, subject: str, found: re.Match[str]) -> Iterator[Fact]:
    span = clause_around(reading, found.start())
    yield from event_facts(reading, subject, found.span(), Property.BORN_ON, Property.BORN_IN, span)
    either = re.compile(r"either (?:in )?\d{4} or (?:in )?(\d{4})").search(
        reading.text.text, found.end(), span[1]
    )
    if either:
        for one in reading.dates:
            if one.span[0] == either.start(1):
                surety = surety_at(reading, span, found.span())
                yield Fact(subject, Property.BORN_ON, date_value(reading, one), span, surety)


def _deaths(reading: Reading) -> Iterator[Fact]:
    on, where = Property.DIED_ON, Property.DIED_IN
    for pattern in (_DEATH_PASSIVE, _DEATH_ACTIVE):
        for found in matches(reading, pattern):
            subject = subject_at(reading, found.start("verb"))
            if subject and is_human(reading, subject):
                for fact in event_facts(reading, subject, found.span("verb"), on, where):
                    yield _as_reported(fact, found["verb"])
    for found in matches(reading, _KILLED):
        name = _full_name(reading, found.start("name"), found["name"])
        if name:
            yield from event_facts(reading, name, found.span(), on, where)
    for found in matches(reading, _KILLED_MANY):
        if is_human(reading, found["name"]):
            yield from event_facts(reading, found["name"], found.span(), on, where)
    for found in matches(reading, _DECLARED):
        name = _somebody(reading, found)
        by = subject_at(reading, found.start("verb"))
        if name:
            span = clause_around(reading, found.start())
            surety = surety_at(reading, span, found.span())
            yield Fact(name, on, Value(UNKNOWN), span, surety, (by,) if by else ())
    for found in matches(reading, _DEATH_NOUN):
        yield from _death_by_noun(reading, found)
    for found in matches(reading, _ALIVE):
        subject = subject_at(reading, found.start())
        if subject and not re.search(
            r"\bin the middle of\b|\bin \d", reading.text.text[found.end() : found.end() + 20]
        ):
            span = clause_around(reading, found.start())
            yield Fact(subject, on, Value(UNKNOWN), span, Surety(Manner.DENIED, found.group()))


def _as_reported(fact: Fact, verb: str) -> Fact:
    """ "Was reported dead" is less than "died"."""
    doubted = re.match(r"reported|presumed|feared|believed", verb)
    if not doubted:
        return fact
    return replace(fact, surety=least_sure(fact.surety, Surety(Manner.HEDGED, doubted.group())))


def _death_by_noun(reading: Reading, found: re.Match[str]) -> Iterator[Fact]:
    name = found["name"] or found["named"] or ""
    if not name or name.islower():
        whose = (found["whose"] or found["own"] or "").lower()
        sex = {"his": "m", "her": "f"}.get(whose, "")
        name = person_before(reading.text, reading.mentions, found.start(), sex) if sex else name
    else:
        name = _full_name(reading, found.start("name" if found["name"] else "named"), name) or name
    if name:
        span = clause_around(reading, found.start())
        when = date_near(reading, found.end() - 3, found.start(), span[1])
        if found["named"] or found["own"]:
            when = None
        surety = surety_at(reading, span, found.span())
        by = (found["by"],) if found["by"] else ()
        if found["named"]:
            by = (subject_at(reading, found.start()),)
        yield Fact(name.strip(), Property.DIED_ON, date_value(reading, when), span, surety, by)


def _full_name(reading: Reading, start: int, name: str) -> str:
    for mention in reading.mentions.within(start, start + len(name) + 1):
        if mention.kind is MentionKind.PERSON:
            return mention.name
    return ""


def _is_recording(subject: str) -> bool:
    return bool(_RECORDING.search(subject))


def _detentions(reading: Reading) -> Iterator[Fact]:
    on, where = Property.DETAINED_ON, Property.DETAINED_IN
    for pattern in (_DETAINED, _HELD):
        for found in matches(reading, pattern):
            subject = subject_at(reading, found.start("verb"))
            if subject and is_human(reading, subject) and _is_passive(reading, found):
                yield from event_facts(reading, subject, found.span("verb"), on, where)
    for found in matches(reading, _IN_CUSTODY):
        subject = subject_at(reading, found.start("verb"))
        if subject and not _is_recording(subject):
            span = clause_around(reading, found.start())
            when = date_near(reading, found.end(), found.end(), span[1])
            surety = surety_at(reading, span, found.span())
            if when and "since he" not in reading.text.text[found.start() : found.end() + 4]:
                yield Fact(subject, on, date_value(reading, when), span, surety)
    for pattern, prop, there in (
        (_TOOK, on, where),
        (_LET_GO, Property.FREED_ON, None),
    ):
        for found in matches(reading, pattern):
            subject = _somebody(reading, found)
            if subject:
                yield from event_facts(reading, subject, found.span(), prop, there)
    for found in matches(reading, _HOLDING):
        who = found["who"] or ""
        if found.group().startswith("under"):
            subject = subject_at(reading, found.start())
        elif who in ("him", "her"):
            sex = "m" if who == "him" else "f"
            subject = person_before(reading.text, reading.mentions, found.start(), sex)
        else:
            subject = _full_name(reading, found.start("who"), who)
        if subject:
            span = clause_around(reading, found.start())
            surety = surety_at(reading, span, found.span())
            yield Fact(subject, on, Value(UNKNOWN), span, surety)
    for found in matches(reading, _FREED):
        subject = subject_at(reading, found.start("verb"))
        if _TO_BE.search(reading.text.text[found.start() - 8 : found.start()]):
            continue  # "a film set to be released in May"
        if subject and is_human(reading, subject) and _is_passive(reading, found):
            yield from event_facts(reading, subject, found.span("verb"), Property.FREED_ON, None)


_TO_BE = re.compile(r"\bto be $")


def _somebody(reading: Reading, found: re.Match[str]) -> str:
    """Whom an active verb took or freed: a person by name, or the one "him" stands for."""
    who = found["who"]
    if who in ("him", "her"):
        sex = "m" if who == "him" else "f"
        return person_before(reading.text, reading.mentions, found.start(), sex)
    return _full_name(reading, found.start("who"), who)


def _is_passive(reading: Reading, found: re.Match[str]) -> bool:
    """Whether the verb is said of its subject: "was held", "joined … and was arrested", "who were freed"."""
    start = found.start("verb")
    span = clause_around(reading, start)
    before = reading.text.text[span[0] : start]
    after = reading.text.text[found.end("verb") : found.end("verb") + 12]
    if re.match(r"\s(?:the (?!follow|next|same|previous)|(?:a|an|his|her|its)\s)", after):
        return False
    return (
        bool(re.search(rf"\b{_BE}\b", before))
        or re.match(r"\s(?:in|on|near|at|by)\b", after) is not None
    )


def _appearances(reading: Reading) -> Iterator[Fact]:
    for found in matches(reading, _APPEARED):
        subject = subject_at(reading, found.start("verb"))
        if not subject or not is_human(reading, subject) or _is_recording(subject):
            continue
        if _ORDINAL.match(subject):
            continue  # "the second, which appeared on a website": the second recording
        span = clause_around(reading, found.start())
        when = date_near(reading, found.start(), *span)
        verb = (span[0], span[0]) if "since" in found["verb"] else found.span()
        surety = surety_at(reading, span, verb)  # "not seen since": seen then
        yield Fact(subject, Property.APPEARED_ON, date_value(reading, when), span, surety)
    for found in matches(reading, _FIRST_SINCE):
        span = clause_around(reading, found.start())
        when = date_near(reading, found.start(), found.start(), span[1])
        if when and reading.mentions.topic:
            surety = surety_at(reading, span, found.span())
            value = date_value(reading, when)
            yield Fact(reading.mentions.topic, Property.APPEARED_ON, value, span, surety)


_ORDINAL = re.compile(r"(?:the )?(?:first|second|third|fourth|last|other|one)$", re.IGNORECASE)
_FIRST_SINCE = re.compile(
    r"\b(?:first|last|latest|previous|most recent)(?: recorded| public| known)? (?:appearance|speech|recording|message|statement|video) since\b"
    r"|\bmost recent recorded speech\b"
)
