"""From files to fingerprints, in the order in which the files are named, whichever is done first."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from earwitness.archive.fingerprint import NotTaken, sha256_of
from earwitness.archive.segment import Fingerprint
from earwitness.archive.sharing import Call, Engine, Lost, Pending
from earwitness.archive.worker import read_answer
from earwitness.errors import UnreadableFile

_HASHED_AT_ONCE, _HASHED_AHEAD = 2, 8

# A fingerprint; why there is none; or None, if the recording is in the archive already.
Result = Fingerprint | NotTaken | None


@dataclass(frozen=True, slots=True)
class File:
    """A file that was looked at: its path, its size, and its hash, or why it has none."""

    path: Path
    size: int
    sha256: str | NotTaken


def files_in(paths: Sequence[Path], *, but: Path) -> Iterator[Path]:
    """All files, those of folders in the order of their names; nothing through links.

    Raises
    ------
    UnreadableFile
        If a path is neither a file nor a folder.
    """
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            for parent, folders, names in os.walk(path):
                folders.sort()
                if Path(parent).resolve() == but.resolve():
                    folders.clear()
                    continue
                yield from (
                    Path(parent) / name
                    for name in sorted(names)
                    if (Path(parent) / name).is_file() and not (Path(parent) / name).is_symlink()
                )
        else:
            raise UnreadableFile(f"there is neither a file nor a folder called {path}")


def taken(
    files: Sequence[Path], known: Collection[str], engine: Engine, call: Call, *more: str
) -> Generator[tuple[File, Result], None, None]:
    """What becomes of each file. No more are under way than the engine lets be.

    Parameters
    ----------
    files : sequence of Path
    known : collection of str
        Hashes of recordings that are in the archive.
    engine : Engine
    call : Call
        What it is to carry out with a path and a hash.
    *more : str
        And with these.

    Yields
    ------
    tuple of File and Result
        In the order of ``files``.
    """
    waiting: deque[tuple[File, Result | Pending]] = deque()
    with closing(_looked_at(files)) as looked_at:
        for file in looked_at:
            waiting.append((file, _begun(file, known, engine, call, more)))
            while waiting and (len(waiting) > engine.ahead or not _waits(waiting[0][1])):
                yield _ended(waiting)
        while waiting:
            yield _ended(waiting)


def _begun(
    file: File, known: Collection[str], engine: Engine, call: Call, more: tuple[str, ...]
) -> Result | Pending:
    if isinstance(file.sha256, NotTaken):
        return file.sha256
    if file.sha256 in known:
        return None
    return engine.begin(call, str(file.path.absolute()), file.sha256, *more)


def _is_begun(result: Result | Pending) -> TypeGuard[Pending]:
    return not (result is None or isinstance(result, NotTaken | Fingerprint))


def _waits(result: Result | Pending) -> bool:
    return _is_begun(result) and not result.done()


def _ended(waiting: deque[tuple[File, Result | Pending]]) -> tuple[File, Result]:
    file, result = waiting.popleft()
    if result is None or isinstance(result, NotTaken | Fingerprint):
        return file, result
    answer = result.result(beside=(each for _, each in waiting if _is_begun(each)))
    if isinstance(answer, Lost):
        return file, NotTaken(str(file.path), answer.reason)
    return file, read_answer(answer, file.path)


def _looked_at(files: Sequence[Path]) -> Generator[File, None, None]:
    """Each file with its hash, in order; a few are hashed ahead of what is done with them."""
    pool = ThreadPoolExecutor(_HASHED_AT_ONCE)
    ahead: deque[Future[File]] = deque()
    try:
        for path in files:
            ahead.append(pool.submit(_look_at, path))
            if len(ahead) > _HASHED_AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _look_at(path: Path) -> File:
    try:
        return File(path, path.stat().st_size, sha256_of(path))
    except OSError as error:
        return File(path, 0, NotTaken(str(path), str(error.strerror)))
