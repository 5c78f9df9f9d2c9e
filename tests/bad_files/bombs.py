"""Small files that want to become large ones: pictures, silence, claims of size, files within files."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from .sound import coded, murmur, wav

PNG_SIDE = 30_000
BOMB_HOURS = 25.5
_FLAC_BLOCK, _FLAC_RATE_HZ = 65_535, 8_000
_MP4_RATE = 16_000 << 16  # fixed point


def png_bomb(side: int = PNG_SIDE) -> bytes:
    """A black RGB picture of side × side pixels: 2.7 GB of zeros in less than 3 MB.

    A flushed piece of deflated zeros is repeated, so that the zeros need never be deflated.
    """
    rows_a_piece = 30
    piece_size = rows_a_piece * (3 * side + 1)
    deflate = zlib.compressobj(9, wbits=-15)
    piece = deflate.compress(bytes(piece_size)) + deflate.flush(zlib.Z_FULL_FLUSH)
    adler = (side * (3 * side + 1) % 65_521) << 16 | 1  # of so many zeros
    body = b"\x78\xda" + piece * (side // rows_a_piece) + b"\x03\x00" + struct.pack(">I", adler)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", body)
        + _chunk(b"IEND", b"")
    )


def id3(frames: bytes, *, says: int | None = None) -> bytes:
    """An ID3v2.3 tag; ``says`` is the size that it claims."""
    size = len(frames) if says is None else says
    return b"ID3\x03\x00\x00" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + frames


def id3_frame(name: bytes, body: bytes) -> bytes:
    """One frame of an ID3v2.3 tag."""
    return name + struct.pack(">IH", len(body), 0) + body


def mp3_with_picture_bomb() -> bytes:
    """A good MP3 whose cover is the picture bomb."""
    cover = id3_frame(b"APIC", b"\x00image/png\x00\x03\x00" + png_bomb())
    return id3(cover) + coded("mp3", "libmp3lame", murmur(), options={"write_xing": "0"})


def mp3_with_many_tags(count: int = 10_000) -> bytes:
    """A good MP3 with so many user-defined tags."""
    tags = b"".join(
        id3_frame(b"TXXX", b"\x00key%d\x00<b>value %d</b>" % (number, number))
        for number in range(count)
    )
    return id3(tags) + coded("mp3", "libmp3lame", murmur())


def flac_bomb(hours: float = BOMB_HOURS) -> bytes:
    """FLAC frames that each say "65,535 times nothing": a day of silence in about 170 kB."""
    count = int(hours * 3600 * _FLAC_RATE_HZ / _FLAC_BLOCK) + 1
    packed = _FLAC_RATE_HZ << 44 | 0 << 41 | 15 << 36 | count * _FLAC_BLOCK
    info = struct.pack(">HH", _FLAC_BLOCK, _FLAC_BLOCK) + bytes(6) + struct.pack(">Q", packed)
    head = b"fLaC" + struct.pack(">I", 0x80 << 24 | 34) + info + bytes(16)
    return head + b"".join(_flac_frame(number) for number in range(count))


def sparse_wav(path: Path, *, hours: float, rate_hz: int = 8_000) -> None:
    """A recording of so many hours that takes hardly a block of the disk."""
    size = round(hours * 3600) * rate_hz * 2
    head = wav(b"", rate_hz=rate_hz, says=size)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + size)


def mp4_with_huge_table() -> bytes:
    """An MP4 header whose table of sample sizes claims four thousand million entries."""
    table = _atom(b"stsz", struct.pack(">III", 0, 0, 2**32 - 1))
    kind = b"mp4a" + bytes(6) + struct.pack(">H", 1) + bytes(8)
    kind += struct.pack(">HHHHI", 1, 16, 0, 0, _MP4_RATE)
    described = _atom(b"stsd", struct.pack(">III", 0, 1, 4 + len(kind)) + kind)
    media = _atom(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 16_000, 16_000, 0, 0))
    media += _atom(b"hdlr", bytes(8) + b"soun" + bytes(13))
    media += _atom(b"minf", _atom(b"stbl", described + table))
    moov = _atom(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, 1000) + bytes(80))
    track = _atom(b"tkhd", struct.pack(">IIIIII", 3, 0, 0, 1, 0, 1000) + bytes(60))
    moov += _atom(b"trak", track + _atom(b"mdia", media))
    return (
        _atom(b"ftyp", b"M4A \x00\x00\x00\x00") + _atom(b"moov", moov) + _atom(b"mdat", bytes(64))
    )


def _atom(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def _chunk(name: bytes, body: bytes) -> bytes:
    checked = name + body
    return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))


def _flac_frame(number: int) -> bytes:
    head = b"\xff\xf8\x74\x08" + _utf8_like(number) + struct.pack(">H", _FLAC_BLOCK - 1)
    head += bytes([_crc(head, bits=8, polynomial=0x07)])
    frame = head + b"\x00\x00\x00"  # one constant subframe whose value is zero
    return frame + struct.pack(">H", _crc(frame, bits=16, polynomial=0x8005))


def _utf8_like(number: int) -> bytes:
    return chr(number).encode("utf-8", "surrogatepass")


def _crc(data: bytes, *, bits: int, polynomial: int) -> int:
    top, mask, value = 1 << (bits - 1), (1 << bits) - 1, 0
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
    return value
