"""The frequency of mains hum through time, from all its harmonics.

Conventions: as in ``hum``. Times are the middles of frames of 16 s, 1 s apart; the frequency at each is
the mean under ``hum_smoother.KERNEL``, about five seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.signal.basebands import BASEBAND_RATE_HZ, Complexes, Reals, basebands
from earwitness.signal.best_paths import best_paths
from earwitness.signal.hum import (
    FRAME_S,
    FRAME_VALUES,
    HARMONICS,
    INDEPENDENT,
    SEARCH_EVERY_S,
    WINDOW,
    Presence,
    frames_of,
    powers_at,
)
from earwitness.signal.hum_smoother import KERNEL, smooth_hum, value_noise

NOTHING_KNOWN_HZ: Final = 1.0
"""Standard error where no harmonic stands out."""

_MOVES_HZ_PER_S: Final = 0.0025
_PASSES: Final = ((8, 0.150, 0.003), (HARMONICS, 0.050, 0.001), (HARMONICS, 0.020, 0.0005))
_REFINED_BY_HZ: Final = 0.05  # farther than frames are off by; beyond it, harmonics lost step
_STANDS_OUT: Final = 3.0  # spreads by which a harmonic stands out along the track


@dataclass(frozen=True)
class HumTrack:
    """The frequency of the hum through time.

    Attributes
    ----------
    nominal_hz : int
    times_s : np.ndarray [shape=(n,)]
        Middles of the frames.
    frequency_hz, sigma_hz : np.ndarray [shape=(n,)]
        Of the fundamental, and its standard error.
    power_ratios : np.ndarray [shape=(20,)]
        Of each harmonic to the noise beside it in a frame of 16 s, less 1; 0 where it is not used.
    hum_to_noise_db : float
        Of all harmonics that are used, weighted as they carry frequency, for 1 Hz of noise.
    """

    nominal_hz: int
    times_s: Reals
    frequency_hz: Reals
    sigma_hz: Reals
    power_ratios: Reals
    hum_to_noise_db: float

    @property
    def harmonics(self) -> tuple[int, ...]:
        """The harmonics that were used."""
        return tuple(_counting(self.power_ratios))


def hum_bands(sound: Floats, *, nominal_hz: int, sample_rate_hz: int) -> Complexes:
    """Basebands of the harmonics of a nominal frequency [shape=(20, n)]; see ``basebands``."""
    centres_hz = [k * nominal_hz for k in range(1, HARMONICS + 1)]
    return basebands(sound, sample_rate_hz=sample_rate_hz, centres_hz=centres_hz)


def track_hum(bands: Complexes, presence: Presence, *, nominal_hz: int) -> HumTrack:
    """Follow the hum through all its harmonics.

    First by frames of 16 s: each pass turns the bands back by the track so far, so that a frame holds
    nearly steady lines even where the frequency moves; looks at how far off it still is, on a finer grid
    and with more harmonics; and adds that. In a frame every value weighs as little as there is noise
    around it. The sum over harmonics of power over noise is the likelihood; a harmonic counts only if
    it stands out along the track. Then by the phases of these harmonics, second by second, which gives
    the standard error too; see ``hum_smoother``.

    Parameters
    ----------
    bands : np.ndarray [shape=(20, n)]
        From ``hum_bands``.
    presence : Presence
        Gives the coarse track to begin with.
    nominal_hz : int

    Source
    ------
    Bykhovsky and Cohen 2013 (the likelihood over harmonics); Hua, Liao, Wang, Ye, Ma 2020 (robust
    filtering, 2021: selection of harmonics). Written from the papers.
    """
    coarse = presence.tracks_hz[nominal_hz]
    coarse_s = FRAME_S / 2 + SEARCH_EVERY_S * np.arange(coarse.size)
    times_s = np.arange(bands.shape[1] // BASEBAND_RATE_HZ - FRAME_S + 1) + FRAME_S / 2
    track = np.interp(times_s, coarse_s, coarse)
    ratios = np.zeros(HARMONICS)
    for most, half_hz, step_hz in _PASSES:
        correction, ratios = _pass(bands, track, nominal_hz, most, half_hz, step_hz)
        track = track + correction
    sigma = np.full(track.size, NOTHING_KNOWN_HZ)
    if ratios.any():
        cycles = phase_of(track, nominal_hz=nominal_hz, values=bands.shape[1])
        off, errors = smooth_hum(bands, cycles, _counting(ratios))
        first = FRAME_S // 2 - KERNEL.size // 2 - 1
        here = slice(first, first + track.size)
        moved = nominal_hz + off[here] - track
        near = np.clip(moved, -_REFINED_BY_HZ, _REFINED_BY_HZ)
        track, sigma = track + near, np.hypot(errors[here], moved - near)
    return HumTrack(
        nominal_hz=nominal_hz,
        times_s=times_s,
        frequency_hz=track,
        sigma_hz=sigma,
        power_ratios=ratios,
        hum_to_noise_db=_hum_to_noise_db(ratios),
    )


def phase_of(track_hz: Reals, *, nominal_hz: int, values: int) -> Reals:
    """Cycles that a track is ahead of its nominal frequency, at each value of a baseband."""
    at_s = (np.arange(values) + 0.5) / BASEBAND_RATE_HZ
    times_s = np.arange(track_hz.size) + FRAME_S / 2
    off = np.interp(at_s, times_s, track_hz - nominal_hz)
    return np.concatenate([[0.0], np.cumsum(off)[:-1]]) / BASEBAND_RATE_HZ


def _pass(
    bands: Complexes, track: Reals, nominal_hz: int, most: int, half_hz: float, step_hz: float
) -> tuple[Reals, Reals]:
    """How far the track is off [shape=(n,)], and how much each harmonic stands out along it."""
    cycles = phase_of(track, nominal_hz=nominal_hz, values=bands.shape[1])
    offsets = np.arange(-half_hz, half_hz + step_hz / 2, step_hz)
    total = np.zeros((track.size, offsets.size), dtype=np.float32)
    ratios = np.zeros(HARMONICS)
    for k in range(1, most + 1):
        if not bands[k - 1].any():
            continue
        frames, noise = _weighted_frames(bands[k - 1] * np.exp(-2j * np.pi * (k * cycles % 1.0)))
        ratios[k - 1] = _power_ratio(frames, noise, k)
        if ratios[k - 1]:
            total += powers_at(frames, k * offsets) / noise[:, np.newaxis]
    gains = total[np.newaxis] / np.float32(INDEPENDENT)
    (path,) = best_paths(gains, moves=_MOVES_HZ_PER_S / step_hz)
    return np.asarray(offsets[path] + step_hz * _peak(total, path)), ratios


def _weighted_frames(turned: npt.NDArray[np.complex128]) -> tuple[Complexes, Reals]:
    """Frames of a turned baseband, each value over the noise around it, and the noise in each frame."""
    quiet = 1.0 / value_noise(turned[np.newaxis])[0]
    frames = frames_of((turned * (quiet / quiet.mean())).astype(np.complex64)[np.newaxis])[0]
    weights = np.lib.stride_tricks.sliding_window_view(quiet, FRAME_VALUES)[::BASEBAND_RATE_HZ]
    return frames, np.asarray(weights @ WINDOW.astype(np.float64) ** 2 / quiet.mean() ** 2)


def _power_ratio(frames: Complexes, noise: Reals, k: int) -> float:
    """How much a harmonic stands out along the track, over the same beside it; 0 if it does not."""
    beside_hz = np.asarray([0.0, *(s * f for f in (0.2, 0.3, 0.4, 0.5) for s in (-1, 1))])
    power = np.log1p(powers_at(frames, k * beside_hz) / noise[:, np.newaxis])
    means = power.mean(axis=0)
    own_spread = power[:, 1:].std() / np.sqrt(max(noise.size / INDEPENDENT, 2.0))
    chance, spread = float(np.median(means[1:])), means[1:].std() + own_spread
    if means[0] <= chance + _STANDS_OUT * spread:
        return 0.0
    return float(np.expm1(means[0]) / np.expm1(chance) - 1.0)


def _counting(ratios: Reals) -> list[int]:
    """Numbers of the harmonics that count."""
    return [int(k) + 1 for k in np.flatnonzero(ratios > 0)]


def _peak(table: npt.NDArray[np.float32], path: npt.NDArray[np.int64]) -> Reals:
    """How far beside each state of the path the parabola through three values has its top."""
    inner = np.clip(path, 1, table.shape[1] - 2)
    rows = np.arange(path.size)
    left, here, right = (table[rows, inner + d].astype(np.float64) for d in (-1, 0, 1))
    bend = left - 2 * here + right
    top = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, 1.0), 0.0)
    return np.asarray(np.where(path == inner, np.clip(top, -0.5, 0.5), 0.0))


def _hum_to_noise_db(ratios: Reals) -> float:
    """Power of the harmonics that are used, in the noise of 1 Hz beside each, in dB."""
    bandwidth_hz = BASEBAND_RATE_HZ * (WINDOW**2).sum() / WINDOW.sum() ** 2
    total = float(ratios.sum()) * bandwidth_hz
    return float(10 * np.log10(max(total, 1e-6)))
