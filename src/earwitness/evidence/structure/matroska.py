"""Matroska and WebM: EBML elements, whose sizes may be unknown while a stream is being recorded.

Source: RFC 8794 (EBML), RFC 9559 (Matroska).
"""

from __future__ import annotations

import math
import struct
from datetime import UTC, datetime

from earwitness.evidence.structure._draft import MAX_FRAMES, Draft
from earwitness.evidence.structure._source import Source
from earwitness.evidence.structure.pictures import HEADER_BYTES, media_type_of, pixels_of

_EBML, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
_EPOCH_2001 = datetime(2001, 1, 1, tzinfo=UTC)
_UNKNOWN_SIZE = -1
_DEEPEST = 8
_NAMES = {
    _EBML: "EBML",
    _SEGMENT: "Segment",
    0x114D9B74: "SeekHead",
    0x1549A966: "Info",
    0x1654AE6B: "Tracks",
    _CLUSTER: "Cluster",
    0x1C53BB6B: "Cues",
    0x1254C367: "Tags",
    0x1941A469: "Attachments",
    0x1043A770: "Chapters",
    0xEC: "Void",
    0xBF: "CRC-32",
    0xAE: "TrackEntry",
    0xE1: "Audio",
    0x7373: "Tag",
    0x67C8: "SimpleTag",
    0x61A7: "AttachedFile",
}
_LEVEL_ONE = frozenset(
    {0x114D9B74, 0x1549A966, 0x1654AE6B, _CLUSTER, 0x1C53BB6B, 0x1254C367, 0x1941A469, 0x1043A770}
)
_MASTERS = frozenset(
    {
        _EBML,
        _SEGMENT,
        0x1549A966,
        0x1654AE6B,
        0x1254C367,
        0x1941A469,
        0xAE,
        0xE1,
        0x7373,
        0x67C8,
        0x61A7,
    }
)
_DOCTYPE, _SCALE, _DURATION, _DATE = 0x4282, 0x2AD7B1, 0x4489, 0x4461
_TITLE, _MUXER, _WRITER = 0x7BA9, 0x4D80, 0x5741
_CODEC, _RATE, _CHANNELS, _TRACK_NAME = 0x86, 0xB5, 0x9F, 0x536E
_TAG_NAME, _TAG_TEXT = 0x45A3, 0x4487
_FILE_NAME, _FILE_TYPE, _FILE_DATA = 0x466E, 0x4660, 0x465C
_TEXTS = {_TITLE: "title", _MUXER: "muxing application", _WRITER: "writing application"}


def read_matroska(source: Source, draft: Draft) -> None:
    """Read the elements of a Matroska or WebM file."""
    draft.format = "Matroska"
    reader = _Elements(source, draft)
    reader.walk(0, source.size, depth=0, parent=0)
    reader.finish()


