"""A case that is open: where it lies, and what is in it."""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path

from earwitness import checking
from earwitness.checking import Verification
from earwitness.errors import CaseNotFound, UnknownExhibit
from earwitness.evidence.custody import Entry
from earwitness.evidence.exhibit import Exhibit
from earwitness.examinations import examination_of_outcome
from earwitness.store.casefile import CaseFile
from earwitness.store.database import Examined
from earwitness.store.folder import CaseFolder
from earwitness.store.place import is_case


class OpenCase:
    """One case, opened by one person: where it lies, and what is in it."""

    def __init__(self, folder: CaseFolder) -> None:
        self._folder = folder

    @property
    def path(self) -> Path:
        """The case's folder."""
        return self._folder.folder

    @property
    def case_file(self) -> CaseFile:
        """What case.toml says now."""
        return self._folder.read_case_file()

    @property
    def exhibits(self) -> list[Exhibit]:
        """The exhibits that play a role, in the order of case.toml."""
        return self._folder.exhibits()

    @property
    def custody(self) -> list[Entry]:
        """Who did what to the case, oldest first."""
        return self._folder.entries()

    def exhibit(self, wanted: str) -> Exhibit:
        """An exhibit that plays a role, by its name or the beginning of its hash.

        Raises
        ------
        UnknownExhibit
        """
        sha256 = self._folder.find(wanted)
        for exhibit in self.exhibits:
            if exhibit.sha256 == sha256:
                return exhibit
        raise UnknownExhibit("that exhibit plays no role", got=wanted)

    def outcomes(self, of: str = "") -> list[Examined]:
        """The newest outcome of each exhibit and examination, by the newest version that was run.

        ``of`` is the SHA-256 of an exhibit, if only its outcomes are wanted.
        """
        roles = {exhibit.sha256 for exhibit in self.exhibits}
        newest: dict[tuple[str, str], Examined] = {}
        with self._folder.database.read() as transaction:
            for examined in transaction.outcomes(of):
                identity = (examined.exhibit, examination_of_outcome(examined.method).family)
                known = newest.get(identity)
                if known is None or _version(examined) >= _version(known):
                    newest[identity] = examined
        return [examined for examined in newest.values() if examined.exhibit in roles]


def _version(examined: Examined) -> int:
    return examination_of_outcome(examined.method).version


def this_user() -> str:
    """Who is at work here, as user@host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        user = f"uid{os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def verify(folder: str | Path) -> Verification:
    """Check a case from its bytes up, also one that is too damaged to be opened; changes nothing.

    Raises
    ------
    CaseNotFound
    """
    path = Path(folder)
    if not is_case(path):
        raise CaseNotFound("there is no case here", got=str(folder))
    return checking.verify(CaseFolder(path, who=this_user()))
