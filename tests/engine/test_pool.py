"""Worker processes: whatever one examination does, each task ends in one outcome, and the rest go on."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import earwitness
import sounds
from earwitness.engine import process
from earwitness.engine.pool import Advanced, Ended, Event, Started, carry_out_all
from earwitness.engine.task import Groundwork, Task, task_from_json
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.outcome import Failed, Finding, NotExamined, Outcome
from earwitness.workbench import Case

EXAMINATION = '''
"""Throw-away examinations that behave badly."""
import ctypes, math, os, signal, sys, time
from earwitness.errors import DecodeError, MissingPart, TooLong
from earwitness.examinations._contract import Needs, examination
from earwitness.outcome import Asked, Figure, Finding, Line, Measure, NotExamined

@examination(question="How does it behave?", answers=Asked.WHAT, sources=("none",))
def behaviour_v1(recording, case, *, how: str = "well"):
    """Behave in the way that is asked for."""
    def ended_by(number):
        os.kill(os.getpid(), number)
        time.sleep(30)
    def half_a_line():
        os.write(answers(), b'{"outcome": {"kind": "fin')
        ended_by(signal.SIGKILL)
    def answers():
        return max(n for n in map(int, os.listdir("/proc/self/fd")) if is_answer(n))
    def is_answer(number):
        try:
            return number > 2 and os.readlink(f"/proc/self/fd/{number}").startswith("pipe:")
        except OSError:
            return False
    def babble(text):
        os.write(answers(), text)
        time.sleep(30)
    def figure(x):
        return Finding(summary="", figures=(Figure("", "", "", "", (Line((x,), (x,)),)),))
    def memory():
        return bytearray(1 << 45)
    def prints():
        print("to the standard output")
        sys.stdout.flush()
        os.write(1, b'{"outcome": null}\\n')
        os.system("echo from a child")
        sys.stderr.write("to the error output\\n")
        return Finding(summary="said a lot")
    def progress():
        for step in range(20):
            case.progress(step / 20, "working")
            time.sleep(0.02)
        return Finding(summary="went on")
    return {
        "well": lambda: Finding(summary="well"),
        "large": lambda: Finding(summary="large", details={"x": ["y" * 100] * 30_000}),
        "slowly": lambda: time.sleep(60),
        "killed": lambda: ended_by(signal.SIGKILL),
        "segfault": lambda: ctypes.string_at(0),
        "abort": lambda: os.abort(),
        "realtime": lambda: ended_by(40),
        "exit": lambda: sys.exit(7),
        "really exit": lambda: os._exit(7),
        "last words": lambda: (sys.stderr.write("first\\nlast \\x1b[31mwords\\n"), os._exit(1)),
        "half a line": half_a_line,
        "babble": lambda: babble(b"babble\\n"),
        "babble json": lambda: babble(b"[1]\\n"),
        "babble null": lambda: babble(b'{"outcome": null}\\n'),
        "prints": prints,
        "progress": progress,
        "raise": lambda: 1 / 0,
        "recursion": lambda: (f := lambda: f())(),
        "memory": memory,
        "missing part": lambda: (_ for _ in ()).throw(MissingPart("no model", do="get it")),
        "too long": lambda: (_ for _ in ()).throw(TooLong("too long", got="30 h")),
        "nothing": lambda: None,
        "text": lambda: "a finding",
        "nan figure": lambda: figure(math.nan),
        "nan measure": lambda: Finding(summary="", measures=(Measure("x", math.inf),)),
        "surrogate": lambda: Finding(summary="\\ud800"),
        "raise surrogate": lambda: (_ for _ in ()).throw(ValueError("\\udcff")),
        "bytes": lambda: Finding(summary=b"bytes"),
        "pid": lambda: Finding(summary=str(os.getpid())),
        "parent": lambda: Finding(summary=str(os.getppid())),
    }[how]()
'''


DEATHS = {
    "killed": "was ended by SIGKILL",
    "segfault": "was ended by SIGSEGV",
    "abort": "was ended by SIGABRT",
    "realtime": "was ended by signal 40",
    "exit": "ended with exit code 7",
    "really exit": "ended with exit code 7",
    "last words": r"ended with exit code 1; last \x1b[31mwords",
    "half a line": "was ended by SIGKILL",
}
BREAKS = {
    "raise": ("ZeroDivisionError", "division by zero (in behaviour_v1)"),
    "recursion": ("RecursionError", "recursion"),
    "memory": ("MemoryError", ""),
    "nothing": ("TypeError", "it returned NoneType"),
    "text": ("TypeError", "it returned str"),
    "nan figure": ("ValueError", "JSON"),
    "nan measure": ("ValueError", "must be finite"),
    "surrogate": ("UnicodeEncodeError", r"\ud800"),
    "raise surrogate": ("ValueError", r"\udcff"),
    "bytes": ("TypeError", "bytes"),
}
LACKS = ("missing part", "too long")


@pytest.fixture(scope="module")
def behave(
    tmp_path_factory: pytest.TempPathFactory,
    tone: Path,
    put_examination: Callable[[str, str], dict[str, str]],
) -> Callable[[str], Task]:
    """Make a task whose examination behaves in a way."""
    put_examination("behaviour", EXAMINATION)
    folder = tmp_path_factory.mktemp("behaviour")
    exhibit = earwitness.new(folder / "a.case", questioned=[tone]).exhibits[0]

    def make(how: str) -> Task:
        return Task(
            exhibit=exhibit,
            method="behaviour_v1",
            parameters={"how": how},
            seen={},
            claims={},
            archives=(),
            cache=str(folder / "cache"),
            max_hours=1.0,
        )

    return make


def outcomes(tasks: list[Task], *, workers: int = 1) -> dict[str, Outcome]:
    """Carry out tasks; the outcome by behaviour."""
    ended = [each for each in carry_out_all(tasks, workers=workers) if isinstance(each, Ended)]
    assert len(ended) == len(tasks), "each task ends exactly once"
    return {str(each.task.parameters["how"]): each.outcome for each in ended}


@pytest.fixture(scope="module")
def all_at_once(behave: Callable[[str], Task]) -> dict[str, Outcome]:
    """Every bad behaviour in one run, between good ones."""
    names = ["well", *DEATHS, "large", *BREAKS, *LACKS, "prints"]
    return outcomes([behave(how) for how in names], workers=2)


@pytest.mark.parametrize("how", DEATHS)
def test_a_worker_that_dies_stops_only_its_task(all_at_once: dict[str, Outcome], how: str) -> None:
    """The task ends in Failed with how the worker died; those before and after it are examined."""
    died = all_at_once[how]
    assert isinstance(died, Failed)
    assert died.error == "WorkerDied"
    assert DEATHS[how] in died.message
    assert isinstance(all_at_once["well"], Finding)
    assert isinstance(all_at_once["large"], Finding)


@pytest.mark.parametrize("how", BREAKS)
def test_an_examination_that_breaks_ends_in_failed(
    all_at_once: dict[str, Outcome], how: str
) -> None:
    """Errors, and outcomes that could not be kept, are Failed with what went wrong."""
    error, said = BREAKS[how]
    found = all_at_once[how]
    assert isinstance(found, Failed)
    assert found.error == error
    assert said in found.message


@pytest.mark.parametrize("how", LACKS)
def test_what_the_evidence_or_the_machine_lacks_is_not_examined(
    all_at_once: dict[str, Outcome], how: str
) -> None:
    """A missing model, or a recording that is too long, is no fault of the software."""
    assert isinstance(all_at_once[how], NotExamined)


def test_what_a_library_prints_does_not_reach_the_parent(
    all_at_once: dict[str, Outcome],
) -> None:
    """Prints to the standard output, from Python, C or a child, cannot pass for an answer."""
    assert all_at_once["prints"] == Finding(summary="said a lot")


def test_a_worker_that_babbles_is_ended(
    behave: Callable[[str], Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no answer ends the worker, soon, and the next task has a new one."""
    monkeypatch.setattr(process, "_PATIENCE_S", 0.2)
    names = ("babble", "babble json", "babble null")
    found = outcomes([*(behave(how) for how in names), behave("well")])
    for how in names:
        assert isinstance(found[how], Failed), how
    assert isinstance(found["well"], Finding)


