"""recompression_v1: what earlier codecs left, and what the file claims of itself."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soxr

import earwitness
import lossy
import sounds
from earwitness.outcome import Finding, NotExamined, Outcome

RATE_HZ = lossy.RATE_HZ


def recompression(tmp_path: Path, tape: Path) -> Outcome:
    """Carry recompression_v1 out on a file."""
    case = earwitness.new(tmp_path / "a.case", questioned=[tape])
    (examined,) = case.examine(["recompression_v1"])
    return examined.outcome


def finding(tmp_path: Path, tape: Path) -> Finding:
    """As above, and it is a finding."""
    outcome = recompression(tmp_path, tape)
    assert isinstance(outcome, Finding), outcome
    return outcome


def test_a_wav_that_was_mp3_does_not_claim_so(tmp_path: Path) -> None:
    """Stored without loss, but coded before."""
    sound = lossy.through(tmp_path, lossy.voice(), ".mp3", 64_000)[1000:]
    outcome = finding(tmp_path, sounds.write_wav(tmp_path / "tape.wav", sound, rate_hz=RATE_HZ))
    assert "stored without loss now, and was coded as MP3 before" in outcome.summary
    assert outcome.measure("lossy codings shown, at least").value == 1
    assert outcome.measure("offset of the earlier MP3 grid").value == (48 - 1000) % 576
    assert outcome.strength is not None and outcome.strength.scale == "false_alarm_rate"
    assert any("earlier grid" in layer.label for layer in outcome.figures[0].layers)


@pytest.mark.parametrize(("ending", "codec"), [(".mp3", "MP3"), (".m4a", "AAC")])
def test_a_coding_at_another_rate_is_named_with_it(tmp_path: Path, ending: str, codec: str) -> None:
    """Coded at 44.1 kHz, then brought to 16 kHz, as a messenger or an editor does."""
    sound = lossy.through(tmp_path, lossy.voice(), ending, 64_000)[1000:]
    narrow = np.asarray(soxr.resample(sound, RATE_HZ, 16_000), dtype=np.float32)
    outcome = finding(tmp_path, sounds.write_wav(tmp_path / "tape.wav", narrow, rate_hz=16_000))
    assert f"was coded as {codec} at 44,100 Hz before" in outcome.summary
    assert outcome.measure("lossy codings shown, at least").value == 1
    height = outcome.measure(f"highest dip of {codec} at 44,100 Hz")
    assert height.note == "an earlier grid"
    assert isinstance(height.value, float) and height.value > 20
    assert outcome.strength is not None and outcome.strength.scale == "false_alarm_rate"
    figure = outcome.figures[-1]
    assert figure.title == f"Every offset of a frame of {codec} at 44,100 Hz"
    assert figure.x_range == (0.0, {"MP3": 576.0, "AAC": 1024.0}[codec])


def test_a_grid_of_another_rate_has_no_strength_where_none_was_measured(tmp_path: Path) -> None:
    """In a file that is Opus now; the limits say so."""
    sound = lossy.through(tmp_path, lossy.voice(), ".mp3", 64_000)[1000:]
    narrow = np.asarray(soxr.resample(sound, RATE_HZ, 16_000), dtype=np.float32)
    outcome = finding(tmp_path, lossy.write(tmp_path / "tape.opus", narrow, 64_000, rate_hz=16_000))
    assert "was coded as MP3 at 44,100 Hz before" in outcome.summary
    assert outcome.strength is None
    assert any(limit.endswith("so no strength is stated.") for limit in outcome.limits)


@pytest.mark.parametrize("ending", [".mp3", ".m4a"])
def test_a_raised_rate_is_coded_twice(tmp_path: Path, ending: str) -> None:
    """Frames at the same places: no second grid, but the small numbers are missing."""
    first = lossy.through(tmp_path, lossy.voice(), ending, 64_000)
    outcome = finding(tmp_path, lossy.write(tmp_path / f"tape{ending}", first, 128_000))
    assert outcome.measure("lossy codings shown, at least").value == 2
    assert "at a lower rate before" in outcome.summary
    ones = outcome.measure("ones among the small numbers").value
    assert isinstance(ones, float) and ones < 6
    assert (
        outcome.strength is not None and {".mp3": "MP3", ".m4a": "AAC"}[ending] in outcome.summary
    )


@pytest.mark.parametrize("ending", [".mp3", ".m4a"])
def test_a_lowered_rate_is_likely_and_not_counted(tmp_path: Path, ending: str) -> None:
    """96 kbit/s, then 48 on the same grid: told with its rate, and one coding is what is shown."""
    first = lossy.through(tmp_path, lossy.voice(20.0), ending, 96_000)
    outcome = finding(tmp_path, lossy.write(tmp_path / f"tape{ending}", first, 48_000))
    assert outcome.measure("lossy codings shown, at least").value == 1
    assert "likely and not shown" in outcome.summary
    assert outcome.strength is not None and outcome.strength.scale == "false_alarm_rate"


@pytest.mark.parametrize("ending", [".mp3", ".m4a"])
def test_what_was_coded_once_is_that(tmp_path: Path, ending: str) -> None:
    """Its own grid is no trace of another coding."""
    outcome = finding(tmp_path, lossy.write(tmp_path / f"tape{ending}", lossy.voice(), 96_000))
    assert outcome.measure("lossy codings shown, at least").value == 1
    assert "no trace of another coding" in outcome.summary
    assert outcome.strength is None
    odds = outcome.measure("spread of the numbers against a coding without history").value
    assert isinstance(odds, float) and odds < 0


def test_a_file_that_names_no_encoder_is_not_compared_with_one(tmp_path: Path) -> None:
    """Bare frames of MP3: what another encoder would have written is not held against them."""
    whole = lossy.write(tmp_path / "whole.mp3", lossy.voice(), 64_000)
    bare = tmp_path / "bare.mp3"
    with av.open(str(whole)) as container:
        bare.write_bytes(b"".join(bytes(packet) for packet in container.demux()))
    measure = finding(tmp_path, bare).measure(
        "spread of the numbers against a coding without history"
    )
    assert measure.value is None and "names no encoder" in measure.note


def test_a_wav_that_was_never_coded_shows_none(tmp_path: Path) -> None:
    """Nothing found is a finding, and its limits say how much that is worth."""
    tape = sounds.write_wav(tmp_path / "tape.wav", lossy.voice(), rate_hz=RATE_HZ)
    outcome = finding(tmp_path, tape)
    assert outcome.measure("lossy codings shown, at least").value == 0
    assert "no trace" in outcome.summary
    assert any("does not mean" in limit for limit in outcome.limits)


def test_one_channel_of_a_stereo_recording_is_enough(tmp_path: Path) -> None:
    """Two MP3 grids that differ, left and right, destroy one another when they are mixed."""
    sound = lossy.through(tmp_path, lossy.voice(), ".mp3", 64_000)
    both = np.stack(
        [sound[1000:], 0.7 * sounds.noise(sound.size / RATE_HZ, rate_hz=RATE_HZ)[1000 : sound.size]]
    )
    outcome = finding(tmp_path, sounds.write_wav(tmp_path / "tape.wav", both, rate_hz=RATE_HZ))
    assert outcome.measure("lossy codings shown, at least").value == 1
    assert outcome.details["channel"] == 0


def test_the_demos_message_was_mp3_before_it_was_opus(tmp_path: Path, demo_sounds: Path) -> None:
    """MP3 at 64 kbit/s, then Opus at 24: the grid shows over three minutes."""
    outcome = finding(tmp_path, demo_sounds / "questioned.opus")
    assert outcome.measure("lossy codings shown, at least").value == 2
    assert "coded as MP3" in outcome.summary
    assert outcome.measure("offset of the earlier MP3 grid").value == 48


def test_silence_is_not_examined(tmp_path: Path) -> None:
    """Digital silence went through anything."""
    tape = sounds.write_wav(tmp_path / "tape.wav", np.zeros(5 * 16_000, np.float32))
    outcome = recompression(tmp_path, tape)
    assert isinstance(outcome, NotExamined) and "too little sound" in outcome.reason
