"""Figures about a process at work, in Prometheus's text form, on a port of their own.

1. They are served only where that is asked for, to this machine alone unless another host is named.
2. Labels are routes, methods of examinations and kinds of endings: closed lists, no names, no cases.
3. What is counted is counted since this process began. What the queue holds is asked of the store when
   somebody looks, and is what its desk sees: another desk's jobs are in no figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from earwitness.engine.pool import Ended, Event
from earwitness.errors import DeskError, StoreError
from earwitness.signal.recording import Recording
from earwitness.store.jobs import Queue
from earwitness.store.server import Server, address

PLACE = "127.0.0.1"
_ANSWER_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_EXAMINE_S = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)

# When each began to be counted: rows that nobody reads.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
registry = CollectorRegistry()
requests = Counter(
    "earwitness_requests",
    "Requests that were answered.",
    ("method", "route", "status"),
    registry=registry,
)
request_seconds = Histogram(
    "earwitness_request_seconds", "Seconds until an answer began.", ("route",),
    buckets=_ANSWER_S, registry=registry,
)  # fmt: skip
jobs = Counter(
    "earwitness_jobs",
    "Jobs of the queue that this worker was done with.",
    ("ended",),
    registry=registry,
)
taken_over = Counter(
    "earwitness_jobs_taken_over", "Jobs taken from a worker that fell silent.", registry=registry
)
examinations = Counter(
    "earwitness_examinations", "Examinations carried out.", ("method", "ended"), registry=registry
)
examination_seconds = Histogram(
    "earwitness_examination_seconds", "Seconds that an examination took.", ("method",),
    buckets=_EXAMINE_S, registry=registry,
)  # fmt: skip
examined_sound = Counter(
    "earwitness_examined_sound_seconds", "Seconds of sound that were examined.", registry=registry
)


def count_examination(event: Event) -> None:
    """Count an examination, if it has ended."""
    if not isinstance(event, Ended):
        return
    method, task = event.task.method, event.task
    examinations.labels(method, event.outcome.kind).inc()
    examination_seconds.labels(method).observe(event.seconds)
    examined_sound.inc(Recording(task.exhibit, Path(task.cache)).decoded_s)


class QueueFigures(Collector):
    """What the desk's queue holds at the moment at which somebody asks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask the store; where it is away, say that and nothing else."""
        up = GaugeMetricFamily("earwitness_store_up", "Whether the store answered.")
        try:
            if not address():
                return
            depth = Queue(Server.here()).depth()
        except StoreError:
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        held = GaugeMetricFamily(
            "earwitness_queue_jobs", "Jobs that have not ended.", labels=("state",)
        )
        held.add_metric(("waiting",), depth.waiting)
        held.add_metric(("taken",), depth.taken)
        held.add_metric(("left_alone",), depth.left_alone)
        yield held
        yield GaugeMetricFamily(
            "earwitness_queue_oldest_seconds", "How long ago the oldest open job was asked for.",
            value=depth.oldest_s,
        )  # fmt: skip
        yield GaugeMetricFamily(
            "earwitness_workers", "Workers that were heard of of late.", value=depth.workers
        )


registry.register(QueueFigures())
prometheus_client.ProcessCollector(registry=registry)


def serve(place: str) -> str:
    """Serve the figures; give their address.

    Parameters
    ----------
    place : str
        A port, or HOST:PORT; port 0 takes one that is free.

    Raises
    ------
    DeskError
        If that is no place, or somebody listens there.
    """
    host, _, port = place.rpartition(":")
    host = host.strip("[]") or PLACE
    try:
        server, _ = prometheus_client.start_http_server(int(port), host, registry)
    except (OSError, ValueError, OverflowError) as error:
        raise DeskError(
            "figures cannot be served there", got=f"{place} ({error})", expected="PORT or HOST:PORT",
            do="choose another port with --metrics; 0 takes any that is free",
        ) from error  # fmt: skip
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{server.server_port}/metrics"