def test_progress_comes_in_order(behave: Callable[[str], Task]) -> None:
    """Started, then how far, then ended."""
    events: list[Event] = list(carry_out_all([behave("progress")], workers=1))
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Ended)
    fractions = [each.fraction for each in events if isinstance(each, Advanced)]
    assert len(fractions) >= 2
    assert fractions == sorted(fractions)


def test_one_worker_does_many_tasks(behave: Callable[[str], Task]) -> None:
    """A process is not started for each task, and two work at once where two are allowed."""
    tasks = [behave("pid")] * 4
    pids = [each.outcome for each in carry_out_all(tasks, workers=1) if isinstance(each, Ended)]
    assert len(set(map(str, pids))) == 1
    assert list(carry_out_all([])) == []


def test_a_worker_that_was_killed_between_tasks_is_replaced(behave: Callable[[str], Task]) -> None:
    """Killing an idle worker costs no outcome."""
    kinds, worker_pid = [], 0
    for event in carry_out_all([behave("pid"), behave("slowly"), behave("well")], workers=1):
        if isinstance(event, Started) and event.task.parameters["how"] == "slowly":
            time.sleep(0.2)
            os.kill(worker_pid, signal.SIGKILL)
        if isinstance(event, Ended):
            kinds.append(event.outcome.kind)
            if event.task.parameters["how"] == "pid":
                assert isinstance(event.outcome, Finding)
                worker_pid = int(event.outcome.summary)
    assert kinds == ["finding", "failed", "finding"]


