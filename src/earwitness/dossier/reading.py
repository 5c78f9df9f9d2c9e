"""One document read once: text, names, dates and attributions, and who stands behind each pronoun."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

from earwitness.dossier.attribution import Attribution, Form, find_attributions
from earwitness.dossier.contents import SPEAKS
from earwitness.dossier.dates import DateFound, find_dates
from earwitness.dossier.hedges import (
    Surety,
    is_negated,
    least_sure,
    surety_of_cue,
    surety_of_wording,
)
from earwitness.dossier.mentions import (
    PEOPLE,
    PRONOUNS_OF_PERSONS,
    MentionKind,
    Mentions,
    bare_phrase,
    find_mentions,
    name_of_phrase,
)
from earwitness.dossier.phrases import phrase_end
from earwitness.dossier.statement import Manner
from earwitness.dossier.subjects import Range, antecedent, first_subject
from earwitness.dossier.tokens import Sentence, Span, Text, read_text
from earwitness.dossier.words import DETERMINERS, word_set

# Reporting words whose content is not something said: acts, states, and bare attitudes.
NOT_REPORTS = word_set(
    "seem appear nominate vote sign pass appoint hire approve adopt vet elect release make take "
    "give go see look show find support back endorse oppose expect plan want need seek try decide "
    "prefer like favor use begin spend send file push order allow fight include focus aim "
    "consider know view mean read call identify name cast deem draw raise set lay put hear issue "
    "reach spark learn respond broadcast remove discuss follow remain commission offer monitor "
    "study attract circulate address publish post carry hold help lead keep turn meet play win "
    "provide question walk seize"
)
_UNNAMED_SOURCE = re.compile(
    r"^(?:other|some|several|mixed|unconfirmed|conflicting|earlier|previous)?\s*"
    r"(?:reports|accounts|rumou?rs|sources|media reports)\b|^(?:they|people|some)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Speech:
    """An attribution with its speaker by name, and how sure its reporting word and wording are."""

    attribution: Attribution
    speaker: str
    cue: Surety
    surety: Surety

    def covers(self, place: int) -> bool:
        """Whether a character lies in what is attributed."""
        return any(start <= place < end for start, end in self.attribution.content)

    @property
    def size(self) -> int:
        """Characters of content."""
        return sum(end - start for start, end in self.attribution.content)


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as the rules see it; ``body`` is the first character after the headline."""

    text: Text
    mentions: Mentions
    dates: tuple[DateFound, ...]
    speeches: tuple[Speech, ...]
    published: date | None
    outlet: str
    body: int
    source_spans: frozenset[Span]

    def sentence_at(self, character: int) -> int:
        """The number of the sentence that a character lies in."""
        token = max(0, bisect_right(self.text.starts, character) - 1)
        sentences = self.text.sentences
        return max(0, bisect_right(sentences, token, key=lambda one: one.first) - 1)

    def speeches_over(self, place: int) -> list[Speech]:
        """The attributions that cover a character, outermost first."""
        found = [speech for speech in self.speeches if speech.covers(place) and speech.speaker]
        return sorted(found, key=lambda speech: -speech.size)

    def chain(self, place: int) -> tuple[tuple[str, ...], Surety]:
        """Who says what stands at a place, the outlet first, and how sure the chain is."""
        over = self.speeches_over(place)
        covering = [speech.cue for speech in self.speeches if speech.covers(place)]
        return chained(self.outlet, over), least_sure(*covering)


def chained(outlet: str, over: list[Speech]) -> tuple[str, ...]:
    """The outlet and the speakers, outermost first, each once."""
    names = [outlet] if outlet else []
    for speech in over:
        if speech.speaker not in names:
            names.append(speech.speaker)
    return tuple(names)


