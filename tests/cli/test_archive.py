"""``earwitness archive``, as it is typed."""

from __future__ import annotations

import json
import sys
import wave
from pathlib import Path
from typing import Any

import pytest

import sounds
from earwitness.cli.main import main


class Typed:
    """Types commands and keeps what they said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *words: object, code: int = 0) -> Any:
        """Type a command; give the JSON that it prints, or its error, and check its exit code."""
        self.monkeypatch.setattr(sys, "argv", ["earwitness", "--json", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self.capsys.readouterr()
        assert ended.value.code == code, said.err
        return json.loads(said.out) if said.out else said.err


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """The command line."""
    return Typed(monkeypatch, capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two recordings, and a file that is none."""
    (tmp_path / "in").mkdir()
    for number, name in enumerate(("known_1.m4a", "known_2.mp3")):
        sounds.write_wav(tmp_path / "in" / f"{number}.wav", sounds.voice(20.0, name=name))
    return tmp_path


def test_build_search_remove_and_merge(typed: Typed, folder: Path) -> None:
    """The life of an archive."""
    built = typed("archive", "build", folder / "a", folder / "in")
    assert (built["added"], built["already"], built["not_taken"]) == (2, 0, [])
    told = typed("archive", "info", folder / "a", "--check")
    assert len(told["recordings"]) == 2 and told["damaged"] == []

    query = sounds.write_wav(folder / "q.wav", sounds.voice(6.0, start_s=8.0, name="known_1.m4a"))
    listen = ["--listen", folder / "heard", "--sources", folder / "in"]
    (stretch,) = typed("archive", "search", folder / "a", query, *listen)["stretches"]
    assert stretch["recording"]["name"] == "0.wav"
    assert stretch["there_start_s"] - stretch["here_start_s"] == pytest.approx(7.0, abs=0.03)
    for which in ("here", "there"):
        with wave.open(str(folder / "heard" / f"01-{which}.wav")) as file:
            assert file.getnframes() / file.getframerate() == pytest.approx(6.0, abs=0.3)

    sha256 = stretch["recording"]["sha256"]
    assert typed("archive", "remove", folder / "a", sha256[:12])["removed"] == 1
    assert typed("archive", "search", folder / "a", query)["stretches"] == []
    typed("archive", "build", folder / "b", folder / "in" / "0.wav")
    assert typed("archive", "merge", folder / "a", folder / "b")["added"] == 1
    assert len(typed("archive", "search", folder / "a", query)["stretches"]) == 1


def test_what_cannot_be_taken_is_told_by_the_exit_code(typed: Typed, folder: Path) -> None:
    """A text among the recordings: the others are in, and the command ends with 3."""
    (folder / "in" / "notes.txt").write_text("not a sound")
    built = typed("archive", "build", folder / "a", folder / "in", code=3)
    assert built["added"] == 2
    assert [Path(each["path"]).name for each in built["not_taken"]] == ["notes.txt"]


def test_a_damaged_archive_is_refused_and_can_be_mended(typed: Typed, folder: Path) -> None:
    """Refused whole; searched in part when that is asked; dropped, and built again."""
    typed("archive", "build", folder / "a", folder / "in")
    (segment,) = (folder / "a" / "segments").iterdir()
    sounds.flip_bit(segment, 8 * (segment.stat().st_size - 100))
    query = sounds.write_wav(folder / "q.wav", sounds.voice(6.0, start_s=8.0, name="known_1.m4a"))
    assert "ArchiveDamaged" in typed("archive", "search", folder / "a", query, code=3)
    rest = typed("archive", "search", folder / "a", query, "--without-damaged")
    assert rest["not_searched"] == [segment.name]
    assert typed("archive", "info", folder / "a", code=1)["damaged"] == [segment.name]
    assert typed("archive", "remove", folder / "a", "--damaged")["recordings"] == 2
    assert typed("archive", "build", folder / "a", folder / "in")["added"] == 2
    assert len(typed("archive", "search", folder / "a", query)["stretches"]) == 1


def test_no_archive_and_no_choice_are_refused(typed: Typed, folder: Path) -> None:
    """A folder without an archive, and a removal of nothing in particular."""
    assert "ArchiveNotFound" in typed("archive", "info", folder / "in", code=3)
    typed("archive", "build", folder / "a", folder / "in" / "0.wav")
    typed("archive", "remove", folder / "a", "ffffffffffff", code=3)
    assert "give a recording" in typed("archive", "remove", folder / "a", code=2)
