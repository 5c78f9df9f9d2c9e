"""Sounds and archives for the archive's tests, made of the demo's voices."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import av
import numpy as np
import soxr

from earwitness.archive import index, segment
from earwitness.archive.fingerprint import fingerprint
from earwitness.archive.index import Archive
from earwitness.evidence.decode import decode_mono
from sounds import DEMO_SOUNDS, Floats, write_wav

RATE_HZ = 8_000
VOICES = ("known_1.m4a", "known_2.mp3", "release_2031.mp3", "impostor.opus")


@cache
def sound(name: str) -> Floats:
    """One of the demo's recordings at 8 kHz [shape=(n,)]."""
    return decode_mono(DEMO_SOUNDS / name, sample_rate_hz=RATE_HZ)


def part(name: str, start_s: float, length_s: float) -> Floats:
    """Some seconds of it [shape=(n,)]."""
    first = round(start_s * RATE_HZ)
    return sound(name)[first : first + round(length_s * RATE_HZ)].copy()


def babbled(clean: Floats, *, snr_db: float, seed: int = 3) -> Floats:
    """With noise of the long-term spectrum of speech."""
    spectrum = np.abs(np.fft.rfft(sound("release_2032.ogg")[: 20 * RATE_HZ]))
    noise = np.fft.irfft(
        spectrum * np.exp(2j * np.pi * np.random.default_rng(seed).random(spectrum.size))
    )
    noise = np.resize(noise, clean.size)
    level = float(np.sqrt(np.mean(clean**2) / np.mean(noise**2))) * 10 ** (-snr_db / 20)
    return np.asarray(clean + noise * level, dtype=np.float32)


def through_opus(clean: Floats, folder: Path, *, bit_rate: int = 12_000) -> Floats:
    """Encoded by Opus for speech, and decoded."""
    path = folder / f"{hashlib.sha256(clean.tobytes()).hexdigest()[:12]}.opus"
    with av.open(str(path), "w", format="ogg") as out:
        stream = out.add_stream("libopus", rate=16_000, options={"application": "voip"})
        stream.layout = "mono"
        stream.bit_rate = bit_rate
        wide = soxr.resample(clean, RATE_HZ, 16_000)
        pcm = np.clip(wide * 32_767, -32_768, 32_767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    return decode_mono(path, sample_rate_hz=RATE_HZ)


def made(folder: Path, names: tuple[str, ...] = VOICES, *, each_own: bool = False) -> Archive:
    """An archive of some of the demo's recordings, in one segment or one each."""
    prints = [
        fingerprint(
            iter([sound(name)]), sha256=hashlib.sha256(name.encode()).hexdigest(), name=name
        )
        for name in names
    ]
    batches = [[item] for item in prints] if each_own else [prints]
    with index.changing(folder):
        for batch in batches:
            written = segment.write(index.folder_of_segments(folder), batch)
            manifest = index.read_manifest(folder)
            parts = (*manifest.segments, index.listed(*written))
            index.write_manifest(folder, index.changed(manifest, segments=parts))
    return index.open_archive(folder)


def wav_folder(folder: Path, count: int, *, length_s: float = 6.0) -> Path:
    """A folder of short WAV files, each another stretch of a voice."""
    folder.mkdir()
    for number in range(count):
        name = VOICES[number % len(VOICES)]
        piece = part(name, 1.0 + number // len(VOICES) * length_s, length_s)
        write_wav(folder / f"{number:03d}.wav", piece, rate_hz=RATE_HZ)
    return folder
