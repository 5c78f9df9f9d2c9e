"""What a worker of a cluster does: it carries out examinations for another machine.

1. It insists that it is as the machine that asks: the same versions, the same models, the same archives
   and grid records under the same paths.
2. A task is carried out in a process beside it, as on one machine. That process hashes each exhibit
   before it reads it. A recording that crashes it costs the process, and that task has Failed.
3. The process waits for a while for another task of the same run. It outlives no run, since it trusts
   what it has hashed.
4. The worker tells how far a task is, and ends it when nobody waits for its outcome any more, or when
   the worker itself is ended; then another one takes it.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earwitness.archive.index import state_of
from earwitness.engine.process import Tell, WorkerProcess
from earwitness.engine.task import Task, task_from_json
from earwitness.grid.store import state_of as state_of_grid
from earwitness.models import Shelf
from earwitness.outcome import outcome_to_json
from earwitness.versions import versions_here

TOPIC = "earwitness examinations"
_TELL_EVERY_S = 1.0
_WANTED_EVERY_S = 0.2
_IDLE_S = 10.0
_AT_WORK = ("running", "paused", "closing_gracefully")


def examine(order: str) -> bytes:
    """Carry out one task; the function that is sent to a worker.

    Parameters
    ----------
    order : str
        JSON: the task, and what the machine that asks is like.

    Returns
    -------
    bytes
        JSON: the outcome and how long it took, or how this machine is unlike the other.
    """
    from distributed import Reschedule, get_worker  # noqa: PLC0415  (an extra)

    asked, worker = json.loads(order), get_worker()
    unlike = _unlike(asked)
    if unlike:
        return _answer({"unlike": unlike})
    task, run = task_from_json(asked["task"]), str(asked["run"])
    process = _PROCESSES.take(run)
    try:
        with _ended_if_unwanted(process, worker):
            outcome, seconds = process.carry_out(task, _teller(worker, run, asked["number"]))
        if process.is_ended:  # by us: that is no outcome, also if somebody still hears of it
            raise Reschedule
    finally:
        _PROCESSES.put_back(run, process)
    return _answer({"outcome": outcome_to_json(outcome), "seconds": seconds})


def _answer(told: dict[str, Any]) -> bytes:
    return json.dumps({**told, "host": socket.gethostname()}).encode()


def _unlike(asked: dict[str, Any]) -> str:
    """What here is not as on the machine that asks, in words; nothing if all is."""
    here = versions_here()
    for name, version in asked["versions"].items():
        if here.get(name) != version:
            return f"{name} {here.get(name)} in place of {version}"
    if Shelf().sizes() != asked["models"]:
        return "other models"
    return _unseen(task_from_json(asked["task"]))


def _unseen(task: Task) -> str:
    """Which archive or grid record does not hold here what it holds there."""
    for folder, state in task.archives:
        if state_of(Path(folder)) != state:
            return f"another archive, or none, in {folder}"
    for folder, state in task.grids:
        if state_of_grid(Path(folder)) != state:
            return f"another grid record, or none, in {folder}"
    return ""


def _teller(worker: Any, run: str, number: int) -> Tell:
    """A way to tell who asks how far a task is, every second at most; tells that it was begun."""
    worker.log_event(TOPIC, [run, number, 0.0, None])
    last = 0.0

    def tell(fraction: float, doing: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _TELL_EVERY_S:
            last = time.monotonic()
            worker.log_event(TOPIC, [run, number, fraction, doing])

    return tell


@contextmanager
def _ended_if_unwanted(process: WorkerProcess, worker: Any) -> Iterator[None]:
    """End a process when the scheduler takes its task back, or is gone, or when this worker ends."""
    key, over = worker.get_current_task(), threading.Event()

    def watch() -> None:
        while not over.wait(_WANTED_EVERY_S):
            state = worker.state.tasks.get(key)
            if state is None or state.state == "cancelled" or worker.status.name not in _AT_WORK:
                process.end()
                return

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


@dataclass(eq=False, slots=True)
class _Waiting:
    run: str
    process: WorkerProcess


class _Processes:
    """Processes that wait for another task of their run."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._changing = threading.Lock()

    def take(self, run: str) -> WorkerProcess:
        """One that waits, or a new one."""
        with self._changing:
            for each in self._waiting:
                if each.run == run:
                    self._waiting.remove(each)
                    return each.process
        return WorkerProcess()

    def put_back(self, run: str, process: WorkerProcess) -> None:
        """Let one wait for a while."""
        if process.is_ended:
            process.close()
            return
        waiting = _Waiting(run, process)
        with self._changing:
            self._waiting.append(waiting)
        timer = threading.Timer(_IDLE_S, self._end, [waiting])
        timer.daemon = True
        timer.start()

    def _end(self, waiting: _Waiting) -> None:
        with self._changing:
            if waiting not in self._waiting:
                return
            self._waiting.remove(waiting)
        waiting.process.close()


_PROCESSES = _Processes()
