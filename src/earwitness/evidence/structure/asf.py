"""ASF: WMA and WMV files, object by object.

Source: Microsoft, Advanced Systems Format Specification 01.20.06.
"""

from __future__ import annotations

from datetime import UTC, datetime

from earwitness.evidence.structure._draft import Draft
from earwitness.evidence.structure._source import TEXT_BYTES, Source
from earwitness.evidence.structure.pictures import HEADER_BYTES, media_type_of, pixels_of

MAGIC = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_EPOCH_1601 = datetime(1601, 1, 1, tzinfo=UTC)
_HEADER_SIZES = {"Header": 30, "Header Extension": 46}
_NAMES = {
    MAGIC: "Header",
    bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c"): "Data",
    bytes.fromhex("90080033b1e5cf1189f400a0c90349cb"): "Simple Index",
    bytes.fromhex("d329e2d6da35d111903400a0c90349be"): "Index",
    bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365"): "File Properties",
    bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365"): "Stream Properties",
    bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365"): "Header Extension",
    bytes.fromhex("3326b2758e66cf11a6d900aa0062ce6c"): "Content Description",
    bytes.fromhex("40a4d0d207e3d21197f000a0c95ea850"): "Extended Content Description",
    bytes.fromhex("4052d1861d31d011a3a400a0c90348f6"): "Codec List",
    bytes.fromhex("74d40618dfca0945a4ba9aabcb96aae8"): "Padding",
    bytes.fromhex("eacbf8c5af5b77488467aa8c44fa4cca"): "Metadata",
    bytes.fromhex("941c23449894d149a1411d134e457054"): "Metadata Library",
}
_DESCRIPTIONS = ("title", "author", "copyright", "description", "rating")
_ENCODERS = frozenset(
    {"WM/EncodingSettings", "WM/ToolName", "WMFSDKVersion", "WM/EncodedBy", "Encoder"}
)
_TICKS = 10_000_000  # per second


def read_asf(source: Source, draft: Draft) -> None:
    """Read the objects of an ASF file."""
    draft.format = "ASF"
    _Objects(source, draft).walk(0, source.size, depth=0)


class _Objects:
    def __init__(self, source: Source, draft: Draft) -> None:
        self._source = source
        self._draft = draft

    def walk(self, start: int, end: int, *, depth: int) -> None:
        """Read the objects in [start, end)."""
        while start + 24 <= end:
            guid, size = self._source.read(start, 16), self._source.little(start + 16, 8)
            name = _NAMES.get(guid, "")
            if size < 24 or (depth == 0 and not name):
                self._draft.anomaly("no_object", "what follows is not an object", start)
                return
            if start + size > self._source.size:
                self._draft.anomaly(
                    "object_beyond_file", "an object passes the end of the file", start
                )
            elif start + size > end:
                self._draft.anomaly(
                    "object_beyond_parent", "an object is longer than its parent", start
                )
            self._draft.element(start, size, name or guid.hex(), depth=depth)
            self._enter(name, start, min(start + size, end), depth)
            start += size

    def _enter(self, name: str, start: int, stop: int, depth: int) -> None:
        if name in _HEADER_SIZES and depth < 3:
            self.walk(start + _HEADER_SIZES[name], stop, depth=depth + 1)
        elif name == "File Properties":
            self._properties(start)
        elif name == "Content Description":
            self._description(start + 24, stop)
        elif name == "Extended Content Description":
            self._extended(start + 24, stop)
        elif name == "Stream Properties":
            self._stream(start + 24)

    def _properties(self, start: int) -> None:
        source, draft = self._source, self._draft
        if source.little(start + 40, 8) != source.size:
            stated = source.little(start + 40, 8)
            draft.anomaly(
                "file_size_differs", f"the header states a file of {stated:,} bytes", start
            )
        ticks = source.little(start + 48, 8)
        draft.seconds_since(_EPOCH_1601, ticks / _TICKS, where="File Properties created")
        preroll_s = source.little(start + 80, 8) / 1000
        seconds = source.little(start + 64, 8) / _TICKS - preroll_s
        if 0 < seconds < 1e9:
            draft.fact("header_duration_s", round(seconds, 4))

    def _stream(self, start: int) -> None:
        body = start + 54
        if self._source.big(start, 4) == 0x409E69F8:  # the first bytes of the audio media's GUID
            self._draft.fact("format_code", self._source.little(body, 2))
            self._draft.fact("channels", self._source.little(body + 2, 2))
            self._draft.fact("sample_rate_hz", self._source.little(body + 4, 4))

    def _description(self, start: int, stop: int) -> None:
        place = start + 10
        for index, name in enumerate(_DESCRIPTIONS):
            size = self._source.little(start + 2 * index, 2)
            if size and place + size <= stop:
                text = self._source.text(place, size).decode("utf-16-le", "replace").strip("\0")
                if text:
                    self._draft.tag("Content Description", name, text, length=size)
            place += size

    def _extended(self, start: int, stop: int) -> None:
        place = start + 2
        for _ in range(self._source.little(start, 2)):
            self._draft.visit()
            name_size = self._source.little(place, 2)
            name = (
                self._source.text(place + 2, name_size)[:400]
                .decode("utf-16-le", "replace")
                .strip("\0")
            )
            place += 2 + name_size
            form, size = self._source.little(place, 2), self._source.little(place + 2, 2)
            if place + 4 + size > stop:
                self._draft.anomaly("broken_description", "a description passes its object", place)
                return
            self._value(name, form, place + 4, size)
            place += 4 + size

    def _value(self, name: str, form: int, start: int, size: int) -> None:
        raw = self._source.read(start, min(size, HEADER_BYTES))
        if name == "WM/Picture":
            head = raw[5:]
            for _ in range(2):  # the picture's type and description, each ended by a zero letter
                cut = next(
                    (at for at in range(0, len(head) - 1, 2) if head[at : at + 2] == b"\0\0"),
                    len(head),
                )
                head = head[cut + 2 :]
            self._draft.picture(
                "ASF",
                media_type=media_type_of(head),
                size=int.from_bytes(raw[1:5], "little"),
                pixels=pixels_of(head),
            )
            return
        if form == 0:
            text = raw[:TEXT_BYTES].decode("utf-16-le", "replace").strip("\0")
        elif form in {2, 3, 4, 5} and size <= 8:
            text = str(int.from_bytes(raw, "little"))
        else:
            text = f"{size:,} bytes: {raw[:16].hex(' ')}"
        self._draft.tag("ASF", name, text, length=size)
        if name in _ENCODERS:
            self._draft.encoder(text)
