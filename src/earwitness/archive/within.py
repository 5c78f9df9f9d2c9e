"""Passages that occur twice in one recording: the recording is searched in itself.

Up to forty minutes, the fine prints of every second are compared with every other second: a passage
of two seconds shares too few landmarks to be found by them alone. Longer recordings are searched
by landmarks, as an archive is. What lies within two seconds of itself is left out. Where a passage stands
twice, the two waveforms are also laid over one another: of a copy they agree in phase, of words
said again they do not; how far they agree gives the passage's ends.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.signal

from earwitness.archive import candidates, segment
from earwitness.archive.alignment import Aligned, align
from earwitness.archive.background import Background
from earwitness.archive.candidates import BLOCK_FRAMES, Candidate, look_up
from earwitness.archive.fingerprint import fingerprint
from earwitness.archive.prints import PRINT_STEP, Prints, prints_of, signs_of, weights
from earwitness.archive.spectrum import FRAME_S, SAMPLE_RATE_HZ, Floats, picture
from earwitness.archive.views import UNCHANGED

LEAST_APART_S = 2.0
LONGEST_S = 4 * 3600.0
_AROUND_FRAMES = 160
_LEAST_FRAMES = 60
_LONGEST_WAVE_S = 10.0
_COMPARED_WHOLE_S = 2_400.0
_SECOND_PRINTS = 32
_ROWS_AT_ONCE = 1_024
_WORTH_A_LOOK = 5.5
WAVES_AGREE = 0.5
LEAST_WAVE_S = 1.0
_WAVE_FRAME = 128  # 16 ms
_NEAR_SAMPLES = 400  # 50 ms: the prints are aligned to a third of that
# 150 untouched recordings of five minutes, each searched in itself; bench/repeats.py prints it.
UNTOUCHED = Background(
    place=7.02628,
    scale=0.77442,
    place_error=0.12419,
    scale_error=0.09317,
    seconds=300.0,
    archive_seconds=300.0,
    searches=150,
)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A passage that occurs twice.

    Attributes
    ----------
    first_start_s, first_end_s, second_start_s, second_end_s : float
    agreement, score : float
        Of the fine prints (see ``search.Stretch``).
    wave_correlation : float
        Of the two waveforms at their best lag, -1 to 1.
    false_match_probability : float
        That an untouched recording of this length gives such a score.
    """

    first_start_s: float
    first_end_s: float
    second_start_s: float
    second_end_s: float
    agreement: float
    score: float
    wave_correlation: float
    false_match_probability: float

    @property
    def is_same_wave(self) -> bool:
        """Whether the waveforms agree in phase for a second, as only those of one sound do.

        A syllable of a synthetic voice may agree with itself for half a second.
        """
        length_s = self.first_end_s - self.first_start_s
        return self.wave_correlation >= WAVES_AGREE and length_s >= LEAST_WAVE_S


def find_repeats(sound: Floats, *, most_probable_error: float) -> tuple[Repeat, ...]:
    """Find the passages of a sound that occur in it twice, two seconds or more apart.

    Parameters
    ----------
    sound : np.ndarray [shape=(n,)]
        Mono, 8 kHz, four hours at most.
    most_probable_error : float
        Give what an untouched recording gives at most this probably.

    Returns
    -------
    tuple of Repeat
        In the order of the second occurrence.
    """
    seconds = sound.size / SAMPLE_RATE_HZ
    repeats = []
    bar = 0.0
    if most_probable_error < 1:
        bar = UNTOUCHED.score_for(most_probable_error, seconds=seconds, archive_seconds=seconds)
    for aligned in _lines(picture(sound), sound, bar):
        probability = UNTOUCHED.probability(aligned.score, seconds=seconds, archive_seconds=seconds)
        repeats.append(_repeat(aligned, sound, probability))
    return tuple(sorted(repeats, key=lambda item: item.second_start_s))


def _lines(shown: Floats, sound: Floats, bar: float) -> list[Aligned]:
    """What lines up with something earlier and scores so much, best first, each place once."""
    frames = shown.shape[0]
    if frames < _LEAST_FRAMES:
        return []
    mine, prints = weights(shown), prints_of(shown)
    if frames <= _COMPARED_WHOLE_S / FRAME_S:
        found = _every_second(mine, signs_of(prints))
    else:
        found = _by_landmarks(shown, sound)
    lines = [_verified(mine, prints, candidate) for candidate in found]
    kept: list[Aligned] = []
    long_enough = [
        line
        for line in lines
        if line and line.here_end - line.here_start >= _LEAST_FRAMES and line.score >= bar
    ]
    for line in sorted(long_enough, key=lambda line: -line.score):
        if not any(_overlap(line, other) for other in kept):
            kept.append(line)
    return kept


