"""A seal over the database file itself, so that a flipped bit anywhere in it is found.

The custody chain covers what the database says; the seal covers the bytes that say it, free pages
and indexes included. It is written after each transaction, under the case's lock. SQLite counts
transactions in its header (offset 24, and again at 92): a database that is newer than its seal was
interrupted between commit and sealing, which is no damage; one of the same count with another hash
is. A case on a server is sealed the same way, with a hash over what all its rows say and a count
that is kept beside them.

Source
------
The SQLite file format, https://www.sqlite.org/fileformat2.html, sections 1.3.7 and 1.3.15.
"""

from __future__ import annotations

import hashlib
import json
import struct
from enum import StrEnum
from pathlib import Path

from earwitness.atomic import write_whole

_SQLITE_MAGIC = b"SQLite format 3\0"


class SealState(StrEnum):
    """What the seal says of the database."""

    WHOLE = "the database is as it was sealed"
    NEWER = "the database was written after its seal, as after an interruption"
    BROKEN = "the database is not as it was sealed"
    MISSING = "the database has no seal"


def write_seal(database: Path, seal: Path) -> None:
    """Seal a database as it stands; the caller holds the case's lock."""
    note_seal(seal, *_read(database))


def note_seal(seal: Path, count: int | None, digest: str) -> None:
    """Write a seal: the count of transactions, and the hash of what they left."""
    content = {"transactions": count, "sha256": digest}
    write_whole(seal, (json.dumps(content) + "\n").encode())


def check_seal(database: Path, seal: Path) -> SealState:
    """Compare a database with its seal; the caller holds the case's lock."""
    return compare_seal(seal, *_read(database))


def compare_seal(seal: Path, count: int | None, digest: str) -> SealState:
    """Compare a count of transactions and the hash of what they left with a seal."""
    try:
        sealed = json.loads(seal.read_bytes())
        sealed_count, sealed_digest = int(sealed["transactions"]), str(sealed["sha256"])
    except FileNotFoundError:
        return SealState.MISSING
    except (ValueError, KeyError, TypeError):
        return SealState.BROKEN
    if digest == sealed_digest:
        return SealState.WHOLE if count == sealed_count else SealState.BROKEN
    if count is not None and count > sealed_count:
        return SealState.NEWER
    return SealState.BROKEN


def _read(database: Path) -> tuple[int | None, str]:
    """SQLite's count of transactions, None if its two places disagree, and the file's SHA-256."""
    with database.open("rb") as file:
        header = file.read(100)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if len(header) < 100 or not header.startswith(_SQLITE_MAGIC):
        return None, digest
    (count,) = struct.unpack_from(">I", header, 24)
    (again,) = struct.unpack_from(">I", header, 92)
    return (count if count == again else None), digest
