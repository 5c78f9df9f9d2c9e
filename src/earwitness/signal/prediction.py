"""How far each sample of a sound can be foretold from those around it: linear prediction.

Speech and the noise of a room are foretold well from the millisecond before. Where two pieces were
put together, the first samples of the second piece are not.

Conventions: signals are float32 at 16 kHz [shape=(n,)]; blocks are of 128 samples (8 ms).
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

ORDER: Final = 20
BLOCK: Final = 128
WINDOW: Final = 512
_WHITE: Final = 1e-8  # of the power, added to it, so that a sound of a few tones has a predictor
_QUIETEST: Final = 1e-12

Floats32 = npt.NDArray[np.float32]


def predictors(
    signal: Floats32, *, order: int = ORDER, block: int = BLOCK, window: int = WINDOW
) -> Floats32:
    """Linear predictors of each block, from the window round its middle [shape=(blocks, order + 1)].

    The first coefficient is one; the residue is the sum of coefficients times the samples before.
    Without anything else said, windows are of 32 ms and blocks of 8 ms, at 16 kHz.

    Source
    ------
    Makhoul 1975, Proc. IEEE 63(4): 561-580, the autocorrelation method, solved by Levinson-Durbin.
    """
    if signal.size < block:
        return np.zeros((0, order + 1), dtype=np.float32)
    side = (window - block) // 2
    padded = np.pad(signal.astype(np.float64), (side, side))
    windows = np.lib.stride_tricks.sliding_window_view(padded, window)[::block]
    tapered = windows[: signal.size // block] * np.hanning(window)
    spectrum = scipy.fft.rfft(tapered, 2 * window, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    lags = power @ _to_lags(window, order)
    lags[:, 0] = lags[:, 0] * (1 + _WHITE) + _QUIETEST
    return _levinson(lags).astype(np.float32)


@cache
def _to_lags(window: int, order: int) -> npt.NDArray[np.float64]:
    """The inverse transform from power to the few lags that are wanted [shape=(bins, order + 1)]."""
    bins = np.arange(window + 1)[:, np.newaxis]
    cosines = np.cos(np.pi * bins * np.arange(order + 1) / window) / window
    cosines[[0, -1]] /= 2
    return np.asarray(cosines)


def _levinson(lags: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Predictors from autocorrelations [shape=(blocks, order + 1)], all blocks at once."""
    found = np.zeros_like(lags)
    found[:, 0] = 1.0
    error = lags[:, 0].copy()
    for order in range(1, lags.shape[1]):
        against = (found[:, :order] * lags[:, order:0:-1]).sum(axis=1)
        reflection = -against / error
        found[:, 1 : order + 1] += reflection[:, np.newaxis] * found[:, order - 1 :: -1]
        error *= np.maximum(1.0 - reflection**2, _QUIETEST)
    return found


def residue(signal: Floats32, coefficients: Floats32, *, block: int = BLOCK) -> Floats32:
    """What each sample differs from its prediction by [shape=(blocks * block,)]."""
    blocks, order = coefficients.shape[0], coefficients.shape[1] - 1
    if not blocks:
        return np.zeros(0, dtype=np.float32)
    padded = np.pad(signal, (order, 0))
    windows = np.lib.stride_tricks.sliding_window_view(padded, block + order)[::block]
    windows = windows[:blocks]
    left = np.zeros((blocks, block), dtype=np.float32)
    for lag in range(order + 1):
        first = order - lag
        left += coefficients[:, lag : lag + 1] * windows[:, first : first + block]
    return left.reshape(-1)