def test_a_caller_that_stops_listening_leaves_no_worker(behave: Callable[[str], Task]) -> None:
    """Ending early ends the workers at once, with no thread left."""
    before = threading.active_count()
    events = carry_out_all([behave("pid"), behave("slowly")], workers=1)
    for event in events:
        if isinstance(event, Ended):
            assert isinstance(event.outcome, Finding)
            pid = int(event.outcome.summary)
        if isinstance(event, Started) and event.task.parameters["how"] == "slowly":
            break
    started = time.monotonic()
    events.close()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 5
    assert not runs(pid)
    assert threading.active_count() == before


def test_another_thread_can_stop_it(behave: Callable[[str], Task]) -> None:
    """When stop is set, the workers are ended within moments, also while nothing happens in them."""
    stop = threading.Event()
    events = carry_out_all([behave("pid"), behave("slowly")], workers=1, stop=stop)
    pid = 0
    for event in events:
        if isinstance(event, Ended):
            assert isinstance(event.outcome, Finding)
            pid = int(event.outcome.summary)
        if isinstance(event, Started) and event.task.parameters["how"] == "slowly":
            threading.Timer(0.2, stop.set).start()
            asked = time.monotonic()
    assert time.monotonic() - asked < 5
    assert not runs(pid)


def test_a_worker_that_cannot_start_fails_its_task(
    behave: Callable[[str], Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No process to be had is a Failed with the system's own words."""
    monkeypatch.setattr(process, "_COMMAND", ["/nonexistent/python"])
    found = outcomes([behave("well"), behave("pid")], workers=2)
    for outcome in found.values():
        assert isinstance(outcome, Failed)
        assert "No such file" in outcome.message


PARENT = """
import sys
from earwitness.engine.pool import Ended, carry_out_all
from earwitness.engine.task import task_from_json
import json
tasks = [task_from_json(each) for each in json.loads(sys.argv[1])]
for event in carry_out_all(tasks, workers=1):
    if isinstance(event, Ended):
        print(event.outcome.summary, flush=True)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent(behave: Callable[[str], Task], how: signal.Signals) -> None:
    """However the parent ends, also in the middle of a task, its workers are gone soon after."""
    tasks = json.dumps([behave("pid").to_json(), behave("slowly").to_json()])
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, tasks], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert parent.stdout is not None
    with parent:
        worker = int(parent.stdout.readline())
        assert runs(worker)
        time.sleep(0.3)
        parent.send_signal(how)
        parent.wait(10)
    deadline = time.monotonic() + 5
    while runs(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not runs(worker)


def runs(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_an_altered_exhibit_is_not_examined_as_if_it_were_whole(
    behave: Callable[[str], Task], tmp_path: Path
) -> None:
    """The worker hashes what it is about to examine, and other exhibits that it may look at."""
    (copy := tmp_path / "exhibits").mkdir()
    task = behave("well")
    path = Path(shutil.copy(task.exhibit.path, copy / task.exhibit.sha256))
    sounds.flip_bit(path, 4_000)
    altered = replace(task.exhibit, path=path)
    found = outcomes([replace(task, exhibit=altered)])["well"]
    also = outcomes([replace(task, seen={Role.KNOWN: (altered,)})])["well"]
    assert isinstance(also, Failed)
    assert isinstance(found, Failed)
    assert found.error == "ExhibitAltered"


def test_a_task_survives_the_way_to_a_worker(case: Case) -> None:
    """Names of any script, paths and roles come back as they were, with the same key."""
    exhibit: Exhibit = replace(case.exhibits[0], name="صوت \\x0a", speaker="Ünal")
    task = Task(exhibit, "quality_v1", {"x": 0.1, "y": True}, {Role.KNOWN: (exhibit,)},
                {"speaker": "أحمد"}, (("/a b", "0f"),), "/tmp/c", 24.0)  # fmt: skip
    again = task_from_json(json.loads(json.dumps(task.to_json())))
    assert again == task
    assert again.key == task.key
    part = replace(task, groundwork=Groundwork(1, 0, 2))
    assert task_from_json(json.loads(json.dumps(part.to_json()))) == part
    for changed in (
        replace(task, method="quality_v2"),
        replace(task, parameters={"x": 0.2, "y": True}),
        replace(task, claims={"speaker": "x"}),
        replace(task, seen={}),
        replace(task, archives=()),
        replace(task, exhibit=replace(exhibit, sha256="0" * 64)),
    ):
        assert changed.key != task.key
    assert replace(task, cache="/elsewhere").key == task.key
