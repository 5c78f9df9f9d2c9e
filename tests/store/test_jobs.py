"""The queue: each job is taken by one worker, taken over when that falls silent, and ended once."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import earwitness
import servers
from earwitness.errors import JobTakenOver, StoreError
from earwitness.examinations import find_examination
from earwitness.outcome import Failed, Finding
from earwitness.store.database import Examined
from earwitness.store.jobs import MOST_TRIES, Queue, Taken
from earwitness.store.server import Server, read_pointer
from earwitness.store.workers import Workers
from earwitness.workbench import Case

pytestmark = pytest.mark.usefixtures("server_store")
METHODS = ["container_v1", "quality_v1", "pauses_v1"]


@pytest.fixture
def queue() -> Queue:
    """The queue of this test's desk."""
    return Queue(Server.here())


def take(queue: Queue, case: Case, *, most: int = 9, lease_s: float = 60.0) -> list[Taken]:
    """Take jobs of a case, as a worker does."""
    return queue.take(
        cases=[read_pointer(case.path)], methods=METHODS, worker="w", most=most, lease_s=lease_s
    )


def reached(case: Case, job: Taken, summary: str) -> Examined:
    """An outcome for a job."""
    (task,) = [t for t in case._tasks([find_examination(job.method)]) if t.key == job.key]
    return Examined(key=job.key, exhibit=job.exhibit, method=job.method, parameters=task.parameters,
                    consulted=task.consulted, outcome=Finding(summary=summary), versions={},
                    examined_at="2031-05-04T12:00:00.000000Z", seconds=1.0)  # fmt: skip


def test_asking_twice_adds_nothing(case: Case, queue: Queue) -> None:
    """While a job has not ended there is one of it, and jobs are given out in the order of asking."""
    assert case.ask(METHODS) == 3
    assert case.ask(METHODS) == 0
    assert [job.method for job in take(queue, case)] == METHODS
    assert case.ask(METHODS) == 0
    assert [each.asked_by for each in queue.listed()] == ["ada@desk"] * 3


def test_what_the_case_knows_is_not_asked_for(case: Case) -> None:
    """Unless that is said."""
    list(case.examine(["container"]))
    assert case.ask(["container", "quality"]) == 1
    assert case.ask(["container", "quality"], again=True) == 1


def test_no_two_workers_take_the_same_job(case: Case, queue: Queue) -> None:
    """Many that take at the same time get each job once."""
    case.ask(METHODS)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take(queue, case, most=1), range(8)))
    assert sorted(job.method for jobs in taken for job in jobs) == sorted(METHODS)
    assert len({job.id for jobs in taken for job in jobs}) == 3


def test_a_silent_worker_is_taken_over_from_and_comes_too_late(case: Case, queue: Queue) -> None:
    """The next worker gets the job; the first one's outcome is not kept, the second's is, once."""
    case.ask(["container"])
    (first,) = take(queue, case, lease_s=0.0)
    (second,) = take(queue, case)
    assert (first.id, first.key) == (second.id, second.key) and first.token != second.token
    with pytest.raises(JobTakenOver):
        case.end_job(first, reached(case, first, "late"))
    assert case.outcomes() == []
    case.end_job(second, reached(case, second, "in time"))
    with pytest.raises(JobTakenOver):
        case.end_job(second, reached(case, second, "again"))
    assert [each.outcome for each in case.outcomes()] == [Finding(summary="in time")]
    assert [entry.act for entry in case.custody] == ["new", "add", "examine"]
    assert queue.listed() == []
    assert case.verify().is_whole


def test_a_worker_that_says_it_lives_keeps_its_job(case: Case, queue: Queue) -> None:
    """Held in time, a job is nobody else's."""
    case.ask(["container"])
    (job,) = take(queue, case, lease_s=0.0)
    queue.hold(job.token, 60.0)
    assert take(queue, case) == []
    assert queue.open([job.case_id]) == 1


def test_what_is_given_back_is_free(case: Case, queue: Queue) -> None:
    """At once if a worker was ended; after a while if there was trouble, which is then shown."""
    case.ask(["container"])
    for _ in range(2 * MOST_TRIES):
        (job,) = take(queue, case)
        queue.give_back(job.token)
    (job,) = take(queue, case)
    queue.give_back(job.token, trouble="case.toml is broken", wait_s=60.0)
    assert take(queue, case) == []
    assert queue.listed()[0].trouble == "case.toml is broken"


def test_a_job_that_never_ends_is_left_alone_until_it_is_asked_for_again(
    case: Case, queue: Queue
) -> None:
    """After five tries it is shown as stuck, and no worker waits for it."""
    case.ask(["container"])
    for _ in range(MOST_TRIES):
        (job,) = take(queue, case, lease_s=0.0)
    assert take(queue, case) == []
    (listed,) = earwitness.workbench.jobs()
    assert listed.is_stuck and listed.tries == MOST_TRIES and "without a word" in listed.trouble
    assert queue.open([job.case_id]) == 0
    assert case.ask(["container"]) == 1
    assert len(take(queue, case)) == 1


