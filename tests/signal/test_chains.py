"""The conditions of a recording: told from it, and given to another."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

import sounds
from earwitness.evidence.decode import Floats
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.signal.chains import (
    Chain,
    chain_of,
    low_pass,
    noise_spectrum,
    send_through,
)
from earwitness.signal.codings import Coding
from earwitness.signal.low_cut import low_levels
from earwitness.signal.quality import frame_power, speech_levels
from earwitness.signal.recording import Recording
from earwitness.signal.speech import find_speech

DEMO_SOUNDS = Path(__file__).resolve().parents[2] / "demo" / "sounds"
RATE_HZ = 16_000
PAUSE = np.zeros(RATE_HZ, dtype=np.float32)


def talk(*starts_s: float, noise: float = 0.0, level: float = 1.0) -> Floats:
    """Stretches of a voice with pauses of a second, in white noise."""
    clean = np.concatenate(
        [np.concatenate([sounds.voice(3.0, start_s=s), PAUSE]) for s in starts_s]
    )
    if noise:
        clean = clean + sounds.noise(clean.size / RATE_HZ, level=noise)[: clean.size]
    return (level * clean).astype(np.float32)


def recorded(path: Path, folder: Path) -> Recording:
    """A file as a recording with a cache of its own."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    exhibit = Exhibit(sha256, path.name, path.stat().st_size, Role.QUESTIONED, "", path)
    return Recording(exhibit, folder / "cache")


def test_the_conditions_of_a_message_are_told(tmp_path: Path) -> None:
    """Codec, sampling rate and bit rate, which an Ogg file does not state and its size tells."""
    chain = chain_of(recorded(DEMO_SOUNDS / "population" / "01.opus", tmp_path))
    (coding,) = chain.codings
    assert (coding.codec, coding.sample_rate_hz, coding.channels) == ("opus", 48_000, 1)
    assert coding.bit_rate == pytest.approx(16_000, rel=0.1)
    assert chain.can_be_done
    assert "opus at" in chain.wording


def test_a_lossless_file_has_no_coding(tmp_path: Path) -> None:
    """Its noise and its cut-off are told nevertheless."""
    sound = low_pass(talk(1, 9, noise=0.01), 3_400.0, RATE_HZ)
    chain = chain_of(recorded(sounds.write_wav(tmp_path / "a.wav", sound), tmp_path))
    assert chain.codings == ()
    assert chain.cut_off_hz == pytest.approx(3_400.0, abs=300.0)
    assert chain.noise is not None and chain.snr_db is not None
    assert chain.wording.startswith("cut off at 3.")


def test_without_pauses_no_noise_is_told(tmp_path: Path) -> None:
    """It is not known, which is another thing than none."""
    path = sounds.write_wav(tmp_path / "a.wav", sounds.voice(3.0, start_s=1))
    chain = chain_of(recorded(path, tmp_path))
    assert chain.noise is None and chain.snr_db is None
    assert Chain().wording == "no lossy codec, full band, noise not known"


def test_a_low_cut_is_given_to_another() -> None:
    """Low frequencies are taken away."""
    sound, chain = talk(1, 9), Chain(low_cut_hz=300.0)
    cut = send_through(sound, chain, sample_rate_hz=RATE_HZ)
    assert (low_levels(sound)[:3] - low_levels(cut)[:3] > 8).all()
    assert chain.wording == "cut off under 300 Hz"


def test_noise_is_brought_to_the_level_of_the_other() -> None:
    """Quiet speech sent through a noisy chain has its SNR within 2 dB, and its loudness."""
    noisy = talk(1, 9, 17, noise=0.01, level=0.5)
    speech = find_speech(noisy)
    levels = speech_levels(frame_power(noisy), speech)
    chain = Chain(speech_db=levels.speech_db, noise=noise_spectrum(noisy, speech))
    clean = talk(1, 9, 17, noise=0.0002)
    changed = send_through(clean, chain, sample_rate_hz=RATE_HZ, speech=find_speech(clean))
    found = speech_levels(frame_power(changed), find_speech(changed))
    assert found.snr_db == pytest.approx(levels.snr_db, abs=2.0)
    assert found.speech_db == pytest.approx(levels.speech_db, abs=1.0)


