"""Two peers of the archive on the same queries: chromaprint's ``fpcalc``, and audio-offset-finder.

``fpcalc -raw`` gives one integer of 32 bits for each eighth of a second; a query is slid along
every recording and the place where the fewest bits differ is taken. ``audio-offset-finder`` (BBC,
PyPI) correlates MFCCs of two files: every query is laid over every recording, and its best
standard score taken. Both look at everything, and keep no index; ``PEER_PYTHON`` names a Python
that has the second, which is left out otherwise.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import soxr
from heard_conditions import RATE_HZ, Floats, conditions
from heard_data import Split, write_wavs

from earwitness.archive import build, index, search
from earwitness.archive.background import Background

SHOWN = ("clean", "opus 12k", "telephone", "babble 10 dB", "babble 0 dB", "room", "speed +5 %")
LENGTHS_S = (5.0, 10.0)
NEAR_S = 0.25
_OFFSET_FINDER = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import numpy as np
from audio_offset_finder.audio_offset_finder import find_offset_between_buffers
names, queries = json.loads(sys.stdin.readline())
load = lambda path: np.load(path)
archive = {name: load(name) for name in names}
for path in queries:
    query = load(path)
    best = (-1.0, "", 0.0)
    for name, sound in archive.items():
        found = find_offset_between_buffers(sound, query, 8000)
        best = max(best, (float(found["standard_score"]), name, float(found["time_offset"])))
    print(json.dumps(best), flush=True)
"""


def compare(recordings: Split, queries: int) -> None:
    with tempfile.TemporaryDirectory(prefix="earwitness-peers-") as name:
        folder = Path(name)
        write_wavs(recordings.archived, folder / "sounds")
        build.build(folder / "index", [folder / "sounds"], calibrate=False)
        archive = index.open_archive(folder / "index")
        prints = {p.stem: chromaprint(p) for p in sorted((folder / "sounds").glob("*.wav"))}
        print(
            "| condition | length | earwitness | fpcalc, slid | audio-offset-finder | s per query |"
        )
        print("|---|---|---|---|---|---|")
        for condition in SHOWN:
            for length_s in LENGTHS_S:
                row(recordings, condition, length_s, queries, archive, prints, folder)


def row(
    recordings: Split,
    condition: str,
    length_s: float,
    queries: int,
    archive: index.Archive,
    prints: dict[str, np.ndarray],
    folder: Path,
) -> None:
    change, tempo, _ = conditions(recordings.crowd)[condition]
    truth, sounds = [], []
    size = int(length_s * tempo * RATE_HZ)
    names = [name for name, sound in recordings.archived.items() if sound.size > size + RATE_HZ]
    for seed in range(queries):
        rng = np.random.default_rng([seed, int(length_s)])
        name = names[int(rng.integers(len(names)))]
        place = int(rng.integers(0, recordings.archived[name].size - size))
        truth.append((name, place / RATE_HZ))
        sounds.append(change(recordings.archived[name][place : place + size], rng))
    cells, seconds = [], []
    for method in (ours(archive), slid(prints, folder), laid_over(recordings, folder)):
        began = time.perf_counter()
        answers = method(sounds)
        seconds.append((time.perf_counter() - began) / queries)
        if answers is None:
            cells.append("not installed")
            continue
        hits = [
            name == told[0] and abs(place - told[1]) <= NEAR_S
            for (name, place), told in zip(truth, answers, strict=True)
        ]
        cells.append(f"{100 * np.mean(hits):.0f}")
    times = " / ".join(f"{second:.2f}" for second in seconds)
    print(f"| {condition} | {length_s:g} s | {' | '.join(cells)} | {times} |", flush=True)


def ours(archive: index.Archive):
    def answer(sounds: list[Floats]) -> list[tuple[str, float]]:
        told = []
        background = Background.of(archive.manifest.background)
        for sound in sounds:
            found = search.search(
                [soxr.resample(sound, RATE_HZ, 8_000)],
                archive,
                background=background,
                most_probable_error=search.DEFAULT_ERROR,
            )
            best = max(found, key=lambda stretch: stretch.score, default=None)
            if best is None:
                told.append(("", 0.0))
            else:
                place = best.there_start_s - best.here_start_s * best.speed
                told.append((best.recording.name.removesuffix(".wav"), place))
        return told

    return answer


def chromaprint(path: Path) -> np.ndarray:
    done = subprocess.run(
        ["fpcalc", "-raw", "-length", "0", "-plain", str(path)], capture_output=True, text=True
    )
    text = done.stdout.strip()
    return np.array([int(number) for number in text.split(",")] if text else [], dtype=np.uint32)


def slid(prints: dict[str, np.ndarray], folder: Path):
    def answer(sounds: list[Floats]) -> list[tuple[str, float]]:
        told = []
        for sound in sounds:
            path = folder / "query"
            write_wavs({"query": sound}, path)
            query = chromaprint(path / "query.wav")
            (path / "query.wav").unlink()
            path.rmdir()
            told.append(best_place(query, prints))
        return told

    return answer


def best_place(query: np.ndarray, prints: dict[str, np.ndarray]) -> tuple[str, float]:
    best = (2.0, "", 0)
    for name, stored in prints.items():
        if query.size == 0 or stored.size < query.size:
            continue
        windows = np.lib.stride_tricks.sliding_window_view(stored, query.size)
        differing = np.bitwise_count(windows ^ query).mean(axis=1) / 32
        best = min(best, (float(differing.min()), name, int(differing.argmin())))
    return best[1], best[2] * 1365 / 11_025  # chromaprint's hop: 4,096 / 3 samples at 11,025 Hz


def laid_over(recordings: Split, folder: Path):
    python = os.environ.get("PEER_PYTHON")

    def answer(sounds: list[Floats]) -> list[tuple[str, float]] | None:
        if not python:
            return None
        stored = folder / "arrays"
        if not stored.exists():
            stored.mkdir()
            for name, sound in recordings.archived.items():
                np.save(stored / f"{name}.npy", soxr.resample(sound, RATE_HZ, 8_000))
        paths = []
        for number, sound in enumerate(sounds):
            paths.append(str(folder / f"query-{number}.npy"))
            np.save(paths[-1], soxr.resample(sound, RATE_HZ, 8_000))
        names = [str(path) for path in sorted(stored.glob("*.npy"))]
        done = subprocess.run(
            [python, "-c", _OFFSET_FINDER],
            input=json.dumps([names, paths]) + "\n",
            capture_output=True,
            text=True,
            check=True,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return [(Path(name).stem, place) for _, name, place in lines]

    return answer
