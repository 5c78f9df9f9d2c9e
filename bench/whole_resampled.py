"""Grids of codings at another sample rate: how often they are found, and what their breaks are worth.

    EARWITNESS_DATA=FOLDER python bench/whole_resampled.py run --half train|test --keep FILE [--every 1]
    python bench/whole_resampled.py table --keep FILE
    EARWITNESS_DATA=FOLDER python bench/whole_resampled.py found --half test [--speakers 12]

Single utterances, as ``bench/whole.py`` takes them: of speechocean762, which were never coded, some as they
are and some sent through a coding at another rate and back to 16 kHz; of LibriSpeech, whose readings were
published as MP3 at 44.1 kHz before they were resampled to 16 kHz. Each is left as it is, and is cut as
in ``bench/whole.py``, at random places; then it is saved in each way. A break is right when its place holds
the cut, give or take 50 ms. ``run`` goes on where it was stopped. ``found`` shows of some speakers' twenty
seconds in how many the grid is found, whatever rate the sound was resampled to.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import whole_data as data
from codec_chains import carrier, coded, names, rounded

from earwitness.examinations._codec_grids import track_of
from earwitness.examinations._codec_strength import NEAR_S
from earwitness.signal.generations import LEAST_RESAMPLED_Z, find_resampled

# Coder, bits a second, samples a second.
CHAINS: dict[str, tuple[str, int, int]] = {
    "MP3 64k, 44.1 kHz": ("libmp3lame", 64_000, 44_100),
    "MP3 128k, 44.1 kHz": ("libmp3lame", 128_000, 44_100),
    "MP3 64k, 24 kHz": ("libmp3lame", 64_000, 24_000),
    "AAC 64k, 44.1 kHz": ("aac", 64_000, 44_100),
    "AAC 96k, 48 kHz": ("aac", 96_000, 48_000),
}
NOW_HZ = (16_000, 44_100, 48_000)
LEAD = 777  # samples left out, so that no frame begins where the file does
PUBLISHED, NEVER = "as published", "never coded"
LONGEST_UTTERANCES = 1  # of a speaker of speechocean762


def carriers(half: str, every: int) -> list[tuple[str, data.Carrier]]:
    """What each utterance was coded as, and it; those of speechocean762 take turns."""
    folder = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
    found = data.carriers(folder, half)
    readings = [(PUBLISHED, each) for each in found if each.set_name == "librispeech"]
    chosen: list[tuple[str, data.Carrier]] = []
    speakers = sorted({each.speaker for each in found if each.set_name != "librispeech"})
    for number, speaker in enumerate(speakers):
        own = sorted((e for e in found if e.speaker == speaker), key=lambda e: -e.sound.size)
        for turn, each in enumerate(own[:LONGEST_UTTERANCES]):
            chain = [NEVER, *CHAINS][(number + turn) % (1 + len(CHAINS))]
            chosen.append((chain, sent(each, chain)))
    return [*readings, *chosen][::every]


def sent(carrier: data.Carrier, chain: str) -> data.Carrier:
    """A carrier through a coding at another rate, and back."""
    if chain == NEVER:
        return carrier
    codec, bits, rate_hz = CHAINS[chain]
    up = rounded(soxr.resample(carrier.sound, data.RATE_HZ, rate_hz))
    down = soxr.resample(rounded(coded(up, rate_hz, codec, bits)), rate_hz, data.RATE_HZ)
    return data.Carrier(carrier.set_name, carrier.speaker, carrier.name, rounded(down)[LEAD:])


def rows(
    chain: str, carrier: data.Carrier, others: Sequence[data.Carrier], saves: Sequence[str]
) -> list[dict[str, Any]]:
    """What is found in all saves of one utterance, untouched and cut."""
    found = []
    for number, kind in enumerate(("untouched", *data.KINDS)):
        rng = np.random.default_rng([*carrier.name.encode(), number])
        edited = (
            data.Edited(carrier.sound, ())
            if kind == "untouched"
            else data.edit(carrier, kind, "random", rng, others)
        )
        if edited is None:
            continue
        for save in saves:
            sound = data.saved(edited.sound, save)
            found.append(
                {"chain": chain, "name": carrier.name, "edit": kind, "save": save,
                 "seconds": sound.size / data.RATE_HZ, "cuts": edited.cuts_s, **followed(sound)}
            )  # fmt: skip
    return found


def followed(sound: data.Floats) -> dict[str, Any]:
    """The clearest grid of another rate, and its spans and breaks where it could be followed."""
    resampled = find_resampled(sound, sample_rate_hz=data.RATE_HZ)
    if resampled is None:
        return {"z": 0.0, "grid": "", "spans": None, "jumps": None}
    grid = resampled.grid
    track = track_of(sound, data.RATE_HZ, grid, lambda _: None)
    return {
        "z": round(grid.z, 1),
        "grid": f"{grid.codec.name} {grid.coded_hz}",
        "track_z": track and round(track.z, 1),
        "spans": track
        and [[round(s.start_s, 3), round(s.end_s, 3), s.offset] for s in track.spans],
        "jumps": track and [[round(j.start_s, 3), round(j.end_s, 3)] for j in track.jumps],
    }


def found(half: str, speakers: int) -> None:
    """Print for each coding, and for none, in how many recordings a grid shows, and the right one."""
    every = [name for name in names(half) if name.startswith("SPEAKER")]
    chosen = every[:: max(1, len(every) // speakers)][:speakers]
    print("| coded as | now at | recordings | a grid | the right one | least | most |")
    print("|---|---|---|---|---|---|---|")
    for chain, (codec, bits, coded_hz) in {NEVER: ("", 0, data.RATE_HZ), **CHAINS}.items():
        for rate_hz in NOW_HZ:
            if rate_hz == coded_hz and chain != NEVER:
                continue
            z, right = [], 0
            for name in chosen:
                sound = carrier(name, coded_hz)
                if chain != NEVER:
                    sound = rounded(coded(sound, coded_hz, codec, bits))
                sound = rounded(soxr.resample(sound, coded_hz, rate_hz)[LEAD:])
                its = find_resampled(sound, sample_rate_hz=rate_hz)
                z.append(0.0 if its is None else its.grid.z)
                is_right = its is not None and (its.grid.codec.name, its.grid.coded_hz) == (
                    chain[:3],
                    coded_hz,
                )
                right += is_right and its is not None and its.is_found
            shown = sum(each >= LEAST_RESAMPLED_Z for each in z)
            print(
                f"| {chain} | {rate_hz} Hz | {len(z)} | {shown} | {right} | {min(z):.1f} | {max(z):.1f} |",
                flush=True,
            )


def table(lines: list[dict[str, Any]]) -> None:
    """Print what was followed and what broke, for each coding before and each save."""
    print("| was | saved as | untouched: n | followed | with a break | edited: n | followed "
          "| with a break | cuts | found | grid held over | breaks elsewhere | width, s |")  # fmt: skip
    print("|---" * 13 + "|")
    for chain in (PUBLISHED, NEVER, *CHAINS):
        for save in data.SAVES:
            here = [one for one in lines if (one["chain"], one["save"]) == (chain, save)]
            if here:
                print(f"| {chain} | {save} | {' | '.join(map(str, counts(here).values()))} |")
    for save in data.SAVES:
        coded_ones = [one for one in lines if one["save"] == save and one["chain"] != NEVER]
        if coded_ones:
            followed_ones = [one for one in coded_ones if one["jumps"] is not None]
            plain = [one for one in followed_ones if one["edit"] == "untouched"]
            held = sum(end - start for one in plain for start, end, at in one["spans"] if at >= 0)
            seconds = sum(one["seconds"] for one in followed_ones)
            share = held / max(sum(one["seconds"] for one in plain), 1e-9)
            print(
                f"\n{save}: {counts(coded_ones)}, {seconds:.0f} s followed, grid held {share:.3f}"
            )


def counts(here: Sequence[dict[str, Any]]) -> dict[str, object]:
    """What is told of some rows."""
    plain = [one for one in here if one["edit"] == "untouched"]
    edited = [one for one in here if one["edit"] != "untouched"]
    cuts = [(cut, one) for one in edited if one["jumps"] is not None for cut in one["cuts"]]
    over = [any(_holds(jump, cut) for jump in one["jumps"]) for cut, one in cuts]
    missed = [
        any(start + NEAR_S < cut < end - NEAR_S for start, end, at in one["spans"] if at >= 0)
        for cut, one in cuts
    ]
    all_jumps = [(jump, one) for one in here for jump in one["jumps"] or ()]
    widths = [end - start for (start, end), _ in all_jumps]
    return {
        "untouched": len(plain),
        "untouched followed": sum(one["jumps"] is not None for one in plain),
        "untouched with a break": sum(bool(one["jumps"]) for one in plain),
        "edited": len(edited),
        "edited followed": sum(one["jumps"] is not None for one in edited),
        "edited with a break": sum(bool(one["jumps"]) for one in edited),
        "cuts": len(cuts),
        "found": sum(over),
        "held over": sum(m and not o for m, o in zip(missed, over, strict=True)),
        "elsewhere": sum(
            not any(_holds(jump, cut) for cut in one["cuts"]) for jump, one in all_jumps
        ),
        "width": f"{np.median(widths):.2f}" if widths else "-",
    }


def _holds(jump: Sequence[float], cut: float) -> bool:
    return jump[0] - NEAR_S <= cut <= jump[1] + NEAR_S


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("run", "table", "found"))
    parser.add_argument("--half", choices=("train", "test"), default="train")
    parser.add_argument("--keep", type=Path, default=Path("whole_resampled.jsonl"))
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--speakers", type=int, default=12)
    parser.add_argument("--saves", nargs="+", default=["wav"])
    given = parser.parse_args()
    if given.what == "table":
        table([json.loads(line) for line in given.keep.read_text().splitlines()])
    elif given.what == "found":
        found(given.half, given.speakers)
    else:
        run(carriers(given.half, given.every), given.saves, given.keep)


def run(chosen: list[tuple[str, data.Carrier]], saves: Sequence[str], keep: Path) -> None:
    """Write the rows of each utterance that has none yet."""
    lines = keep.read_text().splitlines() if keep.exists() else []
    known = {json.loads(line)["name"] for line in lines}
    for chain, carrier_ in chosen:
        if carrier_.name in known:
            continue
        others = [each for its, each in chosen if its == chain]
        made = [json.dumps(row) + "\n" for row in rows(chain, carrier_, others, saves)]
        with keep.open("a") as file:
            file.writelines(made)


if __name__ == "__main__":
    main()
