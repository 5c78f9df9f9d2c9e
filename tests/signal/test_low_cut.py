"""Low frequencies that were cut are told of a recording beside other speakers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import sounds
from earwitness.evidence.decode import Floats
from earwitness.signal.chains import Chain, high_pass
from earwitness.signal.low_cut import LOW_CUTS_HZ, Spoken, likeliest, low_levels, with_low_cut
from earwitness.signal.speech import find_speech

RATE_HZ = 16_000


def talk(start_s: float, seconds: float) -> Floats:
    """A stretch of a voice, over faint noise."""
    said = sounds.voice(seconds, start_s=start_s)
    noise = np.random.default_rng(int(start_s)).standard_normal(said.size)
    return np.asarray(said + 3e-4 * noise, dtype=np.float32)


@pytest.fixture(scope="module")
def others() -> list[Spoken]:
    """Ten who speak at other times."""
    spoken = [talk(4 * number, 8.0) for number in range(10)]
    return [(each, find_speech(each)) for each in spoken]


def test_nothing_is_added_for_a_recording_that_is_like_the_others(others: list[Spoken]) -> None:
    """No cut."""
    assert with_low_cut(Chain(), talk(46, 20.0), others) == Chain()


def test_low_frequencies_that_were_cut_are_told(others: list[Spoken]) -> None:
    """At the place of the four that is nearest."""
    for low_cut_hz, nearest in ((310.0, 300.0), (215.0, 220.0)):
        cut = high_pass(talk(46, 20.0), low_cut_hz, RATE_HZ)
        assert with_low_cut(Chain(), cut, others).low_cut_hz == nearest
    assert nearest in LOW_CUTS_HZ


def test_several_at_once_tell_the_same(others: list[Spoken]) -> None:
    """Threads change nothing."""
    cut = high_pass(talk(46, 20.0), 300.0, RATE_HZ)
    with ThreadPoolExecutor(2) as threads:
        assert with_low_cut(Chain(), cut, others, each=threads.map) == with_low_cut(
            Chain(), cut, others
        )


def test_low_levels_are_those_of_the_bands() -> None:
    """A tone of 150 Hz stands in the second band, as loud as it is beside one of 700 Hz."""
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    tones = 0.1 * np.sin(2 * np.pi * 700 * time_s) + 0.05 * np.sin(2 * np.pi * 150 * time_s)
    levels = low_levels(tones.astype(np.float32))
    assert levels.argmax() == 1
    widths_db = 10 * np.log10(38 / 4)  # bins of the bands: 26 to 64, and 8 to 12
    assert levels[1] == pytest.approx(20 * np.log10(0.05 / 0.1) + widths_db, abs=1.0)


def test_the_likeliest_condition_weighs_spread_too() -> None:
    """What lies near the mean of a wide law may be likelier under a narrow one that is no nearer."""
    random = np.random.default_rng(1)
    wide = random.normal(0.0, 8.0, size=(40, 2))
    narrow = random.normal(3.0, 0.5, size=(40, 2))
    assert likeliest(np.array([2.8, 3.1]), [wide, narrow]) == 1
    assert likeliest(np.array([-6.0, 1.0]), [wide, narrow]) == 0


def test_no_other_would_have_been_told_more_likely() -> None:
    """Another condition is told only if it is likelier by more than for any of the others."""
    random = np.random.default_rng(2)
    as_they_are = random.normal(0.0, 1.0, size=(10, 2))
    there = as_they_are + 6.0
    assert likeliest(np.array([6.2, 5.8]), [as_they_are, there]) == 1
    as_they_are[0] += 6.5  # one of them sounds like that without having been there
    assert likeliest(np.array([6.2, 5.8]), [as_they_are, there]) == 0
