"""The index finds what is said, in any spelling, with the seconds in which it is said.

The same cases for the index in a file and for the one on a server.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import servers
from earwitness.store.place import database_of, place_new
from earwitness.store.said import ServerIndex
from earwitness.store.server import ServerDatabase
from earwitness.transcripts import Segment
from earwitness.transcripts.index import Search, TranscriptIndex

ENGLISH = (
    Segment(1.0, 2.0, "Keep the lamps dry, and wait for the bell."),
    Segment(2.0, 3.5, "The bell of Vey Ambar is rung."),
)
ARABIC = (Segment(10.0, 12.0, "والأرصفةُ في مدينةٍ على البحر"), Segment(12.0, 13.0, "ایران و کتاب"))


def on_server(folder: Path, *transcripts: tuple[str, Sequence[Segment]]) -> ServerIndex:
    """An index of transcripts on the server."""
    folder.mkdir()
    place_new(folder)
    database = database_of(folder)
    assert isinstance(database, ServerDatabase)
    database.make()
    made = ServerIndex(database, "first")
    made.make(transcripts)
    return made


@pytest.fixture
def index(tmp_path: Path, each_store: str) -> Iterator[Search]:
    """An index of two transcripts, of each kind."""
    if each_store == "server":
        yield on_server(tmp_path / "case", ("english", ENGLISH), ("arabic", ARABIC))
        return
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
def test_queries(index: Search, query: str, starts: list[float]) -> None:
    """Each query gives the places where its words are said, in order of time."""
    found = index.search(query)
    assert [hit.start_s for hit in found.hits] == starts
    assert found.widened == ()


def test_a_noun_is_found_under_its_conjunction_and_article(index: Search) -> None:
    """What is not found as written is looked for within words, and the answer says which."""
    found = index.search("أرصفة")
    assert [hit.start_s for hit in found.hits] == [10.0]
    assert found.widened == ("والارصفه",)
    assert found.hits[0].text == ARABIC[0].text


def test_the_first_page_says_that_there_are_more(index: Search) -> None:
    """A page holds as many hits as were asked for."""
    found = index.search("bell", most=1)
    assert len(found.hits) == 1 and found.has_more


def test_only_in_some_sources(index: Search) -> None:
    """A search can be kept to some transcripts."""
    assert index.search("bell", sources=("arabic",)).hits == ()
    assert len(index.search("bell", sources=("english", "arabic")).hits) == 2


WORDS = ("bell", "bells", "Bell's", "lamp", "der", "Straße", "والأرصفةُ", "أرصفة", "في", "مدينةٍ",
         "کتاب", "الكتاب", "٣", "3", "é", "e\u0301", "港", "東京", "x", "xy", "OR", "*")  # fmt: skip
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join), min_size=1, max_size=8)
QUERIES = st.lists(
    st.one_of(
        st.sampled_from(WORDS),
        st.sampled_from(WORDS).map(lambda word: word[:3] + "*"),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(lambda w: f'"{" ".join(w)}"'),
    ),
    min_size=1,
    max_size=3,
).map(" ".join)


def test_both_kinds_find_the_same(
    tmp_path_factory: pytest.TempPathFactory, server_store: servers.Cluster
) -> None:
    """Whatever is said and whatever is asked, file and server give the same hits and the same variants."""

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(texts=TEXTS, queries=st.lists(QUERIES, min_size=1, max_size=6))
    def compare(texts: list[str], queries: list[str]) -> None:
        folder = tmp_path_factory.mktemp("both")
        said = [Segment(float(at), at + 1.0, text) for at, text in enumerate(texts)]
        shared = on_server(folder / "case", ("a", said[::2]), ("b", said[1::2]))
        with TranscriptIndex.new(folder / "said.index") as own:
            own.add("a", said[::2])
            own.add("b", said[1::2])
            for query in queries:
                assert shared.search(query, most=3) == own.search(query, most=3), query

    compare()


def test_an_index_on_the_server_gives_way_to_the_next(
    tmp_path: Path, server_store: servers.Cluster
) -> None:
    """What was indexed before is removed, and making the same one again changes nothing."""
    first = on_server(tmp_path / "case", ("english", ENGLISH))
    database = database_of(tmp_path / "case")
    assert isinstance(database, ServerDatabase)
    second = ServerIndex(database, "second")
    for _ in range(2):
        second.make([("arabic", ARABIC)])
    assert first.search("bell").hits == ()
    assert [hit.start_s for hit in second.search("مدينه").hits] == [10.0]


def test_text_that_a_server_cannot_store_is_searched_all_the_same(
    tmp_path: Path, server_store: servers.Cluster
) -> None:
    """A zero byte or half a character in a transcript does not keep its words from being found."""
    index = on_server(tmp_path / "case", ("odd", (Segment(1.0, 2.0, "a\0 bell \ud800", "\0"),)))
    assert [hit.start_s for hit in index.search("bell").hits] == [1.0]
