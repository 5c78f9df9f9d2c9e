"""ID3v2 at the beginning of a file, ID3v1 and APE at its end.

Source: https://id3.org/id3v2.4.0-structure, https://id3.org/id3v2.3.0, https://id3.org/ID3v1,
https://wiki.hydrogenaud.io/index.php?title=APEv2_specification
"""

from __future__ import annotations

from earwitness.evidence.structure._draft import Draft
from earwitness.evidence.structure._source import TEXT_BYTES, Source
from earwitness.evidence.structure.pictures import HEADER_BYTES, media_type_of, pixels_of

_ENCODERS = frozenset({"TSSE", "TENC", "TSS", "TEN", "TXXX:encoder"})
_TIMES = frozenset({"TDRC", "TDEN", "TDTG", "TYER", "TDRL", "TDAT", "TIME", "TYE"})
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_TAG_V1 = 128


def syncsafe(raw: bytes) -> int:
    """Seven bits of each byte, as ID3v2 writes its sizes."""
    value = 0
    for byte in raw:
        value = value << 7 | byte & 0x7F
    return value


def id3v2_size(source: Source, offset: int) -> int:
    """How long an ID3v2 tag says that it is, with its header; 0 where there is none."""
    head = source.read(offset, 10)
    if len(head) < 10 or head[:3] != b"ID3" or head[3] == 0xFF or max(head[6:10]) > 0x7F:
        return 0
    return 10 + syncsafe(head[6:10]) + (10 if head[5] & 0x10 else 0)


def read_id3v2(source: Source, draft: Draft, offset: int, *, depth: int = 0) -> int:
    """Read an ID3v2 tag and give the place behind it; ``offset`` itself where there is none."""
    size = id3v2_size(source, offset)
    if size == 0:
        return offset
    head = source.read(offset, 10)
    version = head[3]
    draft.element(offset, size, "ID3v2", depth=depth, note=f"version 2.{version}.{head[4]}")
    if offset + size > source.size:
        draft.anomaly(
            "id3_beyond_file", f"an ID3v2 tag of {size:,} bytes passes the file's end", offset
        )
    end = min(offset + size, source.size)
    if head[5] & 0x80:
        draft.anomaly("id3_unsynchronised", "the ID3v2 tag is unsynchronised; its texts may be off")
    start = offset + 10
    if head[5] & 0x40 and version >= 3:
        extended = source.read(start, 4)
        start += syncsafe(extended) if version == 4 else int.from_bytes(extended, "big") + 4
    _frames(source, draft, start, end, version, depth + 1)
    return offset + size


def _frames(source: Source, draft: Draft, start: int, end: int, version: int, depth: int) -> None:
    wide = version >= 3
    header = 10 if wide else 6
    while start + header <= end:
        raw = source.read(start, header)
        name = raw[: 4 if wide else 3]
        if not name.strip(b"\0"):
            draft.element(start, end - start, "padding", depth=depth)
            return
        if not name.isalnum():
            draft.anomaly(
                "broken_id3", "an ID3v2 frame has no valid name; the rest was not read", start
            )
            return
        size = int.from_bytes(raw[4:8] if wide else raw[3:6], "big")
        if version == 4 and max(raw[4:8]) <= 0x7F:
            size = syncsafe(raw[4:8])
        if start + header + size > end:
            draft.anomaly("broken_id3", "an ID3v2 frame is longer than its tag", start)
            return
        draft.element(start, header + size, name.decode("ascii"), depth=depth)
        _frame(source, draft, start + header, size, name.decode("ascii"))
        start += header + size


def _frame(source: Source, draft: Draft, start: int, size: int, name: str) -> None:
    if name in {"APIC", "PIC"}:
        _picture(source, draft, start, size, short=name == "PIC")
        return
    raw = source.text(start, size)
    if name[0] == "T" or name in {"COMM", "COM", "USLT", "ULT"}:
        text = _decoded(raw[1:] if name[0] == "T" else raw[4:], raw[0] if raw else 0)
        if name in {"TXXX", "TXX"} or name[0] != "T":
            described, _, text = text.partition("\0")
            name = f"{name}:{described}" if described else name
        draft.tag("ID3v2", name, text, length=size)
        if name in _ENCODERS or name.lower() == "txxx:encoder":
            draft.encoder(text)
        if name in _TIMES:
            draft.time(f"ID3v2 {name}", text, "as written")
    elif name == "PRIV":
        draft.tag("ID3v2", name, f"{raw.partition(bytes(1))[0].decode('latin-1')}", length=size)
    elif name[0] == "W":
        draft.tag("ID3v2", name, raw.lstrip(b"\0").decode("latin-1"), length=size)


