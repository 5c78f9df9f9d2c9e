"""What is exported is read by FollowTheMoney itself, where an environment with it is at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

from stories import read_stories

from earwitness.dossier.followthemoney import from_followthemoney, to_followthemoney

ROOT = Path(__file__).parents[2]


def _python() -> Path | None:
    """The interpreter of an environment with followthemoney: it needs pyicu, so it is not in ours."""
    named = os.environ.get("EARWITNESS_FTM_PYTHON", "")
    path = Path(named) if named else ROOT / ".venv-followthemoney" / "bin" / "python"
    return path if path.exists() else None


def _exported() -> list[str]:
    return [
        json.dumps(data, ensure_ascii=False)
        for story in read_stories()
        for data in to_followthemoney(story.drafts())
    ]


def _checked(lines: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    python = _python()
    if python is None:
        pytest.skip("no .venv-followthemoney: .ci/run makes it where libicu-dev is installed")
    (folder / "x.jsonl").write_text("\n".join(lines), "utf-8")
    command = [str(python), str(Path(__file__).with_name("ftm_check.py")), str(folder / "x.jsonl")]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_package_reads_every_statement(tmp_path: Path) -> None:
    """All drafts of all stories: known schemas and properties, valid values, whole entities."""
    lines = _exported()
    ran = _checked(lines, tmp_path)
    assert ran.returncode == 0, ran.stderr[-2_000:]
    assert int(ran.stdout.split()[0]) == len(lines)


@pytest.mark.parametrize(
    ("key", "value"), [("prop", "nickname"), ("schema", "Ghost"), ("value", "some day")]
)
def test_the_package_refuses_what_is_wrong(key: str, value: str, tmp_path: Path) -> None:
    """An unknown property, an unknown schema, a birth date that is none: the same check notices."""
    (line,) = [line for line in _exported() if json.loads(line)["prop"] == "birthDate"][:1]
    ran = _checked([json.dumps({**json.loads(line), key: value})], tmp_path)
    assert ran.returncode != 0


def test_one_statement_is_one_line_and_back() -> None:
    """The way out and back loses nothing, with or without the package."""
    drafts = [one for story in read_stories() for one in story.drafts()]
    lines = [json.dumps(data) for data in to_followthemoney(drafts)]
    assert list(from_followthemoney(lines)) == drafts
