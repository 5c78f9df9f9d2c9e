"""Pieces of a waveform and a spectrogram: right at every level, whole, and small in memory."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import sounds
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.signal.recording import Recording
from earwitness.signal.tiles import COLUMNS_IN_PIECE, FACTOR, LEVELS, ROWS, STEP, Tiles


def tiles_of(folder: Path, samples: npt.NDArray[np.float32]) -> tuple[Tiles, Recording]:
    """The pieces of a sound, made."""
    path = sounds.write_wav(folder / "tape.wav", samples)
    exhibit = Exhibit("0" * 64, path.name, path.stat().st_size, Role.QUESTIONED, "", path)
    recording = Recording(exhibit, folder / "cache")
    tiles = Tiles(recording)
    assert not tiles.is_ready
    tiles.make()
    return tiles, recording


def picture(content: bytes) -> npt.NDArray[np.uint8]:
    """The values of a PNG that our own writer made [shape=(rows, columns)]."""
    width, height = struct.unpack(">II", content[16:24])
    start = content.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", content[start - 8 : start - 4])
    lines = np.frombuffer(zlib.decompress(content[start : start + length]), dtype=np.uint8)
    return lines.reshape(height, width + 1)[:, 1:]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tiles, Recording]:
    """The pieces of 40 seconds of noise and one click: more than one block, and not a whole one."""
    samples = sounds.noise(70.0, level=0.05)
    samples[1_000_123] = 0.9
    return tiles_of(tmp_path_factory.mktemp("tiles"), samples)


@pytest.mark.parametrize("level", range(LEVELS))
def test_peaks_are_those_of_the_signal(made: tuple[Tiles, Recording], level: int) -> None:
    """At every level each column holds the lowest and the highest of its samples, and none is lost."""
    tiles, recording = made
    signal = np.asarray(recording.signal())
    size = STEP * FACTOR**level
    starts = np.arange(0, signal.size, size)
    content = b"".join(tiles.peaks(level, piece) for piece in range(3))
    pairs = np.frombuffer(content, dtype="<i2").reshape(-1, 2)
    assert pairs.shape[0] == tiles.facts["columns"][level] == starts.size
    assert np.abs(pairs[:, 0] / 32_767 - np.minimum.reduceat(signal, starts)).max() < 1e-4
    assert np.abs(pairs[:, 1] / 32_767 - np.maximum.reduceat(signal, starts)).max() < 1e-4
    assert pairs[:, 1].max() > 29_000, "the click is seen at every level"


def test_pieces_follow_each_other(made: tuple[Tiles, Recording]) -> None:
    """The second piece begins where the first ends."""
    tiles, _ = made
    assert len(tiles.peaks(0, 0)) == COLUMNS_IN_PIECE * 4
    assert len(tiles.peaks(0, 1)) == (tiles.facts["columns"][0] - COLUMNS_IN_PIECE) * 4


@pytest.mark.parametrize("hz", [250.0, 1_000.0, 3_500.0, 7_000.0])
@pytest.mark.parametrize("level", [0, 1, 3])
def test_a_tone_lies_at_its_frequency(tmp_path: Path, hz: float, level: int) -> None:
    """The brightest row of a sine's spectrogram is that of its frequency, at every level."""
    tiles, _ = tiles_of(tmp_path, sounds.tone(8.0, hz=hz))
    rows = picture(tiles.tile(level, 0))
    middle = rows[:, rows.shape[1] // 2]
    brightest = ROWS - 1 - int(np.argmax(middle))
    assert abs((brightest + 0.5) * 8_000 / ROWS - hz) <= 8_000 / ROWS


def test_no_seam_between_tiles(tmp_path: Path) -> None:
    """A steady tone looks the same across the edges of tiles and of blocks."""
    tiles, _ = tiles_of(tmp_path, sounds.tone(70.0, hz=1_000.0))
    joined = np.concatenate([picture(tiles.tile(0, number)) for number in range(17)], axis=1)
    inside = joined[:, 8:4_000].astype(int)
    assert np.abs(np.diff(inside, axis=1)).max() <= 30
    coarse = picture(tiles.tile(1, 3)).astype(int)
    assert np.abs(np.diff(coarse[:, :200], axis=1)).max() <= 30


def test_nothing_beyond_the_end(made: tuple[Tiles, Recording]) -> None:
    """A level or piece that is not there is empty, and no number leads to another file."""
    tiles, _ = made
    for level, number in ((0, 999), (LEVELS, 0), (-1, 0), (0, -1), (1 << 40, 1 << 40)):
        assert tiles.peaks(level, number) == b""
        assert tiles.tile(level, number) == b""


@pytest.mark.parametrize("samples", [1, 255, 256, 257, 5_000])
def test_very_short_recordings(tmp_path: Path, samples: int) -> None:
    """A recording of a few samples has its pieces too."""
    tiles, recording = tiles_of(tmp_path, sounds.noise(samples / 16_000))
    assert tiles.facts["samples"] == recording.signal().size == samples
    assert len(tiles.peaks(0, 0)) == 4 * -(-samples // STEP)
    assert picture(tiles.tile(0, 0)).shape == (ROWS, -(-samples // STEP))


def test_silence_is_black(tmp_path: Path) -> None:
    """Digital silence gives a dark picture and no warning."""
    tiles, _ = tiles_of(tmp_path, np.zeros(32_000, dtype=np.float32))
    assert tiles.facts["loudest"] == 0
    assert np.frombuffer(tiles.peaks(0, 0), dtype="<i2").max() == 0
