"""Transcripts: read and written in the formats that desks use, folded for comparison, searched."""

from __future__ import annotations

from earwitness.transcripts.model import Kind, Review, Segment, Transcript, Word
from earwitness.transcripts.reading import FORMS, read_transcript, write_transcript

__all__ = [
    "FORMS",
    "Kind",
    "Review",
    "Segment",
    "Transcript",
    "Word",
    "read_transcript",
    "write_transcript",
]
