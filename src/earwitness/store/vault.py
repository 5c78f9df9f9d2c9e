"""The exhibits' bytes: one read-only file each, named by its SHA-256.

Nothing here follows a symbolic link, so neither a file that is added nor one that was slipped into
the case can lead out of it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from earwitness.atomic import PART_SUFFIX, sync_folder, written_part
from earwitness.errors import EmptyFile, ExhibitAltered, NotAFile, UnreadableFile
from earwitness.evidence.custody import Problem
from earwitness.evidence.exhibit import is_sha256
from earwitness.evidence.names import safe_name

CHUNK = 1 << 20
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes that are in the vault."""

    sha256: str
    size: int


class Vault:
    """The folder ``exhibits/`` of a case."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where an exhibit's bytes lie, or would."""
        if not is_sha256(sha256):
            raise ValueError(f"not a SHA-256: {sha256!r}")
        return self.folder / sha256

    def here(self, sha256: str) -> Path:
        """Where an exhibit's bytes lie on this machine."""
        return self.path(sha256)

    def take_in(self, source: Path, *, check: Callable[[Path], None] | None = None) -> Stored:
        """Copy a file's bytes into the vault, hashed as they are copied.

        Parameters
        ----------
        source : Path
        check : callable, optional
            Looks at the copy before it is kept; when it raises, nothing is.

        Raises
        ------
        NotAFile, UnreadableFile, EmptyFile
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with (
            opened_plain(source) as reading,
            written_part(self.folder, mode=0o444) as (writing, part),
        ):
            while chunk := reading.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                writing.write(chunk)
            if size == 0:
                raise EmptyFile(
                    "the file is empty", got="0 bytes", do="ask the source to send it again"
                )
            if check is not None:
                writing.flush()
                check(part)
        self._keep(part, digest.hexdigest())
        return Stored(digest.hexdigest(), size)

    def _keep(self, part: Path, sha256: str) -> None:
        """Give a part its name; bytes that are there already, and are intact, stay."""
        try:
            self.require_intact(sha256)
        except ExhibitAltered:
            part.replace(self.path(sha256))
        else:
            part.unlink()
        sync_folder(self.folder)

    def hash_of(self, sha256: str) -> str:
        """Hash an exhibit's bytes anew.

        Raises
        ------
        ExhibitAltered
            If they are not there, or something that is not a file stands in their place.
        """
        try:
            with opened_plain(self.path(sha256)) as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except (NotAFile, UnreadableFile) as error:
            raise ExhibitAltered(
                f"exhibit {sha256[:12]} is not where it should be", got=str(error)
            ) from error

    def require_intact(self, sha256: str) -> None:
        """Hash an exhibit anew and insist that its bytes are those that were received.

        Raises
        ------
        ExhibitAltered
        """
        found = self.hash_of(sha256)
        if found != sha256:
            raise ExhibitAltered(
                f"exhibit {sha256[:12]} was altered after it was received",
                got=f"SHA-256 {found[:12]}…",
                do="restore the file in exhibits/ from the original",
            )

    def check(self, received: Collection[str]) -> tuple[list[Problem], list[str]]:
        """Re-hash every exhibit: problems, and notes of what interrupted acts left behind.

        A problem is an exhibit that is altered or missing, or a file that has no business here. A
        whole file under its own hash that was never received is only a note: the act that brought
        it was interrupted before it was logged, so it is not an exhibit.
        """
        problems, notes = [], []
        for sha256 in sorted(received):
            if not is_sha256(sha256):
                problems.append(Problem(f"exhibit {safe_name(sha256)[:80]}", "is no SHA-256"))
                continue
            try:
                self.require_intact(sha256)
            except ExhibitAltered as error:
                problems.append(Problem(f"exhibit {sha256[:12]}", str(error)))
        for path in sorted(self.folder.iterdir()) if self.folder.exists() else []:
            if path.name in received:
                continue
            where = f"exhibits/{safe_name(path.name)}"
            if path.name.endswith(PART_SUFFIX) or self._is_whole(path):
                notes.append(f"{where} was left by an interrupted act and is not an exhibit")
            else:
                problems.append(Problem(where, "is not in the custody log"))
        return problems, notes

    def _is_whole(self, path: Path) -> bool:
        try:
            return is_sha256(path.name) and self.hash_of(path.name) == path.name
        except ExhibitAltered:
            return False


def require_plain_file(path: Path) -> None:
    """Insist that a path is a file that can be read, and not a link, folder, pipe or device.

    Raises
    ------
    NotAFile, UnreadableFile
    """
    with opened_plain(path):
        pass


@contextmanager
def opened_plain(path: Path) -> Iterator[BufferedReader]:
    """Open a plain file for reading: no link is followed, and no pipe can hold us up."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            kind = "a symbolic link" if error.errno == errno.ELOOP else "a socket or device"
            raise _not_a_file(kind) from error
        raise UnreadableFile(f"the file cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UnreadableFile(f"the file cannot be read ({error})") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise _not_a_file(_KINDS.get(stat.S_IFMT(mode), "something else"))
    with os.fdopen(descriptor, "rb") as file:
        yield file


def _not_a_file(kind: str) -> NotAFile:
    return NotAFile(
        f"this is {kind}, not a file", expected="a file", do="give the file itself, by its own name"
    )
