"""Whether there is mains hum in a recording, and its frequency through time."""

from __future__ import annotations

import numpy as np

from earwitness.evidence.exhibit import Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._hum import Hum, hum_of
from earwitness.outcome import (
    Asked,
    Envelope,
    Figure,
    Finding,
    Line,
    Measure,
    NotExamined,
    Strength,
    numbers,
)
from earwitness.signal.counted import rate_of
from earwitness.signal.hum import FALSE_PRESENCE, LEAST_S, NOMINAL_HZ, THRESHOLD
from earwitness.signal.recording import Recording

DRAWN = 2_000


@examination(
    question="Is there mains hum in it, and how did its frequency move?",
    answers=Asked.WHEN,
    sources=(
        "Grigoras 2005, Int. J. Speech, Language and the Law 12(1) (the frequency of the hum)",
        "Bykhovsky and Cohen 2013, IEEE TIFS 8(5) (likelihood over harmonics)",
        "Hua, Liao, Wang, Ye, Ma 2020 and 2021, IEEE TIFS (robust filtering, choice of harmonics)",
        "Rauch, Tung, Striebel 1965, AIAA J. 3(8) (the filter's way back)",
    ),
    needs=Needs(min_seconds=LEAST_S),
    applies_to=(Role.QUESTIONED,),
)
def mains_hum_v1(recording: Recording, case: CaseView) -> Finding | NotExamined:
    """Find mains hum at 50 or 60 Hz, and follow it through all its harmonics.

    1. The best line that moves little is looked for within 1 Hz of 50 and of 60 Hz, over harmonics 1, 2,
       3, 4 and 6, and in the same way at frequencies at which no grid runs. What those give is what
       chance and speech give in this recording. Hum is there if it stands six of their spreads
       above their middle. How often a frequency without mains does so was measured.
    2. The hum is followed in frames of 16 s, 1 s apart, over harmonics 1 to 20, each in a band as many
       times as wide. In a frame every moment weighs as little as there is noise beside the line. Three
       passes turn the bands back by the track so far, keep the harmonics that stand out along it, and
       correct it by the likelihood.
    3. Around that track the phases of these harmonics are followed from second to second, by a Kalman
       filter run forth and back. A grid's frequency is taken to wander as real grids do, and a harmonic
       to keep its phase against the fundamental nearly as real mains do. What is told is the mean
       over five seconds, and its standard error, which follows from the noise that was measured.
    """
    case.progress(0.1, "looking for mains hum")
    hum = hum_of(recording)  # 1, 2, 3
    if isinstance(hum, NotExamined):
        return hum
    track, other = hum.track, sorted(hum.presence.found_hz)
    two = (
        ("There is hum of another nominal frequency too; the stronger one is followed.",)
        if len(other) > 1
        else ()
    )
    return Finding(
        summary=f"There is mains hum of {track.nominal_hz} Hz, at {track.frequency_hz.mean():.3f} Hz on "
        f"average, in which {_harmonics(hum)} stand out"
        f"{'; and hum of another grid' if two else ''}.",
        measures=(
            Measure("nominal frequency", track.nominal_hz, "Hz"),
            Measure("mean frequency", float(track.frequency_hz.mean()), "Hz", digits=4),
            Measure("spread of the frequency", 1000 * float(track.frequency_hz.std()), "mHz"),
            Measure(
                "standard error, middle of all seconds",
                1000 * float(np.median(track.sigma_hz)),
                "mHz",
            ),
            Measure("hum over 1 Hz of noise", track.hum_to_noise_db, "dB"),
            *(
                Measure(f"{hz} Hz, spreads above no mains", hum.presence.scores[hz])
                for hz in NOMINAL_HZ
            ),
        ),
        limits=(
            "Hum may come from where the recording was made, from a machine that copied it, or from "
            "sound that was played into it.",
            "A line near 50 or 60 Hz may be a motor's or a fan's, and not the mains'.",
            *two,
        ),
        details={
            "start_s": float(track.times_s[0]),
            "frequency_hz": [float(f) for f in track.frequency_hz],
            "sigma_hz": [float(s) for s in track.sigma_hz],
            "harmonics": list(track.harmonics),
            "threshold": THRESHOLD,
        },
        figures=(track_figure(hum, recording.duration_s),),
        strength=_strength(),
    )


def _strength() -> Strength:
    passed, tried = FALSE_PRESENCE
    return Strength(
        "false_alarm_rate",
        *rate_of(passed, tried),
        measured_on=f"{tried:,} searches at sixteen frequencies without mains, in 264 pieces of three "
        f"minutes, of read English, most with hum, and of five grids: {passed} passed, some of them lines "
        "of other machines",
        wording="how often a frequency at which no mains hums passes the same test",
    )


def _harmonics(hum: Hum) -> str:
    numbers_ = ", ".join(str(k) for k in hum.track.harmonics[:8])
    return f"harmonics {numbers_}" + (" and more" if len(hum.track.harmonics) > 8 else "")


def track_figure(hum: Hum, duration_s: float, record_hz: Line | None = None) -> Figure:
    """The frequency through time, with its standard error, and a grid's record under it."""
    track = hum.track
    every = max(1, track.times_s.size // DRAWN)
    times, hertz = track.times_s[::every], track.frequency_hz[::every]
    sigma = track.sigma_hz[::every]
    layers: list[Envelope | Line] = [
        Envelope(
            numbers(times),
            numbers(hertz - 2 * sigma, digits=7),
            numbers(hertz + 2 * sigma, digits=7),
            "two standard errors",
        ),
        Line(numbers(times), numbers(hertz, digits=7), "hum"),
    ]
    if record_hz is not None:
        layers.append(record_hz)
    return Figure(
        title="Frequency of the mains hum",
        alternative=f"The frequency of the hum moves between {track.frequency_hz.min():.3f} and "
        f"{track.frequency_hz.max():.3f} Hz; a band shows its standard error.",
        x_label="seconds",
        y_label="Hz",
        layers=tuple(layers),
        x_range=(0.0, round(duration_s, 3)),
    )