def read_document(text: str, published: date | None, outlet: str) -> Reading:
    """Read a document: names, dates, attributions, and who stands behind each source.

    Parameters
    ----------
    text : str
    published : date or None
        The document's own date, from which relative dates count.
    outlet : str
        Who published it; the outermost in every chain. May be empty.
    """
    parsed = read_text(text)
    mentions = find_mentions(parsed)
    attributions = find_attributions(parsed)
    body = _after_headline(parsed)
    return Reading(
        text=parsed,
        mentions=mentions,
        dates=tuple(find_dates(parsed.text, published)),
        speeches=tuple(_speeches(parsed, mentions, attributions, body)),
        published=published,
        outlet=outlet,
        body=body,
        source_spans=frozenset(one.source for one in attributions if one.source),
    )


def _after_headline(text: Text) -> int:
    """Where the body begins: after a first line that does not end like a sentence."""
    first, _, rest = text.text.partition("\n")
    if rest and first.strip() and first.rstrip()[-1] not in '.!?"”:':
        return len(first) + 1
    return 0


def _speeches(
    text: Text, mentions: Mentions, attributions: list[Attribution], body: int
) -> list[Speech]:
    speeches: list[Speech] = []
    last: dict[str, str] = {}
    for one in attributions:
        if one.cue[0] < body or not _is_speech(text, one):
            continue
        speaker = _speaker(text, mentions, one, last)
        nested = any(s.covers(one.cue[0]) for s in speeches[-4:])
        if speaker and one.word.before != "be" and not nested:
            named = _is_person(mentions, speaker)
            if one.word.lemma in SPEAKS or named:
                last["any"] = speaker
            head = re.split(r",| of ", speaker, maxsplit=1)[0]
            human = named or (_HUMAN.search(head) and not _is_group(mentions, speaker))
            if (
                not human
                and not PEOPLE.search(head)
                and not _PLURAL.search(speaker)
                and speaker.lower() not in ("they", "it", "others", "some")
            ):
                last["thing"] = speaker
            if human:
                last["person"] = speaker
                last["place"] = str(one.cue[0])
            sex = mentions.sexes.get(speaker)
            if sex:
                last[sex] = speaker
        cue = _cue_surety(text, one, speaker)
        wording = " ".join(text.text[start:end] for start, end in one.content)
        speeches.append(Speech(one, speaker, cue, least_sure(cue, surety_of_wording(wording))))
    return speeches


def _is_speech(text: Text, one: Attribution) -> bool:
    """Not "a recording said to be of": a participle before "to be" reports nobody's words."""
    after = text.tokens[one.word.token + 1].lower if one.word.token + 1 < len(text.tokens) else ""
    if one.word.lemma in ("say", "think", "believe") and one.word.form == "d" and after == "to":
        return False
    if one.word.lemma in NOT_REPORTS and one.word.after != "that":
        wording = " ".join(text.text[start:end] for start, end in one.content)
        if wording.startswith("that ") and one.content[0][0] - one.cue[1] < _NEAR:
            return True  # "ordered on Monday that he be examined"
        named = one.form is Form.MIXED or _FALSE.search(wording) is not None
        return one.word.lemma == "call" and named  # called it "a fairy tale", a forgery
    inside = any(start <= one.cue[0] < end for start, end in one.content)
    return not inside and one.word.lemma != "reportedly"


_NEAR = 16  # characters between verb and "that", such as "on Wednesday"
_FALSE = re.compile(
    r"\b(?:an? )?(?:\w+ )?(?:fakes?|forger(?:y|ies)|fabrications?|lies?|hoax|montage|provocation|slander|farce)$"
)


def _cue_surety(text: Text, one: Attribution, speaker: str) -> Surety:
    opening = text.sentences[one.sentence].first
    start = text.tokens[max(opening, one.word.token - 4)].start
    lead = text.text[start : one.cue[1]].rsplit(",", 1)[-1]
    cue = text.text[one.cue[0] : one.cue[1]]
    surety = surety_of_cue(one.word.lemma, cue, is_negated(lead))
    if _UNNAMED_SOURCE.match(speaker):
        surety = least_sure(surety, Surety(Manner.HEDGED, speaker))
    return least_sure(
        surety, surety_of_wording(lead[: -len(cue)] if cue else lead), surety_of_wording(cue)
    )


