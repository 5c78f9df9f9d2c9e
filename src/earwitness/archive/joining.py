"""Joining: what lies on one line of one recording becomes one stretch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from earwitness.archive.index import Archive
from earwitness.archive.segment import Known
from earwitness.archive.spectrum import FRAME_S
from earwitness.archive.verification import Held

FAINT = 0.7  # bench/RESULTS.md says what of real speech, and of synthetic, is under it
_LINE_FRAMES = 12.0
_GAP_FRAMES = 125.0
_AS_CLEAR = 0.4
_NEW_FRAMES = 62.0  # what adds less than a second to a better reading of the same adds nothing


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the questioned sound that stands in an archive, aligned.

    Attributes
    ----------
    recording : Known
    here_start_s, here_end_s, there_start_s, there_end_s : float
    speed : float
        Seconds there to a second here: over 1, the questioned sound runs faster.
    semitones : float
        How much higher the questioned sound is.
    agreement : float
        Of the fine prints, -1 to 1; unrelated speech is at 0.
    score : float
        The agreement over its spread in unrelated speech, in the best ten seconds.
    false_match_probability : float
        That a search of unrelated sound of this length in this archive gives such a score.
    """

    recording: Known
    here_start_s: float
    here_end_s: float
    there_start_s: float
    there_end_s: float
    speed: float
    semitones: float
    agreement: float
    score: float
    false_match_probability: float = 1.0

    @property
    def is_faint(self) -> bool:
        """Whether the agreement is far from whole: noise, a room, or a synthetic voice like itself."""
        return self.agreement < FAINT

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def joined(held: list[Held], archive: Archive) -> list[Stretch]:
    """Join what lies on one line; of what lies over one another, keep the best."""
    best: list[Held] = []
    for item in sorted(held, key=lambda one: -one.aligned.score):
        if not any(_covers(other, item) or _outdoes(other, item) for other in best):
            best.append(item)
    chains: list[list[Held]] = []
    for item in sorted(best, key=lambda one: one.aligned.here_start):
        for chain in chains:
            if _continues(chain[-1], item) and _as_clear(chain, item):
                chain.append(item)
                break
        else:
            chains.append([item])
    return [_stretch(chain, archive) for chain in chains]


def _same_place(one: Held, other: Held, tolerance: float) -> bool:
    """Whether two lie on one line of one recording, in the middle of the second."""
    if (one.segment, one.recording) != (other.segment, other.recording):
        return False
    middle = (other.aligned.here_start + other.aligned.here_end) / 2
    there = (other.aligned.there_start + other.aligned.there_end) / 2
    expected = one.aligned.there_start + (middle - one.aligned.here_start) * one.aligned.rate
    return abs(expected - there) <= tolerance


def _covers(one: Held, other: Held) -> bool:
    """Whether ``other`` is a second, worse reading of most of ``one`` or of a part of it."""
    start = max(one.aligned.here_start, other.aligned.here_start)
    end = min(one.aligned.here_end, other.aligned.here_end)
    length = other.aligned.here_end - other.aligned.here_start
    little_else = length - (end - start) < max(0.3 * length, _NEW_FRAMES)
    return end > start and little_else and _same_place(one, other, 2 * _LINE_FRAMES)


def _outdoes(one: Held, other: Held) -> bool:
    """Whether a far better line of the same recording explains most of what ``other`` does here."""
    if (one.segment, one.recording) != (other.segment, other.recording):
        return False
    start = max(one.aligned.here_start, other.aligned.here_start)
    end = min(one.aligned.here_end, other.aligned.here_end)
    length = other.aligned.here_end - other.aligned.here_start
    return end - start > 0.5 * length and one.aligned.score > 2 * other.aligned.score


def _as_clear(chain: list[Held], item: Held) -> bool:
    """Whether a block agrees about as well as the chain that it would lengthen."""
    agreements = [held.aligned.agreement for held in (*chain, item)]
    return min(agreements) >= _AS_CLEAR * max(agreements)


def _continues(one: Held, other: Held) -> bool:
    gap = other.aligned.here_start - one.aligned.here_end
    rates = abs(one.aligned.rate - other.aligned.rate) < 0.02
    return gap < _GAP_FRAMES and rates and _same_place(one, other, _LINE_FRAMES)


def _stretch(chain: list[Held], archive: Archive) -> Stretch:
    first = min(chain, key=lambda item: item.aligned.here_start)
    last = max(chain, key=lambda item: item.aligned.here_end)
    strongest = max(chain, key=lambda item: item.aligned.score)
    lengths = np.array([item.aligned.here_end - item.aligned.here_start for item in chain])
    agreement = np.average([item.aligned.agreement for item in chain], weights=lengths)
    here = last.aligned.here_end - first.aligned.here_start
    there = last.aligned.there_end - first.aligned.there_start
    rate = there / here if len(chain) > 1 else strongest.aligned.rate
    return Stretch(
        recording=archive.segments[strongest.segment].recordings[strongest.recording],
        here_start_s=round(first.aligned.here_start * FRAME_S, 3),
        here_end_s=round(last.aligned.here_end * FRAME_S, 3),
        there_start_s=round(first.aligned.there_start * FRAME_S, 3),
        there_end_s=round(last.aligned.there_end * FRAME_S, 3),
        speed=round(float(rate), 4),
        semitones=round(strongest.view.semitones, 2),
        agreement=round(float(agreement), 4),
        score=round(strongest.aligned.score, 3),
    )
