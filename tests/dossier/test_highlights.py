"""A text cut where wordings begin and end: joined again it is the same text."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from earwitness.dossier.drafting import Source, draft
from earwitness.dossier.highlights import pieces
from earwitness.dossier.statement import Manner, Property, Statement, Value

TEXT = "Berta was born in Tal Sabah in 1971, said Otto. She died in 2014."


def statement(start: int, end: int) -> Statement:
    """A statement with that span."""
    return Statement(
        "Berta", Property.BORN_IN, Value(f"{start}-{end}"), (), Manner.ASSERTED, "", None, None,
        "0" * 64, start, end, "", "rules_v1",
    )  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=12))
def test_pieces_joined_are_the_text(spans: list[tuple[int, int]]) -> None:
    """Whatever the spans are, overlapping or beyond the end, every character has the statements over it."""
    statements = [statement(min(pair), max(pair)) for pair in spans]
    cut = pieces(TEXT, statements)
    assert "".join(piece.text for piece in cut) == TEXT
    at = 0
    for piece in cut:
        for index in range(at, at + len(piece.text)):
            over = {one.id for one in statements if one.start <= index < one.end}
            assert set(piece.ids) == over
        at += len(piece.text)


def test_wordings_of_drafts_are_marked() -> None:
    """What a draft was drawn from is a piece, or several, of the document."""
    (one, *_) = draft(TEXT, Source("0" * 64, date(2031, 5, 4), "The Post"))
    marked = "".join(piece.text for piece in pieces(TEXT, [one]) if one.id in piece.ids)
    assert marked == TEXT[one.start : one.end]


def test_an_empty_text() -> None:
    """A document without text has no pieces."""
    assert pieces("", [statement(0, 5)]) == []
