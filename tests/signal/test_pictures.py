"""Waveforms and spectrograms for print."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import numpy as np
import pytest
from av import VideoFrame
from av import open as av_open

import sounds
from earwitness.signal.pictures import ENVELOPE_POINTS, close_up, png, spectrogram, waveform

RATE_HZ = 16_000


def test_the_waveform_holds_every_peak() -> None:
    """The highest sample of all is in the picture, and so is the lowest."""
    signal = sounds.noise(20.0)
    drawn = waveform(signal, RATE_HZ)
    assert len(drawn.x) <= ENVELOPE_POINTS
    assert max(drawn.high) == pytest.approx(signal.max(), rel=1e-2)
    assert min(drawn.low) == pytest.approx(signal.min(), rel=1e-2)
    assert drawn.x[-1] <= 20.0


@pytest.mark.parametrize("size", [1, 2, 511, 513, 999, 1_001])
def test_short_signals_can_be_drawn(size: int) -> None:
    """A signal of any length has both pictures."""
    signal = np.ones(size, dtype=np.float32)
    assert max(waveform(signal, RATE_HZ).high) == 1.0
    assert spectrogram(signal, RATE_HZ).png_base64


def test_a_png_is_read_by_ffmpeg() -> None:
    """An outside decoder sees the picture: its size, and dark where it is dark."""
    picture = np.zeros((20, 30), dtype=np.uint8)
    picture[:, 15:] = 255
    with av_open(io.BytesIO(png(picture)), format="png_pipe") as container:
        frame = next(container.decode(video=0))
        assert isinstance(frame, VideoFrame)
        seen = frame.to_ndarray(format="gray")
    assert seen.shape == (20, 30)
    assert seen[:, :15].max() < 20 and seen[:, 15:].min() > 235


def test_every_part_of_a_png_has_its_checksum() -> None:
    """Each chunk's CRC is right, from the first to the last."""
    data, place, kinds = png(np.zeros((2, 2), dtype=np.uint8)), 8, []
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        body = data[place + 4 : place + 8 + length]
        assert struct.unpack_from(">I", data, place + 8 + length)[0] == zlib.crc32(body)
        kinds.append(body[:4])
        place += 12 + length
    assert kinds == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]


def test_a_tone_is_a_line_at_its_frequency() -> None:
    """A 2 kHz tone lights up a quarter of the way from the bottom to 8 kHz."""
    raster = spectrogram(sounds.tone(10.0, hz=2_000.0), RATE_HZ)
    with av_open(io.BytesIO(base64.b64decode(raster.png_base64)), format="png_pipe") as container:
        seen = next(container.decode(video=0)).to_ndarray(format="gray")
    brightest = seen.mean(axis=1).argmax()
    assert 1 - brightest / seen.shape[0] == pytest.approx(0.25, abs=0.02)
    assert (raster.x0, raster.x1, raster.y1) == (0.0, 10.0, 8_000.0)


def test_a_close_up_is_fine_in_time_and_lies_where_it_is_asked() -> None:
    """A click of one sample is a line two or three columns wide, at its second; ends are padded."""
    signal = sounds.noise(2.0, level=1e-4)
    signal[RATE_HZ] = 1.0
    drawn = close_up(signal, RATE_HZ, 0.9, 1.1)
    with av_open(io.BytesIO(base64.b64decode(drawn.png_base64)), format="png_pipe") as container:
        frame = next(container.decode(video=0))
        assert isinstance(frame, VideoFrame)
        seen = frame.to_ndarray(format="gray")
    bright = np.flatnonzero(seen.mean(axis=0) > 128)
    assert seen.shape[1] == pytest.approx(100, abs=1)
    assert bright.mean() == pytest.approx(50, abs=1.5)
    assert bright.size <= 5
    assert (drawn.x0, drawn.x1) == (0.9, 1.1)
    assert close_up(signal, RATE_HZ, 0.0, 0.1).png_base64
    assert close_up(signal, RATE_HZ, 1.9, 2.0).png_base64
