"""The grid of a lossy codec followed over time: where it holds, where it jumps, where it is lost.

Whoever cuts something out of a coded recording, and saves it anew, moves all frames behind the cut:
their grid lies at another offset from there on. A second coding of the whole also leaves a second grid,
but at the same time as the first; the two are told apart by that.

Conventions: signals are float32 [shape=(n,)]; offsets are places as in ``codec_grid``: samples where the
sound is at the rate at which it was coded, else halves of the coder's samples. Frame i of a trace begins
i frames after the offset.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.signal import codec_grid
from earwitness.signal.codec_grid import QUIET, Codec, Doubles, GridSearch
from earwitness.signal.native import release

MOST_OFFSETS: Final = 6
MOST_SEARCHES: Final = 12
PIECE_Z: Final = 9.0  # how clearly a piece must be expected to show the grid: sets its length
LEAST_FRAMES: Final = 24
BESIDE: Final = (-5, -2, 2, 5)  # offsets, in samples, that the grid's own is compared with
_EVERY: Final = 2  # of the search's coefficients
_CHUNK: Final = 512  # frames
LOUD_DB: Final = 25.0  # under the level that a tenth of the frames exceed: quieter ones don't count
_NO_GRID_Z: Final = 3.0
_AUDIBLE: Final = 30.0  # times what rounding leaves
_SWITCH_Z: Final = 6.0
LIKELY: Final = 4.0  # log likelihood under the best place for a change: about 95 %
_MOST_PIECES: Final = 40  # in the search of a run

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in which the grid lies at one offset; ``offset`` is -1 where none is seen."""

    start_s: float
    end_s: float
    offset: int
    z: float


@dataclass(frozen=True, slots=True)
class Jump:
    """A place where the grid's offset changes, somewhere from start to end.

    ``by_samples`` is what was put in (or, less ``hop``, taken out), modulo ``hop``, in samples of the
    coder's. Where the grid is lost in between, both ends of that are told, each with the same change.
    """

    start_s: float
    end_s: float
    by_samples: float


@dataclass(frozen=True, slots=True)
class GridTrack:
    """A codec's grid over a whole recording.

    Attributes
    ----------
    coded_hz : int
        The rate at which it was coded.
    per_sample : int
        Offsets to a sample of the coder's.
    offset : int
        Where most of it lies.
    piece_s : float
        The length of the pieces in which it was followed.
    spans : tuple of Span
        In order, without gaps.
    jumps : tuple of Jump
    also : tuple of int
        Offsets of grids that lie over the first at the same time: other generations.
    """

    codec: Codec
    coded_hz: int
    per_sample: int
    offset: int
    piece_s: float
    spans: tuple[Span, ...]
    jumps: tuple[Jump, ...]
    also: tuple[int, ...]

    @property
    def z(self) -> float:
        """How clearly the grid shows in all its spans together, in standard deviations."""
        return math.hypot(*(span.z for span in self.spans if span.offset >= 0))


@dataclass(frozen=True, slots=True)
class Trace:
    """What each frame says for one offset [shape=(frames,)], and which frames are loud enough."""

    offset: int
    says: Floats
    power: Floats


