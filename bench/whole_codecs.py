"""How often the grid of a codec is found, and how often one is seen where there is none."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from codec_chains import Floats, carrier, coded, names, rounded

from earwitness.signal import codec_grid

VOIP = {"application": "voip"}


def cut(sound: Floats, rng: np.random.Generator) -> Floats:
    """Take off a random beginning, so that a second grid does not fall on the first."""
    return sound[int(rng.integers(1, 5_000)) :]


Chain = Callable[[str, np.random.Generator], Floats]


def plain(rate_hz: int) -> Chain:
    return lambda name, rng: cut(carrier(name, rate_hz), rng)


def once(rate_hz: int, codec: str, bits: int | None, options: dict[str, str] | None = None) -> Chain:
    return lambda name, rng: rounded(
        cut(coded(carrier(name, rate_hz), rate_hz, codec, bits, options), rng)
    )


def then(
    first: Chain, rate_hz: int, codec: str, bits: int, options: dict[str, str] | None = None
) -> Chain:
    return lambda name, rng: coded(first(name, rng), rate_hz, codec, bits, options)


# name: (rate, which grids are truly there, how it is made)
CHAINS: dict[str, tuple[int, str, Chain]] = {
    "plain 16k": (16_000, "", plain(16_000)),
    "plain 44.1k": (44_100, "", plain(44_100)),
    "plain 48k": (48_000, "", plain(48_000)),
    "Opus 24k voip": (48_000, "", once(48_000, "libopus", 24_000, VOIP)),
    "Opus 64k": (48_000, "", once(48_000, "libopus", 64_000)),
    "AMR 12.2k": (8_000, "", once(8_000, "libopencore_amrnb", 12_200)),
    "Vorbis 64k": (44_100, "", once(44_100, "libvorbis", 64_000)),
    "MP3 32k, 16k": (16_000, "MP3", once(16_000, "libmp3lame", 32_000)),
    "MP3 48k, 22.05k": (22_050, "MP3", once(22_050, "libmp3lame", 48_000)),
    "MP3 64k, 44.1k": (44_100, "MP3", once(44_100, "libmp3lame", 64_000)),
    "MP3 64k, 48k": (48_000, "MP3", once(48_000, "libmp3lame", 64_000)),
    "MP3 128k, 44.1k": (44_100, "MP3", once(44_100, "libmp3lame", 128_000)),
    "MP3 V4, 44.1k": (44_100, "MP3", once(44_100, "libmp3lame", None, {"q": "4"})),
    "MP3 shine 96k, 44.1k": (44_100, "MP3", once(44_100, "libshine", 96_000)),
    "AAC 32k, 16k": (16_000, "AAC", once(16_000, "aac", 32_000)),
    "AAC 48k, 44.1k": (44_100, "AAC", once(44_100, "aac", 48_000)),
    "AAC 96k, 48k": (48_000, "AAC", once(48_000, "aac", 96_000)),
    "AAC fast 48k, 48k": (48_000, "AAC", once(48_000, "aac", 48_000, {"aac_coder": "fast"})),
    "MP3 64k > Opus 24k": (48_000, "MP3", then(once(48_000, "libmp3lame", 64_000), 48_000, "libopus", 24_000, VOIP)),
    "MP3 64k > Opus 48k": (48_000, "MP3", then(once(48_000, "libmp3lame", 64_000), 48_000, "libopus", 48_000)),
    "MP3 64k > AAC 64k": (44_100, "MP3 AAC", then(once(44_100, "libmp3lame", 64_000), 44_100, "aac", 64_000)),
    "AAC 48k > Opus 24k": (48_000, "AAC", then(once(48_000, "aac", 48_000), 48_000, "libopus", 24_000, VOIP)),
    "AAC 48k > Opus 48k": (48_000, "AAC", then(once(48_000, "aac", 48_000), 48_000, "libopus", 48_000)),
    "AAC 48k > MP3 64k": (44_100, "MP3 AAC", then(once(44_100, "aac", 48_000), 44_100, "libmp3lame", 64_000)),
}  # fmt: skip


def row(name: str, label: str) -> dict[str, object]:
    """The highest dips of one recording."""
    rate_hz, truth, chain = CHAINS[label]
    rng = np.random.default_rng([*name.encode(), *label.encode()])
    sound = chain(name, rng)
    found = {}
    for codec in codec_grid.CODECS:
        depths = codec_grid.depths(sound, codec=codec, sample_rate_hz=rate_hz)
        if depths is not None:
            best = np.argsort(-depths.dips)[:2]
            found[f"{codec.name} {codec.window}".strip()] = [
                [int(offset), round(float(depths.dips[offset]), 2)] for offset in best
            ] + [depths.frames]
    return {"name": name, "chain": label, "truth": truth, "found": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("train", "test"), default="test")
    parser.add_argument("--speakers", type=int, default=20)
    parser.add_argument("--keep", type=Path, default=Path("whole_codecs.jsonl"))
    arguments = parser.parse_args()
    every = names(arguments.half)
    chosen = every[:: max(1, len(every) // arguments.speakers)][: arguments.speakers]
    for name in chosen:
        for label in CHAINS:
            line = json.dumps(row(name, label))
            with arguments.keep.open("a") as file:
                file.write(line + "\n")
            print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
