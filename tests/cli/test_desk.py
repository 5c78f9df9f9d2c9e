"""``earwitness serve`` and ``earwitness desk`` from the command line."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from earwitness.cli.main import earwitness
from earwitness.cli.show import Screen
from earwitness.errors import BadAccount, CaseNotFound, DeskError, NoAccounts
from earwitness.web.accounts import Accounts, accounts_path
from earwitness.web.desk import Desk
from earwitness.web.serving import Service, door_for, serve

WORDS = "five words that nobody guesses"


def run(*arguments: str, said: str = "") -> str:
    """Run the command line; give what it prints."""
    done = CliRunner().invoke(
        earwitness, arguments, input=said, obj=Screen(), catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_accounts_are_added_listed_and_removed(tmp_path: Path) -> None:
    """An account comes with its right, is listed, and is gone when it was removed."""
    kept = str(tmp_path / "a.json")
    run(
        "desk",
        "add",
        "Adam",
        "--right",
        "admin",
        "--password-stdin",
        "--accounts",
        kept,
        said=WORDS,
    )
    run("desk", "add", "Rita", "--right", "reader", "--accounts", kept, said=f"{WORDS}\n{WORDS}\n")
    listed = json.loads(run("desk", "list", "--accounts", kept, "--json"))
    assert listed == [{"name": "Adam", "right": "admin"}, {"name": "Rita", "right": "reader"}]
    assert Accounts(Path(kept)).check("Rita", WORDS) is not None
    run("desk", "remove", "Rita", "--accounts", kept)
    assert "Rita" not in run("desk", "list", "--accounts", kept)


def test_accounts_lie_in_the_users_own_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no file is named, accounts are outside of every case."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert accounts_path() == tmp_path / "earwitness" / "accounts.json"
    with pytest.raises(BadAccount):
        CliRunner().invoke(
            earwitness,
            ["desk", "add", "A", "--password-stdin"],
            input="short",
            catch_exceptions=False,
        )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_machine_alone_needs_no_accounts(host: str) -> None:
    """Loopback in each of its spellings is served without asking who comes."""
    assert door_for(Service(host=host), "ada").accounts is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "desk.example.org"])
def test_a_desk_for_others_demands_accounts(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any other host is refused while nobody has an account, and asks for one when somebody has."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(NoAccounts, match="desk add"):
        door_for(Service(host=host), "ada")
    Accounts(accounts_path()).add("Adam", WORDS, "admin")
    door = door_for(Service(host=host, names=["Desk.Example.Net"]), "ada")
    assert door.accounts is not None
    assert {"localhost", "desk.example.net"} <= door.names


def test_accounts_can_be_asked_for_on_this_machine_too(tmp_path: Path) -> None:
    """A file of accounts that is named is used, whatever the host."""
    Accounts(tmp_path / "a.json").add("Adam", WORDS, "admin")
    assert door_for(Service(accounts=tmp_path / "a.json"), "ada").accounts is not None


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """Where another program listens, the desk says so, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        service = Service(port=taken.getsockname()[1])
        with pytest.raises(DeskError, match="--port"):
            serve(Desk(tmp_path), service, on_ready=print)


def test_there_must_be_something_to_serve(tmp_path: Path) -> None:
    """A place that is neither a case nor a folder is refused."""
    with pytest.raises(CaseNotFound):
        Desk(tmp_path / "nowhere")
