"""The features of the embedded system: cepstra of a mel spectrum, warped so that a channel leaves little.

Conventions: signals are float32 at 16 kHz; features are float32 [shape=(frames, dimensions)], one
row every 10 ms.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.special

from earwitness.voices.mel import Floats, band_energies

COEFFICIENTS: Final = 19
BANDS: Final = 24
WARP_FRAMES: Final = 301  # three seconds
_DELTA_REACH: Final = 2


def cepstra(signal: Floats, *, low_hz: float, high_hz: float) -> Floats:
    """Mel-frequency cepstral coefficients 1 to 19 within a band [shape=(frames, 19)].

    Source
    ------
    Davis and Mermelstein 1980, IEEE Trans. Acoust. Speech Signal Process. 28(4).
    """
    energies = band_energies(signal, bands=BANDS, low_hz=low_hz, high_hz=high_hz)
    logs = np.log(np.maximum(energies, 1e-10))
    coefficients = scipy.fft.dct(logs, type=2, axis=1, norm="ortho")
    return np.asarray(coefficients[:, 1 : COEFFICIENTS + 1], dtype=np.float32)


def voice_features(
    signal: Floats, in_speech: npt.NDArray[np.bool_], *, low_hz: float, high_hz: float
) -> Floats:
    """The features of the speech in a signal: warped cepstra and how they move [shape=(speech, 38)].

    1. Cepstra of a mel spectrum between ``low_hz`` and ``high_hz``.
    2. Their slopes over five frames.
    3. Frames without speech are dropped.
    4. Each dimension is warped to a normal distribution over three seconds of speech, which takes
       off a fixed channel and much of the noise.

    Source
    ------
    Pelecanos and Sridharan 2001, Odyssey (feature warping); Furui 1981 (slopes).
    """
    static = cepstra(signal, low_hz=low_hz, high_hz=high_hz)  # 1
    frames = np.concatenate([static, slopes(static)], axis=1)  # 2
    count = min(len(frames), len(in_speech))
    return warped(frames[:count][in_speech[:count]])  # 3, 4


def slopes(features: Floats) -> Floats:
    """The regression slope of each dimension over two frames either side [shape as ``features``]."""
    if not len(features):
        return features.copy()
    padded = np.pad(features, ((_DELTA_REACH, _DELTA_REACH), (0, 0)), mode="edge")
    total = np.zeros_like(features)
    n = len(features)
    for reach in range(1, _DELTA_REACH + 1):
        ahead = padded[_DELTA_REACH + reach : _DELTA_REACH + reach + n]
        behind = padded[_DELTA_REACH - reach : _DELTA_REACH - reach + n]
        total += reach * (ahead - behind)
    norm = 2 * sum(reach * reach for reach in range(1, _DELTA_REACH + 1))
    total /= np.float32(norm)
    return total


def warped(features: Floats, *, window: int = WARP_FRAMES) -> Floats:
    """Replace each value by the normal quantile of its rank in the window around it.

    At the ends, the window is the first or last one that fits. Ties share their middle rank.
    """
    count = len(features)
    if count == 0:
        return features.copy()
    window = min(window, count)
    half = window // 2
    ranks = np.zeros(features.shape, dtype=np.float32)
    starts = np.clip(np.arange(count) - half, 0, count - window)
    step = 2_048
    for first in range(0, count, step):
        last = min(count, first + step)
        here = features[first:last]
        below = np.zeros(here.shape, dtype=np.float32)
        rows = starts[first:last]
        for offset in range(window):
            other = features[rows + offset]
            below += other < here
            below += np.float32(0.5) * (other == here)
        ranks[first:last] = below
    quantile = np.clip(ranks / window, 0.5 / window, 1 - 0.5 / window)
    result: Floats = scipy.special.ndtri(quantile).astype(np.float32)
    return result
