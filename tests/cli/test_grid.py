"""``earwitness grid``: what it reads, what it refuses, what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import sounds
from earwitness.cli.main import earwitness as command
from earwitness.errors import GridNotFound

GOOD = "dtm,f\n2020-01-01 00:00:00,50.001\n2020-01-01 00:00:01,0\n2020-01-01 00:00:02,49.999\n"


def run(*arguments: str, code: int = 0) -> str:
    """What a command says."""
    result = CliRunner().invoke(command, list(arguments), standalone_mode=False)
    assert result.exception is None, result.exception
    assert int(result.return_value or 0) == code
    return result.output


def test_import_and_info(tmp_path: Path) -> None:
    """Values, what was odd with its line, and what the record holds."""
    (tmp_path / "f.csv").write_text(GOOD)
    record = str(tmp_path / "record")
    said = run("grid", "import", record, str(tmp_path / "f.csv"), "--layout", "neso")
    assert "3 values" in said and "1 zeros (first in line 3)" in said
    said = run("grid", "info", record, "--check")
    assert "50 Hz" in said and "2020-01-01 00:00:03" in said
    assert json.loads(run("grid", "info", record, "--json"))["nominal_hz"] == 50


def test_a_damaged_file_is_not_taken(tmp_path: Path) -> None:
    """The line is named, and the other files are taken."""
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "bad.csv").write_text(GOOD.replace("49.999", "fifty"))
    files = [str(tmp_path / name) for name in ("bad.csv", "good.csv")]
    said = run("grid", "import", str(tmp_path / "record"), *files, "--layout", "neso", code=3)
    assert "line 4" in said and "good.csv: 3 values" in said


def test_sound_of_the_mains(tmp_path: Path) -> None:
    """Needs the time at which it begins."""
    path = sounds.write_wav(tmp_path / "mains.wav", sounds.hum(60.0, level=0.3))
    record = str(tmp_path / "record")
    said = run("grid", "import", record, str(path), "--mains-from", "2033-04-12T19:42:10Z")
    assert "45 values" in said
    assert "2033-04-12 19:42:18" in run("grid", "info", record)


def test_layouts_are_listed() -> None:
    """With whose they are."""
    said = run("grid", "layouts", "--json")
    assert {"name": "fingrid", "publisher": "Fingrid, Nordic grid"}.items() <= next(
        each for each in json.loads(said) if each["name"] == "fingrid"
    ).items()


def test_what_is_not_there(tmp_path: Path) -> None:
    """A folder without a record is refused in one line."""
    result = CliRunner().invoke(command, ["grid", "info", str(tmp_path)])
    assert isinstance(result.exception, GridNotFound)


@pytest.mark.parametrize("options", [[], ["--layout", "neso", "--mains-from", "2020-01-01"]])
def test_a_layout_or_a_time(tmp_path: Path, options: list[str]) -> None:
    """One of the two, and not both."""
    result = CliRunner().invoke(command, ["grid", "import", "record", "file", *options])
    assert result.exit_code == 2
