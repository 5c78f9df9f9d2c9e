"""A WAV file that is never written: any range of its bytes is that of the whole."""

from __future__ import annotations

import io
import wave

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import sounds
from earwitness.signal.wave import HEADER_BYTES, wave_bytes, wave_size

SIGNAL = sounds.noise(0.05, level=0.4)
WHOLE = b"".join(wave_bytes(SIGNAL, 16_000, 0, wave_size(SIGNAL) - 1))


def test_the_whole_is_a_wav_file() -> None:
    """Python's own reader reads it; its samples are the signal's, clipped and rounded."""
    with wave.open(io.BytesIO(WHOLE)) as file:
        assert file.getparams()[:4] == (1, 2, 16_000, SIGNAL.size)
        read = np.frombuffer(file.readframes(SIGNAL.size), dtype="<i2")
    assert np.array_equal(read, np.clip(np.round(SIGNAL * 32_767.0), -32_768, 32_767))
    assert len(WHOLE) == wave_size(SIGNAL)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, len(WHOLE) + 99))
def test_any_range(first: int, last: int) -> None:
    """Ranges may begin within the header or within a sample, and end beyond the end."""
    assert b"".join(wave_bytes(SIGNAL, 16_000, first, last)) == WHOLE[first : last + 1]


def test_a_signal_too_long_for_the_header() -> None:
    """A size that 32 bits do not hold is given as the largest that they do."""
    endless = np.broadcast_to(np.float32(0.5), (1 << 32,))
    head = b"".join(wave_bytes(endless, 16_000, 0, HEADER_BYTES - 1))
    assert head[4:8] == b"\xff\xff\xff\xff"
    tail = b"".join(wave_bytes(endless, 16_000, wave_size(endless) - 4, wave_size(endless)))
    assert np.frombuffer(tail, dtype="<i2").tolist() == [16_384, 16_384]


def test_loud_samples_are_clipped() -> None:
    """What lies over full scale does not wrap round."""
    loud = np.array([2.0, -2.0], dtype=np.float32)
    content = b"".join(wave_bytes(loud, 16_000, HEADER_BYTES, 99))
    assert np.frombuffer(content, dtype="<i2").tolist() == [32_767, -32_768]
