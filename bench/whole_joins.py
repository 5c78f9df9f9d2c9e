"""Sounds to learn joins from, for ``bench/whole_train.py``: each pass has others.

Recordings are made of pieces of utterances (LibriSpeech and speechocean762, both CC BY 4.0) of the three
of five speakers of the training half that are there for it: of one recording, of one speaker or of
two, cut anywhere, in pauses, or with a cross-fade. A third of them is left untouched. Before the cuts a
recording may be played up to a fifth faster or slower, which makes another voice of it, be coloured as by
another microphone, heard in a room, with noise, with its pauses turned down, or through a codec that an
editor would have got it from; after them it may be louder or quieter, and it is saved in one of the
bench's formats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.ndimage
import scipy.signal
import soxr
import whole_data as data

from earwitness.signal.codings import Coding, send_through_codec
from earwitness.signal.join_frames import FRAME_S, frames

POSITIVE, IGNORED = 2, 12  # frames to either side of a cut
END = 75  # frames
UNTOUCHED = 1 / 3
CROSS_FADES, PAUSES = 0.15, 0.15
LEAST_S = 4.0
FASTER = 0.2  # natural logarithm
COLOURED_HZ = (0, 150, 500, 1_000, 2_000, 4_000, 6_000, 8_000)
COLOURED_DB = 5.0  # standard deviation at each
GATE_S = (
    0.01,
    0.05,
)  # over which power is told, and within which sound is let through and shut out
GATE_DB = 25.0  # below the mean power
BEFORE = (
    Coding("mp3", 64_000, 22_050),
    Coding("mp3", 128_000, 44_100),
    Coding("aac", 64_000, 44_100),
    Coding("opus", 32_000, 48_000),
)
Floats = data.Floats


@dataclass(frozen=True)
class Heard:
    """A recording to learn from: what is told of each 2 ms, and where its pieces meet."""

    shown: Floats
    target: Floats


def recordings(learn: Sequence[data.Carrier], seed: int) -> Iterator[Heard]:
    """One recording for each utterance, three for each of LibriSpeech's; another seed gives others."""
    rng = np.random.default_rng([seed, 11])
    saves = list(data.SAVES)
    often = [each for each in learn for _ in range(3 if each.set_name == "librispeech" else 1)]
    for place in rng.permutation(len(often)):
        carrier = often[place]
        conditions = _Conditions(rng)
        if rng.uniform() < UNTOUCHED:
            edited = data.Edited(conditions.applied(carrier), ())
        else:
            edited = _many_cuts(carrier, rng, learn, conditions)
        loudest = max(1e-4, float(np.abs(edited.sound).max()))
        gain = min(0.99 / loudest, 10 ** rng.uniform(-1.0, 0.3))
        sound = data.saved(edited.sound * np.float32(gain), saves[int(rng.integers(len(saves)))])
        shown = frames(sound)
        yield Heard(shown.astype(np.float16), _target(edited.cuts_s, len(shown)))


def _target(cuts_s: Sequence[float], count: int) -> Floats:
    """1 at a join, 0 where there is none, -1 where it is not counted: beside joins, and at the ends.

    Where one recording ends and the next begins, what is put in a row for a batch sounds like a join.
    """
    target = np.zeros(count, np.float32)
    target[:END] = target[max(0, count - END) :] = -1
    at = np.round(np.array(cuts_s) / FRAME_S).astype(int)
    for reach, value in ((IGNORED, -1), (POSITIVE, 1)):
        for place in at:
            target[max(0, place - reach) : place + reach] = value
    return target


