"""Round trips through another program: what it makes of our files, and we of its."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from earwitness.transcripts import read_transcript, write_transcript
from earwitness.transcripts.model import Segment, Transcript

SAID = Transcript(
    (
        Segment(0.8, 4.46, "In the name of the tide that returns, peace on the quays."),
        Segment(5.187, 12.299, "باسم المدّ الذي يعود، السلام على الأرصفة"),
        Segment(3725.5, 3729.0, "We will come without a banner & without fear."),
    )
)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize(("ours", "theirs"), [("srt", "vtt"), ("vtt", "srt"), ("srt", "srt")])
def test_through_ffmpeg(ours: str, theirs: str, tmp_path: Path) -> None:
    """Our subtitles as ffmpeg rewrites them say the same at the same times."""
    (tmp_path / f"a.{ours}").write_bytes(write_transcript(SAID, ours))
    command = ["ffmpeg", "-v", "error", "-i", f"a.{ours}", f"b.{theirs}"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    read = read_transcript((tmp_path / f"b.{theirs}").read_bytes())
    assert [(each.start_s, each.end_s, each.text) for each in read.segments] == [
        (each.start_s, each.end_s, each.text) for each in SAID.segments
    ]
