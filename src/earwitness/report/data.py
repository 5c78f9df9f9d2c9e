"""The content of a report. Its JSON Schema is published as ``docs/report.schema.json``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExhibitPart(_Part):
    """An exhibit, with the mark by which the report calls it."""

    mark: str = Field(description="such as Q1 for the first questioned recording, K2, A1")
    sha256: str
    name: str
    size: int = Field(description="bytes")
    role: str
    speaker: str = ""


class AnswerPart(_Part):
    """One examination of one exhibit, and what it ended in."""

    exhibit: str = Field(description="the exhibit's mark")
    method: str
    question: str
    ended_in: Literal["finding", "not_examined", "failed"]
    outcome: dict[str, Any] = Field(description="finding, not_examined or failed, with all it says")
    outcome_sha256: str
    parameters: dict[str, Any]
    versions: dict[str, str]
    examined_at: str
    is_stale: bool = Field(description="parameters or consulted exhibits have changed since")


class MissingPart(_Part):
    """An examination that the case calls for but that was not carried out."""

    exhibit: str
    method: str
    question: str


class QuestionPart(_Part):
    """One of the desk's questions, with every answer to it."""

    asked: str
    wording: str
    in_short: list[str] = Field(description="for an editor: a sentence for each outcome")
    answers: list[AnswerPart]
    missing: list[MissingPart]


class AllowancePart(_Part):
    """Whether the quality of a recording allows an examination."""

    exhibit: str
    method: str
    needs: str
    allowed: bool
    because: str


class MethodPart(_Part):
    """How an examination works, and where it comes from."""

    name: str
    question: str
    needs: str
    text: str
    sources: list[str]


class CustodyPart(_Part):
    """One act on the case."""

    number: int
    at: str
    who: str
    act: str
    exhibits: list[str] = Field(description="marks, or hashes of exhibits that play no role now")
    what: str
    hash: str


class ReportData(_Part):
    """A whole report."""

    schema_version: int = SCHEMA_VERSION
    earwitness: str = Field(description="the version that made the report")
    title: str
    claims: dict[str, str]
    questions: list[QuestionPart]
    allowances: list[AllowancePart]
    exhibits: list[ExhibitPart]
    methods: list[MethodPart]
    custody: list[CustodyPart]
    custody_head: str = Field(description="hash of the last act that this report shows")


def report_schema() -> dict[str, Any]:
    """The JSON Schema of a report."""
    schema = ReportData.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"earwitness report, version {SCHEMA_VERSION}"
    return schema
