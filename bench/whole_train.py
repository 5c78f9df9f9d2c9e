"""Learns the networks of ``signal/joins.py`` on the training half of the speakers, with PyTorch.

    EARWITNESS_DATA=FOLDER python bench/whole_train.py make --keep FOLDER [--passes 110] [--workers 16]
    python bench/whole_train.py learn --keep FOLDER

PyTorch is needed for this alone (``pip install torch``): what is shipped is a table of numbers that numpy
multiplies. ``make`` makes recordings (``whole_joins.py``) in passes over all utterances, none like another,
and goes on where it was stopped. ``learn`` draws from those that are there, also while more are made.
What is shipped took eleven minutes on an H100, with two more networks beside it.

Two networks are learned beside one another from the same batches; one of them is wider and of further
reach, and so wrong in other places. The rate falls as half a cosine of 18,000 steps, and learning stops at
11,000: what came after them made nothing better.

The loss is binary cross-entropy of every 2 ms, and a rank loss of whole stretches of four seconds: the best
frame of each join is to stand above all frames where there is none, there and in the other stretches of
the batch, as a recording is told by its best place. The weights that are written are a moving average.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import whole_data as data
import whole_joins

from earwitness.signal.join_frames import CHANNELS

CHUNK = 2_048  # frames of a stretch


def make(learn: Sequence[data.Carrier], keep: Path, seed: int) -> None:
    """Recordings of one pass, put in a row and cut in stretches."""
    path = keep / f"pass_{seed}.npz"
    if path.exists():
        return
    found = list(whole_joins.recordings(learn, seed))
    shown, target = (
        np.concatenate([getattr(one, name) for one in found]) for name in ("shown", "target")
    )
    size = len(target) // CHUNK * CHUNK
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        shown=shown[:size].reshape(-1, CHUNK, CHANNELS),
        target=target[:size].reshape(-1, CHUNK).astype(np.int8),
    )
    part.rename(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("make", "learn"))
    parser.add_argument("--keep", type=Path, default=Path("whole-train"))
    parser.add_argument("--passes", type=int, default=110)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=18_000, help="over which the rate falls")
    parser.add_argument("--stop", type=int, default=11_000)
    parser.add_argument("--out", type=Path, default=Path("src/earwitness/signal/joins_3.npz"))
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    if given.what == "make":
        folder = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
        learn, _ = data.split_train(data.carriers(folder, "train"))
        with ProcessPoolExecutor(given.workers) as pool:
            list(pool.map(partial(make, learn, given.keep), range(1, given.passes + 1)))
        return
    try:
        import whole_learner  # noqa: PLC0415  (PyTorch)
    except ModuleNotFoundError:
        sys.exit(
            "PyTorch is not here: pip install torch, in an environment that may be thrown away"
        )
    whole_learner.learn(given.keep, given.steps, given.stop, given.out)


if __name__ == "__main__":
    main()
