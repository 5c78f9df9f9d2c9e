"""Moves a case between its folder and a database server, with its whole history.

1. A case that ``verify`` finds fault with is not moved.
2. Under the case's lock, all rows are copied in one transaction, which also logs the move.
3. The copy is verified with the exhibits, as every case is. Where the environment names an object store,
   a case that goes to the server leaves its exhibits there before; one that comes back fetches them.
4. One file decides where the case is: ``case.store``, which is written last, or removed. Until then
   the case is where it was, whatever happens; from then on it is in its new place.
5. What is left in the old place is removed from the folder, or at the server closed for good: rows of a
   log are not deleted there.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from earwitness import checking
from earwitness.atomic import sync_folder
from earwitness.checking import Verification
from earwitness.errors import CaseDamaged, StoreError
from earwitness.store.copying import copy_rows
from earwitness.store.database import CaseDatabase, Database
from earwitness.store.folder import CaseFolder
from earwitness.store.objects import Objects, objects_address
from earwitness.store.place import DATABASE, SEALS
from earwitness.store.server import POINTER, Server, ServerDatabase, new_case_id, write_pointer


def to_server(case: CaseFolder, server: Server) -> Verification:
    """Move a case's database from its folder to a server. The numbers are those of this module's list.

    Raises
    ------
    CaseDamaged
        If the case, or the copy, is not whole.
    StoreError
        If it is on a server already, or the server refuses.
    """
    if not isinstance(case.database, Database):
        raise StoreError("the case is on a server already")
    target = ServerDatabase(case.folder, server, new_case_id())
    with case.database.locked():
        _require_whole(case)  # 1
        target.make()
        if objects_address():
            objects = Objects.here(server.desk)
            for sha256 in _received(case):
                objects.put(sha256, case.vault.path(sha256))
        found = _copy(case, target, "folder", "server")  # 2, 3
        write_pointer(case.folder, target.case_id, objects=bool(objects_address()))  # 4
        for name in (DATABASE, *SEALS[:1]):  # 5
            (case.folder / name).unlink(missing_ok=True)
    return found


def to_folder(case: CaseFolder) -> Verification:
    """Move a case's database from a server into its folder. The numbers are those of the list above.

    Raises
    ------
    CaseDamaged, StoreError
    """
    source = case.database
    if not isinstance(source, ServerDatabase):
        raise StoreError("the case is in its folder already")
    part = case.folder / f".{os.getpid()}-{secrets.token_hex(8)}.moving"
    part.mkdir()
    try:
        with source.locked():
            _require_whole(case)  # 1
            for sha256 in _received(case):
                case.vault.here(sha256)
            target = Database(part)
            target.make()
            found = _copy(case, target, "server", "folder")  # 2, 3
            for name in (DATABASE, *SEALS[:1]):
                (part / name).replace(case.folder / name)
            for name in (POINTER, *SEALS[1:]):  # 4
                (case.folder / name).unlink()
                sync_folder(case.folder)
            source.retire(case.now())  # 5
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return found


def _received(case: CaseFolder) -> list[str]:
    with case.database.read() as transaction:
        return [each.sha256 for each in transaction.received()]


def _copy(case: CaseFolder, target: CaseDatabase, origin: str, to: str) -> Verification:
    case.note_edit()
    with case.database.read() as reading:
        head = reading.head()
        with target.write() as writing:
            copy_rows(reading, writing)
            case.log_move(writing, {"from": origin, "to": to, "head": head.hash})
    return _require_whole(CaseFolder(case.folder, who=case.who, database=target))


def _require_whole(case: CaseFolder) -> Verification:
    found = checking.verify(case)
    if not found.is_whole:
        raise CaseDamaged(
            f"the case is not whole, and stays where it is: {found.problems[0]}",
            do="see all that is wrong with: earwitness verify",
        )
    return found


def place_of(folder: Path) -> str:
    """Where a case's database is: ``folder`` or ``server``."""
    return "server" if (folder / POINTER).is_file() else "folder"
