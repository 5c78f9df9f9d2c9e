"""Hum is found where it is, at the frequency that it has, and nowhere else."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import soxr

import sounds
from earwitness.signal.best_paths import best_paths
from earwitness.signal.hum import DECOYS_HZ, HUM_RATE_HZ, Presence, find_hum
from earwitness.signal.hum_track import HumTrack, hum_bands, track_hum


def low(sound: sounds.Floats) -> sounds.Floats:
    """At the rate at which hum is looked for."""
    return np.asarray(soxr.resample(sound, sounds.RATE_HZ, HUM_RATE_HZ), dtype=np.float32)


@cache
def voice() -> sounds.Floats:
    """A minute of a voice from the demo, which has no hum."""
    return low(sounds.voice(60.0))


def hummed(level: float, *, hz: float = 50.02) -> sounds.Floats:
    """The voice with hum."""
    return voice() + sounds.hum(60.0, level=level, hz=hz, rate_hz=HUM_RATE_HZ)


def found(sound: sounds.Floats) -> Presence:
    """Whether there is hum."""
    return find_hum(sound, sample_rate_hz=HUM_RATE_HZ)


def followed(sound: sounds.Floats, nominal_hz: int) -> HumTrack:
    """Its track."""
    bands = hum_bands(sound, nominal_hz=nominal_hz, sample_rate_hz=HUM_RATE_HZ)
    return track_hum(bands, found(sound), nominal_hz=nominal_hz)


def test_a_voice_has_no_hum() -> None:
    """Nothing stands out at 50 or 60 Hz."""
    assert found(voice()).found_hz == ()


@pytest.mark.parametrize(("hz", "nominal"), [(50.02, 50), (59.97, 60), (49.4, 50)])
def test_the_nominal_frequency_is_found(hz: float, nominal: int) -> None:
    """50 and 60 Hz are told apart, also where the grid is far off."""
    assert found(hummed(0.005, hz=hz)).found_hz == (nominal,)


def test_two_grids_are_both_found() -> None:
    """Hum of 50 and of 60 Hz in one recording."""
    sound = hummed(0.005) + sounds.hum(60.0, level=0.005, hz=60.0, rate_hz=HUM_RATE_HZ)
    assert sorted(found(sound).found_hz) == [50, 60]


def test_gain_does_not_matter() -> None:
    """The same recording, fainter by 30 dB."""
    loud, faint = found(hummed(0.005)), found(hummed(0.005) * np.float32(0.03))
    assert faint.scores[50] == pytest.approx(loud.scores[50], rel=0.02)


@pytest.mark.parametrize(("level", "most_mhz"), [(0.02, 1.0), (0.002, 2.5)])
def test_the_track_is_the_frequency(level: float, most_mhz: float) -> None:
    """Of hum about 10 and 30 dB under a voice; its standard error is of the right size."""
    track = followed(hummed(level), 50)
    error_mhz = 1000 * (track.frequency_hz - sounds.hum_hz(track.times_s))
    rms_mhz = float(np.sqrt(np.mean(error_mhz**2)))
    assert rms_mhz < most_mhz
    assert 0.3 < rms_mhz / float(1000 * np.sqrt(np.mean(track.sigma_hz**2))) < 3.0
    assert 1 in track.harmonics


def test_harmonics_that_are_not_there_are_not_used() -> None:
    """The hum has four; those beyond are noise and speech."""
    assert set(followed(hummed(0.02), 50).harmonics) <= {1, 2, 3, 4, 5}


def test_decoys_keep_away_from_the_mains() -> None:
    """No decoy's harmonic falls on one of 50 or 60 Hz."""
    assert len(DECOYS_HZ) >= 12
    for decoy in DECOYS_HZ:
        for k in (1, 2, 3, 4, 6):
            assert all(abs(k * decoy - n * real) > 1 for n in range(1, 9) for real in (50, 60))


@pytest.mark.parametrize("seconds", [0.0, 10.0, 16.0, 17.0])
def test_sound_of_a_frame_or_less(seconds: float) -> None:
    """Too short for anything, and no error."""
    assert found(sounds.noise(seconds, rate_hz=HUM_RATE_HZ)).found_hz == ()


def test_silence_has_no_hum() -> None:
    """Digital silence is no line."""
    assert found(np.zeros(40 * HUM_RATE_HZ, np.float32)).found_hz == ()


def test_best_paths_are_those_of_brute_force() -> None:
    """Every path through small tables, tried one by one."""
    gains = np.random.default_rng(1).standard_normal((3, 5, 4)).astype(np.float32)
    paths = best_paths(gains, moves=0.5)
    reach, every = 2, np.stack(np.meshgrid(*[np.arange(4)] * 5, indexing="ij"), -1).reshape(-1, 5)
    moves = np.abs(np.diff(every, axis=1))
    allowed, costs = (moves <= reach).all(axis=1), 0.5 * ((moves / 0.5) ** 2).sum(axis=1)
    for table, path in zip(gains, paths, strict=True):
        worth = table[np.arange(5), every].sum(axis=1) - costs
        best = every[np.where(allowed, worth, -np.inf).argmax()]
        assert path.tolist() == best.tolist()
