"""AAC in ADTS: frames, each with a header of its own.

Source: ISO/IEC 13818-7, section 6.2; sampling frequencies from ISO/IEC 14496-3, table 1.18.
"""

from __future__ import annotations

from earwitness.evidence.structure._draft import MAX_FRAMES, Draft
from earwitness.evidence.structure._source import Source
from earwitness.evidence.structure.id3 import add_tail, read_id3v2, read_tail

_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_PROFILES = ("Main", "LC", "SSR", "LTP")
_MAX_LOST = 1 << 24  # bytes searched for the next frame, in the whole file
_MAX_TRIES = 1 << 20  # places looked at more closely on the way


def adts_frame_size(head: bytes) -> int:
    """The size of the ADTS frame that begins with these 7 bytes, or 0 where none does."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    if head[2] >> 2 & 15 >= len(_RATES):
        return 0
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return size if size >= 7 else 0


def is_adts(source: Source, start: int) -> bool:
    """Whether two ADTS frames follow each other from ``start``."""
    size = adts_frame_size(source.read(start, 7))
    if not size:
        return False
    return start + size == source.size or bool(adts_frame_size(source.read(start + size, 7)))


def read_adts(source: Source, draft: Draft) -> None:
    """Count the frames of an ADTS stream and see whether its parameters change."""
    draft.format = "ADTS"
    start = read_id3v2(source, draft, 0)
    end = read_tail(source, draft, start)
    _Frames(source, draft, end).read(start)
    add_tail(source, draft, end)


class _Frames:
    def __init__(self, source: Source, draft: Draft, end: int) -> None:
        self._source = source
        self._draft = draft
        self._end = end
        self._lost = 0
        self._tries = 0
        self._shape = b""
        self._blocks = 0
        self.frames = 0

    def read(self, start: int) -> None:
        place = begin = start
        count = 0
        while place + 7 <= self._end and self.frames < MAX_FRAMES:
            head = self._source.read(place, 7)
            size = adts_frame_size(head)
            if size:
                self._note_shape(head, place)
                self.frames += 1
                count += 1
                self._blocks += (head[6] & 3) + 1
                place += size
                continue
            self._run(begin, place, count)
            place = begin = self._resync(place)
            count = 0
        self._run(begin, place, count)
        if self.frames >= MAX_FRAMES:
            self._draft.anomaly(
                "too_many_frames", f"frames beyond {MAX_FRAMES:,} were not counted", place
            )
            self._draft.end = max(self._draft.end, self._end)
        elif place > self._end or self._source.read(place, 2)[:1] == b"\xff":
            self._draft.anomaly("cut_frame", "the last frame is cut short", self._end)
        self._facts()

    def _run(self, begin: int, place: int, count: int) -> None:
        if count:
            self._draft.run(begin, place - begin, "ADTS frames", count)

    def _note_shape(self, head: bytes, place: int) -> None:
        shape = bytes((head[1] & 0xF8, head[2] & 0xFD, head[3] & 0xC0))
        if shape == self._shape:
            return
        if self._shape:
            self._draft.anomaly(
                "parameters_change", f"rate, channels or profile change at byte {place:,}", place
            )
        else:
            self._draft.fact("sample_rate_hz", _RATES[head[2] >> 2 & 15])
            self._draft.fact("channels", (head[2] & 1) << 2 | head[3] >> 6)
            self._draft.fact("profile", f"AAC {_PROFILES[head[2] >> 6]}")
            self._draft.fact("mpeg_version", 2 if head[1] & 8 else 4)
        self._shape = shape

    def _resync(self, place: int) -> int:
        found = place + 1
        while found + 7 <= self._end and self._lost < _MAX_LOST and self._tries < _MAX_TRIES:
            self._tries += 1
            piece = self._source.read(found, 1 << 12)
            within = piece.find(b"\xff")
            self._lost += len(piece) if within < 0 else within + 1
            if within < 0:
                found += len(piece)
                continue
            found += within
            if is_adts(self._source, found):
                break
            found += 1
        else:
            found = self._end
        found = min(found, self._end)
        self._draft.element(place, found - place, "unrecognised bytes")
        self._draft.anomaly(
            "lost_sync", f"{found - place:,} bytes at {place:,} are not part of a frame", place
        )
        return found

    def _facts(self) -> None:
        self._draft.fact("frames", self.frames)
        rate = self._draft.facts.get("sample_rate_hz")
        if isinstance(rate, int) and rate:
            self._draft.fact("header_duration_s", round(self._blocks * 1024 / rate, 4))
