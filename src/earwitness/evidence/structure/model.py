"""What a file is built of, in its own order: one small model for every format.

Conventions: offsets and sizes are bytes from the start of the file; texts have been through
``safe_text`` and are cut; lists are bounded, and where something was left out an anomaly or a
count says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

UNKNOWN = "unknown structure"


@dataclass(frozen=True, slots=True)
class Element:
    """One part of a file: a chunk, box, page, frame or block, or a row of like ones.

    ``count`` is above 1 where like parts were folded into one row; ``size`` is then their sum and
    ``offset`` the place of the first.
    """

    offset: int
    size: int
    kind: str
    depth: int = 0
    note: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Tag:
    """A name and a text that was written into the file; ``length`` is its size in bytes."""

    where: str
    name: str
    value: str
    length: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time written in the file: where, as ISO 8601 in UTC or as written, and how it was read."""

    where: str
    time: str
    basis: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture inside the file: never decoded, its size in pixels comes from its header alone."""

    where: str
    media_type: str
    size: int
    width_px: int | None
    height_px: int | None
    use: str = ""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something that does not add up: how often, and at which ``offset`` first."""

    kind: str
    text: str
    offset: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class Rest:
    """Bytes behind the end of the structure, and what they look like."""

    offset: int
    size: int
    looks_like: str


@dataclass(frozen=True, slots=True)
class Structure:
    """How a file is built.

    Attributes
    ----------
    format : str
        Such as "Ogg"; ``UNKNOWN`` where no parser knows it.
    elements : tuple of Element
        In the file's order.
    tags : tuple of Tag
        The first of them; ``tag_count`` says how many there are.
    times, pictures, anomalies, encoders
        Dates written in the file, pictures, what doesn't add up, names of encoding software.
    facts : mapping
        Plain values that the format's own header states, by name with unit.
    file_size, declared_end : int
        Bytes; the second is where the structure ends by its own account. A declared end beyond the
        file means that the end of the file is missing.
    rest : Rest or None
        What lies behind the declared end.
    """

    format: str
    elements: tuple[Element, ...]
    tags: tuple[Tag, ...]
    tag_count: int
    times: tuple[Stamp, ...]
    pictures: tuple[Picture, ...]
    picture_count: int
    anomalies: tuple[Anomaly, ...]
    encoders: tuple[str, ...]
    facts: Mapping[str, str | int | float]
    file_size: int
    declared_end: int
    rest: Rest | None

    @property
    def is_known(self) -> bool:
        """Whether a parser knew the format."""
        return self.format != UNKNOWN

    @property
    def missing_bytes(self) -> int:
        """Bytes that should follow by the structure's own account, and do not."""
        return max(0, self.declared_end - self.file_size)
