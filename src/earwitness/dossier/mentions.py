"""Names in a text, and which name a pronoun, a surname or "the colonel" stands for.

Nothing here is a fact: a resolved name goes into a draft, beside its wording, for a person to judge.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from enum import StrEnum

from earwitness.dossier.subjects import Range
from earwitness.dossier.tokens import Text
from earwitness.dossier.words import ADVERBS, DAYS, MONTHS, PREPOSITIONS, SUBORDINATORS, word_set

_WORD = r"(?:(?:[A-Z][a-z]?|Gen|Col|Maj|Capt|Sgt|Prof|Mrs|Sen|Rep|Gov|Brig|Adm|Cmdr|Lieut|Pres|Rev|Hon)\.(?=\s[A-Z])|[A-Z][\w’'-]{0,40}\w|(?:al|el|ul|ad|as|ash|ar|at|an)-[A-Z]\w+)"
_PARTICLE = r"(?:bin|ibn|bint|abu|umm|de|da|di|van|von|der|den|la|al|el|ul|af)"
NAME_PATTERN = rf"{_WORD}(?: (?:{_PARTICLE} ){{0,2}}{_WORD}){{0,7}}"
_NAME = re.compile(NAME_PATTERN)
MAX_MENTIONS = 4_000  # of one document
_GROUP_WORDS = word_set(
    "ministry army group column committee council university service institute battalion front "
    "movement foundation agency party police office union court radio news archive network "
    "command house station state states nations government brigade brigades force forces guard "
    "bureau department organization organisation association federation alliance league congress "
    "senate parliament company corporation bank school college hospital times post journal "
    "observer ledger courier herald gazette channel television tv centre center society club "
    "church kingdom republic embassy security intelligence research international watch border "
    "records database media wing dawn conflict panel dispatch reuters"
)
TITLES = word_set(
    "mr mrs ms miss dr prof professor col colonel gen general maj major capt captain lt "
    "lieutenant sgt sheikh shaykh sheik mullah maulana imam ayatollah hajji haji president "
    "minister senator sen rep gov governor king queen prince emir sir lady lord brig brigadier "
    "judge justice commander pope rabbi father sister brother"
)
_FEMALE = re.compile(
    r"\b(?:mrs|ms|miss|she|her|spokeswoman|chairwoman|sister|daughter|wife|mother|aunt|actress|"
    r"widow|niece|woman|queen|princess|herself)\b",
    re.IGNORECASE,
)
_MALE = re.compile(
    r"\b(?:mr|he|his|spokesman|chairman|brother|son|husband|father|uncle|sheikh|mullah|emir|king|"
    r"prince|nephew|man|himself)\b",
    re.IGNORECASE,
)
_NOT_NAMES = (
    DAYS
    | MONTHS
    | PREPOSITIONS
    | SUBORDINATORS
    | ADVERBS
    | word_set(
        "the a an he she it they we i you his her its their our my this that these those there "
        "but and or not no yes some many most all one two three four five both neither either "
        "other others several few each every mr mrs ms asked told western eastern northern "
        "southern officials families police nobody everyone somebody everything people another"
    )
)
_PLACE_LEADS = word_set("in near at from to outside around between into reach of over")


class MentionKind(StrEnum):
    """What a name is taken for."""

    PERSON = "person"
    GROUP = "group"
    PLACE = "place"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in the text: where, as written, for whom it is taken, and what kind of thing that is."""

    start: int
    end: int
    text: str
    name: str
    kind: MentionKind


@dataclass(slots=True)
class Mentions:
    """All names of a text, with who is what: made once for a document, then asked.

    ``sexes`` holds ``m`` or ``f`` by full name, where the text tells.
    """

    all: list[Mention]
    starts: list[int]
    sexes: dict[str, str] = field(default_factory=dict)
    topic: str = ""

    def within(self, start: int, end: int) -> list[Mention]:
        """The mentions that begin within a span."""
        return self.all[bisect_left(self.starts, start) : bisect_left(self.starts, end)]

    def before(self, place: int) -> list[Mention]:
        """The mentions that begin before a character, the nearest last."""
        return self.all[: bisect_left(self.starts, place)]


