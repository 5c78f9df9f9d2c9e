"""Search in transcripts: a full-text index that is made from them at need, and can be deleted.

1. Segments are indexed by their folded words (SQLite FTS5, with prefixes), in order of exhibit and time.
2. A query's words must occur in one segment; words in quotation marks in that order. A word that
   ends in * stands for all that begin so.
3. Where nothing is found, each single word also stands for the words that contain it, so that a noun is
   found under its Arabic article or conjunction; the answer says so.
Hits come in the order of exhibits and time, so the first page takes as long as finding it, whatever
the number of hits.
"""

from __future__ import annotations

import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from earwitness.transcripts.folding import folded_words
from earwitness.transcripts.model import Segment

INDEX_VERSION = 1
MOST_VARIANTS = 40
_QUERY = re.compile(r'"([^"]*)"|“([^”]*)”|«([^»]*)»|([^\s"“”«»]+)')
_TABLES = """
CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE segment (id INTEGER PRIMARY KEY, source INTEGER NOT NULL, start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL, speaker TEXT NOT NULL, text TEXT NOT NULL);
CREATE VIRTUAL TABLE said USING fts5(words, content='', columnsize=0, prefix='2 3 4',
    tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co'");
CREATE TABLE term (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);
CREATE VIRTUAL TABLE term_parts USING fts5(word, content='', columnsize=0, detail=none,
    tokenize='trigram case_sensitive 1');
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in a transcript: its source as it was given to ``add``, its seconds, and what is said."""

    source: str
    start_s: float
    end_s: float
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found.

    Attributes
    ----------
    hits : tuple of Hit
    has_more : bool
        Whether there are more than were asked for.
    widened : tuple of str
        Other words that were looked for, because those of the query were not found.
    """

    hits: tuple[Hit, ...]
    has_more: bool
    widened: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Folded words that are said in that order; if it stands open, the last may go on."""

    words: tuple[str, ...]
    is_open: bool = False


class Search(ABC):
    """What a query means, wherever the indexed words lie."""

    def search(self, query: str, *, most: int = 20, sources: Sequence[str] = ()) -> Hits:
        """Find the segments in which a query's words are said.

        Parameters
        ----------
        query : str
        most : int
            How many to give.
        sources : sequence of str
            Only in these; in all where empty.
        """
        phrases = _phrases(query)
        if not phrases or most < 1:
            return Hits((), has_more=False)
        found = self._find([[phrase] for phrase in phrases], most, sources)
        if found:
            return Hits(tuple(found[:most]), len(found) > most)
        return self._widened(phrases, most, sources)

    def _widened(self, phrases: Sequence[Phrase], most: int, sources: Sequence[str]) -> Hits:
        """Let each single word of the query stand for the words that contain it; phrases stay."""
        groups: list[list[Phrase]] = []
        widened: list[str] = []
        for phrase in phrases:
            if len(phrase.words) > 1:
                groups.append([phrase])
                continue
            variants = self._containing(phrase.words[0])
            if not variants:
                return Hits((), has_more=False)
            widened += [each for each in variants if each != phrase.words[0]]
            groups.append([Phrase((each,)) for each in variants])
        found = self._find(groups, most, sources) if widened else []
        return Hits(tuple(found[:most]), len(found) > most, tuple(widened) if found else ())

    @abstractmethod
    def _containing(self, word: str) -> list[str]:
        """The indexed words that contain one, the shortest first; of a very short one, itself alone."""

    @abstractmethod
    def _find(
        self, groups: Sequence[Sequence[Phrase]], most: int, sources: Sequence[str]
    ) -> list[Hit]:
        """Segments in which of each group at least one phrase is said; one more than asked for, if any."""


