"""A structure while it is being read: everything that is added to it is bounded here, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from earwitness.evidence.names import safe_text
from earwitness.evidence.structure._source import Source
from earwitness.evidence.structure.model import (
    UNKNOWN,
    Anomaly,
    Element,
    Picture,
    Rest,
    Stamp,
    Structure,
    Tag,
)

MAX_VISITS = 400_000  # elements looked at; beyond, reading stops and says so
MAX_FRAMES = 4_000_000  # frames of a stream counted: more than 24 hours of any common codec
MAX_ROWS = 2_000
SHOWN_OF_A_KIND = 4  # like siblings in rows of their own; the others are folded into one row
MAX_TAGS = 200
MAX_TEXT = 500
MAX_PICTURES = 20
MAX_TIMES = 100
MAX_KINDS_OF_ANOMALY = 50
MAX_ENCODERS = 20
MAX_FACTS = 200
EPOCH_1904 = datetime(1904, 1, 1, tzinfo=UTC)
EPOCH_1970 = datetime(1970, 1, 1, tzinfo=UTC)


class EnoughRead(Exception):
    """More elements than a recording has: reading stops here."""


class Draft:
    """Collects what a parser finds."""

    def __init__(self, size: int) -> None:
        self.format = UNKNOWN
        self.end = 0
        self.tag_count = 0
        self.picture_count = 0
        self.facts: dict[str, str | int | float] = {}
        self._size = size
        self._visits = 0
        self._rows: list[Element] = []
        self._folded: dict[int, list[int]] = {}  # by row: the sum of sizes, and how many
        self._siblings: list[dict[str, list[int]]] = []
        self._muted_below: int | None = None
        self._tags: list[Tag] = []
        self._times: list[Stamp] = []
        self._pictures: list[Picture] = []
        self._anomalies: dict[str, Anomaly] = {}
        self._anomaly_counts: dict[str, int] = {}
        self._encoders: list[str] = []

    def visit(self) -> None:
        """Count one element looked at.

        Raises
        ------
        EnoughRead
            Beyond ``MAX_VISITS``.
        """
        self._visits += 1
        if self._visits > MAX_VISITS:
            self.anomaly(
                "too_many_elements", f"more than {MAX_VISITS:,} parts; the rest was not read"
            )
            raise EnoughRead

    def element(
        self,
        offset: int,
        size: int,
        kind: str,
        *,
        depth: int = 0,
        note: str = "",
        counted: bool = True,
    ) -> None:
        """Add a part; from the fifth of a kind under one parent on, they share a row.

        Parts that are not ``counted`` as visits have a bound of their own in their parser.
        """
        if counted:
            self.visit()
        if depth == 0:
            self.end = max(self.end, offset + size)
        if self._muted_below is not None and depth > self._muted_below:
            return
        self._muted_below = None
        kind = _safe_kind(kind)
        del self._siblings[depth + 1 :]
        while len(self._siblings) <= depth:
            self._siblings.append({})
        seen = self._siblings[depth].setdefault(kind, [0, -1])
        seen[0] += 1
        if seen[0] <= SHOWN_OF_A_KIND:
            self._append(Element(offset, size, kind, depth, safe_text(note, 300)))
            return
        self._muted_below = depth
        if seen[1] < 0:
            seen[1] = len(self._rows)
            self._append(Element(offset, size, kind, depth))
            self._folded[seen[1]] = [size, 1]
        else:
            folded = self._folded[seen[1]]
            folded[0] += size
            folded[1] += 1

    def run(
        self, offset: int, size: int, kind: str, count: int, *, depth: int = 0, note: str = ""
    ) -> None:
        """Add a row for ``count`` like parts that follow each other, counted by the parser."""
        self.visit()
        if depth == 0:
            self.end = max(self.end, offset + size)
        self._append(Element(offset, size, safe_text(kind, 60), depth, safe_text(note, 300), count))

    def tag(self, where: str, name: str, value: str, *, length: int | None = None) -> None:
        """Add a name and its text; the first 200 are kept, all are counted."""
        self.tag_count += 1
        if len(self._tags) < MAX_TAGS:
            size = len(value.encode("utf-8", "surrogatepass")) if length is None else length
            texts = safe_text(name, 100), safe_text(value.rstrip("\0"), MAX_TEXT)
            self._tags.append(Tag(where, *texts, size))

    def encoder(self, text: str) -> None:
        """Add the name of a piece of encoding software, once."""
        shown = safe_text(text.strip("\0 "), 200)
        if shown and shown not in self._encoders and len(self._encoders) < MAX_ENCODERS:
            self._encoders.append(shown)

    def fact(self, name: str, value: str | int | float) -> None:
        """State a value of the header; the first of a name stays."""
        if name not in self.facts and len(self.facts) < MAX_FACTS:
            self.facts[name] = safe_text(value, MAX_TEXT) if isinstance(value, str) else value

    def time(self, where: str, moment: str, basis: str) -> None:
        """Add a time as written."""
        if len(self._times) < MAX_TIMES:
            self._times.append(Stamp(where, safe_text(moment, 60), basis))

    def seconds_since(self, epoch: datetime, seconds: float, *, where: str) -> None:
        """Add a time that is counted in seconds from an epoch; zero means that it was not set."""
        basis = f"seconds since {epoch:%Y-%m-%d} UTC"
        if seconds == 0:
            self.time(where, "not set", basis)
            return
        try:
            moment = epoch + timedelta(seconds=seconds)
        except (OverflowError, ValueError):
            self.anomaly("impossible_time", f"{where} holds a time beyond the year 9999")
            return
        if moment == EPOCH_1970:  # what a program writes whose own clock counts from there
            self.time(where, "not set (reads 1970-01-01)", basis)
            return
        self.time(where, f"{moment:%Y-%m-%dT%H:%M:%SZ}", basis)
        if moment < EPOCH_1970 or moment.year > 2100:
            self.anomaly(
                "implausible_time",
                f"{where} reads {moment:%Y-%m-%d}, which no recorder's clock shows",
            )

    def picture(
        self,
        where: str,
        *,
        media_type: str,
        size: int,
        pixels: tuple[int, int] | None,
        use: str = "",
    ) -> None:
        """Add a picture; the first 20 are kept, all are counted."""
        self.picture_count += 1
        width, height = pixels or (None, None)
        if len(self._pictures) < MAX_PICTURES:
            kind = safe_text(media_type, 60)
            self._pictures.append(Picture(where, kind, size, width, height, safe_text(use, 60)))

    def anomaly(self, kind: str, text: str, offset: int = 0) -> None:
        """Add something that does not add up; of each kind the first is kept, all are counted."""
        if kind in self._anomalies:
            self._anomaly_counts[kind] += 1
        elif len(self._anomalies) < MAX_KINDS_OF_ANOMALY:
            self._anomalies[kind] = Anomaly(kind, safe_text(text, 300), offset)
            self._anomaly_counts[kind] = 1

    def finish(self, source: Source) -> Structure:
        """Close the account: what lies behind the end, or what is missing."""
        for index, (size, count) in self._folded.items():
            if index < len(self._rows):
                self._rows[index] = replace(self._rows[index], size=size, count=count)
        rest = None
        if self.end < source.size:
            looks_like = describe_bytes(source, self.end, source.size - self.end)
            rest = Rest(self.end, source.size - self.end, looks_like)
        return Structure(
            format=self.format,
            elements=tuple(self._rows),
            tags=tuple(self._tags),
            tag_count=self.tag_count,
            times=tuple(self._times),
            pictures=tuple(self._pictures),
            picture_count=self.picture_count,
            anomalies=tuple(
                replace(item, count=self._anomaly_counts[kind])
                for kind, item in self._anomalies.items()
            ),
            encoders=tuple(self._encoders),
            facts=self.facts,
            file_size=source.size,
            declared_end=self.end,
            rest=rest,
        )

    def _append(self, row: Element) -> None:
        if len(self._rows) < MAX_ROWS:
            self._rows.append(row)
        elif len(self._rows) == MAX_ROWS:
            self.anomaly(
                "too_many_rows", f"more than {MAX_ROWS:,} different parts; not all are listed"
            )


@lru_cache(maxsize=1024)
def _safe_kind(kind: str) -> str:
    return safe_text(kind, 60)


_MAGIC = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ", "a program (DOS or Windows)"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a RIFF file"),
    (b"OggS", "an Ogg page"),
    (b"ID3", "an ID3v2 tag"),
    (b"TAG", "an ID3v1 tag"),
    (b"APETAGEX", "an APE tag"),
    (b"fLaC", "a FLAC file"),
    (b"\x1aE\xdf\xa3", "a Matroska file"),
)


def describe_bytes(source: Source, offset: int, size: int) -> str:
    """What a stretch of unexplained bytes looks like, by its beginning."""
    head = source.read(offset, min(size, 4096))
    if not head.strip(b"\0"):
        return "zeros" if source.is_zero(offset, size) else "zeros, then other bytes"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return f"begins like {name}"
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"free"}:
        return "begins like an MP4 file"
    if sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in head) > 0.95 * len(head):
        return safe_text(f"text that begins: {head[:60].decode('ascii', 'replace')}", 100)
    return f"bytes that begin {head[:8].hex(' ')}"
