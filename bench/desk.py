"""How long the desk takes to show a long recording, and whether it serves twenty people at once.

    .venv/bin/python bench/desk.py pages [--length "32 minutes"]
    .venv/bin/python bench/desk.py users --users 20 --seconds 120

Recordings are the demo's, repeated without coding them anew. The desk runs in a process of its own, on
loopback. ``pages`` opens the listening page in Chromium and waits until waveform and spectrogram are
drawn and the sound can be played. ``users`` sends what browsers send: pages, pieces of plots, ranges of
sound, a mark now and then, with half a second of thought between.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
from playwright.sync_api import sync_playwright

import earwitness

SOUND = Path(__file__).parents[1] / "demo" / "sounds" / "questioned.opus"
LENGTHS = {"32 minutes": 1_920, "10 hours": 36_000}
ROUNDS = 5
THOUGHT_S = 0.5


def make(folder: Path, name: str, seconds: int) -> str:
    """A case with one recording of that length, ready to be listened to; give the recording's hash."""
    path = folder / f"{name}.opus"
    repeated = ["-stream_loop", str(seconds // 169), "-i", SOUND, "-c", "copy", "-t", str(seconds)]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *repeated, path], check=True)
    began = time.monotonic()
    case = earwitness.new(folder / f"{name}.case", questioned=[path])
    added = time.monotonic()
    for _ in case.prepare(case.exhibits[0].sha256):
        pass
    print(
        f"{name}: added in {added - began:.1f} s, made ready in {time.monotonic() - added:.1f} s, "
        f"{path.stat().st_size / 1e6:.0f} MB",
        flush=True,
    )
    path.unlink()
    return case.exhibits[0].sha256


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A desk in a process of its own; gives its address."""
    command = [sys.executable, "-m", "earwitness.cli", "serve", str(folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1].rstrip("/")
    finally:
        status = Path(f"/proc/{process.pid}/status").read_text()
        print("the desk's peak memory:", re.findall(r"VmHWM:\s+(.+)", status)[0])
        process.terminate()
        process.wait()


def pages(folder: Path, lengths: list[str]) -> None:
    """Print how long it takes until a recording is drawn and can be played."""
    hashes = {name: make(folder, name, LENGTHS[name]) for name in lengths}
    with served(folder) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, sha256 in hashes.items():
            times = []
            for _ in range(ROUNDS):
                page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
                began = time.monotonic()
                page.goto(f"{address}/cases/{name}.case/listen/{sha256}")
                page.wait_for_selector("#player[data-drawn=yes]")
                times.append(time.monotonic() - began)
                page.close()
            print(f"{name}: drawn after {sorted(times)[ROUNDS // 2]:.2f} s (median of {ROUNDS}; "
                  f"{min(times):.2f} to {max(times):.2f})", flush=True)  # fmt: skip


async def user(
    number: int, address: str, sha256: str, until: float, log: list[tuple[int, float]]
) -> None:
    """One person at work until the time is over."""
    chance = random.Random(number)
    case = f"{address}/cases/32 minutes.case"
    here = f"{case}/listen/{sha256}"
    limits = httpx.Limits(keepalive_expiry=30)
    async with httpx.AsyncClient(
        headers={"accept": "text/html"}, timeout=60, limits=limits
    ) as client:
        first = await client.get(f"{address}/")
        found = re.search(r'name="csrf" content="(\w+)"', first.text)
        token = found.group(1) if found else ""
        while time.monotonic() < until:
            begin = chance.randrange(60_000_000)
            asked = chance.choice(
                [
                    case,
                    f"{case}/custody",
                    f"{case}/dossier",
                    f"{case}/questions/what",
                    here,
                    "peaks",
                    "sound",
                ]
            )
            began = time.monotonic()
            if asked == "peaks":
                paths = [f"{here}/facts", f"{here}/peaks/3/0", f"{here}/peaks/0/{chance.randrange(29)}",
                         *(f"{here}/tiles/0/{chance.randrange(460)}" for _ in range(4))]  # fmt: skip
                answers = await asyncio.gather(*(client.get(path) for path in paths))
            elif asked == "sound":
                wanted = {"range": f"bytes={begin}-{begin + 500_000}"}
                answers = [await client.get(f"{here}/sound.wav", headers=wanted)]
            elif chance.random() < 0.02:
                mark = {"start_s": "1", "end_s": "2", "label": str(number), "csrf": token}
                answers = [await client.post(f"{here}/marks", data=mark)]
            else:
                answers = [await client.get(asked)]
            seconds = time.monotonic() - began
            log.extend((answer.status_code, seconds) for answer in answers)
            await asyncio.sleep(THOUGHT_S * 2 * chance.random())


def users(folder: Path, count: int, seconds: float) -> None:
    """Print how many answers there were, how many were errors, and how long they took."""
    sha256 = make(folder, "32 minutes", LENGTHS["32 minutes"])
    case = earwitness.open(folder / "32 minutes.case")
    for examined in case.examine(["container", "quality"]):
        print(examined.method, examined.outcome.kind, f"{examined.seconds:.1f} s", flush=True)
    log: list[tuple[int, float]] = []

    async def all_of_them(address: str) -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(user(each, address, sha256, until, log) for each in range(count)))

    with served(folder) as address:
        asyncio.run(all_of_them(address))
    wrong = [status for status, _ in log if status >= 400]
    times = sorted(taken for _, taken in log)
    print(f"{count} users, {seconds:.0f} s: {len(log)} answers, {len(wrong)} errors; median "
          f"{statistics.median(times):.3f} s, 95 % {times[int(0.95 * len(times))]:.3f} s, "
          f"longest {times[-1]:.2f} s")  # fmt: skip
    assert case.verify().is_whole


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("what", choices=("pages", "users"))
    parser.add_argument("--length", choices=LENGTHS, action="append")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.what == "pages":
            pages(Path(folder), asked.length or list(LENGTHS))
        else:
            users(Path(folder), asked.users, asked.seconds)


if __name__ == "__main__":
    main()
