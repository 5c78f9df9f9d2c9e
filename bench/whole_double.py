"""MP3 and AAC coded twice: five pairs of rates up, and the same five down.

    EARWITNESS_DATA=FOLDER python bench/whole_double.py run --half train --speakers 10 --keep FILE
    python bench/whole_double.py train --keep FILE      (writes signal/mp3_again.npy or aac_again.npy)
    EARWITNESS_DATA=FOLDER python bench/whole_double.py run --half test --speakers 30 --keep FILE
    python bench/whole_double.py table --keep FILE

with ``--codec AAC`` for the other codec, and ``--apart`` for frames at other places. Up to twenty
seconds of a speaker at 44.1 kHz are coded once at each rate, and twice at each pair of rates; the first
coding's delay is taken off, as FFmpeg and most players do, so that the frames of both codings begin at
the same places. Twice is told by rare ones (the second rate higher) or by the trained comparison with a
coding of the shifted sound (lower). With ``--apart`` the first 777 samples are cut off between the
codings, and the earlier grid is searched. ``run`` goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from codec_chains import carrier, coded, names

from earwitness.examinations._codec_numbers import FEWEST_ONES, has_numbers
from earwitness.signal import codec_grid, coded_again, generations, quantised
from earwitness.signal.counted import rate_of

RATE_HZ = 44_100
PAIRS = ((32, 64), (48, 96), (64, 128), (64, 96), (96, 128))
RIDGE = 30.0
CUT = 777  # samples: no multiple of a frame
ENCODERS = {"MP3": "libmp3lame", "AAC": "aac"}
CODECS = {"MP3": codec_grid.MP3, "AAC": codec_grid.AAC_KAISER}


def speakers(half: str, count: int) -> list[str]:
    """So many of a half, evenly spread over it; up to twenty, the first of the same twenty."""
    every = names(half)
    return every[3 :: max(1, len(every) // max(20, count))][:count]


def rows_once(name: str, family: str, rates: list[int]) -> Iterator[dict[str, Any]]:
    """What is found in files of one speaker that were coded once."""
    for rate in rates:
        tape = coded(carrier(name, RATE_HZ), RATE_HZ, ENCODERS[family], 1000 * rate)
        yield {"name": name, "first": 0, "second": rate, **_numbers(tape, family, 0, rate)}


def rows(
    name: str, family: str, cut: int, options: dict[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """What is found in each file of one speaker; so many samples are cut off between two codings."""
    encoder = ENCODERS[family]
    sound = carrier(name, RATE_HZ)
    rates = sorted({rate for pair in PAIRS for rate in pair})
    once = {rate: coded(sound, RATE_HZ, encoder, 1000 * rate, options) for rate in rates}
    pairs = [(0, rate) for rate in rates]
    pairs += [pair for low, high in PAIRS for pair in ((low, high), (high, low))]
    for first, second in pairs:
        tape = once[second]
        if first:
            tape = coded(once[first][cut:], RATE_HZ, encoder, 1000 * second, options)
        line = {"name": name, "first": first, "second": second}
        yield line | (_searched(tape, family) if cut else _numbers(tape, family, first, second))


def _searched(tape: np.ndarray, family: str) -> dict[str, Any]:
    found = generations.find_generations(tape, sample_rate_hz=RATE_HZ, own=family)
    earlier = [grid.z for grid in found.earlier if grid.codec.name == family] if found else []
    return {"earlier": max(earlier, default=0.0)}


def _numbers(tape: np.ndarray, family: str, first: int, second: int) -> dict[str, Any]:
    own = codec_grid.own_grid_of(family, tape, sample_rate_hz=RATE_HZ)
    if own is None or own[2] < generations.LEAST_OWN_Z:
        return {"groups": 0, "explained": 0.0, "ones": 0.0, "differences": None}
    integers = quantised.integers(tape, codec=own[0], offset=own[1])
    bit_rate = coded_again.constant_bit_rate(own[0], 1000 * second)
    differences = None
    if bit_rate and not 0 < first < second:  # up is told by the ones
        differences = coded_again.against_once(
            tape, codec=own[0], offset=own[1], sample_rate_hz=RATE_HZ, bit_rate=bit_rate
        )
    return {
        "groups": integers.telling,
        "explained": round(integers.explained, 3),
        "ones": round(integers.share_of_ones, 4),
        "differences": None if differences is None else [round(float(v), 4) for v in differences],
    }


def train(lines: list[dict[str, Any]], family: str) -> None:
    """Ridge regression on the differences."""
    used = [one for one in lines if one["differences"]]
    x = np.array([one["differences"] for one in used])
    twice = np.array([one["first"] > 0 for one in used])
    whose = np.array([one["name"] for one in used])
    scores = np.zeros(len(used))
    for speaker in sorted(set(whose)):
        others = whose != speaker
        constant, weights = fitted(x[others], twice[others])
        scores[~others] = constant + x[~others] @ weights
    constant, weights = fitted(x, twice)
    vector = np.concatenate([[constant], weights]).astype(np.float32)
    target = Path(coded_again.__file__).with_name(f"{family.lower()}_again.npy")
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


def table(lines: list[dict[str, Any]], family: str) -> None:
    """Print false alarms and misses."""
    told = {"up": partial(has_rare_ones, family=family), "down": partial(is_spread, family=family)}
    print("| coded | n | ones are rare | spread over 0 | shares of ones, % |")
    print("|---|---|---|---|---|")
    for label, here in by_pair(lines):
        ones = [100 * one["ones"] for one in here if has_numbers(one["groups"], one["explained"])]
        tried = sum(one["differences"] is not None for one in here)
        shares = f"{min(ones):.1f} to {max(ones):.1f}" if ones else "-"
        cells = (len(here), f"{sum(map(told['up'], here))} of {len(ones)}",
                 f"{sum(map(told['down'], here))} of {tried}", shares)  # fmt: skip
        print(f"| {label} | " + " | ".join(map(str, cells)) + " |")
    once, up, down = split(lines)
    print()
    if not up:
        return
    summary(
        "all raised",
        up,
        [one for one in once if has_numbers(one["groups"], one["explained"])],
        told["up"],
    )
    summary("all lowered", down, [one for one in once if one["differences"]], told["down"])


def table_apart(lines: list[dict[str, Any]]) -> None:
    """Print how often an earlier grid shows."""
    print("| coded | n | an earlier grid | its dip |\n|---|---|---|---|")
    for label, here in by_pair(lines):
        dips = [one["earlier"] for one in here if one["earlier"]]
        shown = f"{min(dips):.1f} to {max(dips):.1f}" if dips else "-"
        print(f"| {label} | {len(here)} | {len(dips)} | {shown} |")
    once, up, down = split(lines)
    print()
    summary("all raised", up, once, lambda one: one["earlier"] > 0)
    summary("all lowered", down, once, lambda one: one["earlier"] > 0)


def by_pair(lines: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Lines by pair of rates, with a label for each."""
    for first, second in sorted({(one["first"], one["second"]) for one in lines}):
        label = f"{first} > {second}" if first else f"once, {second}"
        yield label, [one for one in lines if (one["first"], one["second"]) == (first, second)]


