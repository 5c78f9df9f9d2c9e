"""Gathers what a report says from a case's exhibits, outcomes and custody log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Protocol

from earwitness.evidence.custody import Entry, reportable
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.outcome import Asked, Finding, NotExamined, Outcome, outcome_to_json
from earwitness.report.data import (
    AllowancePart,
    AnswerPart,
    CustodyPart,
    ExhibitPart,
    MethodPart,
    MissingPart,
    QuestionPart,
    ReportData,
)
from earwitness.store.casefile import CaseFile
from earwitness.store.database import Examined

_LETTERS = {
    Role.QUESTIONED: "Q",
    Role.KNOWN: "K",
    Role.POPULATION: "P",
    Role.ARCHIVE: "A",
    Role.DOCUMENT: "D",
    Role.GRID: "G",
    Role.MACHINE: "M",
    Role.TRANSCRIPT: "T",
}


class NeedsLike(Protocol):
    """What an examination needs, as far as a report says it."""

    @property
    def min_seconds(self) -> float:
        """Seconds of sound."""

    @property
    def min_speech_s(self) -> float:
        """Seconds of net speech."""

    @property
    def wording(self) -> str:
        """All of it as a phrase."""


class ExaminationLike(Protocol):
    """What a report needs to know of an examination; it never calls one."""

    @property
    def name(self) -> str:
        """With its version."""

    @property
    def question(self) -> str:
        """What it asks."""

    @property
    def answers(self) -> Asked:
        """Which of the desk's questions."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the method comes from."""

    @property
    def needs(self) -> NeedsLike:
        """What it needs."""

    @property
    def method(self) -> str:
        """How it works."""

    @property
    def applies_to(self) -> tuple[Role, ...]:
        """Which exhibits it examines."""


def assemble(
    *,
    case_file: CaseFile,
    exhibits: Sequence[Exhibit],
    outcomes: Sequence[Examined],
    stale: Collection[int],
    missing: Sequence[tuple[str, str]],
    examinations: Mapping[str, ExaminationLike],
    custody: Sequence[Entry],
) -> ReportData:
    """Put together everything that a report says.

    Parameters
    ----------
    case_file : CaseFile
    exhibits : sequence of Exhibit
        Those that play a role.
    outcomes : sequence of Examined
        The newest of each exhibit and examination.
    stale : collection of int
        Numbers of outcomes whose parameters or consulted exhibits have changed since.
    missing : sequence of (sha256, method)
        What the case calls for and was not carried out.
    examinations : mapping
        By name; all that occur in ``outcomes`` and ``missing``.
    custody : sequence of Entry
        The whole log.
    """
    marks = _marks(exhibits)
    order = {sha256: index for index, sha256 in enumerate(marks)}
    ranked = sorted(outcomes, key=lambda each: (order[each.exhibit], each.method))
    questions = [_question(asked, ranked, stale, missing, examinations, marks) for asked in Asked]
    shown = reportable(custody)
    return ReportData(
        earwitness=version("earwitness"),
        title=case_file.title,
        claims=case_file.claims.model_dump(),
        questions=questions,
        allowances=_allowances(ranked, examinations, exhibits, marks),
        exhibits=[_exhibit(exhibit, marks) for exhibit in _unique(exhibits)],
        methods=[_method(examinations[name]) for name in sorted({e.method for e in outcomes})],
        custody=[_custody(entry, marks) for entry in shown],
        custody_head=shown[-1].hash if shown else "",
    )


def _unique(exhibits: Sequence[Exhibit]) -> list[Exhibit]:
    return list({exhibit.sha256: exhibit for exhibit in reversed(exhibits)}.values())[::-1]


def _marks(exhibits: Sequence[Exhibit]) -> dict[str, str]:
    """Q1, Q2, K1 ...: by role, in the order of case.toml."""
    marks: dict[str, str] = {}
    counts: dict[Role, int] = {}
    for exhibit in _unique(exhibits):
        counts[exhibit.role] = counts.get(exhibit.role, 0) + 1
        marks[exhibit.sha256] = f"{_LETTERS[exhibit.role]}{counts[exhibit.role]}"
    return marks


def _question(
    asked: Asked,
    outcomes: Sequence[Examined],
    stale: Collection[int],
    missing: Sequence[tuple[str, str]],
    examinations: Mapping[str, ExaminationLike],
    marks: Mapping[str, str],
) -> QuestionPart:
    answers = [
        _answer(each, each.number in stale, examinations[each.method], marks)
        for each in outcomes
        if examinations[each.method].answers == asked
    ]
    not_done = [
        MissingPart(exhibit=marks[sha256], method=name, question=examinations[name].question)
        for sha256, name in missing
        if examinations[name].answers == asked
    ]
    return QuestionPart(
        asked=str(asked),
        wording=asked.wording,
        in_short=_in_short(asked, outcomes, not_done, examinations, marks),
        answers=answers,
        missing=not_done,
    )