class _Elements:
    def __init__(self, source: Source, draft: Draft) -> None:
        self._source = source
        self._draft = draft
        self._scale_ns = 1_000_000
        self._duration: float | None = None
        self._name = ""
        self._blocks = 0
        self._order: list[str] = []

    def walk(self, start: int, end: int, *, depth: int, parent: int) -> int:
        """Read the elements in [start, end) and give the place behind the last one read."""
        while start < end:
            number, size, body = self._head(start)
            if number == 0 or (depth == 0 and number not in {_EBML, _SEGMENT, 0xEC}):
                self._draft.anomaly("no_element", "what follows is not an element", start)
                return start
            if parent == _CLUSTER and (number in _LEVEL_ONE or number in {_EBML, _SEGMENT}):
                return start
            if parent == _SEGMENT and number in {_EBML, _SEGMENT}:
                return start
            start = self._element(start, number, size, body, end, depth, parent)
        return start

    def _head(self, start: int) -> tuple[int, int, int]:
        raw = self._source.read(start, 12)
        if not raw or raw[0] < 0x10:
            return 0, 0, 0
        width = 9 - raw[0].bit_length()
        number = int.from_bytes(raw[:width], "big")
        rest = raw[width:]
        if not rest or rest[0] == 0:
            return 0, 0, 0
        size_width = 9 - rest[0].bit_length()
        if len(rest) < size_width:
            return 0, 0, 0
        size = int.from_bytes(rest[:size_width], "big") & (1 << 7 * size_width) - 1
        if size == (1 << 7 * size_width) - 1:
            size = _UNKNOWN_SIZE
        return number, size, start + width + size_width

    def _element(
        self, start: int, number: int, size: int, body: int, end: int, depth: int, parent: int
    ) -> int:
        unknown = size == _UNKNOWN_SIZE
        stop = end if unknown else body + size
        if stop > self._source.size:
            self._draft.anomaly(
                "element_beyond_file", "an element passes the end of the file", start
            )
        elif stop > end:
            self._draft.anomaly(
                "element_beyond_parent", "an element is longer than what holds it", start
            )
        name = _NAMES.get(number, "")
        if parent == _SEGMENT and len(self._order) < 1000:
            self._order.append(name or f"{number:X}")
        if unknown and number not in {_SEGMENT, _CLUSTER}:
            self._draft.anomaly("size_not_set", f"element {number:X} has no size", start)
        if number == _CLUSTER or (number in _MASTERS and depth < _DEEPEST):
            return self._master(start, number, body, min(stop, end), stop, depth, unknown=unknown)
        if number in _MASTERS:
            self._draft.anomaly("too_deep", f"elements nested more than {_DEEPEST} deep", start)
        if name:
            self._draft.element(start, stop - start, name, depth=depth)
        else:
            self._leaf(number, body, min(stop, end) - body, parent)
        return stop

    def _master(
        self,
        start: int,
        number: int,
        body: int,
        limit: int,
        stop: int,
        depth: int,
        *,
        unknown: bool,
    ) -> int:
        name = _NAMES[number]
        if number == _CLUSTER:
            after = self._cluster(body, limit) if unknown else stop
            self._draft.element(
                start, after - start, name, depth=depth, note="size unknown" if unknown else ""
            )
            return after
        if unknown:
            self._draft.fact("size_unknown", "yes")
        self._draft.element(
            start, stop - start, name, depth=depth, note="size unknown" if unknown else ""
        )
        after = self.walk(body, limit, depth=depth + 1, parent=number)
        return after if unknown else stop

    def _cluster(self, start: int, end: int) -> int:
        """The end of a cluster of unknown size: where something that no cluster holds begins."""
        while start < end and self._blocks < MAX_FRAMES:
            number, size, body = self._head(start)
            if number == 0 or number in _LEVEL_ONE or number in {_EBML, _SEGMENT}:
                return start
            self._blocks += 1
            start = max(body + size, start + 1) if size != _UNKNOWN_SIZE else end
        return min(start, end) if start < end else start

    def _leaf(self, number: int, body: int, size: int, parent: int) -> None:
        self._draft.visit()
        source, draft = self._source, self._draft
        if number in _TEXTS:
            text = source.text(body, size).decode("utf-8", "replace")
            draft.tag("Info", _TEXTS[number], text, length=size)
            if number in {_MUXER, _WRITER}:
                draft.encoder(text)
        elif number == _DOCTYPE:
            name = source.text(body, size)[:20].decode("latin-1").strip("\0")
            draft.format = "WebM" if name == "webm" else "Matroska"
            draft.fact("doctype", name)
        elif number == _SCALE:
            self._scale_ns = source.big(body, min(size, 8))
        elif number == _DURATION:
            self._duration = self._float(body, size)
        elif number == _DATE and size == 8:
            raw = int.from_bytes(source.read(body, 8), "big", signed=True)
            draft.seconds_since(_EPOCH_2001, raw / 1e9, where="Info date")
        elif parent in {0xAE, 0xE1}:
            self._track(number, body, size)
        elif parent in {0x67C8, 0x61A7}:
            self._named(number, body, size)

    def _track(self, number: int, body: int, size: int) -> None:
        if number == _CODEC:
            self._draft.fact("codec_id", self._source.text(body, size)[:60].decode("latin-1"))
        elif number == _TRACK_NAME:
            text = self._source.text(body, size).decode("utf-8", "replace")
            self._draft.tag("Track", "name", text, length=size)
        elif number == _CHANNELS:
            self._draft.fact("channels", self._source.big(body, min(size, 8)))
        elif number == _RATE:
            rate = self._float(body, size)
            if rate is not None:
                self._draft.fact("sample_rate_hz", rate)

    def _named(self, number: int, body: int, size: int) -> None:
        if number in {_TAG_NAME, _FILE_NAME}:
            self._name = self._source.text(body, size)[:200].decode("utf-8", "replace")
        elif number == _TAG_TEXT:
            text = self._source.text(body, size).decode("utf-8", "replace")
            self._draft.tag("Tags", self._name, text, length=size)
            if self._name.upper() in {"ENCODER", "ENCODED_BY"}:
                self._draft.encoder(text)
            if self._name.upper().startswith("DATE"):
                self._draft.time(f"Tags {self._name[:40]}", text, "as written")
        elif number == _FILE_DATA:
            head = self._source.read(body, min(size, HEADER_BYTES))
            kind = media_type_of(head)
            if kind:
                self._draft.picture(
                    "Attachments",
                    media_type=kind,
                    size=size,
                    pixels=pixels_of(head),
                    use=self._name,
                )
            else:
                self._draft.tag("Attachments", self._name, f"a file of {size:,} bytes", length=size)

    def _float(self, body: int, size: int) -> float | None:
        raw = self._source.read(body, size) if size in {4, 8} else b""
        if len(raw) != size or not raw:
            return None
        value = float(struct.unpack(">f" if size == 4 else ">d", raw)[0])
        return value if math.isfinite(value) else None

    def finish(self) -> None:
        """State the duration and the order."""
        if self._duration is not None and 0 < self._duration * self._scale_ns < 1e18:
            self._draft.fact("header_duration_s", round(self._duration * self._scale_ns / 1e9, 4))
        folded = [
            kind for at, kind in enumerate(self._order) if at == 0 or kind != self._order[at - 1]
        ]
        self._draft.fact("order", ", ".join(folded[:40]))
        if "Tracks" not in self._order:
            self._draft.anomaly("no_tracks", "no track is described")
