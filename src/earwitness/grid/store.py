"""A record of one grid on disk: a manifest, and columns of 16 bits that are mapped into memory.

A folder with ``grid.json`` and one column for each stretch without a gap over an hour. The manifest is
replaced whole at every import. Seconds that an earlier import holds stay as they were; where a later
one says otherwise, that is counted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from earwitness.atomic import write_whole
from earwitness.errors import GridDamaged, GridError, GridNotFound
from earwitness.grid.layouts import MISSING, Layout, Notes

MANIFEST: Final = "grid.json"
FORMAT: Final = 1
LONGEST_GAP_MS: Final = 3_600_000
UNITS_PER_HZ: Final = 10_000
OVERLAP_S: Final = 5 * 3600
_STRETCH_S: Final = 100 * 86_400
_MOST_BYTES: Final = 50_000_000

Column = npt.NDArray[np.int16]
Floats32 = npt.NDArray[np.float32]
Span = tuple[int, Column]


@dataclass(frozen=True, slots=True)
class Piece:
    """A column: where it begins (milliseconds of UTC), how many values, its file and checksum."""

    start_ms: int
    values: int
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Imported:
    """A file that was imported, and what was found in it."""

    name: str
    sha256: str
    layout: str
    values: int
    already: int
    disagree: int
    notes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """A grid's record.

    Attributes
    ----------
    folder : Path
    nominal_hz, step_ms : int
    publisher, zone : str
    pieces : tuple of Piece
        In the order of time, not overlapping.
    imports : tuple of Imported
    """

    folder: Path
    nominal_hz: int
    step_ms: int
    publisher: str
    zone: str
    pieces: tuple[Piece, ...] = ()
    imports: tuple[Imported, ...] = field(default=())

    @property
    def seconds(self) -> float:
        """Time that the columns span, missing values included."""
        return sum(piece.values for piece in self.pieces) * self.step_ms / 1000

    def column(self, piece: Piece) -> Column:
        """A column [shape=(n,)], mapped into memory.

        Raises
        ------
        GridDamaged
            If it has not the length that the manifest says.
        """
        path = self.folder / piece.file
        if not path.is_file() or path.stat().st_size != 2 * piece.values:
            raise GridDamaged(
                f"a column of the record is missing or cut short: {piece.file}",
                do="import its files anew into a new folder",
            )
        return np.memmap(path, dtype="<i2", mode="r")

    def stretches(self) -> Iterator[tuple[int, Floats32]]:
        """The record as seconds: the UTC second of the first, and hertz off nominal [shape=(n,)].

        Faster records are averaged over each second; in slower ones values between are drawn
        straight. Missing values are NaN. What is long comes in stretches of about a hundred days that
        overlap by ``OVERLAP_S``, so that memory does not grow with the record.
        """
        most, overlap = (seconds * 1000 // self.step_ms for seconds in (_STRETCH_S, OVERLAP_S))
        for piece in self.pieces:
            column = self.column(piece)
            for first in range(0, max(piece.values - overlap, 1), most):
                part = np.asarray(column[first : first + most + overlap])
                yield _seconds_of(part, piece.start_ms + first * self.step_ms, self.step_ms)


def _seconds_of(column: Column, start_ms: int, step_ms: int) -> tuple[int, Floats32]:
    hertz = column.astype(np.float32) / np.float32(UNITS_PER_HZ)
    hertz[column == MISSING] = np.nan
    if step_ms == 1000:
        return start_ms // 1000, hertz
    if step_ms < 1000:
        per = 1000 // step_ms
        lead = (-(start_ms % 1000) // step_ms) % per
        whole = hertz[lead:][: (hertz.size - lead) // per * per].reshape(-1, per)
        counts = np.isfinite(whole).sum(axis=1)
        sums = np.nansum(whole, axis=1, dtype=np.float64)
        means = np.where(counts > per // 2, sums / np.maximum(counts, 1), np.nan)
        return (start_ms + lead * step_ms) // 1000, means.astype(np.float32)
    times = np.arange((hertz.size - 1) * step_ms // 1000 + 1) * 1000 / step_ms
    return start_ms // 1000, np.interp(times, np.arange(hertz.size), hertz).astype(np.float32)


def exists(folder: Path) -> bool:
    """Whether the folder holds a record."""
    return (folder / MANIFEST).is_file()


def state_of(folder: Path) -> str:
    """What a record holds, as a hash that changes whenever it does; empty where there is none."""
    if not exists(folder):
        return ""
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def open_record(folder: Path, *, check: bool = False) -> Record:
    """Open a record.

    Parameters
    ----------
    folder : Path
    check : bool
        Read every byte and compare it with its checksum.

    Raises
    ------
    GridNotFound, GridDamaged
    """
    if not exists(folder):
        raise GridNotFound(
            "the folder holds no record of a grid", do="make one with: earwitness grid import"
        )
    path = folder / MANIFEST
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("too large")
        data = json.loads(path.read_bytes())
        if data.pop("format") != FORMAT:
            raise ValueError("another format")
        pieces = tuple(Piece(**each) for each in data.pop("pieces"))
        imports = tuple(Imported(**each) for each in data.pop("imports"))
        record = Record(folder, pieces=pieces, imports=imports, **data)
        _require_plain(record)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise GridDamaged(
            f"the list of what the record holds cannot be read ({error})",
            do="import its files anew into a new folder",
        ) from error
    for piece in record.pieces:
        column = record.column(piece)
        if check and hashlib.sha256(np.asarray(column).tobytes()).hexdigest() != piece.sha256:
            raise GridDamaged(
                f"the bytes of a column have changed: {piece.file}",
                do="import its files anew into a new folder",
            )
    return record


def _require_plain(record: Record) -> None:
    """A manifest is a file that somebody may have written to do harm."""
    if record.nominal_hz not in (50, 60) or not 1 <= record.step_ms <= 60_000:
        raise ValueError("no such grid")
    end = None
    for piece in record.pieces:
        if Path(piece.file).name != piece.file or not piece.file.endswith(".i16"):
            raise ValueError("a column outside the folder")
        if piece.values < 1 or (end is not None and piece.start_ms < end):
            raise ValueError("columns that overlap")
        end = piece.start_ms + piece.values * record.step_ms


def new_record(folder: Path, layout: Layout) -> Record:
    """An empty record for what comes in a layout; nothing is written yet."""
    return Record(folder, layout.nominal_hz, layout.step_ms, layout.publisher, layout.zone)


def add_values(
    record: Record,
    times_ms: npt.NDArray[np.int64],
    values: Column,
    *,
    name: str,
    sha256: str,
    layout: str,
    notes: Notes,
) -> Record:
    """Put what was read from a file into a record, and write it.

    Parameters
    ----------
    record : Record
    times_ms, values : np.ndarray [shape=(n,)]
        As read; times between the steps go to the nearest, and of a time that occurs again the first
        counts.
    name, sha256, layout : str
    notes : Notes

    Raises
    ------
    GridError
        If the file holds no value.
    """
    slots, first = np.unique(
        np.round(times_ms / record.step_ms).astype(np.int64), return_index=True
    )
    kept = values[first]
    if not slots.size or not (kept != MISSING).any():
        raise GridError(f"{name} holds no value", expected="at least one frequency")
    known = _known(record, slots)
    disagree = int(((known != MISSING) & (kept != MISSING) & (np.abs(known - kept) > 10)).sum())
    new = known == MISSING
    imported = Imported(
        name, sha256, layout, int(slots.size), int((~new).sum()), disagree, asdict(notes)
    )
    everything = _merged(record, slots[new], kept[new])
    record.folder.mkdir(parents=True, exist_ok=True)
    pieces = tuple(_write(record, start, column) for start, column in everything)
    made = replace(record, pieces=pieces, imports=(*record.imports, imported))
    data = asdict(made)
    data.pop("folder")
    write_whole(record.folder / MANIFEST, json.dumps({"format": FORMAT, **data}, indent=1).encode())
    named = {piece.file for piece in pieces}
    for old in record.folder.glob("*.i16"):
        if old.name not in named:
            old.unlink()
    return made


def _known(record: Record, slots: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """What the record holds at some slots; ``MISSING`` where nothing."""
    known = np.full(slots.size, MISSING, dtype=np.int32)
    for piece in record.pieces:
        at = slots - piece.start_ms // record.step_ms
        inside = (at >= 0) & (at < piece.values)
        known[inside] = record.column(piece)[at[inside]]
    return known


def _merged(record: Record, slots: npt.NDArray[np.int64], values: Column) -> list[Span]:
    """The record's columns with new values among them: first slot, and values."""
    spans = [
        (piece.start_ms // record.step_ms, np.asarray(record.column(piece)))
        for piece in record.pieces
    ]
    gap = LONGEST_GAP_MS // record.step_ms
    spans = sorted([*spans, *_spans(slots, values, gap)], key=lambda span: span[0])
    joined: list[Span] = []
    for start, column in spans:
        if joined and start - (joined[-1][0] + joined[-1][1].size) <= gap:
            first, before = joined[-1]
            whole = np.full(max(before.size, start + column.size - first), MISSING, dtype="<i2")
            whole[: before.size] = before
            part = whole[start - first :][: column.size]
            np.copyto(part, column, where=column != MISSING)
            joined[-1] = (first, whole)
        else:
            joined.append((start, column))
    return joined


def _spans(slots: npt.NDArray[np.int64], values: Column, gap: int) -> list[Span]:
    """Columns of values at slots in order, one for each stretch without a long gap."""
    if not slots.size:
        return []
    ends = np.flatnonzero(np.diff(slots) > gap) + 1
    spans = []
    for some, these in zip(np.split(slots, ends), np.split(values, ends), strict=True):
        column = np.full(int(some[-1] - some[0]) + 1, MISSING, dtype="<i2")
        column[some - some[0]] = these
        spans.append((int(some[0]), column))
    return spans


def stretches_of(
    slots: npt.NDArray[np.int64], values: Column, step_ms: int
) -> list[tuple[int, Floats32]]:
    """Values as they were read, as seconds; see ``Record.stretches``."""
    unique, first = np.unique(slots, return_index=True)
    spans = _spans(unique, values[first], LONGEST_GAP_MS // step_ms)
    return [_seconds_of(column, start * step_ms, step_ms) for start, column in spans]


def _write(record: Record, start: int, column: Column) -> Piece:
    content = column.astype("<i2").tobytes()
    digest = hashlib.sha256(content).hexdigest()
    file = f"{digest[:16]}.i16"
    if not (record.folder / file).is_file():
        write_whole(record.folder / file, content)
    return Piece(start * record.step_ms, column.size, file, digest)
