"""Rooms: told from how fast levels fall, and put around other sound."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.evidence.decode import Floats
from earwitness.signal.rooms import Room, falls, in_room

RATE_HZ = 16_000


def bursts(seed: int, *, fall_s: float = 0.02) -> Floats:
    """Ten seconds of noise in bursts that end fast, as a voice with little room around it does."""
    random = np.random.default_rng(seed)
    sound = np.zeros(10 * RATE_HZ)
    for start in np.cumsum(random.uniform(0.25, 0.6, size=20)):
        first = int(start * RATE_HZ)
        length = int(random.uniform(0.08, 0.2) * RATE_HZ)
        envelope = np.concatenate(
            [np.ones(length), 10 ** (-3 * np.arange(length) / (fall_s * RATE_HZ))]
        )
        piece = random.standard_normal(envelope.size) * envelope
        sound[first : first + piece.size] += piece[: sound.size - first]
    sound += 3e-3 * random.standard_normal(sound.size)
    return (0.1 * sound).astype(np.float32)


def test_reverberation_dies_away_as_fast_as_it_should() -> None:
    """A click in a room: the energy that is left falls by 60 dB in the time that was asked for."""
    click = np.zeros(RATE_HZ, dtype=np.float32)
    click[0] = 1.0
    response = in_room(click, Room(0.5, -40.0), sample_rate_hz=RATE_HZ).astype(np.float64)
    left_db = 10 * np.log10(np.cumsum(response[::-1] ** 2)[::-1])  # Schroeder 1965
    late = np.arange(int(0.05 * RATE_HZ), int(0.3 * RATE_HZ))
    slope_db_s = np.polyfit(late / RATE_HZ, left_db[late], 1)[0]
    assert -60 / slope_db_s == pytest.approx(0.5, rel=0.1)


def test_the_direct_sound_stands_over_reverberation_as_asked() -> None:
    """Energy of the first sample against all the rest."""
    click = np.zeros(RATE_HZ, dtype=np.float32)
    click[0] = 1.0
    response = in_room(click, Room(0.4, 6.0), sample_rate_hz=RATE_HZ).astype(np.float64)
    assert 10 * np.log10(response[0] ** 2 / (response[1:] ** 2).sum()) == pytest.approx(6, abs=0.1)


def test_a_room_makes_levels_fall_more_slowly() -> None:
    """The more of it, the slower; at each of the three lengths of time."""
    dry = falls(bursts(1))
    some = falls(in_room(bursts(1), Room(0.5, 6.0), sample_rate_hz=RATE_HZ))
    much = falls(in_room(bursts(1), Room(0.5, -3.0), sample_rate_hz=RATE_HZ))
    assert (dry > some + 1).all()
    assert (some > much + 1).all()


def test_loudness_changes_no_fall() -> None:
    """Falls are differences."""
    assert falls(0.1 * bursts(1)) == pytest.approx(falls(bursts(1)), abs=0.5)


def test_too_short_a_sound_has_no_falls() -> None:
    """A quarter of a second and less tells nothing, and is no error."""
    assert not falls(np.zeros(3_000, dtype=np.float32)).any()


def test_a_room_in_words() -> None:
    """As it stands in a report."""
    assert Room(0.45, 4.0).wording == (
        "a room (reverberation of about 0.5 s, 4 dB under the direct sound)"
    )
    assert "1 dB over the direct sound" in Room(0.7, -1.0).wording
