"""Where a case's database is: in the case's folder, or on the server that ``case.store`` points to."""

from __future__ import annotations

from pathlib import Path

from earwitness.store.database import CaseDatabase, Database
from earwitness.store.server import (
    POINTER,
    SEAL,
    Server,
    ServerDatabase,
    address,
    new_case_id,
    write_pointer,
)

DATABASE = "case.db"
SEALS = ("case.db.seal", SEAL)


def is_case(folder: Path) -> bool:
    """Whether a folder holds a case, wherever its database is."""
    return any((folder / name).is_file() for name in (DATABASE, POINTER))


def database_of(folder: Path) -> CaseDatabase:
    """The database of the case in a folder; of a folder without a case, a file that is to be made.

    Raises
    ------
    StoreNotReady
        If it is on a server, and none is named.
    """
    if (folder / POINTER).is_file():
        return ServerDatabase(folder, Server.here())
    return Database(folder)


def place_new(folder: Path) -> None:
    """Let the case that is to be made in a folder be on a server, if the environment names one."""
    if address() and not is_case(folder):
        Server.here().require_ready()
        write_pointer(folder, new_case_id())
