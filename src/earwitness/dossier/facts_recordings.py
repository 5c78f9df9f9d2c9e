"""Recordings: when they were released and by whom, whose voice is said to be on them, who verified."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from earwitness.dossier.facts import (
    Fact,
    clause_around,
    date_value,
    matches,
    sentence_around,
    subject_at,
    surety_at,
)
from earwitness.dossier.hedges import Surety, least_sure
from earwitness.dossier.mentions import NAME_PATTERN, MentionKind, bare_phrase
from earwitness.dossier.phrases import phrase_end
from earwitness.dossier.reading import Reading, date_near
from earwitness.dossier.statement import Manner, Property, Value, Verdict

_THING = r"(?:audio |video |radio |voice |telephone |\d+-(?:minute|second|hour)(?:-long)? )*(?:recordings?|tapes?|videos?|messages?|footage|clips?|audio|broadcasts?|(?<=audio )statement|(?<=video )statement|(?<=recorded )statement|call)"
_RELEASE = (
    r"(?:released|posted|published|broadcast|distributed|uploaded|aired|circulated|issued|leaked)"
)
_ACTIVE = re.compile(
    rf"\b(?P<verb>released|posted|published|broadcast|distributed|uploaded|aired|issued|circulated|leaked|put out) (?:(?:on|late|early) [A-Z]\w+(?: night| evening| morning)? )?(?:what (?:it|they|he|she) (?:called|said was|described as) )?(?:an?|the|its|his|her|another|two|three|several) (?P<thing>(?:[\w-]+\s){{0,3}}?{_THING})\b"
)
_PASSIVE = re.compile(
    rf"\b(?:was|were|been) (?:first |later |then |also |\w+ly )?(?P<verb>{_RELEASE}|shared|made public|put online|played|posted)\b(?! from)"
    rf"|(?:(?<=, )|(?<=recording )|(?<=video )|(?<=tape )|(?<=message ))(?:first |and )?(?P<reduced>{_RELEASE})\b(?= (?:on|in|by|last|online|this|late|early)\b)"
)
_SURFACED = re.compile(
    r"\b(?P<verb>appeared|surfaced|emerged|came out|went online|began to circulate|began circulating)\b(?! to\b)"
)
_SOMETHING = re.compile(
    rf"\b(?:{_THING}|statement)\b|\b(?:the first|the second|the last|it)$", re.IGNORECASE
)
_SAID_TO_BE = re.compile(
    r"\b(?:(?:(?:said|thought|believed|purported|purporting|alleged|reported|claimed|claiming)"
    r"(?:(?: was| were)? to (?:be|come|feature|show)| was| were)|purported|alleged) (?:from|of|by|that of)\s"
    r"|(?:attributed|ascribed) to )"
    rf"(?P<name>(?:(?:the|its|a) (?:[\w’']+\s){{0,3}}?(?:leader|mayor|commander|chief|founder|minister|general|man),? )?(?:{NAME_PATTERN})?)"
    rf"|\bsaid (?:was|were) from (?P<name2>[^.;]{{0,40}}?{NAME_PATTERN})"
)
_VOICE_OF = re.compile(
    rf"\bvoices?\b[^.;]{{0,45}}?\b(?:was|is|were|recogni[sz]ed as|identified as) (?:that of |of )?(?P<name>{NAME_PATTERN})(?:['’]s)?|\bvoice resembling (?P<his>his|her)|(?P<his2>\bvoice on a recording\b[^.]*\bwas (?:his|hers))\b"
)
_NOT_HIS = re.compile(
    rf"\b(?P<what>[Tt]he (?:voice|speaker|man|woman|person)(?: (?:on|in|heard on) (?:it|the \w+))?|[Ii]t|[Tt]hat) (?:was|is|were)(?: not|n['’]t) (?:(?:that of )?(?:his|hers|him|her|me|mine|he|she)\b|(?:that of )?(?P<name>{NAME_PATTERN}))"
)
_IS_REAL = re.compile(
    rf"\b(?P<what>the (?:voice|tape|recording|video|message|call)|it|{_THING}) (?:was|is|were|to be) (?:\w+ly )?(?P<real>genuine|authentic|real)\b"
)
_CALLED_FAKE = re.compile(
    rf"\b(?:call(?:s|ed)|described|dismissed|denounced|rejected) (?P<what>(?:the |that |this |both )?(?:[\w-]+ )?{_THING}|it|them) (?:as )?(?:[“\"])?(?:an? )?(?:\w+ )?(?P<fake>fakes?|forger(?:y|ies)|fabrications?|hoax(?:es)?|montages?|imitations?)\b"
)
_UNKNOWN_VOICE = re.compile(
    r"\b(?:(?:did|does|do) not|didn['’]t|doesn['’]t|could not|couldn['’]t) recogni[sz]e (?P<what>(?:the|his|her|that) voice|it)\b"
)
_MENTIONS = re.compile(
    r"\b(?P<verb>mention(?:s|ed)|refer(?:s|red) to|allude(?:s|d) to|speaks of|spoke of)\s(?=(?:the|a|an|its|his|her)\s)"
)
_SPEAKING = re.compile(rf"\b(?:speaker|voice|man|woman|{_THING})\b", re.IGNORECASE)
_NEXT_EVENT = re.compile(r",? and (?=(?:the|a|an|its|his|her)\s)")
_NO_CONFIRMATION = re.compile(
    r"\b(?:there (?:was|is|has been)|with) no (?:immediate |independent |official |other )*(?:confirmation|verification|corroboration)(?: of (?P<what>(?:the |its |his |her |that )?(?:[\w’'-]+\s?){1,4}))?"
)
_SELF = re.compile(
    rf"\b(?:man|woman|person|speaker|voice|speaker) (?:who )?(?:identifies|introduces|presents|calls) (?:himself|herself) as (?P<name>{NAME_PATTERN})"
)
_CHECK = r"(?:verify|verified|authenticate|authenticated|confirm|confirmed|corroborate|corroborated|establish|established|validate|validated)"
_COULD_NOT = re.compile(
    rf"\b(?P<neg>(?:cannot|can['’]?t|could not|couldn['’]t|(?:was|were|is|has|have|had)(?: not|n['’]t)(?: yet)?(?: been)? (?:able|possible) to|(?:was|were|is) (?:unable|not immediately possible|impossible|not possible) to|not (?:immediately )?possible to|unable to)) (?:be )?(?:independently |immediately |yet )*(?P<check>{_CHECK}|comment on (?=their authenticity|its authenticity))"
)
_HAS_NOT = re.compile(
    rf"\b(?P<neg>(?:has|have|had|did|does|would|will|is|was) (?:not|n['’]t|neither)(?: yet| so far| willing to)?|(?:declined|declines|refused|refuses) to|[Nn]either[^.;]{{0,60}}?(?:has|have|had)|hasn['’]t|haven['’]t|hadn['’]t|neither|never) (?:been )?(?:independently |yet |officially )*(?P<check>{_CHECK})(?: nor denied(?: that)?)?"
)
_NEITHER = re.compile(
    rf"\bNeither (?P<what>[a-z ]+?) could be (?:independently )?(?P<check>{_CHECK})"
)
_NEITHER_COULD = re.compile(
    rf"\b[Nn]either (?P<one>[^.;]{{2,80}}?) nor (?P<other>[^.;]{{2,80}}?) (?P<verb>could|was able to|were able to|would|has been able to|have been able to) (?:independently |immediately )*(?P<check>{_CHECK})"
)
_IT_IS = re.compile(
    rf"\b(?P<what>[Tt]hat|[Ii]t|[Tt]his)(?: is| was|['’]s) (?:certainly |definitely |really )?(?P<who>(?:him|her|his voice|her voice)\b|{NAME_PATTERN})"
)
_DID = re.compile(
    r"\b(?P<check>confirmed|authenticated|verified) (?P<what>(?:the |its |a |an |his |her )(?:[\w’'-]+\s?){1,5})"
    r"|\brecogni[sz]ed (?P<whose>his|her|the|[A-Z]\w+['’]s) (?P<voice>voice)"
    r"|\b(?:was|is) (?:certain|sure|positive) that (?P<certain>it) (?:was|is)\b"
)
_FAKE = re.compile(
    r"\b(?P<what>the (?:voice|tape|recording|video|message)|it) (?:was|is|were) (?:an? )?(?P<fake>fake|forgery|forged|fabricated|imitation|montage|fabrication|hoax|not me\b|not him\b)"
)
_DENIED_CHECK = re.compile(r"\bneither confirmed nor denied that (?P<what>[^.;]+)")


def recording_facts(reading: Reading) -> Iterator[Fact]:
    """Draft what a text says of recordings and of who could verify what."""
    yield from _releases(reading)
    yield from _speakers(reading)
    yield from _verifications(reading)
    yield from _mentioned(reading)


def _releases(reading: Reading) -> Iterator[Fact]:
    for found in matches(reading, _ACTIVE):
        subject = subject_at(reading, found.start("verb"))
        yield from _release(reading, found, found["thing"], subject)
    for found in matches(reading, _PASSIVE):
        thing = subject_at(reading, found.start("verb") if found["verb"] else found.start())
        if _SOMETHING.search(thing) or _subject_is_it(reading, found):
            agent = _agent(reading, found.end())
            yield from _release(reading, found, thing or "recording", agent)
    for found in matches(reading, _SURFACED):
        thing = subject_at(reading, found.start())
        if _SOMETHING.search(thing):
            yield from _release(reading, found, thing, "")


def _subject_is_it(reading: Reading, found: re.Match[str]) -> bool:
    before = reading.text.text[max(0, found.start() - 4) : found.start()]
    return before.strip().lower() == "it" and found.groupdict().get("verb") in (
        "broadcast",
        "aired",
        "posted",
    )


def _agent(reading: Reading, place: int) -> str:
    text = reading.text.text
    by = re.compile(r"[^.;,]{0,45}?\bby ").match(text, place)
    if by is None or "carried" in by.group():
        return ""
    sentence = reading.text.sentences[reading.sentence_at(place)]
    first = reading.text.token_at(by.end())
    end = phrase_end(reading.text, sentence, first)
    if end <= first:
        return ""
    inside = [
        one
        for one in reading.mentions.within(by.end(), reading.text.tokens[end - 1].end + 40)
        if one.kind is not MentionKind.PLACE
    ]
    wording = bare_phrase(reading.text.words(first, end))
    if inside and (inside[0].start - by.end() <= 4 or ("media" in wording and inside)):
        return inside[0].text
    if wording.endswith("calling itself") or "calling itself" in text[by.end() : by.end() + 60]:
        return inside[0].text if inside else wording
    return wording


def _release(reading: Reading, found: re.Match[str], thing: str, by: str) -> Iterator[Fact]:
    at = found.span("verb") if found["verb"] else found.span()
    span = clause_around(reading, at[0])
    surety = surety_at(reading, span, at)
    when = date_near(reading, at[0], *span)
    if when:
        yield Fact(thing, Property.RELEASED_ON, date_value(reading, when), span, surety)
    if by:
        yield Fact(thing, Property.RELEASED_BY, Value(by), span, surety)


def _speakers(reading: Reading) -> Iterator[Fact]:
    for found in matches(reading, _SAID_TO_BE):
        name = found["name"] or found["name2"] or ""
        start = found.start("name") if found["name"] else found.start("name2")
        thing = _thing_before(reading, found.start())
        who = _who(reading, start, name)
        if thing and who:
            span = clause_around(reading, found.start())
            surety = least_sure(
                surety_at(reading, span, found.span()),
                Surety(Manner.HEDGED, found.group().split()[0]),
            )
            yield Fact(thing, Property.SPEAKER, Value(who), span, surety)
    for found in matches(reading, _VOICE_OF):
        yield from _voice(reading, found)
    for found in matches(reading, _SELF):
        span = clause_around(reading, found.start())
        surety = least_sure(
            surety_at(reading, span, found.span()), Surety(Manner.HEDGED, "identifies")
        )
        thing = _thing_before(reading, found.start()) or "recording"
        yield Fact(thing, Property.SPEAKER, Value(found["name"]), span, surety, ("man",))


def _voice(reading: Reading, found: re.Match[str]) -> Iterator[Fact]:
    span = clause_around(reading, found.start())
    surety = surety_at(reading, span, found.span())
    thing = _thing_before(reading, found.end()) or "recording"
    if found["name"]:
        who = _who(reading, found.start("name"), found["name"])
    else:
        who = _speaker_meant(reading, found.start())
        surety = least_sure(
            surety, Surety(Manner.HEDGED, "resembling" if found["his"] else "believed")
        )
    if who:
        yield Fact(thing, Property.SPEAKER, Value(who), span, surety)


def _speaker_meant(reading: Reading, place: int) -> str:
    """Whose "his" is: the first person of the sentence, else the person of whom the text speaks."""
    sentence = reading.text.sentences[reading.sentence_at(place)]
    for mention in reading.mentions.within(reading.text.tokens[sentence.first].start, place):
        if mention.kind is MentionKind.PERSON:
            return mention.name
    return reading.mentions.topic


def _thing_before(reading: Reading, place: int) -> str:
    """The recording that was named last before a place."""
    window = reading.text.text[max(reading.body, place - 400) : place]
    found = re.findall(rf"\b{_THING}\b", window)
    return found[-1] if found else ""


def _who(reading: Reading, start: int, name: str) -> str:
    for mention in reading.mentions.within(start, start + len(name)):
        if mention.kind is MentionKind.PERSON:
            return mention.name
    words = name.strip(" ,")
    return words if words and (words[0].isupper() or words.split()[-1].islower()) else ""


def _mentioned(reading: Reading) -> Iterator[Fact]:
    """ "The speaker mentions the sinking of the ferry, which struck a buoy on Sunday": with its day."""
    text = reading.text.text
    for found in matches(reading, _MENTIONS):
        subject = subject_at(reading, found.start("verb"))
        before = text[max(0, found.start() - 4) : found.start()].strip().lower()
        if not _SPEAKING.search(subject) and before.split()[-1:] not in (["it"], ["he"], ["she"]):
            continue
        last = sentence_around(reading, found.start()).last
        start, end = found.end(), reading.text.tokens[last - 1].start
        cuts = [start, *(cut.end() for cut in _NEXT_EVENT.finditer(text, start, end)), end]
        for place, (opened, closed) in enumerate(pairwise(cuts)):
            when = [one for one in reading.dates if opened <= one.span[0] < closed]
            if not when or (place and when[0].span[0] < opened):
                continue
            wording = re.sub(r",? and\s*$", "", text[opened:closed]).strip(" ,")
            interval = when[0].interval
            value = Value(wording, interval.earliest, interval.latest)
            surety = surety_at(reading, (opened, closed), (opened, opened))
            thing = _thing_before(reading, found.start()) or "recording"
            yield Fact(thing, Property.MENTIONS, value, (opened, closed), surety)


def _verifications(reading: Reading) -> Iterator[Fact]:
    for found in matches(reading, _COULD_NOT):
        yield from _failed(reading, found, Verdict.COULD_NOT_VERIFY)
    for found in matches(reading, _NEITHER):
        span = clause_around(reading, found.start())
        surety = Surety(Manner.UNCONFIRMED, f"could not {found['check']}")
        value = Value(Verdict.COULD_NOT_VERIFY)
        yield Fact(found["what"].strip(), Property.VERIFICATION, value, span, surety)
    for found in matches(reading, _NEITHER_COULD):
        span = clause_around(reading, found.start())
        surety = Surety(Manner.UNCONFIRMED, f"neither {found['verb']} {found['check']}")
        what = _object(reading, found.end()) or "it"
        both = (f"{found['one']} and {found['other']}",)
        value = Value(Verdict.COULD_NOT_VERIFY)
        yield Fact(what, Property.VERIFICATION, value, span, surety, both)
    for found in matches(reading, _IT_IS):
        if reading.text.quotation_around(found.start()) and _names_somebody(reading, found):
            yield from _judged(reading, found, Verdict.CONFIRMED)
    for found in matches(reading, _HAS_NOT):
        if found["neg"].lower() != "neither" or " nor " in found.group():
            yield from _failed(reading, found, Verdict.NOT_CONFIRMED)
    for found in matches(reading, _DID):
        yield from _confirmed(reading, found)
    for found in matches(reading, _NOT_HIS):
        yield from _judged(reading, found, Verdict.DENIED)
    for found in matches(reading, _IS_REAL):
        yield from _judged(reading, found, Verdict.CONFIRMED)
    for found in matches(reading, _CALLED_FAKE):
        span = clause_around(reading, found.start())
        by = subject_at(reading, found.start())
        surety = surety_at(reading, span, (found.start(), found.start()))
        value = Value(Verdict.DENIED)
        yield Fact(found["what"], Property.VERIFICATION, value, span, surety, (by,) if by else ())
    for found in matches(reading, _UNKNOWN_VOICE):
        span = clause_around(reading, found.start())
        surety = Surety(Manner.UNCONFIRMED, "not recognise")
        yield Fact(found["what"], Property.VERIFICATION, Value(Verdict.NOT_CONFIRMED), span, surety)
    for found in matches(reading, _NO_CONFIRMATION):
        span = clause_around(reading, found.start())
        surety = Surety(Manner.UNCONFIRMED, "no confirmation")
        what = bare_phrase(found["what"] or "it")
        yield Fact(what, Property.VERIFICATION, Value(Verdict.NOT_CONFIRMED), span, surety)
    for found in matches(reading, _FAKE):
        span = clause_around(reading, found.start())
        surety = surety_at(reading, span, (found.start(), found.start()))
        if not re.search(r"whether|could be", reading.text.text[span[0] : found.start()]):
            yield Fact(found["what"], Property.VERIFICATION, Value(Verdict.DENIED), span, surety)


def _names_somebody(reading: Reading, found: re.Match[str]) -> bool:
    """ "That is him", "it is Daniel"; not "it is Monday"."""
    if found["who"][0].islower():
        return True
    inside = reading.mentions.within(found.start("who"), found.end("who"))
    return any(one.kind is MentionKind.PERSON for one in inside)


def _judged(reading: Reading, found: re.Match[str], verdict: Verdict) -> Iterator[Fact]:
    """What somebody says of the voice: theirs, not theirs, genuine; only within somebody's words."""
    span = clause_around(reading, found.start())
    if not reading.speeches_over(found.start()):
        return
    lead = reading.text.text[span[0] : found.start()]
    if re.search(r"\b(?:whether|if|could|would|might|may)\b", lead):
        return
    surety = surety_at(reading, span, (found.start(), found.start()))
    if verdict is Verdict.CONFIRMED and _negation(reading, found):
        verdict = Verdict.DENIED
    yield Fact(found["what"], Property.VERIFICATION, Value(verdict), span, surety)


