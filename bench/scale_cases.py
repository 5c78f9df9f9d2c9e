"""Examinations on a cluster: what they take, and what kills do to them.

    EARWITNESS_DATA=FOLDER python bench/scale_cases.py cases [--cases 6] [--seconds 30] [--rounds 1]
    EARWITNESS_DATA=FOLDER python bench/scale_cases.py voice [--people 40] [--seconds 30] [--rounds 1]
    EARWITNESS_DATA=FOLDER python bench/scale_cases.py kills [--runs 24]

1. Cases: so many cases, each of a recording of real speech that stands in an archive, are examined with
   every examination, one case after the other: by processes of this machine, by a cluster of it, and by
   a running scheduler with workers on loopback ports. Each way starts with new cases and an empty cache,
   and must reach the same outcomes, by their hashes.
2. Voice: one case with a population of so many people, as ``earwitness voice validate`` does it, in the
   same ways: one examination, whose population all workers bring into the recording's conditions.
3. Kills: while a case is examined on a scheduler with two workers, one of these, the scheduler or
   whoever asks is ended by SIGKILL at a random moment. What was ended is started again, and so is the
   command if it ended with an error. In the end the case is whole, each examination has been noted once,
   and the outcomes are those of a case that was examined undisturbed.

Beside the clock, which other work on a machine disturbs, stands the processor time of all processes that
took part.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "engine"), str(ROOT / "bench")]

import numpy as np  # noqa: E402
from heard_conditions import RATE_HZ  # noqa: E402
from heard_data import load, split, write_wavs  # noqa: E402
from scale_archive import DATA, WAYS, ended_once, forty, timed, way  # noqa: E402

import earwitness  # noqa: E402
from earwitness.archive import build  # noqa: E402
from earwitness.engine.cluster import Cluster  # noqa: E402
from earwitness.evidence.exhibit import Role  # noqa: E402
from earwitness.workbench import Case  # noqa: E402

VICTIMS = ("worker", "scheduler", "who asks")
_EXAMINE = "from earwitness.cli.main import main; main()"


def new_case(folder: Path, recording: Path, archive: Path) -> Case:
    """A case of a recording, to be looked for in an archive."""
    case = earwitness.new(folder, questioned=[recording])
    path = case.path / "case.toml"
    path.write_text(path.read_text().replace("archives = []", f'archives = ["{archive}"]'))
    return case


def hashes(case: Case) -> dict[tuple[str, str], str]:
    """What each examination of each exhibit has ended in, as a hash."""
    return {(each.exhibit, each.method): each.stored_sha256 for each in case.outcomes()}


def material(folder: Path, seconds: float) -> tuple[list[Path], Path]:
    """Recordings of real speech, and an archive of them."""
    forty(split(load(DATA)), folder / "sounds", seconds / 60)
    build.build(folder / "archive", [folder / "sounds"], calibrate=False)
    return sorted((folder / "sounds").iterdir()), folder / "archive"


def cases(count: int, seconds: float, rounds: int) -> None:
    """Examine so many cases with everything."""
    with tempfile.TemporaryDirectory(prefix="earwitness-scale-", dir="/var/tmp") as name:
        folder = Path(name)
        recordings, archive = material(folder, seconds)
        chosen = recordings[:count]
        in_all_ways(
            folder,
            lambda place: [new_case(place / f"{each.stem}.case", each, archive) for each in chosen],
            only=(),
            rounds=rounds,
        )


def voices(people: int, seconds: float, rounds: int) -> None:
    """Validate on a population of so many people."""
    sounds = {name: sound for name, sound in load(DATA).items() if name.startswith("speechocean")}
    length = round(seconds * RATE_HZ)
    (one, sound), *others = ((name, sound) for name, sound in sounds.items() if sound.size > length)
    assert len(others) >= people, f"{len(others)} people say so much"
    parts = {name: sound[:length] for name, sound in others[:people]}
    with tempfile.TemporaryDirectory(prefix="earwitness-scale-", dir="/var/tmp") as name:
        folder = Path(name)
        half = sound.size // 2
        write_wavs({"questioned": sound[:half], "known": sound[half:]}, folder / "one")
        write_wavs(parts, folder / "population")

        def make(place: Path) -> list[Case]:
            case = earwitness.new(place / "a.case", questioned=[folder / "one" / "questioned.wav"])
            case.add_file(folder / "one" / "known.wav", Role.KNOWN, speaker=one)
            for path in sorted((folder / "population").iterdir()):
                case.add_file(path, Role.POPULATION, speaker=path.stem)
            return [case]

        in_all_ways(folder, make, only=("voice",), rounds=rounds)


def in_all_ways(
    folder: Path, make: Callable[[Path], list[Case]], *, only: Sequence[str], rounds: int
) -> None:
    """Examine new cases in each way, all ways in every round; the least of the rounds is told."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    reached = set()
    for number in range(rounds):
        for kind, workers in WAYS:
            new = make(folder / f"{kind}-{workers}-{number}")
            row = {"engine": kind, "workers": workers, **one_way(new, kind, workers, folder, only)}
            reached.add(str([sorted(hashes(case).items()) for case in new]))
            known = rows.setdefault((kind, workers), row)
            known |= {key: min(known[key], row[key]) for key in ("s", "cpu_s")}
            print(number, row, flush=True)
    assert len(reached) == 1, "the ways differ"
    print(f"the same outcomes in all ways; least of {rounds}:")
    for known in rows.values():
        print(known)


