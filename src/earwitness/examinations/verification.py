"""Who has confirmed the recording, who has not, and who could not."""

from __future__ import annotations

from collections.abc import Sequence

from earwitness.dossier.statement import Manner, Property, Statement, Verdict
from earwitness.evidence.exhibit import Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._statements import Row, accepted, drafted
from earwitness.outcome import Asked, Finding, Measure, NotExamined
from earwitness.signal.recording import Recording

MAX_ROWS = 500


@examination(
    question="Who says that it is genuine, who does not, and who could not tell?",
    answers=Asked.SAYS_WHO,
    sources=(
        "Pareti 2016, PARC 3.0: A Corpus of Attribution Relations (source, cue, content)",
        "Newell et al. 2018, An Attribution Relations Corpus for Political News (how it was measured)",
    ),
    needs=Needs(roles=(Role.DOCUMENT,)),
)
def verification_v1(recording: Recording, case: CaseView) -> Finding | NotExamined:
    """List what the case's documents say about the recording's authenticity, each with its source.

    1. A document that is an export of a dossier gives the statements that a person accepted. If
       the case holds one, nothing else is read.
    2. Otherwise every document is read, and statements are drafted from it by rules, offline.
    3. Of these, the statements about verification are kept: confirmed, not confirmed, could not
       verify, denied. That somebody could not verify is their statement about their own checking;
       it is not a denial, and silence is not listed.
    4. Each is counted once for each source that makes it. What was hedged or only inferred is
       marked so and is not counted as confirmed.
    """
    documents = case.exhibits(Role.DOCUMENT)
    rows = list(accepted(documents))  # 1
    are_drafts = not rows
    unread: list[str] = []
    if are_drafts:
        rows = list(drafted(documents, unread))  # 2
    if not rows and len(unread) == len(documents):
        return NotExamined(
            reason="none of the documents can be read",
            got="; ".join(unread)[:500],
            needed="text, HTML or PDF; the last two need: pip install 'earwitness[documents]'",
        )
    kept = [row for row in rows if row[0].property is Property.VERIFICATION][:MAX_ROWS]  # 3
    return _finding(kept, are_drafts, len(documents), unread)


def _finding(
    rows: Sequence[Row], are_drafts: bool, documents: int, unread: Sequence[str]
) -> Finding:
    sources: dict[str, set[str]] = {str(verdict): set() for verdict in Verdict}
    for statement, _, _ in rows:
        if _counts(statement):  # 4
            sources[statement.value.text].add(statement.claimant or "nobody named")
    further = [f"Not read: {each}" for each in unread]
    if are_drafts:
        further.append("These are drafts made by rules; no person has accepted them yet.")
    return Finding(
        summary=_summary(sources, are_drafts),
        measures=(
            *(
                Measure(name.replace(" ", "_"), len(who), "sources")
                for name, who in sources.items()
            ),
            Measure("documents", documents - len(unread), "read"),
        ),
        limits=(
            "It shows what the documents say, not whether it is so.",
            "A source that is not in the documents is not in the table.",
            *further,
        ),
        details={"statements": [_row(*row) for row in rows], "are_drafts": are_drafts},
    )


def _counts(statement: Statement) -> bool:
    if statement.value.text not in set(Verdict):
        return False
    sure = statement.manner is Manner.ASSERTED
    return sure or statement.value.text in (Verdict.NOT_CONFIRMED, Verdict.COULD_NOT_VERIFY)


def _summary(sources: dict[str, set[str]], are_drafts: bool) -> str:
    said = [
        f"{', '.join(sorted(who)[:5])}{' and others' if len(who) > 5 else ''}: {name}"
        for name, who in sources.items()
        if who
    ]
    if not said:
        return "The documents do not say that anybody has verified the recording, or tried to."
    drafted = " (drafts)" if are_drafts else ""
    return f"What the documents say{drafted}: {'; '.join(said)}."


def _row(statement: Statement, document: str, state: str) -> dict[str, str | int]:
    return {
        "who": " > ".join(statement.said_by),
        "verdict": statement.value.text,
        "about": statement.subject,
        "manner": str(statement.manner),
        "wording": statement.wording[:500],
        "document": document,
        "from": statement.start,
        "to": statement.end,
        "state": state,
        "statement": statement.id,
    }
