"""Sharing out the work on an archive: what an engine is, and the one that needs nothing but this machine.

What is shared out is a function of the package, called with text and bytes, and answering with bytes.
Calls are begun and their answers taken in one order, so that which worker is quicker shows nowhere.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from earwitness.archive import worker

AHEAD = 4  # calls under way or done and not taken, for each worker

Call = Callable[..., bytes]


@dataclass(frozen=True, slots=True)
class Lost:
    """There is no answer, because the workers that were to give it ended; how, in words."""

    reason: str


class Given(Protocol):
    """Bytes that were given to all workers at once, to be named in calls."""


class Pending(Protocol):
    """A call that was begun."""

    def done(self) -> bool:
        """Whether there is an answer, so that asking for it does not wait."""
        ...

    def result(self, beside: Iterable[Pending] | None = None) -> bytes | Lost:
        """The answer, when there is one.

        Parameters
        ----------
        beside : iterable of Pending, optional
            All others that were begun. If they are named, a call that was lost with its workers has
            another try when they are over: a worker that ends takes all along that it had, and only of
            a call that was by itself is it known that no other has ended the workers.
        """
        ...


class Engine(Protocol):
    """Whatever carries out calls: processes of this machine, or of many."""

    @property
    def ahead(self) -> int:
        """How many calls may be begun whose answers were not taken: what bounds the memory."""
        ...

    def begin(self, call: Call, *arguments: str | bytes | Given, near: str = "") -> Pending:
        """Begin a call. What has the same ``near`` goes to the same worker, if it can."""
        ...

    def give(self, data: bytes) -> Given:
        """Give all workers the same bytes once, for many calls."""
        ...


@dataclass(slots=True)
class _Own:
    future: Future[bytes]

    def done(self) -> bool:
        return self.future.done()

    def result(self, beside: Iterable[Pending] | None = None) -> bytes | Lost:
        return self.future.result()  # never lost: a process of its own ends alone


class OwnProcesses:
    """The engine of a desk of one: a few threads, each of which has a process of its own.

    Parameters
    ----------
    workers : int, optional
        As many as there are cores by default.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._count = workers or len(os.sched_getaffinity(0))
        self._todo: queue.SimpleQueue[tuple[Future[bytes], Call, tuple[object, ...]] | None]
        self._todo = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    @property
    def ahead(self) -> int:
        """How many calls may be begun whose answers were not taken."""
        return AHEAD * self._count

    def begin(self, call: Call, *arguments: str | bytes | Given, near: str = "") -> Pending:
        """Begin a call in one of the threads."""
        future: Future[bytes] = Future()
        self._todo.put((future, call, arguments))
        if len(self._threads) < self._count:
            thread = threading.Thread(target=self._work, daemon=True)
            self._threads.append(thread)
            thread.start()
        return _Own(future)

    def give(self, data: bytes) -> Given:
        """The bytes themselves: threads share their memory."""
        return data

    def end(self) -> None:
        """End the threads and their processes, whatever they are doing."""
        while True:
            try:
                self._todo.get_nowait()
            except queue.Empty:
                break
        for _ in self._threads:
            self._todo.put(None)
        while any(thread.is_alive() for thread in self._threads):
            # again and again: a thread may have begun its last call meanwhile
            worker.end_those_of([thread.ident for thread in self._threads])
            for thread in self._threads:
                thread.join(0.02)

    def _work(self) -> None:
        while (item := self._todo.get()) is not None:
            future, call, arguments = item
            try:
                future.set_result(call(*arguments))
            except (OSError, ValueError) as error:  # it was not started, or spoke nonsense
                future.set_exception(error)
            finally:
                future.cancel()  # does nothing where there is a result: nobody waits for ever
        worker.end_those_of([threading.get_ident()])
