"""Sound in rooms that do not exist: echoes that begin, spread and fall as physics says."""

from __future__ import annotations

import numpy as np
import pytest

import sounds
from earwitness.signal.rooms import in_room, room_response

RATE_HZ = 16_000
ROOMS = range(60)


def fall_s(response: np.ndarray) -> float:
    """Time to fall by 60 dB, from the fall between -5 and -20 dB of the energy still to come."""
    left = np.cumsum(response[::-1] ** 2)[::-1]
    level_db = 10 * np.log10(left / left[0])
    first, last = (int(np.argmax(level_db < edge)) for edge in (-5, -20))
    return 4 * (last - first) / RATE_HZ


def test_the_click_comes_first_and_at_one() -> None:
    """What is nearest is heard first; a sound is not moved in time."""
    for seed in ROOMS:
        response = room_response(seed, RATE_HZ)
        assert response[0] > 0.999
        assert np.abs(response[1:]).max() < 1.5  # reflections may fall on one sample


def test_echoes_fall_in_the_time_of_rooms_that_people_speak_in() -> None:
    """Between a furnished bedroom and an empty one, and not all alike."""
    falls_s = np.array([fall_s(room_response(seed, RATE_HZ)) for seed in ROOMS])
    assert 0.1 < falls_s.min() < 0.25
    assert 0.5 < falls_s.max() < 0.8


def test_the_tail_goes_on_where_the_images_end() -> None:
    """15 ms before and after 40 ms differ by what falls between, and no more than single images vary."""
    early, late = (
        np.mean([np.sum(room_response(seed, RATE_HZ)[part] ** 2) for seed in ROOMS])
        for part in (slice(400, 640), slice(641, 881))
    )
    assert -1 < 10 * np.log10(early / late) < 8


def test_the_same_room_at_another_rate_lasts_as_long() -> None:
    """Seconds are seconds."""
    assert room_response(5, 8_000).size / 8_000 == pytest.approx(
        room_response(5, RATE_HZ).size / RATE_HZ, abs=0.001
    )


def test_a_sound_in_a_room_is_as_loud_and_as_long_and_another() -> None:
    """The same room for the same seed, another for another."""
    voice = sounds.voice(4.0)
    heard = in_room(voice, sample_rate_hz=RATE_HZ, seed=3)
    assert heard.shape == voice.shape and heard.dtype == np.float32
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(np.sqrt(np.mean(voice**2)), rel=1e-3)
    assert np.array_equal(heard, in_room(voice, sample_rate_hz=RATE_HZ, seed=3))
    assert not np.array_equal(heard, in_room(voice, sample_rate_hz=RATE_HZ, seed=4))
    assert not in_room(np.zeros(100, np.float32), sample_rate_hz=RATE_HZ, seed=3).any()
