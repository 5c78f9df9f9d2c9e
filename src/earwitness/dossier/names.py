"""Whether two names may be two spellings of one name, and why; never decided, only proposed.

Conventions: a name is compared as a bag of parts. Titles are dropped, articles and patronymic
particles weigh nothing, *Abu*, *Umm* and *Ibn* do: a kunya is a name of its own, and can be tied to a
birth name only by somebody's statement. Every part is reduced to a skeleton of consonants that the
usual romanisations of Arabic, Persian, Urdu, Turkish, Russian and Chinese share.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from earwitness.dossier.mentions import TITLES
from earwitness.dossier.scripts import is_arabic, latinised
from earwitness.dossier.words import word_set

SAME_ENOUGH = 0.7
LEAST_ALIKE = 0.66  # two parts less alike than this are not partners
MAX_PARTS = 12
MAX_LETTERS = 40  # of one part
_WEIGHTLESS = word_set(
    "al el ul ad as ash ar at az an the bin ibn ben bint de da di van von der den la le y i ud us"
)
_JOINED = re.compile(r"^(?:al|el|ul|ad|as|ash|ar|at|az|an|ur|us)-")
# Longer spellings first; each gives one class of sound. Vowels are classed a, i, u.
_SOUNDS: tuple[tuple[str, str], ...] = (
    ("schtsch", "S"), ("shch", "S"), ("chtsch", "S"), ("dsch", "C"), ("tsch", "C"), ("tch", "C"), ("sch", "S"),
    ("dzh", "C"), ("zh", "C"), ("hs", "S"), ("sh", "S"), ("ch", "C"), ("dj", "C"), ("kh", "h"), ("gh", "g"),
    ("ph", "f"), ("th", "t"), ("dh", "d"), ("ts", "z"), ("tz", "z"), ("ck", "k"), ("oe", "u"), ("ue", "u"), ("ou", "u"),
    ("oo", "u"), ("ee", "i"), ("ey", "i"), ("ei", "i"), ("ai", "i"), ("ay", "i"), ("ya", "a"), ("yu", "u"), ("ye", "i"), ("yo", "u"),
    ("je", "i"), ("ja", "Ca"), ("q", "k"), ("x", "S"), ("c", "C"), ("j", "C"), ("w", "v"), ("o", "u"), ("e", "i"), ("y", "i"),
)  # fmt: skip
_VOWELS = frozenset("aiu")
# Sounds that romanisations mix up: a pair counts as near, not equal.
_NEAR = (
    frozenset("td"), frozenset("pb"), frozenset("kg"), frozenset("Cz"), frozenset("CS"), frozenset("Cg"),
    frozenset("sz"), frozenset("hk"), frozenset("Sh"), frozenset("vb"), frozenset("vf"), frozenset("sS"), frozenset("Ck"),
    frozenset("hg"), frozenset("hC"), frozenset("zd"), frozenset("CR"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NameComparison:
    """How alike two names are, from 0 to 1, with the reasons in words."""

    score: float
    reasons: tuple[str, ...]

    @property
    def may_be_same(self) -> bool:
        """Whether they are alike enough to be shown to a person."""
        return self.score >= SAME_ENOUGH


def compare_names(one: str, other: str) -> NameComparison:
    """Compare two names in any of the scripts that can be romanised by table.

    The parts of the two names are paired so that each part meets its best partner. The score is
    the mean likeness of the pairs, weighted by their length, less a penalty for every part that
    finds no partner: heavy where both names have one left over (two persons of one family), light
    where one name is just longer (a middle name left out).

    Returns
    -------
    NameComparison
    """
    parts, others = _parts(one), _parts(other)
    if not parts or not others:
        return NameComparison(0.0, ("one of them has no part that can be compared",))
    if not parts[0].isascii() or not others[0].isascii():
        same = " ".join(parts) == " ".join(others)
        return NameComparison(float(same), ("a script that is not romanised here",))
    whole = _likeness("".join(parts), "".join(others)) if len(parts) != len(others) else 0.0
    unvowelled = is_arabic(one) or is_arabic(other)
    pairs, left, right = _pair(parts, others, unvowelled)
    score = _score(pairs, left, right)
    reasons = tuple(_reason(a, b, likeness) for a, b, likeness in pairs)
    reasons += tuple(f"'{part}' has no partner" for part in (*left, *right))
    if whole >= 0.9 and whole > score:
        return NameComparison(round(whole, 3), ("written together or apart, the same sounds",))
    return NameComparison(round(score, 3), reasons)


def _parts(name: str) -> tuple[str, ...]:
    plain = latinised(name[:300]).lower()
    words = [_JOINED.sub("", word.strip("-'’`ʿʾ")) for word in re.split(r"[\s,./_]+", plain)]
    parts: list[str] = []
    for word in words:
        for part in word.split("-") if not _is_chinese(words) else [word.replace("-", "")]:
            clean = re.sub(r"['’`ʿʾ]", "", part)[:MAX_LETTERS]
            if clean and clean not in _WEIGHTLESS and clean.rstrip(".") not in TITLES - {"emir"}:
                parts.append(clean)
    return tuple(_joined(parts)[:MAX_PARTS])


def _is_chinese(words: Sequence[str]) -> bool:
    """Wade-Giles writes a given name with a hyphen, pinyin together: "Tse-tung", "Zedong"."""
    hyphened = [word for word in words if "-" in word]
    return (
        len(words) <= 2 and len(hyphened) == 1 and all(len(p) <= 6 for p in hyphened[0].split("-"))
    )


def _joined(parts: list[str]) -> list[str]:
    """ "Abd Allah", "Abdul Malik" and "Abou Bakr" are one part each with what follows them."""
    joined: list[str] = []
    for part in parts:
        if joined and joined[-1] in ("abd", "abdel", "abdul", "abdal", "abdu"):
            joined[-1] = "abd" + part
        elif joined and part in ("allah", "ullah", "din", "uddin", "aldin"):
            joined[-1] += "ullah" if "llah" in part else "din"
        else:
            joined.append("abu" if part in ("abou", "aboo") else part)
    return [
        re.sub(r"^abd(?:el|ul|al|ur|ar|us|as|u)?(?=[^aeiou]|a)", "abd", part) for part in joined
    ]


@lru_cache(maxsize=50_000)
def sounds(part: str) -> str:
    """The sounds of one part: consonant classes and vowels a, i, u, doubled ones once."""
    place, out = 0, []
    while place < len(part):
        for spelling, sound in _SOUNDS:
            if part.startswith(spelling, place):
                out.append(sound)
                place += len(spelling)
                break
        else:
            out.append(part[place])
            place += 1
    return re.sub(r"(.)\1+", r"\1", "".join(out))


@lru_cache(maxsize=50_000)
def skeleton(part: str) -> str:
    """The consonants of a part; a vowel counts only where the part begins with it, h only within."""
    heard = sounds(part)
    inner = "".join(sound for sound in heard[1:] if sound not in _VOWELS)
    first = "" if heard[:1] in _VOWELS else heard[:1]
    bones = first + inner
    if len(bones) > 1 and bones.endswith("h"):
        bones = bones[:-1]
    return re.sub(r"(.)\1+", r"\1", bones)


@lru_cache(maxsize=200_000)
def _likeness(one: str, other: str) -> float:
    """How alike two parts sound: three parts consonants, one part the whole with its vowels."""
    if one == other:
        return 1.0
    if min(len(one), len(other)) == 1:
        return 0.8 if one[0] == other[0] else 0.0  # an initial
    bones, others = skeleton(one), skeleton(other)
    if not bones or not others:
        return 0.9 * (
            1 - _distance(sounds(one), sounds(other)) / max(len(sounds(one)), len(sounds(other)))
        )
    by_bones = 1 - _distance(bones, others) / max(len(bones), len(others))
    heard, hears = sounds(one), sounds(other)
    by_sound = 1 - _distance(heard, hears) / max(len(heard), len(hears))
    if bones[0] != others[0] and not _are_near(bones[0], others[0]):
        by_bones *= 0.6
    if (heard[0] in _VOWELS) != (hears[0] in _VOWELS):
        by_bones *= 0.85
    return max(0.0, 0.65 * by_bones + 0.35 * by_sound)


@lru_cache(maxsize=50_000)
def _by_skeleton(one: str, other: str) -> float:
    """Arabic script leaves short vowels out: only consonants are compared."""
    bones, others = skeleton(one), skeleton(other)
    if not bones or not others:
        return 0.0
    return 1 - _distance(bones, others) / max(len(bones), len(others))


def _are_near(one: str, other: str) -> bool:
    return one == other or any(one in near and other in near for near in _NEAR)


def _distance(one: str, other: str) -> float:
    """Edit distance; exchanging two vowels costs .25, two sounds that romanisations mix .35."""
    before = [float(place) for place in range(len(other) + 1)]
    for row, a in enumerate(one, 1):
        now = [float(row)]
        for column, b in enumerate(other, 1):
            change = before[column - 1] + _change(a, b)
            drop_a = before[column] + _dropped(a)
            drop_b = now[column - 1] + _dropped(b)
            now.append(min(change, drop_a, drop_b))
        before = now
    return before[-1]


def _dropped(sound: str) -> float:
    return 0.4 if sound in "aiuh" else 0.6 if sound == "v" else 1.0


def _change(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if one in _VOWELS and other in _VOWELS:
        return 0.25
    return 0.35 if _are_near(one, other) else 1.0


Pair = tuple[str, str, float]


def _pair(
    parts: Sequence[str], others: Sequence[str], unvowelled: bool
) -> tuple[list[Pair], list[str], list[str]]:
    """The best partner for each part, the surest pairs first."""
    table = sorted(
        (
            (-(_by_skeleton(a, b) if unvowelled else _likeness(a, b)), abs(i - j), i, j)
            for i, a in enumerate(parts)
            for j, b in enumerate(others)
        ),
    )
    taken, met = set[int](), set[int]()
    pairs: list[Pair] = []
    for negative, _, i, j in table:
        if i in taken or j in met or -negative < LEAST_ALIKE:
            continue
        taken.add(i)
        met.add(j)
        pairs.append((parts[i], others[j], -negative))
    left = [part for i, part in enumerate(parts) if i not in taken]
    right = [part for j, part in enumerate(others) if j not in met]
    return pairs, left, right


def _score(pairs: Sequence[Pair], left: Sequence[str], right: Sequence[str]) -> float:
    if not pairs:
        return 0.0
    weights = [min(_weight(a), _weight(b)) for a, b, _ in pairs]
    total = sum(weights)
    mean = sum(weight * pair[2] for weight, pair in zip(weights, pairs, strict=True)) / total
    lowest = min(pair[2] for pair in pairs)
    score = 0.6 * mean + 0.4 * lowest
    if left and right:
        return score * 0.45
    lonely = [*left, *right]
    if lonely and len(pairs) == 1:
        return score * 0.6  # one shared name is a family, not a person
    return score * 0.9 ** len(lonely)


def _weight(part: str) -> float:
    return 0.4 if part in ("abu", "umm", "muhammad", "mohammed", "khan") else 1.0


def _reason(one: str, other: str, likeness: float) -> str:
    if one == other:
        return f"'{one}' is in both"
    if skeleton(one) == skeleton(other):
        return f"'{one}' and '{other}' have the same consonants"
    return f"'{one}' and '{other}' sound {likeness:.0%} alike"


def fold(name: str) -> str:
    """A name without marks and case, for looking up."""
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark)).casefold()
