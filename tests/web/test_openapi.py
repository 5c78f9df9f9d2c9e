"""Whatever is sent to a page or an act, the desk answers: it never breaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from desks import Browser
from fastapi.testclient import TestClient
from hostile import hostile_case
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from earwitness.web.app import make_app
from earwitness.web.desk import Desk
from earwitness.web.guard import Door

DESCRIBED = make_app(Desk(Path(__file__).parent), Door()).openapi()
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in sorted(DESCRIBED["paths"].items())
    for method, operation in methods.items()
    # withdrawing would take away what the others are tried on
    if not path.endswith(("/watch", "/withdraw", "/examine"))
]
STRANGE = st.one_of(
    st.text(max_size=30),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(
        [
            "",
            "0",
            "-1",
            "nan",
            "inf",
            "1e308",
            "../..",
            "\x00",
            "\ud800",
            "%s",
            "<script>",
            "0" * 64,
        ]
    ),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, dict[str, str]]]:
    """A desk with a hostile case, and the names of what is in it."""
    folder, work = tmp_path_factory.mktemp("desk"), tmp_path_factory.mktemp("work")
    case = hostile_case(folder / "h.case", work)
    list(case.prepare(case.exhibits[0].sha256))
    known = {
        "name": "h.case",
        "sha256": case.exhibits[0].sha256,
        "beginning": next(iter(case.dossier.read().statements)),
    }
    app = make_app(Desk(folder, who="ada@desk"), Door(who="ada@desk"))
    with TestClient(
        app, base_url="http://localhost", follow_redirects=False, raise_server_exceptions=False
    ) as client:
        yield Browser(client), known


@pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=[f"{m} {p}" for m, p, _ in OPERATIONS]
)
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_nothing_that_is_sent_breaks_the_desk(
    desk: tuple[Browser, dict[str, str]],
    data: st.DataObject,
    method: str,
    path: str,
    operation: dict[str, Any],
) -> None:
    """Right and strange values, in any mixture, in address, query and form: every one is answered."""
    browser, known = desk
    query: dict[str, str] = {}
    for each in operation.get("parameters", ()):
        name = each["name"]
        value = data.draw(st.one_of(st.just(known.get(name, "0")), STRANGE), label=name)
        value = value.encode("utf-8", "replace").decode()
        if each["in"] == "path":
            path = path.replace("{" + name + "}", quote(value, safe="") or "0")
        else:
            query[name] = value
    form = data.draw(forms(operation), label="form")
    headers = {
        "x-csrf-token": browser.token,
        "accept": data.draw(st.sampled_from(["text/html", "*/*"])),
    }
    answer = browser.client.request(method, path, params=query, data=form or None, headers=headers)
    assert answer.status_code < 500, answer.text[:2_000]


def forms(operation: dict[str, Any]) -> st.SearchStrategy[dict[str, str]]:
    """A form with the fields that an act takes, some of them left out."""
    content = operation.get("requestBody", {}).get("content", {})
    reference = (
        content.get("application/x-www-form-urlencoded", {}).get("schema", {}).get("$ref", "")
    )
    fields = DESCRIBED["components"]["schemas"].get(reference.rpartition("/")[2], {})
    values = {
        name: STRANGE.map(lambda text: text.encode("utf-8", "replace").decode())
        for name in fields.get("properties", ())
    }
    return st.fixed_dictionaries({}, optional=values)
