"""Speech to words: the real loading and decoding, with a model of random weights that the test builds."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import earwitness
from earwitness.errors import UnknownExhibit
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.examinations import _speech_to_text
from earwitness.examinations._contract import carry_out
from earwitness.examinations._speech_to_text import Heard, stretches
from earwitness.examinations.words import words_v1
from earwitness.outcome import Finding, NotExamined, Outcome, outcome_hash, outcome_to_json
from earwitness.saying import heard_words
from earwitness.signal.recording import Recording
from earwitness.signal.speech import Speech

sys.path.insert(0, str(Path(__file__).parent))
import tiny_whisper

SOUND = Path(__file__).parents[2] / "demo" / "sounds" / "population" / "01.opus"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models that holds one of random weights."""
    folder = tmp_path_factory.mktemp("models")
    tiny_whisper.build(folder / "nonsense")
    return folder


@pytest.fixture(autouse=True)
def _models(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARWITNESS_MODELS", str(shelf))


class View:
    """Nobody watches."""

    def progress(self, fraction: float, doing: str = "") -> None:
        """Nothing."""


def examine(cache: Path, **parameters: Any) -> Outcome:
    """As a worker does."""
    exhibit = Exhibit("0" * 64, SOUND.name, 1, Role.QUESTIONED, "", SOUND)
    merged = words_v1.parameters({"model": "nonsense", "beam_size": 2, **parameters})
    return carry_out(words_v1, Recording(exhibit, cache), View(), merged)  # type: ignore[arg-type]


def test_words_have_times_and_probabilities(tmp_path: Path) -> None:
    """Every word lies within the recording; those of low probability are marked, none is hidden."""
    outcome = examine(tmp_path)
    assert isinstance(outcome, Finding), outcome
    segments = outcome.details["segments"] + outcome.details["left_out"]
    words = [word for segment in segments for word in segment["words"]]
    assert words
    assert all(0 <= start <= end <= 12.0 and 0 <= p <= 1 for _, start, end, p in words)
    marked = outcome.measure("words of low probability").value
    assert marked == sum(w[3] < 0.5 for s in outcome.details["segments"] for w in s["words"])
    assert len(outcome.places) >= min(200, int(marked or 0))
    assert outcome.details["model"]["name"] == "nonsense"
    assert len(outcome.details["model"]["sha256"]) == 64
    assert "draft" in outcome.summary


def test_the_same_is_heard_again(tmp_path: Path) -> None:
    """Nothing is left to chance: a replay in an empty cache gives the same outcome."""
    first, second = examine(tmp_path / "one"), examine(tmp_path / "two")
    assert outcome_hash(first) == outcome_hash(second)


def test_an_interrupted_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was heard before is not listened to again, and the outcome is the same."""
    first = examine(tmp_path, language="en")
    (folder,) = tmp_path.glob("*/*/words_*")
    kept = sorted(folder.iterdir())
    kept[-1].unlink()
    heard: list[int] = []
    real = _speech_to_text._listen_to

    def counted(*given: Any) -> list[Heard]:
        heard.append(1)
        return real(*given)

    monkeypatch.setattr(_speech_to_text, "_listen_to", counted)
    assert outcome_hash(examine(tmp_path, language="en")) == outcome_hash(first)
    assert len(heard) == 1
    examine(tmp_path, language="fr")  # another language is another run
    assert len(heard) == 1 + len(kept)


def test_without_a_model_it_says_how_to_get_one(tmp_path: Path) -> None:
    """No model is no finding, and never an empty transcript."""
    outcome = examine(tmp_path, model="small")
    assert isinstance(outcome, NotExamined)
    assert "earwitness models pull small" in outcome.needed


@pytest.mark.parametrize("name", ["../nonsense", "/etc", "", "Nonsense"])
def test_a_model_s_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    """A name in case.toml cannot point out of the folder of models."""
    assert isinstance(examine(tmp_path, model=name), NotExamined)


def test_damaged_models_are_not_used(tmp_path: Path, shelf: Path) -> None:
    """Weights that are cut off, or not those that are known by the name, are refused in words."""
    for name, cut in (("cut", True), ("tiny", False)):
        shutil.copytree(shelf / "nonsense", shelf / name)
        if cut:
            weights = shelf / name / "model.bin"
            weights.write_bytes(weights.read_bytes()[:10_000])
        outcome = examine(tmp_path, model=name)
        shutil.rmtree(shelf / name)
        assert isinstance(outcome, NotExamined), outcome


def test_loops_and_silence_are_told_apart() -> None:
    """The two ways in which such models invent are recognised by their own figures."""
    good = Heard([["so", 0.0, 1.0, 0.9]], -0.3, 0.1, 1.2)
    assert not good.repeats_itself and not good.is_likely_silence
    assert replace(good, compression=3.0).repeats_itself
    assert replace(good, no_speech=0.9, log_probability=-1.5).is_likely_silence
    assert not replace(good, no_speech=0.9).is_likely_silence


@pytest.mark.parametrize("length", [1.0, 27.0, 61.0, 600.0])
def test_stretches_cover_speech_and_stay_short(length: float) -> None:
    """All speech is listened to, in stretches that the model can take."""
    probability = np.random.default_rng(1).random(int(700 / 0.032)).astype(np.float32)
    regions = np.array([[2.0, 3.0], [5.0, 5.0 + length], [660.0, 661.0]])
    found = stretches(Speech(probability, regions), 700.0)
    assert all(end - start <= 28.0 + 0.41 for start, end in found)
    for start, end in regions.tolist():
        for second in np.arange(start, end, 0.1):
            assert any(a <= second <= b for a, b in found)


def test_a_draft_becomes_a_transcript(tmp_path: Path) -> None:
    """What a worker heard is kept as a draft under the method's name, with its probabilities."""
    case = earwitness.new(tmp_path / "case", questioned=[SOUND])
    settings = '\n[examine.words_v1]\nmodel = "nonsense"\nbeam_size = 1\n'
    path = case.path / "case.toml"
    path.write_text(path.read_text() + settings)
    (examined,) = case.examine(["words"])
    outcome = examined.outcome
    assert isinstance(outcome, Finding), outcome
    # A random model mostly repeats itself; for the draft, take what was left out for text.
    segments = outcome.details["segments"] + outcome.details["left_out"]
    told = replace(outcome, details={**outcome.details, "segments": segments})
    draft = heard_words([replace(examined, outcome=told)], examined.exhibit)
    assert draft.by == "words_v1 with nonsense"
    assert len(draft.segments) == len(segments) > 0
    assert draft.segments[0].words[0].probability == segments[0]["words"][0][3]
    empty = replace(outcome, details={**outcome.details, "segments": []})
    with pytest.raises(UnknownExhibit, match="no words"):
        heard_words([replace(examined, outcome=empty)], examined.exhibit)


def test_an_outcome_names_no_folder_of_this_machine(tmp_path: Path, shelf: Path) -> None:
    """The same case gives the same report on another machine: no path is in any outcome."""
    shutil.copytree(shelf / "nonsense", shelf / "cut2")
    weights = shelf / "cut2" / "model.bin"
    weights.write_bytes(weights.read_bytes()[:10_000])
    outcomes = [examine(tmp_path, model=name) for name in ("small", "unknown", "cut2", "nonsense")]
    shutil.rmtree(shelf / "cut2")
    assert [each.kind for each in outcomes] == ["not_examined"] * 3 + ["finding"]
    text = json.dumps([outcome_to_json(each) for each in outcomes])
    assert str(shelf) not in text and str(tmp_path) not in text
