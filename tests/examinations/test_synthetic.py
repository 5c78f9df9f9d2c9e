"""synthetic_v1: a detector is tried on the case first, and abstains where it cannot tell."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny_detector

import earwitness
import sounds
from earwitness.examinations.synthetic import equal_error_rate
from earwitness.outcome import Failed, Finding, NotExamined, Outcome

POPULATION = sorted(
    (Path(__file__).resolve().parents[2] / "demo" / "sounds" / "population").glob("*.opus")
)
NAMED = '\n[examine.synthetic_v1]\nmodel = "rough"\n'


@pytest.fixture(autouse=True)
def _shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARWITNESS_MODELS", str(tmp_path / "models"))
    tiny_detector.build(tmp_path / "models" / "rough")


def voice(number: int, *, hiss: float = 0.0, seconds: float = 12.0) -> sounds.Floats:
    """Another stretch of the demo's voice, with as much hiss."""
    sound = sounds.voice(seconds, start_s=2.0 + 4 * number)
    return sound + sounds.noise(seconds, level=hiss, seed=number) if hiss else sound


def ended(
    tmp_path: Path,
    *,
    hiss: float,
    population: int = 24,
    machine: list[sounds.Floats] | None = None,
    named: str = NAMED,
) -> Outcome:
    """Carry synthetic_v1 out on a voice that hisses so much."""
    tape = sounds.write_wav(tmp_path / "tape.wav", voice(0, hiss=hiss, seconds=20.0))
    case = earwitness.new(tmp_path / "a.case", questioned=[tape])
    list(case.add(POPULATION[:population], "population"))
    for number, sound in enumerate(machine or []):
        list(case.add([sounds.write_wav(tmp_path / f"machine{number}.wav", sound)], "machine"))
    toml = case.path / "case.toml"
    toml.write_text(toml.read_text() + named)
    (examined,) = case.examine(["synthetic_v1"])
    return examined.outcome


def test_without_a_model_it_says_how_to_get_one(tmp_path: Path) -> None:
    """No detector comes with earwitness, and none is downloaded."""
    outcome = ended(tmp_path, hiss=0.0, population=1, named="")
    assert isinstance(outcome, NotExamined)
    assert "model.onnx" in outcome.needed or "ONNX" in outcome.needed


def test_a_score_beyond_all_genuine_ones_is_told_with_its_false_alarm_rate(tmp_path: Path) -> None:
    """And with the sentence that nobody tried whether the detector finds machines here."""
    outcome = ended(tmp_path, hiss=0.2)
    assert isinstance(outcome, Finding), outcome
    assert outcome.measure("genuine recordings that score as high").value == 0
    assert outcome.strength is not None and outcome.strength.high > 0.1
    assert "not tried" in outcome.summary
    assert outcome.measure("equal error rate on them").value is None


def test_a_usual_score_says_nothing(tmp_path: Path) -> None:
    """Not "no sign of a machine": not examined."""
    outcome = ended(tmp_path, hiss=0.0)
    assert isinstance(outcome, NotExamined)
    assert "genuine speech has too" in outcome.reason and "--as machine" in outcome.needed


def test_a_detector_that_tells_the_machines_of_this_case(tmp_path: Path) -> None:
    """Ten machines that hiss: a usual score is now a finding, with the rates on both kinds."""
    machines = [voice(number, hiss=0.1) for number in range(10)]
    outcome = ended(tmp_path, hiss=0.0, machine=machines)
    assert isinstance(outcome, Finding), outcome
    assert outcome.measure("equal error rate on them").value == 0
    assert outcome.measure("machine-made recordings that score as high").value == 10


def test_a_detector_that_cannot_tell_abstains(tmp_path: Path) -> None:
    """Ten machines that do not hiss are as genuine speech to it."""
    machines = [voice(number) for number in range(10)]
    outcome = ended(tmp_path, hiss=0.2, machine=machines)
    assert isinstance(outcome, NotExamined)
    assert "cannot tell" in outcome.reason and "equal error rate" in outcome.got


def test_too_few_genuine_recordings(tmp_path: Path) -> None:
    """Nineteen are not enough."""
    outcome = ended(tmp_path, hiss=0.2, population=19)
    assert isinstance(outcome, NotExamined) and "too few genuine" in outcome.reason


@pytest.mark.parametrize(
    ("note", "content", "says"),
    [
        (tiny_detector.NOTE, b"no model", "not an ONNX model"),
        (tiny_detector.NOTE, b"", "not an ONNX model"),
        (tiny_detector.NOTE.replace("2.0", "-1"), None, "detector.toml"),
        (tiny_detector.NOTE + "more = 1\n", None, "detector.toml"),
        ("= nothing", None, "detector.toml"),
        (tiny_detector.NOTE.replace("column = 0", "column = 7"), None, "no finite number"),
        (tiny_detector.NOTE, tiny_detector.model(inputs=[1, 1, 32_000]), "one waveform"),
    ],
)
def test_bad_detectors_are_refused(
    tmp_path: Path, note: str, content: bytes | None, says: str
) -> None:
    """A model or a note that can't be used is not examined, with the reason; nothing breaks."""
    tiny_detector.build(tmp_path / "models" / "rough", note=note, content=content)
    outcome = ended(tmp_path, hiss=0.0, population=1)
    assert isinstance(outcome, NotExamined), outcome
    assert says in outcome.reason


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    """It is named, and how to put one there."""
    outcome = ended(tmp_path, hiss=0.0, population=1, named=NAMED.replace("rough", "other"))
    assert isinstance(outcome, NotExamined) and not isinstance(outcome, Failed)
    assert "model.onnx" in outcome.needed


def test_equal_error_rates() -> None:
    """Apart: 0. The same: about one half. One of four wrong on each side: a quarter."""
    low, high = np.arange(4.0), np.arange(10.0, 14.0)
    assert equal_error_rate(low, high) == 0.0
    assert equal_error_rate(high, low) == 1.0
    assert equal_error_rate(low, low) >= 0.5
    assert equal_error_rate(np.asarray([0, 1, 2, 9.0]), np.asarray([1.5, 8, 9.5, 10])) == 0.25
