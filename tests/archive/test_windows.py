"""Windows of a view, and the landmarks of one, are those of the warped picture."""

from __future__ import annotations

import material
import numpy as np
import pytest

from earwitness.archive import landmarks
from earwitness.archive.candidates import BLOCK_FRAMES
from earwitness.archive.prints import prints_of, weights
from earwitness.archive.spectrum import Floats, picture, warped
from earwitness.archive.views import CHANGED, UNCHANGED, View
from earwitness.archive.windows import Windows, window


@pytest.fixture(scope="module")
def shown() -> Floats:
    """Forty seconds of a voice."""
    return picture(material.part("known_1.m4a", 10.0, 40.0))


@pytest.mark.parametrize("view", [UNCHANGED, *CHANGED])
def test_a_window_is_a_cutting_of_the_warped_picture(shown: Floats, view: View) -> None:
    """Its weights and signs are those of the whole picture in this view, at the same frames."""
    seen = window(shown, view, start=900, end=1_700)
    whole = warped(shown, time_factor=1 / view.tempo, semitones=view.semitones)
    assert seen.start == np.ceil(900 * view.tempo)
    ours = slice(seen.start, seen.start + len(seen.weights))
    assert len(seen.weights) == pytest.approx(800 * view.tempo, abs=1)
    assert np.allclose(seen.weights, weights(whole)[ours], atol=2e-3)
    even = seen.start % 2
    there = prints_of(whole)[(seen.start + even) // 2 :][: seen.signs[even::2].size]
    assert np.bitwise_count(seen.signs[even::2] ^ there).mean() < 0.05


def test_windows_at_both_ends_are_short(shown: Floats) -> None:
    """There is half a block to both sides, as far as there is sound."""
    windows = Windows(shown)
    first, last = windows.window(UNCHANGED, 0), windows.window(UNCHANGED, windows.blocks - 1)
    assert first.start == 0 and len(first.weights) == BLOCK_FRAMES * 3 // 2
    assert last.start + len(last.weights) == len(shown)


@pytest.mark.parametrize("view", CHANGED)
def test_landmarks_of_a_view_are_those_of_the_warped_picture(shown: Floats, view: View) -> None:
    """Warping the weights gives the numbers that warping the picture gives."""
    direct = landmarks.margins(shown, step=40, tempo=view.tempo, semitones=view.semitones)
    whole = warped(shown, time_factor=1 / view.tempo, semitones=view.semitones)
    for row in range(0, len(direct), 7):
        frame = round(row * 40 * view.tempo)
        (there,) = landmarks.margins(whole[frame : frame + landmarks.PATCH_FRAMES], step=1)
        assert np.corrcoef(direct[row], there)[0, 1] > 0.99
