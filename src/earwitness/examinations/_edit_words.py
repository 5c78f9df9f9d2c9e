"""What ``edits`` found, as measures, places and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.examinations._codec_measured import jump_rate
from earwitness.examinations._edit_jumps import Fused, Grids
from earwitness.examinations._reference_speech import Reference
from earwitness.outcome import Measure, Place, Strength
from earwitness.signal.cuts import Places
from earwitness.signal.moments import CUES

MOST_PLACES: Final = 50

Floats64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Told:
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
    jumps : int or None
        How many are told because a grid jumps there; None where that could not be looked at.
    bar : float
    duration_s : float
    reference : Reference
    """

    fused: Fused
    ratios: Floats64
    heard: npt.NDArray[np.int64]
    all: npt.NDArray[np.int64]
    jumps: int | None
    bar: float
    duration_s: float
    reference: Reference

    @property
    def places(self) -> Places:
        """Told or not."""
        return self.fused.places


def summary(told: Told) -> str:
    """What is told in a sentence or two, and how often untouched speech has as much."""
    measured = told.reference.calibration
    expected = measured.false_places(told.bar, told.duration_s)
    share = float((measured.cuts >= told.bar).mean())
    rate = f"untouched speech of this length has {expected:.2g} such places on average"
    jumps = ""
    if told.jumps:
        count = "one place" if told.jumps == 1 else f"{told.jumps} places"
        jumps = f" The frame grid of an earlier coding jumps at {count}."
    if not told.heard.size:
        return (
            f"No place stands out as a cut would; of known cuts in such speech {100 * share:.0f} % "
            f"would, and {rate}.{jumps}"
        )
    best = told.heard[np.argmax(told.places.score[told.heard])]
    at_s = told.places.at_s[best]
    if told.heard.size == 1:
        where = f"It sounds cut at {at_s:.2f} s"
    else:
        where = f"It sounds cut at {told.heard.size} places, most at {at_s:.2f} s"
    return f"{where}; {rate}.{jumps}"


def measures(told: Told) -> tuple[Measure, ...]:
    """How many places are told, how many would be for nothing, and on what that was measured."""
    reference, measured = told.reference, told.reference.calibration
    reached, low, high = measured.counted(told.bar)
    share = float((measured.cuts >= told.bar).mean())
    error = 1.96 * float(np.sqrt(share * (1 - share) / measured.cuts.size))
    return (
        Measure("places told", int(told.all.size)),
        Measure(
            "of these, where the frame grid of an earlier coding jumps",
            told.jumps,
            note="could not be looked at: see the limits" if told.jumps is None else "",
        ),
        Measure(
            "places of untouched speech of this length that would be told",
            measured.false_places(told.bar, told.duration_s),
            "",
            digits=3,
            low=low * told.duration_s,
            high=high * told.duration_s,
            note=f"bounds from {reached} that were counted{_of_kinds(told)}",
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


def _of_kinds(told: Told) -> str:
    """How many of each kind, where there are several: what is stated is of the kind that has most."""
    of_kinds = told.reference.calibration.false_places_of_kinds(told.bar, told.duration_s)
    if len(of_kinds) < 2:
        return ""
    return "; " + ", ".join(f"{count:.2g} of {name}" for name, count in of_kinds)


def places(told: Told) -> tuple[Place, ...]:
    """Each place that is told, with its ratio and its rarest cues."""
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
        label = f"{rest.size} more places that are told"
        found.append(Place(at_s[rest[0]], at_s[rest[-1]], label))
    return tuple(found)


def _said(told: Told, index: int) -> str:
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


def details(told: Told) -> dict[str, object]:
    """Every place with its ratio, what the grid adds to it, and the rarity of each cue."""
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
                "log10_lr_of_the_grid": round(float(told.fused.added[index, 1]), 2),
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


def strength(told: Told) -> Strength | None:
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


def strength_of_jumps(told: Told, coding: str, grids: Grids | None) -> Strength | None:
    """How often an untouched recording of this coding has a jump, where nothing but jumps is told."""
    if not told.jumps or grids is None:
        return None
    rate = jump_rate(coding, is_resampled=grids.is_resampled)
    return rate.strength("how often an untouched recording shows any jump") if rate else None


def limits_of_grids(grids: Grids | None, *, is_measured: bool) -> tuple[str, ...]:
    """What frame grids could not tell."""
    if grids is None:
        return ("No frame grid of an earlier coding could be followed: frame_grid_v1 says why.",)
    if grids.jumps and not is_measured:
        return (
            "The grid's jumps are not counted here: how often they are false was not measured in this "
            "coding. See frame_grid_v1.",
        )
    return ()
