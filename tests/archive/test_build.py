"""Building an archive: adding twice, going on after a kill, files that are no sound."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import material
import numpy as np
import pytest

from earwitness.archive import build, index, worker
from earwitness.archive.segment import Fingerprint
from earwitness.errors import EngineUnfit, UnreadableFile
from earwitness.versions import made_with

_BUILD = """
import sys
from pathlib import Path
from earwitness.archive import build
build.build(Path(sys.argv[1]), [Path(sys.argv[2])], workers=2, segment_hours=8 / 3600)
"""


def test_adding_twice_adds_once(tmp_path: Path) -> None:
    """A file is known by its bytes: the same again, and under another name, is passed over."""
    folder = material.wav_folder(tmp_path / "sounds", 5)
    (folder / "copy of 000.wav").write_bytes((folder / "000.wav").read_bytes())
    first = build.build(tmp_path / "a", [folder])
    assert (first.added, first.already, first.not_taken) == (5, 1, ())
    again = build.build(tmp_path / "a", [folder])
    assert (again.added, again.already) == (0, 6)
    assert len(list(index.open_archive(tmp_path / "a").known())) == 5


def test_a_removed_recording_comes_back_when_it_is_added_again(tmp_path: Path) -> None:
    """Taking out is undone by adding."""
    folder = material.wav_folder(tmp_path / "sounds", 2)
    build.build(tmp_path / "a", [folder])
    known = next(iter(index.open_archive(tmp_path / "a").known()))
    build.remove(tmp_path / "a", known.sha256)
    assert len(list(index.open_archive(tmp_path / "a").known())) == 1
    assert build.build(tmp_path / "a", [folder]).added == 1
    assert len(list(index.open_archive(tmp_path / "a").known())) == 2


def test_an_archive_is_the_same_whichever_file_is_done_first(tmp_path: Path) -> None:
    """The same recordings, named in two orders and taken by one process and by two: the same bytes."""
    files = sorted(material.wav_folder(tmp_path / "sounds", 5).iterdir())
    build.build(tmp_path / "a", files, workers=1)
    build.build(tmp_path / "b", files[::-1], workers=2)
    a, b = (index.read_manifest(tmp_path / name) for name in ("a", "b"))
    assert a.segments == b.segments


def test_a_build_that_was_stopped_ends_at_the_same_bytes(tmp_path: Path) -> None:
    """Stopped after each of many files and begun again: the archive of one that was not."""
    folder = material.wav_folder(tmp_path / "sounds", 30, length_s=3.0)
    build.build(tmp_path / "a", [folder], segment_hours=5 / 3600, calibrate=False)
    for stop_at in (1, 3, 8, 17, 21, 30):

        def stop(progress: build.Progress, stop_at: int = stop_at) -> None:
            if progress.files == stop_at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build.build(
                tmp_path / "b", [folder], segment_hours=5 / 3600, calibrate=False, report=stop
            )
    build.build(tmp_path / "b", [folder], segment_hours=5 / 3600, calibrate=False)
    assert len(index.open_archive(tmp_path / "a").segments) > 1
    assert index.state_of(tmp_path / "a") == index.state_of(tmp_path / "b")


def test_a_segment_closes_by_what_is_in_it(tmp_path: Path) -> None:
    """After so many recordings, or so many bytes of files, whichever comes first."""
    folder = material.wav_folder(tmp_path / "sounds", 5, length_s=2.0)
    size = (folder / "000.wav").stat().st_size
    build.build(tmp_path / "a", [folder], segment_recordings=2, calibrate=False)
    build.build(tmp_path / "b", [folder], segment_bytes=2 * size, calibrate=False)
    for name in ("a", "b"):
        archive = index.open_archive(tmp_path / name)
        assert [len(each.recordings) for each in archive.segments] == [2, 2, 1]


def test_a_recording_that_was_removed_comes_back_also_when_its_data_went(tmp_path: Path) -> None:
    """Its segment is joined while others are added: then it is taken anew, and is in once."""
    folder = material.wav_folder(tmp_path / "sounds", 12, length_s=2.0)
    files = sorted(folder.iterdir())
    build.build(tmp_path / "a", files[:1], calibrate=False)
    removed = build.sha256_of(files[0])
    build.remove(tmp_path / "a", removed)
    built = build.build(
        tmp_path / "a", [*files[1:], files[0]], segment_recordings=1, calibrate=False
    )
    assert built.added == 12
    archive = index.open_archive(tmp_path / "a")
    assert sorted(known.sha256 for known in archive.known()) == sorted(map(build.sha256_of, files))


def test_a_worker_takes_only_the_bytes_that_are_meant(tmp_path: Path) -> None:
    """A file that was replaced, is not there, or is to be taken with other versions."""
    file = material.wav_folder(tmp_path / "sounds", 1) / "000.wav"
    right = build.sha256_of(file)
    taken = worker.read_answer(worker.take(str(file), right, made_with()), file)
    assert isinstance(taken, Fingerprint) and taken.known.sha256 == right
    for path, sha256, reason in (
        (file, "0" * 64, "other bytes lie there"),
        (tmp_path / "gone.wav", right, "No such file"),
    ):
        refused = worker.read_answer(worker.take(str(path), sha256, made_with()), path)
        assert isinstance(refused, build.NotTaken) and reason in refused.reason
    with pytest.raises(EngineUnfit, match="same bytes"):
        worker.read_answer(worker.take(str(file), right, "{}"), file)
    with pytest.raises(ValueError):
        worker.read_answer(b'{"lengths": [1, 1, 1], "known": {}}\n', file)
    worker.end_those_of([threading.get_ident()])


def test_what_is_no_sound_is_told_and_the_rest_is_taken(tmp_path: Path) -> None:
    """A text, an empty file and a broken one are named with their reasons."""
    folder = material.wav_folder(tmp_path / "sounds", 2)
    (folder / "notes.txt").write_text("no sound in here")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "short.opus").write_bytes(b"OggS" + bytes(40))
    built = build.build(tmp_path / "a", [folder])
    assert built.added == 2
    names = {Path(each.path).name for each in built.not_taken}
    assert names == {"notes.txt", "empty.wav", "short.opus"}
    assert all(each.reason for each in built.not_taken)


def test_progress_is_told_with_what_remains(tmp_path: Path) -> None:
    """Every file is reported, and the last leaves nothing to do."""
    told: list[build.Progress] = []
    folder = material.wav_folder(tmp_path / "sounds", 4)
    build.build(tmp_path / "a", [folder], report=told.append)
    assert [each.files for each in told] == [1, 2, 3, 4]
    assert told[-1].remaining_s == 0 and told[-1].sound_s == pytest.approx(24, abs=0.5)


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Nothing is built when a path leads nowhere."""
    with pytest.raises(UnreadableFile):
        build.build(tmp_path / "a", [tmp_path / "nowhere"])
    assert not index.exists(tmp_path / "a")


