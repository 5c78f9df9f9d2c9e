"""Learns the network of ``signal/joins.py`` on the training half of the speakers.

    EARWITNESS_DATA=FOLDER python bench/whole_train.py --keep FOLDER --epochs 6 --out first.npz
    EARWITNESS_DATA=FOLDER python bench/whole_train.py --keep FOLDER --passes 3 --epochs 1 \
        --start first.npz --rate 0.0015

The shipped weights were learned by these two, one after the other.

Recordings are made of pieces of utterances (LibriSpeech and speechocean762, both CC BY 4.0), of one
recording, one speaker or two, cut anywhere, in pauses, or with a cross-fade, and saved in each of
the bench's formats; as many utterances are left untouched. Plain numpy: Adam, binary cross-entropy.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import whole_data as data

from earwitness.signal.joins import (
    CHANNELS,
    DILATIONS,
    FRAME_S,
    TAPS,
    convolve,
    frames,
    network_of,
)

WIDTH = 32
CHUNK = 2_048
BATCH = 8
POSITIVE, IGNORED = 2, 12  # frames to either side of a cut
Floats = npt.NDArray[np.float32]


def made(folder: Path, learn: list[data.Carrier], number: int) -> tuple[Floats, Floats]:
    """Frames and targets of one pass: 1 join, 0 none, -1 not counted. The first has untouched ones."""
    shown_path, target_path = folder / f"shown_{number}.npy", folder / f"target_{number}.npy"
    if target_path.exists():
        return np.load(shown_path, mmap_mode="r"), np.load(target_path)
    rng = np.random.default_rng(number)
    parts, targets = [], []
    started = time.time()
    for count, carrier in enumerate(learn):
        for save in data.SAVES:
            plain = [data.Edited(carrier.sound, ())] if number == 1 else []
            for edited in [*plain, data.many_cuts(carrier, rng, learn)]:
                shown = frames(data.saved(edited.sound, save))
                target = np.zeros(len(shown), np.float32)
                at = np.round(np.array(edited.cuts_s) / FRAME_S).astype(int)
                for reach, value in ((IGNORED, -1), (POSITIVE, 1)):
                    for place in at:
                        target[max(0, place - reach) : place + reach] = value
                parts.append(shown.astype(np.float16))
                targets.append(target)
        if count % 50 == 0:
            print(count, len(learn), f"{time.time() - started:.0f} s", flush=True)
    shown, target = np.concatenate(parts), np.concatenate(targets)
    np.save(shown_path, shown)
    np.save(target_path, target)
    return shown, target


class Learner:
    """Weights, their gradients by hand, and Adam."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        sizes = [CHANNELS, *[WIDTH] * len(DILATIONS)]
        self.weights = [
            (rng.standard_normal((TAPS, a, b)) * np.sqrt(2 / (TAPS * a))).astype(np.float32)
            for a, b in pairwise(sizes)
        ]
        self.weights.append((rng.standard_normal((WIDTH, 1)) * 0.1).astype(np.float32))
        self.biases = [np.zeros(WIDTH, np.float32) for _ in DILATIONS] + [
            np.full(1, -4.0, np.float32)
        ]
        self.moments = [[np.zeros_like(p), np.zeros_like(p)] for p in self.parameters]
        self.steps = 0

    @property
    def parameters(self) -> list[Floats]:
        return self.weights + self.biases

    def step(self, shown: Floats, target: Floats, rate: float) -> float:
        """One step on a batch [shape=(batch, n, channels)]; gives its loss."""
        held = [shown]
        for number, dilation in enumerate(DILATIONS):
            out = np.stack([convolve(one, self.weights[number], dilation) for one in held[-1]])
            held.append(np.maximum(out + self.biases[number], 0))
        logit = (held[-1] @ self.weights[-1] + self.biases[-1])[..., 0]
        counted = target >= 0
        weight = np.where(target > 0, 3.0, 1.0) * counted
        chance = 1 / (1 + np.exp(-logit))
        loss = -(
            weight * np.where(target > 0, np.log(chance + 1e-9), np.log(1 - chance + 1e-9))
        ).sum()
        grow = (weight * (chance - (target > 0)) / max(1.0, counted.sum())).astype(np.float32)[
            ..., None
        ]
        gw: list[Floats] = [np.zeros(0, np.float32)] * len(self.weights)
        gb: list[Floats] = [np.zeros(0, np.float32)] * len(self.biases)
        gw[-1] = held[-1].reshape(-1, WIDTH).T @ grow.reshape(-1, 1)
        gb[-1] = grow.sum(axis=(0, 1))
        back = grow @ self.weights[-1].T
        for number in reversed(range(len(DILATIONS))):
            dilation, below = DILATIONS[number], held[number]
            back = back * (held[number + 1] > 0)
            gb[number] = back.sum(axis=(0, 1))
            half = TAPS // 2 * dilation
            padded = np.pad(below, ((0, 0), (half, half), (0, 0)))
            grads = np.zeros_like(self.weights[number])
            lower = np.zeros_like(padded)
            flat = back.reshape(-1, back.shape[2])
            for tap in range(TAPS):
                part = slice(tap * dilation, tap * dilation + below.shape[1])
                grads[tap] = padded[:, part].reshape(-1, below.shape[2]).T @ flat
                if number:
                    lower[:, part] += back @ self.weights[number][tap].T
            gw[number] = grads
            back = lower[:, half : half + below.shape[1]]
        self._adam([*gw, *gb], rate)
        return float(loss / max(1, counted.sum()))

    def _adam(self, gradients: list[Floats], rate: float) -> None:
        self.steps += 1
        for parameter, gradient, (first, second) in zip(
            self.parameters, gradients, self.moments, strict=True
        ):
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            hat = first / (1 - 0.9**self.steps)
            spread = np.sqrt(second / (1 - 0.999**self.steps)) + 1e-8
            parameter -= (rate * hat / spread).astype(np.float32)

    def stored(self) -> dict[str, npt.NDArray[np.float16]]:
        named = {f"w{i}": w for i, w in enumerate(self.weights)}
        named |= {f"b{i}": b for i, b in enumerate(self.biases)}
        return {name: value.astype(np.float16) for name, value in named.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument(
        "--only", type=int, default=0, help="make the sounds of this pass, and stop"
    )
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--out", type=Path, default=Path("src/earwitness/signal/joins_1.npz"))
    arguments = parser.parse_args()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    folder = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
    learn, _ = data.split_train(data.carriers(folder, "train"))
    passes = range(1, arguments.passes + 1)
    sets = [
        made(arguments.keep, learn, number) for number in passes if arguments.only in (0, number)
    ]
    if arguments.only:
        return
    joins = sum(int((np.diff(target.clip(0)) > 0).sum()) for _, target in sets)
    chunks = [(s, i) for s, (_, target) in enumerate(sets) for i in range(len(target) // CHUNK)]
    print("chunks", len(chunks), "joins", joins, flush=True)
    learner = Learner(1)
    if arguments.start:
        with np.load(arguments.start) as stored:
            begun = network_of(dict(stored))
        learner.weights, learner.biases = list(begun.weights), list(begun.biases)
    rng = np.random.default_rng(2)
    total = arguments.epochs * (len(chunks) // BATCH)
    started = time.time()
    for epoch in range(arguments.epochs):
        order = rng.permutation(len(chunks))
        losses = []
        for first in range(0, len(chunks) // BATCH * BATCH, BATCH):
            chosen = [chunks[i] for i in order[first : first + BATCH]]
            parts = [(sets[s], slice(i * CHUNK, (i + 1) * CHUNK)) for s, i in chosen]
            batch = np.stack([np.asarray(one[0][part], np.float32) for one, part in parts])
            target = np.stack([one[1][part] for one, part in parts])
            rate = arguments.rate * 0.5 * (1 + np.cos(np.pi * learner.steps / total))
            losses.append(learner.step(batch, target, rate))
            if len(losses) % 200 == 0:
                mean, spent = np.mean(losses[-200:]), time.time() - started
                print(
                    epoch,
                    len(losses),
                    len(chunks) // BATCH,
                    f"{mean:.5f} {spent:.0f} s",
                    flush=True,
                )
        np.savez(arguments.out, **learner.stored())  # type: ignore[arg-type]
    assert network_of(learner.stored()).weights
    sys.stdout.flush()


if __name__ == "__main__":
    main()
