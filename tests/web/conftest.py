"""What the tests of the desk share: a desk in memory, with and without accounts."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent))

from desks import PASSWORDS, Browser

import sounds
from earwitness.web.accounts import Accounts
from earwitness.web.app import make_app
from earwitness.web.desk import Desk
from earwitness.web.guard import Door

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture
def folder(tmp_path: Path, examined: Path) -> Path:
    """A folder with one examined case, ``examined.case``."""
    place = tmp_path / "cases"
    place.mkdir()
    sounds.copy_case(examined, place / "examined.case")
    return place


@pytest.fixture
def browser(folder: Path) -> Iterator[Browser]:
    """A browser at a desk of that folder, which asks for no accounts."""
    with TestClient(
        make_app(Desk(folder, who="ada@desk"), Door(who="ada@desk")),
        base_url="http://localhost",
        follow_redirects=False,
    ) as client:
        yield Browser(client)


@pytest.fixture(scope="session")
def _accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a reader, an analyst and an admin; hashing passwords takes its time."""
    path = tmp_path_factory.mktemp("accounts") / "accounts.json"
    kept = Accounts(path)
    kept.add("rita", PASSWORDS["rita"], "reader")
    kept.add("anna", PASSWORDS["anna"], "analyst")
    kept.add("adam", PASSWORDS["adam"], "admin")
    return path


@pytest.fixture
def accounts(tmp_path: Path, _accounts: Path) -> Accounts:
    """A reader, an analyst and an admin."""
    path = tmp_path / "accounts.json"
    path.write_bytes(_accounts.read_bytes())
    return Accounts(path)


@pytest.fixture
def door(accounts: Accounts) -> Door:
    """A door at which everybody must log in."""
    return Door(accounts=accounts)


@pytest.fixture
def visit(folder: Path, door: Door) -> Iterator[Callable[..., Browser]]:
    """Come to a desk that asks for accounts; with a name, logged in."""
    app = make_app(Desk(folder), door)
    opened = []

    def come(name: str = "") -> Browser:
        client = TestClient(app, base_url="http://localhost", follow_redirects=False)
        client.__enter__()
        opened.append(client)
        if name:
            client.cookies.set("earwitness", door.sessions.begin(name))
        return Browser(client)

    yield come
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven from here."""
    playwright = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()
