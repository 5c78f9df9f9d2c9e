"""The grid of a codec stands out among all offsets, and only there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr

import lossy
import sounds
from earwitness.signal import codec_grid, mdct
from earwitness.signal.codec_grid import AAC_KAISER, MP3
from sounds import Floats

RATE_HZ = lossy.RATE_HZ


@pytest.fixture(scope="module")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> Floats:
    """A voice that was MP3 at 64 kbit/s, its first thousand samples cut off."""
    folder = tmp_path_factory.mktemp("mp3")
    return lossy.through(folder, lossy.voice(), ".mp3", 64_000)[1000:]


def dips(sound: Floats, codec: codec_grid.Codec, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Dips at all offsets."""
    found = codec_grid.depths(sound, codec=codec, sample_rate_hz=rate_hz)
    assert found is not None
    return found.dips


def test_interpolated_coefficients_are_those_of_the_filters(mp3: Floats) -> None:
    """What is computed at eight places and interpolated agrees with the filter at every offset."""
    search = codec_grid.grid_search(MP3, RATE_HZ)
    sound = mp3[RATE_HZ * 3 :][: search.samples_for(2)]
    chosen = codec_grid._coefficients(MP3, RATE_HZ, RATE_HZ)
    filters = mdct.mp3_filters(chosen)
    windows = np.lib.stride_tricks.sliding_window_view(sound[search.lead :], filters.shape[1])
    exact = np.stack([windows[576 * frame :][:576] @ filters.T for frame in range(2)])
    logs = codec_grid._mean_log(np.ascontiguousarray(exact.transpose(2, 0, 1)))
    np.testing.assert_allclose(search.frame_logs(sound, search.lead), logs, atol=0.15)


def test_an_mp3_shows_at_its_offset(mp3: Floats) -> None:
    """48 of the decoder's, less the thousand that were cut off."""
    found = dips(mp3, MP3)
    assert found.argmax() == (48 - 1000) % 576
    assert found.max() > 40
    assert dips(mp3, AAC_KAISER).max() < 7


@pytest.mark.parametrize("gain", [0.1, -1.0])
def test_a_change_of_gain_hides_no_grid(mp3: Floats, gain: float) -> None:
    """Quieter, or turned upside down, the grid is where it was."""
    found = dips(np.float32(gain) * mp3, MP3)
    assert found.argmax() == (48 - 1000) % 576
    assert found.max() > 20


@pytest.mark.parametrize("rate_hz", [16_000, 40_000])
def test_resampling_moves_the_grid_between_the_samples(mp3: Floats, rate_hz: int) -> None:
    """At the new rate nothing shows; laid out for the coder's, the grid is where it was."""
    resampled = np.asarray(soxr.resample(mp3, RATE_HZ, rate_hz), dtype=np.float32)
    assert dips(resampled, MP3, rate_hz).max() < 7
    found = codec_grid.depths(resampled, codec=MP3, sample_rate_hz=rate_hz, coded_hz=RATE_HZ)
    assert found is not None and found.dips.max() > 20
    assert found.dips.argmax() == 2 * ((48 - 1000) % 576)  # in halves of a sample


def test_a_change_of_speed_hides_the_grid(mp3: Floats) -> None:
    """As the limits of the examinations say: a hundredth faster, and no frame lies where it was."""
    faster = np.asarray(soxr.resample(mp3, 101, 100), dtype=np.float32)
    resampled = np.asarray(soxr.resample(faster, RATE_HZ, 16_000), dtype=np.float32)
    found = codec_grid.depths(resampled, codec=MP3, sample_rate_hz=16_000, coded_hz=RATE_HZ)
    assert found is not None and found.dips.max() < 7


def test_resampled_filters_hear_what_the_coder_heard(mp3: Floats) -> None:
    """Between samples at 16 kHz, each hears what it hears at 44.1 kHz of the same sound."""
    search = codec_grid.grid_search(MP3, 16_000, RATE_HZ)
    narrow = np.asarray(soxr.resample(mp3[: 5 * RATE_HZ], RATE_HZ, 16_000), dtype=np.float32)
    wide = np.asarray(soxr.resample(narrow, 16_000, RATE_HZ), dtype=np.float32)
    begin = 2 * RATE_HZ + 576.0 * np.arange(50)
    heard = search.heard_at(narrow, begin * 16_000 / RATE_HZ).real
    filters = mdct.mp3_filters(codec_grid._coefficients(MP3, 16_000, RATE_HZ))
    windows = np.lib.stride_tricks.sliding_window_view(wide, filters.shape[1])
    exact = windows[begin.astype(int)] @ filters.T
    for of, its in zip(heard.T, exact.T, strict=True):
        assert np.corrcoef(of, its)[0, 1] > 0.99


def test_an_aac_shows_under_its_window(tmp_path: Path) -> None:
    """FFmpeg's frames begin at sample 0 once the container's edit list is applied."""
    sound = lossy.through(tmp_path, lossy.voice(), ".m4a", 48_000)
    found = dips(sound, AAC_KAISER)
    assert found.argmax() == 0
    assert found.max() > 40
    assert dips(sound, MP3).max() < 7
    own = codec_grid.own_grid(sound, codec=AAC_KAISER, sample_rate_hz=RATE_HZ)
    assert own is not None and own[0] == 0 and own[1] > 30
    assert codec_grid.own_grid_of("AAC", sound, sample_rate_hz=RATE_HZ) == (AAC_KAISER, *own)


@pytest.mark.parametrize("codec", codec_grid.CODECS, ids=lambda codec: codec.window or codec.name)
def test_what_was_never_coded_shows_nothing(codec: codec_grid.Codec) -> None:
    """A voice, noise, and a tone have no grid."""
    assert dips(lossy.voice(), codec).max() < 7
    assert dips(sounds.noise(8.0, rate_hz=RATE_HZ), codec).max() < 7
    tone = sounds.tone(8.0, rate_hz=RATE_HZ) + sounds.noise(8.0, level=1e-4, rate_hz=RATE_HZ)
    assert dips(tone, codec).max() < 7


def test_silence_and_a_second_of_sound_are_too_little() -> None:
    """Where nothing is loud, nothing is searched."""
    silence = np.zeros(RATE_HZ * 5, dtype=np.float32)
    for sound in (silence, silence[:0], sounds.noise(0.3, rate_hz=RATE_HZ)):
        assert codec_grid.depths(sound, codec=MP3, sample_rate_hz=RATE_HZ) is None
        assert codec_grid.own_grid(sound, codec=MP3, sample_rate_hz=RATE_HZ) is None
        assert codec_grid.own_grid_of("AAC", sound, sample_rate_hz=RATE_HZ) is None


def test_an_echo_is_no_second_grid() -> None:
    """It is as high on both sides of its grid; another grid is high on one."""
    made = np.zeros(576)
    made[[100, 132, 68]] = 50.0, 20.0, 20.0
    made[300] = 15.0
    assert codec_grid.highest(made) == 100
    assert codec_grid.highest(made, but_for=[100]) == 300


def test_the_grid_of_one_transform_does_not_show_in_the_other() -> None:
    """What repeats every 64 samples is taken off."""
    made = np.random.default_rng(1).standard_normal(576) * 0.01
    made[5::64] -= 1.0
    assert codec_grid.dips_of(made).max() < 7
