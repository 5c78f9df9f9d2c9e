"""The frequency of mains hum through time, from all its harmonics.

Conventions: as in ``hum``. Times are the middles of frames of 16 s, 1 s apart.
"""

from __future__ import annotations

from collections.abc import Callable
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
    bounded,
    frames_of,
    noise_in,
    powers_at,
)

BOUND_TIMES: Final = 2.5
LEAST_SIGMA_HZ: Final = 0.0009
_RESIDUAL_MOVES_HZ_PER_S: Final = 0.001
_PASSES: Final = ((8, 0.050, 0.001), (HARMONICS, 0.020, 0.0005), (HARMONICS, 0.010, 0.00025))


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
    """Follow the hum: the likeliest frequency in each frame, given all its harmonics.

    Each pass turns the bands back by the track so far, so that a frame holds nearly steady lines
    even where the frequency moves; looks at how far off it still is, on a finer grid and with more
    harmonics; and adds that. In white noise the sum over harmonics of power over noise is the
    likelihood; a harmonic counts only if it stands out along the track, and no frame of any may
    outweigh the rest.

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
    noise = np.stack([noise_in(frames_of(band[np.newaxis]))[0] for band in bands])
    n = noise.shape[1]
    times_s = np.arange(n, dtype=np.float64) + FRAME_S / 2
    coarse = presence.tracks_hz[nominal_hz]
    coarse_s = FRAME_S / 2 + SEARCH_EVERY_S * np.arange(coarse.size)
    track = np.interp(times_s, coarse_s, coarse)
    for most, half_hz, step_hz in _PASSES:
        ratios = _power_ratios(bands, noise, track, nominal_hz, most)
        track = track + _correction(bands, noise, ratios, track, nominal_hz, half_hz, step_hz)
    ratios = _power_ratios(bands, noise, track, nominal_hz, HARMONICS)
    return HumTrack(
        nominal_hz=nominal_hz,
        times_s=times_s,
        frequency_hz=track,
        sigma_hz=_standard_errors(bands, noise, ratios, track, nominal_hz),
        power_ratios=ratios,
        hum_to_noise_db=_hum_to_noise_db(ratios),
    )


def phase_of(track_hz: Reals, *, nominal_hz: int, values: int) -> Reals:
    """Cycles that a track is ahead of its nominal frequency, at each value of a baseband."""
    at_s = (np.arange(values) + 0.5) / BASEBAND_RATE_HZ
    times_s = np.arange(track_hz.size) + FRAME_S / 2
    off = np.interp(at_s, times_s, track_hz - nominal_hz)
    return np.concatenate([[0.0], np.cumsum(off)[:-1]]) / BASEBAND_RATE_HZ


def _turned(bands: Complexes, track: Reals, nominal_hz: int) -> Callable[[int], Complexes]:
    """Frames of a harmonic, turned back by the track."""
    cycles = phase_of(track, nominal_hz=nominal_hz, values=bands.shape[1])

    def frames(k: int) -> Complexes:
        back = np.exp(-2j * np.pi * (k * cycles % 1.0)).astype(np.complex64)
        turned: Complexes = frames_of((bands[k - 1] * back)[np.newaxis])[0]
        return turned

    return frames


def _power_ratios(
    bands: Complexes, noise: Reals, track: Reals, nominal_hz: int, most: int
) -> Reals:
    """How much each harmonic stands out along the track, over the same beside it; 0 if it does not."""
    turned = _turned(bands, track, nominal_hz)
    beside_hz = np.asarray([0.0, *(s * f for f in (0.2, 0.3, 0.4, 0.5) for s in (-1, 1))])
    ratios = np.zeros(HARMONICS)
    independent = max(track.size / INDEPENDENT, 2.0)
    for k in range(1, most + 1):
        if not bands[k - 1].any():
            continue
        power = np.log1p(powers_at(turned(k), k * beside_hz) / noise[k - 1][:, None])
        means = power.mean(axis=0)
        own_spread = power[:, 1:].std() / np.sqrt(independent)
        chance, spread = float(np.median(means[1:])), means[1:].std() + own_spread
        if means[0] > chance + 3.0 * spread:
            ratios[k - 1] = np.expm1(means[0]) / np.expm1(chance) - 1.0
    return ratios


def _correction(
    bands: Complexes,
    noise: Reals,
    ratios: Reals,
    track: Reals,
    nominal_hz: int,
    half_hz: float,
    step_hz: float,
) -> Reals:
    """How far the track is off [shape=(n,)], by the likelihood of all harmonics that count."""
    offsets = np.arange(-half_hz, half_hz + step_hz / 2, step_hz)
    turned = _turned(bands, track, nominal_hz)
    total = np.zeros((track.size, offsets.size), dtype=np.float32)
    for k in _counting(ratios):
        total += bounded(powers_at(turned(k), k * offsets) / noise[k - 1][:, np.newaxis])
    gains = total[np.newaxis] / INDEPENDENT
    (path,) = best_paths(gains, moves=_RESIDUAL_MOVES_HZ_PER_S / step_hz)
    return np.asarray(offsets[path] + step_hz * _peak(total, path))


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


def _standard_errors(
    bands: Complexes, noise: Reals, ratios: Reals, track: Reals, nominal_hz: int
) -> Reals:
    """Standard error of the frequency in each frame, from its own harmonics' power over noise.

    The bound of Cramér and Rao for a line of unknown phase under a Hann window, times a factor for
    noise that is not white, and a floor for how far a frame blurs what moves in it. Both were chosen
    on the train half of ``bench/when.py``, which tells how well they hold on the other.
    """
    turned = _turned(bands, track, nominal_hz)
    at_s = (np.arange(FRAME_VALUES) - FRAME_VALUES / 2) / BASEBAND_RATE_HZ
    window = WINDOW.astype(np.float64)
    slope = (window * at_s) ** 2
    worth = 2 * (2 * np.pi) ** 2 * (window * at_s**2).sum() ** 2 / (window.sum() ** 2)
    loss = slope.sum() / (window**2).sum()
    information = np.zeros(track.size)
    for k in _counting(ratios):
        power = powers_at(turned(k), np.zeros(1))[:, 0] / noise[k - 1]
        information += k**2 * np.maximum(power - 1.0, 0.1 * ratios[k - 1])
    bound = np.sqrt(loss / (worth * np.maximum(information, 1e-6)))
    return np.asarray(np.hypot(BOUND_TIMES * bound, LEAST_SIGMA_HZ))


def _hum_to_noise_db(ratios: Reals) -> float:
    """Power of the harmonics that are used, in the noise of 1 Hz beside each, in dB."""
    bandwidth_hz = BASEBAND_RATE_HZ * (WINDOW**2).sum() / WINDOW.sum() ** 2
    total = float(ratios.sum()) * bandwidth_hz
    return float(10 * np.log10(max(total, 1e-6)))