class TranscriptIndex(Search):
    """A full-text index in one file, which holds nothing that cannot be made again."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA trusted_schema = OFF")
        self._connection.execute("PRAGMA cache_size = -65536")

    def __enter__(self) -> TranscriptIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @classmethod
    def new(cls, path: Path) -> TranscriptIndex:
        """Make an empty index; a killed process may leave a part of it, so build it under another name."""
        made = cls(path)
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            made._connection.execute(f"PRAGMA {pragma}")
        made._connection.executescript(_TABLES)
        return made

    @property
    def sources(self) -> frozenset[str]:
        """The names under which transcripts were added."""
        return frozenset(row[0] for row in self._connection.execute("SELECT name FROM source"))

    def add(self, source: str, segments: Iterable[Segment]) -> None:
        """Index a transcript's segments under a name that hits will carry."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN")
            number = cursor.execute("INSERT INTO source(name) VALUES (?)", (source,)).lastrowid
            first = cursor.execute("SELECT ifnull(max(id), 0) + 1 FROM segment").fetchone()[0]
            rows, words, terms = [], [], set()
            for identity, segment in enumerate(segments, start=first):
                folded = folded_words(segment.text)
                times = round(segment.start_s * 1000), round(segment.end_s * 1000)
                rows.append((identity, number, *times, segment.speaker, segment.text))
                words.append((identity, " ".join(folded)))
                terms.update(folded)
            cursor.executemany("INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?)", rows)
            cursor.executemany("INSERT INTO said(rowid, words) VALUES (?, ?)", words)
            self._add_terms(cursor, terms)
            cursor.execute("COMMIT")

    @staticmethod
    def _add_terms(cursor: sqlite3.Cursor, terms: set[str]) -> None:
        for term in sorted(terms):
            cursor.execute("INSERT OR IGNORE INTO term(word) VALUES (?)", (term,))
            if cursor.rowcount == 1:
                cursor.execute(
                    "INSERT INTO term_parts(rowid, word) VALUES (?, ?)", (cursor.lastrowid, term)
                )

    def _containing(self, word: str) -> list[str]:
        if len(word) < 3:
            sql = "SELECT word FROM term WHERE word = ?"
            return [row[0] for row in self._connection.execute(sql, (word,))]
        sql = (
            "SELECT term.word FROM term_parts JOIN term ON term.id = term_parts.rowid "
            "WHERE term_parts MATCH ? AND instr(term.word, ?) "
            "ORDER BY length(term.word), term.word LIMIT ?"
        )
        return [
            row[0] for row in self._connection.execute(sql, (_grams(word), word, MOST_VARIANTS))
        ]

    def _find(
        self, groups: Sequence[Sequence[Phrase]], most: int, sources: Sequence[str]
    ) -> list[Hit]:
        match = " AND ".join(f"({' OR '.join(map(_matched, group))})" for group in groups)
        within = ""
        if sources:
            within = f" AND source.name IN ({', '.join('?' * len(sources))})"
        sql = (
            "SELECT source.name, segment.start_ms, segment.end_ms, segment.speaker, segment.text "  # noqa: S608
            "FROM said CROSS JOIN segment ON segment.id = said.rowid "
            "CROSS JOIN source ON source.id = segment.source "
            f"WHERE said MATCH ?{within} ORDER BY said.rowid LIMIT ?"  # only question marks go in
        )
        rows = self._connection.execute(sql, (match, *sources, most + 1))
        return [
            Hit(name, start / 1000, end / 1000, who, text) for name, start, end, who, text in rows
        ]


def _phrases(query: str) -> list[Phrase]:
    """A query's phrases, folded."""
    phrases = []
    for found in _QUERY.finditer(query[:1_000]):
        text = found[1] or found[2] or found[3] or found[4] or ""
        words = folded_words(text)
        if words:
            phrases.append(Phrase(tuple(words), text.endswith("*")))
    return phrases


def _matched(phrase: Phrase) -> str:
    return _quoted(" ".join(phrase.words)) + (" *" if phrase.is_open else "")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _grams(word: str) -> str:
    return " AND ".join(_quoted(word[at : at + 3]) for at in range(len(word) - 2))
