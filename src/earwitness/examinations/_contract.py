"""The contract of an examination: what it asks, what it needs, what it may see, how it ends.

An examination is one function in one file of this folder, named ``<name>_v<number>``. Its first
argument is the recording, its second a view of the case; its keyword-only arguments are its
parameters, each with a default. Its docstring is the method's text in the report. It returns a
Finding, or a NotExamined where it can see for itself that it cannot examine. A released version is
never changed: ``name_v2`` is added beside ``name_v1``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from earwitness.errors import BadParameter, DecodeError, EarwitnessError, MissingPart
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.evidence.names import safe_text
from earwitness.outcome import (
    Asked,
    Failed,
    Finding,
    NotExamined,
    Outcome,
    canonical_json,
    outcome_to_json,
)
from earwitness.signal.recording import Recording

Parameter = bool | int | float | str
Progress = Callable[[float, str], None]
_NAME = re.compile(r"^[a-z][a-z0-9_]*_v[1-9][0-9]*$")


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be there before an examination is tried; checked before it runs, and shown to users.

    Attributes
    ----------
    min_seconds : float
        Decoded duration.
    min_speech_s : float
        Net speech, by speech activity.
    roles : tuple of Role
        Roles of which the case must hold at least one recording or document. The examination may
        look at these exhibits, and its outcome is computed anew when they change.
    may_use : tuple of Role
        As ``roles``, but the examination also runs when there are none.
    archives : bool
        Whether it searches the archives that the case names.
    grids : bool
        Whether it looks at the grid records that the case names.
    may_use_archives : bool
        As ``archives``, but the examination also runs when the case names none.
    claims : bool
        Whether it looks at what is claimed of the questioned recording.
    """

    min_seconds: float = 0.0
    min_speech_s: float = 0.0
    roles: tuple[Role, ...] = ()
    may_use: tuple[Role, ...] = ()
    archives: bool = False
    grids: bool = False
    may_use_archives: bool = False
    claims: bool = False

    @property
    def wording(self) -> str:
        """The needs as a phrase, for the list of examinations."""
        parts = []
        if self.min_seconds:
            parts.append(f"{self.min_seconds:g} s of sound")
        if self.min_speech_s:
            parts.append(f"{self.min_speech_s:g} s of net speech")
        parts += [f"an exhibit of the role '{role}'" for role in self.roles]
        if self.archives:
            parts.append("an archive named in case.toml")
        return ", ".join(parts) or "a recording that can be decoded"


class CaseView(Protocol):
    """What an examination may see of its case: its claims, and the exhibits that it declared."""

    @property
    def claims(self) -> Mapping[str, str]:
        """What is claimed of the questioned recording, if declared: speaker, publisher, and so on."""

    @property
    def archives(self) -> Sequence[Path]:
        """The fingerprint archives that the case names, if the examination declared that it uses them."""

    @property
    def grids(self) -> Sequence[Path]:
        """The grid records that the case names, if the examination declared that it looks at them."""

    def exhibits(self, role: Role) -> Sequence[Exhibit]:
        """The exhibits of a role that the examination declared, in the order of case.toml."""

    def recording(self, exhibit: Exhibit) -> Recording:
        """Another recording of the case, decoded once and shared."""

    def progress(self, fraction: float, doing: str = "") -> None:
        """Tell whoever watches how far the work is, from 0 to 1."""


ExaminationFunction = Callable[..., Finding | NotExamined]
Groundwork = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Examination:
    """An examination with everything that the CLI, the report and the docs say of it."""

    name: str
    version: int
    question: str
    answers: Asked
    sources: tuple[str, ...]
    needs: Needs
    applies_to: tuple[Role, ...]
    defaults: Mapping[str, Parameter]
    method: str
    function: ExaminationFunction
    groundwork: tuple[Groundwork, ...] = ()

    @property
    def family(self) -> str:
        """The name without its version."""
        return self.name.rsplit("_v", 1)[0]

    @property
    def looks_at(self) -> tuple[Role, ...]:
        """Roles of other exhibits that the outcome depends on."""
        return self.needs.roles + self.needs.may_use

    def laying(self, stage: int, others: Sequence[Exhibit]) -> Examination:
        """In place of the examination, a stage of its groundwork on some of the other exhibits."""

        def lay(recording: Recording, case: CaseView, **parameters: Parameter) -> Finding:
            self.groundwork[stage](recording, case, others, **parameters)
            return Finding(summary=f"{len(others)} recordings are ready for {self.name}")

        return replace(self, function=lay)

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Parameter]:
        """The defaults with what was given put over them.

        Raises
        ------
        BadParameter
            If a name is unknown, or a value has another type than its default.
        """
        merged = dict(self.defaults)
        for name, value in given.items():
            if name not in merged:
                raise BadParameter(
                    f"{self.name} has no parameter {name!r}",
                    expected=", ".join(merged) or "no parameters",
                )
            default = merged[name]
            if type(default) is float and type(value) is int:
                value = float(value)
            if type(value) is not type(default):
                raise BadParameter(
                    f"parameter {name} of {self.name} has the wrong type",
                    got=repr(value),
                    expected=f"{type(default).__name__}, such as {default!r}",
                )
            merged[name] = value
        return merged


