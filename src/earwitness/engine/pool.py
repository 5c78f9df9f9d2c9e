"""A few worker processes, and the tasks that are handed to them."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from earwitness.engine.process import Tell, WorkerProcess
from earwitness.engine.task import Task
from earwitness.outcome import Outcome

_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Started:
    """A worker has begun a task."""

    task: Task


@dataclass(frozen=True, slots=True)
class Advanced:
    """A worker tells how far a task is, from 0 to 1."""

    task: Task
    fraction: float
    doing: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A task has ended in its outcome."""

    task: Task
    outcome: Outcome
    seconds: float


Event = Started | Advanced | Ended


class Stop(Protocol):
    """Whatever says that nobody waits any more, such as a ``threading.Event``."""

    def is_set(self) -> bool:
        """Whether to stop."""
        ...


def carry_out_all(
    tasks: Sequence[Task], *, workers: int = 0, stop: Stop | None = None
) -> Iterator[Event]:
    """Carry out tasks in worker processes, as many at once as there are cores.

    Parameters
    ----------
    tasks : sequence of Task
    workers : int
        Processes at once; 0 means one for each core that this process may use.
    stop : Stop, optional
        When it is set, the workers are ended and nothing more is yielded.

    Yields
    ------
    Event
        In the order in which things happen. Each task ends in exactly one ``Ended``, also when its
        worker dies. If the caller stops listening, the workers are ended.
    """
    if not tasks:
        return
    waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
    for task in tasks:
        waiting.put(task)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    count = min(len(tasks), workers or len(os.sched_getaffinity(0)))
    pool = [_Worker(waiting, events) for _ in range(count)]
    try:
        for worker in pool:
            worker.start()
        left = len(tasks)
        while left and not (stop and stop.is_set()):
            try:
                event = events.get(timeout=_LOOK_EVERY_S if stop else None)
            except queue.Empty:
                continue
            left -= isinstance(event, Ended)
            yield event
    finally:
        for worker in pool:
            worker.end()


class _Worker(threading.Thread):
    """A thread that feeds one worker process."""

    def __init__(self, waiting: queue.SimpleQueue[Task], events: queue.SimpleQueue[Event]) -> None:
        super().__init__(daemon=True)
        self._waiting = waiting
        self._events = events
        self._process = WorkerProcess()

    def run(self) -> None:
        while not self._process.is_ended:
            try:
                task = self._waiting.get_nowait()
            except queue.Empty:
                break
            self._events.put(Started(task))
            outcome, seconds = self._process.carry_out(task, self._teller(task))
            self._events.put(Ended(task, outcome, seconds))
        self._process.close()

    def _teller(self, task: Task) -> Tell:
        return lambda fraction, doing: self._events.put(Advanced(task, fraction, doing))

    def end(self) -> None:
        """End the process, whatever it is doing, and wait for the thread that feeds it."""
        self._process.end()
        if self.is_alive():
            self.join()
