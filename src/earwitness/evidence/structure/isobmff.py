"""ISO base media: MP4, M4A, 3GP and QuickTime, box by box.

Source: ISO/IEC 14496-12 (boxes), Apple QuickTime File Format Specification (user data, keys),
3GPP TS 26.244 (3GP), C2PA specification 2.1, section A.5 (the uuid of a manifest).
"""

from __future__ import annotations

from earwitness.evidence.structure._draft import EPOCH_1904, Draft
from earwitness.evidence.structure._source import Source
from earwitness.evidence.structure.isobmff_tags import read_item, read_keys, read_user_text

_DEEPEST = 12
_CONTAINERS = frozenset(
    {"moov", "trak", "mdia", "minf", "stbl", "dinf", "edts", "udta", "ilst", "moof", "traf", "mvex"}
)
_TOP = frozenset(
    {"ftyp", "moov", "mdat", "free", "skip", "wide", "moof", "mfra", "uuid", "meta", "sidx", "styp"}
    | {"pdin", "udta", "pnot", "emsg", "prft", "ssix"}
)
_FILLERS = frozenset({"free", "skip", "wide"})
_C2PA_UUID = "d8fec3d61b0e483c92975828877ec481"
_BRANDS_KEPT = 16
_ENTRIES_READ = 4


def read_isobmff(source: Source, draft: Draft) -> None:
    """Read the boxes of an ISO base media file."""
    draft.format = "ISO base media"
    boxes = _Boxes(source, draft)
    boxes.walk(0, source.size, depth=0, parent="")
    boxes.check()


