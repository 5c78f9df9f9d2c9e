"""The recordings of ``bench/heard.py``: who is in the archive, who is left out, who makes the babble."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from heard_conditions import RATE_HZ, Floats

from earwitness.evidence.decode import decode_mono

Sounds = dict[str, Floats]


@dataclass(frozen=True)
class Split:
    archived: Sounds
    left_out: Sounds
    crowd: list[Floats]


def load(data: Path) -> Sounds:
    """Every speaker of speechocean762 joined to one recording, and every file of librispeech."""
    sounds: Sounds = {}
    for speaker in sorted(path for path in (data / "speechocean762").iterdir() if path.is_dir()):
        parts = [
            decode_mono(file, sample_rate_hz=RATE_HZ) for file in sorted(speaker.glob("*.flac"))
        ]
        sounds[f"speechocean762-{speaker.name}"] = np.concatenate(parts)
    for file in sorted((data / "librispeech").glob("*.flac")):
        sounds[f"librispeech-{file.stem}"] = decode_mono(file, sample_rate_hz=RATE_HZ)
    return sounds


def split(sounds: Sounds) -> Split:
    """Three of five of each set into the archive; ten of librispeech only make babble."""
    archived, left_out, crowd = {}, {}, []
    for prefix in ("speechocean762", "librispeech"):
        names = [name for name in sounds if name.startswith(prefix)]
        for index, name in enumerate(names):
            if prefix == "librispeech" and index >= len(names) - 10:
                crowd.append(sounds[name])
            elif index % 5 < 3:
                archived[name] = sounds[name]
            else:
                left_out[name] = sounds[name]
    return Split(archived, left_out, crowd)


def write_wavs(sounds: Sounds, folder: Path) -> float:
    """Write recordings as 16-bit WAV; gives their seconds."""
    folder.mkdir(parents=True)
    total = 0
    for name, sound in sounds.items():
        samples = np.clip(np.rint(sound * 32_767), -32_768, 32_767).astype("<i2")
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(samples.tobytes())
        total += sound.size
    return total / RATE_HZ
