"""Files that are whole or not there: write beside, force to disk, rename over."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PART_SUFFIX = ".part"


@contextmanager
def written_whole(path: Path, *, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name only when all of it is on the disk.

    Parameters
    ----------
    path : Path
        The final name; what stands there is replaced in one step.
    mode : int
        Permissions of the final file.
    """
    part = path.with_name(f".{secrets.token_hex(8)}{PART_SUFFIX}")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.chmod(mode)
        part.replace(path)
        sync_folder(path.parent)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file in one step: a reader sees the old content or the new, never a part."""
    with written_whole(path, mode=mode) as file:
        file.write(content)


def sync_folder(folder: Path) -> None:
    """Force a folder's list of names to disk, so that a rename outlives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_parts(folder: Path) -> int:
    """Remove what interrupted writes left in a folder; give how many there were."""
    parts = list(folder.glob(f".*{PART_SUFFIX}"))
    for part in parts:
        with suppress(FileNotFoundError):
            part.unlink()
    return len(parts)
