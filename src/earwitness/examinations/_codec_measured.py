"""What ``bench/whole_codecs.py`` measured on the test half, as the findings state it."""

from __future__ import annotations

from earwitness.examinations._codec_grids import Rate

COVERED = ("lossless", "MP3", "AAC", "Opus", "AMR", "Vorbis")
MISSED = "TODO"


def grid_rate(coding: str) -> Rate | None:
    return None


def doubled_rate() -> Rate | None:
    return None


def jump_rate(coding: str) -> Rate | None:
    return None
