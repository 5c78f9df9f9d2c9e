"""One piece of work for a worker: which examination, of which exhibit, and what it may see."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from earwitness.errors import MethodError
from earwitness.evidence.exhibit import Declared, Exhibit, Role
from earwitness.examinations import Examination, Parameter, find_examination
from earwitness.outcome import canonical_json
from earwitness.signal.recording import Recording


@dataclass(frozen=True, slots=True)
class Groundwork:
    """A stage of an examination's groundwork, on one of ``parts`` equal parts of the other exhibits."""

    stage: int
    part: int
    parts: int


@dataclass(frozen=True, slots=True)
class Task:
    """An examination to be carried out.

    Attributes
    ----------
    exhibit : Exhibit
    method : str
        Name with version.
    parameters : mapping
    seen : mapping of role to exhibits
        The other exhibits that the examination declared.
    claims : mapping
        What is claimed, if the examination declared that it looks.
    archives : tuple of (folder, state)
        The archives that the case names, if the examination searches them, each with the hash of
        what it holds.
    grids : tuple of (folder, state)
        The same for records of grids.
    cache : str
        Folder for decoded signals.
    max_hours : float
    groundwork : Groundwork, optional
        Not the examination, but some of the work that goes before it.
    """

    exhibit: Exhibit
    method: str
    parameters: Mapping[str, Parameter]
    seen: Mapping[Role, tuple[Exhibit, ...]]
    claims: Mapping[str, str]
    archives: tuple[tuple[str, str], ...]
    cache: str
    max_hours: float
    grids: tuple[tuple[str, str], ...] = ()
    groundwork: Groundwork | None = None

    @property
    def exhibits(self) -> list[Exhibit]:
        """The exhibit, and all others that its examination may look at."""
        return [self.exhibit, *self.others]

    @property
    def others(self) -> list[Exhibit]:
        """All other exhibits that its examination may look at."""
        return [each for exhibits in self.seen.values() for each in exhibits]

    @property
    def examination(self) -> Examination:
        """What is carried out.

        Raises
        ------
        UnknownExamination
        """
        found, laid = find_examination(self.method), self.groundwork
        if laid is None:
            return found
        return found.laying(laid.stage, self.others[laid.part :: laid.parts])

    @property
    def consulted(self) -> dict[str, Any]:
        """Everything besides exhibit, method and parameters that the outcome depends on."""
        seen = {
            str(role): [_identity(exhibit) for exhibit in exhibits]
            for role, exhibits in self.seen.items()
        }
        states = [state for _, state in self.archives]
        consulted = {"exhibits": seen, "claims": dict(self.claims), "archives": states}
        if self.grids:  # and not an empty list, so that outcomes of before grids keep their keys
            consulted["grids"] = [state for _, state in self.grids]
        return consulted

    @property
    def key(self) -> str:
        """The same for the same work: what a result is kept and found under."""
        identity = [self.exhibit.sha256, self.method, dict(self.parameters), self.consulted]
        return hashlib.sha256(canonical_json(identity).encode("utf-8", "surrogatepass")).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The task as JSON, for the way to a worker."""
        data = asdict(self)
        data["exhibit"] = exhibit_to_json(self.exhibit)
        data["seen"] = {
            str(role): [exhibit_to_json(exhibit) for exhibit in exhibits]
            for role, exhibits in self.seen.items()
        }
        return data


def task_from_json(data: Mapping[str, Any]) -> Task:
    """A task as it came from the parent process."""
    fields = dict(data)
    fields["exhibit"] = exhibit_from_json(data["exhibit"])
    fields["seen"] = {
        Role(role): tuple(exhibit_from_json(exhibit) for exhibit in exhibits)
        for role, exhibits in data["seen"].items()
    }
    if data["groundwork"] is not None:
        fields["groundwork"] = Groundwork(**data["groundwork"])
    for named in ("archives", "grids"):
        fields[named] = tuple((folder, state) for folder, state in data[named])
    return Task(**fields)


@dataclass(frozen=True)
class TaskView:
    """What one examination may see of its case (``CaseView``)."""

    task: Task
    examination: Examination
    report: Any

    @property
    def claims(self) -> Mapping[str, str]:
        """What is claimed of the questioned recording."""
        if not self.examination.needs.claims:
            raise MethodError(f"{self.task.method} looks at claims but did not declare it")
        return self.task.claims

    @property
    def archives(self) -> Sequence[Path]:
        """The archives that the case names."""
        return [Path(folder) for folder, _ in self.task.archives]

    @property
    def grids(self) -> Sequence[Path]:
        """The records of grids that the case names."""
        return [Path(folder) for folder, _ in self.task.grids]

    def exhibits(self, role: Role) -> Sequence[Exhibit]:
        """The exhibits of a role that was declared."""
        if role not in self.examination.looks_at:
            raise MethodError(f"{self.task.method} looks at role '{role}' but did not declare it")
        return self.task.seen.get(role, ())

    def recording(self, exhibit: Exhibit) -> Recording:
        """Another recording of the case."""
        return Recording(exhibit, Path(self.task.cache), max_hours=self.task.max_hours)

    def progress(self, fraction: float, doing: str = "") -> None:
        """Pass progress on to whoever watches."""
        self.report(fraction, doing)


def view_of(task: Task, report: Any) -> TaskView:
    """The view that a task's examination gets."""
    return TaskView(task, find_examination(task.method), report)


def _identity(exhibit: Exhibit) -> list[Any]:
    """What of an exhibit an outcome can depend on: bytes, speaker, and what is declared if anything."""
    declared = {key: value for key, value in asdict(exhibit.declared).items() if value}
    return [exhibit.sha256, exhibit.speaker, *([declared] if declared else [])]


def exhibit_to_json(exhibit: Exhibit) -> dict[str, Any]:
    """An exhibit as JSON, for the way to a worker."""
    return {**asdict(exhibit), "path": str(exhibit.path), "role": str(exhibit.role)}


def exhibit_from_json(data: Mapping[str, Any]) -> Exhibit:
    """An exhibit as it came from the parent process."""
    typed = {
        "path": Path(data["path"]),
        "role": Role(data["role"]),
        "declared": Declared(**data["declared"]),
    }
    return Exhibit(**{**data, **typed})
