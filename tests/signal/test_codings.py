"""Sound that goes through a codec and back: what stays, where it stands, what cannot be done."""

from __future__ import annotations

import numpy as np
import pytest

import sounds
from earwitness.errors import MissingPart
from earwitness.signal.codings import Coding, codec_named, send_through_codec

RATE_HZ = 16_000


def lag_and_correlation(sound: np.ndarray, back: np.ndarray) -> tuple[float, float]:
    """By how many milliseconds the second stands later, and how alike they are there."""
    size = 1 << int(np.ceil(np.log2(2 * sound.size)))
    spectrum = np.fft.rfft(sound, size).conj() * np.fft.rfft(back, size)
    lag = int(np.argmax(np.fft.irfft(spectrum)))
    lag -= size if lag > size // 2 else 0
    first, second = (sound, back[lag:]) if lag >= 0 else (sound[-lag:], back)
    shared = min(first.size, second.size)
    return 1000 * lag / RATE_HZ, float(np.corrcoef(first[:shared], second[:shared])[0, 1])


@pytest.mark.parametrize(
    ("coding", "least"),
    [
        (Coding("mp3", 64_000, 16_000), 0.98),
        (Coding("mp3", 128_000, 44_100, 2), 0.98),
        (Coding("aac", 48_000, 44_100), 0.9),
        (Coding("opus", 24_000, 48_000), 0.9),
        (Coding("opus", 6_000, 16_000), 0.5),
        (Coding("amrnb", 12_200, 8_000), 0.5),
        (Coding("pcm_mulaw", None, 8_000), 0.9),
        (Coding("g722", 64_000, 16_000), 0.9),
    ],
    ids=lambda each: each.wording if isinstance(each, Coding) else None,
)
def test_sound_comes_back_changed_and_in_its_place(coding: Coding, least: float) -> None:
    """As long as before, within six milliseconds of where it stood, and not the same samples."""
    sound = sounds.voice(3.0)
    back = send_through_codec(sound, coding, sample_rate_hz=RATE_HZ)
    assert back.shape == sound.shape and back.dtype == np.float32
    lag_ms, correlation = lag_and_correlation(sound, back)
    assert abs(lag_ms) < 6.0
    assert least < correlation < 0.999999


def test_a_lower_rate_leaves_less() -> None:
    """Fewer bits, less likeness: the bit rate reaches the encoder."""
    sound = sounds.voice(3.0)
    likeness = [
        lag_and_correlation(
            sound, send_through_codec(sound, Coding("aac", rate, 16_000), sample_rate_hz=RATE_HZ)
        )[1]
        for rate in (12_000, 24_000, 64_000)
    ]
    assert likeness == sorted(likeness)


def test_rates_that_an_encoder_lacks_are_moved() -> None:
    """The 11 kbit/s and 11,025 Hz that no AMR has become what it has."""
    back = send_through_codec(
        sounds.voice(1.0), Coding("amrnb", 11_000, 11_025), sample_rate_hz=RATE_HZ
    )
    assert np.abs(back).max() > 0.01


def test_a_codec_without_an_encoder_is_a_missing_part() -> None:
    """It is said rather than left out in silence."""
    coding = Coding("wmav2", 64_000, 44_100)
    assert not coding.can_be_done
    with pytest.raises(MissingPart, match="wmav2"):
        send_through_codec(sounds.voice(1.0), coding, sample_rate_hz=RATE_HZ)


@pytest.mark.parametrize(
    ("decoder", "codec"),
    [("mp3float", "mp3"), ("amr_nb", "amrnb"), ("opus", "opus"), ("pcm_mulaw", "pcm_mulaw")],
)
def test_a_codec_has_one_name(decoder: str, codec: str) -> None:
    """Whichever of its decoders FFmpeg took."""
    assert codec_named(decoder) == codec


@pytest.mark.parametrize("decoder", ["pcm_s16le", "pcm_f32le", "flac", "alac"])
def test_what_loses_nothing_is_no_coding(decoder: str) -> None:
    """Uncompressed sound and lossless codecs leave no trace."""
    assert codec_named(decoder) is None
