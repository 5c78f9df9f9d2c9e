"""Carrying out examinations, and keeping what they end in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeGuard

from earwitness.archive.index import state_of
from earwitness.engine.cluster import Cluster
from earwitness.engine.pool import Ended, Event, carry_out_all
from earwitness.engine.sharing import share_out
from earwitness.engine.task import Task
from earwitness.evidence.exhibit import Exhibit
from earwitness.examinations import Examination, Parameter, find_examination, newest_examinations
from earwitness.grid.store import state_of as state_of_grid
from earwitness.outcome import outcome_hash
from earwitness.store.casefile import CaseFile
from earwitness.store.database import Examined
from earwitness.versions import versions_here
from earwitness.workbench.opened import OpenCase

OnEvent = Callable[[Event], None]


def is_settled(known: Examined | None, *, again: bool) -> TypeGuard[Examined]:
    """Whether what the case knows will do: an outcome that is no failure, and not asked for anew."""
    return known is not None and known.outcome.kind != "failed" and not again


class ExaminingActs(OpenCase):
    """Examining the exhibits of a case."""

    def examine(
        self,
        only: Sequence[str] = (),
        *,
        again: bool = False,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
        cluster: Cluster | None = None,
    ) -> Iterator[Examined]:
        """Carry out examinations on all cores or a cluster; keep each outcome as soon as it is reached.

        A result that the case holds already, for the same exhibit, method, parameters and consulted
        exhibits, is not computed again unless it had failed.

        Parameters
        ----------
        only : sequence of str
            Names of examinations; all of them when empty.
        again : bool
            Compute everything anew.
        on_event : callable, optional
            Told what happens meanwhile.
        stop : threading.Event, optional
            When another thread sets it, nothing more is examined; what had ended is kept.
        cluster : Cluster, optional
            Have its workers carry them out: see ``engine_named``.

        Yields
        ------
        Examined
            Kept results first, then new ones as they end.

        Raises
        ------
        UnknownExamination, BadParameter, EngineUnfit, EngineUnreachable
        """
        for name in self.case_file.examine:
            find_examination(name)
        waiting: dict[str, tuple[Task, int]] = {}
        for task in self._tasks(self._chosen(only)):
            known = self._latest(task)
            if is_settled(known, again=again):
                yield known
            else:
                waiting[task.key] = (task, known.number if known else 0)
        reused_all = not waiting
        tasks = [task for task, _ in waiting.values()]
        if cluster is None:
            events = carry_out_all(tasks, workers=self.case_file.settings.workers, stop=stop)
        else:
            events = share_out(tasks, cluster, stop=stop)
        for event in events:
            if on_event is not None:
                on_event(event)
            if isinstance(event, Ended):
                before = waiting[event.task.key][1]
                yield self._folder.keep_outcome(self._examined(event, number=before))
        if reused_all:
            self._folder.act("examine", changes=False, details={"all_known": True})

    def _chosen(self, only: Sequence[str]) -> list[Examination]:
        if not only:
            return list(newest_examinations().values())
        return [find_examination(name) for name in only]

    def _tasks(self, chosen: Sequence[Examination]) -> Iterator[Task]:
        case_file, exhibits = self.case_file, self.exhibits
        for examination in chosen:
            parameters = examination.parameters(case_file.examine.get(examination.name, {}))
            done: set[str] = set()
            for exhibit in exhibits:
                if exhibit.role in examination.applies_to and exhibit.sha256 not in done:
                    done.add(exhibit.sha256)
                    yield self._task(examination, exhibit, parameters, case_file, exhibits)

    def _task(
        self,
        examination: Examination,
        exhibit: Exhibit,
        parameters: Mapping[str, Parameter],
        case_file: CaseFile,
        exhibits: Sequence[Exhibit],
    ) -> Task:
        needs = examination.needs
        return Task(
            exhibit=exhibit,
            method=examination.name,
            parameters=parameters,
            seen={
                role: tuple(each for each in exhibits if each.role == role)
                for role in examination.looks_at
            },
            claims=case_file.claims.model_dump() if needs.claims else {},
            archives=self._archives(case_file) if needs.archives or needs.may_use_archives else (),
            grids=self._grids(case_file) if needs.grids else (),
            cache=str(self._folder.cache.absolute()),
            max_hours=case_file.settings.max_hours,
        )

    def _archives(self, case_file: CaseFile) -> tuple[tuple[str, str], ...]:
        """The archives that the case names, with what they hold now; paths are from the case on."""
        folders = [(self.path / named).absolute() for named in case_file.archives]
        return tuple((str(folder), state_of(folder)) for folder in folders)

    def _grids(self, case_file: CaseFile) -> tuple[tuple[str, str], ...]:
        """The same for records of grids."""
        folders = [(self.path / named).absolute() for named in case_file.grids]
        return tuple((str(folder), state_of_grid(folder)) for folder in folders)

    def _latest(self, task: Task) -> Examined | None:
        with self._folder.database.read() as transaction:
            return transaction.latest(task.key)

    def _examined(self, event: Ended, *, number: int = 0) -> Examined:
        task = event.task
        return Examined(
            key=task.key,
            exhibit=task.exhibit.sha256,
            method=task.method,
            parameters=task.parameters,
            consulted=task.consulted,
            outcome=event.outcome,
            versions=versions_here(),
            examined_at=self._folder.now(),
            seconds=round(event.seconds, 3),
            number=number,
            stored_sha256=outcome_hash(event.outcome),
        )
