"""The grid jumps where the coded sound was cut, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lossy
from earwitness.signal import codec_grid, grid_track
from earwitness.signal.codec_grid import MP3
from earwitness.signal.generations import LEAST_Z
from sounds import Floats

RATE_HZ = lossy.RATE_HZ


@pytest.fixture(scope="module")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> Floats:
    """Twenty seconds that were MP3 at 64 kbit/s."""
    return lossy.through(tmp_path_factory.mktemp("mp3"), lossy.voice(20.0), ".mp3", 64_000)


def follow(sound: Floats) -> grid_track.GridTrack:
    """Follow the clearest MP3 grid."""
    found = codec_grid.depths(sound, codec=MP3, sample_rate_hz=RATE_HZ)
    assert found is not None
    track = grid_track.follow(
        sound,
        codec=MP3,
        sample_rate_hz=RATE_HZ,
        offset=codec_grid.highest(found.dips),
        threshold=LEAST_Z,
    )
    assert track is not None
    return track


def test_untouched_it_runs_through(mp3: Floats) -> None:
    """One span, no jump, no other generation."""
    track = follow(mp3)
    assert [span.offset for span in track.spans] == [48]
    assert track.jumps == () and track.also == ()
    assert track.spans[0].start_s == 0.0


def test_a_deletion_is_told_with_place_and_size(mp3: Floats) -> None:
    """1.3 s taken out at 7.2 s, which is 30 samples more than 99 frames."""
    at, count = round(7.2 * RATE_HZ), 99 * 576 + 30
    (jump,) = follow(np.concatenate([mp3[:at], mp3[at + count :]])).jumps
    assert jump.start_s - 0.05 < 7.2 < jump.end_s + 0.05
    assert jump.end_s - jump.start_s < 0.6
    assert jump.by_samples == 576 - 30


def test_an_insertion_is_told_at_both_ends(mp3: Floats) -> None:
    """Two seconds of the same recording put in at 6 s, half a frame out of step."""
    at, start, count = 6 * RATE_HZ, 9 * RATE_HZ + 288, 2 * RATE_HZ
    tape = np.concatenate([mp3[:at], mp3[start : start + count], mp3[at:]])
    first, second = follow(tape).jumps
    assert first.start_s - 0.05 < 6.0 < first.end_s + 0.05
    assert second.start_s - 0.05 < 8.0 < second.end_s + 0.05
    assert first.by_samples == (at - start) % 576
    assert (first.by_samples + second.by_samples) % 576 == count % 576


def test_it_survives_a_second_coding(mp3: Floats, tmp_path: Path) -> None:
    """Cut, then stored as MP3 at 128 kbit/s: the first coding's grid still jumps."""
    at, count = 9 * RATE_HZ, 50_100
    cut = np.concatenate([mp3[:at], mp3[at + count :]])[333:]
    (jump,) = follow(lossy.through(tmp_path, cut, ".mp3", 128_000)).jumps
    assert jump.start_s - 0.05 < (at - 333) / RATE_HZ < jump.end_s + 0.05
    assert jump.by_samples == (-count) % 576


def test_a_cut_by_whole_frames_is_not_seen(mp3: Floats) -> None:
    """As the limits say."""
    at, count = 7 * RATE_HZ, 100 * 576
    assert follow(np.concatenate([mp3[:at], mp3[at + count :]])).jumps == ()


def test_two_generations_at_once_are_no_jump(mp3: Floats, tmp_path: Path) -> None:
    """Both grids show in the same frames; those of two halves do not."""
    half = mp3.size // 2
    halves = np.concatenate([mp3[:half], mp3[half + 100 :]])
    offsets = {"first": 48, "second": (48 - 100) % 576}
    assert not grid_track.simultaneous(halves, codec=MP3, sample_rate_hz=RATE_HZ, **offsets)
    again = lossy.through(tmp_path, mp3[333:], ".mp3", 128_000)
    offsets = {"first": (48 - 333) % 576, "second": 48}
    assert grid_track.simultaneous(again, codec=MP3, sample_rate_hz=RATE_HZ, **offsets)


def test_what_has_no_grid_cannot_be_followed() -> None:
    """A voice that was never coded, and silence."""
    for sound in (lossy.voice(), np.zeros(RATE_HZ, dtype=np.float32)):
        track = grid_track.follow(
            sound, codec=MP3, sample_rate_hz=RATE_HZ, offset=5, threshold=LEAST_Z
        )
        assert track is None
