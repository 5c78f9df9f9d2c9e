"""Joining segments, as a search engine does, so that an archive stays a handful of files.

Segments of like size are joined once there are eight of them; each landmark is so rewritten a
few times in its life at most. Keys are joined range by range, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from earwitness.archive import index, segment
from earwitness.archive.index import Listed, Manifest
from earwitness.archive.landmarks import Keys
from earwitness.archive.prints import Prints
from earwitness.archive.segment import Known, Segment

SEGMENTS_OF_A_SIZE = 8
LARGEST_HOURS = 2_000.0
_LANDMARKS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class _Move:
    """How a segment's places move: per old recording, what is added; whether it stays."""

    source: Segment
    kept: tuple[int, ...]
    shifts: npt.NDArray[np.int64]


def due(manifest: Manifest) -> tuple[Listed, ...]:
    """The segments that should be joined next; empty when none are."""
    tiers: dict[int, list[Listed]] = {}
    for item in manifest.segments:
        hours = max(item.seconds / 3600, 1e-3)
        if hours < LARGEST_HOURS / 2:
            tiers.setdefault(int(np.floor(np.log(hours) / np.log(SEGMENTS_OF_A_SIZE))), []).append(
                item
            )
    for _, members in sorted(tiers.items()):
        if len(members) >= SEGMENTS_OF_A_SIZE:
            return tuple(members)
    return ()


def joined(
    folder: Path, sources: Sequence[Segment], *, removed: frozenset[str]
) -> tuple[Path, str] | None:
    """Write one segment that holds what several hold, less what is removed or held twice.

    Gives its path and SHA-256, or None when nothing is left.
    """
    moves, recordings = _moves(sources, removed)
    if not recordings:
        return None
    landmarks = sum(_count(move) for move in moves)
    return segment.write_sorted(
        folder,
        recordings=recordings,
        landmarks=landmarks,
        parts=_parts(moves),
        prints=_prints(moves),
    )


def join_due(folder: Path) -> int:
    """Join segments until none are due; gives how many were joined. The lock must be held."""
    count = 0
    while batch := due(index.read_manifest(folder)):
        join(folder, batch)
        count += len(batch)
    return count


def join(folder: Path, batch: Sequence[Listed]) -> None:
    """Replace some segments of an archive by one. The lock must be held."""
    manifest = index.read_manifest(folder)
    sources = [Segment(index.segment_path(folder, item)) for item in batch]
    for item, source in zip(batch, sources, strict=True):
        segment.check(source.path, sha256=item.sha256)  # damage must not be merged in
    made = joined(index.folder_of_segments(folder), sources, removed=manifest.removed)
    rest = [item for item in manifest.segments if item not in batch]
    after = tuple(rest) if made is None else (*rest, index.listed(*made))
    gone = index.names_of(sources) & manifest.removed
    left = index.names_of([Segment(index.segment_path(folder, item)) for item in rest])
    removed = manifest.removed - (gone - left)
    manifest = index.changed(manifest, segments=after, removed=removed)
    index.write_manifest(folder, manifest)
    index.sweep(folder, manifest)


def _moves(sources: Sequence[Segment], removed: frozenset[str]) -> tuple[list[_Move], list[Known]]:
    seen = set(removed)
    moves, recordings, start = [], [], 0
    for source in sources:
        kept, shifts = [], np.full(len(source.recordings), -1, np.int64)
        for number, known in enumerate(source.recordings):
            if known.sha256 in seen:
                continue
            seen.add(known.sha256)
            kept.append(number)
            shifts[number] = start
            start += known.patches
            recordings.append(known)
        moves.append(_Move(source, tuple(kept), shifts))
    return moves, recordings


def _moved(move: _Move, places: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """New places; -1 for those of recordings that go."""
    starts = move.source.first_patch
    number = np.searchsorted(starts, places, side="right") - 1
    shift = move.shifts[number]
    return np.where(shift < 0, -1, places.astype(np.int64) - starts[number] + shift)


def _count(move: _Move) -> int:
    if len(move.kept) == len(move.source.recordings):
        return int(move.source.places.size)
    total = 0
    for start in range(0, move.source.places.size, _LANDMARKS_AT_ONCE):
        places = move.source.places[start : start + _LANDMARKS_AT_ONCE]
        total += int((_moved(move, places) >= 0).sum())
    move.source.let_go()
    return total


def _parts(moves: Sequence[_Move]) -> Iterator[tuple[Keys, npt.NDArray[np.uint32]]]:
    """Sorted keys and places, one range of keys at a time."""
    total = sum(int(move.source.keys.size) for move in moves)
    pieces = max(1, -(-total // _LANDMARKS_AT_ONCE))
    edges = np.linspace(0, 2**32, pieces + 1).astype(np.int64)
    for low, high in pairwise(edges.tolist()):
        keys, places = [], []
        for move in moves:
            ends = np.searchsorted(move.source.keys, np.array([low, high - 1], np.uint32))
            first, last = (
                int(ends[0]),
                int(np.searchsorted(move.source.keys, np.uint32(high - 1), "right")),
            )
            moved = _moved(move, move.source.places[first:last])
            stays = moved >= 0
            keys.append(move.source.keys[first:last][stays])
            places.append(moved[stays].astype(np.uint32))
            move.source.let_go()
        range_keys, range_places = np.concatenate(keys), np.concatenate(places)
        order = np.argsort(range_keys, kind="stable")
        yield range_keys[order], range_places[order]


def _prints(moves: Sequence[_Move]) -> Iterator[Prints]:
    for move in moves:
        for number in move.kept:
            yield move.source.prints(number, 0, move.source.recordings[number].prints)
        move.source.let_go()