class _Boxes:
    def __init__(self, source: Source, draft: Draft) -> None:
        self._source = source
        self._draft = draft
        self._order: list[str] = []
        self._keys: list[str] = []

    def walk(self, start: int, end: int, *, depth: int, parent: str) -> None:
        """Read the boxes that lie in [start, end)."""
        while start + 8 <= end:
            head = self._source.read(start, 16)
            size, kind = int.from_bytes(head[:4], "big"), head[4:8].decode("latin-1")
            header = 8
            if size == 1:
                size, header = int.from_bytes(head[8:16], "big"), 16
            elif size == 0 and parent == "udta" and head[:4] == bytes(4):
                return  # QuickTime ends its user data with four zero bytes
            elif size == 0:
                self._draft.anomaly(
                    "size_to_end", f"box {kind!r} has no size: it runs to the end", start
                )
                size = end - start
            foreign = self._is_foreign(start, kind, size, depth)
            plausible = parent == "ilst" or start == 0 or _is_name(head[4:8])
            if not plausible or size < header or foreign:
                self._broken(start, kind, size, depth)
                return
            self._box(start, header, size, kind, depth, end, parent)
            start += size

    def _is_foreign(self, start: int, kind: str, size: int, depth: int) -> bool:
        """Whether bytes at the top are no box: an unheard-of name, a size beyond the file."""
        return depth == 0 and kind not in _TOP and start + size > self._source.size

    def _broken(self, start: int, kind: str, size: int, depth: int) -> None:
        if depth == 0 and self._order:  # bytes behind the last box: what they are, the rest says
            self._draft.anomaly("no_box", "what follows the last box is not a box", start)
        else:
            self._draft.anomaly(
                "broken_box",
                f"a box {kind!r} of {size:,} bytes cannot be; the rest was not read",
                start,
            )

    def _box(
        self, start: int, header: int, size: int, kind: str, depth: int, end: int, parent: str
    ) -> None:
        if start + size > self._source.size:
            self._draft.anomaly(
                "box_beyond_file", f"box {kind!r} passes the end of the file", start
            )
        elif start + size > end:
            self._draft.anomaly(
                "box_beyond_parent", f"box {kind!r} is longer than what holds it", start
            )
        body, stop = start + header, min(start + size, end)
        if parent == "ilst":
            name = self._item_name(kind)
            self._draft.element(start, size, kind, depth=depth, note=name if name != kind else "")
            read_item(self._source, self._draft, name, body, stop)
            return
        self._draft.element(start, size, kind, depth=depth, note=self._note(kind, body, stop))
        if depth == 0 and len(self._order) < 1000:
            self._order.append(kind)
        if kind in _CONTAINERS or kind == "meta":
            self._descend(kind, body, stop, depth)
        elif parent in {"udta", "meta"} and kind == "keys":
            self._keys = read_keys(self._source, self._draft, body, stop)
        elif parent == "udta":
            read_user_text(self._source, self._draft, kind, body, stop)
        elif kind == "stsd":
            self._sample_entries(body, stop, depth)

    def _descend(self, kind: str, body: int, stop: int, depth: int) -> None:
        if depth >= _DEEPEST:
            self._draft.anomaly("too_deep", f"boxes nested more than {_DEEPEST} deep", body)
            return
        if kind == "meta" and self._source.read(body + 4, 4) != b"hdlr":
            body += 4  # ISO gives it a version and flags, QuickTime does not
        self.walk(body, stop, depth=depth + 1, parent=kind)

    def _item_name(self, kind: str) -> str:
        number = int.from_bytes(kind.encode("latin-1"), "big")
        return self._keys[number - 1] if 1 <= number <= len(self._keys) else kind

    def _note(self, kind: str, body: int, stop: int) -> str:
        if kind == "ftyp":
            return self._brands(body, stop)
        if kind in {"mvhd", "mdhd", "tkhd"}:
            return self._times(kind, body)
        if kind == "hdlr":
            return self._handler(body, stop)
        if kind in _FILLERS:
            return (
                "empty" if self._source.is_zero(body, stop - body) else "filler that is not empty"
            )
        if kind == "uuid":
            number = self._source.read(body, 16).hex()
            return "content credentials (C2PA)" if number == _C2PA_UUID else number
        return ""

    def _brands(self, body: int, stop: int) -> str:
        major = self._source.read(body, 4).decode("latin-1")
        minor = self._source.big(body + 4, 4)
        raw = self._source.read(body + 8, min(stop - body - 8, 4 * _BRANDS_KEPT))
        others = [raw[at : at + 4].decode("latin-1") for at in range(0, len(raw) - 3, 4)]
        self._draft.fact("major_brand", major)
        self._draft.fact("minor_version", minor)
        self._draft.fact("compatible_brands", ", ".join(others))
        return f"brand {major!r}, version {minor}, compatible {', '.join(others)}"

    def _times(self, kind: str, body: int) -> str:
        wide = self._source.big(body, 1) == 1
        width = 8 if wide else 4
        created = self._source.big(body + 4, width)
        modified = self._source.big(body + 4 + width, width)
        self._draft.seconds_since(EPOCH_1904, created, where=f"{kind} created")
        self._draft.seconds_since(EPOCH_1904, modified, where=f"{kind} modified")
        if kind == "tkhd":
            return ""
        scale = self._source.big(body + 4 + 2 * width, 4)
        length = self._source.big(body + 8 + 2 * width, width)
        if not scale or length == (1 << 8 * width) - 1:
            return "no duration"
        seconds = round(length / scale, 4)
        self._draft.fact("header_duration_s" if kind == "mvhd" else "track_duration_s", seconds)
        self._draft.fact(f"{kind}_timescale_hz", scale)
        return f"{seconds:g} s at {scale:,} per second"

    def _handler(self, body: int, stop: int) -> str:
        kind = self._source.read(body + 8, 4).decode("latin-1")
        raw = self._source.text(body + 24, stop - body - 24)
        if raw and raw[0] == len(raw) - 1:  # QuickTime counts the letters first
            raw = raw[1:]
        name = raw.split(b"\0")[0].decode("utf-8", "replace")
        if kind == "soun":
            self._draft.fact("sound_handler", name)
        return f"{kind} {name}".strip()

    def _sample_entries(self, body: int, stop: int, depth: int) -> None:
        count = self._source.big(body + 4, 4)
        if count > 1:
            self._draft.anomaly(
                "sample_entries", f"a track has {count:,} descriptions of its sound", body
            )
        place = body + 8
        for _ in range(min(count, _ENTRIES_READ)):
            size, kind = (
                self._source.big(place, 4),
                self._source.read(place + 4, 4).decode("latin-1"),
            )
            if size < 16 or place + size > stop:
                self._draft.anomaly(
                    "broken_box", "a sample description is longer than its box", place
                )
                return
            channels = self._source.big(place + 24, 2)
            rate = self._source.big(place + 32, 4) >> 16
            self._draft.fact("sample_entry", kind)
            note = f"{channels} channel(s), {rate:,} per second" if 0 < channels < 64 else ""
            self._draft.element(place, size, kind, depth=depth + 1, note=note)
            place += size

    def check(self) -> None:
        """Say what the order of the boxes is, and what is missing."""
        draft, order = self._draft, self._order
        draft.fact("order", ", ".join(_folded(order)))
        for kind in ("moov", "mdat"):
            if kind not in order:
                draft.anomaly(f"no_{kind}", f"there is no {kind} box")
        if order.count("moov") > 1:
            draft.anomaly("several_moov", f"there are {order.count('moov')} moov boxes")
        if "ftyp" not in order:
            draft.anomaly("no_ftyp", "there is no ftyp box, as in old QuickTime files")
        if "moov" in order and "mdat" in order:
            first = order.index("moov") < order.index("mdat")
            draft.fact("moov_before_mdat", "yes" if first else "no")
        draft.fact("fragments", order.count("moof"))


def _is_name(name: bytes) -> bool:
    """Whether four bytes can be a box's name; items of an ``ilst`` box may be numbers instead."""
    return all(32 <= byte < 127 or byte >= 0xA0 for byte in name)


def _folded(order: list[str]) -> list[str]:
    """The order with like neighbours, and a run of fragments, told once; at most 40 names."""
    folded: list[str] = []
    for kind in order:
        if len(folded) < 40 and kind not in folded[-2:]:
            folded.append(kind)
    return folded
