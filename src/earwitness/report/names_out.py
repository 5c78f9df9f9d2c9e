"""Finds a person's names in texts, however they are spelt there, and takes them out.

A name is found whatever its case, accents, vowel marks, Arabic letter forms, hyphens, spaces and
underscores, run together, with the family name first, and percent-encoded as in addresses. A name of
four letters or more is found inside longer words too: taking out too much is the safer error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from earwitness.transcripts.folding import fold

MARK = "[redacted]"
_SHORT = 4
_HASH = re.compile(r"[0-9a-f]{12,64}")
_TOKEN = re.compile(r"[^\W_]+")
# Words of the program and hashes, by which a report is read; none of them is from the evidence.
_GONE_BY = frozenset(
    {
        *("kind", "scale", "ended_in", "asked", "role", "act", "verdict", "of", "method", "mark"),
        *("exhibit", "sha256", "outcome_sha256", "report_sha256", "token_sha256", "hash"),
        *("custody_head", "evidence_head", "head", "at", "examined_at", "stamped_at", "versions"),
        *("earwitness", "png_base64", "schema", "datasets", "earliest", "latest", "precision"),
        "state",
    }
)
_BETWEEN = r"(?:%20|[\W_])*"


class Names:
    """Names of one person, as a pattern; ``count`` is how often something was taken out."""

    def __init__(self, names: Iterable[str]) -> None:
        spellings = sorted({each for name in names for each in _spellings(name)}, key=_longest)
        self._pattern = re.compile("|".join(spellings))
        self.count = 0

    def out_of_text(self, text: str) -> str:
        """The text with each of the names replaced by a mark; marks that stand in it stay."""
        return MARK.join(map(self._out, text.split(MARK)))

    def _out(self, text: str) -> str:
        folded, places = _folded(text)
        kept, at = [], 0
        for found in self._pattern.finditer(folded):
            start, end = places[found.start()], _end(text, places[found.end() - 1])
            if start >= at:
                kept += [text[at:start], MARK]
                at = end
                self.count += 1
        return "".join([*kept, text[at:]]) if kept else text

    def out_of(self, value: Any, *, free: bool = False) -> Any:
        """JSON with the names taken out of every text in it; what its reader goes by stays.

        Parameters
        ----------
        value : JSON
        free : bool
            Whether keys are texts, too, and no key is one that a reader goes by: so it is in what a
            method records as its own details.
        """
        if isinstance(value, str):
            return value if _HASH.fullmatch(value) else self.out_of_text(value)
        if isinstance(value, list):
            return [self.out_of(item, free=free) for item in value]
        if isinstance(value, Mapping):
            return self._freely(value) if free else self._by_key(value)
        return value

    def _by_key(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {
            key: item if key in _GONE_BY else self.out_of(item, free=key == "details")
            for key, item in value.items()
        }

    def _freely(self, value: Mapping[str, Any]) -> dict[str, Any]:
        cleaned: dict[str, Any] = {}
        for key, item in value.items():
            name = self.out_of_text(key)
            while name in cleaned:  # two names were taken out of two keys of one mapping
                name += "'"
            cleaned[name] = self.out_of(item, free=True)
        return cleaned


def parts_left(names: Iterable[str], value: Any) -> dict[str, int]:
    """How often single parts of the names, such as the family name, still stand in JSON as words."""
    parts = {_plain(part) for name in names for part in _TOKEN.findall(name) if len(part) > 2}
    counts = dict.fromkeys(sorted(parts), 0)
    for text in _texts(value):
        for word in _TOKEN.findall(_folded(text)[0]):
            if word in counts:
                counts[word] += 1
    return {part: count for part, count in counts.items() if count}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key != "png_base64":
                yield key
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _spellings(name: str) -> Iterator[str]:
    """Patterns over folded text that find one name."""
    tokens = [folded for part in _TOKEN.findall(name) if (folded := _plain(part))]
    if not tokens:
        return
    for order in (tokens, [tokens[-1], *tokens[:-1]]):
        pattern = _BETWEEN.join(map(re.escape, order))
        if sum(map(len, tokens)) < _SHORT:
            pattern = rf"(?<![^\W\d_]){pattern}(?![^\W\d_])"
        yield pattern
    for encoded in (quote(name), quote_plus(name)):
        if "%" in encoded:
            yield re.escape(_plain(encoded))


def _longest(pattern: str) -> tuple[int, str]:
    return -len(pattern), pattern


def _plain(text: str) -> str:
    return _folded(text)[0]


def _folded(text: str) -> tuple[str, list[int]]:
    """A text folded letter by letter, and for each of its characters the place in the text."""
    if text.isascii():  # most are; what folding does to ASCII is said in one line
        lowered = text.lower()
        places = [at for at, letter in enumerate(lowered) if letter not in "'_"]
        return lowered.replace("'", "").replace("_", ""), places
    letters: list[str] = []
    places = []
    for at, letter in enumerate(text):
        for character in unicodedata.normalize("NFKD", fold(letter)):
            letters.append(character)
            places.append(at)
    return "".join(letters), places


def _end(text: str, last: int) -> int:
    """Where a letter ends whose marks follow it as characters of their own."""
    end = last + 1
    while end < len(text) and unicodedata.category(text[end]) in ("Mn", "Cf"):
        end += 1
    return end
