"""Measures an archive's background: searches of sound that is known not to be in it.

Excerpts of ten seconds of the archive's own recordings are searched with their own recording left
out. They come in the same voices, rooms and codecs as the archive, which makes the background a
demanding one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from earwitness.archive.background import Background, fitted
from earwitness.archive.index import Archive
from earwitness.archive.search import best_score
from earwitness.archive.spectrum import SAMPLE_RATE_HZ, Floats
from earwitness.errors import EarwitnessError
from earwitness.evidence.decode import decode, probe, resampled

EXCERPT_S = 10.0
MOST_SEARCHES = 400
_FEWEST_RECORDINGS = 10
_MOST_READ_S = 1_800.0


def measured(archive: Archive, sources: Mapping[str, Path]) -> Background:
    """Measure the background, or give one that says nothing if there is too little to measure on.

    Parameters
    ----------
    archive : Archive
    sources : mapping of str to Path
        Files of recordings in the archive, by hash.
    """
    if sum(1 for _ in archive.known()) < _FEWEST_RECORDINGS or not sources:
        return Background.none()
    chosen = sorted(sources)
    random.Random(0).shuffle(chosen)  # noqa: S311 - a sample, not a secret
    each = -(-MOST_SEARCHES // len(chosen))
    scores: list[float] = []
    for sha256 in chosen:
        for excerpt in _excerpts(sources[sha256], each):
            scores.append(best_score(excerpt, archive, without={sha256}))
        if len(scores) >= MOST_SEARCHES:
            break
    return fitted(scores, seconds=EXCERPT_S, archive_seconds=archive.seconds)


def _excerpts(path: Path, count: int) -> Iterator[Floats]:
    """Excerpts that do not overlap, spread over the first half hour of a file."""
    size = int(EXCERPT_S * SAMPLE_RATE_HZ)
    try:
        sound = _beginning(path)
    except (EarwitnessError, OSError):
        return  # it was readable when it was added; its absence only makes the sample smaller
    places = np.arange(0, sound.size - size + 1, size)
    step = max(1, len(places) // count)
    for start in places[::step][:count]:
        yield sound[start : start + size]


def _beginning(path: Path) -> Floats:
    parts: list[Floats] = []
    blocks = resampled(decode(path), from_hz=probe(path).sample_rate_hz, to_hz=SAMPLE_RATE_HZ)
    for block in blocks:
        parts.append(block)
        if sum(part.size for part in parts) > _MOST_READ_S * SAMPLE_RATE_HZ:
            break
    return np.concatenate(parts)
