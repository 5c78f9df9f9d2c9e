"""What the examinations that date by mains hum share: records, and where in them a hum fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from earwitness.errors import GridError
from earwitness.evidence.exhibit import Role
from earwitness.examinations._contract import CaseView
from earwitness.examinations._hum import Hum, bands_of
from earwitness.grid.match import Candidate, Searched, Track, search
from earwitness.grid.reading import sniffed
from earwitness.grid.store import Floats32, open_record
from earwitness.signal.hum import FRAME_S
from earwitness.signal.hum_phase import BREAK_THRESHOLD, scan_phase
from earwitness.signal.recording import Recording

DATED = 0.99
LEAST_PIECE_S = 45
PRIOR = 0.5


@dataclass(frozen=True, slots=True)
class GridRecord:
    """A record to look in, of so many days."""

    name: str
    nominal_hz: int
    days: float
    stretches: Callable[[], Iterable[tuple[int, Floats32]]]


@dataclass(frozen=True, slots=True)
class Dated:
    """What a part of the recording gave: its seconds, the record it fits best, and the search."""

    start_s: float
    end_s: float
    grid: str
    found: Searched

    @property
    def best(self) -> Candidate:
        """The most probable place."""
        return self.found.candidates[0]

    @property
    def is_dated(self) -> bool:
        """Whether the most probable place is probable enough to be called its date."""
        return self.best.probability >= DATED


@dataclass(frozen=True, slots=True)
class HumDates:
    """Where the hum of a recording fits: as a whole, and in pieces where its phase breaks."""

    whole: Dated | None
    pieces: Sequence[Dated]
    breaks_s: Sequence[float]

    @property
    def dated_pieces(self) -> list[Dated]:
        """The pieces that have a date, by what is asked of one."""
        return [piece for piece in self.pieces if piece.is_dated]


def hum_dates(
    recording: Recording, hum: Hum, records: Sequence[GridRecord], case: CaseView
) -> HumDates:
    """Look for the hum in records of its nominal frequency; pieces between breaks on their own."""
    case.progress(0.4, "comparing phases")
    breaks_s = recording.shared("hum_breaks_2", lambda: {"at_s": _breaks_s(recording, hum)})
    breaks = [float(at_s) for at_s in breaks_s["at_s"]]
    case.progress(0.6, "searching the records")
    track = _without_breaks(hum, breaks)
    whole = _date(track, hum, records, 0.0, recording.duration_s)
    pieces = _pieces(track, hum, breaks, records, recording.duration_s) if breaks and whole else []
    return HumDates(whole, pieces, breaks)


def _breaks_s(recording: Recording, hum: Hum) -> np.ndarray:
    scan = scan_phase(bands_of(recording, hum), hum.track, threshold=BREAK_THRESHOLD)
    return np.asarray([found.at_s for found in scan.breaks(BREAK_THRESHOLD)], dtype=np.float64)


def grid_records(case: CaseView) -> tuple[list[GridRecord], list[str]]:
    """The records of the case, and the names of its grid exhibits that are none that can be read."""
    found, unread = [], []
    for folder in case.grids:
        record = open_record(Path(folder))
        days = record.seconds / 86_400
        found.append(GridRecord(record.publisher, record.nominal_hz, days, record.stretches))
    for exhibit in case.exhibits(Role.GRID):
        try:
            nominal_hz, stretches = sniffed(exhibit.path)
        except GridError:
            unread.append(exhibit.name)
            continue
        days = sum(values.size for _, values in stretches) / 86_400
        found.append(GridRecord(exhibit.name, nominal_hz, days, partial(list, stretches)))
    return found, unread


def _without_breaks(hum: Hum, breaks: Sequence[float]) -> Track:
    off = hum.track.frequency_hz - hum.track.nominal_hz
    sigma = hum.track.sigma_hz.copy()
    for at_s in breaks:
        sigma[np.abs(hum.track.times_s - at_s) < FRAME_S / 2 - 1] = np.nan
    return Track(off, sigma, hum.track.nominal_hz)


def _date(
    track: Track, hum: Hum, grids: Sequence[GridRecord], start_s: float, end_s: float
) -> Dated | None:
    """The record that a track fits best, and where; None where no record covers enough."""
    first_s = float(hum.track.times_s[0])
    inside = (hum.track.times_s >= start_s) & (hum.track.times_s <= end_s)
    at = np.flatnonzero(inside & track.known)
    if at.size < LEAST_PIECE_S - FRAME_S:
        return None
    part = Track(
        track.off_hz[at[0] : at[-1] + 1], track.sigma_hz[at[0] : at[-1] + 1], track.nominal_hz
    )
    found = [(grid.name, search(part, grid.stretches(), prior=PRIOR)) for grid in grids]
    found = [(name, searched) for name, searched in found if searched.candidates]
    if not found:
        return None
    together = 1.0 + sum(1.0 / max(searched.nowhere, 1e-12) - 1.0 for _, searched in found)
    name, best = max(found, key=lambda each: each[1].candidates[0].probability)
    before_s = round(first_s + float(at[0]))
    of_all = 1.0 / max(best.nowhere, 1e-12) / together  # the other records may hold it too
    moved = tuple(
        replace(c, start_s=c.start_s - before_s, probability=c.probability * of_all)
        for c in best.candidates
    )
    searched = replace(best, candidates=moved, nowhere=1.0 / together)
    return Dated(start_s, end_s, name, searched)


def _pieces(
    track: Track, hum: Hum, breaks: Sequence[float], grids: Sequence[GridRecord], duration_s: float
) -> list[Dated]:
    ends = [0.0, *breaks, duration_s]
    dated = (
        _date(track, hum, grids, start_s, end_s)
        for start_s, end_s in pairwise(ends)
        if end_s - start_s >= LEAST_PIECE_S
    )
    return [piece for piece in dated if piece is not None]


def moment(second: int) -> str:
    """A second of Unix time in words, UTC."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def shown_probability(wrong: float) -> str:
    """The probability that a match is false, in words that claim no more than it can carry."""
    return f"{wrong:.1g}" if wrong >= 1e-6 else "under one in a million"
