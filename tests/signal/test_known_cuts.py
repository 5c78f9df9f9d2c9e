"""Cuts that are made on purpose lie where they are said to lie."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.signal.known_cuts import with_known_cuts

RATE_HZ = 16_000


def ramp(seconds: float, first: float) -> np.ndarray:
    """A sound that rises by one step a sample, so that every join can be told."""
    return (first + np.arange(round(seconds * RATE_HZ)) * 1e-7).astype(np.float32)


@pytest.mark.parametrize("seed", range(6))
def test_every_join_is_told_and_nothing_else_is_one(seed: int) -> None:
    """Where the rise is broken, a cut is told, and only there; of other speakers the level too."""
    sound, other = ramp(40.0, 0.2), ramp(9.0, -0.4)
    changed, cuts = with_known_cuts(sound, [other], sample_rate_hz=RATE_HZ, seed=seed)
    broken = np.flatnonzero(np.abs(np.diff(changed.astype(np.float64))) > 1e-4) + 1
    assert set(broken) == set(cuts)
    assert len(cuts) >= 6


def test_without_others_and_in_a_short_sound() -> None:
    """A speaker alone is cut from its own sound; what is too short is left alone."""
    changed, cuts = with_known_cuts(ramp(20.0, 0.1), [], sample_rate_hz=RATE_HZ, seed=2)
    assert cuts.size and changed.size
    same, none = with_known_cuts(ramp(2.0, 0.1), [], sample_rate_hz=RATE_HZ, seed=2)
    assert same.size == 2 * RATE_HZ
    assert not none.size


def test_the_same_seed_cuts_the_same() -> None:
    """And another seed elsewhere."""
    sound = ramp(20.0, 0.1)
    first, second, third = (
        with_known_cuts(sound, [], sample_rate_hz=RATE_HZ, seed=seed)[1] for seed in (1, 1, 2)
    )
    assert (first == second).all()
    assert first.size != third.size or (first != third).any()
