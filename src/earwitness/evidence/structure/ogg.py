"""Ogg: pages with checksums and sequence numbers, and the headers of Opus, Vorbis and others.

Source: RFC 3533 (Ogg), RFC 7845 (Opus in Ogg), https://xiph.org/vorbis/doc/Vorbis_I_spec.html
"""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field

from earwitness.evidence.structure._draft import Draft
from earwitness.evidence.structure._source import Source
from earwitness.evidence.structure.vorbis_comment import read_vorbis_comment_bytes

MAX_PAGES = 2_000_000  # 11 hours of pages that hold 20 ms each
_HEAD = 27
_MAX_STREAMS = 64
_MAX_HEADER_PACKET = 1 << 18
_STEPS_COUNTED = 64
_NO_GRANULE = (1 << 64) - 1
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def ogg_checksum(page: bytes) -> int:
    """The checksum of a page, whatever its checksum field holds.

    Ogg feeds its bits highest first, zlib lowest first; mirrored bytes make the one the other.
    """
    blank = page[:22] + bytes(4) + page[26:]
    mirrored = zlib.crc32(blank.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "big").translate(_REVERSED), "little")


def read_ogg(source: Source, draft: Draft) -> None:
    """Read the pages of an Ogg file."""
    draft.format = "Ogg"
    _Pages(source, draft).read()


@dataclass(slots=True)
class _Stream:
    serial: int
    name: str = ""
    rate: int = 0
    pre_skip: int = 0
    pages: int = 0
    next_page: int = 0
    first_granule: int = -1
    granule: int = -1
    ended: bool = False
    packet: bytes = b""
    packet_size: int = 0
    packets: int = 0
    headers: int = 2
    steps: Counter[int] = field(default_factory=Counter)


