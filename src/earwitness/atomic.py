"""Files that are whole or not there: write beside, force to disk, rename over."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PART_SUFFIX = ".part"
_ABANDONED_AFTER_S = 86_400


@contextmanager
def written_part(folder: Path, *, mode: int = 0o644) -> Iterator[tuple[IO[bytes], Path]]:
    """Open a file whose name is not known yet; the caller renames it after the block.

    When the block ends, all of it is on the disk; when it fails, the part is removed.
    """
    part = folder / f".{os.getpid()}-{secrets.token_hex(8)}{PART_SUFFIX}"
    try:
        with part.open("xb") as file:
            yield file, part
            file.flush()
            os.fsync(file.fileno())
        part.chmod(mode)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise


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
    with written_part(path.parent, mode=mode) as (file, part):
        yield file
    part.replace(path)
    sync_folder(path.parent)


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


def remove_parts(folder: Path) -> list[str]:
    """Remove what interrupted writes left in a folder; give the names.

    A part whose writer still runs is left alone. One that is a day old is taken for abandoned even
    if another process now has its writer's number.
    """
    removed = []
    for part in folder.glob(f".*{PART_SUFFIX}"):
        writer = part.name[1:].split("-", 1)[0]
        with suppress(FileNotFoundError):
            old = time.time() - part.stat().st_mtime > _ABANDONED_AFTER_S
            if old or not (writer.isdigit() and _runs(int(writer))):
                part.unlink()
                removed.append(part.name)
    return removed


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
