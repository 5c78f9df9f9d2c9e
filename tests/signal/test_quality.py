"""Levels and bandwidth, on sounds whose truth is known by construction."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

import sounds
from earwitness.evidence.decode import Block, Floats
from earwitness.signal.native import NativeMeter
from earwitness.signal.quality import Band, band, frame_power, speech_levels
from earwitness.signal.speech import FRAME_S, find_speech

RATE_HZ = 16_000


def band_of(signal: Floats, rate_hz: int = RATE_HZ) -> Band:
    """The band of a signal's mean spectrum."""
    meter = NativeMeter(sample_rate_hz=rate_hz, channels=1)
    meter.add(Block(0, signal[np.newaxis], None))
    return band(meter.finish().spectrum, rate_hz)


@pytest.mark.parametrize("true_db", [30, 20, 10, 5])
def test_snr_is_that_of_the_mixture(true_db: int) -> None:
    """White noise that much below the speech is measured within 2 dB, and the interval holds it."""
    pause = np.zeros(RATE_HZ, dtype=np.float32)
    clean = np.concatenate(
        [np.concatenate([sounds.voice(3.0, start_s=s), pause]) for s in (1, 9, 17)]
    )
    mask = find_speech(clean).mask(clean.size // 512, FRAME_S)
    power = frame_power(clean)[mask].mean()
    noise = sounds.noise(clean.size / RATE_HZ, level=float(np.sqrt(power / 10 ** (true_db / 10))))
    mixed = clean + noise[: clean.size]
    levels = speech_levels(frame_power(mixed), find_speech(mixed))
    assert levels.snr_db == pytest.approx(true_db, abs=2.0)
    assert levels.snr_low is not None and levels.snr_high is not None
    assert levels.snr_low <= levels.snr_db <= levels.snr_high


def test_without_pauses_there_is_no_noise_level() -> None:
    """Speech without half a second of pause gives no SNR rather than a wrong one."""
    levels = speech_levels(frame_power(sounds.voice(2.0)), find_speech(sounds.voice(2.0)))
    assert levels.speech_db is not None
    assert levels.noise_db is None and levels.snr_db is None


def test_without_speech_there_is_only_noise() -> None:
    """Noise alone has a level and no SNR."""
    signal = sounds.noise(5.0, level=0.01)
    levels = speech_levels(frame_power(signal), find_speech(signal))
    assert levels.speech_db is None and levels.snr_db is None
    assert levels.noise_db == pytest.approx(-40.0, abs=0.5)


@pytest.mark.parametrize("cut_hz", [3_400, 4_000, 6_000])
def test_a_cut_off_is_found_within_300_hz(cut_hz: int) -> None:
    """Noise through a steep low-pass ends in a cliff there."""
    filter_ = scipy.signal.firwin(801, cut_hz, fs=RATE_HZ)
    signal = scipy.signal.lfilter(filter_, 1.0, sounds.noise(20.0)).astype(np.float32)
    found = band_of(signal + sounds.noise(20.0, level=1e-6, seed=3))
    assert found.cut_off_hz == pytest.approx(cut_hz, abs=300)
    assert found.fall_db > 20


def test_a_slope_is_no_cut_off() -> None:
    """Noise that falls by 6 dB an octave, as speech does, ends nowhere."""
    signal = scipy.signal.lfilter([1.0], [1.0, -0.9], sounds.noise(20.0)).astype(np.float32)
    found = band_of(signal)
    assert found.cut_off_hz is None
    assert found.bandwidth_hz == pytest.approx(8_000, abs=100)


@pytest.mark.parametrize(
    ("edges_hz", "levels_db"), [([1_900], [0, -18]), ([3e3, 4e3], [0, -16, -9])]
)
def test_a_fall_above_a_resonance_is_no_cut_off(
    edges_hz: list[float], levels_db: list[float]
) -> None:
    """A voice may lose 18 dB above its second resonance, and 16 between two that lie higher."""
    corners = np.repeat(edges_hz, 2) + np.tile([-80.0, 80.0], len(edges_hz))
    gains = 10 ** (np.repeat(levels_db, 2) / 20)
    filter_ = scipy.signal.firwin2(801, [0.0, *corners, RATE_HZ / 2], gains, fs=RATE_HZ)
    signal = scipy.signal.lfilter(filter_, 1.0, sounds.noise(20.0)).astype(np.float32)
    assert band_of(signal).cut_off_hz is None


def test_a_cliff_in_rounding_noise_is_no_cut_off() -> None:
    """A step 90 dB under the sound is not the recording's."""
    filter_ = scipy.signal.firwin(801, 6_000, fs=RATE_HZ)
    faint = scipy.signal.lfilter(filter_, 1.0, sounds.noise(20.0, level=1e-5)).astype(np.float32)
    low = scipy.signal.firwin(801, 1_200, fs=RATE_HZ)
    loud = scipy.signal.lfilter(low, 1.0, sounds.noise(20.0, level=0.5, seed=4)).astype(np.float32)
    found = band_of(loud + faint)
    assert found.cut_off_hz is None or found.cut_off_hz < 2_500


@pytest.mark.parametrize("gain", [0.01, 1.0])
def test_gain_does_not_change_the_band(gain: float) -> None:
    """The band is that of the sound, however loud."""
    signal = np.asarray(sounds.voice(10.0) * np.float32(gain))
    reference = band_of(sounds.voice(10.0))
    assert band_of(signal).bandwidth_hz == pytest.approx(reference.bandwidth_hz, abs=60)
