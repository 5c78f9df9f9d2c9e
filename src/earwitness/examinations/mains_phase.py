"""Whether the phase of the mains hum breaks, as it does where something was cut out or put in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from earwitness.evidence.exhibit import Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._hum import bands_of, hum_of
from earwitness.outcome import (
    Asked,
    Figure,
    Finding,
    Line,
    Measure,
    NotExamined,
    Place,
    Points,
    Spans,
    Strength,
    numbers,
)
from earwitness.signal.hum import LEAST_S
from earwitness.signal.hum_phase import (
    BREAK_THRESHOLD,
    UNTOUCHED,
    Break,
    PhaseScan,
    scan_phase,
)
from earwitness.signal.hum_track import HumTrack
from earwitness.signal.recording import Recording

LEAST_SHOWN = 0.5  # of all jumps of the phase, in the middle of the recording
_DRAWN = 2_000


@examination(
    question="Does the phase of its mains hum break?",
    answers=Asked.WHOLE,
    sources=(
        "Nicolalde Rodríguez, Apolinário, Biscainho 2010, IEEE TIFS 5(3) (phase of the hum)",
        "Hua, Liao, Wang, Ye, Ma 2020 and 2021, IEEE TIFS (robust filtering, choice of harmonics)",
    ),
    needs=Needs(min_seconds=LEAST_S),
    applies_to=(Role.QUESTIONED,),
)
def mains_phase_v1(recording: Recording, case: CaseView) -> Finding | NotExamined:
    """Follow the mains hum, and compare its phase before and after every place.

    1. Hum is looked for at 50 and 60 Hz and their harmonics. What the same search gives at
       frequencies at which no grid runs tells what chance and speech give in this recording.
    2. It is followed: its likeliest frequency from second to second, over all harmonics that stand out.
    3. For each place, 16 a second, the hum of 4 or 8 s on both sides is summed up at a frequency
       near the running median of the track. The score is how much better one jump, by which all
       harmonics turn as they would for a cut, explains both sides than none, as a log likelihood.
       Noise is measured there; that a grid and its harmonics wander a little is allowed for.
    4. At each place it is known how strong the hum is, and so which share of all jumps would pass the
       threshold. Where that is under half for half of the recording, it is not examined.
    5. Places that pass are breaks. The ends of a place are where the score is less by four.
    """
    case.progress(0.1, "looking for mains hum")
    hum = hum_of(recording)  # 1, 2
    if isinstance(hum, NotExamined):
        return hum
    case.progress(0.7, "comparing phases")
    scan = scan_phase(bands_of(recording, hum), hum.track, threshold=BREAK_THRESHOLD)  # 3
    enough = scan.shown >= LEAST_SHOWN
    if not enough.size or np.median(scan.shown) < LEAST_SHOWN:
        return _too_weak(scan, hum.track)  # 4
    breaks = scan.breaks(BREAK_THRESHOLD)  # 5
    return Finding(
        summary=_summary(breaks, scan, recording.duration_s),
        measures=_measures(breaks, scan, hum.track),
        places=tuple(Place(max(0.0, b.low_s), b.high_s, _label(b)) for b in breaks),
        limits=(
            "A cut by a whole number of periods of the hum leaves its phase as it was, and is not "
            "seen. So is one that was made before the hum came into the recording.",
            "A recorder that was stopped and started again, a call that lost packets, or a copy that "
            "dropped samples breaks the phase too, without anybody having edited.",
            "Two breaks within a few seconds, as of a short insertion, may be told as one.",
            f"The first and the last {scan.side_s} s cannot be compared.",
        ),
        details={
            "breaks": [{name: getattr(b, name) for name in Break.__slots__} for b in breaks],
            "side_s": scan.side_s,
            "threshold": BREAK_THRESHOLD,
            "harmonics": list(hum.track.harmonics),
        },
        figures=(_phase_figure(scan, breaks, recording.duration_s),),
        strength=_strength(breaks, recording.duration_s),
    )


def _too_weak(scan: PhaseScan, track: HumTrack) -> NotExamined:
    shown = 100 * float(np.median(scan.shown)) if scan.shown.size else 0.0
    return NotExamined(
        reason="the hum is too weak for its phase to be compared",
        got=f"{track.hum_to_noise_db:.0f} dB over 1 Hz of noise; {shown:.0f} % of all jumps of its "
        "phase would show",
        needed=f"{100 * LEAST_SHOWN:.0f} %",
    )


def _summary(breaks: Sequence[Break], scan: PhaseScan, duration_s: float) -> str:
    looked = f"{float((scan.shown >= LEAST_SHOWN).sum()) / 16:.0f} of {duration_s:.0f} s"
    if not breaks:
        return (
            f"No break in the phase of its mains hum, which is strong enough to tell in {looked}."
        )
    places = ", ".join(f"{b.at_s:.2f} s" for b in breaks[:5])
    more = f" and {len(breaks) - 5} more" if len(breaks) > 5 else ""
    return (
        f"The phase of its mains hum breaks at {places}{more}; the hum is strong enough to tell in "
        f"{looked}."
    )


def _label(found: Break) -> str:
    return (
        f"the hum's phase jumps by {found.jump_cycles:+.2f} of a cycle at {found.at_s:.2f} s "
        f"(score {found.score:.0f}, told from {BREAK_THRESHOLD:g})"
    )


def _measures(breaks: Sequence[Break], scan: PhaseScan, track: HumTrack) -> tuple[Measure, ...]:
    examined = float((scan.shown >= LEAST_SHOWN).sum()) / 16
    return (
        Measure("breaks in the phase of the hum", len(breaks)),
        Measure("greatest score of a place", float(scan.scores.max()), digits=1),
        Measure("time in which the hum is strong enough", examined, "s", digits=0),
        Measure(
            "share of all jumps that would show", 100 * float(scan.shown.mean()), "%", digits=0
        ),
        Measure("nominal frequency", track.nominal_hz, "Hz"),
        Measure("hum over 1 Hz of noise", track.hum_to_noise_db, "dB", digits=1),
    )


def _strength(breaks: Sequence[Break], duration_s: float) -> Strength | None:
    if not breaks:
        return None
    value, low, high = UNTOUCHED.rate_for(duration_s)
    return Strength(
        "false_alarm_rate",
        value,
        low,
        high,
        measured_on=UNTOUCHED.wording,
        wording="how often an untouched recording of this length, with hum that is strong enough, "
        "gives at least one break",
    )


def _phase_figure(scan: PhaseScan, breaks: Sequence[Break], duration_s: float) -> Figure:
    every = max(1, scan.times_s.size // _DRAWN)
    times = scan.times_s[::every]
    phases = np.where(scan.shown[::every] > 0, scan.phases[::every], 0.0)
    layers: list[Points | Line | Spans] = [
        Points(numbers(times), numbers(phases), f"harmonic {scan.harmonic}")
    ]
    if breaks:
        spans = tuple((round(max(0.0, b.low_s), 3), round(b.high_s, 3)) for b in breaks)
        layers.append(Spans(spans, "breaks"))
    return Figure(
        title="Phase of the mains hum",
        alternative=f"The phase of harmonic {scan.harmonic} against its slowly moving frequency; it "
        f"wanders while the recording is whole, and steps where it breaks ({len(breaks)} times).",
        x_label="seconds",
        y_label="cycles",
        layers=tuple(layers),
        x_range=(0.0, round(duration_s, 3)),
        y_range=(-0.5, 0.5),
    )
