"""Whether a recording was cut, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.exhibit import Role
from earwitness.examinations._codec_grids import coding_of
from earwitness.examinations._codec_measured import jump_rate, jump_worth
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._edit_figures import close_up_of, timeline
from earwitness.examinations._edit_jumps import Fused, jumps_of, with_jumps
from earwitness.examinations._reference_speech import Reference, reference_for
from earwitness.outcome import Asked, Figure, Finding, Measure, NotExamined, Place, Strength
from earwitness.signal.cuts import Places, find_places
from earwitness.signal.grid_track import Jump
from earwitness.signal.moments import CUES, Moments, find_moments
from earwitness.signal.recording import Recording

MOST_PLACES: Final = 50
MOST_CLOSE_UPS: Final = 12

Floats64 = npt.NDArray[np.float64]


@examination(
    question="Was it cut, or put together from pieces, and where?",
    answers=Asked.WHOLE,
    sources=(
        "Cooper 2010, AES 39th International Conference, paper 1-1 (butt-spliced edits)",
        "Makhoul 1975, Proc. IEEE 63(4): 561-580 (linear prediction)",
        "Brümmer and du Preez 2006, Computer Speech and Language 20(2-3): 230-275 (calibration)",
        "SWGDE Best Practices for Digital Audio Authentication (cues that a laboratory looks at)",
    ),
    needs=Needs(min_seconds=3.0, min_speech_s=1.0, may_use=(Role.POPULATION,)),
)
def edits_v1(
    recording: Recording, case: CaseView, *, most_probable_error: float = 0.05
) -> Finding | NotExamined:
    """Look for places where two pieces of sound meet, and say how often untouched speech looks so.

    1. All is heard at 16 kHz. Moments that stand out within 20 ms are kept, with eight cues each: a
       step in what linear prediction leaves; what small networks that learned joins of speech make
       of 140 ms either way; how the 1.6 s before differ from the 1.6 s after in the level and the
       spectrum of the noise, the band, the fall of the sound in the room, and the offset of the
       samples; and whether tones that run through the recording, as hum does, break there.
    2. Untouched speech is brought into the conditions of this recording: its level, noise, band and
       codec. It is the case's population, if that holds eight speakers and two minutes; else that of
       the shipped table, if the table has such conditions. Else this ends as not examined.
    3. Each cue becomes a rarity: the share of moments of that untouched speech which reach it. The
       rarities are added up with weights that were learned on cuts in real speech, and that a
       population moves to what tells its own cuts (of step 4). What is highest within a quarter of a
       second is a place. With the shipped table, tones have no weight: few of its recordings have any.
    4. The same speech, cut on purpose at random places, gives each place a log10 likelihood ratio:
       that a cut scores so, against that a place of untouched speech does. No speaker of a population
       is scored by weights to which he or she contributed.
    5. Where the frame grid of an earlier MP3 or AAC coding jumps, as frame_grid_v1 finds it, the place
       there that sounds most like a cut has its ratio multiplied by that of the jump.
    6. A place is told if the best place of untouched speech of this length scores as much with a
       probability of at most ``most_probable_error``, or if the grid jumps there.
    """
    jumps = jumps_of(recording, case)
    moments = _moments(recording, case)  # 1
    reference = reference_for(recording, case)  # 2
    if isinstance(reference, NotExamined):
        return reference
    places = find_places(moments, reference.reached, reference.weights)  # 3
    worth = jump_worth(coding_of(recording.facts))
    fused = with_jumps(places, jumps or (), worth)  # 5
    places, measured = fused.places, reference.calibration
    ratios = measured.log10_lr(places.score) + fused.added[:, 1]  # 4
    bar = measured.score_for(most_probable_error, recording.duration_s)  # 6
    heard = (places.score >= bar) & (ratios > 0)
    told = _Told(
        fused,
        ratios,
        np.flatnonzero(heard),
        np.flatnonzero(heard | (fused.jump >= 0)),
        bar,
        recording.duration_s,
        reference,
    )
    case.progress(0.95, "drawing")
    return Finding(
        summary=_summary(told),
        measures=_measures(told),
        places=_places(told),
        limits=(*LIMITS, *_limits_of_jumps(jumps, is_measured=worth is not None)),
        details=_details(told),
        figures=_figures(recording, moments, told),
        strength=_strength(told) or _strength_of_jumps(recording, told),
    )


@dataclass(frozen=True)
class _Told:
    """All places, and which of them are told.

    Attributes
    ----------
    fused : Fused
    ratios : np.ndarray [shape=(n,)]
        Log10 likelihood ratios.
    heard : np.ndarray of int
        Those that sound cut: over the bar.
    all : np.ndarray of int
        Those, and those where a grid jumps.
    bar : float
    duration_s : float
    reference : Reference
    """

    fused: Fused
    ratios: Floats64
    heard: npt.NDArray[np.int64]
    all: npt.NDArray[np.int64]
    bar: float
    duration_s: float
    reference: Reference

    @property
    def places(self) -> Places:
        """Told or not."""
        return self.fused.places

    @property
    def jumps(self) -> int:
        """How many are told because a grid jumps there."""
        return int((self.fused.jump >= 0).sum())


LIMITS: Final = (
    "A cut that was made in a pause, or faded over, is found less often than one at a random place; "
    "bench/RESULTS.md has the figures. That no place is told does not show that nothing was cut.",
    "A join of two takes, a pause of the recorder, a change of microphone, a door or a click sounds "
    "as a cut does. Listen to each place.",
    "What lies above 8 kHz is not looked at.",
    "Where the recording was in another codec before its last one, the untouched speech that it is "
    "compared with was not; the rate may then be another.",
)


def _moments(recording: Recording, case: CaseView) -> Moments:
    """The recording's moments, computed once."""

    def compute() -> dict[str, Floats64]:
        found = find_moments(
            recording.signal(), on_progress=lambda done: case.progress(0.3 * done, "listening")
        )
        return {"at_s": found.at_s, "cues": found.cues, "duration_s": np.array(found.duration_s)}

    arrays = recording.shared("edits_2_moments", compute)
    return Moments(arrays["at_s"], arrays["cues"], float(arrays["duration_s"]))


