"""Recompression: how often the grid of an earlier codec is found, and seen where there is none.

    EARWITNESS_DATA=FOLDER python bench/whole_codecs.py run --half test --speakers 16 --keep FILE
    python bench/whole_codecs.py table --keep FILE

Each speaker's twenty seconds go through every chain of ``CHAINS``. ``run`` writes one line for each
recording, and goes on where it was stopped; ``table`` prints what they say.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from codec_chains import Floats, carrier, coded, names, rounded

from earwitness.signal import generations

VOIP = {"application": "voip"}
Sound = Callable[[str, np.random.Generator], Floats]


@dataclass(frozen=True)
class Chain:
    """How a file came about: its rate, the codec that it is coded in, and the codecs before that."""

    rate_hz: int
    own: str
    earlier: tuple[str, ...]
    make: Sound


def cut(sound: Floats, rng: np.random.Generator) -> Floats:
    """Take off a random beginning, so that a second grid does not fall on the first."""
    return sound[int(rng.integers(1, 5_000)) :]


def source(rate_hz: int) -> Sound:
    return lambda name, rng: cut(carrier(name, rate_hz), rng)


def through(
    before: Sound, rate_hz: int, codec: str, bits: int | None, options: dict[str, str] | None = None
) -> Sound:
    return lambda name, rng: coded(before(name, rng), rate_hz, codec, bits, options)


def as_wav(before: Sound) -> Sound:
    return lambda name, rng: rounded(cut(before(name, rng), rng))


def mp3(rate_hz: int, kilobits: int | None, **options: str) -> Sound:
    bits = kilobits and 1000 * kilobits
    return through(source(rate_hz), rate_hz, "libmp3lame", bits, options)


def aac(rate_hz: int, kilobits: int, **options: str) -> Sound:
    return through(source(rate_hz), rate_hz, "aac", 1000 * kilobits, options)


def chains() -> dict[str, Chain]:
    """All of them; the speakers' own recordings are lossless."""
    table: dict[str, Chain] = {}
    for rate_hz in (16_000, 44_100, 48_000):
        table[f"WAV {rate_hz / 1000:g} kHz"] = Chain(rate_hz, "", (), source(rate_hz))
    opus = {"Opus 24k voip": (24, VOIP), "Opus 64k": (64, {})}
    for label, (kilobits, options) in opus.items():
        made = through(source(48_000), 48_000, "libopus", 1000 * kilobits, options)
        table[label] = Chain(48_000, "", (), made)
    amr = through(source(8_000), 8_000, "libopencore_amrnb", 12_200)
    table["AMR 12.2k"] = Chain(8_000, "", (), amr)
    vorbis = through(source(44_100), 44_100, "libvorbis", 64_000)
    table["Vorbis 64k 44.1 kHz"] = Chain(44_100, "Vorbis", (), vorbis)
    table["Vorbis 64k 44.1 kHz > WAV"] = Chain(44_100, "", ("Vorbis",), as_wav(vorbis))
    for rate_hz, kilobits in ((16_000, 32), (44_100, 64), (44_100, 128), (48_000, 64)):
        label = f"MP3 {kilobits}k {rate_hz / 1000:g} kHz"
        table[label] = Chain(rate_hz, "MP3", (), mp3(rate_hz, kilobits))
        table[f"{label} > WAV"] = Chain(rate_hz, "", ("MP3",), as_wav(mp3(rate_hz, kilobits)))
    for rate_hz, kilobits in ((16_000, 32), (44_100, 48), (48_000, 96)):
        label = f"AAC {kilobits}k {rate_hz / 1000:g} kHz"
        table[label] = Chain(rate_hz, "AAC", (), aac(rate_hz, kilobits))
        table[f"{label} > WAV"] = Chain(rate_hz, "", ("AAC",), as_wav(aac(rate_hz, kilobits)))
    unseen = {
        "MP3 V4 44.1 kHz > WAV": (44_100, "MP3", mp3(44_100, None, q="4")),
        "MP3 shine 96k > WAV": (44_100, "MP3", through(source(44_100), 44_100, "libshine", 96_000)),
        "MP3 48k 22.05 kHz > WAV": (22_050, "MP3", mp3(22_050, 48)),
        "AAC fast 48k 48 kHz > WAV": (48_000, "AAC", aac(48_000, 48, aac_coder="fast")),
        "AAC no TNS 64k 48 kHz > WAV": (48_000, "AAC", aac(48_000, 64, aac_tns="0")),
    }  # fmt: skip
    for label, (rate_hz, family, made) in unseen.items():
        table[label] = Chain(rate_hz, "", (family,), as_wav(made))
    table.update(_twice())
    return table


