"""What ``voice`` needs of each recording, kept in the cache: features of speech, pitch, fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from earwitness.archive.landmarks import ARCHIVE_STEP
from earwitness.archive.same import LEAST_HITS, hits_in_step, keys_of_sound
from earwitness.archive.spectrum import SAMPLE_RATE_HZ as FINGERPRINT_RATE_HZ
from earwitness.evidence.exhibit import Exhibit
from earwitness.examinations._contract import CaseView
from earwitness.examinations._voice_conditions import (
    CACHED_AS,
    Conditions,
    chain_key,
    first_part,
)
from earwitness.signal.chains import Chain, send_through
from earwitness.signal.recording import BASE_RATE_HZ, Recording
from earwitness.signal.rooms import in_room
from earwitness.signal.speech import Speech, find_speech
from earwitness.signal.threads import on_threads
from earwitness.voices.embedder import Embedder
from earwitness.voices.mel import STEP_S, Floats, frame_count
from earwitness.voices.pitch import median_pitch
from earwitness.voices.population import Speaker, Spoken, joined
from earwitness.voices.regions import in_regions
from earwitness.voices.validation import FOLDS

MOST_SPEECH_S = 180.0  # of one person of the population; more of it would change nothing
MOST_IN_ROOMS = 50  # people who are heard in rooms: bench/who.py has as many
Mask = npt.NDArray[np.bool_]


class Side(Enum):
    """What a recording of the population stands for when it is heard in the conditions of another."""

    QUESTIONED = "questioned"
    KNOWN = "known"
    IN_ROOM = "in-room"  # the questioned side, and its conditions, heard in a room


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
        Where it can be told, of a recording as it was received.
    """

    rows: Floats
    in_speech: Mask
    pitch_hz: float | None

    @property
    def spoken(self) -> Spoken:
        """Its speech with the place of each row in time."""
        return _joined([self])

    @property
    def speech_s(self) -> float:
        """Net speech that is compared."""
        return len(self.rows) * STEP_S


def heard(
    recording: Recording, embedder: Embedder, *, regions: str = "", most_s: float | None = None
) -> Heard:
    """A recording as it was received, or only the regions of it that a person has set."""
    name = f"{CACHED_AS}-{embedder.key}-{most_s or 0:g}{_of_regions(regions)}"

    def compute() -> Mapping[str, npt.NDArray[np.generic]]:
        return _arrays(recording, embedder, regions=regions, most_s=most_s)

    return _heard(recording.shared(name, compute))


def heard_through(
    recording: Recording,
    embedder: Embedder,
    chain: Chain,
    *,
    regions: str = "",
    most_s: float | None = None,
    side: Side = Side.QUESTIONED,
) -> Heard:
    """A recording sent through the conditions of another; each side has noise of its own."""
    name = f"{CACHED_AS}-{embedder.key}-{side.value}-{chain_key(chain)}-{most_s or 0:g}"
    name += _of_regions(regions)
    told = f"{side.value}{recording.exhibit.sha256}"
    seed = int(hashlib.sha256(told.encode()).hexdigest()[:8], 16)

    def sent(signal: Floats, speech: Speech) -> Floats:
        if side is Side.IN_ROOM:
            signal = in_room(signal, sample_rate_hz=BASE_RATE_HZ, seed=seed)
        return send_through(signal, chain, sample_rate_hz=BASE_RATE_HZ, speech=speech, seed=seed)

    def compute() -> Mapping[str, npt.NDArray[np.generic]]:
        return _arrays(recording, embedder, through=sent, regions=regions, most_s=most_s)

    return _heard(recording.shared(name, compute))


def _of_regions(regions: str) -> str:
    """What regions add to the name that something of a recording is kept under."""
    return f"-{hashlib.sha256(regions.encode()).hexdigest()[:16]}" if regions else ""


def _arrays(
    recording: Recording,
    embedder: Embedder,
    *,
    through: Callable[[Floats, Speech], Floats] | None = None,
    regions: str = "",
    most_s: float | None = None,
) -> Mapping[str, npt.NDArray[np.generic]]:
    limit = None if regions else most_s  # regions may lie at its end
    signal, speech = first_part(recording, limit)
    if through is not None:
        signal = through(signal, speech)
        speech = find_speech(signal)
    frames = frame_count(signal.size)
    in_speech = speech.mask(frames, STEP_S)
    if regions:
        in_speech &= in_regions(regions, frames)
    pitch_hz = median_pitch(signal, in_speech) if through is None else None
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


