"""MPEG audio (MP3, MP2): tags around a row of frames, each with a header of its own.

Source: ISO/IEC 11172-3 and 13818-3; http://gabriel.mp3-tech.org/mp3infotag.html (Xing, Info, LAME);
https://www.codeproject.com/Articles/8295/MPEG-Audio-Frame-Header (VBRI).
"""

from __future__ import annotations

from earwitness.evidence.structure._draft import MAX_FRAMES, Draft
from earwitness.evidence.structure._source import Source
from earwitness.evidence.structure.id3 import add_tail, read_id3v2, read_tail

_KBPS = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_VERSIONS = {3: "1", 2: "2", 0: "2.5"}
_PIECE = 1 << 18
_SEARCH = 1 << 16
_MAX_LOST = 1 << 24  # bytes searched for the next frame, in the whole file
_MAX_TRIES = 1 << 20  # places looked at more closely on the way
_INFO_ROWS = 8
_INFO_PLACES = ((21, 13), (36, 21))  # by version (not 1, 1), then by mode (stereo, mono)
_INFO_NAMES = frozenset({b"Info", b"Xing"})


def _table() -> tuple[list[int], list[int], list[int], list[int]]:
    """Frame size, kbit/s, rate and samples for the second and third byte of a header, 16 bits."""
    sizes, kbps, rates, samples = ([0] * 65536 for _ in range(4))
    for code in range(0xE000, 0x10000):
        version, layer = code >> 11 & 3, 4 - (code >> 9 & 3)
        rate_index, bit_index = code >> 2 & 3, code >> 4 & 15
        if version == 1 or layer == 4 or rate_index == 3 or bit_index in {0, 15}:
            continue
        group = 1 if version == 3 else 2
        kbit = _KBPS[group, layer if group == 1 or layer == 1 else 2][bit_index]
        rate = _RATES[version][rate_index]
        count = 384 if layer == 1 else 576 if layer == 3 and group == 2 else 1152
        padding = code >> 1 & 1
        slot = 4 if layer == 1 else 1
        sizes[code] = (count // 8 // slot * kbit * 1000 // rate + padding) * slot
        kbps[code], rates[code], samples[code] = kbit, rate, count
    return sizes, kbps, rates, samples


_SIZES, _RATE_KBPS, _RATE_HZ, _SAMPLES = _table()
_SHAPE_BITS = 0xFE0C  # version, layer and sample rate: what does not change within one stream


def frame_size(head: bytes) -> int:
    """The size of the frame that begins with these 4 bytes, or 0 where none does."""
    if len(head) < 4 or head[0] != 0xFF:
        return 0
    return _SIZES[head[1] << 8 | head[2]]


def find_first_frame(source: Source, start: int, end: int) -> int:
    """Where two frames of one shape follow each other, near ``start``; -1 where nowhere."""
    piece = source.read(start, max(0, min(_SEARCH, end - start)))
    place = piece.find(b"\xff")
    while place >= 0:
        if is_frame(source, start + place, end):
            return start + place
        place = piece.find(b"\xff", place + 1)
    return -1


def is_frame(source: Source, place: int, end: int) -> bool:
    """Whether a frame begins here, and another of its shape, or the end, follows it."""
    head = source.read(place, 4)
    size = frame_size(head)
    if not size:
        return False
    if place + size == end:
        return True
    after = source.read(place + size, 4)
    if not frame_size(after):
        return False
    first, second = head[1] << 8 | head[2], after[1] << 8 | after[2]
    return first & _SHAPE_BITS == second & _SHAPE_BITS


def read_mpeg_audio(source: Source, draft: Draft) -> None:
    """Count the frames of an MPEG audio file and see whether its parameters change."""
    draft.format = "MPEG audio"
    start = read_id3v2(source, draft, 0)
    end = read_tail(source, draft, start)
    first = find_first_frame(source, start, end)
    if first > start:
        note = "padding" if source.is_zero(start, first - start) else ""
        draft.element(start, first - start, "unrecognised bytes", note=note)
    if first >= 0:
        frames = _Frames(source, draft, end)
        frames.read(first)
        frames.state()
    add_tail(source, draft, end)


class _Frames:
    def __init__(self, source: Source, draft: Draft, end: int) -> None:
        self._source = source
        self._draft = draft
        self._end = end
        self._counts = [0] * 65536
        self._lost = 0
        self._tries = 0
        self._shape = -1
        self._first: tuple[int, bytes] | None = None
        self._stated_frames: int | None = None
        self._stated_bytes: int | None = None
        self._infos = 0
        self._info_rows: list[tuple[int, int, str]] = []
        self._trimmed = 0
        self._sound_bytes = 0
        self.frames = 0

    def read(self, start: int) -> None:
        place = start
        while place + 4 <= self._end and self.frames < MAX_FRAMES:
            begin, before = place, self.frames
            place = self._run(place)
            if self.frames > before:
                count = self.frames - before
                self._draft.run(begin, place - begin, "frames", count)
                self._sound_bytes += place - begin
                for offset, size, name in self._info_rows:
                    note = "a frame that holds no sound"
                    self._draft.element(offset, size, name, depth=1, note=note)
                self._info_rows.clear()
            if place + 4 <= self._end and self.frames < MAX_FRAMES:
                place = self._resync(place)
        if self.frames >= MAX_FRAMES:
            self._draft.anomaly(
                "too_many_frames", f"frames beyond {MAX_FRAMES:,} were not counted", place
            )
            self._draft.end = max(self._draft.end, self._end)
        elif place > self._end:
            self._draft.anomaly("cut_frame", "the last frame is cut short", self._end)

    def _run(self, place: int) -> int:
        """Count frames until one does not follow the other; give the place behind the last."""
        sizes, counts, end = _SIZES, self._counts, self._end
        frames, shape = self.frames, self._shape
        info_places = _INFO_PLACES[shape & 0x1800 == 0x1800]
        while place + 4 <= end and frames < MAX_FRAMES:
            piece = self._source.read(place, min(_PIECE, end - place))
            within, last = 0, len(piece) - 4
            while within <= last:
                code = piece[within + 1] << 8 | piece[within + 2]
                size = sizes[code]
                if piece[within] != 0xFF or not size:
                    break
                if code & 0xFE0C != shape:
                    self._shape_changes(shape, code, place + within, piece[within : within + 4])
                    shape = code & 0xFE0C
                    info_places = _INFO_PLACES[code & 0x1800 == 0x1800]
                counts[code] += 1
                frames += 1
                at = within + info_places[piece[within + 3] >= 0xC0]
                if frames == 1 or piece[at : at + 4] in _INFO_NAMES:
                    self._info(place + within, size, first=frames == 1)
                within += size
            place += within
            if within <= last or within == 0:
                break
        self.frames, self._shape = frames, shape
        return place

    def _shape_changes(self, old: int, code: int, place: int, head: bytes) -> None:
        if old < 0:
            draft = self._draft
            draft.fact("sample_rate_hz", _RATE_HZ[code])
            draft.fact("channels", 1 if head[3] >> 6 == 3 else 2)
            draft.fact("mpeg_version", _VERSIONS[code >> 11 & 3])
            draft.fact("layer", 4 - (code >> 9 & 3))
        else:
            self._draft.anomaly(
                "parameters_change", f"the sample rate or version changes at byte {place:,}", place
            )

    def _info(self, place: int, size: int, *, first: bool) -> None:
        raw = self._source.read(place, min(size, 256))
        offset = _INFO_PLACES[raw[1] >> 3 & 3 == 3][raw[3] >> 6 == 3]
        name = raw[offset : offset + 4]
        if name in _INFO_NAMES:
            self._xing(raw[offset:], place, size)
        elif first and raw[36:40] == b"VBRI":
            self._infos += 1
            self._info_rows.append((place, size, "VBRI"))
            self._stated_bytes = int.from_bytes(raw[46:50], "big")
            self._stated_frames = int.from_bytes(raw[50:54], "big")

    def _xing(self, raw: bytes, place: int, size: int) -> None:
        self._infos += 1
        name = raw[:4].decode()
        if len(self._info_rows) < _INFO_ROWS:
            self._info_rows.append((place, size, name))
        if self._infos > 1:
            self._draft.anomaly(
                "second_info", f"a second {name} frame at byte {place:,}: files were joined", place
            )
            return
        flags, at = int.from_bytes(raw[4:8], "big"), 8
        if flags & 1:
            self._stated_frames = int.from_bytes(raw[at : at + 4], "big")
            at += 4
        if flags & 2:
            self._stated_bytes = int.from_bytes(raw[at : at + 4], "big")
            at += 4
        at += 100 if flags & 4 else 0
        at += 4 if flags & 8 else 0
        encoder = raw[at : at + 9]
        if encoder[:1].isalpha():
            self._draft.encoder(encoder.decode("latin-1"))
            delays = int.from_bytes(raw[at + 21 : at + 24], "big")
            self._draft.fact("encoder_delay_samples", delays >> 12)
            self._draft.fact("encoder_padding_samples", delays & 0xFFF)
            self._trimmed = (delays >> 12) + (delays & 0xFFF)

    def _resync(self, place: int) -> int:
        found = place + 1
        while found + 4 <= self._end and self._lost < _MAX_LOST and self._tries < _MAX_TRIES:
            self._tries += 1
            piece = self._source.read(found, 1 << 12)
            within = piece.find(b"\xff")
            self._lost += len(piece) if within < 0 else within + 1
            found += len(piece) if within < 0 else within
            if within >= 0:
                if is_frame(self._source, found, self._end):
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

    def state(self) -> None:
        """State the counts, and where they contradict the header frame."""
        draft, sound = self._draft, self.frames - min(self._infos, 1)
        seconds = sum(
            count * _SAMPLES[code] / _RATE_HZ[code]
            for code, count in enumerate(self._counts)
            if count
        )
        per_frame = seconds / self.frames if self.frames else 0.0
        draft.fact("frames", sound)
        seconds -= per_frame * min(self._infos, 1)
        rate = draft.facts.get("sample_rate_hz")
        if isinstance(rate, int) and self._trimmed / rate < seconds:
            seconds -= self._trimmed / rate
        draft.fact("header_duration_s", round(seconds, 4))
        rates = {_RATE_KBPS[code] for code, count in enumerate(self._counts) if count}
        draft.fact("bit_rates_kbps", ", ".join(f"{rate}" for rate in sorted(rates)))
        if self._stated_frames is not None and self._stated_frames != sound:
            draft.anomaly(
                "frame_count_differs",
                f"the header states {self._stated_frames:,} frames, {sound:,} are there",
            )
        if self._stated_bytes and self._stated_bytes != self._sound_bytes:
            draft.anomaly(
                "byte_count_differs",
                f"the header states {self._stated_bytes:,} bytes, {self._sound_bytes:,} are there",
            )