def _speaker(text: Text, mentions: Mentions, one: Attribution, last: dict[str, str]) -> str:
    if one.source is None:
        return ""
    start, end = one.source
    wording = text.text[start:end]
    lower = wording.lower()
    first = text.token_at(start)
    if lower in ("who", "which", "that"):
        sentence = text.sentences[one.sentence]
        found = antecedent(text, sentence, first)
        if found is None:
            return ""
        return _described_by(text, mentions, found) or name_of_phrase(text, mentions, found)
    if lower in PRONOUNS_OF_PERSONS:
        return _pronoun(text, mentions, lower, start, last)
    if lower == "it":
        named = _subject_before(text, mentions, one) if one.word.before != "be" else ""
        if named:
            return named
        thing = last.get("thing") or last.get("any", "")
        if thing and not _is_person(mentions, thing):
            return thing
        return _opening_subject(text, mentions, one) or "it"
    named = name_of_phrase(text, mentions, (first, text.token_at(end)))
    if named.lower().startswith("according"):
        return ""
    return (
        ""
        if named.lower() in DETERMINERS or (not named[:1].isalnum() and named[:1] not in '"“')
        else named
    )


def _opening_subject(text: Text, mentions: Mentions, one: Attribution) -> str:
    phrase = first_subject(text, text.sentences[one.sentence], one.word.token)
    return name_of_phrase(text, mentions, phrase) if phrase else ""


def _subject_before(text: Text, mentions: Mentions, one: Attribution) -> str:
    """The thing with which a sentence before opened: "The voice is hoarse. … it says."."""
    paragraph = text.sentences[one.sentence].paragraph
    number = one.sentence - 1
    while number >= 0 and text.sentences[number].paragraph == paragraph:
        sentence = text.sentences[number]
        number -= 1
        if text.tokens[sentence.first].lower not in ("the", "a", "an", "its"):
            continue
        phrase = sentence.first, phrase_end(text, sentence, sentence.first)
        named = _named_behind(text, mentions, phrase[1]) or name_of_phrase(text, mentions, phrase)
        if not (_is_person(mentions, named) or PEOPLE.search(named) or _PLURAL.search(named)):
            return named
    return ""


def _named_behind(text: Text, mentions: Mentions, end: int) -> str:
    """ "The insurer, Baltic Mutual,": the group that is named in the aside."""
    if end + 1 >= len(text.tokens) or text.tokens[end].text != ",":
        return ""
    start = text.tokens[end + 1].start
    inside = mentions.within(start, start + 1)
    return inside[0].name if inside and inside[0].kind is MentionKind.GROUP else ""


def _pronoun(text: Text, mentions: Mentions, pronoun: str, place: int, last: dict[str, str]) -> str:
    """The speaker whom "he" or "she" means: the last one of that sex, else the last one."""
    sex = PRONOUNS_OF_PERSONS[pronoun]
    opener = _opener(text, mentions, place, sex, int(last.get("place", "0")))
    if opener:
        mentions.sexes.setdefault(opener, sex)
        return opener
    named = _named_since(text, mentions, place, sex, int(last.get("place", "0")))
    if named:
        return named
    speaker = last.get("person", "")
    if speaker and mentions.sexes.get(speaker, sex) == sex and not _is_group(mentions, speaker):
        mentions.sexes.setdefault(speaker, sex)
        return speaker
    if last.get(sex):
        return last[sex]
    return person_before(text, mentions, place, sex) or speaker


