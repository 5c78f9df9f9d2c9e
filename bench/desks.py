"""Twenty people at four desks of two tenants, over HTTP: ``python -m bench.desks --seconds 300``.

A throw-away PostgreSQL on the loopback holds the cases of two tenants. Each tenant has two desks on one
place, and a worker. Everybody reads pages of their tenant's cases, marks, asks for examinations through the
queue, and asks for a page of the other tenant's case, whose folder somebody copied into their place: that
must not be shown. In the end nothing may wait, and each case must be whole.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2 as httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import earwitness  # noqa: E402
import servers  # noqa: E402
import sounds  # noqa: E402
from earwitness.store.jobs import Queue  # noqa: E402
from earwitness.store.server import Server, prepare  # noqa: E402

TENANTS, CASES, THOUGHT_S = ("north", "south"), 3, 1.0
_PROGRAM = [sys.executable, "-m", "earwitness.cli"]
Answer = tuple[str, int, float]  # what was asked for, status, seconds


@contextmanager
def started(tenant: str, *words: str) -> Iterator[str]:
    """A desk or a worker of a tenant, in a process of its own; gives the first line that it says."""
    environment = {**os.environ, "EARWITNESS_DESK": tenant}
    process = subprocess.Popen(
        [*_PROGRAM, *words], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline() if words[0] == "serve" else ""
    finally:
        process.terminate()
        process.communicate(timeout=60)


async def person(number: int, address: str, until: float, log: list[Answer]) -> None:
    """One person at work until the time is over."""
    chance = random.Random(number)
    async with httpx.AsyncClient(headers={"accept": "text/html"}, timeout=60) as client:
        found = re.search(r'name="csrf" content="(\w+)"', (await client.get(address)).text)
        form = {"csrf": found.group(1) if found else ""}
        while time.monotonic() < until:
            case = f"{address}/cases/{chance.randrange(CASES)}.case"
            what = chance.choices(
                ("glance", "custody", "report/preview", "examine", "guess"), (5, 3, 2, 1, 2)
            )[0]
            began = time.monotonic()
            if what == "examine":
                asked = {**form, "only": chance.choice(("container", "quality")), "again": "true"}
                answer = await client.post(f"{case}/examine", data=asked)
            elif what == "guess":
                answer = await client.get(f"{address}/cases/theirs.case")
            else:
                answer = await client.get(case if what == "glance" else f"{case}/{what}")
            log.append((what, answer.status_code, time.monotonic() - began))
            await asyncio.sleep(2 * THOUGHT_S * chance.random())


def place_of(folder: Path, tenant: str, tape: Path) -> Path:
    """A tenant's cases."""
    os.environ["EARWITNESS_DESK"] = tenant
    place = folder / tenant
    place.mkdir()
    for number in range(CASES):
        earwitness.new(place / f"{number}.case", questioned=[tape], who=tenant)
    return place


def desks(people: int, seconds: float) -> int:
    """Print how many answers there were, how many were wrong, and how long they took."""
    with servers.started() as cluster, tempfile.TemporaryDirectory() as name, ExitStack() as open_:
        prepare(cluster.url(servers.OWNER), grant=servers.ROLE)
        os.environ["EARWITNESS_STORE"] = cluster.url()
        folder, log = Path(name), list[Answer]()
        tape = sounds.write_wav(folder / "tape.wav", sounds.voice(3.0))
        places = {tenant: place_of(folder, tenant, tape) for tenant in TENANTS}
        for tenant, other in zip(TENANTS, reversed(TENANTS), strict=True):
            shutil.copytree(places[other] / "0.case", places[tenant] / "theirs.case")
        addresses = []
        for tenant in TENANTS:
            words = ("store", "work", str(places[tenant]), "--processes", "1")
            open_.enter_context(started(tenant, *words))
            for _ in range(2):
                said = open_.enter_context(
                    started(tenant, "serve", str(places[tenant]), "--port", "0")
                )
                addresses.append(said.split()[-1].rstrip("/"))

        async def all_of_them() -> None:
            until = time.monotonic() + seconds
            turns = (person(each, addresses[each % 4], until, log) for each in range(people))
            await asyncio.gather(*turns)

        asyncio.run(all_of_them())
        waiting = whole = 0
        for tenant in TENANTS:
            os.environ["EARWITNESS_DESK"] = tenant
            queue, deadline = Queue(Server.here()), time.monotonic() + 120
            while queue.listed() and time.monotonic() < deadline:
                time.sleep(0.5)
            waiting += len(queue.listed())
            cases = [earwitness.open(places[tenant] / f"{each}.case") for each in range(CASES)]
            whole += sum(case.verify().is_whole for case in cases)
    return tell(people, seconds, log, waiting, whole)


def tell(people: int, seconds: float, log: list[Answer], waiting: int, whole: int) -> int:
    """Print it; give the exit code."""
    seen = sum(what == "guess" and status == 200 for what, status, _ in log)
    wrong = Counter(
        (what, status) for what, status, _ in log if what != "guess" and status not in (200, 303)
    )
    refused = Counter(status for what, status, _ in log if what == "guess")
    times = sorted(taken for _, _, taken in log)
    print(
        f"{people} people, 4 desks, 2 tenants, {seconds:g} s: {len(log)} answers, "
        f"{sum(wrong.values())} wrong {dict(wrong)}; median {statistics.median(times) * 1e3:.0f} ms, "
        f"95 % under {times[int(len(times) * 0.95)] * 1e3:.0f} ms, longest {times[-1]:.1f} s; "
        f"another tenant's case: shown {seen} times, refused {dict(refused)}; "
        f"{waiting} jobs left; {whole} of {CASES * len(TENANTS)} cases whole"
    )
    return 1 if wrong or seen or waiting or whole != CASES * len(TENANTS) else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=300.0)
    asked = parser.parse_args()
    return desks(asked.people, asked.seconds)


if __name__ == "__main__":
    sys.exit(main())
