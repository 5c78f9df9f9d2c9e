"""Transcripts that are exhibits: read from their bytes, with what the case declares of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from earwitness.evidence.exhibit import Exhibit
from earwitness.transcripts.model import Kind, Review, Transcript
from earwitness.transcripts.reading import read_transcript
from earwitness.transcripts.text import MAX_BYTES


def transcript_of(exhibit: Exhibit) -> Transcript:
    """Read an exhibit of the role transcript; what the case declares stands over what the file says.

    Raises
    ------
    BadTranscript
    """
    with exhibit.path.open("rb") as file:
        transcript = read_transcript(file.read(MAX_BYTES + 1))
    declared = exhibit.declared
    return replace(
        transcript,
        language=declared.language or transcript.language,
        kind=Kind(declared.kind or Kind.ORIGINAL),
        by=declared.by,
        review=Review(declared.review or Review.DRAFT),
    )


def transcripts_of(exhibits: Iterable[Exhibit], sha256: str) -> list[tuple[Exhibit, Transcript]]:
    """Those of the exhibits that are declared to say the words of a recording, originals first."""
    found = [
        (exhibit, transcript_of(exhibit)) for exhibit in exhibits if exhibit.declared.of == sha256
    ]
    return sorted(found, key=lambda each: each[1].kind is Kind.TRANSLATION)
