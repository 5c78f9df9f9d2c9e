"""A room is told beside people in rooms and without, and not told where that does not tell."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from earwitness.signal.rooms import in_room
from earwitness.voices.embedder import Embedded
from earwitness.voices.mel import Floats, frame_count
from earwitness.voices.population import Speaker, Spoken
from earwitness.voices.reverberation import Rooms, learn_rooms
from voices.people import spoken

EMBEDDER = Embedded(200.0, 3_300.0)
PEOPLE = 24


def features(number: int, room: int | None = None, seed: int = 0) -> Floats:
    """Ten seconds of a person, in a room or not."""
    sound = spoken(number, 10.0, seed=seed)
    if room is not None:
        sound = in_room(sound, sample_rate_hz=16_000, seed=room)
    return EMBEDDER.features(sound, np.ones(frame_count(sound.size), dtype=bool))


@cache
def rooms() -> Rooms:
    """What two dozen people teach."""
    without = [features(number) for number in range(PEOPLE)]
    within = [features(number, room=number) for number in range(PEOPLE)]
    return learn_rooms(EMBEDDER.ready([*without, *within]), without, within)


def test_rooms_of_people_who_were_not_learnt_from_are_told() -> None:
    """Most of them, and hardly any speech without a room."""
    new = range(100, 112)
    in_rooms = [rooms().told(features(number, room=number)).is_told for number in new]
    without = [rooms().told(features(number)).is_told for number in new]
    assert sum(in_rooms) >= 8
    assert sum(without) <= 2
    assert rooms().told_in_rooms > 0.7


def test_what_cannot_be_told_is_not_told() -> None:
    """Where people in what is called a room sound as they do without, no speech is told to be in one."""
    same = [features(number) for number in range(PEOPLE)]
    again = [features(number, seed=1) for number in range(PEOPLE)]
    learnt = learn_rooms(EMBEDDER.ready(same), same, again)
    room = learnt.told(features(100, room=100))
    assert not room.can_be_told
    assert not room.is_told
    assert room.told_in_rooms < 0.5


def test_a_person_without_a_room_cannot_take_its_place() -> None:
    """It is an error of the caller, and says so."""
    heard = Spoken(np.zeros((10, 1), np.float32), np.arange(10))
    with pytest.raises(ValueError, match="not heard in a room"):
        _ = Speaker("a", heard, heard).from_a_room
    other = Spoken(np.ones((10, 1), np.float32), np.arange(10))
    swapped = Speaker("a", heard, heard, in_room=other).from_a_room
    assert swapped.questioned is other
    assert swapped.in_room is heard
