"""Voices that are made, not recorded: a source and a filter for each speaker."""

from __future__ import annotations

import numpy as np
import scipy.signal

RATE_HZ = 16_000
Floats = np.ndarray


def spoken(speaker: int, seconds: float, *, seed: int = 0, channel: bool = False) -> Floats:
    """Vowels of one person: formants and pitch of their own, in an order that the seed gives.

    Parameters
    ----------
    speaker : int
    seconds : float
    seed : int
        Of what is said.
    channel : bool
        Through a narrow, noisy channel.
    """
    own = np.random.default_rng(1_000 + speaker)
    pitch_hz = own.uniform(90, 220)
    scale = own.uniform(0.85, 1.2)
    vowels = scale * own.normal(1.0, 0.06, (6, 4)) * _VOWELS
    said = np.random.default_rng([speaker, seed])
    pieces = []
    for _ in range(int(np.ceil(seconds / 0.2))):
        formants = vowels[said.integers(6)] * said.normal(1.0, 0.02, 4)
        pieces.append(_vowel(pitch_hz * said.normal(1.0, 0.05), formants, said))
    sound = np.concatenate(pieces)[: round(seconds * RATE_HZ)]
    if channel:
        sos = scipy.signal.butter(4, [300, 3_300], "bandpass", fs=RATE_HZ, output="sos")
        sound = scipy.signal.sosfilt(sos, sound)
        sound = sound + 0.02 * said.standard_normal(sound.size)
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)


_VOWELS = np.array(
    [
        [730, 1_090, 2_440, 3_400],
        [270, 2_290, 3_010, 3_700],
        [300, 870, 2_240, 3_300],
        [530, 1_840, 2_480, 3_500],
        [570, 840, 2_410, 3_300],
        [490, 1_350, 1_690, 3_200],
    ],
    dtype=np.float64,
)


def _vowel(pitch_hz: float, formants: Floats, random: np.random.Generator) -> Floats:
    samples = round(0.2 * RATE_HZ)
    source = np.zeros(samples)
    source[:: max(1, round(RATE_HZ / pitch_hz))] = 1.0
    source += 0.01 * random.standard_normal(samples)
    for formant, width in zip(formants, (60, 90, 120, 160), strict=True):
        radius = np.exp(-np.pi * width / RATE_HZ)
        turn = 2 * np.pi * formant / RATE_HZ
        source = scipy.signal.lfilter([1.0], [1.0, -2 * radius * np.cos(turn), radius**2], source)
    return source / max(float(np.abs(source).max()), 1e-9) * np.hanning(samples) ** 0.3
