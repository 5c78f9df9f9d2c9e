"""Searching an archive: every stretch of a sound that stands in it, aligned and verified.

1. Ask. The landmarks of the sound are looked up as they are.
2. Verify. Each candidate is lined up on the fine prints (``alignment``); what holds is followed to
   both sides, block by block, as far as it holds.
3. Bend. For stretches that nothing was found for, the sound's picture is warped as tape speed,
   tempo or pitch would have done, and asked again.
4. Join. What lies on one line of one recording becomes one stretch.
5. Weigh. The score becomes the probability that a search of unrelated sound gives as much, from
   the background that was measured on this archive (``background``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from earwitness.archive import candidates as candidate_search
from earwitness.archive.alignment import Aligned, align
from earwitness.archive.background import Background
from earwitness.archive.candidates import BLOCK_FRAMES, Candidate, Mask
from earwitness.archive.index import Archive
from earwitness.archive.prints import PRINT_STEP, weights
from earwitness.archive.segment import Known
from earwitness.archive.spectrum import FRAME_S, SAMPLE_RATE_HZ, Floats, pictures, warped
from earwitness.evidence.decode import decode, probe, resampled

# A search reports what unrelated sound would give once in a hundred thousand searches.
DEFAULT_ERROR = 1e-5
FAINT = 0.7
PART_FRAMES = 192 * BLOCK_FRAMES  # 33 minutes are searched at a time
_AROUND_FRAMES = BLOCK_FRAMES // 2
_LEAST_FRAMES = 120  # under two seconds there is not one whole patch to look up and spare
_FOLLOW_SCORE = 6.0  # what is followed to its neighbours; far below what is reported
_KEPT_SCORE = 4.0
_LINE_FRAMES = 12.0
_GAP_FRAMES = 125.0
_CLEARLY = 1.1
_AS_CLEAR = 0.4
_NEW_FRAMES = 62.0  # what adds less than a second to a better reading of the same adds nothing
_PITCH_STEPS = tuple(round(0.1 * step, 1) for step in range(-6, 7))


@dataclass(frozen=True, slots=True)
class View:
    """A way in which the sound may have been changed: played faster, and higher by semitones."""

    tempo: float = 1.0
    semitones: float = 0.0


def _views() -> tuple[View, ...]:
    """Tape speed, tempo and pitch, in steps that a landmark bears: up to 8 % and two semitones."""
    factors = (0.975, 1.025, 0.95, 1.05, 0.925, 1.075)
    speeds = [View(factor, 12 * float(np.log2(factor))) for factor in factors]
    tempos = [View(factor, 0.0) for factor in factors]
    pitches = [View(1.0, sign * step) for step in (0.7, 1.4, 2.1) for sign in (-1, 1)]
    return (*speeds, *tempos, *pitches)


UNCHANGED = View()
CHANGED = _views()


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
        """Whether the agreement is far from whole: noise, or a synthetic voice's own sameness."""
        return self.agreement < FAINT

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Held:
    """A verified block of one view, in frames of the unwarped sound."""

    segment: int
    recording: int
    view: View
    aligned: Aligned


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the questioned sound as one view shows it."""

    view: View
    picture: Floats
    weights: Floats


def search(
    sound: Iterable[Floats],
    archive: Archive,
    *,
    background: Background,
    most_probable_error: float,
    without: Collection[str] = (),
    bend: bool = True,
) -> tuple[Stretch, ...]:
    """Find every stretch of a sound that stands in an archive.

    Parameters
    ----------
    sound : iterable of np.ndarray [shape=(n,)]
        Mono, 8 kHz, in blocks of any size.
    archive : Archive
    background : Background
        Measured on this archive.
    most_probable_error : float
        Report stretches whose false-match probability is at most this.
    without : collection of str
        Hashes of recordings that do not count.
    bend : bool
        Also look for changed speed, tempo and pitch.

    Returns
    -------
    tuple of Stretch
        In the order of the questioned sound.
    """
    allowed = _allowed(archive, without)
    held: list[_Held] = []
    frames = 0
    for part in _parts(sound):
        found = _search_part(part, archive, allowed, background, most_probable_error, bend)
        held += [_moved(item, frames) for item in found]
        frames += part.shape[0]
    stretches = [
        replace(
            stretch,
            false_match_probability=background.probability(
                stretch.score, seconds=frames * FRAME_S, archive_seconds=archive.seconds
            ),
        )
        for stretch in _joined(held, archive)
    ]
    kept = [item for item in stretches if item.false_match_probability <= most_probable_error]
    return tuple(sorted(kept, key=lambda item: (item.here_start_s, -item.score)))


def search_file(
    path: Path, archive: Archive, *, most_probable_error: float = DEFAULT_ERROR
) -> tuple[Stretch, ...]:
    """Find every stretch of a recording that stands in an archive, by the archive's own background.

    Raises
    ------
    UnreadableFile, NotARecording, DecodeError, TooLong
    """
    rate_hz = probe(path).sample_rate_hz
    sound = resampled(decode(path), from_hz=rate_hz, to_hz=SAMPLE_RATE_HZ)
    return search(
        sound,
        archive,
        background=Background.of(archive.manifest.background),
        most_probable_error=most_probable_error,
    )


def best_score(sound: Floats, archive: Archive, *, without: Collection[str] = ()) -> float:
    """The best score that a search of a sound gives, true or not; what a background is made of."""
    found = search(
        [sound], archive, background=Background.none(), most_probable_error=2.0, without=without
    )
    return max((stretch.score for stretch in found), default=0.0)


def _allowed(archive: Archive, without: Collection[str]) -> list[Mask]:
    barred = archive.manifest.removed | set(without)
    return [
        np.array([known.sha256 not in barred for known in segment.recordings], np.bool_)
        for segment in archive.segments
    ]


def _parts(sound: Iterable[Floats]) -> Iterator[Floats]:
    held: list[Floats] = []
    size = 0
    for piece in pictures(sound):
        held.append(piece)
        size += piece.shape[0]
        if size >= PART_FRAMES:
            whole = np.concatenate(held)
            yield whole[:PART_FRAMES]
            held, size = [whole[PART_FRAMES:]], size - PART_FRAMES
    if size:
        yield np.concatenate(held)


def _search_part(
    picture: Floats,
    archive: Archive,
    allowed: list[Mask],
    background: Background,
    most_probable_error: float,
    bend: bool,
) -> list[_Held]:
    """One part as it is, then what is unexplained of it in every changed view."""
    if picture.shape[0] < _LEAST_FRAMES:
        return []
    effort = candidate_search.effort_for(picture.shape[0], archive.landmarks)
    blocks = -(-picture.shape[0] // BLOCK_FRAMES)
    part = _Part(UNCHANGED, picture, weights(picture))
    everything = np.ones(blocks, np.bool_)
    held = _search_view(part, archive, allowed, everything, effort, most=32 + 8 * blocks)
    sure = background.score_for(
        min(most_probable_error, 1e-3),
        seconds=picture.shape[0] * FRAME_S,
        archive_seconds=archive.seconds,
    )
    open_blocks = _unexplained(_explaining(held, picture, archive, sure), blocks)
    if not bend or not open_blocks.any():
        return _with_pitch(held, picture, archive, sure)
    less = candidate_search.eased(effort, len(CHANGED))
    for view in CHANGED:
        seen = _viewed(picture, view)
        fit = -(-seen.picture.shape[0] // BLOCK_FRAMES)
        wanted = (
            np.resize(open_blocks, fit)
            if fit <= blocks
            else np.pad(open_blocks, (0, fit - blocks), mode="edge")
        )
        found = _search_view(seen, archive, allowed, wanted, less, most=12 + 3 * blocks)
        held += found
    return _with_pitch(held, picture, archive, sure)


def _with_pitch(held: list[_Held], picture: Floats, archive: Archive, sure: float) -> list[_Held]:
    """Tell the pitch finer than the views do, by the strongest block of each recording and view."""
    strongest: dict[tuple[int, int, View], _Held] = {}
    for item in held:
        key = (item.segment, item.recording, item.view)
        if key not in strongest or item.aligned.score > strongest[key].aligned.score:
            strongest[key] = item
    finer = {
        key: replace(key[2], semitones=_finer_pitch(item, picture, archive))
        for key, item in strongest.items()
        if item.aligned.score >= sure
    }
    return [
        replace(item, view=finer.get((item.segment, item.recording, item.view), item.view))
        for item in held
    ]


def _finer_pitch(item: _Held, picture: Floats, archive: Archive) -> float:
    """The pitch, to a tenth of a semitone, at which a block agrees best."""
    aligned, around = item.aligned, item.view.semitones
    part = picture[max(int(aligned.here_start), 0) : int(aligned.here_end)]
    first = int(aligned.there_start) // PRINT_STEP
    last = int(aligned.there_end) // PRINT_STEP
    prints = archive.segments[item.segment].prints(item.recording, first, last)
    scores = {}
    for step in _PITCH_STEPS:
        seen = warped(part, time_factor=1 / aligned.rate, semitones=around + step)
        found = align(weights(seen), prints, here=0, there=0, keep_rate=True)
        scores[step] = found.score if found is not None else 0.0
    best = max(scores.values())
    # The view's own pitch stands unless another is clearly better.
    if scores[0.0] >= 0.98 * best:
        return around
    return round(around + max(scores, key=lambda step: scores[step]), 2)


def _viewed(picture: Floats, view: View) -> _Part:
    seen = warped(picture, time_factor=1 / view.tempo, semitones=view.semitones)
    return _Part(view, seen, weights(seen))


def _unexplained(explaining: list[_Held], blocks: int) -> Mask:
    """Blocks of which nothing that was found covers the middle."""
    unexplained = np.ones(blocks, np.bool_)
    for item in explaining:
        first = int(item.aligned.here_start / BLOCK_FRAMES + 0.5)
        last = int(item.aligned.here_end / BLOCK_FRAMES + 0.5)
        unexplained[max(first, 0) : max(last, first + 1)] = False
    return unexplained


def _explaining(held: list[_Held], picture: Floats, archive: Archive, sure: float) -> list[_Held]:
    """What is sure, of recordings that no changed view fits better."""
    strongest: dict[tuple[int, int], _Held] = {}
    for item in sorted(held, key=lambda one: one.aligned.score):
        strongest[item.segment, item.recording] = item
    as_it_is = {
        key
        for key, item in strongest.items()
        if item.aligned.score >= sure and not _is_changed(item, picture, archive)
    }
    return [
        item
        for item in held
        if item.aligned.score >= sure and (item.segment, item.recording) in as_it_is
    ]


def _is_changed(item: _Held, picture: Floats, archive: Archive) -> bool:
    """Whether a changed speed, tempo or pitch fits the same place clearly better."""
    aligned = item.aligned
    middle = round((aligned.here_start + aligned.here_end) / 2)
    there_middle = (aligned.there_start + aligned.there_end) / 2
    start = max(middle - BLOCK_FRAMES // 2, 0)
    part = picture[start : middle + BLOCK_FRAMES // 2]
    segment = archive.segments[item.segment]
    for view in CHANGED:
        seen = _viewed(part, view).weights
        there = round(there_middle - (middle - start) * view.tempo)
        skip = max(0, -there)
        skip += (there + skip) % PRINT_STEP
        first = (there + skip) // PRINT_STEP
        prints = segment.prints(item.recording, first, first + (len(seen) - skip) // PRINT_STEP)
        found = align(seen[skip:], prints, here=0, there=0)
        if found is not None and found.score > _CLEARLY * aligned.score:
            return True
    return False


def _search_view(
    part: _Part,
    archive: Archive,
    allowed: list[Mask],
    blocks: Mask,
    effort: candidate_search.Effort,
    *,
    most: int,
) -> list[_Held]:
    waiting = candidate_search.look_up(
        part.picture,
        archive.segments,
        effort=effort,
        most=most,
        allowed=allowed,
        blocks=blocks,
    )
    waiting.reverse()
    tried: set[tuple[int, int, int, int]] = set()
    held = []
    while waiting:
        candidate = waiting.pop()
        cell = (candidate.segment, candidate.recording, candidate.block, candidate.difference // 8)
        if cell in tried:
            continue
        tried.add(cell)
        aligned = _verified(part, archive, candidate)
        if aligned is None or aligned.score < _KEPT_SCORE:
            continue
        held.append(_Held(candidate.segment, candidate.recording, part.view, aligned))
        if aligned.score >= _FOLLOW_SCORE:
            waiting += _neighbours(candidate, aligned, part)
    return [_unwarped(item) for item in held]


def _verified(part: _Part, archive: Archive, candidate: Candidate) -> Aligned | None:
    """Line a block, and half a block to both sides, up with the candidate's recording."""
    segment = archive.segments[candidate.segment]
    middle = candidate.block * BLOCK_FRAMES
    start = max(middle - _AROUND_FRAMES, 0, -candidate.difference)
    start += (start + candidate.difference) % PRINT_STEP
    end = min(middle + BLOCK_FRAMES + _AROUND_FRAMES, part.weights.shape[0])
    if end - start < _LEAST_FRAMES // 2:
        return None
    there = start + candidate.difference
    first = there // PRINT_STEP
    prints = segment.prints(candidate.recording, first, first + (end - start) // PRINT_STEP)
    return align(part.weights[start:end], prints, here=start, there=there)


def _neighbours(candidate: Candidate, aligned: Aligned, part: _Part) -> Iterator[Candidate]:
    """The blocks before and after, where the line that was found leads to."""
    for step in (-1, 1):
        block = candidate.block + step
        middle = (block + 0.5) * BLOCK_FRAMES
        if 0 <= block * BLOCK_FRAMES < part.weights.shape[0]:
            there = aligned.there_start + (middle - aligned.here_start) * aligned.rate
            difference = round(there - middle)
            yield replace(candidate, block=block, difference=difference, votes=0)


def _unwarped(item: _Held) -> _Held:
    """The same, with *here* in frames of the sound as it was received."""
    tempo = item.view.tempo
    aligned = replace(
        item.aligned,
        here_start=item.aligned.here_start / tempo,
        here_end=item.aligned.here_end / tempo,
        rate=item.aligned.rate * tempo,
    )
    return replace(item, aligned=aligned)


def _moved(item: _Held, frames: int) -> _Held:
    aligned = replace(
        item.aligned,
        here_start=item.aligned.here_start + frames,
        here_end=item.aligned.here_end + frames,
    )
    return replace(item, aligned=aligned)


def _joined(held: list[_Held], archive: Archive) -> list[Stretch]:
    """Join what lies on one line; of what lies over one another, keep the best."""
    best: list[_Held] = []
    for item in sorted(held, key=lambda one: -one.aligned.score):
        if not any(_covers(other, item) or _outdoes(other, item) for other in best):
            best.append(item)
    chains: list[list[_Held]] = []
    for item in sorted(best, key=lambda one: one.aligned.here_start):
        for chain in chains:
            if _continues(chain[-1], item) and _as_clear(chain, item):
                chain.append(item)
                break
        else:
            chains.append([item])
    return [_stretch(chain, archive) for chain in chains]


def _same_place(one: _Held, other: _Held, tolerance: float) -> bool:
    """Whether two lie on one line of one recording, in the middle of the second."""
    if (one.segment, one.recording) != (other.segment, other.recording):
        return False
    middle = (other.aligned.here_start + other.aligned.here_end) / 2
    there = (other.aligned.there_start + other.aligned.there_end) / 2
    expected = one.aligned.there_start + (middle - one.aligned.here_start) * one.aligned.rate
    return abs(expected - there) <= tolerance


def _covers(one: _Held, other: _Held) -> bool:
    """Whether ``other`` is a second, worse reading of most of ``one`` or of a part of it."""
    start = max(one.aligned.here_start, other.aligned.here_start)
    end = min(one.aligned.here_end, other.aligned.here_end)
    length = other.aligned.here_end - other.aligned.here_start
    little_else = length - (end - start) < max(0.3 * length, _NEW_FRAMES)
    return end > start and little_else and _same_place(one, other, 2 * _LINE_FRAMES)


def _outdoes(one: _Held, other: _Held) -> bool:
    """Whether a far better line of the same recording explains most of what ``other`` does here."""
    if (one.segment, one.recording) != (other.segment, other.recording):
        return False
    start = max(one.aligned.here_start, other.aligned.here_start)
    end = min(one.aligned.here_end, other.aligned.here_end)
    length = other.aligned.here_end - other.aligned.here_start
    return end - start > 0.5 * length and one.aligned.score > 2 * other.aligned.score


def _as_clear(chain: list[_Held], item: _Held) -> bool:
    """Whether a block agrees about as well as the chain that it would lengthen."""
    agreements = [held.aligned.agreement for held in (*chain, item)]
    return min(agreements) >= _AS_CLEAR * max(agreements)


def _continues(one: _Held, other: _Held) -> bool:
    gap = other.aligned.here_start - one.aligned.here_end
    rates = abs(one.aligned.rate - other.aligned.rate) < 0.02
    return gap < _GAP_FRAMES and rates and _same_place(one, other, _LINE_FRAMES)


def _stretch(chain: list[_Held], archive: Archive) -> Stretch:
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