def _decoded(raw: bytes, encoding: int) -> str:
    name = _ENCODINGS[encoding] if encoding < len(_ENCODINGS) else "latin-1"
    if name == "utf-16" and raw[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        name = "utf-16-le"
    text = raw.decode(name, "replace")
    return text.rstrip("\0").replace("\0\ufeff", "\0")


def _picture(source: Source, draft: Draft, start: int, size: int, *, short: bool) -> None:
    head = source.read(start, min(size, HEADER_BYTES))
    if not head:
        return
    wide = head[0] in {1, 2}
    mime = head[1:4] if short else head[1:].partition(b"\0")[0]
    place = 4 if short else 2 + len(mime)
    use = head[place] if place < len(head) else 0
    ending = b"\0\0" if wide else b"\0"
    found = head.find(ending, place + 1)
    if wide and found >= 0 and (found - place - 1) % 2:  # the zero byte of the text's last letter
        found += 1
    picture = head[found + len(ending) :] if found >= 0 else b""
    draft.picture(
        "ID3v2",
        media_type=media_type_of(picture) or mime[:100].decode("latin-1"),
        size=max(0, size - (found + len(ending) if found >= 0 else len(head))),
        pixels=pixels_of(picture),
        use="front cover" if use == 3 else f"picture type {use}",
    )


def read_tail(source: Source, draft: Draft, start: int) -> int:
    """Read the tags at the file's end and give the place where they begin, at least ``start``.

    The elements are added by ``add_tail``, when the parser has come that far.
    """
    end = source.size
    if end - _TAG_V1 >= start and source.read(end - _TAG_V1, 3) == b"TAG":
        end -= _TAG_V1
    size = _ape_size(source, end)
    return end - size if size and end - size >= start else end


def add_tail(source: Source, draft: Draft, start: int) -> None:
    """Add the tags that lie from ``start``, as ``read_tail`` found it, to the file's end."""
    end = source.size
    has_v1 = end - start >= _TAG_V1 and source.read(end - _TAG_V1, 3) == b"TAG"
    end -= _TAG_V1 if has_v1 else 0
    if end > start:
        draft.element(start, end - start, "APE tag")
        _ape(source, draft, start, end)
    if has_v1:
        draft.element(end, _TAG_V1, "ID3v1")
        raw = source.read(end, _TAG_V1)
        for name, low, high in (("title", 3, 33), ("artist", 33, 63), ("album", 63, 93)):
            text = raw[low:high].split(b"\0")[0].decode("latin-1").strip()
            if text:
                draft.tag("ID3v1", name, text)


def _ape_size(source: Source, end: int) -> int:
    footer = source.read(end - 32, 32) if end >= 32 else b""
    if footer[:8] != b"APETAGEX":
        return 0
    size = int.from_bytes(footer[12:16], "little")
    has_header = int.from_bytes(footer[20:24], "little") >> 31
    return min(end, size + (32 if has_header else 0))


def _ape(source: Source, draft: Draft, start: int, end: int) -> None:
    count = source.little(end - 32 + 16, 4)
    place = start + (32 if source.read(start, 8) == b"APETAGEX" else 0)
    for _ in range(count):
        draft.visit()
        if place + 9 > end - 32:
            draft.anomaly("broken_ape", "an APE tag announces more items than it holds", start)
            return
        size, flags = source.little(place, 4), source.little(place + 4, 4)
        key, found, _ = source.read(place + 8, 256).partition(b"\0")
        if not found:
            draft.anomaly("broken_ape", "an item of an APE tag has no end to its name", place)
            return
        value = place + 9 + len(key)
        name = key.decode("latin-1")
        held = max(0, min(size, end - 32 - value))
        if flags >> 1 & 3 == 1:
            head = source.read(value, min(held, HEADER_BYTES)).partition(b"\0")[2]
            draft.picture(
                "APE", media_type=media_type_of(head), size=size, pixels=pixels_of(head), use=name
            )
        else:
            raw = source.read(value, min(held, TEXT_BYTES))
            draft.tag("APE", name, raw.decode("utf-8", "replace"), length=size)
        place = value + size
