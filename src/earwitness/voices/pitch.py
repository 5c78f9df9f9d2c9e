"""How high somebody speaks: the median of the fundamental frequency over voiced frames."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.voices.mel import SAMPLE_RATE_HZ, STEP_SAMPLES, Floats

LOWEST_HZ: Final = 60.0
HIGHEST_HZ: Final = 400.0
_FRAME: Final = 640  # 40 ms, two periods of 50 Hz
_MOST_FRAMES: Final = 1_000
_LEAST_FRAMES: Final = 20
_VOICED: Final = 0.5


def median_pitch(signal: Floats, in_speech: npt.NDArray[np.bool_]) -> float | None:
    """The median fundamental frequency in Hz; None where fewer than 20 frames are voiced.

    1. At most a thousand frames of 40 ms, evenly spread over the speech.
    2. The autocorrelation of each, over that of its window, so that long lags are not put back.
    3. A frame is voiced if its highest value between 60 and 400 Hz is at least one half.

    Source
    ------
    Boersma 1993, Proc. Inst. Phonetic Sciences Amsterdam 17 (autocorrelation over the window's).
    """
    starts = np.flatnonzero(in_speech) * STEP_SAMPLES
    starts = starts[starts + _FRAME <= signal.size]
    if starts.size < _LEAST_FRAMES:
        return None
    if starts.size > _MOST_FRAMES:  # 1
        starts = starts[np.linspace(0, starts.size - 1, _MOST_FRAMES).astype(int)]
    frames = np.stack([signal[start : start + _FRAME] for start in starts]).astype(np.float64)
    frames -= frames.mean(axis=1, keepdims=True)
    window = np.hanning(_FRAME)
    size = 2 * _FRAME
    own = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2)  # 2
    found = np.fft.irfft(np.abs(np.fft.rfft(frames * window, size, axis=1)) ** 2, axis=1)
    first, last = int(SAMPLE_RATE_HZ / HIGHEST_HZ), int(SAMPLE_RATE_HZ / LOWEST_HZ)
    energy = np.maximum(found[:, :1], 1e-12)
    strength = (found[:, first : last + 1] / energy) / (own[first : last + 1] / own[0])
    strength -= 0.01 * np.log2(np.arange(first, last + 1) / first)  # of octaves, the higher
    best = strength.argmax(axis=1)
    voiced = strength[np.arange(len(best)), best] >= _VOICED  # 3
    if voiced.sum() < _LEAST_FRAMES:
        return None
    return float(np.median(SAMPLE_RATE_HZ / (best[voiced] + first)))
