"""FLAC: its metadata blocks; the frames of sound behind them are not walked one by one.

Source: RFC 9639.
"""

from __future__ import annotations

from earwitness.evidence.structure._draft import Draft
from earwitness.evidence.structure._source import Source
from earwitness.evidence.structure.id3 import add_tail, read_id3v2, read_tail
from earwitness.evidence.structure.pictures import HEADER_BYTES
from earwitness.evidence.structure.vorbis_comment import read_flac_picture, read_vorbis_comment

_KINDS = (
    "STREAMINFO",
    "PADDING",
    "APPLICATION",
    "SEEKTABLE",
    "VORBIS_COMMENT",
    "CUESHEET",
    "PICTURE",
)


def read_flac(source: Source, draft: Draft) -> None:
    """Read the metadata of a FLAC file."""
    draft.format = "FLAC"
    start = read_id3v2(source, draft, 0)
    draft.element(start, 4, "fLaC")
    place = start + 4
    last = False
    order: list[str] = []
    while not last and place + 4 <= source.size:
        head = source.read(place, 4)
        last, number, size = bool(head[0] & 0x80), head[0] & 0x7F, int.from_bytes(head[1:], "big")
        kind = _KINDS[number] if number < len(_KINDS) else f"block of type {number}"
        if number == 127:
            draft.anomaly("broken_block", "a metadata block has the forbidden type 127", place)
            break
        if place + 4 + size > source.size:
            draft.anomaly("block_beyond_file", f"block {kind} passes the end of the file", place)
        draft.element(place, 4 + size, kind)
        order.append(kind)
        _block(source, draft, kind, place + 4, size)
        place += 4 + size
    draft.fact("order", ", ".join(order[:40]))
    _frames(source, draft, place)


def _block(source: Source, draft: Draft, kind: str, start: int, size: int) -> None:
    if kind == "STREAMINFO":
        raw = source.read(start, 34)
        bits = int.from_bytes(raw[10:18], "big")
        rate, samples = bits >> 44, bits & (1 << 36) - 1
        draft.fact("sample_rate_hz", rate)
        draft.fact("channels", (bits >> 41 & 7) + 1)
        draft.fact("bits_per_sample", (bits >> 36 & 31) + 1)
        draft.fact("samples", samples)
        draft.fact("md5_of_samples", raw[18:34].hex() if raw[18:34].strip(b"\0") else "not set")
        if rate and samples:
            draft.fact("header_duration_s", round(samples / rate, 4))
    elif kind == "VORBIS_COMMENT":
        end = min(start + size, source.size)
        read_vorbis_comment(source, draft, start, end, where="FLAC comment")
    elif kind == "PICTURE":
        head = source.read(start, min(size, HEADER_BYTES))
        read_flac_picture(head, draft, where="FLAC", length=size)
    elif kind == "APPLICATION":
        draft.tag("FLAC", "application", source.read(start, 4).decode("latin-1"))


def _frames(source: Source, draft: Draft, start: int) -> None:
    if start >= source.size:
        draft.anomaly("no_sound", "no sound follows the metadata")
        return
    end = read_tail(source, draft, start)
    if source.big(start, 2) >> 1 != 0xFFF8 >> 1:
        draft.anomaly("no_frame", "what follows the metadata does not begin like a frame", start)
    draft.element(start, end - start, "frames", note="not walked one by one")
    add_tail(source, draft, end)
