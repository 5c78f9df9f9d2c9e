"""An archive on disk: a manifest that names its segments, replaced whole at every change.

A folder with ``archive.json``, ``segments/`` and ``lock``. The manifest is written beside the old
one and renamed over it, so that a process that is killed leaves the archive as it was before or as
it is after, never between. A segment that no manifest names was left by a killed process, and is
removed by the next one that changes the archive. Segments are only ever added and dropped: a
removed recording is marked in the manifest, and its data go when its segment is next merged.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import filelock

from earwitness.archive import segment as segments
from earwitness.archive.segment import Known, Segment
from earwitness.atomic import remove_parts, write_whole
from earwitness.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveNotFound,
    ArchiveNotWritten,
    ArchiveTooNew,
)

FORMAT = 1
METHOD = "landmarks 1"
MANIFEST = "archive.json"
_SEGMENTS = "segments"
_CHECKED = "checked.json"
_TIMES_TO_OPEN = 5


@dataclass(frozen=True, slots=True)
class Listed:
    """A segment as the manifest lists it."""

    file: str
    sha256: str
    recordings: int
    seconds: float
    landmarks: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the archive consists of."""

    segments: tuple[Listed, ...] = ()
    removed: frozenset[str] = frozenset()
    background: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that is open for searching: a manifest, and its segments as they were then.

    ``missing`` names the segments that are damaged and were left out because the caller allowed it.
    """

    folder: Path
    manifest: Manifest
    segments: tuple[Segment, ...]
    missing: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Sound that can be found."""
        return sum(known.seconds for known in self.known())

    @property
    def landmarks(self) -> int:
        """Landmarks in all segments."""
        return sum(int(segment.keys.size) for segment in self.segments)

    def known(self) -> Iterator[Known]:
        """Every recording that can be found."""
        for segment in self.segments:
            yield from (
                known for known in segment.recordings if known.sha256 not in self.manifest.removed
            )


def exists(folder: Path) -> bool:
    """Whether a folder holds an archive."""
    return (folder / MANIFEST).is_file()


def state_of(folder: Path) -> str:
    """What an archive holds, as a hash that changes whenever it does; empty where there is none.

    It is that of the manifest, which names every segment by its checksum.
    """
    if not exists(folder):
        return ""
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def open_archive(folder: Path, *, without_damaged: bool = False) -> Archive:
    """Open an archive to search it.

    Every segment is read from end to end and compared with its checksum the first time it is
    opened, and again whenever its size or time has changed.

    Parameters
    ----------
    folder : Path
    without_damaged : bool
        Leave damaged segments out and name them in ``missing``, in place of refusing.

    Raises
    ------
    ArchiveNotFound, ArchiveDamaged, ArchiveTooNew
    """
    for attempt in range(_TIMES_TO_OPEN):
        manifest = read_manifest(folder)
        try:
            return _opened(folder, manifest, without_damaged)
        except ArchiveDamaged:
            # A merge may have replaced the segments since the manifest was read.
            if read_manifest(folder).generation == manifest.generation or attempt == 4:
                raise
    raise AssertionError("unreachable")


def _opened(folder: Path, manifest: Manifest, without_damaged: bool) -> Archive:
    found, missing = [], []
    checked = _checked(folder)
    before = dict(checked)
    for listed in manifest.segments:
        path = segment_path(folder, listed)
        try:
            stamp = stamp_of(path)
            if checked.get(listed.file) != stamp:
                segments.check(path, sha256=listed.sha256)
                checked[listed.file] = stamp
            found.append(Segment(path))
        except ArchiveDamaged:
            if not without_damaged:
                raise
            missing.append(listed.file)
    if checked != before:
        _remember_checked(folder, manifest, checked)
    return Archive(folder, manifest, tuple(found), tuple(missing))


def segment_path(folder: Path, listed: Listed) -> Path:
    """Where a listed segment lies; a name that leads out of the folder is refused."""
    if Path(listed.file).name != listed.file:
        raise ArchiveDamaged("the archive's manifest names a file outside it", got=listed.file)
    return folder / _SEGMENTS / listed.file


