"""What an exhibit is: a file as it was received, named by the SHA-256 of its bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Role(StrEnum):
    """The part that an exhibit plays in a case."""

    QUESTIONED = "questioned"
    KNOWN = "known"
    POPULATION = "population"
    ARCHIVE = "archive"
    DOCUMENT = "document"
    GRID = "grid"
    MACHINE = "machine"
    TRANSCRIPT = "transcript"

    @property
    def is_recording(self) -> bool:
        """Whether an exhibit of this role must be something that can be heard."""
        return self in _RECORDINGS


_RECORDINGS = frozenset({Role.QUESTIONED, Role.KNOWN, Role.POPULATION, Role.ARCHIVE, Role.MACHINE})


@dataclass(frozen=True, slots=True)
class Declared:
    """What a person declared of a transcript or a recording; each is empty where nothing was declared.

    Attributes
    ----------
    of : str
        Of a transcript: SHA-256 of the recording that it says the words of.
    language : str
        Such as ``ar``.
    kind : str
        ``original`` or ``translation``.
    by : str
        Who transcribed or translated.
    review : str
        ``draft`` or ``accepted``.
    regions : str
        Of a recording: which parts of it are the speaker's, such as ``12.5-30, 45-60`` in seconds.
    """

    of: str = ""
    language: str = ""
    kind: str = ""
    by: str = ""
    review: str = ""
    regions: str = ""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A file as received.

    Attributes
    ----------
    sha256 : str
        Of its bytes, in hexadecimal; the exhibit's only identity.
    name : str
        The name that the file had, made safe to show (see ``safe_name``).
    size : int
        Bytes.
    role : Role
        From case.toml.
    speaker : str
        For known and population recordings: who speaks, as the desk calls that person.
    path : Path
        Where the bytes lie in the case.
    declared : Declared
        From case.toml: whose words a transcript says and who stands behind it; the regions of a
        recording.
    """

    sha256: str
    name: str
    size: int
    role: Role
    speaker: str
    path: Path
    declared: Declared = Declared()

    @property
    def short(self) -> str:
        """The first twelve digits of the hash, for people."""
        return self.sha256[:12]


def is_sha256(text: str) -> bool:
    """Whether a text is a SHA-256 in lower-case hexadecimal, and so safe as a file name."""
    return bool(_SHA256.fullmatch(text))
