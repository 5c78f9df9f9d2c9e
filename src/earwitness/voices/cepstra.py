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
_AT_ONCE: Final = 8_192  # rows
_IN_A_BYTE: Final = 127  # values, each of which counts twice at most


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
    quantile = np.clip(_ranks(features, window) / window, 0.5 / window, 1 - 0.5 / window)
    result: Floats = scipy.special.ndtri(quantile).astype(np.float32)
    return result


def _ranks(features: Floats, window: int) -> Floats:
    """How many values around each are smaller, and half of those that are equal [shape as ``features``]."""
    across = np.ascontiguousarray(features.T)
    count, half = len(features), window // 2
    last = count - window + half  # the last one with a whole window around it
    twice = np.empty(across.shape, dtype=np.uint32)
    for ends, around in (
        (slice(half), slice(window)),
        (slice(last + 1, count), slice(count - window, count)),
    ):
        here, others = across[:, ends, None], across[:, None, around]
        twice[:, ends] = (others < here).sum(axis=2) + (others <= here).sum(axis=2)
    for first in range(half, last + 1, _AT_ONCE):
        end = min(last + 1, first + _AT_ONCE)
        twice[:, first:end] = _twice_the_rank(
            across[:, first - half : end - half + window - 1], window
        )
    ranks: Floats = twice.T.astype(np.float32) / np.float32(2)
    return ranks


def _twice_the_rank(across: Floats, window: int) -> npt.NDArray[np.uint32]:
    """How many around each value are smaller, and how many are not larger, added up.

    They are counted in single bytes, as many as those hold at a time: that is what takes least time.
    """
    places = across.shape[1] - window + 1
    here = across[:, window // 2 : window // 2 + places]
    total = np.zeros(here.shape, dtype=np.uint32)
    is_so = np.empty(here.shape, dtype=bool)
    for start in range(0, window, _IN_A_BYTE):
        few = np.zeros(here.shape, dtype=np.uint8)
        for offset in range(start, min(window, start + _IN_A_BYTE)):
            other = across[:, offset : offset + places]
            few += np.less(other, here, out=is_so).view(np.uint8)
            few += np.less_equal(other, here, out=is_so).view(np.uint8)
        total += few
    return total
