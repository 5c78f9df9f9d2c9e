"""Serving a desk: on this machine alone, or to others who have accounts."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from uvicorn.config import LOGGING_CONFIG

from earwitness import logs
from earwitness.errors import DeskError, NoAccounts
from earwitness.examinations import newest_examinations
from earwitness.web.accounts import Accounts, accounts_path
from earwitness.web.app import make_app
from earwitness.web.desk import Desk
from earwitness.web.guard import Door


@dataclass(frozen=True, slots=True)
class Service:
    """Where and how a desk is served.

    Attributes
    ----------
    host, port
        Where to listen; port 0 takes one that is free.
    names : sequence of str
        Further names by which browsers may call it.
    accounts : Path or None
        The file of accounts. Where it is None, accounts are asked for only if the host is not this
        machine alone.
    certificate, key : Path or None
        For an encrypted connection.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    names: Sequence[str] = ()
    accounts: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def door_for(service: Service, who: str) -> Door:
    """Who is let in.

    Raises
    ------
    NoAccounts
        If others can reach the desk, and nobody has an account.
    """
    accounts = None
    if service.accounts is not None or not service.is_local:
        accounts = Accounts(service.accounts or accounts_path())
        if not accounts.listed():
            raise NoAccounts(
                "the desk asks who works at it, and nobody has an account",
                got=str(accounts.path),
                do="add an admin first: earwitness desk add NAME --right admin",
            )
    names = {"localhost", service.host.lower(), socket.gethostname().lower()}
    return Door(
        names=frozenset(names | {name.lower() for name in service.names}),
        accounts=accounts,
        who=who,
        is_encrypted=service.certificate is not None,
    )


def serve(desk: Desk, service: Service, *, on_ready: Callable[[str], None]) -> None:
    """Serve a desk until it is told to end.

    Parameters
    ----------
    desk : Desk
    service : Service
    on_ready : callable
        Told the address, as soon as somebody can come.

    Raises
    ------
    NoAccounts, DeskError
    """
    door = door_for(service, desk.who)
    newest_examinations()  # their packages take a second to load: before the first page, not in it
    app = make_app(desk, door)
    listening = _listen(service)
    port = listening.getsockname()[1]
    config = uvicorn.Config(
        app,
        log_config=None if logs.are_asked_for() else LOGGING_CONFIG,
        log_level="warning",
        server_header=False,
        access_log=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=75,  # longer than browsers keep one, so that they close it and not we
        h11_max_incomplete_event_size=32_768,
        ssl_certfile=service.certificate,
        ssl_keyfile=service.key,
        http="h11",
        ws="none",
        loop="asyncio",
    )
    shown = f"[{service.host}]" if ":" in service.host else service.host
    on_ready(f"{'https' if service.certificate else 'http'}://{shown}:{port}/")
    uvicorn.Server(config).run(sockets=[listening])


def _listen(service: Service) -> socket.socket:
    family = socket.AF_INET6 if ":" in service.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((service.host, service.port))
    except OSError as error:
        listening.close()
        raise DeskError(
            "the desk cannot listen there",
            got=f"{service.host}:{service.port} ({error.strerror})",
            do="choose another with --port; 0 takes any that is free",
        ) from error
    listening.listen(128)
    return listening
