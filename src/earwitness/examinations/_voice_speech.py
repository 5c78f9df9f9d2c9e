"""What ``voice`` needs of each recording, kept in the cache: features of speech, pitch, fingerprint."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from earwitness.archive.landmarks import ARCHIVE_STEP
from earwitness.archive.same import LEAST_HITS, hits_in_step, keys_of_sound
from earwitness.archive.spectrum import SAMPLE_RATE_HZ as FINGERPRINT_RATE_HZ
from earwitness.evidence.exhibit import Exhibit
from earwitness.examinations._contract import CaseView
from earwitness.outcome import canonical_json
from earwitness.signal.chains import Chain, send_through
from earwitness.signal.conditions import beside
from earwitness.signal.recording import BASE_RATE_HZ, Recording
from earwitness.signal.rooms import Room
from earwitness.signal.speech import FRAME_SAMPLES, Speech, find_speech
from earwitness.voices.embedder import Embedder
from earwitness.voices.mel import STEP_S, Floats, frame_count
from earwitness.voices.pitch import median_pitch
from earwitness.voices.population import Speaker, Spoken, joined
from earwitness.voices.regions import in_regions

MOST_SPEECH_S = 180.0  # of one person of the population; more of it would change nothing
_BESIDE_SPEAKERS = 10  # beside whom low frequencies and room of the recording are told
BESIDE_SPEECH_S = 7.0  # of each
_VERSION = "voice_1"
_THREADS = 4
Mask = npt.NDArray[np.bool_]
Person = TypeVar("Person")


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


def chain_key(chain: Chain) -> str:
    """The same for the same chain."""
    noise = (
        b"" if chain.noise is None else np.round(10 * np.log10(chain.noise + 1e-20), 1).tobytes()
    )
    codings = [
        [each.codec, each.bit_rate, each.sample_rate_hz, each.channels] for each in chain.codings
    ]
    room = None if chain.room is None else [chain.room.fall_s, chain.room.direct_db]
    band_hz = [chain.low_cut_hz, chain.cut_off_hz]
    told = canonical_json([codings, band_hz, chain.speech_db, chain.snr_db, room])
    return hashlib.sha256(told.encode() + noise).hexdigest()[:16]


def heard(recording: Recording, embedder: Embedder, *, regions: str = "") -> Heard:
    """A recording as it was received, or only the regions of it that a person has set."""
    name = f"{_VERSION}-{embedder.key}"
    if regions:
        name += f"-{hashlib.sha256(regions.encode()).hexdigest()[:16]}"
    return _heard(recording.shared(name, lambda: _arrays(recording, embedder, None, regions, None)))


def heard_through(
    recording: Recording,
    embedder: Embedder,
    chain: Chain,
    *,
    regions: str = "",
    most_s: float | None = None,
) -> Heard:
    """A recording sent through the conditions of the questioned one."""
    name = f"{_VERSION}-{embedder.key}-through-{chain_key(chain)}-{most_s or 0:g}"
    if regions:
        name += f"-{hashlib.sha256(regions.encode()).hexdigest()[:16]}"
    return _heard(
        recording.shared(name, lambda: _arrays(recording, embedder, chain, regions, most_s))
    )


def _arrays(
    recording: Recording,
    embedder: Embedder,
    chain: Chain | None,
    regions: str,
    most_s: float | None,
) -> Mapping[str, npt.NDArray[np.generic]]:
    limit = None if regions else most_s  # regions may lie at its end
    signal, speech = first_part(recording, limit)
    if chain is not None:
        seed = int(recording.exhibit.sha256[:8], 16)
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


def _enough(speech: Speech, most_s: float | None) -> int | None:
    """The sample up to which there is so much speech; None for all."""
    if most_s is None or speech.total_s <= most_s:
        return None
    lengths = np.cumsum(speech.regions[:, 1] - speech.regions[:, 0])
    last = int(np.searchsorted(lengths, most_s))
    return int(speech.regions[last, 1] * BASE_RATE_HZ)


def _up_to(regions: npt.NDArray[np.float64], samples: int) -> npt.NDArray[np.float64]:
    end_s = samples / BASE_RATE_HZ
    return np.clip(regions[regions[:, 0] < end_s], 0.0, end_s)


def first_part(recording: Recording, most_s: float | None) -> tuple[Floats, Speech]:
    """The beginning of a recording, up to so much net speech, and where somebody speaks in it."""
    speech = recording.speech
    signal = np.asarray(recording.signal()[: _enough(speech, most_s)])
    within = Speech(
        speech.probability[: -(-signal.size // FRAME_SAMPLES)],
        _up_to(speech.regions, signal.size),
    )
    return signal, within


def a_few(people: Sequence[Person]) -> Sequence[Person]:
    """The people beside whom conditions are told: ten, spread over all of them."""
    return people[:: max(1, len(people) // _BESIDE_SPEAKERS)][:_BESIDE_SPEAKERS]


def beside_the_population(
    recording: Recording, case: CaseView, people: Mapping[str, Sequence[Exhibit]], chain: Chain
) -> Chain:
    """The chain of the questioned recording with what a few people of the population tell of it."""
    chosen = a_few([exhibits[0] for exhibits in people.values()])
    others = hashlib.sha256("".join(each.sha256 for each in chosen).encode()).hexdigest()[:16]

    def compute() -> Mapping[str, npt.NDArray[np.generic]]:
        parts = [first_part(case.recording(each), BESIDE_SPEECH_S) for each in chosen]
        with ThreadPoolExecutor(max_workers=min(_THREADS, os.cpu_count() or 1)) as threads:
            told = beside(chain, recording.signal(), parts, each=threads.map)
        return {
            "low_cut_hz": np.array([] if told.low_cut_hz is None else [told.low_cut_hz]),
            "room": np.array([] if told.room is None else [told.room.fall_s, told.room.direct_db]),
        }

    told = recording.shared(f"{_VERSION}-stands-out-{chain_key(chain)}-{others}", compute)
    return replace(
        chain,
        low_cut_hz=float(told["low_cut_hz"][0]) if told["low_cut_hz"].size else None,
        room=Room(*map(float, told["room"])) if told["room"].size else None,
    )


def by_speaker(exhibits: Sequence[Exhibit]) -> dict[str, list[Exhibit]]:
    """The recordings of each person, in the order of their names; one without a name is one person."""
    found: dict[str, list[Exhibit]] = {}
    for exhibit in exhibits:
        found.setdefault(exhibit.speaker or exhibit.name, []).append(exhibit)
    return dict(sorted(found.items()))


def received(recording: Recording) -> None:
    """Have ready what is taken of another recording, whatever it is compared with."""
    _ = recording.speech
    _keys(recording, step=1)


def both_sides(
    case: CaseView,
    people: Mapping[str, Sequence[Exhibit]],
    embedder: Embedder,
    chain: Chain,
    exhibits: Sequence[Exhibit],
) -> Iterator[tuple[Heard, Heard]]:
    """Recordings of the population, each as received and through the chain.

    They are prepared on several threads: decoders, the speech-activity model and array arithmetic let
    each other run.
    """
    most_s = {
        exhibit.sha256: MOST_SPEECH_S / len(exhibits)
        for exhibits in people.values()
        for exhibit in exhibits
    }

    def prepare(exhibit: Exhibit) -> tuple[Heard, Heard]:
        recording = case.recording(exhibit)
        limit = most_s[exhibit.sha256]
        sent = heard_through(recording, embedder, chain, most_s=limit)
        return _first(heard(recording, embedder), limit), sent

    with ThreadPoolExecutor(max_workers=min(_THREADS, os.cpu_count() or 1)) as threads:
        yield from threads.map(prepare, exhibits)


def population(
    case: CaseView,
    people: Mapping[str, Sequence[Exhibit]],
    embedder: Embedder,
    chain: Chain,
    progress: Callable[[float], None],
) -> tuple[list[Speaker], dict[str, float]]:
    """Each person of the population on both sides, and the pitch of those whose pitch can be told."""
    todo = [exhibit for exhibits in people.values() for exhibit in exhibits]
    made: dict[str, tuple[Heard, Heard]] = {}
    ready = both_sides(case, people, embedder, chain, todo)
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


def _first(whole: Heard, most_s: float) -> Heard:
    rows = round(most_s / STEP_S)
    if len(whole.rows) <= rows:
        return whole
    last = int(np.flatnonzero(whole.in_speech)[rows])
    return Heard(whole.rows[:rows], whole.in_speech[:last], whole.pitch_hz)


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

    arrays = recording.shared(f"{_VERSION}-keys-{step}", compute)
    return arrays["keys"], arrays["places"]
