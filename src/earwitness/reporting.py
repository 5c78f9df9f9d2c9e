"""A case's report as it may leave the case: without what is redacted, weighed, and with its sign-offs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from earwitness import saying
from earwitness.errors import BadRedaction, UnknownExhibit
from earwitness.evidence.custody import Entry
from earwitness.evidence.exhibit import Exhibit
from earwitness.report import ReportData
from earwitness.report.interpretation import interpreted
from earwitness.report.passages_out import Passage
from earwitness.report.redaction import redact, without
from earwitness.report.signing import signed
from earwitness.store.casefile import CaseFile, Redacted
from earwitness.store.database import Examined
from earwitness.transcripts import Segment
from earwitness.transcripts.folding import folded_words


def finished(
    data: ReportData,
    *,
    case_file: CaseFile,
    exhibits: Sequence[Exhibit],
    outcomes: Sequence[Examined],
    entries: Sequence[Entry],
) -> ReportData:
    """A report without what is redacted, weighed, and with what reviewers signed.

    Raises
    ------
    BadRedaction
        If case.toml redacts a passage of something that is no exhibit: it would be left out of nothing.
    """
    passages = passages_of(case_file, exhibits, outcomes)
    redacted = interpreted(redact(data, case_file.redact, passages))
    with_reviews = signed(redacted, entries)
    reviews = [part.model_dump() for part in with_reviews.reviews]
    clean = without(reviews, case_file.redact, passages)
    return ReportData.model_validate({**with_reviews.model_dump(), "reviews": clean})


def passages_of(
    case_file: CaseFile, exhibits: Sequence[Exhibit], outcomes: Sequence[Examined]
) -> dict[int, Passage]:
    """What is said in each redacted passage, by its place in case.toml's list."""
    there = {exhibit.sha256 for exhibit in exhibits}
    found = {}
    for place, one in enumerate(case_file.redact):
        if not one.exhibit:
            continue
        if one.exhibit not in there:
            raise BadRedaction(
                f"redaction {place + 1} is of an exhibit that plays no role",
                got=one.exhibit[:12],
                do="lift it with: earwitness redact CASE --lift NUMBER",
            )
        segments = _said(one.exhibit, exhibits, outcomes)
        inside = [text for each in segments if (text := _within(each, one))]
        outside = [_without(each, one) for each in segments]
        elsewhere = frozenset(word for text in outside for word in folded_words(text))
        found[place] = Passage(one.start_s, one.end_s, inside, elsewhere)
    return found


def _said(sha256: str, exhibits: Sequence[Exhibit], outcomes: Sequence[Examined]) -> list[Segment]:
    segments = [
        segment
        for _, transcript in saying.transcripts(exhibits, of=sha256)
        for segment in transcript.segments
    ]
    with suppress(UnknownExhibit):  # nobody listened by machine, so nothing was written down
        segments += saying.heard_words(outcomes, sha256).segments
    return segments


def _within(segment: Segment, one: Redacted) -> str:
    """What of a segment is said in a passage; all of it, where its words have no times."""
    if segment.end_s < one.start_s or segment.start_s > one.end_s:
        return ""
    if not segment.words:
        return segment.text
    words = [w.text for w in segment.words if w.end_s >= one.start_s and w.start_s <= one.end_s]
    return " ".join(words)


def _without(segment: Segment, one: Redacted) -> str:
    if segment.end_s < one.start_s or segment.start_s > one.end_s:
        return segment.text
    words = [w.text for w in segment.words if w.end_s < one.start_s or w.start_s > one.end_s]
    return " ".join(words)
