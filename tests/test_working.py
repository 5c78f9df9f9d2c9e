"""Workers as processes of their own: killed, cut off and ended, they lose nothing and double nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

import earwitness
import servers
from earwitness.cli.main import earwitness as command
from earwitness.store.jobs import Queue
from earwitness.store.server import Server
from earwitness.workbench import Case
from earwitness.working import Worker

METHODS = ["container", "quality", "pauses"]
WORK = [sys.executable, "-c", "from earwitness.cli import main; main()", "store", "work"]


@contextmanager
def worker(case: Case, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, killed at the end."""
    process = subprocess.Popen(
        [*WORK, str(case.path.parent), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until_taken(limit_s: float = 60.0) -> None:
    """Wait until some worker holds a job."""
    queue, deadline = Queue(Server.here()), time.monotonic() + limit_s
    while not any(each.worker for each in queue.listed()):
        assert time.monotonic() < deadline, "no worker took a job"
        time.sleep(0.02)


def require_each_once(case: Case, methods: list[str]) -> None:
    """Insist that each examination has one outcome, logged once, and that the case is whole."""
    with case._folder.database.read() as transaction:
        keys = [each.key for each in transaction.outcomes()]
    assert len(keys) == len(set(keys)) == len(methods)
    assert [entry.act for entry in case.custody].count("examine") == len(methods)
    assert Queue(Server.here()).listed() == []
    found = earwitness.open(case.path).verify()
    assert found.problems == []


@pytest.mark.usefixtures("server_store")
def test_commands(case: Case) -> None:
    """Asking, listing and working from the command line end in the outcomes that examining gives."""
    run = CliRunner().invoke
    folder = str(case.path)
    asked = run(
        command, ["--as", "eve@desk", "store", "ask", folder, "--only", "container,quality"]
    )
    assert asked.output == "2 examinations were asked for\n"
    assert "eve@desk" in run(command, ["store", "jobs"]).output
    worked = run(command, ["store", "work", str(case.path.parent), "--until-done"])
    assert worked.exit_code == 0, worked.output
    assert "container_v1" in worked.output and "finding" in worked.output
    assert "eve@desk" not in run(command, ["store", "jobs"]).output
    assert [entry.who for entry in case.custody[2:]] == ["eve@desk"] * 2
    require_each_once(case, ["container", "quality"])


@pytest.mark.usefixtures("server_store")
def test_a_case_that_changed_is_asked_no_more(case: Case) -> None:
    """A job whose exhibit was withdrawn meanwhile ends without an outcome."""
    case.ask(["container"])
    case.withdraw("tone.wav")
    (worked,) = Worker(case.path, processes=1).work(until_done=True)
    assert worked.examined is None and "something else" in worked.trouble
    assert Queue(Server.here()).listed() == []


@pytest.mark.usefixtures("server_store")
def test_a_case_that_cannot_be_opened_does_not_hold_the_others_up(
    case: Case, tmp_path: Path, tone: Path
) -> None:
    """Its jobs are given back with the reason; those of the next case are carried out."""
    other = earwitness.new(tmp_path / "b.case", questioned=[tone], who="ada@desk")
    case.ask(["container"])
    other.ask(["container"])
    (case.path / "case.toml").write_text("title = ")
    working = Worker(tmp_path, processes=1)
    worked = []
    for each in working.work(until_done=True):
        worked.append(each)
        if len(worked) == 2:
            working.end()
    assert "case.toml" in worked[0].trouble
    assert worked[1].examined is not None
    (listed,) = Queue(Server.here()).listed()
    assert "case.toml" in listed.trouble


@pytest.mark.usefixtures("server_store")
def test_a_worker_that_is_asked_to_end_gives_its_jobs_back(case: Case) -> None:
    """They are free at once, and it was no try."""
    case.ask(METHODS)
    with worker(case) as process:
        wait_until_taken()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert all(not each.worker and each.tries == 0 for each in Queue(Server.here()).listed())
    with worker(case, "--until-done") as process:
        assert process.wait(120) == 0
    require_each_once(case, METHODS)


@pytest.mark.usefixtures("server_store")
def test_a_killed_workers_jobs_are_taken_over(case: Case) -> None:
    """Another worker waits until the first has been silent for long enough, and does them."""
    case.ask(METHODS)
    with worker(case, "--lease", "1.5"):
        wait_until_taken()
    with worker(case, "--until-done", "--lease", "5") as second:
        assert second.wait(120) == 0
    require_each_once(case, METHODS)


@pytest.mark.usefixtures("server_store")
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_workers_killed_at_random_moments(case: Case, seed: int) -> None:
    """Two at work, one killed and started again and again: each examination ends once."""
    chance = random.Random(seed)
    case.ask(METHODS)
    with worker(case, "--until-done", "--lease", "2") as steady:
        for _ in range(2):
            with worker(case, "--lease", "2"):
                time.sleep(chance.uniform(0.5, 4.0))
        assert steady.wait(180) == 0
    require_each_once(case, METHODS)


@pytest.mark.slow
def test_a_killed_database_loses_no_job(
    tmp_path: Path, tone: Path, own_store: servers.Cluster
) -> None:
    """The worker waits for the server to come back, and ends what it had reached meanwhile."""
    case = earwitness.new(tmp_path / "a.case", questioned=[tone])
    case.ask(METHODS)
    with worker(case, "--until-done", "--lease", "5") as process:
        wait_until_taken()
        own_store.kill()
        time.sleep(2.0)
        own_store.start()
        assert process.wait(180) == 0
    require_each_once(case, METHODS)


@pytest.mark.usefixtures("server_store")
def test_two_servers_that_examine_one_case_keep_each_outcome_once(case: Case) -> None:
    """Also where nobody asks the queue: whoever is first is kept, the other is given that one."""
    others = [earwitness.open(case.path, who=f"desk {number}") for number in range(2)]
    kept: list[list[str]] = [[], []]

    def examine(number: int) -> None:
        for each in others[number].examine(["container", "quality"]):
            kept[number].append(each.stored_sha256)

    threads = [threading.Thread(target=examine, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept[0]) == sorted(kept[1])
    require_each_once(case, ["container", "quality"])


@pytest.mark.usefixtures("server_store")
def test_no_examining_process_outlives_its_worker(case: Case) -> None:
    """When a worker is killed, what it had started ends by itself."""
    case.ask(METHODS)
    with worker(case) as process:
        wait_until_taken()
        deadline, children = time.monotonic() + 20, []
        while not children and time.monotonic() < deadline:
            listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            tasks = Path(f"/proc/{process.pid}/task").iterdir()
            children = [
                int(child) for task in tasks for child in (task / "children").read_text().split()
            ] or [int(child) for child in listed.split()]
            time.sleep(0.05)
    assert children
    deadline = time.monotonic() + 20
    while any(_runs(child) for child in children):
        assert time.monotonic() < deadline, "an examining process lives on"
        time.sleep(0.1)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().split(")")[1].split()[0]
