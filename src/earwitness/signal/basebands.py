"""Narrow bands around the harmonics of a frequency, each moved down to 0 Hz and kept at a low rate.

Conventions: times are seconds from the first sample; harmonic 1 is the fundamental; a baseband is
complex, at ``BASEBAND_RATE_HZ``, and holds ``HALF_BAND_HZ`` to either side of its harmonic.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.signal.native import release

Complexes = npt.NDArray[np.complex64]
Reals = npt.NDArray[np.float64]

BASEBAND_RATE_HZ: Final = 16
HALF_BAND_HZ: Final = 7.0
CHUNK_S: Final = 256
MARGIN_S: Final = 8
_BINS: Final = CHUNK_S * BASEBAND_RATE_HZ


def basebands(sound: Floats, *, sample_rate_hz: int, centres_hz: Sequence[int]) -> Complexes:
    """Cut narrow bands out of a sound and move each down to 0 Hz.

    The sound is taken in chunks of 256 s with margins, each transformed once; a band is a slice of
    its bins, transformed back at 16 values a second.

    Parameters
    ----------
    sound : np.ndarray [shape=(n,)]
        May be memory-mapped.
    sample_rate_hz : int
    centres_hz : sequence of int
        Middle of each band. One too near to half the sample rate comes out as zeros.

    Returns
    -------
    np.ndarray [shape=(len(centres_hz), n // sample_rate_hz * 16)]
        Amplitudes: a sine of amplitude a gives values of modulus a. Whole seconds only.
    """
    seconds = sound.size // sample_rate_hz
    made = np.zeros((len(centres_hz), seconds * BASEBAND_RATE_HZ), dtype=np.complex64)
    taper = _taper().astype(np.complex64)
    core_s = CHUNK_S - 2 * MARGIN_S
    chunk = np.zeros(CHUNK_S * sample_rate_hz, dtype=np.float32)
    fade = np.sin(np.linspace(0, np.pi / 2, MARGIN_S * sample_rate_hz, dtype=np.float32)) ** 2
    for first_s in range(0, seconds, core_s):
        start = (first_s - MARGIN_S) * sample_rate_hz
        low, high = max(start, 0), min(start + chunk.size, sound.size)
        chunk[:] = 0
        chunk[low - start : high - start] = sound[low:high]
        release(sound)
        chunk[: fade.size] *= fade  # or a strong line would leak into every band
        chunk[-fade.size :] *= fade[::-1]
        spectrum = np.fft.rfft(chunk).astype(np.complex64)
        upto = min(core_s, seconds - first_s) * BASEBAND_RATE_HZ
        for row, centre_hz in enumerate(centres_hz):
            middle = centre_hz * CHUNK_S
            if middle + _BINS // 2 >= spectrum.size or middle < _BINS // 2:
                continue
            band = spectrum[middle - _BINS // 2 : middle + _BINS // 2] * taper
            wave = np.fft.ifft(np.fft.ifftshift(band)) * (2 * _BINS / chunk.size)
            # the chunk starts at first_s - MARGIN_S; whole seconds of a whole frequency keep phase
            core = wave[MARGIN_S * BASEBAND_RATE_HZ :][:upto]
            made[row, first_s * BASEBAND_RATE_HZ :][:upto] = core
    return made


def _taper() -> Reals:
    """Flat to ``HALF_BAND_HZ``, then down to nothing at 8 Hz, so that an edge does not ring."""
    away_hz = np.abs(np.arange(_BINS) - _BINS // 2) / CHUNK_S
    edge_hz = BASEBAND_RATE_HZ / 2 - HALF_BAND_HZ
    into = np.clip((away_hz - HALF_BAND_HZ) / edge_hz, 0.0, 1.0)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * into))
