"""Mains hum: whether there is any, at 50 or 60 Hz, and its frequency through time.

Conventions: times are seconds from the first sample, frequencies are those of the fundamental in
Hz. Frames are 16 s long under a Hann window and 1 s apart. The power of a harmonic in a frame is in
units of the noise beside it: without hum it is 1 on average.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.signal.basebands import BASEBAND_RATE_HZ, Complexes, Reals, basebands

NOMINAL_HZ: Final = (50, 60)
HUM_RATE_HZ: Final = 4000
"""A rate that holds all harmonics that are looked at."""

HARMONICS: Final = 20
FRAME_S: Final = 16
LEAST_S: Final = 30.0
"""Recordings shorter than this hold too few frames for hum to be told from speech."""

THRESHOLD: Final = 6.0
"""How many spreads of the decoys the hum must stand above them; see ``find_hum``."""

_FRAME: Final = FRAME_S * BASEBAND_RATE_HZ
_SEARCH_HARMONICS: Final = (1, 2, 3, 4, 6)
_SEARCH_HALF_HZ: Final = 1.0
_SEARCH_STEP_HZ: Final = 0.0075
_SEARCH_EVERY_S: Final = 4
_SEARCH_BLOCK_S: Final = 1024
_MOVES_HZ_PER_S: Final = 0.0025
_RESIDUAL_MOVES_HZ_PER_S: Final = 0.001
_LINEAR_TO: Final = 10.0
_MOST_POWER: Final = 100.0
_FLOOR: Final = 1e-6  # of the sound's power: lines of other things that are fainter do not count
_INDEPENDENT: Final = 6.0  # frames of 16 s, 1 s apart under a Hann window, per independent one
_HANN: Final = np.hanning(_FRAME + 2)[1:-1].astype(np.float32)
_PASSES: Final = ((8, 0.050, 0.001), (HARMONICS, 0.020, 0.0005), (HARMONICS, 0.010, 0.00025))


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
        return tuple(int(k) + 1 for k in np.flatnonzero(self.power_ratios > 0))


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
    tried = (*NOMINAL_HZ, *DECOYS_HZ)
    block = _SEARCH_BLOCK_S * sample_rate_hz
    sums, frames, tracks = np.zeros(len(tried)), 0, []
    for first in range(0, max(sound.size - FRAME_S * sample_rate_hz, 1), block):
        piece = sound[first : first + block + (FRAME_S - _SEARCH_EVERY_S) * sample_rate_hz]
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


def _best_lines(
    sound: Floats, sample_rate_hz: int, tried: Sequence[int]
) -> tuple[Reals, Reals]:
    """The mean power along the best line near each frequency, and that line [shape=(tried, n)]."""
    offsets = np.arange(-_SEARCH_HALF_HZ, _SEARCH_HALF_HZ + 1e-9, _SEARCH_STEP_HZ)
    floor = _FLOOR * _mean_square(sound) * float((_HANN**2).sum())
    total, logs = np.zeros(1, np.float32), np.zeros(1, np.float32)
    centres_hz = [k * hz for k in _SEARCH_HARMONICS for hz in tried]
    bands = basebands(sound, sample_rate_hz=sample_rate_hz, centres_hz=centres_hz)
    for row, k in enumerate(_SEARCH_HARMONICS):
        these = bands[row * len(tried) : (row + 1) * len(tried)]
        frames = _frames(these, every=_SEARCH_EVERY_S)
        power = _powers(frames, k * offsets) / np.float32(_noise(frames) + floor)[..., np.newaxis]
        total, logs = total + _bounded(power), logs + np.log1p(power / _LINEAR_TO)
    gains = total * np.float32(_SEARCH_EVERY_S / _INDEPENDENT)
    paths = best_paths(gains, moves=_SEARCH_EVERY_S * _MOVES_HZ_PER_S / _SEARCH_STEP_HZ)
    along = np.take_along_axis(logs, paths[..., np.newaxis], axis=2)[..., 0]
    return along.mean(axis=1), np.asarray(tried)[:, np.newaxis] + offsets[paths]


def _mean_square(sound: Floats) -> float:
    blocks = [sound[first : first + (1 << 20)] for first in range(0, sound.size, 1 << 20)]
    total = sum(float(np.dot(block, block)) for block in blocks)
    return total / max(sound.size, 1)


def _frames(bands: Complexes, *, every: int = 1) -> Complexes:
    """Frames of 16 s [shape=(bands, n, 256)], ``every`` seconds apart, not yet under the window."""
    views = np.lib.stride_tricks.sliding_window_view(bands, _FRAME, axis=-1)
    return np.asarray(views[:, :: every * BASEBAND_RATE_HZ])


def _powers(frames: Complexes, offsets_hz: Reals) -> npt.NDArray[np.float32]:
    """Power of frames [shape=(..., 256)] at frequencies off the middle [shape=(..., m)]."""
    at_s = (np.arange(_FRAME) - _FRAME / 2) / BASEBAND_RATE_HZ
    waves = np.exp(-2j * np.pi * np.outer(at_s, offsets_hz)) * _HANN[:, np.newaxis]
    found = frames @ waves.astype(np.complex64)
    return np.asarray(found.real**2 + found.imag**2)


def band_noise(band: Complexes) -> Reals:
    """Power of the noise in a single value of a baseband [shape=(n,)], in each frame, 1 s apart."""
    return np.asarray(_noise(_frames(band[np.newaxis]))[0] / float((_HANN**2).sum()))


def _noise(frames: Complexes) -> Reals:
    """Power of the noise in frames [shape=(..., 256)], from the median over the band."""
    spectrum = np.fft.fft(frames * _HANN, axis=-1)
    away_hz = np.abs(np.fft.fftfreq(_FRAME, 1 / BASEBAND_RATE_HZ))
    beside = (spectrum.real**2 + spectrum.imag**2)[..., away_hz < 6.0]
    return np.asarray(np.median(beside, axis=-1) / np.log(2.0) + 1e-20)


def _bounded(power: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Keep the shape, and let no harmonic of any frame weigh more than a bound."""
    most = power.max(axis=-1, keepdims=True)
    return np.asarray(power * np.minimum(1.0, _MOST_POWER / np.maximum(most, 1e-9)), np.float32)


