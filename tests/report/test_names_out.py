"""Names are found however they are spelt, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.report.names_out import MARK, Names, parts_left


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("Anna Berg", "Anna Berg said so.", "[redacted] said so."),
        ("Anna Berg", "ANNA\nBERG and anna-berg", "[redacted] and [redacted]"),
        ("Anna Berg", "voice_AnnaBerg2.wav", "voice_[redacted]2.wav"),
        ("Anna Berg", "Berg, Anna", "[redacted]"),
        ("Anna Berg", "https://x.org/Anna%20Berg?q=anna+berg", "https://x.org/[redacted]?q=[redacted]"),
        ("Anna Berg", "Anna and Berg", "Anna and Berg"),
        ("Berg", "the Bergs of Nürnberg", "the [redacted]s of Nürn[redacted]"),
        ("Ali", "Ali, the quality of Alina; ali2", "[redacted], the quality of Alina; [redacted]2"),
        ("Müller", "Mu\u0308ller, MULLER", "[redacted], [redacted]"),
        ("Jürgen", "J%C3%BCrgen", "[redacted]"),
        ("أحمد", "قال احمد وأَحْمَد", "قال [redacted] و[redacted]"),
        ("O'Neill", "O’Neill and ONeill", "[redacted] and [redacted]"),
        ("al-Qelwadi", "Al Qelwadi", "[redacted]"),
    ],
)  # fmt: skip
def test_a_name_is_found_in_each_spelling(name: str, text: str, left: str) -> None:
    """Case, accents, letter forms, joins, order and percent signs hide nothing."""
    assert Names([name]).out_of_text(text) == left


def test_keys_values_and_counts() -> None:
    """Every text of JSON, in a method's own details its keys too; what is taken out is counted."""
    names = Names(["Anna Berg", "A. Berg"])
    data = {"Anna Berg": [1, "by A. Berg", {"a.berg": None}], "A. Berg": "anna berg anna berg"}
    assert names.out_of({"details": data})["details"] == {
        MARK: [1, f"by {MARK}", {MARK: None}],
        f"{MARK}'": f"{MARK} {MARK}",
    }
    assert names.count == 6


def test_hashes_and_pictures_stay() -> None:
    """A hash in which the letters of a name stand is no name; nor is a picture."""
    digest = "abe" * 21 + "a"
    data = {"sha256": digest, "png_base64": "Abe+", "name": "Abe"}
    assert Names(["Abe"]).out_of(data) == {"sha256": digest, "png_base64": "Abe+", "name": MARK}


def test_what_a_report_is_read_by_stays() -> None:
    """A person may be called like a word of the program: Mark, or Line."""
    data = {
        "mark": "Q1",
        "kind": "line",
        "summary": "Mark and Line",
        "measures": [{"name": "mark"}],
    }
    cleaned = Names(["Mark", "Line"]).out_of(data)
    assert cleaned == {"mark": "Q1", "kind": "line", "summary": f"{MARK} and {MARK}",
                       "measures": [{"name": MARK}]}  # fmt: skip


def test_the_mark_is_not_taken_for_a_name() -> None:
    """A second person whose name stands in the mark leaves it whole."""
    assert Names(["Reda"]).out_of_text(f"{MARK} and Reda") == f"{MARK} and {MARK}"


def test_what_is_left_of_a_name_is_told() -> None:
    """The family name alone is not taken out, but it is counted, so that somebody decides."""
    names = Names(["Anna Berg"])
    left = names.out_of(["Anna Berg", "Mrs Berg", {"berg": "Anna"}])
    assert parts_left(["Anna Berg"], left) == {"anna": 1, "berg": 2}


@settings(deadline=None)
@given(
    st.text(st.characters(categories=("Lu", "Ll", "Nd", "Zs", "Po", "Pd")), max_size=60),
    st.text(st.characters(categories=("Lu", "Ll", "Nd", "Zs", "Po", "Pd")), max_size=60),
    st.sampled_from(["Zarmuth Qelwadi", "Ünal", "Šárka Nováková-Hill", "Иван Петров"]),
)
def test_it_never_survives(before: str, after: str, name: str) -> None:
    """Whatever stands beside it, and in capitals too."""
    for spelt in (name, name.upper(), name.lower()):
        out = Names([name]).out_of_text(f"{before}{spelt}{after}")
        assert MARK in out
        assert name.casefold() not in out.casefold()
        assert out.startswith(before[: max(0, len(before) - 60)])


@settings(deadline=None)
@given(st.text(max_size=200))
def test_a_text_without_the_name_stays(text: str) -> None:
    """To the letter."""
    if "zq" not in text.casefold():
        assert Names(["Zqzqzq"]).out_of_text(text) == text