def trace(signal: Floats, search: GridSearch, offset: int) -> Trace:
    """How much smaller each frame's coefficients are at an offset than a few samples beside it.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
    search : GridSearch
    offset : int

    Returns
    -------
    Trace
        In natural logarithms of power, averaged over coefficients.
    """
    first = offset * search.hop / search.places
    last = signal.size - search.length + codec_grid.PAD - 1
    count = max(0, int((last - first) // search.hop) + 1)
    says, power = np.zeros(count, dtype=np.float32), np.zeros(count, dtype=np.float32)
    turns = {
        beside: np.exp(1j * search.omega * beside * search.sample_rate_hz / search.coded_hz)
        for beside in (0, *BESIDE)
    }
    for begin in range(0, count, _CHUNK):
        frames = min(_CHUNK, count - begin)
        at_samples = first + search.hop * np.arange(begin, begin + frames)
        start = int(at_samples[0]) - codec_grid.PAD
        sound = np.asarray(signal[max(0, start) : int(at_samples[-1]) + search.length + 1])
        sound = np.pad(sound, (max(0, -start), 0))
        heard = search.heard_at(sound, at_samples - start)[:, ::_EVERY]
        at = {
            beside: np.square((heard * turn[::_EVERY].astype(np.complex64)).real)
            for beside, turn in turns.items()
        }
        around = sum(at[beside] for beside in BESIDE) / np.float32(len(BESIDE))
        floor = np.float32(QUIET) + codec_grid.DEEPEST * around
        beside_logs = sum(np.log(at[beside] + floor) for beside in BESIDE) / len(BESIDE)
        says[begin : begin + frames] = (beside_logs - np.log(at[0] + floor)).mean(axis=1)
        power[begin : begin + frames] = around.mean(axis=1)
        release(signal)
    return Trace(offset, says, power)


def follow(
    signal: Floats,
    *,
    codec: Codec,
    sample_rate_hz: int,
    coded_hz: int | None = None,
    offset: int,
    threshold: float,
    progress: Callable[[float], None] = lambda _: None,
) -> GridTrack | None:
    """Follow a grid that was found in the whole recording through its time.

    1. A trace at the offset says for each loud frame how much it shows the grid.
    2. Pieces are made so long that the grid is expected at 9 standard deviations in each.
    3. Where the grid is lost for a piece or more, all offsets are searched, over that run alone.
    4. What was found is traced too. An offset that also shows where another holds is another
       generation; those that take turns are jumps. The most likely sequence is chosen, with a price
       on every change, and its changes are then placed to the frame.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
    codec : Codec
    sample_rate_hz : int
    coded_hz : int, optional
        The rate at which it was coded; without it, that of the signal.
    offset : int
        From ``codec_grid.depths``.
    threshold : float
        How high the dip of another offset must be, in standard deviations, to be followed.
    progress : callable
        Told the fraction done.

    Returns
    -------
    GridTrack or None
        None where the grid shows too weakly to be followed in at least three pieces.

    Source
    ------
    Korycki 2014, Forensic Science International 238 (frame offsets over time, silent frames left
    out); Yang, Qu and Huang 2008, ACM MM&Sec (breaks of MP3 frame offsets as evidence of editing).
    """
    search = codec_grid.grid_search(codec, sample_rate_hz, coded_hz)
    first = trace(signal, search, offset)
    loud = _loud(first.power)
    if loud.sum() < LEAST_FRAMES:
        return None
    frames = _frames_in_piece(first.says[loud])
    if 3 * frames > loud.sum():
        return None
    pieces = _Pieces.of(loud, frames)
    traces, also = [first], []
    for number in range(MOST_SEARCHES):
        progress(number / MOST_SEARCHES)
        run = pieces.lost_run(traces)
        if run is None:
            break
        found = _search_run(signal, search, run, pieces, threshold)
        if found is None or len(traces) == MOST_OFFSETS:
            pieces.give_up(run)
            continue
        another = trace(signal, search, found)
        if pieces.overlap(another, traces):
            also.append(found)
            pieces.give_up(run)
        else:
            traces.append(another)
    states = pieces.states(traces)
    spans, jumps = _spans(states, pieces, traces, search)
    return GridTrack(
        codec=codec,
        coded_hz=search.coded_hz,
        per_sample=search.per_sample,
        offset=offset,
        piece_s=frames * search.hop / sample_rate_hz,
        spans=spans,
        jumps=jumps,
        also=tuple(also),
    )


def _loud(power: Floats) -> npt.NDArray[np.bool_]:
    """Frames within 25 dB of the level that a tenth of all frames exceed."""
    if power.size == 0:
        return np.zeros(0, dtype=bool)
    loud: npt.NDArray[np.bool_] = power > np.quantile(power, 0.9) * 10 ** (-LOUD_DB / 10)
    return loud & (power > QUIET)


def _frames_in_piece(says: Floats) -> int:
    """Loud frames that show the grid clearly, judged by the better of many stretches.

    The better ones, since the grid may hold in a part of the recording only.
    """
    stretches = np.array_split(says, max(1, min(32, says.size // LEAST_FRAMES)))
    mean = float(np.quantile([stretch.mean() for stretch in stretches], 0.8))
    spread = float(np.median([stretch.std() for stretch in stretches]))
    return max(LEAST_FRAMES, int(np.ceil((PIECE_Z * spread / max(mean, 1e-3)) ** 2)))


@dataclass
class _Pieces:
    """The recording in pieces of equally many loud frames."""

    edges: Ints  # frames [shape=(pieces + 1,)]
    loud: npt.NDArray[np.bool_]
    given_up: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, loud: npt.NDArray[np.bool_], frames: int) -> _Pieces:
        """Cut after every so many loud frames; what is left over goes to the last piece."""
        ends = np.flatnonzero(loud)[frames - 1 :: frames] + 1
        edges = np.concatenate([[0], ends[:-1], [loud.size]]).astype(np.int64)
        return cls(edges, loud, np.zeros(edges.size - 1, dtype=bool))

    def z(self, trace: Trace) -> Doubles:
        """How clearly each piece shows a grid, in standard deviations [shape=(pieces,)]."""
        size = min(trace.says.size, self.loud.size)
        says = np.zeros(self.loud.size)
        says[:size] = np.where(self.loud[:size], trace.says[:size], 0.0)
        spread = float(np.median(np.abs(says[self.loud] - np.median(says[self.loud])))) * 1.4826
        counts = np.add.reduceat(self.loud.astype(np.float64), self.edges[:-1])
        total = np.add.reduceat(says, self.edges[:-1])
        return np.asarray(total / (max(spread, 1e-3) * np.sqrt(np.maximum(counts, 1))))

    def lost_run(self, traces: list[Trace]) -> tuple[int, int] | None:
        """The longest run of pieces that show none of the grids and were not given up."""
        held = np.max([self.z(trace) for trace in traces], axis=0) >= _NO_GRID_Z
        lost = np.concatenate([[False], ~held & ~self.given_up, [False]])
        edges = np.flatnonzero(np.diff(lost.astype(np.int8)))
        runs = edges.reshape(-1, 2)
        if not len(runs):
            return None
        first, last = runs[int(np.argmax(runs[:, 1] - runs[:, 0]))]
        return int(first), int(last)

    def give_up(self, run: tuple[int, int]) -> None:
        """Search this run no more."""
        self.given_up[slice(*run)] = True

    def overlap(self, another: Trace, traces: list[Trace]) -> bool:
        """Whether a grid also shows where one of the others holds."""
        held = np.max([self.z(trace) for trace in traces], axis=0) >= PIECE_Z / 2
        z = self.z(another)[held]
        return z.size > 0 and float(z.sum() / np.sqrt(z.size)) >= PIECE_Z and z.mean() > _NO_GRID_Z

    def states(self, traces: list[Trace]) -> Ints:
        """The most likely sequence of grids, -1 for none [shape=(pieces,)] (Viterbi 1967)."""
        scores = np.stack([self.z(trace) for trace in traces])
        scores = np.vstack([scores, np.full(scores.shape[1], _NO_GRID_Z)])
        best, came_from = scores[:, 0].copy(), []
        for column in scores.T[1:]:
            leader = int(best.argmax())
            changes = best[leader] - _SWITCH_Z > best
            came_from.append(np.where(changes, leader, np.arange(best.size)))
            best = np.where(changes, best[leader] - _SWITCH_Z, best) + column
        state = int(best.argmax())
        sequence = [state]
        for origin in reversed(came_from):
            state = int(origin[state])
            sequence.append(state)
        states = np.array(sequence[::-1], dtype=np.int64)
        return np.where(states == len(traces), -1, states)


def _search_run(
    signal: Floats,
    search: GridSearch,
    run: tuple[int, int],
    pieces: _Pieces,
    threshold: float,
) -> int | None:
    """The offset of another grid within a run of pieces, if there is one."""
    first = max(0, int(pieces.edges[run[0]] * search.hop) - search.lead)
    last = int(np.ceil((pieces.edges[run[1]] + 1) * search.hop)) + search.length
    stretch = signal[first:last]
    found = codec_grid.depths_of(stretch, search, pieces=_MOST_PIECES, least=1)
    if found is None:
        return None
    dips = found.dips
    best = int(dips.argmax())
    moved = round(first * search.places / search.hop)
    return (best + moved) % search.places if dips[best] >= threshold else None


def _spans(
    states: Ints, pieces: _Pieces, traces: list[Trace], search: GridSearch
) -> tuple[tuple[Span, ...], tuple[Jump, ...]]:
    """Runs of one state, and the changes between them, placed to the frame."""
    frame_s = search.hop / search.sample_rate_hz
    changes = np.flatnonzero(np.diff(states)) + 1
    bounds = [_change_frames(int(piece), states, pieces, traces) for piece in changes]
    starts = np.concatenate([[0], changes])
    ends = np.concatenate([changes, [states.size]])
    at = [0, *(best for _, best, _ in bounds), pieces.loud.size]
    z = [pieces.z(trace) for trace in traces]

    def seconds(frame: int, state: int) -> float:
        offset = traces[state].offset / search.places if state >= 0 else 0.5
        return (frame + offset - 0.5) * frame_s + search.span / 2 / search.sample_rate_hz

    spans = []
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        state = int(states[start])
        spans.append(
            Span(
                start_s=0.0 if index == 0 else seconds(at[index], state),
                end_s=seconds(at[index + 1], state),
                offset=traces[state].offset if state >= 0 else -1,
                z=float(z[state][start:end].mean()) if state >= 0 else 0.0,
            )
        )
    jumps = []
    last: tuple[int, float, float] | None = None  # state, and the seconds within which it ends
    for index, start in enumerate(starts):
        state = int(states[start])
        if state < 0:
            continue
        low, best, _ = bounds[index - 1] if index else (0, 0, 0)
        if last is not None and last[0] != state:
            _, _, high = bounds[index - 1]
            places = (traces[state].offset - traces[last[0]].offset) % search.places
            by = places / search.per_sample if search.is_resampled else places
            jumps.append(Jump(min(last[1], seconds(low, state)), seconds(high, state) + 0.0, by))
        if index < len(bounds):
            low, best, high = bounds[index]
            last = (state, seconds(low, state) - frame_s, seconds(best, state))
    return tuple(spans), tuple(jumps)


def _change_frames(
    piece: int, states: Ints, pieces: _Pieces, traces: list[Trace]
) -> tuple[int, int, int]:
    """Where one grid most likely gives way to another, near a piece's beginning.

    The first frame that is likely enough, the most likely one, and the last.
    """
    first = int(pieces.edges[piece - 1])
    last = int(pieces.edges[piece + 1])
    before = _likelihood(int(states[piece - 1]), traces, pieces, first, last)
    after = _likelihood(int(states[piece]), traces, pieces, first, last)
    gain = np.concatenate([[0.0], np.cumsum(before - after)])
    likely = np.flatnonzero(gain >= gain.max() - LIKELY)
    return first + int(likely[0]), first + int(gain.argmax()), first + int(likely[-1])


def _likelihood(state: int, traces: list[Trace], pieces: _Pieces, first: int, last: int) -> Doubles:
    """Log likelihood of a grid against none, frame by frame, for Gaussian traces.

    Quiet frames are judged by what quiet frames say elsewhere: in a file that was only decoded they
    tell as much as loud ones, behind a second codec they tell nothing.
    """
    here = np.zeros(last - first)
    if state < 0:
        return here
    trace = traces[state]
    size = min(trace.says.size, pieces.loud.size)
    says, power = trace.says[:size], trace.power[:size]
    for alike in (pieces.loud[:size], ~pieces.loud[:size] & (power > _AUDIBLE * QUIET)):
        held = says[alike]
        if held.size < LEAST_FRAMES:
            continue
        spread = max(float(np.median(np.abs(held - np.median(held)))) * 1.4826, 1e-3)
        mean = max(float(np.quantile(held, 0.75)) - 0.6745 * spread, 0.0)
        rows = np.flatnonzero(alike[first:last])
        here[rows] = mean * (says[first:last][rows] - mean / 2) / spread**2
    return here


def simultaneous(
    signal: Floats, *, codec: Codec, sample_rate_hz: int, first: int, second: int
) -> bool:
    """Whether a second grid shows where the first does, so that both are of the whole sound.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
    codec : Codec
    sample_rate_hz : int
    first, second : int
        Offsets; the first is the clearer one.
    """
    search = codec_grid.grid_search(codec, sample_rate_hz)
    one, other = trace(signal, search, first), trace(signal, search, second)
    loud = _loud(one.power)
    if loud.sum() < 3 * LEAST_FRAMES:
        return False
    frames = min(_frames_in_piece(one.says[loud]), int(loud.sum()) // 3)
    return _Pieces.of(loud, frames).overlap(other, [one])