def best_paths(gains: npt.NDArray[np.float32], *, moves: float) -> npt.NDArray[np.int64]:
    """The path through each table of gains that gains most, moving little (Viterbi's algorithm).

    Parameters
    ----------
    gains : np.ndarray [shape=(tables, steps, states)]
    moves : float
        Standard deviation of a move, in states; at most four of them are made in a step.

    Returns
    -------
    np.ndarray [shape=(tables, steps)]
        States.
    """
    tables, steps, states = gains.shape
    reach = max(1, min(int(np.ceil(4 * moves)), 30))
    costs = 0.5 * (np.arange(-reach, reach + 1) / moves) ** 2
    came = np.zeros((steps, tables, states), dtype=np.int8)
    value = gains[:, 0].astype(np.float64)
    padded = np.full((tables, states + 2 * reach), -np.inf)
    for step in range(1, steps):
        padded[:, reach : reach + states] = value
        best, from_where = np.full_like(value, -np.inf), came[step]
        for index, cost in enumerate(costs):
            reached = padded[:, index : index + states] - cost
            better = reached > best
            best = np.where(better, reached, best)
            from_where[better] = index - reach
        value = best + gains[:, step]
    paths = np.empty((tables, steps), dtype=np.int64)
    paths[:, -1] = value.argmax(axis=1)
    for step in range(steps - 1, 0, -1):
        here = paths[:, step]
        paths[:, step - 1] = here + came[step, np.arange(tables), here]
    return paths


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
    noise = np.stack([_noise(_frames(band[np.newaxis]))[0] for band in bands])
    n = noise.shape[1]
    times_s = np.arange(n) + FRAME_S / 2
    coarse = presence.tracks_hz[nominal_hz]
    coarse_s = FRAME_S / 2 + _SEARCH_EVERY_S * np.arange(coarse.size)
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
    """Cycles that a track is ahead of its nominal frequency, at each value of a baseband [shape=(values,)]."""
    at_s = (np.arange(values) + 0.5) / BASEBAND_RATE_HZ
    times_s = np.arange(track_hz.size) + FRAME_S / 2
    off = np.interp(at_s, times_s, track_hz - nominal_hz)
    return np.concatenate([[0.0], np.cumsum(off)[:-1]]) / BASEBAND_RATE_HZ


