"""How probable a room is, told beside people in rooms and without; left open where that does not tell."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from earwitness.signal.rooms import in_room
from earwitness.voices.embedder import Embedded
from earwitness.voices.mel import Floats, frame_count
from earwitness.voices.reverberation import PRIOR, Rooms, learn_rooms
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
    in_rooms = [rooms().told(features(number, room=number)) for number in new]
    without = [rooms().told(features(number)) for number in new]
    assert sum(each.probability > PRIOR for each in in_rooms) >= 8
    assert sum(each.probability > PRIOR for each in without) <= 1
    assert in_rooms[0].told_in_rooms > 0.7 > 0.1 > in_rooms[0].told_without
    for each in (*in_rooms, *without):
        assert each.probability * 20 == pytest.approx(round(each.probability * 20))


def test_what_cannot_be_told_stays_nearly_as_probable_as_before() -> None:
    """Nearly, where people in what is called a room sound as they do without."""
    same = [features(number) for number in range(PEOPLE)]
    again = [features(number, seed=1) for number in range(PEOPLE)]
    learnt = learn_rooms(EMBEDDER.ready(same), same, again)
    room = learnt.told(features(100, room=100))
    assert not room.can_be_told
    assert not room.is_likely
    assert room.probability <= 2 * PRIOR
    assert room.told_in_rooms < 0.5
