"""Apple's Core Audio Format.

Source: Apple, Core Audio Format Specification 1.0.
"""

from __future__ import annotations

import math
import struct

from earwitness.evidence.structure._draft import Draft
from earwitness.evidence.structure._source import TEXT_BYTES, Source

_UNSET = 0xFFFFFFFFFFFFFFFF


def read_caf(source: Source, draft: Draft) -> None:
    """Read the chunks of a CAF file."""
    draft.format = "CAF"
    draft.element(0, 8, "caff", note=f"version {source.big(4, 2)}")
    start = 8
    order: list[str] = []
    while start + 12 <= source.size:
        kind, size = source.read(start, 4).decode("latin-1"), source.big(start + 4, 8)
        if not kind.isprintable() or not kind.isascii():
            draft.anomaly("broken_chunk", "a chunk has no valid name; the rest was not read", start)
            break
        if size == _UNSET:
            draft.anomaly("size_not_set", f"the size of the {kind} chunk is not set", start)
            size = source.size - start - 12
        elif start + 12 + size > source.size:
            draft.anomaly("chunk_beyond_file", f"chunk {kind} passes the end of the file", start)
        draft.element(start, 12 + size, kind)
        if len(order) < 40:
            order.append(kind.strip())
        _chunk(source, draft, kind, start + 12, size)
        start += 12 + size
    draft.fact("order", ", ".join(order))


def _chunk(source: Source, draft: Draft, kind: str, start: int, size: int) -> None:
    if kind == "desc":
        raw = source.read(start, 32)
        if len(raw) == 32:
            rate = struct.unpack(">d", raw[:8])[0]
            if math.isfinite(rate):
                draft.fact("sample_rate_hz", rate)
            draft.fact("coding", raw[8:12].decode("latin-1"))
            draft.fact("channels", int.from_bytes(raw[24:28], "big"))
            draft.fact("bits_per_sample", int.from_bytes(raw[28:32], "big"))
    elif kind == "info":
        _info(source, draft, start, min(start + size, source.size))


def _info(source: Source, draft: Draft, start: int, end: int) -> None:
    place = start + 4
    for _ in range(source.big(start, 4)):
        draft.visit()
        name, found, rest = source.read(place, min(TEXT_BYTES, max(0, end - place))).partition(
            b"\0"
        )
        value, ended, _ = rest.partition(b"\0")
        if not found or not ended:
            draft.anomaly("broken_info", "the info chunk announces more than can be read", start)
            return
        key, text = name.decode("utf-8", "replace"), value.decode("utf-8", "replace")
        draft.tag("CAF info", key, text)
        if key in {"encoding application", "recorded by", "encoder"}:
            draft.encoder(text)
        if key.endswith("date") or key.startswith("time"):
            draft.time(f"CAF {key}", text, "as written")
        place += len(name) + len(value) + 2