def one_way(
    new: list[Case], kind: str, workers: int, folder: Path, only: Sequence[str]
) -> dict[str, Any]:
    """Examine each case: what that takes, and how many outcomes there are."""
    with way(kind, workers, folder) as engine:
        assert engine is None or isinstance(engine, Cluster)

        def examine_all() -> None:
            for case in new:
                if engine is None:
                    path = case.path / "case.toml"
                    path.write_text(f"{path.read_text()}\n[settings]\nworkers = {workers}\n")
                for _ in case.examine(only, cluster=engine):
                    pass

        _, took_s, cpu_s = timed(examine_all)
    outcomes = sum(len(hashes(case)) for case in new)
    return {"s": round(took_s, 1), "cpu_s": round(cpu_s, 1), "outcomes": outcomes}


def kills(runs: int) -> None:
    """End a part of an examination at a random moment, again and again."""
    random, whole, hits = np.random.default_rng(7), 0, 0
    with tempfile.TemporaryDirectory(prefix="earwitness-scale-", dir="/var/tmp") as name:
        folder = Path(name)
        recordings, archive = material(folder, 15.0)
        undisturbed = new_case(folder / "undisturbed.case", recordings[0], archive)
        for _ in undisturbed.examine():
            pass
        wanted = hashes(undisturbed)
        for number in range(runs):
            victim, delay_s = VICTIMS[number % len(VICTIMS)], float(random.uniform(1.0, 9.0))
            case = new_case(folder / f"{number}.case", recordings[0], archive)
            hit, commands = ended_once(
                victim, delay_s, folder, lambda at, path=case.path: started(at, path, folder)
            )
            faults = faults_of(case, wanted)
            whole, hits = whole + (not faults), hits + hit
            print(
                f"{number} {victim} after {delay_s:.1f} s: {'hit' if hit else 'too late'}, "
                f"{commands} commands, {faults or 'whole'}",
                flush=True,
            )
    print(f"{whole} of {runs} whole, {hits} hit a running command")


def faults_of(case: Case, wanted: dict[tuple[str, str], str]) -> list[str]:
    """What is lost, doubled, damaged or other than it should be."""
    faults = [str(problem) for problem in case.verify().problems]
    if hashes(case) != wanted:
        faults.append("OTHER OUTCOMES")
    noted = Counter(entry.act for entry in case.custody)["examine"]
    return faults + ([f"{noted} outcomes noted"] if noted != len(wanted) else [])


def started(engine: str, case: Path, folder: Path) -> subprocess.Popen[bytes]:
    """The command, under way."""
    words = ["examine", str(case), "--engine", engine]
    with (folder / "examine.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-c", _EXAMINE, *words], stderr=log, stdout=log)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("cases", "voice", "kills"))
    parser.add_argument("--cases", type=int, default=6)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--runs", type=int, default=24)
    given = parser.parse_args()
    if given.what == "cases":
        cases(given.cases, given.seconds or 30.0, given.rounds)
    elif given.what == "voice":
        voices(given.people, given.seconds or 30.0, given.rounds)
    else:
        kills(given.runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
