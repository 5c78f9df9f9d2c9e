"""Double MP3 compression on one grid: five pairs of rates up, and the same five down.

    EARWITNESS_DATA=FOLDER python bench/whole_double.py run --half train --speakers 10 --keep FILE
    python bench/whole_double.py train --keep FILE      (writes signal/mp3_again.npy)
    EARWITNESS_DATA=FOLDER python bench/whole_double.py run --half test --speakers 10 --keep FILE
    python bench/whole_double.py table --keep FILE

Twenty seconds of a speaker at 44.1 kHz are coded once at each rate, and twice at each pair of rates; the
first coding's delay is taken off, as FFmpeg and most players do, so that the frames of both codings
begin at the same places. Twice is told by rare ones (the second rate higher) or by the trained
comparison with a coding of the shifted sound (lower). Where frames do not begin at the same places, see
``whole_codecs.py``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from codec_chains import carrier, coded, names

from earwitness.examinations.recompression import FEWEST_ONES
from earwitness.signal import mp3_again, quantised

RATE_HZ = 44_100
PAIRS = ((32, 64), (48, 96), (64, 128), (64, 96), (96, 128))
RIDGE = 30.0


def rows(name: str) -> list[dict[str, Any]]:
    """What is got back from all files of one speaker."""
    sound = carrier(name, RATE_HZ)
    rates = sorted({rate for pair in PAIRS for rate in pair})
    once = {rate: coded(sound, RATE_HZ, "libmp3lame", 1000 * rate) for rate in rates}
    files = {(0, rate): once[rate] for rate in rates}
    for low, high in PAIRS:
        for first, second in ((low, high), (high, low)):
            files[first, second] = coded(once[first], RATE_HZ, "libmp3lame", 1000 * second)
    return [_row(name, first, second, tape) for (first, second), tape in files.items()]


def _row(name: str, first: int, second: int, tape: np.ndarray) -> dict[str, Any]:
    integers = quantised.mp3_integers(tape, offset=48)
    differences = None
    if 1000 * second in mp3_again.BIT_RATES and not 0 < first < second:  # up is told by the ones
        differences = mp3_again.against_once(
            tape, offset=48, sample_rate_hz=RATE_HZ, bit_rate=1000 * second
        )
    return {
        "name": name,
        "first": first,
        "second": second,
        "groups": integers.telling,
        "explained": round(integers.explained, 3),
        "ones": round(integers.share_of_ones, 4),
        "differences": None if differences is None else [round(float(v), 4) for v in differences],
    }


def train(lines: list[dict[str, Any]]) -> None:
    """Ridge regression on the differences."""
    used = [one for one in lines if one["differences"]]
    x = np.array([one["differences"] for one in used])
    twice = np.array([one["first"] > 0 for one in used])
    speakers = np.array([one["name"] for one in used])
    scores = np.zeros(len(used))
    for speaker in sorted(set(speakers)):
        others = speakers != speaker
        constant, weights = fitted(x[others], twice[others])
        scores[~others] = constant + x[~others] @ weights
    constant, weights = fitted(x, twice)
    vector = np.concatenate([[constant], weights]).astype(np.float32)
    target = Path(mp3_again.__file__).with_name("mp3_again.npy")
    np.save(target, vector, allow_pickle=False)
    print(f"{target}: {vector.size} numbers from {twice.sum()} coded twice, {(~twice).sum()} once")
    print(
        f"speakers left out in turn: false alarms {np.mean(scores[~twice] > 0):.3f}, "
        f"misses {np.mean(scores[twice] <= 0):.3f}"
    )


def fitted(x: np.ndarray, twice: np.ndarray) -> tuple[float, np.ndarray]:
    """A constant and weights; at zero, both errors weigh alike."""
    balance = np.where(twice, 0.5 / twice.mean(), 0.5 / (1 - twice.mean()))
    centre = np.average(x, axis=0, weights=balance)
    scale = x.std(axis=0) + 1e-3
    z = (x - centre) / scale
    gram = (z * balance[:, None]).T @ z + RIDGE * np.eye(z.shape[1])
    weights = np.linalg.solve(gram, (z * balance[:, None]).T @ (2.0 * twice - 1.0)) / scale
    return -float(centre @ weights), weights


def table(lines: list[dict[str, Any]]) -> None:
    """Print false alarms and misses."""
    print("| coded | n | ones are rare | spread over 0 | shares of ones, % |")
    print("|---|---|---|---|---|")
    for first, second in sorted({(one["first"], one["second"]) for one in lines}):
        here = [one for one in lines if (one["first"], one["second"]) == (first, second)]
        enough = [one for one in here if one["groups"] >= quantised.LEAST_GROUPS]
        ones = [100 * one["ones"] for one in enough]
        rare = sum(share < 100 * FEWEST_ONES for share in ones)
        tried = [np.array(one["differences"]) for one in here if one["differences"]]
        scores = np.array([mp3_again.log_odds(differences) for differences in tried])
        label = f"{first} > {second}" if first else f"once, {second}"
        shares = f"{min(ones):.1f} to {max(ones):.1f}" if ones else "-"
        over = f"{(scores > 0).sum()} of {scores.size}"
        print(f"| {label} | {len(here)} | {rare} of {len(ones)} | {over} | {shares} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("do", choices=("run", "train", "table"))
    parser.add_argument("--half", choices=("train", "test"), default="test")
    parser.add_argument("--speakers", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("whole_double.jsonl"))
    arguments = parser.parse_args()
    if arguments.do != "run":
        lines = [json.loads(line) for line in arguments.keep.read_text().splitlines()]
        (train if arguments.do == "train" else table)(lines)
        return
    every = names(arguments.half)
    for name in every[3 :: max(1, len(every) // 20)][arguments.first :][: arguments.speakers]:
        for one in rows(name):
            with arguments.keep.open("a") as file:
                file.write(json.dumps(one) + "\n")
        print(name, file=sys.stderr)


if __name__ == "__main__":
    main()
