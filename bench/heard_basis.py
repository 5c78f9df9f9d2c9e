"""Makes ``src/earwitness/archive/basis.npy``: the directions of the landmarks.

    EARWITNESS_DATA=FOLDER python bench/heard_basis.py

Clips of the speakers whom ``bench/heard.py`` leaves out of its archive are heard through a
handful of conditions; the directions maximise the variance between patches over what the conditions do
to a patch (Burges, Platt and Jana 2003), whitened so that the 32 bits differ from one another.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import scipy.linalg
import soxr
from heard_conditions import RATE_HZ, conditions
from heard_data import load, split

from earwitness.archive import landmarks
from earwitness.archive.spectrum import picture

SEEN = ("opus 6k", "babble 10 dB", "babble 0 dB", "room", "music bed 5 dB", "amr-nb 4.75")


def main() -> None:
    recordings = split(load(Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))))
    table = conditions(recordings.crowd)
    rng = np.random.default_rng(7)
    between, within = [], np.zeros((140, 140))
    for sound in recordings.left_out.values():
        between.append(coefficients(sound)[::2])
        for name in SEEN:
            changed = table[name][0](sound, rng)
            shift = int(rng.integers(0, 129))  # the query's frames do not fall on the archive's
            heard, said = coefficients(changed[shift:]), coefficients(sound)
            n = min(len(heard), len(said))
            error = heard[:n] - said[:n]
            within += error.T @ error / n
    within /= len(between) * len(SEEN)
    patches = np.concatenate(between)
    total = np.cov(patches.T)
    ridge = 1e-3 * np.trace(within) / 140 * np.eye(140)
    _, vectors = scipy.linalg.eigh(total, within + ridge)
    projection = vectors[:, ::-1][:, : landmarks.KEY_BITS]
    projection /= (patches @ projection).std(axis=0)
    medians = np.median(patches @ projection, axis=0)
    rows = np.vstack([projection, medians]).astype(np.float32)
    target = Path(landmarks.__file__).with_name("basis.npy")
    np.save(target, rows, allow_pickle=False)
    print(f"{target}: {rows.shape}, from {len(patches):,} patches")


def coefficients(sound: np.ndarray) -> np.ndarray:
    return landmarks.coefficients(picture(soxr.resample(sound, RATE_HZ, 8_000)), step=2)


if __name__ == "__main__":
    main()
