"""How far the SNR that ``quality_v1`` measures is from the truth, on speech mixed with noise.

    EARWITNESS_DATA=../shared/data .venv/bin/python bench/quality.py

Speech: recordings of LibriSpeech in which the pauses are at least 30 dB under the speech, so that
what is in them hardly matters. Noise: white, and babble made of six other speakers. The truth is the
ratio of the power of the clean speech in its speech stretches to the power of the added noise.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from earwitness.evidence.decode import decode_mono
from earwitness.signal.quality import frame_power, speech_levels
from earwitness.signal.speech import FRAME_S, find_speech

RATE = 16_000
LEVELS_DB = (40, 30, 20, 10, 5, 0)
CLEAN_DB = 30.0


def clean_speech(folder: Path) -> list[np.ndarray]:
    """Recordings whose pauses are quiet."""
    found = []
    for path in sorted(folder.glob("librispeech/*.flac")):
        signal = decode_mono(path, sample_rate_hz=RATE)
        levels = speech_levels(frame_power(signal), find_speech(signal))
        if levels.snr_db is not None and levels.snr_db >= CLEAN_DB:
            found.append(signal)
    return found


def babble(others: list[np.ndarray], size: int, random: np.random.Generator) -> np.ndarray:
    """Six speakers at once."""
    total = np.zeros(size, dtype=np.float32)
    for index in random.choice(len(others), 6, replace=False):
        total += np.resize(others[index] / others[index].std(), size)
    return total


def main() -> int:
    """Print the table of errors."""
    folder = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
    speech = clean_speech(folder)
    if len(speech) < 10:
        print(f"needs real speech in {folder}/librispeech", file=sys.stderr)
        return 1
    random = np.random.default_rng(1)
    print(f"{len(speech)} recordings; error = measured minus true SNR, dB")
    print(f"{'noise':8}{'true dB':>8}{'median':>8}{'5 %':>7}{'95 %':>7}{'undefined':>11}")
    for kind in ("white", "babble"):
        for level in LEVELS_DB:
            errors, undefined = [], 0
            for index, clean in enumerate(speech):
                others = speech[:index] + speech[index + 1 :]
                noise = (
                    random.standard_normal(clean.size).astype(np.float32)
                    if kind == "white"
                    else babble(others, clean.size, random)
                )
                mask = find_speech(clean).mask(clean.size // 512, FRAME_S)
                power = frame_power(clean)[mask].mean()
                noise *= np.sqrt(power / 10 ** (level / 10) / np.mean(noise**2))
                mixed = clean + noise
                levels = speech_levels(frame_power(mixed), find_speech(mixed))
                if levels.snr_db is None:
                    undefined += 1
                else:
                    errors.append(levels.snr_db - level)
            if errors:
                middle, low, high = np.percentile(errors, [50, 5, 95])
                print(f"{kind:8}{level:8}{middle:8.1f}{low:7.1f}{high:7.1f}{undefined:11}")
            else:
                print(f"{kind:8}{level:8}{'-':>8}{'-':>7}{'-':>7}{undefined:11}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
