"""``pauses_v1``: how often untouched speech has what it tells, and how often it finds what was put in.

    EARWITNESS_DATA=FOLDER python bench/whole_pauses.py [--speakers 100]

Of each speaker of the test half, the utterances are listened to one by one, and their pauses put
together; nothing is compared across the ends of utterances. Then, once in each speaker, room tone of
one pause is pasted over another place (0.6 s); 100 ms of speech are copied elsewhere; 80 ms are made
quieter by 40 dB; and the noise of one pause is replaced by another speaker's.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import whole_data as data

from earwitness.signal.both_sides import STEP_S, Sides, listen
from earwitness.signal.copies import find_copies
from earwitness.signal.pauses import (
    FEWEST_FOR_NOISE,
    FEWEST_PAUSES,
    SAME_NOISE,
    find_drops,
    find_pauses,
    find_same_noise,
    noise_levels,
    unlike_others,
)
from earwitness.signal.speech import find_speech

RATE = data.RATE_HZ


def heard(sounds: list[data.Floats]) -> tuple[Sides, np.ndarray]:
    """The sides of all utterances, one after the other, and their pauses, away from all ends."""
    parts, pauses, start_s = [], [], 0.0
    for sound in sounds:
        sound = sound[: sound.size // 320 * 320]
        sides = listen(sound)
        own = find_pauses(find_speech(sound), sound.size / RATE)
        own = np.clip(own, 0.1, sound.size / RATE - 0.1)
        pauses.append(own[own[:, 1] - own[:, 0] >= 0.2] + start_s)
        parts.append(sides)
        start_s += sides.offset.size * STEP_S
    joined = Sides(
        *(np.concatenate([getattr(p, n) for p in parts]) for n in ("levels", "offset", "low"))
    )
    return joined, np.concatenate(pauses)


def pasted(sound: data.Floats, rng: np.random.Generator) -> tuple[data.Floats, float] | None:
    """Room tone of the longest pause, put over a place two seconds or more away."""
    pauses = find_pauses(find_speech(sound), sound.size / RATE)
    pauses = np.clip(pauses, 0.1, sound.size / RATE - 0.1)
    if not len(pauses):
        return None
    start_s, end_s = pauses[np.argmax(pauses[:, 1] - pauses[:, 0])]
    size = min(int(0.6 * RATE), int((end_s - start_s) * RATE))
    free = [t for t in np.arange(0.2, sound.size / RATE - 1.0, 0.1) if abs(t - start_s) > 1.2]
    if size < int(0.45 * RATE) or not free:
        return None
    at = int(rng.choice(free) * RATE)
    changed = sound.copy()
    changed[at : at + size] = sound[int(start_s * RATE) : int(start_s * RATE) + size]
    return changed, at / RATE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speakers", type=int, default=100)
    parser.add_argument("--half", choices=("train", "test"), default="test")
    parser.add_argument("--saves", nargs="*", default=["wav", "mp3 64k", "opus 24k"])
    arguments = parser.parse_args()
    folder = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
    by_speaker: dict[tuple[str, str], list[data.Carrier]] = defaultdict(list)
    for carrier in data.carriers(folder, arguments.half):
        by_speaker[carrier.set_name, carrier.speaker].append(carrier)
    everybody = list(by_speaker.values())
    chosen = everybody[:: max(1, len(everybody) // arguments.speakers)]
    print("| saved as | measure | untouched | with what was put in |\n|---|---|---|---|")
    for save in arguments.saves:
        _measure(chosen, save)


def _measure(chosen: list[list[data.Carrier]], save: str) -> None:
    rng = np.random.default_rng(5)
    unlike: list[float] = []
    moved: list[float] = []
    correlations, seconds, drops, copies = [], 0.0, 0, 0
    tone: list[bool] = []
    tone_cut = quiet = quiet_found = copied = copies_found = 0
    before: np.ndarray | None = None
    for carriers in chosen:
        sounds = [data.saved(carrier.sound, save) for carrier in carriers]
        sides, pauses = heard(sounds)
        seconds += sides.offset.size * STEP_S
        copies += sum(len(find_copies([sound], RATE).found) for sound in sounds)
        correlations.append(find_same_noise(sides, pauses)[1])
        levels = noise_levels(sides, pauses)
        if len(pauses) < FEWEST_FOR_NOISE:
            continue
        drops += len(find_drops(sides, levels))
        if len(pauses) >= FEWEST_PAUSES:
            unlike += unlike_others(levels).tolist()
            if before is not None:
                swapped = levels.copy()
                swapped[0] = before[int(rng.integers(len(before)))]
                moved.append(float(unlike_others(swapped)[0]))
        before = levels if len(levels) else before
        longest = max(carriers, key=lambda each: each.sound.size).sound
        made = pasted(longest, rng)
        if made is not None:
            sound = data.saved(made[0], save)
            own = np.clip(find_pauses(find_speech(sound), sound.size / RATE), 0.02, None)
            found = find_same_noise(listen(sound), own)[0]
            tone_cut += 1
            tone.append(
                any(
                    abs(each.second_start_s - made[1]) < 0.6
                    or abs(each.first_start_s - made[1]) < 0.6
                    for each in found
                )
            )
        sound = longest.copy()
        start, to = (
            int(rng.uniform(0.2, 0.4) * sound.size),
            int(rng.uniform(0.6, 0.8) * sound.size),
        )
        sound[to : to + RATE // 10] = sound[start : start + RATE // 10]
        copied += 1
        copies_found += bool(find_copies([data.saved(sound, save)], RATE).found)
        sound = longest.copy()
        sound[to : to + int(0.08 * RATE)] *= 0.01
        quiet += 1
        found_drops = find_drops(listen(data.saved(sound, save)), levels)
        quiet_found += bool(len(found_drops) and np.abs(found_drops[:, 0] - to / RATE).min() < 0.1)
    hours = seconds / 3600
    rows = [
        ("copies to the bit (100 ms put in)", f"{copies} in {hours:.2f} h", f"{copies_found} of {copied}"),
        ("drops (80 ms, 40 dB put in)", f"{drops} in {hours:.2f} h", f"{quiet_found} of {quiet}"),
        (
            "same noise (0.6 s of room tone put in)",
            f"{sum(c >= SAME_NOISE for c in correlations)} of {len(correlations)} speakers, "
            f"highest {np.sort(correlations)[-3:].round(2).tolist()}",
            f"{sum(tone)} of {tone_cut}",
        ),
        *(
            (
                f"unlike the others by {bar} (another speaker's noise put in)",
                f"{sum(u >= bar for u in unlike)} of {len(unlike)} pauses",
                f"{sum(u >= bar for u in moved)} of {len(moved)}",
            )
            for bar in (3.0, 4.0, 6.0, 8.0)
        ),
    ]  # fmt: skip
    for what, plain, put_in in rows:
        print(f"| {save} | {what} | {plain} | {put_in} |", flush=True)


if __name__ == "__main__":
    main()
