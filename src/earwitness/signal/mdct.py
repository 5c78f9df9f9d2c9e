"""The transforms of lossy codecs, as filters: what an encoder would have seen of a stretch of sound.

Conventions: filters are float32, of norm 1 unless said otherwise [shape=(k, length)]; coefficient i
of a transform of ``hop`` coefficients lies at (i + 1/2) / (2 hop) of the sample rate. A filter laid
over ``length`` samples gives the coefficient of the frame that begins at the first of them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats

MP3_HOP: Final = 576
AAC_HOP: Final = 1024
_BANDS, _PER_BAND, _TAPS = 32, 18, 512
_MP3_LENGTH: Final = _TAPS + _BANDS * (2 * _PER_BAND - 1)
# Layer III's constants against aliasing between neighbouring bands, one for each pair of lines.
_ALIAS: Final = (-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037)
_KAISER_ALPHA: Final = 4.0

Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


def mp3_filters(coefficients: Indices, *, normalised: bool = True) -> Floats:
    """Filters of MP3's hybrid transform, long blocks [shape=(k, 1632)].

    The polyphase filterbank splits into 32 bands; 36 samples of each, under a sine, go through a
    modified discrete cosine transform; butterflies between neighbouring bands take off aliasing.

    Parameters
    ----------
    coefficients : np.ndarray [shape=(k,)]
        Which of the 576.
    normalised : bool
        Whether each has norm 1, or all have the scale of the standard.

    Source
    ------
    ISO/IEC 11172-3:1993, 2.4.3.4 and Annex C.1.5.3. The window of the filterbank was measured from a
    decoder by ``bench/mpeg_window.py``.
    """
    chosen = np.stack([_mp3_line(int(coefficient)) for coefficient in coefficients])
    return _normalised(chosen) if normalised else np.asarray(chosen, dtype=np.float32)


def aac_filters(coefficients: Indices, *, kaiser: bool) -> Floats:
    """Filters of AAC's transform, long blocks, under a Kaiser-Bessel or a sine window [shape=(k, 2048)].

    Source
    ------
    ISO/IEC 13818-7:2006, clause 11 (filterbank and block switching).
    """
    return mdct_filters(coefficients, window=_kaiser_window() if kaiser else sine(2 * AAC_HOP))


def vorbis_filters(coefficients: Indices) -> Floats:
    """Filters of Vorbis's transform at 44.1 and 48 kHz, long blocks [shape=(k, 2048)].

    Source
    ------
    Xiph.Org, Vorbis I specification, 4.3.1 (the window).
    """
    return mdct_filters(coefficients, window=np.sin(np.pi / 2 * sine(2 * AAC_HOP) ** 2))


def mdct_filters(coefficients: Indices, *, window: Doubles) -> Floats:
    """Filters of a modified discrete cosine transform under a window [shape=(k, window.size)].

    Source
    ------
    Princen, Johnson and Bradley 1987, ICASSP.
    """
    length = window.size
    at = np.arange(length) + 0.5 + length / 4
    phases = 2 * np.pi / length * at * (np.asarray(coefficients)[:, None] + 0.5)
    return _normalised(window * np.cos(phases))


def sine(length: int) -> Doubles:
    """The sine window [shape=(length,)]."""
    return np.asarray(np.sin(np.pi / length * (np.arange(length) + 0.5)))


def _kaiser_window() -> Doubles:
    running = np.cumsum(np.kaiser(AAC_HOP + 1, np.pi * _KAISER_ALPHA))
    half = np.sqrt(running[:-1] / running[-1])
    return np.concatenate([half, half[::-1]])


def _normalised(filters: Doubles) -> Floats:
    lengths = np.sqrt((filters**2).sum(axis=1, keepdims=True))
    return np.asarray(filters / lengths, dtype=np.float32)


@cache
def _window() -> Doubles:
    with files("earwitness.signal").joinpath("mpeg_window.npy").open("rb") as file:
        return np.asarray(np.load(file, allow_pickle=False), dtype=np.float64) / 2**16


@cache
def _band(band: int) -> Doubles:
    """What 36 samples of a band are made of, windowed and transformed [shape=(18, 1632)]."""
    taps = np.arange(_TAPS)
    impulse = _window() * np.cos((2 * band + 1) * (taps - 16) * np.pi / 64)
    samples = np.zeros((2 * _PER_BAND, _MP3_LENGTH))
    for slot in range(2 * _PER_BAND):
        mirrored = -1.0 if band % 2 and slot % 2 else 1.0  # odd bands come out mirrored
        samples[slot, _BANDS * slot : _BANDS * slot + _TAPS] = mirrored * impulse[::-1]
    at, line = np.arange(2 * _PER_BAND), np.arange(_PER_BAND)[:, None]
    cosines = np.cos(np.pi / (4 * _PER_BAND) * (2 * at + 1 + _PER_BAND) * (2 * line + 1))
    return np.asarray((sine(2 * _PER_BAND) * cosines) @ samples)


def _mp3_line(coefficient: int) -> Doubles:
    band, line = divmod(coefficient, _PER_BAND)
    own = _band(band)[line]
    above = line >= _PER_BAND - len(_ALIAS) and band < _BANDS - 1
    below = line < len(_ALIAS) and band > 0
    if not above and not below:
        return np.asarray(own)
    step = _PER_BAND - 1 - line if above else line
    scale = 1 / np.sqrt(1 + _ALIAS[step] ** 2)
    if above:
        return np.asarray(scale * (own + _ALIAS[step] * _band(band + 1)[step]))
    return np.asarray(scale * (own - _ALIAS[step] * _band(band - 1)[_PER_BAND - 1 - step]))
