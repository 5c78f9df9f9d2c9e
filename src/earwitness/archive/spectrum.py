"""The picture of a sound that fingerprints are taken from: 32 bands, 62.5 frames a second.

Conventions: sound is mono at 8 kHz; a frame is 16 ms; a band is a ninth of an octave between 280 and
3,400 Hz, inside what a telephone carries; a *picture* is float32 [shape=(frames, 32)]. Each band is
divided by its own mean level over two seconds, so that gain, equalisation and steady noise drop
out; frame k is centred on sample 128 k.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy.ndimage import uniform_filter1d

Floats = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 8_000
HOP_SAMPLES = 128
FRAME_S = HOP_SAMPLES / SAMPLE_RATE_HZ
BANDS = 32
LOWEST_HZ, HIGHEST_HZ = 280.0, 3_400.0
SEMITONES_PER_BAND = 12 * float(np.log2(HIGHEST_HZ / LOWEST_HZ)) / (BANDS - 1)
_WINDOW_SAMPLES = 512
_LEVEL_FRAMES = 125  # two seconds
_EXPONENT = 0.7
_MARGIN = _LEVEL_FRAMES // 2
_CHUNK_FRAMES = 16_384  # about four minutes: memory does not grow with the recording


def picture(sound: Floats) -> Floats:
    """The picture of a sound of moderate length [shape=(n,)] at once [shape=(frames, 32)]."""
    parts = list(pictures([sound]))
    return np.concatenate(parts) if parts else np.zeros((0, BANDS), np.float32)


def pictures(blocks: Iterable[Floats]) -> Iterator[Floats]:
    """The picture of a sound that comes in blocks, in pieces that join without a seam.

    Parameters
    ----------
    blocks : iterable of np.ndarray [shape=(n,)]
        Mono sound at 8 kHz.

    Yields
    ------
    np.ndarray [shape=(frames, 32)]
    """
    held = np.zeros((0, BANDS), np.float32)
    lead = 0
    for energies in _energies(blocks):
        held = np.concatenate([held, energies])
        while held.shape[0] >= lead + _CHUNK_FRAMES + _MARGIN:
            yield _levelled(held[: lead + _CHUNK_FRAMES + _MARGIN])[lead : lead + _CHUNK_FRAMES]
            keep_from = lead + _CHUNK_FRAMES - _MARGIN
            held, lead = held[keep_from:], _MARGIN
    if held.shape[0] > lead:
        yield _levelled(held)[lead:]


def warped(picture: Floats, *, time_factor: float, semitones: float) -> Floats:
    """What the picture would be had the sound been slowed by a factor and its pitch lowered.

    Frame k of the result shows frame ``k * time_factor`` of the picture; band b shows the band that
    lies ``semitones`` higher.

    Parameters
    ----------
    picture : np.ndarray [shape=(frames, 32)]
    time_factor : float
        Frames of the picture to a frame of the result.
    semitones : float
        How much higher the picture is than the result should be.
    """
    result = picture
    if time_factor != 1.0:
        result = between_rows(result, np.arange(int(result.shape[0] / time_factor)) * time_factor)
    if semitones != 0.0:
        result = result @ band_weights(semitones).T
    return result


def band_weights(semitones: float) -> Floats:
    """For each band of a picture lowered by semitones, the weights of the picture's [shape=(32, 32)]."""
    places = np.arange(BANDS) + semitones / SEMITONES_PER_BAND
    return between_rows(np.eye(BANDS, dtype=np.float32), places)


def between_rows(rows: Floats, places: npt.NDArray[np.floating[Any]]) -> Floats:
    """Rows at fractional places, by straight lines; beyond an end, the end's row."""
    inside = np.clip(places, 0, max(rows.shape[0] - 1, 0))
    below = np.minimum(inside.astype(np.int64), max(rows.shape[0] - 2, 0))
    weight = (inside - below).astype(np.float32)[:, None]
    above = np.minimum(below + 1, rows.shape[0] - 1)
    return np.asarray(rows[below] * (1 - weight) + rows[above] * weight, dtype=np.float32)


@cache
def _filters() -> Floats:
    """Triangles on a logarithmic axis, each of unit weight [shape=(257, 32)]."""
    steps = (np.arange(-1, BANDS + 1)) / (BANDS - 1)
    edges = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** steps
    hertz = np.arange(_WINDOW_SAMPLES // 2 + 1) * SAMPLE_RATE_HZ / _WINDOW_SAMPLES
    half_width = np.maximum(np.maximum(edges[1:-1] - edges[:-2], edges[2:] - edges[1:-1]), 20.0)
    weights = np.maximum(0, 1 - np.abs(hertz[:, None] - edges[None, 1:-1]) / half_width)
    return np.asarray(weights / weights.sum(axis=0), dtype=np.float32)


def _energies(blocks: Iterable[Floats]) -> Iterator[Floats]:
    """Energy per frame and band, in pieces of at most some thousand frames."""
    half = _WINDOW_SAMPLES // 2
    held = np.zeros(half, np.float32)
    for block in blocks:
        held = np.concatenate([held, block.astype(np.float32, copy=False)])
        while held.size >= _WINDOW_SAMPLES:
            frames = min((held.size - _WINDOW_SAMPLES) // HOP_SAMPLES + 1, 4_096)
            yield _band_energies(held, frames)
            held = held[frames * HOP_SAMPLES :]
    if held.size > half:
        frames = (held.size - half - 1) // HOP_SAMPLES + 1
        padded = np.pad(held, (0, _WINDOW_SAMPLES))
        yield _band_energies(padded, frames)


def _band_energies(sound: Floats, frames: int) -> Floats:
    view = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW_SAMPLES)
    window = np.hanning(_WINDOW_SAMPLES).astype(np.float32)
    spectrum = scipy.fft.rfft(view[: frames * HOP_SAMPLES : HOP_SAMPLES] * window, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(power @ _filters(), dtype=np.float32)


def _levelled(energies: Floats) -> Floats:
    """Each band over its own level of two seconds, compressed; silence gives zeros."""
    level = uniform_filter1d(energies, _LEVEL_FRAMES, axis=0, mode="nearest")
    # The running mean of uniform_filter1d can leave tiny negative rests after a loud passage.
    floor = 1e-3 * level.mean(axis=1, keepdims=True) + 1e-9
    ratio = np.maximum(energies, 0) / np.maximum(level + floor, 1e-9)
    return np.asarray(ratio**_EXPONENT, dtype=np.float32)
