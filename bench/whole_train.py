"""Learns the networks of ``signal/joins.py`` on the training half of the speakers, with PyTorch.

    export EARWITNESS_DATA=FOLDER
    python bench/whole_train.py --keep FOLDER --plain --passes 36 --sounds 13 --out 1.npz
    python bench/whole_train.py --keep ANOTHER --passes 16 --sounds 14 --out 2.npz
    python bench/whole_train.py --together 1.npz 2.npz

PyTorch is needed for this alone (``pip install torch``; its build for processors is enough): what is
shipped is a table of numbers that numpy multiplies. Each pass makes new recordings
(``whole_joins.py``) and keeps them in the folder; a run that was stopped goes on from its last pass. Two
networks that learned from different sounds are wrong in different places, and better together; two
that differ in the order of the same sounds are not.

The loss is binary cross-entropy of every 2 ms, and a rank loss of whole stretches of four seconds: the
best frame of each join is to stand above all frames where there is none, there and in the other
stretches of the batch, as a recording is told by its best place. The weights that are written are a moving
average. Numbers in the order of a processor's sums differ a little from one machine to another.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import whole_data as data
import whole_joins

from earwitness.signal.join_frames import CHANNELS
from earwitness.signal.joins import DILATIONS, TAPS, WIDTH

try:
    import torch
    from torch.nn import functional
except ModuleNotFoundError:
    sys.exit("PyTorch is not here: pip install torch, in an environment that may be thrown away")

CHUNK, BATCH = 2_048, 8
KEPT = 8  # passes that are drawn from: the newest and those before it
AGAIN = 4  # times that each stretch is drawn, about
AVERAGE = 0.999
LEFT_OUT = 0.1  # of the channels, so that no join is told by one alone
RANK = 0.5
Arrays = dict[str, npt.NDArray[np.float32]]


class Learner(torch.nn.Module):
    """Layers that add to what is held, with normalisation by batches, which is taken in afterwards."""

    def __init__(
        self, mean: npt.NDArray[np.float32], spread: npt.NDArray[np.float32], left_out: float
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean)[:, None])
        self.register_buffer("spread", torch.from_numpy(spread)[:, None])
        widths = [CHANNELS, *[WIDTH] * len(DILATIONS)]
        self.layers = torch.nn.ModuleList(
            torch.nn.Conv1d(
                a, WIDTH, TAPS, padding=TAPS // 2 * dilation, dilation=dilation, bias=False
            )
            for a, dilation in zip(widths, DILATIONS, strict=False)
        )
        self.norms = torch.nn.ModuleList(torch.nn.BatchNorm1d(WIDTH) for _ in DILATIONS)
        self.left_out = torch.nn.Dropout1d(left_out)
        self.last = torch.nn.Conv1d(WIDTH, 1, 1)
        torch.nn.init.constant_(self.last.bias, -4.0)

    def forward(self, shown: torch.Tensor) -> torch.Tensor:
        """Log odds of a join [shape=(batch, n)] from frames [shape=(batch, channels, n)]."""
        held = self.left_out((shown - self.mean) / self.spread)
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            out = functional.relu(norm(layer(held)))
            held = held + out if number else out
        return self.last(held)[:, 0]

    def stored(self) -> dict[str, npt.NDArray[np.float16]]:
        """Weights [shape=(taps, in, out)] and biases, the normalisations taken in."""
        found = {}
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            weights = layer.weight * factor[:, None, None]
            found[f"w{number}"] = weights.permute(2, 1, 0)
            found[f"b{number}"] = norm.bias - norm.running_mean * factor
        found["w_last"], found["b_last"] = self.last.weight[:, :, 0].T, self.last.bias
        found["mean"], found["spread"] = self.mean[:, 0], self.spread[:, 0]
        return {name: value.detach().numpy().astype(np.float16) for name, value in found.items()}


def loss_of(logit: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of frames, and how far joins are from standing above all else."""
    counted = (target >= 0).float()
    is_join = (target > 0).float()
    each = functional.binary_cross_entropy_with_logits(
        logit, is_join * 0.98 + 0.002, reduction="none"
    )
    frames = (each * counted * (1 + 2 * is_join)).sum() / counted.sum()
    elsewhere = torch.where(target == 0, logit, torch.full_like(logit, -1e4))
    highest = torch.logsumexp(elsewhere, dim=1)
    joins = _best_of_joins(logit, target)
    if not joins.numel():
        return frames
    rank = functional.softplus(highest[None, :] - joins[:, None] + 1.0).mean()
    return frames + RANK * rank * joins.numel() / counted.sum() * 4


