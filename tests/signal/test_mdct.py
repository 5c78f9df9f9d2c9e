"""The transforms are those of the codecs: what a decoder made of zeros is zero in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lossy
from earwitness.signal import mdct
from sounds import Floats


@pytest.fixture(scope="module")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> Floats:
    """A voice that was MP3 at 64 kbit/s, as its decoder gives it."""
    return lossy.through(tmp_path_factory.mktemp("mp3"), lossy.voice(8.0), ".mp3", 64_000)


def at(sound: Floats, filters: Floats, offset: int, hop: int) -> Floats:
    """Absolute coefficients of the frames that begin at an offset [shape=(frames, k)]."""
    windows = np.lib.stride_tricks.sliding_window_view(sound, filters.shape[1])
    return np.abs(windows[offset::hop] @ filters.T)


def test_filters_are_told_by_their_frequency() -> None:
    """Coefficient i hears a tone at (i + 1/2) / (2 hop) of the rate, and others hardly."""
    chosen = np.array([63, 64, 65, 300])
    for filters, hop in (
        (mdct.mp3_filters(chosen), mdct.MP3_HOP),
        (mdct.aac_filters(chosen, kaiser=True), mdct.AAC_HOP),
        (mdct.vorbis_filters(chosen), mdct.AAC_HOP),
    ):
        tone = np.exp(1j * np.pi / hop * 64.5 * np.arange(filters.shape[1]))
        heard = np.abs(filters @ tone)
        assert heard.argmax() == 1
        assert heard[3] < 0.01 * heard[1]


def test_the_window_satisfies_what_the_standard_demands() -> None:
    """The filterbank's window is symmetric, and its bands add up to a flat response."""
    window = mdct._window()
    np.testing.assert_array_equal(window[1:], window[:0:-1])
    response = np.abs(np.fft.fft(window, 4096)) ** 2
    shifts = [np.roll(response, round((2 * band + 1) * 4096 / 128)) for band in range(-32, 32)]
    total = np.sum(shifts, axis=0)
    assert np.ptp(10 * np.log10(total)) < 0.1  # the standard allows ripple below 0.07 dB


def test_a_decoded_mp3_has_zeros_at_its_grid_alone(mp3: Floats) -> None:
    """FFmpeg's decoder starts so that frames begin at sample 48; a sample beside, no zero is left."""
    filters = mdct.mp3_filters(np.arange(60, 200))
    loud = np.abs(mp3).max()
    zeros = {
        offset: (at(mp3, filters, offset, 576) < 1e-6 * loud).mean() for offset in (47, 48, 49)
    }
    assert zeros[48] > 0.1
    assert zeros[47] < 0.01 and zeros[49] < 0.01


def test_at_the_grid_an_mp3_holds_powers_of_four_thirds(mp3: Floats) -> None:
    """Coefficients over the smallest of their band are 1, 2.52, 4.33: whole numbers to the 4/3."""
    values = at(mp3, mdct.mp3_filters(np.arange(90, 96), normalised=False), 48, 576)
    smallest = np.where(values > 1e-5, values, np.inf).min(axis=1, keepdims=True)
    ratios = (values / smallest)[(values > 1e-5) & (values < 6 * smallest)]
    steps = np.arange(1, 5) ** (4 / 3)
    nearest = np.abs(ratios[:, np.newaxis] - steps).min(axis=1)
    assert np.mean(nearest < 0.01) > 0.85


def test_a_decoded_aac_has_zeros_under_its_window(tmp_path: Path) -> None:
    """FFmpeg's encoder uses the Kaiser-Bessel window; under the sine window zeros are fewer."""
    aac = lossy.through(tmp_path, lossy.voice(8.0), ".m4a", 48_000)
    chosen = np.arange(100, 300)
    kaiser = at(aac, mdct.aac_filters(chosen, kaiser=True), 0, 1024)
    sine = at(aac, mdct.aac_filters(chosen, kaiser=False), 0, 1024)
    assert (kaiser < 1e-7).mean() > 0.1
    assert (sine < 1e-7).mean() < 0.5 * (kaiser < 1e-7).mean()
