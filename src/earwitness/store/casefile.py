"""case.toml: the part of a case that a person reads and edits.

It says what is claimed of the questioned recording, which exhibit plays which role, and how the
examinations are to be run. Comments and order are kept when earwitness writes to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomlkit
import tomlkit.exceptions
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from tomlkit.items import AoT

from earwitness.errors import BadCaseFile
from earwitness.evidence.exhibit import Declared, Role

FORMAT = 1
MAX_BYTES = 10_000_000
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Claims(_Part):
    """What is claimed of the questioned recording. Empty where nothing is claimed."""

    speaker: str = Field("", description="who is said to be speaking")
    publisher: str = Field("", description="who published it")
    released: str = Field("", description="when it was published, ISO 8601 or in words")
    place: str = Field("", description="where it is said to have been made")
    language: str = Field("", description="the language spoken, such as 'ar' or 'English'")
    application: str = Field("", description="the messenger or program it is said to come from")


class Settings(_Part):
    """How examinations are run."""

    max_hours: float = Field(24.0, gt=0, description="refuse recordings that decode to more hours")
    workers: int = Field(0, ge=0, description="processes at once; 0 means one for each core")


class Listed(_Part):
    """One exhibit and the part it plays."""

    sha256: Sha256
    role: Role
    name: str = Field("", description="the name that the file had; for people only")
    speaker: str = Field("", description="for known and population recordings: who speaks")
    of: Sha256 | Literal[""] = Field("", description="of a transcript: the recording's SHA-256")
    language: str = Field("", description="of a transcript: such as 'ar'")
    kind: Literal["", "original", "translation"] = Field("", description="of a transcript")
    by: str = Field("", description="of a transcript: who transcribed or translated")
    review: Literal["", "draft", "accepted"] = Field("", description="of a transcript")
    regions: str = Field(
        "", description="of a recording: the speaker's parts, such as '12.5-30, 45-60' s"
    )

    @property
    def declared(self) -> Declared:
        """What is declared of it as a transcript, or as a recording."""
        return Declared(self.of, self.language, self.kind, self.by, self.review, self.regions)


class Redacted(_Part):
    """What reports and exports leave out: a person's names, or a passage of a recording."""

    names: tuple[Annotated[str, StringConstraints(min_length=2, max_length=200)], ...] = Field(
        (), max_length=100, description="of one person, each in every spelling that occurs"
    )
    exhibit: Sha256 | Literal[""] = Field("", description="of a passage: the recording's SHA-256")
    start_s: float = Field(0.0, ge=0, allow_inf_nan=False, description="where it begins")
    end_s: float = Field(0.0, ge=0, allow_inf_nan=False, description="where it ends")
    why: str = Field("", max_length=1_000, description="the reason; it is printed")

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if bool(self.names) == bool(self.exhibit):
            raise ValueError("a redaction has either names, or an exhibit with a passage of it")
        if self.exhibit and self.end_s <= self.start_s:
            raise ValueError("a redacted passage ends after it begins")
        if any(not any(letter.isalnum() for letter in name) for name in self.names):
            raise ValueError("a name that is redacted has a letter in it")
        return self


class CaseFile(_Part):
    """All that case.toml can say."""

    format: int = Field(FORMAT, ge=1, description="version of this layout")
    title: str = Field("", description="what the desk calls the case")
    archives: tuple[str, ...] = Field((), description="folders of fingerprint archives to search")
    grids: tuple[str, ...] = Field((), description="folders of grid records to look in")
    claims: Claims = Claims()
    settings: Settings = Settings()
    examine: dict[str, dict[str, bool | int | float | str]] = Field(
        default_factory=dict, description="parameters by examination, such as [examine.quality_v1]"
    )
    exhibit: tuple[Listed, ...] = ()
    redact: tuple[Redacted, ...] = Field((), max_length=1_000)

    def with_role(self, role: Role) -> list[Listed]:
        """The exhibits that play a role, in the order of the file."""
        return [listed for listed in self.exhibit if listed.role == role]


def read_case_file(path: Path) -> CaseFile:
    """Read and check case.toml.

    Raises
    ------
    BadCaseFile
        If it is missing, is not TOML, or says something that it can't; the place is named.
    """
    return check_text(read_text(path))


def check_text(text: str) -> CaseFile:
    """Check the text of a case.toml.

    Raises
    ------
    BadCaseFile
        If it is not TOML, or says something that it can't; the place is named.
    """
    try:
        case_file = CaseFile.model_validate(tomlkit.parse(text).unwrap())
    except tomlkit.exceptions.ParseError as error:
        raise BadCaseFile(f"case.toml is not TOML: {error}", do="mend that line") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadCaseFile(
            f"case.toml: {where}: {first['msg']}",
            got=repr(first["input"])[:80],
            do="mend that line; case.toml is explained in the guide",
        ) from error
    if case_file.format > FORMAT:
        raise BadCaseFile(
            "case.toml has a newer layout than this earwitness knows",
            got=f"format {case_file.format}",
            expected=f"format {FORMAT}",
            do="install the newest earwitness",
        )
    return case_file


