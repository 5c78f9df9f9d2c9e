"""A waveform and a spectrogram in pieces, so that a recording of any length can be looked at.

Conventions: the signal is float32 at 16 kHz, one channel [shape=(n,)], memory-mapped. Level 0 has one
column for each 256 samples (16 ms); each further level has one for four columns of the level before.
All levels of the waveform are stored, and those of the spectrogram from level 1 on: level 0, which
would be the largest by far, is computed for each tile when it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from earwitness.atomic import write_whole, written_whole
from earwitness.evidence.decode import Floats
from earwitness.signal.native import release
from earwitness.signal.pictures import png
from earwitness.signal.recording import BASE_RATE_HZ, Recording

STEP: Final = 256  # samples to a column of level 0
FACTOR: Final = 4
LEVELS: Final = 7
COLUMNS_IN_TILE: Final = 256
COLUMNS_IN_PIECE: Final = 4_096
ROWS: Final = 128
_BLOCK: Final = STEP * FACTOR ** (LEVELS - 1)  # samples: a whole number of columns at every level
_WINDOW: Final = 512
_FLOOR_DB: Final = -140.0
_DB_IN_STEP: Final = 0.6  # a stored level is one byte
_SHOWN_DB: Final = 70.0
_FOLDER: Final = "tiles_1"

Bytes2D = npt.NDArray[np.uint8]
Progress = Callable[[float], None]


class Tiles:
    """The pieces of one recording: made once, then read."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._folder = recording.folder / _FOLDER

    @property
    def is_ready(self) -> bool:
        """Whether they were made."""
        return self._facts_path.exists()

    @property
    def facts(self) -> dict[str, Any]:
        """What a player must know: duration, rate, and how many columns each level has."""
        facts: dict[str, Any] = json.loads(self._facts_path.read_text())
        return facts

    @property
    def _facts_path(self) -> Path:
        return self._folder / "facts.json"

    def make(self, on_progress: Progress | None = None) -> None:
        """Decode the recording, if nobody did yet, and make the pieces in one pass over it."""
        signal = self._recording.signal(BASE_RATE_HZ)
        self._folder.mkdir(parents=True, exist_ok=True)
        loudest = 0
        with ExitStack() as stack:
            files = [stack.enter_context(written_whole(path)) for path in self._paths()]
            for first in range(0, signal.size, _BLOCK):
                loudest = max(loudest, _write_block(signal, first, files))
                release(signal)
                if on_progress is not None:
                    on_progress(min(1.0, (first + _BLOCK) / signal.size))
        facts = {
            "samples": int(signal.size),
            "sample_rate_hz": BASE_RATE_HZ,
            "duration_s": round(signal.size / BASE_RATE_HZ, 3),
            "step": STEP,
            "factor": FACTOR,
            "columns": [-(-signal.size // (STEP * FACTOR**level)) for level in range(LEVELS)],
            "columns_in_piece": COLUMNS_IN_PIECE,
            "columns_in_tile": COLUMNS_IN_TILE,
            "loudest": loudest,
        }
        write_whole(self._facts_path, json.dumps(facts).encode())  # last: marks them whole

    def peaks(self, level: int, piece: int) -> bytes:
        """Lowest and highest sample of each column of a piece: pairs of 16-bit integers, low byte first.

        Empty where there is no such level or piece.
        """
        if not (0 <= level < LEVELS and 0 <= piece < 1 << 20):
            return b""
        size = COLUMNS_IN_PIECE * 4
        return _part(self._peaks_path(level), piece * size, size)

    def tile(self, level: int, number: int) -> bytes:
        """A tile of the spectrogram as a PNG of 256 columns by 128 rows; empty where there is none."""
        if not (0 <= level < LEVELS and 0 <= number < 1 << 20):
            return b""
        if level == 0:
            columns = self._computed(number)
        else:
            size = COLUMNS_IN_TILE * ROWS
            raw = _part(self._bands_path(level), number * size, size)
            columns = np.frombuffer(raw, dtype=np.uint8).reshape(-1, ROWS)
        if not columns.shape[0]:
            return b""
        shown_steps = _SHOWN_DB / _DB_IN_STEP
        scaled = (columns.astype(np.float32) - self.facts["loudest"]) / shown_steps + 1.0
        picture = np.round(np.clip(scaled, 0.0, 1.0) * 255).astype(np.uint8)
        return png(np.ascontiguousarray(picture.T[::-1]))

    def _computed(self, number: int) -> Bytes2D:
        signal = self._recording.signal(BASE_RATE_HZ)
        first = number * COLUMNS_IN_TILE * STEP
        if first >= signal.size:
            return np.zeros((0, ROWS), dtype=np.uint8)
        return _levels(_power(signal, first, COLUMNS_IN_TILE * STEP))

    def _peaks_path(self, level: int) -> Path:
        return self._folder / f"peaks_{level}.i16"

    def _bands_path(self, level: int) -> Path:
        return self._folder / f"bands_{level}.u8"

    def _paths(self) -> Iterator[Path]:
        for level in range(LEVELS):
            yield self._peaks_path(level)
        for level in range(1, LEVELS):
            yield self._bands_path(level)


def _write_block(signal: Floats, first: int, files: list[IO[bytes]]) -> int:
    """Append the columns of a block to every level's file; give its loudest stored level."""
    low, high = _edges(np.asarray(signal[first : first + _BLOCK]))
    power = _power(signal, first, _BLOCK)
    loudest = 0
    for level in range(LEVELS):
        if level:
            starts = np.arange(0, low.size, FACTOR)
            low, high = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
            counts = np.minimum(FACTOR, power.shape[0] - starts)[:, np.newaxis]
            power = np.add.reduceat(power, starts, axis=0) / counts
            levels = _levels(power)
            files[LEVELS + level - 1].write(levels.tobytes())
            loudest = max(loudest, int(levels.max(initial=0)))
        pairs = np.stack([low, high], axis=1) * 32_767.0
        files[level].write(np.clip(np.round(pairs), -32_768, 32_767).astype("<i2").tobytes())
    return loudest


def _edges(block: Floats) -> tuple[Floats, Floats]:
    starts = np.arange(0, block.size, STEP)
    return np.minimum.reduceat(block, starts), np.maximum.reduceat(block, starts)


def _power(signal: Floats, first: int, samples: int) -> npt.NDArray[np.float32]:
    """The power of each column in 128 bands [shape=(columns, 128)]; a full-scale sine is at 0 dB.

    A Hann window of 512 samples lies around the middle of each column's 256.
    """
    columns = -(-min(samples, signal.size - first) // STEP)
    lead = (_WINDOW - STEP) // 2
    padded = np.zeros(columns * STEP + 2 * lead, dtype=np.float32)
    begin = max(0, first - lead)
    found = np.asarray(signal[begin : first - lead + padded.size])
    offset = begin - (first - lead)
    padded[offset : offset + found.size] = found
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::STEP]
    window = np.hanning(_WINDOW).astype(np.float32)
    spectra = scipy.fft.rfft(pieces * window, axis=1)[:, 1:]
    power = (spectra.real**2 + spectra.imag**2) / np.float32((window.sum() / 2) ** 2)
    banded: npt.NDArray[np.float32] = power.reshape(columns, ROWS, 2).max(axis=2)
    return banded


def _levels(power: npt.NDArray[np.float32]) -> Bytes2D:
    """Powers as bytes: steps of 0.6 dB over -140 dB."""
    level_db = 10 * np.log10(np.maximum(power, 1e-14))
    return np.clip(np.round((level_db - _FLOOR_DB) / _DB_IN_STEP), 0, 255).astype(np.uint8)


def _part(path: Path, offset: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(size)
