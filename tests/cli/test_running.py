"""The commands that go on until they are ended: their figures and their log, as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import earwitness

COMMAND = [sys.executable, "-m", "earwitness.cli"]


@contextmanager
def running(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command that serves figures; gives their address."""
    process = subprocess.Popen(
        [*COMMAND, *words, "--metrics", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "EARWITNESS_LOG": "json"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("figures: http://127.0.0.1:")
        yield process, said.split()[1]
    finally:
        process.terminate()
        process.communicate(timeout=60)


def fetch(address: str) -> str:
    """What stands at an address of this machine."""
    with urllib.request.urlopen(address, timeout=20) as answer:
        return str(answer.read().decode())


def test_a_desk_serves_figures_beside_its_pages(tmp_path: Path) -> None:
    """On another port than its pages, which have no such page; each request is a line of the log."""
    with running("serve", str(tmp_path), "--port", "0") as (process, figures):
        assert process.stdout is not None and process.stderr is not None
        desk = process.stdout.readline().split()[-1]
        fetch(desk)
        # An answer is counted after it was sent, and then logged.
        line = json.loads(process.stderr.readline())
        assert (line["what"], line["route"], line["status"]) == ("request", "/", 200)
        assert 'earwitness_requests_total{method="GET",route="/",status="200"} 1.0' in fetch(
            figures
        )
        with pytest.raises(urllib.error.HTTPError, match="404"):
            fetch(f"{desk}metrics")


@pytest.mark.usefixtures("server_store")
def test_a_worker_serves_figures_and_logs_its_jobs(tmp_path: Path, tone: Path) -> None:
    """From its beginning to its end, by the ids of case and job."""
    case = earwitness.new(tmp_path / "a.case", questioned=[tone])
    case.ask(["container"])
    with running("--quiet", "store", "work", str(tmp_path)) as (process, figures):
        assert process.stderr is not None
        lines = [json.loads(process.stderr.readline()) for _ in range(3)]
        assert [line["what"] for line in lines] == ["worker began", "job taken", "job done"]
        assert lines[2]["ended"] == "finding" and lines[2]["desk"] == os.environ["EARWITNESS_DESK"]
        assert 'earwitness_jobs_total{ended="finding"} 1.0' in fetch(figures)
        process.terminate()
        assert json.loads(process.stderr.readline())["what"] == "worker ended"


@pytest.mark.usefixtures("server_store")
def test_a_worker_that_is_asked_to_end_again_and_again_ends(tmp_path: Path) -> None:
    """Asked on its way out, too: nothing that a signal interrupts there may make it wait for ever."""
    with running("--quiet", "store", "work", str(tmp_path)) as (process, _):
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["what"] == "worker began"
        deadline = time.monotonic() + 60
        while process.poll() is None:
            assert time.monotonic() < deadline, "the worker goes on"
            process.terminate()
            time.sleep(0.002)
        assert process.returncode in (0, -signal.SIGTERM)  # the latter once all was done
