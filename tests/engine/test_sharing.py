"""Examinations on a cluster: the outcomes of one machine alone, whatever is killed on the way."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import clusters
import psutil
import pytest

import earwitness
import sounds
from earwitness.archive import build
from earwitness.archive.sharing import Call, Given, Pending
from earwitness.engine import cluster as clustered
from earwitness.engine import helping, sharing
from earwitness.engine.cluster import Cluster, engine_named
from earwitness.engine.pool import Advanced, Ended, Event, Started, carry_out_all
from earwitness.engine.sharing import share_out
from earwitness.engine.task import Task
from earwitness.errors import EngineUnfit, EngineUnreachable
from earwitness.evidence.exhibit import Role
from earwitness.outcome import Failed, Finding, NotExamined, Outcome
from earwitness.workbench import Case

EXAMINATION = '''
"""A throw-away examination that behaves badly, and may kill the worker that it is carried out for."""
import ctypes, os, signal, time
from pathlib import Path
from earwitness.errors import MissingPart
from earwitness.evidence.exhibit import Role
from earwitness.examinations._contract import Needs, examination
from earwitness.outcome import Asked, Finding

@examination(question="How does it behave?", answers=Asked.WHAT, sources=("none",))
def afar_v1(recording, case, *, how: str = "well", where: str = ""):
    """Behave in the way that is asked for."""
    def progress():
        for step in range(1, 10):
            case.progress(step / 10, "working")
            time.sleep(0.25)
        return Finding(summary="went on")
    def end_worker(how):
        os.kill(os.getppid(), how)
        time.sleep(30)
    def end_once(how):
        if Path(where).exists():
            return Finding(summary="well")
        Path(where).touch()
        end_worker(how)
    def slow_once():
        if Path(where).exists():
            return Finding(summary="well")
        Path(where).write_text(str(os.getpid()))
        time.sleep(60)
    return {
        "well": lambda: Finding(summary="well", details={"x": [0.1] * 3}),
        "loud": lambda: Finding(summary="\\u0635 loud", details={"x": "y" * 300_000}),
        "segfault": lambda: ctypes.string_at(0),
        "raise": lambda: 1 / 0,
        "missing part": lambda: (_ for _ in ()).throw(MissingPart("no model", do="get it")),
        "progress": progress,
        "kill worker": lambda: end_worker(signal.SIGKILL),
        "kill once": lambda: end_once(signal.SIGKILL),
        "end once": lambda: end_once(signal.SIGTERM),
        "slow once": slow_once,
        "parent": lambda: Finding(summary=str(os.getppid())),
        "pid": lambda: Finding(summary=str(os.getpid())),
    }[how]()

def note(case, where, what, others):
    for each in others:
        with open(where, "a") as file:
            file.write(f"{what} {each.name} {os.getpid()}\\n")
        time.sleep(0.2)

def first(recording, case, others, *, where, how):
    note(case, where, "first", others)
    if how == "crash":
        ctypes.string_at(0)

def second(recording, case, others, *, where, how):
    note(case, where, "second", others)

@examination(
    question="Is the ground laid?", answers=Asked.WHAT, sources=("none",),
    needs=Needs(roles=(Role.POPULATION,)), groundwork=(first, second),
)
def laid_v1(recording, case, *, how: str = "well", where: str = ""):
    """Look at what was laid."""
    note(case, where, "last", case.exhibits(Role.POPULATION)[:1])
    return Finding(summary=how)
'''
Behave = Callable[..., Task]
COMMAND = [sys.executable, "-c", "from earwitness.cli.main import main; main()"]

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # of killed connections, in Dask


@pytest.fixture(scope="module")
def behave(
    tmp_path_factory: pytest.TempPathFactory,
    tone: Path,
    put_examination: Callable[[str, str], dict[str, str]],
) -> Behave:
    """Make a task whose examination behaves in a way."""
    put_examination("afar", EXAMINATION)
    folder = tmp_path_factory.mktemp("afar")
    exhibit = earwitness.new(folder / "a.case", questioned=[tone]).exhibits[0]

    def make(how: str, where: Path | str = "") -> Task:
        return Task(
            exhibit=exhibit,
            method="afar_v1",
            parameters={"how": how, "where": str(where)},
            seen={},
            claims={},
            archives=(),
            cache=str(folder / "cache"),
            max_hours=1.0,
        )

    return make


@pytest.fixture(scope="module")
def scheduler(
    behave: Behave, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[clusters.Scheduler]:
    """A scheduler with two workers, for tests that kill none of them."""
    with clusters.running(tmp_path_factory.mktemp("two"), 2) as scheduler:
        yield scheduler


@pytest.fixture(scope="module")
def two(scheduler: clusters.Scheduler) -> Iterator[Cluster]:
    """The two workers as a cluster."""
    with engine_named(scheduler.address) as cluster:
        assert cluster is not None
        while cluster.at_once < 2:
            time.sleep(0.1)
            cluster._counted = 0.0
        yield cluster


def outcomes(events: Iterator[Event]) -> dict[str, Outcome]:
    """The outcome of each behaviour; each task has begun before it has ended, and ends once."""
    begun: list[str] = []
    found: dict[str, Outcome] = {}
    for event in events:
        how = str(event.task.parameters["how"])
        if isinstance(event, Started):
            begun.append(how)
        if isinstance(event, Ended):
            assert how in begun and how not in found
            found[how] = event.outcome
    return found


def runs(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    with contextlib.suppress(psutil.Error):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def gone_soon(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    deadline = time.monotonic() + 15
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not runs(pid)


def test_a_case_has_the_same_outcomes(two: Cluster, voice: Path, tmp_path: Path) -> None:
    """Every examination of a case with an archive: the bytes that this machine alone reaches."""
    build.build(tmp_path / "archive", [voice], calibrate=False)
    own = earwitness.new(tmp_path / "own.case", questioned=[voice])
    shared = earwitness.new(tmp_path / "shared.case", questioned=[voice])
    for case in (own, shared):
        path = case.path / "case.toml"
        path.write_text(path.read_text().replace("archives = []", 'archives = ["../archive"]'))
    alone = {each.key: each for each in own.examine()}
    together = {each.key: each for each in shared.examine(cluster=two)}
    assert len(alone) > 15 and {"finding", "not_examined"} <= {
        each.outcome.kind for each in alone.values()
    }
    assert {key: each.stored_sha256 for key, each in alone.items()} == {
        key: each.stored_sha256 for key, each in together.items()
    }
    heard = next(each for each in together.values() if each.method == "heard_v1")
    assert isinstance(heard.outcome, Finding)
    assert shared.verify().is_whole


def test_what_breaks_ends_as_on_one_machine(two: Cluster, behave: Behave) -> None:
    """A crash of native code, an error and a missing model end alike, word for word."""
    tasks = [behave(how) for how in ("well", "segfault", "loud", "raise", "missing part")]
    found = outcomes(share_out(tasks, two))
    assert found == outcomes(carry_out_all(tasks, workers=1))
    assert isinstance(found["segfault"], Failed) and isinstance(found["missing part"], NotExamined)


def test_how_far_a_task_is_is_told(two: Cluster, behave: Behave) -> None:
    """Started, then how far, then ended, as from processes of this machine."""
    events = list(share_out([behave("progress")], two))
    assert isinstance(events[0], Started) and isinstance(events[-1], Ended)
    told = [event for event in events if isinstance(event, Advanced)]
    assert len(told) >= 2 and told[-1].doing == "working"
    assert [each.fraction for each in told] == sorted(each.fraction for each in told)


def typed(*words: Path | str) -> subprocess.CompletedProcess[str]:
    """Type a command where the throw-away examinations are known; see what it prints."""
    command = [*COMMAND, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("how", ["well", "crash"])
def test_groundwork_is_laid_by_all_stage_by_stage(
    scheduler: clusters.Scheduler, behave: Behave, tone: Path, tmp_path: Path, how: str
) -> None:
    """Each other exhibit once in each stage, by both workers; what crashes is left to the examination."""
    case = earwitness.new(tmp_path / "a.case", questioned=[tone])
    for number in range(4):
        path = sounds.write_wav(tmp_path / f"{number}.wav", sounds.tone(0.2, hz=200 + number))
        case.add_file(path, Role.POPULATION, speaker=str(number))
    with (case.path / "case.toml").open("a") as file:
        file.write(f'\n[examine.laid_v1]\nhow = "{how}"\nwhere = "{tmp_path / "noted"}"\n')
    done = typed("examine", case.path, "--only", "laid_v1", "--engine", scheduler.address)
    assert done.returncode == 0, done.stderr
    noted = [line.split() for line in (tmp_path / "noted").read_text().splitlines()]
    assert [stage for stage, *_ in noted] == ["first"] * 4 + ["second"] * 4 + ["last"]
    assert len({(stage, name) for stage, name, _ in noted[:8]}) == 8
    assert len({pid for stage, _, pid in noted if stage == "second"}) == 2
    (examined,) = case.outcomes()
    assert examined.outcome == Finding(summary=how)


def test_a_process_is_not_started_for_each_task(two: Cluster, behave: Behave) -> None:
    """Tasks of one run share a process at each worker; the next run has new ones, which hash anew."""
    pids = [
        {
            event.outcome.summary
            for event in share_out([behave("pid", number) for number in "123456"], two)
            if isinstance(event, Ended) and isinstance(event.outcome, Finding)
        }
        for _ in range(2)
    ]
    assert all(1 <= len(each) <= 2 for each in pids)
    assert not pids[0] & pids[1]


def test_a_process_that_nobody_needs_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for a task of its own run, and not for long."""
    monkeypatch.setattr(helping, "_IDLE_S", 0.2)
    processes = helping._Processes()
    first = processes.take("a run")
    processes.put_back("a run", first)
    assert processes.take("another run") is not first
    assert processes.take("a run") is first
    processes.put_back("a run", first)
    deadline = time.monotonic() + 10
    while not first.is_ended and time.monotonic() < deadline:
        time.sleep(0.05)
    assert first.is_ended and processes.take("a run") is not first


