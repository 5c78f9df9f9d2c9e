"""Whether a passage occurs twice in the recording, as it does when it was copied and moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from earwitness.archive.spectrum import SAMPLE_RATE_HZ
from earwitness.archive.within import LEAST_APART_S, LONGEST_S, UNTOUCHED, Repeat, find_repeats
from earwitness.evidence.exhibit import Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.outcome import (
    Asked,
    Figure,
    Finding,
    Line,
    Measure,
    NotExamined,
    Place,
    Strength,
    numbers,
)
from earwitness.signal.recording import Recording


@examination(
    question="Does a passage occur in it twice?",
    answers=Asked.WHOLE,
    sources=(
        "Haitsma and Kalker 2002, ISMIR (the fine prints)",
        "Gumbel 1958; Coles 2001 (the law of the background)",
    ),
    needs=Needs(min_seconds=5.0),
    applies_to=(Role.QUESTIONED,),
)
def repeats_v1(
    recording: Recording, case: CaseView, *, most_probable_error: float = 0.01
) -> Finding | NotExamined:
    """Search the recording in itself for passages that stand in it twice.

    1. The signs of how its spectrum changes, 31 every 32 ms, are compared second by second with
       all that lies two seconds or more away; recordings over forty minutes are searched by
       landmarks, as an archive is.
    2. What agrees is lined up at every lag, and reaches as far as it agrees.
    3. The score is the agreement over its spread in unrelated speech. The false-match probability
       is how often an untouched recording of this length gives such a score; it was measured on
       150 untouched recordings of five minutes and follows the law of extreme values. Passages are
       reported where it is at most ``most_probable_error``.
    4. The two waveforms are laid over one another. Those of a copy agree in phase, even through a
       codec: what correlates by 0.5 or more, for a second or more, is called the same sound. Those
       of the same words said twice, even by a synthetic voice, do not; such passages are told apart,
       as alike. The false-match probability does not count this second test, so it is stated too
       high rather than too low.
    """
    if recording.duration_s > LONGEST_S:
        return NotExamined(
            reason="the recording is too long to be searched in itself",
            got=f"{recording.duration_s / 3600:.1f} h",
            needed=f"{LONGEST_S / 3600:g} h at most; examine it in parts",
        )
    case.progress(0.1, "comparing")
    sound = recording.signal(SAMPLE_RATE_HZ)  # 1
    found = find_repeats(np.asarray(sound), most_probable_error=most_probable_error)  # 2, 3
    repeats = [repeat for repeat in found if repeat.is_same_wave]  # 4
    alike = [repeat for repeat in found if not repeat.is_same_wave]
    return Finding(
        summary=_summary(repeats, alike),
        measures=(
            Measure("passages that occur twice", len(repeats)),
            Measure("passages that are alike, in other sound", len(alike)),
            Measure("shortest distance searched", LEAST_APART_S, "s", digits=1),
            *_wave_measures(repeats),
        ),
        places=tuple(place for repeat in (*repeats, *alike) for place in _places(repeat)),
        limits=(
            "A jingle, a ring tone, a signal or a played-back sound also occurs twice without "
            "any copying; listen to both places.",
            "A passage under about one and a half seconds, or one that was changed in speed or pitch "
            "after copying, may be missed.",
            "Which of two places is the copy is not told.",
            "A copy that went through a codec of very low rate may be told as alike only.",
        ),
        details={
            "repeats": [_as_json(repeat) for repeat in repeats],
            "alike": [_as_json(repeat) for repeat in alike],
        },
        figures=_figures(repeats, recording.duration_s),
        strength=_strength(repeats, recording.duration_s),
    )


def _summary(repeats: Sequence[Repeat], alike: Sequence[Repeat]) -> str:
    if not repeats:
        said = f" {len(alike)} are alike, in other sound." if alike else ""
        return f"No passage of about two seconds or more occurs in it twice.{said}"
    first = repeats[0]
    others = f", and {len(repeats) - 1} more" if len(repeats) > 1 else ""
    return (
        f"The passage from {first.first_start_s:.2f} to {first.first_end_s:.2f} s occurs again from "
        f"{first.second_start_s:.2f} to {first.second_end_s:.2f} s{others}."
    )


def _wave_measures(repeats: Sequence[Repeat]) -> list[Measure]:
    if not repeats:
        return []
    least = min(repeat.wave_correlation for repeat in repeats)
    return [Measure("lowest correlation of the two waveforms", least, digits=2)]


def _places(repeat: Repeat) -> tuple[Place, Place]:
    apart = repeat.second_start_s - repeat.first_start_s
    kind = "the same sound" if repeat.is_same_wave else "alike, in other sound"
    says = f"{kind}, waveforms correlate by {repeat.wave_correlation:.2f}"
    return (
        Place(repeat.first_start_s, repeat.first_end_s, f"again {apart:.3f} s later; {says}"),
        Place(repeat.second_start_s, repeat.second_end_s, f"as {apart:.3f} s before; {says}"),
    )


def _as_json(repeat: Repeat) -> dict[str, float]:
    return {name: getattr(repeat, name) for name in Repeat.__dataclass_fields__}


def _strength(repeats: Sequence[Repeat], duration_s: float) -> Strength | None:
    if not repeats:
        return None
    weakest = max(repeats, key=lambda repeat: repeat.false_match_probability)
    low, high = UNTOUCHED.interval(weakest.score, seconds=duration_s, archive_seconds=duration_s)
    return UNTOUCHED.strength(
        (weakest.false_match_probability, low, high),
        "how often an untouched recording of this length gives as much as the weakest passage, as "
        "far as that was measured",
        f"{UNTOUCHED.searches} untouched recordings of five minutes of read English, through Opus at "
        "24 kbit/s; of 200 recordings of other speakers at the default threshold, none gave a false alarm",
    )


def _figures(repeats: Sequence[Repeat], duration_s: float) -> tuple[Figure, ...]:
    if not repeats:
        return ()
    end = round(duration_s, 3)
    layers = tuple(
        Line(
            numbers([repeat.first_start_s, repeat.first_end_s]),
            numbers([repeat.second_start_s, repeat.second_end_s]),
            f"{repeat.first_end_s - repeat.first_start_s:.1f} s",
        )
        for repeat in repeats[:100]
    )
    return (
        Figure(
            title="Where passages occur twice",
            alternative="Each line is a passage, its first occurrence to the right and its second "
            f"upwards; there are {len(repeats)}.",
            x_label="seconds, first occurrence",
            y_label="seconds, second occurrence",
            layers=layers,
            x_range=(0.0, end),
            y_range=(0.0, end),
        ),
    )
