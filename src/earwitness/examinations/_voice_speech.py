"""What ``voice`` needs of each recording, kept in the cache: features of speech, pitch, fingerprint."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earwitness.archive.landmarks import ARCHIVE_STEP
from earwitness.archive.same import LEAST_HITS, hits_in_step, keys_of_sound
from earwitness.archive.spectrum import SAMPLE_RATE_HZ as FINGERPRINT_RATE_HZ
from earwitness.evidence.exhibit import Exhibit
from earwitness.examinations._contract import CaseView
from earwitness.examinations._voice_conditions import (
    CACHED_AS,
    THREADS,
    Conditions,
    chain_key,
    first_part,
)
from earwitness.signal.chains import Chain, send_through
from earwitness.signal.recording import BASE_RATE_HZ, Recording
from earwitness.signal.speech import find_speech
from earwitness.voices.embedder import Embedder
from earwitness.voices.mel import STEP_S, Floats, frame_count
from earwitness.voices.pitch import median_pitch
from earwitness.voices.population import Speaker, Spoken, joined
from earwitness.voices.regions import in_regions

MOST_SPEECH_S = 180.0  # of one person of the population; more of it would change nothing
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Heard:
    """One recording as the comparison sees it.

    Attributes
    ----------
    rows : np.ndarray [shape=(n, dimensions)]
        Features of its speech.
    in_speech : np.ndarray of bool [shape=(frames,)]
        Which frames of 10 ms those are.
    pitch_hz : float or None
    """

    rows: Floats
    in_speech: Mask
    pitch_hz: float | None

    @property
    def spoken(self) -> Spoken:
        """Its speech with the place of each row in time."""
        return joined([(self.rows, self.in_speech)])

    @property
    def speech_s(self) -> float:
        """Net speech that is compared."""
        return len(self.rows) * STEP_S


def heard(recording: Recording, embedder: Embedder, *, regions: str = "") -> Heard:
    """A recording as it was received, or only the regions of it that a person has set."""
    name = f"{CACHED_AS}-{embedder.key}"
    if regions:
        name += f"-{hashlib.sha256(regions.encode()).hexdigest()[:16]}"
    return _heard(recording.shared(name, lambda: _arrays(recording, embedder, regions=regions)))


def heard_through(
    recording: Recording,
    embedder: Embedder,
    chain: Chain,
    *,
    regions: str = "",
    most_s: float | None = None,
    as_known: bool = False,
) -> Heard:
    """A recording sent through the conditions of another; the noise is other for the known side."""
    side = "known" if as_known else "questioned"
    name = f"{CACHED_AS}-{embedder.key}-{side}-{chain_key(chain)}-{most_s or 0:g}"
    if regions:
        name += f"-{hashlib.sha256(regions.encode()).hexdigest()[:16]}"
    seed = int(hashlib.sha256(f"{side}{recording.exhibit.sha256}".encode()).hexdigest()[:8], 16)

    def compute() -> Mapping[str, npt.NDArray[np.generic]]:
        return _arrays(recording, embedder, chain=chain, regions=regions, most_s=most_s, seed=seed)

    return _heard(recording.shared(name, compute))


def _arrays(
    recording: Recording,
    embedder: Embedder,
    *,
    chain: Chain | None = None,
    regions: str = "",
    most_s: float | None = None,
    seed: int = 0,
) -> Mapping[str, npt.NDArray[np.generic]]:
    limit = None if regions else most_s  # regions may lie at its end
    signal, speech = first_part(recording, limit)
    if chain is not None:
        signal = send_through(signal, chain, sample_rate_hz=BASE_RATE_HZ, speech=speech, seed=seed)
        speech = find_speech(signal)
    frames = frame_count(signal.size)
    in_speech = speech.mask(frames, STEP_S)
    if regions:
        in_speech &= in_regions(regions, frames)
    pitch_hz = median_pitch(signal, in_speech)
    return {
        "rows": embedder.features(signal, in_speech),
        "in_speech": in_speech,
        "pitch_hz": np.array(np.nan if pitch_hz is None else pitch_hz),
    }


def _heard(arrays: Mapping[str, npt.NDArray[np.generic]]) -> Heard:
    pitch_hz = float(np.asarray(arrays["pitch_hz"], dtype=np.float64))
    return Heard(
        rows=np.asarray(arrays["rows"], dtype=np.float32),
        in_speech=np.asarray(arrays["in_speech"], dtype=bool),
        pitch_hz=None if np.isnan(pitch_hz) else pitch_hz,
    )


def received(recording: Recording) -> None:
    """Have ready what is taken of another recording, whatever it is compared with."""
    _ = recording.speech
    _keys(recording, step=1)


def both_sides(
    case: CaseView,
    people: Mapping[str, Sequence[Exhibit]],
    embedder: Embedder,
    conditions: Conditions,
    exhibits: Sequence[Exhibit],
) -> Iterator[tuple[Heard, Heard]]:
    """Recordings of the population, each as a known recording would be and as the questioned one.

    They are prepared on several threads: decoders, the speech-activity model and array arithmetic let
    each other run.
    """
    of_person = {
        exhibit.sha256: (MOST_SPEECH_S / len(exhibits), conditions.known_for(number))
        for number, exhibits in enumerate(people.values())
        for exhibit in exhibits
    }

    def prepare(exhibit: Exhibit) -> tuple[Heard, Heard]:
        recording = case.recording(exhibit)
        limit, known = of_person[exhibit.sha256]
        return (
            heard_through(recording, embedder, known, most_s=limit, as_known=True),
            heard_through(recording, embedder, conditions.questioned, most_s=limit),
        )

    with ThreadPoolExecutor(max_workers=min(THREADS, os.cpu_count() or 1)) as threads:
        yield from threads.map(prepare, exhibits)


def population(
    case: CaseView,
    people: Mapping[str, Sequence[Exhibit]],
    embedder: Embedder,
    conditions: Conditions,
    progress: Callable[[float], None],
) -> tuple[list[Speaker], dict[str, float]]:
    """Each person of the population on both sides, and the pitch of those whose pitch can be told."""
    todo = [exhibit for exhibits in people.values() for exhibit in exhibits]
    made: dict[str, tuple[Heard, Heard]] = {}
    ready = both_sides(case, people, embedder, conditions, todo)
    for number, (exhibit, sides) in enumerate(zip(todo, ready, strict=True), start=1):
        made[exhibit.sha256] = sides
        progress(number / len(todo))
    speakers, pitches = [], {}
    for name, exhibits in people.items():
        both = [made[exhibit.sha256] for exhibit in exhibits]
        speakers.append(
            Speaker(
                name,
                joined([(known.rows, known.in_speech) for known, _ in both]),
                _beside(both),
            )
        )
        told = [known.pitch_hz for known, _ in both if known.pitch_hz is not None]
        if told:
            pitches[name] = float(np.median(told))
    return speakers, pitches


def _beside(sides: Sequence[tuple[Heard, Heard]]) -> Spoken:
    """The questioned versions one after the other, each where its known version is in time."""
    rows, frames, before = [], [], 0
    for known, sent in sides:
        length = len(known.in_speech)
        places = np.flatnonzero(sent.in_speech)[: len(sent.rows)]
        places = places[places < length]
        rows.append(sent.rows[: len(places)])
        frames.append(places + before)
        before += length
    return Spoken(np.concatenate(rows), np.concatenate(frames))


def same_sound(recording: Recording, others: Sequence[Recording]) -> list[str]:
    """The SHA-256 of those recordings that share sound with this one, by bytes or else by fingerprint."""
    own = recording.exhibit.sha256
    if any(each.exhibit.sha256 == own for each in others):
        return [own]
    found = []
    mine, mine_at = _keys(recording, step=ARCHIVE_STEP)
    for other in others:
        theirs, theirs_at = _keys(other, step=1)
        if hits_in_step(mine, mine_at, theirs, theirs_at) >= LEAST_HITS:
            found.append(other.exhibit.sha256)
    return found


def _keys(
    recording: Recording, *, step: int
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    def compute() -> Mapping[str, npt.NDArray[np.generic]]:
        sound = recording.signal(FINGERPRINT_RATE_HZ)
        keys, places = keys_of_sound(sound, step=step)
        return {"keys": keys, "places": places}

    arrays = recording.shared(f"{CACHED_AS}-keys-{step}", compute)
    return arrays["keys"], arrays["places"]
