"""Waveforms and spectrograms small enough to print, of recordings of any length.

Conventions: signals are float32, one channel [shape=(n,)], possibly memory-mapped; pictures have
time from left to right and frequency from bottom to top.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from earwitness.evidence.decode import Floats
from earwitness.outcome import Envelope, Raster, numbers
from earwitness.signal.native import release

ENVELOPE_POINTS: Final = 1_000
RASTER_COLUMNS: Final = 900
RASTER_ROWS: Final = 160
_WINDOW: Final = 512
_WINDOWS_PER_COLUMN: Final = 6
_RANGE_DB: Final = 70.0


def waveform(signal: Floats, sample_rate_hz: int, *, label: str = "waveform") -> Envelope:
    """The highest and lowest sample of each of about a thousand stretches of a recording."""
    step = max(1, -(-signal.size // ENVELOPE_POINTS))
    starts = np.arange(0, signal.size, step)
    low, high = np.empty(starts.size), np.empty(starts.size)
    for index, start in enumerate(starts):
        piece = signal[start : start + step]
        low[index], high[index] = piece.min(), piece.max()
        release(signal)
    middle = (starts + np.minimum(step, signal.size - starts) / 2) / sample_rate_hz
    return Envelope(
        x=numbers(middle), low=numbers(low, digits=3), high=numbers(high, digits=3), label=label
    )


def spectrogram(signal: Floats, sample_rate_hz: int) -> Raster:
    """The power of a recording over time and frequency, as a picture.

    Each column is the mean of up to six Hann windows of 512 samples, spread over its stretch of
    time; levels lie between the loudest point and 70 dB under it.
    """
    columns = int(np.clip(signal.size // _WINDOW, 1, RASTER_COLUMNS))
    power = np.stack(
        [
            _column_power(signal, column / columns, (column + 1) / columns)
            for column in range(columns)
        ]
    )
    edges = np.linspace(0, power.shape[1], RASTER_ROWS + 1).astype(int)[:-1]
    rows = np.maximum.reduceat(power, edges, axis=1)
    level = 10 * np.log10(np.maximum(rows, 1e-12))
    scaled = np.clip((level - level.max()) / _RANGE_DB + 1.0, 0.0, 1.0)
    picture = np.round(scaled * 255).astype(np.uint8).T[::-1]
    return Raster(
        png_base64=base64.b64encode(png(picture)).decode("ascii"),
        x0=0.0,
        x1=round(signal.size / sample_rate_hz, 3),
        y0=0.0,
        y1=sample_rate_hz / 2,
        label="spectrogram",
    )


def close_up(signal: Floats, sample_rate_hz: int, start_s: float, end_s: float) -> Raster:
    """The power of a second or so over time and frequency, fine in time.

    A column every 2 ms, of a Hann window of 8 ms; levels lie between the loudest point and 70 dB
    under it.
    """
    step, size = round(0.002 * sample_rate_hz), round(0.008 * sample_rate_hz)
    first, last = round(start_s * sample_rate_hz), round(end_s * sample_rate_hz)
    begin, end = first - (size - step) // 2, last + (size - step) // 2
    inside = np.asarray(signal[max(0, begin) : min(signal.size, end)], dtype=np.float32)
    left = max(0, -begin)
    piece = np.pad(inside, (left, max(0, end - begin - left - inside.size)))
    windows = np.lib.stride_tricks.sliding_window_view(piece, size)[::step]
    spectra = scipy.fft.rfft(windows * np.hanning(size).astype(np.float32), 2 * size, axis=1)
    level = 10 * np.log10(np.maximum(spectra.real**2 + spectra.imag**2, 1e-12))
    scaled = np.clip((level - level.max()) / _RANGE_DB + 1.0, 0.0, 1.0)
    picture = np.round(scaled * 255).astype(np.uint8).T[::-1]
    return Raster(
        png_base64=base64.b64encode(png(picture)).decode("ascii"),
        x0=round(start_s, 3),
        x1=round(end_s, 3),
        y0=0.0,
        y1=sample_rate_hz / 2,
        label="spectrogram",
    )


def _column_power(signal: Floats, begin: float, end: float) -> npt.NDArray[np.float64]:
    first, last = int(begin * signal.size), int(end * signal.size)
    count = int(np.clip((last - first) // _WINDOW, 1, _WINDOWS_PER_COLUMN))
    starts = np.linspace(first, max(first, last - _WINDOW), count).astype(int)
    pieces = np.zeros((count, _WINDOW), dtype=np.float32)
    for row, start in enumerate(starts):
        piece = signal[start : start + _WINDOW]
        pieces[row, : piece.size] = piece
    spectra = scipy.fft.rfft(pieces * np.hanning(_WINDOW).astype(np.float32), axis=1)
    mean: npt.NDArray[np.float64] = (spectra.real**2 + spectra.imag**2).mean(axis=0)
    return mean


def png(picture: npt.NDArray[np.uint8]) -> bytes:
    """A PNG of values from 0 to 255 [shape=(rows, columns)], drawn in a dark-to-light ramp.

    Source
    ------
    PNG, ISO/IEC 15948. The ramp is cubehelix (Green 2011, Bull. Astr. Soc. India 39, 289), which
    grows evenly in brightness and so also reads in grey.
    """
    rows, columns = picture.shape
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    lines = np.zeros((rows, columns + 1), dtype=np.uint8)
    lines[:, 1:] = picture
    chunks = [
        (b"IHDR", header),
        (b"PLTE", _ramp().tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def _ramp() -> npt.NDArray[np.uint8]:
    """Cubehelix with start 2.2, -0.6 rotations, hue 1.1, gamma 0.8 [shape=(256, 3)]."""
    fraction = np.linspace(0.0, 1.0, 256)
    angle = 2 * np.pi * (2.2 / 3 + 1 - 0.6 * fraction)
    bright = fraction**0.8
    amplitude = 1.1 * bright * (1 - bright) / 2
    turn = np.stack([np.cos(angle), np.sin(angle)])
    mix = np.array([[-0.14861, 1.78277], [-0.29227, -0.90649], [1.97294, 0.0]])
    colours = bright[:, np.newaxis] + (amplitude * (mix @ turn)).T
    ramp: npt.NDArray[np.uint8] = np.round(np.clip(colours, 0, 1) * 255).astype(np.uint8)
    return ramp