def test_segments_are_joined_while_building(tmp_path: Path) -> None:
    """Many small segments become few."""
    folder = material.wav_folder(tmp_path / "sounds", 20)
    build.build(tmp_path / "a", [folder], segment_hours=1e-9)
    archive = index.open_archive(tmp_path / "a")
    assert len(list(archive.known())) == 20
    assert len(archive.segments) < 8


def killed_builds(tmp_path: Path, kills: int) -> None:
    """Kill a build so many times at random moments; each time the archive must be whole, and go on."""
    folder = material.wav_folder(tmp_path / "sounds", 24, length_s=4.0)
    wanted = {build.sha256_of(path) for path in folder.iterdir()}
    rng = np.random.default_rng(17)
    command = [sys.executable, "-c", _BUILD, str(tmp_path / "a"), str(folder)]
    held: set[str] = set()
    done = 0
    for _ in range(10 * kills):
        if done == kills:
            break
        process = subprocess.Popen(command, start_new_session=True)
        time.sleep(float(rng.uniform(0.2, 2.0)))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            done += 1
        process.wait()
        if not index.exists(tmp_path / "a"):
            continue
        now = {known.sha256: known for known in index.open_archive(tmp_path / "a").known()}
        assert held <= set(now) <= wanted
        assert all(known.seconds == pytest.approx(4.0, abs=0.1) for known in now.values())
        held = set(now)
        if held == wanted:
            (next(iter(folder.iterdir()))).touch()
            for path in (tmp_path / "a" / "segments").iterdir():
                path.unlink()
            (tmp_path / "a" / index.MANIFEST).unlink()
            held = set()
    assert done == kills
    subprocess.run(command, check=True)
    assert {known.sha256 for known in index.open_archive(tmp_path / "a").known()} == wanted


def test_a_killed_build_leaves_a_whole_archive_and_goes_on(tmp_path: Path) -> None:
    """kill -9 at six random moments: it opens, no recording is half in, and the build resumes."""
    killed_builds(tmp_path, 6)


@pytest.mark.slow
def test_thirty_kills_leave_a_whole_archive(tmp_path: Path) -> None:
    """kill -9 at thirty random moments while it builds."""
    killed_builds(tmp_path, 30)
