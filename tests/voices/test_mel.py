"""The front ends give the numbers of the programs that the models were trained with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from earwitness.voices.mel import FrontEnd, band_energies, frame_count, log_mel

SAVED = json.loads(
    (Path(__file__).parent / "data" / "kaldi_native_fbank_1_23_0.json").read_text("utf-8")
)
FRONTS = {
    "povey": FrontEnd(),
    "hamming": FrontEnd("hamming"),
    "hann": FrontEnd("hann", low_hz=0.0, slaney=True, takes_off_mean=False, full_scale=1.0),
}


def swept() -> np.ndarray:
    """The signal that the saved numbers are of: a sweep in noise, as 16-bit samples."""
    at_s = np.arange(8_000) / 16_000
    noise = 0.05 * np.random.default_rng(5).standard_normal(8_000)
    sound = 0.3 * np.sin(2 * np.pi * (200 * at_s + 2_000 * at_s * at_s)) + noise
    return (np.round(sound * 32_768).clip(-32_768, 32_767) / 32_768).astype(np.float32)


@pytest.mark.parametrize("window", FRONTS)
def test_log_mel_is_that_of_kaldi_native_fbank(window: str) -> None:
    """WeSpeaker's, 3D-Speaker's and NeMo's front end, to a ten-thousandth of a neper."""
    rows = log_mel(swept(), FRONTS[window])[SAVED["rows"]]
    assert np.abs(rows - np.array(SAVED[window])).max() < 2e-4


def test_a_signal_shorter_than_a_frame_has_no_frames() -> None:
    """Nothing is padded."""
    assert log_mel(np.zeros(399, np.float32)).shape == (0, 80)
    assert band_energies(np.zeros(0, np.float32), bands=24, low_hz=100, high_hz=7_000).shape == (
        0,
        24,
    )
    assert frame_count(400) == 1 and frame_count(399) == 0


def test_blocks_do_not_show() -> None:
    """A signal of more frames than a block holds gives the same rows as its parts."""
    sound = np.random.default_rng(1).standard_normal(16_000 * 50).astype(np.float32)
    whole = log_mel(sound)
    assert len(whole) == frame_count(sound.size) > 4_096
    part = log_mel(sound[4_000 * 160 : 4_300 * 160])
    assert np.array_equal(whole[4_000 : 4_000 + len(part)], part)