def test_another_desk_sees_no_jobs(
    case: Case, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can neither list, take, hold nor end them, though it knows id and token."""
    case.ask(METHODS)
    (job, *_) = take(queue, case, most=1)
    monkeypatch.setenv("EARWITNESS_DESK", f"desk-{secrets.token_hex(6)}")
    theirs = Queue(Server.here())
    assert theirs.listed() == []
    assert take(theirs, case) == []
    assert theirs.open([job.case_id]) == 0
    theirs.give_back(job.token)
    theirs.drop(job)
    assert len(queue.listed()) == 3
    assert len(take(queue, case)) == 2


def test_jobs_of_a_case_that_moved_away_are_gone(case: Case, queue: Queue) -> None:
    """Nobody could carry them out."""
    case.ask(METHODS)
    case.move("folder")
    assert queue.listed() == []
    with pytest.raises(StoreError, match="in its folder"):
        case.ask(METHODS)


def test_jobs_of_a_desk_are_kept_by_the_server(
    case: Case, cluster: servers.Cluster, queue: Queue
) -> None:
    """Row-level security is on for the table of jobs, also for its owner."""
    case.ask(["container"])
    seen = cluster.sql("SELECT count(*) FROM jobs", role=servers.OWNER)
    assert seen == "0" and len(queue.listed()) == 1


def test_what_has_ended_is_shown_until_something_is_asked_for_anew(
    case: Case, queue: Queue
) -> None:
    """With how it ended, and why it failed; not among what is open, and not for ever."""
    case.ask(METHODS[:2])
    first, second = take(queue, case)
    case.end_job(first, reached(case, first, "done"))
    failed = replace(reached(case, second, ""), outcome=Failed(error="Odd", message="it\x00broke"))
    assert [(each.method, each.ended_in) for each in case.jobs()] == [
        ("container_v1", "finding"), ("quality_v1", ""),
    ]  # fmt: skip
    case.ask(METHODS[2:])
    case.end_job(second, failed)
    assert [each.ended_in for each in case.jobs()] == ["finding", "failed", ""]
    assert case.jobs()[1].trouble.startswith("Odd: it") and "\x00" not in case.jobs()[1].trouble
    assert [each.method for each in queue.listed()] == ["pauses_v1"]
    assert case.cancel() == 1
    assert case.ask(METHODS) == 2  # what failed, and what was cancelled
    assert [(each.method, each.ended_in) for each in case.jobs()] == [
        ("container_v1", "finding"), ("quality_v1", ""), ("pauses_v1", ""),
    ]  # fmt: skip


def test_a_cancelled_job_is_held_no_more_and_keeps_nothing(case: Case, queue: Queue) -> None:
    """Its worker learns of it when it says that it lives; what it reached is refused."""
    case.ask(["container"])
    (job,) = take(queue, case)
    assert queue.hold(job.token, 60.0, {job.id: (0.5, "decoding")}) == 1
    assert (case.jobs()[0].fraction, case.jobs()[0].doing) == (0.5, "decoding")
    assert case.cancel() == 1 and case.cancel() == 0
    assert queue.hold(job.token, 60.0, {job.id: (0.7, "")}) == 0
    with pytest.raises(JobTakenOver, match="or cancelled"):
        case.end_job(job, reached(case, job, "late"))
    queue.give_back(job.token)
    assert [each.ended_in for each in case.jobs()] == ["cancelled"]
    assert case.outcomes() == []
    assert take(queue, case) == [] and queue.open([job.case_id]) == 0


def test_a_job_whose_worker_was_not_heard_of_is_told_apart(case: Case, queue: Queue) -> None:
    """Held, but by nobody who is there; then by somebody who is."""
    case.ask(["container"])
    take(queue, case)
    assert (case.jobs()[0].worker, case.jobs()[0].silent) == ("w", "w")
    Workers(Server.here()).there("w", [])
    assert (case.jobs()[0].worker, case.jobs()[0].silent) == ("w", "")


def test_how_deep_a_queue_is(case: Case, queue: Queue) -> None:
    """What waits, what is taken, what is left alone, and since when."""
    case.ask(METHODS)
    for _ in range(MOST_TRIES):
        take(queue, case, most=1, lease_s=0.0)
    take(queue, case, most=1)
    depth = queue.depth()
    assert (depth.waiting, depth.taken, depth.left_alone, depth.workers) == (1, 1, 1, 0)
    assert 0 < depth.oldest_s < 60
    case.cancel()
    assert queue.depth().oldest_s == 0
