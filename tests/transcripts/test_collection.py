"""Transcripts beside an archive: kept as received, searched with those of a case, brought up to date."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import earwitness
from earwitness.archive import build
from earwitness.cli.main import earwitness as entrance
from earwitness.errors import BadTranscript
from earwitness.transcripts.collection import Collection, Entry

ROOT = Path(__file__).resolve().parents[2]
SOUNDS = ROOT / "demo" / "sounds"
ENTRY = Entry("a" * 64, "tape.mp3", "tape.srt")
SRT = "1\n00:00:05,000 --> 00:00:07,500\nقال أبو بكر في القاهرة: lamps on the water\n"


def test_words_are_found_with_their_seconds(tmp_path: Path) -> None:
    """Spellings of Arabic count as one; the hit names the transcript, its entry the recording."""
    collection = Collection(tmp_path)
    assert collection.search("lamps").hits == ()
    assert collection.add(SRT.encode(), ENTRY)
    for query in ('"lamps on"', "القاهره", "ابو"):
        (hit,) = collection.search(query).hits
        assert (hit.start_s, hit.end_s) == (5.0, 7.5)
        assert collection.entries[hit.source] == ENTRY


def test_the_same_bytes_count_once(tmp_path: Path) -> None:
    """Adding a file again adds nothing, also after the index was deleted."""
    collection = Collection(tmp_path)
    assert collection.add(SRT.encode(), ENTRY)
    assert not collection.add(SRT.encode(), ENTRY)
    assert len(collection.search("lamps").hits) == 1
    for index in (tmp_path / "said").glob("index-*"):
        index.unlink()
    assert len(collection.search("lamps").hits) == 1


def test_what_a_killed_process_left_out_is_added(tmp_path: Path) -> None:
    """An entry that is not in the index yet is indexed at the next search; one that is gone, gone."""
    collection = Collection(tmp_path)
    collection.add(SRT.encode(), ENTRY)
    collection.search("lamps")
    other = SRT.replace("lamps", "boats").encode()
    collection.add(other, ENTRY)
    assert len(collection.search("boats").hits) == 1
    path = tmp_path / "said" / "entries.json"
    listed = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in list(listed.items())[:1]}))
    assert len(collection.search("water").hits) == 1


def test_altered_originals_and_lists(tmp_path: Path) -> None:
    """A file whose bytes changed is not searched; a damaged list is an error with advice."""
    collection = Collection(tmp_path)
    collection.add(SRT.encode(), ENTRY)
    (original,) = (tmp_path / "said" / "originals").iterdir()
    original.write_bytes(SRT.replace("lamps", "bombs").encode())
    assert collection.search("bombs").hits == ()
    for damage in ("[]", "{", '{"a": 7}', '{"a": {"of": "x"}}'):
        (tmp_path / "said" / "entries.json").write_text(damage)
        with pytest.raises(BadTranscript, match="damaged"):
            _ = collection.entries
    with pytest.raises(BadTranscript):
        Collection(tmp_path / "other").add(b"no transcript", ENTRY)


def test_on_the_command_line(tmp_path: Path) -> None:
    """Of an archive alone, and in one search with a case's own transcripts."""
    release = SOUNDS / "release_2031.mp3"
    archive = tmp_path / "case" / "releases"
    case = earwitness.new(tmp_path / "case", questioned=[SOUNDS / "questioned.opus"], who="desk")
    build.build(archive, [release], workers=1)
    path = case.path / "case.toml"
    path.write_text(path.read_text().replace("archives = []", 'archives = ["releases"]'))
    srt = ROOT / "demo" / "transcripts" / "release_2031.srt"

    def run(*arguments: str) -> dict[str, object]:
        ran = CliRunner().invoke(entrance, ["--json", *arguments], catch_exceptions=False)
        assert ran.exit_code == 0, ran.output
        result: dict[str, object] = json.loads(ran.output)
        return result

    run("archive", "transcribe", str(archive), str(srt), "--of", "release_2031.mp3")
    alone = run("archive", "said", str(archive), "islands")["hits"]
    both = run("transcript", "search", str(case.path), "islands")
    assert alone
    assert [hit["start_s"] for hit in both["in_archives"]] == [  # type: ignore[attr-defined]
        hit["start_s"]
        for hit in alone  # type: ignore[attr-defined]
    ]
    ran = CliRunner().invoke(
        entrance, ["archive", "transcribe", str(archive), str(srt), "--of", "x"]
    )
    assert ran.exit_code != 0
    assert "no single recording" in str(ran.exception)
    build.build(archive, [SOUNDS / "release_2032.ogg"], workers=1)
    assert run("archive", "said", str(archive), "islands")["hits"] == alone
