"""Whether a recording was cut, and where."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.exhibit import Role
from earwitness.examinations import _edit_words as words
from earwitness.examinations._codec_grids import coding_of
from earwitness.examinations._codec_measured import jump_worth
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._edit_figures import close_up_of, timeline
from earwitness.examinations._edit_jumps import grids_of, judge, with_grids
from earwitness.examinations._reference_speech import reference_for
from earwitness.outcome import Asked, Figure, Finding, NotExamined
from earwitness.signal.cuts import find_places
from earwitness.signal.moments import Moments, find_moments
from earwitness.signal.recording import Recording

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
       of up to 270 ms either way; how the 1.6 s before differ from the 1.6 s after in the level and the
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
       there that sounds most like a cut has its ratio multiplied by that of the jump. Where the grid of
       a coding at another sample rate holds on both sides of a place, the place's ratio is multiplied
       by that of a cut which such a grid misses.
    6. A place is told if the best place of untouched speech of this length scores as much with a
       probability of at most ``most_probable_error``, and what the grid says leaves it a ratio as high
       as such a place has by itself; or if the grid jumps there.
    """
    moments = _moments(recording, case)  # 1
    reference = reference_for(recording, case)  # 2
    if isinstance(reference, NotExamined):
        return reference
    places = find_places(moments, reference.reached, reference.weights)  # 3
    grids = grids_of(recording, case)
    coding = coding_of(recording.facts)
    worth = None if grids is None else jump_worth(coding, is_resampled=grids.is_resampled)
    fused = with_grids(places, grids, worth)  # 5
    judged = judge(  # 4, 6
        fused,
        reference.calibration,
        duration_s=recording.duration_s,
        most_probable_error=most_probable_error,
    )
    told = words.Told(
        fused,
        judged.ratios,
        np.flatnonzero(judged.sounds_cut),
        np.flatnonzero(judged.is_told),
        None if worth is None else int((fused.jump >= 0).sum()),
        judged.bar,
        recording.duration_s,
        reference,
    )
    case.progress(0.95, "drawing")
    return Finding(
        summary=words.summary(told),
        measures=words.measures(told),
        places=words.places(told),
        limits=(*LIMITS, *words.limits_of_grids(grids, is_measured=worth is not None)),
        details=words.details(told),
        figures=_figures(recording, moments, told),
        strength=words.strength(told) or words.strength_of_jumps(told, coding, grids),
    )


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

    arrays = recording.shared("edits_4_moments", compute)
    return Moments(arrays["at_s"], arrays["cues"], float(arrays["duration_s"]))


def _figures(recording: Recording, moments: Moments, told: words.Told) -> tuple[Figure, ...]:
    shown = told.all[: words.MOST_PLACES]
    at_s = told.places.at_s[shown]
    signal = recording.signal()
    strongest = np.argsort(-told.ratios[shown], kind="stable")
    chosen = np.sort(strongest[:MOST_CLOSE_UPS])
    return (
        timeline(signal, moments, told.reference.reached, at_s),
        *(close_up_of(signal, float(at_s[number]), place=int(number) + 1) for number in chosen),
    )
