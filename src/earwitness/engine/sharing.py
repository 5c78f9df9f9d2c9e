"""Sharing out examinations to the workers of a cluster: the outcomes, to the byte, of one machine alone.

1. Who asks sends tasks one by one, as many as the cluster carries out at once: paths and hashes, no
   sound. What waits costs nothing, and a worker that is killed takes no task with it but its own.
2. What the worker does with it stands in ``helping``.
3. A task whose worker was lost is begun anew by the scheduler; after a few workers it has Failed, and
   is named.
4. A worker that is not as this machine is an error, not an outcome. So is one that finds an exhibit
   altered or missing that this machine sees as it was received.
"""

from __future__ import annotations

import json
import queue
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from earwitness.archive.sharing import Lost, Pending
from earwitness.engine.cluster import Cluster
from earwitness.engine.helping import TOPIC, examine
from earwitness.engine.pool import Advanced, Ended, Event, Started, Stop
from earwitness.engine.task import Task
from earwitness.errors import EngineUnfit, ExhibitAltered
from earwitness.models import Shelf
from earwitness.outcome import Failed, Outcome, outcome_from_json
from earwitness.store.vault import Vault
from earwitness.versions import versions_here

_LOOK_EVERY_S = 0.05


@dataclass(slots=True)
class _UnderWay:
    """A task that was begun."""

    task: Task
    pending: Pending
    is_started: bool = False


def share_out(
    tasks: Sequence[Task], cluster: Cluster, *, stop: Stop | None = None
) -> Iterator[Event]:
    """Carry out tasks on a cluster, with the events and outcomes of ``carry_out_all``.

    Parameters
    ----------
    tasks : sequence of Task
    cluster : Cluster
    stop : Stop, optional
        When it is set, what is under way is given up and nothing more is yielded.

    Yields
    ------
    Event
        In the order in which they are heard of. Each task ends in exactly one ``Ended``.

    Raises
    ------
    EngineUnfit, EngineUnreachable
        What has ended until then has ended.
    """
    run, waiting = uuid.uuid4().hex, deque(enumerate(tasks))
    said = cluster.listen(TOPIC)
    under_way: dict[int, _UnderWay] = {}
    try:
        while (waiting or under_way) and not (stop and stop.is_set()):
            while waiting and len(under_way) < cluster.at_once:
                number, task = waiting.popleft()
                order = _order(task, run, number)
                under_way[number] = _UnderWay(task, cluster.begin(examine, order))  # 1
            yield from _heard(said, run, under_way)
            yield from _over(under_way)
            cluster.wait_for_workers()
    finally:
        under_way.clear()  # nothing refers to these calls any more, so the cluster gives them up


def _order(task: Task, run: str, number: int) -> str:
    order = {
        "run": run,
        "number": number,
        "versions": versions_here(),
        "models": Shelf().sizes(),
        "task": task.to_json(),
    }
    return json.dumps(order)


def _heard(
    said: queue.SimpleQueue[Any], run: str, under_way: dict[int, _UnderWay]
) -> Iterator[Event]:
    """What workers have told of this run; waits for a moment if they have told nothing."""
    with suppress(queue.Empty):
        message = said.get(timeout=_LOOK_EVERY_S)
        while True:
            told_run, number, fraction, doing = message
            if told_run == run and (known := under_way.get(number)) is not None:
                if not known.is_started:
                    known.is_started = True
                    yield Started(known.task)
                if doing is not None:
                    yield Advanced(known.task, fraction, doing)
            message = said.get_nowait()


def _over(under_way: dict[int, _UnderWay]) -> Iterator[Event]:
    """The ends of tasks that have ended."""
    for number in [number for number, each in under_way.items() if each.pending.done()]:
        ended = under_way.pop(number)
        if not ended.is_started:
            yield Started(ended.task)
        outcome, seconds = _read(ended.pending.result(), ended.task)
        yield Ended(ended.task, outcome, seconds)


def _read(answer: bytes | Lost, task: Task) -> tuple[Outcome, float]:
    if isinstance(answer, Lost):  # 3
        message = f"{task.method} of {task.exhibit.name}: {answer.reason}"
        return Failed(error="WorkerDied", message=message), 0.0
    told = json.loads(answer)
    if "unlike" in told:  # 4
        raise EngineUnfit(
            "a worker is not as this machine, so its outcomes would not be the same",
            got=f"{told['unlike']}, on {told['host']}",
            do="let every worker have the same versions and models, and see the case, its archives and "
            "grid records under the same paths",
        )
    outcome = outcome_from_json(told["outcome"])
    if isinstance(outcome, Failed) and outcome.error == ExhibitAltered.__name__ and _is_whole(task):
        raise EngineUnfit(  # 4
            "a worker does not see the case as this machine does",
            got=f"{outcome.message}, on {told['host']}",
            do="let every worker see the case's folder under the same path",
        )
    return outcome, float(told["seconds"])


def _is_whole(task: Task) -> bool:
    """Whether this machine sees all of a task's exhibits as they were received."""
    try:
        for exhibit in task.exhibits:
            Vault(exhibit.path.parent).require_intact(exhibit.sha256)
    except ExhibitAltered:
        return False
    return True
