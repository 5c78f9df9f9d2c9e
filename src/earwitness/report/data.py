"""The content of a report. Its JSON Schema is published as ``docs/report.schema.json``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 2


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExhibitPart(_Part):
    """An exhibit, with the mark by which the report calls it."""

    mark: str = Field(description="such as Q1 for the first questioned recording, K2, A1")
    sha256: str = Field(description="of its bytes, in hexadecimal")
    name: str = Field(description="that the file had when it was received")
    size: int = Field(description="bytes")
    role: str = Field(description="questioned, known, population, and so on")
    speaker: str = Field("", description="for known and population recordings: who speaks")


class AnswerPart(_Part):
    """One examination of one exhibit, and what it ended in."""

    exhibit: str = Field(description="the exhibit's mark")
    method: str = Field(description="the examination's name with its version")
    question: str = Field(description="what it asks")
    ended_in: Literal["finding", "not_examined", "failed"]
    outcome: dict[str, Any] = Field(description="finding, not_examined or failed, with all it says")
    outcome_sha256: str = Field(
        description="SHA-256 of the outcome's canonical JSON, as the custody log holds it; empty "
        "where something of it was redacted, for guesses could be tested against it"
    )
    parameters: dict[str, Any] = Field(description="that it was carried out with")
    versions: dict[str, str] = Field(
        description="of earwitness and the packages that the numbers depend on"
    )
    examined_at: str = Field(description="UTC, ISO 8601")
    is_stale: bool = Field(description="parameters or consulted exhibits have changed since")


class MissingPart(_Part):
    """An examination that the case calls for but that was not carried out."""

    exhibit: str = Field(description="the exhibit's mark")
    method: str = Field(description="the examination's name with its version")
    question: str = Field(description="what it asks")


class QuestionPart(_Part):
    """One of the desk's questions, with every answer to it."""

    asked: str = Field(description="what, heard, whole, who, when, said or says_who")
    wording: str = Field(description="the question as printed")
    in_short: list[str] = Field(description="for an editor: a sentence for each outcome")
    answers: list[AnswerPart]
    missing: list[MissingPart]


class AllowancePart(_Part):
    """Whether the quality of a recording allows an examination."""

    exhibit: str = Field(description="the recording's mark")
    method: str = Field(description="the examination's name with its version")
    needs: str = Field(description="what it needs, in words")
    allowed: bool = Field(description="whether the recording's quality is enough for it")
    because: str = Field(description="what is lacking; empty when nothing is")


class MethodPart(_Part):
    """How an examination works, and where it comes from."""

    name: str = Field(description="with its version")
    question: str = Field(description="what it asks")
    needs: str = Field(description="what it needs, in words")
    text: str = Field(description="the method, step by step")
    sources: list[str] = Field(description="where it comes from")


class PropositionsPart(_Part):
    """Between what the findings on one question are to be weighed."""

    asked: str = Field(description="the desk's question")
    propositions: list[str] = Field(description="that exclude one another")
    weighed: bool = Field(description="whether a finding states how strongly it supports one")


class InterpretationPart(_Part):
    """How strong a finding is as evidence."""

    exhibit: str = Field(description="the exhibit's mark")
    method: str = Field(description="the examination's name with its version")
    scale: Literal["log10_lr", "false_alarm_rate"]
    value: float
    low: float = Field(description="lower end of the 95 % interval")
    high: float = Field(description="upper end of the 95 % interval")
    measured_on: str = Field(description="the validation that it rests on")
    verbal: str = Field(description="the value in words, by the scale that the report prints")


class LimitPart(_Part):
    """What findings do not show."""

    text: str
    of: list[str] = Field(description="the findings that it limits: mark and method")


class RedactionPart(_Part):
    """Something that was left out of this report."""

    kind: Literal["name", "passage"]
    exhibit: str = Field("", description="of a passage: the recording's mark")
    seconds: float = Field(0.0, description="of a passage: how long it is")
    why: str = Field("", description="the reason that was given")
    taken_out: int = Field(description="how often something was taken out for it")


class ReviewPart(_Part):
    """A reviewer's sign-off, as the custody log holds it."""

    at: str = Field(description="UTC, ISO 8601")
    who: str = Field(description="the name under which it was signed; nobody checks it")
    verdict: Literal["agrees", "agrees with remarks", "disagrees"]
    note: str
    evidence_head: str = Field(description="head of the custody log that was signed")
    report_sha256: str = Field(
        description="of the report as JSON without its reviews and time stamps"
    )
    of: Literal["this report", "another version of this report", "an earlier state of the case"]


class StampPart(_Part):
    """A time stamp by an outside authority (RFC 3161)."""

    stamped_at: str = Field(description="the time that the authority states, UTC")
    authority: str = Field(description="its address")
    head: str = Field(description="hash of the entry of the custody log that was stamped")
    number: int = Field(description="that entry's number")
    token_sha256: str = Field(description="of the token, which is in the custody log")


class CustodyPart(_Part):
    """One act on the case."""

    number: int = Field(description="place in the log, from 1")
    at: str = Field(description="UTC, ISO 8601")
    who: str = Field(description="user@host, or the name given with --as")
    act: str = Field(description="new, add, withdraw, edit, examine, redact, ...")
    exhibits: list[str] = Field(description="marks, or hashes of exhibits that play no role now")
    what: str = Field(description="the act in words")
    hash: str = Field(description="of this entry, over all of it and the entry before")


class ReportData(_Part):
    """A whole report."""

    schema_version: int = SCHEMA_VERSION
    earwitness: str = Field(description="the version that made the report")
    title: str = Field(description="of the case")
    claims: dict[str, str] = Field(
        description="what is claimed of the questioned recording; none of it is a finding"
    )
    questions: list[QuestionPart]
    propositions: list[PropositionsPart] = []
    interpretation: list[InterpretationPart] = []
    limits: list[LimitPart] = []
    redactions: list[RedactionPart] = []
    allowances: list[AllowancePart]
    exhibits: list[ExhibitPart]
    methods: list[MethodPart]
    custody: list[CustodyPart]
    custody_head: str = Field(description="hash of the last act that this report shows")
    reviews: list[ReviewPart] = []
    stamps: list[StampPart] = []


def report_schema() -> dict[str, Any]:
    """The JSON Schema of a report."""
    schema = ReportData.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"earwitness report, version {SCHEMA_VERSION}"
    return schema
