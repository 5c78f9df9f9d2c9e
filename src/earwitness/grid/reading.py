"""Files of grid operators, read into a record: text, zipped text, and recordings of the mains."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import numpy as np

from earwitness.errors import BadGridRecord, GridError
from earwitness.evidence.decode import decode_mono
from earwitness.evidence.names import safe_name
from earwitness.grid.layouts import LAYOUTS, Layout, Notes, read_lines
from earwitness.grid.store import (
    UNITS_PER_HZ,
    Floats32,
    Record,
    add_values,
    exists,
    new_record,
    open_record,
    stretches_of,
)
from earwitness.signal.hum import HUM_RATE_HZ, find_hum
from earwitness.signal.hum_track import hum_bands, track_hum

MOST_BYTES: Final = 4_000_000_000
_MAINS: Final = "mains recording"


def layout_named(name: str) -> Layout:
    """The layout of that name.

    Raises
    ------
    GridError
        If there is none.
    """
    if name not in LAYOUTS:
        raise GridError(f"there is no layout named {name!r}", expected=", ".join(LAYOUTS))
    return LAYOUTS[name]


def import_file(folder: Path, path: Path, *, layout: str) -> Record:
    """Read a file of an operator into the record in a folder; make the record if there is none.

    Nothing is written unless every line of the file can be read.

    Raises
    ------
    GridError
        If the file is not in the layout, or the record is of another grid.
    """
    how, notes = layout_named(layout), Notes()
    times, values = array("q"), array("h")
    with _texts(path, how.encoding) as texts:
        for text in texts:
            for utc_ms, value in read_lines(_lines(text), how, notes):
                times.append(utc_ms)
                values.append(value)
    record = open_record(folder) if exists(folder) else new_record(folder, how)
    if (record.nominal_hz, record.step_ms) != (how.nominal_hz, how.step_ms):
        raise GridError(
            "the record in this folder is of another grid or another step",
            got=f"{how.nominal_hz} Hz, {how.step_ms} ms",
            expected=f"{record.nominal_hz} Hz, {record.step_ms} ms",
            do="import into another folder",
        )
    return add_values(
        record,
        np.frombuffer(times, dtype=np.int64),
        np.frombuffer(values, dtype=np.int16),
        name=safe_name(path.name),
        sha256=_digest(path),
        layout=layout,
        notes=notes,
    )


def import_mains(folder: Path, path: Path, *, starts: datetime) -> Record:
    """Follow the mains in a recording of it, and put it into the record in a folder.

    Parameters
    ----------
    folder, path : Path
    starts : datetime
        When the recording begins; with a time zone.

    Raises
    ------
    GridError
        If there is no mains in it.
    """
    sound = decode_mono(path, sample_rate_hz=HUM_RATE_HZ)
    presence = find_hum(sound, sample_rate_hz=HUM_RATE_HZ)
    if not presence.found_hz:
        raise GridError(f"there is no mains of 50 or 60 Hz in {safe_name(path.name)}")
    nominal_hz = presence.found_hz[0]
    bands = hum_bands(sound, nominal_hz=nominal_hz, sample_rate_hz=HUM_RATE_HZ)
    track = track_hum(bands, presence, nominal_hz=nominal_hz)
    off = np.round((track.frequency_hz - nominal_hz) * UNITS_PER_HZ)
    start_ms = round(starts.astimezone(UTC).timestamp() * 1000)
    how = Layout(_MAINS, "a recording of the mains", "UTC", 1000, 1, (0,), 0, nominal_hz=nominal_hz)
    record = open_record(folder) if exists(folder) else new_record(folder, how)
    if (record.nominal_hz, record.step_ms) != (nominal_hz, 1000):
        raise GridError("the record in this folder is of another grid or another step")
    return add_values(
        record,
        start_ms + np.round(track.times_s * 1000).astype(np.int64),
        np.clip(off, -32_000, 32_000).astype(np.int16),
        name=safe_name(path.name),
        sha256=_digest(path),
        layout=_MAINS,
        notes=Notes(),
    )


@contextmanager
def _texts(path: Path, encoding: str) -> Iterator[Iterator[IO[str]]]:
    """The texts in a file: itself, unzipped, or the members of a zip archive that end in .csv or .txt."""
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start == b"PK\x03\x04":
            try:
                with zipfile.ZipFile(file) as whole:
                    yield (_text(member, encoding) for member in _members(whole))
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                raise BadGridRecord(
                    f"the zip archive is damaged ({error})", do="get it anew"
                ) from error
        elif start[:2] == b"\x1f\x8b":
            with gzip.open(file) as unzipped:
                yield iter([_text(unzipped, encoding)])
        else:
            yield iter([_text(file, encoding)])


def _members(whole: zipfile.ZipFile) -> Iterator[IO[bytes]]:
    names = sorted(n for n in whole.namelist() if n.lower().endswith((".csv", ".txt")))
    if not names:
        raise BadGridRecord("the zip archive holds no .csv or .txt file")
    for name in names:
        with whole.open(name) as member:
            yield member


def _text(file: IO[bytes] | gzip.GzipFile, encoding: str) -> IO[str]:
    return io.TextIOWrapper(file, encoding=encoding, newline=None)


def _lines(text: IO[str]) -> Iterator[str]:
    """Lines, none longer than is sensible, and not more than is sensible of them."""
    total = number = 0
    while True:
        number += 1
        try:
            line = text.readline(2_000)
        except (UnicodeDecodeError, EOFError, OSError, zlib.error, zipfile.BadZipFile) as error:
            raise BadGridRecord(
                f"line {number} cannot be read ({type(error).__name__})", do="get the file anew"
            ) from error
        if not line:
            return
        total += len(line)
        if total > MOST_BYTES:
            raise BadGridRecord(f"line {number}: the file is too large", expected="4 GB at most")
        yield line


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sniffed(path: Path) -> tuple[int, list[tuple[int, Floats32]]]:
    """Read a file without a record on disk: its nominal frequency, and its stretches in seconds.

    The layout is the first that the whole file is in; a file in local times that could be of several
    has to be imported by name.

    Raises
    ------
    BadGridRecord
        If it is in none.
    """
    refused = ""
    for how in LAYOUTS.values():
        if how.zone != "UTC":
            continue
        times, values, notes = array("q"), array("h"), Notes()
        try:
            with _texts(path, how.encoding) as texts:
                for text in texts:
                    for utc_ms, value in read_lines(_lines(text), how, notes):
                        times.append(utc_ms)
                        values.append(value)
        except BadGridRecord as error:
            refused = refused or error.what
            continue
        slots = np.round(np.frombuffer(times, np.int64) / how.step_ms).astype(np.int64)
        return how.nominal_hz, stretches_of(slots, np.frombuffer(values, np.int16), how.step_ms)
    raise BadGridRecord(f"{safe_name(path.name)}: {refused}", do="import it with its layout's name")
