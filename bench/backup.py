"""A back-up under load: ``python -m bench.backup --cases 8 --seconds 120``.

One desk's cases on a throw-away PostgreSQL, each acted on by a thread of its own and examined by a worker.
Meanwhile all cases are put into bags, again and again. When the time is over, the newest bag of each is
restored into another place on the same server. Each restored case must be whole, and its log the beginning
of the log of the case that it was taken from.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import earwitness  # noqa: E402
import servers  # noqa: E402
import sounds  # noqa: E402
from earwitness import workbench  # noqa: E402
from earwitness.store.server import prepare  # noqa: E402
from earwitness.working import Worker  # noqa: E402


class Acting(threading.Thread):
    """Somebody who marks, reads and asks for examinations of one case."""

    def __init__(self, case: workbench.Case, over: threading.Event) -> None:
        super().__init__()
        self.case, self.over = case, over
        self.times: list[float] = []
        self.error = ""

    def run(self) -> None:
        try:
            while not self.over.is_set():
                began = time.monotonic()
                self.case.mark("tape.wav", 0, 0.5)
                self.times.append(time.monotonic() - began)
                if len(self.times) % 5 == 0:
                    self.case.ask(["container", "quality"], again=True)
                assert self.case.custody
                self.over.wait(0.2)
        except earwitness.errors.EarwitnessError as error:
            self.error = str(error)


def back_up(count: int, seconds: float) -> int:
    """Print how many bags were made meanwhile, how long acts took, and whether all is whole again."""
    with servers.started() as cluster, tempfile.TemporaryDirectory() as name:
        prepare(cluster.url(servers.OWNER), grant=servers.ROLE)
        os.environ["EARWITNESS_STORE"] = cluster.url()
        folder = Path(name)
        place, bags, back = folder / "cases", folder / "bags", folder / "back"
        for each in (place, back):
            each.mkdir()
        tape = sounds.write_wav(folder / "tape.wav", sounds.tone(1.0))
        cases = [
            earwitness.new(place / f"{number}.case", questioned=[tape]) for number in range(count)
        ]
        over = threading.Event()
        acting = [Acting(case, over) for case in cases]
        worker = Worker(place, processes=1)
        working = threading.Thread(target=lambda: list(worker.work()))
        for thread in (*acting, working):
            thread.start()
        rounds, took, troubles, until = 0, [], [], time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.monotonic()
            made = list(workbench.back_up(place, bags))
            took.append(time.monotonic() - began)
            troubles += [each.trouble for each in made if each.trouble]
            rounds += 1
        over.set()
        worker.end()
        for thread in (*acting, working):
            thread.join()
        restored = list(workbench.restore(bags, back))
        troubles += [each.trouble for each in restored if each.trouble]
        troubles += [each.error for each in acting if each.error]
        whole = begins = 0
        for case in cases:
            again = earwitness.open(back / case.path.name)
            whole += again.verify().is_whole and case.verify().is_whole
            # Taking it in and moving it to the server are the two acts at its end.
            begins += again.custody[:-2] == case.custody[: len(again.custody) - 2]
        times = sorted(each for thread in acting for each in thread.times)
        print(
            f"{count} cases, {seconds:g} s: {rounds} back-ups, {len(list(bags.iterdir()))} bags, "
            f"{statistics.median(took):.1f} s each; {len(times)} marks meanwhile, "
            f"median {statistics.median(times) * 1e3:.0f} ms, "
            f"95 % under {times[int(len(times) * 0.95)] * 1e3:.0f} ms; {len(troubles)} troubles; "
            f"{whole} of {count} restored and whole, {begins} with the log that they had",
            flush=True,
        )
        for trouble in troubles[:5]:
            print("  ", trouble)
        return 0 if whole == begins == count and not troubles else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=120.0)
    asked = parser.parse_args()
    return back_up(asked.cases, asked.seconds)


if __name__ == "__main__":
    sys.exit(main())
