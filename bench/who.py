"""The bench of voice comparison: likelihood ratios for speakers that nothing was learnt from.

    EARWITNESS_DATA=FOLDER python bench/who.py run [--lengths 20 10 5] [--halves 0] [--keep FOLDER]
    python bench/who.py show [--keep FOLDER]
    EARWITNESS_DATA=FOLDER python bench/who.py told [--keep FOLDER]
    python bench/who.py coverage
    EARWITNESS_DATA=FOLDER python bench/who.py time [--keep FOLDER]
    EARWITNESS_DATA=FOLDER python bench/who.py peer --python PEER/bin/python [--keep FOLDER]

The speakers of speechocean762 are split in two halves. Each half is the population of the other. Its
speakers are heard in the conditions that the workbench itself tells of the recordings of the other
half, questioned and known (``matched``), with one system for the noisier known recordings and one for
the quieter. ``case`` has a population of its own for each questioned recording, as a case has, which goes
through what is told of that one alone; a condition takes hours, so it is run only if asked for. ``clean``
is the same system with a population as it was received; ``rooms``, one that also learns from it in rooms;
``true``, one whose recordings went through the very condition, as no case could know it, and that learns
from rooms. All trials of a half - every questioned recording against every
known one - are then compared. With ``--split`` the same people are dealt into halves in another way. Rows
are written as they come, and what was computed is kept in the folder of ``--keep``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import who_coverage
import who_peer
import who_time
from who_half import WAYS, Bench, few, half
from who_trials import tried

from earwitness.signal.chains import chain_of
from earwitness.signal.low_cut import with_low_cut
from earwitness.voices.metrics import Doubles, cllr, cost

DATA = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
DRAWS = 1_000
MATCHED = ("matched", "case")
TRIALS = ("same", "same_of", "different", "different_of")
QUICK = [way for way in WAYS if way != "case"]
Row = dict[str, Any]
Together = dict[tuple[str, float, str], list[Row]]


def told(bench: Bench, name: str) -> None:
    """In how many recordings of a condition a cut of low frequencies is told, beside others."""
    _, population, test = next(bench.halves())
    others = few(bench, population)
    found = [
        with_low_cut(chain_of(recording), recording.signal(), others)
        for recording in (bench.questioned(person, 0, name) for person in test)
    ]
    cuts = Counter(chain.low_cut_hz for chain in found if chain.low_cut_hz is not None)
    print(
        f"| {name} | {len(found)} | {cuts.total()} | {dict(sorted(cuts.items()))} |",
        flush=True,
    )


def done_already(rows: Path) -> set[tuple[str, float, str, int, int, int]]:
    """What stands in the rows: a run that was stopped goes on from there."""
    if not rows.exists():
        return set()
    found = [json.loads(line) for line in rows.read_text().splitlines()]
    of_half = ("condition", "length_s", "calibrated", "half")
    return {
        (*(row[key] for key in of_half), row.get("split", 0), row.get("part", 0)) for row in found
    }


def run(bench: Bench, name: str, lengths: list[float], ways: list[str], rows: Path) -> None:
    for number, population, test in bench.halves():
        first = {
            (name, length_s, way, number, bench.split, 0) for length_s in lengths for way in ways
        }
        if "case" not in ways and first <= done_already(rows):
            continue  # the other ways have one part
        started = time.monotonic()
        embedder, parts, sides = half(bench, name, population, test)
        prepared = time.monotonic() - started
        for way in ways:
            for part, make in enumerate(parts[way]):
                done = done_already(rows)
                missing = [
                    length_s
                    for length_s in lengths
                    if (name, length_s, way, number, bench.split, part) not in done
                ]
                if not missing:
                    continue
                began = time.monotonic()
                for length_s, row in tried(embedder, make(), sides, missing).items():
                    row |= {
                        "condition": name,
                        "length_s": length_s,
                        "calibrated": way,
                        "half": number,
                        "split": bench.split,
                        "part": part,
                        "refused": len(test) - len(sides[0]),
                        "prepare_s": round(prepared, 1),
                        "run_s": round(time.monotonic() - began, 2),
                        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                    }
                    with rows.open("a") as file:
                        file.write(json.dumps(row) + "\n")
                    print(name, length_s, way, number, part, row["run_s"], "s", flush=True)


def show(rows: Path) -> None:
    """The table, both halves together; and whether any trial went beyond the bounds of its system."""
    every = [json.loads(line) for line in rows.read_text().splitlines()]
    together = _together([row for row in every if not row.get("split")])
    print(
        "| condition | net speech | calibrated on | same | different | EER | Cllr | min | cal | refused "
        "| room |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    trials = beyond = 0
    for (name, length_s, calibrated), found in together.items():
        same = np.concatenate([np.array(row["same"]) for row in found])
        different = np.concatenate([np.array(row["different"]) for row in found])
        trials += same.size + different.size
        beyond += sum(int(str(row["beyond"])) for row in found)
        in_room = float(np.mean([row["in_room"] for row in found]))
        its = cost(same, different)
        print(
            f"| {name} | {length_s:g} s | {calibrated} | {same.size} | {different.size} "
            f"| {100 * its.equal_error_rate:.1f} % | {its.cllr:.3f} | {its.cllr_min:.3f} "
            f"| {its.cllr_cal:.3f} | {sum(int(str(row.get('refused', 0))) for row in found)} "
            f"| {in_room:.0%} |"
        )
    print(f"\n{beyond} of {trials:,} held-out trials beyond the bounds of their validation")
    print("\nCllr less that of clean, and 95 % over draws of speakers:\n")
    print("| condition | net speech | calibrated on | difference | 95 % |\n|---|---|---|---|---|")
    for way in MATCHED:
        for name, length_s, matched, clean in _beside_clean(together, way):
            low, middle, high = difference(matched, clean)
            print(
                f"| {name} | {length_s:g} s | {way} | {middle:+.4f} | {low:+.3f} to {high:+.3f} |"
            )
    show_splits(every)


def show_splits(every: list[Row]) -> None:
    """Cllr of matched and of clean for each way of dealing the same people into halves."""
    splits = sorted({row.get("split", 0) for row in every})
    if len(splits) < 2:
        return
    print("\nThe people dealt into halves in other ways, Cllr:\n")
    print("| condition | net speech | split | matched | clean | difference |")
    print("|---|---|---|---|---|---|")
    for split in splits:
        together = _together([row for row in every if row.get("split", 0) == split])
        for name, length_s, *both in _beside_clean(together, "matched"):
            ours, clean = (_cllr(rows) for rows in both)
            print(
                f"| {name} | {length_s:g} s | {split} | {ours:.4f} | {clean:.4f} "
                f"| {ours - clean:+.4f} |"
            )


def _beside_clean(
    together: Together, way: str
) -> Iterator[tuple[str, float, list[Row], list[Row]]]:
    """Condition, length, and the rows of a way and of clean, in the trials that both have."""
    for (name, length_s, calibrated), matched in together.items():
        clean = {row["half"]: row for row in together.get((name, length_s, "clean"), [])}
        both = [(row, clean[row["half"]]) for row in matched if row["half"] in clean]
        if calibrated == way and both:
            ours = [row for row, _ in both]
            yield name, length_s, ours, [_only(row, other["same_of"]) for other, row in both]


def _only(row: Row, questioned: list[int]) -> Row:
    """The trials of a row in which one of these people was questioned."""
    same = np.isin(row["same_of"], questioned)
    different = np.isin(np.array(row["different_of"])[:, 0], questioned)
    chosen = {"same": same, "same_of": same, "different": different, "different_of": different}
    return row | {key: np.array(row[key])[which] for key, which in chosen.items()}


def _cllr(rows: list[Row]) -> float:
    same, different = (
        np.concatenate([row[side] for row in rows]) for side in ("same", "different")
    )
    return cllr(same, different)


def _together(rows: list[Row]) -> Together:
    """By condition, length and calibration, a row for each half, whatever parts it came in."""
    parts: dict[tuple[str, float, str, int], list[Row]] = {}
    for row in rows:
        key = row["condition"], row["length_s"], row["calibrated"], row["half"]
        parts.setdefault(key, []).append(row)
    found: Together = {}
    for (*of_both, _), its in parts.items():
        lists = {key: [each for row in its for each in row[key]] for key in TRIALS}
        counted = {
            "beyond": sum(row["beyond"] for row in its),
            "in_room": float(np.mean([row["in_room"] for row in its])),
        }
        name, length_s, calibrated = of_both
        found.setdefault((name, length_s, calibrated), []).append(its[0] | lists | counted)
    return found


def difference(matched: list[Row], clean: list[Row]) -> tuple[float, float, float]:
    """What matching adds to Cllr, and its 95 % interval: low, as it is, high.

    Both are of the same trials; the speakers of each half are drawn with replacement.
    """
    random = np.random.default_rng(1)

    def weighted(rows: list[Row], drawn: list[Doubles]) -> float:
        same = [weights[row["same_of"]] for row, weights in zip(rows, drawn, strict=True)]
        both = [np.array(row["different_of"]) for row in rows]
        different = [
            weights[each[:, 0]] * weights[each[:, 1]]
            for each, weights in zip(both, drawn, strict=True)
        ]
        return cllr(
            np.concatenate([row["same"] for row in rows]),
            np.concatenate([row["different"] for row in rows]),
            np.concatenate(same),
            np.concatenate(different),
        )

    def drawn() -> list[Doubles]:
        counts = [1 + max(row["same_of"]) for row in matched]
        return [random.multinomial(n, np.full(n, 1 / n)).astype(float) for n in counts]

    def once(weights: list[Doubles]) -> float:
        return weighted(matched, weights) - weighted(clean, weights)

    low, high = np.percentile([once(drawn()) for _ in range(DRAWS)], [2.5, 97.5])
    return float(low), once([np.ones(1 + max(row["same_of"])) for row in matched]), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("run", "show", "told", "coverage", "time", "peer"))
    parser.add_argument("--lengths", type=float, nargs="+", default=[20.0, 10.0, 5.0])
    parser.add_argument("--turns", type=int, choices=(1, 2), default=2)
    parser.add_argument("--halves", type=int, choices=(0, 1), nargs="+", default=[0, 1])
    parser.add_argument("--conditions", nargs="+", default=[])
    parser.add_argument("--calibrated", nargs="+", choices=WAYS, default=QUICK)
    parser.add_argument(
        "--split", type=int, default=0, help="people are dealt by this seed; 0: in order"
    )
    parser.add_argument("--keep", type=Path, default=Path("who-bench"))
    parser.add_argument("--runs", type=int, default=who_coverage.RUNS, help="of coverage")
    parser.add_argument("--python", type=Path, help="of an environment that has resemblyzer")
    given = parser.parse_args()
    rows = given.keep / "who.jsonl"
    if given.what == "show":
        show(rows)
    elif given.what == "coverage":
        who_coverage.show(given.runs)
    elif given.what == "time":
        who_time.show(DATA, given.keep)
    else:
        given.keep.mkdir(parents=True, exist_ok=True)
        bench = Bench(DATA, given.keep, given.turns, given.halves, split=given.split)
        for name in given.conditions or bench.conditions:
            if given.what == "told":
                told(bench, name)
            elif given.what == "run":
                run(bench, name, given.lengths, given.calibrated, rows)
            else:
                who_peer.run(bench, name, given.lengths, given.python, given.keep)
        if given.what == "peer":
            show(given.keep / "peer.jsonl")


if __name__ == "__main__":
    main()