def _negation(reading: Reading, found: re.Match[str]) -> bool:
    return bool(re.search(r"\bnot\b|n['’]t\b", found.group()))


def _failed(reading: Reading, found: re.Match[str], verdict: Verdict) -> Iterator[Fact]:
    span = clause_around(reading, found.start())
    surety = Surety(Manner.UNCONFIRMED, f"{found['neg']} {found['check']}")
    passive = re.search(r"\bbe\b|\bbeen\b", found.group()) and not re.search(
        r"able|possible", found.group()
    )
    checker = subject_at(reading, found.start("check"))
    if passive or re.search(r"\bpossible\b", found.group()):
        what = checker or _object(reading, found.end())
        yield Fact(what or "it", Property.VERIFICATION, Value(verdict), span, surety)
        return
    what = _object(reading, found.end())
    by = _checkers(reading, found, checker)
    yield Fact(what or "it", Property.VERIFICATION, Value(verdict), span, surety, by)


def _checkers(reading: Reading, found: re.Match[str], checker: str) -> tuple[str, ...]:
    pair = re.compile(r"Neither ([^.;]+?) nor ([^.;]+?) (?:has|have|had)").search(
        reading.text.text, max(0, found.start() - 60), found.end()
    )
    if pair:
        return (f"{pair.group(1)} and {pair.group(2)}",)
    if checker.lower() in ("", "it", "they"):
        return ()
    return (checker,)


