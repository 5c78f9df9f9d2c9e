"""The grid of a lossy codec followed frame by frame, where sound is too short to be followed in pieces.

``grid_track`` follows a grid in pieces in which it shows by itself. In a quarter of a minute whose grid
is weak there is none such. Here every offset counts in every frame, and the most likely sequence of
offsets is what is told: a grid that shows in the whole shows on either side of a cut, too, if less.

Conventions: as in ``codec_grid`` and ``grid_track``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.signal import codec_grid
from earwitness.signal.codec_grid import QUIET, Codec, GridSearch
from earwitness.signal.grid_track import (
    BESIDE,
    LEAST_FRAMES,
    LIKELY,
    LOUD_DB,
    GridTrack,
    Jump,
    Span,
)

MOST_S: Final = 180.0
LEAST_Z: Final = 7.0  # of all stretches together; see bench/whole_resampled.py
_MOST_SAID: Final = np.float32(3.0)  # standard deviations: what one frame may say
_JUMP_PRICE: Final = 14.0  # nats: about one in all offsets of a thousand frames
_LOSS_PRICE: Final = 7.0  # half a jump: a grid that is lost is found again, or the sound ends
_SAME: Final = 4  # places that one offset may seem to wander by
_LEAST_SHOWN, _MOST_SHOWN = 0.1, 1.5  # standard deviations, by which a frame shows its grid
_ROUNDS: Final = 3
_FRAMES_AT_ONCE: Final = 256
_OVER_PAUSES_DB, _LEAST_RANGE_DB = 6.0, 12.0
_NONE: Final = -1

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Frames:
    """What every frame says for every offset.

    Attributes
    ----------
    says : np.ndarray [shape=(frames, places)]
        In standard deviations, at most three; 0 in frames that are not loud.
    loud : np.ndarray of bool [shape=(frames,)]
    first : int
        The offset of the first column; the others follow, each frame's after the frame's before.
    begin : float
        The sample at which the first frame begins at that offset.
    """

    says: Floats
    loud: npt.NDArray[np.bool_]
    first: int
    begin: float


def follow_closely(
    signal: Floats,
    *,
    codec: Codec,
    sample_rate_hz: int,
    coded_hz: int | None = None,
    offset: int,
    progress: Callable[[float], None] = lambda _: None,
) -> GridTrack | None:
    """Follow a grid that was found in a short recording, at any offset, from frame to frame.

    1. What a frame says for an offset is how much smaller its coefficients are there than a few places
       beside, over the spread of that in all loud frames and at all offsets, and three at most.
    2. How much a frame of the grid says on the mean is first that at the given offset, then that along
       the sequence found.
    3. The most likely sequence of offsets, and of none, is found (Viterbi 1967), with a price on every
       change. Offsets that lie within four places are one.
    4. Where one offset gives way to another, the change is placed: the stretch in which it lies with
       about 95 %. Where the grid is lost in between, where it is lost and where it is found again.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
        No longer than ``MOST_S``.
    codec : Codec
    sample_rate_hz : int
    coded_hz : int, optional
        The rate at which it was coded; without it, that of the signal.
    offset : int
        Where it shows most, from ``codec_grid.depths``.
    progress : callable
        Told the fraction done.

    Returns
    -------
    GridTrack or None
        None where too few frames are loud, most of them show no grid, or all of them together less than
        ``LEAST_Z`` standard deviations.
    """
    search = codec_grid.grid_search(codec, sample_rate_hz, coded_hz)
    frames = _listen(signal, search)
    if frames is None:
        return None
    shows = float(frames.says[frames.loud, (offset - frames.first) % search.places].mean())  # 2
    for number in range(_ROUNDS):
        progress(number / _ROUNDS)
        shows = float(np.clip(shows, _LEAST_SHOWN, _MOST_SHOWN))
        path = _most_likely(frames, shows)  # 3
        held = (path != _NONE) & frames.loud
        if 2 * held.sum() < frames.loud.sum():
            return None
        shows = float(frames.says[held, path[held]].mean())
    spans, jumps = _told(_runs(path), frames, shows, search)  # 4
    track = GridTrack(
        codec=codec,
        coded_hz=search.coded_hz,
        per_sample=search.per_sample,
        offset=offset,
        piece_s=search.hop / sample_rate_hz,
        spans=spans,
        jumps=jumps,
        also=(),
    )
    return track if track.z >= LEAST_Z else None


def _listen(signal: Floats, search: GridSearch) -> Frames | None:
    """Every frame at every offset; None where fewer than 24 are loud."""
    first = search.first_place(0)
    begin = first * search.hop / search.places
    count = int((signal.size - begin - search.length) / search.hop) - 1
    if count < LEAST_FRAMES:
        return None
    beside = _beside(search)
    says, power = [], []
    for number in range(0, count, _FRAMES_AT_ONCE):
        frames = min(_FRAMES_AT_ONCE, count - number)
        start = int(begin + number * search.hop) - search.lead
        sound = np.asarray(signal[start : start + search.samples_for(frames) + 1])
        sound = np.pad(sound, (0, search.samples_for(frames) + 1 - sound.size))
        at = begin + number * search.hop - start
        logs = search.frame_logs(sound, at)[:frames]
        says.append(np.mean([logs[:, columns] for columns in beside], axis=0) - logs)
        energy = np.concatenate([[0.0], np.cumsum(sound.astype(np.float64) ** 2)])
        starts = (at + search.hop * np.arange(frames)).astype(np.int64)
        power.append((energy[starts + search.span] - energy[starts]) / search.span)
    loud = _loud(np.concatenate(power))
    if loud.sum() < LEAST_FRAMES:
        return None
    every = np.concatenate(says)
    middle = np.median(every[loud])
    spread = max(1.4826 * float(np.median(np.abs(every[loud] - middle))), 1e-3)
    every = np.clip(every / np.float32(spread), -_MOST_SAID, _MOST_SAID)
    every[~loud] = 0.0
    return Frames(every, loud, first % search.places, begin)


def _loud(power: Doubles) -> npt.NDArray[np.bool_]:
    """Frames within 25 dB of the level that a tenth of them exceed, and of what is more than a pause.

    What an encoder makes of a pause is mostly nothing, and then all offsets look alike.
    """
    quiet, strong = np.quantile(power, [0.1, 0.9])
    above_pauses = min(quiet * 10 ** (_OVER_PAUSES_DB / 10), strong * 10 ** (-_LEAST_RANGE_DB / 10))
    return np.asarray(power > max(strong * 10 ** (-LOUD_DB / 10), above_pauses, QUIET))


def _beside(search: GridSearch) -> list[Ints]:
    """For each offset those that it is compared with; on the other side, where a row would end."""
    places = np.arange(search.places)
    columns = []
    for by in BESIDE:
        there = places + by * search.per_sample
        columns.append(np.where((there < 0) | (there >= places.size), 2 * places - there, there))
    return columns


def _most_likely(frames: Frames, shows: float) -> Ints:
    """The most likely column in each frame, or none [shape=(frames,)]."""
    count, places = frames.says.shape
    worth = shows * (frames.says - np.float32(shows / 2))
    worth[~frames.loud] = 0.0
    score, lost = worth[0].astype(np.float64) - _LOSS_PRICE, 0.0
    leaders, came_from = np.zeros(count, dtype=np.int64), np.zeros((count, places), dtype=bool)
    lost_before, found_again = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    for row in range(1, count):
        leader = int(score.argmax())
        leaders[row] = leader
        best = float(score[leader])
        found_again[row] = lost - _LOSS_PRICE > best - _JUMP_PRICE
        arriving = max(lost - _LOSS_PRICE, best - _JUMP_PRICE)
        lost_before[row] = lost >= best - _LOSS_PRICE
        lost = max(lost, best - _LOSS_PRICE)
        came_from[row] = score < arriving
        score = np.maximum(score, arriving) + worth[row]
    state = int(score.argmax()) if score.max() >= lost else _NONE
    path = np.empty(count, dtype=np.int64)
    for row in range(count - 1, -1, -1):
        path[row] = state
        if state == _NONE:
            state = _NONE if lost_before[row] else int(leaders[row])
        elif came_from[row, state]:
            state = _NONE if found_again[row] else int(leaders[row])
    return path


def _runs(path: Ints) -> list[tuple[int, int, int]]:
    """Column, first frame and the frame behind the last; a column that wanders a little is one."""
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), path.size]
    runs: list[tuple[int, int, int]] = []
    for begin, end in pairwise(edges):
        column = int(path[begin])
        if runs and column != _NONE and runs[-1][0] >= 0 and abs(column - runs[-1][0]) <= _SAME:
            runs[-1] = (runs[-1][0], runs[-1][1], end)
        else:
            runs.append((column, begin, end))
    return runs


def _told(
    runs: list[tuple[int, int, int]], frames: Frames, shows: float, search: GridSearch
) -> tuple[tuple[Span, ...], tuple[Jump, ...]]:
    """The runs in seconds, and the changes from one offset to another."""
    rate_hz, half_s = search.sample_rate_hz, search.span / 2 / search.sample_rate_hz
    frame_s = search.hop / rate_hz

    def middle_s(frame: float) -> float:
        return frames.begin / rate_hz + (frame + 0.5) * frame_s + half_s

    spans, jumps = [], []
    for number, (column, begin, end) in enumerate(runs):
        says = frames.says[begin:end, column][frames.loud[begin:end]]
        is_none = column == _NONE or not says.size
        spans.append(
            Span(
                start_s=0.0 if number == 0 else middle_s(begin - 0.5),
                end_s=middle_s(end - 0.5),
                offset=-1 if column == _NONE else (column + frames.first) % search.places,
                z=0.0 if is_none else float(says.sum() / np.sqrt(says.size)),
            )
        )
    held = [number for number, run in enumerate(runs) if run[0] != _NONE]
    for one, other in pairwise(held):
        by = (runs[other][0] - runs[one][0]) % search.places
        if min(by, search.places - by) <= _SAME:
            continue  # lost, and found again where it was
        samples = by / search.per_sample if search.is_resampled else by
        changes = [
            _where(runs[number], runs[number + 1], frames, shows) for number in range(one, other)
        ]
        if runs[other][1] - runs[one][2] <= search.span / search.hop + 1:
            changes = [(changes[0][0], changes[-1][1])]  # frames over the cut, which show neither
        jumps += [
            Jump(max(0.0, middle_s(low - 1)), middle_s(high), samples) for low, high in changes
        ]
    return tuple(spans), tuple(jumps)


def _where(
    before: tuple[int, int, int], after: tuple[int, int, int], frames: Frames, shows: float
) -> tuple[int, int]:
    """The first and the last frame that is likely to be the first behind a change."""
    begin, end = before[1], after[2]

    def worth(column: int) -> Doubles:
        if column == _NONE:
            return np.zeros(end - begin)
        says = frames.says[begin:end, column].astype(np.float64)
        return np.where(frames.loud[begin:end], shows * (says - shows / 2), 0.0)

    gain = np.concatenate([[0.0], np.cumsum(worth(before[0]) - worth(after[0]))])
    likely = np.flatnonzero(gain >= gain.max() - LIKELY)
    return begin + int(likely[0]), begin + int(likely[-1])
