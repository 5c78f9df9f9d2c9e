"""Jumps of an earlier codec's frame grid, put together with the places that sound cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earwitness.examinations._codec_grids import earlier_of, followed, searched
from earwitness.examinations._codec_strength import NEAR_S, Worth
from earwitness.examinations._contract import CaseView
from earwitness.signal.cuts import Places
from earwitness.signal.grid_track import Jump
from earwitness.signal.recording import Recording

Floats64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fused:
    """Places that sound cut, with the jumps that lie at some of them.

    Attributes
    ----------
    places : Places
    jump : np.ndarray [shape=(n,)]
        The number of the jump that lies here, or -1.
    added : np.ndarray [shape=(n, 3)]
        What it adds to the place's log10 likelihood ratio: lowest, stated, highest.
    """

    places: Places
    jump: npt.NDArray[np.int64]
    added: Floats64


def jumps_of(recording: Recording, case: CaseView) -> list[Jump] | None:
    """The jumps of earlier grids, or None where no grid can be followed."""
    found = searched(
        recording, lambda part: case.progress(0.9 + 0.03 * part, "searching for grids")
    )
    if found is None or not earlier_of(found):
        return None
    tracks = followed(
        recording, found, lambda part: case.progress(0.93 + 0.02 * part, "following the grid")
    )
    return [jump for track in tracks for jump in track.jumps] if tracks else None


def with_jumps(places: Places, jumps: Sequence[Jump], worth: Worth | None) -> Fused:
    """Put each jump to the place in its stretch that sounds most like a cut.

    Where no place is near, its middle becomes one, which sounds as little like a cut as any. The ratios
    of both are multiplied: they are taken to be independent, one being of the sound's own change, the
    other of how the numbers of a coding lie. Jumps whose worth was not measured are left out.
    """
    jump = np.full(places.at_s.size, -1, dtype=np.int64)
    if worth is None:
        return Fused(places, jump, np.zeros((jump.size, 3)))
    alone: list[int] = []
    for number, its in enumerate(jumps):
        near = np.flatnonzero(
            (places.at_s >= its.start_s - NEAR_S) & (places.at_s <= its.end_s + NEAR_S) & (jump < 0)
        )
        if near.size:
            jump[near[np.argmax(places.score[near])]] = number
        else:
            alone.append(number)
    if alone and places.at_s.size:
        places, jump = _with_more(places, jump, jumps, alone)
    added = np.zeros((jump.size, 3))
    for index in np.flatnonzero(jump >= 0):
        its = jumps[jump[index]]
        added[index] = worth.log10_lr(its.end_s - its.start_s)
    return Fused(places, jump, added)


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
