"""Dating by hum: how right the track is, how often the date, and whether the stated error holds.

    EARWITNESS_DATA=../shared/data .venv/bin/python -m bench.when tracks ROWS.jsonl --half test
    .venv/bin/python -m bench.when show ROWS.jsonl
    .venv/bin/python -m bench.when dates ROWS.jsonl --trials 1000 --days 3
    .venv/bin/python -m bench.when dates ROWS.jsonl --trials 100 --days 365 --lengths 560 --levels -20
    .venv/bin/python -m bench.when speed

*tracks*: real mains (ENF-WHU) as hum with its harmonics in real speech (LibriSpeech), -10 to -40 dB
against the speech, as it is and through Opus at 24 kbit/s. The truth is the frequency of the mains
recording itself, second by second, averaged over about four seconds as for the matching. Beside it the
baseline: the fundamental alone, frames of 16 s under a Hann window, the greatest bin of a transform four
times as long, and a parabola through it and its neighbours.

*dates*: a record of so many days is simulated, as an Ornstein-Uhlenbeck process fitted to the mains
recordings (no year of the grid is at hand, so this is said). A place in it, or in another record, is
drawn; to it are added real errors of real tracks from the rows, cut to 30-600 s. The record is rounded to
1 mHz, as operators publish it. The search states a probability that its best place is wrong; how often it
is, is counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from argparse import ArgumentParser
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import scipy.signal
import soxr

from bench.heard_conditions import opus
from bench.hum_data import RATE, frequency_hz, mains_cycles, mains_paths, mixed
from bench.whole_mains import interval
from earwitness.grid.match import Track, search
from earwitness.signal.hum import FRAME_S, HUM_RATE_HZ, find_hum
from earwitness.signal.hum_smoother import KERNEL
from earwitness.signal.hum_track import hum_bands, track_hum

LEVELS_DB = (-20.0, -40.0, -10.0, -30.0)
BINS = (0.0, 0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0)
MEMORY_S, WIDTH_HZ = (
    240.0,
    0.0226,
)  # fitted to the mains recordings: their spread and lag-1 correlation


def baseline(low: np.ndarray) -> np.ndarray:
    """Single-harmonic STFT with quadratic interpolation, one value a second, in hertz."""
    size, padded = FRAME_S * 400, 4 * FRAME_S * 400
    at_400 = soxr.resample(low, HUM_RATE_HZ, 400)
    frames = np.lib.stride_tricks.sliding_window_view(at_400, size)[::400]
    power = np.abs(np.fft.rfft(frames * np.hanning(size), padded)) ** 2
    hertz = np.fft.rfftfreq(padded, 1 / 400)
    inside = (hertz > 49.5) & (hertz < 50.5)
    first = int(np.argmax(inside))
    best = first + power[:, inside].argmax(axis=1)
    rows = np.arange(best.size)
    left, here, right = (np.log(power[rows, best + d] + 1e-30) for d in (-1, 0, 1))
    top = 0.5 * (left - right) / (left - 2 * here + right)
    return hertz[best] + np.clip(top, -0.5, 0.5) * hertz[1]


def track_row(level: float, codec: str, number: int, half: str) -> dict:
    """One recording: errors of both tracks against the mains itself."""
    random = np.random.default_rng([int(-level), len(codec), number, len(half)])
    paths = mains_paths()[0 if half == "train" else 1 :: 2]
    cycles = mains_cycles(paths[(7 * number) % len(paths)])[: 600 * 16 + 1]
    if codec == "opus":
        sound = opus(24_000)(mixed(cycles, level, random, half=half), random)
        low = soxr.resample(sound, RATE, HUM_RATE_HZ)
    else:
        low = mixed(cycles, level, random, half=half, rate=HUM_RATE_HZ)
    started = time.process_time()
    presence = find_hum(low, sample_rate_hz=HUM_RATE_HZ)
    bands = hum_bands(low, nominal_hz=50, sample_rate_hz=HUM_RATE_HZ)
    track = track_hum(bands, presence, nominal_hz=50)
    seconds = time.process_time() - started
    truth = np.convolve(frequency_hz(cycles), KERNEL, mode="same")
    truth = np.interp(track.times_s, np.arange(truth.size) + 0.5, truth)[10:-10]
    ours = 1000 * (track.frequency_hz[10:-10] - truth)
    other = 1000 * (baseline(low)[: track.times_s.size][10:-10] - truth)
    return {
        "trial": [level, codec, number],
        "present": 50 in presence.found_hz,
        "rms_mhz": round(float(np.sqrt(np.mean(ours**2))), 3),
        "median_mhz": round(float(np.median(np.abs(ours))), 3),
        "baseline_rms_mhz": round(float(np.sqrt(np.mean(other**2))), 3),
        "stated_mhz": round(float(1000 * np.sqrt(np.mean(track.sigma_hz**2))), 3),
        "hum_to_noise_db": round(track.hum_to_noise_db, 1),
        "seconds": round(seconds, 1),
        "errors": [round(float(e), 3) for e in ours],
        "sigmas": [round(float(1000 * s), 3) for s in track.sigma_hz[10:-10]],
    }


def tracks(path: Path, half: str, rounds: int) -> None:
    """Carry out what is not in the file yet."""
    done = {tuple(json.loads(line)["trial"]) for line in path.open()} if path.exists() else set()
    with path.open("a") as rows:
        for number in range(rounds):
            for level in LEVELS_DB:
                for codec in ("none", "opus"):
                    if (level, codec, number) not in done:
                        rows.write(json.dumps(track_row(level, codec, number, half)) + "\n")
                        rows.flush()


def show(path: Path) -> None:
    """RMS errors by level and codec: the middle of the recordings, and the worst."""
    rows = [json.loads(line) for line in path.open()]
    heads = f"{'n':>4}{'present':>9}{'rms mHz':>9}{'worst':>8}{'baseline':>10}{'stated':>8}"
    print(f"{'level':>6} {'codec':6}{heads}")
    for level in sorted(LEVELS_DB, reverse=True):
        for codec in ("none", "opus"):
            some = [row for row in rows if row["trial"][:2] == [level, codec]]
            if some:
                of = {
                    key: np.asarray([row[key] for row in some])
                    for key in some[0]
                    if key[-3:] == "mhz"
                }
                print(
                    f"{level:6.0f} {codec:6}{len(some):4}{np.mean([r['present'] for r in some]):9.2f}"
                    f"{np.median(of['rms_mhz']):9.2f}{of['rms_mhz'].max():8.2f}"
                    f"{np.median(of['baseline_rms_mhz']):10.2f}{np.median(of['stated_mhz']):8.2f}"
                )


def wandering(seconds: int, random: np.random.Generator) -> np.ndarray:
    """A simulated record, hertz off nominal."""
    keep = np.exp(-1 / MEMORY_S)
    steps = WIDTH_HZ * np.sqrt(1 - keep**2) * random.standard_normal(seconds)
    return scipy.signal.lfilter([1.0], [1.0, -keep], steps).astype(np.float32)


def dates(
    path: Path, trials: int, days: float, lengths_s: list[int], levels_db: list[float]
) -> None:
    """Stated against observed probability of a false match."""
    rows = [json.loads(line) for line in path.open()]
    rows = [
        row
        for row in rows
        if row["present"] and row["trial"][0] in levels_db and len(row["errors"]) >= max(lengths_s)
    ]
    random = np.random.default_rng(6)
    stated, wrong, lengths, levels = [], [], [], []
    for _ in range(trials):
        row = rows[random.integers(len(rows))]
        length = int(random.choice(lengths_s))
        at = random.integers(len(row["errors"]) - length + 1)
        exact = wandering(int(86_400 * days), random)
        record = np.round(exact, 3)
        is_in = random.random() < 0.5
        source = exact if is_in else wandering(20_000, random)
        place = int(random.integers(100, source.size - length - 100))
        true = np.convolve(source[place - 20 : place + length + 20], KERNEL, mode="same")[20:-20]
        off = (
            true
            + np.asarray(row["errors"][at : at + length]) / 1000
            + random.uniform(-0.004, 0.004)
        )
        sigma = np.asarray(row["sigmas"][at : at + length]) / 1000
        best = search(Track(off, sigma, 50), [(0, record)]).candidates[0]
        stated.append(1 - best.probability)
        wrong.append(not (is_in and abs(best.start_s - place) <= 3))
        lengths.append(length if is_in else 0)
        levels.append(row["trial"][0])
    _print_dates(np.asarray(stated), np.asarray(wrong), np.asarray(lengths), np.asarray(levels))


def _print_dates(stated, wrong, lengths, levels) -> None:
    print(f"{'stated between':>18}{'n':>6}{'stated %':>10}{'observed %':>30}")
    for low, high in pairwise(BINS):
        here = (stated >= low) & ((stated < high) | (high == BINS[-1]))
        if here.any():
            share = interval(int(wrong[here].sum()), int(here.sum()))
            print(
                f"{low:9.3f} - {high:6.3f}{here.sum():6}{100 * stated[here].mean():10.2f}{share:>30}"
            )
    print("right date at the best place, where the record holds it, %:")
    for length in sorted(set(lengths[lengths > 0])):
        cells = []
        for level in sorted(set(levels), reverse=True):
            here = (lengths == length) & (levels == level)
            right = 100 * (1 - wrong[here].mean()) if here.any() else 0.0
            cells.append(f"{level:.0f} dB: {right:.0f} of {here.sum()}")
        print(f"{length:6} s  " + "   ".join(cells))


_SEARCH = """
import sys, time
from pathlib import Path
import numpy as np
from earwitness.grid.match import Track, search
year = np.load(sys.argv[1], mmap_mode="r")
random = np.random.default_rng(1)
off = year[9_000_000:9_000_600].astype(np.float64) + 0.001 * random.standard_normal(600)
track = Track(off, np.full(600, 0.001), 50)
started, used = time.monotonic(), time.process_time()
search(track, ((0, np.asarray(year)) for _ in range(int(sys.argv[2]))))
status = Path("/proc/self/status").read_text()  # getrusage would count the parent before exec
peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(f"{sys.argv[2]} years: {time.monotonic() - started:.1f} s by the clock, "
      f"{time.process_time() - used:.1f} s of processor, "
      f"{peak:.0f} MB in all, the record included")
"""


def speed() -> None:
    """A track of ten minutes against one year, three and ten, each in a process of its own."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "year.npy"
        np.save(path, wandering(365 * 86_400, np.random.default_rng(1)))
        for years in (1, 3, 10):
            subprocess.run([sys.executable, "-c", _SEARCH, str(path), str(years)], check=True)


def main() -> int:
    """Run a part."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("tracks", "show", "dates", "speed"))
    parser.add_argument("rows", nargs="?", type=Path)
    parser.add_argument("--half", default="test", choices=("train", "test"))
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--days", type=float, default=3)
    parser.add_argument("--lengths", type=int, nargs="*", default=[30, 45, 60, 90, 120, 240])
    parser.add_argument("--levels", type=float, nargs="*", default=list(LEVELS_DB))
    given = parser.parse_args()
    if given.part == "tracks":
        tracks(given.rows, given.half, given.rounds)
    elif given.part == "show":
        show(given.rows)
    elif given.part == "dates":
        dates(given.rows, given.trials, given.days, given.lengths, given.levels)
    else:
        speed()
    return 0


if __name__ == "__main__":
    sys.exit(main())
