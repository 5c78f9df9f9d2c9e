"""Who speaks when within one recording, as far as voices differ: the turns of its speakers.

Conventions: rows are features of speech [shape=(n, dimensions)], pieces are about four seconds of
them; clusters are numbered from 0 by how much speech they hold, most first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.cluster.hierarchy

from earwitness.voices.embedder import FRAMES_A_SECOND, Vectors, cut
from earwitness.voices.mel import Floats
from earwitness.voices.metrics import Doubles
from earwitness.voices.population import Speaker

PIECE_S: Final = 4.0
_MOST_PIECES: Final = 300  # so that the comparison of all with all stays small
_POPULATION_PIECES: Final = 4
Numbers = npt.NDArray[np.int64]


def speakers_of(rows: Floats, vectors: Vectors, population: Sequence[Speaker]) -> Numbers:
    """The number of the speaker of each row, 0 for the one who speaks most [shape=(n,)].

    1. The speech is cut into pieces of four seconds, longer where there would be over 300.
    2. Their vectors, less the population's mean, are compared by cosine, all with all.
    3. Pieces are joined into clusters by average linkage, until the mean cosine between two
       clusters is nearer to that of two people of the population than to that of one.
    4. A cluster of a single piece joins the cluster that it is most like.
    """
    length = max(round(PIECE_S * FRAMES_A_SECOND), -(-len(rows) // _MOST_PIECES))
    starts = np.arange(0, max(1, len(rows) - length // 2), length)  # 1
    if len(starts) < 2:
        return np.zeros(len(rows), dtype=np.int64)
    pieces = [rows[start : start + length] for start in starts]
    middle, of_one = _population_cosines(vectors, population)
    found = _unit(vectors.vectors(pieces) - middle)  # 2
    tree = scipy.cluster.hierarchy.linkage(
        _condensed((1.0 - found @ found.T).astype(np.float64)), "average"
    )
    joined = scipy.cluster.hierarchy.fcluster(tree, 1.0 - of_one, criterion="distance")  # 3
    labels = _by_size(_without_single_pieces(joined.astype(np.int64) - 1, found))  # 4
    place = np.minimum(np.arange(len(rows)) // length, len(labels) - 1)
    return np.asarray(labels[place], dtype=np.int64)


def _population_cosines(vectors: Vectors, population: Sequence[Speaker]) -> tuple[Floats, float]:
    """The mean vector, and the cosine halfway between pieces of two people and pieces of one."""
    pieces, whose = [], []
    for number, each in enumerate(population):
        found = cut(each.questioned.rows, piece_s=PIECE_S, most=_POPULATION_PIECES)
        pieces.extend(found)
        whose.extend([number] * len(found))
    rows = vectors.vectors(pieces)
    middle = rows.mean(axis=0)
    unit = _unit(rows - middle)
    cosines = unit @ unit.T
    speaker = np.array(whose)
    is_same = speaker[:, None] == speaker[None, :]
    other = ~np.eye(len(rows), dtype=bool)
    same, different = cosines[is_same & other], cosines[~is_same]
    if not same.size:
        return middle, -1.0
    return middle, 0.5 * float(same.mean() + different.mean())


def _condensed(distances: Doubles) -> Doubles:
    rows, columns = np.triu_indices(len(distances), 1)
    return np.maximum(distances[rows, columns], 0.0)


def _without_single_pieces(labels: Numbers, unit: Floats) -> Numbers:
    """A piece that is alone joins the cluster with whose mean vector it agrees most."""
    counts = np.bincount(labels)
    large = np.flatnonzero(counts > 1)
    if not large.size:
        return np.zeros_like(labels)
    means = _unit(np.stack([unit[labels == each].mean(axis=0) for each in large]))
    alone = counts[labels] == 1
    joined = labels.copy()
    joined[alone] = large[np.argmax(unit[alone] @ means.T, axis=1)] if alone.any() else 0
    return joined


def _by_size(labels: Numbers) -> Numbers:
    """Numbers from the largest cluster down; of two of one size, the one that speaks first."""
    found, first, counts = np.unique(labels, return_index=True, return_counts=True)
    order = sorted(range(found.size), key=lambda each: (-counts[each], first[each]))
    number = {int(found[each]): rank for rank, each in enumerate(order)}
    return np.array([number[int(label)] for label in labels], dtype=np.int64)


def _unit(vectors: Floats) -> Floats:
    scaled: Floats = vectors / np.maximum(
        np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12)
    )
    return scaled
