"""The median pitch."""

from __future__ import annotations

import numpy as np
import pytest

import sounds
from earwitness.voices.pitch import median_pitch
from voices.people import spoken


def test_the_pitch_of_a_pulse_train_is_its_rate() -> None:
    """To a few hertz, at the ends of the range too."""
    for hz in (80, 120, 210, 330):
        train = np.zeros(32_000, np.float32)
        train[:: round(16_000 / hz)] = 0.5
        found = median_pitch(train, np.ones(198, dtype=bool))
        assert found == pytest.approx(16_000 / round(16_000 / hz), rel=0.02)


def test_a_made_voice_has_its_pitch() -> None:
    """Within five per cent."""
    own = np.random.default_rng(1_007).uniform(90, 220)
    sound = spoken(7, 8.0)
    assert median_pitch(sound, np.ones(798, dtype=bool)) == pytest.approx(own, rel=0.05)


def test_noise_and_silence_have_none() -> None:
    """Rather than a number that means nothing."""
    for sound in (sounds.noise(2.0), np.zeros(32_000, np.float32)):
        assert median_pitch(sound, np.ones(198, dtype=bool)) is None
    assert median_pitch(sounds.voice(2.0), np.zeros(198, dtype=bool)) is None
