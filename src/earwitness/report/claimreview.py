"""The report for search engines and archives of fact checks: ClaimReview and MediaReview, as JSON-LD.

A rating and a category of authenticity are a person's verdict. Nothing here draws one from findings:
where the desk gives none, there is none.

Source
------
https://schema.org/ClaimReview and https://schema.org/MediaReview (*work in progress* there).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from earwitness.report.data import ExhibitPart, ReportData

CATEGORIES: Sequence[str] = (
    "DecontextualizedContent",
    "EditedOrCroppedContent",
    "OriginalMediaContent",
    "SatireOrParodyContent",
    "StagedContent",
    "TransformedContent",
)
_CLAIMS: Mapping[str, str] = {
    "speaker": "that {} speaks in it",
    "publisher": "that it was published by {}",
    "released": "that it was published {}",
    "place": "that it was made in {}",
    "language": "that it is in the language {}",
    "application": "that it comes from {}",
}


@dataclass(frozen=True, slots=True)
class Publisher:
    """What the desk says of its own review; each is left out where it is empty.

    Attributes
    ----------
    desk : str
        Who reviews.
    url : str
        Where the review is published.
    rating : str
        The verdict on the claims, in words.
    category : str
        One of ``CATEGORIES``: the verdict on the recording.
    """

    desk: str = ""
    url: str = ""
    rating: str = ""
    category: str = ""


def write_claim_review(data: ReportData, by: Publisher) -> bytes:
    """One ClaimReview of what is claimed, and one MediaReview of each questioned recording."""
    questioned = [exhibit for exhibit in data.exhibits if exhibit.role == "questioned"]
    graph = [_claim_review(data, questioned, by)]
    graph += [_media_review(data, exhibit, by) for exhibit in questioned]
    document = {"@context": "https://schema.org", "@graph": graph}
    # A page puts it into a <script> element, which nothing inside may close.
    text = json.dumps(document, ensure_ascii=False, indent=2).replace("<", "\\u003c")
    return (text + "\n").encode("utf-8", "replace")


def _claim_review(
    data: ReportData, questioned: Sequence[ExhibitPart], by: Publisher
) -> dict[str, Any]:
    claim: dict[str, Any] = {
        "@type": "Claim",
        "name": _claimed(data.claims),
        "appearance": [_audio(exhibit) for exhibit in questioned],
    }
    if data.claims.get("publisher"):
        claim["author"] = {"@type": "Organization", "name": data.claims["publisher"]}
    review = {
        "@type": "ClaimReview",
        "@id": f"urn:sha256:{data.custody_head}#claim",
        "claimReviewed": _claimed(data.claims),
        "itemReviewed": claim,
        "reviewBody": _body(data, ""),
        **_signed(data, by),
    }
    if by.rating:
        review["reviewRating"] = {"@type": "Rating", "alternateName": by.rating}
    return review


def _media_review(data: ReportData, exhibit: ExhibitPart, by: Publisher) -> dict[str, Any]:
    review = {
        "@type": "MediaReview",
        "@id": f"urn:sha256:{data.custody_head}#{exhibit.mark}",
        "itemReviewed": {"@type": "MediaReviewItem", "mediaItemAppearance": [_audio(exhibit)]},
        "associatedClaimReview": {"@id": f"urn:sha256:{data.custody_head}#claim"},
        "reviewBody": _body(data, exhibit.mark),
        **_signed(data, by),
    }
    if by.category:
        review["mediaAuthenticityCategory"] = {"@id": f"https://schema.org/{by.category}"}
    return review


def _signed(data: ReportData, by: Publisher) -> dict[str, Any]:
    signed: dict[str, Any] = {"name": data.title, "creditText": f"earwitness {data.earwitness}"}
    if by.desk:
        signed["author"] = {"@type": "Organization", "name": by.desk}
    if by.url:
        signed["url"] = by.url
    return signed


def _audio(exhibit: ExhibitPart) -> dict[str, Any]:
    return {
        "@type": "AudioObject",
        "@id": f"urn:sha256:{exhibit.sha256}",
        "name": exhibit.name,
        "contentSize": f"{exhibit.size} B",
        "sha256": exhibit.sha256,
    }


def _claimed(claims: Mapping[str, str]) -> str:
    said = [phrase.format(claims[name]) for name, phrase in _CLAIMS.items() if claims.get(name)]
    if not said:
        return "Nothing is claimed of the recording."
    return f"Of the recording it is claimed {', '.join(said)}."


def _body(data: ReportData, mark: str) -> str:
    """What was found, by question; of one recording if its mark is given."""
    said = [
        f"{question.wording} {sentence}"
        for question in data.questions
        for sentence in question.in_short
        if not mark or sentence.startswith(f"{mark}:") or not sentence.startswith("Q")
    ]
    return "\n".join(said)
