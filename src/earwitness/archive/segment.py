"""One segment of an archive: a file that is written once, checksummed and mapped, never changed.

Layout, little-endian: the magic ``EWARCHIV``; the length of the header as u64; the header as JSON,
padded so that what follows is aligned to 4,096; then four arrays of u32, each aligned to 64:

* ``buckets`` [shape=(2**bits + 1,)]: where the keys of each leading-bit bucket begin;
* ``keys`` [shape=(n,)]: the landmarks' keys, sorted;
* ``places`` [shape=(n,)]: for each key, the number of its patch on the segment's time line;
* ``prints`` [shape=(m,)]: the fine prints of all recordings, one after the other.

A segment's time line is its recordings' patches, one recording after the other. The SHA-256 of the
whole file stands in the manifest, and in the file's name.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from earwitness.archive.landmarks import Keys, patch_count
from earwitness.archive.prints import PRINT_STEP, Prints
from earwitness.atomic import sync_folder, written_part
from earwitness.errors import ArchiveDamaged, ArchiveNotWritten, ArchiveTooNew

MAGIC = b"EWARCHIV"
FORMAT = 1
SUFFIX = ".segment"
_SECTIONS = ("buckets", "keys", "places", "prints")
_KEYS_PER_BUCKET = 4
_LONGEST_HEADER = 1 << 28


@dataclass(frozen=True, slots=True)
class Known:
    """A recording that an archive knows: its file's hash and name, and its length."""

    sha256: str
    name: str
    seconds: float
    frames: int

    @property
    def patches(self) -> int:
        """How many patches it takes up on the time line."""
        return patch_count(self.frames)

    @property
    def prints(self) -> int:
        """How many fine prints it has."""
        return -(-self.frames // PRINT_STEP)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of one recording: keys and the patches they stand for [shape=(n,) each], prints."""

    known: Known
    keys: Keys
    patches: npt.NDArray[np.uint32]
    prints: Prints


class Segment:
    """A segment that is open for searching; it reads what it is asked for, and no more."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            header, start = _read_header(file, path)
            status = os.fstat(file.fileno())
            self.bytes, self.stamp = status.st_size, stamp(status)
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.recordings = tuple(Known(**item) for item in header["recordings"])
        self.bucket_bits = int(header["bucket_bits"])
        self.first_patch = _starts([known.patches for known in self.recordings])
        self.first_print = _starts([known.prints for known in self.recordings])
        arrays = {}
        for name in _SECTIONS:
            arrays[name] = _view(self._map, start, int(header["lengths"][name]), path)
            start += _padded(4 * int(header["lengths"][name]), 64)
        self.buckets, self.keys = arrays["buckets"], arrays["keys"]
        self.places, self._prints = arrays["places"], arrays["prints"]

    @property
    def seconds(self) -> float:
        """Sound in the segment."""
        return float(sum(known.seconds for known in self.recordings))

    def prints(self, number: int, start: int, end: int) -> Prints:
        """Fine prints ``start`` to ``end`` of a recording, within its own bounds."""
        first = int(self.first_print[number])
        last = int(self.first_print[number + 1])
        return np.array(self._prints[first + max(start, 0) : max(min(first + end, last), first)])

    def let_go(self) -> None:
        """Give the pages that were read back to the system; they stay in its cache."""
        self._map.madvise(mmap.MADV_DONTNEED)


def stamp(status: os.stat_result) -> list[int]:
    """What of a file changes when it is replaced or written to: size, time, number on its disk."""
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def check(path: Path, *, sha256: str) -> None:
    """Read a segment from end to end and compare it with its checksum.

    Raises
    ------
    ArchiveDamaged
        If it is missing, or a single bit differs.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise damaged(path, str(error.strerror)) from error
    if found != sha256:
        raise damaged(path, f"bytes of SHA-256 {found[:16]}, where {sha256[:16]} is recorded")


def damaged(path: Path, got: str) -> ArchiveDamaged:
    """The error for a segment that cannot be trusted."""
    return ArchiveDamaged(
        f"a segment of the archive is damaged: {path.name}",
        got=got,
        do="restore the file from a copy, or drop it with: earwitness archive remove INDEX --damaged "
        "(then archive build adds its recordings again)",
    )


def write(folder: Path, fingerprints: Sequence[Fingerprint]) -> tuple[Path, str]:
    """Write fingerprints as one new segment; give its path and SHA-256.

    The file is complete and on the disk before it gets its name.
    """
    recordings = [fingerprint.known for fingerprint in fingerprints]
    starts = _starts([known.patches for known in recordings])
    keys = _joined([item.keys for item in fingerprints])
    moved = [
        item.patches + np.uint32(start) for item, start in zip(fingerprints, starts, strict=False)
    ]
    places = _joined(moved)
    order = np.argsort(keys, kind="stable")
    parts = [(keys[order], places[order])]
    return write_sorted(
        folder,
        recordings=recordings,
        landmarks=keys.size,
        parts=iter(parts),
        prints=(item.prints for item in fingerprints),
    )


def write_sorted(
    folder: Path,
    *,
    recordings: Sequence[Known],
    landmarks: int,
    parts: Iterator[tuple[Keys, npt.NDArray[np.uint32]]],
    prints: Iterator[Prints],
) -> tuple[Path, str]:
    """Write a segment from keys and places that come sorted and in pieces, so that memory is bounded."""
    if sum(known.patches for known in recordings) >= 2**32 or landmarks >= 2**32:
        raise ValueError("a segment holds at most 2**32 patches")
    bits = max(8, int(np.ceil(np.log2(max(landmarks / _KEYS_PER_BUCKET, 1)))))
    lengths = {
        "buckets": 2**bits + 1,
        "keys": landmarks,
        "places": landmarks,
        "prints": sum(known.prints for known in recordings),
    }
    header = {
        "format": FORMAT,
        "bucket_bits": bits,
        "lengths": lengths,
        "recordings": [asdict(known) for known in recordings],
    }
    try:
        with written_part(folder) as (file, part):
            _write_body(file, header, lengths, bits, parts, prints)
            file.flush()
            with part.open("rb") as again:
                sha256 = hashlib.file_digest(again, "sha256").hexdigest()
        path = folder / f"{sha256[:24]}{SUFFIX}"
        part.replace(path)
        sync_folder(folder)
    except OSError as error:
        raise not_written(folder, error) from error
    return path, sha256


def not_written(folder: Path, error: OSError) -> ArchiveNotWritten:
    """The error for a disk that takes no more."""
    return ArchiveNotWritten(
        f"the archive could not be written in {folder}",
        got=str(error.strerror or error),
        expected="room on the disk, and leave to write",
        do="make room and run the same command again: what was written before stays",
    )


def _write_body(
    file: IO[bytes],
    header: dict[str, Any],
    lengths: dict[str, int],
    bits: int,
    parts: Iterator[tuple[Keys, npt.NDArray[np.uint32]]],
    prints: Iterator[Prints],
) -> None:
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    start = _padded(len(MAGIC) + 8 + len(text), 4096)
    file.write(MAGIC + struct.pack("<Q", len(text)) + text)
    offsets = {}
    for name in _SECTIONS:
        offsets[name] = start
        start += _padded(4 * lengths[name], 64)
    file.truncate(start)
    counts = np.zeros(2**bits, np.int64)
    done = 0
    for keys, places in parts:
        counts += np.bincount(keys >> np.uint32(32 - bits), minlength=2**bits)
        for name, array in (("keys", keys), ("places", places)):
            file.seek(offsets[name] + 4 * done)
            file.write(array.astype("<u4", copy=False).tobytes())
        done += keys.size
    if done != lengths["keys"]:
        raise ValueError(f"{done} landmarks came where {lengths['keys']} were announced")
    file.seek(offsets["buckets"])
    file.write(np.concatenate([[0], np.cumsum(counts)]).astype("<u4").tobytes())
    file.seek(offsets["prints"])
    for piece in prints:
        file.write(piece.astype("<u4", copy=False).tobytes())


def _read_header(file: BinaryIO, path: Path) -> tuple[dict[str, Any], int]:
    head = file.read(len(MAGIC) + 8)
    if len(head) < len(MAGIC) + 8 or not head.startswith(MAGIC):
        raise damaged(path, f"a file that begins {head[:8]!r}")
    (length,) = struct.unpack("<Q", head[len(MAGIC) :])
    if length > _LONGEST_HEADER:
        raise damaged(path, f"a header of {length} bytes")
    try:
        header: dict[str, Any] = json.loads(file.read(length))
        if header["format"] > FORMAT:
            raise ArchiveTooNew(
                f"a segment was written by a later version of earwitness: {path.name}",
                got=f"format {header['format']}",
                expected=f"format {FORMAT} at most",
                do="install that version or a later one",
            )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(path, "a header that cannot be read") from error
    return header, _padded(len(MAGIC) + 8 + length, 4096)


def _view(mapped: mmap.mmap, start: int, length: int, path: Path) -> npt.NDArray[np.uint32]:
    if length < 0 or start + 4 * length > len(mapped):
        raise damaged(path, f"{len(mapped)} bytes, where more were written")
    return np.frombuffer(mapped, dtype="<u4", count=length, offset=start)


def _starts(lengths: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.asarray(lengths, dtype=np.int64))]).astype(np.int64)


def _joined(arrays: Sequence[npt.NDArray[np.uint32]]) -> npt.NDArray[np.uint32]:
    return np.concatenate(arrays) if arrays else np.zeros(0, np.uint32)


def _padded(size: int, to: int) -> int:
    return -(-size // to) * to
