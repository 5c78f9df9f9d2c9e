"""Cases on a PostgreSQL: what kills do to them, how fast many desks work, what an act and a search take.

``python -m bench.scale kills --runs 50``, ``python -m bench.scale desks --seconds 300`` and
``python -m bench.scale acts``. Each starts a throw-away PostgreSQL on the loopback, and prints rows as
they come.

1. Kills: a desk's process makes a case, adds to it, marks, and asks for examinations; two workers carry
   them out. At a random moment one of these is ended by SIGKILL: the desk, a worker, or the database
   with all that works for it. It is started again. In the end each act is in the log once or not at
   all, each examination has one outcome, no job is left, and the case is whole.
2. Desks: each opens its case, lists, reads outcomes and log, marks, and asks for another desk's case by
   its id, which must give nothing.
3. Acts: an act and a search in a folder and on a server, alternating.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import earwitness  # noqa: E402
import servers  # noqa: E402
import sounds  # noqa: E402
from earwitness.errors import EarwitnessError, StoreError  # noqa: E402
from earwitness.store.jobs import Queue  # noqa: E402
from earwitness.store.place import database_of  # noqa: E402
from earwitness.store.said import ServerIndex  # noqa: E402
from earwitness.store.server import Server, ServerDatabase, prepare, write_pointer  # noqa: E402
from earwitness.transcripts import Segment  # noqa: E402
from earwitness.transcripts.index import TranscriptIndex  # noqa: E402

ONLY = ["container", "quality"]
MARKS = 12
VICTIMS = ("desk", "worker", "database")
LEASE_S = 2.0
_DESK = """
import sys, time
import earwitness
from earwitness.errors import CaseNotFound, StoreError
folder, tape, known, only = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4].split(",")
deadline = time.monotonic() + 120
while True:
    try:
        try:
            case = earwitness.open(folder, who="desk")
        except CaseNotFound:
            case = earwitness.new(folder, who="desk")
        case.add_file(tape, "questioned")
        case.add_file(known, "known", speaker="Ada")
        sha256 = case.exhibit("tape.wav").sha256
        done = {mark.label for mark in case.marks(sha256)}
        for number in range(MARKS):
            if str(number) not in done:
                case.mark("tape.wav", 0, 0.5, str(number))
        case.ask(only)
        break
    except StoreError:
        if time.monotonic() > deadline:
            raise
        time.sleep(0.3)
