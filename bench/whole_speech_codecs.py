"""AMR-NB and Opus coded twice: what coding once more tells, which is too little to report.

    EARWITNESS_DATA=FOLDER python bench/whole_speech_codecs.py --speakers 20

Neither codec rounds coefficients on a grid that stays: AMR searches pulses, Opus normalises its bands. What
is left is that a coded sound changes less when it is coded again. Six seconds of each speaker are coded
once, and twice at several pairs of rates; then once and once more again at the last rate. The segmental
signal-to-noise ratios of the two steps are the features. A linear rule is trained on the train half of the
speakers; errors are those on the test half, the mean of false alarms and misses, at the rule's zero.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from codec_chains import Floats, carrier, coded, names, rounded

SECONDS = 6


@dataclass(frozen=True)
class Speech:
    codec: str
    rate_hz: int
    options: dict[str, str]
    now: tuple[int, ...]
    before: tuple[int, ...]


CODECS = {
    "AMR-NB": Speech("libopencore_amrnb", 8_000, {}, (7_400, 12_200), (4_750, 7_400, 12_200)),
    "Opus voip": Speech("libopus", 48_000, {"application": "voip"}, (24_000,), (16_000, 24_000, 48_000)),
}  # fmt: skip


def again(sound: Floats, speech: Speech, bits: int) -> Floats:
    return rounded(coded(sound, speech.rate_hz, speech.codec, bits, speech.options))


def step_db(before: Floats, after: Floats, rate_hz: int) -> float:
    """Mean over loud frames of 20 ms of the ratio of sound to change, the delay taken off."""
    size = min(before.size, after.size)
    spectrum = np.fft.rfft(after[:size], 2 * size) * np.conj(np.fft.rfft(before[:size], 2 * size))
    lag = int(np.argmax(np.fft.irfft(spectrum)[: rate_hz // 20]))
    frame = rate_hz // 50
    count = (size - lag) // frame
    said = before[: count * frame].reshape(count, frame)
    change = said - after[lag : lag + count * frame].reshape(count, frame)
    power = (said**2).sum(1)
    loud = power > np.quantile(power, 0.4)
    return float(np.mean(10 * np.log10(power[loud] / ((change[loud] ** 2).sum(1) + 1e-12))))


def features(sound: Floats, speech: Speech, bits: int) -> list[float]:
    first = again(sound[37:], speech, bits)
    second = again(first[37:], speech, bits)
    steps = step_db(sound[37:], first, speech.rate_hz), step_db(first[37:], second, speech.rate_hz)
    return [steps[0], steps[1] - steps[0]]


def rows(name: str, speech: Speech) -> list[tuple[int, int, list[float]]]:
    sound = carrier(name, speech.rate_hz)[: SECONDS * speech.rate_hz]
    lines = []
    for bits in speech.now:
        lines.append((0, bits, features(again(sound, speech, bits), speech, bits)))
        for before in speech.before:
            tape = again(again(sound, speech, before)[53:], speech, bits)
            lines.append((before, bits, features(tape, speech, bits)))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speakers", type=int, default=20, help="of each half")
    parser.add_argument("--codec", choices=tuple(CODECS), action="append")
    arguments = parser.parse_args()
    print("| codec | rates | false alarms | misses | error, % |\n|---|---|---|---|---|")
    for label in arguments.codec or CODECS:
        speech = CODECS[label]
        halves = {}
        for half in ("train", "test"):
            every = names(half)
            chosen = every[:: max(1, len(every) // arguments.speakers)][: arguments.speakers]
            halves[half] = [line for name in chosen for line in rows(name, speech)]
            print(label, half, file=sys.stderr)
        for bits in speech.now:
            for before in speech.before:
                alarms, misses, count = judged(halves, before, bits)
                pair = f"{before / 1000:g} > {bits / 1000:g}"
                error = f"{50 * (alarms + misses) / count:.0f}"
                cells = (label, pair, f"{alarms} of {count}", f"{misses} of {count}", error)
                print("| " + " | ".join(cells) + " |", flush=True)


def judged(
    halves: dict[str, list[tuple[int, int, list[float]]]], before: int, bits: int
) -> tuple[int, int, int]:
    """False alarms and misses in the test half, and how many there are of each kind."""
    sets = {}
    for half, lines in halves.items():
        used = [line for line in lines if line[1] == bits and line[0] in (0, before)]
        sets[half] = (
            np.array([[*line[2], 1.0] for line in used]),
            np.array([line[0] > 0 for line in used]),
        )
    x, twice = sets["train"]
    rule = np.linalg.lstsq(x, 2.0 * twice - 1.0, rcond=None)[0]
    x, twice = sets["test"]
    told = x @ rule > 0
    return int(told[~twice].sum()), int((~told[twice]).sum()), int(twice.sum())


if __name__ == "__main__":
    main()
