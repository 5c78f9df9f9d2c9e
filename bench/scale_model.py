"""What archives of 100,000 and 1,000,000 hours would take: a model of what ``scale_archive`` measured.

``python bench/scale_model.py`` prints the tables of ``docs/scale.md``; with ``--write`` it puts them
there. All that is measured comes from ``bench/scale_archive.json``. What is assumed stands in
``Assumed``, and can be given: ``python bench/scale_model.py --memory-gb 256 --core-hour 0.04``.

1. Build. Fingerprints take a time in proportion to the hours, shared among all cores. Whoever asks
   hashes the files and writes the archive; each join rewrites it, and there are as many as the
   logarithm of the hours to the base of eight. The files are read twice, once by whoever asks. The
   slowest of these three goes on all the time: it is how long a build takes.
2. Search. Probes are made once, of which there are fewer the larger the archive, by the fourth root of
   its landmarks. A segment takes a time in proportion to the probes, plus one for what it holds.
   The rest, which is verifying, is the same for every archive. What a call costs on a cluster is added.
3. Size is in proportion to the hours. Each machine is to hold its share of it in memory.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import scipy.optimize

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "bench" / "scale_archive.json"
PAGE = ROOT / "docs" / "scale.md"
BEGIN, END = "% the tables of bench/scale_model.py begin\n", "% the tables end\n"
# From the program: how segments are made and joined, and how many probes there are.
SEGMENT_HOURS, JOINED, LARGEST_HOURS = 50.0, 8, 2_000.0
LANDMARKS_PER_HOUR = 3600 / 0.064
LARGE_LANDMARKS = 1e7


@dataclass(frozen=True)
class Assumed:
    """What was not measured, but has to be said for a figure in hours, machines and money."""

    cores: float = 16  # of a machine
    memory_gb: float = 128  # of a machine
    core_hour: float = 0.05  # price, in whatever currency
    terabyte_month: float = 25.0  # price of disk
    recordings_mb: float = 29.0  # bytes of an hour of recordings: 64 kbit/s
    disk_mb: float = 500.0  # what the shared disk gives in a second
    network_mb: float = 1_000.0  # what a machine takes in a second
    recording_hours: float = 0.1  # length of a recording


@dataclass(frozen=True)
class Fitted:
    """What was measured, as the numbers of the model."""

    take_s: float  # of a core, for an hour of sound
    write_s: float  # of the core of whoever asks, for an hour, the first time
    join_s: float  # and for each time that it is rewritten
    hash_s: float  # for a megabyte
    bytes_per_hour: float
    probe_s: float  # of whoever asks, for a probe
    probes: float  # for the tape of 32 minutes, as long as the archive is small
    per_probe_s: float  # of a worker, for a probe looked up in a segment
    per_hour_s: float  # and for each hour in it
    rest_s: float
    open_s: float  # for a recording
    open_bytes: float
    cluster: float  # processor time on a cluster over that of own processes


def fitted(kept: dict[str, Any]) -> Fitted:
    """Fit the model to what was measured."""
    ways = {(row["engine"], row["workers"]): row for row in kept["engines"]}
    one, two = ways["processes", 1], ways["dask", 2]
    rows = kept["index"]
    passes = np.array([[1.0, rewritten(row["hours"])] for row in rows])
    write_s, join_s = _least(passes, [row["cpu_s"] / row["hours"] for row in rows])
    grown = kept["growth"]
    looked = np.array([[row["probes"], row["segment_hours"]] for row in grown], float)
    per_probe_s, per_hour_s = _least(looked, [row["segment_cpu_s"] for row in grown])
    largest = max(kept["opening"], key=lambda row: row["recordings"])
    (hashed,) = kept["hashing"]
    small = grown[0]
    return Fitted(
        take_s=one["build_cpu_s"] / one["hours"],
        write_s=write_s,
        join_s=join_s,
        hash_s=hashed["cpu_s"] / (hashed["bytes"] / 1e6),
        bytes_per_hour=rows[-1]["bytes"] / rows[-1]["hours"],
        probe_s=float(np.mean([row["probes_cpu_s"] / row["probes"] for row in grown])),
        probes=small["probes"] / fewer(small["hours"]),
        per_probe_s=per_probe_s,
        per_hour_s=per_hour_s,
        rest_s=float(np.mean([row["rest_cpu_s"] for row in grown])),
        open_s=largest["cpu_s"] / largest["recordings"],
        open_bytes=largest["bytes"] / largest["recordings"],
        cluster=max(1.0, two["build_cpu_s"] / ways["processes", 2]["build_cpu_s"]),
    )


def _least(columns: Any, wanted: list[float]) -> list[float]:
    """The coefficients, none of them negative, that are off by the least in proportion."""
    weight = 1.0 / np.asarray(wanted)
    scale = columns.max(axis=0)
    found, _ = scipy.optimize.nnls(columns / scale * weight[:, None], np.ones(len(wanted)))
    return [float(value) for value in found / scale]


def rewritten(hours: float) -> float:
    """How often, on average, an hour is rewritten by joins until an archive holds so many."""
    total, size = 0.0, SEGMENT_HOURS
    while size < LARGEST_HOURS / 2 and hours >= JOINED * size:
        total += math.floor(hours / (JOINED * size)) * JOINED * size / hours
        size *= JOINED
    return total


def segments(hours: float) -> int:
    """How many segments an archive of so many hours has."""
    left, count, size = hours, 0, SEGMENT_HOURS
    while size < LARGEST_HOURS / 2:
        size *= JOINED
    while size >= SEGMENT_HOURS:
        count += int(left // size)
        left -= left // size * size
        size /= JOINED
    return count + (left > 0)


def fewer(hours: float) -> float:
    """By how much there are fewer probes than in a small archive."""
    return max(hours * LANDMARKS_PER_HOUR / LARGE_LANDMARKS, 1.0) ** -0.25


def built(f: Fitted, a: Assumed, hours: float, machines: int) -> dict[str, float]:
    """How long each part of a build takes, in seconds."""
    return {
        "fingerprints": f.take_s * f.cluster * hours / (machines * a.cores),
        "who asks": (f.write_s + f.join_s * rewritten(hours) + f.hash_s * a.recordings_mb) * hours,
        "reading": 2 * a.recordings_mb * hours / a.disk_mb,
    }


def searched(f: Fitted, a: Assumed, hours: float, machines: int) -> dict[str, float]:
    """How long each part of a search takes, in seconds."""
    probes, shards = f.probes * fewer(hours), segments(hours)
    each = f.per_probe_s * probes + f.per_hour_s * min(hours, 3_200.0)
    rounds = math.ceil(shards / (machines * a.cores))
    return {
        "opening": f.open_s * hours / a.recording_hours,
        "probes": f.probe_s * probes,
        "given": 8 * probes / 1e6 / a.network_mb * max(1, machines - 1),
        "segments": each * rounds,
        "rest": f.rest_s,
    }


def tables(a: Assumed) -> str:
    """All that stands in the documentation, as Markdown."""
    kept = json.loads(KEPT.read_text())
    f = fitted(kept)
    return "\n".join(
        [
            "## Measured\n",
            *measured_tables(kept, f, a),
            "## The numbers of the model\n",
            *model_table(f),
            "## Assumed\n",
            *assumed_table(a),
            "## Carried out to 1,000,000 hours\n",
            *carried_out(f, a),
        ]
    )


def measured_tables(kept: dict[str, Any], f: Fitted, a: Assumed) -> list[str]:
    """The measurements, each beside what the model says of it."""
    ways = kept["engines"]
    base = ways[0]
    lines = [
        f"*By engine:* {base['hours']:g} h of real speech in forty files, and a search of 32 minutes in "
        f"{base['segments_searched']} segments; rounds, of which the least counts: "
        f"{base['rounds']}. Efficiency is the processor time of one process of one's own over that of "
        "all processes of the engine.\n",
        "| engine | workers | build, s | processor, s | efficiency | search, s | processor, s "
        "| efficiency |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in ways:
        lines.append(
            f"| {row['engine']} | {row['workers']} | {row['build_s']:.1f} | {row['build_cpu_s']:.1f} | "
            f"{base['build_cpu_s'] / row['build_cpu_s']:.2f} | {row['search_s']:.1f} | "
            f"{row['search_cpu_s']:.1f} | {base['search_cpu_s'] / row['search_cpu_s']:.2f} |"
        )
    lines += [
        "\n*Writing an archive* of filler, joins included, without decoding:\n",
        "| hours | size | segments | processor, s | s for 1,000 h | model |",
        "|---|---|---|---|---|---|",
    ]
    for row in kept["index"]:
        said = f.write_s + f.join_s * rewritten(row["hours"])
        lines.append(
            f"| {row['hours']:,.0f} | {size_of(row['bytes'])} | {row['segments']} | {row['cpu_s']:.2f} | "
            f"{1000 * row['cpu_s'] / row['hours']:.1f} | {1000 * said:.1f} |"
        )
    lines += [
        "\n*Searching for 32 minutes* in archives of real speech and filler, one process, in the cache:\n",
        "| hours | segments, largest | size | processor, s | making probes | a segment | model "
        "| the rest | found |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in kept["growth"]:
        said = f.per_probe_s * row["probes"] + f.per_hour_s * row["segment_hours"]
        lines.append(
            f"| {row['hours']:,.0f} | {row['segments']}, {row['segment_hours']:,.0f} h | "
            f"{size_of(row['bytes'])} | {row['cpu_s']:.2f} | {row['probes_cpu_s']:.2f} | "
            f"{row['segment_cpu_s']:.2f} | {said:.2f} | {row['rest_cpu_s']:.2f} | {row['found']} |"
        )
    return [*lines, ""]


def model_table(f: Fitted) -> list[str]:
    """The fitted numbers."""
    rows = [
        ("fingerprints of an hour of sound", f"{f.take_s:.2f} s of a core"),
        ("the same on a cluster", f"{f.cluster:.2f} times as much"),
        (
            "writing an hour, and each rewriting",
            f"{1e3 * f.write_s:.1f} and {1e3 * f.join_s:.1f} ms",
        ),
        ("hashing", f"{1e3 * f.hash_s:.2f} ms for a megabyte"),
        ("size", f"{f.bytes_per_hour / 1e6:.2f} MB for an hour"),
        (
            "probes, in a small archive",
            f"{f.probes / 1e6:.1f} million, {1e9 * f.probe_s:.0f} ns each",
        ),
        ("a probe in a segment", f"{1e9 * f.per_probe_s:.0f} ns"),
        ("an hour in a segment", f"{1e3 * f.per_hour_s:.2f} ms"),
        ("verifying and the rest", f"{f.rest_s:.1f} s"),
        (
            "a recording, when an archive is opened",
            f"{1e6 * f.open_s:.1f} µs, {f.open_bytes:.0f} bytes",
        ),
    ]
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows), ""]


def assumed_table(a: Assumed) -> list[str]:
    """The assumptions."""
    said = {
        "cores": "cores of a machine",
        "memory_gb": "GB of memory of a machine",
        "core_hour": "price of a core for an hour",
        "terabyte_month": "price of a TB of disk for a month",
        "recordings_mb": "MB of recordings for an hour of sound",
        "disk_mb": "MB that the shared disk gives in a second",
        "network_mb": "MB that a machine takes from the network in a second",
        "recording_hours": "hours of a recording",
    }
    rows = [f"| {said[each.name]} | {getattr(a, each.name):g} |" for each in fields(a)]
    return ["| | |", "|---|---|", *rows, ""]


def carried_out(f: Fitted, a: Assumed) -> list[str]:
    """Build and search of large archives; not measured, but calculated."""
    lines = [
        "| hours | machines | build, h | held up by | money, build | size | money, a month of disk "
        "| machines for the memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    amounts = [(h, m) for h in (10_000, 100_000, 1_000_000) for m in (1, 4, 16, 64)]
    for hours, machines in amounts:
        parts = built(f, a, hours, machines)
        slowest = max(parts, key=lambda name: parts[name])
        took_h = parts[slowest] / 3600
        size = f.bytes_per_hour * hours
        lines.append(
            f"| {hours:,} | {machines} | {took_h:.1f} | {slowest} | "
            f"{took_h * machines * a.cores * a.core_hour:,.2f} | {size_of(size)} | "
            f"{size / 1e12 * a.terabyte_month:,.2f} | {math.ceil(size / 1e9 / (0.8 * a.memory_gb))} |"
        )
    lines += [
        "",
        "| hours | machines | segments | search for 32 minutes, s | opening | probes, and giving them "
        "| segments | the rest |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for hours, machines in amounts:
        parts = searched(f, a, hours, machines)
        lines.append(
            f"| {hours:,} | {machines} | {segments(hours)} | {sum(parts.values()):.1f} | "
            f"{parts['opening']:.1f} | {parts['probes'] + parts['given']:.1f} | "
            f"{parts['segments']:.1f} | {parts['rest']:.1f} |"
        )
    return [*lines, ""]


def size_of(octets: float) -> str:
    """A size as one reads it."""
    for unit, bytes_of in (("TB", 1e12), ("GB", 1e9)):
        if octets >= bytes_of:
            return f"{octets / bytes_of:.2f} {unit}"
    return f"{octets / 1e6:.1f} MB"


def in_page(page: str, a: Assumed) -> str:
    """The page with the tables in their place."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables(a)}\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    for each in fields(Assumed):
        name = f"--{each.name.replace('_', '-')}"
        parser.add_argument(name, type=float, default=each.default, dest=each.name)
    given = vars(parser.parse_args())
    write = given.pop("write")
    if write:
        PAGE.write_text(in_page(PAGE.read_text(), Assumed()))
    else:
        print(tables(Assumed(**given)))


if __name__ == "__main__":
    main()
