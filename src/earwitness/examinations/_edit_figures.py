"""The plots of edits_v1: all cues over the recording's time, and a close look at each place."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.outcome import Figure, Layer, Line, Marks, Rows, numbers
from earwitness.signal.cuts import rarity
from earwitness.signal.moments import CUES, Moments
from earwitness.signal.pictures import close_up, spectrogram
from earwitness.signal.prediction import BLOCK, predictors, residue
from earwitness.signal.recording import BASE_RATE_HZ

COLUMNS: Final = 600
SPECTROGRAM_ROWS: Final = 4.0
LOOK_S: Final = 0.4
_MOST_RARE: Final = 4.0  # 1 of 10,000

Floats64 = npt.NDArray[np.float64]


def timeline(signal: Floats, moments: Moments, reached: Floats64, places_s: Floats64) -> Figure:
    """All cues in rows over the spectrogram, with the places that are told, which lead to them."""
    end_s = round(moments.duration_s, 3)
    rare = rarity(moments.cues, reached) / _MOST_RARE
    rows = SPECTROGRAM_ROWS + np.arange(len(CUES), dtype=float)
    lines = [
        _highest_of_columns(moments.at_s, rare[:, cue], end_s, rows[cue])
        for cue in range(len(CUES))
    ]
    picture = spectrogram(signal, BASE_RATE_HZ)
    layers: tuple[Layer, ...] = (
        replace(picture, x1=end_s, y0=0.0, y1=SPECTROGRAM_ROWS),
        *lines,
        Rows(numbers(rows), CUES),
        Marks(numbers(places_s, digits=8), tuple(range(1, places_s.size + 1))),
    )
    return Figure(
        title="All cues over the spectrogram",
        alternative="The spectrogram up to 8 kHz below; above it a row for each cue, which rises from "
        "what any moment of untouched speech reaches to what about 1 of 10,000 would. "
        + (
            f"{places_s.size} places are marked; a number leads to where its place is told."
            if places_s.size
            else "No place is marked."
        ),
        x_label="seconds",
        y_label="",
        layers=layers,
        x_range=(0.0, end_s),
        y_range=(0.0, SPECTROGRAM_ROWS + len(CUES)),
    )


def _highest_of_columns(at_s: Floats64, values: Floats64, end_s: float, base: float) -> Line:
    """The highest value in each of so many columns, as a line on a row."""
    column = np.minimum((at_s / max(end_s, 1e-3) * COLUMNS).astype(int), COLUMNS - 1)
    highest = np.zeros(COLUMNS)
    np.maximum.at(highest, column, values)
    middle = (np.arange(COLUMNS) + 0.5) * end_s / COLUMNS
    return Line(numbers(middle), numbers(base + 0.9 * highest, digits=4))


def close_up_of(signal: Floats, at_s: float, *, place: int) -> Figure:
    """A place closely: the spectrogram, and above it what linear prediction leaves of the sound."""
    end_s = signal.size / BASE_RATE_HZ
    first_s, last_s = max(0.0, at_s - LOOK_S), min(end_s, at_s + LOOK_S)
    first = round(first_s * BASE_RATE_HZ)
    piece = np.asarray(signal[first : round(last_s * BASE_RATE_HZ)], dtype=np.float32)
    left = np.abs(residue(piece, predictors(piece)))
    frames = left[: left.size // BLOCK * BLOCK].reshape(-1, 32).max(axis=1)
    wave = np.abs(piece[: frames.size * 32]).reshape(-1, 32).max(axis=1)
    time = first_s + (np.arange(frames.size) + 0.5) * 32 / BASE_RATE_HZ
    picture = close_up(signal, BASE_RATE_HZ, first_s, last_s)
    return Figure(
        title=f"Place {place}, {at_s:.3f} s",
        alternative=f"{last_s - first_s:.1f} s round the place: the spectrogram up to 8 kHz; above it "
        "the height of the wave and of what linear prediction leaves of it.",
        x_label="seconds",
        y_label="",
        layers=(
            replace(picture, y0=0.0, y1=SPECTROGRAM_ROWS),
            _in_row(time, wave, SPECTROGRAM_ROWS),
            _in_row(time, frames, SPECTROGRAM_ROWS + 1.5),
            Rows((SPECTROGRAM_ROWS, SPECTROGRAM_ROWS + 1.5), ("wave", "residue of prediction")),
            Marks((round(at_s, 4),), (place,)),
        ),
        x_range=(round(first_s, 3), round(last_s, 3)),
        y_range=(0.0, SPECTROGRAM_ROWS + 3.0),
        place=place,
    )


def _in_row(time: Floats64, heights: npt.NDArray[np.float32], base: float) -> Line:
    top = max(float(heights.max(initial=0.0)), 1e-6)
    return Line(numbers(time, digits=7), numbers(base + 1.4 * heights / top, digits=4))
