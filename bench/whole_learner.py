"""How the networks of ``bench/whole_train.py`` learn: layers, loss, batches. Needs PyTorch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from earwitness.signal.join_frames import CHANNELS
from earwitness.signal.joins import TAPS

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
BATCH = 32  # stretches
AVERAGE = 0.999
LEFT_OUT = 0.1  # of the channels, so that no join is told by one alone
RANK = 0.5
RATE, SLOW_STEPS = 2e-3, 200
FIRST = 64  # stretches, before which nothing is learned
SEED = 1
SAID_S, LOOKED_S = 20.0, 5.0
Stored = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Kind:
    """How wide a network is, and how far the taps of its layers are apart."""

    width: int
    dilations: tuple[int, ...]


KINDS = (Kind(64, (1, 1, 2, 4, 8, 16, 32, 1, 4)), Kind(96, (1, 1, 2, 4, 8, 16, 32, 64, 1, 4)))


class Learner(torch.nn.Module):
    """Layers that add to what is held, with normalisation by batches, which is taken in afterwards."""

    def __init__(self, kind: Kind, mean: torch.Tensor, spread: torch.Tensor) -> None:
        super().__init__()
        self.dilations = kind.dilations
        self.register_buffer("mean", mean[:, None])
        self.register_buffer("spread", spread[:, None])
        conv = torch.nn.Conv1d
        widths = [CHANNELS, *[kind.width] * len(kind.dilations)]
        self.layers = torch.nn.ModuleList(
            conv(a, kind.width, TAPS, padding=TAPS // 2 * dilation, dilation=dilation, bias=False)
            for a, dilation in zip(widths, kind.dilations, strict=False)
        )
        self.norms = torch.nn.ModuleList(torch.nn.BatchNorm1d(kind.width) for _ in kind.dilations)
        self.left_out = torch.nn.Dropout1d(LEFT_OUT)
        self.last = conv(kind.width, 1, 1)
        torch.nn.init.constant_(self.last.bias, -4.0)

    def forward(self, shown: torch.Tensor) -> torch.Tensor:
        """Log odds of a join [shape=(batch, n)] from frames [shape=(batch, channels, n)]."""
        held = self.left_out((shown - self.mean) / self.spread)
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            out = functional.relu(norm(layer(held)))
            held = held + out if number else out
        return self.last(held)[:, 0]

    def stored(self) -> Stored:
        """Weights [shape=(taps, in, out)] and biases, the normalisations taken in."""
        found: dict[str, torch.Tensor] = {"mean": self.mean[:, 0], "spread": self.spread[:, 0]}
        for name, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            found[f"w_{name}"] = (layer.weight * factor[:, None, None]).permute(2, 1, 0)
            found[f"b_{name}"] = norm.bias - norm.running_mean * factor
        found["w_last"], found["b_last"] = self.last.weight.permute(2, 1, 0), self.last.bias
        arrays: Stored = {
            name: value.detach().float().cpu().numpy().astype(np.float16)
            for name, value in found.items()
        }
        return arrays | {"dilations": np.array(self.dilations, np.int16)}


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


class Heap:
    """All stretches that have been made, on the device that learns."""

    def __init__(self, keep: Path) -> None:
        self._keep = keep
        self._known: set[Path] = set()
        self._parts: list[tuple[torch.Tensor, ...]] = []
        self._sizes: list[int] = []

    def __len__(self) -> int:
        return sum(self._sizes)

    def look(self) -> None:
        """Take in what has been made since."""
        for path in sorted(self._keep.glob("pass_*.npz")):
            if path in self._known or ".part" in path.name:
                continue
            self._known.add(path)
            with np.load(path) as stored:
                part = tuple(
                    torch.from_numpy(stored[name]).to(DEVICE) for name in ("shown", "target")
                )
            self._parts.append(part)
            self._sizes.append(len(part[0]))

    def scale(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation of the channels."""
        shown = self._parts[0][0].float()
        return shown.mean(dim=(0, 1)), shown.std(dim=(0, 1))

    def batch(self, rng: np.random.Generator) -> tuple[torch.Tensor, ...]:
        """Stretches from anywhere: frames and target."""
        ends = np.cumsum(self._sizes)
        drawn = rng.integers(ends[-1], size=BATCH)
        which = np.searchsorted(ends, drawn, side="right")
        chosen = [
            (self._parts[p], int(i - ends[p] + self._sizes[p]))
            for p, i in zip(which, drawn, strict=True)
        ]
        shown, target = (torch.stack([part[k][i] for part, i in chosen]) for k in range(2))
        return shown.float().transpose(1, 2).contiguous(), target


def learn(keep: Path, steps: int, stop: int, out: Path) -> None:
    """Learn all kinds beside one another; write their average weights again and again.

    The rate falls as half a cosine of so many steps; learning may stop before its end.
    """
    torch.manual_seed(SEED)
    rng, heap = np.random.default_rng(SEED), Heap(keep)
    while len(heap) < FIRST:
        heap.look()
        time.sleep(1.0)
    learners = [Learner(kind, *heap.scale()).to(DEVICE) for kind in KINDS]
    average_of = torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE)
    averages = [
        torch.optim.swa_utils.AveragedModel(each, multi_avg_fn=average_of, use_buffers=True)
        for each in learners
    ]
    optimisers = [
        torch.optim.AdamW(each.parameters(), RATE, weight_decay=0.01) for each in learners
    ]
    looked = said = time.monotonic()
    losses: list[torch.Tensor] = []
    for step in range(stop):
        now = time.monotonic()
        if now - looked > LOOKED_S:
            heap.look()
            looked = now
        rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps)) * min(1.0, (step + 1) / SLOW_STEPS)
        batch = heap.batch(rng)
        each = zip(learners, averages, optimisers, strict=True)
        losses.append(torch.stack([_step(*one, batch, rate) for one in each]))
        if now - said > SAID_S:
            mean = torch.stack(losses).mean(dim=0).cpu().numpy()
            print(f"{step} of {stop} steps, {len(heap)} stretches,", np.round(mean, 5), flush=True)
            losses.clear()
            write(out, [each.module.stored() for each in averages])
            said = now
    write(out, [each.module.stored() for each in averages])


def _step(
    learner: Learner,
    average: torch.optim.swa_utils.AveragedModel,
    optimiser: torch.optim.Optimizer,
    batch: tuple[torch.Tensor, ...],
    rate: float,
) -> torch.Tensor:
    shown, target = batch
    for group in optimiser.param_groups:
        group["lr"] = rate
    with torch.autocast(DEVICE, dtype=torch.bfloat16):
        logit = learner(shown)
    loss = loss_of(logit.float(), target)
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
    optimiser.step()
    average.update_parameters(learner)
    return loss.detach()


def write(out: Path, stored: Sequence[Mapping[str, npt.NDArray[np.generic]]]) -> None:
    """All networks in one file, names beginning with the number of theirs."""
    part = out.with_suffix(".part.npz")
    np.savez(
        part,
        **{f"{n}.{name}": value for n, each in enumerate(stored) for name, value in each.items()},
    )
    part.rename(out)
