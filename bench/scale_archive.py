"""Archives on a cluster, and how they grow: the measurements under ``docs/scale.md``.

    EARWITNESS_DATA=FOLDER python bench/scale_archive.py engines [--rounds 3] [--minutes 3]
    EARWITNESS_DATA=FOLDER python bench/scale_archive.py index [--hours 10 100 1000]
    EARWITNESS_DATA=FOLDER python bench/scale_archive.py growth [--hours 10 100 1000 10000]
    python bench/scale_archive.py opening
    python bench/scale_archive.py hashing
    EARWITNESS_DATA=FOLDER python bench/scale_archive.py kills [--runs 25]

1. Engines: forty files of real speech are made into an archive by processes of this machine, by a
   cluster of this machine, and by a running scheduler with workers on loopback ports. Each must give
   the same bytes. Then an archive of sixteen segments is searched by each: the same result.
2. Index: fingerprints of an hour each (filler, see ``heard_scale``) go through all of a build but the
   decoding: gathered, written, joined.
3. Growth: a recording of 32 minutes is looked for in archives of real speech and filler, in this
   process; what is made once, what each segment takes, and what comes after, apart.
4. Opening and hashing: what an archive of many short recordings takes to open, and a file to hash.
5. Kills: while forty files are made into an archive on a scheduler with two workers, one of these, the
   scheduler or whoever builds is ended by SIGKILL at a random moment. What was ended is started again,
   and so is the build if it ended with an error. In the end the archive has the bytes that it has when
   nothing is ended.

Rows are printed, and those of 1 to 4 kept in ``bench/scale_archive.json``, from which
``scale_model.py`` calculates. Beside the clock, which other work on a machine disturbs, stands the
processor time of all processes that took part.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "engine"), str(ROOT / "bench")]

import clusters  # noqa: E402
import numpy as np  # noqa: E402
import psutil  # noqa: E402
from heard_conditions import RATE_HZ  # noqa: E402
from heard_data import Split, load, split, write_wavs  # noqa: E402
from heard_scale import KnownKeys, drawn, fill, start_archive, tape  # noqa: E402

from earwitness.archive import build, candidates, index, search, segment  # noqa: E402
from earwitness.archive.background import Background  # noqa: E402
from earwitness.archive.fingerprint import sha256_of  # noqa: E402
from earwitness.archive.segment import Fingerprint, Known  # noqa: E402
from earwitness.archive.sharing import Engine  # noqa: E402
from earwitness.archive.spectrum import FRAME_S, Floats  # noqa: E402
from earwitness.archive.taking import File  # noqa: E402
from earwitness.engine.cluster import engine_named  # noqa: E402

DATA = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
KEPT = ROOT / "bench" / "scale_archive.json"
FILES = 40
_OPEN = """
import json, sys, time
from pathlib import Path
import psutil
from earwitness.archive import index
me = psutil.Process()
before, began = me.memory_info().rss, time.process_time()
archive = index.open_archive(Path(sys.argv[1]))
took, grown = time.process_time() - began, me.memory_info().rss - before
print(json.dumps({"cpu_s": round(took, 3), "bytes": grown}))
"""
_BUILD = """
import sys
from pathlib import Path
from earwitness.archive.build import build
from earwitness.engine.cluster import engine_named
address, out, sounds = sys.argv[1:]
with engine_named(address, workers=1) as engine:
    build(
        Path(out), [Path(sounds)], engine=engine, workers=1, calibrate=False, segment_hours=0.05
    )
