"""Small recordings in every format that PyAV can write, made anew for each test run."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

# name: (codec, sample rate, format of the samples, options of the muxer)
KINDS: dict[str, tuple[str, int, str, dict[str, str]]] = {
    "wav": ("pcm_s16le", 16_000, "s16", {}),
    "rf64.wav": ("pcm_s16le", 16_000, "s16", {"rf64": "always"}),
    "aiff": ("pcm_s16be", 16_000, "s16", {}),
    "caf": ("pcm_s16be", 16_000, "s16", {}),
    "flac": ("flac", 16_000, "s16", {}),
    "mp3": ("libmp3lame", 44_100, "s16p", {}),
    "m4a": ("aac", 44_100, "fltp", {}),
    "fast.m4a": ("aac", 44_100, "fltp", {"movflags": "faststart"}),
    "fragmented.mp4": ("aac", 44_100, "fltp", {"movflags": "frag_keyframe+empty_moov"}),
    "mov": ("pcm_s16le", 44_100, "s16", {}),
    "3gp": ("libopencore_amrnb", 8_000, "s16", {}),
    "aac": ("aac", 44_100, "fltp", {}),
    "ogg": ("libopus", 48_000, "s16", {}),
    "vorbis.ogg": ("vorbis", 44_100, "fltp", {}),
    "webm": ("libopus", 48_000, "s16", {}),
    "mka": ("aac", 44_100, "fltp", {}),
    "amr": ("libopencore_amrnb", 8_000, "s16", {}),
    "wma": ("wmav2", 44_100, "fltp", {}),
}
_BIT_RATES = {"libopencore_amrnb": 12_200, "wmav2": 64_000}
_MUXERS = {"m4a": "ipod", "aac": "adts", "mka": "matroska", "wma": "asf"}


def write(
    path: Path, kind: str, *, seconds: float = 2.0, tags: dict[str, str] | None = None
) -> Path:
    """Write a tone of so many seconds in a format of ``KINDS``."""
    codec, rate, form, options = KINDS[kind]
    ending = kind.rsplit(".", 1)[-1]
    with av.open(str(path), "w", format=_MUXERS.get(ending, ending), options=options) as out:
        out.metadata.update(tags or {})
        layout = (
            "stereo" if codec == "vorbis" else "mono"
        )  # FFmpeg's own Vorbis encoder is stereo only
        stream = out.add_stream(codec, rate=rate, options={"strict": "experimental"})
        stream.codec_context.layout = layout
        stream.codec_context.format = form
        if codec in _BIT_RATES:
            stream.codec_context.bit_rate = _BIT_RATES[codec]
        resampler = av.AudioResampler(
            format=form,
            layout=layout,
            rate=rate,
            frame_size=stream.codec_context.frame_size or 1024,
        )
        count = int(seconds * rate)
        times = np.arange(count) / rate
        tone = (6000 * np.sin(2 * math.pi * 300 * times * (1 + 0.1 * times))).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        frame.pts = 0
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path
