"""Bytes of a file by place: never the whole file, and never more than there is."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

WINDOW = 1 << 15
_NEAR = 1 << 12
TEXT_BYTES = 1 << 13  # of one text, no more is read


class Source:
    """A file to read from by place; a read beyond its end gives what there is, down to nothing."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.size = os.fstat(self._file.fileno()).st_size
        self._start = 0
        self._window = b""

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def read(self, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``offset``; the caller bounds ``size``."""
        within = offset - self._start
        if within >= 0 and within + size <= len(self._window):
            return self._window[within : within + size]
        if offset < 0 or size <= 0 or offset >= self.size:
            return b""
        if size > WINDOW:
            return self._pread(offset, size)
        self._start, self._window = offset, self._pread(offset, WINDOW)
        return self._window[:size]

    def text(self, offset: int, size: int) -> bytes:
        """The beginning of a text: up to ``TEXT_BYTES`` of it."""
        return self.read(offset, min(size, TEXT_BYTES))

    def big(self, offset: int, size: int) -> int:
        """A big-endian number; 0 where the file ends before it."""
        raw = self.read(offset, size)
        return int.from_bytes(raw, "big") if len(raw) == size else 0

    def little(self, offset: int, size: int) -> int:
        """A little-endian number; 0 where the file ends before it."""
        raw = self.read(offset, size)
        return int.from_bytes(raw, "little") if len(raw) == size else 0

    def find(self, what: bytes, start: int, end: int) -> int:
        """The first place of ``what`` in [start, end), or -1; reads piece by piece."""
        step, overlap = 1 << 20, len(what) - 1
        near = self.read(start, min(_NEAR, end - start)).find(what)
        if near >= 0:
            return start + near
        for offset in range(start, end, step):
            piece = self._pread(offset, min(step + overlap, end - offset))
            place = piece.find(what)
            if place >= 0:
                return offset + place
        return -1

    def is_zero(self, offset: int, size: int, *, most: int = 1 << 16) -> bool:
        """Whether the first ``most`` bytes of a stretch are all zero."""
        return not self.read(offset, min(size, most)).strip(b"\0")

    def _pread(self, offset: int, size: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(size)
