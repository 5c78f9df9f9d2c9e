"""Text folded for comparison: what only spelling, script variant or typography tells apart is made equal.

Arabic script: marks of vowels and the stretching line fall away; the forms of alef become one, as do
those of ya, kaf and ha of Arabic, Persian and Urdu; ta marbuta becomes ha; digits become 0 to 9.
Source for the Arabic rules: Larkey, Ballesteros and Connell 2002 (light normalisation), SIGIR.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff\u0e00-\u0e4e\u0f18-\u0fbc\u1000-\u109f"
    "\u1780-\u17d3\u200c\u200d"
)
_WORD = re.compile(rf"[{_CJK}]|(?:(?![{_CJK}])[\w{_MARKS}])+(?:['’ʼ](?![{_CJK}])[\w{_MARKS}]+)*")
_DROPPED = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200b-\u200f\u202a-\u202e\u2060-\u2069"
    "'’ʼ_\ufeff]"
)
_LETTERS = str.maketrans(
    {
        "\u0623": "\u0627", "\u0625": "\u0627", "\u0622": "\u0627", "\u0671": "\u0627",  # alef
        "\u0649": "\u064a", "\u06cc": "\u064a", "\u06d2": "\u064a", "\u0626": "\u064a",  # ya
        "\u0624": "\u0648",  # waw
        "\u0629": "\u0647", "\u06c1": "\u0647", "\u06be": "\u0647", "\u06d5": "\u0647",  # ha
        "\u06c0": "\u0647", "\u06c2": "\u0647", "\u06c3": "\u0647",
        "\u06a9": "\u0643", "\u06aa": "\u0643",  # kaf
        "\u0621": "",  # a hamza on its own
    }
)  # fmt: skip


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """A word in the form in which it is compared; empty if nothing of it counts."""
    text = unicodedata.normalize("NFKD", word).casefold()
    text = _DROPPED.sub("", unicodedata.normalize("NFKD", text))
    text = unicodedata.normalize("NFC", text).translate(_LETTERS)
    return "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text
    )


def folded_words(text: str) -> list[str]:
    """The words of a text, folded, in order. Chinese and Japanese characters count as words."""
    return [word for word, _, _ in words_with_places(text)]


def words_with_places(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word of a text, folded, with the characters at which it begins and ends."""
    for found in _WORD.finditer(text):
        word = fold(found[0])
        if word:
            yield word, found.start(), found.end()
