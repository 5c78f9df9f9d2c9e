"""Whether the 95 % interval of a likelihood ratio holds the true one as often as it says.

Scores are drawn from a law in which the true likelihood ratio of each score can be written down: the
log likelihood ratio is normal in both kinds of pairs, and each speaker has an effect of their own on
all of their pairs, so that pairs are not independent. Everything from the trials on is the workbench's
own: folds, choice of the calibration, draws of speakers, bounds.
"""

from __future__ import annotations

import numpy as np

from earwitness.voices.comparison import compared
from earwitness.voices.validation import FOLDS, Trials, Validated

SIGMAS = (2.0, 3.5)  # of the natural log LR: Cllr 0.51 and 0.14
SPEAKERS = (24, 50, 100)
SHARED = 0.3  # of the variance, by the speaker on each side
TRUE_LOG10_LR = (-1.0, -0.5, 0.0, 0.5, 1.0)
RUNS = 200


def drawn_trials(speakers: int, sigma: float, random: np.random.Generator) -> Trials:
    """Held-out trials of the true law, in folds and in two turns as the workbench makes them."""
    effects = random.normal(0, np.sqrt(SHARED / 2) * sigma, size=(2, speakers))
    scores, questioned, known, folds = [], [], [], []
    for fold in range(FOLDS):
        held_out = np.arange(fold, speakers, FOLDS)
        for _turn in range(2):
            first, second = np.repeat(held_out, held_out.size), np.tile(held_out, held_out.size)
            middle = np.where(first == second, 0.5, -0.5) * sigma**2
            own = random.normal(0, np.sqrt(1 - SHARED) * sigma, size=first.size)
            scores.append(middle + effects[0, first] + effects[1, second] + own)
            questioned.append(first)
            known.append(second)
            folds.append(np.full(first.size, fold))
    parts = [np.concatenate(part) for part in (scores, questioned, known, folds)]
    return Trials(*parts, in_room=np.zeros(parts[0].size, dtype=bool))


def covered(speakers: int, sigma: float, runs: int) -> tuple[np.ndarray, int]:
    """How often each true log10 LR lies in its interval, of those within the bounds; and how many were."""
    inside = np.zeros((runs, len(TRUE_LOG10_LR)))
    counted = np.zeros_like(inside, dtype=bool)
    name = np.array(["known"])
    for run in range(runs):
        random = np.random.default_rng([run, speakers, int(10 * sigma)])
        validated = Validated(drawn_trials(speakers, sigma, random), speakers)
        low_bound, high_bound = validated.bounds
        for place, true in enumerate(TRUE_LOG10_LR):
            score = np.full(
                (1, 1, 1), true * np.log(10.0)
            )  # the score of the law is its own log LR
            result = compared(validated, score, name)
            inside[run, place] = result.low - 1e-9 <= true <= result.high + 1e-9
            counted[run, place] = low_bound < true < high_bound
    share = np.array(
        [
            inside[counted[:, place], place].mean() if counted[:, place].any() else np.nan
            for place in range(len(TRUE_LOG10_LR))
        ]
    )
    return share, int(counted.sum())


def show(runs: int = RUNS) -> None:
    """The table: coverage by speakers, sigma and true likelihood ratio."""
    titles = " | ".join(f"log10 LR {true:+.1f}" for true in TRUE_LOG10_LR)
    print(f"| speakers | sigma | {titles} | intervals |")
    print("|---|---|" + "---|" * len(TRUE_LOG10_LR) + "---|")
    for speakers in SPEAKERS:
        for sigma in SIGMAS:
            share, count = covered(speakers, sigma, runs)
            cells = " | ".join(f"{100 * each:.1f} %" for each in share)
            print(f"| {speakers} | {sigma} | {cells} | {count} |", flush=True)
