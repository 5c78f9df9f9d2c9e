"""Opening a case: one that is there, a new one, the one beside a recording, one from another desk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from earwitness import handover
from earwitness.errors import CaseExists, CaseNotFound
from earwitness.evidence.exhibit import Role
from earwitness.evidence.names import safe_name
from earwitness.store.casefile import Claims, Settings, read_case_file
from earwitness.store.folder import CaseFolder, Clock, utc_now
from earwitness.store.vault import require_plain_file
from earwitness.workbench.case import Case
from earwitness.workbench.exhibits import require_sound
from earwitness.workbench.opened import this_user
from earwitness.workbench.results import Refused

_LONGEST_NAME = 200  # bytes; most file systems take 255, and ".case" comes behind


def open(folder: str | Path, *, who: str = "", clock: Clock = utc_now) -> Case:
    """Open a case.

    Parameters
    ----------
    folder : path
    who : str
        Under which name acts are logged; user@host by default.

    Raises
    ------
    CaseNotFound, CaseDamaged, CaseTooNew, BadCaseFile
    """
    return Case(CaseFolder.open(Path(folder), who=who or this_user(), clock=clock))


def title_of(folder: str | Path) -> str:
    """What a case is called, without opening it.

    Raises
    ------
    BadCaseFile
    """
    return read_case_file(Path(folder) / "case.toml").title


def new(
    folder: str | Path,
    *,
    questioned: Iterable[str | Path] = (),
    title: str = "",
    claims: Mapping[str, str] | None = None,
    who: str = "",
    clock: Clock = utc_now,
) -> Case:
    """Make a case.

    Parameters
    ----------
    folder : path
        Must not hold a case yet.
    questioned : iterable of path
        The recordings in question.
    title : str
    claims : mapping
        What is claimed of them: speaker, publisher, released, place, language.
    who : str
        Under which name acts are logged; user@host by default.

    Raises
    ------
    CaseExists
        If there is one.
    ExhibitError, DecodeError
        If a questioned recording is refused; the case is made all the same, and is empty of it.
    """
    path = Path(folder)
    made = CaseFolder.new(
        path,
        title=title or safe_name(path.name),
        claims=Claims(**(claims or {})),
        who=who or this_user(),
        clock=clock,
    )
    case = Case(made)
    _add_all(case, questioned)
    return case


def open_bag(
    bag: str | Path, to: str | Path, *, who: str = "", clock: Clock = utc_now
) -> tuple[Case, handover.Received]:
    """Take a case in that another desk handed over in a bag; give it, and what verifying it showed.

    Parameters
    ----------
    bag, to : path
        The bag, and the folder that the case is to have.
    who : str
        Under which name that is logged; user@host by default.

    Raises
    ------
    BadBag, CaseExists, CaseTooNew, BadCaseFile
    """
    who = who or this_user()
    received = handover.open_bag(Path(bag), Path(to), who=who, clock=clock)
    return open(to, who=who, clock=clock), received


def _add_all(case: Case, questioned: Iterable[str | Path]) -> None:
    for result in case.add(questioned, Role.QUESTIONED):
        if isinstance(result, Refused):
            raise result.error


def _case_name(name: str) -> str:
    """The name of the case beside a file: cut to what a file system takes, and then still unique."""
    raw = os.fsencode(name)
    if len(raw) > _LONGEST_NAME:
        digest = hashlib.sha256(raw).hexdigest()[:12]
        name = f"{os.fsdecode(raw[:_LONGEST_NAME]).encode('utf-8', 'ignore').decode()}-{digest}"
    return f"{name}.case"


def beside(file: str | Path, *, who: str = "", clock: Clock = utc_now) -> Case:
    """The case beside a recording: ``tape.opus.case`` for ``tape.opus``, made if it is not there.

    Raises
    ------
    ExhibitError, DecodeError
        If the file is refused; no case is left behind then.
    """
    path = Path(file)
    require_plain_file(path)
    require_sound(path, max_hours=Settings().max_hours)  # before a case is made of it
    folder = path.with_name(_case_name(path.name))
    try:
        case = open(folder, who=who, clock=clock)
    except CaseNotFound:
        with suppress(CaseExists):  # another process may have made it just now
            new(folder, who=who, clock=clock)
        case = open(folder, who=who, clock=clock)
    _add_all(case, [path])
    return case
