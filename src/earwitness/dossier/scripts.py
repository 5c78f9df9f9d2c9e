"""Arabic, Persian, Urdu and Cyrillic letters as Latin ones, and Latin letters without their marks.

Tables of one letter to one sound, for comparing only: Arabic leaves out short vowels, and so does
the result. Chinese characters are left as they are; nothing here can read them.
"""

from __future__ import annotations

import re
import unicodedata

_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "yo",
            "zh",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "",
            "y",
            "",
            "e",
            "yu",
            "ya",
            "i",
            "yi",
            "ye",
            "g",
            "u",
        ],
        strict=True,
    )
)
_ARABIC = {
    "ا": "a", "أ": "a", "إ": "i", "آ": "a", "ب": "b", "پ": "p", "ت": "t", "ث": "th", "ج": "j", "چ": "ch", "ح": "h",
    "خ": "kh", "د": "d", "ذ": "dh", "ر": "r", "ز": "z", "ژ": "zh", "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "t",
    "ظ": "z", "ع": "a", "غ": "gh", "ف": "f", "ق": "q", "ک": "k", "ك": "k", "گ": "g", "ل": "l", "م": "m", "ن": "n",
    "ه": "h", "ہ": "h", "ھ": "h", "ة": "a", "و": "u", "ؤ": "u", "ي": "i", "ی": "i", "ى": "a", "ئ": "i", "ے": "e",
    "ء": "", "ٹ": "t", "ڈ": "d", "ڑ": "r", "ں": "n", "\u200c": "",
}  # fmt: skip
_LATIN = {
    "ı": "i",
    "ß": "ss",
    "ø": "o",
    "æ": "ae",
    "đ": "d",
    "ł": "l",
    "ð": "d",
    "þ": "th",
    "ş": "sh",
    "ç": "ch",
}
_ARTICLE = re.compile(r"(?:^|(?<=\s))ال")


def is_arabic(text: str) -> bool:
    """Whether a text is in Arabic script, which Persian and Urdu use too."""
    return any("\u0600" <= letter <= "\u06ff" for letter in text)


def latinised(text: str) -> str:
    """Write a text in Latin letters without marks, as far as tables go."""
    if is_arabic(text):
        text = _ARTICLE.sub("al-", text)
    letters = []
    for letter in unicodedata.normalize("NFC", text):
        low = letter.lower()
        letters.append(_ARABIC.get(low, _CYRILLIC.get(low, _LATIN.get(low, low))))
    decomposed = unicodedata.normalize("NFKD", "".join(letters))
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))
