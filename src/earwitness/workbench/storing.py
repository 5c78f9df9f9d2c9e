"""Where a case is kept: on a server or in its folder, and its backup."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from earwitness import backup, moving
from earwitness.backup import BackedUp
from earwitness.checking import Verification
from earwitness.store.jobs import Listed, Queue
from earwitness.store.server import Server, address
from earwitness.store.server import prepare as prepare_tables
from earwitness.workbench.opened import OpenCase, this_user


class StoringActs(OpenCase):
    """Moving a case to another store."""

    def move(self, to: str) -> Verification:
        """Move the case's database to the server that the environment names, or into its folder.

        This object then stands for the case in its new place.

        Parameters
        ----------
        to : str
            ``server`` or ``folder``.

        Raises
        ------
        CaseDamaged, StoreError
        """
        if to == "server":
            found = moving.to_server(self._folder, Server.here())
        else:
            found = moving.to_folder(self._folder)
        self._folder = self._folder.anew()
        return found


def prepare_store(*, grant: str = "") -> list[str]:
    """Make the tables of the store that the environment names; give the migrations that were missing.

    Parameters
    ----------
    grant : str
        A role that is to work with them, if it is not the one that the address names.

    Raises
    ------
    StoreError, CaseTooNew, MissingPart
    """
    Server.here()
    return prepare_tables(address(), grant=grant)


def jobs() -> list[Listed]:
    """What this desk asked its store's workers for, and has not ended.

    Raises
    ------
    StoreError
    """
    return Queue(Server.here()).listed()


def back_up(place: str | Path, to: str | Path) -> Iterator[BackedUp]:
    """Put each case of a place into a bag, while others work on them; give what became of each.

    Parameters
    ----------
    place, to : path
        The folder that holds the cases, or one case; and that which is to hold the bags.
    """
    return backup.back_up(Path(place), Path(to), who=this_user())


def restore(source: str | Path, place: str | Path, *, who: str = "") -> Iterator[BackedUp]:
    """Take the newest bag of each case of a back-up in; give what became of each.

    Parameters
    ----------
    source, place : path
        The folder that holds the bags, and that which is to hold the cases.
    who : str
        Under which name that is logged; user@host by default.

    Raises
    ------
    BadBag
        If there is no bag at all.
    """
    return backup.restore(Path(source), Path(place), who=who or this_user())
