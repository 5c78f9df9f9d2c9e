"""RIFF, RF64 and BW64: WAV files, chunk by chunk, with their broadcast extension and tags.

Source: Multimedia Programming Interface 1.0 (IBM, Microsoft 1991); EBU Tech 3285 (bext) and 3306
(RF64); ITU-R BS.2088 (BW64).
"""

from __future__ import annotations

from earwitness.evidence.structure._draft import Draft
from earwitness.evidence.structure._source import Source
from earwitness.evidence.structure.id3 import read_id3v2

MAGICS = (b"RIFF", b"RF64", b"BW64")
_UNSET = 0xFFFFFFFF
_DEEPEST = 6
_FILLERS = frozenset({"JUNK", "junk", "PAD ", "FLLR", "filr"})


def read_riff(source: Source, draft: Draft) -> None:
    """Read the chunks of a RIFF file."""
    form = source.read(8, 4).decode("latin-1")
    draft.format = "RIFF" if form not in {"WAVE", "AVI "} else f"RIFF {form}".strip()
    magic = source.read(0, 4)
    if magic != b"RIFF":
        draft.format = f"{magic.decode()} {form}".strip()
    size = source.little(4, 4)
    reader = _Chunks(source, draft)
    if magic != b"RIFF":
        reader.read_ds64()
        size = reader.sizes.get("riff", size)
    streamed = size in {0, _UNSET}
    if streamed:
        draft.anomaly("size_not_set", "the file's header was never completed: its size is not set")
    end = source.size if streamed else size + 8
    draft.element(0, 12, magic.decode(), note=f"form {form}, states {size:,} bytes")
    reader.walk(12, end, depth=0)
    if not streamed:
        draft.end = max(draft.end if draft.end > source.size else 0, end)
    reader.check()


