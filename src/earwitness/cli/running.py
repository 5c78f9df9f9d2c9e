"""What the commands that go on until they are ended have in common: figures, a log, how they end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import click

from earwitness import logs, metrics
from earwitness.cli.show import Screen
from earwitness.store.server import desk_here

METRICS = click.option(
    "--metrics", "metrics_at", default="", metavar="[HOST:]PORT",
    help="Serve figures for Prometheus there; to this machine alone unless a host is named.",
)  # fmt: skip


def tell(screen: Screen, metrics_at: str) -> None:
    """Begin with what was asked for.

    Raises
    ------
    EarwitnessError
    """
    logs.begin(desk=desk_here())
    if metrics_at:
        screen.say(f"figures: {metrics.serve(metrics_at)}")


@contextmanager
def ended_by_signal(end: Callable[[], None]) -> Iterator[None]:
    """Call this when the process is asked to end while the block goes on.

    Parameters
    ----------
    end : callable
        Is called in a thread of its own.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def wait() -> None:
        with os.fdopen(reading, "rb", buffering=0) as asked:
            if asked.read(1):
                end()

    # What a signal interrupts may hold any lock, also those without which no thread can begin. So the
    # thread is there before, and the handler takes no lock.
    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()

    def ask(*_: object) -> None:
        with suppress(BlockingIOError):  # it was asked often enough
            os.write(writing, b"\0")

    before = signal.signal(signal.SIGTERM, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        os.close(writing)
        waiting.join()
