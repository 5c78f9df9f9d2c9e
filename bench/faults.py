"""What harm does to a case: flipped bits, edits, kills, and several processes at once.

Run all of it with ``python -m bench.faults``; it prints a table. The tests run the same functions
with smaller counts.

1. Flips: one bit of a copied case is turned round, in an exhibit, in the bytes of case.db or of its
   seal, or in one value of a row of the log, the outcomes, the dossier or the list of exhibits.
   After an edit of a row the database is sealed anew, so that only the chain of hashes can find it.
   ``verify`` is to find each, and nothing in cases that were not touched.
2. Kills: a process makes a case, adds, examines and reports; it and its workers are ended by
   SIGKILL at a random moment. The case is to be whole, to open, and to be finished by the same acts.
3. Together: several processes do that to one case at once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import wave
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

import earwitness
from earwitness.errors import CaseNotFound
from earwitness.store.seal import write_seal

ROOT = Path(__file__).resolve().parents[1]
RATE_HZ = 16_000
TABLES = {
    "custody": ("number", "at", "who", "act", "changes", "exhibits", "details", "versions",
                "previous", "hash"),
    "custody_head": ("number", "hash"),
    "outcomes": ("key", "method", "parameters", "consulted", "outcome", "outcome_sha256",
                 "versions", "examined_at", "seconds"),
    "exhibits": ("sha256", "name", "size"),
    "statements": ("id", "document", "statement"),
    "dossier_acts": ("number", "kind", "who", "at", "payload"),
}  # fmt: skip
ONLY = ("container", "quality")  # enough for the faults; others would only take longer
WHERE = ("exhibit", "case.db", "case.db.seal", *TABLES)


@dataclass(frozen=True, slots=True)
class Flip:
    """One bit that was turned round, and what verify said of it."""

    where: str
    what: str
    found: tuple[str, ...]


def make_case(folder: Path, sounds: list[Path]) -> Path:
    """A case of some recordings and a document, examined, drafted and reported."""
    case = earwitness.new(folder, questioned=sounds[:1], title="Faults", who="ada@desk")
    list(case.add(sounds[1:], "known", speaker="Berta"))
    list(case.examine(ONLY))
    article = folder.with_name("article.txt")
    article.write_text("Berta was born in Tal Sabah in 1971, according to a ministry statement.\n")
    case.draft(article)
    case.dossier.accept(list(case.dossier.read().statements)[:1])
    case.report("html")
    return folder


def write_sounds(folder: Path, count: int, *, seconds: float = 1.0) -> list[Path]:
    """Recordings that all differ, as WAV files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
        tone = 9_000 * np.sin(2 * np.pi * (200 + 37 * number) * at_s)
        tone += np.random.default_rng(number).normal(0, 300, at_s.size)
        path = folder / f"sound_{number}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(tone.astype("<i2").tobytes())
        paths.append(path)
    return paths


def flips(case: Path, work: Path, count: int, *, seed: int = 1) -> Iterator[Flip]:
    """Turn one bit round in so many copies of a case, in turn in each kind of place."""
    drawn = random.Random(seed)
    for number in range(count):
        copy = work / f"flip_{number}.case"
        shutil.copytree(case, copy)
        where = WHERE[number % len(WHERE)]
        if where in TABLES:
            what = flip_in_row(copy, where, drawn)
        else:
            what = flip_in_file(_file(copy, where, drawn), drawn)
        problems = earwitness.verify(copy).problems
        yield Flip(where, what, tuple(str(problem) for problem in problems))
        shutil.rmtree(copy)


def _file(case: Path, where: str, drawn: random.Random) -> Path:
    if where == "exhibit":
        return drawn.choice(sorted((case / "exhibits").iterdir()))
    return case / where


def flip_in_file(path: Path, drawn: random.Random) -> str:
    """Turn one bit of a file round; say which."""
    bit = drawn.randrange(path.stat().st_size * 8)
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(bit // 8)
        (byte,) = file.read(1)
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))
    return f"bit {bit} of {path.name[:12]}"


