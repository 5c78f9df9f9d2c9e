"""The bench of voice comparison: likelihood ratios for speakers that nothing was learnt from.

    EARWITNESS_DATA=FOLDER python bench/who.py run [--lengths 20 10 5] [--turns 1] [--keep FOLDER]
    python bench/who.py show [--keep FOLDER]
    EARWITNESS_DATA=FOLDER python bench/who.py told [--keep FOLDER]
    python bench/who.py coverage
    EARWITNESS_DATA=FOLDER python bench/who.py time [--keep FOLDER]
    EARWITNESS_DATA=FOLDER python bench/who.py peer --python PEER/bin/python [--keep FOLDER]

The speakers of speechocean762 are split in two halves. Each half is the population of the other: its
speakers are sent through the chains that the workbench itself detects in every third questioned
recording of the other half (``matched``). ``clean`` is the same system with a population as it was
received; ``true``, one whose recordings went through the very condition, as no case could know it. All
trials of a half - every questioned recording against every known one - are then compared. Rows are
written as they come, and what was computed is kept in the folder of ``--keep``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import who_coverage
import who_peer
import who_time
from heard_conditions import Floats
from who_data import (
    Person,
    all_of,
    conditions,
    people,
    questioned_recording,
    readers,
    sound_recording,
)

from earwitness.examinations._voice_conditions import (
    BESIDE_SPEECH_S,
    Conditions,
    a_few,
    first_part,
    of_most,
)
from earwitness.examinations.voice import LEAST_SNR_DB
from earwitness.signal.chains import Chain, chain_of, send_through
from earwitness.signal.low_cut import with_low_cut
from earwitness.signal.recording import BASE_RATE_HZ, Recording
from earwitness.signal.speech import Speech
from earwitness.voices.comparison import log10_lr_of
from earwitness.voices.embedder import Embedder, embedded_for
from earwitness.voices.mel import STEP_S, frame_count
from earwitness.voices.metrics import Doubles, cost
from earwitness.voices.population import Speaker, Spoken, durations, joined
from earwitness.voices.validation import Validated, try_out

DATA = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
CALIBRATED = ("matched", "clean", "true")
ENOUGH = 0.8  # of the length asked for, or the person is not in the trial


class Bench:
    """The people and the conditions, with what was computed of them in a folder."""

    def __init__(self, data: Path, folder: Path, turns: int, halves: int) -> None:
        self.people = people(data)
        self.folder = folder
        self.turns = range(turns)
        self._halves = halves
        self._spoken: dict[tuple[str, str], Spoken] = {}
        crowd = [reader.whole for reader in readers(data)[-10:]]
        self.conditions = conditions(crowd)

    def halves(self) -> Iterator[tuple[list[Person], list[Person]]]:
        """Population and test people, both ways round."""
        yield self.people[0::2], self.people[1::2]
        if self._halves == 2:
            yield self.people[1::2], self.people[0::2]

    def questioned(self, person: Person, turn: int, name: str) -> Recording:
        return questioned_recording(person, turn, name, self.conditions[name], self.folder)

    def known(self, person: Person, turn: int) -> Recording:
        name = f"known {person.name} {turn}"
        return sound_recording(name, lambda: person.turns[turn][1], self.folder)

    def whole(self, person: Person) -> Recording:
        return sound_recording(f"whole {person.name}", lambda: person.whole, self.folder)

    def spoken(self, recording: Recording, embedder: Embedder) -> Spoken:
        """The features of a recording, kept for the next condition of the same band."""
        key = (recording.exhibit.sha256, embedder.key)
        if key not in self._spoken:
            signal = np.asarray(recording.signal())
            in_speech = recording.speech.mask(frame_count(signal.size), STEP_S)
            self._spoken[key] = joined([(embedder.features(signal, in_speech), in_speech)])
        return self._spoken[key]

    def through(self, person: Person, chain: Chain, name: str, seed: int) -> Recording:
        """A person of the population, brought into the conditions of a questioned recording."""
        whole = self.whole(person)

        def sound() -> Floats:
            given = np.asarray(whole.signal())
            return send_through(
                given, chain, sample_rate_hz=BASE_RATE_HZ, speech=whole.speech, seed=seed
            )

        return sound_recording(f"through {name} {person.name}", sound, self.folder)


def is_refused(chain: Chain) -> bool:
    """Whether voice_v1 would not compare such a recording: too much noise, or what it takes for noise."""
    return chain.snr_db is not None and chain.snr_db < LEAST_SNR_DB


def few(bench: Bench, population: list[Person]) -> list[tuple[Floats, Speech]]:
    """The beginnings of a few people of a population, beside whom conditions are told."""
    return [first_part(bench.whole(person), BESIDE_SPEECH_S) for person in a_few(population)]


def told(bench: Bench, name: str) -> None:
    """In how many recordings of a condition a cut of low frequencies is told, beside others."""
    population, test = next(bench.halves())
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


Sides = list[list[tuple[Spoken, Spoken]]]


def half(
    bench: Bench,
    name: str,
    population: list[Person],
    test: list[Person],
    embedder_for: Callable[[float | None, float | None], Embedder] = embedded_for,
) -> tuple[Embedder, dict[str, list[Speaker]], Sides]:
    """The population in each way, and for each turn the test people's questioned and known."""
    heard = [(person, bench.questioned(person, 0, name)) for person in test]
    heard = [each for each in heard if not is_refused(chain_of(each[1]))]
    test = [person for person, _ in heard]
    others = few(bench, population)
    chains = [
        Conditions(
            with_low_cut(chain_of(recording), recording.signal(), others),
            {"": with_low_cut(chain_of(known), known.signal(), others)},
        )
        for recording, known in ((each, bench.known(person, 0)) for person, each in heard[::3])
    ]
    questioned = [[bench.questioned(person, turn, name) for person in test] for turn in bench.turns]
    embedder = embedder_for(
        of_most([each.cut_off_hz for each in chains]), of_most([each.low_cut_hz for each in chains])
    )
    speakers: dict[str, list[Speaker]] = {"matched": [], "clean": [], "true": []}
    for number, person in enumerate(population):
        known = bench.spoken(bench.whole(person), embedder)
        its = chains[number % len(chains)]
        sent = bench.through(person, its.questioned, f"questioned {name}", 2 * number)
        beside = bench.through(person, its.known_for(0), f"known {name}", 2 * number + 1)
        as_questioned, as_known = bench.spoken(sent, embedder), bench.spoken(beside, embedder)
        speakers["clean"].append(Speaker(person.name, known, known))
        speakers["matched"].append(Speaker(person.name, as_known, as_questioned))
        very = bench.questioned(all_of(person), 0, name)
        speakers["true"].append(Speaker(person.name, known, bench.spoken(very, embedder)))
    sides = [
        [
            (
                bench.spoken(recording, embedder),
                bench.spoken(bench.known(person, turn), embedder),
            )
            for person, recording in zip(test, questioned[turn], strict=True)
        ]
        for turn in bench.turns
    ]
    return embedder, speakers, sides


