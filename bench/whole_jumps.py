"""Cuts between two lossy codings: how often the grid's jump is found, where, and how often for nothing.

    EARWITNESS_DATA=FOLDER python bench/whole_jumps.py run --half test --speakers 10 --keep FILE
    python bench/whole_jumps.py table --keep FILE
    EARWITNESS_DATA=FOLDER python bench/whole_jumps.py places --half test --keep FILE

Twenty seconds of a speaker are coded and decoded; then 0.3 to 3 s are taken out at a random place, or a
stretch of another speaker's, coded in the same way, is put in, or nothing is done; then the whole is
stored as WAV or coded again. A jump is right when its place holds the cut, give or take 50 ms. ``run`` goes
on where it was stopped. ``places`` makes those that are stored as WAV again, and shows of how many cuts
edits_v1 tells a place within 50 ms, by their sound alone and with the jumps. What it tells elsewhere is
not counted: a speaker's twenty seconds may be several utterances, which are joined.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from codec_chains import Floats, carrier, coded, names, rounded

from earwitness.examinations._codec_measured import jump_worth
from earwitness.examinations._codec_strength import NEAR_S
from earwitness.examinations._edit_jumps import Grids, with_grids
from earwitness.examinations._reference_speech import table as shipped
from earwitness.signal import generations, grid_track
from earwitness.signal.cuts import WITHIN_S, find_places
from earwitness.signal.moments import find_moments
from earwitness.signal.recording import BASE_RATE_HZ

RATE_HZ = 48_000
FIRST = {"MP3 64k": ("libmp3lame", 64_000), "AAC 48k": ("aac", 48_000)}
SECOND: dict[str, tuple[str, int, dict[str, str]] | None] = {
    "WAV": None,
    "MP3 128k": ("libmp3lame", 128_000, {}),
    "AAC 96k": ("aac", 96_000, {}),
    "Opus 48k": ("libopus", 48_000, {}),
    "Opus 24k": ("libopus", 24_000, {"application": "voip"}),
}
EDITS = ("none", "deleted", "inserted")
OWN = {"MP3 128k": "MP3", "AAC 96k": "AAC"}


def edited(
    sound: Floats, other: Floats, kind: str, rng: np.random.Generator
) -> tuple[Floats, list[float]]:
    """The sound with its edit, and the seconds at which it was cut."""
    count = int(rng.uniform(0.3, 3.0) * RATE_HZ)
    at = int(rng.integers(3 * RATE_HZ, sound.size - 3 * RATE_HZ - count))
    if kind == "deleted":
        return np.concatenate([sound[:at], sound[at + count :]]), [at / RATE_HZ]
    if kind == "inserted":
        start = int(rng.integers(RATE_HZ, other.size - RATE_HZ - count))
        parts = [sound[:at], other[start : start + count], sound[at:]]
        return np.concatenate(parts), [at / RATE_HZ, (at + count) / RATE_HZ]
    return sound, []


def rows(name: str, another: str) -> Iterator[dict[str, Any]]:
    """What is found in all chains of one speaker."""
    for second, coding in SECOND.items():
        for first, kind, tape, cuts in tapes(name, another, second):
            heard = tape if coding is None else coded(tape, RATE_HZ, *coding)
            yield {"name": name, "first": first, "second": second, "edit": kind,
                   "seconds": tape.size / RATE_HZ, "cuts": cuts,
                   "jumps": jumps(heard, OWN.get(second, ""))}  # fmt: skip


def tapes(name: str, another: str, second: str) -> Iterator[tuple[str, str, Floats, list[float]]]:
    """First coding, kind of edit, the sound before it is stored, and the seconds at which it was cut."""
    for first, (codec, bits) in FIRST.items():
        sound, other = (
            rounded(coded(carrier(who, RATE_HZ), RATE_HZ, codec, bits)) for who in (name, another)
        )
        for kind in EDITS:
            rng = np.random.default_rng(
                [*name.encode(), *first.encode(), *second.encode(), *kind.encode()]
            )
            tape, cuts = edited(sound, other, kind, rng)
            lead = int(rng.integers(1, 2_000))
            yield first, kind, tape[lead:], [second_ - lead / RATE_HZ for second_ in cuts]


def jumps(tape: Floats, own: str) -> list[list[float]] | None:
    """Jumps, each as beginning, end and size; None where no grid could be followed."""
    found = generations.find_generations(tape, sample_rate_hz=RATE_HZ, own=own)
    told: list[list[float]] | None = None
    for family in generations.FAMILIES:
        grids = [grid for grid in found.earlier if grid.codec.name == family] if found else []
        if not grids:
            continue
        best = max(grids, key=lambda grid: grid.z)
        track = grid_track.follow(
            tape,
            codec=best.codec,
            sample_rate_hz=RATE_HZ,
            offset=best.offset,
            threshold=generations.LEAST_Z,
        )
        if track is not None:
            told = told or []
            told += [[round(j.start_s, 3), round(j.end_s, 3), j.by_samples] for j in track.jumps]
    return told


def places(keep: Path, chosen: list[str]) -> None:
    """Print how many cuts edits_v1 tells within 50 ms, by sound alone and with the jumps."""
    lines = [json.loads(line) for line in keep.read_text().splitlines()]
    found = {
        (one["name"], one["first"], one["edit"]): one for one in lines if one["second"] == "WAV"
    }
    reference = shipped().reference(0)
    worth = jump_worth("lossless", is_resampled=False)
    counts: Counter[tuple[str, str]] = Counter()
    for index, name in enumerate(chosen):
        if not any(name == known for known, _, _ in found):
            continue
        for first, kind, tape, cuts in tapes(name, chosen[index - 1], "WAV"):
            base = soxr.resample(tape, RATE_HZ, BASE_RATE_HZ)
            heard = find_places(find_moments(base), reference.reached, reference.weights)
            told = found[name, first, kind]["jumps"] or []
            grids = Grids([grid_track.Jump(*each) for each in told], (), is_resampled=False)
            fused = with_grids(heard, grids, worth)
            bar = reference.calibration.score_for(0.05, base.size / BASE_RATE_HZ)
            over = fused.places.score >= bar
            for way, here in (("sound", over), ("with jumps", over | (fused.jump >= 0))):
                at_s = fused.places.at_s[here]
                near = np.abs(at_s[:, None] - np.array(cuts)) <= WITHIN_S
                counts[way, "cuts"] += len(cuts)
                counts[way, "found"] += int(near.any(axis=0).sum())
    for way in ("sound", "with jumps"):
        print(f"by {way}: {counts[way, 'found']} of {counts[way, 'cuts']} cuts within 50 ms")


def table(keep: Path) -> None:
    """Print a line for each pair of codings."""
    lines = [json.loads(line) for line in keep.read_text().splitlines()]
    columns = ("coded", "untouched: n", "not followed", "with a jump", "deleted: n", "found",
               "inserted: n", "an end found", "false jumps in edited", "width of place, s",
               "error of its middle, ms")  # fmt: skip
    print("| " + " | ".join(columns) + " |")
    print("|---" * 11 + "|")
    for first in FIRST:
        for second in SECOND:
            here = [one for one in lines if (one["first"], one["second"]) == (first, second)]
            if here:
                print(f"| {first} > {second} | {_cells(here)} |")
    followed = [one for one in lines if one["jumps"] is not None]
    cuts = [(cut, one["jumps"]) for one in followed for cut in one["cuts"]]
    found = sum(any(_holds(jump, cut) for jump in told) for cut, told in cuts)
    false = sum(
        not any(_holds(jump, cut) for cut in one["cuts"])
        for one in followed
        for jump in one["jumps"]
    )
    print(
        f"\nOf all that were followed ({sum(one['seconds'] for one in followed):.0f} s): {found} of "
        f"{len(cuts)} cuts found, {false} jumps elsewhere"
    )


def _holds(jump: list[float], cut: float) -> bool:
    return jump[0] - NEAR_S <= cut <= jump[1] + NEAR_S


def _cells(here: list[dict[str, Any]]) -> str:
    cells: list[str] = []
    by = {kind: [one for one in here if one["edit"] == kind] for kind in EDITS}
    none = by["none"]
    cells += [
        len(none),
        sum(one["jumps"] is None for one in none),
        sum(bool(one["jumps"]) for one in none),
    ]
    false, widths, errors = 0, [], []
    for kind in ("deleted", "inserted"):
        hit = 0
        for one in by[kind]:
            right = False
            for start, end, _ in one["jumps"] or []:
                near = [cut for cut in one["cuts"] if _holds([start, end], cut)]
                if near:
                    right = True
                    widths.append(end - start)
                    errors.append(1000 * min(abs((start + end) / 2 - cut) for cut in near))
                else:
                    false += 1
            hit += right
        cells += [len(by[kind]), hit]
    middle = f"{np.median(widths):.2f}" if widths else "-"
    error = f"{np.median(errors):.0f} (95 %: {np.quantile(errors, 0.95):.0f})" if errors else "-"
    return " | ".join(str(cell) for cell in [*cells, false, middle, error])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("do", choices=("run", "table", "places"))
    parser.add_argument("--half", choices=("train", "test"), default="test")
    parser.add_argument("--speakers", type=int, default=10)
    parser.add_argument("--keep", type=Path, default=Path("whole_jumps.jsonl"))
    arguments = parser.parse_args()
    if arguments.do == "table":
        table(arguments.keep)
        return
    every = names(arguments.half)
    every = [name for name in every if carrier(name, 16_000).size >= 14 * 16_000]
    chosen = every[:: max(1, len(every) // arguments.speakers)][: arguments.speakers]
    if arguments.do == "places":
        places(arguments.keep, chosen)
        return
    text = arguments.keep.read_text() if arguments.keep.exists() else ""
    known = {json.loads(line)["name"] for line in text.splitlines()}
    for index, name in enumerate(chosen):
        if name in known:
            continue
        made = [json.dumps(line) + "\n" for line in rows(name, chosen[index - 1])]
        with arguments.keep.open("a") as file:
            file.writelines(made)
        print(name, file=sys.stderr)


if __name__ == "__main__":
    main()
