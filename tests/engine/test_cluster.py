"""Archives on a Dask cluster: the same bytes, also when workers and the scheduler are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import clusters
import material
import numpy as np
import psutil
import pytest

from earwitness.archive import build, index, shards
from earwitness.archive.joining import Stretch
from earwitness.archive.search import search_file
from earwitness.archive.sharing import Call, Engine, Given, Pending
from earwitness.cli.main import main
from earwitness.engine import cluster
from earwitness.engine.cluster import engine_named
from earwitness.errors import EngineUnfit, EngineUnreachable
from sounds import write_wav

_A_SEGMENT = 14 / 3600  # three files of six seconds
_COMMAND = [sys.executable, "-c", "from earwitness.cli.main import main; main()"]

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # of killed connections, in Dask


@dataclass(frozen=True)
class Made:
    """Recordings, and the archive that processes of this machine make of them."""

    sounds: Path
    archive: Path

    @property
    def state(self) -> str:
        """A hash over all that the archive holds."""
        return index.state_of(self.archive)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Fourteen recordings, and their archive of several segments."""
    folder = tmp_path_factory.mktemp("made")
    sounds = material.wav_folder(folder / "sounds", 14)
    built_with(None, folder / "archive", sounds)
    return Made(sounds, folder / "archive")


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clusters.Scheduler]:
    """A scheduler with four workers, for tests that kill none of them."""
    with clusters.running(tmp_path_factory.mktemp("four"), 4) as scheduler:
        yield scheduler


def built_with(
    engine: Engine | None, folder: Path, sounds: Path, report: build.Report | None = None
) -> build.Built:
    """Build as all tests here do."""
    return build.build(
        folder,
        [sounds],
        workers=2,
        engine=engine,
        report=report,
        segment_hours=_A_SEGMENT,
        calibrate=False,
    )


def at_file(number: int, act: Callable[[], None]) -> build.Report:
    """A report that acts once, when so many files are done."""

    def report(progress: build.Progress) -> None:
        if progress.files == number:
            act()

    return report


class Acting:
    """An engine that does something before a call, and counts what is under way."""

    def __init__(self, engine: Engine, number: int, act: Callable[[], None]) -> None:
        self.engine, self.number, self.act = engine, number, act
        self.begun, self.most = 0, 0
        self.open: list[Pending] = []

    @property
    def ahead(self) -> int:
        """As it is."""
        return self.engine.ahead

    def begin(self, call: Call, *arguments: str | bytes | Given, near: str = "") -> Pending:
        """Act at the right call; then begin it."""
        self.begun += 1
        if self.begun == self.number:
            self.act()
        return self.engine.begin(call, *arguments, near=near)

    def give(self, data: bytes) -> Given:
        """As it is."""
        return self.engine.give(data)


