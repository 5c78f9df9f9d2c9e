"""What the benches of codecs measured on the test half, as the findings state it.

From ``bench/whole_codecs.py``, ``whole_double.py`` and ``whole_jumps.py``; their tables stand in
``bench/RESULTS.md``.
"""

from __future__ import annotations

from typing import Final

from earwitness.examinations._codec_grids import Rate

COVERED: Final = ("lossless", "MP3", "AAC", "Opus", "AMR", "Vorbis")
_SPEECH: Final = (
    "20 s of read English each, LibriSpeech and speechocean762, speakers not trained on"
)
_GRIDS: Final = Rate(0, 84, f"84 recordings in WAV, MP3, AAC, Opus, AMR and Vorbis, {_SPEECH}")
_RAISED: Final = Rate(
    0, 10, f"10 MP3 files of one channel at 44.1 kHz, 48 to 128 kbit/s, by LAME, {_SPEECH}"
)
_LOWERED: Final = Rate(
    1, 12, f"12 MP3 files of one channel at 44.1 kHz, 32 to 96 kbit/s, by LAME, {_SPEECH}"
)
_JUMPS: Final = Rate(
    0, 4, f"4 recordings that were MP3 before they were WAV, MP3, AAC or Opus, {_SPEECH}"
)

MISSED: Final = (
    "in 20 s each, all that were MP3, AAC or Vorbis and then WAV were found (78 of 78), and those "
    "behind Opus at 48 kbit/s (12 of 12); behind Opus at 24 kbit/s, one of twelve, which minutes "
    "of sound better; and of those coded again at a lower rate by the same codec, with frames at "
    "other places, none of eleven"
)


def grid_rate(coding: str) -> Rate | None:
    """How often a recording that was not coded before shows a grid, if that was measured."""
    return _GRIDS if coding in COVERED else None


def raised_rate() -> Rate:
    """How often an MP3 that was coded once has rare ones."""
    return _RAISED


def lowered_rate() -> Rate:
    """How often an MP3 that was coded once differs from a coding of its sound without history."""
    return _LOWERED


def jump_rate(coding: str) -> Rate | None:
    """How often the grid of an untouched recording jumps, if that was measured."""
    return _JUMPS if coding in ("lossless", "MP3", "AAC", "Opus") else None
