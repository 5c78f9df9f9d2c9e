"""Untouched speech, cut on purpose: what a method finds of it is what its findings are worth.

Conventions: sound is mono float32 [shape=(n,)]; places are samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats

LEAST_S, MOST_S = 0.3, 3.0
_EVERY_S = 4.0


def with_known_cuts(
    sound: Floats, others: Sequence[Floats], *, sample_rate_hz: int, seed: int
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Cut a sound at random places, about every four seconds, sample against sample.

    In turn, 0.3 to 3 s are taken out; a passage of the same sound is put in; a passage of another
    sound is put in, at the same level.

    Parameters
    ----------
    sound : np.ndarray [shape=(n,)]
    others : sequence of np.ndarray
        Sounds of other speakers; without any, nothing of them is put in.
    sample_rate_hz : int
    seed : int

    Returns
    -------
    sound : np.ndarray
    cuts : np.ndarray [shape=(k,)]
        The first sample after each cut.
    """
    random = np.random.default_rng(seed)
    every = round(_EVERY_S * sample_rate_hz)
    parts: list[Floats] = []
    cuts: list[int] = []
    at, written = 0, 0
    kind = int(random.integers(3))
    while sound.size - at > every:
        step = int(random.uniform(0.6, 1.2) * every)
        parts.append(sound[at : at + step])
        at, written = at + step, written + step
        cuts.append(written)
        size = int(random.uniform(LEAST_S, MOST_S) * sample_rate_hz)
        if kind == 0 and sound.size - at > size + every // 2:
            at += size
        else:
            source = sound if kind < 2 or not others else others[int(random.integers(len(others)))]
            passage = _passage(source, size, random)
            if source is not sound:
                passage = passage * np.float32(_level(sound) / max(_level(passage), 1e-5))
            parts.append(passage)
            written += passage.size
            cuts.append(written)
        kind = (kind + 1) % 3
    parts.append(sound[at:])
    changed = np.concatenate(parts).astype(np.float32, copy=False)
    kept = np.array([cut for cut in cuts if cut < changed.size], dtype=np.int64)
    return np.clip(changed, -1.0, 1.0), kept


def _passage(source: Floats, size: int, random: np.random.Generator) -> Floats:
    size = min(size, source.size)
    start = int(random.integers(0, source.size - size + 1))
    return source[start : start + size]


def _level(sound: Floats) -> float:
    return float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))
