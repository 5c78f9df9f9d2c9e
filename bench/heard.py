"""The bench of the archive: recall, false alarms, place, size, speed; and two peers beside it.

    EARWITNESS_DATA=FOLDER python bench/heard.py recall [--queries 100] [--lengths 3 5 10 20]
    python bench/heard.py show [--keep heard.jsonl]
    EARWITNESS_DATA=FOLDER python bench/heard.py peers [--queries 20]
    EARWITNESS_DATA=FOLDER python bench/heard.py scale [--hours 100 1000 10000]

Archive: three of five speakers of speechocean762, joined per speaker, and three of five files of
LibriSpeech. Positive queries are cut from it at seeded random places; negative ones from the
recordings that were left out. All go through each condition of ``heard_conditions``.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import heard_peers
import heard_scale
import numpy as np
import soxr
from heard_conditions import RATE_HZ, Condition, Floats, conditions
from heard_data import Split, load, split, write_wavs

from earwitness.archive import build, index, search
from earwitness.archive.background import Background
from earwitness.archive.joining import FAINT

DATA = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
NEAR_S = 0.25
LOOSER = (0.1, 0.03, 0.01)


@dataclass(frozen=True)
class Asked:
    condition: str
    length_s: float
    negative: bool
    seed: int


@dataclass(frozen=True)
class Told:
    asked: Asked
    probability: float
    right: bool
    error_s: float
    seconds: float
    agreement: float = 0.0


class Bench:
    """What each process holds: the recordings, the conditions, the open archive."""

    split: Split
    conditions: dict[str, tuple[Condition, float, float]]
    archive: index.Archive
    background: Background


def start(folder: Path, recordings: Split, half: str) -> None:
    Bench.split = halved(recordings, half)
    Bench.conditions = conditions(Bench.split.crowd)
    Bench.archive = index.open_archive(folder)
    Bench.background = Background.of(Bench.archive.manifest.background)


def halved(recordings: Split, half: str) -> Split:
    """The archived recordings that queries are cut from: one half to work on, the other to report on."""
    parity = {"work": 0, "report": 1}[half]
    mine = [name for place, name in enumerate(recordings.archived) if place % 2 == parity]
    asked = {name: recordings.archived[name] for name in mine}
    return dataclasses.replace(recordings, archived=asked)


def cut(asked: Asked) -> tuple[str, float, Floats]:
    """A query: the recording it is from, its place there in seconds, and its sound."""
    letters = sum(ord(letter) for letter in asked.condition)
    rng = np.random.default_rng([asked.seed, letters, int(asked.length_s), asked.negative])
    pool = Bench.split.left_out if asked.negative else Bench.split.archived
    change, tempo, _ = Bench.conditions[asked.condition]
    size = int(asked.length_s * tempo * RATE_HZ)
    names = [name for name, sound in pool.items() if sound.size > size + RATE_HZ // 4]
    name = names[int(rng.integers(len(names)))]
    place = int(rng.integers(0, pool[name].size - size))
    return name, place / RATE_HZ, change(pool[name][place : place + size], rng)


def ask(asked: Asked) -> Told:
    name, place_s, sound = cut(asked)
    began = time.perf_counter()
    found = search.search(
        [soxr.resample(sound, RATE_HZ, 8_000)],
        Bench.archive,
        background=Bench.background,
        most_probable_error=1.0,
    )
    seconds = time.perf_counter() - began
    if not found:
        return Told(asked, 1.0, False, 9.0, seconds)
    best = max(found, key=lambda stretch: stretch.score)
    middle = asked.length_s / 2
    there = best.there_start_s + (middle - best.here_start_s) * best.speed
    error = there - (place_s + middle * Bench.conditions[asked.condition][1])
    right = best.recording.name == f"{name}.wav" and abs(error) <= NEAR_S
    probability = best.false_match_probability
    return Told(asked, probability, right, abs(error), seconds, best.agreement)


def recall(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="earwitness-bench-") as folder:
        recordings = split(load(DATA))
        archive = arguments.index or built(Path(folder), recordings)
        start(archive, recordings, arguments.half)
        with arguments.keep.open("a") as file:
            for each in answers(arguments):
                json.dump(dataclasses.astuple(each), file)
                file.write("\n")
                file.flush()  # a run that is stopped has not been for nothing
    show(arguments)


def kept(path: Path) -> list[Told]:
    """The answers that earlier runs have left in a file."""
    if not path.exists():
        return []
    rows = (json.loads(line) for line in path.read_text().splitlines())
    told = [Told(Asked(*asked), *rest) for asked, *rest in rows]
    return list({each.asked: each for each in told}.values())


def show(arguments: argparse.Namespace) -> None:
    """The tables, from the answers that one or more runs have kept."""
    told = kept(arguments.keep)
    print_recall(told, sorted({each.asked.length_s for each in told}))
    print_agreement([each for each in told if each.right and each.agreement])
    if negative := [each for each in told if each.asked.negative]:
        print_negatives(negative)


def built(folder: Path, recordings: Split) -> Path:
    """Build the archive as a user would, and say how fast and how large."""
    seconds = write_wavs(recordings.archived, folder / "sounds")
    before, wall = os.times(), time.perf_counter()
    build.build(folder / "index", [folder / "sounds"], calibrate=False)
    wall = time.perf_counter() - wall
    after = os.times()
    core_s = sum(after[column] - before[column] for column in range(4))
    with index.changing(folder / "index"):
        began = time.perf_counter()
        sources = build.files_by_hash(folder / "sounds")
        build.measure(folder / "index", sources)
        calibration_s = time.perf_counter() - began
    archive = index.open_archive(folder / "index")
    size = sum(segment.bytes for segment in archive.segments)
    print(
        f"Archive: {seconds / 3600:.2f} h, {size / seconds * 3600 / 1e6:.2f} MB per hour; built at "
        f"{seconds / core_s:,.0f} × real time per core ({seconds / wall:,.0f} × by the clock on "
        f"{os.cpu_count()} cores, processes started included), background measured in "
        f"{calibration_s:.0f} s. {Background.of(archive.manifest.background)}\n"
    )
    return folder / "index"


def answers(arguments: argparse.Namespace) -> Iterator[Told]:
    wanted = arguments.only or list(Bench.conditions)
    names = [name for name in Bench.conditions if name in wanted]
    kinds = {"both": (False, True), "positive": (False,), "negative": (True,)}[arguments.kind]
    tasks = [
        Asked(name, length, negative, seed)
        for seed, length, name, negative in itertools.product(
            range(arguments.first, arguments.first + arguments.queries),
            arguments.lengths,
            names,
            kinds,
        )
    ]
    done = {each.asked for each in kept(arguments.keep)}
    tasks = [task for task in tasks if task not in done]
    if arguments.processes == 1:
        yield from map(ask, tasks)
        return
    fork = multiprocessing.get_context("fork")  # the processes share what start() has loaded
    with ProcessPoolExecutor(arguments.processes, mp_context=fork) as pool:
        yield from pool.map(ask, tasks, chunksize=10)


def print_recall(told: list[Told], lengths: list[float]) -> None:
    head = " | ".join(f"{length:g} s" for length in lengths)
    print(f"| condition | {head} | median error, ms | s per query |")
    print("|" + "---|" * (len(lengths) + 3))
    for name in dict.fromkeys(each.asked.condition for each in told):
        mine = [each for each in told if each.asked.condition == name]
        cells = []
        for length in lengths:
            asked = [e for e in mine if e.asked.length_s == length and not e.asked.negative]
            hits = sum(e.right and e.probability <= search.DEFAULT_ERROR for e in asked)
            cells.append(f"{100 * hits / len(asked):.1f} ({len(asked)})" if asked else "-")
        right = [e.error_s for e in mine if e.right]
        error = f"{1e3 * np.median(right):.0f}" if right else "-"
        seconds = np.median([e.seconds for e in mine])
        print(f"| {name} | {' | '.join(cells)} | {error} | {seconds:.2f} |")


def print_agreement(told: list[Told]) -> None:
    """How far true stretches agree, by condition: what a mark for faint ones would hit."""
    print(
        "\n| condition | agreement, median (5 %, 95 %) | under " + str(FAINT) + " |\n|---|---|---|"
    )
    for name in dict.fromkeys(each.asked.condition for each in told):
        mine = [each.agreement for each in told if each.asked.condition == name]
        low, middle, high = np.quantile(mine, [0.05, 0.5, 0.95])
        faint = 100 * np.mean(np.array(mine) < FAINT)
        print(f"| {name} | {middle:.2f} ({low:.2f}, {high:.2f}) | {faint:.0f} % of {len(mine)} |")


def print_negatives(told: list[Told]) -> None:
    probabilities = np.array([each.probability for each in told])
    alarms = int((probabilities <= search.DEFAULT_ERROR).sum())
    print(
        f"\nFalse alarms at the default threshold: {alarms} in {len(told)} negative queries; the "
    )
    print(f"smallest probability stated among them was {probabilities.min():.1e}.\n")
    print("| stated false-match probability | observed rate | observed / stated |\n|---|---|---|")
    for stated in LOOSER:
        observed = float((probabilities <= stated).mean())
        print(f"| {stated:g} | {observed:.4f} | {observed / stated:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("recall", "show", "peers", "scale"))
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--lengths", type=float, nargs="*", default=[3, 5, 10, 20])
    parser.add_argument("--only", nargs="*", default=[], help="these conditions; all by default")
    parser.add_argument("--kind", choices=("both", "positive", "negative"), default="both")
    parser.add_argument("--half", choices=("work", "report"), default="report")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--index", type=Path, help="an archive that an earlier run has built")
    parser.add_argument("--hours", type=float, nargs="*", default=[100, 1_000, 10_000])
    parser.add_argument("--work", type=Path, help="where scale keeps its archives (11 GB)")
    parser.add_argument(
        "--keep", type=Path, default=Path("heard.jsonl"), help="where every answer is written"
    )
    arguments = parser.parse_args()
    if arguments.what == "recall":
        recall(arguments)
    elif arguments.what == "show":
        show(arguments)
    elif arguments.what == "peers":
        heard_peers.compare(split(load(DATA)), arguments.queries)
    else:
        heard_scale.grow(split(load(DATA)), arguments.hours, arguments.work)


if __name__ == "__main__":
    main()