_PLURAL = re.compile(r"\b(?:people|police|men|women|[a-z]{3,}[^s]s)$")
_HUMAN = re.compile(
    r"\b(?:man|woman|person|speaker|caller|spokes(?:man|woman|person)|officials?|officer|resident|worker|engineer|"
    r"expert|lawyer|leader|minister|cousin|classmate|wife|husband|brother|sister|father|mother|son|"
    r"daughter|neighbour|neighbor|researcher|diplomat|analyst|soldier|reporter|journalist|editor|"
    r"colonel|general|doctor|professor|chief|survivor|commander|driver|witness|friend|student|"
    r"teacher|announcer|interpreter|prisoner|guard|poet|writer|actor|author|historian|judge|"
    r"prosecutor|mayor|governor|president|chairman|chairwoman|director|founder|head|one|other|"
    r"fourth|third|second|\w+ist|\w+ian)\b",
    re.IGNORECASE,
)


def _is_person(mentions: Mentions, name: str) -> bool:
    return any(one.name == name and one.kind is MentionKind.PERSON for one in mentions.all)


def _is_group(mentions: Mentions, name: str) -> bool:
    return any(one.name == name and one.kind is MentionKind.GROUP for one in mentions.all[:200])


def _opener(text: Text, mentions: Mentions, place: int, sex: str, since: int) -> str:
    """A person who opened a sentence of the same paragraph after the last speaker spoke."""
    start = max(since, text.text.rfind("\n", 0, place))
    for mention in reversed(mentions.within(start, place)):
        if mention.kind is not MentionKind.PERSON or mentions.sexes.get(mention.name, sex) != sex:
            continue
        token = text.token_at(mention.start)
        if text.quotation_around(mention.start):
            continue
        lead = re.split(r"[.!?”\"]\s", text.text[start : mention.start])[-1].strip()
        if re.fullmatch(r"(?:The|Its|His|Her|A|An|One|[A-Z]\w+['’]s) [\w ’'-]{2,50},", lead):
            return mention.name
        if (
            token == 0
            or text.tokens[token - 1].text in '.!?”"'
            or text.text[start : mention.start].strip() == ""
        ):
            return mention.name
    return ""


def _named_since(text: Text, mentions: Mentions, place: int, sex: str, since: int) -> str:
    """The only person of a paragraph in which nobody has spoken yet: "… sent it to Dr. Aalto. He …"."""
    start = text.text.rfind("\n", 0, place)
    if since >= start:
        return ""
    names = {
        one.name
        for one in mentions.within(start, place)
        if one.kind is MentionKind.PERSON and mentions.sexes.get(one.name, sex) == sex
    }
    return names.pop() if len(names) == 1 else ""


def person_before(text: Text, mentions: Mentions, place: int, sex: str) -> str:
    """The nearest person before a place whose sex is not known to be another."""
    for mention in reversed(mentions.before(place)[-30:]):
        if mention.kind is MentionKind.PERSON and mentions.sexes.get(mention.name, sex) == sex:
            return mention.name
    return ""


def subject_name(reading: Reading, phrase: Range) -> str:
    """Whom a subject means in a fact: a name, the person under discussion, or its wording."""
    text, mentions = reading.text, reading.mentions
    start, end = text.span(*phrase)
    lower = text.text[start:end].lower()
    if lower in PRONOUNS_OF_PERSONS:
        return discussed(reading, start, PRONOUNS_OF_PERSONS[lower])
    if lower == "i":
        over = reading.speeches_over(start)
        return over[-1].speaker if over else ""
    if lower in ("they", "we", "it", "you", "this", "that", "there"):
        return ""
    owner = re.match(r"(his|her)\s", lower)
    if owner and len(lower.split()) == 1:
        return discussed(reading, start, PRONOUNS_OF_PERSONS[owner.group(1)])
    described = _described_by(text, mentions, phrase)
    return described or name_of_phrase(text, mentions, phrase)


def _described_by(text: Text, mentions: Mentions, phrase: Range) -> str:
    """ "Aslan Gireev, the founder of the Front, who": the name to which a description is set."""
    first = phrase[0]
    tokens = text.tokens
    if first < 2 or tokens[first].lower not in ("a", "an", "the") or tokens[first - 1].text != ",":
        return ""
    end = tokens[first - 2].end
    for mention in mentions.before(end)[-1:]:
        if mention.end == end and mention.kind is not MentionKind.PLACE:
            return mention.name
    return ""


