"""Candidates: which stretches of an archive share landmarks with the questioned sound, in step.

A landmark that is found votes for a difference of time lines, *there* less *here*. Votes for one
difference out of one stretch of ten seconds of the questioned sound make a candidate, which is
then compared with the archive's fine prints: a candidate is never a finding.

Few keys are common, and those stand in an archive by the thousand: they say nothing, and would
cost nearly all of the time. How long the list of a key may be follows from how much may be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earwitness.archive import landmarks
from earwitness.archive.segment import Segment
from earwitness.archive.spectrum import Floats
from earwitness.archive.views import UNCHANGED, View

Mask = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Packed = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

BLOCK_FRAMES = 640  # about ten seconds
_BIN_FRAMES = 16  # differences of time lines within a quarter of a second are one
_PROBES_AT_ONCE = 250_000
_MOST_PROBES = 1_024
_MOST_PROBES_CHANGED = 64
_MOST_KEYS = 3e6
_LARGE_LANDMARKS = 1e7  # from 180 hours on, fewer keys are looked up
_SHORT_FRAMES = 2_000
_ENTRIES_PER_KEY = 8  # an average bucket holds four
_LEAST_ENTRIES = 500_000
_SHORTEST_LIST = 64
_LONGEST_LIST = 1 << 16
_OFFSET = 1 << 22  # keeps differences positive; longer sound is searched in parts
_FEW_HITS = 100_000
_COUNTERS = 1 << 22
_FRAME_BITS, _VIEW_BITS, _BLOCK_BITS = 24, 8, 12


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to look: a patch every ``step`` frames, ``probes`` keys for each."""

    step: int
    probes: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of a recording of a segment that may hold a block of the questioned sound.

    Attributes
    ----------
    votes : int
    segment, recording : int
    view : View
        In which it was found.
    block : int
        Of the questioned sound.
    difference : int
        Frames there less frames here, within the recording, on the view's time line.
    """

    votes: int
    segment: int
    recording: int
    view: View
    block: int
    difference: int


def effort_for(frames: int, archive_landmarks: int, *, views: int = 1) -> Effort:
    """The effort that keeps the work bounded, however long the sound and large the archive."""
    short = frames < _SHORT_FRAMES
    # Odd steps, so that the patches fall on every place between two of the archive's.
    step = (1 if short else 3) if views == 1 else (2 if short else 5)
    large = max(archive_landmarks / _LARGE_LANDMARKS, 1.0)
    keys = _MOST_KEYS / large**0.25
    probes = keys * step / max(frames * views, 1)
    return Effort(
        step, int(min(max(probes, 1), _MOST_PROBES if views == 1 else _MOST_PROBES_CHANGED))
    )


def look_up(
    picture: Floats,
    segments: Sequence[Segment],
    *,
    views: Sequence[View] = (UNCHANGED,),
    effort: Effort,
    most: int,
    allowed: Sequence[Mask],
    blocks: Mask,
    earlier_by: int = 0,
) -> list[Candidate]:
    """The candidates with the most votes; each segment is gone through once, for all views.

    Parameters
    ----------
    picture : np.ndarray [shape=(frames, 32)]
        Of the questioned sound.
    segments : sequence of Segment
    views : sequence of View
    effort : Effort
    most : int
        How many candidates to give, best first.
    allowed : sequence of np.ndarray of bool
        For each segment, which of its recordings count [shape=(recordings,)].
    blocks : np.ndarray of bool
        Which blocks of the questioned sound to look up [shape=(blocks,)].
    earlier_by : int
        When a sound is looked up in itself: only what lies so many frames earlier there.
    """
    probes = sorted_probes(picture, views, effort, blocks)
    tempos = [view.tempo for view in views]
    found: list[Candidate] = []
    for number, segment in enumerate(segments):
        rows = look_up_probes(
            segment, probes, tempos, most=most, allowed=allowed[number], earlier_by=earlier_by
        )
        found += candidates_of(rows, number, views)
    return best(found, most)


def look_up_probes(
    segment: Segment,
    probes: Packed,
    tempos: Sequence[float],
    *,
    most: int,
    allowed: Mask,
    earlier_by: int = 0,
) -> Rows:
    """The best that a segment holds for probes: whole numbers only, the same on every machine.

    Parameters
    ----------
    segment : Segment
    probes : np.ndarray of u64 [shape=(n,)]
        From ``sorted_probes``.
    tempos : sequence of float
        Of the views.
    most, allowed, earlier_by
        As in ``look_up``.

    Returns
    -------
    np.ndarray of i64 [shape=(rows, 5)]
        Votes, recording, view, block, difference; best first.
    """
    places, origins = _hits(segment, probes)
    if not allowed.all():
        recording = np.searchsorted(segment.first_patch, places, side="right") - 1
        counts = allowed[recording]
        places, origins = places[counts], origins[counts]
    if earlier_by:
        before = places * landmarks.ARCHIVE_STEP <= _frames(origins) - earlier_by
        places, origins = places[before], origins[before]
    rows = _tally(segment, places, origins, tempos, most=most)
    segment.let_go()
    return rows


def candidates_of(rows: Rows, segment: int, views: Sequence[View]) -> list[Candidate]:
    """What was found in a segment, as candidates."""
    return [
        Candidate(votes, segment, recording, views[view], block, difference)
        for votes, recording, view, block, difference in rows.tolist()
    ]


def best(found: Sequence[Candidate], most: int) -> list[Candidate]:
    """Those with the most votes; among equals, in the order of segments, and as they come."""
    return sorted(found, key=lambda candidate: -candidate.votes)[:most]


def sorted_probes(picture: Floats, views: Sequence[View], effort: Effort, blocks: Mask) -> Packed:
    """All keys to look up, sorted, each packed with the view and the frame it comes from."""
    worth = landmarks.informative(picture, step=effort.step)
    worth &= blocks[np.arange(worth.size) * effort.step // BLOCK_FRAMES]
    parts = []
    for number, view in enumerate(views):
        margins = landmarks.margins(
            picture, step=effort.step, tempo=view.tempo, semitones=view.semitones
        )
        mine = np.flatnonzero(worth[: margins.shape[0]])
        origin = (mine * effort.step).astype(np.uint64) | np.uint64(number << _FRAME_BITS)
        probes = landmarks.probes(margins[mine], count=effort.probes).astype(np.uint64)
        parts.append(((probes << np.uint64(32)) | origin[:, None]).reshape(-1))
    packed = np.concatenate(parts)
    packed.sort()
    return packed


def _frames(origins: npt.NDArray[np.uint32]) -> Integers:
    """The frames in what probes are packed with."""
    return (origins & np.uint32((1 << _FRAME_BITS) - 1)).astype(np.int64)


def _hits(segment: Segment, probes: Packed) -> tuple[Integers, npt.NDArray[np.uint32]]:
    """Places on the segment's time line, and origins here, of all keys that stand in it."""
    longest = _longest_list(segment, probes)
    places_found, origins_found = [], []
    for start in range(0, probes.size, _PROBES_AT_ONCE):
        keys, first, count = _listed(segment, probes[start : start + _PROBES_AT_ONCE])
        usable = np.flatnonzero((count > 0) & (count <= longest))
        first, count = first[usable], count[usable]
        which = np.repeat(usable, count)
        entry = np.arange(which.size) + np.repeat(first - (np.cumsum(count) - count), count)
        same = segment.keys[entry] == keys[which]
        entry, which = entry[same], which[same]
        places_found.append(segment.places[entry].astype(np.int64))
        origins_found.append(probes[start + which].astype(np.uint32))
        if probes.size > _PROBES_AT_ONCE:
            segment.let_go()
    if not places_found:
        return np.zeros(0, np.int64), np.zeros(0, np.uint32)
    return np.concatenate(places_found), np.concatenate(origins_found)


