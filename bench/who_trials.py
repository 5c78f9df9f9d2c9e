"""All trials of a half: every questioned recording against every known one, by its group's systems.

As in a case, speech is cut into pieces as long as the population was tried at, and what counts is the mean
log likelihood ratio of all pairs of pieces.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from who_half import Group, Sides

from earwitness.voices.comparison import MOST_KNOWN_PIECES, MOST_PIECES, log10_lr_of
from earwitness.voices.embedder import Embedder, cut
from earwitness.voices.mel import Floats
from earwitness.voices.metrics import Doubles
from earwitness.voices.population import Durations, durations
from earwitness.voices.reverberation import Rooms, rooms_of
from earwitness.voices.validation import TriedOut, Validated, try_out

ENOUGH = 0.8  # of the length asked for, or the person is not in the trial


@dataclass
class Found:
    """What came out, trial by trial, and whose recordings each was of."""

    same: list[Doubles] = field(default_factory=list)
    different: list[Doubles] = field(default_factory=list)
    same_of: list[int] = field(default_factory=list)
    different_of: list[list[int]] = field(default_factory=list)
    in_room: list[float] = field(default_factory=list)
    used: list[Validated] = field(default_factory=list)
    beyond: int = 0
    compare_s: float = 0.0

    @property
    def row(self) -> dict[str, Any]:
        """What is written of it."""
        return {
            "same": np.round(np.concatenate(self.same), 4).tolist(),
            "different": np.round(np.concatenate(self.different), 4).tolist(),
            "same_of": self.same_of,
            "different_of": self.different_of,
            "in_room": float(np.mean(self.in_room)),
            "beyond": self.beyond,
            "ways": [each.way for each in self.used],
            "validated": [each.cost.cllr for each in self.used],
            "comparisons_a_second": round(
                sum(each.size for each in (*self.same, *self.different)) / self.compare_s
            ),
        }

    def add(self, questioned: list[int], known: list[int], log10_lr: Doubles) -> None:
        """Add what each questioned recording gives with each known one [shape=(questioned, known)]."""
        is_same = np.array(questioned)[:, None] == np.array(known)
        self.same.append(log10_lr[is_same])
        self.different.append(log10_lr[~is_same])
        pairs = [[asked, other] for asked in questioned for other in known]
        self.same_of += [asked for asked, other in pairs if asked == other]
        self.different_of += [pair for pair in pairs if pair[0] != pair[1]]


@dataclass(frozen=True)
class Pieces:
    """The pieces that recordings were cut into, one recording after the other."""

    pieces: list[Floats]
    counts: list[int]

    @classmethod
    def of(cls, recordings: list[Floats], piece_s: float, most: int) -> Pieces:
        each = [cut(rows, piece_s=piece_s, most=most) for rows in recordings]
        return cls([piece for found in each for piece in found], [len(found) for found in each])

    def means(self, values: Doubles) -> Doubles:
        """The mean over the pieces of each recording [shape=(pieces, n) to (recordings, n)]."""
        starts = np.cumsum([0, *self.counts[:-1]])
        means: Doubles = np.add.reduceat(values, starts, axis=0) / np.array(self.counts)[:, None]
        return means


def tried(
    embedder: Embedder, groups: list[Group], sides: Sides, lengths: list[float]
) -> dict[float, dict[str, Any]]:
    """A row of the bench for each length: the likelihood ratio of every trial, and how they came about.

    There is none for a length at which nobody was questioned.
    """
    known_s = float(np.median([known.seconds for turn in sides for _, known in turn]))
    found = {length_s: Found() for length_s in lengths}
    for group in groups:
        rooms = rooms_of(embedder, group.speakers) if group.tells_rooms else None
        for length_s, of_length in found.items():
            wanted = durations(group.speakers, questioned_s=length_s, known_s=known_s)
            tried_out = try_out(embedder, group.speakers, wanted)
            _try(of_length, group, rooms, tried_out, wanted, sides, length_s)
    return {
        length_s: each.row | {"system": embedder.name}
        for length_s, each in found.items()
        if each.in_room
    }


def _try(
    found: Found,
    group: Group,
    rooms: Rooms | None,
    tried_out: TriedOut,
    wanted: Durations,
    sides: Sides,
    length_s: float,
) -> None:
    """All trials of a group at one length."""
    validated_for: dict[float, Validated] = {}
    for turn in sides:
        long = [n for n, (asked, _) in enumerate(turn) if asked.seconds >= ENOUGH * length_s]
        questioned = [n for n in group.questioned if n in long]
        known = [n for n in group.known if n in long]
        if not questioned or not known:
            continue
        parts = [turn[n][0].rows[: round(100 * length_s)] for n in questioned]
        told = [rooms.told(part) for part in parts] if rooms else []
        in_room = np.array([each.probability for each in told] or [0.0] * len(parts))
        found.in_room += in_room.tolist()
        began = time.monotonic()
        asked = Pieces.of(parts, wanted.questioned_s, MOST_PIECES)
        others = Pieces.of([turn[n][1].rows for n in known], wanted.known_s, MOST_KNOWN_PIECES)
        scores = tried_out.scores(asked.pieces, others.pieces)
        found.compare_s += time.monotonic() - began
        for probability in np.unique(in_room).tolist():
            if probability not in validated_for:
                validated_for[probability] = Validated(
                    tried_out.trials, len(group.speakers), probability
                )
            validated = validated_for[probability]
            chosen = in_room == probability
            each = log10_lr_of(validated, scores)
            log10_lr = others.means(asked.means(each).T).T[chosen]
            found.add(np.array(questioned)[chosen].tolist(), known, log10_lr)
            low, high = validated.bounds
            found.beyond += int(((log10_lr < low - 1e-9) | (log10_lr > high + 1e-9)).sum())
    found.used += validated_for.values()
