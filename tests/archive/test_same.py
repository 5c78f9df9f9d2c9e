"""Whether two recordings share sound."""

from __future__ import annotations

import numpy as np

import sounds
from earwitness.archive.same import LEAST_HITS, hits_in_step, keys_of_sound


def shared(mine: np.ndarray, theirs: np.ndarray) -> int:
    """Hits in step of two sounds at 8 kHz."""
    return hits_in_step(*keys_of_sound(mine, step=4), *keys_of_sound(theirs, step=1))


def test_a_part_of_a_recording_is_found_at_any_place() -> None:
    """Six seconds, from a place that lies on no frame."""
    whole = sounds.voice(30.0, rate_hz=8_000)
    part = whole[8 * 8_000 + 37 : 14 * 8_000 + 37]
    assert shared(whole, part) >= 3 * LEAST_HITS
    assert shared(part, whole) >= 3 * LEAST_HITS
    assert shared(whole * np.float32(0.2), part) >= 2 * LEAST_HITS


def test_another_recording_of_the_same_voice_is_not() -> None:
    """It is other sound."""
    one = sounds.voice(40.0, rate_hz=8_000)
    other = sounds.voice(40.0, name="known_1.m4a", rate_hz=8_000)
    assert shared(one, other) < LEAST_HITS


def test_silence_and_tones_share_nothing() -> None:
    """They are the same everywhere."""
    silence = np.zeros(80_000, np.float32)
    assert shared(silence, silence) == 0
    tone = sounds.tone(10.0, rate_hz=8_000)
    assert shared(tone, tone) < LEAST_HITS
    assert shared(silence[:100], tone) == 0