def searched(made: Made, engine: Engine | None, query: Path) -> tuple[Stretch, ...]:
    """What of a recording stands in the archive."""
    archive = index.open_archive(made.archive)
    assert len(archive.segments) > 3
    return search_file(query, archive, engine=engine)


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of which three parts stand in the archive, and one does not."""
    parts = [
        material.part("known_1.m4a", 2.0, 5.0),
        material.part("release_2032.ogg", 3.0, 8.0),
        material.part("known_2.mp3", 7.5, 5.0),
        material.part("release_2031.mp3", 1.5, 5.0)[::1],
    ]
    path = tmp_path_factory.mktemp("query") / "query.wav"
    return write_wav(path, np.concatenate(parts), rate_hz=material.RATE_HZ)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_cluster_of_this_machine_gives_the_same(
    workers: int, made: Made, query: Path, tmp_path: Path
) -> None:
    """Build and search on one worker and on two: the bytes and the result of processes of our own."""
    with engine_named("dask", workers=workers) as engine:
        assert engine is not None
        counting = Acting(engine, 0, lambda: None)
        assert built_with(counting, tmp_path / "a", made.sounds).added == 14
        assert index.state_of(tmp_path / "a") == made.state
        found = searched(made, counting, query)
    assert found == searched(made, None, query) and len(found) >= 3
    own, theirs = (sorted((path / "segments").iterdir()) for path in (made.archive, tmp_path / "a"))
    assert [path.read_bytes() for path in own] == [path.read_bytes() for path in theirs]


def test_a_scheduler_with_four_workers_gives_the_same(
    four: clusters.Scheduler, made: Made, query: Path, tmp_path: Path
) -> None:
    """The same again with a scheduler that runs already, named by its address."""
    with engine_named(four.address) as engine:
        assert built_with(engine, tmp_path / "a", made.sounds).added == 14
        assert index.state_of(tmp_path / "a") == made.state
        assert searched(made, engine, query) == searched(made, None, query)


def test_a_removed_recording_is_not_found_by_a_cluster_either(
    four: clusters.Scheduler, made: Made, query: Path, tmp_path: Path
) -> None:
    """What is barred is barred at the workers too."""
    built_with(None, tmp_path / "a", made.sounds)
    before = searched(Made(made.sounds, tmp_path / "a"), None, query)
    build.remove(tmp_path / "a", before[0].recording.sha256)
    with engine_named(four.address) as engine:
        after = searched(Made(made.sounds, tmp_path / "a"), engine, query)
    assert after == searched(Made(made.sounds, tmp_path / "a"), None, query)
    assert before[0].recording not in [stretch.recording for stretch in after]


def test_a_killed_worker_costs_nothing(made: Made, query: Path, tmp_path: Path) -> None:
    """One of three is killed in the midst of a build, another in the midst of a search."""
    with clusters.running(tmp_path, 3) as scheduler, engine_named(scheduler.address) as engine:
        assert engine is not None
        kill = at_file(4, scheduler.workers[0].kill)
        assert built_with(engine, tmp_path / "a", made.sounds, kill).added == 14
        assert index.state_of(tmp_path / "a") == made.state
        acting = Acting(engine, 3, scheduler.workers[1].kill)
        assert searched(made, acting, query) == searched(made, None, query)
        assert acting.begun > 3
        assert [worker.poll() for worker in scheduler.workers] == [-9, -9, None]


def test_a_killed_scheduler_is_told_and_what_was_written_stays(
    made: Made, query: Path, tmp_path: Path
) -> None:
    """In the midst of a build: one error, an archive that opens, and the next build ends as ever."""
    with (
        clusters.running(tmp_path, 2) as scheduler,
        engine_named(scheduler.address) as engine,
        pytest.raises(EngineUnreachable, match="does not answer"),
    ):
        built_with(engine, tmp_path / "a", made.sounds, at_file(6, scheduler.kill))
    held = list(index.open_archive(tmp_path / "a").known())
    assert 3 <= len(held) < 14
    assert built_with(None, tmp_path / "a", made.sounds).added == 14 - len(held)
    assert index.state_of(tmp_path / "a") == made.state


def test_a_scheduler_killed_in_a_search_is_told(made: Made, query: Path, tmp_path: Path) -> None:
    """A search that could not look everywhere is an error, not a result."""
    with clusters.running(tmp_path, 2) as scheduler, engine_named(scheduler.address) as engine:
        assert engine is not None
        with pytest.raises(EngineUnreachable):
            searched(made, Acting(engine, 3, scheduler.kill), query)


def test_when_the_last_worker_goes_the_build_ends(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not wait for ever for somebody to come."""
    with clusters.running(tmp_path, 1) as scheduler, engine_named(scheduler.address) as engine:

        def end() -> None:
            monkeypatch.setattr(cluster, "_PATIENCE_S", 1.0)
            monkeypatch.setattr(cluster, "_COUNT_EVERY_S", 0.5)
            scheduler.workers[0].kill()

        with pytest.raises(EngineUnreachable, match="without workers"):
            built_with(engine, tmp_path / "a", made.sounds, at_file(4, end))


def test_an_answer_that_went_with_the_last_worker_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call had ended, and nobody had fetched what it gave."""
    with clusters.running(tmp_path, 1) as scheduler, engine_named(scheduler.address) as engine:
        assert engine is not None
        pending = engine.begin(bytes, "answer", "ascii")
        while not pending.done():
            time.sleep(0.02)
        monkeypatch.setattr(cluster, "_PATIENCE_S", 1.0)
        monkeypatch.setattr(cluster, "_COUNT_EVERY_S", 0.5)
        scheduler.workers[0].kill()
        with pytest.raises(EngineUnreachable, match="without workers"):
            pending.result()


def holders(path: Path) -> list[psutil.Process]:
    """The processes that have a file open, but for this one."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if any(Path(each.path) == path for each in process.open_files()):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.slow
def test_a_worker_that_is_killed_again_and_again_comes_back() -> None:
    """Also where it is not there fifteen seconds after it was first killed: Dask gives it up then."""

    def workers() -> set[psutil.Process]:
        found = set()
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):  # it has ended meanwhile
                if "spawn_main" in " ".join(process.cmdline()):
                    found.add(process)
        return found

    before = workers()
    with engine_named("dask", workers=1) as engine:
        assert engine is not None
        over = time.monotonic() + 15.5
        while time.monotonic() < over:
            for worker in workers() - before:
                worker.kill()
            engine.begin(bytes, "answer", "ascii").result()
        assert engine.begin(bytes, "answer", "ascii").result() == b"answer"


