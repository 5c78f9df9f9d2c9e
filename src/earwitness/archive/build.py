"""Building an archive: add, remove, join. Each ends with an archive that is whole.

Fingerprints are taken by one process per core and gathered; every fifty hours of sound, or every
two minutes, what was gathered becomes a segment and the manifest names it. A build that is killed
loses what was not yet named, and only that: run again, it goes on with the files that are not in
the archive. A file is known by the SHA-256 of its bytes, so that its name does not matter and
adding it twice does nothing.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from earwitness.archive import index, merge, segment
from earwitness.archive.background import Background
from earwitness.archive.calibration import measured
from earwitness.archive.fingerprint import NotTaken, sha256_of
from earwitness.archive.segment import Fingerprint
from earwitness.archive.worker import Worker
from earwitness.errors import ArchiveNotFound, ArchiveNotWritten, UnreadableFile

_HOURS_TO_A_SEGMENT = 50.0
_SECONDS_TO_A_SEGMENT = 120.0
_MOST_WAITING = 64
_GROWN = 1.5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is: files done of all, sound taken in, and time since it began."""

    files: int
    of_files: int
    sound_s: float
    elapsed_s: float

    @property
    def remaining_s(self) -> float | None:
        """How long it will take yet, judged by the files so far; None before the first."""
        if self.files == 0:
            return None
        return self.elapsed_s / self.files * (self.of_files - self.files)


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: how many were added, were there already, and which could not be taken."""

    added: int
    already: int
    not_taken: tuple[NotTaken, ...]
    sound_s: float


Report = Callable[[Progress], None]
# A fingerprint; why there is none; the hash of what was removed and is named again; None: there.
_Result = Fingerprint | NotTaken | str | None
_Done = tuple[Path, _Result] | BaseException


def build(
    folder: Path,
    paths: Sequence[Path],
    *,
    workers: int | None = None,
    report: Report | None = None,
    segment_hours: float = _HOURS_TO_A_SEGMENT,
    segment_seconds: float = _SECONDS_TO_A_SEGMENT,
    calibrate: bool = True,
) -> Built:
    """Add recordings to an archive; makes the archive if there is none.

    Parameters
    ----------
    folder : Path
        The archive.
    paths : sequence of Path
        Files, and folders that are looked through for files.
    workers : int, optional
        How many processes take fingerprints; as many as there are cores by default.
    report : callable, optional
        Told after every file.
    segment_hours, segment_seconds : float
        How much sound is gathered, or for how long, before it is written.
    calibrate : bool
        Measure the background at the end, if the archive has grown by half since it was measured.

    Raises
    ------
    ArchiveBusy, ArchiveDamaged, ArchiveTooNew, ArchiveNotWritten
    UnreadableFile
        If a path is neither a file nor a folder.
    """
    files = list(_files(paths, but=folder))
    with index.changing(folder):
        known = index.names_of(index.open_archive(folder).segments)
        gathering = _Gathering(folder, len(files), report, segment_hours, segment_seconds)
        found = _fingerprints(files, known - index.read_manifest(folder).removed, known, workers)
        for file, result in found:
            gathering.take(file, result)
        gathering.write()
        merge.join_due(folder)
        if calibrate:
            measure(folder, gathering.sources)
    return gathering.built()


def measure(folder: Path, sources: Mapping[str, Path]) -> None:
    """Measure the archive's background anew if it has grown by half since. The lock must be held.

    Parameters
    ----------
    folder : Path
    sources : mapping of str to Path
        Files of recordings that are in the archive, by their hashes; a sample of them is searched.
    """
    archive = index.open_archive(folder)
    before = Background.read(archive.manifest.background)
    if before.measured and archive.seconds < _GROWN * before.archive_seconds:
        return
    background = measured(archive, sources)
    if background.measured:
        manifest = index.read_manifest(folder)
        index.write_manifest(folder, index.changed(manifest, background=background.to_json()))


def files_by_hash(folder: Path) -> dict[str, Path]:
    """The files in a folder by the hashes of their bytes."""
    return {sha256_of(path): path for path in _files([folder], but=Path())}


def remove(folder: Path, sha256: str) -> int:
    """Take a recording out of an archive; gives how many were taken out.

    It is no longer found from now on; its data are gone from the disk when its segment is next joined.

    Parameters
    ----------
    folder : Path
    sha256 : str
        The hash of its file, or how it begins, if only one begins so.
    """
    _must_exist(folder)
    with index.changing(folder):
        archive = index.open_archive(folder)
        hits = {known.sha256 for known in archive.known() if known.sha256.startswith(sha256)}
        if len(hits) != 1 or len(sha256) < 8:
            return 0
        manifest = archive.manifest
        index.write_manifest(folder, index.changed(manifest, removed=manifest.removed | hits))
    return 1


def drop_damaged(folder: Path) -> tuple[index.Listed, ...]:
    """Drop the segments whose bytes have changed, and say which; what they held can be built again."""
    _must_exist(folder)
    with index.changing(folder):
        manifest = index.read_manifest(folder)
        bad = index.damaged_segments(folder, manifest)
        if bad:
            rest = tuple(item for item in manifest.segments if item not in bad)
            manifest = index.changed(manifest, segments=rest)
            index.write_manifest(folder, manifest)
            index.sweep(folder, manifest)
    return tuple(bad)


def merge_archives(folder: Path, other: Path) -> int:
    """Add all that another archive holds; gives how many recordings were new.

    The other archive stays as it is; what it has removed is not added.
    """
    source = index.open_archive(other)
    with index.changing(folder):
        own = index.open_archive(folder)
        held = index.names_of(own.segments)
        incoming = {known.sha256 for known in source.known()}
        # A recording that is here and was removed comes back: it is in the other on purpose.
        manifest = index.changed(own.manifest, removed=own.manifest.removed - incoming)
        skip = source.manifest.removed | held
        target = index.folder_of_segments(folder)
        try:
            made = merge.joined(target, source.segments, removed=frozenset(skip))
        except OSError as error:
            raise ArchiveNotWritten("the archives could not be joined", got=str(error)) from error
        if made is not None:
            listed = index.listed(*made)
            manifest = index.changed(manifest, segments=(*manifest.segments, listed))
        index.write_manifest(folder, manifest)
        merge.join_due(folder)
    return len(incoming - (held - own.manifest.removed))


class _Gathering:
    """Fingerprints that wait to become a segment, and the account of the build."""

    def __init__(
        self,
        folder: Path,
        files: int,
        report: Report | None,
        segment_hours: float,
        segment_seconds: float,
    ) -> None:
        self.folder = folder
        self.files, self.of_files = 0, files
        self.report = report
        self.segment_hours, self.segment_seconds = segment_hours, segment_seconds
        self.waiting: dict[str, Fingerprint] = {}
        self.added, self.already, self.sound_s = 0, 0, 0.0
        self.not_taken: list[NotTaken] = []
        self.sources: dict[str, Path] = {}
        self.started = self.written = time.monotonic()

    def take(self, file: Path, result: _Result) -> None:
        self.files += 1
        if isinstance(result, NotTaken):
            self.not_taken.append(result)
        elif isinstance(result, Fingerprint) and result.known.sha256 not in self.waiting:
            self.waiting[result.known.sha256] = result
            self.sources[result.known.sha256] = file
            self.sound_s += result.known.seconds
        elif isinstance(result, str):
            self._restore(result)
        else:
            self.already += 1
        hours = sum(item.known.seconds for item in self.waiting.values()) / 3600
        late = time.monotonic() - self.written > self.segment_seconds
        if hours >= self.segment_hours or late:
            self.write()
        if self.report is not None:
            elapsed = time.monotonic() - self.started
            self.report(Progress(self.files, self.of_files, self.sound_s, elapsed))

    def write(self) -> None:
        """Make a segment of what waits, and name it in the manifest."""
        self.written = time.monotonic()
        if not self.waiting:
            return
        # By their hashes, and not as they were done: which process is quicker must not show in a search.
        waiting = [self.waiting[sha256] for sha256 in sorted(self.waiting)]
        made = segment.write(index.folder_of_segments(self.folder), waiting)
        manifest = index.read_manifest(self.folder)
        segments = (*manifest.segments, index.listed(*made))
        index.write_manifest(self.folder, index.changed(manifest, segments=segments))
        self.added += len(self.waiting)
        self.waiting = {}

    def _restore(self, sha256: str) -> None:
        """A recording that had been removed and whose data are still there is named again."""
        manifest = index.read_manifest(self.folder)
        removed = manifest.removed - {sha256}
        index.write_manifest(self.folder, index.changed(manifest, removed=removed))
        self.added += 1

    def built(self) -> Built:
        return Built(self.added, self.already, tuple(self.not_taken), round(self.sound_s, 3))


def _files(paths: Sequence[Path], *, but: Path) -> Iterator[Path]:
    """All files, those of folders in the order of their names; nothing through links."""
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


def _fingerprints(
    files: Sequence[Path], live: set[str], held: set[str], workers: int | None
) -> Iterator[tuple[Path, _Result]]:
    """What became of each file, in the order in which they are done."""
    todo: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for file in files:
        todo.put(file)
    done: queue.Queue[_Done] = queue.Queue(_MOST_WAITING)
    stop = threading.Event()
    count = max(1, min(workers or os.cpu_count() or 1, len(files)))
    threads = [
        threading.Thread(target=_work, args=(todo, done, stop, live, held), daemon=True)
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in files:
            result = done.get()
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        stop.set()
        while any(thread.is_alive() for thread in threads):
            _drain(done)
            time.sleep(0.005)


def _work(
    todo: queue.SimpleQueue[Path],
    done: queue.Queue[_Done],
    stop: threading.Event,
    live: set[str],
    held: set[str],
) -> None:
    with Worker() as worker:
        while not stop.is_set():
            try:
                file = todo.get_nowait()
                done.put((file, _fingerprint(file, worker, live, held)))
            except queue.Empty:
                return
            except (
                OSError,
                ValueError,
            ) as error:  # no process could be started, or it spoke nonsense
                done.put(error)
                return


def _fingerprint(file: Path, worker: Worker, live: set[str], held: set[str]) -> _Result:
    try:
        sha256 = sha256_of(file)
    except OSError as error:
        return NotTaken(str(file), str(error.strerror))
    if sha256 in live:
        return None
    return sha256 if sha256 in held else worker.fingerprint(file, sha256)


def _drain(done: queue.Queue[_Done]) -> None:
    try:
        while True:
            done.get_nowait()
    except queue.Empty:
        return


def _must_exist(folder: Path) -> None:
    if not index.exists(folder):
        raise ArchiveNotFound(f"there is no archive in {folder}")
