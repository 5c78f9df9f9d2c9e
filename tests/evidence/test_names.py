"""Names from outside: what hides or turns text round is shown, letters of all scripts stay."""

from __future__ import annotations

import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.evidence.names import safe_name, safe_text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("tape.wav", "tape.wav"),
        ("two\nlines", r"two\x0alines"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("a\u200bb", r"a\u200bb"),
        ("line\u2028break", r"line\u2028break"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
        ("\x85\x9b31m", r"\x85\x9b31m"),
        ("صوت.ogg", "صوت.ogg"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("é 録音 ", "é 録音 "),
    ],
)
def test_what_is_invisible_becomes_visible(raw: str, shown: str) -> None:
    """Codes for what hides; letters, and the joiners that Persian and Indic need, as they are."""
    assert safe_text(raw) == shown


@given(st.text(alphabet=st.characters(), max_size=600))
def test_nothing_that_acts_is_left(text: str) -> None:
    """Whatever the text, the result is one line without control or direction characters."""
    shown = safe_text(text)
    for character in shown:
        assert unicodedata.category(character) not in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert unicodedata.category(character) != "Cf" or character in "\u200c\u200d"
    assert len(shown.splitlines()) <= 1


@given(st.binary(min_size=1, max_size=255).filter(lambda raw: b"\0" not in raw))
def test_a_name_of_any_bytes_can_be_shown(raw: bytes) -> None:
    """Names that are not UTF-8 show their bytes, the same from bytes and from Python's own text."""
    assert safe_name(raw) == safe_name(os.fsdecode(raw))
    safe_name(raw).encode("utf-8")


def test_a_long_text_says_what_was_cut() -> None:
    """The number of characters that are not shown is stated."""
    assert safe_text("x" * 510, limit=500) == "x" * 500 + "… (10 more)"
