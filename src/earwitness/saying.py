"""What is said, over a case's transcripts: read, searched, and drafted from what was heard."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from earwitness.archive.index import open_archive
from earwitness.errors import UnknownExhibit
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.outcome import Finding
from earwitness.store.database import CaseDatabase, Examined
from earwitness.store.said import ServerIndex
from earwitness.store.server import ServerDatabase
from earwitness.transcripts import Segment, Transcript, Word, read_transcript
from earwitness.transcripts.collection import Collection, Entry
from earwitness.transcripts.exhibits import transcript_of, transcripts_of
from earwitness.transcripts.index import INDEX_VERSION, Hits, TranscriptIndex
from earwitness.transcripts.reading import READER_VERSION
from earwitness.transcripts.text import MAX_BYTES


def read_file(path: Path, *, tier: str = "") -> Transcript:
    """Read a transcript's file; of an ELAN file one tier alone, if it is named.

    Raises
    ------
    BadTranscript
    """
    with path.open("rb") as file:
        return read_transcript(file.read(MAX_BYTES + 1), tier=tier)


def transcripts(exhibits: Iterable[Exhibit], *, of: str = "") -> list[tuple[Exhibit, Transcript]]:
    """The transcripts among a case's exhibits; only those of one recording if its hash is given.

    Raises
    ------
    BadTranscript
    """
    listed = [exhibit for exhibit in exhibits if exhibit.role is Role.TRANSCRIPT]
    if of:
        return transcripts_of(listed, of)
    return [(exhibit, transcript_of(exhibit)) for exhibit in listed]


def search(
    exhibits: Sequence[Exhibit], cache: Path, query: str, *, most: int, database: CaseDatabase
) -> Hits:
    """Find words in all transcripts of a case; hits name the transcript's SHA-256.

    The index lies in the cache, or on the server that has the case, under a name made of the
    transcripts' hashes and the versions of reader and index, so that it is never out of date; one
    that no longer serves is removed.
    """
    listed = [exhibit for exhibit in exhibits if exhibit.role is Role.TRANSCRIPT]
    key = json.dumps([READER_VERSION, INDEX_VERSION, *(each.sha256 for each in listed)])
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    if isinstance(database, ServerDatabase):
        shared = ServerIndex(database, name)
        shared.make((each.sha256, transcript_of(each).segments) for each in listed)
        return shared.search(query, most=most)
    folder = cache / "said"
    path = folder / f"{name}.index"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _build(path, listed)
    with TranscriptIndex(path) as index:
        return index.search(query, most=most)


@dataclass(frozen=True, slots=True)
class ArchiveHits:
    """What was found in one archive's transcripts, and whose words they are."""

    archive: Path
    entries: Mapping[str, Entry]
    hits: Hits


def search_archives(folders: Iterable[Path], query: str, *, most: int) -> list[ArchiveHits]:
    """Find words in the transcripts that lie beside archives; those without any are left out."""
    found = []
    for folder in folders:
        collection = Collection(folder)
        entries = collection.entries
        if entries:
            found.append(ArchiveHits(folder, entries, collection.search(query, most=most)))
    return found


def transcribe_archived(archive: Path, path: Path, *, of: str) -> Entry:
    """Add the transcript of an archived recording, which is named by its name or its hash's beginning.

    Raises
    ------
    UnknownExhibit
        If the archive knows no such recording, or several.
    BadTranscript
    """
    known = {
        each.sha256: each.name
        for each in open_archive(archive).known()
        if each.name == of or (len(of) >= 4 and each.sha256.startswith(of))
    }
    if len(known) != 1:
        raise UnknownExhibit(
            "no single recording of the archive is meant",
            got=f"{of}: {len(known)} that fit",
            expected="its name, or the first four digits or more of its hash",
        )
    ((sha256, name),) = known.items()
    entry = Entry(sha256, name, path.name)
    with path.open("rb") as file:
        Collection(archive).add(file.read(MAX_BYTES + 1), entry)
    return entry


def _build(path: Path, listed: Sequence[Exhibit]) -> None:
    part = path.with_name(f".{os.getpid()}-{secrets.token_hex(8)}.part")
    try:
        with TranscriptIndex.new(part) as index:
            for exhibit in listed:
                index.add(exhibit.sha256, transcript_of(exhibit).segments)
        for old in path.parent.glob("*.index"):
            old.unlink(missing_ok=True)
        part.replace(path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def heard_words(outcomes: Iterable[Examined], sha256: str) -> Transcript:
    """What ``words`` heard in a recording, as a draft.

    Raises
    ------
    UnknownExhibit
        If it was not carried out on it, or heard nothing.
    """
    for examined in outcomes:
        outcome = examined.outcome
        if examined.exhibit != sha256 or not examined.method.startswith("words_v"):
            continue
        if isinstance(outcome, Finding) and outcome.details["segments"]:
            segments = tuple(_segment(each) for each in outcome.details["segments"])
            by = f"{examined.method} with {outcome.details['model']['name']}"
            return Transcript(segments, language=outcome.details["language"], by=by)
    raise UnknownExhibit(
        "no words were heard in that recording",
        got=sha256[:12],
        do="examine it first with: earwitness examine CASE --only words",
    )


def _segment(data: dict[str, list[list[str | float]]]) -> Segment:
    words = tuple(
        Word(str(text), float(start), float(end), float(probability))
        for text, start, end, probability in data["words"]
    )
    return Segment(
        words[0].start_s, words[-1].end_s, " ".join(word.text for word in words), "", words
    )