def find_mentions(text: Text) -> Mentions:
    """Find the names of a text and tie surnames to the full names that stand before them."""
    raw = _raw_names(text)
    persons: dict[str, str] = {}
    found: list[Mention] = []
    places = {name for start, end, name in raw if _is_after_place_word(text.text, start, end)}
    for start, end, name in raw[:MAX_MENTIONS]:
        kind = _kind(text.text, start, name)
        if kind is MentionKind.PERSON and name in places:
            kind = MentionKind.PLACE
        bare = without_title(name)
        key = _surname(bare)
        if kind is MentionKind.PERSON and len(bare.split()) > 1:
            known = persons.get(key, "")
            mine, theirs = set(bare.lower().split()), set(known.lower().split())
            full = known if mine <= theirs else bare
            if not known or theirs <= mine:
                persons[key] = full  # of two who share a surname, the first goes by it alone
            found.append(Mention(start, end, name, full, kind))
        elif key in persons and kind is not MentionKind.GROUP:
            found.append(Mention(start, end, name, persons[key], MentionKind.PERSON))
        else:
            found.append(Mention(start, end, name, bare or name, kind))
    mentions = Mentions(found, [mention.start for mention in found])
    _learn_sexes(text, mentions)
    mentions.topic = _topic(mentions)
    return mentions


_GIVEN = re.compile(r"[A-Z]\w+-[a-z]\w+")


def _surname(name: str) -> str:
    """The part by which somebody goes alone: the last, or the first of "Han Myong-chol"."""
    parts = name.split()
    if len(parts) == 2 and _GIVEN.fullmatch(parts[1]):
        return parts[0].lower()
    return parts[-1].lower() if parts else ""


_PLACE_WORD = re.compile(
    r"\b(?:in|near|outside|at|(?:town|city|village|port|island|province|region|district) of|fled to|flew to|moved to|"
    r"crossed into|(?:left|leave) for)\s(?:the\s)?(?:[A-Z][\w-]+(?:\s[A-Z][\w-]+)*,\s)?$"
)


def _is_after_place_word(text: str, start: int, end: int) -> bool:
    """ "In the town of Playa Mansa, Costa Azul": both are places; not "in Mr. Holm's view"."""
    owner = text[end : end + 1] in ("'", "’")
    return not owner and _PLACE_WORD.search(text, max(0, start - 60), start) is not None


def _raw_names(text: Text) -> list[tuple[int, int, str]]:
    sentence_starts = {text.tokens[sentence.first].start for sentence in text.sentences}
    sentence_starts |= {start + 1 for start, _ in text.quotations}
    found = [_without_lead(text.text, match) for match in _NAME.finditer(text.text)]
    surnames = {_surname(name) for _, _, name in found if " " in name}
    names: list[tuple[int, int, str]] = []
    for start, end, name in found:
        if not name:
            continue
        single = " " not in name and start in sentence_starts
        if single and name.lower() not in surnames and not _seen_elsewhere(text.text, name, start):
            continue
        names.append(_with_of(text.text, start, end))
    return names


def _without_lead(text: str, match: re.Match[str]) -> tuple[int, int, str]:
    """A run of capitals without a possessive ending and without words like "But" before it."""
    start, end = match.span()
    possessive = re.search(r"['’]s?$", match.group())
    if possessive:
        end = start + possessive.start()
    while start < end:
        word = text[start:end].split(None, 1)[0]
        if word.lower().rstrip(".") not in _NOT_NAMES or _is_title(word):
            break
        start += len(word)
        while start < end and text[start].isspace():
            start += 1
    return start, end, text[start:end]


_OF_NAME = re.compile(r"\sof\s(?:the\s)?[A-Z][\w’'-]*\w(?:\s[A-Z][\w’'-]*\w)*")


def _with_of(text: str, start: int, end: int) -> tuple[int, int, str]:
    """ "Army of the Dawn", "University of York": the name of a group goes on after "of"."""
    if text[start:end].rsplit(maxsplit=1)[-1].lower() in _GROUP_WORDS:
        longer = _OF_NAME.match(text, end)
        if longer:
            end = longer.end()
    return start, end, text[start:end]


def _is_title(word: str) -> bool:
    return word.lower().rstrip(".") in TITLES


def _seen_elsewhere(text: str, name: str, start: int) -> bool:
    place = text.find(name)
    for _ in range(20):
        if place < 0:
            return False
        if place != start and place > 1 and text[place - 1] == " " and text[place - 2] not in ".!?":
            return True
        place = text.find(name, place + 1)
    return False


def without_title(name: str) -> str:
    """A name without "Mr.", "Col." and the like before it; Abu and Umm stay, they are part of it."""
    words = name.split()
    while len(words) > 1 and _is_title(words[0]):
        words = words[1:]
    return " ".join(words)


