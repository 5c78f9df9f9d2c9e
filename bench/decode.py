"""Decoding a 32-minute recording to 16 kHz mono, beside ``ffmpeg -f f32le``, in one run.

    .venv/bin/python bench/decode.py

Ours streams the recording through PyAV and soxr; ffmpeg does the same in a process of its own and
throws the result away. Each is run in turn five times; the best time of each counts.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from earwitness.evidence.decode import decode, probe, resampled

SECONDS = 32 * 60
ROUNDS = 5
FORMATS = {"opus": "libopus", "mp3": "libmp3lame", "m4a": "aac", "flac": "flac", "wav": "pcm_s16le"}


def make(path: Path, codec: str) -> None:
    """Write 32 minutes of speech-like noise: shaped, with pauses, 48 kHz mono."""
    random = np.random.default_rng(1)
    rate, piece = 48_000, 48_000
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        for second in range(SECONDS):
            noise = np.cumsum(random.standard_normal(piece)).astype(np.float32)
            noise -= np.linspace(noise[0], noise[-1], piece, dtype=np.float32)
            loud = 0.0 if second % 5 == 4 else 8000 / (np.abs(noise).max() + 1)
            samples = (noise * loud).astype(np.int16)[np.newaxis]
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate = rate
            frame.pts = second * piece
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def ours(path: Path) -> int:
    """Decode and resample; give the number of samples."""
    facts = probe(path)
    pieces = resampled(decode(path), from_hz=facts.sample_rate_hz, to_hz=16_000)
    return sum(piece.size for piece in pieces)


def theirs(path: Path) -> None:
    """The same by ffmpeg."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path)]
    subprocess.run(
        [*command, "-ac", "1", "-ar", "16000", "-f", "f32le", "-y", "/dev/null"], check=True
    )


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of several rounds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> int:
    """Print the table."""
    if shutil.which("ffmpeg") is None:
        print("ffmpeg is not installed: nothing to compare with", file=sys.stderr)
        return 1
    print(f"{'format':8}{'ours s':>10}{'ffmpeg s':>10}{'ratio':>8}{'x real time':>13}")
    with tempfile.TemporaryDirectory() as folder:
        for suffix, codec in FORMATS.items():
            path = Path(folder) / f"long.{suffix}"
            make(path, codec)
            mine = best(lambda path=path: ours(path))
            other = best(lambda path=path: theirs(path))
            print(f"{suffix:8}{mine:10.2f}{other:10.2f}{mine / other:8.2f}{SECONDS / mine:13.0f}")
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
