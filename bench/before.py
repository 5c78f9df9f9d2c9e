"""How fast a case in its folder is, now and at an earlier commit: ``python -m bench.before f101178^``.

The default is the last commit at which there were no cases on servers. Both versions do the same with cases
of their own, in processes of their own, turn by turn, so that whatever else the machine does falls on both.
Each turn makes a case, acts on it 20 times, then opens, reads, examines and verifies it. Beside the time on
the wall stands the processor's, which other work disturbs less; that of examining processes is not in it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_TURN = """
import json, sys, time
import earwitness
folder, tape = sys.argv[1], sys.argv[2]
taken = {}
def timed(what, act):
    began, worked = time.perf_counter(), time.process_time()
    found = act()
    now = (time.perf_counter() - began, time.process_time() - worked)
    taken.setdefault(what, []).append(now)
    return found
case = timed("make a case", lambda: earwitness.new(folder, questioned=[tape], who="bench"))
for number in range(20):
    timed("act (a mark)", lambda: case.mark("tape.wav", 0.0, 0.5, str(number)))
for _ in range(20):
    opened = timed("open", lambda: earwitness.open(folder, who="bench"))
    timed("read log and exhibits", lambda: (opened.custody, opened.exhibits))
timed("examine (container, quality)", lambda: list(case.examine(["container", "quality"])))
for _ in range(5):
    timed("examine what is known", lambda: list(case.examine(["container", "quality"])))
    timed("verify", case.verify)
print(json.dumps(taken))
"""


def turn(source: Path, folder: Path, tape: Path) -> dict[str, list[list[float]]]:
    """What one version takes, on the wall and of the processor, by what it does."""
    environment = {**os.environ, "PYTHONPATH": str(source)}
    environment.pop("EARWITNESS_STORE", None)
    done = subprocess.run(
        [sys.executable, "-c", _TURN, str(folder), str(tape)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, list[list[float]]] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print the medians of both, and the quotient."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("commit", nargs="?", default="f101178^")
    parser.add_argument("--turns", type=int, default=10)
    asked = parser.parse_args()
    sys.path[:0] = [str(ROOT / "tests")]
    import sounds  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        archive = subprocess.run(
            ["git", "archive", asked.commit, "src"], cwd=ROOT, capture_output=True, check=True
        ).stdout
        with tarfile.open(fileobj=BytesIO(archive)) as packed:
            packed.extractall(work / "before", filter="data")
        tape = sounds.write_wav(work / "tape.wav", sounds.tone(1.0))
        sources = {"before": work / "before" / "src", "now": ROOT / "src"}
        taken: dict[str, dict[str, list[list[float]]]] = {"before": {}, "now": {}}
        for number in range(asked.turns):
            for version in ("before", "now") if number % 2 else ("now", "before"):
                for what, times in turn(
                    sources[version], work / f"{version}{number}.case", tape
                ).items():
                    taken[version].setdefault(what, []).extend(times)
        for what in taken["now"]:
            said = []
            for which, name in enumerate(("wall", "processor")):
                before, now = (
                    statistics.median(each[which] for each in taken[version][what]) * 1e3
                    for version in ("before", "now")
                )
                said.append(f"{name} {before:.1f} ms before, {now:.1f} ms now")
            print(f"{what}: {'; '.join(said)} (n={len(taken['now'][what])})", flush=True)


if __name__ == "__main__":
    main()