def flip_in_row(case: Path, table: str, drawn: random.Random) -> str:
    """Turn one bit of one value of a table round, and seal the database anew; say which."""
    database = case / "case.db"
    column = drawn.choice(TABLES[table])
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        rows = connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
        rowid, value = drawn.choice(rows)
        if column == "changes":
            changed: object = 1 - value
        elif isinstance(value, int):
            changed = value ^ 1 << drawn.randrange(40)
        elif isinstance(value, float):
            changed = float(np.nextafter(value, np.inf))
        else:
            raw = bytearray(value.encode())
            bit = drawn.randrange(len(raw) * 8)
            raw[bit // 8] ^= 1 << bit % 8
            changed = bytes(raw)
        written = "CAST(? AS TEXT)" if isinstance(changed, bytes) else "?"
        connection.execute(
            f"UPDATE {table} SET {column} = {written} WHERE rowid = ?", (changed, rowid)
        )
    write_seal(database, case / "case.db.seal")
    return f"{column} of row {rowid} of {table}"


def untouched(work: Path, count: int, *, seed: int = 1) -> int:
    """Make so many cases by different acts; in how many does verify find something?"""
    drawn = random.Random(seed)
    sounds = write_sounds(work / "sounds", 12, seconds=0.6)
    found = 0
    for number in range(count):
        folder = work / f"untouched_{number}.case"
        case = earwitness.new(folder, questioned=[sounds[number % 12]], title=f"Nr. {number}")
        for _ in range(drawn.randrange(5)):
            act = drawn.choice(("add", "withdraw", "edit", "report", "examine"))
            if act == "add":
                list(case.add(drawn.sample(sounds, 2), drawn.choice(("known", "archive"))))
            elif act == "withdraw" and case.exhibits:
                case.withdraw(drawn.choice(case.exhibits).sha256)
            elif act == "edit":
                path = case.path / "case.toml"
                path.write_text(path.read_text() + "# edited\n")
            elif act == "report":
                case.report(drawn.choice(("html", "json")))
            elif number % 5 == 0:
                list(case.examine(ONLY))
        found += not earwitness.verify(folder).is_whole
        shutil.rmtree(folder)
    return found


def acts(folder: Path, sounds: list[Path]) -> None:
    """Make a case if it is not there, add, examine, report; run again, it goes on where it stopped."""
    try:
        case = earwitness.open(folder, who="driver")
    except CaseNotFound:
        with contextlib.suppress(earwitness.errors.CaseExists):
            earwitness.new(folder, title="Driven", who="driver")
        case = earwitness.open(folder, who="driver")
    print("made", flush=True)
    for first in range(0, len(sounds), 2):
        for result in case.add(sounds[first : first + 2], "questioned"):
            assert isinstance(result, earwitness.workbench.Added), result
            print("added", flush=True)
        for examined in case.examine(ONLY):
            print(examined.method, flush=True)
        for form in ("html", "json"):
            print(case.report(form).name, flush=True)
    print("done", flush=True)


def start(folder: Path, sounds: list[Path]) -> subprocess.Popen[str]:
    """Start a process that does the acts; it is past its imports when this returns."""
    arguments = [sys.executable, "-m", "bench.faults", "--acts", str(folder), *map(str, sounds)]
    process = subprocess.Popen(
        arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    return process


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a process: its exit code, and what it printed since it began."""
    printed, _ = process.communicate()
    return process.returncode, printed


def kill_all(process: subprocess.Popen[str]) -> None:
    """SIGKILL for a process, its group, and its workers, which have groups of their own."""
    family = [process.pid, *_descendants(process.pid)]
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *_descendants(child)]
    return found


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill some seconds after a step: what was wrong afterwards; nothing, if all was well."""

    step: int
    after_s: float
    was_done: bool
    acts_before: int
    wrong: tuple[str, ...]


def kills(work: Path, count: int, *, seed: int = 1, exhibits: int = 4) -> Iterator[Kill]:
    """Kill so many processes at random moments of their acts, and see what became of the case."""
    drawn = random.Random(seed)
    sounds = write_sounds(work / "sounds", exhibits)
    gaps_s = _gaps(start(work / "whole.case", sounds))
    for number in range(count):
        # A stratum for each kill, so that no part of the acts is left out; then any moment until
        # the next step, however long the machine takes.
        step = int((number + drawn.random()) / count * len(gaps_s))
        after_s = drawn.random() * gaps_s[step]
        yield _kill(work / f"killed_{number}.case", sounds, step, after_s)


def _gaps(process: subprocess.Popen[str]) -> list[float]:
    """How long each step of an undisturbed run takes, in seconds."""
    assert process.stdout is not None
    times = [time.monotonic(), *(time.monotonic() for _ in process.stdout)]
    assert finish(process)[0] == 0
    return [after - before for before, after in pairwise(times)]


def _kill(folder: Path, sounds: list[Path], step: int, after_s: float) -> Kill:
    process = start(folder, sounds)
    assert process.stdout is not None
    seen = "".join(process.stdout.readline() for _ in range(step))
    time.sleep(after_s)
    was_done = process.poll() == 0
    kill_all(process)
    was_made = "made\n" in seen + finish(process)[1]
    wrong, before = [], 0
    try:
        wrong += [f"verify: {problem}" for problem in earwitness.verify(folder).problems]
        before = len(earwitness.open(folder).custody)
    except CaseNotFound as error:
        wrong = [str(error)] if was_made else []  # it was killed before there was a case
    code, _ = finish(start(folder, sounds))
    if code != 0:
        wrong.append(f"the same acts again ended with {code}")
    wrong += _unfinished(folder, len(sounds))
    shutil.rmtree(folder, ignore_errors=True)
    return Kill(step, after_s, was_done, before, tuple(wrong))


def _unfinished(folder: Path, exhibits: int) -> list[str]:
    """What a case lacks that is to hold so many exhibits, each examined once by each method."""
    case, found = earwitness.open(folder), earwitness.verify(folder)
    wrong = [f"verify: {problem}" for problem in found.problems]
    if len(case.exhibits) != exhibits:
        wrong.append(f"{len(case.exhibits)} exhibits of {exhibits}")
    methods = Counter(each.method for each in case.outcomes())
    if not methods or set(methods.values()) != {exhibits}:
        wrong.append(f"outcomes by method: {dict(methods)}")
    if found.outcomes != sum(methods.values()):
        wrong.append(f"{found.outcomes} outcomes were kept for {sum(methods.values())}")
    wrong += [
        f"{each.method} ended in failed"
        for each in case.outcomes()
        if each.outcome.kind == "failed"
    ]
    wrong += [f"{path.name} was left" for path in folder.rglob("*.part")]
    return wrong


def together(work: Path, processes: int, *, sounds_each: int = 4) -> list[str]:
    """Let so many processes do their acts on one case at once; what was wrong afterwards."""
    everything = write_sounds(work / "sounds", processes * sounds_each)
    folder = work / "together.case"
    shutil.rmtree(folder, ignore_errors=True)
    running = [
        # Each has its own recordings, and shares the first two with all others.
        start(folder, everything[:2] + everything[2 + number :: processes])
        for number in range(processes)
    ]
    codes = [finish(process)[0] for process in running]
    wrong = [f"a process ended with {code}" for code in codes if code != 0]
    return wrong + _unfinished(folder, len(everything))


def replays(case: Path, times: int) -> tuple[int, int]:
    """Replay a case so often: outcomes, and those that were the same to the bit."""
    outcomes = same = 0
    for _ in range(times):
        for replayed in earwitness.open(case).replay():
            outcomes += 1
            same += replayed.is_same and replayed.has_same_figures
    return outcomes, same


def reports(case: Path, runs: int) -> int:
    """Report a case in so many processes: how many different HTML and JSON reports came of it."""
    command = """if True:
        import earwitness, sys
        case = earwitness.open(sys.argv[1])
        for form in ("html", "json"):
            case.report(form)
        """
    made = set()
    for _ in range(runs):
        subprocess.run([sys.executable, "-c", command, str(case)], check=True)
        made |= {(case / "reports" / f"report.{form}").read_bytes() for form in ("html", "json")}
    return len(made) - 2


def main() -> None:
    """Run everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=100)
    parser.add_argument("--untouched", type=int, default=100)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--replays", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--acts", nargs="+", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.acts:
        _ = earwitness.open  # loads the workbench: no kill is to be spent on imports
        print("begins", flush=True)
        acts(asked.acts[0], asked.acts[1:])
        return
    with tempfile.TemporaryDirectory(prefix="earwitness-faults-") as name:
        _print_all(asked, Path(name))


def _print_all(asked: argparse.Namespace, work: Path) -> None:
    print("| what | times | as it should be |\n|---|---|---|", flush=True)
    case = make_case(work / "faults.case", write_sounds(work / "sounds", 3))
    if asked.flips:
        done = list(flips(case, work, asked.flips, seed=asked.seed))
        for where in WHERE:
            mine = [flip for flip in done if flip.where == where]
            _row(f"one bit of {where}", len(mine), sum(bool(flip.found) for flip in mine))
        _row("one bit anywhere: found by verify", len(done), sum(bool(f.found) for f in done))
        _explain(f"not found: {flip.what}" for flip in done if not flip.found)
    if asked.untouched:
        found = untouched(work, asked.untouched, seed=asked.seed)
        _row("untouched case: nothing found", asked.untouched, asked.untouched - found)
    if asked.kills:
        ended = list(kills(work, asked.kills, seed=asked.seed))
        _row("kill -9: whole, opens, is finished by the same acts", len(ended),
             sum(not kill.wrong for kill in ended))  # fmt: skip
        _explain(
            f"killed {k.after_s:.2f} s after step {k.step}: {'; '.join(k.wrong)}"
            for k in ended
            if k.wrong
        )
        spread = [kill.acts_before for kill in ended]
        _explain([f"acts in the log at the kill: {sorted(spread)}"])
    if asked.rounds:
        results = [together(work, asked.processes) for _ in range(asked.rounds)]
        _row(f"{asked.processes} processes at once on one case", len(results),
             sum(not wrong for wrong in results))  # fmt: skip
        _explain("; ".join(wrong) for wrong in results if wrong)
    if asked.replays:
        _row("outcome reached again, the same to the bit", *replays(case, asked.replays))
        others = reports(case, asked.replays + 1)
        _row(
            "report made again, the same to the byte",
            asked.replays * 2 + 2,
            asked.replays * 2 + 2 - others,
        )


def _row(what: str, times: int, right: int) -> None:
    print(f"| {what} | {times} | {right} |", flush=True)


def _explain(lines: Iterator[str] | list[str]) -> None:
    for line in lines:
        print(f"  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
