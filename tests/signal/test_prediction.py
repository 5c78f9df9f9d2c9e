"""Linear prediction: the predictors that theory gives, and what they leave."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.signal

import sounds
from earwitness.signal.prediction import BLOCK, ORDER, WINDOW, predictors, residue


def test_a_resonance_gives_back_its_own_coefficients() -> None:
    """Noise through a filter of two poles, whose predictor is known."""
    poles = [1.0, -1.6, 0.81]
    noise = sounds.noise(2.0, level=0.05)
    resonant = scipy.signal.lfilter([1.0], poles, noise).astype(np.float32)
    found = np.median(predictors(resonant), axis=0)
    assert found[:3] == pytest.approx(poles, abs=0.06)
    assert np.abs(found[3:]).max() < 0.12


def test_the_recursion_solves_the_normal_equations() -> None:
    """Against SciPy's Toeplitz solver, on a stretch of a voice."""
    voice = sounds.voice(1.0)
    block = 40
    middle = block * BLOCK + BLOCK // 2
    piece = voice[middle - WINDOW // 2 : middle + WINDOW // 2].astype(np.float64)
    tapered = piece * np.hanning(WINDOW)
    lags = np.correlate(tapered, tapered, "full")[WINDOW - 1 :][: ORDER + 1]
    lags[0] *= 1 + 1e-8
    expected = scipy.linalg.solve_toeplitz(lags[:-1], -lags[1:])
    assert predictors(voice)[block, 1:] == pytest.approx(expected, rel=2e-3, abs=2e-3)


def test_the_residue_is_the_filtered_signal() -> None:
    """With one predictor for all blocks it is what an FIR filter gives."""
    voice = sounds.voice(0.5)
    coefficients = np.tile(np.linspace(1, -0.2, ORDER + 1, dtype=np.float32), (20, 1))
    expected = scipy.signal.lfilter(coefficients[0], [1.0], voice[: 20 * BLOCK])
    assert residue(voice, coefficients) == pytest.approx(expected, abs=1e-5)


def test_silence_is_foretold_without_a_warning() -> None:
    """All zeros leave zeros, and no division by nothing."""
    silence = np.zeros(4_000, np.float32)
    assert not residue(silence, predictors(silence)).any()


def test_less_than_a_block_has_no_predictor() -> None:
    """A hundred samples."""
    assert predictors(np.ones(100, np.float32)).shape == (0, ORDER + 1)
