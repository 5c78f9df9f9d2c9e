"""mains_phase_v1: a cut in hum, hum left alone, and recordings whose hum does not allow it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import earwitness
import sounds
from earwitness.outcome import Finding, NotExamined, Outcome

DEMO = Path(__file__).resolve().parents[2] / "demo" / "sounds"


def ended(tmp_path: Path, tape: Path) -> Outcome:
    """Carry mains_phase_v1 out on a file."""
    case = earwitness.new(tmp_path / "a.case", questioned=[tape])
    (examined,) = case.examine(["mains_phase_v1"])
    return examined.outcome


def test_the_demo_message_is_cut_where_its_script_cut_it(tmp_path: Path) -> None:
    """Through MP3 and Opus, 35 dB under the speech: the deletion at 98.68 s, by 0.4 of a cycle."""
    outcome = ended(tmp_path, DEMO / "questioned.opus")
    assert isinstance(outcome, Finding), outcome
    (place,) = outcome.places
    assert place.start_s <= 98.684 <= place.end_s
    assert abs(outcome.details["breaks"][0]["jump_cycles"] - 0.4) < 0.05
    assert outcome.strength is not None and outcome.strength.scale == "false_alarm_rate"
    assert outcome.measure("nominal frequency").value == 50
    assert "98." in outcome.summary


def test_hum_that_was_left_alone(tmp_path: Path) -> None:
    """Nothing found is a finding, and says in how much of the recording it could have been."""
    sound = sounds.voice(60.0) + sounds.hum(60.0, level=0.005)
    outcome = ended(tmp_path, sounds.write_wav(tmp_path / "tape.wav", sound))
    assert isinstance(outcome, Finding), outcome
    assert outcome.places == () and outcome.strength is None
    assert "strong enough to tell in" in outcome.summary


def test_no_hum_is_not_examined_with_how_weak(tmp_path: Path) -> None:
    """A voice without hum: never "no break found"."""
    outcome = ended(tmp_path, sounds.write_wav(tmp_path / "tape.wav", sounds.voice(60.0)))
    assert isinstance(outcome, NotExamined)
    assert "hum" in outcome.reason and "spreads" in outcome.got and "spreads" in outcome.needed


def test_silence_and_a_short_recording_are_not_examined(tmp_path: Path) -> None:
    """Neither holds hum that could break."""
    silence = sounds.write_wav(tmp_path / "silence.wav", np.zeros(640_000, np.float32))
    short = sounds.write_wav(tmp_path / "short.wav", sounds.hum(20.0))
    case = earwitness.new(tmp_path / "a.case", questioned=[silence, short])
    outcomes = [each.outcome for each in case.examine(["mains_phase_v1"])]
    assert [type(each) for each in outcomes] == [NotExamined, NotExamined]