class Counting(Cluster):
    """Counts the calls that are under way."""

    def __init__(self, cluster: Cluster) -> None:
        self.__dict__.update(cluster.__dict__)
        self.pending: list[Pending] = []
        self.most = 0

    def begin(self, call: Call, *arguments: str | bytes | Given, near: str = "") -> Pending:
        """Count what is not done yet."""
        self.pending.append(super().begin(call, *arguments, near=near))
        self.most = max(self.most, sum(not each.done() for each in self.pending))
        return self.pending[-1]


def test_no_more_is_under_way_than_is_carried_out(two: Cluster, behave: Behave) -> None:
    """Two workers have two tasks at a time, and the next ones wait with who asks."""
    counting = Counting(two)
    tasks = [behave("well", number) for number in range(9)]
    ended = [each for each in share_out(tasks, counting) if isinstance(each, Ended)]
    assert len(ended) == 9 and counting.most == two.at_once == 2


@pytest.mark.slow
def test_a_voice_is_compared_as_on_one_machine(two: Cluster, demo_case: Path) -> None:
    """Both workers bring the population into the recording's conditions; the outcome is the same."""
    shutil.rmtree(demo_case / "cache", ignore_errors=True)
    case, counting = earwitness.open(demo_case), Counting(two)
    alone = {each.key: each.stored_sha256 for each in case.outcomes() if each.method == "voice_v1"}
    again = case.examine(["voice"], again=True, cluster=counting)
    assert {each.key: each.stored_sha256 for each in again} == alone
    assert len(counting.pending) == 9 * len(alone)  # two stages in four parts, and the examination


