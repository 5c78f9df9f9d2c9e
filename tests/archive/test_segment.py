"""Segments and the manifest on disk: whole, or a clear error."""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import material
import numpy as np
import pytest

from earwitness.archive import index, segment
from earwitness.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveNotFound,
    ArchiveNotWritten,
    ArchiveTooNew,
)
from sounds import flip_bit


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    """Recordings, sorted keys and prints come back from a segment."""
    archive = material.made(tmp_path / "a")
    (only,) = archive.segments
    assert [known.name for known in only.recordings] == list(material.VOICES)
    assert np.all(np.diff(only.keys.astype(np.int64)) >= 0)
    assert only.buckets[-1] == only.keys.size and only.places.max() < only.first_patch[-1]
    assert only.prints(1, 0, 10_000).size == only.recordings[1].prints
    assert archive.seconds == pytest.approx(55.2 + 65.0 + 74.9 + 55.2, abs=60)


def test_bytes_per_hour_are_bounded(tmp_path: Path) -> None:
    """An hour takes less than two megabytes."""
    archive = material.made(tmp_path / "a")
    size = sum(each.bytes for each in archive.segments) - 4096
    assert size / (archive.seconds / 3600) < 2e6


@pytest.mark.parametrize("seed", range(12))
def test_a_single_flipped_bit_is_found(tmp_path: Path, seed: int) -> None:
    """Wherever a bit of a segment turns over, the archive is refused and the segment named."""
    material.made(tmp_path / "a", material.VOICES[:1])
    (path,) = (tmp_path / "a" / "segments").iterdir()
    flip_bit(path, int(np.random.default_rng(seed).integers(8 * path.stat().st_size)))
    with pytest.raises(ArchiveDamaged, match=path.name):
        index.open_archive(tmp_path / "a")


def test_the_rest_of_a_damaged_archive_is_searched_only_when_that_is_asked(tmp_path: Path) -> None:
    """What is left out is named, never silently less."""
    whole = material.made(tmp_path / "a", each_own=True)
    path = whole.segments[1].path
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ArchiveDamaged):
        index.open_archive(tmp_path / "a")
    rest = index.open_archive(tmp_path / "a", without_damaged=True)
    assert rest.missing == (path.name,)
    assert [known.name for known in rest.known()] == [
        name for name in material.VOICES if name != whole.segments[1].recordings[0].name
    ]


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b'{"format": 1}', b"[" * 100_000])
def test_a_manifest_that_makes_no_sense_is_damaged(tmp_path: Path, content: bytes) -> None:
    """A manifest that cannot be understood is told as damaged, and what to do."""
    material.made(tmp_path / "a", material.VOICES[:1])
    (tmp_path / "a" / index.MANIFEST).write_bytes(content)
    with pytest.raises(ArchiveDamaged, match="restore it"):
        index.open_archive(tmp_path / "a")


def test_a_manifest_altered_by_hand_is_damaged(tmp_path: Path) -> None:
    """A segment that was struck out of the manifest is missed."""
    material.made(tmp_path / "a", each_own=True)
    path = tmp_path / "a" / index.MANIFEST
    data = json.loads(path.read_text())
    data["segments"].pop()
    path.write_text(json.dumps(data))
    with pytest.raises(ArchiveDamaged):
        index.open_archive(tmp_path / "a")


def test_a_newer_archive_is_refused_as_newer(tmp_path: Path) -> None:
    """An archive of a later version is not damaged: it is too new, and the error says so."""
    material.made(tmp_path / "a", material.VOICES[:1])
    path = tmp_path / "a" / index.MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    with pytest.raises(ArchiveTooNew, match="later version"):
        index.open_archive(tmp_path / "a")


def test_a_manifest_cannot_name_a_file_outside(tmp_path: Path) -> None:
    """A path that leads out of the archive is refused."""
    listed = index.Listed("../../etc/passwd", "0" * 64, 1, 1.0, 1)
    with index.changing(tmp_path / "a"):
        pass
    index.write_manifest(tmp_path / "a", index.Manifest(segments=(listed,)))
    with pytest.raises(ArchiveDamaged, match="outside"):
        index.open_archive(tmp_path / "a")


def test_no_archive_is_not_found(tmp_path: Path) -> None:
    """An empty folder, or none, holds no archive."""
    with pytest.raises(ArchiveNotFound):
        index.open_archive(tmp_path)


