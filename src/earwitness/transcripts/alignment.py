"""A quotation laid along a transcript: where it is said, and word for word what differs.

The whole quotation is fitted to any part of the transcript by dynamic programming over words. A
word that is quoted but not said, one that is said but left out, and one put for another cost 1 each
(less where the two differ in a few letters, as spellings and inflexions do); at a mark of omission,
any number of said words may be passed over for almost nothing.
Source: Sellers 1980, J. Algorithms 1(4) (approximate matching of a pattern within a text).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import numpy.typing as npt

from earwitness.transcripts.folding import words_with_places
from earwitness.transcripts.model import Transcript

OMISSION = re.compile(r"\[[^\]]{0,200}\]|\((?:\.{3}|…)\)|\.{3,}|…+|\. \. \.")
SKIP_COST = 0.0005  # for each word passed over at a mark of omission: the nearest place is best
MAX_QUOTED = 400
_Costs = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A transcript's words, one after another.

    Attributes
    ----------
    folded : list of str
    shown : list of str
        As they stand in the transcript.
    codes : np.ndarray [shape=(n,)]
        A number for each different word.
    start_s, end_s : np.ndarray [shape=(n,)]
        From the transcript's own times of words; where it has none, a segment's time is shared out
        among its words by their letters.
    segments : np.ndarray [shape=(n,)]
        Which segment each word is in.
    """

    folded: list[str]
    shown: list[str]
    codes: npt.NDArray[np.int64]
    start_s: npt.NDArray[np.float64]
    end_s: npt.NDArray[np.float64]
    segments: npt.NDArray[np.int64]

    def part(self, begin: int, end: int) -> Spoken:
        """The words from one to another."""
        where = slice(begin, end)
        return Spoken(
            self.folded[where],
            self.shown[where],
            self.codes[where],
            self.start_s[where],
            self.end_s[where],
            self.segments[where],
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """A place in which quotation and speech differ; either side may be empty."""

    quoted: str
    said: str


@dataclass(frozen=True, slots=True)
class Fit:
    """The best place of a quotation in a transcript.

    Attributes
    ----------
    start_s, end_s : float
    same : int
        Words that are quoted as they are said.
    quoted : int
        Words of the quotation.
    cost : float
    differences : tuple of Difference
    passed_over : int
        Said words that marks of omission stand for.
    said : str
        What is said there.
    """

    start_s: float
    end_s: float
    same: int
    quoted: int
    cost: float
    differences: tuple[Difference, ...]
    passed_over: int
    said: str


def spoken(transcript: Transcript) -> Spoken:
    """Lay out a transcript's words with their times."""
    folded, shown, starts, ends, segments = [], [], [], [], []
    for number, segment in enumerate(transcript.segments):
        if segment.words:
            pieces = [
                (text, word.text[a:b], word.start_s, word.end_s)
                for word in segment.words
                for text, a, b in words_with_places(word.text)
            ]
        else:
            length = max(1, len(segment.text))
            rate = (segment.end_s - segment.start_s) / length
            pieces = [
                (
                    text,
                    segment.text[a:b],
                    segment.start_s + a * rate,
                    segment.start_s + b * rate,
                )
                for text, a, b in words_with_places(segment.text)
            ]
        for text, as_written, start, end in pieces:
            folded.append(text)
            shown.append(as_written)
            starts.append(start)
            ends.append(end)
            segments.append(number)
    numbers: dict[str, int] = {}
    codes = [numbers.setdefault(word, len(numbers)) for word in folded]
    return Spoken(
        folded,
        shown,
        np.array(codes, dtype=np.int64),
        np.array(starts, dtype=np.float64),
        np.array(ends, dtype=np.float64),
        np.array(segments, dtype=np.int64),
    )


def quoted_words(text: str) -> list[tuple[str, str]]:
    """A quotation's words, folded and as they stand; a mark of omission is an empty pair."""
    words: list[tuple[str, str]] = []
    at = 0
    for mark in [*OMISSION.finditer(text), None]:
        piece = text[at : mark.start() if mark else len(text)]
        words += [(folded, piece[a:b]) for folded, a, b in words_with_places(piece)]
        if mark:
            words.append(("", ""))
            at = mark.end()
    while words and not words[0][0]:
        words.pop(0)
    while words and not words[-1][0]:
        words.pop()
    return words[:MAX_QUOTED]


def best_fit(quotation: Sequence[tuple[str, str]], said: Spoken) -> Fit | None:
    """Find where a quotation fits a transcript best; None if either has no words.

    Parameters
    ----------
    quotation : sequence
        From ``quoted_words``.
    said : Spoken
    """
    if not quotation or not said.folded:
        return None
    last = _costs(quotation, said.codes, _substitutions(quotation, said), keep=False)[-1]
    end = _end(last, said)
    reach = 4 * len(quotation) + 20
    if any(not folded for folded, _ in quotation):
        reach += int(1 / SKIP_COST)
    window = said.part(max(0, end - reach), end)
    if not window.folded:
        return None
    table = _costs(quotation, window.codes, _substitutions(quotation, window), keep=True)
    return _traced(quotation, window, table)


def _end(last: _Costs, said: Spoken) -> int:
    """Where the first of equally good places ends; a last word that differs takes its counterpart in."""
    end = int(np.argmin(last))
    while 0 < end < len(said.folded) and said.segments[end] == said.segments[end - 1]:
        if not np.isclose(last[end + 1], last[end], atol=1e-4):
            break
        end += 1
    return end


def _substitutions(quotation: Sequence[tuple[str, str]], said: Spoken) -> list[_Costs]:
    """For each word of the quotation, what it costs to lay it on each different said word."""
    different: dict[int, str] = {}
    for code, word in zip(said.codes.tolist(), said.folded, strict=True):
        different.setdefault(code, word)
    size = max(different, default=0) + 1
    known: dict[str, _Costs] = {}
    for folded, _ in quotation:
        if folded in known:
            continue
        costs = np.ones(size, dtype=np.float32)
        for code, word in different.items():
            if folded == word:
                costs[code] = 0
            elif abs(len(word) - len(folded)) <= 2 and min(len(word), len(folded)) >= 4:
                costs[code] = _unlike(folded, word)
        known[folded] = costs
    return [known[folded] for folded, _ in quotation]


def _unlike(one: str, other: str) -> float:
    """0.5 for spellings of one word, 1 for different words."""
    if one[0] != other[0] and one[-1] != other[-1]:
        return 1.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.quick_ratio() < 0.75:
        return 1.0
    return 0.5 if matcher.ratio() >= 0.75 else 1.0


def _costs(
    quotation: Sequence[tuple[str, str]],
    codes: npt.NDArray[np.int64],
    substitutions: Sequence[_Costs],
    *,
    keep: bool,
) -> list[_Costs]:
    """Least cost of laying the first i words so that they end before word j [shape=(n+1,) each]."""
    count = codes.size
    steps = np.arange(count + 1, dtype=np.float32)
    row = np.zeros(count + 1, dtype=np.float32)
    rows = [row]
    for (folded, _), costs in zip(quotation, substitutions, strict=True):
        if folded:
            through = row + 1
            through[1:] = np.minimum(through[1:], row[:-1] + costs[codes])
            price = 1.0
        else:
            through, price = row, SKIP_COST
        row = np.minimum.accumulate(through - price * steps) + price * steps
        if keep:
            rows.append(row)
        else:
            rows[0] = row
    return rows


def _traced(quotation: Sequence[tuple[str, str]], said: Spoken, table: Sequence[_Costs]) -> Fit:
    """Walk back along the cheapest way, from the end."""
    i, j = len(quotation), len(said.folded)
    cost = float(table[-1][j])
    steps: list[tuple[str, str]] = []  # (quoted, said), backwards; equal sides: the same word
    same = passed = 0
    used: list[int] = []
    costs = _substitutions(quotation, said)
    while i > 0:
        folded, shown = quotation[i - 1]
        here = table[i][j]
        if not folded:
            if np.isclose(here, table[i - 1][j], atol=SKIP_COST / 4):
                i -= 1
            else:
                j, passed = j - 1, passed + 1
        elif _is_laid(here, table[i - 1], j, costs[i - 1], said, used):
            i, j = i - 1, j - 1
            used.append(j)
            is_same = folded == said.folded[j]
            same += is_same
            steps.append(("", "") if is_same else (shown, said.shown[j]))
        elif np.isclose(here, table[i - 1][j] + 1, atol=1e-4):
            i -= 1
            steps.append((shown, ""))
        else:
            j -= 1
            used.append(j)
            steps.append(("", said.shown[j]))
    first, last = (min(used), max(used)) if used else (j, j)
    last = min(last, len(said.folded) - 1)
    first = min(first, last)
    return Fit(
        start_s=round(float(said.start_s[first]), 3),
        end_s=round(float(said.end_s[last]), 3),
        same=same,
        quoted=sum(bool(folded) for folded, _ in quotation),
        cost=round(cost, 3),
        differences=_grouped(steps[::-1]),
        passed_over=passed,
        said=" ".join(said.shown[first : last + 1]),
    )


def _is_laid(
    here: float, before: _Costs, j: int, costs: _Costs, said: Spoken, used: Sequence[int]
) -> bool:
    """Whether the cheapest way lays this quoted word on the said word before j.

    Where it is as cheap to take it for added, a different word of another segment is no counterpart.
    """
    if j == 0:
        return False
    cost = float(costs[said.codes[j - 1]])
    if not np.isclose(here, before[j - 1] + cost, atol=1e-4):
        return False
    is_added = np.isclose(here, before[j] + 1, atol=1e-4)
    crosses = bool(used) and said.segments[j - 1] != said.segments[used[-1]]
    return not (cost >= 1 and is_added and crosses)


def _grouped(steps: Sequence[tuple[str, str]]) -> tuple[Difference, ...]:
    """Differences that follow each other as one."""
    groups: list[list[tuple[str, str]]] = []
    fresh = True
    for step in steps:
        if step == ("", ""):
            fresh = True
            continue
        if fresh:
            groups.append([])
        groups[-1].append(step)
        fresh = False
    return tuple(
        Difference(
            " ".join(quoted for quoted, _ in group if quoted),
            " ".join(said for _, said in group if said),
        )
        for group in groups
    )
