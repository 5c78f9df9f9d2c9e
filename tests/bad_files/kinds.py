"""What a bad file is: where it lies, what is wrong with it, and what is expected of us."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Expected = Literal[
    "accepted",  # it can be examined, whatever else is noted of it
    "accepted: too short",  # it decodes, and examinations that need speech end in NotExamined
    "refused: NotAFile",
    "refused: UnreadableFile",
    "refused: EmptyFile",
    "refused: NotARecording",
    "refused: DecodeError",
    "refused: TooLong",
]


@dataclass(frozen=True, slots=True)
class BadFile:
    """A bad file.

    Attributes
    ----------
    name : str
        What we call it; ``path`` may be named otherwise.
    path : Path
    what_is_wrong : str
        One sentence.
    expected : Expected
        Whether it should become an exhibit, and if not, with which class of ``errors.py`` it should
        be refused.
    """

    name: str
    path: Path
    what_is_wrong: str
    expected: Expected
