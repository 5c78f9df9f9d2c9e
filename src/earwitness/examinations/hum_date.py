"""When a recording was made, or copied, by its mains hum against the records of grids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from earwitness.errors import GridError
from earwitness.evidence.exhibit import Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._hum import Hum, bands_of, hum_of
from earwitness.examinations.mains_hum import track_figure
from earwitness.grid.match import Candidate, Searched, Track, search
from earwitness.grid.reading import sniffed
from earwitness.grid.store import Floats32, open_record
from earwitness.outcome import (
    Asked,
    Figure,
    Finding,
    Line,
    Measure,
    NotExamined,
    Place,
    Points,
    numbers,
)
from earwitness.signal.hum import FRAME_S
from earwitness.signal.hum_phase import BREAK_THRESHOLD, scan_phase
from earwitness.signal.recording import Recording

LEAST_S = 60.0
DATED = 0.99
LISTED = 0.5
LEAST_PIECE_S = 45
PRIOR = 0.5


@dataclass(frozen=True, slots=True)
class _Grid:
    """A record to look in, of so many days."""

    name: str
    nominal_hz: int
    days: float
    stretches: Callable[[], Iterable[tuple[int, Floats32]]]


@dataclass(frozen=True, slots=True)
class _Dated:
    """What a part of the recording gave: its seconds, the record it fits best, and the search."""

    start_s: float
    end_s: float
    grid: str
    found: Searched

    @property
    def best(self) -> Candidate:
        """The most probable place."""
        return self.found.candidates[0]


@examination(
    question="When was it made, judged by its mains hum?",
    answers=Asked.WHEN,
    sources=(
        "Grigoras 2005, Int. J. Speech, Language and the Law 12(1) (dating by the hum)",
        "Hua, Liao, Wang, Ye, Ma 2021, IEEE TIFS (the track)",
        "Hill 1975, Ann. Statist. 3: 1163-1174 (the tail of wrong places)",
    ),
    needs=Needs(min_seconds=LEAST_S, may_use=(Role.GRID,), grids=True),
    applies_to=(Role.QUESTIONED,),
)
def hum_date_v1(recording: Recording, case: CaseView) -> Finding | NotExamined:
    """Compare the frequency of its mains hum with every second of the records of grids.

    1. The hum is found and followed, second by second, with a standard error. Records come from the
       case: the grid records that it names, and its exhibits of the role ``grid``.
    2. Where the phase of the hum breaks, the track is cut, and the frames that reach over a break
       are left out.
    3. The track is laid at every second of each record of the same nominal frequency at which
       nine tenths of it are covered. One offset is fitted, within what a recorder's clock can be off
       (100 parts in a million). What counts is the mean square of what is left, in hertz; a
       correlation is not used, since tracks of different days correlate.
    4. How well wrong places agree is told from the record itself, by the law that its best
       places follow. How well the right one agrees is known from the standard errors. Bayes' rule
       weighs the two: each candidate gets a probability, and so does "none of them", which is given
       one half before looking.
    5. A date is told where a candidate has 99 % or more; candidates are listed where they have half
       together; with less it is not examined.
    6. Pieces between breaks are matched on their own. Pieces that were recorded at different times
       show as different dates.
    """
    case.progress(0.05, "looking for mains hum")
    hum = hum_of(recording)  # 1
    if isinstance(hum, NotExamined):
        return hum
    everything, unread = _grids(case)
    grids = [grid for grid in everything if grid.nominal_hz == hum.track.nominal_hz]
    if not grids:
        return _no_grid(hum, unread)
    case.progress(0.4, "comparing phases")
    scan = scan_phase(bands_of(recording, hum), hum.track, threshold=BREAK_THRESHOLD)
    breaks = [found.at_s for found in scan.breaks(BREAK_THRESHOLD)]  # 2
    case.progress(0.6, "searching the records")
    track = _without_breaks(hum, breaks)
    whole = _date(track, hum, grids, 0.0, recording.duration_s)  # 3, 4
    if whole is None:
        return _not_covered(hum, grids)
    pieces = _pieces(track, hum, breaks, grids, recording.duration_s) if breaks else []  # 6
    listed = sum(candidate.probability for candidate in whole.found.candidates)
    dated = [piece for piece in pieces if piece.best.probability >= DATED]
    if listed < LISTED and not dated:  # 5
        return _too_little(whole, grids)
    return Finding(
        summary=_summary(whole, dated, breaks),
        measures=_measures(whole, grids, hum),
        places=tuple(Place(d.start_s, d.end_s, _label(d)) for d in (pieces or [whole])),
        limits=(
            *_LIMITS,
            *(f"NOT searched, because it cannot be read as a record: {name}" for name in unread),
        ),
        details={
            "whole": _as_json(whole),
            "pieces": [_as_json(piece) for piece in pieces],
            "records": [{"name": grid.name, "days": grid.days} for grid in grids],
            "prior": PRIOR,
        },
        figures=_figures(whole, hum, grids, recording.duration_s),
    )


_LIMITS = (
    "It is the time at which the hum came into the recording: when it was made, or when it was "
    "copied by a machine on the mains.",
    "The probabilities hold for the records that were searched. That the time lies in them at all "
    "is given one half before looking; a desk that knows better should weigh that.",
    "Records of all places on one grid agree. It tells the grid, not the place.",
    "A hum that was put in on purpose, made from a record, would give a date too.",
)


def _grids(case: CaseView) -> tuple[list[_Grid], list[str]]:
    """The records of the case, and the names of its grid exhibits that are none that can be read."""
    found, unread = [], []
    for folder in case.grids:
        record = open_record(Path(folder))
        days = record.seconds / 86_400
        found.append(_Grid(record.publisher, record.nominal_hz, days, record.stretches))
    for exhibit in case.exhibits(Role.GRID):
        try:
            nominal_hz, stretches = sniffed(exhibit.path)
        except GridError:
            unread.append(exhibit.name)
            continue
        days = sum(values.size for _, values in stretches) / 86_400
        found.append(_Grid(exhibit.name, nominal_hz, days, partial(list, stretches)))
    return found, unread


def _without_breaks(hum: Hum, breaks: Sequence[float]) -> Track:
    off = hum.track.frequency_hz - hum.track.nominal_hz
    sigma = hum.track.sigma_hz.copy()
    for at_s in breaks:
        sigma[np.abs(hum.track.times_s - at_s) < FRAME_S / 2 - 1] = np.nan
    return Track(off, sigma, hum.track.nominal_hz)


def _date(
    track: Track, hum: Hum, grids: Sequence[_Grid], start_s: float, end_s: float
) -> _Dated | None:
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
    return _Dated(start_s, end_s, name, searched)


def _pieces(
    track: Track, hum: Hum, breaks: Sequence[float], grids: Sequence[_Grid], duration_s: float
) -> list[_Dated]:
    ends = [0.0, *breaks, duration_s]
    dated = (
        _date(track, hum, grids, start_s, end_s)
        for start_s, end_s in pairwise(ends)
        if end_s - start_s >= LEAST_PIECE_S
    )
    return [piece for piece in dated if piece is not None]


def _when(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _summary(whole: _Dated, dated: Sequence[_Dated], breaks: Sequence[float]) -> str:
    if len(dated) > 1:
        starts = [piece.best.start_s for piece in dated]
        if max(starts) - min(starts) > 60:
            told = "; ".join(
                f"what is from {p.start_s:.0f} to {p.end_s:.0f} s, to a recording that began "
                f"{_when(p.best.start_s)}"
                for p in dated
            )
            return f"Its hum dates its parts differently: {told}."
    best = whole.best if whole.best.probability >= DATED or not dated else dated[0].best
    wrong = 1.0 - best.probability
    if best.probability >= DATED:
        places = "one place" if len(breaks) == 1 else f"{len(breaks)} places"
        cut = f" Its phase breaks at {places}." if breaks else ""
        return (
            f"Its hum is that of the grid from {_when(best.start_s)} on ({whole.grid}); the "
            f"probability that this is a false match is {_probability(wrong)}.{cut}"
        )
    return (
        f"Its hum fits several times in the records, none surely: first {_when(best.start_s)}, with a "
        f"probability of {best.probability:.2f}."
    )


def _probability(wrong: float) -> str:
    return f"{wrong:.1g}" if wrong >= 1e-6 else "under one in a million"


def _label(dated: _Dated) -> str:
    best = dated.best
    return (
        f"a recording that began {_when(best.start_s)}, with a probability of {best.probability:.4f}; "
        f"{1000 * best.rms_hz:.1f} mHz are left"
    )


def _measures(whole: _Dated, grids: Sequence[_Grid], hum: Hum) -> tuple[Measure, ...]:
    best = whole.best
    clock = 1e6 * best.offset_hz / hum.track.nominal_hz
    return (
        Measure("began", _when(best.start_s)),
        Measure("probability of a false match", max(1.0 - best.probability, 1e-6), digits=6),
        Measure("probability that no candidate is right", whole.found.nowhere, digits=6),
        Measure("left between hum and record", 1000 * best.rms_hz, "mHz", digits=2),
        Measure(
            "expected from the hum's own error", 1000 * whole.found.expected_hz, "mHz", digits=2
        ),
        Measure(
            "offset, as an error of the recorder's clock", clock, "parts in a million", digits=0
        ),
        Measure("times compared", whole.found.places),
        Measure("times not compared, in gaps of the record", int(whole.found.gaps_s)),
        Measure("days of records", sum(grid.days for grid in grids), digits=2),
    )


def _as_json(dated: _Dated) -> dict[str, object]:
    return {
        "start_s": dated.start_s,
        "end_s": dated.end_s,
        "record": dated.grid,
        "nowhere": dated.found.nowhere,
        "tail": dated.found.tail,
        "candidates": [
            {**asdict(candidate), "began": _when(candidate.start_s)}
            for candidate in dated.found.candidates
        ],
    }


def _figures(
    whole: _Dated, hum: Hum, grids: Sequence[_Grid], duration_s: float
) -> tuple[Figure, ...]:
    best = whole.best
    line = None
    for grid in grids:
        for start, values in grid.stretches():
            at = np.arange(int(duration_s)) + best.start_s - start
            if grid.name == whole.grid and at[0] >= 0 and at[-1] < values.size:
                record = values[at].astype(np.float64) + hum.track.nominal_hz + best.offset_hz
                fine = np.isfinite(record)
                seconds = np.arange(int(duration_s))[fine]
                line = Line(
                    numbers(seconds), numbers(record[fine], digits=7), "record, with the offset"
                )
    places = [(c.start_s - best.start_s) / 86_400 for c in whole.found.candidates]
    left = [1000 * c.rms_hz for c in whole.found.candidates]
    return (
        track_figure(hum, duration_s, line),
        Figure(
            title="Places in the records",
            alternative="What is left between hum and record at the ten best places: "
            + ", ".join(f"{value:.1f} mHz" for value in left)
            + f"; {1000 * whole.found.expected_hz:.1f} mHz are expected at the right one.",
            x_label="days from the best place",
            y_label="mHz left",
            layers=(Points(numbers(places), numbers(left), "best places"),),
            x_range=(round(1.1 * min(places) - 0.01, 3), round(1.1 * max(places) + 0.01, 3)),
            y_range=(0.0, round(1.1 * max(left) + 0.1, 2)),
        ),
    )


def _no_grid(hum: Hum, unread: Sequence[str]) -> NotExamined:
    return NotExamined(
        reason=f"the case names no record of a {hum.track.nominal_hz} Hz grid that can be read",
        got=f"hum of {hum.track.nominal_hz} Hz"
        + (f"; cannot be read: {', '.join(unread)}" if unread else ""),
        needed="a record made with earwitness grid import, named in case.toml (grids), or an exhibit of "
        "the role 'grid'",
    )


def _not_covered(hum: Hum, grids: Sequence[_Grid]) -> NotExamined:
    return NotExamined(
        reason="no record covers as much as this recording without a gap, or the hum is too short",
        got=f"{hum.track.times_s.size} s of hum, {sum(g.days for g in grids):.2f} days of records",
        needed="a record that is longer than the recording, and 45 s of hum between breaks",
    )


def _too_little(whole: _Dated, grids: Sequence[_Grid]) -> NotExamined:
    best = whole.best
    return NotExamined(
        reason="its hum does not tell one time in these records from others",
        got=f"{whole.end_s - whole.start_s:.0f} s of hum; the best of {whole.found.places} times leaves "
        f"{1000 * best.rms_hz:.1f} mHz, where {1000 * whole.found.expected_hz:.1f} are expected; its "
        f"probability is {best.probability:.2g}",
        needed=f"{LISTED:g} for all candidates together: a longer recording, stronger hum, or the record "
        f"of the right grid and time ({sum(g.days for g in grids):.2f} days were searched)",
    )
