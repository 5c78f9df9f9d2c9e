"""Folding makes equal what only spelling or script variant tells apart, and nothing else."""

from __future__ import annotations

import pytest

from earwitness.transcripts.folding import fold, folded_words, words_with_places


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("السَّلامُ", "السلام"),  # marks of vowels
        ("الســـلام", "السلام"),  # stretched
        ("أحمد", "احمد"),
        ("إسلام", "اسلام"),
        ("آخر", "اخر"),
        ("على", "علي"),
        ("مدرسة", "مدرسه"),
        ("کتاب", "كتاب"),  # Persian kaf
        ("ایران", "ايران"),  # Persian ya
        ("ہے", "هي"),  # Urdu ha and bari ya
        ("۱۲۳", "123"),
        ("١٢٣", "123"),
        ("Café", "cafe"),
        ("don’t", "don't"),
        ("STRASSE", "straße"),
        ("שָׁלוֹם", "שלום"),
        ("\u202bسلام\u202c", "سلام"),
    ],
)
def test_variants_fold_to_one(one: str, other: str) -> None:
    """Two spellings of one word are equal when folded."""
    assert folded_words(one) == folded_words(other) != []


@pytest.mark.parametrize(("one", "other"), [("سلام", "كلام"), ("पानी", "पाना"), ("ship", "shop")])
def test_different_words_stay_different(one: str, other: str) -> None:
    """Marks that are vowels of their own, as in Devanagari, are not dropped."""
    assert fold(one) != fold(other)


def test_words_know_their_places() -> None:
    """Places are characters of the text as it stands, so that it can be shown with the word marked."""
    text = "«السَّلامُ» على 東京, don’t."
    assert [text[start:end] for _, start, end in words_with_places(text)] == [
        "السَّلامُ", "على", "東", "京", "don’t",
    ]  # fmt: skip