""".replace("MARKS", str(MARKS))
_WORKER = "from earwitness.cli import main; main()"


class Run:
    """One case, its desk and two workers, as processes of their own."""

    def __init__(self, folder: Path, cluster: servers.Cluster) -> None:
        self.folder, self.cluster = folder, cluster
        self.case = folder / "tape.case"
        sounds.write_wav(folder / "tape.wav", sounds.tone(1.0))
        sounds.write_wav(folder / "known.wav", sounds.tone(0.7, hz=300))
        self.desk = self.start_desk()
        self.workers = [self.start_worker(), self.start_worker()]

    def start_desk(self) -> subprocess.Popen[bytes]:
        tape, known = self.folder / "tape.wav", self.folder / "known.wav"
        words = [sys.executable, "-c", _DESK, str(self.case), str(tape), str(known), ",".join(ONLY)]
        return subprocess.Popen(words, stderr=subprocess.DEVNULL)

    def start_worker(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-c", _WORKER, "store", "work", str(self.folder),
                 "--processes", "1", "--lease", str(LEASE_S)]  # fmt: skip
        return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self, victim: str) -> None:
        """End one of them by SIGKILL, and start it again."""
        if victim == "desk":
            self.desk.kill()
            self.desk.wait()
            self.desk = self.start_desk()
        elif victim == "worker":
            self.workers[0].kill()
            self.workers[0].wait()
            self.workers[0] = self.start_worker()
        else:
            self.cluster.kill()
            time.sleep(0.2)
            self.cluster.start()

    def finish(self) -> None:
        """Wait until the desk is done and no job is left; then end the workers."""
        assert self.desk.wait(180) == 0, "the desk did not come to its end"
        deadline = time.monotonic() + 180
        while Queue(Server.here()).listed():
            assert time.monotonic() < deadline, "jobs are left"
            time.sleep(0.2)
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.wait(30)

    def faults(self) -> list[str]:
        """What is lost, doubled or damaged; nothing, if all is as it should be."""
        case = earwitness.open(self.case)
        found = case.verify()
        faults = [str(problem) for problem in found.problems]
        acts = Counter(entry.act for entry in case.custody)
        wanted = {"new": 1, "add": 2, "mark": MARKS, "examine": 4}
        faults += [f"{acts[act]} of {act}" for act, count in wanted.items() if acts[act] != count]
        with case._folder.database.read() as transaction:
            keys = Counter(each.key for each in transaction.outcomes())
        faults += [f"{count} outcomes of one key" for count in keys.values() if count != 1]
        return faults + ([f"{len(keys)} outcomes"] if len(keys) != 4 else [])


def kills(runs: int, seed: int) -> int:
    """Kill one of them in each of so many runs."""
    chance, bad, hurt = random.Random(seed), 0, Counter[str]()
    with servers.started() as cluster:
        prepare(cluster.url(servers.OWNER), grant=servers.ROLE)
        os.environ["EARWITNESS_STORE"] = cluster.url()
        for number in range(runs):
            victim, after_s = VICTIMS[number % len(VICTIMS)], chance.uniform(0.0, 9.0)
            os.environ["EARWITNESS_DESK"] = f"run-{number}"
            with tempfile.TemporaryDirectory() as folder:
                run = Run(Path(folder), cluster)
                time.sleep(after_s)
                run.kill(victim)
                run.finish()
                faults = run.faults()
            hurt[victim] += 1
            bad += bool(faults)
            print(
                f"run {number + 1}: {victim} killed after {after_s:.2f} s: {faults or 'whole'}",
                flush=True,
            )
    print(f"{runs} runs ({dict(hurt)}): {bad} with a fault")
    return 1 if bad else 0


class DeskAtWork(threading.Thread):
    """One desk that works on its case, and tries to reach another's."""

    def __init__(self, number: int, folder: Path, tone: Path, until: float) -> None:
        super().__init__()
        self.number, self.until = number, until
        self.server = Server(os.environ["EARWITNESS_STORE"], f"desk-{number}")
        os.environ["EARWITNESS_DESK"] = f"desk-{number}"
        self.case = earwitness.new(folder / f"{number}.case", questioned=[tone], who=f"{number}")
        self.other: DeskAtWork = self
        self.times: list[float] = []
        self.errors: list[str] = []
        self.seen = 0

    def run(self) -> None:
        database = self.case._folder.database
        assert isinstance(database, ServerDatabase)
        chance = random.Random(self.number)
        while time.monotonic() < self.until:
            did = chance.choice((self.read, self.read, self.log, self.mark, self.guess))
            began = time.monotonic()
            try:
                did()
            except EarwitnessError as error:
                self.errors.append(str(error))
            self.times.append(time.monotonic() - began)
            time.sleep(chance.uniform(0.0, 1.0))

    def read(self) -> None:
        assert [each.name for each in self.case.exhibits] == ["tone.wav"]
        self.case.outcomes()

    def log(self) -> None:
        assert self.case.custody[0].who == str(self.number)

    def mark(self) -> None:
        self.case.mark("tone.wav", 0, 0.5)

    def guess(self) -> None:
        """Ask for another desk's case by its id: neither opened nor seen."""
        database = self.other.case._folder.database
        assert isinstance(database, ServerDatabase)
        theirs = ServerDatabase(self.case.path, self.server, database.case_id)
        with theirs.read() as transaction:
            self.seen += len(transaction.entries()) + len(transaction.received())
        try:
            theirs.require()
            self.seen += 1
        except EarwitnessError as error:
            if isinstance(error, StoreError):
                raise


