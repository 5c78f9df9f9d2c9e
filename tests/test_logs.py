"""Lines of JSON for those who run a desk: complete, one a line, and without what is nobody's business."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from earwitness import logs
from earwitness.errors import EarwitnessError


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Where lines go that were asked for."""
    root, ours = logging.getLogger(), logging.getLogger("earwitness")
    before = (list(root.handlers), root.level, ours.level)
    monkeypatch.setenv("EARWITNESS_LOG", "json")
    written = io.StringIO()
    yield written
    root.handlers[:], root.level, ours.level = before[0], before[1], before[2]


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    """What was written."""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_says_what_always_around_and_this_time(out: io.StringIO) -> None:
    """Time, level and desk are on every line; what is empty is left out."""
    assert logs.begin(out, desk="north")
    with logs.around(request="r1"):
        logs.note("request", status=200, case="")
    logs.note("worker ended")
    first, second = lines(out)
    assert first.pop("at").endswith("+00:00")
    assert first == {
        "level": "info", "from": "earwitness", "what": "request", "desk": "north", "request": "r1",
        "status": 200,
    }  # fmt: skip
    assert "request" not in second


def test_other_packages_warnings_come_along(out: io.StringIO) -> None:
    """With their traceback, and still one line each; what they say for information does not."""
    logs.begin(out)
    other = logging.getLogger("somebody.else")
    other.info("not this")
    try:
        raise ValueError("two\nlines")
    except ValueError:
        other.exception("it broke\nhere")
    (line,) = lines(out)
    assert (line["level"], line["what"]) == ("error", "it broke\nhere")
    assert "ValueError: two" in line["exception"]


@pytest.mark.parametrize(
    "text",
    [
        "postgresql+psycopg://desk:geheim@db:5432/earwitness",
        "cannot connect to http://a:geheim@proxy and postgresql://:geheim@h/x",
        "s3://key:geheim/with:colon@host",
    ],
)
def test_no_password_of_an_address_is_written(out: io.StringIO, text: str) -> None:
    """Wherever it comes from: a message, a field, an error that another package raised."""
    logs.begin(out, desk=text)
    try:
        raise OSError(text)
    except OSError:
        logging.getLogger("x").exception(text)
    logs.note(text, got=text)
    assert "geheim" not in out.getvalue()
    assert len(lines(out)) == 2


def test_nothing_is_written_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the setting logging stays as it was; with another one it is refused by name."""
    before = list(logging.getLogger().handlers)
    monkeypatch.delenv("EARWITNESS_LOG", raising=False)
    assert not logs.begin()
    assert logging.getLogger().handlers == before
    monkeypatch.setenv("EARWITNESS_LOG", "xml")
    with pytest.raises(EarwitnessError, match=r"got xml; expected json"):
        logs.begin()
