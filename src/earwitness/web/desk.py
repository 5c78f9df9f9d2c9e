"""The cases that a desk serves, and what it is doing with each: examining, preparing to listen."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earwitness import workbench
from earwitness.atomic import written_part
from earwitness.errors import CaseExists, CaseNotFound, EarwitnessError
from earwitness.evidence.names import safe_name, safe_text
from earwitness.examinations import find_examination
from earwitness.report import ReportData
from earwitness.store.place import SEALS, is_case
from earwitness.store.server import POINTER, read_pointer
from earwitness.web.running import Examining, Preparing, Queued
from earwitness.workbench import Case, Listening

_KEPT_DATA = 8  # reports' data in memory
_KEPT_RECORDINGS = 64  # not their sound: where it lies
_NOT_IN_A_NAME = re.compile(r"[^\w .-]+")


@dataclass(frozen=True, slots=True)
class Listed:
    """A case in the list: the name of its folder, its title, or why it cannot be opened."""

    name: str
    title: str
    trouble: str = ""


class Desk:
    """A folder of cases, or one case.

    Parameters
    ----------
    place : Path
        A case, or a folder that holds cases.
    who : str
        Under which name acts are logged where nobody logs in.
    """

    def __init__(self, place: Path, *, who: str = "") -> None:
        self.is_one_case = is_case(place)
        if not self.is_one_case and not place.is_dir():
            raise CaseNotFound(
                "there is no case and no folder here",
                got=str(place),
                do="make the folder first: cases are made in it from the page",
            )
        self.place = place.absolute()
        self.who = who or workbench.this_user()
        self._examining: dict[str, Examining] = {}
        self._preparing: dict[tuple[str, str], Preparing] = {}
        self._data: OrderedDict[str, tuple[str, ReportData]] = OrderedDict()
        self._listening: OrderedDict[tuple[str, str], tuple[str, Listening]] = OrderedDict()
        self._lock = threading.Lock()

    def cases(self) -> list[Listed]:
        """All cases, by name."""
        return [self._listed(name) for name in self.names()]

    def names(self) -> list[str]:
        """The names of the folders that hold cases; links are not followed."""
        if self.is_one_case:
            return [self.place.name]
        found = [
            each.name
            for each in os.scandir(self.place)
            if each.is_dir(follow_symlinks=False) and is_case(Path(each.path))
        ]
        return sorted(name for name in found if safe_name(name) == name)

    def folder(self, name: str) -> Path:
        """The folder of a case; the name is looked up, never followed.

        Raises
        ------
        CaseNotFound
        """
        if name not in self.names():
            raise CaseNotFound(
                "there is no case of that name",
                got=safe_text(name, 100),
                do="look among all cases; its folder may have been renamed or moved",
            )
        return self.place if self.is_one_case else self.place / name

    def open(self, name: str, who: str) -> Case:
        """Open a case in somebody's name.

        Raises
        ------
        CaseError
        """
        return workbench.open(self.folder(name), who=who)

    def new(self, title: str, who: str) -> str:
        """Make a case; give its name, which is made of its title.

        Raises
        ------
        CaseExists
        """
        if self.is_one_case:
            raise CaseExists(
                "this desk serves one case",
                do="serve the folder that is to hold the cases: earwitness serve FOLDER",
            )
        name = _folder_name(title)
        if (self.place / name).exists():
            raise CaseExists("a case of that name is there already", got=name)
        workbench.new(self.place / name, title=safe_text(title), who=who)
        return name

    def data(self, case: Case) -> ReportData:
        """Everything that a report says; computed anew only when the case has changed.

        Raises
        ------
        CaseDamaged
        """
        state, key = _state(case.path), str(case.path)
        with self._lock:
            known = self._data.get(key)
        if known and known[0] == state:
            return known[1]
        found = case.report_data()
        with self._lock:
            self._data[key] = (state, found)
            self._data.move_to_end(key)
            while len(self._data) > _KEPT_DATA:
                self._data.popitem(last=False)
        return found

    def listening(self, name: str, sha256: str) -> Listening:
        """A recording of a case; found anew only when the case has changed, for its pieces are many.

        Raises
        ------
        CaseError, UnknownExhibit
        """
        folder = self.folder(name)
        state, key = _state(folder), (name, sha256)
        with self._lock:
            known = self._listening.get(key)
        if known and known[0] == state:
            return known[1]
        found = self.open(name, self.who).listen(sha256)
        with self._lock:
            self._listening[key] = (state, found)
            while len(self._listening) > _KEPT_RECORDINGS:
                self._listening.popitem(last=False)
        return found

    def examining(self, name: str, case: Case) -> Examining | Queued | None:
        """What was last asked for in a case: of the store's workers, or of this desk since its start."""
        return Queued(case) if case.is_on_server else self._examining.get(name)

    def examine(self, name: str, who: str, only: Sequence[str], *, again: bool) -> None:
        """Have a case examined, by the store's workers if it is on a server; what goes on, goes on.

        Raises
        ------
        UnknownExamination, CaseError, StoreError
        """
        for each in only:
            find_examination(each)
        case = self.open(name, who)
        if case.is_on_server:
            case.ask(only, again=again)
            return
        with self._lock:
            running = self._examining.get(name)
            if running is None or running.is_over:
                running = self._examining[name] = Examining(
                    case, only, again=again, called=self.called(name)
                )
                running.start()

    def prepare(self, name: str, case: Case, sha256: str, *, anew: bool = False) -> Preparing:
        """Make a recording ready to be listened to, unless that is going on.

        ``anew`` tries again what ended in trouble before.
        """
        with self._lock:
            job = self._preparing.get((name, sha256))
            if job is None or (job.is_over and (anew or not job.trouble)):
                job = self._preparing[name, sha256] = Preparing(case, sha256)
                job.start()
            return job

    def close(self) -> None:
        """Stop what this desk is doing; what had ended is kept, and the store's workers go on."""
        for preparing in self._preparing.values():
            preparing.stop()
        for examining in self._examining.values():
            examining.stop(wait_s=0)
        for examining in self._examining.values():
            examining.join(10)

    def called(self, name: str) -> str:
        """What a log calls a case: its id on the server, or a hash of a name that may be a person's."""
        folder = self.place if self.is_one_case else self.place / name
        if name in self.names() and (folder / POINTER).is_file():
            with suppress(EarwitnessError):
                return read_pointer(folder)
        return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]

    def _listed(self, name: str) -> Listed:
        try:
            return Listed(name, workbench.title_of(self.folder(name)))
        except EarwitnessError as error:
            return Listed(name, "", str(error))


def _state(folder: Path) -> str:
    """What changes with every change of a case: its seal, and case.toml, which a person may edit."""
    paths = [folder / name for name in (*SEALS, "case.toml")]
    return "".join(path.read_text("utf-8", "replace") for path in paths if path.is_file())


def _folder_name(title: str) -> str:
    name = _NOT_IN_A_NAME.sub(" ", title).strip(" .")[:80].strip(" .")
    return f"{' '.join(name.split()) or 'case'}.case"


@contextmanager
def incoming(case: Case) -> Iterator[tuple[Any, Path]]:
    """A file for an upload; it is gone afterwards, and after a kill when the case is next opened."""
    folder = case.path / "cache" / "desk" / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    part = None
    try:
        with written_part(folder) as (file, part):
            yield file, part
    finally:
        if part is not None:
            with suppress(FileNotFoundError):
                part.unlink()