def _every_second(mine: Floats, signs: Floats) -> list[Candidate]:
    """For each second of the recording, every half second, where it agrees best with what comes later."""
    size = _SECOND_PRINTS
    windows = np.lib.stride_tricks.sliding_window_view(signs, size, axis=0)[:: size // 2]
    there = np.arange(windows.shape[0]) * (size // 2) * PRINT_STEP
    queries = np.ascontiguousarray(windows.transpose(0, 2, 1)).reshape(there.size, -1)
    rows = np.lib.stride_tricks.sliding_window_view(mine[::PRINT_STEP], size, axis=0)
    best = np.zeros((there.size, 2), np.float32)
    at = np.zeros((there.size, 2), np.int64)
    apart = round(LEAST_APART_S / FRAME_S)
    for start in range(0, rows.shape[0], _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE].transpose(0, 2, 1)
        flat = np.ascontiguousarray(part).reshape(part.shape[0], -1)
        flat /= np.sqrt((flat**2).sum(axis=1, keepdims=True) + 1e-6)
        here = (start + np.arange(flat.shape[0])) * PRINT_STEP
        usable = int(np.searchsorted(there, here[-1] - apart, side="right"))
        table = queries[:usable] @ flat.T
        near = int(np.searchsorted(there, here[0] - apart, side="right"))
        table[near:][there[near:usable, None] > here[None, :] - apart] = 0
        _keep_best(table, here, best[:usable], at[:usable])
    found = []
    for number, column in zip(*np.nonzero(best > _WORTH_A_LOOK), strict=True):
        here_frame = int(at[number, column])
        difference = int(there[number]) - here_frame
        votes = round(float(best[number, column]))
        block = here_frame // BLOCK_FRAMES
        found.append(Candidate(votes, 0, 0, UNCHANGED, block, difference))
    found.sort(key=lambda candidate: -candidate.votes)
    return found[: 64 + there.size // 2]


def _keep_best(
    table: Floats, here: npt.NDArray[np.int64], best: Floats, at: npt.NDArray[np.int64]
) -> None:
    """Keep the two best places of each second, a second apart."""
    if table.shape[0] == 0:
        return
    number = np.arange(table.shape[0])
    around = np.arange(-_SECOND_PRINTS // 2, _SECOND_PRINTS // 2 + 1)
    for _ in range(2):
        top = np.argmax(table, axis=1)
        value, place = table[number, top], here[top]
        better = value > best[:, 0]
        second = ~better & (value > best[:, 1]) & (np.abs(place - at[:, 0]) > _SECOND_PRINTS)
        moved = better & (np.abs(place - at[:, 0]) > _SECOND_PRINTS)
        best[moved, 1], at[moved, 1] = best[moved, 0], at[moved, 0]
        best[better, 0], at[better, 0] = value[better], place[better]
        best[second, 1], at[second, 1] = value[second], place[second]
        columns = np.clip(top[:, None] + around, 0, here.size - 1)
        table[number[:, None], columns] = 0


def _by_landmarks(shown: Floats, sound: Floats) -> list[Candidate]:
    own = fingerprint(iter([sound]), sha256="0" * 64, name="itself")
    with tempfile.TemporaryDirectory(prefix="earwitness-repeats-") as folder:
        path, _ = segment.write(Path(folder), [own])
        itself = segment.Segment(path)
        blocks = -(-shown.shape[0] // BLOCK_FRAMES)
        return look_up(
            shown,
            [itself],
            effort=candidates.effort_for(shown.shape[0], int(itself.keys.size)),
            most=64 + 8 * blocks,
            allowed=[np.ones(1, np.bool_)],
            blocks=np.ones(blocks, np.bool_),
            earlier_by=round(LEAST_APART_S / FRAME_S),
        )


def _verified(mine: Floats, prints: Prints, candidate: Candidate) -> Aligned | None:
    """Line a block up with what lies earlier; the two sides do not run into one another."""
    start = max(candidate.block * BLOCK_FRAMES - _AROUND_FRAMES, -candidate.difference, 0)
    start += (start + candidate.difference) % PRINT_STEP
    end = min((candidate.block + 1) * BLOCK_FRAMES + _AROUND_FRAMES, mine.shape[0])
    first = (start + candidate.difference) // PRINT_STEP
    last = first + (end - start) // PRINT_STEP
    if end - start < _LEAST_FRAMES:
        return None
    there = first * PRINT_STEP
    return align(mine[start:end], prints[first:last], here=start, there=there, keep_rate=True)


def _overlap(line: Aligned, other: Aligned) -> bool:
    """Whether two say the same: half of the one lies in the other, here and there."""
    length = line.here_end - line.here_start
    here = min(line.here_end, other.here_end) - max(line.here_start, other.here_start)
    there = min(line.there_end, other.there_end) - max(line.there_start, other.there_start)
    return here > 0.5 * length and there > 0.5 * length


def _repeat(aligned: Aligned, sound: Floats, probability: float) -> Repeat:
    times = [
        value * FRAME_S
        for value in (
            aligned.there_start,
            aligned.there_end,
            aligned.here_start,
            aligned.here_end,
        )
    ]
    lag_s, correlation = wave_agreement(sound, times[0], times[2], times[1] - times[0])
    start_s, end_s = _ends(sound, times[0], times[1], lag_s, correlation)
    return Repeat(
        first_start_s=round(start_s, 3),
        first_end_s=round(end_s, 3),
        second_start_s=round(start_s + lag_s, 3),
        second_end_s=round(end_s + lag_s, 3),
        agreement=round(aligned.agreement, 4),
        score=round(aligned.score, 3),
        wave_correlation=round(correlation, 4),
        false_match_probability=probability,
    )


def _ends(
    sound: Floats, start_s: float, end_s: float, lag_s: float, correlation: float
) -> tuple[float, float]:
    """The passage's ends by its waveforms, where those agree; the prints' ends where they do not."""
    if correlation < WAVES_AGREE:
        return start_s, end_s
    lag = round(lag_s * SAMPLE_RATE_HZ)
    first = max(int((start_s - 1.5) * SAMPLE_RATE_HZ), 0)
    last = min(int((end_s + 1.5) * SAMPLE_RATE_HZ), sound.size - lag)
    count = (last - first) // _WAVE_FRAME
    if count < 4:
        return start_s, end_s
    size = count * _WAVE_FRAME
    one = np.asarray(sound[first : first + size], np.float64).reshape(count, -1)
    other = np.asarray(sound[first + lag : first + lag + size], np.float64).reshape(count, -1)
    power = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1)) + 1e-9
    agreement = (one * other).sum(axis=1) / power
    # Quiet frames, in which a codec leaves little of the wave, weigh little.
    weight = np.minimum(1.0, power / np.median(power)) ** 0.5
    running = np.concatenate([[0.0], np.cumsum((agreement - 0.5) * weight)])
    lowest = np.minimum.accumulate(running)
    until = int(np.argmax(running - lowest))
    since = int(np.argmin(running[: until + 1]))
    at_s = first / SAMPLE_RATE_HZ
    frame_s = _WAVE_FRAME / SAMPLE_RATE_HZ
    return at_s + since * frame_s, at_s + until * frame_s


def wave_agreement(
    sound: Floats, first_s: float, second_s: float, length_s: float
) -> tuple[float, float]:
    """Seconds from the first occurrence to the second, and how the two waveforms correlate there."""
    length = int(min(length_s, _LONGEST_WAVE_S) * SAMPLE_RATE_HZ)
    one_at = max(int(first_s * SAMPLE_RATE_HZ), 0)
    one = np.asarray(sound[one_at : one_at + length], dtype=np.float64)
    other_at = max(int(second_s * SAMPLE_RATE_HZ) - _NEAR_SAMPLES, 0)
    other = np.asarray(sound[other_at : other_at + length + 2 * _NEAR_SAMPLES], dtype=np.float64)
    if one.size == 0 or other.size < one.size or not one.any():
        return second_s - first_s, 0.0
    product = scipy.signal.correlate(other, one, mode="valid", method="fft")
    energy = scipy.signal.correlate(other**2, np.ones(one.size), mode="valid", method="fft")
    scaled = product / np.sqrt(np.maximum(energy, 1e-12) * float((one**2).sum()))
    best = int(np.argmax(scaled))
    return (other_at + best - one_at) / SAMPLE_RATE_HZ, float(scaled[best])