def _best_of_joins(logit: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The highest log odds of each join [shape=(joins,)]."""
    flat, is_join = logit.flatten(), (target > 0).flatten()
    first = is_join & ~torch.cat([is_join.new_zeros(1), is_join[:-1]])
    number = torch.cumsum(first, 0)[is_join] - 1
    best = flat.new_full((int(first.sum()),), -1e4)
    return best.scatter_reduce(0, number, flat[is_join], "amax")


def made(
    keep: Path, learn: list[data.Carrier], number: int, *, plain: bool
) -> tuple[npt.NDArray, npt.NDArray]:
    """Frames and targets of one pass, in stretches [shape=(k, n, channels), (k, n)]."""
    path = keep / f"pass_{number}.npz"
    if not path.exists():
        found = list(whole_joins.recordings(learn, number, plain=plain))
        shown, target = (
            np.concatenate([getattr(one, name) for one in found]) for name in ("shown", "target")
        )
        size = len(target) // CHUNK * CHUNK
        partial = path.with_suffix(".part.npz")
        np.savez(
            partial,
            shown=shown[:size].reshape(-1, CHUNK, CHANNELS),
            target=target[:size].reshape(-1, CHUNK).astype(np.int8),
        )
        partial.rename(path)
    with np.load(path) as stored:
        return stored["shown"], stored["target"]


def learn_joins(arguments: argparse.Namespace, learn: list[data.Carrier]) -> None:
    """All passes, each with those before it; after each, the average weights are written."""
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(1)
    first = made(arguments.keep, learn, 1, plain=arguments.plain)[0].astype(np.float32)
    left_out = 0.0 if arguments.plain else LEFT_OUT
    learner = Learner(first.mean(axis=(0, 1)), first.std(axis=(0, 1)), left_out)
    average = torch.optim.swa_utils.AveragedModel(
        learner, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE), use_buffers=True
    )
    optimiser = torch.optim.AdamW(learner.parameters(), arguments.rate, weight_decay=0.01)
    state, done = arguments.keep / f"state_{arguments.seed}.pt", 0
    if state.exists():
        kept = torch.load(state, weights_only=True)
        learner.load_state_dict(kept["learner"])
        average.load_state_dict(kept["average"])
        optimiser.load_state_dict(kept["optimiser"])
        done = kept["done"]
    passes: list[tuple[npt.NDArray, npt.NDArray]] = []
    for number in range(max(1, done + 2 - KEPT), arguments.passes + 1):
        sounds = (number - 1) % arguments.sounds + 1
        passes = [*passes, made(arguments.keep, learn, sounds, plain=arguments.plain)][-KEPT:]
        if number <= done:
            continue
        started = time.time()
        rate = arguments.rate * 0.5 * (1 + np.cos(np.pi * (number - 1) / arguments.passes))
        for group in optimiser.param_groups:
            group["lr"] = float(max(rate, 0.01 * arguments.rate))
        loss = _one_pass(learner, average, optimiser, passes, [arguments.seed, number])
        print(number, f"loss {loss:.5f}, {time.time() - started:.0f} s", flush=True)
        np.savez(arguments.out, **average.module.stored())
        kept = {"learner": learner.state_dict(), "average": average.state_dict(), "done": number}
        torch.save({**kept, "optimiser": optimiser.state_dict()}, state)


def _one_pass(
    learner: Learner,
    average: torch.optim.swa_utils.AveragedModel,
    optimiser: torch.optim.Optimizer,
    passes: list[tuple[npt.NDArray, npt.NDArray]],
    seed: list[int],
) -> float:
    rng = np.random.default_rng(seed)
    chunks = [(one, i) for one in passes for i in range(len(one[1]))]
    count = AGAIN * len(passes[-1][1]) // BATCH * BATCH
    order = np.concatenate([rng.permutation(len(chunks)) for _ in range(AGAIN)])[:count]
    losses = []
    for begin in range(0, len(order), BATCH):
        chosen = [chunks[i] for i in order[begin : begin + BATCH]]
        shift = int(rng.integers(CHUNK // 2))
        shown = np.stack([np.roll(one[0][i], shift, axis=0) for one, i in chosen])
        target = np.stack([np.roll(one[1][i], shift) for one, i in chosen])
        target[:, max(0, shift - 30) : shift + 30] = -1  # a seam of ours
        heard = torch.from_numpy(shown.astype(np.float32)).transpose(1, 2).contiguous()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logit = learner(heard)
        loss = loss_of(logit.float(), torch.from_numpy(target))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimiser.step()
        average.update_parameters(learner)
        losses.append(float(loss.detach()))
    return float(np.mean(losses))


def put_together(files: Sequence[Path], out: Path) -> None:
    """Networks of several runs in one file: the first axis of each array is theirs."""
    stored = [dict(np.load(file)) for file in files]
    np.savez(out, **{name: np.stack([each[name] for each in stored]) for name in stored[0]})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, default=Path("whole-train"))
    parser.add_argument("--together", type=Path, nargs="+", help="networks to put in one file")
    parser.add_argument("--passes", type=int, default=16)
    parser.add_argument("--sounds", type=int, default=14, help="passes with sounds of their own")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="no other voices and microphones")
    parser.add_argument("--only-make", action="store_true", help="the sounds, and stop")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--out", type=Path, default=Path("src/earwitness/signal/joins_2.npz"))
    arguments = parser.parse_args()
    if arguments.together:
        put_together(arguments.together, arguments.out)
        return
    arguments.keep.mkdir(parents=True, exist_ok=True)
    folder = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
    learn, _ = data.split_train(data.carriers(folder, "train"))
    if arguments.only_make:
        for number in range(1, arguments.passes + 1):
            made(arguments.keep, learn, number, plain=arguments.plain)
            print("made", number, flush=True)
        return
    learn_joins(arguments, learn)


if __name__ == "__main__":
    main()
