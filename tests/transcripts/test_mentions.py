"""What a transcript mentions, tied to what documents know."""

from __future__ import annotations

from datetime import date

import pytest

from earwitness.transcripts.mentions import MAX_MENTIONS, Known, KnownKind, days_back, find_mentions
from earwitness.transcripts.model import Segment, Transcript

SINKING = Known(
    "the sinking of the ferry Sennar, which struck buoys in the Ambar channel on Sunday",
    KnownKind.EVENT,
    date(2033, 4, 10),
    date(2033, 4, 10),
    "s1",
)
NAME = Known("Zarmuth Qelwadi", KnownKind.NAME, statement="s2")
PLACE = Known("Vey Ambar", KnownKind.PLACE, statement="s3")
KNOWN = [SINKING, NAME, PLACE]


def said(*texts: str) -> Transcript:
    """A transcript with a segment every ten seconds."""
    return Transcript(tuple(Segment(10.0 * n, 10.0 * n + 9, text) for n, text in enumerate(texts)))


def test_an_event_by_its_words() -> None:
    """It is tied with its days, the shared words as the reason, and the speaker's "two days ago"."""
    text = "Two days ago the ferry Sennar struck the new buoys in the Ambar channel."
    (found,) = [one for one in find_mentions(said("Peace.", text), KNOWN) if one.kind == "event"]
    assert (found.start_s, found.known, found.earliest) == (10.0, SINKING, date(2033, 4, 10))
    assert found.days_back == 2
    assert "sennar" in found.why


def test_an_event_over_two_segments() -> None:
    """What is told in two segments that follow each other is one mention, from the first."""
    text = ("The ferry Sennar sank, it struck", "buoys in Ambar.", "Say their names.")
    (found,) = [one for one in find_mentions(said(*text), KNOWN) if one.kind == "event"]
    assert (found.start_s, found.end_s) == (0.0, 19.0)


@pytest.mark.parametrize(
    "text",
    ["The ferry goes on Sunday.", "Keep off the Ambar channel.", "Nothing of the kind.", ""],
)
def test_a_few_common_words_are_no_mention(text: str) -> None:
    """One or two of an event's words do not tie it."""
    assert not [one for one in find_mentions(said(text or "So."), KNOWN) if one.kind == "event"]


@pytest.mark.parametrize("written", ["Zarmuth Qelwadi", "Zermut Kelwady", "زرموث القلوادي"])
def test_a_name_in_any_spelling(written: str) -> None:
    """A name is tied where it sounds alike, with the reason."""
    found = find_mentions(said(f"This is {written} who speaks"), KNOWN)
    assert [one.known for one in found] == [NAME]
    assert found[0].words == written
    assert found[0].why


@pytest.mark.parametrize("written", ["Zarmuth Bendane", "qelwadi", "Zamir Ismet"])
def test_another_name_is_not_tied(written: str) -> None:
    """One shared part is a family, not a person; a word without a capital is no name."""
    assert find_mentions(said(f"This is {written} who speaks"), KNOWN) == []


def test_dates_with_their_year_only() -> None:
    """ "Last week" counts from a day that nobody knows yet."""
    found = find_mentions(said("Last week we said it, as on 3 May 2031."), [])
    assert [(one.kind, one.words, one.earliest) for one in found] == [
        ("date", "3 May 2031", date(2031, 5, 3))
    ]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("It happened yesterday.", 1),
        ("At noon today it closed.", 0),
        ("Three days ago they came.", 3),
        ("12 days ago", 12),
        ("Long ago", None),
    ],
)
def test_days_back(text: str, days: int | None) -> None:
    """How many days the speaker himself counts."""
    assert days_back(text) == days


def test_a_long_transcript_is_bounded() -> None:
    """Thousands of mentions are cut, not gathered without end."""
    many = said(*["Vey Ambar, on 3 May 2031 and 4 May 2031."] * 3_000)
    assert len(find_mentions(many, KNOWN)) == MAX_MENTIONS
