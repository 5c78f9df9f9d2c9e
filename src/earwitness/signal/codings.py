"""Sound sent through a lossy codec and back, as a messenger or an editor sends it.

Conventions: sound is mono float32 [shape=(n,)]; what comes back has the rate and length of what
went in, and stands at the same time to within a few milliseconds: codecs differ in how exactly
their files tell the decoder about their delay.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
import soxr
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from earwitness.errors import MissingPart
from earwitness.evidence.decode import Floats, decode_mono

_AMR_NB_BIT_RATES: Final = (4_750, 5_150, 5_900, 6_700, 7_400, 7_950, 10_200, 12_200)
_BLOCK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class _Encoder:
    """An encoder that comes with the decoder, its container, and what it can be given."""

    name: str
    container: str
    suffix: str
    rates_hz: tuple[int, ...]  # empty: any
    bit_rates: tuple[int, int]  # of one channel


_MP3_RATES: Final = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_ENCODERS: Final = {
    "mp3": _Encoder("libmp3lame", "mp3", ".mp3", _MP3_RATES, (8_000, 320_000)),
    "aac": _Encoder("aac", "ipod", ".m4a", (*_MP3_RATES, 64_000, 96_000), (8_000, 256_000)),
    "opus": _Encoder(
        "libopus", "ogg", ".opus", (8_000, 12_000, 16_000, 24_000, 48_000), (6_000, 256_000)
    ),
    "amrnb": _Encoder("libopencore_amrnb", "amr", ".amr", (8_000,), (4_750, 12_200)),
    "pcm_mulaw": _Encoder("pcm_mulaw", "wav", ".wav", (), (0, 0)),
    "pcm_alaw": _Encoder("pcm_alaw", "wav", ".wav", (), (0, 0)),
    "g722": _Encoder("g722", "wav", ".wav", (16_000,), (0, 0)),
}
# Decoders of one codec go by several names in FFmpeg.
_SAME = {
    "mp3float": "mp3",
    "libopus": "opus",
    "amr_nb": "amrnb",
    "libopencore_amrnb": "amrnb",
    "aac_fixed": "aac",
}
_LOSSLESS: Final = ("pcm_s", "pcm_u", "pcm_f", "flac", "alac", "wavpack", "tta", "ape", "shorten")


@dataclass(frozen=True, slots=True)
class Coding:
    """One passage through a lossy codec: which, at how many bits a second, at what rate."""

    codec: str
    bit_rate: int | None
    sample_rate_hz: int
    channels: int = 1

    @property
    def wording(self) -> str:
        """It in words, such as ``opus at 24 kbit/s, 48 kHz``."""
        rate = "" if self.bit_rate is None else f" at {self.bit_rate / 1000:.0f} kbit/s"
        return f"{self.codec}{rate}, {self.sample_rate_hz / 1000:g} kHz"

    @property
    def can_be_done(self) -> bool:
        """Whether this program has an encoder for it."""
        return self.codec in _ENCODERS


def codec_named(decoder: str) -> str | None:
    """The codec that a decoder of FFmpeg reads, by one name; None for one that loses nothing."""
    if decoder in ("pcm_mulaw", "pcm_alaw"):
        return decoder
    if decoder.startswith(_LOSSLESS):
        return None
    return _SAME.get(decoder, decoder)


def send_through_codec(sound: Floats, coding: Coding, *, sample_rate_hz: int) -> Floats:
    """Encode a sound and decode it again.

    Encoders are those of FFmpeg as PyAV carries them: LAME for MP3, FFmpeg's own for AAC, libopus,
    opencore-amr. Two channels are encoded as two that are the same. Bit rates and sample rates that
    an encoder does not have are moved to the nearest that it has.

    Parameters
    ----------
    sound : np.ndarray [shape=(n,)]
    coding : Coding
    sample_rate_hz : int
        Of the sound that goes in and comes out.

    Raises
    ------
    MissingPart
        If there is no encoder for this codec.
    """
    if not coding.can_be_done:
        raise MissingPart(
            f"sound cannot be sent through the codec {coding.codec} here",
            got="no encoder for it",
            expected=", ".join(_ENCODERS),
        )
    encoder = _ENCODERS[coding.codec]
    rate_hz = _nearest(coding.sample_rate_hz, encoder.rates_hz)
    given = soxr.resample(sound, sample_rate_hz, rate_hz).astype(np.float32, copy=False)
    with tempfile.TemporaryDirectory(prefix="earwitness-codec-") as folder:
        path = Path(folder) / f"sound{encoder.suffix}"
        _encode(given, path, encoder, coding, rate_hz)
        back = decode_mono(path, sample_rate_hz=sample_rate_hz)
    if back.size < sound.size:
        back = np.concatenate([back, np.zeros(sound.size - back.size, dtype=np.float32)])
    return back[: sound.size]


def _nearest(value: int, allowed: tuple[int, ...]) -> int:
    return min(allowed, key=lambda each: abs(each - value)) if allowed else value


def _encode(sound: Floats, path: Path, encoder: _Encoder, coding: Coding, rate_hz: int) -> None:
    channels = min(2, coding.channels) if encoder.name != "libopencore_amrnb" else 1
    layout = "stereo" if channels == 2 else "mono"
    integers = (np.clip(sound, -1.0, 32_767 / 32_768) * 32_768).round().astype(np.int16)
    with av.open(str(path), "w", format=encoder.container) as container:
        stream = container.add_stream(encoder.name, rate=rate_hz, layout=layout)
        assert isinstance(stream, AudioStream)
        if coding.bit_rate is not None and encoder.bit_rates[1]:
            stream.bit_rate = _bit_rate(coding, encoder, channels)
        for first in range(0, integers.size, _BLOCK):
            piece = np.repeat(integers[first : first + _BLOCK], channels)
            frame = AudioFrame.from_ndarray(piece[np.newaxis], format="s16", layout=layout)
            frame.sample_rate = rate_hz
            frame.pts = first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _bit_rate(coding: Coding, encoder: _Encoder, channels: int) -> int:
    assert coding.bit_rate is not None
    if encoder.name == "libopencore_amrnb":
        return _nearest(coding.bit_rate, _AMR_NB_BIT_RATES)
    low, high = encoder.bit_rates
    return int(np.clip(coding.bit_rate, low, high * channels))