def test_two_cannot_change_an_archive_at_once(tmp_path: Path) -> None:
    """The second is told that the archive is busy."""
    with index.changing(tmp_path / "a"):
        code = (
            "from pathlib import Path; from earwitness.archive import index\n"
            f"with index.changing(Path({str(tmp_path / 'a')!r})): pass"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ArchiveBusy" in done.stderr and ArchiveBusy.__name__ in done.stderr


def test_a_full_disk_is_a_clear_error_and_leaves_the_archive_whole(tmp_path: Path) -> None:
    """A segment that does not fit is told, and what was there before is still found."""
    material.made(tmp_path / "a", material.VOICES[:1])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, hard))  # as a disk that takes no more
    try:
        with pytest.raises(ArchiveNotWritten, match="make room"):
            material.made(tmp_path / "a", material.VOICES[1:2])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [known.name for known in index.open_archive(tmp_path / "a").known()] == [
        material.VOICES[0]
    ]
    assert len(list((tmp_path / "a" / "segments").iterdir())) == 1


_BUILD_ON_A_SMALL_DISK = """
import subprocess, sys
from pathlib import Path
from earwitness.archive import build, index
disk, sounds = Path(sys.argv[1]), Path(sys.argv[2])
build.build(disk / "a", [sounds / "000.wav"], workers=1)
try:
    build.build(disk / "a", [sounds], workers=1)
except Exception as error:
    print(type(error).__name__, error)
print(len(list(index.open_archive(disk / "a").known())))
subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
build.build(disk / "a", [sounds], workers=1)
opened = index.open_archive(disk / "a")
named = sorted(listed.file for listed in opened.manifest.segments)
print(len(list(opened.known())), sorted(p.name for p in (disk / "a/segments").iterdir()) == named)
"""


def test_a_disk_that_is_really_full_is_a_clear_error(tmp_path: Path) -> None:
    """A file system of 48 kB: the second build is told, the first stays whole; with room it goes on."""
    sounds = material.wav_folder(tmp_path / "sounds", 12, length_s=9.0)
    disk = tmp_path / "disk"
    disk.mkdir()
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*alone, "mount", "-t", "tmpfs", "tmpfs", disk], check=False).returncode:
        pytest.skip("this system lets nobody mount a file system of their own")
    script = 'mount -t tmpfs -o size=48k tmpfs "$0" && exec "$1" -c "$2" "$0" "$3"'
    words = [disk, sys.executable, _BUILD_ON_A_SMALL_DISK, sounds]
    done = subprocess.run([*alone, "sh", "-c", script, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    error, *_, known, after = done.stdout.splitlines()
    assert error.startswith("ArchiveNotWritten") and "make room" in done.stdout
    assert (known, after) == ("1", "12 True")


def test_a_segment_of_a_later_version_is_refused_as_newer(tmp_path: Path) -> None:
    """A segment with its right checksum and a later format: too new, and the archive is refused."""
    archive = material.made(tmp_path / "a", each_own=True)
    path = archive.segments[1].path
    data = path.read_bytes().replace(b'{"format":1,', b'{"format":2,', 1)
    sha256 = hashlib.sha256(data).hexdigest()
    path.with_name(f"{sha256[:24]}{segment.SUFFIX}").write_bytes(data)
    listed = [
        replace(item, file=f"{sha256[:24]}{segment.SUFFIX}", sha256=sha256)
        if item.file == path.name
        else item
        for item in archive.manifest.segments
    ]
    index.write_manifest(tmp_path / "a", index.changed(archive.manifest, segments=tuple(listed)))
    with pytest.raises(ArchiveTooNew, match="later version"):
        index.open_archive(tmp_path / "a")
    with pytest.raises(ArchiveTooNew):
        index.open_archive(tmp_path / "a", without_damaged=True)


def test_what_a_killed_process_left_is_swept_up(tmp_path: Path) -> None:
    """A segment that no manifest names, and a half-written one, are gone after the next change."""
    material.made(tmp_path / "a", material.VOICES[:1])
    segments = tmp_path / "a" / "segments"
    (segments / f"abandoned{segment.SUFFIX}").write_bytes(b"half")
    (segments / ".1-0123.part").write_bytes(b"half")
    with index.changing(tmp_path / "a"):
        pass
    assert len(list(segments.iterdir())) == 1
