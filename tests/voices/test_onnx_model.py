"""Neural models: a real file through the real runtime, with each family's front end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sounds
from earwitness.errors import MissingPart
from earwitness.voices.mel import frame_count, log_mel
from earwitness.voices.onnx_model import FAMILIES, OnnxModel
from voices import tiny_onnx


def everything(sound: np.ndarray) -> np.ndarray:
    """All of a sound as speech."""
    return np.ones(frame_count(sound.size), dtype=bool)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_vector_is_what_the_file_computes(family: str, tmp_path: Path) -> None:
    """From the family's log mel energies less their mean, and over their spread for NeMo's."""
    path = tiny_onnx.build(tmp_path / "tiny.onnx", nemo=family == "nemo")
    model = OnnxModel(path, family, "tiny")
    sound = sounds.voice(2.0)
    rows = model.features(sound, everything(sound))
    assert np.array_equal(rows, log_mel(sound, FAMILIES[family].front))
    (vector,) = model.vectors([rows])
    expected = rows - rows.mean(axis=0)
    if family == "nemo":
        expected = expected / (rows.std(axis=0) + 1e-5)
    assert vector == pytest.approx(
        (expected**2).mean(axis=0) @ tiny_onnx.matrix(16), rel=1e-3, abs=1e-2
    )


def test_gain_changes_nothing(tmp_path: Path) -> None:
    """The mean of each band is taken off."""
    model = OnnxModel(tiny_onnx.build(tmp_path / "tiny.onnx"), "wespeaker", "tiny")
    sound = sounds.voice(2.0)
    both = model.vectors(
        [model.features(each, everything(each)) for each in (sound, sound * np.float32(0.5))]
    )
    assert both[0] == pytest.approx(both[1], rel=1e-3)


def test_the_same_bytes_give_the_same_numbers(tmp_path: Path) -> None:
    """In another session too."""
    path = tiny_onnx.build(tmp_path / "tiny.onnx")
    sound = sounds.voice(1.0)
    vectors = []
    for _ in range(2):
        model = OnnxModel(path, "wespeaker", "tiny")
        vectors.append(model.vectors([model.features(sound, everything(sound))]))
    assert np.array_equal(*vectors)
    assert model.sha256[:12] in model.name


def test_a_very_short_piece_is_repeated(tmp_path: Path) -> None:
    """Rather than refused by the model."""
    model = OnnxModel(tiny_onnx.build(tmp_path / "tiny.onnx"), "wespeaker", "tiny")
    rows = np.random.default_rng(1).standard_normal((7, 80)).astype(np.float32)
    assert np.isfinite(model.vectors([rows])).all()


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    """As something that is missing, so that the examination ends as not examined."""
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(MissingPart, match="cannot be run"):
        OnnxModel(path, "wespeaker", "broken").vectors([np.zeros((100, 80), np.float32)])


def test_a_model_with_other_inputs_is_refused(tmp_path: Path) -> None:
    """One of NeMo's is not one of WeSpeaker's."""
    path = tiny_onnx.build(tmp_path / "tiny.onnx", nemo=True)
    with pytest.raises((MissingPart, ValueError)):
        OnnxModel(path, "wespeaker", "tiny").vectors([np.zeros((100, 80), np.float32)])


def test_an_unknown_family_is_refused(tmp_path: Path) -> None:
    """No front end is guessed."""
    path = tiny_onnx.build(tmp_path / "tiny.onnx")
    with pytest.raises(MissingPart, match="front end"):
        OnnxModel(path, "nobody", "tiny").features(sounds.voice(1.0), everything(sounds.voice(1.0)))
