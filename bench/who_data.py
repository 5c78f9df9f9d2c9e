"""The recordings of ``bench/who.py``: who is whom, what is questioned, and what it went through.

Each speaker of speechocean762 has 14 utterances of one session. In their order, the first three
fifths of the sound become the questioned recording and the rest the known one; in the second turn the
last three fifths are questioned. The questioned one goes through the condition and is written as a real
file, which the workbench's own decoder reads.
"""

from __future__ import annotations

import hashlib
import wave
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import scipy.signal
import soxr
from heard_conditions import RATE_HZ, Floats, babble, pink, telephone, with_noise

from earwitness.evidence.decode import decode_mono
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.signal.recording import Recording

QUESTIONED_SHARE = 0.62
Change = Callable[[Floats, np.random.Generator], Floats]


@dataclass(frozen=True)
class Condition:
    """What the questioned recording went through: a change of the sound, and the codec of its file."""

    suffix: str
    container: str
    codec: str
    rate_hz: int
    bit_rate: int
    change: Change


@dataclass(frozen=True)
class Person:
    """Somebody's whole speech, and in two turns what is questioned and what is known of it."""

    name: str
    whole: Floats
    turns: tuple[tuple[Floats, Floats], ...]


def people(data: Path) -> list[Person]:
    """The speakers of speechocean762, in order."""
    found = []
    for folder in sorted((data / "speechocean762").iterdir()):
        if not folder.is_dir():
            continue
        parts = [
            decode_mono(file, sample_rate_hz=RATE_HZ) for file in sorted(folder.glob("*.flac"))
        ]
        reached = np.cumsum([part.size for part in parts]) / sum(part.size for part in parts)
        first = max(1, int(np.searchsorted(reached, QUESTIONED_SHARE)))
        last = max(1, int(np.searchsorted(reached, 1 - QUESTIONED_SHARE)))
        whole = np.concatenate(parts)
        turns = (
            (np.concatenate(parts[:first]), np.concatenate(parts[first:])),
            (np.concatenate(parts[last:]), np.concatenate(parts[:last])),
        )
        found.append(Person(folder.name, whole, turns))
    return found


def readers(data: Path) -> list[Person]:
    """The speakers of LibriSpeech: one utterance each, cut in two."""
    found = []
    for file in sorted((data / "librispeech").glob("*.flac")):
        whole = decode_mono(file, sample_rate_hz=RATE_HZ)
        found.append(Person(file.stem, whole, _halves(whole)))
    return found


def _halves(whole: Floats) -> tuple[tuple[Floats, Floats], ...]:
    middle = whole.size // 2
    return (whole[:middle], whole[middle:]), (whole[middle:], whole[:middle])


def conditions(crowd: list[Floats]) -> dict[str, Condition]:
    """The five, questioned side only."""

    def same(sound: Floats, _: np.random.Generator) -> Floats:
        return sound

    def amr(sound: Floats, random: np.random.Generator) -> Floats:
        return with_noise(babble(crowd), 15)(sound, random)

    def room(sound: Floats, random: np.random.Generator) -> Floats:
        return telephone(_reverberated(sound, random), random)

    return {
        "same channel": Condition(".wav", "wav", "pcm_s16le", RATE_HZ, 0, same),
        "Opus 16k": Condition(".opus", "ogg", "libopus", RATE_HZ, 16_000, same),
        "AMR 12.2, babble 15 dB": Condition(".amr", "amr", "libopencore_amrnb", 8_000, 12_200, amr),
        "telephone, reverberation": Condition(".wav", "wav", "pcm_mulaw", 8_000, 0, room),
        "MP3 32k, noise 5 dB": Condition(
            ".mp3", "mp3", "libmp3lame", RATE_HZ, 32_000, with_noise(pink, 5)
        ),
    }


def _reverberated(sound: Floats, random: np.random.Generator) -> Floats:
    """In a room: RT60 0.3 to 0.6 s, direct sound 0 to 6 dB over the tail."""
    samples = int(random.uniform(0.3, 0.6) * RATE_HZ)
    tail = random.standard_normal(samples) * 10 ** (-3 * np.arange(samples) / samples)
    tail[: int(0.003 * RATE_HZ)] = 0
    response = tail / np.sqrt(np.sum(tail**2)) * 10 ** (-random.uniform(0, 6) / 20)
    response[0] = 1.0
    return np.asarray(scipy.signal.oaconvolve(sound, response)[: sound.size], np.float32)


def questioned_recording(
    person: Person, turn: int, name: str, condition: Condition, folder: Path
) -> Recording:
    """The person's questioned recording of that turn as a file of that condition, made once."""
    place = folder / "questioned" / plain(name)
    path = place / f"{person.name}-{turn}{condition.suffix}"
    if not path.exists():
        place.mkdir(parents=True, exist_ok=True)
        seed = zlib.crc32(f"{name} {person.name} {turn}".encode())
        sound = condition.change(person.turns[turn][0], np.random.default_rng(seed))
        part = place / f"{person.name}-{turn}.part{condition.suffix}"
        _write_coded(part, sound, condition)
        part.replace(path)
    return recording(path, folder)


def all_of(person: Person) -> Person:
    """The same person, all of whose speech is the questioned recording."""
    return Person(f"{person.name}-all", person.whole, ((person.whole, person.whole),))


def _write_coded(path: Path, sound: Floats, condition: Condition) -> None:
    """Encode a sound into a file; made softer where it would clip."""
    loudest = max(1.0, float(np.abs(sound).max()) / 0.99)
    at_rate = soxr.resample(sound / loudest, RATE_HZ, condition.rate_hz)
    samples = np.clip(np.rint(at_rate * 32_767), -32_768, 32_767).astype(np.int16)
    options = {"application": "voip"} if condition.codec == "libopus" else {}
    with av.open(str(path), "w", format=condition.container) as out:
        stream = out.add_stream(condition.codec, rate=condition.rate_hz, options=options)
        stream.layout = "mono"
        if condition.bit_rate:
            stream.bit_rate = condition.bit_rate
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = condition.rate_hz, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def sound_recording(name: str, sound: Callable[[], Floats], folder: Path) -> Recording:
    """A sound as a WAV file, made once, so that it is decoded and searched for speech once."""
    path = folder / "sounds" / f"{plain(name)}.wav"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        write_wav(part, sound())
        part.replace(path)
    return recording(path, folder)


def plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def recording(path: Path, folder: Path) -> Recording:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    exhibit = Exhibit(digest, path.name, path.stat().st_size, Role.QUESTIONED, "", path)
    return Recording(exhibit, folder / "decoded")


def write_wav(path: Path, sound: Floats) -> None:
    """Write 16-bit WAV, made softer where it would clip."""
    loudest = max(1.0, float(np.abs(sound).max()) / 0.99)
    samples = np.rint(sound / loudest * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
