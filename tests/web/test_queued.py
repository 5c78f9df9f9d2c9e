"""Examinations of cases on a server: put into the queue by any desk, shown at every desk."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from desks import Browser, served, worker_of
from fastapi.testclient import TestClient
from screens import shoot, violations, watched

import earwitness
import servers
import sounds
from earwitness.store.jobs import MOST_TRIES, Queue
from earwitness.store.server import Server, read_pointer
from earwitness.web.app import make_app
from earwitness.web.desk import Desk
from earwitness.web.guard import Door
from earwitness.web.running import Queued
from earwitness.workbench import Case

pytestmark = pytest.mark.usefixtures("server_store")
CASE = "/cases/a.case"
QUICK = ["container", "quality"]
IDLE = "Nothing works at the queue"


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording that takes a while to examine."""
    path = tmp_path_factory.mktemp("tape") / "tape.wav"
    return sounds.write_wav(path, sounds.noise(900.0, seed=3))


@pytest.fixture
def place(tmp_path: Path, tape: Path) -> Path:
    """A folder with one case, on the server, of that recording."""
    place = tmp_path / "cases"
    place.mkdir()
    earwitness.new(place / "a.case", questioned=[tape])
    return place


@contextmanager
def at_a_desk(place: Path) -> Iterator[Browser]:
    """A browser at a desk of its own."""
    app = make_app(Desk(place, who="ada@desk"), Door(who="ada@desk"))
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        yield Browser(client)


@contextmanager
def worker_process(place: Path, lease_s: float = 2.0) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, killed at the end."""
    words = ["store", "work", str(place), "--processes", "1", "--lease", str(lease_s)]
    process = subprocess.Popen(
        [sys.executable, "-m", "earwitness.cli", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def shown(browser: Browser) -> str:
    """The case's page, without the words that its scripts are given."""
    return str(browser.get(CASE).text).partition('id="words"')[0]


def opened(place: Path) -> Case:
    """The case, as somebody else opens it."""
    return earwitness.open(place / "a.case")


def states(place: Path) -> list[str]:
    """In which state each task is, in the order of asking."""
    return [task["state"] for task in Queued(opened(place)).state()["tasks"]]


def wait_for(place: Path, *wanted: str, limit_s: float = 90.0) -> None:
    """Wait until the tasks are in these states."""
    deadline = time.monotonic() + limit_s
    while states(place) != list(wanted):
        assert time.monotonic() < deadline, Queued(opened(place)).state()
        time.sleep(0.1)


def test_what_one_desk_asks_for_another_shows_and_stops(place: Path) -> None:
    """The queue is the store's, not the desk's; ending a desk ends nothing."""
    with at_a_desk(place) as one, at_a_desk(place) as other:
        assert shown(other).count("waiting for a worker") == 0
        one.post(f"{CASE}/examine", {"only": QUICK})
        assert shown(other).count("waiting for a worker") == 2
    assert states(place) == ["waiting", "waiting"]
    with at_a_desk(place) as third:
        assert third.post(f"{CASE}/stop").status_code == 303
        text = shown(third)
    assert "Stopped. What had ended is kept." in text
    assert states(place) == ["stopped", "stopped"]
    assert Queue(Server.here()).listed() == []


def test_a_queue_at_which_nobody_works_says_so(place: Path) -> None:
    """The page does not look as if it went on; it says so no longer when a worker is there."""
    with at_a_desk(place) as browser:
        browser.post(f"{CASE}/examine", {"only": QUICK[:1]})
        assert f'role="alert">{IDLE}' in shown(browser)
        with worker_of(place):
            wait_for(place, "ended")
            assert opened(place).workers() == 1
        assert opened(place).workers() == 0
        assert f"hidden>{IDLE}" in shown(browser)
        assert "waiting for a worker" not in shown(browser)


def test_a_worker_that_does_not_see_the_case_is_none(place: Path, tmp_path: Path) -> None:
    """Workers on other folders do nothing for this case, and the page does not count them."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    opened(place).ask(QUICK[:1])
    with worker_of(elsewhere):
        deadline = time.monotonic() + 20
        while not Queue(Server.here()).depth().workers:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        state = Queued(opened(place)).state()
    assert state["is_idle"] and not state["is_over"]


def test_what_is_known_is_shown_as_ended(place: Path) -> None:
    """Asking for it again computes nothing, and does not look as if it went on."""
    with worker_of(place), at_a_desk(place) as browser:
        for _ in range(2):
            browser.post(f"{CASE}/examine", {"only": QUICK[:1]})
            wait_for(place, "ended")
    assert [each.act for each in opened(place).custody].count("examine") == 1


@pytest.mark.slow
def test_a_worker_that_is_killed_is_told_of_and_taken_over_from(place: Path) -> None:
    """The page says that it fell silent; another worker ends the job, once."""
    with at_a_desk(place) as browser:
        browser.post(f"{CASE}/examine", {"only": "quality"})
        with worker_process(place):
            wait_for(place, "going")
            (task,) = Queued(opened(place)).state()["tasks"]
            assert task["worker"]
        wait_for(place, "silent")
        text = shown(browser)
        assert "fell silent; another worker takes over" in text
        with worker_process(place):
            wait_for(place, "ended")
    assert [each.act for each in opened(place).custody].count("examine") == 1
    assert opened(place).verify().is_whole


@pytest.mark.slow
def test_a_cancelled_job_is_stopped_at_its_worker(place: Path) -> None:
    """The worker gives up within moments, keeps nothing of it, and goes on with what is asked next."""
    case = opened(place)
    case.ask(["quality"])
    with worker_process(place) as process:
        wait_for(place, "going")
        deadline = time.monotonic() + 30
        while not _examining(process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert case.cancel() == 1
        deadline = time.monotonic() + 10
        while _examining(process.pid):
            assert time.monotonic() < deadline, "it is examined all the same"
            time.sleep(0.05)
        assert case.outcomes() == []
        case.ask(["container"])
        wait_for(place, "ended")
    assert [each.method for each in case.outcomes()] == ["container_v1"]


def _examining(process: int) -> bool:
    """Whether a worker has a process that examines."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return any((task / "children").read_text().split() for task in tasks)