def test_voices_are_validated_on_a_cluster_too(
    scheduler: clusters.Scheduler, voice: Path, tmp_path: Path
) -> None:
    """The command hands its one examination to a worker, and keeps what that ends in."""
    case = earwitness.new(tmp_path / "a.case", questioned=[voice])
    done = typed("voice", "validate", case.path, "--engine", scheduler.address)
    assert done.returncode == 0, done.stderr
    assert "the case holds no exhibit of the role" in done.stdout
    assert [each.method for each in case.outcomes()] == ["voice_v1"]


def test_who_stops_listening_leaves_no_process(
    two: Cluster, behave: Behave, tmp_path: Path
) -> None:
    """What nobody waits for any more is ended at the workers, within seconds."""
    events = share_out([behave("slow once", tmp_path / "pid"), behave("well")], two)
    assert isinstance(next(events), Started)
    pid = written(tmp_path / "pid")
    events.close()  # type: ignore[attr-defined]
    assert gone_soon(pid)


def written(path: Path) -> int:
    """Wait for a process to write its number."""
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return int(path.read_text())


def slow_case(folder: Path, tone: Path) -> Case:
    """A case of which one examination hangs, the first time, and writes its process to ``pid``."""
    case = earwitness.new(folder / "a.case", questioned=[tone])
    with (case.path / "case.toml").open("a") as file:
        file.write(f'\n[examine.afar_v1]\nhow = "slow once"\nwhere = "{folder / "pid"}"\n')
    return case


