"""Search in the transcripts of a case on a server: the index that all who serve the case share.

It finds what the index in a file finds (``earwitness.transcripts.index``), by the same folded words. The
words of each segment stand in one text, a blank before and behind each, and a query's phrases are
looked for in it. An inverted index would not be used here: row-level security lets no operator of
text search see a row before its desk was checked. So a search looks through the segments of one
case, and of no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from earwitness.store import tables
from earwitness.store.server import ServerDatabase
from earwitness.transcripts.folding import folded_words
from earwitness.transcripts.index import MOST_VARIANTS, Hit, Phrase, Search
from earwitness.transcripts.model import Segment

_AT_ONCE = 1_000  # rows in one insert


class ServerIndex(Search):
    """The index of some transcripts of a case, under a name that is made of what it holds."""

    def __init__(self, database: ServerDatabase, name: str) -> None:
        self._database = database
        self._name = name

    def make(self, transcripts: Iterable[tuple[str, Iterable[Segment]]]) -> None:
        """Index transcripts, each under the name that its hits will carry, unless that is done already.

        Of several that begin at once, one does it and the others wait. Older indexes are removed.
        """
        named = tables.said_indexes
        with self._database.server.transaction(self._database.case_id) as connection:
            here = sa.select(named.c.index).where(named.c.index == self._name)
            if connection.execute(here).first() is not None:
                return
            begun = connection.execute(
                sa.text(
                    "INSERT INTO said_indexes (index) VALUES (:name) "
                    "ON CONFLICT DO NOTHING RETURNING index"
                ),
                {"name": self._name},
            ).first()
            if begun is None:
                return
            connection.execute(sa.delete(named).where(named.c.index != self._name))
            self._fill(connection, transcripts)

    def _fill(
        self, connection: sa.Connection, transcripts: Iterable[tuple[str, Iterable[Segment]]]
    ) -> None:
        terms: set[str] = set()
        rows: list[dict[str, object]] = []
        place = 0
        for source, segments in transcripts:
            for segment in segments:
                folded = folded_words(segment.text)
                terms.update(folded)
                place += 1
                rows.append(
                    {
                        "index": self._name,
                        "place": place,
                        "source": source,
                        "start_ms": round(segment.start_s * 1000),
                        "end_ms": round(segment.end_s * 1000),
                        "speaker": _storable(segment.speaker),
                        "text": _storable(segment.text),
                        "words": f" {' '.join(folded)} ",
                    }
                )
        _insert(connection, tables.said_segments, rows)
        found = [{"index": self._name, "word": term} for term in sorted(terms)]
        _insert(connection, tables.said_terms, found)

    def _containing(self, word: str) -> list[str]:
        term = tables.said_terms.c
        fits = term.word == word if len(word) < 3 else sa.func.strpos(term.word, word) > 0
        query = (
            sa.select(term.word)
            .where(term.index == self._name, fits)
            .order_by(sa.func.length(term.word), term.word)
            .limit(MOST_VARIANTS)
        )
        with self._database.read() as transaction:
            return [str(row[0]) for row in transaction.connection.execute(query)]

    def _find(
        self, groups: Sequence[Sequence[Phrase]], most: int, sources: Sequence[str]
    ) -> list[Hit]:
        said = tables.said_segments.c
        query = (
            sa.select(said.source, said.start_ms, said.end_ms, said.speaker, said.text)
            .where(said.index == self._name)
            .order_by(said.place)
            .limit(most + 1)
        )
        for group in groups:
            query = query.where(
                sa.or_(*(sa.func.strpos(said.words, _pattern(phrase)) > 0 for phrase in group))
            )
        if sources:
            query = query.where(said.source.in_(sources))
        with self._database.read() as transaction:
            rows = transaction.connection.execute(query).all()
        return [
            Hit(name, start / 1000, end / 1000, who, text) for name, start, end, who, text in rows
        ]


def _pattern(phrase: Phrase) -> str:
    return f" {' '.join(phrase.words)}{'' if phrase.is_open else ' '}"


def _insert(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]
) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(sa.insert(table), [dict(row) for row in rows[start : start + _AT_ONCE]])


def _storable(text: str) -> str:
    """Text as a server takes it: without the one character that it can't store, and without halves."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