def _object(reading: Reading, place: int) -> str:
    sentence = reading.text.sentences[reading.sentence_at(place - 1)]
    first = reading.text.token_at(place)
    while first < sentence.last and reading.text.tokens[first].lower in (
        "that",
        "on",
        "nor",
        "denied",
        "deny",
    ):
        first += 1
    end = phrase_end(reading.text, sentence, first)
    if end <= first and reading.text.tokens[first - 1].lower == "that":
        return "that"  # "have not confirmed that."
    return bare_phrase(reading.text.words(first, end)) if end > first else ""


_CHECKED = re.compile(
    r"\b(?:voices?|tapes?|recordings?|videos?|messages?|audio|calls?|authenticity|identity|deaths?|claims?|accounts?|"
    r"reports?|footage|clips?|letters?|photographs?|genuine|it|killing|statement|that|this)\b"
)


def _confirmed(reading: Reading, found: re.Match[str]) -> Iterator[Fact]:
    span = clause_around(reading, found.start())
    lead = reading.text.text[max(span[0], found.start() - 60) : found.start()]
    if re.search(
        r"\b(?:not|n['’]t|neither|nor|never|unable|cannot|be|independently)\b", lead[-30:]
    ):
        return
    surety = surety_at(reading, span, (found.start(), found.start()))
    what = found["what"] or found["voice"] or found["certain"]
    checker = subject_at(reading, found.start())
    if found["what"] and not _CHECKED.search(found["what"]):
        return  # "confirmed that she had met him" is something said, not something examined
    words = reading.text.text[max(0, found.start() - 5) : found.start()].split()
    is_pronoun = bool(words) and words[-1].lower() in ("it", "they", "he", "she", "who")
    within = bool(reading.speeches_over(found.start()))
    by = (checker,) if checker and not (is_pronoun and within) else ()
    if found["certain"]:
        by = ()
    yield Fact(bare_phrase(what), Property.VERIFICATION, Value(Verdict.CONFIRMED), span, surety, by)
