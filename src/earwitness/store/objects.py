"""Exhibits in an object store: each written once under its SHA-256, and hashed whenever it is read.

1. An exhibit is put under a name made of the desk and its hash. What stands there already is read and
   hashed: intact bytes stay, others are never written over.
2. The folder ``exhibits/`` of the case holds copies. One that is missing is fetched, and gets its name
   only if its hash is right.
3. ``verify`` hashes the objects themselves, and beside them the copies that are here.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from earwitness.atomic import sync_folder, written_part
from earwitness.errors import (
    ExhibitAltered,
    MissingPart,
    StoreError,
    StoreNotReady,
    StoreUnreachable,
)
from earwitness.evidence.custody import Problem
from earwitness.evidence.exhibit import is_sha256
from earwitness.store.vault import CHUNK, Stored, Vault

OBJECTS = "EARWITNESS_OBJECTS"
PROTOCOLS = ("file", "s3")


def objects_address() -> str:
    """Where exhibits of new cases on a server are kept; empty where the case's folder is to hold them."""
    return os.environ.get(OBJECTS, "")


class Objects:
    """What one desk has in an object store."""

    def __init__(self, url: str, desk: str) -> None:
        self._files, root = _file_system(url)
        self._is_local = "file" in _protocols(self._files)
        name = hashlib.sha256(desk.encode()).hexdigest()[:16]  # a desk's name may be no path
        self._root = f"{root.rstrip('/')}/{name}"

    @classmethod
    def here(cls, desk: str) -> Objects:
        """The object store that the environment names.

        Raises
        ------
        StoreNotReady
            If it names none.
        """
        if not objects_address():
            raise StoreNotReady(
                "this case's exhibits are in an object store, and none is named",
                do=f"set {OBJECTS} to its address, such as s3://BUCKET/cases",
            )
        return cls(objects_address(), desk)

    def name(self, sha256: str) -> str:
        """The name of an exhibit's object."""
        if not is_sha256(sha256):
            raise ValueError(f"not a SHA-256: {sha256!r}")
        return f"{self._root}/{sha256[:2]}/{sha256}"

    def put(self, sha256: str, source: Path) -> None:
        """Write an exhibit, once.

        Raises
        ------
        ExhibitAltered
            If other bytes stand under its name.
        StoreUnreachable
        """
        name = self.name(sha256)
        with _troubles_named(), suppress(FileExistsError):  # then another server was first
            if not self._files.exists(name):
                try:
                    self._write(source, name)
                except FileNotFoundError as error:  # of a bucket, as S3 says it
                    raise OSError(f"there is no such place: {error}") from error
        found = self.hash_of(sha256)
        if found != sha256:
            raise ExhibitAltered(
                f"exhibit {sha256[:12]} is not what stands under its name in the object store",
                got=f"SHA-256 {found[:12]}…" if found else "nothing",
                do="see who can write there; restore it from the original under another prefix",
            )

    def _write(self, source: Path, name: str) -> None:
        """Make the object appear as a whole or not at all, and only where there is none."""
        if not self._is_local:
            self._files.put_file(str(source), name, mode="create")
            return
        part = f"{self._root}/.{secrets.token_hex(8)}.part"
        for folder in (self._root, name.rsplit("/", 1)[0]):
            self._files.makedirs(folder, exist_ok=True)
        try:
            self._files.put_file(str(source), part)
            os.link(part, name)
            sync_folder(Path(name).parent)
        finally:
            with suppress(FileNotFoundError):
                self._files.rm_file(part)

    def chunks(self, sha256: str) -> Iterator[bytes]:
        """An exhibit's bytes, piece by piece.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        StoreUnreachable
        """
        with _troubles_named(), self._files.open(self.name(sha256), "rb") as reading:
            while chunk := reading.read(CHUNK):
                yield chunk

    def hash_of(self, sha256: str) -> str:
        """The SHA-256 of what stands under an exhibit's name; empty if nothing does."""
        digest = hashlib.sha256()
        try:
            for chunk in self.chunks(sha256):
                digest.update(chunk)
        except FileNotFoundError:
            return ""
        return digest.hexdigest()


