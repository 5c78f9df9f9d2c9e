"""Tones that run through a recording, such as mains hum: which there are, and where they break.

Where something was cut out or put in, a tone that ran through the recording goes on out of step.

Conventions: signals are the sound below 1 kHz, float32 at 2 kHz [shape=(n,)], unless said otherwise;
a tone is followed in steps of 20 ms.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.ndimage

LOW_RATE_HZ: Final = 2_000
RATE_HZ: Final = 16_000
MOST_TONES: Final = 6
_OVER_DB: Final = 9.0
_STEP: Final = 40
_STEP_S: Final = _STEP / LOW_RATE_HZ
_SIDE: Final = 150  # steps: three seconds
_LEAST_SIDE: Final = 30
_MOST_RATIO: Final = 30.0
_STEADY: Final = 3.3
_NEAR: Final = 40  # steps within which a break is the only one
_REFINED: Final = 20  # steps to either side in which the break is looked for once more

Floats64 = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex128]


def tones_hz(low: Floats32) -> Floats64:
    """Frequencies of tones that run through the recording [shape=(k,)].

    They stand 9 dB over the 40 Hz around in the median spectrum of windows of up to four seconds, and
    three quarters of the time, averaged over three seconds, they stand out of what varies round that
    average by a ratio of 3.3: what a voice holds for a while does not.
    """
    found = _peaks_hz(low)
    steady = [_is_steady(_steadied(low, float(hz))) for hz in found]
    return np.asarray(found[np.array(steady, dtype=bool)])


def _is_steady(beat: Complex) -> bool:
    at = np.arange(beat.size)
    _, ratio = _average(
        beat, np.maximum(at - _SIDE // 2, 0), np.minimum(at + _SIDE // 2, beat.size)
    )
    return bool(ratio.size and np.quantile(ratio, 0.25) >= _STEADY)


def _average(
    beat: Complex, begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64]
) -> tuple[Complex, Floats64]:
    """Means of stretches of a tone, and their ratios of signal to noise [shape=(n,), (n,)]."""
    sums = np.concatenate([[0], np.cumsum(beat)])
    powers = np.concatenate([[0], np.cumsum(np.abs(beat) ** 2)])
    count = np.maximum(end - begin, 1)
    mean = (sums[end] - sums[begin]) / count
    around = (powers[end] - powers[begin]) / count - np.abs(mean) ** 2
    return mean, np.asarray(np.abs(mean) ** 2 / np.maximum(around / count, 1e-16))


def _peaks_hz(low: Floats32) -> Floats64:
    """Frequencies that stand out of the median spectrum, strongest first, six at most [shape=(k,)]."""
    size = int(min(8_192, max(1_024, 2 ** int(np.log2(max(low.size // 3, 1))))))
    if low.size < 2 * size:
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(low, size)[:: size // 2]
    windows = windows[:: -(-windows.shape[0] // 400)]
    spectra = scipy.fft.rfft(windows * np.hanning(size).astype(np.float32), axis=1)
    level = np.median(10 * np.log10(np.abs(spectra) ** 2 + 1e-9), axis=0)
    hz_per_bin = LOW_RATE_HZ / size
    around = scipy.ndimage.median_filter(level, max(5, round(40 / hz_per_bin)), mode="nearest")
    over = level - around
    peak = (level == scipy.ndimage.maximum_filter1d(level, 5)) & (over > _OVER_DB)
    peak[: round(40 / hz_per_bin)] = False
    peak[round(900 / hz_per_bin) :] = False
    bins = np.flatnonzero(peak)
    bins = bins[np.argsort(-over[bins], kind="stable")][:MOST_TONES]
    left, middle, right = level[bins - 1], level[bins], level[bins + 1]
    shift = 0.5 * (left - right) / (left - 2 * middle + right - 1e-9)
    return np.asarray((bins + shift) * hz_per_bin)


def tones_of(low: Floats32) -> tuple[Floats64, Floats64]:
    """Tones that run through a recording: frequencies and amplitudes [shape=(k,), (k,)].

    An amplitude is the median of what four seconds of the tone average to.
    """
    found = tones_hz(low)
    amplitudes = []
    for hz in found:
        beat = _steadied(low, float(hz))
        mean = scipy.ndimage.uniform_filter1d(beat, min(200, max(1, beat.size)), mode="nearest")
        amplitudes.append(2 * float(np.median(np.abs(mean))))
    return found, np.array(amplitudes)


def with_tones(sound: Floats32, hertz: Floats64, amplitudes: Floats64, *, seed: int) -> Floats32:
    """A sound at 16 kHz with tones that run through it, their phases drawn anew [shape=(n,)]."""
    random = np.random.default_rng(seed)
    at_s = np.arange(sound.size) / RATE_HZ
    total = np.array(sound, dtype=np.float64)
    for hz, amplitude in zip(hertz, amplitudes, strict=True):
        total += amplitude * np.sin(2 * np.pi * (hz * at_s + random.uniform()))
    return total.astype(np.float32)


def find_breaks(low: Floats32) -> tuple[Floats64, Floats64]:
    """Where the tones of a recording break: seconds, and how much [shape=(b,), (b,)].

    1. Each tone is turned to zero hertz; its slow drift, over sixteen seconds, is taken out.
    2. On either side of each 20 ms it is averaged over three seconds, fewer at the ends; what varies
       round the average tells how well that is known.
    3. A jump is one less the cosine of the two phases' difference, times their joint ratio of signal
       to noise, which is cut off at 30 so that a loud tone is not believed more than a quiet one.
       The jumps of all tones are added.
    4. What is highest within 0.8 s is a break. Its place is that at which two steady tones, from four
       seconds before to four seconds after, fit best (maximum likelihood of one change); to this
       tones that are less steady are heard, too.
    """
    heard = [_steadied(low, float(hz)) for hz in _peaks_hz(low)]  # 1
    beats = [beat for beat in heard if _is_steady(beat)]
    if not beats or beats[0].size < 2 * _LEAST_SIDE:
        return np.zeros(0), np.zeros(0)
    jump = np.sum([_jumps(beat) for beat in beats], axis=0)  # 2, 3
    highest = scipy.ndimage.maximum_filter1d(jump, 2 * _NEAR + 1, mode="nearest")
    peaks = np.flatnonzero((jump == highest) & (jump > 0.5))
    at = np.array([_best_change(heard, int(peak)) for peak in peaks], dtype=np.int64)  # 4
    return at.astype(np.float64) * _STEP_S, np.asarray(jump[peaks])


def _steadied(low: Floats32, hz: float) -> Complex:
    """A tone, turned to zero hertz and without its slow drift, every 20 ms [shape=(steps,)]."""
    count = low.size // _STEP
    time = np.arange(_STEP) / LOW_RATE_HZ
    beat = low[: count * _STEP].reshape(count, _STEP) @ np.exp(-2j * np.pi * hz * time)
    beat *= np.exp(-2j * np.pi * hz * np.arange(count) * _STEP_S) / _STEP
    size = np.abs(beat)
    if count:  # speech that passes through must not outweigh the tone
        beat *= np.minimum(1.0, 3 * np.median(size) / np.maximum(size, 1e-12))
    lag = round(1.0 / _STEP_S)
    if count < 4 * lag:
        return np.asarray(beat)
    mean = scipy.ndimage.uniform_filter1d(beat, lag, mode="nearest")
    turns = mean[lag:] * np.conj(mean[:-lag])
    turns = scipy.ndimage.uniform_filter1d(turns, min(16 * lag, turns.size), mode="nearest")
    drift = np.pad(np.angle(turns) / lag, (lag // 2, lag - lag // 2), mode="edge")
    return np.asarray(beat * np.exp(-1j * np.cumsum(drift)))


def _jumps(beat: Complex) -> Floats64:
    """The jump of one tone before each step, weighted by how well it is known [shape=(steps,)]."""
    at = np.arange(beat.size)
    before, first = _average(beat, np.maximum(at - _SIDE, 0), at)
    after, second = _average(beat, at, np.minimum(at + _SIDE, beat.size))
    known = (at >= _LEAST_SIDE) & (at <= beat.size - _LEAST_SIDE)
    joint = np.minimum(1 / (1 / (first + 1e-9) + 1 / (second + 1e-9)), _MOST_RATIO)
    return np.asarray(joint * (1 - np.cos(np.angle(after * np.conj(before)))) * known)


def _best_change(beats: list[Complex], peak: int) -> int:
    """The step near a peak before which two steady tones fit best, of all tones together."""
    size = beats[0].size
    begin, end = max(0, peak - 200), min(size, peak + 200)
    first, last = max(begin + 1, peak - _REFINED), min(end - 1, peak + _REFINED)
    after = np.arange(first, last + 1) - begin
    fit = np.zeros(after.size)
    for beat in beats:
        part = beat[begin:end]
        sums = np.concatenate([[0], np.cumsum(part)])
        power = float((np.abs(part) ** 2).mean()) + 1e-20
        fit += np.abs(sums[after]) ** 2 / after / power
        fit += np.abs(sums[-1] - sums[after]) ** 2 / (part.size - after) / power
    return first + int(np.argmax(fit))
