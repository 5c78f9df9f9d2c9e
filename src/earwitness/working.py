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
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from earwitness import workbench
from earwitness.errors import EarwitnessError, JobTakenOver, StoreUnreachable
from earwitness.examinations import all_examinations
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
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._queue = Queue(Server.here())
        self._most = self.processes or len(os.sched_getaffinity(0))
        self._name = f"{workbench.this_user()}:{os.getpid()}"

    def work(self, *, until_done: bool = False) -> Iterator[Worked]:
        """Take jobs and carry them out, until ``stop`` is set.

        Parameters
        ----------
        until_done : bool
            End when no job is open any more, neither here nor at another worker.

        Yields
        ------
        Worked
            One for each job, as it ends.
        """
        while not self.stop.is_set():
            folders = self._folders()
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
                self.stop.wait(_LOOK_EVERY_S)

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
        trouble = ""
        with self._held(token):
            try:
                case = workbench.open(folder, who=taken[0].asked_by)
                for job, reached in case.carry_out(taken, workers=self._most, stop=self.stop):
                    worked = self._ended(case, job, reached)
                    del left[job.id]
                    yield worked
            except EarwitnessError as error:
                trouble = str(error)
            finally:
                if left:
                    with suppress(StoreUnreachable):  # then they are taken over in time
                        self._queue.give_back(token, trouble=trouble, wait_s=self._wait_s(trouble))
        for job in left.values():
            yield Worked(job, trouble=trouble or "stopped")

    def _wait_s(self, trouble: str) -> float:
        return self.lease_s if trouble else 0.0

    def _ended(self, case: workbench.Case, job: Taken, reached: Examined | None) -> Worked:
        """Keep a job's outcome; where the store is away, when it is back."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                if reached is None:
                    self._queue.drop(job)
                    return Worked(job, trouble="the case asks for something else now, or knew it")
                return Worked(job, case.end_job(job, reached))
            except JobTakenOver as error:
                return Worked(job, trouble=str(error))
            except StoreUnreachable:
                if time.monotonic() > deadline or self.stop.is_set():
                    raise
                time.sleep(_LOOK_EVERY_S)

    @contextmanager
    def _held(self, token: str) -> Iterator[None]:
        """Say at the store, again and again, that this worker lives, as long as the block takes."""
        over = threading.Event()

        def hold() -> None:
            while not over.wait(self.lease_s / 4):
                with suppress(StoreUnreachable):
                    self._queue.hold(token, self.lease_s)

        thread = threading.Thread(target=hold, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
