"""rhetoric_v1 on generated messages: do its intervals hold what was planted, and is shuffled data quiet?

    .venv/bin/python bench/said_rhetoric.py [RUNS]

Messages are sentences of 6 to 18 words, drawn by Zipf's law from 1,500; words come in bursts, as in
speech: within a sentence a word that was said is drawn again with a probability of 10 %. In one half of the
runs, three earlier messages and this one come from the same distribution. In the other half, this
message has six words of middle frequency 2.5 to 5 times as often, or as rarely, in odds.

Coverage counts, for all terms tested and for the planted ones, the intervals that hold the true
log-odds ratio, and the runs in which all of them do: the intervals are simultaneous at 95 %.
"""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt

from earwitness.examinations._log_odds import LogOdds, counted, log_odds

VOCABULARY = 1_500
SENTENCES = {"this message": 400, "earlier messages": 1_200}
PLANTED = (20, 35, 50, 65, 80, 110)
MIN_COUNT = 5
Floats = npt.NDArray[np.float64]


def weights() -> Floats:
    """Zipf's law."""
    made = 1 / (np.arange(VOCABULARY) + 2.7)
    return made / made.sum()


def sentences(count: int, shares: Floats, random: np.random.Generator) -> list[list[str]]:
    """Sentences in which some words are said again."""
    made = []
    for _ in range(count):
        words: list[str] = []
        for word in random.choice(VOCABULARY, p=shares, size=int(random.integers(6, 19))):
            again = words and random.random() < 0.1
            words.append(words[int(random.integers(len(words)))] if again else f"w{word}")
        made.append(words)
    return made


def one_run(seed: int, *, planted: bool) -> tuple[LogOdds, Floats, npt.NDArray[np.bool_]]:
    """The comparison, the true log-odds ratios of its terms, and which of them were planted."""
    random = np.random.default_rng(seed)
    shares = weights()
    changed = shares.copy()
    if planted:
        factors = random.uniform(2.5, 5, len(PLANTED)) ** random.choice([-1, 1], len(PLANTED))
        changed[list(PLANTED)] *= factors
        changed /= changed.sum()
    mine = sentences(SENTENCES["this message"], changed, random)
    units = mine + sentences(SENTENCES["earlier messages"], shares, random)
    flat = [word for unit in units for word in unit]
    names, counts = np.unique(flat, return_counts=True)
    terms = names[counts >= MIN_COUNT]
    numbers = np.array([int(name[1:]) for name in terms])
    lengths = np.array([len(unit) for unit in units])
    is_first = np.arange(len(units)) < len(mine)
    odds = log_odds(counted(units, [[str(name)] for name in terms]), lengths, is_first, seed=1)
    true = np.log(changed / (1 - changed)) - np.log(shares / (1 - shares))
    return odds, true[numbers], np.isin(numbers, PLANTED) & planted


def main() -> int:
    """Print coverage, recovery and false alarms."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    covered = np.zeros(4)
    whole = found = wrong_sign = false_terms = 0
    for seed in range(runs):
        odds, true, is_planted = one_run(seed, planted=True)
        inside = (odds.low <= true) & (true <= odds.high)
        apart = (odds.low > 0) | (odds.high < 0)
        covered += inside.sum(), inside.size, inside[is_planted].sum(), is_planted.sum()
        whole += bool(inside.all())
        found += int((apart & is_planted).sum())
        wrong_sign += int((apart & is_planted & (np.sign(odds.delta) != np.sign(true))).sum())
        false_terms += bool((apart & ~is_planted).any())
    print(f"{runs} runs with six planted words each, {covered[1] / runs:.0f} terms tested a run")
    print(f"intervals that hold the truth: all terms {covered[0] / covered[1]:.4f}, ", end="")
    print(f"planted ones {covered[2] / covered[3]:.3f} ({covered[3]:.0f})")
    print(f"runs in which every interval holds: {whole} of {runs}")
    print(f"planted words found: {found} of {covered[3]:.0f}, {wrong_sign} with the wrong sign")
    print(f"runs in which a word that was not planted is named: {false_terms} of {runs}")
    alarms = 0
    for seed in range(10_000, 10_000 + runs):
        odds, _, _ = one_run(seed, planted=False)
        alarms += bool(((odds.low > 0) | (odds.high < 0)).any())
    print(f"runs without a difference in which any word is named: {alarms} of {runs}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
