"""Samples that occur twice to the bit: copies wherever they are put, and what is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sounds
from earwitness.evidence.decode import Floats
from earwitness.signal.copies import find_copies

RATE_HZ = 16_000


def stored(sound: Floats) -> Floats:
    """As 16-bit samples hold it."""
    return (np.round(sound * 32_768) / 32_768).astype(np.float32)


def in_blocks(sound: Floats, size: int) -> list[Floats]:
    """Cut into blocks, as a decoder gives them."""
    return [sound[first : first + size] for first in range(0, sound.size, size)]


@settings(max_examples=25)
@given(
    start=st.integers(0, 3 * RATE_HZ),
    to=st.integers(5 * RATE_HZ, 7 * RATE_HZ),
    length_ms=st.integers(60, 900),
    block=st.integers(900, 70_000),
)
def test_a_copy_is_found_wherever_it_is_put(
    start: int, to: int, length_ms: int, block: int
) -> None:
    """At any sample, in blocks of any size: both places to a sample's distance, and about how long."""
    sound = stored(sounds.noise(8.5, level=0.01))
    size = length_ms * RATE_HZ // 1000
    sound[to : to + size] = sound[start : start + size]
    (found,) = find_copies(in_blocks(sound, block), RATE_HZ).found
    assert found.second_start_s - found.first_start_s == pytest.approx((to - start) / RATE_HZ)
    assert found.first_start_s == pytest.approx(start / RATE_HZ, abs=0.06)
    assert found.length_s == pytest.approx(length_ms / 1000, abs=0.08)


def test_speech_and_noise_copy_nothing() -> None:
    """Untouched sound, even so quiet that few of its values differ."""
    assert not find_copies([stored(sounds.voice(30.0))], RATE_HZ).found
    assert not find_copies([stored(sounds.noise(30.0, level=3e-5))], RATE_HZ).found


def test_silence_and_a_tone_are_no_copies() -> None:
    """Zeros are left out; a machine's tone occurs too often."""
    sound = stored(sounds.noise(6.0))
    sound[10_000:40_000] = 0
    sound[50_000:80_000] = stored(sounds.tone(30_000 / RATE_HZ, hz=1000.0))
    assert not find_copies([sound], RATE_HZ).found


def test_a_copy_that_was_made_louder_is_none_to_the_bit() -> None:
    """What is the same to the ear only is for repeats_v1."""
    sound = stored(sounds.noise(6.0))
    sound[60_000:70_000] = stored(1.01 * sound[10_000:20_000])
    assert not find_copies([sound], RATE_HZ).found


def test_nothing_and_next_to_nothing() -> None:
    """No block, and one that is shorter than a window."""
    assert find_copies([], RATE_HZ).windows == 0
    assert find_copies([np.ones(20, np.float32)], RATE_HZ).windows == 0
