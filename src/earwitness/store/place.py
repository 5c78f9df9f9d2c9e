"""Where a case's rows and exhibits are: in its folder, or where ``case.store`` says."""

from __future__ import annotations

from pathlib import Path

from earwitness.store.database import CaseDatabase, Database
from earwitness.store.objects import Objects, ObjectVault, objects_address
from earwitness.store.server import (
    POINTER,
    SEAL,
    Server,
    ServerDatabase,
    address,
    desk_here,
    new_case_id,
    uses_objects,
    write_pointer,
)
from earwitness.store.vault import Vault

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


def vault_of(folder: Path) -> Vault:
    """Where the exhibits of the case in a folder are.

    Raises
    ------
    StoreNotReady
        If they are in an object store, and none is named.
    """
    exhibits = folder / "exhibits"
    return (
        ObjectVault(exhibits, Objects.here(desk_here()))
        if uses_objects(folder)
        else Vault(exhibits)
    )


def place_new(folder: Path) -> None:
    """Let the case that is to be made in a folder be on a server, if the environment names one."""
    if address() and not is_case(folder):
        Server.here().require_ready()
        if objects_address():
            Objects.here(desk_here())
        write_pointer(folder, new_case_id(), objects=bool(objects_address()))
