"""``earwitness serve`` and ``earwitness desk``: the web page to work at, and who may."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from earwitness.cli.running import METRICS, tell
from earwitness.cli.show import Screen
from earwitness.evidence.names import safe_text
from earwitness.web.accounts import Accounts, Right, accounts_path

_PATH = click.Path(path_type=Path)
_ACCOUNTS = click.option(
    "--accounts", type=_PATH, help="The file of accounts; one in your own settings by default."
)


@click.command("serve")
@click.argument("place", type=_PATH)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8765, show_default=True, help="0 takes one that is free.")
@click.option("--name", "names", multiple=True, help="A further host name it is called by.")
@click.option("--accounts", type=_PATH, help="Ask for accounts, those in this file.")
@click.option("--certificate", type=_PATH, help="For an encrypted connection: PEM.")
@click.option("--key", type=_PATH, help="The certificate's key: PEM.")
@METRICS
@click.pass_obj
def serve_desk(
    screen: Screen,
    place: Path,
    host: str,
    port: int,
    names: tuple[str, ...],
    accounts: Path | None,
    certificate: Path | None,
    key: Path | None,
    metrics_at: str,
) -> None:
    """Serve the case, or the folder of cases, in PLACE as a web page.

    Only this machine can reach it, unless --host says otherwise. Then everybody must log in.
    """
    from earwitness.web.desk import Desk  # noqa: PLC0415  (other commands need not wait for it)
    from earwitness.web.serving import Service, serve  # noqa: PLC0415

    tell(screen, metrics_at)
    service = Service(host, port, names, accounts, certificate, key)
    if not service.is_local and certificate is None:
        screen.error(
            "the connection is not encrypted: give --certificate, or put a proxy before it"
        )

    def ready(address: str) -> None:
        screen.say(f"the desk: {address}")
        screen.result({"address": address})
        sys.stdout.flush()

    serve(Desk(place, who=screen.who), service, on_ready=ready)


@click.group()
def desk() -> None:
    """Say who may work at a desk that others can reach."""


@desk.command("add")
@click.argument("name")
@click.option(
    "--right",
    type=click.Choice([str(right) for right in Right]),
    default=str(Right.ANALYST),
    show_default=True,
    help="What the account may do.",
)
@click.option("--password-stdin", is_flag=True, help="Read the password from the standard input.")
@_ACCOUNTS
@click.pass_obj
def add(screen: Screen, name: str, right: str, password_stdin: bool, accounts: Path | None) -> None:
    """Add an account for NAME, or give it another password and right."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("password", hide_input=True, confirmation_prompt=True, err=True)
    added = Accounts(accounts or accounts_path()).add(name, password, right)
    screen.say(f"{added.name} may work at the desk, as {added.right}")
    screen.result({"name": added.name, "right": str(added.right)})


@desk.command("list")
@_ACCOUNTS
@click.pass_obj
def show(screen: Screen, accounts: Path | None) -> None:
    """List the accounts."""
    listed = Accounts(accounts or accounts_path()).listed()
    screen.table("Accounts", ("name", "right"), [(each.name, str(each.right)) for each in listed])
    screen.result([{"name": each.name, "right": str(each.right)} for each in listed])


@desk.command("remove")
@click.argument("name")
@_ACCOUNTS
@click.pass_obj
def remove(screen: Screen, name: str, accounts: Path | None) -> None:
    """Take the account of NAME away."""
    Accounts(accounts or accounts_path()).remove(name)
    screen.say(f"{safe_text(name)} may work at the desk no longer")
    screen.result({"removed": name})
