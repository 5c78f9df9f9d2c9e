"""A weak grid, of a coding at another rate, is followed from frame to frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr

import lossy
import sounds
from earwitness.signal import generations
from earwitness.signal.codec_grid import AAC_KAISER, MP3
from earwitness.signal.grid_path import follow_closely
from earwitness.signal.grid_track import GridTrack
from sounds import Floats

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def was_mp3(tmp_path_factory: pytest.TempPathFactory) -> Floats:
    """Sixteen seconds that were MP3 at 44.1 kHz, and are at 16 kHz in 16 bits now."""
    return at_16_khz(tmp_path_factory.mktemp("mp3"), ".mp3", 64_000)


def at_16_khz(folder: Path, suffix: str, bits: int) -> Floats:
    """A voice that was coded at 44.1 kHz."""
    sound = lossy.through(folder, lossy.voice(16.0), suffix, bits)
    narrow = soxr.resample(sound, lossy.RATE_HZ, RATE_HZ)[777:]
    return np.asarray(np.rint(narrow * 32_768) / 32_768, dtype=np.float32)


def follow(sound: Floats) -> GridTrack:
    """Follow the clearest grid of another rate."""
    found = generations.find_resampled(sound, sample_rate_hz=RATE_HZ)
    assert found is not None
    track = follow_closely(
        sound,
        codec=found.grid.codec,
        sample_rate_hz=RATE_HZ,
        coded_hz=found.grid.coded_hz,
        offset=found.grid.offset,
    )
    assert track is not None
    return track


def test_the_codec_and_its_rate_are_named(was_mp3: Floats, tmp_path: Path) -> None:
    """MP3 and AAC, both at 44.1 kHz, clearer than any search in sound that was never coded."""
    found = generations.find_resampled(was_mp3, sample_rate_hz=RATE_HZ)
    assert found is not None and found.is_found
    assert (found.grid.codec, found.grid.coded_hz) == (MP3, 44_100)
    aac = at_16_khz(tmp_path, ".m4a", 96_000)
    found = generations.find_resampled(aac, sample_rate_hz=RATE_HZ)
    assert found is not None and found.is_found
    assert (found.grid.codec, found.grid.coded_hz) == (AAC_KAISER, 44_100)


def test_sound_that_was_never_coded_has_none() -> None:
    """The same voice without that coding."""
    plain = np.asarray(soxr.resample(lossy.voice(16.0), lossy.RATE_HZ, RATE_HZ), dtype=np.float32)
    found = generations.find_resampled(plain, sample_rate_hz=RATE_HZ)
    assert found is None or not found.is_found


def test_a_real_mp3_of_the_demo_is_named_with_its_rate() -> None:
    """It is at 24 kHz, and heard at 48 and 32 kHz, too; the clearest is told."""
    sound = sounds.voice(16.0, name="known_2.mp3", rate_hz=RATE_HZ)
    found = generations.find_resampled(sound, sample_rate_hz=RATE_HZ)
    assert found is not None and (found.grid.codec, found.grid.coded_hz) == (MP3, 24_000)


def test_the_files_own_grid_is_not_heard_through_others() -> None:
    """Two frames at 48 kHz are one at 24: not tried where the file itself is MP3 at 24 kHz."""
    sound = sounds.voice(16.0, name="known_2.mp3", rate_hz=24_000)
    found = generations.find_resampled(sound, sample_rate_hz=24_000)
    assert found is not None and found.is_found
    assert generations.find_resampled(sound, sample_rate_hz=24_000, own="MP3") is None


def test_untouched_it_runs_through(was_mp3: Floats) -> None:
    """No jump, and one offset for as long as it shows."""
    track = follow(was_mp3)
    assert track.jumps == ()
    assert {span.offset for span in track.spans} - {-1} == {track.offset}


@pytest.mark.parametrize("at_s", [3.0, 7.25, 12.5])
def test_a_deletion_is_told_with_place_and_size(was_mp3: Floats, at_s: float) -> None:
    """Seconds taken out at 16 kHz move the grid by a part of a frame, to half a sample."""
    at, count = round(at_s * RATE_HZ), 21_000
    track = follow(np.concatenate([was_mp3[:at], was_mp3[at + count :]]))
    (jump,) = track.jumps
    assert jump.start_s - 0.05 < at_s < jump.end_s + 0.05
    assert jump.end_s - jump.start_s < 1.0
    assert jump.by_samples is not None
    by = (-count * 44_100 / RATE_HZ) % 576
    assert min(abs(jump.by_samples - by), 576 - abs(jump.by_samples - by)) <= 1.0


def test_both_ends_of_what_was_never_coded_are_told(was_mp3: Floats) -> None:
    """Three seconds put in that have no grid: it is lost, and found again elsewhere."""
    at = 6 * RATE_HZ
    other = np.asarray(soxr.resample(lossy.voice(16.0), lossy.RATE_HZ, RATE_HZ), dtype=np.float32)[
        -48_100:
    ]
    track = follow(np.concatenate([was_mp3[:at], other, was_mp3[at:]]))
    for cut_s in (6.0, 6.0 + 48_100 / RATE_HZ):
        assert any(j.start_s - 0.05 < cut_s < j.end_s + 0.05 for j in track.jumps)


def test_too_little_is_not_followed(was_mp3: Floats) -> None:
    """A fifth of a second has no two dozen frames."""
    assert (
        follow_closely(
            was_mp3[:3_200], codec=MP3, sample_rate_hz=RATE_HZ, coded_hz=44_100, offset=0
        )
        is None
    )