def done_already(rows: Path) -> set[tuple[str, float, str, int]]:
    """What stands in the rows: a run that was stopped goes on from there."""
    if not rows.exists():
        return set()
    found = [json.loads(line) for line in rows.read_text().splitlines()]
    return {(row["condition"], row["length_s"], row["calibrated"], row["half"]) for row in found}


def run(bench: Bench, name: str, lengths: list[float], rows: Path) -> None:
    for number, (population, test) in enumerate(bench.halves()):
        wanted = {
            (name, length_s, calibrated, number)
            for length_s in lengths
            for calibrated in CALIBRATED
        }
        if wanted <= done_already(rows):
            continue
        started = time.monotonic()
        embedder, speakers, sides = half(bench, name, population, test)
        prepared = time.monotonic() - started
        for length_s in lengths:
            for calibrated in CALIBRATED:
                if (name, length_s, calibrated, number) in done_already(rows):
                    continue
                began = time.monotonic()
                row = tried(embedder, speakers[calibrated], sides, length_s)
                row |= {
                    "condition": name,
                    "length_s": length_s,
                    "calibrated": calibrated,
                    "half": number,
                    "refused": len(test) - len(sides[0]),
                    "prepare_s": round(prepared, 1),
                    "run_s": round(time.monotonic() - began, 2),
                    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                }
                with rows.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print(name, length_s, calibrated, number, row["run_s"], "s", flush=True)


