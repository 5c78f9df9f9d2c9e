"""Transcripts of an archive's recordings: their files as received, and one index over all of them.

A folder with ``originals/`` (each file under its SHA-256), ``entries.json`` (whose words they are) and
``index``. An original is written first, then its entry, then the index; whatever a killed process
left out of the index is added when it is next opened, and the index can be deleted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from earwitness.atomic import write_whole
from earwitness.errors import BadTranscript
from earwitness.transcripts.index import INDEX_VERSION, Hits, TranscriptIndex
from earwitness.transcripts.reading import READER_VERSION, read_transcript
from earwitness.transcripts.text import MAX_BYTES

FOLDER = "said"  # within an archive's folder
MAX_ENTRIES_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """Whose words a transcript says: the recording's SHA-256 and name, and the transcript's own name."""

    of: str
    recording: str
    name: str


class Collection:
    """The transcripts that lie beside an archive's fingerprints.

    Parameters
    ----------
    archive : Path
        The archive's folder; it need not hold any transcript yet.
    """

    def __init__(self, archive: Path) -> None:
        self._folder = archive / FOLDER

    @property
    def entries(self) -> dict[str, Entry]:
        """All transcripts by their SHA-256.

        Raises
        ------
        BadTranscript
            If the list of them is damaged.
        """
        path = self._folder / "entries.json"
        if not path.exists():
            return {}
        try:
            if path.stat().st_size > MAX_ENTRIES_BYTES:
                raise ValueError("it is too large")
            data = json.loads(path.read_text("utf-8"))
            return {str(key): Entry(**value) for key, value in data.items()}
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise BadTranscript(
                "the list of an archive's transcripts is damaged",
                got=f"{path}: {error}",
                do="delete it, and add the transcripts again",
            ) from error

    def add(self, content: bytes, entry: Entry) -> bool:
        """Add a transcript's file; False if these bytes are there already.

        Raises
        ------
        BadTranscript
            If it can't be read.
        """
        read_transcript(content)
        sha256 = hashlib.sha256(content).hexdigest()
        entries = self.entries
        if sha256 in entries:
            return False
        (self._folder / "originals").mkdir(parents=True, exist_ok=True)
        write_whole(self._folder / "originals" / sha256, content)
        entries[sha256] = entry
        listed = {key: asdict(each) for key, each in sorted(entries.items())}
        write_whole(self._folder / "entries.json", json.dumps(listed, ensure_ascii=False).encode())
        return True

    def search(self, query: str, *, most: int = 20) -> Hits:
        """Find words in all of them; hits name the transcript's SHA-256."""
        entries = self.entries
        if not entries:
            return Hits((), has_more=False)
        path = self._folder / f"index-{READER_VERSION}-{INDEX_VERSION}"
        self._bring_up_to_date(path, entries)
        with TranscriptIndex(path) as index:
            return index.search(query, most=most)

    def _bring_up_to_date(self, path: Path, entries: Mapping[str, Entry]) -> None:
        """Index what is not indexed yet; one of another version, or with what is gone, is made anew."""
        indexed: frozenset[str] = frozenset()
        if path.exists():
            with TranscriptIndex(path) as index:
                indexed = index.sources
        if not path.exists() or not indexed <= entries.keys():
            for old in self._folder.glob("index-*"):
                old.unlink(missing_ok=True)
            part = path.with_suffix(".part")
            part.unlink(missing_ok=True)
            with TranscriptIndex.new(part):
                pass
            part.replace(path)
            indexed = frozenset()
        with TranscriptIndex(path) as index:
            for sha256 in sorted(entries.keys() - indexed):
                with suppress(FileNotFoundError, BadTranscript):  # somebody removed or changed it
                    content = (self._folder / "originals" / sha256).read_bytes()
                    if hashlib.sha256(content).hexdigest() == sha256:
                        index.add(sha256, read_transcript(content[: MAX_BYTES + 1]).segments)