"""
VICTIMS = ("worker", "scheduler", "builder")
WAYS = (("processes", 1), ("processes", 2), ("dask", 1), ("dask", 2), ("scheduler", 4))


def keep(part: str, rows: list[dict[str, Any]]) -> None:
    """Write rows to the file that the model reads; other parts of it stay."""
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    kept[part] = rows
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")


def processor_s() -> float:
    """Processor time of this process, of those that it started, and of those that these did."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = time.process_time() + ended.ru_utime + ended.ru_stime
    for process in psutil.Process().children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What work gives, and what it took by the clock and of the processor."""
    began, worked = time.perf_counter(), processor_s()
    result = work()
    return result, time.perf_counter() - began, processor_s() - worked


@contextmanager
def way(kind: str, workers: int, folder: Path) -> Iterator[Engine | None]:
    """An engine, ready to work."""
    if kind == "scheduler":
        with (
            clusters.running(folder, workers) as scheduler,
            engine_named(scheduler.address) as found,
        ):
            while found is not None and found.ahead < 4 * workers:
                time.sleep(0.5)
            yield found
    else:
        with engine_named(kind, workers=workers) as found:
            yield found


def engines(rounds: int, minutes: float) -> None:
    """Build and search in each way, all ways in every round; the least of the rounds is kept."""
    recordings = split(load(DATA))
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="earwitness-scale-", dir="/var/tmp") as name:
        folder = Path(name)
        hours = forty(recordings, folder / "sounds", minutes)
        start_archive(recordings, folder / "searched", folder / "wavs")
        known = KnownKeys.of(recordings.archived)
        rng = np.random.default_rng(11)
        fill(folder / "searched", 200.0, known, rng, segment_hours=12.5)
        query = question(recordings, rng)
        states, results = set(), set()
        for number in range(rounds):
            for kind, workers in WAYS:
                out = folder / f"{kind}-{workers}-{number}"
                with way(kind, workers, folder) as engine:
                    took = one_way(engine, workers, folder, out, query)
                states.add(took.pop("state"))
                results.add(took.pop("result"))
                row = rows.setdefault((kind, workers), {"engine": kind, "workers": workers, **took})
                row |= {key: min(value, took[key]) for key, value in row.items() if key in took}
                print(number, row, flush=True)
                shutil.rmtree(out)
    assert len(states) == len(results) == 1, "the ways differ"
    keep("engines", [{**row, "hours": round(hours, 3), "rounds": rounds} for row in rows.values()])


def one_way(
    engine: Engine | None, workers: int, folder: Path, out: Path, query: Floats
) -> dict[str, Any]:
    """What a build and a search take, and what came out."""
    _, build_s, build_cpu_s = timed(
        lambda: build.build(
            out, [folder / "sounds"], workers=workers, engine=engine, calibrate=False,
            segment_hours=0.5,
        )
    )  # fmt: skip
    archive = index.open_archive(folder / "searched")
    found, search_s, search_cpu_s = timed(lambda: asked(archive, query, engine))
    return {
        "build_s": round(build_s, 2),
        "build_cpu_s": round(build_cpu_s, 2),
        "search_s": round(search_s, 2),
        "search_cpu_s": round(search_cpu_s, 2),
        "segments_searched": len(archive.segments),
        "state": index.state_of(out),
        "result": json.dumps([stretch.to_json() for stretch in found]),
    }


def asked(archive: index.Archive, query: Floats, engine: Engine | None) -> Any:
    """Search as the command does."""
    return search.search(
        [query],
        archive,
        background=Background.of(archive.manifest.background),
        most_probable_error=1e-5,
        engine=engine,
    )


def forty(recordings: Split, folder: Path, minutes: float) -> float:
    """Forty files of real speech of so many minutes; gives their hours."""
    sound = np.concatenate(list(recordings.archived.values()))
    length = round(minutes * 60 * RATE_HZ)
    parts = {f"{n:02d}": np.roll(sound, -n * 12_701)[:length] for n in range(FILES)}
    return write_wavs(parts, folder) / 3600


def question(recordings: Split, rng: np.random.Generator) -> Floats:
    """The tape of 32 minutes that ``heard_scale`` asks with."""
    planted = [name for name, sound in recordings.archived.items() if sound.size > 25 * RATE_HZ]
    return tape(recordings, planted[:5], rng)


def gathered(hours: list[float]) -> None:
    """Write archives of filler, hour by hour, as a build does."""
    known = KnownKeys.of(split(load(DATA)).archived)
    rows = []
    for target in hours:
        rng = np.random.default_rng(7)
        with tempfile.TemporaryDirectory(prefix="earwitness-scale-", dir="/var/tmp") as name:
            folder = Path(name) / "index"
            clock_s = cpu_s = 0.0
            with index.changing(folder):
                limits = build._Limits(50 * 3600.0, 5_000, 16 << 30)
                gathering = build._Gathering(folder, int(target), None, limits)
                for number in range(int(target) + 1):
                    each = filler(known, rng, number)  # which does not count
                    began, worked = time.perf_counter(), time.process_time()
                    if number < target:
                        gathering.take(File(Path(each.known.name), 1, each.known.sha256), each)
                    else:
                        gathering.write()
                    clock_s += time.perf_counter() - began
                    cpu_s += time.process_time() - worked
            archive = index.open_archive(folder)
            rows.append(
                {
                    "hours": round(archive.seconds / 3600, 1),
                    "cpu_s": round(cpu_s, 2),
                    "s": round(clock_s, 2),
                    "bytes": sum(item.bytes for item in archive.segments),
                    "segments": len(archive.segments),
                }
            )
            print(rows[-1], flush=True)
            keep("index", rows)


def filler(known: KnownKeys, rng: np.random.Generator, number: int) -> Fingerprint:
    """The fingerprint of an hour that nobody said."""
    frames = int(3600 / FRAME_S)
    what = Known(f"{number:064x}", f"filler {number}", 3600.0, frames)
    keys = drawn(known, what.patches, rng)
    prints = rng.integers(0, 2**32, what.prints, dtype=np.uint32)
    return Fingerprint(what, keys, np.arange(what.patches, dtype=np.uint32), prints)


def growth(hours: list[float]) -> None:
    """Search archives of ever more hours in this process, and tell what each part takes."""
    recordings = split(load(DATA))
    rng = np.random.default_rng(11)
    planted = [name for name, sound in recordings.archived.items() if sound.size > 25 * RATE_HZ]
    others = {n: s for n, s in recordings.archived.items() if n not in planted[:5]}
    known, query, rows = KnownKeys.of(others), question(recordings, rng), []
    with tempfile.TemporaryDirectory(prefix="earwitness-scale-", dir="/var/tmp") as name:
        for target in hours:
            folder = Path(name) / f"index-{target:g}"
            start_archive(recordings, folder, Path(name) / "wavs")
            fill(folder, target, known, rng, segment_hours=min(1_000.0, max(target, 1.0)))
            rows.append(searched_in_parts(folder, query))
            print(rows[-1], flush=True)
            keep("growth", rows)
            shutil.rmtree(folder)


def searched_in_parts(folder: Path, query: Floats) -> dict[str, Any]:
    """What a search takes of the processor: for its probes, for each segment, and for the rest."""
    archive = index.open_archive(folder)
    spent: dict[str, list[float]] = {"probes": [], "segment": []}
    sizes: list[int] = []
    make, look = candidates.sorted_probes, candidates.look_up_probes

    def made(*given: Any, **named: Any) -> Any:
        began = time.process_time()
        probes = make(*given, **named)
        spent["probes"].append(time.process_time() - began)
        sizes.append(int(probes.size))
        return probes

    def looked(*given: Any, **named: Any) -> Any:
        began = time.process_time()
        rows = look(*given, **named)
        spent["segment"].append(time.process_time() - began)
        return rows

    candidates.sorted_probes, candidates.look_up_probes = made, looked
    try:
        began = time.process_time()
        found = asked(archive, query, None)
        cpu_s = time.process_time() - began
    finally:
        candidates.sorted_probes, candidates.look_up_probes = make, look
    shards = len(archive.segments)
    per_shard = np.array(spent["segment"]).reshape(-1, shards).sum(axis=0)
    largest = max(range(shards), key=lambda n: archive.segments[n].seconds)
    return {
        "hours": round(archive.seconds / 3600, 1),
        "bytes": sum(item.bytes for item in archive.segments),
        "segments": shards,
        "segment_hours": round(archive.segments[largest].seconds / 3600, 1),
        "probes": sum(sizes),
        "cpu_s": round(cpu_s, 3),
        "probes_cpu_s": round(sum(spent["probes"]), 3),
        "segment_cpu_s": round(float(np.median(per_shard[per_shard > 0.2 * per_shard.max()])), 4),
        "rest_cpu_s": round(cpu_s - sum(spent["probes"]) - float(per_shard.sum()), 3),
        "found": len(found),
    }


def opening() -> None:
    """How long an archive takes to open, and in what memory, by the recordings in it."""
    rows = []
    for count in (10_000, 100_000, 300_000):
        with tempfile.TemporaryDirectory(prefix="earwitness-scale-", dir="/var/tmp") as name:
            folder = Path(name) / "index"
            known = [Known(f"{n:064x}", f"message {n}.opus", 1.536, 96) for n in range(count)]
            empty = np.zeros(0, np.uint32)
            with index.changing(folder):
                made = segment.write_sorted(
                    index.folder_of_segments(folder),
                    recordings=known,
                    landmarks=0,
                    parts=iter([(empty, empty)]),
                    prints=(np.zeros(each.prints, np.uint32) for each in known),
                )
                index.write_manifest(folder, index.Manifest(segments=(index.listed(*made),)))
            del known
            index.open_archive(folder)  # and hashed, which later ones are not
            told = subprocess.run(
                [sys.executable, "-c", _OPEN, str(folder)], capture_output=True, check=True
            )
            rows.append({"recordings": count, **json.loads(told.stdout)})
            print(rows[-1], flush=True)
    keep("opening", rows)


def hashing() -> None:
    """How fast whoever asks hashes files, of which the build has each hashed once."""
    with tempfile.NamedTemporaryFile(dir="/var/tmp") as file:
        file.write(np.random.default_rng(1).bytes(512 << 20))
        file.flush()
        sha256_of(Path(file.name))
        began = time.process_time()
        sha256_of(Path(file.name))
        took = time.process_time() - began
    rows = [{"bytes": 512 << 20, "cpu_s": round(took, 3)}]
    print(rows)
    keep("hashing", rows)


def kills(runs: int) -> None:
    """End a part of a build at a random moment, again and again."""
    random = np.random.default_rng(5)
    whole = hits = 0
    with tempfile.TemporaryDirectory(prefix="earwitness-scale-", dir="/var/tmp") as name:
        folder = Path(name)
        forty(split(load(DATA)), folder / "sounds", 0.25)
        _started("processes", folder / "reference", folder).wait()
        wanted = index.state_of(folder / "reference")
        for number in range(runs):
            victim, delay_s = VICTIMS[number % len(VICTIMS)], float(random.uniform(1.0, 8.0))
            out = folder / f"archive-{number}"
            hit, builds = ended_once(
                victim, delay_s, folder, lambda engine, out=out: _started(engine, out, folder)
            )
            same = index.state_of(out) == wanted
            whole, hits = whole + same, hits + hit
            print(
                f"{number} {victim} after {delay_s:.1f} s: {'hit' if hit else 'too late'}, "
                f"{builds} builds, {'the same bytes' if same else 'OTHER BYTES'}",
                flush=True,
            )
    print(f"{whole} of {runs} whole, {hits} hit a running build")


def ended_once(
    victim: str, delay_s: float, folder: Path, start: Callable[[str], subprocess.Popen[bytes]]
) -> tuple[bool, int]:
    """Start a command, end the victim, and start it until it is done.

    Parameters
    ----------
    victim : str
        ``worker``, ``scheduler``, or anything else for the command itself.
    delay_s : float
        When.
    folder : Path
        For logs.
    start : callable
        Starts the command with an engine's address.

    Returns
    -------
    bool, int
        Whether a running command was hit, and how many it took.
    """
    with clusters.running(folder, 2) as first:
        command = start(first.address)
        try:
            command.wait(timeout=delay_s)
        except subprocess.TimeoutExpired:
            hit = True
        else:
            hit = False
        ended = {"worker": first.workers[0], "scheduler": first.process}
        ended.get(victim, command).kill()
        if victim == "worker":
            first.add(1)
        if command.wait(timeout=300) == 0:
            return hit, 1
    with clusters.running(folder, 2) as second:
        for number in range(2, 5):
            if start(second.address).wait(timeout=300) == 0:
                return hit, number
    raise AssertionError("the command does not come to its end")


def _started(engine: str, out: Path, folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "build.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", _BUILD, engine, str(out), str(folder / "sounds")], stderr=log
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "what", choices=("engines", "index", "growth", "opening", "hashing", "kills")
    )
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--hours", type=float, nargs="+", default=[10, 100, 1_000])
    given = parser.parse_args()
    if given.what == "engines":
        engines(given.rounds, given.minutes)
    elif given.what == "index":
        gathered(given.hours)
    elif given.what == "growth":
        growth(given.hours)
    elif given.what == "opening":
        opening()
    elif given.what == "kills":
        kills(given.runs)
    else:
        hashing()
    return 0


if __name__ == "__main__":
    sys.exit(main())
