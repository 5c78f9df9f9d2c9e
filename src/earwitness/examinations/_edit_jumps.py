"""Where an earlier codec's frame grid jumps or holds, put together with the places that sound cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earwitness.examinations._codec_grids import earlier_of, followed, is_resampled, searched
from earwitness.examinations._codec_strength import NEAR_S, Worth
from earwitness.examinations._contract import CaseView
from earwitness.signal.cuts import Calibration, Places
from earwitness.signal.grid_track import Jump
from earwitness.signal.recording import Recording

Floats64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grids:
    """Where earlier grids jump, and in which stretches of seconds they hold at one offset.

    Attributes
    ----------
    is_resampled : bool
        Whether the coding was at another rate than the recording's.
    """

    jumps: Sequence[Jump]
    held: Sequence[tuple[float, float]]
    is_resampled: bool


@dataclass(frozen=True)
class Fused:
    """Places that sound cut, with the jumps that lie at some of them.

    Attributes
    ----------
    places : Places
    jump : np.ndarray [shape=(n,)]
        The number of the jump that lies here, or -1.
    added : np.ndarray [shape=(n, 3)]
        What the grid adds to the place's log10 likelihood ratio: lowest, stated, highest.
    """

    places: Places
    jump: npt.NDArray[np.int64]
    added: Floats64


@dataclass(frozen=True)
class Judged:
    """Which of all places are told.

    Attributes
    ----------
    ratios : np.ndarray [shape=(n,)]
        Log10 likelihood ratios, with what the grid adds.
    bar : float
        The score that a place must reach to be told for how it sounds.
    sounds_cut, is_told : np.ndarray of bool [shape=(n,)]
        Those over the bar; and those, and where a grid jumps.
    """

    ratios: Floats64
    bar: float
    sounds_cut: npt.NDArray[np.bool_]
    is_told: npt.NDArray[np.bool_]


def grids_of(recording: Recording, case: CaseView) -> Grids | None:
    """What earlier grids do, or None where none can be followed."""
    found = searched(
        recording, lambda part: case.progress(0.9 + 0.03 * part, "searching for grids")
    )
    if found is None or not earlier_of(found):
        return None
    tracks = followed(
        recording, found, lambda part: case.progress(0.93 + 0.02 * part, "following the grid")
    )
    if not tracks:
        return None
    return Grids(
        [jump for track in tracks for jump in track.jumps],
        [(s.start_s, s.end_s) for track in tracks for s in track.spans if s.offset >= 0],
        any(is_resampled(recording, track) for track in tracks),
    )


def with_grids(places: Places, grids: Grids | None, worth: Worth | None) -> Fused:
    """Put each jump to the place in its stretch that sounds most like a cut.

    Where no place is near, its middle becomes one, which sounds as little like a cut as any. A place
    without a jump, over which the grid holds, is the less likely a cut. The ratios of both are multiplied:
    they are taken to be independent, one being of the sound's own change, the other of how the numbers
    of a coding lie. Grids whose worth was not measured are left out.
    """
    jump = np.full(places.at_s.size, -1, dtype=np.int64)
    if worth is None or grids is None:
        return Fused(places, jump, np.zeros((jump.size, 3)))
    alone: list[int] = []
    for number, its in enumerate(grids.jumps):
        near = np.flatnonzero(
            (places.at_s >= its.start_s - NEAR_S) & (places.at_s <= its.end_s + NEAR_S) & (jump < 0)
        )
        if near.size:
            jump[near[np.argmax(places.score[near])]] = number
        else:
            alone.append(number)
    if alone and places.at_s.size:
        places, jump = _with_more(places, jump, grids.jumps, alone)
    added = np.zeros((jump.size, 3))
    for index in np.flatnonzero(jump >= 0):
        its = grids.jumps[jump[index]]
        added[index] = worth.log10_lr(its.end_s - its.start_s)
    added[_is_held(places.at_s, grids) & (jump < 0)] = worth.log10_lr_held()
    return Fused(places, jump, added)


def judge(
    fused: Fused, measured: Calibration, *, duration_s: float, most_probable_error: float
) -> Judged:
    """Tell the places that sound cut as untouched speech of this length rarely does, and the jumps.

    Where a place sounds cut, what the grid says must leave it a ratio as high as the bar has by itself.
    """
    ratios = np.asarray(measured.log10_lr(fused.places.score) + fused.added[:, 1])
    bar = measured.score_for(most_probable_error, duration_s)
    least = max(0.0, float(measured.log10_lr(np.array([bar]))[0]))
    sounds_cut = (fused.places.score >= bar) & (ratios > 0) & (ratios >= least)
    return Judged(ratios, bar, sounds_cut, sounds_cut | (fused.jump >= 0))


def _is_held(at_s: Floats64, grids: Grids) -> npt.NDArray[np.bool_]:
    """Which seconds lie well within a stretch in which the grid holds, and where no jump may be."""
    is_held = np.zeros(at_s.size, dtype=bool)
    for start_s, end_s in grids.held:
        is_held |= (at_s > start_s + NEAR_S) & (at_s < end_s - NEAR_S)
    for its in grids.jumps:
        is_held &= (at_s < its.start_s - NEAR_S) | (at_s > its.end_s + NEAR_S)
    return is_held


def _with_more(
    places: Places, jump: npt.NDArray[np.int64], jumps: Sequence[Jump], alone: Sequence[int]
) -> tuple[Places, npt.NDArray[np.int64]]:
    """The places and the middles of jumps that are near none of them, in the order of time."""
    at_s = np.append(places.at_s, [(jumps[n].start_s + jumps[n].end_s) / 2 for n in alone])
    order = np.argsort(at_s, kind="stable")
    together = Places(
        at_s[order],
        np.append(places.score, np.full(len(alone), places.score.min()))[order],
        np.append(places.rarity, np.zeros((len(alone), places.rarity.shape[1])), axis=0)[order],
    )
    return together, np.append(jump, np.array(alone, dtype=np.int64))[order]
