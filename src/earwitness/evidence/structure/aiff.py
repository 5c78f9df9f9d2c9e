"""AIFF and AIFF-C.

Source: Apple, Audio Interchange File Format 1.3 (1989) and AIFF-C draft (1991).
"""

from __future__ import annotations

from earwitness.evidence.structure._draft import EPOCH_1904, Draft
from earwitness.evidence.structure._source import Source
from earwitness.evidence.structure.id3 import read_id3v2

_TEXTS = {"NAME", "AUTH", "(c) ", "ANNO"}


def read_aiff(source: Source, draft: Draft) -> None:
    """Read the chunks of an AIFF file."""
    form = source.read(8, 4).decode("latin-1")
    draft.format = "AIFF" if form == "AIFF" else "AIFF-C"
    size = source.big(4, 4)
    end = size + 8
    draft.element(0, 12, "FORM", note=f"form {form}, states {size:,} bytes")
    start = 12
    order: list[str] = []
    while start + 8 <= min(end, source.size):
        kind, size = source.read(start, 4).decode("latin-1"), source.big(start + 4, 4)
        if not kind.isprintable() or not kind.isascii():
            draft.anomaly("broken_chunk", "a chunk has no valid name; the rest was not read", start)
            break
        if start + 8 + size > end:
            draft.anomaly(
                "chunk_beyond_parent", f"chunk {kind} is longer than what holds it", start
            )
        draft.element(start, 8 + size, kind)
        if len(order) < 40:
            order.append(kind.strip())
        _chunk(source, draft, kind, start + 8, size)
        start += 8 + size + (size & 1)
    draft.end = max(draft.end if draft.end > source.size else 0, end)
    draft.fact("order", ", ".join(order))


def _chunk(source: Source, draft: Draft, kind: str, start: int, size: int) -> None:
    if kind == "COMM":
        rate = extended_float(source.read(start + 8, 10))
        frames = source.big(start + 2, 4)
        draft.fact("channels", source.big(start, 2))
        draft.fact("sample_frames", frames)
        draft.fact("bits_per_sample", source.big(start + 6, 2))
        draft.fact("sample_rate_hz", rate)
        if rate:
            draft.fact("header_duration_s", round(frames / rate, 4))
        if size >= 22:
            draft.fact("compression", source.read(start + 18, 4).decode("latin-1"))
    elif kind in _TEXTS:
        draft.tag(
            "AIFF", kind.strip(), source.text(start, size).decode("utf-8", "replace"), length=size
        )
    elif kind == "COMT" and source.big(start, 2):
        draft.seconds_since(EPOCH_1904, source.big(start + 2, 4), where="COMT")
    elif kind == "ID3 ":
        read_id3v2(source, draft, start, depth=1)


def extended_float(raw: bytes) -> float:
    """An 80-bit IEEE number, as AIFF writes its sample rate; 0 where it is not a plain number."""
    if len(raw) < 10:
        return 0.0
    exponent = int.from_bytes(raw[:2], "big") - 16383
    mantissa = int.from_bytes(raw[2:10], "big")
    if not 0 <= exponent < 63:
        return 0.0
    return mantissa / 2.0 ** (63 - exponent)