def _summary(told: _Told) -> str:
    measured = told.reference.calibration
    expected = measured.false_places(told.bar, told.duration_s)
    share = float((measured.cuts >= told.bar).mean())
    rate = f"untouched speech of this length has {expected:.2g} such places on average"
    jumps = f" The frame grid of an earlier coding jumps at {_counted(told.jumps, 'place')}."
    if not told.heard.size:
        return (
            f"No place stands out as a cut would; of known cuts in such speech {100 * share:.0f} % "
            f"would, and {rate}."
        ) + (jumps if told.jumps else "")
    best = told.heard[np.argmax(told.places.score[told.heard])]
    at_s = told.places.at_s[best]
    if told.heard.size == 1:
        where = f"It sounds cut at {at_s:.2f} s"
    else:
        where = f"It sounds cut at {told.heard.size} places, most at {at_s:.2f} s"
    return f"{where}; {rate}." + (jumps if told.jumps else "")


def _counted(count: int, what: str) -> str:
    return f"one {what}" if count == 1 else f"{count} {what}s"


def _measures(told: _Told) -> tuple[Measure, ...]:
    reference, measured = told.reference, told.reference.calibration
    reached, low, high = measured.counted(told.bar)
    share = float((measured.cuts >= told.bar).mean())
    error = 1.96 * float(np.sqrt(share * (1 - share) / measured.cuts.size))
    return (
        Measure("places told", int(told.all.size)),
        Measure("of these, where the frame grid of an earlier coding jumps", told.jumps),
        Measure(
            "places of untouched speech of this length that would be told",
            measured.false_places(told.bar, told.duration_s),
            "",
            digits=3,
            low=low * told.duration_s,
            high=high * told.duration_s,
            note=f"bounds from {reached} that were counted",
        ),
        Measure(
            "known cuts at random places that would be told",
            100 * share,
            "%",
            digits=0,
            low=100 * max(0.0, share - error),
            high=100 * min(1.0, share + error),
        ),
        Measure("known cuts that this was measured on", int(measured.cuts.size)),
        Measure("untouched recordings that this was measured on", measured.recordings),
        Measure("untouched speech that this was measured on", measured.seconds / 60, "min"),
        Measure("untouched speech", reference.told),
    )


