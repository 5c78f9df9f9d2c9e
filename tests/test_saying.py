"""Transcripts in a case: added with what is declared of them, shown, searched, accepted, exported."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import earwitness
from earwitness.cli.main import earwitness as command
from earwitness.errors import BadTranscript, UnknownExhibit
from earwitness.evidence.exhibit import Role
from earwitness.transcripts import Kind, Review
from earwitness.workbench import Case

sys.path.insert(0, str(Path(__file__).parent / "evidence"))
import recordings

SAID = "1\n00:00:00,100 --> 00:00:00,900\nالسلام على الأرصفة\n"
TRANSLATED = "1\n00:00:00,100 --> 00:00:00,900\nPeace on the quays\n"


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A case of one recording, with its transcript and a translation."""
    tape = recordings.write(tmp_path / "tape.wav", "wav")
    made = earwitness.new(tmp_path / "case", questioned=[tape], who="Ada")
    for name, text in (("said.srt", SAID), ("english.srt", TRANSLATED)):
        (tmp_path / name).write_text(text)
    made.add_transcript(tmp_path / "said.srt", of="tape.wav", language="ar", by="Bo")
    made.add_transcript(tmp_path / "english.srt", of="tape.wav", language="en", kind="translation")
    return made


def test_what_is_declared_is_kept_and_logged(case: Case) -> None:
    """case.toml and the log say whose words a transcript says, in which language, and who wrote it."""
    (_, said), (exhibit, translated) = case.transcripts(of="tape.wav")
    assert (said.language, said.kind, said.by, said.review) == (
        "ar",
        Kind.ORIGINAL,
        "Bo",
        Review.DRAFT,
    )
    assert (translated.kind, translated.by) == (Kind.TRANSLATION, "Ada")
    assert exhibit.declared.of == case.exhibits[0].sha256
    assert case.custody[-1].details["of"] == case.exhibits[0].sha256
    assert case.verify().is_whole


def test_a_draft_is_accepted_by_a_named_person(case: Case) -> None:
    """Acceptance is an act in the log, under the name of who accepts."""
    earwitness.open(case.path, who="Cy").accept_transcript("said.srt")
    assert case.transcripts()[0][1].review is Review.ACCEPTED
    assert (case.custody[-1].act, case.custody[-1].who) == ("accept", "Cy")
    assert case.verify().is_whole
    with pytest.raises(UnknownExhibit):
        case.accept_transcript("tape.wav")


def test_a_damaged_transcript_is_no_exhibit(case: Case, tmp_path: Path) -> None:
    """Nothing of a file that cannot be read is kept."""
    (tmp_path / "bad.srt").write_text(SAID.replace("00:00:00,900", "00:00:00,000"))
    with pytest.raises(BadTranscript, match="line 2"):
        case.add_transcript(tmp_path / "bad.srt", of="tape.wav")
    assert len(case.exhibits) == 3
    (refused,) = case.add([tmp_path / "bad.srt"], Role.TRANSCRIPT)
    assert isinstance(refused, earwitness.workbench.Refused)


@pytest.mark.in_folder
def test_search_follows_the_exhibits(case: Case, tmp_path: Path) -> None:
    """The index is made anew when a transcript comes or goes, and only then."""
    assert [hit.text for hit in case.search("ارصفه").hits] == ["السلام على الأرصفة"]
    (index,) = (case.path / "cache" / "said").glob("*.index")
    before = index.stat().st_mtime_ns
    assert len(case.search("quays").hits) == 1
    assert index.stat().st_mtime_ns == before
    case.withdraw("english.srt")
    assert case.search("quays").hits == ()
    assert len(list((case.path / "cache" / "said").glob("*"))) == 1


def test_commands(case: Case, tmp_path: Path) -> None:
    """The command line shows both side by side, finds, exports and converts."""
    run = CliRunner().invoke
    folder = str(case.path)
    shown = run(command, ["transcript", "show", folder, "tape.wav"])
    assert shown.exit_code == 0 and "Peace" in shown.output and "السلام" in shown.output
    found = json.loads(run(command, ["transcript", "search", "--json", folder, "quay*"]).output)
    assert found["hits"][0]["start_s"] == 0.1
    out = tmp_path / "out.eaf"
    run(command, ["transcript", "export", folder, "said.srt", str(out), "--format", "eaf"])
    assert "السلام على الأرصفة" in out.read_text()
    back = tmp_path / "back.srt"
    run(command, ["transcript", "convert", str(out), str(back), "--format", "srt"])
    assert back.read_text() == SAID
    again = run(command, ["transcript", "add", folder, str(back), "--of", "tape.wav", "--accepted"])
    assert again.exit_code == 0