def read_manifest(folder: Path) -> Manifest:
    """Read what an archive consists of.

    Raises
    ------
    ArchiveNotFound, ArchiveDamaged, ArchiveTooNew
    """
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ArchiveNotFound(
            f"there is no archive in {folder}", do="make one with: earwitness archive build"
        ) from error
    except OSError as error:
        raise ArchiveDamaged(f"{path} cannot be read", got=str(error.strerror)) from error
    try:
        data = json.loads(text)
        if data["format"] > FORMAT or data["method"] != METHOD:
            raise ArchiveTooNew(
                f"the archive in {folder} was written by a later version of earwitness",
                got=f"format {data['format']}, {data['method']}",
                expected=f"format {FORMAT}, {METHOD}",
                do="install that version or a later one",
            )
        seal = data.pop("sha256")
        if _seal(data) != seal:
            raise ValueError("the manifest's own checksum does not hold")
        return Manifest(
            segments=tuple(Listed(**item) for item in data["segments"]),
            removed=frozenset(data["removed"]),
            background=data["background"],
            generation=int(data["generation"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ArchiveDamaged(
            f"the manifest of the archive is damaged: {path}",
            got=str(error),
            do="restore it from a copy, or build the archive anew",
        ) from error


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Hold the archive's lock, make the folders, and sweep up what a killed process left.

    Raises
    ------
    ArchiveBusy
        If another process holds the lock.
    ArchiveNotWritten
        If the folder cannot be made.
    """
    try:
        (folder / _SEGMENTS).mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / "lock", timeout=0)
        lock.acquire()
    except filelock.Timeout as error:
        raise ArchiveBusy(
            f"another process is changing the archive in {folder}", do="wait until it is done"
        ) from error
    except OSError as error:
        raise ArchiveNotWritten(
            f"the archive could not be made in {folder}", got=str(error.strerror)
        ) from error
    try:
        if not exists(folder):
            write_manifest(folder, Manifest())
        sweep(folder, read_manifest(folder))
        yield
    finally:
        lock.release()


def sweep(folder: Path, manifest: Manifest) -> None:
    """Remove files that no manifest names: half-written segments, and merged ones."""
    named = {listed.file for listed in manifest.segments}
    for path in (folder / _SEGMENTS).iterdir():
        if path.name not in named:
            path.unlink(missing_ok=True)
    remove_parts(folder)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "method": METHOD,
        "segments": [asdict(listed) for listed in manifest.segments],
        "removed": sorted(manifest.removed),
        "background": dict(manifest.background),
        "generation": manifest.generation,
    }
    data["sha256"] = _seal(data)
    _replace(folder / MANIFEST, data)


def listed(path: Path, sha256: str) -> Listed:
    """The manifest's line for a segment that has been written."""
    made = Segment(path)
    return Listed(path.name, sha256, len(made.recordings), made.seconds, int(made.keys.size))


def changed(manifest: Manifest, **parts: Any) -> Manifest:
    """The manifest with some of its parts replaced, as the next generation."""
    return replace(manifest, generation=manifest.generation + 1, **parts)


def folder_of_segments(folder: Path) -> Path:
    """Where new segments are written."""
    return folder / _SEGMENTS


def damaged_segments(folder: Path, manifest: Manifest) -> list[Listed]:
    """The segments whose bytes are not those that were written; reads everything."""
    bad = []
    for item in manifest.segments:
        path = segment_path(folder, item)
        try:
            segments.check(path, sha256=item.sha256)
            Segment(path)
        except ArchiveDamaged:
            bad.append(item)
    return bad


def names_of(segment_list: Sequence[Segment]) -> set[str]:
    """The hashes of all recordings in segments."""
    return {known.sha256 for segment in segment_list for known in segment.recordings}


def _seal(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def stamp_of(path: Path) -> list[int]:
    """What of a segment's file changes when it is replaced or written to."""
    try:
        return segments.stamp(path.stat())
    except OSError as error:
        raise segments.damaged(path, str(error.strerror)) from error


def _checked(folder: Path) -> dict[str, Any]:
    try:
        data = json.loads((folder / _CHECKED).read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _remember_checked(folder: Path, manifest: Manifest, checked: Mapping[str, Any]) -> None:
    named = {listed.file for listed in manifest.segments}
    if os.access(folder, os.W_OK):  # an archive on a read-only disk is checked every time
        _replace(folder / _CHECKED, {k: v for k, v in checked.items() if k in named})


def _replace(path: Path, data: Mapping[str, Any]) -> None:
    try:
        write_whole(path, json.dumps(data, indent=1, ensure_ascii=False).encode())
    except OSError as error:
        raise segments.not_written(path.parent, error) from error
