"""Pauses: noise that was pasted, noise that does not belong, drops; and none where nothing was done."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

import sounds
from earwitness.evidence.decode import Floats
from earwitness.signal.both_sides import listen
from earwitness.signal.codings import Coding, send_through_codec
from earwitness.signal.pauses import (
    find_drops,
    find_pauses,
    find_same_noise,
    noise_levels,
    unlike_others,
)
from earwitness.signal.speech import Speech

RATE_HZ = 16_000
STARTS_S = np.arange(1.0, 15.0, 2.0)
PAUSES = np.stack([STARTS_S, STARTS_S + 0.8], axis=1)


def room(seed: int = 1) -> Floats:
    """Sixteen seconds of the noise of a room, with hum in it."""
    noise = scipy.signal.lfilter([1.0], [1.0, -0.9], sounds.noise(16.0, level=0.002, seed=seed))
    return (noise + sounds.tone(16.0, hz=100.0, level=0.002)).astype(np.float32)


def pasted(length_s: float) -> Floats:
    """The noise of three seconds on is also at eleven seconds."""
    sound = room()
    size = round(length_s * RATE_HZ)
    sound[11 * RATE_HZ + 777 :][:size] = sound[3 * RATE_HZ :][:size]
    return sound


@pytest.mark.parametrize("codec", [None, Coding("mp3", 64_000, 16_000)])
def test_room_tone_that_was_pasted_is_found(codec: Coding | None) -> None:
    """As it is, and after MP3; hum that goes through all of it does not make all of it the same."""
    sound = pasted(0.8)
    if codec is not None:
        sound = send_through_codec(sound, codec, sample_rate_hz=RATE_HZ)
    found, _ = find_same_noise(listen(sound), PAUSES)
    assert found
    for each in found:
        apart = each.second_start_s - each.first_start_s
        assert apart == pytest.approx(8 + 777 / RATE_HZ, abs=0.002)
        assert each.correlation > 0.5


def test_noise_that_goes_on_is_never_the_same() -> None:
    """The highest correlation stays far under what is told."""
    found, highest = find_same_noise(listen(room()), PAUSES)
    assert not found
    assert highest < 0.35


def test_no_pause_is_compared_with_nothing() -> None:
    """Without pauses, and with silent ones."""
    none = np.zeros((0, 2))
    assert find_same_noise(listen(room()), none) == ((), 0.0)
    silence = listen(np.zeros(16 * RATE_HZ, np.float32))
    assert find_same_noise(silence, PAUSES) == ((), 0.0)


def test_a_pause_with_other_noise_is_unlike_the_others() -> None:
    """One of seven is brighter; the others are like each other."""
    sound = room()
    sound[5 * RATE_HZ : 6 * RATE_HZ] = sounds.noise(1.0, level=0.02)
    apart = unlike_others(noise_levels(listen(sound), PAUSES))
    assert np.argmax(apart) == 2
    assert apart[2] > 6
    assert np.delete(apart, 2).max() < 2


def test_a_hole_in_the_noise_is_a_drop() -> None:
    """A tenth of a second without noise, which no codec writes as zeros."""
    sound = room()
    sound[8 * RATE_HZ :][: RATE_HZ // 10] *= 0.01
    sides = listen(sound)
    ((start_s, end_s),) = find_drops(sides, noise_levels(sides, PAUSES))
    assert start_s == pytest.approx(8.0, abs=0.04)
    assert end_s == pytest.approx(8.1, abs=0.04)
    untouched = listen(room())
    assert not len(find_drops(untouched, noise_levels(untouched, PAUSES)))


def test_pauses_are_what_lies_between_speech() -> None:
    """Before, between and after; short ones are none, and speech is kept away from."""
    speech = Speech(np.zeros(1, np.float32), np.array([[1.0, 2.0], [2.2, 4.0]]))
    assert find_pauses(speech, 5.0) == pytest.approx(np.array([[0.0, 0.94], [4.06, 5.0]]))
    nobody = Speech(np.zeros(1, np.float32), np.zeros((0, 2)))
    assert find_pauses(nobody, 5.0) == pytest.approx(np.array([[0.0, 5.0]]))