class _Chunks:
    def __init__(self, source: Source, draft: Draft) -> None:
        self._source = source
        self._draft = draft
        self.sizes: dict[str, int] = {}
        self._seen: list[str] = []
        self._byte_rate = 0

    def read_ds64(self) -> None:
        if self._source.read(12, 4) == b"ds64":
            self.sizes["riff"] = self._source.little(20, 8)
            self.sizes["data"] = self._source.little(28, 8)
        else:
            self._draft.anomaly("no_ds64", "a 64-bit RIFF file without its ds64 chunk")

    def walk(self, start: int, end: int, *, depth: int) -> None:
        source, draft = self._source, self._draft
        while start + 8 <= min(end, source.size):
            kind = source.read(start, 4).decode("latin-1")
            size = source.little(start + 4, 4)
            if kind == "data" and size == _UNSET and "data" in self.sizes:
                size = self.sizes["data"]
            elif size == _UNSET or (
                kind == "data" and size == 0 and end >= source.size > start + 8
            ):
                draft.anomaly("size_not_set", f"the size of the {kind} chunk is not set", start)
                size = max(0, min(end, source.size) - start - 8)
            if not kind.isprintable() or not kind.isascii():
                draft.anomaly(
                    "broken_chunk", "a chunk has no valid name; the rest was not read", start
                )
                return
            if start + 8 + size > end:
                draft.anomaly(
                    "chunk_beyond_parent", f"chunk {kind} is longer than what holds it", start
                )
            if start + 8 + size > source.size:
                draft.anomaly(
                    "chunk_beyond_file", f"chunk {kind} passes the end of the file", start
                )
            draft.element(
                start, 8 + size, kind, depth=depth, note=self._note(kind, start + 8, size)
            )
            self._enter(kind, start + 8, size, depth)
            start += 8 + size + (size & 1)

    def _enter(self, kind: str, start: int, size: int, depth: int) -> None:
        end = min(start + size, self._source.size)
        if depth == 0 and len(self._seen) < 1000:
            self._seen.append(kind)
        if kind == "LIST":
            self._list(start, end, depth)
        elif kind == "fmt ":
            self._format(start)
        elif kind == "bext":
            self._bext(start, size)
        elif kind.lower() == "id3 ":
            read_id3v2(self._source, self._draft, start, depth=depth + 1)
        elif kind == "data" and self._byte_rate:
            self._draft.fact("header_duration_s", round(size / self._byte_rate, 4))

    def _note(self, kind: str, start: int, size: int) -> str:
        if kind == "LIST":
            return self._source.read(start, 4).decode("latin-1")
        if kind == "fact":
            return f"{self._source.little(start, 4):,} samples"
        if kind == "cue ":
            return f"{self._source.little(start, 4):,} cue points"
        if kind in _FILLERS:
            return "empty" if self._source.is_zero(start, size) else "filler that is not empty"
        return {"C2PA": "content credentials", "iXML": "recorder's notes"}.get(kind, "")

    def _list(self, start: int, end: int, depth: int) -> None:
        if self._source.read(start, 4) != b"INFO":
            if depth + 1 > _DEEPEST:
                self._draft.anomaly("too_deep", f"lists nested more than {_DEEPEST} deep", start)
            else:
                self.walk(start + 4, end, depth=depth + 1)
            return
        place = start + 4
        while place + 8 <= end:
            self._draft.visit()
            name = self._source.read(place, 4).decode("latin-1")
            size = self._source.little(place + 4, 4)
            if place + 8 + size > end:
                self._draft.anomaly(
                    "broken_info", f"INFO item {name} is longer than its list", place
                )
                return
            text = self._source.text(place + 8, size).split(b"\0")[0].decode("utf-8", "replace")
            self._draft.tag("INFO", name, text, length=size)
            if name in {"ISFT", "ITCH"}:
                self._draft.encoder(text)
            if name in {"ICRD", "IDIT"}:
                self._draft.time(f"INFO {name}", text, "as written")
            place += 8 + size + (size & 1)

    def _format(self, start: int) -> None:
        raw = self._source.read(start, 16)
        if len(raw) < 16:
            return
        code, channels = int.from_bytes(raw[:2], "little"), int.from_bytes(raw[2:4], "little")
        rate, byte_rate = int.from_bytes(raw[4:8], "little"), int.from_bytes(raw[8:12], "little")
        align, bits = int.from_bytes(raw[12:14], "little"), int.from_bytes(raw[14:16], "little")
        self._byte_rate = byte_rate
        for name, value in (
            ("format_code", code),
            ("channels", channels),
            ("sample_rate_hz", rate),
            ("bytes_per_second", byte_rate),
            ("bits_per_sample", bits),
        ):
            self._draft.fact(name, value)
        if code in {1, 3} and (align != channels * ((bits + 7) // 8) or byte_rate != rate * align):
            self._draft.anomaly("fmt_inconsistent", "the fmt chunk contradicts itself", start)

    def _bext(self, start: int, size: int) -> None:
        raw = self._source.read(start, min(size, 602 + 4096))
        texts = {
            "description": raw[:256],
            "originator": raw[256:288],
            "originator reference": raw[288:320],
            "coding history": raw[602:],
        }
        for name, text in texts.items():
            shown = text.split(b"\0")[0].decode("latin-1")
            if shown:
                self._draft.tag("bext", name, shown)
        self._draft.encoder(raw[256:288].split(b"\0")[0].decode("latin-1"))
        moment = raw[320:338].replace(b"\0", b"").decode("latin-1").strip()
        if moment:
            self._draft.time(
                "bext origination", f"{moment[:10]} {moment[10:]}".strip(), "as written"
            )

    def check(self) -> None:
        """Say what the order of the chunks has that a WAV file does not."""
        if "WAVE" not in self._draft.format:
            return
        for kind in ("fmt ", "data"):
            count = self._seen.count(kind)
            if count != 1:
                self._draft.anomaly(
                    f"{kind.strip()}_count", f"{count} {kind.strip()} chunks, not one"
                )
        if "data" in self._seen and "fmt " in self._seen[self._seen.index("data") :]:
            self._draft.anomaly("fmt_after_data", "the fmt chunk lies behind the sound")
        order = ", ".join(kind.strip() for kind in self._seen[:40])
        self._draft.fact("order", order)
