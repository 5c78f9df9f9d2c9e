"""A decoded signal as a WAV file that is never written: any range of its bytes, made when asked for."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np

from earwitness.evidence.decode import Floats

HEADER_BYTES: Final = 44
_PIECE: Final = 1 << 17  # samples
_LARGEST: Final = 0xFFFF_FFFF


def wave_size(signal: Floats) -> int:
    """How many bytes the whole file would have."""
    return HEADER_BYTES + 2 * signal.size


def wave_bytes(signal: Floats, sample_rate_hz: int, first: int, last: int) -> Iterator[bytes]:
    """The bytes from ``first`` to ``last``, both within, of the signal as 16-bit WAV.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
    sample_rate_hz : int
    first, last : int

    Source
    ------
    Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991). A size that
    does not fit into its 32 bits is given as the largest that does; players then read on.
    """
    if first < HEADER_BYTES:
        yield _header(signal.size, sample_rate_hz)[first : last + 1]
    position = max(0, first - HEADER_BYTES)
    end = min(last + 1, wave_size(signal)) - HEADER_BYTES
    while position < end:
        sample = position // 2
        piece = np.asarray(signal[sample : sample + _PIECE])
        whole = np.clip(np.round(piece * 32_767.0), -32_768, 32_767).astype("<i2").tobytes()
        skipped = position % 2
        given = whole[skipped : skipped + end - position]
        yield given
        position += len(given)


def _header(samples: int, sample_rate_hz: int) -> bytes:
    size = min(2 * samples, _LARGEST - 36)
    sound = struct.pack("<HHIIHH", 1, 1, sample_rate_hz, 2 * sample_rate_hz, 2, 16)
    return b"".join(
        (
            b"RIFF" + struct.pack("<I", size + 36) + b"WAVE",
            b"fmt " + struct.pack("<I", len(sound)) + sound,
            b"data" + struct.pack("<I", size),
        )
    )
