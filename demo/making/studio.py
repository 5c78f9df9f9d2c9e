"""Rooms, noise, telephone bands, levels and the mains: what happens to a voice before it is coded.

Conventions: mono float64 in [-1, 1] [shape=(n,)] at ``SAMPLE_RATE_HZ``; levels in dBFS (RMS); every
random number comes from a seed that is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import signal

from making.voice import SAMPLE_RATE_HZ, Sound

SPEECH_DBFS = -23.0
_PIECE = SAMPLE_RATE_HZ // 50  # 20 ms
_PEAK = 0.95


@dataclass(frozen=True, slots=True)
class Room:
    """Where and with what a voice was recorded.

    ``reverberation_s`` is the time in which the sound of the room falls by 60 dB, ``direct_db`` how
    far the direct sound stands above it; ``noise_dbfs`` is the room's level when nobody speaks.
    """

    reverberation_s: float
    direct_db: float
    noise_dbfs: float
    low_hz: float
    high_hz: float
    seed: int


def record(voice: Sound, room: Room) -> Sound:
    """Put a voice into a room, through a band, at the usual level, with the room's noise."""
    random = np.random.default_rng(room.seed)
    wet = signal.fftconvolve(voice, _response(room, random))[: len(voice)]
    band = signal.butter(
        4, [room.low_hz, room.high_hz], btype="bandpass", fs=SAMPLE_RATE_HZ, output="sos"
    )
    heard = signal.sosfilt(band, wet)
    heard *= 10 ** ((SPEECH_DBFS - speech_dbfs(heard)) / 20)
    noise = _pink(len(heard), random)
    noise *= 10 ** (room.noise_dbfs / 20) / np.sqrt(np.mean(noise**2))
    return np.clip(heard + noise, -_PEAK, _PEAK)


def speech_dbfs(sound: Sound) -> float:
    """The level of the 20 ms pieces that are within 25 dB of the loudest twentieth of them."""
    pieces = sound[: len(sound) // _PIECE * _PIECE].reshape(-1, _PIECE)
    power = np.mean(pieces**2, axis=1)
    active = power > np.percentile(power, 95) * 10**-2.5
    return float(10 * np.log10(power[active].mean()))


def quiet_dbfs(sound: Sound) -> float:
    """The level of the quietest twentieth of the 20 ms pieces: what is there when nobody speaks."""
    pieces = sound[: len(sound) // _PIECE * _PIECE].reshape(-1, _PIECE)
    power = np.sort(np.mean(pieces**2, axis=1))
    return float(10 * np.log10(power[: max(1, len(power) // 20)].mean()))


def mains_day_hz(*, seconds: int, seed: int) -> Sound:
    """A day of mains frequency, one value a second in whole millihertz.

    An Ornstein-Uhlenbeck process round 50 Hz, 22 mHz wide, with a memory of four minutes.
    """
    random = np.random.default_rng(seed)
    width_hz, memory_s = 0.022, 240.0
    keep = np.exp(-1.0 / memory_s)
    steps = width_hz * np.sqrt(1 - keep**2) * random.standard_normal(seconds)
    steps[0] = width_hz * random.standard_normal()
    return np.round(50.0 + signal.lfilter([1.0], [1.0, -keep], steps), 3)


def hum(
    track_hz: Sound, count: int, *, harmonics_db: Mapping[int, float], dbfs: float, seed: int
) -> Sound:
    """Mains hum that follows a frequency track: linear between its seconds, unbroken in phase."""
    random = np.random.default_rng(seed)
    at_s = np.arange(count) / SAMPLE_RATE_HZ
    frequency_hz = np.interp(at_s, np.arange(len(track_hz)), track_hz)
    cycles = np.cumsum(frequency_hz) / SAMPLE_RATE_HZ
    total = np.zeros(count)
    for number, level_db in harmonics_db.items():
        start = random.uniform(0, 1)
        total += 10 ** (level_db / 20) * np.sin(2 * np.pi * (number * cycles + start))
    return np.asarray(total * 10 ** (dbfs / 20) / np.sqrt(np.mean(total**2)))


def _response(room: Room, random: np.random.Generator) -> Sound:
    """A small room's answer to a click: the direct sound, then noise that dies away."""
    count = round(room.reverberation_s * SAMPLE_RATE_HZ)
    decay = np.exp(-6.91 * np.arange(count) / count)
    tail = random.standard_normal(count) * decay
    tail[: round(0.004 * SAMPLE_RATE_HZ)] = 0.0  # the nearest wall is a good half metre away
    tail *= 10 ** (-room.direct_db / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail


def _pink(count: int, random: np.random.Generator) -> Sound:
    """Noise that falls by 3 dB an octave above 30 Hz, as the air of a room does."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    frequency_hz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE_HZ)
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency_hz, 30.0)), count)
