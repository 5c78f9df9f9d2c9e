"""When a recording was made, or copied, by its mains hum against the records of grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from earwitness.evidence.exhibit import Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._hum import Hum, hum_of
from earwitness.examinations._hum_dates import (
    DATED,
    PRIOR,
    Dated,
    GridRecord,
    grid_records,
    hum_dates,
    moment,
    shown_probability,
)
from earwitness.examinations.mains_hum import track_figure
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
from earwitness.signal.recording import Recording

LEAST_S = 60.0
LISTED = 0.5


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
       places follow. How well the right one agrees is known from the standard errors, and from
       what a record may be off by, up to 1 mHz. Bayes' rule weighs the two: each candidate gets a
       probability, and so does "none of them", which is given one half before looking.
    5. A date is told where a candidate has 99 % or more; candidates are listed where they have half
       together; with less it is not examined.
    6. Pieces between breaks are matched on their own. Pieces that were recorded at different times
       show as different dates.
    """
    case.progress(0.05, "looking for mains hum")
    hum = hum_of(recording)  # 1
    if isinstance(hum, NotExamined):
        return hum
    everything, unread = grid_records(case)
    grids = [grid for grid in everything if grid.nominal_hz == hum.track.nominal_hz]
    if not grids:
        return _no_grid(hum, unread)
    dates = hum_dates(recording, hum, grids, case)  # 2, 6
    whole, pieces, dated = dates.whole, dates.pieces, dates.dated_pieces  # 3, 4
    if whole is None:
        return _not_covered(hum, grids)
    listed = sum(candidate.probability for candidate in whole.found.candidates)
    if listed < LISTED and not dated:  # 5
        return _too_little(whole, grids)
    return Finding(
        summary=_summary(whole, dated, dates.breaks_s),
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


def _summary(whole: Dated, dated: Sequence[Dated], breaks: Sequence[float]) -> str:
    if len(dated) > 1:
        starts = [piece.best.start_s for piece in dated]
        if max(starts) - min(starts) > 60:
            told = "; ".join(
                f"what is from {p.start_s:.0f} to {p.end_s:.0f} s, to a recording that began "
                f"{moment(p.best.start_s)}"
                for p in dated
            )
            return f"Its hum dates its parts differently: {told}."
    best = whole.best if whole.is_dated or not dated else dated[0].best
    wrong = 1.0 - best.probability
    if best.probability >= DATED:
        places = "one place" if len(breaks) == 1 else f"{len(breaks)} places"
        cut = f" Its phase breaks at {places}." if breaks else ""
        return (
            f"Its hum is that of the grid from {moment(best.start_s)} on ({whole.grid}); the "
            f"probability that this is a false match is {shown_probability(wrong)}.{cut}"
        )
    return (
        f"Its hum fits several times in the records, none surely: first {moment(best.start_s)}, with a "
        f"probability of {best.probability:.2f}."
    )


def _label(dated: Dated) -> str:
    best = dated.best
    return (
        f"a recording that began {moment(best.start_s)}, with a probability of {best.probability:.4f}; "
        f"{1000 * best.rms_hz:.1f} mHz are left"
    )


def _measures(whole: Dated, grids: Sequence[GridRecord], hum: Hum) -> tuple[Measure, ...]:
    best = whole.best
    clock = 1e6 * best.offset_hz / hum.track.nominal_hz
    return (
        Measure("began", moment(best.start_s)),
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


def _as_json(dated: Dated) -> dict[str, object]:
    return {
        "start_s": dated.start_s,
        "end_s": dated.end_s,
        "record": dated.grid,
        "nowhere": dated.found.nowhere,
        "tail": dated.found.tail,
        "candidates": [
            {**asdict(candidate), "began": moment(candidate.start_s)}
            for candidate in dated.found.candidates
        ],
    }


def _figures(
    whole: Dated, hum: Hum, grids: Sequence[GridRecord], duration_s: float
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


def _not_covered(hum: Hum, grids: Sequence[GridRecord]) -> NotExamined:
    return NotExamined(
        reason="no record covers as much as this recording without a gap, or the hum is too short",
        got=f"{hum.track.times_s.size} s of hum, {sum(g.days for g in grids):.2f} days of records",
        needed="a record that is longer than the recording, and 45 s of hum between breaks",
    )


def _too_little(whole: Dated, grids: Sequence[GridRecord]) -> NotExamined:
    best = whole.best
    return NotExamined(
        reason="its hum does not tell one time in these records from others",
        got=f"{whole.end_s - whole.start_s:.0f} s of hum; the best of {whole.found.places} times leaves "
        f"{1000 * best.rms_hz:.1f} mHz, where {1000 * whole.found.expected_hz:.1f} are expected; its "
        f"probability is {best.probability:.2g}",
        needed=f"{LISTED:g} for all candidates together: a longer recording, stronger hum, or the record "
        f"of the right grid and time ({sum(g.days for g in grids):.2f} days were searched)",
    )
