"""Copy-move: a passage of two seconds copied elsewhere in five minutes of speech, then Opus 24k.

    EARWITNESS_DATA=FOLDER python bench/repeats.py [--count 200] [--first 0] [--keep FILE]

Each of ``count`` recordings is made of utterances of speechocean762 (one speaker where he or she
has enough, else the next goes on) and of LibriSpeech; the passage is cut at speech and put over
another place with 5 ms fades. As many recordings are left untouched. Both go through Opus at
24 kbit/s.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import soxr
from heard_conditions import RATE_HZ, Floats, opus
from heard_data import load

from earwitness.archive import within
from earwitness.archive.background import fitted

LENGTH_S, PASSAGE_S, ERROR = 300, 2.0, 0.01
_SOUNDS: dict[str, Floats] = {}


def start(data: Path) -> None:
    _SOUNDS.update(load(data))


def recording(rng: np.random.Generator) -> Floats:
    """Five minutes: speakers one after the other, from a random one on."""
    names = list(_SOUNDS)
    first = int(rng.integers(len(names)))
    parts, size = [], 0
    for name in names[first:] + names[:first]:
        parts.append(_SOUNDS[name])
        size += parts[-1].size
        if size >= LENGTH_S * RATE_HZ:
            break
    return np.concatenate(parts)[: LENGTH_S * RATE_HZ].copy()


def copied(sound: Floats, rng: np.random.Generator) -> tuple[Floats, float, float]:
    """A passage with speech in it put over another place; where it was taken and put."""
    n = int(PASSAGE_S * RATE_HZ)
    level = np.sqrt(np.mean(sound**2))
    while True:
        taken, put = (int(value) for value in rng.integers(0, sound.size - n, 2))
        passage = sound[taken : taken + n]
        if abs(taken - put) > 3 * RATE_HZ and np.sqrt(np.mean(passage**2)) > 0.7 * level:
            break
    fade = np.minimum(1, np.minimum(np.arange(n), np.arange(n)[::-1]) / (0.005 * RATE_HZ))
    fade = fade.astype(np.float32)
    sound[put : put + n] = sound[put : put + n] * (1 - fade) + passage * fade
    return sound, taken / RATE_HZ, put / RATE_HZ


def one(task: tuple[int, bool]) -> tuple[bool, bool, float, float, float, float, float]:
    """Touched?, found?, errors of distance and ends, best false score, seconds, true score."""
    seed, touched = task
    rng = np.random.default_rng([seed, touched])
    sound = recording(rng)
    taken = put = -99.0
    if touched:
        sound, taken, put = copied(sound, rng)
    heard = opus(24_000)(sound, rng)
    began = time.perf_counter()
    repeats = within.find_repeats(
        soxr.resample(heard, RATE_HZ, 8_000), most_probable_error=ERROR if touched else 2.0
    )
    took = time.perf_counter() - began
    first, second = min(taken, put), max(taken, put)
    right = [
        item
        for item in repeats
        if abs((item.second_start_s - item.first_start_s) - (second - first)) < 0.1
        and abs(item.first_start_s - first) < 0.5
    ]
    right = [item for item in right if item.is_same_wave]
    wrong = [item for item in repeats if item.is_same_wave and item not in right]
    # For the law of the untouched, all that was found counts; for an alarm, only what is the same sound.
    law = repeats if not touched else wrong
    false = max((item.score for item in law), default=0.0)
    if not right:
        return touched, False, 0.0, 0.0, false, took, 0.0
    best = max(right, key=lambda item: item.score)
    ends = max(abs(best.first_start_s - first), abs(best.first_end_s - first - PASSAGE_S))
    apart = abs(best.second_start_s - best.first_start_s - second + first)
    return touched, True, apart, ends, false, took, best.score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--keep", type=Path, default=Path("repeats.jsonl"), help="all answers")
    arguments = parser.parse_args()
    data = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
    seeds = range(arguments.first, arguments.first + arguments.count)
    tasks = [(seed, touched) for seed in seeds for touched in (True, False)]
    with ProcessPoolExecutor(2, initializer=start, initargs=(data,)) as pool:
        for row in pool.map(one, tasks):
            with arguments.keep.open("a") as file:  # a run that is stopped has not been for nothing
                file.write(json.dumps(row) + "\n")
    rows = [json.loads(line) for line in arguments.keep.read_text().splitlines()]
    touched, plain = [row for row in rows if row[0]], [row for row in rows if not row[0]]
    found = [row for row in touched if row[1]]
    scores = [row[4] for row in plain]
    bar = within.UNTOUCHED.score_for(ERROR, seconds=LENGTH_S, archive_seconds=LENGTH_S)
    apart, ends = (1e3 * np.array([row[column] for row in found]) for column in (2, 3))
    print("| what | figure |\n|---|---|")
    print(f"| copied passages found, of {len(touched)} | {len(found)} |")
    print(f"| recordings with a false passage beside it | {sum(row[4] > 0 for row in touched)} |")
    print(f"| false alarms in {len(plain)} untouched | {sum(score >= bar for score in scores)} |")
    print(f"| error of the distance, ms, median (95 %) | {quantiles(apart, 1)} |")
    print(f"| error of the worse end, ms, median (95 %) | {quantiles(ends, 0)} |")
    print(f"| seconds for five minutes | {np.median([row[5] for row in rows]):.2f} |")
    print(
        f"| best score in the untouched, median (highest) | {np.median(scores):.2f} ({max(scores):.2f}) |"
    )
    print(f"| lowest score of a passage found | {min(row[6] for row in found):.2f} |")
    print(f"| score from which on it is reported | {bar:.2f} |")
    print(
        f"\nThe law of the untouched: {fitted(scores, seconds=LENGTH_S, archive_seconds=LENGTH_S)}"
    )


def quantiles(values: np.ndarray, digits: int) -> str:
    return f"{np.median(values):.{digits}f} ({np.quantile(values, 0.95):.{digits}f})"


if __name__ == "__main__":
    main()