def _kind(text: str, start: int, name: str) -> MentionKind:
    words = [word.lower().rstrip(".") for word in name.split()]
    if any(word in _GROUP_WORDS for word in words) and words[0] not in TITLES:
        return MentionKind.GROUP
    if words[0] in TITLES or words[0] in ("abu", "umm", "ibn"):
        return MentionKind.PERSON
    if _named_as_group(text, start, name):
        return MentionKind.GROUP
    if _MAN_CALLED.search(text, max(0, start - 60), start):
        return MentionKind.PERSON
    if len(words) == 2 and words[0] in _COMPASS and _NATION.search(words[1]):
        return MentionKind.OTHER  # "South Korean"
    before = text[max(0, start - 20) : start].lower().split()
    lead = before[-1] if before else ""
    if len(words) == 1:
        return MentionKind.PLACE if lead in _PLACE_LEADS - {"of"} else MentionKind.OTHER
    if lead in ("in", "near", "at", "outside") or (lead == "the" and len(words) > 1):
        return MentionKind.PLACE if lead != "the" else MentionKind.GROUP
    return MentionKind.PERSON


_COMPASS = frozenset(["south", "north", "east", "west", "central", "former", "saudi"])
_NATION = re.compile(r"(?:an|ish|ese|i)$")
# Nouns for persons, as heads of phrases.
PEOPLE = re.compile(
    r"\b(?:(?:spokes|gun|police|service|business|country|cam[a-z]*)?(?:man|men|woman|women|people|person|persons)|child|children|"
    r"boys?|girls?|crew|family|families|parents?|civilians?|hostages?|captives?|detainees?|sailors?|soldiers?|fighters?|"
    r"rebels?|militants?|insurgents?|guards?|bodyguards?|police|troops|victims?|members?|passengers?|engineers?|cooks?|"
    r"relatives?|uncles?|aunts?|nephews?|nieces?|cousins?|wife|wives|husbands?|sons?|daughters?|brothers?|sisters?|"
    r"fathers?|mothers?|leaders?|emirs?|imams?|preachers?|priests?|clerics?|monks?|bishops?|generals?|colonels?|"
    r"commanders?|captains?|officers?|officials?|ministers?|presidents?|mayors?|governors?|judges?|lawyers?|prosecutors?|"
    r"journalists?|reporters?|editors?|poets?|singers?|writers?|actors?|students?|teachers?|professors?|doctors?|nurses?|"
    r"workers?|drivers?|pilots?|farmers?|fishermen|merchants?|traders?|owners?|chiefs?|heads?|deputy|deputies|founders?|"
    r"spies|spy|agents?|defectors?|dissidents?|activists?|suspects?|prisoners?|witness(?:es)?|survivors?|residents?|"
    r"couriers?|smugglers?|treasurers?|cadets?|announcers?|inmates?|bakers?|nurses?|tailors?|mechanics?|"
    r"colleagues?|friends?|comrades?|aides?|terrorists?|bandits?|"
    r"villagers?|neighbou?rs?|followers?|supporters?|interpreters?|\w+(?:ist|ians?|ists))\b"
    r"|^(?:(?:the|only|at least|about|some|all|both|one|the other) )*(?:one|others?|some|both|"
    r"all|many|dozens|hundreds|thousands|"
    r"\d+|two|three|four|five|six|seven|eight|nine|ten|fourth|first|second|third|former)$",
    re.IGNORECASE,
)
_MAN_CALLED = re.compile(
    r"\b(?:man|woman|person|fighter|officer|commander|soldier|prisoner|driver|preacher)\s(?:who is |who was )?(?:known|identified|named)(?: \w+)? (?:as )?$"
)
_BODY = (
    r"(?:compan(?:y|ies)|insurer|firm|group|agency|website|site|newspaper|paper|magazine|channel|bank|faction|"
    r"party|charity|broadcaster|foundation|station|movement|militia|outlet|organi[sz]ation|laboratory|publisher|"
    r"line|network|weekly|daily|collective|institute|association|blog|monitor|operator)"
)
_BODY_BEFORE = re.compile(rf"\b(?:[Tt]he|[Ii]ts|[Aa]|[Tt]heir)\s(?:[\w-]+\s){{0,2}}{_BODY},?\s$")
_BODY_AFTER = re.compile(rf",\s(?:an?|the)\s(?:[\w-]+\s){{0,3}}{_BODY}\b(?!['’]s)")


def _named_as_group(text: str, start: int, name: str) -> bool:
    """ "The insurer, Baltic Mutual" and "Pwani Online, a local news site" are no persons."""
    end = start + len(name)
    return bool(
        _BODY_BEFORE.search(text, max(0, start - 50), start) or _BODY_AFTER.match(text, end)
    )