SLOW = ["container_v1", "afar_v1"]


def test_ctrl_c_leaves_a_case_that_goes_on(
    scheduler: clusters.Scheduler, tone: Path, tmp_path: Path
) -> None:
    """Exit code 130, no process left at the workers; what had ended is not computed again."""
    case = slow_case(tmp_path, tone)
    words = ["examine", str(case.path), "--only", ",".join(SLOW), "--engine", scheduler.address]
    command = [*COMMAND, *words]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    pid = written(tmp_path / "pid")
    while not case.outcomes():
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert said.strip().splitlines()[-1].endswith("goes on from there")
    assert gone_soon(pid)
    assert case.verify().is_whole and [each.method for each in case.outcomes()] == SLOW[:1]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sum(entry.act == "examine" for entry in case.custody) == 2


@pytest.mark.parametrize("how", ["kill once", "end once"])
def test_a_lost_worker_costs_nothing(behave: Behave, tmp_path: Path, how: str) -> None:
    """Killed or told to end, the task that it had is carried out by another."""
    with clusters.running(tmp_path, 2) as scheduler, engine_named(scheduler.address) as cluster:
        assert cluster is not None
        tasks = [behave(how, tmp_path / "ended"), behave("well"), behave("pid")]
        found = outcomes(share_out(tasks, cluster))
        assert [each.kind for each in found.values()] == ["finding"] * 3
        deadline = time.monotonic() + 30
        while all(runs(each.pid) for each in scheduler.workers) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert sum(runs(each.pid) for each in scheduler.workers) == 1


@pytest.mark.slow
def test_a_task_that_kills_its_workers_is_named(behave: Behave) -> None:
    """It has Failed, with its examination and exhibit; the others are examined."""
    with engine_named("dask", workers=2) as cluster:
        assert cluster is not None
        tasks = [behave("well"), behave("kill worker"), *(behave("well", n) for n in range(3))]
        ended = [each for each in share_out(tasks, cluster) if isinstance(each, Ended)]
    failed = [each.outcome for each in ended if isinstance(each.outcome, Failed)]
    assert len(ended) == 5 and len(failed) == 1
    assert failed[0].error == "WorkerDied"
    assert failed[0].message.startswith("afar_v1 of tone.wav: all workers that took it were lost")


@pytest.mark.slow
def test_a_task_that_kills_its_workers_takes_no_neighbour_along(
    behave: Behave, tmp_path: Path
) -> None:
    """What another thread of the worker was at each time that it was killed is examined after all."""
    with clusters.shared_worker(tmp_path) as address, engine_named(address) as cluster:
        assert cluster is not None and cluster.at_once == 2
        found = outcomes(share_out([behave("kill worker"), behave("progress")], cluster))
    assert isinstance(found["kill worker"], Failed)
    assert found["progress"] == Finding(summary="went on")