def split(lines: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], ...]:
    """Coded once, raised, lowered."""
    once = [one for one in lines if not one["first"]]
    up = [one for one in lines if 0 < one["first"] < one["second"]]
    return once, up, [one for one in lines if one["first"] > one["second"]]


def summary(
    label: str,
    twice: list[dict[str, Any]],
    once: list[dict[str, Any]],
    told: Callable[[dict[str, Any]], bool],
) -> None:
    """Print both errors and their mean; a file coded twice that cannot be judged is missed."""
    alarms, misses = sum(map(told, once)), sum(not told(one) for one in twice)
    shown = []
    for count, of in ((alarms, len(once)), (misses, len(twice))):
        _, low, high = rate_of(count, of)
        shown.append(f"{count} of {of} ({100 * low:.1f} to {100 * high:.1f} %)")
    mean = 50 * (alarms / len(once) + misses / len(twice))
    print(
        f"{label}, against coded once: false alarms {shown[0]}, misses {shown[1]}, "
        f"their mean {mean:.1f} %; {len({one['name'] for one in twice})} speakers"
    )


def has_rare_ones(one: dict[str, Any], family: str) -> bool:
    """Whether it is told as raised."""
    return has_numbers(one["groups"], one["explained"]) and one["ones"] < FEWEST_ONES[family]


def is_spread(one: dict[str, Any], family: str) -> bool:
    """Whether it is told as lowered."""
    if not one["differences"] or has_rare_ones(one, family):
        return False
    return coded_again.log_odds(CODECS[family], np.array(one["differences"])) > 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("do", choices=("run", "train", "table"))
    parser.add_argument("--codec", choices=tuple(ENCODERS), default="MP3")
    parser.add_argument("--apart", action="store_true")
    parser.add_argument(
        "--once", type=int, nargs="+", metavar="KBITS", help="these rates, once, alone"
    )
    parser.add_argument(
        "--option", action="append", default=[], help="aac_coder=fast, of the encoder"
    )
    parser.add_argument("--half", choices=("train", "test"), default="test")
    parser.add_argument("--speakers", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="how many of them to pass over")
    parser.add_argument("--keep", type=Path, default=Path("whole_double.jsonl"))
    arguments = parser.parse_args()
    text = arguments.keep.read_text() if arguments.keep.exists() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    if arguments.do == "run":
        known = {one["name"] for one in lines}
        chosen = speakers(arguments.half, arguments.speakers)[arguments.first :]
        run(arguments, [name for name in chosen if name not in known])
    elif arguments.do == "train":
        train(lines, arguments.codec)
    elif arguments.apart:
        table_apart(lines)
    else:
        table(lines, arguments.codec)


def run(arguments: argparse.Namespace, whose: list[str]) -> None:
    """Write the lines of these speakers, a speaker's all at once."""
    options = dict(each.split("=", 1) for each in arguments.option)
    for name in whose:
        if arguments.once:
            made = list(rows_once(name, arguments.codec, arguments.once))
        else:
            made = list(rows(name, arguments.codec, CUT if arguments.apart else 0, options))
        with arguments.keep.open("a") as file:
            file.writelines(json.dumps(one) + "\n" for one in made)
        print(name, file=sys.stderr)


if __name__ == "__main__":
    main()
