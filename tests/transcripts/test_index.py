"""The index finds what is said, in any spelling, with the seconds in which it is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from earwitness.transcripts import Segment
from earwitness.transcripts.index import TranscriptIndex

ENGLISH = (
    Segment(1.0, 2.0, "Keep the lamps dry, and wait for the bell."),
    Segment(2.0, 3.5, "The bell of Vey Ambar is rung."),
)
ARABIC = (Segment(10.0, 12.0, "والأرصفةُ في مدينةٍ على البحر"), Segment(12.0, 13.0, "ایران و کتاب"))


@pytest.fixture
def index(tmp_path: Path) -> Iterator[TranscriptIndex]:
    """An index of two transcripts."""
    with TranscriptIndex.new(tmp_path / "said.index") as made:
        made.add("english", ENGLISH)
        made.add("arabic", ARABIC)
        yield made


@pytest.mark.parametrize(
    ("query", "starts"),
    [
        ("bell", [1.0, 2.0]),
        ("BELL wait", [1.0]),
        ('"the bell of"', [2.0]),
        ("“wait for”", [1.0]),
        ('"bell the"', []),
        ("amb*", [2.0]),
        ("مدينه", [10.0]),  # ta marbuta as ha
        ("علي", [10.0]),  # alef maqsura as ya
        ("ايران كتاب", [12.0]),  # Arabic letters for Persian ones
        ("lamps OR NOT bell", []),  # words of the database's own language are words here
        ('"', []),
        ("", []),
        ("NEAR(", []),
        ("x" * 5_000, []),
    ],
)
def test_queries(index: TranscriptIndex, query: str, starts: list[float]) -> None:
    """Each query gives the places where its words are said, in order of time."""
    found = index.search(query)
    assert [hit.start_s for hit in found.hits] == starts
    assert found.widened == ()


def test_a_noun_is_found_under_its_conjunction_and_article(index: TranscriptIndex) -> None:
    """What is not found as written is looked for within words, and the answer says which."""
    found = index.search("أرصفة")
    assert [hit.start_s for hit in found.hits] == [10.0]
    assert found.widened == ("والارصفه",)
    assert found.hits[0].text == ARABIC[0].text


def test_the_first_page_says_that_there_are_more(index: TranscriptIndex) -> None:
    """A page holds as many hits as were asked for."""
    found = index.search("bell", most=1)
    assert len(found.hits) == 1 and found.has_more


def test_only_in_some_sources(index: TranscriptIndex) -> None:
    """A search can be kept to some transcripts."""
    assert index.search("bell", sources=("arabic",)).hits == ()
    assert len(index.search("bell", sources=("english", "arabic")).hits) == 2
