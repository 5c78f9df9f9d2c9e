"""What people and programs write into an MP4 file: iTunes items, QuickTime keys, user data.

Source: Apple QuickTime File Format Specification, "Metadata" and "User data"; 3GPP TS 26.244.
"""

from __future__ import annotations

from earwitness.evidence.structure._draft import Draft
from earwitness.evidence.structure._source import Source
from earwitness.evidence.structure.pictures import HEADER_BYTES, media_type_of, pixels_of

MAX_KEYS = 1_000
_ENCODERS = frozenset(
    {
        "\xa9too",
        "\xa9swr",
        "\xa9enc",
        "encoder",
        "com.apple.quicktime.software",
        "com.android.version",
    }
)
_TIMES = frozenset({"\xa9day", "com.apple.quicktime.creationdate", "date"})
_TEXTS_3GP = frozenset({"titl", "auth", "perf", "dscp", "cprt", "gnre"})
_UTF8, _UTF16, _INTEGER = 1, 2, 21


def read_keys(source: Source, draft: Draft, body: int, stop: int) -> list[str]:
    """The names of QuickTime metadata keys, in order."""
    names: list[str] = []
    place = body + 8
    for _ in range(min(source.big(body + 4, 4), MAX_KEYS)):
        size = source.big(place, 4)
        if size < 8 or place + size > stop:
            draft.anomaly("broken_keys", "the keys box announces more than it holds", body)
            break
        names.append(source.text(place + 8, size - 8)[:200].decode("utf-8", "replace"))
        place += size
    return names


def read_item(source: Source, draft: Draft, name: str, body: int, stop: int) -> None:
    """Read one item of an ``ilst`` box."""
    place = body
    while place + 8 <= stop:
        draft.visit()
        size, kind = source.big(place, 4), source.read(place + 4, 4)
        if size < 8 or place + size > stop:
            draft.anomaly("broken_item", "an item of the ilst box is longer than its parent", place)
            return
        if kind == b"name":
            name = source.text(place + 12, size - 12)[:200].decode("utf-8", "replace")
        elif kind == b"data" and size >= 16:
            _data(source, draft, name, place + 16, size - 16, source.big(place + 8, 4) & 0xFFFFFF)
        place += size


def _data(source: Source, draft: Draft, name: str, start: int, size: int, form: int) -> None:
    head = source.read(start, min(size, HEADER_BYTES))
    if name == "covr" or media_type_of(head):
        draft.picture(
            "ilst", media_type=media_type_of(head), size=size, pixels=pixels_of(head), use=name
        )
        return
    raw = source.text(start, size)
    if form in {_UTF8, _UTF16}:
        text = raw.decode("utf-8" if form == _UTF8 else "utf-16-be", "replace")
    elif form == _INTEGER and size <= 8:
        text = str(int.from_bytes(raw, "big", signed=True))
    else:
        text = f"{size:,} bytes: {raw[:16].hex(' ')}"
    _tell(draft, "ilst", name, text, size)


def read_user_text(source: Source, draft: Draft, kind: str, body: int, stop: int) -> None:
    """Read one box of user data that is a text by its name."""
    size = stop - body
    if kind.startswith("\xa9") and size >= 4:
        length = source.big(body, 2)
        raw = source.text(body + 4, min(length, size - 4))
        _tell(draft, "udta", kind, raw.decode("utf-8", "replace"), length)
    elif kind in _TEXTS_3GP and size > 6:
        raw = source.text(body + 6, size - 6)
        name = "utf-16" if raw[:2] in {b"\xfe\xff", b"\xff\xfe"} else "utf-8"
        _tell(draft, "udta", kind, raw.decode(name, "replace"), size - 6)
    elif size > 0:
        raw = source.read(body, min(size, 16))
        draft.tag("udta", kind, f"{size:,} bytes: {raw.hex(' ')}", length=size)


def _tell(draft: Draft, where: str, name: str, text: str, size: int) -> None:
    draft.tag(where, name, text, length=size)
    if name in _ENCODERS:
        draft.encoder(f"{name} {text}" if name == "com.android.version" else text)
    if name in _TIMES:
        draft.time(f"{where} {name}", text, "as written")