@dataclass(frozen=True, slots=True)
class Versions:
    """A recording of the population in all the ways that a system is tried on or learns from.

    Attributes
    ----------
    known, questioned, received : Heard
    in_room : Heard or None
        As the questioned one would be in a room, where this person is heard in one.
    """

    known: Heard
    questioned: Heard
    received: Heard
    in_room: Heard | None


def versions_of(
    case: CaseView,
    people: Mapping[str, Sequence[Exhibit]],
    embedder: Embedder,
    conditions: Conditions,
    exhibits: Sequence[Exhibit],
) -> Iterator[Versions]:
    """Recordings of the population in all versions that a system is tried on or learns from.

    Up to fifty people, spread over all, are heard in rooms.
    """
    every = -(-len(people) // MOST_IN_ROOMS)
    of_person = {
        exhibit.sha256: (
            MOST_SPEECH_S / len(exhibits),
            conditions.known_for(number),
            number // FOLDS % every == 0,
        )
        for number, exhibits in enumerate(people.values())
        for exhibit in exhibits
    }

    def prepare(exhibit: Exhibit) -> Versions:
        recording = case.recording(exhibit)
        limit, known, is_in_room = of_person[exhibit.sha256]

        def through(chain: Chain, side: Side) -> Heard:
            return heard_through(recording, embedder, chain, most_s=limit, side=side)

        return Versions(
            through(known, Side.KNOWN),
            through(conditions.questioned, Side.QUESTIONED),
            heard(recording, embedder, most_s=limit),
            through(conditions.questioned, Side.IN_ROOM) if is_in_room else None,
        )

    with on_threads() as threads:
        yield from threads.map(prepare, exhibits)


def population(
    case: CaseView,
    people: Mapping[str, Sequence[Exhibit]],
    embedder: Embedder,
    conditions: Conditions,
    progress: Callable[[float], None],
) -> tuple[list[Speaker], dict[str, float]]:
    """Each person of the population in all versions, and the pitch of those whose pitch can be told."""
    todo = [exhibit for exhibits in people.values() for exhibit in exhibits]
    made: dict[str, Versions] = {}
    ready = versions_of(case, people, embedder, conditions, todo)
    for number, (exhibit, versions) in enumerate(zip(todo, ready, strict=True), start=1):
        made[exhibit.sha256] = versions
        progress(number / len(todo))
    speakers, pitches = [], {}
    for name, exhibits in people.items():
        own = [made[exhibit.sha256] for exhibit in exhibits]
        known = [each.known for each in own]
        in_room = [each.in_room for each in own if each.in_room is not None]
        speakers.append(
            Speaker(
                name,
                known=_joined(known),
                questioned=_beside(known, [each.questioned for each in own]),
                received=_joined([each.received for each in own]),
                in_room=_beside(known, in_room) if in_room else None,
            )
        )
        told = [each.received.pitch_hz for each in own if each.received.pitch_hz is not None]
        if told:
            pitches[name] = float(np.median(told))
    return speakers, pitches


def _joined(heard_: Sequence[Heard]) -> Spoken:
    return joined([(each.rows, each.in_speech) for each in heard_])


def _beside(known: Sequence[Heard], others: Sequence[Heard]) -> Spoken:
    """Other versions one after the other, each where its known version is in time."""
    rows, frames, before = [], [], 0
    for its, sent in zip(known, others, strict=True):
        length = len(its.in_speech)
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
    with on_threads() as threads:
        mine = threads.submit(_keys, recording, step=ARCHIVE_STEP)
        hits = threads.map(
            lambda other: hits_in_step(*mine.result(), *_keys(other, step=1)), others
        )
        return [
            other.exhibit.sha256
            for other, its in zip(others, hits, strict=True)
            if its >= LEAST_HITS
        ]


def _keys(
    recording: Recording, *, step: int
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    def compute() -> Mapping[str, npt.NDArray[np.generic]]:
        sound = recording.signal(FINGERPRINT_RATE_HZ)
        keys, places = keys_of_sound(sound, step=step)
        return {"keys": keys, "places": places}

    arrays = recording.shared(f"{CACHED_AS}-keys-{step}", compute)
    return arrays["keys"], arrays["places"]
