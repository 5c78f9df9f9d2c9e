"""Searching an archive: every stretch of a sound that stands in it, aligned and verified.

1. Ask. The landmarks of the sound are looked up as they are.
2. Verify. Each candidate is compared at a glance with the fine prints, the best are lined up on
   them (``alignment``); what holds is followed to both sides, block by block, as far as it holds.
3. Bend. Where nothing was found, the landmarks are looked up that the sound would have had without
   a change of tape speed, tempo or pitch: all such views in one go through the archive.
4. Join. What lies on one line of one recording becomes one stretch.
5. Weigh. The score becomes the probability that a search of unrelated sound gives as much, from
   the background that was measured on this archive (``background``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from earwitness.archive import candidates
from earwitness.archive.background import Background
from earwitness.archive.candidates import BLOCK_FRAMES, Candidate, Effort, Mask
from earwitness.archive.index import Archive
from earwitness.archive.joining import Stretch, joined
from earwitness.archive.shards import look_up_shared
from earwitness.archive.sharing import Engine
from earwitness.archive.spectrum import FRAME_S, SAMPLE_RATE_HZ, Floats, pictures
from earwitness.archive.verification import Held, agreement_in, finer_pitch, moved, verified
from earwitness.archive.views import CHANGED, UNCHANGED, View
from earwitness.archive.windows import Windows
from earwitness.evidence.decode import decode, probe, resampled

# A search reports what unrelated sound would give once in a hundred thousand searches.
DEFAULT_ERROR = 1e-5
PART_FRAMES = 192 * BLOCK_FRAMES  # 33 minutes are searched at a time
_LEAST_FRAMES = 120  # under two seconds there is not one whole patch to look up and spare
_MOST_GLANCES = 600
_MOST_ALIGNED = 24
_CLEARLY = 1.1


def search(
    sound: Iterable[Floats],
    archive: Archive,
    *,
    background: Background,
    most_probable_error: float,
    without: Collection[str] = (),
    bend: bool = True,
    engine: Engine | None = None,
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
    engine : Engine, optional
        What looks through the segments, in place of this process; the result is equal.

    Returns
    -------
    tuple of Stretch
        In the order of the questioned sound.

    Raises
    ------
    EngineUnreachable, EngineUnfit
    """
    allowed = _allowed(archive, without)
    held: list[Held] = []
    frames = 0
    for part in _parts(sound):
        found = _search_part(
            part, _Asking(archive, allowed, engine), background, most_probable_error, bend
        )
        held += [moved(item, frames) for item in found]
        frames += part.shape[0]
    stretches = [
        replace(
            stretch,
            false_match_probability=background.probability(
                stretch.score, seconds=frames * FRAME_S, archive_seconds=archive.seconds
            ),
        )
        for stretch in joined(held, archive)
    ]
    kept = [item for item in stretches if item.false_match_probability <= most_probable_error]
    return tuple(sorted(kept, key=lambda item: (item.here_start_s, -item.score)))


def search_file(
    path: Path,
    archive: Archive,
    *,
    most_probable_error: float = DEFAULT_ERROR,
    engine: Engine | None = None,
) -> tuple[Stretch, ...]:
    """Find every stretch of a recording that stands in an archive, by the archive's own background.

    Raises
    ------
    UnreadableFile, NotARecording, DecodeError, TooLong, EngineUnreachable, EngineUnfit
    """
    rate_hz = probe(path).sample_rate_hz
    sound = resampled(decode(path), from_hz=rate_hz, to_hz=SAMPLE_RATE_HZ)
    return search(
        sound,
        archive,
        background=Background.of(archive.manifest.background),
        most_probable_error=most_probable_error,
        engine=engine,
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
    ask: _Asking,
    background: Background,
    most_probable_error: float,
    bend: bool,
) -> list[Held]:
    """One part as it is, then what is unexplained of it in every changed view."""
    frames, archive = picture.shape[0], ask.archive
    if frames < _LEAST_FRAMES:
        return []
    windows = Windows(picture)
    held = ask(windows, (UNCHANGED,), np.ones(windows.blocks, np.bool_))
    sure = background.score_for(
        min(most_probable_error, 1e-3),
        seconds=frames * FRAME_S,
        archive_seconds=archive.seconds,
    )
    if bend:
        explaining = _explaining(held, picture, archive, sure)
        held += ask(windows, CHANGED, _unexplained(explaining, windows.blocks))
    return _with_pitch(held, picture, archive, sure)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks an archive for one part of a sound, in some views."""

    archive: Archive
    allowed: list[Mask]
    engine: Engine | None

    def __call__(self, windows: Windows, views: Sequence[View], blocks: Mask) -> list[Held]:
        if not blocks.any():
            return []
        count = int(blocks.sum())
        effort = candidates.effort_for(
            count * BLOCK_FRAMES, self.archive.landmarks, views=len(views)
        )
        found = self._candidates(windows.picture, views, effort, _MOST_GLANCES + 8 * count, blocks)
        return verified(found, windows, self.archive, most=_MOST_ALIGNED + 2 * count)

    def _candidates(
        self, picture: Floats, views: Sequence[View], effort: Effort, most: int, blocks: Mask
    ) -> list[Candidate]:
        if self.engine is not None:
            return look_up_shared(
                picture,
                self.archive,
                self.engine,
                views=views,
                effort=effort,
                most=most,
                allowed=self.allowed,
                blocks=blocks,
            )
        return candidates.look_up(
            picture,
            self.archive.segments,
            views=views,
            effort=effort,
            most=most,
            allowed=self.allowed,
            blocks=blocks,
        )


def _with_pitch(held: list[Held], picture: Floats, archive: Archive, sure: float) -> list[Held]:
    """Tell the pitch finer than the views do, by the strongest block of each recording and view."""
    strongest: dict[tuple[int, int, View], Held] = {}
    for item in held:
        key = (item.segment, item.recording, item.view)
        if key not in strongest or item.aligned.score > strongest[key].aligned.score:
            strongest[key] = item
    finer = {
        key: replace(key[2], semitones=finer_pitch(item, picture, archive))
        for key, item in strongest.items()
        if item.aligned.score >= sure
    }
    return [
        replace(item, view=finer.get((item.segment, item.recording, item.view), item.view))
        for item in held
    ]


def _unexplained(explaining: list[Held], blocks: int) -> Mask:
    """Blocks of which nothing that was found covers the middle."""
    unexplained = np.ones(blocks, np.bool_)
    for item in explaining:
        first = int(item.aligned.here_start / BLOCK_FRAMES + 0.5)
        last = int(item.aligned.here_end / BLOCK_FRAMES + 0.5)
        unexplained[max(first, 0) : max(last, first + 1)] = False
    return unexplained


def _explaining(held: list[Held], picture: Floats, archive: Archive, sure: float) -> list[Held]:
    """What is sure, of recordings that no changed view fits better."""
    strongest: dict[tuple[int, int], Held] = {}
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


def _is_changed(item: Held, picture: Floats, archive: Archive) -> bool:
    """Whether a changed speed, tempo or pitch fits the same place clearly better."""
    bar = _CLEARLY * item.aligned.score
    return any(agreement_in(item, view, picture, archive) > bar for view in CHANGED)
