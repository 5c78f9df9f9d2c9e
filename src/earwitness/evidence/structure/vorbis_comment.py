"""Vorbis comments, as Ogg streams and FLAC files hold them: a vendor, then NAME=text pairs.

Source: https://xiph.org/vorbis/doc/v-comment.html; pictures as in RFC 9639, section 8.8.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable

from earwitness.evidence.structure._draft import Draft
from earwitness.evidence.structure._source import TEXT_BYTES, Source
from earwitness.evidence.structure.pictures import HEADER_BYTES, media_type_of, pixels_of

_Read = Callable[[int, int], bytes]
_ENCODER_NAMES = frozenset(
    {"encoder", "encoded-by", "encoded_by", "encodedby", "encoding", "software"}
)
_TIME_NAMES = frozenset({"date", "creation_time", "encoded_date"})


def read_vorbis_comment(source: Source, draft: Draft, start: int, end: int, *, where: str) -> str:
    """Read the comments that lie in [start, end) of the file.

    Returns
    -------
    str
        The vendor.
    """
    return _Comments(draft, where).read_from(
        lambda place, size: source.read(start + place, size), end - start
    )


def read_vorbis_comment_bytes(data: bytes, draft: Draft, *, where: str, length: int) -> str:
    """Read comments from a packet's first bytes; ``length`` is the whole packet's."""
    vendor = _Comments(draft, where).read_from(
        lambda place, size: data[place : place + size], len(data)
    )
    if length > len(data):
        draft.anomaly(
            "long_comments", f"the comments take {length:,} bytes; their beginning was read"
        )
    return vendor


class _Comments:
    def __init__(self, draft: Draft, where: str) -> None:
        self._draft = draft
        self._where = where

    def read_from(self, read: _Read, size: int) -> str:
        length = int.from_bytes(read(0, 4), "little")
        vendor = read(4, min(length, TEXT_BYTES, max(0, size - 4))).decode("utf-8", "replace")
        self._draft.encoder(vendor)
        place = 4 + length
        if place + 4 > size:
            self._draft.anomaly("broken_comments", "the vendor is longer than its packet")
            return vendor
        count = int.from_bytes(read(place, 4), "little")
        place += 4
        for _ in range(count):
            self._draft.visit()
            if place + 4 > size:
                self._draft.anomaly(
                    "broken_comments", f"{count:,} comments are announced, fewer are there"
                )
                break
            length = int.from_bytes(read(place, 4), "little")
            self._comment(read, place + 4, min(length, size - place - 4), length)
            place += 4 + length
        return vendor

    def _comment(self, read: _Read, place: int, held: int, length: int) -> None:
        raw = read(place, min(held, TEXT_BYTES))
        name, _, text = raw.partition(b"=")
        key = name[:200].decode("utf-8", "replace")
        if key.upper() == "METADATA_BLOCK_PICTURE":
            head = read(place, min(held, 2 * HEADER_BYTES))
            self._picture(head.partition(b"=")[2], length)
            return
        value = text.decode("utf-8", "replace")
        self._draft.tag(self._where, key, value, length=max(0, length - len(name) - 1))
        if key.lower() in _ENCODER_NAMES:
            self._draft.encoder(value)
        if key.lower() in _TIME_NAMES:
            self._draft.time(f"{self._where} {key}", value, "as written")

    def _picture(self, text: bytes, length: int) -> None:
        try:
            block = binascii.a2b_base64(text[: len(text) // 4 * 4])
        except binascii.Error:
            self._draft.anomaly("broken_picture", "a picture's base64 cannot be read")
            return
        read_flac_picture(block, self._draft, where=self._where, length=length * 3 // 4)


def read_flac_picture(block: bytes, draft: Draft, *, where: str, length: int) -> None:
    """Read the beginning of a FLAC picture block: its kind and size, and pixels from its header."""
    use = int.from_bytes(block[:4], "big")
    mime_size = int.from_bytes(block[4:8], "big")
    mime = block[8 : 8 + min(mime_size, 100)].decode("latin-1")
    place = 8 + mime_size
    place += 4 + int.from_bytes(block[place : place + 4], "big") + 16
    size = int.from_bytes(block[place : place + 4], "big")
    head = block[place + 4 : place + 4 + HEADER_BYTES]
    if size > length:
        draft.anomaly("broken_picture", f"a picture of {size:,} bytes in a block of {length:,}")
    draft.picture(
        where,
        media_type=media_type_of(head) or mime,
        size=size,
        pixels=pixels_of(head),
        use="front cover" if use == 3 else f"picture type {use}",
    )