class ObjectVault(Vault):
    """The exhibits of a case whose bytes are in an object store, with copies in its folder."""

    def __init__(self, folder: Path, objects: Objects) -> None:
        super().__init__(folder)
        self.objects = objects

    def take_in(self, source: Path, *, check: Callable[[Path], None] | None = None) -> Stored:
        """Copy a file's bytes into the folder and from there to the object store.

        Raises
        ------
        NotAFile, UnreadableFile, EmptyFile, ExhibitAltered, StoreError
        """
        stored = super().take_in(source, check=check)
        self.objects.put(stored.sha256, self.path(stored.sha256))
        return stored

    def here(self, sha256: str) -> Path:
        """Where a copy of an exhibit lies; it is fetched if there is none.

        Raises
        ------
        ExhibitAltered
            If the object is gone, or is not what was received.
        StoreUnreachable
        """
        path = self.path(sha256)
        if path.exists() or path.is_symlink():  # what stands there is hashed by whoever reads it
            return path
        self.folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with written_part(self.folder, mode=0o444) as (writing, part):
            try:
                for chunk in self.objects.chunks(sha256):
                    digest.update(chunk)
                    writing.write(chunk)
            except FileNotFoundError as error:
                raise ExhibitAltered(
                    f"exhibit {sha256[:12]} is gone from the object store"
                ) from error
            if digest.hexdigest() != sha256:
                raise ExhibitAltered(
                    f"exhibit {sha256[:12]} was altered in the object store",
                    got=f"SHA-256 {digest.hexdigest()[:12]}…",
                    do="restore the object from the original",
                )
        part.replace(path)
        sync_folder(self.folder)
        return path

    def check(self, received: Collection[str]) -> tuple[list[Problem], list[str]]:
        """Hash every object anew, and the copies that are here."""
        problems = []
        for sha256 in sorted(received):
            if not is_sha256(sha256):
                continue  # named below
            found = self.objects.hash_of(sha256)
            if found != sha256:
                what = (
                    f"has SHA-256 {found[:12]}… in the object store" if found else "is gone from it"
                )
                problems.append(Problem(f"exhibit {sha256[:12]}", what))
        copied = {each for each in received if not is_sha256(each) or self.path(each).exists()}
        problems_here, notes = super().check(copied)
        return problems + problems_here, notes


@contextmanager
def _troubles_named() -> Iterator[None]:
    """Turn what an object store refuses into one named error; what is not there stays so."""
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except _failures() as error:
        raise StoreUnreachable(
            "the object store did not do its part",
            got=(str(error).strip().splitlines() or [type(error).__name__])[0][:300],
            do=f"see that it runs, and that {OBJECTS} is right; then run the same command again",
        ) from error


def _failures() -> tuple[type[Exception], ...]:
    """How file systems say that something went wrong; that of S3 has a way of its own too."""
    try:
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415  (only where it is installed)
    except ModuleNotFoundError:
        return (OSError,)
    return (OSError, BotoCoreError)


def _protocols(files: Any) -> tuple[str, ...]:
    return (files.protocol,) if isinstance(files.protocol, str) else tuple(files.protocol)


@lru_cache(maxsize=8)
def _file_system(url: str) -> tuple[Any, str]:
    protocol = url.partition("://")[0]
    if protocol not in PROTOCOLS or "://" not in url:
        raise StoreError(
            "no such kind of object store",
            got=protocol if "://" in url else "no address",
            expected="s3://BUCKET/PREFIX or file:///FOLDER",
        )
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  (an extra, and slow to load)

        files, root = url_to_fs(url)
    except ImportError as error:
        raise MissingPart(
            "exhibits in an object store need the packages fsspec and s3fs",
            do="install them with: pip install 'earwitness[objects]'",
        ) from error
    return files, str(root)