def _twice() -> dict[str, Chain]:
    table = {}
    firsts = {"MP3 64k": ("MP3", mp3), "AAC 48k": ("AAC", aac)}
    for first, (family, coder) in firsts.items():
        kilobits = int(first[4:-1])
        at_48, at_44 = as_wav(coder(48_000, kilobits)), as_wav(coder(44_100, kilobits))
        for label, bits, options in (("Opus 24k voip", 24, VOIP), ("Opus 48k", 48, {})):
            made = through(at_48, 48_000, "libopus", 1000 * bits, options)
            table[f"{first} > {label}"] = Chain(48_000, "", (family,), made)
        made = through(at_44, 44_100, "libmp3lame", 128_000)
        table[f"{first} > MP3 128k"] = Chain(44_100, "MP3", (family,), made)
        made = through(at_44, 44_100, "libmp3lame", 48_000)
        table[f"{first} > MP3 48k"] = Chain(44_100, "MP3", (family,), made)
        made = through(at_44, 44_100, "aac", 96_000)
        table[f"{first} > AAC 96k"] = Chain(44_100, "AAC", (family,), made)
        made = through(at_44, 44_100, "aac", 32_000)
        table[f"{first} > AAC 32k"] = Chain(44_100, "AAC", (family,), made)
    return table


def row(name: str, label: str, chain: Chain) -> dict[str, Any]:
    """What the search finds in one recording."""
    rng = np.random.default_rng([*name.encode(), *label.encode()])
    found = generations.find_generations(
        chain.make(name, rng), sample_rate_hz=chain.rate_hz, own=chain.own
    )
    line: dict[str, Any] = {
        "name": name,
        "chain": label,
        "earlier": chain.earlier,
        "own": chain.own,
    }
    if found is None:
        return line
    line["best"] = {family: round(found.best(family), 2) for family in found.depths}
    line["frames"] = {family: depths.frames for family, depths in found.depths.items()}
    line["grids"] = [
        [grid.codec.name, grid.codec.window, grid.offset, round(grid.z, 2), grid.is_own]
        for grid in found.grids
    ]
    return line


def table(keep: Path) -> None:
    """Print, for each chain, how many recordings show which grid of an earlier codec."""
    rows = [json.loads(line) for line in keep.read_text().splitlines()]
    print(
        "| what | n | earlier MP3 | earlier AAC or Vorbis | own grid | highest dip: MP3 | AAC or Vorbis |"
    )
    print("|---|---|---|---|---|---|---|")
    for label in dict.fromkeys(one["chain"] for one in rows):
        here = [one for one in rows if one["chain"] == label]
        earlier = [{grid[0] for grid in one.get("grids", ()) if not grid[4]} for one in here]
        counts = [
            sum("MP3" in names for names in earlier),
            sum(bool(names - {"MP3"}) for names in earlier),
        ]
        own = sum(any(grid[4] for grid in one.get("grids", ())) for one in here)
        best = [
            " to ".join(f"{value:.1f}" for value in (min(all_of), max(all_of))) if all_of else "-"
            for family in ("MP3", "AAC")
            for all_of in [[one["best"][family] for one in here if family in one.get("best", {})]]
        ]
        shown = [len(here), *counts, own, *best]
        print(f"| {label} | " + " | ".join(str(cell) for cell in shown) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("do", choices=("run", "table"))
    parser.add_argument("--half", choices=("train", "test"), default="test")
    parser.add_argument("--speakers", type=int, default=16)
    parser.add_argument("--keep", type=Path, default=Path("whole_codecs.jsonl"))
    arguments = parser.parse_args()
    if arguments.do == "table":
        table(arguments.keep)
        return
    every = names(arguments.half)
    text = arguments.keep.read_text() if arguments.keep.exists() else ""
    known = {(one["name"], one["chain"]) for one in map(json.loads, text.splitlines())}
    for name in every[:: max(1, len(every) // arguments.speakers)][: arguments.speakers]:
        for label, chain in chains().items():
            if (name, label) in known:
                continue
            line = json.dumps(row(name, label, chain))
            with arguments.keep.open("a") as file:
                file.write(line + "\n")
        print(name, file=sys.stderr)


if __name__ == "__main__":
    main()
