"""The file's own grid is told from that of an earlier coding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lossy
from earwitness.signal.generations import Generations, find_generations
from sounds import Floats


def found(sound: Floats, own: str = "") -> Generations:
    """What the search finds."""
    generations = find_generations(sound, sample_rate_hz=lossy.RATE_HZ, own=own)
    assert generations is not None
    return generations


def told(generations: Generations) -> list[tuple[str, int, bool]]:
    """The grids, without their heights."""
    return [(grid.codec.name, grid.offset, grid.is_own) for grid in generations.grids]


def test_an_mp3_has_its_own_grid_alone(tmp_path: Path) -> None:
    """Its echoes are taken for none."""
    sound = lossy.through(tmp_path, lossy.voice(), ".mp3", 64_000)
    assert told(found(sound, "MP3")) == [("MP3", 48, True)]
    assert found(sound, "MP3").earlier == ()


@pytest.mark.parametrize(("ending", "own", "offset"), [(".mp3", "MP3", 48), (".m4a", "AAC", 0)])
def test_an_earlier_mp3_is_told_beside_the_own_grid(
    tmp_path: Path, ending: str, own: str, offset: int
) -> None:
    """MP3 at 64 kbit/s, cut at the beginning, then coded again at 128."""
    first = lossy.through(tmp_path, lossy.voice(), ".mp3", 64_000)[1000:]
    generations = found(lossy.through(tmp_path, first, ending, 128_000), own)
    assert (own, offset, True) in told(generations)
    assert [(grid.codec.name, grid.offset) for grid in generations.earlier] == [
        ("MP3", (48 - 1000) % 576)
    ]
    assert generations.best("MP3") == generations.earlier[0].z


def test_an_earlier_aac_is_told_in_a_lossless_file(tmp_path: Path) -> None:
    """Under the window that its encoder used."""
    sound = lossy.through(tmp_path, lossy.voice(), ".m4a", 48_000)[1000:]
    (grid,) = found(sound).grids
    assert (grid.codec.name, grid.codec.window, grid.offset) == ("AAC", "Kaiser-Bessel", 24)
    assert not grid.is_own


def test_a_voice_that_was_not_coded_has_none() -> None:
    """And the highest dip that it has is told."""
    generations = found(lossy.voice())
    assert generations.grids == ()
    assert 2 < generations.best("MP3") < 7 and 2 < generations.best("AAC") < 7


def test_silence_is_not_searched() -> None:
    """Nothing to say about nothing."""
    silence = np.zeros(lossy.RATE_HZ * 4, dtype=np.float32)
    assert find_generations(silence, sample_rate_hz=lossy.RATE_HZ) is None