def discussed(reading: Reading, place: int, sex: str) -> str:
    """Of whom a text speaks: the nearest person who is not a speaker and opens a clause."""
    text, mentions = reading.text, reading.mentions
    speakers = {speech.speaker for speech in reading.speeches}
    here = reading.text.sentences[reading.sentence_at(place)]
    candidates = [
        mention
        for mention in mentions.before(place)[-40:]
        if mention.kind is MentionKind.PERSON
        and mention.start >= reading.body
        and not _ANOTHER_NAME.search(text.text, max(0, mention.start - 30), mention.start)
        and mentions.sexes.get(mention.name, sex) == sex
    ]
    candidates.reverse()
    paragraph = text.text.rfind("\n", 0, place)
    speaking = {speech.speaker for speech in reading.speeches_over(place)}
    near = {one.name for one in candidates if one.start > paragraph} - speaking
    if len(near) == 1:
        return near.pop()  # the only person of this paragraph
    over = {speech.speaker for speech in reading.speeches_over(place)}
    for strict in (True, False):
        for mention in candidates:
            if mention.name in over or (strict and mention.name in speakers - {mentions.topic}):
                continue
            if strict and not _opens_clause(text, here, mention.start):
                continue
            return mention.name
    return mentions.topic if mentions.sexes.get(mentions.topic, sex) == sex else ""


_ANOTHER_NAME = re.compile(
    r"\b(?<!only )(?<!simply )(?:known|born|addressed) (?:as|by) $|\b(?:name|alias|guerre|called|nicknamed|a\.?k\.?a\.?) $"
)


def _opens_clause(text: Text, here: Sentence, start: int) -> bool:
    """Whether a name stands where a subject stands: first in a sentence, or after "that"."""
    token = text.token_at(start)
    if token <= 1:
        return True
    before = text.tokens[token - 1].lower
    if before == "as" or before == ",":
        begin = text.text.rfind(". ", 0, start) + 2
        return bool(_SET_TO_SUBJECT.fullmatch(text.text[begin:start]))
    return before in (".", "!", "?", ";", "“", "”", '"', "that", "but", "while", "—")


# "Its administrator, a man known only as": what follows is a name for the sentence's subject.
_SET_TO_SUBJECT = re.compile(
    r"\s*(?:The|Its|His|Her|A|An|One|Their) [\w ’'-]{2,40},(?: an? (?:[\w-]+ ){1,4}(?:known|identified|named)(?: \w+)? as)? "
)


def place_after(reading: Reading, start: int, end: int) -> tuple[str, Span] | None:
    """The first place named after "in", "near", "at" within a span."""
    pattern = _PLACE.search(reading.text.text, start, end)
    if pattern is None:
        return None
    name = bare_phrase(re.sub(r"['’]s$", "", pattern["name"]))
    return name, (pattern.start("name"), pattern.start("name") + len(name))


_PLACE_NAME = r"(?:(?!(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Aug|Sept|Oct|Nov|Dec)\b)[A-Z][\w’'-]*\w)"
_PLACE = re.compile(
    r"\b(?:in|near|at|outside|from)\s(?:(?:the|a)\s(?:[a-z-]+\s){0,3}?(?:of\s)?)?(?:[a-z-]+\s(?:town|village|city|district|region)\sof\s)?"
    rf"(?P<name>{_PLACE_NAME}(?:\s(?:al-|(?:al|el|de|la|of)\s)?{_PLACE_NAME})*)"
)


def date_near(reading: Reading, verb: int, start: int, end: int) -> DateFound | None:
    """The date of a clause: the first one after the verb, else the last one before it."""
    inside = [one for one in reading.dates if start <= one.span[0] < end]
    after = [one for one in inside if one.span[0] > verb]
    if after:
        return after[0]
    return inside[-1] if inside else None
