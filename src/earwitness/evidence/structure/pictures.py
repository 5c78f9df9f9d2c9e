"""The size of a picture in pixels, from its header alone; no picture is ever decoded."""

from __future__ import annotations

HEADER_BYTES = 1 << 15  # what is looked at; a JPEG's size may lie behind its own metadata
_JPEG_SIZES = frozenset(
    {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
)


def media_type_of(head: bytes) -> str:
    """The kind of a picture by its first bytes, or an empty text."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"BM"):
        return "image/bmp"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return ""


def pixels_of(head: bytes) -> tuple[int, int] | None:
    """Width and height that a picture's header states, or None.

    Parameters
    ----------
    head : bytes
        The picture's beginning, up to ``HEADER_BYTES``.
    """
    kind = media_type_of(head)
    if kind == "image/png" and len(head) >= 24:
        return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    if kind == "image/gif" and len(head) >= 10:
        return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    if kind == "image/bmp" and len(head) >= 26:
        width = int.from_bytes(head[18:22], "little", signed=True)
        return abs(width), abs(int.from_bytes(head[22:26], "little", signed=True))
    if kind == "image/webp" and len(head) >= 30:
        return _webp(head)
    return _jpeg(head) if kind == "image/jpeg" else None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    place = 2
    while place + 9 <= len(head):
        if head[place] != 0xFF:
            return None
        marker = head[place + 1]
        if marker == 0xFF or 0xD0 <= marker <= 0xD8 or marker == 0x01:
            place += 1 if marker == 0xFF else 2
            continue
        if marker in _JPEG_SIZES:
            height = int.from_bytes(head[place + 5 : place + 7], "big")
            return int.from_bytes(head[place + 7 : place + 9], "big"), height
        place += 2 + max(2, int.from_bytes(head[place + 2 : place + 4], "big"))
    return None


def _webp(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(head[24:27], "little") + 1
        return width, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8 ":
        width = int.from_bytes(head[26:28], "little") & 0x3FFF
        return width, int.from_bytes(head[28:30], "little") & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None
