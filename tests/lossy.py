"""Sounds that went through lossy codecs, by PyAV, the same each time."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

import sounds
from earwitness.evidence.decode import decode_mono, probe
from sounds import Floats

RATE_HZ = 44_100
_MUXERS = {".mp3": "mp3", ".m4a": "ipod", ".opus": "ogg", ".amr": "amr"}
_CODECS = {".mp3": "libmp3lame", ".m4a": "aac", ".opus": "libopus", ".amr": "libopencore_amrnb"}


@cache
def voice(seconds: float = 14.0, rate_hz: int = RATE_HZ) -> Floats:
    """A voice with the faint noise of a microphone, coded in Opus alone [shape=(n,)]."""
    clean = sounds.voice(seconds, name="impostor.opus", rate_hz=rate_hz)
    return clean + sounds.noise(clean.size / rate_hz, level=2e-4, rate_hz=rate_hz)[: clean.size]


def write(path: Path, sound: Floats, bits: int, *, rate_hz: int = RATE_HZ) -> Path:
    """Encode a sound [shape=(n,)] as the file's ending says."""
    with av.open(str(path), "w", format=_MUXERS[path.suffix]) as out:
        stream = out.add_stream(_CODECS[path.suffix], rate=rate_hz)
        stream.layout = "mono"
        stream.bit_rate = bits
        whole = np.clip(np.round(sound * 32_768), -32_768, 32_767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(whole[np.newaxis], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
        resampler = av.AudioResampler(
            format=stream.format.name,
            layout="mono",
            rate=rate_hz,
            frame_size=stream.codec_context.frame_size or 1024,
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path


def decoded(path: Path) -> Floats:
    """Decode a file at its own rate [shape=(n,)]."""
    return decode_mono(path, sample_rate_hz=probe(path).sample_rate_hz)


def through(
    folder: Path, sound: Floats, ending: str, bits: int, *, rate_hz: int = RATE_HZ
) -> Floats:
    """Encode and decode [shape=(n,)]."""
    return decoded(write(folder / f"through{ending}", sound, bits, rate_hz=rate_hz))
