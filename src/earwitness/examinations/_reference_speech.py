"""Untouched speech in the conditions of the questioned recording, and what edits_v1 finds in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.examinations._contract import CaseView
from earwitness.outcome import NotExamined
from earwitness.signal.both_sides import listen
from earwitness.signal.chains import Chain, chain_of, send_through
from earwitness.signal.codings import Coding
from earwitness.signal.cuts import (
    Calibration,
    Places,
    Untouched,
    at_cuts,
    best_near,
    find_places,
    learn_weights,
    quantiles,
    rarity,
)
from earwitness.signal.known_cuts import with_known_cuts
from earwitness.signal.moments import Moments, find_moments
from earwitness.signal.recording import BASE_RATE_HZ, Recording
from earwitness.signal.speech import FRAME_S, Speech
from earwitness.signal.threads import on_threads
from earwitness.signal.tones import tones_of, with_tones

FEWEST_SPEAKERS: Final = 8
LEAST_S: Final = 120.0
MOST_S: Final = 600.0
MOST_OF_ONE_S: Final = 60.0
RATE_FACTOR: Final = 1.6  # by which a bit rate may differ from the shipped table's
SNR_MARGIN_DB: Final = 3.0

PULL: Final = 0.001  # of the shipped weights on those that a population learns

Arrays = Mapping[str, npt.NDArray[Any]]
Floats64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """What untouched speech in the same conditions gives, and what known cuts in it give.

    ``told`` says in words which speech it is.
    """

    reached: Floats64
    weights: Floats64
    calibration: Calibration
    told: str


@dataclass(frozen=True)
class Table:
    """What is shipped: the weights of the cues, and the scores of real speech in five conditions."""

    weights: Floats64
    conditions: Sequence[str]
    arrays: Arrays

    def reference(self, number: int) -> Reference:
        """The speech of one condition."""
        arrays = self.arrays
        recordings, speakers = (int(arrays[name][number]) for name in ("recordings", "speakers"))
        seconds = float(arrays["seconds"][number])
        return Reference(
            reached=arrays["reached"][number].astype(np.float64),
            weights=self.weights,
            calibration=Calibration(
                kinds_of(arrays, number), arrays[f"cuts_{number}"].astype(np.float64), recordings
            ),
            told=f"the shipped table: {recordings} untouched recordings of {speakers} speakers of read "
            f"English, {seconds / 60:.0f} minutes, {self.conditions[number]}",
        )


def kinds_of(arrays: Arrays, number: int) -> list[Untouched]:
    """Places of untouched speech of each kind that the shipped table has in one condition."""
    scores, kinds = arrays[f"untouched_{number}"].astype(np.float64), arrays[f"kinds_{number}"]
    return [
        Untouched(scores[kinds == kind], float(seconds), str(name))
        for kind, (name, seconds) in enumerate(
            zip(arrays["kind_names"], arrays["kind_seconds"][number], strict=True)
        )
    ]


@cache
def table() -> Table:
    """The shipped table, as bench/whole.py learns it."""
    with np.load(Path(__file__).parent / "data" / "edits_1.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return Table(
        arrays["weights"].astype(np.float64), [str(name) for name in arrays["conditions"]], arrays
    )


def reference_for(recording: Recording, case: CaseView) -> Reference | NotExamined:
    """Speech in the conditions of a recording: the case's population, else the shipped table.

    1. The population is taken if it holds eight speakers and two minutes, and if there are encoders
       for what the recording went through. Up to ten minutes of it are sent through the same.
    2. Else the shipped table is taken, if it has the recording's codec at a bit rate that differs
       by no more than a factor of 1.6, and speech as noisy.
    3. Else nothing is known of untouched speech in these conditions.
    """
    chain = chain_of(recording)
    chosen = _chosen(case, case.exhibits(Role.POPULATION))
    speakers = {exhibit.speaker or exhibit.sha256 for exhibit, _ in chosen}
    seconds = sum(min(each.duration_s, MOST_OF_ONE_S) for _, each in chosen)
    if len(speakers) >= FEWEST_SPEAKERS and seconds >= LEAST_S and chain.can_be_done:  # 1
        return _of_population(recording, case, chain, chosen, len(speakers))
    found = _in_table(chain)  # 2
    if found is not None:
        return table().reference(found)
    return NotExamined(  # 3
        reason="how often untouched speech in these conditions looks cut is not known",
        got=f"{chain.wording}; {len(speakers)} speakers and {seconds:.0f} s of population",
        needed=f"recordings of the role 'population', untouched, of {FEWEST_SPEAKERS} speakers and "
        f"{LEAST_S:.0f} s together, and an encoder for the codec; or one of the conditions of the "
        "shipped table",
    )


def _chosen(case: CaseView, exhibits: Sequence[Exhibit]) -> list[tuple[Exhibit, Recording]]:
    """The first ten minutes of the population, a minute of each recording at most."""
    chosen, total = [], 0.0
    for exhibit in exhibits:
        if total >= MOST_S:
            break
        recording = case.recording(exhibit)
        chosen.append((exhibit, recording))
        total += min(recording.duration_s, MOST_OF_ONE_S)
    return chosen


def _of_population(
    recording: Recording,
    case: CaseView,
    chain: Chain,
    chosen: Sequence[tuple[Exhibit, Recording]],
    speakers: int,
) -> Reference:
    identity = hashlib.sha256(" ".join(exhibit.sha256 for exhibit, _ in chosen).encode())
    arrays = recording.shared(
        f"edits_4_population_{identity.hexdigest()[:16]}",
        lambda: _measured(recording, case, chain, chosen),
    )
    untouched, edited = (_stored_moments(arrays, name) for name in ("untouched", "edited"))
    cuts_s = np.split(arrays["cuts_s"], np.cumsum(arrays["cut_counts"])[:-1])
    reached = quantiles(np.concatenate([moments.cues for moments in untouched]))
    scores, found = _scores(untouched, edited, cuts_s, reached)
    seconds = sum(moments.duration_s for moments in untouched)
    return Reference(
        reached=reached,
        weights=_weights(untouched, edited, cuts_s, reached),
        calibration=Calibration([Untouched(scores, seconds)], found, len(untouched)),
        told=f"the case's population: {len(untouched)} recordings of {speakers} speakers, "
        f"{seconds / 60:.1f} minutes, brought into the conditions of this recording ({chain.wording})",
    )


def _weights(
    untouched: Sequence[Moments],
    edited: Sequence[Moments],
    cuts_s: Sequence[Floats64],
    reached: Floats64,
) -> Floats64:
    """The shipped weights, moved towards what tells the cuts in these recordings."""
    cuts = [
        at_cuts(moments.at_s, rarity(moments.cues, reached), at)
        for moments, at in zip(edited, cuts_s, strict=True)
    ]
    others = [rarity(moments.cues, reached) for moments in untouched]
    about = table().weights
    if not sum(len(each) for each in cuts):
        return about
    return learn_weights(np.concatenate(cuts), np.concatenate(others), about=about, pull=PULL)


def _scores(
    untouched: Sequence[Moments],
    edited: Sequence[Moments],
    cuts_s: Sequence[Floats64],
    reached: Floats64,
) -> tuple[Floats64, Floats64]:
    """Scores of untouched places and of known cuts, by weights from the other half of the speakers."""
    scores: list[Floats64] = []
    halves: list[tuple[list[Places], list[Floats64]]] = []
    for half in (0, 1):
        weights = _weights(
            untouched[1 - half :: 2], edited[1 - half :: 2], cuts_s[1 - half :: 2], reached
        )
        scores += [find_places(moments, reached, weights).score for moments in untouched[half::2]]
        places = [find_places(moments, reached, weights) for moments in edited[half::2]]
        halves.append((places, list(cuts_s[half::2])))
    joined = np.concatenate(scores)
    found = [
        best_near(each, at, float(joined.min()))
        for places, all_at in halves
        for each, at in zip(places, all_at, strict=True)
    ]
    return joined, np.concatenate(found)


def _measured(
    recording: Recording,
    case: CaseView,
    chain: Chain,
    chosen: Sequence[tuple[Exhibit, Recording]],
) -> Arrays:
    """Moments of the population in the recording's conditions, untouched and with known cuts.

    Noise, band and the tones that run through the recording come first, then the cuts, then the
    codec: so it goes with a tape that was edited.
    """
    tones = tones_of(listen(recording.signal()).low)
    most = round(MOST_OF_ONE_S * BASE_RATE_HZ)
    recorded, coded = replace(chain, codings=()), Chain(codings=chain.codings)

    def record(number: int) -> Floats:
        each = chosen[number][1]
        sent = send_through(
            np.asarray(each.signal()[:most]),
            recorded,
            sample_rate_hz=BASE_RATE_HZ,
            speech=_beginning(each.speech, most / BASE_RATE_HZ),
            seed=number,
        )
        return with_tones(sent, *tones, seed=number)

    def cut_and_hear(number: int) -> tuple[Moments, Moments, Floats64]:
        others = [other for index, other in enumerate(sounds) if index != number]
        changed, at = with_known_cuts(
            sounds[number], others, sample_rate_hz=BASE_RATE_HZ, seed=number
        )
        return _moments(sounds[number], coded), _moments(changed, coded), at / BASE_RATE_HZ

    untouched, edited, cuts = [], [], []
    numbers = range(len(chosen))
    with on_threads() as threads:
        sounds = list(threads.map(record, numbers))
        for number, (plain, changed, at_s) in zip(
            numbers, threads.map(cut_and_hear, numbers), strict=True
        ):
            case.progress(0.3 + 0.6 * (number + 1) / len(numbers), "trying it on the population")
            untouched.append(plain)
            edited.append(changed)
            cuts.append(at_s)
    return {
        **_arrays_of("untouched", untouched),
        **_arrays_of("edited", edited),
        "cuts_s": np.concatenate(cuts),
        "cut_counts": np.array([each.size for each in cuts]),
    }


def _moments(sound: Floats, coded: Chain) -> Moments:
    return find_moments(send_through(sound, coded, sample_rate_hz=BASE_RATE_HZ))


def _beginning(speech: Speech, seconds: float) -> Speech:
    """Speech activity of the first so many seconds."""
    regions = speech.regions[speech.regions[:, 0] < seconds]
    return Speech(speech.probability[: round(seconds / FRAME_S)], np.minimum(regions, seconds))


def _arrays_of(name: str, found: Sequence[Moments]) -> dict[str, npt.NDArray[Any]]:
    return {
        f"{name}_at_s": np.concatenate([moments.at_s for moments in found]),
        f"{name}_cues": np.concatenate([moments.cues for moments in found]),
        f"{name}_counts": np.array([moments.at_s.size for moments in found]),
        f"{name}_durations_s": np.array([moments.duration_s for moments in found]),
    }


def _stored_moments(arrays: Arrays, name: str) -> list[Moments]:
    bounds = np.cumsum(arrays[f"{name}_counts"])[:-1]
    at_s, cues = (np.split(arrays[f"{name}_{what}"], bounds) for what in ("at_s", "cues"))
    return [
        Moments(when, of_each, float(duration_s))
        for when, of_each, duration_s in zip(at_s, cues, arrays[f"{name}_durations_s"], strict=True)
    ]


def _in_table(chain: Chain) -> int | None:
    """The condition of the shipped table that covers a chain, if there is one."""
    arrays = table().arrays
    if len(chain.codings) > 1 or chain.snr_db is None:
        return None
    codec = chain.codings[0].codec if chain.codings else ""
    for number, name in enumerate(arrays["codecs"]):
        if str(name) != codec:
            continue
        low, high = arrays["snr_db"][number]
        if not low - SNR_MARGIN_DB <= chain.snr_db <= high + SNR_MARGIN_DB:
            continue
        if not codec or _near_in_rate(chain.codings[0], float(arrays["bit_rates"][number])):
            return number
    return None


def _near_in_rate(coding: Coding, bit_rate: float) -> bool:
    if coding.bit_rate is None:
        return False
    ratio = coding.bit_rate / coding.channels / bit_rate
    return 1 / RATE_FACTOR <= ratio <= RATE_FACTOR
