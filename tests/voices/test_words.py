"""What a likelihood ratio is called, and what it is never called."""

from __future__ import annotations

import pytest

from earwitness.voices.words import ratio_in_words, said, support_in_words, verbal_scale


@pytest.mark.parametrize(
    ("log10_lr", "words"),
    [
        (0.0, "no support either way"),
        (0.29, "no support either way"),
        (0.31, "weak support"),
        (-1.0, "moderate support"),
        (2.0, "moderately strong support"),
        (-3.5, "strong support"),
        (4.0, "very strong support"),
        (6.0, "extremely strong support"),
    ],
)
def test_the_scale_is_that_of_the_guideline(log10_lr: float, words: str) -> None:
    """Steps at 2, 10, 100, 1,000, 10,000 and a million, for the inverse too."""
    assert support_in_words(log10_lr) == words
    assert "ENFSI" in verbal_scale()["source"]


def test_numbers_have_two_digits() -> None:
    """More is not carried."""
    assert ratio_in_words(1.7) == "50"
    assert ratio_in_words(-0.5) == "3.2"
    assert ratio_in_words(2.567) == "370"


def test_what_is_said_is_about_the_evidence() -> None:
    """Never the probability of a proposition."""
    for value in (-2.0, 0.1, 2.0):
        sentence = said(value, "Z. Qelwadi")
        assert "probable if" in sentence
        assert "match" not in sentence and "%" not in sentence
    assert said(2.0, "X").index("X") < said(2.0, "X").index("another person")
    assert said(-2.0, "X").index("another person") < said(-2.0, "X").index("X")
