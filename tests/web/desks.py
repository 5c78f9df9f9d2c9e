"""A client that behaves as a browser does, accounts, and a desk that a browser can reach."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi.testclient import TestClient

from earwitness.web.app import make_app
from earwitness.web.desk import Desk
from earwitness.web.guard import Door
from earwitness.working import Worker

PASSWORDS = {
    "rita": "reads only, four words",
    "anna": "examines tapes all day",
    "adam": "minds who may come in",
}
_GIVEN_COOKIE = re.compile(rb"set-cookie: (earwitness=[^;]+)", re.IGNORECASE)
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
def worker_of(folder: Path) -> Iterator[None]:
    """A worker for the cases of a folder, if they are on a server; in folders the desk examines itself."""
    if not os.environ.get("EARWITNESS_STORE"):
        yield
        return
    worker = Worker(folder, processes=1)
    thread = threading.Thread(target=lambda: list(worker.work()), daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.end()
        thread.join(30)


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


class Served:
    """A desk in a process of its own, which can be killed."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "earwitness.cli", "serve", str(folder), "--port", str(port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.address = urlsplit(line.split()[-1])
        self.cookie, self.token = self._page()

    def _page(self) -> tuple[bytes, bytes]:
        asking = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        text = self.send(asking)
        cookie, token = _GIVEN_COOKIE.search(text), _TOKEN.search(text.decode("utf-8", "replace"))
        assert cookie is not None
        assert token is not None
        return cookie.group(1), token.group(1).encode()

    def open(self) -> socket.socket:
        """A connection to the desk."""
        assert self.address.hostname is not None
        return socket.create_connection((self.address.hostname, self.address.port or 0), timeout=30)

    def head(self, path: str, length: int) -> bytes:
        """The head of a request that sends something."""
        return (
            f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n"
            f"x-csrf-token: {self.token.decode()}\r\ncookie: {self.cookie.decode()}\r\n"
            f"connection: close\r\n\r\n"
        ).encode()

    def send(self, request: bytes) -> bytes:
        """Send a request; give the answer."""
        with self.open() as connection:
            connection.sendall(request)
            answer = b""
            while chunk := connection.recv(1 << 16):
                answer += chunk
            return answer

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()
