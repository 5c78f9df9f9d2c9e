"""The relevant population: other speakers, heard as the questioned and as a known recording would be.

Conventions: rows are features of speech, float32 [shape=(n, dimensions)]; ``frames`` tell where in
the recording each row was, in steps of 10 ms, so that two versions of one recording can be split at
the same moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.voices.embedder import FRAMES_A_SECOND
from earwitness.voices.mel import Floats

LEAST_SPEAKERS: Final = 20
LEAST_PART_S: Final = 2.0
MOST_PIECE_S: Final = 60.0
_LEAST_SHARE: Final = 0.3
Frames = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Spoken:
    """The speech of one recording, or of several one after the other.

    Attributes
    ----------
    rows : np.ndarray [shape=(n, dimensions)]
    frames : np.ndarray [shape=(n,)]
        Rising; the place of each row in time.
    """

    rows: Floats
    frames: Frames

    def between(self, first: int, last: int) -> Floats:
        """The rows of a stretch of time, in frames."""
        begin, end = np.searchsorted(self.frames, [first, last])
        return self.rows[begin:end]

    @property
    def seconds(self) -> float:
        """Net speech."""
        return len(self.rows) / FRAMES_A_SECOND


@dataclass(frozen=True, slots=True)
class Speaker:
    """One person of the population, in the conditions of a known recording and of the questioned one.

    Attributes
    ----------
    name : str
    known, questioned : Spoken
        What is tried, and learnt from.
    in_room : Spoken, optional
        As ``questioned``, in a room.
    received : Spoken, optional
        The same speech as it came, which is learnt from alone.
    """

    name: str
    known: Spoken
    questioned: Spoken
    received: Spoken | None = None
    in_room: Spoken | None = None

    @property
    def versions(self) -> tuple[Spoken, ...]:
        """All that is learnt from: the questioned side, the known one, and what else there is."""
        every = (self.questioned, self.known, self.received, self.in_room)
        return tuple(each for each in every if each is not None)

    @property
    def says_enough(self) -> bool:
        """Whether there is speech for both parts, in all versions."""
        return min(each.seconds for each in self.versions) >= 2 * LEAST_PART_S

    def trials(self, share: float, *, in_room: bool = False) -> tuple[tuple[Floats, Floats], ...]:
        """Two pairs of (questioned, known) speech that have no moment in common.

        The questioned speech is the last ``share`` of what this person says in one, and the first
        ``share`` in the other; of those who were not heard in a room there are no such pairs.
        """
        frames, questioned = self.known.frames, self.in_room if in_room else self.questioned
        if not len(frames) or questioned is None:
            return ()
        end = int(max(frames[-1], questioned.frames[-1:].max(initial=0))) + 1
        late = int(frames[min(len(frames) - 1, round((1 - share) * len(frames)))])
        early = int(frames[min(len(frames) - 1, round(share * len(frames)))])
        pairs = (
            (questioned.between(late, end), self.known.between(0, late)),
            (questioned.between(0, early), self.known.between(early, end)),
        )
        least = LEAST_PART_S * FRAMES_A_SECOND
        return tuple(pair for pair in pairs if min(len(pair[0]), len(pair[1])) >= least)


@dataclass(frozen=True, slots=True)
class Durations:
    """How much speech each side of a pair has, in seconds, and how a speaker's speech is shared out."""

    questioned_s: float
    known_s: float
    share: float


def durations(speakers: Sequence[Speaker], *, questioned_s: float, known_s: float) -> Durations:
    """The durations at which the population can be tried, as near to those of the case as it allows.

    Each speaker's speech is shared out in the proportion of the case, neither side under three tenths.
    A side's duration is that of the case, a minute, or what half the speakers have, whichever is least.
    """
    share = questioned_s / (questioned_s + known_s)
    share = min(max(share, _LEAST_SHARE), 1 - _LEAST_SHARE)
    middle = float(np.median([each.known.seconds for each in speakers]))
    return Durations(
        questioned_s=round(min(questioned_s, MOST_PIECE_S, share * middle), 1),
        known_s=round(min(known_s, MOST_PIECE_S, (1 - share) * middle), 1),
        share=share,
    )


def joined(parts: Sequence[tuple[Floats, npt.NDArray[np.bool_]]]) -> Spoken:
    """Several recordings of one person, one after the other.

    Parameters
    ----------
    parts : sequence of (rows, in_speech)
        The features of the speech of each, and which frames that was.
    """
    rows, frames, before = [], [], 0
    for features, in_speech in parts:
        places = np.flatnonzero(in_speech)[: len(features)]
        rows.append(features)
        frames.append(places + before)
        before += len(in_speech)
    return Spoken(np.concatenate(rows), np.concatenate(frames))
