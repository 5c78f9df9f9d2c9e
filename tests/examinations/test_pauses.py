"""pauses_v1: silence, copies to the bit, pasted room tone; and a recording that has none of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import earwitness
import sounds
from earwitness.evidence.decode import Floats
from earwitness.outcome import Finding, NotExamined

RATE_HZ = 16_000


def found(folder: Path, sound: Floats, rate_hz: int = RATE_HZ) -> Finding:
    """Carry pauses_v1 out on a sound."""
    folder.mkdir(exist_ok=True)
    tape = sounds.write_wav(folder / "tape.wav", sound, rate_hz=rate_hz)
    (examined,) = earwitness.new(folder / "a.case", questioned=[tape]).examine(["pauses_v1"])
    assert isinstance(examined.outcome, Finding), examined.outcome
    return examined.outcome


def talk() -> Floats:
    """Stretches of a voice, with pauses of a second between, in the noise of a room."""
    pause = np.zeros(RATE_HZ, np.float32)
    parts = [np.concatenate([sounds.voice(2.5, start_s=s), pause]) for s in np.arange(1, 33, 4.0)]
    sound = np.concatenate(parts)
    return sound + sounds.noise(sound.size / RATE_HZ, level=1e-3)[: sound.size]


def test_an_untouched_recording_has_nothing(tmp_path: Path) -> None:
    """And says so of each thing that was looked for."""
    outcome = found(tmp_path, talk())
    assert outcome.summary.startswith("No digital silence")
    assert not outcome.places
    assert outcome.measure("pauses").value >= 6
    assert outcome.measure("windows compared").value > 1_000


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
def test_samples_that_occur_twice_are_told_at_any_rate(tmp_path: Path, rate_hz: int) -> None:
    """A tenth of a second of room, put elsewhere; to the sample, at the file's own rate."""
    sound = sounds.noise(9.0, level=3e-3, rate_hz=rate_hz)
    size = rate_hz // 10
    sound[7 * rate_hz + 3 :][:size] = sound[2 * rate_hz :][:size]
    outcome = found(tmp_path, sound, rate_hz)
    assert outcome.measure("stretches that occur twice to the bit").value == 1
    (copy,) = outcome.details["copies"]
    assert copy[1] - copy[0] == pytest.approx(5 + 3 / rate_hz, abs=1e-4)
    assert [place.label.startswith("the same samples at") for place in outcome.places] == [True] * 2


def test_silence_within_speech_is_a_dropout(tmp_path: Path) -> None:
    """Fifty milliseconds of zeros in a word; a second of them in a pause is silence."""
    sound = talk()
    sound[RATE_HZ * 3 // 2 :][: RATE_HZ // 20] = 0
    sound[round(13.1 * RATE_HZ) :][: RATE_HZ // 2] = 0
    outcome = found(tmp_path, sound)
    assert outcome.measure("dropouts").value == 1
    assert outcome.measure("stretches of digital silence").value == 1
    assert outcome.measure("digital silence").value == pytest.approx(0.5, abs=0.01)
    assert {place.label for place in outcome.places} >= {"dropout", "digital silence"}


def test_room_tone_of_another_room_is_told(tmp_path: Path) -> None:
    """One pause of eight with brighter, louder noise."""
    sound = talk()
    first = round(2.55 * RATE_HZ)
    sound[first : first + round(0.9 * RATE_HZ)] = sounds.noise(0.9, level=0.02, seed=9)
    outcome = found(tmp_path, sound)
    assert outcome.measure("pauses with unlike noise").value == 1
    (place,) = (each for each in outcome.places if "unlike" in each.label)
    assert 2.4 < place.start_s < 3.0


def test_too_few_pauses_are_said_to_be_too_few(tmp_path: Path) -> None:
    """A measure that is not defined has its reason, and is never zero."""
    outcome = found(tmp_path, sounds.voice(4.0))
    unlike = outcome.measure("pauses with unlike noise")
    assert unlike.value is None
    assert "are needed" in unlike.note


def test_half_a_second_is_not_examined(tmp_path: Path) -> None:
    """It is too short for a pause."""
    tape = sounds.write_wav(tmp_path / "tape.wav", sounds.voice(0.5))
    (examined,) = earwitness.new(tmp_path / "a.case", questioned=[tape]).examine(["pauses_v1"])
    assert isinstance(examined.outcome, NotExamined)
