"""A few worker processes, and the tasks that are handed to them."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from earwitness.engine.task import Task
from earwitness.evidence.names import safe_text
from earwitness.outcome import Failed, Outcome, outcome_from_json

_COMMAND = [sys.executable, "-m", "earwitness.engine.worker"]
_LAST_WORDS = 2_000
_PATIENCE_S = 10.0
_SIGNALS = {int(each): each.name for each in signal.Signals}
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


def carry_out_all(
    tasks: Sequence[Task], *, workers: int = 0, stop: threading.Event | None = None
) -> Iterator[Event]:
    """Carry out tasks in worker processes, as many at once as there are cores.

    Parameters
    ----------
    tasks : sequence of Task
    workers : int
        Processes at once; 0 means one for each core that this process may use.
    stop : threading.Event, optional
        When another thread sets it, the workers are ended and nothing more is yielded.

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


# There is a process for each core already; and sums in one order give the same digits everywhere.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class _Worker(threading.Thread):
    """A thread that feeds one worker process, and starts another when it dies."""

    def __init__(self, waiting: queue.SimpleQueue[Task], events: queue.SimpleQueue[Event]) -> None:
        super().__init__(daemon=True)
        self._waiting = waiting
        self._events = events
        self._process: subprocess.Popen[bytes] | None = None
        self._last_words: IO[bytes] | None = None
        self._ended = False
        self._starting = threading.Lock()

    def run(self) -> None:
        while not self._ended:
            try:
                task = self._waiting.get_nowait()
            except queue.Empty:
                break
            self._events.put(Started(task))
            outcome, seconds = self._carry_out(task)
            self._events.put(Ended(task, outcome, seconds))
        self._kill()
        self._close_streams()

    def _carry_out(self, task: Task) -> tuple[Outcome, float]:
        try:
            process = self._ready_process()
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(json.dumps(task.to_json()).encode() + b"\n")
            process.stdin.flush()
            for line in process.stdout:
                message: dict[str, Any] = json.loads(line)
                if "outcome" in message:
                    return outcome_from_json(message["outcome"]), float(message["seconds"])
                self._events.put(Advanced(task, message["progress"], message["doing"]))
        except OSError as error:
            return self._died(task, str(error)), 0.0
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # half a line, or babble
            return self._died(task, str(error)), 0.0
        return self._died(task, ""), 0.0

    def _ready_process(self) -> subprocess.Popen[bytes]:
        with self._starting:
            if self._ended:
                raise ChildProcessError("nobody waits for it any more")
            if self._process is None or self._process.poll() is not None:
                self._close_streams()
                self._process = None
                self._last_words = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the rest)
                environment = {**os.environ, "PYTHONUNBUFFERED": "1", **_ONE_THREAD}
                self._process = subprocess.Popen(  # noqa: S603  (our own module, no shell)
                    _COMMAND,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._last_words,
                    env=environment,
                    cwd=Path("/"),
                    start_new_session=True,  # Ctrl-C is for the parent, which then ends its workers
                )
            return self._process

    def _died(self, task: Task, cause: str) -> Failed:
        code = self._exit_code()
        words = self._read_last_words()
        if code is not None and code < 0:
            how = f"was ended by {_SIGNALS.get(-code, f'signal {-code}')}"
        else:
            how = f"ended with exit code {code}" if code is not None else f"did not start: {cause}"
        message = f"the process that carried out {task.method} {how}"
        return Failed(error="WorkerDied", message=f"{message}; {words}" if words else message)

    def _read_last_words(self) -> str:
        if self._last_words is None:
            return ""
        size = self._last_words.seek(0, os.SEEK_END)
        self._last_words.seek(max(0, size - _LAST_WORDS))
        lines = self._last_words.read().decode("utf-8", "replace").strip().splitlines()
        return safe_text(lines[-1]) if lines else ""

    def _exit_code(self) -> int | None:
        """How the process ended; one that stopped answering but lives on is killed."""
        if self._process is None:
            return None
        try:
            return self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def end(self) -> None:
        """End the process, whatever it is doing, and wait for the thread that feeds it."""
        with self._starting:
            self._ended = True
            self._kill()
        if self.is_alive():
            self.join()

    def _kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _close_streams(self) -> None:
        process = self._process
        for stream in (process and process.stdin, process and process.stdout, self._last_words):
            if stream:
                with suppress(OSError):
                    stream.close()
