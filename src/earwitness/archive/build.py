"""Building an archive: add, remove, join. Each ends with an archive that is whole.

Fingerprints are taken by an engine, by default one process per core, and gathered in the order in
which the files were named. After so much sound, so many recordings or so many bytes, what was
gathered becomes a segment and the manifest names it. No clock has a say in it, nor which process is
quicker: the same files give the same bytes, with any engine, and also if the build was killed on the
way. A build that is killed loses what was not yet named, and only that: run again, it goes on with
the files that are not in the archive. A file is known by the SHA-256 of its bytes, so that its name
does not matter and adding it twice does nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from earwitness.archive import index, merge, segment, worker
from earwitness.archive.background import Background
from earwitness.archive.calibration import measured
from earwitness.archive.fingerprint import NotTaken, sha256_of
from earwitness.archive.segment import Fingerprint
from earwitness.archive.sharing import Call, Engine, OwnProcesses
from earwitness.archive.taking import File, Result, files_in, taken
from earwitness.errors import ArchiveNotFound, ArchiveNotWritten
from earwitness.versions import made_with

# What a kill may cost: each takes about three minutes of one core, or of a disk of 100 MB/s.
_HOURS_TO_A_SEGMENT = 50.0
_RECORDINGS_TO_A_SEGMENT = 5_000
_BYTES_TO_A_SEGMENT = 16 << 30
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


def build(
    folder: Path,
    paths: Sequence[Path],
    *,
    workers: int | None = None,
    engine: Engine | None = None,
    report: Report | None = None,
    segment_hours: float = _HOURS_TO_A_SEGMENT,
    segment_recordings: int = _RECORDINGS_TO_A_SEGMENT,
    segment_bytes: int = _BYTES_TO_A_SEGMENT,
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
    engine : Engine, optional
        What takes the fingerprints, in place of processes of this machine.
    report : callable, optional
        Told after every file.
    segment_hours, segment_recordings, segment_bytes : float
        How much sound, how many recordings and how many bytes of files are gathered before they
        are written.
    calibrate : bool
        Measure the background at the end, if the archive has grown by half since it was measured.

    Raises
    ------
    ArchiveBusy, ArchiveDamaged, ArchiveTooNew, ArchiveNotWritten
    EngineUnreachable, EngineUnfit
        What was written before stays, and the same command goes on from there.
    UnreadableFile
        If a path is neither a file nor a folder.
    """
    files = list(files_in(paths, but=folder))
    limits = _Limits(segment_hours * 3600, segment_recordings, segment_bytes)
    with index.changing(folder), ExitStack() as stack:
        call: Call = worker.take
        more: tuple[str, ...] = (made_with(),)
        if engine is None:
            engine = stack.enter_context(OwnProcesses(workers))
            call, more = worker.take_here, ()
        merge.join_due(folder)  # a build that was killed before it joined goes on here
        gathering = _Gathering(folder, len(files), report, limits)
        live = gathering.names - gathering.removed
        with closing(taken(files, live, engine, call, *more)) as results:
            for file, result in results:
                gathering.take(file, result)
        gathering.write()
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
    return {sha256_of(path): path for path in files_in([folder], but=Path())}


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


@dataclass(frozen=True, slots=True)
class _Limits:
    """How much may wait to become a segment."""

    sound_s: float
    recordings: int
    size: int


class _Gathering:
    """Fingerprints that wait to become a segment, and the account of the build."""

    def __init__(self, folder: Path, files: int, report: Report | None, limits: _Limits) -> None:
        self.folder = folder
        self.files, self.of_files = 0, files
        self.report, self.limits = report, limits
        archive = index.open_archive(folder)
        self.names = index.names_of(archive.segments)
        self.removed = set(archive.manifest.removed)
        self.waiting: dict[str, Fingerprint] = {}
        self.waiting_s, self.waiting_size = 0.0, 0
        self.added, self.already, self.sound_s = 0, 0, 0.0
        self.not_taken: list[NotTaken] = []
        self.sources: dict[str, Path] = {}
        self.started = time.monotonic()

    def take(self, file: File, result: Result) -> None:
        self.files += 1
        if isinstance(result, NotTaken):
            self.not_taken.append(result)
        else:
            assert isinstance(file.sha256, str)
            self.sources[file.sha256] = file.path
            self._add(file, file.sha256, result)
        if self.report is not None:
            elapsed = time.monotonic() - self.started
            self.report(Progress(self.files, self.of_files, self.sound_s, elapsed))

    def _add(self, file: File, sha256: str, result: Fingerprint | None) -> None:
        if sha256 in self.removed:
            self.removed.discard(sha256)
            if self._restored(sha256):
                return
            self.names.discard(sha256)
        if result is None or sha256 in self.names:  # of two that are alike, the first counts
            self.already += 1
            return
        self.names.add(sha256)
        self.waiting[sha256] = result
        self.sound_s += result.known.seconds
        self.waiting_s += result.known.seconds
        self.waiting_size += file.size
        full = self.waiting_s >= self.limits.sound_s or self.waiting_size >= self.limits.size
        if full or len(self.waiting) >= self.limits.recordings:
            self.write()

    def write(self) -> None:
        """Make a segment of what waits, name it in the manifest, and join what is due."""
        if not self.waiting:
            return
        # By their hashes: within a segment, the order in which they were named shows nowhere either.
        waiting = [self.waiting[sha256] for sha256 in sorted(self.waiting)]
        made = segment.write(index.folder_of_segments(self.folder), waiting)
        manifest = index.read_manifest(self.folder)
        segments = (*manifest.segments, index.listed(*made))
        index.write_manifest(self.folder, index.changed(manifest, segments=segments))
        self.added += len(self.waiting)
        self.waiting, self.waiting_s, self.waiting_size = {}, 0.0, 0
        merge.join_due(self.folder)

    def _restored(self, sha256: str) -> bool:
        """Name a recording again that had been removed, unless its data went with a join."""
        manifest = index.read_manifest(self.folder)
        if sha256 not in manifest.removed:
            return False
        removed = manifest.removed - {sha256}
        index.write_manifest(self.folder, index.changed(manifest, removed=removed))
        self.added += 1
        return True

    def built(self) -> Built:
        return Built(self.added, self.already, tuple(self.not_taken), round(self.sound_s, 3))


def _must_exist(folder: Path) -> None:
    if not index.exists(folder):
        raise ArchiveNotFound(f"there is no archive in {folder}")
