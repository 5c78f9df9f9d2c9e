"""Carriers, edits and saves for ``bench/whole.py``: what is cut, where, and what it is saved as.

An untouched carrier is one utterance as it was published: joining utterances would make joins.
Speakers are split in halves, by their order within each set: even ones to learn from, odd ones to
report on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import decode_mono
from earwitness.signal.codings import Coding, send_through_codec

RATE_HZ = 16_000
AMR_DELAY = 79  # samples at 16 kHz by which AMR's look-ahead moves the sound
FADE_S = 0.010
KINDS = ("delete", "same recording", "same speaker", "another speaker")
CUTS = ("random", "pause", "cross-fade")
SAVES: dict[str, tuple[Coding, ...]] = {
    "wav": (),
    "mp3 64k": (Coding("mp3", 64_000, 16_000),),
    "aac 48k": (Coding("aac", 48_000, 16_000),),
    "opus 24k": (Coding("opus", 24_000, 16_000),),
    "amr 12.2k": (Coding("amrnb", 12_200, 8_000),),
}
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Carrier:
    set_name: str
    speaker: str
    name: str
    sound: Floats


@dataclass(frozen=True)
class Edited:
    sound: Floats
    cuts_s: tuple[float, ...]


def carriers(data: Path, half: str) -> list[Carrier]:
    """All utterances of a half of the speakers: train (even) or test (odd)."""
    found: list[Carrier] = []
    sets = {
        "librispeech": {
            path.stem.split("-")[0]: [path]
            for path in sorted((data / "librispeech").glob("*.flac"))
        },
        "speechocean762": {
            folder.name: sorted(folder.glob("*.flac"))
            for folder in sorted((data / "speechocean762").iterdir())
            if folder.is_dir()
        },
    }
    for set_name, speakers in sets.items():
        for index, speaker in enumerate(sorted(speakers)):
            if ("train", "test")[index % 2] != half:
                continue
            for path in speakers[speaker]:
                sound = decode_mono(path, sample_rate_hz=RATE_HZ)
                if sound.size >= 2 * RATE_HZ:
                    found.append(Carrier(set_name, speaker, path.stem, sound))
    return found


def split_train(train: Sequence[Carrier]) -> tuple[list[Carrier], list[Carrier]]:
    """Three of five speakers for the network, two of five for fusion and calibration."""
    order = {name: i for i, name in enumerate(sorted({(c.set_name, c.speaker) for c in train}))}
    place = [order[carrier.set_name, carrier.speaker] % 5 for carrier in train]
    learn = [carrier for carrier, at in zip(train, place, strict=True) if at < 3]
    fit = [carrier for carrier, at in zip(train, place, strict=True) if at >= 3]
    return learn, fit


def cut_point(sound: Floats, cut: str, rng: np.random.Generator, low: int, high: int) -> int:
    """A sample between two others at which to cut: anywhere, or where it is most quiet nearby."""
    at = int(rng.integers(low, max(low + 1, high)))
    return quiet_point(sound, at, rng, low, high) if cut == "pause" else at


def quiet_point(sound: Floats, at: int, rng: np.random.Generator, low: int, high: int) -> int:
    """A sample where it is most quiet within a second of another."""
    frame = RATE_HZ // 50
    begin, end = max(low, at - RATE_HZ), min(high, at + RATE_HZ)
    count = (end - begin) // frame
    if count < 3:
        return at
    power = (sound[begin : begin + count * frame].reshape(count, frame) ** 2).mean(axis=1)
    quiet = np.flatnonzero(power <= np.quantile(power, 0.1))
    return begin + int(rng.choice(quiet)) * frame + int(rng.integers(frame))


def joined(parts: Sequence[Floats], fade: bool) -> tuple[Floats, list[int]]:
    """Parts put together, with the samples at which they meet."""
    total = parts[0]
    places = []
    size = round(FADE_S * RATE_HZ) if fade else 0
    for part in parts[1:]:
        n = min(size, total.size, part.size)
        if n:
            ramp = np.linspace(0, 1, n, dtype=np.float32)
            mixed = total[-n:] * (1 - ramp) + part[:n] * ramp
            places.append(total.size - n // 2)
            total = np.concatenate([total[:-n], mixed, part[n:]])
        else:
            places.append(total.size)
            total = np.concatenate([total, part])
    return total, places


def edit(
    carrier: Carrier,
    kind: str,
    cut: str,
    rng: np.random.Generator,
    others: Sequence[Carrier],
) -> Edited | None:
    """One edit of a carrier; None where there is nothing to do it with."""
    sound, n = carrier.sound, carrier.sound.size
    edge = RATE_HZ // 2
    fade = cut == "cross-fade"
    longest = min(3.0, n / RATE_HZ - 1.6)
    if longest < 0.3:
        return None
    size = int(rng.uniform(0.3, longest) * RATE_HZ)
    if kind == "delete":
        first = cut_point(sound, cut, rng, edge, n - edge - size)
        second = cut_point(
            sound,
            cut,
            rng,
            first + size - RATE_HZ // 10,
            min(n - edge, first + size + RATE_HZ // 10),
        )
        second = max(second, first + int(0.3 * RATE_HZ))
        parts = [sound[:first], sound[second:]]
    else:
        giver = carrier if kind == "same recording" else donor(carrier, kind, rng, others)
        if giver is None or giver.sound.size < size + 2 * RATE_HZ // 10:
            return None
        given = giver.sound
        start = cut_point(given, cut, rng, RATE_HZ // 10, given.size - size - RATE_HZ // 10)
        end = cut_point(
            given,
            cut,
            rng,
            start + size - RATE_HZ // 10,
            min(given.size, start + size + RATE_HZ // 10),
        )
        at = cut_point(sound, cut, rng, edge, n - edge)
        passage = given[start : max(end, start + int(0.2 * RATE_HZ))]
        if kind == "another speaker":
            passage = passage * np.float32(level(sound) / max(level(passage), 1e-5))
        parts = [sound[:at], passage, sound[at:]]
    total, places = joined(parts, fade)
    return Edited(np.clip(total, -1, 1), tuple(place / RATE_HZ for place in places))


def donor(
    carrier: Carrier, kind: str, rng: np.random.Generator, others: Sequence[Carrier]
) -> Carrier | None:
    """Another recording of the same set, of the same speaker or of another."""
    same = kind == "same speaker"
    fits = [
        other
        for other in others
        if other.set_name == carrier.set_name
        and (other.speaker == carrier.speaker) == same
        and other.name != carrier.name
    ]
    return fits[int(rng.integers(len(fits)))] if fits else None


def level(sound: Floats) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(sound**2)))


def saved(sound: Floats, save: str) -> Floats:
    """Saved as such a file and read again, at 16 kHz and without the codec's delay."""
    whole = np.round(np.clip(sound, -1, 32767 / 32768) * 32768) / 32768
    out = whole.astype(np.float32)
    for coding in SAVES[save]:
        out = send_through_codec(out, coding, sample_rate_hz=RATE_HZ)
        out = np.round(out * 32768).astype(np.float32) / np.float32(32768)
        if coding.codec == "amrnb":
            out = out[AMR_DELAY:]
    return out


def untouched(all_carriers: Sequence[Carrier]) -> Iterator[tuple[Carrier, Edited]]:
    for carrier in all_carriers:
        yield carrier, Edited(carrier.sound, ())