def examination(
    *,
    question: str,
    answers: Asked,
    sources: Sequence[str],
    needs: Needs | None = None,
    applies_to: Sequence[Role] = (Role.QUESTIONED,),
    groundwork: Sequence[Groundwork] = (),
) -> Callable[[ExaminationFunction], Examination]:
    """Declare a function to be an examination.

    Parameters
    ----------
    question : str
        What it asks, as a question.
    answers : Asked
        Under which of the desk's questions the report prints it.
    sources : sequence of str
        Where the method comes from; at least one.
    needs : Needs
        What must be there for it to be tried.
    applies_to : sequence of Role
        Exhibits of which roles it examines.
    groundwork : sequence of callable
        Work on other exhibits that may be done beforehand, in stages: on a cluster by several workers,
        each with some of the exhibits. Each is called with the recording, the view of the case, those
        exhibits and the parameters, and leaves what it makes in the cache (``Recording.shared``). What
        was not done beforehand the examination does itself, so its outcome does not depend on it.

    Raises
    ------
    TypeError
        If the function breaks the contract; raised on import, so a test run sees it.
    """

    def declare(function: ExaminationFunction) -> Examination:
        name = function.__name__
        if not _NAME.match(name):
            raise TypeError(f"an examination is named like mains_hum_v1, not {name!r}")
        if not sources or not function.__doc__:
            raise TypeError(f"{name} must have at least one source and a docstring")
        return Examination(
            name=name,
            version=int(name.rsplit("_v", 1)[1]),
            question=question,
            answers=answers,
            sources=tuple(sources),
            needs=needs or Needs(),
            applies_to=tuple(applies_to),
            defaults=_defaults(function),
            method=inspect.cleandoc(function.__doc__),
            function=function,
            groundwork=tuple(groundwork),
        )

    return declare


def _defaults(function: ExaminationFunction) -> dict[str, Parameter]:
    defaults: dict[str, Parameter] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        if not isinstance(parameter.default, bool | int | float | str):
            raise TypeError(f"{function.__name__}: parameter {name} needs a plain default")
        defaults[name] = parameter.default
    return defaults


def carry_out(
    examination: Examination,
    recording: Recording,
    case: CaseView,
    parameters: Mapping[str, Parameter],
) -> Outcome:
    """Carry out one examination and end in exactly one outcome, whatever happens.

    This holds the package's one broad ``except``: a crash of a method becomes Failed, so that it
    can neither stop the other examinations nor be taken for "nothing found". That the sound cannot
    be decoded, or is longer than is allowed, is a fact of the evidence and so NotExamined.
    """
    try:
        unmet = _unmet_need(examination.needs, recording, case)
        if unmet is not None:
            return unmet
        outcome = examination.function(recording, case, **parameters)
        if not isinstance(outcome, Finding | NotExamined):
            raise TypeError(f"it returned {type(outcome).__name__}")
        canonical_json(outcome_to_json(outcome)).encode()  # what cannot be kept is no outcome
        return outcome
    except (MissingPart, DecodeError) as error:
        return NotExamined(reason=error.what, got=error.got, needed=error.do or error.expected)
    except EarwitnessError as error:
        return Failed(error=type(error).__name__, message=safe_text(str(error)))
    except Exception as error:  # noqa: BLE001
        return Failed(
            error=type(error).__name__, message=safe_text(f"{error} (in {examination.name})")
        )


def _unmet_need(needs: Needs, recording: Recording, case: CaseView) -> NotExamined | None:
    for role in needs.roles:
        if not case.exhibits(role):
            return NotExamined(
                reason=f"the case holds no exhibit of the role '{role}'",
                got="none",
                needed=f"at least one; add it with: earwitness case add CASE FILE --as {role}",
            )
    if needs.archives and not case.archives:
        return NotExamined(
            reason="the case names no archive to search",
            got="none",
            needed="an index made with earwitness archive build, named in case.toml",
        )
    if needs.min_seconds and recording.duration_s < needs.min_seconds:
        return NotExamined(
            reason="the recording is too short for this method",
            got=f"{recording.duration_s:.2f} s",
            needed=f"{needs.min_seconds:g} s",
        )
    if needs.min_speech_s and recording.speech.total_s < needs.min_speech_s:
        return NotExamined(
            reason="there is too little speech for this method",
            got=f"{recording.speech.total_s:.2f} s of net speech",
            needed=f"{needs.min_speech_s:g} s",
        )
    return None
