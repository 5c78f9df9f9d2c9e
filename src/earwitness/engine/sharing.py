"""Sharing out examinations to the workers of a cluster: the outcomes, to the byte, of one machine alone.

1. Who asks sends tasks one by one, as many as the cluster carries out at once: paths and hashes, no
   sound. What waits costs nothing, and a worker that is killed takes few tasks with it.
2. What the worker does with it stands in ``helping``.
3. Where an examination has groundwork, such as a population that is to be brought into the conditions of
   a recording, it is done first: each stage in parts, by all workers, into the case's cache.
4. A task whose worker was lost is begun anew by the scheduler. After a few workers it waits until no other
   is left, and is tried once more by itself, since it may have been another that ended them. If they end
   then too, it has Failed, and is named.
5. A worker that is not as this machine is an error, not an outcome. So is one that finds an exhibit
   altered or missing that this machine sees as it was received.
"""

from __future__ import annotations

import json
import queue
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count

from earwitness.archive.sharing import Lost, Pending
from earwitness.engine.cluster import Cluster
from earwitness.engine.helping import TOPIC, examine
from earwitness.engine.pool import Advanced, Ended, Event, Started, Stop
from earwitness.engine.task import Groundwork, Task
from earwitness.errors import EngineUnfit, ExhibitAltered
from earwitness.examinations import all_examinations
from earwitness.models import Shelf
from earwitness.outcome import Failed, Outcome, outcome_from_json
from earwitness.store.vault import Vault
from earwitness.versions import versions_here

_LOOK_EVERY_S = 0.05
_PARTS = 2  # of groundwork, for each worker, as some take longer than others


@dataclass(slots=True, eq=False)
class _Plan:
    """A task, and the stages of its groundwork that go before it.

    Attributes
    ----------
    task : Task
    stages : deque of list of Task
        What was not begun yet: groundwork in parts, and last the task itself.
    left : int
        How many of the stage that was begun last have not ended.
    seconds : float
        What those that have ended took.
    """

    task: Task
    stages: deque[list[Task]]
    left: int = 0
    seconds: float = 0.0
    is_started: bool = False


@dataclass(frozen=True, slots=True)
class _UnderWay:
    plan: _Plan
    step: Task
    pending: Pending
    is_alone: bool


class _Sharing:
    """The tasks of one run: what waits, and what workers have."""

    def __init__(self, tasks: Sequence[Task], cluster: Cluster) -> None:
        self._run, self._numbers, self._cluster = uuid.uuid4().hex, count(), cluster
        self._said = cluster.listen(TOPIC)
        self._waiting: deque[tuple[_Plan, Task]] = deque()
        self._lost: deque[tuple[_Plan, Task]] = deque()
        self._under_way: dict[int, _UnderWay] = {}
        for task in tasks:
            self._waiting.extend(_next_of(_Plan(task, _stages(task, cluster.at_once))))

    @property
    def is_over(self) -> bool:
        """Whether every task has ended."""
        return not self._waiting and not self._lost and not self._under_way

    def begin(self) -> None:
        """Hand on what workers are free for."""
        while self._waiting and len(self._under_way) < self._cluster.at_once:
            self._begin(*self._waiting.popleft())
        if self._lost and not self._under_way:
            self._begin(*self._lost.popleft(), is_alone=True)

    def _begin(self, plan: _Plan, step: Task, *, is_alone: bool = False) -> None:
        number = next(self._numbers)
        pending = self._cluster.begin(examine, _order(step, self._run, number))  # 1
        self._under_way[number] = _UnderWay(plan, step, pending, is_alone)

    def heard(self) -> Iterator[Event]:
        """What workers have told; waits for a moment if they have told nothing."""
        with suppress(queue.Empty):
            message = self._said.get(timeout=_LOOK_EVERY_S)
            while True:
                run, number, fraction, doing = message
                known = self._under_way.get(number) if run == self._run else None
                if known is not None:
                    yield from _started(known.plan)
                    if doing is not None and known.step is known.plan.task:
                        yield Advanced(known.step, fraction, doing)
                message = self._said.get_nowait()

    def over(self) -> Iterator[Event]:
        """What has ended, of which the next stage then waits before all others."""
        under_way = self._under_way
        for number in [number for number, each in under_way.items() if each.pending.done()]:
            ended = under_way.pop(number)
            yield from _started(ended.plan)
            yield from self._over(ended)

    def _over(self, ended: _UnderWay) -> Iterator[Event]:
        plan, answer = ended.plan, ended.pending.result()
        if isinstance(answer, Lost) and not ended.is_alone:
            self._lost.append((plan, ended.step))  # 4
            return
        outcome, seconds = _read(answer, ended.step)
        plan.seconds += seconds
        if ended.step is plan.task:
            yield Ended(plan.task, outcome, plan.seconds)
            return
        plan.left -= 1  # whatever it ended in: the examination does what was not done, and tells
        yield Advanced(plan.task, 0.0, "preparing other recordings")
        if plan.left == 0:
            self._waiting.extendleft(reversed(_next_of(plan)))

    def give_up(self) -> None:
        """Forget what is under way; as nothing refers to it any more, the cluster gives it up."""
        self._under_way.clear()


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
    sharing = _Sharing(tasks, cluster)
    try:
        while not sharing.is_over and not (stop and stop.is_set()):
            sharing.begin()
            yield from sharing.heard()
            yield from sharing.over()
            cluster.wait_for_workers()
    finally:
        sharing.give_up()


def _stages(task: Task, at_once: int) -> deque[list[Task]]:
    """The groundwork of a task, cut so that each worker has some of it, and the task itself."""
    known = all_examinations().get(task.method)  # a worker tells that there is none
    parts = min(len(task.others), _PARTS * at_once)
    count_of_stages = len(known.groundwork) if known and at_once > 1 and parts > 1 else 0
    laid = [
        [replace(task, groundwork=Groundwork(stage, part, parts)) for part in range(parts)]
        for stage in range(count_of_stages)
    ]
    return deque([*laid, [task]])


def _next_of(plan: _Plan) -> list[tuple[_Plan, Task]]:
    steps = plan.stages.popleft()
    plan.left = len(steps)
    return [(plan, step) for step in steps]


def _started(plan: _Plan) -> Iterator[Event]:
    if not plan.is_started:
        plan.is_started = True
        yield Started(plan.task)


def _order(task: Task, run: str, number: int) -> str:
    order = {
        "run": run,
        "number": number,
        "versions": versions_here(),
        "models": Shelf().sizes(),
        "task": task.to_json(),
    }
    return json.dumps(order)


def _read(answer: bytes | Lost, task: Task) -> tuple[Outcome, float]:
    if isinstance(answer, Lost):  # 4
        message = f"{task.method} of {task.exhibit.name}: {answer.reason}"
        return Failed(error="WorkerDied", message=message), 0.0
    told = json.loads(answer)
    if "unlike" in told:  # 5
        raise EngineUnfit(
            "a worker is not as this machine, so its outcomes would not be the same",
            got=f"{told['unlike']}, on {told['host']}",
            do="let every worker have the same versions and models, and see the case, its archives and "
            "grid records under the same paths",
        )
    outcome = outcome_from_json(told["outcome"])
    if isinstance(outcome, Failed) and outcome.error == ExhibitAltered.__name__ and _is_whole(task):
        raise EngineUnfit(  # 5
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
