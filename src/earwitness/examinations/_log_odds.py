"""Which terms one text stresses against others: log-odds with an informative Dirichlet prior.

Conventions: counts are of terms in units of text (segments) [shape=(units, terms)]; a log-odds
ratio is natural, and above zero where the first text has more of the term.
Source: Monroe, Colaresi and Quinn 2008, Political Analysis 16(4), equations 15, 16 and 20 to 23; the
simultaneous bound: Westfall and Young 1993, Resampling-Based Multiple Testing (single-step max T).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

PRIOR_SHARE: Final = 0.05
ROUNDS: Final = 999
_BATCH: Final = 111
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LogOdds:
    """What each term's odds in the first text are against those in the second.

    Attributes
    ----------
    delta : np.ndarray [shape=(terms,)]
        Log-odds ratio.
    deviation : np.ndarray [shape=(terms,)]
        Its standard deviation, by the approximation of equation 20.
    bound : float
        How many deviations the greatest of all terms reaches by chance in 5 % of cases.
    first, second : np.ndarray [shape=(terms,)]
        Occurrences.
    """

    delta: Floats
    deviation: Floats
    bound: float
    first: Floats
    second: Floats

    @property
    def z(self) -> Floats:
        """The ratio in deviations [shape=(terms,)]."""
        return self.delta / self.deviation

    @property
    def low(self) -> Floats:
        """Lower ends of the simultaneous 95 % intervals [shape=(terms,)]."""
        return self.delta - self.bound * self.deviation

    @property
    def high(self) -> Floats:
        """Upper ends of the simultaneous 95 % intervals [shape=(terms,)]."""
        return self.delta + self.bound * self.deviation


def log_odds(
    counts: sparse.csr_array,
    lengths: npt.NDArray[np.int64],
    is_first: npt.NDArray[np.bool_],
    *,
    seed: int,
) -> LogOdds:
    """Compare the units of one text with those of another, term by term.

    Parameters
    ----------
    counts : sparse array [shape=(units, terms)]
    lengths : np.ndarray [shape=(units,)]
        All words of each unit, those of no term too.
    is_first : np.ndarray [shape=(units,)]
        Which units are of the first text.
    seed : int
        Of the draws that the bound rests on.

    Notes
    -----
    The prior is the texts' own distribution, worth 5 % of their words. The bound is the 95th
    percentile of the greatest absolute z over all terms when whole units are dealt out to the two
    texts at random: since words come in clusters, a table of the normal distribution would be too
    sure, and with hundreds of terms some would always stand out.
    """
    totals = np.asarray(counts.sum(axis=0), dtype=np.float64)
    words = float(lengths.sum())
    prior, prior_words = PRIOR_SHARE * totals, PRIOR_SHARE * words
    first = np.asarray(counts[is_first].sum(axis=0), dtype=np.float64)
    length = float(lengths[is_first].sum())
    delta, deviation = _ratio(first, totals, length, words, prior, prior_words)
    random = np.random.default_rng(seed)
    greatest = [float(np.abs(delta / deviation).max())]
    transposed = counts.T.tocsr().astype(np.float64)
    for begin in range(0, ROUNDS, _BATCH):
        dealt = _dealt(random, is_first, min(_BATCH, ROUNDS - begin))
        drawn = (transposed @ dealt).T
        drawn_words = (lengths @ dealt)[:, np.newaxis]
        some, spread = _ratio(drawn, totals, drawn_words, words, prior, prior_words)
        greatest += np.abs(some / spread).max(axis=1).tolist()
    bound = float(np.quantile(greatest, 0.95, method="higher"))
    return LogOdds(delta, deviation, bound, first, totals - first)


def _dealt(
    random: np.random.Generator, is_first: npt.NDArray[np.bool_], rounds: int
) -> npt.NDArray[np.float64]:
    """Units dealt to the first text at random, as many as it has [shape=(units, rounds)]."""
    return np.stack([random.permutation(is_first) for _ in range(rounds)], axis=1).astype(float)


def _ratio(
    first: Floats,
    totals: Floats,
    length: Floats | float,
    words: float,
    prior: Floats,
    prior_words: float,
) -> tuple[Floats, Floats]:
    one, other = first + prior, totals - first + prior
    rest_one = length + prior_words - one
    rest_other = words - length + prior_words - other
    delta = np.log(one / rest_one) - np.log(other / rest_other)
    return delta, np.sqrt(1 / one + 1 / other)


def counted(units: Sequence[Sequence[str]], columns: Sequence[Sequence[str]]) -> sparse.csr_array:
    """Count terms in units of text [shape=(units, terms)].

    Parameters
    ----------
    units : sequence of sequence of str
        Folded words.
    columns : sequence of sequence of str
        The words of each term; a word may belong to several terms.
    """
    where: dict[str, list[int]] = {}
    for column, members in enumerate(columns):
        for word in members:
            where.setdefault(word, []).append(column)
    pairs = [
        (row, column)
        for row, words in enumerate(units)
        for word in words
        for column in where.get(word, ())
    ]
    rows = [row for row, _ in pairs]
    shape = (len(units), len(columns))
    ones = np.ones(len(pairs), dtype=np.int64)
    made = sparse.coo_array((ones, (rows, [column for _, column in pairs])), shape=shape)
    return sparse.csr_array(made)
