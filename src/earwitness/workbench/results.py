"""What the workbench tells of what it did: exhibits, drafts, replays, recordings to listen to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from earwitness.dossier.document import Document
from earwitness.dossier.statement import Statement
from earwitness.errors import EarwitnessError
from earwitness.signal.recording import Recording
from earwitness.signal.tiles import Tiles
from earwitness.store.database import Examined


@dataclass(frozen=True, slots=True)
class Added:
    """A file that is an exhibit now; ``is_new`` is False if it already had that role."""

    name: str
    sha256: str
    size: int
    facts: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Drafted:
    """A document that was read: its text, the statements drafted from it, and how many are new.

    ``dropped`` counts by reason what a language model proposed and the document does not hold.
    """

    name: str
    sha256: str
    document: Document
    statements: tuple[Statement, ...]
    new: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that did not become an exhibit, and why."""

    name: str
    error: EarwitnessError


@dataclass(frozen=True, slots=True)
class Replayed:
    """An outcome that was reached again: is it the same, and if not, what differs.

    ``is_same`` is about all that the outcome says. ``has_same_figures`` is about its plots too,
    to the bit; they may differ in a few points between processors.
    """

    examined: Examined
    again: Examined
    is_same: bool
    has_same_figures: bool
    other_versions: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Listening:
    """A recording of a case as sound, and the pieces of its waveform and spectrogram."""

    recording: Recording
    tiles: Tiles
