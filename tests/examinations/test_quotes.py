"""Quotations are found where they are said, and what was altered in them is named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from earwitness.evidence.exhibit import Declared, Exhibit, Role
from earwitness.examinations._contract import carry_out
from earwitness.examinations.quotes import quotes_v1
from earwitness.outcome import Finding, NotExamined, Outcome
from earwitness.signal.recording import Recording

DEMO = Path(__file__).parents[2] / "demo"
TAPE = "a" * 64


@dataclass
class View:
    """A case of which the exhibits are known."""

    listed: Sequence[Exhibit] = field(default_factory=tuple)

    def exhibits(self, role: Role) -> list[Exhibit]:
        """Those of a role."""
        return [each for each in self.listed if each.role is role]

    def progress(self, fraction: float, doing: str = "") -> None:
        """Nobody watches."""


def exhibit(path: Path, role: Role, **declared: str) -> Exhibit:
    """A file as an exhibit."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return Exhibit(digest, path.name, len(data), role, "", path, Declared(**declared))


def examine(listed: Sequence[Exhibit], sha256: str = TAPE) -> Outcome:
    """Carry the examination out as a worker does."""
    tape = Exhibit(sha256, "tape.wav", 1, Role.QUESTIONED, "", Path("/nowhere"))
    recording = Recording(tape, Path("/nowhere"))
    return carry_out(quotes_v1, recording, View(listed), quotes_v1.parameters({}))  # type: ignore[arg-type]


@pytest.fixture
def story(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Checks one document against a transcript and its translation; gives the quotations' results."""
    said = tmp_path / "said.srt"
    said.write_text(
        "1\n00:00:10,000 --> 00:00:14,000\nنحن لا نطلب جُزُرَ غيرِنا ولا سفنهم\n\n"
        "2\n00:00:20,000 --> 00:00:24,000\nسنعبر المضيق هذه الليلة بكل قواربنا\n"
    )
    english = tmp_path / "english.srt"
    english.write_text(
        "1\n00:00:10,000 --> 00:00:14,000\nWe do not ask for the islands of others, nor for their ships\n\n"
        "2\n00:00:20,000 --> 00:00:24,000\nWe will cross the strait tonight with all our boats\n"
    )

    def check(text: str) -> list[dict[str, object]]:
        document = tmp_path / "story.html"
        document.write_text(text)
        outcome = examine(
            [
                exhibit(said, Role.TRANSCRIPT, of=TAPE, language="ar", kind="original"),
                exhibit(english, Role.TRANSCRIPT, of=TAPE, language="en", kind="translation"),
                exhibit(document, Role.DOCUMENT),
            ]
        )
        assert isinstance(outcome, Finding), outcome
        found: list[dict[str, object]] = outcome.details["quotations"]
        return found

    return check


@pytest.mark.parametrize(
    ("quoted", "verdict", "start_s", "translated"),
    [
        ("“نحن لا نطلب جزر غيرنا”", "as said", 10.0, False),  # without marks of vowels
        ("«we will cross the strait tonight»", "as said", 20.0, True),
        ('"We will cross the strait … with all our boats"', "shortened", 20.0, True),
        ("„We do not ask for [...] their ships“", "shortened", 10.0, True),
        ("“We will burn the strait tonight with all our boats”", "altered", 20.0, True),
        ("“We will cross the strait with all our boats”", "altered", 20.0, True),  # no mark
        ("“The minister has resigned and nobody is sorry”", "not found", None, None),
        ("“their boats we”", "not found", None, None),  # too short to be called altered
        ("<q>We will cross the strait tonight</q>", "as said", 20.0, True),
    ],
)
def test_verdicts(
    story, quoted: str, verdict: str, start_s: float | None, translated: bool
) -> None:  # type: ignore[no-untyped-def]
    """Original or translation, any quotation marks: each kind of quotation is told."""
    (found,) = story(
        f"<html><script>“not at all seen here”</script><p>He said {quoted} and left.</p>"
    )
    assert found["verdict"] == verdict
    if start_s is not None:
        assert abs(float(found["start_s"]) - start_s) < 1.0
        assert found["in_a_translation"] is translated


def test_what_was_altered_is_named(story) -> None:  # type: ignore[no-untyped-def]
    """The words that differ stand side by side."""
    (found,) = story("<p>“We will burn the strait tonight with all our ships”</p>")
    assert found["differences"] == [
        {"quoted": "burn", "said": "cross"},
        {"quoted": "ships", "said": "boats"},
    ]


def test_apostrophes_are_no_quotation_marks(story) -> None:  # type: ignore[no-untyped-def]
    """A text full of apostrophes holds one quotation, in single marks."""
    (found,) = story(
        "<p>The pilots' guild isn't sure: ‘We don’t ask for the islands’, it's said.</p>"
    )
    assert found["quoted"] == "We don’t ask for the islands"


def test_the_altered_quotation_of_the_demo_is_caught() -> None:
    """Each quotation of the invented story ends as its truth says, within a second."""
    truth = json.loads((DEMO / "truth.json").read_text())["articles"]["quotations"]
    recordings = {
        "questioned.srt": TAPE,
        "release_2031.srt": "b" * 64,
        "release_2032.srt": "c" * 64,
    }
    listed = [
        exhibit(DEMO / "transcripts" / name, Role.TRANSCRIPT, of=of)
        for name, of in recordings.items()
    ]
    listed += [exhibit(path, Role.DOCUMENT) for path in sorted((DEMO / "articles").glob("*.html"))]
    outcome = examine(listed)
    assert isinstance(outcome, Finding)
    found = {
        (each["document_name"], each["quoted"].rstrip(".,")): each
        for each in outcome.details["quotations"]
    }
    for each in truth:
        got = found[each["article"], each["quoted"]]
        assert got["verdict"] == ("altered" if each["altered"] else "as said")
        assert got["recording"] == recordings[each["said_in"]]
    assert [each["quoted"] for each in found.values() if each["verdict"] == "altered"] == [
        "From tonight our boats will cross the strait armed."
    ]
    armed = found["2.html", "From tonight our boats will cross the strait armed"]
    assert armed["differences"] == [{"quoted": "armed", "said": ""}]
    assert abs(armed["start_s"] - 97.169) < 1.0


def test_without_a_transcript_of_it_nothing_is_examined(tmp_path: Path) -> None:
    """A transcript of another recording is no transcript of this one."""
    listed = [exhibit(DEMO / "transcripts" / "questioned.srt", Role.TRANSCRIPT, of="b" * 64)]
    listed.append(exhibit(DEMO / "articles" / "1.html", Role.DOCUMENT))
    assert isinstance(examine(listed), NotExamined)
    assert isinstance(examine(listed[:1]), NotExamined)