def test_what_is_noisier_stays_so() -> None:
    """Noise is added, never taken away."""
    noisy, clean = talk(1, 9, noise=0.01), talk(1, 9, noise=0.0005)
    quiet = Chain(noise=noise_spectrum(clean, find_speech(clean)))
    speech = find_speech(noisy)
    changed = send_through(noisy, quiet, sample_rate_hz=RATE_HZ, speech=speech)
    np.testing.assert_allclose(changed, noisy, atol=2e-3)


def test_the_noise_has_the_spectrum_of_the_other() -> None:
    """Noise below 1 kHz alone stays below 1 kHz, to within 3 dB in the band."""
    rumble = low_pass(sounds.noise(9.0, level=0.05), 1_000.0, RATE_HZ)
    loud = talk(1, 9) + np.resize(rumble, talk(1, 9).size)
    wanted = noise_spectrum(loud, find_speech(loud))
    clean = talk(1, 9, noise=1e-5)
    changed = send_through(
        clean, Chain(noise=wanted), sample_rate_hz=RATE_HZ, speech=find_speech(clean)
    )
    found = noise_spectrum(changed, find_speech(clean))
    assert wanted is not None and found is not None
    band = slice(4, 28)
    assert 10 * np.log10(found[band].mean() / wanted[band].mean()) == pytest.approx(0, abs=3)
    assert found[60:].mean() < 0.01 * found[band].mean()


def test_what_is_heard_in_few_pauses_is_not_taken_for_noise() -> None:
    """A breath in one pause of six, 20 dB louder, moves no band by 3 dB; a mean would move it by 12."""
    quiet = talk(1, 5, 9, 13, 17, 21, noise=0.001)
    breath = quiet.copy()
    first = 7 * RATE_HZ
    breath[first : first + RATE_HZ] += sounds.noise(1.0, level=0.01, seed=5)
    speech = find_speech(quiet)
    before, after = noise_spectrum(quiet, speech), noise_spectrum(breath, speech)
    assert before is not None and after is not None
    assert np.abs(10 * np.log10(after[8:] / before[8:])).max() < 3.0


def test_a_narrow_band_is_given_to_the_other() -> None:
    """What lies above the cut-off is gone, and nothing has moved."""
    sound = sounds.noise(2.0, level=0.1)
    changed = send_through(sound, Chain(cut_off_hz=3_400.0), sample_rate_hz=RATE_HZ)
    power = np.abs(np.fft.rfft(changed)) ** 2
    over = int(3_800 / (RATE_HZ / 2) * power.size)
    assert power[over:].sum() < 1e-3 * power.sum()
    lags = np.correlate(sound[7_000:10_000], changed[8_000:9_000], "valid")
    assert int(np.argmax(lags)) == 1_000


def test_the_codecs_follow_one_another() -> None:
    """Two codings leave less than either of them."""
    sound = talk(1, noise=0.003)
    first, second = Coding("mp3", 24_000, 16_000), Coding("amrnb", 4_750, 8_000)
    likeness = [
        float(
            np.corrcoef(sound, send_through(sound, Chain(codings=c), sample_rate_hz=RATE_HZ))[0, 1]
        )
        for c in ((), (first,), (first, second))
    ]
    assert likeness[0] == 1.0
    assert likeness[0] > likeness[1] > likeness[2]


def test_the_same_seed_gives_the_same_sound() -> None:
    """So that an outcome is reached again to the bit."""
    noisy, clean = talk(1, 9, noise=0.01), talk(1, 9, noise=0.0005)
    chain = Chain(
        (Coding("opus", 24_000, 48_000),), noise=noise_spectrum(noisy, find_speech(noisy))
    )
    once, again = (
        send_through(clean, chain, sample_rate_hz=RATE_HZ, speech=find_speech(clean))
        for _ in range(2)
    )
    assert np.array_equal(once, again)
