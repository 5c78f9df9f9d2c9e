"""The cases that a desk serves, and what it is doing with each: examining, preparing to listen."""

from __future__ import annotations

import json
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earwitness import workbench
from earwitness.atomic import write_whole, written_part
from earwitness.engine.pool import Advanced, Ended, Event, Started
from earwitness.errors import CaseExists, CaseNotFound, EarwitnessError
from earwitness.evidence.names import safe_name, safe_text
from earwitness.report import ReportData
from earwitness.store.place import SEALS, is_case
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
        self._jobs: dict[str, Examining] = {}
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

    def examining(self, name: str) -> Examining | None:
        """The newest run of examinations in a case since the desk was started."""
        return self._jobs.get(name)

    def examine(self, name: str, who: str, only: Sequence[str], *, again: bool) -> Examining:
        """Start to examine a case; if that is going on, it goes on."""
        case = self.open(name, who)
        with self._lock:
            job = self._jobs.get(name)
            if job is None or job.is_over:
                job = self._jobs[name] = Examining(case, only, again=again)
                job.start()
        return job

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
        """Stop what is going on; what had ended is kept."""
        for examining in self._jobs.values():
            examining.stop()
        for preparing in self._preparing.values():
            preparing.stop()
        for examining in self._jobs.values():
            examining.join(10)

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


class Examining(threading.Thread):
    """Examinations of one case, going on beside the pages.

    Who watches looks at ``state``; ``changes`` tells whether there is anything new. While it runs, a
    note lies in the case's cache, so that a desk that was killed can say so when it is started again.
    """

    def __init__(self, case: Case, only: Sequence[str], *, again: bool) -> None:
        super().__init__(daemon=True)
        self._case, self._only, self._again = case, list(only), again
        self._stop_asked = threading.Event()
        self._names = {exhibit.sha256: exhibit.name for exhibit in case.exhibits}
        self._tasks: dict[str, dict[str, Any]] = {}
        self._trouble = ""
        self._note = _note(case)
        self.is_over = False
        self.changes = 0

    @property
    def state(self) -> dict[str, Any]:
        """What is going on, as JSON."""
        return {
            "is_over": self.is_over,
            "was_stopped": self._stop_asked.is_set(),
            "trouble": self._trouble,
            "tasks": [dict(task) for task in list(self._tasks.values())],
        }

    def run(self) -> None:
        """Examine until all is done or somebody stops it."""
        try:
            self._note.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._note, json.dumps({"only": self._only}).encode())
            for examined in self._case.examine(
                self._only, again=self._again, on_event=self._notice, stop=self._stop_asked
            ):
                self._end(examined.key, examined.exhibit, examined.method, examined.outcome.kind)
        except (EarwitnessError, OSError) as error:
            self._trouble = safe_text(str(error), 2_000)
        finally:
            self._note.unlink(missing_ok=True)
            self.is_over = True
            self.changes += 1

    def stop(self) -> None:
        """End the examinations; what had ended is kept."""
        self._stop_asked.set()

    def _notice(self, event: Event) -> None:
        task = event.task
        match event:
            case Started():
                self._put(task.key, task.exhibit.sha256, task.method, doing="", fraction=0.0)
            case Advanced():
                at = {"fraction": event.fraction, "doing": safe_text(event.doing, 100)}
                self._put(task.key, task.exhibit.sha256, task.method, **at)
            case Ended():
                self._end(task.key, task.exhibit.sha256, task.method, event.outcome.kind)

    def _end(self, key: str, exhibit: str, method: str, kind: str) -> None:
        self._put(key, exhibit, method, ended_in=kind, fraction=1.0)

    def _put(self, key: str, exhibit: str, method: str, **now: Any) -> None:
        name = self._names.get(exhibit, exhibit[:12])
        known = self._tasks.get(key, {"method": method, "exhibit": name, "ended_in": ""})
        self._tasks[key] = {**known, **now}
        self.changes += 1


def was_interrupted(case: Case) -> bool:
    """Whether examinations were going on in a case when a desk was killed."""
    return _note(case).exists()


def _note(case: Case) -> Path:
    return case.path / "cache" / "desk" / "examining.json"


class Preparing(threading.Thread):
    """A recording that is being made ready to be listened to."""

    _one_at_a_time = threading.Semaphore(1)

    def __init__(self, case: Case, sha256: str) -> None:
        super().__init__(daemon=True)
        self._case, self._sha256 = case, sha256
        self._stop_asked = False
        self.fraction = 0.0
        self.trouble = ""
        self.is_over = False

    def run(self) -> None:
        """Decode, and make the pieces of the plots."""
        try:
            with self._one_at_a_time, closing(self._case.prepare(self._sha256)) as steps:
                for fraction in steps:
                    self.fraction = fraction
                    if self._stop_asked:
                        return
        except (EarwitnessError, OSError) as error:
            self.trouble = safe_text(str(error), 2_000)
        finally:
            self.is_over = True

    def stop(self) -> None:
        """End it at its next step."""
        self._stop_asked = True


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
