"""Fetching, from a real server on this machine."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

import pytest

from earwitness.errors import GridError
from earwitness.grid.fetch import OPERATORS, Operator, fetch, months_between


@pytest.fixture
def portal() -> Iterator[Operator]:
    """A portal that lists two months, under names of two kinds."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer."""
            base = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
            listed = [
                {"name": "System Frequency April 2023", "url": f"{base}/a.csv"},
                {"name": "f", "url": f"{base}/f-2023-05.csv"},
            ]
            answers = {
                "/list": json.dumps({"result": {"resources": listed}}),
                "/odd": "[]",
                "/a.csv": "dtm,f\n2023-04-01 00:00:00,50.0\n",
                "/f-2023-05.csv": "dtm,f\n2023-05-01 00:00:00,50.0\n",
            }
            content = answers.get(self.path, "").encode()
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    yield Operator("here", f"http://127.0.0.1:{serving.server_port}/list", "neso", "CC0")
    serving.shutdown()
    serving.server_close()
    thread.join()


@contextmanager
def plainly(url: str, _: int) -> Iterator[tuple[bool, IO[bytes]]]:
    """Over HTTP, to this machine."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        yield False, answer


def test_months_are_fetched_by_name_and_once(tmp_path: Path, portal: Operator) -> None:
    """Both kinds of name are understood; a file that is there is not fetched again."""
    paths = fetch(portal, date(2023, 4, 5), date(2023, 5, 1), tmp_path, opened=plainly)
    assert [path.name for path in paths] == ["here-2023-04.csv", "here-2023-05.csv"]
    assert paths[0].read_text().startswith("dtm,f\n2023-04-01")
    paths[0].write_text("kept")
    fetch(portal, date(2023, 4, 5), date(2023, 4, 6), tmp_path, opened=plainly)
    assert paths[0].read_text() == "kept"


def test_what_goes_wrong_is_one_line(tmp_path: Path, portal: Operator) -> None:
    """A month that is not listed, a list that is none, a portal that is not there."""
    with pytest.raises(GridError, match="no file for 2023-06"):
        fetch(portal, date(2023, 6, 1), date(2023, 6, 2), tmp_path, opened=plainly)
    odd = Operator("odd", portal.listing.replace("/list", "/odd"), "neso", "")
    with pytest.raises(GridError, match="cannot be read"):
        fetch(odd, date(2023, 4, 1), date(2023, 4, 2), tmp_path, opened=plainly)
    gone = Operator("gone", "http://127.0.0.1:1/", "neso", "")
    with pytest.raises(GridError, match="could not be reached"):
        fetch(gone, date(2023, 4, 1), date(2023, 4, 2), tmp_path, opened=plainly)


def test_only_https_is_spoken(tmp_path: Path, portal: Operator) -> None:
    """Without a word to the contrary, an address without HTTPS is refused; real ones have it."""
    with pytest.raises(GridError, match="HTTPS"):
        fetch(portal, date(2023, 4, 1), date(2023, 4, 2), tmp_path)
    assert all(operator.listing.startswith("https://") for operator in OPERATORS.values())


def test_months() -> None:
    """From one day to another, over a new year; not backwards, not for ever."""
    assert months_between(date(2022, 12, 31), date(2023, 1, 1)) == [(2022, 11), (2023, 0)]
    for first, last in ((date(2023, 2, 1), date(2023, 1, 1)), (date(1950, 1, 1), date(2023, 1, 1))):
        with pytest.raises(GridError, match="months"):
            months_between(first, last)
