"""``earwitness voice``: the population, regions, models, and what the outcomes look like."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import earwitness
import sounds
from earwitness.cli.main import earwitness as command
from earwitness.errors import BadParameter, BadTranscript, MissingPart, UnknownExhibit
from voices import tiny_onnx

DEMO = sounds.DEMO_SOUNDS
POPULATION = sorted((DEMO / "population").glob("*.opus"))


def run(*words: object) -> Result:
    """Run a command as typed; what it raises is kept in the result."""
    return CliRunner().invoke(command, [str(word) for word in words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A case with a questioned and a known recording."""
    case = earwitness.new(tmp_path / "a.case", questioned=[DEMO / "impostor.opus"])
    list(case.add([DEMO / "known_1.m4a"], "known", speaker="Z. Qelwadi"))
    return case.path


def test_a_file_is_one_person_and_so_is_a_folder(folder: Path, tmp_path: Path) -> None:
    """Who go by their names; with --speaker, all are of one."""
    person = tmp_path / "Ada"
    person.mkdir()
    for path in POPULATION[2:4]:
        (person / path.name).write_bytes(path.read_bytes())
    assert run("voice", "population", "add", folder, POPULATION[0], person).exit_code == 0
    run("voice", "population", "add", folder, POPULATION[1], "--speaker", "Berta")
    shown = json.loads(run("--json", "voice", "population", "show", folder).output)
    assert shown == {"speakers": {"01": 1, "Ada": 2, "Berta": 1}, "is_enough": False}
    assert "add 17 more" in run("voice", "population", "show", folder).output


def test_regions_from_labels(folder: Path, tmp_path: Path) -> None:
    """Audacity labels of one name; and all of it again without."""
    labels = tmp_path / "labels.txt"
    labels.write_text("1.0\t4.5\tspeaker\n4.5\t6.0\tinterviewer\n7.0\t9.0\tspeaker\n")
    done = run("voice", "regions", folder, "impostor.opus", "--from", labels, "--label", "speaker")
    assert done.exit_code == 0 and "1.000-4.500, 7.000-9.000" in done.output
    (questioned, _) = earwitness.open(folder).exhibits
    assert questioned.declared.regions == "1.000-4.500, 7.000-9.000"
    assert "all of it" in run("voice", "regions", folder, "impostor.opus").output
    nobody = run("voice", "regions", folder, "impostor.opus", "--from", labels, "--label", "x")
    assert isinstance(nobody.exception, BadTranscript)
    assert "interviewer" in str(nobody.exception)


def test_regions_that_cannot_be(folder: Path) -> None:
    """They are refused, and so is a recording in a role that it does not play."""
    assert isinstance(
        run("voice", "regions", folder, "impostor.opus", "9-3").exception, BadParameter
    )
    wrong = run("voice", "regions", folder, "impostor.opus", "1-2", "--as", "known")
    assert isinstance(wrong.exception, UnknownExhibit)
    assert earwitness.open(folder).verify().is_whole


def test_a_model_is_noted_in_the_case(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ONNX file is put on the shelf under a name with its hash; what is refused is said."""
    monkeypatch.setenv("EARWITNESS_MODELS", str(tmp_path / "models"))
    path = tiny_onnx.build(tmp_path / "tiny.onnx")
    shown = run("voice", "validate", folder, "--model", path, "--family", "nemo")
    assert shown.exit_code == 0 and "Not examined" in shown.output
    model = earwitness.open(folder).case_file.examine["voice_v1"]["model"]
    assert str(model).startswith("tiny-")
    assert json.loads((tmp_path / "models" / "lock.json").read_text())[model]["family"] == "nemo"
    missing = run("voice", "compare", folder, "--model", tmp_path / "none.onnx")
    assert isinstance(missing.exception, MissingPart)


@pytest.mark.slow
def test_a_comparison_and_its_pairs(folder: Path, tmp_path: Path) -> None:
    """The table has the likelihood ratio and its interval; the pairs are written as CSV."""
    run("voice", "population", "add", folder, *POPULATION)
    pairs = tmp_path / "pairs.csv"
    shown = run("voice", "compare", folder, "--csv", pairs)
    assert shown.exit_code == 0, shown.output
    assert "finding" in shown.output and "[-" in shown.output
    assert len(list(csv.DictReader(pairs.read_text().splitlines()))) == 48 + 240
    (ended,) = json.loads(run("--json", "voice", "validate", folder).output)
    assert ended["outcome"]["strength"]["scale"] == "log10_lr"
    assert "Cllr min" in run("voice", "validate", folder).output
