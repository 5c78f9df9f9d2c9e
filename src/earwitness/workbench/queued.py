"""Examinations that workers of the store carry out, of a case on a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from earwitness.engine.pool import Ended, carry_out_all
from earwitness.engine.task import Task
from earwitness.errors import StoreError
from earwitness.examinations import find_examination
from earwitness.store.database import Examined
from earwitness.store.jobs import Listed, Queue, Taken, Wanted, end
from earwitness.store.server import ServerDatabase
from earwitness.store.workers import Workers
from earwitness.workbench.examining import ExaminingActs, OnEvent, is_settled


class JobActs(ExaminingActs):
    """Asking for examinations, and carrying out what was asked for."""

    @property
    def is_on_server(self) -> bool:
        """Whether its examinations can be asked for, of the store's workers."""
        return isinstance(self._folder.database, ServerDatabase)

    def ask(self, only: Sequence[str] = (), *, again: bool = False) -> int:
        """Ask for examinations, to be carried out by the store's workers; give how many were added.

        Those whose outcome the case knows are listed as ended.

        Parameters
        ----------
        only : sequence of str
            Names of examinations; all of them when empty.
        again : bool
            Also those whose outcome the case knows.

        Raises
        ------
        StoreError
            If the case is not on a server.
        """
        database = self._on_server()
        wanted = []
        for task in self._tasks(self._chosen(only)):
            known = self._latest(task)
            ended_in = known.outcome.kind if is_settled(known, again=again) else ""
            wanted.append(Wanted(task.key, task.exhibit.sha256, task.method, ended_in))
        queue = Queue(database.server)
        return queue.ask(database.case_id, wanted, by=self._folder.who, again=again)

    def jobs(self) -> list[Listed]:
        """What was last asked for in this case, ended or not, whoever asked for it.

        Raises
        ------
        StoreError
            If the case is not on a server.
        """
        database = self._on_server()
        return Queue(database.server).of_case(database.case_id)

    def cancel(self) -> int:
        """End what was asked for and has not ended; give how many that were. Outcomes are kept.

        Raises
        ------
        StoreError
            If the case is not on a server.
        """
        database = self._on_server()
        return Queue(database.server).cancel(database.case_id)

    def workers(self) -> int:
        """How many workers are there that see this case's folder.

        Raises
        ------
        StoreError
            If the case is not on a server.
        """
        database = self._on_server()
        return Workers(database.server).count(database.case_id)

    def carry_out(
        self,
        taken: Sequence[Taken],
        *,
        workers: int,
        stop: threading.Event,
        on_event: OnEvent | None = None,
    ) -> Iterator[tuple[Taken, Examined | None]]:
        """Carry out jobs of this case, for ``end_job`` to keep.

        Yields
        ------
        job, Examined or None
            None where the case asks for something else now, or knows the outcome.
        """
        chosen = [find_examination(method) for method in {job.method: 0 for job in taken}]
        tasks = {task.key: task for task in self._tasks(chosen)}
        waiting: dict[str, tuple[Taken, Task, int]] = {}
        for job in taken:
            task = tasks.get(job.key)
            known = self._latest(task) if task else None
            if task is None or is_settled(known, again=job.again):
                yield job, None
            else:
                waiting[job.key] = (job, task, known.number if known else 0)
        todo = [task for _, task, _ in waiting.values()]
        for event in carry_out_all(todo, workers=workers, stop=stop):
            if on_event is not None:
                on_event(event)
            if isinstance(event, Ended):
                job, _, before = waiting[event.task.key]
                yield job, self._examined(event, number=before)

    def end_job(self, job: Taken, examined: Examined) -> Examined:
        """Keep a job's outcome and end the job, both or neither.

        Raises
        ------
        JobTakenOver, StoreUnreachable
        """
        return self._folder.keep_outcome(
            examined, also=lambda transaction: end(transaction, job, examined.outcome)
        )

    def _on_server(self) -> ServerDatabase:
        if not isinstance(self._folder.database, ServerDatabase):
            raise StoreError(
                "the case is in its folder, where nobody else can work on it",
                do="examine it with: earwitness examine, or move it with: earwitness store move",
            )
        return self._folder.database
