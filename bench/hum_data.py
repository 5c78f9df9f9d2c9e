"""Real mains and real speech for the benches of hum: what is mixed, and the truth of it.

The mains are the recordings of ENF-WHU-Dataset (a transformer's tap, 400 Hz). The phase of their
fundamental is followed; hum is made of it, with harmonics of drawn strength, as a machine on that
mains would hum. Speech is LibriSpeech, one recording after the other.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import soxr

from earwitness.evidence.decode import decode_mono
from earwitness.signal.basebands import BASEBAND_RATE_HZ, basebands

RATE = 16_000
DATA = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))


BROKEN = ("027", "031", "037", "044", "071", "074", "076", "077")
"""Recordings of the mains that lost samples: their phase jumps by half a cycle, at 14 places in all."""


def mains_paths() -> list[Path]:
    """The recordings of the mains that are whole."""
    paths = sorted((DATA / "enf-whu-mains").glob("*.flac"))
    return [path for path in paths if path.name[:3] not in BROKEN]


@cache
def mains_cycles(path: Path) -> np.ndarray:
    """Cycles of the mains since the start, 16 a second [shape=(n,)], less two seconds at the ends."""
    sound = decode_mono(path, sample_rate_hz=400)
    band = basebands(sound, sample_rate_hz=400, centres_hz=[50])[0]
    cycles = np.unwrap(np.angle(band.astype(np.complex128))) / (2 * np.pi)
    cycles += 50.0 * np.arange(cycles.size) / BASEBAND_RATE_HZ
    kept = cycles[2 * BASEBAND_RATE_HZ : -2 * BASEBAND_RATE_HZ]
    return kept - kept[0]


def frequency_hz(cycles: np.ndarray) -> np.ndarray:
    """Mean frequency in each second [shape=(seconds,)]."""
    whole = cycles[::BASEBAND_RATE_HZ]
    return np.diff(whole)


def hum_of(cycles: np.ndarray, random: np.random.Generator, *, rate: int = RATE) -> np.ndarray:
    """Hum with twenty harmonics of drawn strength and phase, and a power of 1 [shape=(n,)].

    The fundamental has a level of 0 dB, even harmonics -6 dB and odd ones -12 dB, less 1 dB for each
    number, all with a standard deviation of 6 dB.
    """
    at = np.arange(int((cycles.size - 1) * rate / BASEBAND_RATE_HZ)) * BASEBAND_RATE_HZ / rate
    fine = np.interp(at, np.arange(cycles.size), cycles)
    hum = np.zeros(fine.size, dtype=np.float32)
    for k in range(1, 21):
        level_db = (0.0 if k == 1 else -6.0 if k % 2 == 0 else -12.0) - k + random.normal(0, 6.0)
        turned = (k * fine + random.uniform()) % 1.0
        hum += (10 ** (level_db / 20) * np.cos(2 * np.pi * turned)).astype(np.float32)
    return hum / np.sqrt(np.mean(hum**2))


HUMMING = ("1723-", "441-")
"""Speech with a line of its own near 50 Hz, 25 dB over what is beside it; both in the train half."""


def speech_paths(half: str) -> list[Path]:
    """Recordings of the speakers of one half, ``train`` or ``test``: LibriSpeech, one a speaker.

    Those that hum by themselves near 50 Hz are left out: nobody could say which hum is to be followed.
    Of speechocean762 many do.
    """
    paths = sorted((DATA / "librispeech").glob("*.flac"))[0 if half == "train" else 1 :: 2]
    return [path for path in paths if not path.name.startswith(HUMMING)]


@cache
def _speech(path: Path) -> np.ndarray:
    return decode_mono(path, sample_rate_hz=RATE)


def speech(seconds: float, random: np.random.Generator, *, half: str) -> np.ndarray:
    """So much speech of one half's speakers, with a root mean square of 0.05 [shape=(n,)]."""
    paths, pieces, had = speech_paths(half), [], 0
    order = random.permutation(len(paths))
    for index in np.resize(order, 10 * len(paths)):
        piece = _speech(paths[index])
        pieces.append(piece * (0.05 / (np.sqrt(np.mean(piece**2)) + 1e-9)))
        had += piece.size
        if had >= seconds * RATE:
            break
    return np.concatenate(pieces)[: int(seconds * RATE)].astype(np.float32)


def mixed(
    cycles: np.ndarray,
    level_db: float,
    random: np.random.Generator,
    *,
    half: str,
    rate: int = RATE,
) -> np.ndarray:
    """Speech with hum of a stretch of mains, so many dB against the speech [shape=(n,)]."""
    hum = hum_of(cycles, random, rate=rate)
    spoken = speech(hum.size / rate, random, half=half)
    if rate != RATE:
        spoken = soxr.resample(spoken, RATE, rate)
    size = min(spoken.size, hum.size)
    return spoken[:size] + hum[:size] * np.float32(0.05 * 10 ** (level_db / 20))
