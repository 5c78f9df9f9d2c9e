"""Whether the words that documents put in quotation marks are said in the recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.outcome import Asked, Finding, Measure, NotExamined, Place
from earwitness.signal.recording import Recording
from earwitness.transcripts.alignment import Fit, Spoken, best_fit, quoted_words, spoken
from earwitness.transcripts.documents import MAX_BYTES, Quotation, quotations
from earwitness.transcripts.exhibits import transcript_of, transcripts_of
from earwitness.transcripts.model import Kind, Transcript

MAX_SHOWN = 300


class Verdict(StrEnum):
    """How a quotation stands to what is said."""

    FULL = "as said"
    SHORTENED = "shortened"
    ALTERED = "altered"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True)
class _Source:
    """A transcript that quotations are looked for in."""

    exhibit: Exhibit
    transcript: Transcript
    words: Spoken


@dataclass(frozen=True, slots=True)
class _Checked:
    """A quotation, and the best place for it."""

    document: Exhibit
    quotation: Quotation
    verdict: Verdict
    fit: Fit | None
    source: _Source | None
    elsewhere: bool


@examination(
    question="Are the words that documents quote said in it, and as they are quoted?",
    answers=Asked.SAID,
    sources=(
        "Sellers 1980, J. Algorithms 1(4) (approximate matching of a pattern within a text)",
        "Larkey, Ballesteros and Connell 2002, SIGIR (normalisation of Arabic)",
    ),
    needs=Needs(roles=(Role.DOCUMENT, Role.TRANSCRIPT)),
    applies_to=(Role.QUESTIONED,),
)
def quotes_v1(
    recording: Recording,
    case: CaseView,
    *,
    min_words: int = 3,
    min_words_altered: int = 5,
    max_cost: float = 0.45,
) -> Finding | NotExamined:
    """Lay every quotation of the case's documents along the recording's transcripts and translations.

    1. Quotations are the texts in quotation marks, of at least three words (``min_words``), in what
       a reader of a document sees.
    2. Words are compared folded: without case, punctuation, marks of vowels, and with the variants
       of Arabic letters as one. Each quotation is fitted where it costs least: 1 for a word too
       many, too few or put for another, 0.5 for another spelling; at a mark of omission any number
       of said words may be passed over.
    3. *As said*: every word is said, in that order. *Shortened*: so too, but for words that a mark
       of omission stands for. *Altered*: words differ or are left out without a mark, at a cost of
       at most 45 % of the words (``max_cost``); which words is told. *Not found*: it fits nowhere
       so well. A quotation of fewer than five words (``min_words_altered``) is never called
       altered, since a few common words fit somewhere by chance.
    4. What is not found in this recording is looked for in the case's other transcripts.
    5. Times are those of the transcript's words; where it has none, a segment's time is shared out
       among its words by their letters.
    """
    listed = case.exhibits(Role.TRANSCRIPT)
    mine = [_source(*each) for each in transcripts_of(listed, recording.exhibit.sha256)]
    if not mine:
        return NotExamined(
            reason="the case holds no transcript of this recording",
            got=f"{len(listed)} of other recordings or of none",
            needed="one; add it with: earwitness transcript add CASE FILE --of RECORDING",
        )
    others = [
        _source(each, transcript_of(each))
        for each in listed
        if each.declared.of != recording.exhibit.sha256
    ]
    checked: list[_Checked] = []
    documents = case.exhibits(Role.DOCUMENT)
    limits = (min_words_altered, max_cost)
    for number, document in enumerate(documents):
        case.progress(number / len(documents), "laying quotations along the transcript")
        with document.path.open("rb") as file:
            found = quotations(file.read(MAX_BYTES), min_words=min_words)  # 1
        checked += [_check(document, each, mine, others, limits) for each in found]
    return _finding(checked, documents, mine)


def _source(exhibit: Exhibit, transcript: Transcript) -> _Source:
    return _Source(exhibit, transcript, spoken(transcript))  # 5


def _check(
    document: Exhibit,
    quotation: Quotation,
    mine: Sequence[_Source],
    others: Sequence[_Source],
    limits: tuple[int, float],
) -> _Checked:
    """The best verdict over this recording's transcripts, else over the others."""
    words = quoted_words(quotation.text)  # 2
    for sources, elsewhere in ((mine, False), (others, True)):  # 4
        fits = [(fit, source) for source in sources if (fit := best_fit(words, source.words))]
        if not fits:
            continue
        fit, source = min(fits, key=lambda each: each[0].cost)  # of equals the original comes first
        verdict = verdict_of(fit, *limits)  # 3
        if verdict is not Verdict.NOT_FOUND:
            return _Checked(document, quotation, verdict, fit, source, elsewhere)
    return _Checked(document, quotation, Verdict.NOT_FOUND, None, None, False)