def text_hash(text: str) -> str:
    """SHA-256 of a text as it stands in a file, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def new_text(*, title: str, claims: Claims) -> str:
    """The first case.toml, with comments that explain it."""
    document = tomlkit.document()
    document.add(tomlkit.comment("An earwitness case. Edit it freely: a change is noted in the"))
    document.add(tomlkit.comment("custody log at the next act. Exhibits go by their SHA-256."))
    document.add("format", tomlkit.item(FORMAT))
    document.add("title", tomlkit.item(title))
    document.add("archives", tomlkit.item([]))
    document.add(tomlkit.nl())
    document.add(
        tomlkit.comment("What is claimed of the questioned recording. None of it is a finding.")
    )
    table = tomlkit.table()
    for name, value in claims.model_dump().items():
        table.add(name, value)
    document.add("claims", table)
    return tomlkit.dumps(document)


def text_with(text: str, exhibits: Sequence[Listed]) -> str:
    """case.toml with exhibits named in it; a known pair of hash and role gets the new speaker."""
    document = tomlkit.parse(text)
    tables = _tables(document)
    known = {(table.get("sha256"), table.get("role")): table for table in tables}
    for listed in exhibits:
        values = {key: str(value) for key, value in listed.model_dump().items() if value}
        table = known.get((listed.sha256, str(listed.role)))
        if table is not None:
            table.update(values)
            continue
        table = tomlkit.table()
        table.trivia.indent = "\n"  # an empty line before each exhibit, for the person who reads
        for name, value in values.items():
            table.add(name, value)
        tables.append(table)
        known[listed.sha256, str(listed.role)] = table
    return tomlkit.dumps(document)


def text_set(text: str, examination: str, parameter: str, value: bool | int | float | str) -> str:
    """case.toml with one parameter of an examination set."""
    document = tomlkit.parse(text)
    examine = document.setdefault("examine", tomlkit.table(is_super_table=True))
    own = examine.setdefault(examination, tomlkit.table())
    own[parameter] = value
    return tomlkit.dumps(document)


def text_cleared(text: str, sha256: str, role: Role, key: str) -> str:
    """case.toml with one thing that an exhibit says in one role taken out."""
    document = tomlkit.parse(text)
    for table in _tables(document):
        if table.get("sha256") == sha256 and table.get("role") == str(role):
            table.pop(key, None)
    return tomlkit.dumps(document)


def text_changed(
    text: str, *, title: str | None, claims: Mapping[str, str], settings: Mapping[str, float]
) -> str:
    """case.toml with another title, claims or settings; those that are not given stay."""
    document = tomlkit.parse(text)
    if title is not None and document.get("title") != title:
        document["title"] = title
    for name, values in (("claims", claims), ("settings", settings)):
        if values and name not in document:
            document.add(name, tomlkit.table())
        table: Any = document.get(name)
        for key, value in values.items():
            if table.get(key) != value:
                table[key] = value
    return tomlkit.dumps(document)


def text_without(text: str, sha256: str) -> str:
    """case.toml with an exhibit's roles taken away; its bytes and its history stay in the case."""
    document = tomlkit.parse(text)
    tables = _tables(document)
    for index in reversed(range(len(tables))):
        if tables[index].get("sha256") == sha256:
            del tables[index]
    if not tables:
        del document["exhibit"]  # an empty list could not be added to as tables
    return tomlkit.dumps(document)


def text_with_redaction(text: str, redacted: Redacted) -> str:
    """case.toml with one more redaction at its end."""
    document = tomlkit.parse(text)
    table = tomlkit.table()
    table.trivia.indent = "\n"
    for name, value in redacted.model_dump(exclude_defaults=True).items():
        table.add(name, list(value) if isinstance(value, tuple) else value)
    written = document.get("redact")
    if not isinstance(written, AoT):
        tables = tomlkit.aot()
        for each in written.unwrap() if written is not None else []:
            other = tomlkit.table()
            other.update(each)
            tables.append(other)
        document.pop("redact", None)
        document.append("redact", tables)
    document["redact"].append(table)
    return tomlkit.dumps(document)


def text_without_redaction(text: str, number: int) -> str:
    """case.toml without its redaction of that number, counted from 1."""
    document = tomlkit.parse(text)
    del document["redact"][number - 1]
    if not document["redact"]:
        del document["redact"]
    return tomlkit.dumps(document)


def _tables(document: tomlkit.TOMLDocument) -> Any:
    """The list of exhibits as [[exhibit]] tables, also if a person wrote it on one line."""
    listed = document.get("exhibit")
    if isinstance(listed, AoT):
        return listed
    written = listed.unwrap() if listed is not None else []
    if listed is not None:
        del document["exhibit"]
    document.append("exhibit", tomlkit.aot())
    tables: Any = document["exhibit"]
    for each in written:
        table = tomlkit.table()
        table.update(each)
        tables.append(table)
    return tables


def read_text(path: Path) -> str:
    """case.toml as it stands.

    Raises
    ------
    BadCaseFile
        If it is missing, too large, or not UTF-8.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadCaseFile("case.toml is too large", expected=f"at most {MAX_BYTES:,} bytes")
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise BadCaseFile("the case has no case.toml", do="restore it from a copy") from error
    except UnicodeDecodeError as error:
        raise BadCaseFile("case.toml is not UTF-8 text", got=f"byte {error.start}") from error