def test_a_job_that_is_left_alone_says_why(place: Path) -> None:
    """It is over, so that somebody can ask again, and it does not look like an ending."""
    opened(place).ask(["container"])
    queue, identity = Queue(Server.here()), read_pointer(place / "a.case")
    for _ in range(MOST_TRIES):
        (job,) = queue.take(
            cases=[identity], methods=["container_v1"], worker="w", most=1, lease_s=60
        )
        queue.give_back(job.token, trouble="the disk is full", wait_s=0.0)
    with at_a_desk(place) as browser:
        text = shown(browser)
        assert "left alone: several workers took it" in text and "the disk is full" in text
        assert 'data-going="no"' in text
        browser.post(f"{CASE}/examine", {"only": "container"})
    assert states(place) == ["waiting"]


def test_another_tenant_sees_nothing_of_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither jobs nor workers of one desk are seen at a desk of another tenant of the store."""
    opened(place).ask(QUICK)
    with worker_of(place):
        wait_for(place, "ended", "ended")
        with monkeypatch.context() as patch:
            patch.setenv("EARWITNESS_DESK", f"desk-{secrets.token_hex(6)}")
            theirs = Queue(Server.here())
        assert theirs.of_case(read_pointer(place / "a.case")) == []
        assert theirs.cancel(read_pointer(place / "a.case")) == 0
        depth = theirs.depth()
        assert (depth.waiting, depth.taken, depth.workers) == (0, 0, 0)


def test_a_store_that_is_away_is_told_on_the_page(
    tmp_path: Path, own_store: servers.Cluster, tone: Path
) -> None:
    """Who watches keeps what was known, and is told that the database does not answer."""
    case = earwitness.new(tmp_path / "a.case", questioned=[tone])
    case.ask(QUICK)
    running = Queued(case)
    assert len(running.state()["tasks"]) == 2
    own_store.kill()
    state = running.state()
    assert len(state["tasks"]) == 2 and not state["is_over"]
    assert "database server" in state["trouble"]
    own_store.start()
    assert running.state()["trouble"] == ""


@pytest.mark.slow
def test_events_tell_how_far_it_is(place: Path) -> None:
    """Who watches sees fractions between nothing and all, and the last event says that it is over."""
    with at_a_desk(place) as browser, worker_process(place):
        browser.post(f"{CASE}/examine", {"only": "quality"})
        with browser.client.stream("GET", f"{CASE}/watch") as answer:
            lines = [line for line in answer.iter_lines() if line.startswith("data: {")]
    told = [json.loads(line.removeprefix("data: ")) for line in lines][:-1]
    assert told[-1]["is_over"]
    fractions = [task["fraction"] for state in told for task in state["tasks"]]
    assert fractions[-1] == 1.0 and any(0 < fraction < 1 for fraction in fractions)


@pytest.mark.slow
def test_in_a_browser(chromium: Any, place: Path) -> None:
    """Asked for, waiting, at a worker, the worker killed, another one's outcomes, all on one page."""
    with served(place) as address, watched(chromium) as page:
        page.goto(f"{address}{CASE}")
        page.click("summary:has-text('Choose')")
        for name in ("container_v1", "quality_v1"):
            page.check(f"[value={name}]")
        page.click("#examining button:has-text('Examine')")
        page.wait_for_selector(f".idle:visible >> text={IDLE}")
        shoot(page, "queue_idle")
        assert not violations(page)
        with worker_process(place) as first:
            page.wait_for_selector(".idle", state="hidden", timeout=60_000)
            page.wait_for_selector("#q-what ~ ul .tag.finding", timeout=60_000)  # without a reload
            page.wait_for_selector(".tasks li >> text= at ", timeout=60_000)
            shoot(page, "queue_going")
            first.send_signal(signal.SIGKILL)
            page.wait_for_selector(".tasks li >> text=fell silent", timeout=60_000)
            shoot(page, "queue_silent")
            assert not violations(page)
        with worker_process(place):
            page.wait_for_selector("#examining[data-going=no]", timeout=90_000)
        assert page.locator(".tasks .tag.finding").count() == 2
        page.click("#examining button:has-text('Examine')")
        page.wait_for_selector(".tasks li >> text=waiting for a worker")
        page.click("#examining button:has-text('Stop')")
        page.wait_for_selector("text=Stopped. What had ended is kept.")
    assert opened(place).verify().is_whole