class _Conditions:
    """What is done to all pieces of a recording alike, before it is cut; drawn once."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self.speed = float(np.exp(rng.uniform(-FASTER, FASTER))) if rng.uniform() < 0.7 else 1.0
        self.colour = None if rng.uniform() < 0.5 else _colour(rng)
        self.snr_db = rng.uniform(10, 45) if rng.uniform() < 0.4 else None
        self.tilt = rng.uniform(-0.9, 0.9)  # of the noise: rumble, white, hiss
        self.room_s = rng.uniform(0.15, 0.6) if rng.uniform() < 0.25 else None
        self.gate_db = rng.uniform(6, 30) if rng.uniform() < 0.2 else None
        self.codec = BEFORE[int(rng.integers(len(BEFORE)))] if rng.uniform() < 0.25 else None
        self._known: dict[str, Floats] = {}

    def applied(self, carrier: data.Carrier) -> Floats:
        """The carrier in these conditions; the same each time it is asked for."""
        if carrier.name not in self._known:
            self._known[carrier.name] = self._changed(carrier.sound)
        return self._known[carrier.name]

    def _changed(self, sound: Floats) -> Floats:
        out = sound
        if self.speed != 1.0:
            out = soxr.resample(out, data.RATE_HZ, round(data.RATE_HZ / self.speed))
        if self.colour is not None:
            out = scipy.signal.oaconvolve(out, self.colour, mode="same")
        if self.room_s is not None:
            out = self._in_room(out, self.room_s)
        if self.snr_db is not None:
            noise = self._rng.standard_normal(out.size)
            noise = scipy.signal.lfilter([1.0], [1.0, self.tilt], noise)
            level = data.level(out) / np.sqrt(np.mean(noise**2)) * 10 ** (-self.snr_db / 20)
            out = out + level * noise
        if self.gate_db is not None:
            out = _gated(out, self.gate_db)
        out = np.clip(out, -1, 1).astype(np.float32)
        if self.codec is not None:
            out = send_through_codec(out, self.codec, sample_rate_hz=data.RATE_HZ)
        return out

    def _in_room(self, sound: Floats, fall_s: float) -> Floats:
        """Heard with an exponential tail of noise, 60 dB down after so many seconds."""
        size = round(fall_s * data.RATE_HZ)
        tail = self._rng.standard_normal(size) * 10 ** (-3 * np.arange(size) / size)
        tail *= 10 ** self._rng.uniform(-1.3, -0.3) / np.sqrt((tail**2).sum())
        tail[0] = 1.0
        return scipy.signal.fftconvolve(sound, tail)[: sound.size]


def _colour(rng: np.random.Generator) -> Floats:
    """A filter whose response wanders by some decibels over frequency [shape=(129,)]."""
    gains = 10 ** (rng.normal(0.0, COLOURED_DB, len(COLOURED_HZ)) / 20)
    return scipy.signal.firwin2(129, COLOURED_HZ, gains, fs=data.RATE_HZ).astype(np.float32)


def _gated(sound: Floats, fall_db: float) -> Floats:
    """What is far below speech is turned down, as editors of audio books and telephones do it."""
    size = round(GATE_S[0] * data.RATE_HZ)
    power = scipy.ndimage.uniform_filter1d(sound**2, size, mode="nearest")
    low = 10 ** (-GATE_DB / 10) * np.mean(sound**2)
    wanted = np.where(power < low, 10 ** (-fall_db / 20), 1.0)
    keep = np.exp(-1 / (GATE_S[1] * data.RATE_HZ))
    gain = scipy.signal.lfilter([1 - keep], [1, -keep], wanted - 1.0) + 1.0
    return np.asarray(sound * np.maximum(gain, wanted), dtype=np.float32)


def _many_cuts(
    carrier: data.Carrier,
    rng: np.random.Generator,
    others: Sequence[data.Carrier],
    conditions: _Conditions,
) -> data.Edited:
    """A recording made of pieces of one carrier and of others.

    Half of the pieces of the carrier follow on the one before after 0.3 to 3 s that are left out, as when
    something is deleted. A piece of another recording comes in other conditions half of the time.
    """
    own = conditions.applied(carrier)
    level = data.level(own)
    total, places, at = np.zeros(0, np.float32), [], 0
    while total.size < max(LEAST_S * data.RATE_HZ, own.size):
        source, where, draw = own, None, rng.uniform()
        size = int(rng.uniform(0.4, 2.2) * data.RATE_HZ)
        if draw > 0.6:
            other = data.donor(carrier, "same speaker" if draw < 0.8 else "another", rng, others)
            if other is not None:
                alike = conditions if rng.uniform() < 0.5 else _Conditions(rng)
                source = alike.applied(other)
        elif draw < 0.3:
            where = at + int(rng.uniform(0.3, 3.0) * data.RATE_HZ)
        size = min(size, source.size - data.RATE_HZ // 10)
        start, end = _ends(source, size, where, rng)
        part = source[start:end]
        if source is not own:
            part = part * np.float32(level / max(data.level(part), 1e-4) * rng.uniform(0.7, 1.3))
        else:
            at = end
        if total.size:
            total, met = data.joined([total, part], rng.uniform() < CROSS_FADES)
            places.append(met[0] / data.RATE_HZ)
        else:
            total = part
    return data.Edited(np.clip(total, -1, 1).astype(np.float32), tuple(places))


def _ends(
    source: Floats, size: int, where: int | None, rng: np.random.Generator
) -> tuple[int, int]:
    """First and last sample of a piece: anywhere, or both where it is most quiet nearby."""
    if where is not None and where + size < source.size:
        start = where
    else:
        start = int(rng.integers(0, max(1, source.size - size)))
    end = start + size
    if rng.uniform() < PAUSES:
        start = data.quiet_point(source, start, rng, 0, max(1, source.size - size))
        end = data.quiet_point(source, start + size, rng, start + size // 2, source.size)
    return start, end
