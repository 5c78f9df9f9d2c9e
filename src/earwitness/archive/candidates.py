"""Candidates: which stretches of an archive share landmarks with the questioned sound, in step.

A landmark that is found votes for a difference of time lines, *there* less *here*. Votes for one
difference out of one stretch of ten seconds of the questioned sound make a candidate, which is
then verified on the fine prints: a candidate is never a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earwitness.archive import landmarks
from earwitness.archive.segment import Segment
from earwitness.archive.spectrum import Floats

Mask = npt.NDArray[np.bool_]

BLOCK_FRAMES = 640  # about ten seconds
_BIN_FRAMES = 16  # differences of time lines within a quarter of a second are one
_PROBES_AT_ONCE = 250_000
# Two patches of unrelated speech share a key once in 2**22.7: measured on 100,000 patches.
_CHANCE_OF_A_KEY = 2.0**-22.7
_MOST_PROBES = 256


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to look: a patch every ``step`` frames, ``probes`` keys for each, hits at most."""

    step: int
    probes: int
    longest_list: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of a recording of a segment that may hold a block of the questioned sound."""

    votes: int
    segment: int
    recording: int
    block: int
    difference: int  # frames there less frames here, within the recording


def effort_for(frames: int, archive_landmarks: int, *, most_hits: float = 3e7) -> Effort:
    """The effort that keeps the work bounded, however long the sound and large the archive."""
    step = 1 if frames < 2_000 else 2
    hits = frames / step * max(archive_landmarks, 1) * _CHANCE_OF_A_KEY
    probes = min(most_hits / max(hits, 1e-9), 6e6 * step / max(frames, 1), _MOST_PROBES)
    while probes < 8 and step < 8:
        step, probes = step * 2, probes * 2
    longest = max(64, int(200 * archive_landmarks * _CHANCE_OF_A_KEY))
    return Effort(step, max(1, int(probes)), longest)


def look_up(
    picture: Floats,
    segments: Sequence[Segment],
    *,
    effort: Effort,
    most: int,
    allowed: Sequence[Mask],
    blocks: Mask,
    earlier_by: int = 0,
) -> list[Candidate]:
    """The candidates with the most votes.

    Parameters
    ----------
    picture : np.ndarray [shape=(frames, 32)]
        Of the questioned sound.
    segments : sequence of Segment
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
    keys, frames = _sorted_probes(picture, effort, blocks)
    found: list[Candidate] = []
    for number, segment in enumerate(segments):
        places, here = _hits(segment, keys, frames, effort)
        if not allowed[number].all():
            recording = np.searchsorted(segment.first_patch, places, side="right") - 1
            counts = allowed[number][recording]
            places, here = places[counts], here[counts]
        if earlier_by:
            before = places * landmarks.ARCHIVE_STEP <= here - earlier_by
            places, here = places[before], here[before]
        found += _tally(segment, number, places, here, most=most)
        segment.let_go()
    return sorted(found, key=lambda candidate: -candidate.votes)[:most]


def _sorted_probes(
    picture: Floats, effort: Effort, blocks: Mask
) -> tuple[landmarks.Keys, landmarks.Keys]:
    """All keys to look up, sorted, each with the frame that it comes from."""
    worth = landmarks.informative(picture, step=effort.step)
    worth &= blocks[np.arange(worth.size) * effort.step // BLOCK_FRAMES]
    margins = landmarks.margins(picture, step=effort.step)[worth]
    starts = (np.flatnonzero(worth) * effort.step).astype(np.uint64)
    probes = landmarks.probes(margins, count=effort.probes)
    both = (probes.astype(np.uint64) << np.uint64(32)) | starts[:, None]
    flat = np.sort(both.reshape(-1))
    return (flat >> np.uint64(32)).astype(np.uint32), flat.astype(np.uint32)


def _hits(
    segment: Segment, keys: landmarks.Keys, frames: landmarks.Keys, effort: Effort
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Places on the segment's time line, and the frames here, of all keys that stand in it."""
    places_found, frames_found = [], []
    shift = np.uint32(32 - segment.bucket_bits)
    for start in range(0, keys.size, _PROBES_AT_ONCE):
        part = keys[start : start + _PROBES_AT_ONCE]
        bucket = (part >> shift).astype(np.int64)
        first = segment.buckets[bucket].astype(np.int64)
        count = segment.buckets[bucket + 1].astype(np.int64) - first
        # What stands under a key that is too common says nothing, and costs most of the time.
        count[count > effort.longest_list + 64] = 0
        which = np.repeat(np.arange(part.size), count)
        entry = np.arange(which.size) + np.repeat(first - (np.cumsum(count) - count), count)
        same = segment.keys[entry] == part[which]
        entry, which = entry[same], which[same]
        places_found.append(segment.places[entry].astype(np.int64))
        frames_found.append(frames[start : start + _PROBES_AT_ONCE][which].astype(np.int64))
        if keys.size > _PROBES_AT_ONCE:
            segment.let_go()
    if not places_found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(places_found), np.concatenate(frames_found)


def _tally(
    segment: Segment,
    number: int,
    places: npt.NDArray[np.int64],
    frames: npt.NDArray[np.int64],
    *,
    most: int,
) -> list[Candidate]:
    """Count different landmarks per difference and block; the best, with their recording."""
    if places.size == 0:
        return []
    offset = np.int64(1 << 22)  # keeps differences positive; longer sound is searched in parts
    difference = places * landmarks.ARCHIVE_STEP - frames + offset
    ballot = ((difference // _BIN_FRAMES) << 12) | (frames // BLOCK_FRAMES)
    order = np.lexsort((places, ballot)) if places.size < 2_000_000 else np.argsort(ballot)
    ballot, places, difference = ballot[order], places[order], difference[order]
    new = np.ones(ballot.size, np.bool_)
    new[1:] = ballot[1:] != ballot[:-1]
    fresh = new.copy()
    fresh[1:] |= places[1:] != places[:-1]
    starts = np.flatnonzero(new)
    votes = np.add.reduceat(fresh.astype(np.int64), starts)
    # A difference near the edge of its bin has half its votes next door.
    follows = np.zeros(votes.size, np.int64)
    values = ballot[starts]
    neighbour = np.searchsorted(values, values + (1 << 12))
    inside = neighbour < values.size
    matches = inside & (values[np.minimum(neighbour, values.size - 1)] == values + (1 << 12))
    follows[matches] = votes[neighbour[matches]]
    score = votes + follows
    best = np.argsort(-score, kind="stable")[:most]
    ends = np.append(starts[1:], ballot.size)
    result = []
    for index in best.tolist():
        here = slice(int(starts[index]), int(ends[index]))
        place = int(np.median(places[here]))
        recording = int(np.searchsorted(segment.first_patch, place, side="right")) - 1
        middle = int(np.median(difference[here])) - int(offset)
        if follows[index] > votes[index]:
            middle += _BIN_FRAMES // 2
        within = middle - int(segment.first_patch[recording]) * landmarks.ARCHIVE_STEP
        block = int(values[index] & 0xFFF)
        result.append(Candidate(int(score[index]), number, recording, block, within))
    return result


def eased(effort: Effort, times: int) -> Effort:
    """The effort for each of so many further looks, which together cost about four times the first."""
    probes = max(1, effort.probes * 4 // times)
    return Effort(max(effort.step, 2), probes, effort.longest_list)
