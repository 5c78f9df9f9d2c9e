"""How often a cut-off is told of speech that has none, and of the same speech that was cut off.

    EARWITNESS_DATA=../shared/data .venv/bin/python bench/band.py

Speech: one utterance of each speaker of LibriSpeech, four of each of speechocean762, at 16 kHz. Some of
them do end in a cliff close under 8 kHz, so untouched ones count where a cut-off under 6 kHz is told.
Every fourth is also cut off by a steep low-pass, and white noise is added so far under the whole
recording's level, as happens where a narrow recording is played and recorded again.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.signal

from earwitness.evidence.decode import decode_mono
from earwitness.signal.quality import band

RATE_HZ = 16_000
CUTS_HZ = (3_400, 5_500, 7_000)
SNR_DB = (None, 40, 30, 20)
PER_SPEAKER = 4
NEAR_HZ = 300.0
Floats = npt.NDArray[np.float32]


def speech(folder: Path) -> list[Floats]:
    """All the utterances."""
    files = sorted((folder / "librispeech").glob("*.flac"))
    for speaker in sorted((folder / "speechocean762").iterdir()):
        files += sorted(speaker.glob("*.flac"))[:PER_SPEAKER]
    return [decode_mono(file, sample_rate_hz=RATE_HZ) for file in files]


def told_hz(sound: Floats) -> float | None:
    """The cut-off that is told."""
    return band(scipy.signal.welch(sound, RATE_HZ, nperseg=2_048)[1], RATE_HZ).cut_off_hz


def main() -> None:
    """Print the two tables."""
    heard = speech(Path(os.environ.get("EARWITNESS_DATA", "../shared/data")))
    untouched = [told_hz(sound) for sound in heard]
    false = sum(hz is not None and hz < 6_000 for hz in untouched)
    print(f"a cut-off under 6 kHz told of untouched speech: {false} of {len(heard)}\n")
    print(
        "| cut off at | "
        + " | ".join("no noise" if s is None else f"{s} dB" for s in SNR_DB)
        + " |"
    )
    print("|---" * (1 + len(SNR_DB)) + "|")
    random = np.random.default_rng(0)
    for cut_hz in CUTS_HZ:
        low_pass = scipy.signal.firwin(513, cut_hz, fs=RATE_HZ)
        cells = []
        for snr_db in SNR_DB:
            right = 0
            for sound in heard[::4]:
                cut = scipy.signal.oaconvolve(sound, low_pass, mode="same")
                if snr_db is not None:
                    noise = random.standard_normal(cut.size)
                    cut = cut + 10 ** (-snr_db / 20) * np.sqrt(np.mean(sound**2)) * noise
                found = told_hz(cut.astype(np.float32))
                right += found is not None and abs(found - cut_hz) < NEAR_HZ
            cells.append(f"{right} of {len(heard[::4])}")
        print(f"| {cut_hz} Hz | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
