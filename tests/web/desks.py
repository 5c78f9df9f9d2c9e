"""A client that behaves as a browser does, accounts, and a desk that a browser can reach."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi.testclient import TestClient

from earwitness.web.app import make_app
from earwitness.web.desk import Desk
from earwitness.web.guard import Door

PASSWORDS = {
    "rita": "reads only, four words",
    "anna": "examines tapes all day",
    "adam": "minds who may come in",
}
_TOKEN = re.compile(r'<meta name="csrf" content="([0-9a-f]{64})">')


@dataclass
class Browser:
    """A client that holds the desk's cookie and token, as a browser with a page of it does."""

    client: TestClient

    def get(self, address: str, **more: Any) -> Any:
        """Ask for a page."""
        return self.client.get(
            address, headers={"accept": "text/html", **more.pop("headers", {})}, **more
        )

    def post(self, address: str, data: Any = None, **more: Any) -> Any:
        """Send a form of a page."""
        headers = {"accept": "text/html", "x-csrf-token": self.token, **more.pop("headers", {})}
        return self.client.post(address, data=data, headers=headers, **more)

    def upload(self, address: str, content: bytes, **query: str) -> Any:
        """Send a file."""
        headers = {"x-csrf-token": self.token, "content-type": "application/octet-stream"}
        return self.client.post(address, content=content, params=query, headers=headers)

    @property
    def token(self) -> str:
        """The token that forms of the desk's pages hold."""
        found = _TOKEN.search(self.get("/login").text)
        assert found
        return found.group(1)


@contextmanager
def served(folder: Path, door: Door | None = None) -> Iterator[str]:
    """A desk on a port of this machine, served from a thread; gives its address."""
    app = make_app(Desk(folder, who="ada@desk"), door or Door(who="ada@desk"))
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="error", ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    assert server.started
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
