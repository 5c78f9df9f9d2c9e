"""Verification of candidates: what holds on the fine prints, followed as far as it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from earwitness.archive.alignment import Aligned, align, glance
from earwitness.archive.candidates import BLOCK_FRAMES, Candidate
from earwitness.archive.index import Archive
from earwitness.archive.prints import PRINT_STEP, Prints
from earwitness.archive.spectrum import Floats
from earwitness.archive.views import View
from earwitness.archive.windows import Window, Windows, window

_FOLLOW_SCORE = 6.0  # what is followed to its neighbours; far below what is reported
_KEPT_SCORE = 4.0
_LEAST_FRAMES = 60
_WORTH_ALIGNING = 3.0
_AS_GOOD = 0.98
_PITCH_STEPS = tuple(round(0.1 * step, 1) for step in range(-6, 7))


@dataclass(frozen=True, slots=True)
class Held:
    """A verified block of one view, in frames of the unwarped sound."""

    segment: int
    recording: int
    view: View
    aligned: Aligned


def verified(
    candidates: Sequence[Candidate], windows: Windows, archive: Archive, *, most: int
) -> list[Held]:
    """Line the best of the candidates up with their recordings, and follow what holds.

    Parameters
    ----------
    candidates : sequence of Candidate
    windows : Windows
        Of the questioned sound.
    archive : Archive
    most : int
        How many to line up, by a first glance; what is followed comes on top.
    """
    waiting = _promising(candidates, windows, archive)[:most]
    waiting.reverse()
    tried: set[tuple[int, int, View, int, int]] = set()
    held = []
    while waiting:
        candidate = waiting.pop()
        if (cell := _cell(candidate)) in tried:
            continue
        tried.add(cell)
        seen = windows.window(candidate.view, candidate.block)
        aligned = _aligned(seen, archive, candidate)
        if aligned is None or aligned.score < _KEPT_SCORE:
            continue
        held.append(Held(candidate.segment, candidate.recording, candidate.view, aligned))
        if aligned.score >= _FOLLOW_SCORE:
            waiting += _neighbours(candidate, aligned, windows.blocks)
    return [_unwarped(item) for item in held]


def _cell(candidate: Candidate) -> tuple[int, int, View, int, int]:
    """What two candidates have in common that would be lined up alike."""
    at = candidate.difference // 8
    return (candidate.segment, candidate.recording, candidate.view, candidate.block, at)


def _promising(
    candidates: Sequence[Candidate], windows: Windows, archive: Archive
) -> list[Candidate]:
    """The candidates that agree at a glance, best first."""
    glances = []
    for candidate in sorted(
        candidates, key=lambda one: (one.block, one.view.tempo, one.view.semitones)
    ):
        seen = windows.window(candidate.view, candidate.block)
        start, prints = _side_by_side(seen, archive, candidate)
        value = glance(seen.signs[start - seen.start :], prints)
        if value >= _WORTH_ALIGNING:
            glances.append((value, candidate))
    glances.sort(key=lambda pair: -pair[0])
    return [candidate for _, candidate in glances]


def _side_by_side(seen: Window, archive: Archive, candidate: Candidate) -> tuple[int, Prints]:
    """The view's frame from which a window is compared, and the recording's prints from there on."""
    start = max(seen.start, -candidate.difference)
    start += (start + candidate.difference) % PRINT_STEP
    first = (start + candidate.difference) // PRINT_STEP
    length = seen.start + seen.weights.shape[0] - start
    segment = archive.segments[candidate.segment]
    return start, segment.prints(candidate.recording, first, first + max(length, 0) // PRINT_STEP)


def _aligned(seen: Window, archive: Archive, candidate: Candidate) -> Aligned | None:
    """Line a block, and half a block to both sides, up with the candidate's recording."""
    start, prints = _side_by_side(seen, archive, candidate)
    weights = seen.weights[start - seen.start :]
    if weights.shape[0] < _LEAST_FRAMES:
        return None
    return align(weights, prints, here=start, there=start + candidate.difference)


def _neighbours(candidate: Candidate, aligned: Aligned, blocks: int) -> Iterator[Candidate]:
    """The blocks before and after, where the line that was found leads to."""
    for step in (-1, 1):
        block = candidate.block + step
        if 0 <= block < blocks:
            middle = (block + 0.5) * BLOCK_FRAMES * candidate.view.tempo
            there = aligned.there_start + (middle - aligned.here_start) * aligned.rate
            yield replace(candidate, block=block, difference=round(there - middle), votes=0)


def _unwarped(item: Held) -> Held:
    """The same, with *here* in frames of the sound as it was received."""
    tempo = item.view.tempo
    aligned = replace(
        item.aligned,
        here_start=item.aligned.here_start / tempo,
        here_end=item.aligned.here_end / tempo,
        rate=item.aligned.rate * tempo,
    )
    return replace(item, aligned=aligned)


def moved(item: Held, frames: int) -> Held:
    """The same, so many frames later here."""
    aligned = replace(
        item.aligned,
        here_start=item.aligned.here_start + frames,
        here_end=item.aligned.here_end + frames,
    )
    return replace(item, aligned=aligned)


def agreement_in(item: Held, view: View, picture: Floats, archive: Archive) -> float:
    """The score of the middle of a verified block in another view."""
    aligned = item.aligned
    middle = round((aligned.here_start + aligned.here_end) / 2)
    there_middle = (aligned.there_start + aligned.there_end) / 2
    half = BLOCK_FRAMES // 2
    seen = window(picture, view, start=middle - half, end=middle + half)
    difference = round(there_middle - middle * view.tempo)
    candidate = Candidate(0, item.segment, item.recording, view, 0, difference)
    found = _aligned(seen, archive, candidate)
    return found.score if found is not None else 0.0


def finer_pitch(item: Held, picture: Floats, archive: Archive) -> float:
    """The pitch, to a tenth of a semitone, at which a verified block agrees best."""
    aligned, around = item.aligned, item.view.semitones
    first = int(aligned.there_start) // PRINT_STEP
    last = int(aligned.there_end) // PRINT_STEP
    prints = archive.segments[item.segment].prints(item.recording, first, last)
    start, end = max(int(aligned.here_start), 0), int(aligned.here_end)
    scores = {}
    for step in _PITCH_STEPS:
        seen = window(picture, View(aligned.rate, around + step), start=start, end=end)
        found = align(seen.weights, prints, here=0, there=0, keep_rate=True)
        scores[step] = found.score if found is not None else 0.0
    best = max(scores.values())
    # The view's own pitch stands unless another is clearly better.
    if scores[0.0] >= _AS_GOOD * best:
        return around
    return round(around + max(scores, key=lambda step: scores[step]), 2)
