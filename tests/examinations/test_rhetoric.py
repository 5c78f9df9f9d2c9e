"""What a message stresses is found where it was planted, and not where nothing was."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from earwitness.evidence.exhibit import Declared, Exhibit, Role
from earwitness.examinations._contract import carry_out
from earwitness.examinations._log_odds import counted, log_odds
from earwitness.examinations.rhetoric import rhetoric_v1
from earwitness.outcome import Failed, Finding, NotExamined, Outcome
from earwitness.signal.recording import Recording

SENTENCE = (
    "the water and the boat of the harbour with a net for the man who was there in the morning"
)
PLAIN = SENTENCE.split()


@dataclass
class View:
    """A case of which exhibits and claims are known."""

    listed: Sequence[Exhibit] = ()
    claims: Mapping[str, str] = field(default_factory=lambda: {"speaker": "Q"})

    def exhibits(self, role: Role) -> list[Exhibit]:
        """Those of a role."""
        return [each for each in self.listed if each.role is role]

    def progress(self, fraction: float, doing: str = "") -> None:
        """Nobody watches."""


def said(
    path: Path, seed: int, *, sentences: int = 60, stress: str = "", language: str = "en"
) -> Path:
    """A transcript of sentences drawn at random, every second of them with a word of its own."""
    chance = random.Random(seed)
    cues = []
    for number in range(sentences):
        words = chance.choices(PLAIN, k=10) + ([stress] if stress and number % 2 else [])
        cues.append(f"[{number // 60:02d}:{number % 60:02d}.0] {' '.join(words)} {language}")
    path.write_text("\n".join(cues))
    return path


def case(
    folder: Path, *, stress: str = "", sentences: int = 60, earlier: int = 2, speaker: str = "Q"
) -> Outcome:
    """Carry the examination out on a message and some earlier ones."""
    listed = [
        _transcript(said(folder / "mine.txt", 1, stress=stress, sentences=sentences), "0" * 64)
    ]
    for number in range(1, earlier + 1):
        of = str(number) * 64
        listed.append(Exhibit(of, f"{number}.mp3", 1, Role.ARCHIVE, speaker, Path("/nowhere")))
        listed.append(_transcript(said(folder / f"{number}.txt", 1 + number), of))
    return examine(listed)


def _transcript(path: Path, of: str) -> Exhibit:
    return Exhibit(of, path.name, 1, Role.TRANSCRIPT, "", path, Declared(of=of, language="en"))


def examine(listed: Sequence[Exhibit], **parameters: str) -> Outcome:
    """As a worker does."""
    tape = Exhibit("0" * 64, "tape.wav", 1, Role.QUESTIONED, "", Path("/nowhere"))
    merged = rhetoric_v1.parameters(parameters)
    return carry_out(rhetoric_v1, Recording(tape, Path("/nowhere")), View(listed), merged)  # type: ignore[arg-type]


def test_a_planted_word_is_found_with_examples(tmp_path: Path) -> None:
    """The word is named, its interval lies above zero, and it is shown where it is said."""
    outcome = case(tmp_path, stress="timetable")
    assert isinstance(outcome, Finding)
    assert outcome.details["apart"] == ["timetable"]
    term = outcome.details["terms"][0]
    assert term["low"] > 0 and (term["here"], term["earlier"]) == (30, 0)
    assert "timetable" in term["here_in"][0]["text"] and term["earlier_in"] == []
    assert outcome.places[0].start_s == 1.0
    assert "timetable" in outcome.figures[0].alternative


def test_messages_of_one_kind_show_no_difference(tmp_path: Path) -> None:
    """ "No difference" is a finding, in words that cannot be mistaken."""
    outcome = case(tmp_path)
    assert isinstance(outcome, Finding)
    assert outcome.details["apart"] == []
    assert "none" in outcome.summary


def test_shuffled_segments_rarely_show_a_difference() -> None:
    """Over forty random deals of bursty sentences, a term stands apart in at most five of them."""
    alarms = 0
    for seed in range(40):
        chance = random.Random(seed)
        units = [
            [word for word in chance.choices(PLAIN, k=5) for _ in range(2)] for _ in range(120)
        ]
        columns = [[word] for word in sorted(set(PLAIN))]
        lengths = np.array([len(unit) for unit in units])
        odds = log_odds(counted(units, columns), lengths, np.arange(120) < 40, seed=1)
        alarms += bool(((odds.low > 0) | (odds.high < 0)).any())
    assert alarms <= 5


def test_themes_join_words(tmp_path: Path) -> None:
    """A theme counts all its words, openings too."""
    listed = [_transcript(said(tmp_path / "mine.txt", 1, stress="lamplight"), "0" * 64)]
    for number in (1, 2):
        of = str(number) * 64
        listed.append(Exhibit(of, f"{number}.mp3", 1, Role.KNOWN, "Q", Path("/nowhere")))
        listed.append(_transcript(said(tmp_path / f"{number}.txt", 1 + number), of))
    outcome = examine(listed, themes="light: lamp*, beacon; sea: water, boat")
    assert isinstance(outcome, Finding)
    assert "theme light" in outcome.details["apart"]
    assert "theme sea" not in outcome.details["apart"]
    bad = examine(listed, themes="light lamp")
    assert isinstance(bad, Failed) and bad.error == "BadParameter"


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"earlier": 1}, "too few earlier messages"),
        ({"earlier": 2, "speaker": "another"}, "too few earlier messages"),
        ({"sentences": 5}, "too few words"),
    ],
)
def test_too_little_is_not_examined(tmp_path: Path, how: dict[str, int], reason: str) -> None:
    """One earlier message, another speaker's messages, or a few sentences are no ground."""
    outcome = case(tmp_path, **how)  # type: ignore[arg-type]
    assert isinstance(outcome, NotExamined)
    assert reason in outcome.reason


def test_without_a_transcript_nothing_is_examined() -> None:
    """The reason says how to add one."""
    outcome = examine([])
    assert isinstance(outcome, NotExamined)
