"""Copy-move: a passage of two seconds copied elsewhere in five minutes of speech, then Opus 24k.

    EARWITNESS_DATA=FOLDER python bench/repeats.py [--half report] [--count 200] [--keep FILE]

Each of ``count`` recordings is made of speakers of speechocean762 and LibriSpeech in a random order,
each heard once; the passage is cut at speech and put over another place with 5 ms fades. As many
recordings are left untouched. Both go through Opus at 24 kbit/s. Every second speaker is there to work
on: the law of the untouched in ``archive/within.py``, and so the threshold, is from that half, and
the figures are from the other.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr
from heard_conditions import RATE_HZ, Floats, opus
from heard_data import load

from earwitness.archive import within
from earwitness.archive.background import fitted

LENGTH_S, PASSAGE_S, ERROR = 300, 2.0, 0.01
_SOUNDS: dict[str, Floats] = {}


def start(data: Path, half: str) -> None:
    parity = {"work": 0, "report": 1}[half]
    sounds = load(data)
    _SOUNDS.update((name, sounds[name]) for name in list(sounds)[parity::2])


def recording(rng: np.random.Generator) -> Floats:
    """Five minutes: speakers one after the other, in a random order."""
    parts, size = [], 0
    for name in rng.permutation(list(_SOUNDS)):
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


@dataclass(frozen=True)
class Told:
    """What came of one recording; errors and score are those of the passage that was copied."""

    touched: bool
    found: bool
    distance_error_s: float
    end_error_s: float
    score: float
    alarms: int  # passages that are reported as the same sound, and are not
    best_false_score: (
        float  # of all that is not the copy, however low, whether or not the waves agree
    )
    seconds: float


def one(task: tuple[int, bool]) -> Told:
    seed, touched = task
    rng = np.random.default_rng([seed, touched])
    sound = recording(rng)
    taken = put = -99.0
    if touched:
        sound, taken, put = copied(sound, rng)
    heard = soxr.resample(opus(24_000)(sound, rng), RATE_HZ, 8_000)
    began = time.perf_counter()
    repeats = within.find_repeats(heard, most_probable_error=ERROR if touched else 1.0)
    took = time.perf_counter() - began
    first, second = min(taken, put), max(taken, put)
    right = [
        item
        for item in repeats
        if abs((item.second_start_s - item.first_start_s) - (second - first)) < 0.1
        and abs(item.first_start_s - first) < 0.5
    ]
    wrong = [item for item in repeats if item not in right]
    right = [item for item in right if item.is_same_wave]
    alarms = [item for item in wrong if item.is_same_wave and item.false_match_probability <= ERROR]
    false = max((item.score for item in wrong), default=0.0)
    if not right:
        return Told(touched, False, 0.0, 0.0, 0.0, len(alarms), false, took)
    best = max(right, key=lambda item: item.score)
    ends = max(abs(best.first_start_s - first), abs(best.first_end_s - first - PASSAGE_S))
    apart = abs(best.second_start_s - best.first_start_s - second + first)
    return Told(touched, True, apart, ends, best.score, len(alarms), false, took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--half", choices=("work", "report"), default="report")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--untouched", action="store_true", help="only recordings without a copy")
    parser.add_argument("--keep", type=Path, default=Path("repeats.jsonl"), help="all answers")
    arguments = parser.parse_args()
    data = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
    seeds = range(arguments.first, arguments.first + arguments.count)
    kinds = (False,) if arguments.untouched else (True, False)
    tasks = [(seed, touched) for seed in seeds for touched in kinds]
    start(data, arguments.half)
    fork = multiprocessing.get_context("fork")  # the processes share what start() has loaded
    with ProcessPoolExecutor(arguments.processes, mp_context=fork) as pool:
        for told in pool.map(one, tasks):
            with arguments.keep.open("a") as file:  # a run that is stopped has not been for nothing
                file.write(json.dumps(astuple(told)) + "\n")
    show([Told(*json.loads(line)) for line in arguments.keep.read_text().splitlines()])


def show(rows: list[Told]) -> None:
    touched, plain = [row for row in rows if row.touched], [row for row in rows if not row.touched]
    scores = [row.best_false_score for row in plain]
    bar = within.UNTOUCHED.score_for(ERROR, seconds=LENGTH_S, archive_seconds=LENGTH_S)
    print("| what | figure |\n|---|---|")
    if found := [row for row in touched if row.found]:
        apart = 1e3 * np.array([row.distance_error_s for row in found])
        ends = 1e3 * np.array([row.end_error_s for row in found])
        print(f"| copied passages found, of {len(touched)} | {len(found)} |")
        print(f"| false alarms beside them | {sum(row.alarms for row in touched)} |")
        print(f"| error of the distance, ms, median (95 %) | {quantiles(apart, 1)} |")
        print(f"| error of the worse end, ms, median (95 %) | {quantiles(ends, 0)} |")
        print(f"| lowest score of a passage found | {min(row.score for row in found):.2f} |")
    print(
        f"| of {len(plain)} untouched, with a false alarm | {sum(row.alarms > 0 for row in plain)} |"
    )
    print(f"| ... if only scores counted, and not the waves | {sum(s >= bar for s in scores)} |")
    print(f"| score from which on a passage is reported | {bar:.2f} |")
    print(f"| best score in an untouched one, median (highest) | {quantiles(scores, 2, 1.0)} |")
    print(f"| seconds for five minutes | {np.median([row.seconds for row in rows]):.2f} |")
    print(f"\nThe law of these: {fitted(scores, seconds=LENGTH_S, archive_seconds=LENGTH_S)}")


def quantiles(values: npt.ArrayLike, digits: int, upper: float = 0.95) -> str:
    return f"{np.median(values):.{digits}f} ({np.quantile(values, upper):.{digits}f})"


if __name__ == "__main__":
    main()
