"""Breaks in the phase of mains hum: places where what comes after does not go on from what was before.

Conventions: times are seconds from the first sample; a jump is in cycles of the fundamental, from
-0.5 to 0.5. A cut by d seconds turns harmonic k by k·f·d cycles, so that all harmonics must agree on one
jump; the grid itself, and the phases of its harmonics, move a little all the time, and that is allowed
for as if it were noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.ndimage

from earwitness.signal.basebands import BASEBAND_RATE_HZ, Complexes, Reals
from earwitness.signal.counted import rate_of
from earwitness.signal.hum import FRAME_S, band_noise
from earwitness.signal.hum_track import HumTrack, phase_of

SIDES_S: Final = (4, 8)
"""Seconds on either side of a place that are compared; the shorter where the hum is strong enough."""

BREAK_THRESHOLD: Final = 14.0
"""Score from which a place is told; its false alarms were measured by ``bench/whole_mains.py``."""

COMMON_DRIFT: Final = 0.07  # rad of the fundamental by which the grid wanders
OWN_DRIFT: Final = 0.15  # rad by which a harmonic wanders on its own
_REFERENCE_S: Final = 33
_OFFSETS_HZ: Final = np.arange(-0.03, 0.0301, 0.005)
_JUMPS: Final = np.arange(96) / 96
_BLOCK: Final = 256 * BASEBAND_RATE_HZ
_SURE: Final = 4.0  # by how much less, in log likelihood, the ends of a place's interval do


@dataclass(frozen=True, slots=True)
class Break:
    """A break: where, between which times it lies with about 95 %, how far the phase jumps, its score."""

    at_s: float
    low_s: float
    high_s: float
    jump_cycles: float
    score: float


@dataclass(frozen=True)
class PhaseScan:
    """What was seen of the hum's phase.

    Attributes
    ----------
    side_s : int
        Seconds to either side that were compared.
    times_s, scores, jumps : np.ndarray [shape=(n,)]
        For each place, 16 a second: how much better a jump explains it than none, in log likelihood,
        and the best jump in cycles.
    shown : np.ndarray [shape=(n,)]
        Which share of all jumps would pass the threshold there.
    phases : np.ndarray [shape=(n,)]
        Of the strongest harmonic, in cycles, against its slowly moving frequency.
    harmonic : int
        Which that is.
    """

    side_s: int
    times_s: Reals
    scores: Reals
    jumps: Reals
    shown: Reals
    phases: Reals
    harmonic: int

    def breaks(self, threshold: float) -> list[Break]:
        """Places whose score passes a threshold, each the greatest within a side's length."""
        left = self.scores.copy()
        found: list[Break] = []
        reach = self.side_s * BASEBAND_RATE_HZ
        while left.size and left.max() >= threshold and len(found) < 1000:
            at = int(left.argmax())
            low, high = _around(self.scores, at)
            found.append(
                Break(
                    at_s=float(self.times_s[at]),
                    low_s=float(self.times_s[low]) - 1 / BASEBAND_RATE_HZ,
                    high_s=float(self.times_s[high]) + 1 / BASEBAND_RATE_HZ,
                    jump_cycles=float(self.jumps[at]),
                    score=float(self.scores[at]),
                )
            )
            left[max(0, at - reach) : at + reach + 1] = -np.inf
        return sorted(found, key=lambda each: each.at_s)


def _around(scores: Reals, at: int) -> tuple[int, int]:
    """The run around a top in which the score is not much less."""
    low = high = at
    least = scores[at] - _SURE
    while low > 0 and scores[low - 1] >= least:
        low -= 1
    while high < scores.size - 1 and scores[high + 1] >= least:
        high += 1
    return low, high


def scan_phase(bands: Complexes, track: HumTrack, *, threshold: float) -> PhaseScan:
    """Compare the hum's phase before and after every place of a recording.

    Parameters
    ----------
    bands : np.ndarray [shape=(20, n)]
        Basebands of the harmonics of the nominal frequency.
    track : HumTrack
    threshold : float
        By which it is judged how much of what there might be would be seen.

    Notes
    -----
    The bands are turned back by a slow reference, the running median of the track over 33 s, so that
    a jump is not followed. For each place the hum on both sides is summed up at a frequency near the
    reference; the score is how much of the power of both sides together is lost if they must have one
    phase, over noise and drift, less the same with the best jump.

    Source
    ------
    Nicolalde Rodríguez, Apolinário, Biscainho 2010 (phase of the hum, discontinuities); the
    likelihood over harmonics is ours.
    """
    slow = scipy.ndimage.median_filter(track.frequency_hz, _REFERENCE_S, mode="nearest")
    cycles = phase_of(slow, nominal_hz=track.nominal_hz, values=bands.shape[1])
    used = track.harmonics
    if not used:
        nothing = np.zeros(0)
        return PhaseScan(SIDES_S[-1], nothing, nothing, nothing, nothing, nothing, 1)
    turned = np.stack(
        [bands[k - 1] * np.exp(-2j * np.pi * (k * cycles % 1.0)) for k in used]
    ).astype(np.complex64)
    noise = np.stack([_noise_per_value(bands[k - 1], cycles.size) for k in used])
    scans = [_scan(turned, noise, used, side_s, threshold) for side_s in SIDES_S]
    means = [float(scan.shown.mean()) if scan.shown.size else 0.0 for scan in scans]
    enough = [scan for scan, mean in zip(scans, means, strict=True) if mean >= 0.8]
    return enough[0] if enough else scans[int(np.argmax(means))]


