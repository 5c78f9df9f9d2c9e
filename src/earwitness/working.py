"""A worker: takes the examinations that were asked for from the store's queue, and carries them out.

Any number of workers, on any number of machines, may work for one store. Each sees the folders of cases
that lie in its place. One that is killed, cut off or slow is taken over from, and what it reached too
late is not kept.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from earwitness import logs, metrics, workbench
from earwitness.engine.pool import Event
from earwitness.errors import EarwitnessError, JobTakenOver, StoreUnreachable
from earwitness.examinations import all_examinations
from earwitness.outcome import Failed
from earwitness.presence import Presence
from earwitness.store.database import Examined
from earwitness.store.jobs import Queue, Taken
from earwitness.store.server import POINTER, Server, read_pointer

LEASE_S = 60.0
_LOOK_EVERY_S = 0.5
_PATIENCE_S = 600.0  # for a store that is away while an outcome waits to be kept


@dataclass(frozen=True, slots=True)
class Worked:
    """A job that this worker is done with: its outcome, or why it has none."""

    job: Taken
    examined: Examined | None = None
    trouble: str = ""


@dataclass
class Worker:
    """Works for the store that the environment names, on the cases whose folders lie in a place.

    Parameters
    ----------
    place : Path
        A case's folder, or a folder that holds such.
    processes : int
        Examinations at once; 0 means one for each core.
    lease_s : float
        After so many seconds of silence others take over.
    """

    place: Path
    processes: int = 0
    lease_s: float = LEASE_S
    _ending: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        server = Server.here()
        self._queue = Queue(server)
        self._most = self.processes or len(os.sched_getaffinity(0))
        self._name = f"{workbench.this_user()}:{os.getpid()}"
        self._presence = Presence(server, self._name, self.lease_s)

    def end(self) -> None:
        """End, from another thread: give back what has not ended, and take nothing more."""
        self._ending.set()
        self._presence.let_go()

    def work(self, *, until_done: bool = False) -> Iterator[Worked]:
        """Take jobs and carry them out, until ``end`` is called.

        Parameters
        ----------
        until_done : bool
            End when no job is open any more, neither here nor at another worker.

        Yields
        ------
        Worked
            One for each job, as it ends.
        """
        logs.note("worker began", process=os.getpid())
        with self._presence.told():
            yield from self._work(until_done)
        logs.note("worker ended", process=os.getpid())

    def _work(self, until_done: bool) -> Iterator[Worked]:
        while not self._ending.is_set():
            folders = self._folders()
            self._presence.sees(folders)
            try:
                taken = self._queue.take(
                    cases=folders,
                    methods=all_examinations(),
                    worker=self._name,
                    most=self._most,
                    lease_s=self.lease_s,
                )
                if not taken and until_done and not self._queue.open(folders):
                    return
            except StoreUnreachable:
                taken = []
            if taken:
                yield from self._carry_out(folders[taken[0].case_id], taken)
            else:
                self._ending.wait(_LOOK_EVERY_S)

    def _folders(self) -> dict[str, Path]:
        """The folders of cases that are on a server, by the id that they have there."""
        inside = [self.place, *(path for path in self.place.iterdir() if not path.is_symlink())]
        found = {}
        for folder in inside:
            if (folder / POINTER).is_file():
                with suppress(EarwitnessError):
                    found[read_pointer(folder)] = folder
        return found

    def _carry_out(self, folder: Path, taken: Sequence[Taken]) -> Iterator[Worked]:
        token, left = taken[0].token, {job.id: job for job in taken}
        trouble: EarwitnessError | None = None
        for job in taken:
            metrics.taken_over.inc(job.was_held)
            _note("job taken", job, taken_over=job.was_held)
        with self._presence.holding(taken) as stop:
            if self._ending.is_set():
                stop.set()
            try:
                case = workbench.open(folder, who=taken[0].asked_by)
                for job, reached in case.carry_out(
                    taken, workers=self._most, stop=stop, on_event=self._notice
                ):
                    worked = self._ended(case, job, reached)
                    del left[job.id]
                    yield worked
            except EarwitnessError as error:
                trouble = error
            finally:
                if left:
                    told, wait_s = (str(trouble), self.lease_s) if trouble else ("", 0.0)
                    with suppress(StoreUnreachable):  # then they are taken over in time
                        self._queue.give_back(token, trouble=told, wait_s=wait_s)
        for job in left.values():
            _done("given back", job, why=type(trouble).__name__ if trouble else "")
            yield Worked(job, trouble=str(trouble or "stopped"))

    def _notice(self, event: Event) -> None:
        metrics.count_examination(event)
        self._presence.notice(event)

    def _ended(self, case: workbench.Case, job: Taken, reached: Examined | None) -> Worked:
        """Keep a job's outcome; where the store is away, when it is back."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                if reached is None:
                    self._queue.drop(job)
                    _done("dropped", job)
                    return Worked(job, trouble="the case asks for something else now, or knew it")
                kept = case.end_job(job, reached)
            except JobTakenOver as error:
                _done("too late", job)
                return Worked(job, trouble=str(error))
            except StoreUnreachable:
                if time.monotonic() > deadline or self._ending.is_set():
                    raise
                time.sleep(_LOOK_EVERY_S)
            else:
                why = kept.outcome.error if isinstance(kept.outcome, Failed) else ""
                _done(kept.outcome.kind, job, seconds=kept.seconds, why=why)
                return Worked(job, kept)


def _done(ended: str, job: Taken, **more: str | float) -> None:
    metrics.jobs.labels(ended.replace(" ", "_")).inc()
    _note("job done", job, ended=ended, **more)


def _note(what: str, job: Taken, **more: str | float | bool) -> None:
    logs.note(what, job=job.id, case=job.case_id, method=job.method, **more)
