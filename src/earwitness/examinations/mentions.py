"""Which names, places, events and dates the recording mentions, tied to the case's documents as drafts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._known import known_from
from earwitness.examinations._statements import accepted, drafted
from earwitness.outcome import Asked, Finding, Measure, NotExamined, Place
from earwitness.signal.recording import Recording
from earwitness.transcripts.exhibits import transcripts_of
from earwitness.transcripts.mentions import Mentioned, find_mentions
from earwitness.transcripts.model import Transcript

MAX_SHOWN = 500
_KINDS = ("name", "place", "event", "date")


@examination(
    question="Which names, places, events and dates does it mention that the documents know?",
    answers=Asked.SAID,
    sources=(
        "Larkey, Ballesteros and Connell 2002, SIGIR (normalisation of Arabic)",
        "Philips 1990, Computer Language 7(12) (names by the skeleton of their consonants)",
    ),
    needs=Needs(roles=(Role.TRANSCRIPT,), may_use=(Role.DOCUMENT,)),
)
def mentions_v1(
    recording: Recording, case: CaseView, *, min_share: float = 0.6
) -> Finding | NotExamined:
    """Look in the recording's transcripts for what the statements of the case's documents name.

    1. What is known comes from the statements of the documents: those that a person accepted, where a
       document is an export of a dossier, and drafts from the text of the others.
    2. A name or a place is mentioned where words in a row sound like it, in any of the scripts that
       are romanised by table; a name of one word must be spelt alike.
    3. An event is mentioned where at least 60 % of its words (``min_share``), and two of them, are
       said within two segments that follow each other; words count by their first five letters.
       "Yesterday" and "three days ago" in the same segment are kept with it.
    4. A date is mentioned where its year is said. Other dates count from a day that is not known.
    5. Every tie is a draft with its reason; no person has accepted it.
    """
    listed = case.exhibits(Role.TRANSCRIPT)
    mine = transcripts_of(listed, recording.exhibit.sha256)
    if not mine:
        return NotExamined(
            reason="the case holds no transcript of this recording",
            got=f"{len(listed)} of other recordings or of none",
            needed="one; add it with: earwitness transcript add CASE FILE --of RECORDING",
        )
    documents, unread = case.exhibits(Role.DOCUMENT), list[str]()
    rows = [*accepted(documents), *drafted(documents, unread)]  # 1
    known = known_from(rows)
    found = [
        (exhibit, transcript, find_mentions(transcript, known, min_share=min_share))  # 2, 3, 4, 5
        for exhibit, transcript in mine
    ]
    return _finding(found, len(known), unread)


def _finding(
    found: Sequence[tuple[Exhibit, Transcript, list[Mentioned]]], known: int, unread: Sequence[str]
) -> Finding:
    every = [(exhibit, one) for exhibit, _, mentions in found for one in mentions]
    counts = {kind: sum(one.kind == kind for _, one in every) for kind in _KINDS}
    drafts = [exhibit.name for exhibit, said, _ in found if said.review != "accepted"]
    return Finding(
        summary=_summary([one for _, one in every], counts),
        measures=(
            *(Measure(f"{kind}s mentioned", counts[kind]) for kind in _KINDS),
            Measure("names, places and events looked for", known),
        ),
        places=tuple(
            Place(one.start_s, max(one.start_s, one.end_s), _label(one))
            for _, one in every[:MAX_SHOWN]
        ),
        limits=(
            "A tie is a draft: it rests on spelling or on shared words, and no person has accepted it. "
            "Two persons can have one name, and two events the same words.",
            "That something is mentioned shows that the speaker knew of it or foresaw it, not that it "
            "had happened: see how he speaks of it.",
            "What the transcript has wrong, or leaves out, this examination has wrong too.",
            *(
                [f"Transcripts that nobody has accepted yet: {', '.join(drafts)}."]
                if drafts
                else []
            ),
            *(f"Not read: {each}" for each in unread),
        ),
        details={
            "mentions": [_as_json(exhibit, one) for exhibit, one in every[:MAX_SHOWN]],
            "left_out": max(0, len(every) - MAX_SHOWN),
        },
    )


def _summary(mentions: Sequence[Mentioned], counts: dict[str, int]) -> str:
    if not mentions:
        return "Nothing that the documents name is mentioned in its transcript, and no date."
    events = [one for one in mentions if one.kind == "event" and one.known]
    parts = [f"{counts[kind]} {kind}{'s' if counts[kind] != 1 else ''}" for kind in _KINDS]
    text = f"It mentions, by its transcript and as drafts: {', '.join(parts)}."
    if events:
        first = events[0]
        when = f", dated {first.earliest} to {first.latest}" if first.earliest else ""
        text += (
            f" At {first.start_s:.0f} s: “{_cut(first.known.text if first.known else '')}”{when}."
        )
    return text


def _label(one: Mentioned) -> str:
    to = f", tied to “{_cut(one.known.text)}”" if one.known else ""
    return f"{one.kind}: “{_cut(one.words)}”{to} ({one.why})"


def _cut(text: str, most: int = 100) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _as_json(exhibit: Exhibit, one: Mentioned) -> dict[str, Any]:
    return {
        "start_s": one.start_s,
        "end_s": one.end_s,
        "kind": one.kind,
        "words": _cut(one.words, 1_000),
        "tied_to": one.known.text if one.known else None,
        "statement": one.known.statement if one.known else None,
        "why": one.why,
        "earliest": one.earliest.isoformat() if one.earliest else None,
        "latest": one.latest.isoformat() if one.latest else None,
        "days_back": one.days_back,
        "transcript": exhibit.sha256,
        "state": "draft",
    }
