"""Recordings that went through lossy codecs once, twice or not at all, for ``bench/whole_codecs.py``.

Carriers are speechocean762 (every speaker joined) and LibriSpeech, both 16 kHz. Brought to a higher
rate they get the faint noise of a microphone (-75 dBFS), so that the upper bands are not empty. The
codecs are FFmpeg's through PyAV, as in the workbench; libshine (an MP3 encoder that shares nothing
with LAME), libvorbis and LAME at a variable rate are called through the ffmpeg program.
"""

from __future__ import annotations

import io
import os
import subprocess
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soxr

from earwitness.evidence.decode import decode_mono

Floats = npt.NDArray[np.float32]
DATA = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
CONTAINER = {
    "libmp3lame": "mp3", "aac": "ipod", "libopus": "ogg", "libopencore_amrnb": "amr",
}  # fmt: skip
CARRIER_S = 20.0
FLOOR_DBFS = -75.0


def names(kind: str) -> list[str]:
    """Speakers of a half: ``train`` is every other one, ``test`` the rest."""
    speakers = sorted(path.name for path in (DATA / "speechocean762").glob("SPEAKER*"))
    readers = sorted(path.stem for path in (DATA / "librispeech").glob("*.flac"))
    first = 0 if kind == "train" else 1
    return speakers[first::2] + readers[first::2]


@lru_cache(maxsize=4)
def carrier(name: str, rate_hz: int) -> Floats:
    """Twenty seconds of a speaker at a rate [shape=(n,)]."""
    if name.startswith("SPEAKER"):
        files = sorted((DATA / "speechocean762" / name).glob("*.flac"))
        sound = np.concatenate([decode_mono(file, sample_rate_hz=16_000) for file in files])
    else:
        sound = decode_mono(DATA / "librispeech" / f"{name}.flac", sample_rate_hz=16_000)
    sound = sound[: int(CARRIER_S * 16_000)]
    if rate_hz != 16_000:
        sound = soxr.resample(sound, 16_000, rate_hz)
    seed = [int(character) for character in name.encode()]
    if rate_hz > 16_000:
        noise = np.random.default_rng(seed).standard_normal(sound.size)
        sound = sound + 10 ** (FLOOR_DBFS / 20) * noise
    return rounded(sound)


def rounded(sound: Floats) -> Floats:
    """As 16-bit samples hold it."""
    whole = np.clip(np.round(np.asarray(sound) * 32_768), -32_768, 32_767)
    return np.asarray(whole / 32_768, dtype=np.float32)


def coded(
    sound: Floats,
    rate_hz: int,
    codec: str,
    bit_rate: int | None,
    options: dict[str, str] | None = None,
) -> Floats:
    """Encode and decode, at one rate, with the delays that the container's own marks leave."""
    decoded, native = decoded_file(encoded(sound, rate_hz, codec, bit_rate, options or {}))
    return decoded if native == rate_hz else np.asarray(soxr.resample(decoded, native, rate_hz))


def encoded(
    sound: Floats, rate_hz: int, codec: str, bit_rate: int | None, options: dict[str, str]
) -> bytes:
    """A file's bytes."""
    if codec == "libshine":
        return _by_program(sound, rate_hz, ["-c:a", "libshine", "-b:a", str(bit_rate), "-f", "mp3"])
    if codec == "libvorbis":
        return _by_program(
            sound, rate_hz, ["-c:a", "libvorbis", "-b:a", str(bit_rate), "-f", "ogg"]
        )
    if codec == "libmp3lame" and bit_rate is None:
        return _by_program(
            sound, rate_hz, ["-c:a", "libmp3lame", "-q:a", options["q"], "-f", "mp3"]
        )
    file = io.BytesIO()
    with av.open(file, "w", format=CONTAINER[codec]) as out:
        stream = out.add_stream(codec, rate=rate_hz, options=options)
        stream.layout = "mono"
        stream.bit_rate = bit_rate
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate_hz)
        pcm = np.clip(np.round(sound * 32_768), -32_768, 32_767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
        fifo = av.AudioFifo()
        for ready in resampler.resample(frame):
            fifo.write(ready)
        size = stream.codec_context.frame_size or 1024
        while (part := fifo.read(size, partial=True)) is not None:
            for packet in stream.encode(part):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return file.getvalue()


def _by_program(sound: Floats, rate_hz: int, arguments: list[str]) -> bytes:
    pcm = np.clip(np.round(sound * 32_768), -32_768, 32_767).astype("<i2").tobytes()
    source = ["-f", "s16le", "-ar", str(rate_hz), "-ac", "1", "-i", "-"]
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", *source, *arguments, "-"]
    return subprocess.run(command, input=pcm, capture_output=True, check=True).stdout


def decoded_file(data: bytes) -> tuple[Floats, int]:
    """What a file holds, as floats, and its rate."""
    with av.open(io.BytesIO(data)) as container:
        rate_hz = container.streams.audio[0].rate
        to_float = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
        parts = [
            piece.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for piece in to_float.resample(frame)
        ]
    return np.concatenate(parts).astype(np.float32), rate_hz
