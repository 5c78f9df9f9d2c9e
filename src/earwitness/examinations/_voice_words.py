"""What ``voice`` found, as measures, places, figures and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.special

from earwitness.examinations._voice_conditions import Conditions
from earwitness.examinations._voice_speech import Heard
from earwitness.outcome import (
    Figure,
    Layer,
    Line,
    Measure,
    Place,
    Points,
    Spans,
    Strength,
    numbers,
)
from earwitness.voices.calibration import Pairs
from earwitness.voices.comparison import Compared
from earwitness.voices.metrics import Doubles, best_monotone, cross_entropy, tippett, trade_off
from earwitness.voices.population import LEAST_SPEAKERS, Durations
from earwitness.voices.reverberation import PRIOR, Room
from earwitness.voices.validation import Mask, Validated
from earwitness.voices.words import propositions, said, support_in_words, verbal_scale

QUESTIONED: Final = "questioned"  # in place of a hash, where both sides are listed
_MOST_POINTS: Final = 400
_MOST_TRIALS: Final = 20_000
_MOST_PLACES: Final = 100
_FEW_SPEAKERS: Final = 60
_SEX_HZ: Final = 165.0  # between most men's and most women's median pitch; children are above
_ONE_SIDED: Final = 0.9


@dataclass(frozen=True, slots=True)
class Case:
    """Who and what was compared."""

    speaker: str
    known: Mapping[str, str]
    known_speech_s: Mapping[str, float]
    people: tuple[str, ...]
    left_out: tuple[str, ...]
    conditions: Conditions
    system: str
    questioned: Heard
    turns: npt.NDArray[np.int64] | None
    pitch_hz: Mapping[str, float | None]
    population_pitch_hz: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Told:
    """What came out."""

    validated: Validated
    result: Compared
    wanted: Durations
    among_known: Mapping[str, float]
    pieces: Sequence[tuple[float, float]]
    room: Room

    @property
    def counts(self) -> tuple[int, int]:
        """Trials of one speaker and of two; those that were made again in a room are not counted twice."""
        return self._counted(~self.validated.trials.in_room)

    @property
    def counts_in_rooms(self) -> tuple[int, int]:
        """Of these, the trials that were also made in a room."""
        return self._counted(self.validated.trials.in_room)

    def _counted(self, chosen: Mask) -> tuple[int, int]:
        is_same = self.validated.trials.is_same[chosen]
        return int(is_same.sum()), int((~is_same).sum())


def summary(case: Case, told: Told) -> str:
    """The likelihood ratio in a sentence that a reporter understands, and what it is not about."""
    _, _, machine = propositions(case.speaker)
    value = told.result.log10_lr
    low, high = told.validated.bounds
    bound = ""
    if value <= low + 0.005 or value >= high - 0.005:
        bound = " This is as far as this population can carry it."
    return (
        f"What was measured is {said(value, case.speaker)} ({support_in_words(value)})."
        f"{bound} Whether {machine} was not tested."
    )


def measures(case: Case, told: Told) -> tuple[Measure, ...]:
    """What was compared, what came out, and how good such likelihood ratios are."""
    return (*_measures_of_case(case, told), *_measures_of_validation(told))


def _measures_of_case(case: Case, told: Told) -> list[Measure]:
    result = told.result
    voices = 1 if case.turns is None else int(case.turns.max(initial=0)) + 1
    own_s = case.questioned.speech_s
    if case.turns is not None:
        own_s = float((case.turns == 0).sum()) / 100
    return [
        Measure(
            "log10 likelihood ratio", result.log10_lr, digits=2, low=result.low, high=result.high
        ),
        Measure("voices told apart", voices),
        Measure("questioned speech compared", own_s, "s", digits=1),
        *(
            Measure(f"log10 likelihood ratio against {name}", result.by_known[sha256], digits=2)
            for sha256, name in _named(case.known)
        ),
        *(
            Measure(f"speech of {name}", case.known_speech_s[sha256], "s", digits=1)
            for sha256, name in _named(case.known)
        ),
        *(
            Measure(f"median pitch, {name}", hz, "Hz", digits=0, note=_no_pitch(hz))
            for name, hz in _pitches(case)
        ),
    ]


def _named(known: Mapping[str, str]) -> list[tuple[str, str]]:
    """Known recordings with names that differ: two may have the same."""
    names = list(known.values())
    return [
        (sha256, name if names.count(name) == 1 else f"{name} ({sha256[:12]})")
        for sha256, name in known.items()
    ]


def _pitches(case: Case) -> list[tuple[str, float | None]]:
    """The pitch of each recording that is compared, by a name that no other has."""
    listed = [("the questioned recording", case.pitch_hz[QUESTIONED])]
    return listed + [(name, case.pitch_hz[sha256]) for sha256, name in _named(case.known)]


def _no_pitch(hz: float | None) -> str:
    return "too few voiced frames" if hz is None else ""


def _measures_of_validation(told: Told) -> list[Measure]:
    validated = told.validated
    low, high = validated.cost_interval
    found, (same, different) = validated.cost, told.counts
    lowest, highest = validated.bounds
    return [
        Measure("population speakers", validated.speakers),
        Measure("held-out pairs of one speaker", same),
        Measure("held-out pairs of two speakers", different),
        *_measures_in_rooms(told),
        Measure("Cllr", found.cllr, digits=3, low=low.cllr, high=high.cllr),
        Measure("Cllr min", found.cllr_min, digits=3, low=low.cllr_min, high=high.cllr_min),
        Measure("Cllr cal", found.cllr_cal, digits=3),
        Measure(
            "equal error rate",
            100 * found.equal_error_rate,
            "%",
            digits=1,
            low=100 * low.equal_error_rate,
            high=100 * high.equal_error_rate,
        ),
        Measure("lowest log10 likelihood ratio that is carried", lowest, digits=2),
        Measure("highest log10 likelihood ratio that is carried", highest, digits=2),
        Measure("calibration", validated.way),
        Measure("questioned speech in each trial", told.wanted.questioned_s, "s", digits=1),
        Measure("known speech in each trial", told.wanted.known_s, "s", digits=1),
    ]


def _measures_in_rooms(told: Told) -> list[Measure]:
    same, different = told.counts_in_rooms
    if not same and not different:
        return []
    return [
        Measure("of those of one speaker, also tried in a room", same),
        Measure("of those of two speakers, also tried in a room", different),
    ]


def places(case: Case, told: Told) -> tuple[Place, ...]:
    """Where each compared piece is, and where another voice speaks."""
    places = [
        Place(start_s, end_s, f"compared: log10 likelihood ratio {value:+.1f}")
        for (start_s, end_s), value in zip(told.pieces, told.result.by_piece, strict=True)
    ]
    places += [
        Place(start_s, end_s, f"another voice ({number + 1}), not compared")
        for start_s, end_s, number in _other_voices(case)
    ]
    return tuple(places[:_MOST_PLACES])


def _other_voices(case: Case) -> list[tuple[float, float, int]]:
    """Where somebody else speaks: beginning, end, and the number of that voice."""
    if case.turns is None or not case.turns.any():
        return []
    frames = case.questioned.spoken.frames
    change = np.flatnonzero(np.diff(case.turns)) + 1
    starts = np.concatenate([[0], change])
    ends = np.concatenate([change, [len(case.turns)]])
    return [
        (float(frames[start]) / 100, float(frames[end - 1] + 1) / 100, int(case.turns[start]))
        for start, end in zip(starts, ends, strict=True)
        if case.turns[start] != 0
    ]


def limits_of_case(case: Case, told: Told) -> tuple[str, ...]:
    """What the conditions, the population and the voices of this case add to the limits of the method."""
    return (
        *_limits_of_conditions(case, told),
        *_warnings_of_pitch(case),
        *_stronger(case, told),
    )


def _limits_of_conditions(case: Case, told: Told) -> list[str]:
    limits = [
        "The population was sent through what the files and their sound tell; "
        f"{case.conditions.wording}. Codecs that they went through before are not told and not "
        "simulated.",
        _of_room(told.room),
    ]
    if case.conditions.left_out:
        limits.append(
            "The known side was not sent through codecs for which there is no encoder here: "
            f"{', '.join(case.conditions.left_out)}."
        )
    if case.conditions.questioned.snr_db is None:
        limits.append("The noise could not be measured, so the population has none of it.")
    if case.left_out:
        limits.append(f"Left out, with too little speech to compare: {', '.join(case.left_out)}.")
    low = [name for sha256, name in _named(case.known) if told.among_known.get(sha256, 1.0) < 0]
    if low:
        limits.append(f"Known recordings that agree badly with the others: {', '.join(low)}.")
    if case.turns is not None and case.turns.any():
        limits.append(
            "Only the voice that speaks most was compared. Speakers are told apart to about four "
            "seconds; set the regions of the speaker in case.toml where that is not right."
        )
    return limits


def _of_room(room: Room) -> str:
    """How probable a room is, how well that is told here, and what follows from it."""
    probable = f"about {room.probability:.0%}" if room.probability else "less than 3%"
    counted = (
        f"Its pairs in rooms count {room.probability:.0%} in the calibration and in the error rates."
        if room.probability
        else "The calibration and the error rates are of its pairs without a room."
    )
    hardly = "" if room.can_be_told else "Here that can hardly be told. "
    return (
        f"Supposing that one questioned recording in {1 / PRIOR:.0f} was made in a room that is heard, the "
        f"probability that this one was is {probable}, by how the population sounds in simulated rooms, "
        f"which are not its own, and without. {counted} {hardly}Of its own speech, "
        f"{room.told_in_rooms:.0%} in rooms and {room.told_without:.0%} without comes out as more "
        "probable than before."
    )


def _warnings_of_pitch(case: Case) -> list[str]:
    """Warn where the population does not hold voices like those that are compared."""
    known = list(case.population_pitch_hz.values())
    if not known:
        return []
    lowest, highest = np.percentile(known, [5, 95])
    warnings = []
    high_share = float(np.mean(np.array(known) > _SEX_HZ))
    if max(high_share, 1 - high_share) >= _ONE_SIDED:
        kind = "above" if high_share > 0.5 else "below"
        warnings.append(
            f"WARNING: by their pitch, nine tenths or more of the population are of one sex (median pitch "
            f"{kind} {_SEX_HZ:.0f} Hz). It is relevant only if the speaker's sex is not in dispute "
            "and is the same."
        )
    outside = [
        f"{name} at {hz:.0f} Hz"
        for name, hz in _pitches(case)
        if hz is not None and not 0.9 * lowest <= hz <= 1.1 * highest
    ]
    if outside:
        warnings.append(
            f"WARNING: the population does not cover voices of this pitch: {', '.join(outside)}; nine "
            f"tenths of the population are between {lowest:.0f} and {highest:.0f} Hz. A likelihood "
            "ratio against people who sound quite different says little."
        )
    return warnings


def _stronger(case: Case, told: Told) -> list[str]:
    """What would make the likelihood ratio stronger, or surer."""
    advice = []
    own_s = case.questioned.speech_s
    known_s = min(case.known_speech_s.values())
    if told.validated.speakers < _FEW_SPEAKERS:
        advice.append(
            f"more speakers in the population ({LEAST_SPEAKERS} are the least, {told.validated.speakers} "
            "are there): the bounds are wider and the interval is narrower with more"
        )
    if told.wanted.questioned_s + 1 < min(own_s, 60.0):
        advice.append(
            "longer recordings of the population: of the questioned speech, "
            f"{told.wanted.questioned_s:.0f} s at a time could be validated"
        )
    if known_s < 30.0:
        advice.append("more known speech: half a minute or more in each recording")
    if len(case.known) < 3:
        advice.append("known recordings of other occasions: three or more")
    if not advice:
        return []
    return ["What would make it stronger or surer: " + "; ".join(advice) + "."]


def strength(case: Case, told: Told) -> Strength:
    """The likelihood ratio with its interval, and on what that rests."""
    same, different = told.counts
    there = " and ".join(str(each) for each in told.counts_in_rooms)
    also = f"{there} of them once more in a room, " if any(told.counts_in_rooms) else ""
    value = told.result.log10_lr
    return Strength(
        scale="log10_lr",
        value=value,
        low=told.result.low,
        high=told.result.high,
        measured_on=(
            f"{told.validated.speakers} speakers of the population, {same} pairs of one speaker and "
            f"{different} of two, {also}held out by speaker, {told.wanted.questioned_s:.0f} s against "
            f"{told.wanted.known_s:.0f} s; {case.conditions.wording}. Cllr "
            f"{told.validated.cost.cllr:.2f}; bounds {told.validated.bounds[0]:.2f} to "
            f"{told.validated.bounds[1]:.2f}; interval over draws of speakers"
        ),
        wording=_wording(value, case.speaker),
    )


def _wording(value: float, speaker: str) -> str:
    own, others, _ = propositions(speaker)
    words = support_in_words(value)
    if words.startswith("no "):
        return f"{words} ({verbal_scale()['source']})"
    first, second = (own, others) if value > 0 else (others, own)
    return f"{words} for the proposition that {first}, against the proposition that {second} " + (
        f"({verbal_scale()['source']})"
    )


def details(case: Case, told: Told) -> dict[str, object]:
    """System, conditions and propositions, and the held-out trials for whoever wants to check them."""
    validated = told.validated
    return {
        "system": case.system,
        "chain": case.conditions.questioned.wording,
        "propositions": propositions(case.speaker),
        "verbal_scale": verbal_scale()["source"],
        "known": [
            {
                "sha256": sha256,
                "chain": case.conditions.known[sha256].wording,
                "log10_lr": told.result.by_known[sha256],
                "with_other_known": told.among_known.get(sha256),
            }
            for sha256 in case.known
        ],
        "held_out_cllr_by_calibration": validated.costs,
        "speakers": case.people,
        "trials": _trials(validated),
    }


def _trials(validated: Validated) -> dict[str, object]:
    """The held-out trials in columns; of two speakers only every so many where there are very many."""
    trials = validated.trials
    same = np.flatnonzero(trials.is_same)
    different = np.flatnonzero(~trials.is_same)
    step = max(1, -(-different.size // _MOST_TRIALS))
    kept = np.sort(np.concatenate([same, different[::step]]))
    return {
        "every_so_many_of_two_speakers": step,
        "questioned_speaker": trials.questioned[kept],
        "known_speaker": trials.known[kept],
        "fold": trials.fold[kept],
        "score": np.round(trials.scores[kept], 3),
        "log10_lr": np.round(validated.log10_lr[kept], 3),
        "in_room": trials.in_room[kept],
        "counts": np.round(validated.counts[kept], 3),
    }


def figures(case: Case, told: Told) -> tuple[Figure, ...]:
    """Four plots: Tippett, cross-entropy, trade-off, and the likelihood ratio along the recording."""
    validated = told.validated
    pairs = validated.pairs
    return (
        _tippett(pairs, told.result.log10_lr),
        _cross_entropy(pairs, validated),
        _trade_off(pairs, validated),
        _along(case, told),
    )


def _thinned(x: Doubles, y: Doubles) -> tuple[tuple[float, ...], tuple[float, ...]]:
    chosen = np.unique(np.linspace(0, x.size - 1, min(x.size, _MOST_POINTS)).round().astype(int))
    return numbers(x[chosen], digits=4), numbers(y[chosen], digits=4)


def _tippett(pairs: Pairs, value: float) -> Figure:
    at_least = tippett(pairs.same, pairs.same_weights)
    # the share of pairs of two speakers that have at most it
    x, y = tippett(-pairs.different, pairs.different_weights)
    over, falsely_over = (
        100 * float(np.average(each > 0, weights=weights))
        for each, weights in (
            (pairs.same, pairs.same_weights),
            (pairs.different, pairs.different_weights),
        )
    )
    return Figure(
        title="Tippett plot of the population's held-out pairs",
        alternative=f"Of the pairs of one speaker, {over:.0f} % have a likelihood ratio over 1; of the "
        f"pairs of two, {falsely_over:.0f} % do. "
        f"The case's log10 likelihood ratio is {value:.2f}. Nothing is drawn beyond the last pair.",
        x_label="log10 likelihood ratio",
        y_label="share of pairs",
        layers=(
            Line(*_thinned(*at_least), "one speaker: at least this"),
            Line(*_thinned(-x[::-1], y[::-1]), "two speakers: at most this"),
            Points((round(value, 3),), (0.5,), "the case"),
        ),
        y_range=(0.0, 1.0),
    )


def _cross_entropy(pairs: Pairs, validated: Validated) -> Figure:
    priors = np.linspace(-2.5, 2.5, 101)
    weights = pairs.same_weights, pairs.different_weights
    these = cross_entropy(pairs.same, pairs.different, priors, *weights)
    best = best_monotone(*pairs.parts)
    recalibrated = cross_entropy(*best, priors, *weights)
    nothing = np.zeros(1)
    return Figure(
        title="Empirical cross-entropy",
        alternative=f"The cost of the likelihood ratios over the prior. At even odds it is Cllr, "
        f"{validated.cost.cllr:.2f}; the best recalibration would have {validated.cost.cllr_min:.2f}, "
        "saying nothing 1.",
        x_label="log10 prior odds",
        y_label="bits",
        layers=(
            Line(numbers(priors, digits=4), numbers(these), "these"),
            Line(numbers(priors, digits=4), numbers(recalibrated), "recalibrated"),
            Line(
                numbers(priors, digits=4),
                numbers(cross_entropy(nothing, nothing, priors)),
                "saying nothing",
            ),
        ),
    )


def _trade_off(pairs: Pairs, validated: Validated) -> Figure:
    alarms, misses = trade_off(*pairs.parts)
    floor = 0.5 / max(pairs.same.size, pairs.different.size)
    shown = (np.clip(each, floor, 1 - floor) for each in (alarms, misses))
    x, y = (scipy.special.ndtri(each) for each in shown)
    return Figure(
        title="Detection error trade-off",
        alternative=f"Misses over false alarms, in normal deviates; they are equal at "
        f"{100 * validated.cost.equal_error_rate:.1f} %.",
        x_label="false alarms, normal deviates (-2.33 is 1 %, -1.28 is 10 %)",
        y_label="misses, normal deviates",
        layers=(Line(*_thinned(x, y), "held-out pairs"),),
    )


def _along(case: Case, told: Told) -> Figure:
    middle = np.array([(start_s + end_s) / 2 for start_s, end_s in told.pieces])
    others = tuple((round(a, 2), round(b, 2)) for a, b, _ in _other_voices(case))[:_MOST_PLACES]
    layers: list[Layer] = [Spans(others, "another voice")] if others else []
    values = told.result.by_piece
    layers.append(Points(numbers(middle), numbers(values, digits=4), "each piece"))
    return Figure(
        title="Likelihood ratio along the recording",
        alternative=f"{len(middle)} pieces of the questioned speech; their log10 likelihood ratios lie "
        f"between {float(values.min()):.1f} and {float(values.max()):.1f}.",
        x_label="seconds",
        y_label="log10 likelihood ratio",
        layers=tuple(layers),
        x_range=(0.0, round(len(case.questioned.in_speech) / 100, 2)),
        y_range=told.validated.bounds,
    )
