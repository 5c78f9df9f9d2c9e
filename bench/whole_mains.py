"""Breaks in the phase of mains hum, and the presence of hum: false alarms and what is found.

    EARWITNESS_DATA=../shared/data .venv/bin/python -m bench.whole_mains run ROWS.jsonl --half test
    .venv/bin/python -m bench.whole_mains show TRAIN.jsonl TEST.jsonl

Pieces of three minutes. *Mixed*: real mains (ENF-WHU) as hum with its harmonics in real speech, at
-10 to -40 dB against the speech, as it is and through Opus at 24 kbit/s; left alone, or with 0.3 to 3 s
cut out, or with 1 to 3 s of the same piece put in. *Grids*: the audio recordings of SP Cup 2016,
left alone or cut. *Speech*: no hum added, for the false alarms of presence. Halves share no speaker, and
no recording of the grids. Rows are written as they come; a run that is stopped goes on.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import soxr

from bench.heard_conditions import opus
from bench.hum_data import DATA, RATE, mains_cycles, mains_paths, mixed, speech
from earwitness.evidence.decode import decode_mono
from earwitness.signal.counted import rate_of
from earwitness.signal.hum import (
    HUM_RATE_HZ,
    THRESHOLD,
    find_hum,
)
from earwitness.signal.hum_phase import BREAK_THRESHOLD, scan_phase
from earwitness.signal.hum_track import hum_bands, track_hum

PIECE_S = 180
LEVELS_DB = (-10.0, -20.0, -30.0, -40.0)
EDITS = ("untouched", "deleted", "inserted", "untouched")
ROUNDS = 6


def trials(half: str):
    """Names of trials, in an order in which a run that is stopped still has some of each."""
    for number in range(ROUNDS):
        for level in LEVELS_DB:
            for codec in ("none", "opus"):
                for index, edit in enumerate(EDITS):
                    yield "mixed", level, codec, edit, 10 * number + index
        for grid in "ABDFH":
            for index, edit in enumerate(("untouched", "deleted")):
                yield f"grid_{grid}", None, "none", edit, 10 * number + index
        for codec in ("none", "opus"):
            yield "speech", None, codec, "untouched", number


def piece_of(source: str, level, codec: str, number: int, half: str, random) -> np.ndarray:
    """The sound of a trial before it is edited and coded [shape=(n,)], at 16 kHz."""
    if source == "speech":
        return speech(PIECE_S, random, half=half)
    if source == "mixed":
        paths = mains_paths()[0 if half == "train" else 1 :: 2]
        cycles = mains_cycles(paths[random.integers(len(paths))])
        first = random.integers(max(1, cycles.size - PIECE_S * 16 - 1))
        return mixed(cycles[first : first + PIECE_S * 16 + 1], level, random, half=half)
    name = f"Train_Grid_{source[-1]}_A{1 if half == 'train' else 2}.flac"
    whole = decode_mono(DATA / "spcup2016-grids" / source / "audio" / name, sample_rate_hz=RATE)
    first = (number * PIECE_S * RATE) % (whole.size - PIECE_S * RATE)
    return whole[first : first + PIECE_S * RATE]


def edited(sound: np.ndarray, edit: str, random) -> tuple[np.ndarray, list[float], float]:
    """The sound with its edit; where its seams are, in seconds, and how many cycles of 50 Hz it is."""
    at = int(random.uniform(40, PIECE_S - 40) * RATE)
    if edit == "deleted":
        length = int(random.uniform(0.3, 3.0) * RATE)
        return np.concatenate([sound[:at], sound[at + length :]]), [at / RATE], length / RATE
    if edit == "inserted":
        length = int(random.uniform(1.0, 3.0) * RATE)
        source = int(random.uniform(5, 30) * RATE)
        joined = np.concatenate([sound[:at], sound[source : source + length], sound[at:]])
        return joined, [at / RATE, (at + length) / RATE], length / RATE
    return sound, [], 0.0


def carry_out(source: str, level, codec: str, edit: str, number: int, half: str) -> dict:
    """One trial, as a row."""
    seed = [ord(c) for c in f"{source}{level}{codec}{edit}{number}{half}"]
    random = np.random.default_rng(seed)
    sound, seams, length_s = edited(
        piece_of(source, level, codec, number, half, random), edit, random
    )
    if codec == "opus":
        sound = opus(24_000)(sound, random)
    low = soxr.resample(sound, RATE, HUM_RATE_HZ)
    presence = find_hum(low, sample_rate_hz=HUM_RATE_HZ)
    row = {
        "presence": {str(hz): round(score, 2) for hz, score in presence.scores.items()},
        "shams": [round(float(score), 2) for score in presence.decoy_scores],
        "seams": seams,
        "length_s": length_s,
    }
    nominal = (60 if source == "grid_A" else 50) if source != "speech" else None
    if nominal is None or nominal not in presence.found_hz:
        return row
    bands = hum_bands(low, nominal_hz=nominal, sample_rate_hz=HUM_RATE_HZ)
    track = track_hum(bands, presence, nominal_hz=nominal)
    if not track.harmonics:
        return row
    scan = scan_phase(bands, track, threshold=BREAK_THRESHOLD)
    found = scan.breaks(8.0)
    return row | {
        "hum_to_noise_db": round(track.hum_to_noise_db, 1),
        "side_s": scan.side_s,
        "shown": round(float(scan.shown.mean()), 3),
        "breaks": [
            [round(v, 3) for v in (b.score, b.at_s, b.low_s, b.high_s, b.jump_cycles)]
            for b in found
        ],
    }


def run(path: Path, half: str) -> None:
    """Carry out what is not in the file yet, on all cores."""
    done = {tuple(json.loads(line)["trial"]) for line in path.open()} if path.exists() else set()
    todo = [trial for trial in trials(half) if tuple(trial) not in done]
    with path.open("a") as rows, ProcessPoolExecutor() as processes:
        for trial, row in zip(todo, processes.map(partial(_of_half, half), todo), strict=True):
            rows.write(json.dumps({"trial": trial, **row}) + "\n")
            rows.flush()


def _of_half(half: str, trial: tuple) -> dict:
    return carry_out(*trial, half)


def interval(k: int, n: int) -> str:
    """A rate in % with its 95 % interval (Clopper and Pearson)."""
    _, low, high = rate_of(k, n)
    return f"{100 * k / max(n, 1):.1f} [{100 * low:.1f}, {100 * high:.1f}] of {n}"


def show(path: Path) -> None:
    """The figures of one half."""
    rows = [json.loads(line) for line in path.open()]
    shams = [s >= THRESHOLD for row in rows for s in row["shams"]]
    print(f"== {path.name}: presence at decoys: {interval(sum(shams), len(shams))}")
    other = [
        score >= THRESHOLD
        for row in rows
        for hz, score in row["presence"].items()
        if row["trial"][0] != "speech" and int(hz) != (60 if row["trial"][0] == "grid_A" else 50)
    ]
    print("   presence at the other nominal frequency:", interval(sum(other), len(other)))
    hum_free = [row["presence"]["50"] >= THRESHOLD for row in rows if row["trial"][0] == "speech"]
    print(
        "   presence of 50 Hz in speech without added hum:", interval(sum(hum_free), len(hum_free))
    )
    groups = defaultdict(list)
    for row in rows:
        source, level, codec, *_ = row["trial"]
        groups["mixed" if source == "mixed" else source, level or 0, codec].append(row)
    print(
        f"{'what':28}{'present':>9}{'shown':>7}{'untouched: false alarm %':>34}{'cut: found %':>30}"
    )
    alone, cut = [], []
    for key, group in groups.items():
        nominal = "60" if key[0] == "grid_A" else "50"
        present = np.mean([row["presence"][nominal] >= THRESHOLD for row in group])
        seen = [row for row in group if "breaks" in row]
        if not seen:
            print(f"{key!s:28}{present:9.2f}")
            continue
        enough = [row for row in seen if row["shown"] >= 0.5]
        untouched = [bool(_passing(row)) for row in enough if not row["seams"]]
        found = [_hits(row) for row in enough if row["seams"]]
        alone += untouched
        cut += [
            (row, hit) for row, hit in zip([r for r in enough if r["seams"]], found, strict=True)
        ]
        shown = np.mean([row["shown"] for row in seen])
        print(
            f"{key!s:28}{present:9.2f}{shown:7.2f}{interval(sum(untouched), len(untouched)):>34}"
            f"{interval(sum(found), len(found)):>30}"
        )
    print("all untouched, hum strong enough:", interval(sum(alone), len(alone)))
    print("all cut, hum strong enough:", interval(sum(hit for _, hit in cut), len(cut)))
    off = [
        (b[1] - seam, b[2] <= seam <= b[3])
        for row, hit in cut
        if hit
        for b in _passing(row)
        for seam in row["seams"]
        if abs(b[1] - seam) < 0.8
    ]
    if off:
        errors = np.abs([error for error, _ in off])
        print(
            f"place: median {np.median(errors):.3f} s, 90 % {np.percentile(errors, 90):.3f} s,",
            "within 50 ms",
            interval(int((errors <= 0.05).sum()), len(off)),
            "; interval holds the seam",
            interval(sum(ok for _, ok in off), len(off)),
        )


def _passing(row: dict) -> list:
    return [b for b in row["breaks"] if b[0] >= BREAK_THRESHOLD]


def _hits(row: dict) -> bool:
    """Whether a break was found within 2 s of a seam."""
    return any(abs(b[1] - seam) < 2.0 for b in _passing(row) for seam in row["seams"])


def main() -> int:
    """Run, or show."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["run"] and len(arguments) == 4 and mains_paths():
        run(Path(arguments[1]), arguments[3])
    elif arguments[:1] == ["show"]:
        for each in arguments[1:]:
            show(Path(each))
    else:
        print(__doc__, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
