"""Hands a whole case to another desk in a BagIt bag, and takes one in.

1. A case that ``verify`` finds fault with is not handed over.
2. The bag holds case.toml, the database with its seal (of a case on a server, a file made of its rows),
   the exhibits, the archives of fingerprints that
   lie inside the case, and its reports. It is the whole case: nothing in it is redacted.
3. A bag that comes in is checked for what it holds, then copied file by file, each hashed on the way.
4. The copy is verified as every case is: exhibits, log, outcomes, statements.
5. Only then does it get its name; until then, and if anything is wrong, nothing of it is there.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from earwitness import checking
from earwitness.archive import index
from earwitness.checking import Verification
from earwitness.errors import BadBag, CaseExists
from earwitness.evidence.names import safe_name
from earwitness.store.bag import Bag, copy_payload, read_bag, write_bag
from earwitness.store.copying import file_of
from earwitness.store.folder import CaseFolder, Clock, utc_now

_DATABASE = ("case.db", "case.db.seal")


@dataclass(frozen=True, slots=True)
class Received:
    """A case that came in a bag: where it lies, the bag's manifest, and what verifying it showed."""

    folder: Path
    manifest_sha256: str
    found: Verification


def make_bag(case: CaseFolder, to: Path, reports: Mapping[str, bytes]) -> Bag:
    """Put a case into a bag. The numbers in the code are those of this module's list.

    Parameters
    ----------
    case : CaseFolder
    to : Path
        Where the bag is to lie; nothing may be there yet.
    reports : mapping
        Contents by file name.

    Raises
    ------
    BadBag
        If something is there already, or the case is not whole.
    """
    if to.exists() or to.is_symlink():
        raise BadBag("there is something in the bag's place", got=str(to), do="name another place")
    part = _part_beside(to)
    try:
        with case.database.locked():
            found = checking.verify(case)  # 1
            if not found.is_whole:
                raise BadBag(
                    f"the case is not whole: {found.problems[0]}",
                    do="see all that is wrong with: earwitness verify",
                )
            database = file_of(case.database, part / "database")
            payload: dict[str, Path | bytes] = dict(_files(case, database))  # 2
            payload |= {f"reports/{name}": content for name, content in reports.items()}
            bag = write_bag(part / "bag", payload, _about(case, found))
        (part / "bag").rename(to)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Bag(to, bag.payload, bag.manifest_sha256)


def _files(case: CaseFolder, database: Path) -> Iterator[tuple[str, Path]]:
    yield "case.toml", case.case_file_path
    for name in _DATABASE:
        yield name, database / name
    with case.database.read() as transaction:
        received = [each.sha256 for each in transaction.received()]
    for sha256 in received:
        yield f"exhibits/{sha256}", case.vault.here(sha256)
    inside = case.folder.resolve()
    for named in case.read_case_file().archives:
        folder = (inside / named).resolve()
        if folder.is_relative_to(inside) and index.exists(folder):
            manifest = index.read_manifest(folder)
            paths = [index.segment_path(folder, listed) for listed in manifest.segments]
            for path in (folder / index.MANIFEST, *paths):
                yield path.relative_to(inside).as_posix(), path


def _about(case: CaseFolder, found: Verification) -> dict[str, str]:
    return {
        "External-Description": f"earwitness case: {case.read_case_file().title}",
        "Earwitness-Custody-Head": f"{found.head.number} {found.head.hash}",
    }


def open_bag(bag: Path, to: Path, *, who: str, clock: Clock = utc_now) -> Received:
    """Take a case in from a bag. The numbers in the code are those of this module's list.

    Parameters
    ----------
    bag, to : Path
        The bag, and the folder that the case is to have; nothing may be there yet.
    who : str
        Under which name that is logged.

    Raises
    ------
    CaseExists
        If something is there already.
    BadBag
        With the first thing that is wrong with the bag, or with the case in it.
    CaseError
        If the case was written by a later version, or its case.toml cannot be read.
    """
    if to.exists() or to.is_symlink():
        raise CaseExists("there is something already", got=str(to), do="name another folder")
    checked = read_bag(bag)  # 3
    for name in checked.payload:
        if name.startswith(("case.db-", "case.store")) or name.split("/")[0] == "cache":
            raise BadBag("a case that is handed over has no such file", got=safe_name(name))
    if "case.db" not in checked.payload:
        raise BadBag("there is no case in the bag", expected="data/case.db")
    part = _part_beside(to)
    try:
        copy_payload(checked, part)  # 3
        found = checking.verify(CaseFolder(part, who=who))  # 4
        if not found.is_whole:
            raise BadBag(
                f"the case in the bag is not whole: {found.problems[0]}",
                do="ask the desk that sent it",
            )
        _log(part, bag, checked, found, who, clock)
        part.rename(to)  # 5
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Received(to, checked.manifest_sha256, found)


def _log(part: Path, bag: Path, checked: Bag, found: Verification, who: str, clock: Clock) -> None:
    for exhibit in (part / "exhibits").iterdir():
        exhibit.chmod(0o444)
    case = CaseFolder.open(part, who=who, clock=clock)
    details = {
        "bag": safe_name(bag.name),
        "manifest_sha256": checked.manifest_sha256,
        "head": found.head.hash,
    }
    case.act("receive", changes=False, details=details)


def _part_beside(to: Path) -> Path:
    """An empty folder beside the one that is to be, from which it gets its name in one step."""
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.parent / f".{os.getpid()}-{secrets.token_hex(8)}.part"
    part.mkdir()
    return part