def verdict_of(fit: Fit, min_words_altered: int, max_cost: float) -> Verdict:
    """What a fit means for the quotation."""
    if not fit.differences:
        return Verdict.SHORTENED if fit.passed_over else Verdict.FULL
    is_near = fit.cost <= max_cost * fit.quoted
    if is_near and fit.quoted >= min_words_altered and fit.same >= 3:
        return Verdict.ALTERED
    return Verdict.NOT_FOUND


def _finding(
    checked: Sequence[_Checked], documents: Sequence[Exhibit], mine: Sequence[_Source]
) -> Finding:
    here = [each for each in checked if not each.elsewhere]
    counts = {verdict: sum(each.verdict is verdict for each in here) for verdict in Verdict}
    elsewhere = len(checked) - len(here)
    drafts = [each.exhibit.name for each in mine if each.transcript.review != "accepted"]
    return Finding(
        summary=_summary(checked, counts, elsewhere, len(documents)),
        measures=(
            Measure("quotations checked", len(checked)),
            Measure("as said", counts[Verdict.FULL]),
            Measure("shortened", counts[Verdict.SHORTENED]),
            Measure("altered", counts[Verdict.ALTERED]),
            Measure("said in another recording", elsewhere),
            Measure("not found in any transcript", counts[Verdict.NOT_FOUND]),
        ),
        places=tuple(
            Place(each.fit.start_s, each.fit.end_s, _label(each))
            for each in here[:MAX_SHOWN]
            if each.fit is not None
        ),
        limits=(
            "A quotation that is not found may be of another person or another occasion: a document "
            "does not always say whose words it quotes.",
            "It is the transcript that quotations are compared with. What it has wrong, or leaves out, "
            "this examination has wrong too: listen to the seconds that are named.",
            "Reported speech without quotation marks is not looked at.",
            *(
                [f"Transcripts that nobody has accepted yet: {', '.join(drafts)}."]
                if drafts
                else []
            ),
        ),
        details={
            "quotations": [_as_json(each) for each in checked[:MAX_SHOWN]],
            "left_out": max(0, len(checked) - MAX_SHOWN),
            "transcripts": [each.exhibit.sha256 for each in mine],
        },
    )


def _summary(
    checked: Sequence[_Checked], counts: dict[Verdict, int], elsewhere: int, documents: int
) -> str:
    if not checked:
        return f"No quotation of three words or more was found in {documents} document(s)."
    parts = [f"{counts[Verdict.FULL]} as said", f"{counts[Verdict.SHORTENED]} shortened"]
    parts.append(f"{counts[Verdict.ALTERED]} altered")
    parts.append(f"{counts[Verdict.NOT_FOUND]} not found")
    if elsewhere:
        parts.append(f"{elsewhere} said in another recording of the case")
    text = f"Of {len(checked)} quotations in {documents} document(s): {', '.join(parts)}."
    altered = next((each for each in checked if each.verdict is Verdict.ALTERED), None)
    if altered is not None and altered.fit is not None:
        text += (
            f" {altered.document.name} quotes “{_cut(altered.quotation.text)}”; the transcript has "
        )
        text += f"“{_cut(altered.fit.said)}”."
    return text


def _label(each: _Checked) -> str:
    how = "" if each.verdict is Verdict.FULL else f" ({each.verdict})"
    return f"quoted by {each.document.name}{how}: “{_cut(each.quotation.text)}”"


def _cut(text: str, most: int = 120) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _as_json(each: _Checked) -> dict[str, Any]:
    data: dict[str, Any] = {
        "document": each.document.sha256,
        "document_name": each.document.name,
        "paragraph": each.quotation.paragraph,
        "before": each.quotation.before,
        "quoted": _cut(each.quotation.text, 1_000),
        "verdict": str(each.verdict),
    }
    if each.fit is not None and each.source is not None:
        data |= {
            "said": _cut(each.fit.said, 1_000),
            "start_s": each.fit.start_s,
            "end_s": each.fit.end_s,
            "words": each.fit.quoted,
            "cost": each.fit.cost,
            "differences": [{"quoted": d.quoted, "said": d.said} for d in each.fit.differences],
            "words_passed_over": each.fit.passed_over,
            "transcript": each.source.exhibit.sha256,
            "recording": each.source.exhibit.declared.of,
            "in_another_recording": each.elsewhere,
            "in_a_translation": each.source.transcript.kind is Kind.TRANSLATION,
        }
    return data
