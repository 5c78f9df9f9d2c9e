"""What the benches of codecs measured on the test half, as the findings state it."""

from __future__ import annotations

from earwitness.examinations._codec_grids import Rate

COVERED = ("lossless", "MP3", "AAC", "Opus", "AMR", "Vorbis")
MISSED = "TODO"


def grid_rate(coding: str) -> Rate | None:
    return None


def raised_rate() -> Rate | None:
    return None


def lowered_rate() -> Rate | None:
    return None


def jump_rate(coding: str) -> Rate | None:
    return None
