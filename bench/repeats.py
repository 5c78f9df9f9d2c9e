"""Copy-move: a passage of two seconds copied elsewhere in five minutes of speech, then Opus 24k.

    python -m bench.repeats --data FOLDER [--count 200] [--section FILE]

Each of ``count`` recordings is made of utterances of speechocean762 (one speaker where he or she
has enough, else the next goes on) and of LibriSpeech; the passage is cut at speech and put over
another place with 5 ms fades. As many recordings are left untouched. Both go through Opus at
24 kbit/s.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import soxr

from bench.heard_conditions import RATE_HZ, Floats, opus
from bench.heard_data import load
from earwitness.archive import within
from earwitness.archive.background import fitted

LENGTH_S, PASSAGE_S = 300, 2.0
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


def one(task: tuple[int, bool]) -> tuple[bool, bool, float, float, float, float]:
    """Touched?, found?, errors of the place and of the ends, best false score, seconds."""
    seed, touched = task
    rng = np.random.default_rng([seed, touched])
    sound = recording(rng)
    taken = put = -99.0
    if touched:
        sound, taken, put = copied(sound, rng)
    heard = opus(24_000)(sound, rng)
    began = time.perf_counter()
    repeats = within.find_repeats(
        soxr.resample(heard, RATE_HZ, 8_000), most_probable_error=2.0 if not touched else 1e-3
    )
    took = time.perf_counter() - began
    first, second = min(taken, put), max(taken, put)
    right = [
        item
        for item in repeats
        if abs((item.second_start_s - item.first_start_s) - (second - first)) < 0.1
        and abs(item.first_start_s - first) < 0.5
    ]
    wrong = [item for item in repeats if item not in right]
    ends = max((abs(right[0].first_start_s - first), abs(right[0].first_end_s - first - PASSAGE_S))) if right else 0
    apart = abs(right[0].second_start_s - right[0].first_start_s - second + first) if right else 0.0
    return touched, bool(right), apart, ends, max((item.score for item in wrong), default=0.0), took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    arguments = parser.parse_args()
    with ProcessPoolExecutor(2, initializer=start, initargs=(arguments.data,)) as pool:
        tasks = [(seed, touched) for seed in range(arguments.count) for touched in (True, False)]
        rows = list(pool.map(one, tasks, chunksize=4))
    touched, plain = [r for r in rows if r[0]], [r for r in rows if not r[0]]
    found = [row for row in touched if row[1]]
    scores = [row[4] for row in plain]
    law = fitted(scores, seconds=LENGTH_S, archive_seconds=LENGTH_S)
    bar = within.UNTOUCHED.score_for(1e-3, seconds=LENGTH_S, archive_seconds=LENGTH_S)
    print(f"| found of {len(touched)} with a copied passage | {len(found)} |")
    print(f"| other passages given in them | {sum(row[4] > 0 for row in touched)} |")
    print(f"| false alarms in {len(plain)} untouched | {sum(score >= bar for score in scores)} |")
    print(f"| median / 95 % error of the distance, ms | {1e3 * np.median([r[2] for r in found]):.1f} / {1e3 * np.quantile([r[2] for r in found], 0.95):.1f} |")
    print(f"| median / 95 % error of the worse end, ms | {1e3 * np.median([r[3] for r in found]):.0f} / {1e3 * np.quantile([r[3] for r in found], 0.95):.0f} |")
    print(f"| seconds for five minutes | {np.median([r[5] for r in rows]):.2f} |")
    print(f"| best scores in the untouched: median, highest | {np.median(scores):.2f}, {max(scores):.2f} |")
    print(f"| threshold | {bar:.2f} |")
    print(f"law of the untouched: {law}")


if __name__ == "__main__":
    main()
