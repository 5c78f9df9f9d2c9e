"""Names: spellings of one name are proposed, two persons are not, and every score has its reasons."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.dossier.names import compare_names

FOLDER = Path(__file__).parent / "names"


def _pairs(name: str) -> list[tuple[str, str]]:
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    return [(one, other) for _, one, other in (line.split("\t") for line in lines)]


def test_precision_and_recall_on_the_lists() -> None:
    """Of 300 spellings and more, nine of ten are proposed; of 300 near misses, one of sixteen."""
    same, different = _pairs("same.tsv"), _pairs("different.tsv")
    assert len(same) >= 300
    assert len(different) >= 300
    hits = sum(compare_names(*pair).may_be_same for pair in same)
    wrong = sum(compare_names(*pair).may_be_same for pair in different)
    assert hits / len(same) >= 0.93
    assert hits / (hits + wrong) >= 0.93


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Abu Muhammad al-Adnani", "Mohammad al-Adnani"),
        ("Ayyub Khan", "Ayub Khan"),
        ("Abu Bakr al-Baghdadi", "أبو بكر البغدادي"),
        ("Mikhail Gorbachev", "Михаил Горбачёв"),
        ("Mao Zedong", "Mao Tse-tung"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    """Variants across romanisations and scripts are proposed, with a reason for each part."""
    comparison = compare_names(one, other)
    assert comparison.may_be_same
    assert comparison.reasons


def test_a_kunya_is_not_a_birth_name() -> None:
    """No likeness ties a kunya to a birth name: only somebody's statement can."""
    assert not compare_names("Abu Bakr al-Baghdadi", "Ibrahim Awad al-Badri").may_be_same


def test_two_of_one_family() -> None:
    """A shared family name is not enough, and the reasons say which part has no partner."""
    comparison = compare_names("Nawaz Sharif", "Shehbaz Sharif")
    assert not comparison.may_be_same
    assert "'nawaz' has no partner" in comparison.reasons


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts(one: str, other: str) -> None:
    """Any two texts can be compared; the score is between 0 and 1 and does not depend on order."""
    there, back = compare_names(one, other), compare_names(other, one)
    assert 0.0 <= there.score <= 1.0
    assert there.score == pytest.approx(back.score, abs=0.02)
    assert there.reasons
