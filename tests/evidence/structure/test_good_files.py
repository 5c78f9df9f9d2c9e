"""Good files of every format: what is read from them agrees with what was written."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import av
import numpy as np
import pytest
import recordings

from earwitness.evidence.structure import UNKNOWN, read_structure

FORMATS = {
    "wav": "RIFF WAVE",
    "rf64.wav": "RF64 WAVE",
    "aiff": "AIFF",
    "caf": "CAF",
    "flac": "FLAC",
    "mp3": "MPEG audio",
    "m4a": "ISO base media",
    "fast.m4a": "ISO base media",
    "fragmented.mp4": "ISO base media",
    "mov": "ISO base media",
    "3gp": "ISO base media",
    "aac": "ADTS",
    "ogg": "Ogg",
    "vorbis.ogg": "Ogg",
    "webm": "WebM",
    "mka": "Matroska",
    "amr": "AMR",
    "wma": "ASF",
}
NO_TAGS = {"aac", "amr"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two seconds of a tone in every format, with a title."""
    folder = tmp_path_factory.mktemp("good")
    for kind in recordings.KINDS:
        recordings.write(folder / f"tone.{kind}", kind, tags={"title": "Über uns"})
    return folder


def test_every_format_that_can_be_written_is_tested() -> None:
    """No kind of recording is left out of the table of formats."""
    assert set(FORMATS) == set(recordings.KINDS)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_good_file_is_read_to_its_end_without_complaint(folder: Path, kind: str) -> None:
    """The format is told, the parts cover the file, and nothing is odd."""
    path = folder / f"tone.{kind}"
    structure = read_structure(path)
    assert structure.format == FORMATS[kind]
    assert structure.anomalies == ()
    assert structure.declared_end == structure.file_size == path.stat().st_size
    assert structure.rest is None
    assert structure.missing_bytes == 0


@pytest.mark.parametrize("kind", FORMATS)
def test_parts_at_the_top_follow_each_other_without_a_gap(folder: Path, kind: str) -> None:
    """Each part begins where the one before it ends, from the first byte to the last."""
    place = 0
    for row in read_structure(folder / f"tone.{kind}").elements:
        if row.depth == 0:
            assert row.offset <= place + 1  # a pad byte in RIFF
            place = row.offset + row.size
    assert abs(place - (folder / f"tone.{kind}").stat().st_size) <= 1


@pytest.mark.parametrize("kind", sorted(set(FORMATS) - NO_TAGS))
def test_tags_are_read_as_written(folder: Path, kind: str) -> None:
    """The title comes back with its umlaut."""
    tags = read_structure(folder / f"tone.{kind}").tags
    assert "Über uns" in {tag.value for tag in tags}


@pytest.mark.parametrize("kind", sorted(set(FORMATS) - {"caf", "fragmented.mp4"}))
def test_the_header_states_two_seconds(folder: Path, kind: str) -> None:
    """The duration by the header is that of the tone, up to a frame of padding."""
    stated = read_structure(folder / f"tone.{kind}").facts["header_duration_s"]
    assert isinstance(stated, float)
    assert stated == pytest.approx(2.0, abs=0.06)


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "m4a", "mp3", "webm", "caf"])
def test_the_writing_software_is_named(folder: Path, kind: str) -> None:
    """FFmpeg writes its name into these formats, and it is found."""
    assert any(name.startswith("Lavf") for name in read_structure(folder / f"tone.{kind}").encoders)


def test_the_order_of_boxes_is_told(folder: Path) -> None:
    """Whether the index lies before or behind the sound is a fact of its own."""
    assert read_structure(folder / "tone.m4a").facts["moov_before_mdat"] == "no"
    assert read_structure(folder / "tone.fast.m4a").facts["moov_before_mdat"] == "yes"
    assert read_structure(folder / "tone.fragmented.mp4").facts["fragments"] == 1


def test_the_name_of_a_file_does_not_matter(folder: Path, tmp_path: Path) -> None:
    """An MP3 that is called .wav is an MP3."""
    renamed = tmp_path / "innocent.wav"
    shutil.copy(folder / "tone.mp3", renamed)
    assert read_structure(renamed).format == "MPEG audio"


def test_ogg_pages_are_counted_and_their_checksums_hold(folder: Path) -> None:
    """The checksum through mirrored bytes agrees with FFmpeg's on every page."""
    facts = read_structure(folder / "tone.ogg").facts
    assert facts["pages_with_bad_checksum"] == 0
    assert facts["pages"] == 5
    assert facts["codecs"] == "Opus"


def test_mp3_frames_are_counted(folder: Path) -> None:
    """The frames are those that FFmpeg finds in the same file."""
    path = folder / "tone.mp3"
    with av.open(str(path)) as container:
        packets = sum(1 for packet in container.demux(audio=0) if packet.size)
    assert read_structure(path).facts["frames"] == packets


def test_a_tiny_film_is_read_with_its_picture_track(tmp_path: Path) -> None:
    """A video with sound has two tracks in its structure."""
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        for _ in range(5):
            out.mux(video.encode(picture))
        out.mux(video.encode(None))
    structure = read_structure(path)
    assert structure.anomalies == ()
    assert any(row.kind == "mp4v" for row in structure.elements)


def test_an_unknown_format_is_stated(tmp_path: Path) -> None:
    """What no parser knows is said to be unknown, not passed over in silence."""
    path = tmp_path / "au.snd"
    path.write_bytes(b".snd" + bytes(2000))
    structure = read_structure(path)
    assert structure.format == UNKNOWN
    assert not structure.is_known
    assert [item.kind for item in structure.anomalies] == ["unknown_structure"]


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize("kind", sorted(set(FORMATS) - {"fragmented.mp4"}))
def test_ffprobe_agrees_on_rate_and_channels(folder: Path, kind: str) -> None:
    """What the structure states is what FFmpeg's own prober states."""
    path = folder / f"tone.{kind}"
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", str(path)]
    shown = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    facts = read_structure(path).facts
    stream = shown["streams"][0]
    for name, theirs in (
        ("sample_rate_hz", stream["sample_rate"]),
        ("channels", stream["channels"]),
    ):
        if name in facts:
            assert float(facts[name]) == float(theirs)
    if "header_duration_s" in facts and kind not in {"aac", "amr"}:  # ffprobe guesses these two
        assert facts["header_duration_s"] == pytest.approx(
            float(shown["format"]["duration"]), abs=0.06
        )


@pytest.mark.parametrize(
    ("kind", "most_s"), [("mp3", 1.0), ("ogg", 1.0), ("aac", 1.0), ("amr", 1.0)]
)
def test_half_an_hour_is_read_within_a_second(tmp_path: Path, kind: str, most_s: float) -> None:
    """32 minutes of frames, made by repeating a short file's, are read fast; best of three runs."""
    short = recordings.write(tmp_path / f"short.{kind}", kind, seconds=20)
    data = short.read_bytes()
    data = data[:6] + data[6:] * 96 if kind == "amr" else data * 96
    long = tmp_path / f"long.{kind}"
    long.write_bytes(data)
    spent = []
    for _ in range(3):
        begun = time.perf_counter()
        structure = read_structure(long)
        spent.append(time.perf_counter() - begun)
    assert min(spent) < most_s
    assert structure.facts.get("frames", structure.facts.get("pages")) > 1000