def tried(
    embedder: Embedder, speakers: list[Speaker], sides: Sides, length_s: float
) -> dict[str, object]:
    known_s = float(np.median([known.seconds for turn in sides for _, known in turn]))
    wanted = durations(speakers, questioned_s=length_s, known_s=known_s)
    systems = try_out(embedder, speakers, wanted)
    validated = Validated(systems.trials, len(speakers))
    same: list[Doubles] = []
    different: list[Doubles] = []
    compare_s = 0.0
    for turn in sides:
        used = [pair for pair in turn if pair[0].seconds >= ENOUGH * length_s]
        began = time.monotonic()
        scores = systems.scores(
            [questioned.rows[: round(100 * length_s)] for questioned, _ in used],
            [known.rows for _, known in used],
        )
        log10_lr = log10_lr_of(validated, scores)
        compare_s += time.monotonic() - began
        is_same = np.eye(len(used), dtype=bool)
        same.append(log10_lr[is_same])
        different.append(log10_lr[~is_same])
    return {
        "same": np.round(np.concatenate(same), 4).tolist(),
        "different": np.round(np.concatenate(different), 4).tolist(),
        "bounds": validated.bounds,
        "way": validated.way,
        "system": embedder.name,
        "durations_s": [wanted.questioned_s, wanted.known_s],
        "validated": [validated.cost.cllr, validated.cost.cllr_min],
        "comparisons_a_second": round(sum(each.size for each in (*same, *different)) / compare_s),
    }


def show(rows: Path) -> None:
    """The table, both halves together; and whether any trial went beyond the bounds of its system."""
    together: dict[tuple[str, float, str], list[dict[str, object]]] = {}
    for line in rows.read_text().splitlines():
        row = json.loads(line)
        together.setdefault((row["condition"], row["length_s"], row["calibrated"]), []).append(row)
    print(
        "| condition | net speech | calibrated on | same | different | EER | Cllr | min | cal | refused |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    trials = beyond = 0
    for (name, length_s, calibrated), found in together.items():
        same = np.concatenate([np.array(row["same"]) for row in found])
        different = np.concatenate([np.array(row["different"]) for row in found])
        for row in found:
            values = np.array([*row["same"], *row["different"]])  # type: ignore[misc]
            low, high = row["bounds"]  # type: ignore[misc]
            trials += values.size
            beyond += int(((values < low - 1e-4) | (values > high + 1e-4)).sum())
        its = cost(same, different)
        print(
            f"| {name} | {length_s:g} s | {calibrated} | {same.size} | {different.size} "
            f"| {100 * its.equal_error_rate:.1f} % | {its.cllr:.3f} | {its.cllr_min:.3f} "
            f"| {its.cllr_cal:.3f} | {sum(int(str(row.get('refused', 0))) for row in found)} |"
        )
    print(f"\n{beyond} of {trials:,} held-out trials beyond the bounds of their validation")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("run", "show", "told", "coverage", "time", "peer"))
    parser.add_argument("--lengths", type=float, nargs="+", default=[20.0, 10.0, 5.0])
    parser.add_argument("--turns", type=int, choices=(1, 2), default=2)
    parser.add_argument("--halves", type=int, choices=(1, 2), default=2)
    parser.add_argument("--conditions", nargs="+", default=[])
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
        bench = Bench(DATA, given.keep, given.turns, given.halves)
        for name in given.conditions or bench.conditions:
            if given.what == "told":
                told(bench, name)
            elif given.what == "run":
                run(bench, name, given.lengths, rows)
            else:
                who_peer.run(bench, name, given.lengths, given.python, given.keep)
        if given.what == "peer":
            show(given.keep / "peer.jsonl")


if __name__ == "__main__":
    main()
