"""A Dask scheduler and workers, as processes of their own on the loopback, which can be killed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Scheduler:
    """A running scheduler, and its workers."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.workers = folder, list[subprocess.Popen[bytes]]()
        self._environment = {**os.environ, **_ENVIRONMENT, **environment}
        self._log = folder / f"scheduler-{time.monotonic_ns()}.log"
        protocol = ("--protocol", "tls") if environment else ()
        self.process = self._start("dask_scheduler", "--port", "0", *protocol, log=self._log)
        self.address = self._address()

    def _start(self, what: str, *words: str, log: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{what}", "--host", "127.0.0.1",
                   "--dashboard-address", "127.0.0.1:0", *words]  # fmt: skip
        with log.open("wb") as stream:
            return subprocess.Popen(
                command,
                stdout=stream,
                stderr=stream,
                cwd=self.folder,
                env=self._environment,
                start_new_session=True,
            )

    def _address(self) -> str:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := re.search(r"Scheduler at:\s+(\S+)", self._log.read_text()):
                return found[1]
            time.sleep(0.05)
        raise AssertionError(f"no scheduler: {self._log.read_text()}")

    def add(self, count: int, *, threads: int = 1) -> None:
        """Start workers, without a nanny that would start it again."""
        for _ in range(count):
            number = len(self.workers)
            log = self.folder / f"worker-{number}.log"
            words = (self.address, "--no-nanny", "--nthreads", str(threads),
                     "--name", f"worker-{number}")  # fmt: skip
            self.workers.append(self._start("dask_worker", *words, log=log))

    def kill(self) -> None:
        """End the scheduler by SIGKILL."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """End all of them."""
        for process in (*self.workers, self.process):
            process.kill()
        for process in (*self.workers, self.process):
            process.wait()


@contextmanager
def running(
    folder: Path, workers: int, *, keys: Mapping[str, str] | None = None
) -> Iterator[Scheduler]:
    """A scheduler with so many workers, for a while; with TLS, if settings of Dask name its keys."""
    scheduler = Scheduler(folder, keys or {})
    try:
        scheduler.add(workers)
        yield scheduler
    finally:
        scheduler.end()


@contextmanager
def shared_worker(folder: Path) -> Iterator[str]:
    """The address of a cluster of one worker with two threads; another comes whenever it was killed."""
    over = threading.Event()
    with running(folder, 0) as scheduler:

        def replace() -> None:
            while not over.wait(0.05):
                if all(worker.poll() is not None for worker in scheduler.workers):
                    scheduler.add(1, threads=2)

        replacing = threading.Thread(target=replace)
        replacing.start()
        try:
            yield scheduler.address
        finally:
            over.set()
            replacing.join()