def _turned(bands: Complexes, track: Reals, nominal_hz: int) -> Callable[[int], Complexes]:
    """Frames of a harmonic, turned back by the track."""
    cycles = phase_of(track, nominal_hz=nominal_hz, values=bands.shape[1])

    def frames(k: int) -> Complexes:
        back = np.exp(-2j * np.pi * (k * cycles % 1.0)).astype(np.complex64)
        return _frames((bands[k - 1] * back)[np.newaxis])[0]

    return frames


def _power_ratios(
    bands: Complexes, noise: Reals, track: Reals, nominal_hz: int, most: int
) -> Reals:
    """How much each harmonic stands out along the track, over the same beside it; 0 if it does not."""
    turned = _turned(bands, track, nominal_hz)
    beside_hz = np.asarray([0.0, *(s * f for f in (0.2, 0.3, 0.4, 0.5) for s in (-1, 1))])
    ratios = np.zeros(HARMONICS)
    independent = max(track.size / _INDEPENDENT, 2.0)
    for k in range(1, most + 1):
        if not bands[k - 1].any():
            continue
        power = np.minimum(_powers(turned(k), k * beside_hz) / noise[k - 1][:, None], 1e3)
        means = power.mean(axis=0)
        chance, spread = np.median(means[1:]), means[1:].std() + power[:, 1:].std() / np.sqrt(independent)
        if means[0] > chance + 3.0 * spread:
            ratios[k - 1] = means[0] / chance - 1.0
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
    for k in np.flatnonzero(ratios > 0) + 1:
        total += _bounded(_powers(turned(k), k * offsets) / noise[k - 1][:, np.newaxis])
    gains = total[np.newaxis] / _INDEPENDENT
    (path,) = best_paths(gains, moves=_RESIDUAL_MOVES_HZ_PER_S / step_hz)
    return offsets[path] + step_hz * _peak(total, path)


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

    The bound of Cramér and Rao for a line of unknown phase under a Hann window.
    """
    turned = _turned(bands, track, nominal_hz)
    at_s = (np.arange(_FRAME) - _FRAME / 2) / BASEBAND_RATE_HZ
    window = _HANN.astype(np.float64)
    slope = (window * at_s) ** 2
    worth = 2 * (2 * np.pi) ** 2 * (window * at_s**2).sum() ** 2 / (window.sum() ** 2)
    loss = slope.sum() / (window**2).sum()
    information = np.zeros(track.size)
    for k in np.flatnonzero(ratios > 0) + 1:
        power = _powers(turned(k), np.zeros(1))[:, 0] / noise[k - 1]
        information += k**2 * np.maximum(power - 1.0, 0.1 * ratios[k - 1])
    return np.sqrt(loss / (worth * np.maximum(information, 1e-6)))


def _hum_to_noise_db(ratios: Reals) -> float:
    """Power of the harmonics that are used, in the noise of 1 Hz beside each, in dB."""
    bandwidth_hz = BASEBAND_RATE_HZ * (_HANN**2).sum() / _HANN.sum() ** 2
    total = float(ratios.sum()) * bandwidth_hz
    return float(10 * np.log10(max(total, 1e-6)))