def _in_short(
    asked: Asked,
    outcomes: Sequence[Examined],
    missing: Sequence[MissingPart],
    examinations: Mapping[str, ExaminationLike],
    marks: Mapping[str, str],
) -> list[str]:
    """The question's answer for an editor: findings on the questioned recordings, and what is lacking."""
    mine = [each for each in outcomes if examinations[each.method].answers == asked]
    said = [
        f"{marks[each.exhibit]}: {sentence(each.outcome)}"
        for each in mine
        if marks[each.exhibit].startswith("Q")
    ]
    if missing:
        said.append(f"{len(missing)} examination(s) called for were not carried out.")
    if not mine and not missing:
        return ["Not examined: no examination of this question was carried out."]
    return said or ["Only other recordings than the questioned one were examined."]


def sentence(outcome: Outcome) -> str:
    """An outcome in a sentence that can't be mistaken for another kind of outcome."""
    if isinstance(outcome, Finding):
        return outcome.summary
    if isinstance(outcome, NotExamined):
        needed = f" (got {outcome.got}; needed {outcome.needed})" if outcome.got else ""
        return f"Not examined: {outcome.reason}{needed}."
    return f"The examination failed: {outcome.error}: {outcome.message}."


def _answer(
    examined: Examined, is_stale: bool, examination: ExaminationLike, marks: Mapping[str, str]
) -> AnswerPart:
    outcome = outcome_to_json(examined.outcome)
    return AnswerPart(
        exhibit=marks[examined.exhibit],
        method=examined.method,
        question=examination.question,
        ended_in=examined.outcome.kind,
        outcome=outcome,
        outcome_sha256=examined.stored_sha256,
        parameters=dict(examined.parameters),
        versions=dict(examined.versions),
        examined_at=examined.examined_at,
        is_stale=is_stale,
    )


def _allowances(
    outcomes: Sequence[Examined],
    examinations: Mapping[str, ExaminationLike],
    exhibits: Sequence[Exhibit],
    marks: Mapping[str, str],
) -> list[AllowancePart]:
    """For each questioned recording whose quality was measured: which examinations that allows."""
    questioned = {each.sha256 for each in exhibits if each.role == Role.QUESTIONED}
    parts = []
    for examined in outcomes:
        outcome = examined.outcome
        if not examined.method.startswith("quality_v") or not isinstance(outcome, Finding):
            continue
        if examined.exhibit not in questioned:
            continue
        for name, examination in sorted(examinations.items()):
            if name != examined.method and Role.QUESTIONED in examination.applies_to:
                parts.append(_allowance(marks[examined.exhibit], examination, outcome))
    return parts


def _allowance(mark: str, examination: ExaminationLike, quality: Finding) -> AllowancePart:
    needs = examination.needs
    lacking = []
    for name, least in (("duration", needs.min_seconds), ("net speech", needs.min_speech_s)):
        value = quality.measure(name).value
        if least and isinstance(value, int | float) and value < least:
            lacking.append(f"{name} is {value:g} s, {least:g} s are needed")
    return AllowancePart(
        exhibit=mark,
        method=examination.name,
        needs=needs.wording,
        allowed=not lacking,
        because="; ".join(lacking),
    )


def _exhibit(exhibit: Exhibit, marks: Mapping[str, str]) -> ExhibitPart:
    return ExhibitPart(
        mark=marks[exhibit.sha256],
        sha256=exhibit.sha256,
        name=exhibit.name,
        size=exhibit.size,
        role=str(exhibit.role),
        speaker=exhibit.speaker,
    )


def _method(examination: ExaminationLike) -> MethodPart:
    return MethodPart(
        name=examination.name,
        question=examination.question,
        needs=examination.needs.wording,
        text=examination.method,
        sources=list(examination.sources),
    )


def _redaction(details: Mapping[str, Any]) -> str:
    if "lifted" in details:
        return f"redaction {details['lifted']} lifted"
    what = "a passage" if "exhibit" in details else "a person's name"
    return f"{what} redacted in reports" + (f": {details['why']}" if details.get("why") else "")


def _custody(entry: Entry, marks: Mapping[str, str]) -> CustodyPart:
    details = entry.details
    match entry.act:
        case "add":
            what = f"added as {details['role']}: {details['name']} ({details['size']} bytes)"
        case "examine":
            what = f"{details['method']} ended in {details['ended_in']}"
        case "change":
            what = "title, claims or settings were changed at the desk"
        case "edit":
            what = "case.toml was edited by hand"
        case "accept":
            what = f"transcript accepted: {details['name']}"
        case "regions":
            regions = details["regions"] or "all of it"
            what = f"regions of {details['name']} as {details['role']}: {regions}"
        case "set":
            what = f"{details['examination']}: {details['parameter']} = {details['value']}"
        case "new":
            what = f"case made: {details['title']}"
        case "redact":
            what = _redaction(details)
        case _:
            what = entry.act
    return CustodyPart(
        number=entry.number,
        at=entry.at,
        who=entry.who,
        act=entry.act,
        exhibits=[marks.get(sha256, sha256) for sha256 in entry.exhibits],
        what=what,
        hash=entry.hash,
    )
