"""A short good sound, and the ways to write it, from which the bad files are made."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

RATE_HZ = 16_000
_LAYOUTS = {1: "mono", 2: "stereo"}
Int16 = npt.NDArray[np.int16]


def murmur(seconds: float = 3.0, *, rate_hz: int = RATE_HZ) -> Int16:
    """A sound with some syllables to it, the same each time [shape=(n,)]."""
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    noise = np.random.default_rng(1).standard_normal(len(at_s))
    voice = sum(np.sin(2 * np.pi * 130 * k * at_s + k) / k for k in range(1, 12))
    syllables = 0.5 - 0.5 * np.cos(2 * np.pi * 3.3 * at_s)
    return np.asarray(4000 * (voice * syllables + 0.02 * noise), dtype=np.int16)


def wav(
    body: bytes,
    *,
    rate_hz: int = RATE_HZ,
    channels: int = 1,
    bits: int = 16,
    tag: int = 1,
    says: int | None = None,
) -> bytes:
    """A WAV file; ``says`` is the size that its data chunk claims."""
    align = channels * bits // 8
    layout = struct.pack(
        "<HHIIHH", tag, channels, rate_hz, rate_hz * align % 2**32, align % 2**16, bits
    )
    size = len(body) if says is None else says
    riff = struct.pack("<4sI4s", b"RIFF", min(36 + size, 2**32 - 1), b"WAVE")
    return (
        riff + struct.pack("<4sI", b"fmt ", 16) + layout + struct.pack("<4sI", b"data", size) + body
    )


def good_wav() -> bytes:
    """A WAV file with nothing wrong in it."""
    return wav(murmur().tobytes())


def coded(
    container: str,
    codec: str,
    samples: Int16,
    *,
    rate_hz: int = RATE_HZ,
    bits_per_second: int = 32_000,
    options: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
    streams: int = 1,
    channels: int = 1,
) -> bytes:
    """A sound [shape=(n,)] in a container, by PyAV; in so many streams of so many channels."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options={"fflags": "+bitexact"}) as output:
        output.metadata.update(metadata or {})
        made = [
            _audio(output, codec, rate_hz, bits_per_second, dict(options or {}), channels)
            for _ in range(streams)
        ]
        for stream in made:
            _feed(output, stream, samples, rate_hz, channels)
    return buffer.getvalue()


def video(container: str, *, with_sound: bool) -> bytes:
    """One second of grey pictures in a container, with or without the sound."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options={"fflags": "+bitexact"}) as output:
        pictures = output.add_stream("mpeg4", rate=10)
        assert isinstance(pictures, VideoStream)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        stream = _audio(output, "aac", RATE_HZ, 32_000, {}) if with_sound else None
        for number in range(10):
            grey = np.full((48, 64, 3), 20 * number, dtype=np.uint8)
            output.mux(pictures.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        output.mux(pictures.encode(None))
        if stream is not None:
            _feed(output, stream, murmur(), RATE_HZ)
    return buffer.getvalue()


def _audio(
    output: Any,
    codec: str,
    rate_hz: int,
    bits_per_second: int,
    options: dict[str, str],
    channels: int = 1,
) -> AudioStream:
    stream = output.add_stream(codec, rate=rate_hz, options=options)
    assert isinstance(stream, AudioStream)
    stream.layout = _LAYOUTS[channels]
    stream.bit_rate = bits_per_second
    return stream


def _feed(
    output: Any, stream: AudioStream, samples: Int16, rate_hz: int, channels: int = 1
) -> None:
    planes = np.repeat(samples[None, :], channels, axis=0)
    frame = av.AudioFrame.from_ndarray(planes, format="s16p", layout=_LAYOUTS[channels])
    frame.sample_rate, frame.pts = rate_hz, 0
    output.mux(stream.encode(frame))
    output.mux(stream.encode(None))
