"""Good files that something happened to: cut short, glued together, or with a hole in the middle."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .sound import coded, murmur


def mp4_without_moov() -> bytes:
    """An MP4 as a telephone leaves it that was switched off while it recorded."""
    whole = coded("mp4", "aac", murmur())
    start, size = atom_place(whole, (b"moov",))
    assert start + size == len(whole), "moov is expected to be last"
    return whole[:start]


def ogg(seconds: float = 6.0) -> bytes:
    """A good Ogg Opus file in pages of a fifth of a second."""
    options = {"page_duration": "200000"}
    return coded("ogg", "libopus", murmur(seconds, rate_hz=48_000), rate_hz=48_000, options=options)


def ogg_with_broken_pages() -> bytes:
    """An Ogg file with bytes changed in the middle third, so that those pages' checksums are wrong."""
    pages = list(ogg_pages(ogg()))
    first, last = len(pages) // 3, 2 * len(pages) // 3
    for number in range(first, last):
        page = bytearray(pages[number])
        page[-5] ^= 0xFF
        pages[number] = bytes(page)
    return b"".join(pages)


def ogg_pages(data: bytes) -> Iterator[bytes]:
    """The pages of an Ogg file, one by one."""
    at = 0
    while at < len(data):
        segments = data[at + 26]
        size = 27 + segments + sum(data[at + 27 : at + 27 + segments])
        yield data[at : at + size]
        at += size


def mp3_of_two_rates() -> bytes:
    """Two MP3 files glued together, at 44.1 and at 22.05 kHz."""
    plain = {"write_xing": "0", "id3v2_version": "0"}
    first = coded("mp3", "libmp3lame", murmur(rate_hz=44_100), rate_hz=44_100, options=plain)
    second = coded("mp3", "libmp3lame", murmur(rate_hz=22_050), rate_hz=22_050, options=plain)
    return first + second


def mp3_mono_then_stereo() -> bytes:
    """Two MP3 files glued together, of one channel and of two."""
    plain = {"write_xing": "0", "id3v2_version": "0"}
    two = coded("mp3", "libmp3lame", murmur(), options=plain, channels=2, bits_per_second=64_000)
    return coded("mp3", "libmp3lame", murmur(), options=plain) + two


def chained_ogg() -> bytes:
    """Two Ogg files one after the other, of 6 and 4 seconds: legal, and often half played."""
    first, second = ogg(6.0), list(ogg_pages(ogg(4.0)))
    return first + b"".join(_with_serial(page, 77) for page in second)


def m4a_with_edit_list(*, duration: int | None = None, skip_s: float = 0.0) -> bytes:
    """An M4A whose edit list says another duration (ms), or that it starts some seconds in."""
    whole = bytearray(coded("ipod", "aac", murmur(6.0)))
    start, _ = atom_place(bytes(whole), (b"moov", b"trak", b"edts", b"elst"))
    version, entries = struct.unpack_from(">B3xI", whole, start + 8)
    assert (version, entries) == (0, 1)
    length, media_time = struct.unpack_from(">Ii", whole, start + 16)
    length = length - round(skip_s * 1000) if duration is None else duration
    struct.pack_into(">Ii", whole, start + 16, length, media_time + round(skip_s * 16_000))
    return bytes(whole)


def m4a_of_no_duration() -> bytes:
    """An M4A whose headers all say that it lasts no time at all."""
    whole = bytearray(m4a_with_edit_list(duration=0))
    for names, offset in (
        ((b"moov", b"mvhd"), 24),
        ((b"moov", b"trak", b"tkhd"), 28),
        ((b"moov", b"trak", b"mdia", b"mdhd"), 24),
    ):
        start, _ = atom_place(bytes(whole), names)
        struct.pack_into(">I", whole, start + offset, 0)
    return bytes(whole)


def atom_place(data: bytes, names: tuple[bytes, ...]) -> tuple[int, int]:
    """Where an atom of an MP4 begins, and its size, by the path of names that leads to it."""
    at, end = 0, len(data)
    while at < end:
        size, name = struct.unpack_from(">I4s", data, at)
        if name == names[0]:
            if len(names) == 1:
                return at, size
            at, end, names = at + 8, at + size, names[1:]
            continue
        at += size
    raise AssertionError(f"no atom {names[0]!r}")


def _with_serial(page: bytes, serial: int) -> bytes:
    changed = bytearray(page)
    struct.pack_into("<I", changed, 14, serial)
    struct.pack_into("<I", changed, 22, 0)
    struct.pack_into("<I", changed, 22, _ogg_crc(bytes(changed)))
    return bytes(changed)


def _ogg_crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value