def test_a_killed_scheduler_is_told_and_the_case_goes_on(
    behave: Behave, tone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One error; what had ended is kept, and the next command does the rest without the cluster."""
    monkeypatch.setattr(clustered, "_TO_CONNECT_S", 2.0)
    case = earwitness.new(tmp_path / "a.case", questioned=[tone])
    only, kept = ["container_v1", "quality_v1", "repeats_v1", "pauses_v1"], []
    with (
        clusters.running(tmp_path, 1) as scheduler,
        engine_named(scheduler.address) as cluster,
        pytest.raises(EngineUnreachable, match="does not answer"),
    ):
        for each in case.examine(only, cluster=cluster):
            kept.append(each.key)
            scheduler.kill()
    assert 1 <= len(kept) < 4
    assert case.verify().is_whole and {each.key for each in case.outcomes()} == set(kept)
    assert len(list(case.examine(only))) == 4
    assert sum(entry.act == "examine" for entry in case.custody) == 4


def test_a_killed_scheduler_leaves_no_process(behave: Behave, tmp_path: Path) -> None:
    """Nobody could be told the outcome any more, so the worker ends what it does."""
    with clusters.running(tmp_path, 1) as scheduler, engine_named(scheduler.address) as cluster:
        assert cluster is not None
        events = share_out([behave("slow once", tmp_path / "pid")], cluster)
        assert isinstance(next(events), Started)
        pid = written(tmp_path / "pid")
        scheduler.kill()
        assert gone_soon(pid)
        events.close()  # type: ignore[attr-defined]


def test_a_worker_of_another_version_is_refused(
    two: Cluster, behave: Behave, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would be noted with other versions than it was made with is no outcome."""
    monkeypatch.setattr(sharing, "versions_here", lambda: {"numpy": "0.1"})
    with pytest.raises(EngineUnfit, match=r"numpy .* in place of 0\.1"):
        list(share_out([behave("well")], two))


def test_a_worker_with_other_models_is_refused(
    two: Cluster, behave: Behave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that only one of the two has would make another outcome."""
    (tmp_path / "some-model").mkdir()
    (tmp_path / "some-model" / "model.bin").write_bytes(b"12345")
    monkeypatch.setenv("EARWITNESS_MODELS", str(tmp_path))
    with pytest.raises(EngineUnfit, match="other models"):
        list(share_out([behave("well")], two))


def test_a_worker_that_sees_other_records_is_refused(
    two: Cluster, behave: Behave, tmp_path: Path
) -> None:
    """An archive or a grid record that holds other things there is no reason to find nothing."""
    held = ((str(tmp_path), "0f"),)
    for task in (replace(behave("well"), archives=held), replace(behave("well"), grids=held)):
        with pytest.raises(EngineUnfit, match=f"or none, in {tmp_path}"):
            list(share_out([task], two))


def test_a_worker_that_does_not_see_the_case_is_refused(
    two: Cluster, behave: Behave, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exhibit that is whole here, and not there, has not been altered."""
    task = behave("well")
    monkeypatch.chdir(task.exhibit.path.parent)
    here_only = replace(task.exhibit, path=Path(task.exhibit.path.name))
    with pytest.raises(EngineUnfit, match="does not see the case"):
        list(share_out([replace(task, exhibit=here_only)], two))


def test_an_altered_exhibit_has_failed_as_on_one_machine(
    two: Cluster, behave: Behave, tmp_path: Path
) -> None:
    """Each run hashes what it reads, also after an earlier one has found it whole."""
    (copy := tmp_path / "exhibits").mkdir()
    task = behave("well")
    path = Path(shutil.copy(task.exhibit.path, copy / task.exhibit.sha256))
    task = replace(task, seen={Role.KNOWN: (replace(task.exhibit, path=path),)})
    assert isinstance(outcomes(share_out([task], two))["well"], Finding)
    sounds.flip_bit(path, 4_000)
    found = outcomes(share_out([task], two))
    assert isinstance(found["well"], Failed) and found["well"].error == "ExhibitAltered"
    assert found == outcomes(carry_out_all([task]))
