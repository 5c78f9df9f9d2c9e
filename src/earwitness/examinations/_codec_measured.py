"""What the benches of codecs measured on the test half, as the findings state it.

From ``bench/whole_codecs.py``, ``whole_double.py`` and ``whole_jumps.py``; their tables stand in
``bench/RESULTS.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from earwitness.examinations._codec_strength import Rate, Worth

COVERED: Final = ("lossless", "MP3", "AAC", "Opus", "AMR", "Vorbis")
_SPEECH: Final = (
    "up to 20 s of read English each, LibriSpeech and speechocean762, speakers not trained on"
)


def _files(alarms: int, of: int, codec: str, kilobits: str) -> Rate:
    encoder = {"MP3": "LAME", "AAC": "FFmpeg"}[codec]
    made = f"{of} {codec} files of one channel at 44.1 kHz, {kilobits} kbit/s, by {encoder}"
    return Rate(alarms, of, f"{made}, {_SPEECH}")


# LibriSpeech's readings were MP3 at 44.1 kHz before they were published; at that rate they do not count.
_GRIDS: Final = Rate(0, 189, f"189 recordings in WAV, MP3, AAC, Opus, AMR and Vorbis, {_SPEECH}")
_RAISED: Final[Mapping[str, Rate]] = {
    "MP3": _files(0, 107, "MP3", "48 to 128"),
    "AAC": _files(0, 86, "AAC", "32 to 128"),
}
# Up to which bit rate: at low ones, false alarms are more frequent.
_LOWERED: Final[Mapping[str, tuple[tuple[int, Rate], ...]]] = {
    "MP3": (
        (40_000, _files(6, 30, "MP3", "32")),
        (96_000, _files(0, 90, "MP3", "48 to 96")),
    ),
    "AAC": (
        (40_000, _files(0, 20, "AAC", "32")),
        (96_000, _files(3, 60, "AAC", "48 to 96")),
    ),
}
_JUMPS: Final = Rate(
    0, 82, f"82 recordings that were MP3 or AAC before they were WAV, MP3, AAC or Opus, {_SPEECH}"
)
_WORTH: Final = Worth(  # all chains in which a grid could be followed, together
    found=165, cuts=225, false=5, seconds=4_405.0
)
# Of codings at another rate, in WAV: grids from bench/whole.py, jumps from bench/whole_resampled.py.
_RESAMPLED_GRIDS: Final[Mapping[str, Rate]] = {
    "lossless": Rate(
        3,
        450,
        "450 recordings of 2 to 8 s in WAV at 16 kHz that were not coded before, read English, "
        "speechocean762",
    )
}
_RESAMPLED_JUMPS: Final[Mapping[str, Rate]] = {
    "lossless": Rate(
        0,
        76,
        "76 recordings of 2 to 17 s that were MP3 or AAC at another rate before they were WAV at 16 kHz, "
        "read English, LibriSpeech and speechocean762",
    )
}
_RESAMPLED_WORTH: Final[Mapping[str, Worth]] = {
    "lossless": Worth(found=283, cuts=344, false=65, seconds=2_841.0, missed=18, held=0.942)
}

MISSED: Final = (
    "in up to 20 s each, all that were MP3, AAC or Vorbis and then WAV were found (208 of 208), and 29 "
    "of 32 behind Opus at 48 kbit/s; behind Opus at 24 kbit/s, four of 32, which minutes of sound "
    "better; and of those coded again at a lower rate by the same codec, with frames at other places, "
    "none of 32"
)


def grid_rate(coding: str, *, is_resampled: bool) -> Rate | None:
    """How often a recording that was not coded before shows a grid, if that was measured."""
    if is_resampled:
        return _RESAMPLED_GRIDS.get(coding)
    return _GRIDS if coding in COVERED else None


def raised_rate(codec: str) -> Rate:
    """How often a file that was coded once has rare ones."""
    return _RAISED[codec]


def lowered_rate(codec: str, bit_rate: int) -> Rate:
    """How often a file of such a rate that was coded once differs from a coding without history."""
    return next(rate for most, rate in _LOWERED[codec] if bit_rate <= most)


def jump_rate(coding: str, *, is_resampled: bool) -> Rate | None:
    """How often the grid of an untouched recording jumps, if that was measured."""
    if is_resampled:
        return _RESAMPLED_JUMPS.get(coding)
    return _JUMPS if coding in ("lossless", "MP3", "AAC", "Opus") else None


def jump_worth(coding: str, *, is_resampled: bool) -> Worth | None:
    """What a jump is worth in a recording that is coded so, if that was measured."""
    if is_resampled:
        return _RESAMPLED_WORTH.get(coding)
    return _WORTH if coding in ("lossless", "MP3", "AAC", "Opus") else None