def _listed(segment: Segment, probes: Packed) -> tuple[landmarks.Keys, Integers, Integers]:
    """The keys of probes, where the bucket of each begins, and how much is in it."""
    keys = (probes >> np.uint64(32)).astype(np.uint32)
    bucket = (keys >> np.uint32(32 - segment.bucket_bits)).astype(np.int64)
    first = segment.buckets[bucket].astype(np.int64)
    return keys, first, segment.buckets[bucket + 1].astype(np.int64) - first


def _longest_list(segment: Segment, probes: Packed) -> int:
    """Up to which length lists are read, so that all in all not too much is."""
    sample = probes[:: 1 + probes.size // _PROBES_AT_ONCE]
    _, _, count = _listed(segment, sample)
    lengths = np.bincount(np.minimum(count, _LONGEST_LIST), minlength=_LONGEST_LIST + 1)
    read = np.cumsum(lengths * np.arange(lengths.size)) * (probes.size / max(sample.size, 1))
    bar = max(_LEAST_ENTRIES, _ENTRIES_PER_KEY * probes.size)
    return max(int(np.searchsorted(read, bar, side="right")) - 1, _SHORTEST_LIST)


def _tally(
    segment: Segment,
    places: Integers,
    origins: npt.NDArray[np.uint32],
    tempos: Sequence[float],
    *,
    most: int,
) -> Rows:
    """Count different landmarks per difference, block and view; the best, with their recording."""
    ballot, difference = _ballots(places, origins, tempos)
    if ballot.size > _FEW_HITS:
        often = _not_alone(ballot)
        ballot, places, difference = ballot[often], places[often], difference[often]
    if ballot.size == 0:
        return np.zeros((0, 5), np.int64)
    order = np.lexsort((places, ballot))
    ballot, places, difference = ballot[order], places[order], difference[order]
    new = np.ones(ballot.size, np.bool_)
    new[1:] = ballot[1:] != ballot[:-1]
    fresh = new.copy()
    fresh[1:] |= places[1:] != places[:-1]
    starts = np.flatnonzero(new)
    votes = np.add.reduceat(fresh.astype(np.int64), starts)
    follows = _votes_next_door(ballot[starts], votes)
    chosen = np.argsort(-(votes + follows), kind="stable")[:most]
    ends = np.append(starts[1:], ballot.size)
    result = []
    for index in chosen.tolist():
        ours = slice(int(starts[index]), int(ends[index]))
        place = int(np.median(places[ours]))
        recording = int(np.searchsorted(segment.first_patch, place, side="right")) - 1
        middle = int(np.median(difference[ours]))
        if follows[index] > votes[index]:
            middle += _BIN_FRAMES // 2
        within = middle - int(segment.first_patch[recording]) * landmarks.ARCHIVE_STEP
        view, block = _view_and_block(int(ballot[starts[index]]))
        count = int(votes[index] + follows[index])
        result.append((count, recording, view, block, within))
    return np.array(result, np.int64)


def _ballots(
    places: Integers, origins: npt.NDArray[np.uint32], tempos: Sequence[float]
) -> tuple[Integers, Integers]:
    """What each hit votes for, difference, view and block packed in one, and its exact difference."""
    frames = _frames(origins)
    view = (origins >> np.uint32(_FRAME_BITS)).astype(np.int64)
    here = np.rint(frames * np.asarray(tempos, np.float64)[view]).astype(np.int64)
    difference = places * landmarks.ARCHIVE_STEP - here
    cell = (view << _BLOCK_BITS) | (frames // BLOCK_FRAMES)
    voted = (difference + _OFFSET) // _BIN_FRAMES
    return (voted << (_BLOCK_BITS + _VIEW_BITS)) | cell, difference


def _view_and_block(ballot: int) -> tuple[int, int]:
    """What a ballot was packed with."""
    return (ballot >> _BLOCK_BITS) & ((1 << _VIEW_BITS) - 1), ballot & ((1 << _BLOCK_BITS) - 1)


def _votes_next_door(values: Integers, votes: Integers) -> Integers:
    """A difference near the edge of its bin has half its votes next door."""
    next_door = values + (1 << (_BLOCK_BITS + _VIEW_BITS))
    neighbour = np.minimum(np.searchsorted(values, next_door), values.size - 1)
    return np.where(values[neighbour] == next_door, votes[neighbour], 0)


def _not_alone(ballot: Integers) -> Mask:
    """Which votes may have another for the same difference, block and view, or next door.

    Ballots are counted in a table that is too small for them; the few that share a counter by
    chance do no harm.
    """
    step = 1 << (_BLOCK_BITS + _VIEW_BITS)
    counter = _counter(ballot)
    counts = np.bincount(counter, minlength=_COUNTERS)
    return (counts[counter] + counts[_counter(ballot + step)] + counts[_counter(ballot - step)]) > 1


def _counter(ballot: Integers) -> Integers:
    mixed = ballot.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(42)).astype(np.int64)
