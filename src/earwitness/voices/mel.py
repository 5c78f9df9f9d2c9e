"""Mel filterbanks: Kaldi's, as neural speaker models were trained on, and the bands of the embedded system.

Conventions: signals are float32 at 16 kHz [shape=(n,)]; frames are 25 ms every 10 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

SAMPLE_RATE_HZ: Final = 16_000
FRAME_SAMPLES: Final = 400
STEP_SAMPLES: Final = 160
STEP_S: Final = STEP_SAMPLES / SAMPLE_RATE_HZ
FFT_SIZE: Final = 512
_PREEMPHASIS: Final = 0.97
_BLOCK: Final = 4_096  # frames at once, so memory does not grow with the recording
_TURN: Final = 2 * np.pi * np.arange(FRAME_SAMPLES)
_WINDOWS: Final = {
    "povey": np.hanning(FRAME_SAMPLES) ** 0.85,
    "hamming": np.hamming(FRAME_SAMPLES),
    "hann": 0.5 - 0.5 * np.cos(_TURN / FRAME_SAMPLES),  # periodic, as librosa's
}


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """How the log mel energies of a neural model are computed; each family was trained on its own.

    Attributes
    ----------
    window : str
        ``povey``, ``hamming`` or ``hann``.
    low_hz : float
        Where the lowest band begins.
    slaney : bool
        Bands on Slaney's scale and of equal area, as librosa has them; else Kaldi's triangles.
    takes_off_mean : bool
        Whether each frame's own mean is taken off first.
    full_scale : float
        What a sample of 1.0 counts as.
    """

    window: str = "povey"
    low_hz: float = 20.0
    slaney: bool = False
    takes_off_mean: bool = True
    full_scale: float = 32_768.0


def log_mel(signal: Floats, front: FrontEnd | None = None, *, bands: int = 80) -> Floats:
    """Log mel energies as Kaldi computes them [shape=(frames, bands)].

    1. Frames of 25 ms every 10 ms that lie wholly within the signal.
    2. The frame's mean is taken off; pre-emphasis of 0.97; the window.
    3. Power spectrum of 512 points; triangular bands up to 8 kHz.
    4. The natural logarithm, of at least the smallest step of a float. No dither: it is random.

    Source
    ------
    Kaldi's feature-window.cc and mel-computations.cc, as in kaldi-native-fbank, with whose numbers
    all three front ends are compared.
    """
    front = front or FrontEnd()
    window = _WINDOWS[front.window]
    weights = (
        _slaney_weights(bands, front.low_hz, 8_000.0)
        if front.slaney
        else _mel_weights(bands, front.low_hz, 8_000.0)
    )
    pieces = []
    for frames in _frame_blocks(signal):
        scaled = frames.astype(np.float64) * front.full_scale  # 1
        if front.takes_off_mean:  # 2
            scaled -= scaled.mean(axis=1, keepdims=True)
        before = np.concatenate([scaled[:, :1], scaled[:, :-1]], axis=1)
        spectrum = np.fft.rfft((scaled - _PREEMPHASIS * before) * window, FFT_SIZE)  # 3
        power = np.abs(spectrum[:, : weights.shape[1]]) ** 2
        floor = float(np.finfo(np.float32).eps)
        pieces.append(np.log(np.maximum(power @ weights.T, floor)).astype(np.float32))  # 4
    return np.concatenate(pieces) if pieces else np.zeros((0, bands), np.float32)


def band_energies(signal: Floats, *, bands: int, low_hz: float, high_hz: float) -> Floats:
    """Mel energies within a band, not logarithmic [shape=(frames, bands)]."""
    window = np.hamming(FRAME_SAMPLES).astype(np.float32)
    weights = _mel_weights(bands, low_hz, high_hz).astype(np.float32)
    pieces = []
    for frames in _frame_blocks(signal):
        emphasised = np.empty_like(frames)
        emphasised[:, 0] = frames[:, 0] * (1 - _PREEMPHASIS)
        np.subtract(frames[:, 1:], _PREEMPHASIS * frames[:, :-1], out=emphasised[:, 1:])
        spectrum = np.fft.rfft(emphasised * window, FFT_SIZE)[:, : FFT_SIZE // 2]
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        pieces.append(power @ weights.T)
    return np.concatenate(pieces) if pieces else np.zeros((0, bands), np.float32)


def frame_count(samples: int) -> int:
    """How many whole frames lie in so many samples."""
    return max(0, 1 + (samples - FRAME_SAMPLES) // STEP_SAMPLES)


def _frame_blocks(signal: Floats) -> list[Floats]:
    """Overlapping frames in blocks [shape=(up to 4096, 400) each]; views until they are used."""
    count = frame_count(signal.size)
    if not count:
        return []
    view = np.lib.stride_tricks.sliding_window_view(signal, FRAME_SAMPLES)[::STEP_SAMPLES]
    return [view[first : first + _BLOCK] for first in range(0, count, _BLOCK)]


@cache
def _mel_weights(bands: int, low_hz: float, high_hz: float) -> npt.NDArray[np.float64]:
    """Triangles over the bins of the power spectrum, Nyquist's left out [shape=(bands, 256)]."""
    edges = np.linspace(_mel(low_hz), _mel(high_hz), bands + 2)
    bins = _mel(np.arange(FFT_SIZE // 2) * SAMPLE_RATE_HZ / FFT_SIZE)
    left, middle, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - left) / (middle - left)
    falling = (right - bins) / (right - middle)
    return np.maximum(0.0, np.minimum(rising, falling))


def _mel(hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return 1127.0 * np.log1p(np.asarray(hz, dtype=np.float64) / 700.0)


@cache
def _slaney_weights(bands: int, low_hz: float, high_hz: float) -> npt.NDArray[np.float64]:
    """Triangles of equal area on Slaney's scale, Nyquist's bin included [shape=(bands, 257)]."""
    low, high = _slaney_mel(np.array([low_hz, high_hz]))
    edges = _slaney_hz(np.linspace(float(low), float(high), bands + 2))
    bins = np.arange(FFT_SIZE // 2 + 1) * SAMPLE_RATE_HZ / FFT_SIZE
    left, middle, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.maximum(
        0.0, np.minimum((bins - left) / (middle - left), (right - bins) / (right - middle))
    )
    scaled: npt.NDArray[np.float64] = triangles * 2.0 / (right - left)
    return scaled


def _slaney_mel(hz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Linear up to 1 kHz, logarithmic above (Slaney 1998, Auditory Toolbox)."""
    above = 15.0 + 27.0 * np.log(np.maximum(hz, 1.0) / 1_000.0) / np.log(6.4)
    return np.where(hz < 1_000.0, hz * 3 / 200, above)


def _slaney_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mel < 15.0, mel * 200 / 3, 1_000.0 * 6.4 ** ((mel - 15.0) / 27.0))
