"""Moments of a recording at which it may have been cut, and what each cue says of them.

Conventions: signals are float32 at 16 kHz [shape=(n,)]; times are seconds [shape=(m,)]; each cue
grows with what speaks for a cut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.ndimage

from earwitness.evidence.decode import Floats
from earwitness.signal import both_sides, joins, tones
from earwitness.signal.join_frames import FRAME, FRAME_S, HIGH, RATE_HZ, RESIDUE, frames
from earwitness.signal.joins import Networks
from earwitness.signal.native import release
from earwitness.signal.threads import on_threads

CUES: Final = ("step", "join", *both_sides.MEASURES, "tones")
APART_S: Final = 0.02
EDGE_S: Final = 0.15  # at the ends there is nothing to compare with
_NEAR, _AROUND = 2, 12  # frames: of a step itself, and of what it is compared with

Floats64 = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Moments:
    """Moments that stand out from those around them, and their cues [shape=(m,), (m, 8)]."""

    at_s: Floats64
    cues: Floats64
    duration_s: float


def find_moments(
    signal: Floats,
    *,
    networks: Networks | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Moments:
    """Find the moments that sound most like a join within 20 ms either way, with all cues.

    1. *Step*: the highest half millisecond of what linear prediction leaves, or of the sound above
       6 kHz, within 4 ms, against the highest of the 20 ms on either side (after Cooper 2010).
    2. *Join*: what small networks, which learned joins of speech, make of up to 270 ms either way.
    3. Where tones that run through the recording break, there is a moment, too (``tones``).
    4. The two sides are compared: noise, band, room, offset (``both_sides``).
    """
    networks = networks or joins.networks()
    step, join = [], []
    total = max(1, signal.size)

    def hear(its: tuple[int, int, int, Floats]) -> tuple[int, Floats32, Floats32]:
        first, last, skip, piece = its
        shown = frames(piece)
        release(signal)
        part = slice(skip, skip + last - first)
        return last, _steps(shown)[part], networks(shown)[part]  # 1, 2

    with on_threads() as threads:
        for last, steps_here, heard_here in threads.map(hear, joins.pieces(signal)):
            step.append(steps_here)
            join.append(heard_here)
            on_progress(last * FRAME / total)
    steps = np.concatenate(step) if step else np.zeros(0, np.float32)
    heard = np.concatenate(join) if join else np.zeros(0, np.float32)
    sides = both_sides.listen(signal)
    at, broken = _with_breaks(_peaks(heard), *tones.find_breaks(sides.low), heard.size)  # 3
    moments_s = (at.astype(np.float64) + 0.5) * FRAME_S
    cues = np.zeros((at.size, len(CUES)))
    if at.size:
        near = scipy.ndimage.maximum_filter1d(steps, 2 * _NEAR + 1)
        cues[:, 0], cues[:, 1] = near[at], heard[at]
        cues[:, 2:-1] = both_sides.differences(sides, moments_s)  # 4
        cues[:, -1] = broken
    return Moments(moments_s, cues, signal.size / RATE_HZ)


def _with_breaks(
    at: npt.NDArray[np.int64], breaks_s: Floats64, breaks: Floats64, frames: int
) -> tuple[npt.NDArray[np.int64], Floats64]:
    """Frames of moments with those at which tones break, and how much they break at each."""
    frame = np.round(breaks_s / FRAME_S).astype(np.int64)
    edge = round(EDGE_S / FRAME_S)
    inside = (frame >= edge) & (frame < frames - edge)
    joined, first = np.unique(np.concatenate([at, frame[inside]]), return_index=True)
    broken = np.concatenate([np.zeros(at.size), breaks[inside]])[first]
    broken[np.searchsorted(joined, frame[inside])] = breaks[inside]
    return joined, broken


def _steps(shown: Floats32) -> Floats32:
    """How far a frame's highest residue stands over the highest around it, nepers [shape=(n,)]."""
    best = np.full(shown.shape[0], -np.inf, dtype=np.float32)
    for channels in (RESIDUE, HIGH):
        highest = shown[:, channels].max(axis=1)
        peak = scipy.ndimage.maximum_filter1d(highest, 2 * _NEAR - 1, mode="nearest")
        high = scipy.ndimage.maximum_filter1d(highest, _AROUND - _NEAR, mode="nearest")
        reach = (_AROUND + _NEAR) // 2 + 1
        padded = np.pad(high, reach, mode="edge")
        around = np.maximum(padded[: -2 * reach], padded[2 * reach :])
        best = np.maximum(best, peak - around)
    return best


def _peaks(heard: Floats32) -> npt.NDArray[np.int64]:
    """Frames that are the highest within 20 ms either way, away from the ends."""
    if not heard.size:
        return np.zeros(0, dtype=np.int64)
    size = 2 * round(APART_S / FRAME_S) + 1
    highest = scipy.ndimage.maximum_filter1d(heard, size, mode="nearest")
    at = np.flatnonzero(heard == highest)
    edge = round(EDGE_S / FRAME_S)
    return at[(at >= edge) & (at < heard.size - edge)].astype(np.int64)
