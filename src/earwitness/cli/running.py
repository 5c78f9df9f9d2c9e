"""What the commands that go on until they are ended tell those who run them: figures, a log."""

from __future__ import annotations

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