def _places(told: _Told) -> tuple[Place, ...]:
    at_s = told.places.at_s
    found = [
        Place(
            max(0.0, at_s[index] - 0.01),
            at_s[index] + 0.01,
            f"{_said(told, index)}; log10 LR {told.ratios[index]:.1f}; "
            f"{_rarest(told.places, index)}",
        )
        for index in told.all[:MOST_PLACES]
    ]
    if told.all.size > MOST_PLACES:
        rest = told.all[MOST_PLACES:]
        label = f"{rest.size} more places that sound cut"
        found.append(Place(at_s[rest[0]], at_s[rest[-1]], label))
    return tuple(found)


def _said(told: _Told, index: int) -> str:
    said = ["sounds cut"] if index in told.heard else []
    if told.fused.jump[index] >= 0:
        said.append("the frame grid of an earlier coding jumps here")
    return ", and ".join(said)


def _rarest(places: Places, index: int) -> str:
    """The cues that are rarer than one in a hundred, rarest first."""
    order = np.argsort(-places.rarity[index], kind="stable")
    said = [
        f"{CUES[cue]} {_one_in(float(places.rarity[index, cue]))}"
        for cue in order
        if places.rarity[index, cue] >= 2
    ]
    return ", ".join(said[:3]) or "no cue alone is rarer than 1 of 100"


def _one_in(rarity: float) -> str:
    """A rarity in words, no rarer than was counted."""
    return f"as in 1 of {10**rarity:.0f}" if rarity <= 3 else "rarer than 1 of 1,000"


def _details(told: _Told) -> dict[str, object]:
    shown, places, measured = told.all[:MOST_PLACES], told.places, told.reference.calibration
    spread = measured.log10_lr_interval(places.score[shown]) + told.fused.added[shown][:, [0, 2]]
    weights = told.reference.weights.round(3).tolist()
    return {
        "places": [
            {
                "at_s": round(float(places.at_s[index]), 3),
                "log10_lr": round(float(told.ratios[index]), 2),
                "low": round(float(low), 2),
                "high": round(float(high), 2),
                "log10_lr_of_a_jump": round(float(told.fused.added[index, 1]), 2),
                "untouched_places_as_high": measured.counted(float(places.score[index]))[0],
                "share_of_untouched_moments_at_least_0.001": {
                    cue: float(10 ** -min(3.0, places.rarity[index, number]))
                    for number, cue in enumerate(CUES)
                },
            }
            for index, (low, high) in zip(shown, spread, strict=True)
        ],
        "untouched_speech": told.reference.told,
        "weights": dict(zip((*CUES, "constant"), weights, strict=True)),
    }


def _strength(told: _Told) -> Strength | None:
    """How often untouched speech of this length has a place as high as the weakest that sounds cut."""
    if not told.heard.size:
        return None
    measured, duration_s = told.reference.calibration, told.duration_s
    weakest = float(told.places.score[told.heard].min())
    _, low, high = measured.counted(weakest)
    expected = measured.false_places(weakest, duration_s)
    low_p, value, high_p = (
        float(-np.expm1(-each)) for each in (low * duration_s, expected, high * duration_s)
    )
    return Strength(
        "false_alarm_rate",
        value,
        min(low_p, value),
        max(high_p, value),
        told.reference.told,
        "how often untouched speech of this length has a place that sounds as cut as the weakest told; "
        "the bounds are of what was counted, so they are wide where little was",
    )


def _strength_of_jumps(recording: Recording, told: _Told) -> Strength | None:
    """How often an untouched recording has a jump, where nothing but jumps is told."""
    rate = jump_rate(coding_of(recording.facts)) if told.jumps else None
    return rate.strength("how often an untouched recording shows any jump") if rate else None


def _limits_of_jumps(jumps: Sequence[Jump] | None, *, is_measured: bool) -> tuple[str, ...]:
    if jumps is None:
        return ("No frame grid of an earlier coding could be followed: frame_grid_v1 says why.",)
    if jumps and not is_measured:
        return (
            "The grid's jumps are not counted here: how often they are false was not measured in this "
            "coding. See frame_grid_v1.",
        )
    return ()


def _figures(recording: Recording, moments: Moments, told: _Told) -> tuple[Figure, ...]:
    shown = told.all[:MOST_PLACES]
    at_s = told.places.at_s[shown]
    signal = recording.signal()
    strongest = np.argsort(-told.ratios[shown], kind="stable")
    chosen = np.sort(strongest[:MOST_CLOSE_UPS])
    return (
        timeline(signal, moments, told.reference.reached, at_s),
        *(close_up_of(signal, float(at_s[number]), place=int(number) + 1) for number in chosen),
    )
