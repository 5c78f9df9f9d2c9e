"""What reviewers signed and authorities stamped, read from the custody log into the report."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum

from earwitness.errors import CaseDamaged
from earwitness.evidence.custody import Entry
from earwitness.report.data import ReportData, ReviewPart, StampPart

THIS = "this report"
OTHER = "another version of this report"
EARLIER = "an earlier state of the case"


class Verdict(StrEnum):
    """What a reviewer says of a report."""

    AGREES = "agrees"
    WITH_REMARKS = "agrees with remarks"
    DISAGREES = "disagrees"


def content_hash(data: ReportData) -> str:
    """SHA-256 of a report as JSON without its reviews and stamps: what a reviewer signs."""
    bare = data.model_copy(update={"reviews": [], "stamps": []})
    return hashlib.sha256(bare.model_dump_json().encode("utf-8", "replace")).hexdigest()


def signed(data: ReportData, entries: Sequence[Entry]) -> ReportData:
    """A report with the reviews and time stamps of its case, each with what it is of.

    Raises
    ------
    CaseDamaged
        If an entry of the log is not what earwitness writes.
    """
    digest = content_hash(data)
    reviews, stamps = [], []
    for entry in entries:
        try:
            if entry.act == "review":
                reviews.append(_review(entry, data, digest))
            elif entry.act == "stamp":
                stamps.append(_stamp(entry))
        except (KeyError, TypeError, ValueError) as error:  # it came from elsewhere, made by hand
            raise CaseDamaged(
                f"custody entry {entry.number} does not say what a {entry.act} says",
                got=f"{type(error).__name__}",
            ) from error
    return data.model_copy(update={"reviews": reviews, "stamps": stamps})


def _review(entry: Entry, data: ReportData, digest: str) -> ReviewPart:
    details = entry.details
    if details["evidence_head"] != data.custody_head:
        of = EARLIER
    else:
        of = THIS if details["report"] == digest else OTHER
    return ReviewPart.model_validate(
        {
            "at": entry.at,
            "who": entry.who,
            "verdict": details["verdict"],
            "note": details["note"],
            "evidence_head": details["evidence_head"],
            "report_sha256": details["report"],
            "of": of,
        }
    )


def _stamp(entry: Entry) -> StampPart:
    details = entry.details
    return StampPart(
        stamped_at=details["stamped_at"],
        authority=details["authority"],
        head=details["head"],
        number=details["number"],
        token_sha256=details["token_sha256"],
    )
