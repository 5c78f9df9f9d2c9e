"""How the store knows that a worker lives, which cases it sees, and how far its jobs are.

A thread tells all of it again and again. It learns in turn when the worker holds none of its jobs any more,
because they were cancelled or another took them over, and has the worker stop.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress

from earwitness.engine.pool import Advanced, Event
from earwitness.errors import EarwitnessError
from earwitness.evidence.names import safe_text
from earwitness.store.jobs import Queue, Taken
from earwitness.store.server import Server
from earwitness.store.workers import Workers

_TELL_EVERY_S = 2.0


class Presence:
    """One worker, as its store knows it.

    Parameters
    ----------
    server : Server
    name : str
        The worker's.
    lease_s : float
        For how long it holds jobs without a word.
    """

    def __init__(self, server: Server, name: str, lease_s: float) -> None:
        self._queue, self._workers = Queue(server), Workers(server)
        self._name, self._lease_s = name, lease_s
        self._cases: frozenset[str] | None = None
        self._token = ""
        self._numbers: dict[str, int] = {}
        self._progress: dict[int, tuple[float, str]] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell of the worker as long as the block takes; then, that it is gone."""
        over = threading.Event()
        every_s = min(self._lease_s / 4, _TELL_EVERY_S)

        def go_on() -> None:
            while not over.wait(every_s):
                self._tell()

        thread = threading.Thread(target=go_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            with suppress(EarwitnessError):
                self._workers.gone(self._name)

    def sees(self, cases: Collection[str]) -> None:
        """Say which cases' folders the worker sees; at once, if they are others than before."""
        if self._cases != frozenset(cases):
            self._cases = frozenset(cases)
            with suppress(EarwitnessError):
                self._workers.there(self._name, self._cases)

    @contextmanager
    def holding(self, taken: Sequence[Taken]) -> Iterator[threading.Event]:
        """Hold jobs as long as the block takes; gives the event that says when to stop."""
        self._stop, self._progress = threading.Event(), {}
        self._numbers = {job.key: job.id for job in taken}
        self._token = taken[0].token
        try:
            yield self._stop
        finally:
            self._token = ""

    def let_go(self) -> None:
        """Have the worker stop what it holds."""
        self._stop.set()

    def notice(self, event: Event) -> None:
        """Take note of how far a job is."""
        if isinstance(event, Advanced):
            number = self._numbers[event.task.key]
            with self._lock:
                self._progress[number] = (event.fraction, safe_text(event.doing, 100))

    def _tell(self) -> None:
        token, stop = self._token, self._stop
        with self._lock:
            progress, self._progress = self._progress, {}
        with suppress(EarwitnessError):  # it is told again soon
            if token and not self._queue.hold(token, self._lease_s, progress):
                stop.set()
            self._workers.there(self._name, self._cases or ())
