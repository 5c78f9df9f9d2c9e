"""Fine prints, and lining a sound up with them."""

from __future__ import annotations

from pathlib import Path

import material
import numpy as np
import pytest

from earwitness.archive.alignment import align, glance
from earwitness.archive.prints import differences, packed, prints_of, signs_of, weights
from earwitness.archive.spectrum import picture


def test_signs_come_back_from_prints() -> None:
    """31 signs fit into a print and come out again."""
    rng = np.random.default_rng(1)
    prints = rng.integers(0, 2**31, 100, dtype=np.uint32)
    signs = signs_of(prints)
    bits = (prints[:, None] >> np.arange(31, dtype=np.uint32)) & 1
    assert np.array_equal(signs, bits.astype(np.float32) * 2 - 1)


@pytest.mark.parametrize("late_ms", [0, 48, -96, 160])
def test_the_lag_is_found_to_a_frame(late_ms: int, tmp_path: Path) -> None:
    """Through Opus, and begun too late or early, the two sides are lined up to 16 ms."""
    there = picture(material.sound("known_1.m4a"))
    clean = material.part("known_1.m4a", 10.0 + late_ms / 1000, 8.0)
    here = weights(picture(material.through_opus(clean, tmp_path)))
    found = align(here, prints_of(there)[312:562], here=0, there=624)
    assert found is not None and found.score > 15
    place_s = (found.there_start - found.here_start) * 0.016
    assert place_s == pytest.approx(10.0 + late_ms / 1000, abs=0.02)


def test_only_what_agrees_is_taken_for_the_stretch() -> None:
    """Three seconds of eight are from there; the ends are found to a few hundredths."""
    mixed = material.part("impostor.opus", 5.0, 8.0)
    mixed[24_000:48_000] = material.part("known_1.m4a", 13.0, 3.0)
    there = prints_of(picture(material.sound("known_1.m4a")))
    found = align(weights(picture(mixed)), there[312:562], here=0, there=624)
    assert found is not None
    assert found.here_start * 0.016 == pytest.approx(3.0, abs=0.1)
    assert found.here_end * 0.016 == pytest.approx(6.0, abs=0.1)


def test_unrelated_speech_scores_low() -> None:
    """Another voice and other words reach a score that chance gives."""
    here = weights(picture(material.part("impostor.opus", 5.0, 8.0)))
    there = prints_of(picture(material.sound("known_1.m4a")))
    found = [align(here, there[k : k + 250], here=0, there=2 * k) for k in range(0, 1500, 100)]
    assert max(item.score for item in found if item) < 8


def test_a_second_is_too_short_to_compare() -> None:
    """With under 0.8 s of prints there is no answer rather than a guess."""
    here = weights(picture(material.part("known_1.m4a", 10.0, 8.0)))
    assert (
        align(here, prints_of(picture(material.part("known_1.m4a", 10.0, 0.6))), here=0, there=0)
        is None
    )


def test_a_glance_tells_the_same_from_other_speech() -> None:
    """Five seconds of the same stand out, wherever they lie in the window; other speech does not."""
    mine = picture(material.part("known_1.m4a", 10.0, 20.0))
    theirs = picture(material.part("impostor.opus", 10.0, 20.0))
    signs = packed(differences(mine))
    mixed = np.concatenate([theirs[:500], mine[500:820], theirs[820:]])
    assert glance(signs, prints_of(mine)) > 20
    assert glance(signs, prints_of(mixed)) > 15
    assert glance(signs, prints_of(theirs)) < 5
    assert glance(signs[:40], prints_of(mine)[:20]) == 0
