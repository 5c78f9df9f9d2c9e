"""A back-up of all cases of a place, wherever their rows are, and the way back from it.

1. Each case is put into a bag of its own under its lock: rows, exhibits and case.toml are of one moment,
   and acts on that case wait so long. Cases are taken one after the other.
2. A bag is named by its case and by how long its log is. A case that has not changed since is not
   copied again, and no bag is ever replaced.
3. A case that is not whole is named, and the others are backed up all the same.
4. The newest bag of each case is taken in like one from another desk: checked, verified, logged. Where
   the environment names a store, the case is then moved there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from earwitness import handover, moving
from earwitness.errors import BadBag, CaseExists, EarwitnessError
from earwitness.evidence.names import safe_name
from earwitness.store.folder import CaseFolder
from earwitness.store.place import is_case
from earwitness.store.server import Server, address

_BAG = re.compile(r"(.+)\.(\d{8,})\.bag", re.DOTALL)


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What became of one case: the bag or folder that holds it, if it is new, or what is wrong with it."""

    name: str
    path: Path
    is_new: bool
    trouble: str = ""


def back_up(place: Path, to: Path, *, who: str) -> Iterator[BackedUp]:
    """Put each case of a place into a bag. The numbers in the code are those of this module's list.

    Parameters
    ----------
    place, to : Path
        The folder that holds the cases, or one case; and that which is to hold the bags.
    who : str
        Under which name an edit of case.toml by hand is logged first; nothing else is.

    Yields
    ------
    BackedUp
        One for each case, by name.
    """
    to.mkdir(parents=True, exist_ok=True)
    inside = [place] if is_case(place) else sorted(place.iterdir())
    for folder in inside:
        if folder.is_symlink() or not is_case(folder):
            continue
        name = folder.absolute().name
        try:
            yield _bagged(CaseFolder.open(folder, who=who), name, to)
        except EarwitnessError as error:  # 3
            yield BackedUp(name, folder, False, str(error))


def _bagged(case: CaseFolder, name: str, to: Path) -> BackedUp:
    with case.database.locked():  # 1
        case.note_edit()
        with case.database.read() as transaction:
            number = transaction.head().number
        bag = to / f"{name}.{number:08d}.bag"
        if bag.exists():  # 2
            return BackedUp(name, bag, False)
        handover.make_bag(case, bag, {})
    return BackedUp(name, bag, True)


def restore(backup: Path, place: Path, *, who: str) -> Iterator[BackedUp]:
    """Take the newest bag of each case in. The numbers in the code are those of this module's list.

    Parameters
    ----------
    backup, place : Path
        The folder that holds the bags, and that which is to hold the cases.
    who : str
        Under which name that is logged.

    Yields
    ------
    BackedUp
        One for each case, by name. One that is there already is left as it is, and named.

    Raises
    ------
    BadBag
        If there is no bag at all.
    """
    newest: dict[str, tuple[int, Path]] = {}
    for path in backup.iterdir():
        found = _BAG.fullmatch(path.name)
        if found and path.is_dir() and not path.is_symlink():
            name, number = found[1], int(found[2])
            newest[name] = max(newest.get(name, (0, path)), (number, path))
    if not newest:
        raise BadBag("there is no back-up here", got=safe_name(backup.name), expected="bags")
    for name, (_, bag) in sorted(newest.items()):
        try:
            yield _taken_in(bag, place / name, who)  # 4
        except EarwitnessError as error:
            yield BackedUp(name, bag, False, str(error))


def _taken_in(bag: Path, folder: Path, who: str) -> BackedUp:
    if folder.exists():
        raise CaseExists("there is something already", got=safe_name(folder.name))
    handover.open_bag(bag, folder, who=who)
    if address():
        moving.to_server(CaseFolder.open(folder, who=who), Server.here())
    return BackedUp(folder.name, folder, True)
