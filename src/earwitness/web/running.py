"""What is going on in a case beside the pages: examinations, here or at the store's workers; preparations.

``Examining`` and ``Queued`` look alike to the pages: a state as JSON, and a way to stop. In it each task is

- ``waiting`` for a worker,
- ``going`` on, at a worker if others carry it out,
- ``silent``: its worker has not been heard of, and another takes over after a while,
- ``ended``, in one of the three ways in which examinations end,
- ``stopped`` before its end, or
- ``left_alone`` after too many workers took it and none ended it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from earwitness import logs, metrics
from earwitness.atomic import write_whole
from earwitness.engine.pool import Advanced, Ended, Event, Started
from earwitness.errors import EarwitnessError, StoreError
from earwitness.evidence.names import safe_text
from earwitness.store.jobs import CANCELLED, Listed, failure
from earwitness.workbench import Case


class Examining(threading.Thread):
    """Examinations of one case, carried out by this desk.

    While it runs, a note lies in the case's cache, so that a desk that was killed can say so when it is
    started again.
    """

    look_every_s = 0.2

    def __init__(self, case: Case, only: Sequence[str], *, again: bool, called: str) -> None:
        super().__init__(daemon=True)
        self._case, self._only, self._again = case, list(only), again
        self._called = called
        self._stop_asked = threading.Event()
        self._names = _names(case)
        self._tasks: dict[str, dict[str, Any]] = {}
        self._trouble = ""
        self._note = _note(case)
        self.is_over = False

    def state(self) -> dict[str, Any]:
        """What is going on, as JSON."""
        is_over = self.is_over
        tasks = [dict(task) for task in list(self._tasks.values())]
        for task in tasks:
            if is_over and task["state"] == "going":
                task["state"] = "stopped"
        return _state(
            tasks, trouble=self._trouble, is_over=is_over, was_stopped=self._stop_asked.is_set()
        )

    def run(self) -> None:
        """Examine until all is done or somebody stops it."""
        try:
            self._note.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._note, json.dumps({"only": self._only}).encode())
            for examined in self._case.examine(
                self._only, again=self._again, on_event=self._notice, stop=self._stop_asked
            ):
                key, exhibit = examined.key, examined.exhibit
                self._put(key, exhibit, examined.method, **_ended(examined.outcome.kind))
        except (EarwitnessError, OSError) as error:
            self._trouble = safe_text(str(error), 2_000)
        finally:
            self._note.unlink(missing_ok=True)
            self.is_over = True

    def stop(self, *, wait_s: float = 10.0) -> None:
        """End the examinations, and wait for that; what had ended is kept."""
        self._stop_asked.set()
        self.join(wait_s)

    def _notice(self, event: Event) -> None:
        metrics.count_examination(event)
        key, exhibit, method = event.task.key, event.task.exhibit.sha256, event.task.method
        match event:
            case Started():
                self._put(key, exhibit, method)
            case Advanced():
                at = {"fraction": event.fraction, "doing": safe_text(event.doing, 100)}
                self._put(key, exhibit, method, **at)
            case Ended():
                kind, why = event.outcome.kind, failure(event.outcome)
                self._put(key, exhibit, method, why=why, **_ended(kind))
                logs.note(
                    "examined", case=self._called, method=method, ended=kind, seconds=event.seconds
                )

    def _put(self, key: str, exhibit: str, method: str, **now: Any) -> None:
        known = self._tasks.get(key, _task(method, self._names.get(exhibit, exhibit[:12])))
        self._tasks[key] = {**known, **now}


class Queued:
    """Examinations of one case that the store's workers carry out, whichever desk asked for them."""

    look_every_s = 1.0

    def __init__(self, case: Case) -> None:
        self._case = case
        self._names = _names(case)
        self._known: list[dict[str, Any]] = []

    def state(self) -> dict[str, Any]:
        """What is going on, as JSON; while the store is away, what was known last, and that it is."""
        try:
            jobs, workers = self._case.jobs(), self._case.workers()
        except StoreError as error:
            trouble = safe_text(str(error), 2_000)
            return _state(self._known, trouble=trouble, is_over=False, was_stopped=False)
        self._known = [self._shown(job) for job in jobs]
        is_over = not any(job.is_open for job in jobs)
        return _state(
            self._known,
            is_over=is_over,
            was_stopped=any(job.ended_in == CANCELLED for job in jobs),
            is_idle=not is_over and not workers,
        )

    def stop(self) -> None:
        """End what has not ended, also where a worker is at it; what had ended is kept."""
        self._case.cancel()

    def _shown(self, job: Listed) -> dict[str, Any]:
        task = _task(job.method, self._names.get(job.exhibit, job.exhibit[:12]))
        why = safe_text(job.trouble, 2_000)
        if job.ended_in == CANCELLED:
            return {**task, "state": "stopped"}
        if job.ended_in:
            return {**task, "why": why, **_ended(job.ended_in)}
        if job.is_stuck:
            return {**task, "state": "left_alone", "why": why}
        if job.silent:
            return {**task, "state": "silent", "worker": safe_text(job.silent, 200)}
        state = "going" if job.worker else "waiting"
        at = {"fraction": job.fraction, "doing": safe_text(job.doing, 100)}
        return {**task, "state": state, "worker": safe_text(job.worker, 200), "why": why, **at}


def _task(method: str, exhibit: str) -> dict[str, Any]:
    """A task of which nothing is known yet but that it is going on."""
    return {
        "method": method, "exhibit": exhibit, "state": "going", "ended_in": "", "fraction": 0.0,
        "doing": "", "worker": "", "why": "",
    }  # fmt: skip


def _ended(kind: str) -> dict[str, Any]:
    return {"state": "ended", "ended_in": kind, "fraction": 1.0}


def _state(
    tasks: Sequence[dict[str, Any]],
    *,
    is_over: bool,
    was_stopped: bool,
    trouble: str = "",
    is_idle: bool = False,
) -> dict[str, Any]:
    """What the pages are told; ``is_idle`` says that nobody is there to do what waits."""
    return {
        "is_over": is_over, "was_stopped": was_stopped, "trouble": trouble, "is_idle": is_idle,
        "tasks": list(tasks),
    }  # fmt: skip


def _names(case: Case) -> dict[str, str]:
    return {exhibit.sha256: exhibit.name for exhibit in case.exhibits}


def was_interrupted(case: Case) -> bool:
    """Whether examinations were going on in a case when a desk was killed."""
    return _note(case).exists()


def _note(case: Case) -> Path:
    return case.path / "cache" / "desk" / "examining.json"


class Preparing(threading.Thread):
    """A recording that is being made ready to be listened to."""

    _one_at_a_time = threading.Semaphore(1)

    def __init__(self, case: Case, sha256: str) -> None:
        super().__init__(daemon=True)
        self._case, self._sha256 = case, sha256
        self._stop_asked = False
        self.fraction = 0.0
        self.trouble = ""
        self.is_over = False

    def run(self) -> None:
        """Decode, and make the pieces of the plots."""
        try:
            with self._one_at_a_time, closing(self._case.prepare(self._sha256)) as steps:
                for fraction in steps:
                    self.fraction = fraction
                    if self._stop_asked:
                        return
        except (EarwitnessError, OSError) as error:
            self.trouble = safe_text(str(error), 2_000)
        finally:
            self.is_over = True

    def stop(self) -> None:
        """End it at its next step."""
        self._stop_asked = True