class _Pages:
    def __init__(self, source: Source, draft: Draft) -> None:
        self._source = source
        self._draft = draft
        self._streams: dict[int, _Stream] = {}  # those that are open, and the latest that ended
        self._first: _Stream | None = None
        self._count_all = 0
        self._pages_all = 0
        self._seconds = 0.0
        self._codecs: set[str] = set()
        self._links = 0
        self._sound_seen = False
        self._bad_checksums = 0

    def read(self) -> None:
        place = pages = 0
        while place + _HEAD <= self._source.size:
            size = self._page(place)
            if size:
                place, pages = place + size, pages + 1
                if pages < MAX_PAGES:
                    continue
                self._draft.anomaly("too_many_pages", f"pages beyond {MAX_PAGES:,} were not read")
                self._draft.end = self._source.size
                break
            found = self._source.find(b"OggS", place + 1, self._source.size)
            if found < 0:
                break
            self._draft.element(place, found - place, "unrecognised bytes")
            self._draft.anomaly(
                "foreign_bytes",
                f"{found - place:,} bytes at {place:,} are not part of a page",
                place,
            )
            place = found
        self._finish()

    def _page(self, place: int) -> int:
        head = self._source.read(place, _HEAD)
        if head[:4] != b"OggS" or len(head) < _HEAD or head[4] != 0:
            return 0
        lacing = self._source.read(place + _HEAD, head[26])
        size = _HEAD + head[26] + sum(lacing)
        page = self._source.read(place, size)
        serial = int.from_bytes(head[14:18], "little")
        stream = self._stream(serial, place, begins=bool(head[5] & 2))
        kind = f"page of stream {serial:08x}"
        note = "begins a stream" if head[5] & 2 else "ends the stream" if head[5] & 4 else ""
        if head[5] & 6:  # the row of a first or last page is never folded away
            self._draft.run(place, size, kind, 1, note=note)
        else:
            self._draft.element(place, size, kind, counted=False)
        if len(page) < size or len(lacing) < head[26]:
            self._draft.anomaly("cut_page", "the last page is cut short", place)
        else:
            self._check_sum(page, head, place)
        self._count(stream, head, place)
        self._header_packets(stream, lacing, page[_HEAD + head[26] :])
        return size

    def _check_sum(self, page: bytes, head: bytes, place: int) -> None:
        stated = int.from_bytes(head[22:26], "little")
        if ogg_checksum(page) != stated:
            self._bad_checksums += 1
            self._draft.anomaly(
                "bad_checksum", f"the checksum of the page at {place:,} is wrong", place
            )

    def _stream(self, serial: int, place: int, *, begins: bool) -> _Stream:
        stream = self._streams.get(serial)
        if begins and stream is not None:
            self._draft.anomaly("serial_again", f"stream {serial:08x} begins a second time", place)
            self._close(self._streams.pop(serial))
            stream = None
        if stream is None:
            if len(self._streams) >= _MAX_STREAMS:
                self._close(self._streams.pop(next(iter(self._streams))))
            if not begins:
                self._draft.anomaly(
                    "no_beginning", f"stream {serial:08x} lacks its first page", place
                )
            if self._sound_seen:
                self._links += 1
                self._draft.anomaly(
                    "chained",
                    "another stream follows: files were joined, or recording resumed",
                    place,
                )
                self._sound_seen = False
            stream = self._streams[serial] = _Stream(serial)
            self._first = self._first or stream
        return stream

    def _count(self, stream: _Stream, head: bytes, place: int) -> None:
        granule = int.from_bytes(head[6:14], "little")
        number = int.from_bytes(head[18:22], "little")
        if stream.ended:
            self._draft.anomaly("page_after_end", "a page follows the end of its stream", place)
        if stream.pages and number != stream.next_page:
            self._draft.anomaly(
                "sequence_gap", f"page {number:,} follows page {stream.next_page - 1:,}", place
            )
        stream.pages += 1
        stream.next_page = number + 1 & 0xFFFFFFFF
        stream.ended = bool(head[5] & 4)
        if granule == _NO_GRANULE:
            return
        if granule < stream.granule:
            self._draft.anomaly("time_goes_back", f"time goes back at page {number:,}", place)
        if granule > 0:
            self._sound_seen = True
            if stream.first_granule < 0:
                stream.first_granule = granule
            step = granule - max(stream.granule, 0)
            if step in stream.steps or len(stream.steps) < _STEPS_COUNTED:
                stream.steps[step] += 1
        stream.granule = granule

    def _header_packets(self, stream: _Stream, lacing: bytes, body: bytes) -> None:
        if stream.packets >= stream.headers:
            return
        place = 0
        for length in lacing:
            room = _MAX_HEADER_PACKET - len(stream.packet)
            stream.packet += body[place : place + min(length, room)]
            stream.packet_size += length
            place += length
            if length < 255:
                self._packet(stream)
                stream.packets += 1
                stream.packet, stream.packet_size = b"", 0
                if stream.packets >= stream.headers:
                    return

    def _packet(self, stream: _Stream) -> None:
        data, draft = stream.packet, self._draft
        if data.startswith(b"OpusHead") and len(data) >= 19:
            stream.name, stream.rate = "Opus", 48_000
            stream.pre_skip = int.from_bytes(data[10:12], "little")
            draft.fact("channels", data[9])
            draft.fact("pre_skip_samples", stream.pre_skip)
            draft.fact("input_sample_rate_hz", int.from_bytes(data[12:16], "little"))
            draft.fact("output_gain_db", int.from_bytes(data[16:18], "little", signed=True) / 256)
        elif data.startswith(b"OpusTags"):
            self._comments(stream, data[8:], "OpusTags")
        elif data.startswith(b"\x01vorbis") and len(data) >= 28:
            stream.name, stream.rate = "Vorbis", int.from_bytes(data[12:16], "little")
            draft.fact("channels", data[11])
            draft.fact("sample_rate_hz", stream.rate)
        elif data.startswith(b"\x03vorbis"):
            self._comments(stream, data[7:], "Vorbis comment")
        elif data.startswith(b"\x7fFLAC") and len(data) >= 51:
            stream.name, stream.rate = "FLAC", int.from_bytes(data[27:30], "big") >> 4
        elif data.startswith(b"Speex   ") and len(data) >= 52:
            stream.name, stream.rate = "Speex", int.from_bytes(data[36:40], "little")
            draft.fact("sample_rate_hz", stream.rate)
        elif stream.name == "FLAC" and data and data[0] & 0x7F == 4:
            self._comments(stream, data[4:], "FLAC comment")
        elif stream.name == "Speex" and stream.packets == 1:
            self._comments(stream, data, "Speex comment")
        elif not stream.name:
            stream.name = "a codec that is not known here"

    def _comments(self, stream: _Stream, data: bytes, where: str) -> None:
        length = stream.packet_size - (len(stream.packet) - len(data))
        vendor = read_vorbis_comment_bytes(data, self._draft, where=where, length=length)
        self._draft.fact("vendor", vendor)
        self._draft.fact("comment_packet_bytes", stream.packet_size)

    def _close(self, stream: _Stream) -> None:
        if not stream.ended:
            self._draft.anomaly(
                "no_end_page", f"stream {stream.serial:08x} has no last page: it was cut off"
            )
        if stream.rate and 0 < stream.granule < 1 << 62:
            self._seconds += max(0, stream.granule - stream.pre_skip) / stream.rate
        self._count_all += 1
        self._pages_all += stream.pages
        if len(self._codecs) < _MAX_STREAMS and stream.name:
            self._codecs.add(stream.name)

    def _finish(self) -> None:
        for stream in self._streams.values():
            self._close(stream)
        draft, first = self._draft, self._first
        draft.fact("streams", self._count_all)
        draft.fact("chained_streams", self._links)
        draft.fact("pages", self._pages_all)
        draft.fact("pages_with_bad_checksum", self._bad_checksums)
        draft.fact("codecs", ", ".join(sorted(self._codecs)))
        if 0 < self._seconds < 1e9:
            draft.fact("header_duration_s", round(self._seconds, 4))
        if first is not None and first.steps and first.rate:
            step = first.steps.most_common(1)[0][0]
            draft.fact("usual_page_ms", round(1000 * step / first.rate, 2))
