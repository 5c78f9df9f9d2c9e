"""The picture that fingerprints are taken from."""

from __future__ import annotations

import material
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.archive import spectrum


@given(gain_db=st.floats(-30, 20))
@settings(max_examples=10, deadline=None)
def test_gain_changes_nothing(gain_db: float) -> None:
    """A picture is of the shape of a sound, not of its level."""
    voice = material.part("known_1.m4a", 2.0, 3.0)
    louder = voice * np.float32(10 ** (gain_db / 20))
    assert np.allclose(spectrum.picture(louder), spectrum.picture(voice), rtol=0.02, atol=0.02)


@given(sizes=st.lists(st.integers(1, 9_000), min_size=1, max_size=30))
@settings(max_examples=15, deadline=None)
def test_blocks_of_any_size_give_the_same_picture(sizes: list[int]) -> None:
    """How a sound is cut into blocks on its way in leaves no trace."""
    voice = material.part("known_1.m4a", 0.0, 8.0)
    edges = np.cumsum(sizes)
    blocks = np.split(voice, edges[edges < voice.size])
    streamed = np.concatenate(list(spectrum.pictures(blocks)))
    assert np.allclose(streamed, spectrum.picture(voice), atol=1e-4)


def test_a_long_sound_joins_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sound longer than a chunk gives what it would in one chunk."""
    voice = material.part("known_1.m4a", 0.0, 30.0)
    whole = spectrum.picture(voice)
    monkeypatch.setattr(spectrum, "_CHUNK_FRAMES", 300)
    assert np.allclose(np.concatenate(list(spectrum.pictures([voice]))), whole, atol=1e-3)


@pytest.mark.parametrize("samples", [0, 1, 100, 256, 512, 8_000])
def test_a_sound_of_any_length_has_a_picture(samples: int) -> None:
    """Nothing is too short to be looked at; digital silence is all zeros."""
    shown = spectrum.picture(np.zeros(samples, np.float32))
    assert shown.shape[1] == spectrum.BANDS and not shown.any()
    assert abs(shown.shape[0] - samples / spectrum.HOP_SAMPLES) <= 1


def test_warping_undoes_a_change_of_tempo_of_the_picture() -> None:
    """A picture slowed and then brought back is nearly itself."""
    shown = spectrum.picture(material.part("known_1.m4a", 2.0, 4.0))
    there = spectrum.warped(shown, time_factor=0.8, semitones=0.0)
    back = spectrum.warped(there, time_factor=1.25, semitones=0.0)
    n = min(len(back), len(shown))
    assert np.corrcoef(back[:n].ravel(), shown[:n].ravel())[0, 1] > 0.97
    assert np.array_equal(spectrum.warped(shown, time_factor=1.0, semitones=0.0), shown)
