"""Whether two recordings share sound, without an archive: for the one question "is it the same one?"."""

from __future__ import annotations

from typing import Final

import numpy as np

from earwitness.archive import landmarks
from earwitness.archive.landmarks import Keys
from earwitness.archive.spectrum import FRAME_S, Floats, pictures

_PROBES: Final = 8
_BIN_FRAMES: Final = 4
_BLOCK_SAMPLES: Final = 1 << 20
_MOST_OF_A_KEY: Final = 8
LEAST_HITS: Final = 12


def keys_of_sound(sound: Floats, *, step: int) -> tuple[Keys, Keys]:
    """The keys of mono sound at 8 kHz and the frames that they stand at [shape=(n,) each]."""
    blocks = (
        np.asarray(sound[start : start + _BLOCK_SAMPLES])
        for start in range(0, sound.size, _BLOCK_SAMPLES)
    )
    parts = list(pictures(blocks))
    if not parts:
        return np.zeros(0, np.uint32), np.zeros(0, np.uint32)
    picture = np.concatenate(parts)
    worth = landmarks.informative(picture, step=step)
    keys = landmarks.keys_of(landmarks.margins(picture, step=step))[worth]
    return keys, (np.flatnonzero(worth) * step).astype(np.uint32)


def hits_in_step(mine: Keys, mine_at: Keys, theirs: Keys, theirs_at: Keys) -> int:
    """How many keys of two recordings agree at one same shift in time.

    Keys of patches of 1.5 s are equal where the sound is the same. Shifts count together
    within 64 ms. Keys that occur very often, such as those of a steady noise, tell nothing and are
    left out.

    Parameters
    ----------
    mine, mine_at : np.ndarray [shape=(n,)]
        Keys, and the frames that they stand at.
    theirs, theirs_at : np.ndarray [shape=(m,)]
    """
    order = np.argsort(theirs, kind="stable")
    keys, places = theirs[order], theirs_at[order].astype(np.int64)
    first, last = np.searchsorted(keys, mine), np.searchsorted(keys, mine, side="right")
    count = last - first
    used = np.flatnonzero((count > 0) & (count <= _MOST_OF_A_KEY))
    if not used.size:
        return 0
    rows = np.repeat(used, count[used])
    offset = np.arange(rows.size) - np.repeat(np.cumsum(count[used]) - count[used], count[used])
    shifts = places[first[rows] + offset] - mine_at[rows].astype(np.int64)
    bins = np.floor_divide(shifts, _BIN_FRAMES)
    _, found = np.unique(bins, return_counts=True)
    return int(found.max())


def seconds_per_key(step: int) -> float:
    """How far two neighbouring keys are apart."""
    return step * FRAME_S
