"""For listening: the questioned stretch and what it matches in the archive, as two short WAV files."""

from __future__ import annotations

import os
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from earwitness.archive.fingerprint import sha256_of
from earwitness.archive.joining import Stretch
from earwitness.archive.spectrum import Floats
from earwitness.errors import ArchiveNotWritten
from earwitness.evidence.decode import decode, probe, resampled

RATE_HZ = 16_000
LONGEST_S = 20.0


def export_pairs(
    stretches: Sequence[Stretch], file: Path, sources: Sequence[Path], *, to: Path
) -> list[str]:
    """Write each pair; give what was written, and what could not be, in words.

    Parameters
    ----------
    stretches : sequence of Stretch
    file : Path
        The questioned recording.
    sources : sequence of Path
        Folders in which the archive's files are looked for, by their names and then their hashes.
    to : Path
        Where the WAV files go.
    """
    said = []
    try:
        to.mkdir(parents=True, exist_ok=True)
        for number, stretch in enumerate(stretches, start=1):
            here = to / f"{number:02d}-here.wav"
            _write(here, excerpt(file, stretch.here_start_s, stretch.here_end_s))
            said.append(f"written: {here}")
            source = find_source(stretch.recording.name, stretch.recording.sha256, sources)
            if source is None:
                said.append(f"no file of {stretch.recording.name} with its hash in the sources")
                continue
            there = to / f"{number:02d}-there.wav"
            _write(there, excerpt(source, stretch.there_start_s, stretch.there_end_s))
            said.append(f"written: {there}")
    except OSError as error:
        raise ArchiveNotWritten(f"{to} cannot be written", got=str(error.strerror)) from error
    return said


def find_source(name: str, sha256: str, folders: Sequence[Path]) -> Path | None:
    """The file of that name in the folders whose bytes have that hash; None if there is none."""
    for path in _named(name, folders):
        if sha256_of(path) == sha256:
            return path
    return None


def excerpt(path: Path, start_s: float, end_s: float) -> Floats:
    """Some seconds of a recording, mono at 16 kHz [shape=(n,)], twenty at most."""
    first, last = int(start_s * RATE_HZ), int(min(end_s, start_s + LONGEST_S) * RATE_HZ)
    parts: list[Floats] = []
    done = 0
    blocks = resampled(decode(path), from_hz=probe(path).sample_rate_hz, to_hz=RATE_HZ)
    for block in blocks:
        parts.append(block[max(first - done, 0) : max(last - done, 0)])
        done += block.size
        if done >= last:
            break
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _named(name: str, folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        for parent, _, names in os.walk(folder):
            path = Path(parent) / name
            if name in names and path.is_file() and not path.is_symlink():
                yield path


def _write(path: Path, sound: Floats) -> None:
    samples = np.clip(np.rint(sound * 32_767), -32_768, 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
