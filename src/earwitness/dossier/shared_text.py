"""Which documents share text or an origin, so that their agreement is not independent.

Three papers that print one agency's story are one source. Shared text is found by shingles of five
words; quotations are left out first, for two reporters at one press conference quote the same words.
What is found is then aligned, so that a person sees which passages are the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from earwitness.dossier.tokens import read_text

WORDS_IN_SHINGLE = 5
SHARED_ENOUGH = 0.15  # of the shorter text's shingles
MAX_WORDS = 20_000
COMMON_TO = 50  # documents: a shingle in more than these is boilerplate
_WORD = re.compile(r"\w+")
_AGENCY = re.compile(
    r"\b(?P<name>Associated Press|AP|Reuters|AFP|Agence France-Presse|Bloomberg|Xinhua|TASS|Interfax|"
    r"Anadolu|DPA|EFE|ANSA|Kyodo|Yonhap|PTI|UPI)\b\)?(?:\s+(?:reported|said|news agency|reports)|\s*[—–-])"
    r"|\((?P<line>AP|Reuters|AFP|UPI|PTI|DPA|TASS)\)|\baccording to (?P<cited>the Associated Press|Reuters|AFP)"
)
_NAMES = {
    "AP": "Associated Press",
    "the Associated Press": "Associated Press",
    "Agence France-Presse": "AFP",
}


@dataclass(frozen=True, slots=True)
class Shared:
    """Two documents that share text: how much of the shorter one, and the longest passages.

    Attributes
    ----------
    one, other : str
        The documents' keys.
    containment : float
        The share of the shorter one's shingles that the other holds too, quotations left out.
    passages : tuple of str
        The longest passages in common, longest first.
    """

    one: str
    other: str
    containment: float
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """A group of documents that count as one source, and why."""

    documents: tuple[str, ...]
    why: str


def shared_texts(texts: Mapping[str, str]) -> list[Shared]:
    """Find the pairs of documents that share more than chance would give, quotations left out.

    Parameters
    ----------
    texts : mapping
        From a document's key to its text.

    Source: Broder, *On the resemblance and containment of documents* (1997).
    """
    words = {key: _words_outside_quotations(text) for key, text in texts.items()}
    shingles = {key: _shingles(found) for key, found in words.items()}
    holders: dict[int, list[str]] = defaultdict(list)
    for key, found in shingles.items():
        for shingle in found:
            holders[shingle].append(key)
    common: dict[tuple[str, str], int] = defaultdict(int)
    for keys in holders.values():
        if 2 <= len(keys) <= COMMON_TO:
            for place, one in enumerate(keys):
                for other in keys[place + 1 :]:
                    common[one, other] += 1
    found_pairs = []
    for (one, other), count in sorted(common.items()):
        shorter = min(len(shingles[one]), len(shingles[other]))
        if count / shorter >= SHARED_ENOUGH and count >= 8:
            passages = _passages(words[one], words[other])
            found_pairs.append(Shared(one, other, round(count / shorter, 3), passages))
    return found_pairs


def origins(texts: Mapping[str, str], shared: Sequence[Shared] | None = None) -> list[Origin]:
    """Group the documents that share text or cite the same agency; each group is one source."""
    pairs = shared_texts(texts) if shared is None else shared
    why: dict[str, set[str]] = defaultdict(set)
    leader = {key: key for key in texts}

    def head(key: str) -> str:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    def join(one: str, other: str, reason: str) -> None:
        first, second = sorted((head(one), head(other)))
        leader[second] = first
        why[first] |= why.pop(second, set()) | {reason}

    for pair in pairs:
        join(pair.one, pair.other, "share text")
    citing: dict[str, list[str]] = defaultdict(list)
    for key, text in texts.items():
        for agency in cited_agencies(text):
            citing[agency].append(key)
    for agency, keys in citing.items():
        for other in keys[1:]:
            join(keys[0], other, f"cite {agency}")
    groups: dict[str, list[str]] = defaultdict(list)
    for key in texts:
        groups[head(key)].append(key)
    return [
        Origin(tuple(keys), " and ".join(sorted(why[first])) or "stands alone")
        for first, keys in groups.items()
    ]


def cited_agencies(text: str) -> list[str]:
    """The news agencies that a text names as the origin of what it says."""
    found = []
    for match in _AGENCY.finditer(text[:200_000]):
        name = match["name"] or match["line"] or match["cited"]
        name = _NAMES.get(name, name)
        if name not in found:
            found.append(name)
    return found


def _words_outside_quotations(text: str) -> list[str]:
    parsed = read_text(text[:200_000])
    plain, last = [], 0
    for start, end in parsed.quotations:
        plain.append(parsed.text[last:start])
        last = end
    plain.append(parsed.text[last:])
    return [word.lower() for word in _WORD.findall(" ".join(plain))][:MAX_WORDS]


def _shingles(words: Sequence[str]) -> set[int]:
    return {
        hash(tuple(words[place : place + WORDS_IN_SHINGLE]))
        for place in range(len(words) - WORDS_IN_SHINGLE + 1)
    }


def _passages(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    matcher = SequenceMatcher(None, one[:5_000], other[:5_000], autojunk=True)
    blocks = sorted(matcher.get_matching_blocks(), key=lambda block: -block.size)[:5]
    return tuple(
        " ".join(one[block.a : block.a + block.size])
        for block in blocks
        if block.size >= WORDS_IN_SHINGLE
    )