def _noise_per_value(band: Complexes, values: int) -> Reals:
    """Power of the noise in one value of a baseband, followed through time [shape=(values,)]."""
    noise = band_noise(band)
    times = (np.arange(noise.size) + FRAME_S / 2) * BASEBAND_RATE_HZ
    return np.asarray(np.interp(np.arange(values), times, noise))


def _scan(
    turned: Complexes, noise: Reals, used: Sequence[int], side_s: int, threshold: float
) -> PhaseScan:
    side = side_s * BASEBAND_RATE_HZ
    places = np.arange(side, turned.shape[1] - side)
    parts = [
        _score(turned, noise, used, places[first : first + _BLOCK], side, threshold)
        for first in range(0, places.size, _BLOCK)
    ] or [(np.zeros(0),) * 3]
    scores, jumps, shown = (np.concatenate(part) for part in zip(*parts, strict=True))
    loud = [
        np.median(np.abs(row)) ** 2 / np.median(n) for row, n in zip(turned, noise, strict=True)
    ]
    strongest = int(np.argmax(loud))
    wave = turned[strongest].astype(np.complex128)
    smooth = scipy.ndimage.uniform_filter1d(wave, BASEBAND_RATE_HZ)
    return PhaseScan(
        side_s=side_s,
        times_s=places / BASEBAND_RATE_HZ,
        scores=scores,
        jumps=jumps,
        shown=shown,
        phases=np.asarray(np.angle(smooth) / (2 * np.pi))[places],
        harmonic=used[strongest],
    )


def _score(
    turned: Complexes,
    noise: Reals,
    used: Sequence[int],
    places: npt.NDArray[np.int64],
    side: int,
    threshold: float,
) -> tuple[Reals, Reals, Reals]:
    """Score, best jump, and the share of jumps that would show, at some places."""
    first, last = places[0] - side, places[-1] + side
    piece, k = turned[:, first:last], np.asarray(used)
    at_s = np.arange(piece.shape[1]) / BASEBAND_RATE_HZ
    here = places - first
    energy = np.concatenate(
        [np.zeros((len(used), 1)), np.cumsum(np.abs(piece).astype(np.float64) ** 2, axis=1)], axis=1
    )
    before = (energy[:, here] - energy[:, here - side]) / side
    after = (energy[:, here + side] - energy[:, here]) / side
    none = np.full(places.size, -np.inf)
    best, jumps = none.copy(), np.zeros(places.size)
    strengths = np.zeros((len(used), places.size))
    for offset_hz in _OFFSETS_HZ:
        back = np.exp(-2j * np.pi * np.outer(k * offset_hz, at_s))
        sums = np.concatenate([np.zeros((len(used), 1)), np.cumsum(piece * back, axis=1)], axis=1)
        left = (sums[:, here] - sums[:, here - side]) / side
        right = (sums[:, here + side] - sums[:, here]) / side
        power = 0.5 * (np.abs(left) ** 2 + np.abs(right) ** 2)
        allowed = np.maximum(noise[:, places], 0.5 * (before + after) - power) / side
        drift = np.maximum(power - allowed, 0) * ((k[:, None] * COMMON_DRIFT) ** 2 + OWN_DRIFT**2)
        weight = 1.0 / (allowed + drift)
        cross = left * np.conj(right) * weight
        total = ((power - allowed) * weight).sum(axis=0)
        with_jump = np.real(cross.T @ np.exp(2j * np.pi * np.outer(k, _JUMPS)))
        top = with_jump.argmax(axis=1)
        none = np.maximum(none, total + with_jump[:, 0])
        one = total + with_jump[np.arange(places.size), top]
        jumps = np.where(one > best, _JUMPS[top], jumps)
        strengths = np.where(one > best, np.abs(cross), strengths)
        best = np.maximum(best, one)
    losses = 1.0 - np.cos(2 * np.pi * np.outer(_JUMPS, k))
    shown = np.mean(losses @ strengths >= threshold, axis=0)
    return best - none, (jumps + 0.5) % 1.0 - 0.5, shown


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """False alarms that were counted: so many of so many untouched pieces of so many seconds."""

    alarms: int
    pieces: int
    piece_s: float
    wording: str

    def rate_for(self, duration_s: float) -> tuple[float, float, float]:
        """The rate for a recording of some length, and its 95 % interval; see ``rate_of``."""
        times = duration_s / self.piece_s
        middle, low, high = (
            1.0 - (1.0 - rate) ** times for rate in rate_of(self.alarms, self.pieces)
        )
        return middle, low, high


UNTOUCHED: Final = FalseAlarms(
    alarms=0,
    pieces=100,
    piece_s=180.0,
    wording="0 of 100 untouched pieces of three minutes: 75 of real mains as hum in read English of "
    "other speakers, -10 to -40 dB, as it is and through Opus at 24 kbit/s, and 25 of one recording "
    "of the mains of each of five grids",
)
