"""Files out of sounds, by way of PyAV: written without dates or random serial numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import soxr
from av.audio.stream import AudioStream

from making.voice import SAMPLE_RATE_HZ, Sound


@dataclass(frozen=True, slots=True)
class Coding:
    """A container, a codec, its bit rate and its sample rate."""

    container: str
    codec: str
    bits_per_second: int
    sample_rate_hz: int = SAMPLE_RATE_HZ
    options: dict[str, str] = field(default_factory=dict)


OPUS_MESSAGE = Coding("ogg", "libopus", 24_000, options={"application": "voip"})
OPUS_SMALL = Coding("ogg", "libopus", 16_000, options={"application": "voip"})
MP3_64 = Coding("mp3", "libmp3lame", 64_000)
MP3_BROADCAST = Coding("mp3", "libmp3lame", 40_000, 24_000)
OPUS_BROADCAST = Coding("ogg", "libopus", 40_000, options={"application": "audio"})
AAC = Coding("ipod", "aac", 40_000, 32_000)


def encode(sound: Sound, path: Path, coding: Coding) -> None:
    """Code a sound [shape=(n,)] into a file."""
    at_rate = soxr.resample(sound, SAMPLE_RATE_HZ, coding.sample_rate_hz)
    samples = np.clip(np.round(at_rate * 32_767), -32_768, 32_767).astype(np.int16)
    with av.open(
        str(path), "w", format=coding.container, options={"fflags": "+bitexact"}
    ) as output:
        stream = output.add_stream(coding.codec, rate=coding.sample_rate_hz, options=coding.options)
        assert isinstance(stream, AudioStream)
        stream.layout = "mono"
        stream.bit_rate = coding.bits_per_second
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = coding.sample_rate_hz
        frame.pts = 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def decode(path: Path) -> Sound:
    """Decode a file to mono at ``SAMPLE_RATE_HZ`` [shape=(n,)]."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
    pieces = []
    with av.open(str(path)) as source:
        for frame in source.decode(audio=0):
            pieces += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
        pieces += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return np.concatenate(pieces).astype(np.float64)
