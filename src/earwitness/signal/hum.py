"""Mains hum: whether there is any, at 50 or 60 Hz.

Conventions: times are seconds from the first sample, frequencies are those of the fundamental in
Hz. Frames are 16 s long under a Hann window and 1 s apart. The power of a harmonic in a frame is in
units of the noise beside it: without hum it is 1 on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.signal.basebands import BASEBAND_RATE_HZ, Complexes, Reals, basebands
from earwitness.signal.best_paths import best_paths

NOMINAL_HZ: Final = (50, 60)
HUM_RATE_HZ: Final = 4000
"""A rate that holds all harmonics that are looked at."""

HARMONICS: Final = 20
FRAME_S: Final = 16
LEAST_S: Final = 30.0
"""Recordings shorter than this hold too few frames for hum to be told from speech."""

THRESHOLD: Final = 6.0
"""How many spreads of the decoys the hum must stand above them; see ``find_hum``."""

FALSE_PRESENCE: Final = (176, 4_224)
"""How often a frequency without mains passed, of how many searches; see ``bench/whole_mains.py``."""

FRAME_VALUES: Final = FRAME_S * BASEBAND_RATE_HZ
_SEARCH_HARMONICS: Final = (1, 2, 3, 4, 6)
_SEARCH_HALF_HZ: Final = 1.0
_SEARCH_STEP_HZ: Final = 0.0075
SEARCH_EVERY_S: Final = 4
_SEARCH_BLOCK_S: Final = 1024
MOVES_HZ_PER_S: Final = 0.0025
_LINEAR_TO: Final = 10.0
_MOST_POWER: Final = 100.0
_FLOOR: Final = 1e-6  # of the sound's power: lines of other things that are fainter do not count
INDEPENDENT: Final = 6.0  # frames of 16 s, 1 s apart under a Hann window, per independent one
WINDOW: Final = np.hanning(FRAME_VALUES + 2)[1:-1].astype(np.float32)


def _decoys() -> tuple[int, ...]:
    """Frequencies at which no mains hums, and whose harmonics keep away from those of 50 and 60 Hz."""

    def is_apart(decoy: int) -> bool:
        near = min(abs(decoy - real) for real in NOMINAL_HZ)
        return near > 2 and all(
            abs(k * decoy - real * round(k * decoy / real)) > 0.7 * k * _SEARCH_HALF_HZ + 1.0
            for k in _SEARCH_HARMONICS
            for real in NOMINAL_HZ
        )

    return tuple(decoy for decoy in range(41, 74) if is_apart(decoy))


DECOYS_HZ: Final = _decoys()


@dataclass(frozen=True)
class Presence:
    """Whether there is hum, by a test against frequencies at which there can be none.

    Attributes
    ----------
    scores : dict of int to float
        For 50 and 60 Hz: how far the best line stands above those of the decoys, in their spreads.
    decoy_scores : np.ndarray [shape=(decoys,)]
        The same for each decoy against the others: what the test gives where there is no hum.
    tracks_hz : dict of int to np.ndarray [shape=(n,)]
        The best line at each, every 4 s, from ``FRAME_S / 2`` on; coarse.
    """

    scores: dict[int, float]
    decoy_scores: Reals
    tracks_hz: dict[int, Reals]

    @property
    def found_hz(self) -> tuple[int, ...]:
        """The nominal frequencies at which there is hum, the strongest first."""
        found = [nominal for nominal, score in self.scores.items() if score >= THRESHOLD]
        return tuple(sorted(found, key=lambda nominal: -self.scores[nominal]))


def find_hum(sound: Floats, *, sample_rate_hz: int) -> Presence:
    """Look for hum at 50 and 60 Hz, and measure the test on the recording itself.

    The same search is made at decoys, frequencies at which no grid runs. What the best line there
    gives is what chance, speech and music give in this very recording. The score is how far the line
    at 50 or 60 Hz stands above the middle of the decoys, in their spreads.

    Parameters
    ----------
    sound : np.ndarray [shape=(n,)]
    sample_rate_hz : int
    """
    if sound.size < FRAME_S * sample_rate_hz:
        nothing = dict.fromkeys(NOMINAL_HZ, 0.0)
        return Presence(nothing, np.zeros(len(DECOYS_HZ)), {hz: np.zeros(0) for hz in NOMINAL_HZ})
    tried = (*NOMINAL_HZ, *DECOYS_HZ)
    block = _SEARCH_BLOCK_S * sample_rate_hz
    sums, frames, tracks = np.zeros(len(tried)), 0, []
    for first in range(0, max(sound.size - FRAME_S * sample_rate_hz, 1), block):
        piece = sound[first : first + block + (FRAME_S - SEARCH_EVERY_S) * sample_rate_hz]
        scores, lines = _best_lines(piece, sample_rate_hz, tried)
        sums, frames = sums + scores * lines.shape[1], frames + lines.shape[1]
        tracks.append(lines[: len(NOMINAL_HZ)])
    means = sums / max(frames, 1)
    chance = means[len(NOMINAL_HZ) :]
    joined = np.concatenate(tracks, axis=1)
    others = np.asarray([_score(mean, np.delete(chance, at)) for at, mean in enumerate(chance)])
    return Presence(
        scores={hz: _score(mean, chance) for hz, mean in zip(NOMINAL_HZ, means, strict=False)},
        decoy_scores=others,
        tracks_hz=dict(zip(NOMINAL_HZ, joined, strict=True)),
    )


def _score(mean: float, chance: Reals) -> float:
    """How far a line stands above those of the decoys, in their spreads."""
    middle = float(np.median(chance))
    spread = 1.4826 * float(np.median(np.abs(chance - middle))) + 0.02 * middle
    return (float(mean) - middle) / max(spread, 1e-9)


def _best_lines(sound: Floats, sample_rate_hz: int, tried: Sequence[int]) -> tuple[Reals, Reals]:
    """The mean power along the best line near each frequency, and that line [shape=(tried, n)]."""
    offsets = np.arange(-_SEARCH_HALF_HZ, _SEARCH_HALF_HZ + 1e-9, _SEARCH_STEP_HZ)
    floor = _FLOOR * _mean_square(sound) * float((WINDOW**2).sum())
    total: npt.NDArray[np.float32] = np.zeros((1, 1, 1), np.float32)
    logs = total
    centres_hz = [k * hz for k in _SEARCH_HARMONICS for hz in tried]
    bands = basebands(sound, sample_rate_hz=sample_rate_hz, centres_hz=centres_hz)
    for row, k in enumerate(_SEARCH_HARMONICS):
        these = bands[row * len(tried) : (row + 1) * len(tried)]
        frames = frames_of(these, every=SEARCH_EVERY_S)
        noise = (noise_in(frames) + floor).astype(np.float32)
        power = powers_at(frames, k * offsets) / noise[..., np.newaxis]
        total, logs = total + bounded(power), logs + np.log1p(power / _LINEAR_TO)
    gains = total * np.float32(SEARCH_EVERY_S / INDEPENDENT)
    paths = best_paths(gains, moves=SEARCH_EVERY_S * MOVES_HZ_PER_S / _SEARCH_STEP_HZ)
    along = np.take_along_axis(logs, paths[..., np.newaxis], axis=2)[..., 0]
    return along.mean(axis=1), np.asarray(tried)[:, np.newaxis] + offsets[paths]


def _mean_square(sound: Floats) -> float:
    blocks = [sound[first : first + (1 << 20)] for first in range(0, sound.size, 1 << 20)]
    total = sum(float(np.dot(block, block)) for block in blocks)
    return total / max(sound.size, 1)


def frames_of(bands: Complexes, *, every: int = 1) -> Complexes:
    """Frames of 16 s [shape=(bands, n, 256)], ``every`` seconds apart, not yet under the window."""
    views = np.lib.stride_tricks.sliding_window_view(bands, FRAME_VALUES, axis=-1)
    return np.asarray(views[:, :: every * BASEBAND_RATE_HZ])


def powers_at(frames: Complexes, offsets_hz: Reals) -> npt.NDArray[np.float32]:
    """Power of frames [shape=(..., 256)] at frequencies off the middle [shape=(..., m)]."""
    at_s = (np.arange(FRAME_VALUES) - FRAME_VALUES / 2) / BASEBAND_RATE_HZ
    waves = np.exp(-2j * np.pi * np.outer(at_s, offsets_hz)) * WINDOW[:, np.newaxis]
    found = frames @ waves.astype(np.complex64)
    return np.asarray(found.real**2 + found.imag**2)


def band_noise(band: Complexes) -> Reals:
    """Power of the noise in a single value of a baseband [shape=(n,)], in each frame, 1 s apart."""
    return np.asarray(noise_in(frames_of(band[np.newaxis]))[0] / float((WINDOW**2).sum()))


def noise_in(frames: Complexes) -> Reals:
    """Power of the noise in frames [shape=(..., 256)], from the median over the band."""
    spectrum = np.fft.fft(frames * WINDOW, axis=-1)
    away_hz = np.abs(np.fft.fftfreq(FRAME_VALUES, 1 / BASEBAND_RATE_HZ))
    beside = (spectrum.real**2 + spectrum.imag**2)[..., away_hz < 6.0]
    return np.asarray(np.median(beside, axis=-1) / np.log(2.0) + 1e-20)


def bounded(power: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Keep the shape, and let no harmonic of any frame weigh more than a bound."""
    most = power.max(axis=-1, keepdims=True)
    return np.asarray(power * np.minimum(1.0, _MOST_POWER / np.maximum(most, 1e-9)), np.float32)
