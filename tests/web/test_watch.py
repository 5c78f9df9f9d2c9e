"""What those who run a desk are told of its requests: by pattern, never by name."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from desks import Browser
from fastapi.testclient import TestClient

import earwitness
from earwitness import logs, metrics
from earwitness.web.app import make_app
from earwitness.web.desk import Desk
from earwitness.web.guard import Door

SECRET = "Berta Anders"


def counted(**labels: str) -> float:
    """How many such requests were answered so far."""
    return metrics.registry.get_sample_value("earwitness_requests_total", labels) or 0.0


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A folder with a case that is named after a person."""
    earwitness.new(tmp_path / f"{SECRET}.case", title=SECRET, who=SECRET)
    return tmp_path


def test_requests_are_counted_by_pattern_and_status(browser: Browser) -> None:
    """Answers, those of the guard and those to addresses that there are not, each under its own."""
    page = {"method": "GET", "route": "/cases/{name}", "status": "200"}
    none = {"method": "GET", "route": "none", "status": "404"}
    refused = {"method": "POST", "route": "none", "status": "403"}
    before = [counted(**labels) for labels in (page, none, refused)]
    browser.get("/cases/examined.case")
    browser.get("/nowhere/at/all")
    browser.client.post("/cases", data={"title": "x"})
    assert [counted(**labels) for labels in (page, none, refused)] == [each + 1 for each in before]


@pytest.mark.parametrize("method", ["PUT", "BREW", "X" * 50])
def test_strange_methods_make_no_rows_of_their_own(browser: Browser, method: str) -> None:
    """Whoever sends anything cannot fill the figures."""
    before = counted(method="other", route="none", status="405")
    browser.client.request(method, "/cases/examined.case")
    assert counted(method="other", route="none", status="405") == before + 1


def test_a_line_names_no_case_and_no_person(named: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the request's id, the pattern, the status, how long it took, and an id for the case."""
    root, ours = logging.getLogger(), logging.getLogger("earwitness")
    handlers, levels, out = list(root.handlers), (root.level, ours.level), io.StringIO()
    monkeypatch.setenv("EARWITNESS_LOG", "json")
    logs.begin(out, desk="north")
    app = make_app(Desk(named, who=SECRET), Door(who=SECRET))
    try:
        with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
            answers = [
                client.get(f"/cases/{SECRET}.case", headers={"x-request-id": "proxy-0001"}),
                client.get(
                    f"/cases/{SECRET}.case/custody", headers={"x-request-id": "no\tsuch id"}
                ),
                client.get(f"/cases/{SECRET} elsewhere?q={SECRET}"),
            ]
    finally:
        root.handlers[:], (root.level, ours.level) = handlers, levels
    found: list[dict[str, Any]] = [json.loads(line) for line in out.getvalue().splitlines()]
    first, second, third = (each for each in found if each["what"] == "request")
    assert SECRET.split(maxsplit=1)[0] not in out.getvalue()
    assert answers[0].headers["x-request-id"] == first["request"] == "proxy-0001"
    assert len(second["request"]) == 16 and second["request"] == answers[1].headers["x-request-id"]
    assert (first["route"], first["status"], first["method"]) == ("/cases/{name}", 200, "GET")
    assert first["desk"] == "north" and first["ms"] > 0
    assert first["case"] == second["case"] != third["case"]
    assert third["status"] == 404
