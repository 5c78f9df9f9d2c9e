"""Figures for Prometheus: read as Prometheus reads them, right, and of one desk alone."""

from __future__ import annotations

import re
import secrets
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import earwitness
from earwitness import metrics
from earwitness.errors import DeskError
from earwitness.examinations import newest_examinations
from earwitness.working import Worker


def read(address: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What stands at an address, by name and labels."""
    with urllib.request.urlopen(address, timeout=20) as answer:  # on the loopback
        assert answer.headers["content-type"].startswith("text/plain; version=")
        text = answer.read().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def address() -> str:
    """Where this process serves its figures."""
    return metrics.serve("0")


def test_figures_are_for_this_machine_unless_a_host_is_named(address: str) -> None:
    """A port alone is on the loopback."""
    assert address.startswith("http://127.0.0.1:")
    assert metrics.serve("[::1]:0").startswith("http://[::1]:")


@pytest.mark.parametrize("place", ["", "x", "127.0.0.1:", "70000", "-1", "no.such.host.invalid:0"])
def test_a_place_that_is_none_is_refused(place: str) -> None:
    """In one line that says what would be one."""
    with pytest.raises(DeskError, match="PORT or HOST:PORT"):
        metrics.serve(place)


def test_a_port_that_is_taken_is_told(address: str) -> None:
    """Where somebody listens, nothing is served, and the reason is named."""
    with pytest.raises(DeskError, match="in use"):
        metrics.serve(address.rsplit(":", maxsplit=1)[-1].removesuffix("/metrics"))


@pytest.mark.usefixtures("server_store")
def test_what_a_worker_did_is_counted(
    address: str, tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs, examinations, their seconds of sound, and the queue before and after."""
    case = earwitness.new(tmp_path / "a.case", questioned=[tone])
    case.ask(["quality"])
    before = read(address)
    assert before["earwitness_store_up", ()] == 1
    assert before["earwitness_queue_jobs", (("state", "waiting"),)] == 1
    assert before["earwitness_queue_oldest_seconds", ()] > 0
    list(Worker(tmp_path, processes=1).work(until_done=True))
    after = read(address)
    assert after["earwitness_queue_jobs", (("state", "waiting"),)] == 0
    (ended,) = [each.outcome.kind for each in case.outcomes()]

    def more(name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return after[key] - before.get(key, 0.0)

    assert more("earwitness_jobs_total", ended=ended) == 1
    assert more("earwitness_examinations_total", method="quality_v1", ended=ended) == 1
    assert more("earwitness_examination_seconds_count", method="quality_v1") == 1
    assert more("earwitness_examined_sound_seconds_total") == pytest.approx(1.0, abs=0.01)
    monkeypatch.setenv("EARWITNESS_STORE", "postgresql+psycopg://nobody@127.0.0.1:1/x")
    away = read(address)
    assert away["earwitness_store_up", ()] == 0
    assert not any(name == "earwitness_queue_jobs" for name, _ in away)


@pytest.mark.usefixtures("server_store")
def test_another_desks_jobs_are_in_no_figure(
    address: str, tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue's figures are those of the desk that serves them."""
    earwitness.new(tmp_path / "a.case", questioned=[tone]).ask(["container", "quality"])
    assert read(address)["earwitness_queue_jobs", (("state", "waiting"),)] == 2
    monkeypatch.setenv("EARWITNESS_DESK", f"desk-{secrets.token_hex(6)}")
    theirs = read(address)
    for state in ("waiting", "taken", "left_alone"):
        assert theirs["earwitness_queue_jobs", (("state", state),)] == 0
    assert theirs["earwitness_queue_oldest_seconds", ()] == 0


def test_every_figure_is_documented() -> None:
    """The guide says of each what it counts, and of no other."""
    page = (Path(__file__).parents[1] / "docs" / "running.md").read_text("utf-8")
    shown = set(re.findall(r"^\| `(earwitness_\w+)` \|", page, re.MULTILINE))
    counted = {family.name for family in metrics.registry.collect()}
    asked = {"store_up", "queue_jobs", "queue_oldest_seconds", "workers"}
    known = {name for name in counted if name.startswith("earwitness_")}
    assert {name.removesuffix("_total") for name in shown} == known | {
        f"earwitness_{each}" for each in asked
    }


def test_labels_are_closed_lists(address: str, tmp_path: Path, tone: Path) -> None:
    """No name, no case, no path is a label: methods, routes, endings, states and bounds are."""
    methods = set(newest_examinations())
    for name, labels in read(address):
        found = dict(labels)
        found.pop("le", None)
        if name.startswith("earwitness_examination"):
            assert found.pop("method", "quality_v1") in methods
        assert set(found) <= {"method", "route", "status", "ended", "state"}, name