@dataclass(frozen=True)
class Deadly:
    """A folder in which there is one file whose workers are killed, and the archive of the others."""

    folder: Path
    culprit: Path
    without: Path

    @contextmanager
    def at_work(self, wait_s: float = 0.0) -> Iterator[None]:
        """Kill whatever has the file open, with the worker that it works for, after a moment."""
        over = threading.Event()
        killer = threading.Thread(target=self._kill, args=(over, wait_s))
        killer.start()
        try:
            yield
        finally:
            over.set()
            killer.join()

    def _kill(self, over: threading.Event, wait_s: float) -> None:
        while not over.wait(0.01):
            for process in holders(self.culprit):
                over.wait(wait_s)
                with suppress(psutil.Error, AttributeError):
                    of_archive = "earwitness.archive.worker" in process.cmdline()
                    (process.parent() if of_archive else process).kill()
                    process.kill()


@pytest.fixture
def deadly(made: Made, tmp_path: Path) -> Deadly:
    """Five files, and the third of six that kills."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    for path in sorted(made.sounds.iterdir())[:5]:
        (folder / path.name).write_bytes(path.read_bytes())
    built_with(None, tmp_path / "without", folder)
    minutes = np.tile(material.sound("known_1.m4a"), 40)
    culprit = write_wav(folder / "002b.wav", minutes, rate_hz=material.RATE_HZ)
    return Deadly(folder, culprit, tmp_path / "without")


@pytest.mark.slow
def test_a_file_that_kills_its_workers_is_named_and_the_rest_is_taken(
    deadly: Deadly, tmp_path: Path
) -> None:
    """Whatever worker takes one certain file is killed; the others are in, as without that file."""
    with engine_named("dask", workers=2) as engine, deadly.at_work():
        built = built_with(engine, tmp_path / "a", deadly.folder)
    assert [Path(each.path) for each in built.not_taken] == [deadly.culprit]
    assert "all workers that took it were lost" in built.not_taken[0].reason
    segments = index.read_manifest(tmp_path / "a").segments
    assert segments == index.read_manifest(deadly.without).segments


@pytest.mark.slow
def test_a_file_that_kills_its_workers_takes_no_neighbour_along(
    deadly: Deadly, tmp_path: Path
) -> None:
    """What another thread of the worker was at each time that it was killed is taken after all."""
    (deadly.folder / "002c.wav").write_bytes(deadly.culprit.read_bytes() + bytes(2))
    with (
        clusters.shared_worker(tmp_path) as address,
        engine_named(address) as engine,
        deadly.at_work(wait_s=0.3),
    ):
        built = built_with(engine, tmp_path / "a", deadly.folder)
    assert [Path(each.path) for each in built.not_taken] == [deadly.culprit]
    assert built.added == 6


def test_no_more_is_under_way_than_is_meant_to_be(
    four: clusters.Scheduler, made: Made, tmp_path: Path
) -> None:
    """Calls that were begun and not taken are at most four for each worker."""
    taken: list[int] = []
    with engine_named(four.address) as engine:
        assert engine is not None
        counting = Acting(engine, 0, lambda: None)
        many = [path for path in sorted(made.sounds.iterdir()) for _ in range(6)]

        def report(progress: build.Progress) -> None:
            taken.append(counting.begun - progress.files)

        build.build(tmp_path / "a", many, engine=counting, report=report, calibrate=False)
        assert engine.ahead == 16
    assert max(taken) <= 16


def test_ctrl_c_leaves_an_archive_that_opens(made: Made, tmp_path: Path) -> None:
    """Exit code 130, nobody left at work, and the same command goes on."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    for number in range(60):
        piece = material.part("known_1.m4a", 1.0 + number / 10, 12.0)
        write_wav(folder / f"{number:02d}.wav", piece, rate_hz=material.RATE_HZ)
    words = ["archive", "build", str(tmp_path / "a"), str(folder), "--engine", "dask",
             "--workers", "1"]  # fmt: skip
    process = subprocess.Popen(
        [*_COMMAND, *words], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    decoding = _wait_for_decoder(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert said.strip().splitlines()[-1].endswith("goes on from there")
    psutil.wait_procs(decoding, timeout=30)
    assert not any(each.is_running() for each in decoding)
    assert len(list(index.open_archive(tmp_path / "a").known())) < 60
    assert built_with(None, tmp_path / "a", folder).added > 0
    assert len(list(index.open_archive(tmp_path / "a").known())) == 60


def _wait_for_decoder(pid: int) -> list[psutil.Process]:
    """Wait until a command's worker decodes; give all processes that belong to it."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        children = psutil.Process(pid).children(recursive=True)
        for child in children:
            try:
                if "earwitness.archive.worker" in child.cmdline():
                    return children
            except psutil.Error:
                continue
        time.sleep(0.02)
    raise AssertionError("nothing was decoded")


def listening() -> set[tuple[int, str, int]]:
    """Where this process and those that it started listen."""
    return {
        (process.pid, each.laddr.ip, each.laddr.port)
        for process in (psutil.Process(), *psutil.Process().children(recursive=True))
        for each in process.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN
    }


def test_a_cluster_of_this_machine_cannot_be_reached_by_others(tmp_path: Path) -> None:
    """It listens on the loopback only, and lets nobody in who has not its key."""
    import distributed

    before = listening()
    with engine_named("dask", workers=1) as engine:
        assert isinstance(engine, cluster.Cluster)
        new = listening() - before
        assert len(new) >= 3 and {ip for _, ip, _ in new} == {"127.0.0.1"}
        stranger = distributed.Security.temporary()
        with pytest.raises(OSError):
            distributed.Client(engine._address, security=stranger, timeout=3)


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    """Dask's settings for TLS, as docs/cluster.md names them, with keys for each side."""
    import distributed

    made = distributed.Security.temporary()
    (tmp_path / "ca.pem").write_text(made.tls_ca_file)
    settings = {
        "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true",
        "DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(tmp_path / "ca.pem"),
    }
    for who in ("scheduler", "worker", "client"):
        for part in ("cert", "key"):
            path = tmp_path / f"{who}.{part}.pem"
            path.write_text(getattr(made, f"tls_{who}_{part}"))
            settings[f"DASK_DISTRIBUTED__COMM__TLS__{who.upper()}__{part.upper()}"] = str(path)
    return settings


def test_a_scheduler_that_asks_for_a_key_lets_in_who_has_it(
    keys: dict[str, str], made: Made, tmp_path: Path
) -> None:
    """With the documented settings a build goes through TLS; without a key it is refused."""
    page = (Path(__file__).parents[2] / "docs" / "cluster.md").read_text()
    assert all(name in page for name in keys if name.endswith(("CERT", "FILE", "ENCRYPTION")))
    with clusters.running(tmp_path, 1, keys=keys) as scheduler:
        assert scheduler.address.startswith("tls://")
        words = ["archive", "build", str(tmp_path / "a"), str(made.sounds / "000.wav"), "--engine"]
        command = [*_COMMAND, *words, scheduler.address]
        done = subprocess.run(command, env={**os.environ, **keys}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("1 recordings added")
        refused = subprocess.run(command, capture_output=True, text=True)
        assert refused.returncode == 3 and "keys" in refused.stderr


def test_a_worker_of_another_version_is_refused(
    four: clusters.Scheduler,
    made: Made,
    query: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What would make other bytes, or search otherwise, is not used."""
    for room in (build, shards):
        monkeypatch.setattr(room, "made_with", lambda: '{"numpy": "0.1"}')
    with engine_named(four.address) as engine:
        with pytest.raises(EngineUnfit, match="same bytes"):
            built_with(engine, tmp_path / "a", made.sounds)
        with pytest.raises(EngineUnfit, match="same bytes"):
            searched(made, engine, query)


def test_a_segment_that_a_worker_sees_otherwise_is_an_error(
    four: clusters.Scheduler, made: Made, query: Path, tmp_path: Path
) -> None:
    """A segment that was replaced since it was checked is not searched, and not passed over."""
    built_with(None, tmp_path / "a", made.sounds)
    archive = index.open_archive(tmp_path / "a")
    path = archive.segments[1].path
    other = archive.segments[0].path.read_bytes()

    def replace() -> None:
        path.unlink()
        path.write_bytes(other)

    with engine_named(four.address) as engine:
        assert engine is not None
        replace()
        with pytest.raises(EngineUnfit, match=r"could not read a segment.*damaged"):
            search_file(query, archive, engine=engine)


def typed(monkeypatch: pytest.MonkeyPatch, *words: Any) -> int:
    """Type a command; give its exit code."""
    monkeypatch.setattr(sys, "argv", ["earwitness", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_without_the_package_it_is_named(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where Dask is not installed, one line says what to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert (
        typed(monkeypatch, "archive", "build", made.archive, made.sounds, "--engine", "dask") == 3
    )
    assert "pip install 'earwitness[cluster]'" in capsys.readouterr().err


def test_an_engine_is_named_by_the_environment_too(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no engine is a wrong word; a scheduler that is not there is told."""
    monkeypatch.setenv("EARWITNESS_ENGINE", "ray")
    assert typed(monkeypatch, "archive", "build", made.archive, made.sounds) == 2
    monkeypatch.setattr(cluster, "_TO_CONNECT_S", 1.0)
    monkeypatch.setenv("EARWITNESS_ENGINE", "tcp://127.0.0.1:1")
    assert typed(monkeypatch, "archive", "build", made.archive, made.sounds) == 3
    assert "does not answer" in capsys.readouterr().err
