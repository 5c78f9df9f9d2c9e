"""Speech activity, against the model's own wrapper in faster-whisper, and by construction."""

from __future__ import annotations

import numpy as np
import pytest

import sounds
from earwitness.signal.speech import FRAME_S, SPEECH_RATE_HZ, find_speech, speech_probability


def test_probabilities_are_those_of_faster_whisper() -> None:
    """The front end agrees with an outside implementation of the same model."""
    vad = pytest.importorskip("faster_whisper.vad")
    signal = sounds.voice(20.0)
    signal = signal[: signal.size // 512 * 512]
    theirs = np.asarray(vad.get_vad_model()(signal)).reshape(-1)
    ours = speech_probability(signal)
    # It takes the last frame's context for the first; ours takes silence: the first may differ.
    np.testing.assert_allclose(ours[1:], theirs[1:], atol=2e-3)


def test_long_signals_in_batches_are_as_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is carried over from batch to batch."""
    signal = sounds.voice(8.0)
    whole = speech_probability(signal)
    monkeypatch.setattr("earwitness.signal.speech._BATCH", 17)
    np.testing.assert_allclose(speech_probability(signal), whole, atol=1e-5)


def test_speech_between_silences_is_found_in_its_place() -> None:
    """Two seconds of silence, four of speech, two of silence."""
    quiet = sounds.noise(2.0, level=1e-4)
    signal = np.concatenate([quiet, sounds.voice(4.0), quiet])
    speech = find_speech(signal)
    assert speech.regions[0, 0] == pytest.approx(2.0, abs=0.25)
    assert speech.regions[-1, 1] == pytest.approx(6.0, abs=0.35)
    assert 2.5 < speech.total_s < 4.3


@pytest.mark.parametrize("kind", ["silence", "noise", "tone"])
def test_what_is_no_speech_is_none(kind: str) -> None:
    """Silence, noise and a tone hold no speech."""
    signal = {
        "silence": np.zeros(5 * SPEECH_RATE_HZ, dtype=np.float32),
        "noise": sounds.noise(5.0, level=0.05),
        "tone": sounds.tone(5.0),
    }[kind]
    assert find_speech(signal).total_s == 0.0


@pytest.mark.parametrize("gain", [0.1, 3.0])
def test_gain_hardly_matters(gain: float) -> None:
    """The same speech, softer or louder, has the same length within a tenth."""
    signal = sounds.voice(10.0)
    louder = find_speech(np.asarray(signal * np.float32(gain)))
    assert louder.total_s == pytest.approx(find_speech(signal).total_s, rel=0.1)


def test_the_mask_marks_the_regions() -> None:
    """As many frames are marked as the regions are long."""
    speech = find_speech(sounds.voice(10.0))
    marked = speech.mask(speech.probability.size, FRAME_S)
    assert marked.sum() * FRAME_S == pytest.approx(
        speech.total_s, abs=2 * FRAME_S * len(speech.regions)
    )


def test_one_sample_and_none() -> None:
    """A signal of one sample, or of none, holds no speech and breaks nothing."""
    for size in (0, 1, 511):
        assert find_speech(np.zeros(size, dtype=np.float32)).total_s == 0.0