def _learn_sexes(text: Text, mentions: Mentions) -> None:
    """From titles and the words right before and after a name ("Its spokeswoman, Irina …")."""
    for mention in mentions.all:
        if mention.kind is not MentionKind.PERSON or mention.name in mentions.sexes:
            continue
        before = " ".join(text.text[max(0, mention.start - 40) : mention.start].split()[-1:])
        near = f"{before} {mention.text.split()[0]}"
        for pattern, sex in ((_FEMALE, "f"), (_MALE, "m")):
            if pattern.search(near):
                mentions.sexes[mention.name] = sex
                break
    _count_pronouns(text, mentions)


_PRONOUN = re.compile(
    r"\b(?:(?P<m>he|his|him|himself)|(?P<f>she|her|hers|herself))\b(?! (?:said|says|added|told|asked)\b)",
    re.IGNORECASE,
)


def _count_pronouns(text: Text, mentions: Mentions) -> None:
    """Where no title tells: the pronouns between a name and the next name of a person, counted."""
    persons = [one for one in mentions.all if one.kind is MentionKind.PERSON]
    votes: dict[str, int] = {}
    for place, one in enumerate(persons):
        if text.quotation_around(one.start):
            continue
        end = persons[place + 1].start if place + 1 < len(persons) else len(text.text)
        stop = text.text.find("\n", one.end)
        end = min(end, stop if stop >= 0 else end, one.end + 200)
        for found in _PRONOUN.finditer(text.text, one.end, end):
            if text.quotation_around(found.start()):
                continue
            votes[one.name] = votes.get(one.name, 0) + (1 if found["m"] else -1)
    for name, vote in votes.items():
        if vote and name not in mentions.sexes:
            mentions.sexes[name] = "m" if vote > 0 else "f"


def _topic(mentions: Mentions) -> str:
    counts: dict[str, int] = {}
    for mention in mentions.all:
        if mention.kind is MentionKind.PERSON:
            counts[mention.name] = counts.get(mention.name, 0) + 1
    return max(counts, key=lambda name: counts[name], default="")


PRONOUNS_OF_PERSONS = {"he": "m", "him": "m", "his": "m", "she": "f", "her": "f"}
_CUTS = re.compile(
    r",? (?:who|which|that)\b.*|, (?:however|meanwhile|though|too|moreover)\b.*|,? (?:citing|speaking|reached|asked) .*|, (?:seen|obtained|reviewed|published|released|dated|leaked) .*|\s*\(.*",
    re.DOTALL,
)


def bare_phrase(phrase: str) -> str:
    """A noun phrase without its relative clause and closing marks."""
    return _CUTS.sub("", phrase, count=1).strip(" ,;—–\n")


def name_of_phrase(text: Text, mentions: Mentions, phrase: Range) -> str:
    """The person whom a noun phrase names ("Its spokeswoman, Irina Tolstova"); else its wording."""
    start, end = text.span(*phrase)
    wording = bare_phrase(text.text[start:end])
    limit = start + len(wording)
    for mention in mentions.within(start, limit):
        if mention.kind is not MentionKind.PERSON:
            continue
        before = text.text[start : mention.start].rstrip()
        if text.text[mention.end : mention.end + 2] in ("'s", "’s"):
            continue
        if _IN_PLACE.search(before):
            continue  # "a neighbour in the town of Playa Mansa, Costa Azul"
        if not before or before.endswith((",", "—")) or _is_described(before):
            return mention.name
    for mention in mentions.within(start, limit):
        after = text.text[mention.end : mention.end + 2]
        if (
            mention.kind is MentionKind.GROUP
            and mention.start - start <= 4
            and after[:1] in (",", "")
        ):
            return mention.text
    return wording


_IN_PLACE = re.compile(r"\b(?:in|of|near|at) [A-Z][\w-]+(?: [A-Z][\w-]+)*,$")
_DESCRIBED = re.compile(
    r"^(?:(?:the|a|an|its|his|her|their|our|but|former|then|late|exiled|opposition|one|another)\s)?"
    r"(?:[\w’'-]+\s){0,3}(?:\w*(?:man|woman|er|or|ist|ian|ant|ent|chief|head|general|deputy|mayor|"
    r"poet|emir|engineer|leader|spokesperson|judge|expert|businessman))$",
    re.IGNORECASE,
)


def _is_described(before: str) -> bool:
    """Whether "the founder" or "the British engineer" right before a name describes its bearer."""
    words = before.lower().split()
    if words and words[-1] in ("of", "for", "to", "from", "with", "and", "by", "in", "at", "about"):
        return False
    return len(words) <= 5 and bool(_DESCRIBED.match(before))