def desks(count: int, seconds: float) -> int:
    """Let desks work at once for so long; print how long their requests took."""
    with servers.started() as cluster, tempfile.TemporaryDirectory() as name:
        prepare(cluster.url(servers.OWNER), grant=servers.ROLE)
        os.environ["EARWITNESS_STORE"] = cluster.url()
        folder = Path(name)
        tone = sounds.write_wav(folder / "tone.wav", sounds.tone(1.0))
        until = time.monotonic() + seconds
        at_work = [DeskAtWork(number, folder, tone, until) for number in range(count)]
        for desk in at_work:
            desk.other = at_work[(desk.number + 1) % count]
            desk.until = time.monotonic() + seconds
        for desk in at_work:
            desk.start()
        for desk in at_work:
            desk.join()
        times = sorted(each for desk in at_work for each in desk.times)
        errors = [each for desk in at_work for each in desk.errors]
        whole = 0
        for desk in at_work:
            os.environ["EARWITNESS_DESK"] = desk.server.desk  # verify looks for the case anew
            whole += desk.case.verify().is_whole
        most = times[int(len(times) * 0.95)]
        print(
            f"{count} desks, {seconds:g} s: {len(times)} requests, {len(errors)} errors, median "
            f"{statistics.median(times) * 1e3:.0f} ms, 95 % under {most * 1e3:.0f} ms, "
            f"longest {times[-1] * 1e3:.0f} ms; rows of others seen: {sum(d.seen for d in at_work)}; "
            f"{whole} of {count} cases whole"
        )
        for error in errors[:5]:
            print("  ", error)
        return 1 if errors or whole != count else 0


def acts(rounds: int) -> int:
    """Time acts and searches in a folder and on a server, one after the other."""
    with servers.started() as cluster, tempfile.TemporaryDirectory() as name:
        prepare(cluster.url(servers.OWNER), grant=servers.ROLE)
        folder = Path(name)
        tone = sounds.write_wav(folder / "tone.wav", sounds.tone(1.0))
        os.environ.pop("EARWITNESS_STORE", None)
        in_folder = earwitness.new(folder / "f.case", questioned=[tone])
        os.environ["EARWITNESS_STORE"] = cluster.url()
        on_server = earwitness.new(folder / "s.case", questioned=[tone])
        times: dict[str, list[float]] = {"folder": [], "server": []}
        for _ in range(rounds):
            for where, case in (("folder", in_folder), ("server", on_server)):
                times[where].append(_timed(lambda case=case: case.mark("tone.wav", 0, 0.5)))
        for where, taken in times.items():
            print(f"an act, {where}: median {statistics.median(taken) * 1e3:.1f} ms of {rounds}")
        _searches(folder)
    return 0


def _searches(folder: Path) -> None:
    chance = random.Random(1)
    letters = "abcdefghijklmnop"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(30_000)]
    pointed = folder / "said"
    pointed.mkdir()
    write_pointer(pointed, f"{7:032x}")
    database = database_of(pointed)
    assert isinstance(database, ServerDatabase)
    database.make()
    for count in (1_000, 20_000, 100_000):
        said = [Segment(at, at + 1.0, " ".join(chance.choices(words, k=12))) for at in range(count)]
        shared = ServerIndex(database, f"of {count}")
        shared.make([("a", said)])
        with TranscriptIndex.new(folder / f"{count}.index") as own:
            own.add("a", said)
            queries = [f"{word[:4]}*" for word in chance.sample(words, 30)]
            for where, index in (("folder", own), ("server", shared)):
                taken = [_timed(lambda index=index, q=q: index.search(q)) for q in queries]
                print(f"a search in {count:,} segments, {where}: median "
                      f"{statistics.median(taken) * 1e3:.2f} ms of {len(queries)}", flush=True)  # fmt: skip


def _timed(act: object) -> float:
    began = time.monotonic()
    act()  # type: ignore[operator]
    return time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("kills", "desks", "acts"))
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--desks", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=300.0)
    given = parser.parse_args()
    if given.what == "kills":
        return kills(given.runs, given.seed)
    if given.what == "desks":
        return desks(given.desks, given.seconds)
    return acts(40)


if __name__ == "__main__":
    sys.exit(main())
