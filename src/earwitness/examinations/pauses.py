"""What the pauses and the gaps of a recording tell: silence that is none, and sound that is used twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats, decode
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.outcome import Asked, Figure, Finding, Layer, Line, Measure, Place, Spans, numbers
from earwitness.signal.both_sides import Sides, listen
from earwitness.signal.copies import Copies, find_copies
from earwitness.signal.pauses import (
    FEWEST_FOR_NOISE,
    FEWEST_PAUSES,
    SameNoise,
    find_drops,
    find_pauses,
    find_same_noise,
    noise_levels,
    unlike_others,
)
from earwitness.signal.quality import split_silence
from earwitness.signal.recording import Recording

MOST_PLACES: Final = 50

Floats64 = npt.NDArray[np.float64]


@examination(
    question="Is there silence that no microphone gives, or sound that is used twice?",
    answers=Asked.WHOLE,
    sources=(
        "Karp and Rabin 1987, IBM J. Res. Dev. 31(2): 249-260 (rolling hashes)",
        "Makhoul 1975, Proc. IEEE 63(4): 561-580 (the predictor that flattens the noise)",
        "SWGDE Best Practices for Digital Audio Authentication (silence, repeats, background)",
    ),
    needs=Needs(min_seconds=1.0),
)
def pauses_v1(recording: Recording, case: CaseView, *, unlike: float = 6.0) -> Finding:
    """Look for digital silence, dropouts, samples that occur twice, and noise that does not belong.

    1. Digital silence is 20 ms or more of exact zeros in all channels; within speech and shorter than
       half a second it is a dropout. A drop is 40 to 300 ms that are 12 dB or more under the noise of
       the quietest tenth of the pauses, if there are two pauses.
    2. Samples that occur twice, bit for bit, for 10 ms or more: every window of 10 ms is hashed at the
       recording's own rate, and equal hashes at one distance are followed. Windows that hardly
       change are left out, and so are those that occur more than eight times, as in a machine's tone.
    3. Pauses are 0.2 s or more in which nobody speaks. Their noise below 1 kHz is flattened and
       correlated with itself elsewhere: room tone that was pasted twice correlates by 0.8 or more.
    4. The noise of each pause, in twenty bands, is compared with that of all pauses. One that lies
       ``unlike`` robust deviations or more from them, over all bands, is told.
    """
    native, speech = recording.native, recording.speech
    dropouts, silences = split_silence(native.silence, speech)  # 1
    sides = listen(recording.signal())
    pauses = _without(find_pauses(speech, recording.duration_s), silences)
    levels = noise_levels(sides, pauses)
    drops = _drops(sides, levels, np.concatenate([dropouts, silences]))
    case.progress(0.3, "looking for samples that occur twice")
    copies = find_copies(_samples(recording), native.sample_rate_hz)  # 2
    case.progress(0.6, "comparing pauses")
    same, highest = find_same_noise(sides, pauses)  # 3
    same = _beyond(same, copies)
    apart = unlike_others(levels) if len(pauses) >= FEWEST_PAUSES else np.zeros(0)
    odd = np.flatnonzero(apart >= unlike)  # 4
    return Finding(
        summary=_summary(silences, dropouts, drops, copies, same, odd),
        measures=_measures(silences, dropouts, drops, copies, pauses, highest, same, apart, odd),
        places=_places(silences, dropouts, drops, copies, same, pauses[odd], apart[odd]),
        limits=LIMITS,
        details={
            "copies": [[c.first_start_s, c.second_start_s, c.length_s] for c in copies.found[:100]]
        },
        figures=_figures(pauses, levels, odd, recording.duration_s),
    )


LIMITS: Final = (
    "Telephones, messengers and recorders write digital silence and comfort noise by themselves: "
    "silence shows that a device or a program was at work, not which, nor why.",
    "A copy is the same to the bit only if no lossy codec came after the copying. repeats_v1 looks for "
    "passages of speech that were copied before one.",
    "A breath, a car or a change of distance makes a pause unlike the others, too. How often untouched "
    "speech has such pauses is in bench/RESULTS.md.",
    "Noise that a codec of a low rate makes up anew does not correlate, even where it was pasted.",
)


def _samples(recording: Recording) -> Iterator[Floats]:
    """The samples as they are stored, without resampling, which would make equal ones differ."""
    for block in decode(recording.exhibit.path, max_hours=recording.max_hours):
        floats = block.floats
        yield floats[0] if floats.shape[0] == 1 else floats.mean(axis=0, dtype=np.float32)


def _without(stretches: Floats64, others: Floats64) -> Floats64:
    """Stretches that touch none of the others [shape=(n, 2)]."""
    if not len(others) or not len(stretches):
        return stretches
    ordered = others[np.argsort(others[:, 0])]
    ends = np.maximum.accumulate(ordered[:, 1])
    before = np.searchsorted(ordered[:, 0], stretches[:, 1]) - 1
    touched = (before >= 0) & (ends[np.maximum(before, 0)] > stretches[:, 0])
    return stretches[~touched]


def _drops(sides: Sides, levels: Floats64, silent: Floats64) -> Floats64 | None:
    """Drops that are no digital silence; None where there are too few pauses to know the noise."""
    if len(levels) < FEWEST_FOR_NOISE:
        return None
    return _without(find_drops(sides, levels), silent)


def _beyond(same: Sequence[SameNoise], copies: Copies) -> tuple[SameNoise, ...]:
    """Same noise that is not told as a copy to the bit already."""
    starts = np.array([copy.second_start_s for copy in copies.found])
    ends = starts + np.array([copy.length_s for copy in copies.found])
    return tuple(
        each
        for each in same
        if not ((starts - 0.4 <= each.second_start_s) & (each.second_start_s <= ends)).any()
    )


def _summary(
    silences: Floats64,
    dropouts: Floats64,
    drops: Floats64 | None,
    copies: Copies,
    same: Sequence[SameNoise],
    odd: npt.NDArray[np.int64],
) -> str:
    counted = (
        (len(silences), "stretches of digital silence"),
        (len(dropouts), "dropouts"),
        (0 if drops is None else len(drops), "drops under the noise"),
        (len(copies.found), "stretches of samples that occur twice to the bit"),
        (len(same), "places with the noise of another pause"),
        (int(odd.size), "pauses with noise unlike that of the others"),
    )
    found = [f"{count} {what}" for count, what in counted if count]
    if not found:
        return "No digital silence, no dropout, no sample run that occurs twice, no noise that stands out."
    return ", ".join(found)[0].upper() + ", ".join(found)[1:] + "."


def _measures(
    silences: Floats64,
    dropouts: Floats64,
    drops: Floats64 | None,
    copies: Copies,
    pauses: Floats64,
    highest: float,
    same: Sequence[SameNoise],
    apart: Floats64,
    odd: npt.NDArray[np.int64],
) -> tuple[Measure, ...]:
    few = f"{len(pauses)} pauses with sound in them, {FEWEST_PAUSES} are needed"
    longest = max((copy.length_s for copy in copies.found), default=None)
    return (
        Measure("stretches of digital silence", len(silences)),
        Measure("digital silence", float((silences[:, 1] - silences[:, 0]).sum()), "s", digits=2),
        Measure("dropouts", len(dropouts)),
        Measure(
            "drops under the noise",
            None if drops is None else len(drops),
            note=f"fewer than {FEWEST_FOR_NOISE} pauses to know the noise by"
            if drops is None
            else "",
        ),
        Measure("stretches that occur twice to the bit", len(copies.found)),
        Measure("longest of them", longest, "s", digits=3, note="" if longest else "there is none"),
        Measure("windows compared", copies.windows),
        Measure("windows that occur too often to compare", copies.too_often),
        Measure("pauses", len(pauses)),
        Measure("places with the noise of another pause", len(same)),
        Measure("highest correlation of the noise of two pauses", highest, digits=2),
        Measure(
            "pauses with unlike noise",
            int(odd.size) if apart.size else None,
            note="" if apart.size else few,
        ),
        Measure(
            "most unlike pause",
            float(apart.max()) if apart.size else None,
            "deviations",
            note="" if apart.size else few,
        ),
    )


def _places(
    silences: Floats64,
    dropouts: Floats64,
    drops: Floats64 | None,
    copies: Copies,
    same: Sequence[SameNoise],
    odd: Floats64,
    apart: Floats64,
) -> tuple[Place, ...]:
    places: list[Place] = []
    for stretches, label in (
        (dropouts, "dropout"),
        (np.zeros((0, 2)) if drops is None else drops, "drop under the noise"),
        (silences, "digital silence"),
    ):
        places += [Place(start, end, label) for start, end in stretches[:MOST_PLACES]]
    for copy in copies.found[:MOST_PLACES]:
        first, second, length = copy.first_start_s, copy.second_start_s, copy.length_s
        places.append(Place(first, first + length, f"the same samples at {second:.3f} s"))
        places.append(Place(second, second + length, f"the same samples at {first:.3f} s"))
    for each in same[:MOST_PLACES]:
        label = f"noise as at {each.first_start_s:.2f} s, correlation {each.correlation:.2f}"
        places.append(Place(each.second_start_s, each.second_start_s + each.length_s, label))
    for (start, end), unlike in zip(odd[:MOST_PLACES], apart[:MOST_PLACES], strict=True):
        places.append(
            Place(start, end, f"noise unlike the other pauses, by {unlike:.1f} deviations")
        )
    return tuple(places)


def _figures(
    pauses: Floats64, levels: Floats64, odd: npt.NDArray[np.int64], duration_s: float
) -> tuple[Figure, ...]:
    if not len(pauses):
        return ()
    middle = pauses.mean(axis=1)
    spans = tuple((round(float(a), 3), round(float(b), 3)) for a, b in pauses[odd])
    low, high = levels[:, :8].mean(axis=1), levels[:, 8:].mean(axis=1)
    layers: tuple[Layer, ...] = (
        Spans(spans, "unlike the others"),
        Line(numbers(middle), numbers(low, digits=4), "below about 700 Hz"),
        Line(numbers(middle), numbers(high, digits=4), "above"),
    )
    return (
        Figure(
            title="Noise in the pauses",
            alternative=f"Level of the noise in {len(pauses)} pauses, in the lower and the upper bands; "
            f"{odd.size} of them are unlike the others.",
            x_label="seconds",
            y_label="dB",
            layers=layers,
            x_range=(0.0, round(duration_s, 3)),
        ),
    )
