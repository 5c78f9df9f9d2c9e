"""Decoding: every format, every sample, in bounded memory, and no way out of the file."""

from __future__ import annotations

import io
import resource
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import recordings

import sounds
from bad_files import bombs, broken
from bad_files.sound import murmur, wav
from earwitness.errors import DecodeError, NotARecording, TooLong, UnreadableFile
from earwitness.evidence import decode as decoding
from earwitness.evidence.decode import (
    DecodeNotes,
    MonoResampler,
    decode,
    decode_mono,
    probe,
    resampled,
)


def whole(path: Path, notes: DecodeNotes | None = None) -> tuple[np.ndarray, np.ndarray | None]:
    """All blocks together: floats and integers [shape=(channels, n)]."""
    blocks = list(decode(path, notes=notes))
    starts = np.cumsum([0, *(block.floats.shape[1] for block in blocks)])
    assert [block.start_sample for block in blocks] == starts[:-1].tolist()
    floats = np.concatenate([block.floats for block in blocks], axis=1)
    if any(block.integers is None for block in blocks):
        return floats, None
    return floats, np.concatenate([block.integers for block in blocks], axis=1)


def test_integers_come_out_as_they_went_in(tmp_path: Path) -> None:
    """Two channels of 16 bits: each sample, in order, across block borders."""
    drawn = np.random.default_rng(3).integers(-32_768, 32_768, size=(2, 150_001), dtype=np.int16)
    path = tmp_path / "noise.wav"
    path.write_bytes(wav(np.ascontiguousarray(drawn.T).tobytes(), channels=2, rate_hz=44_100))
    floats, integers = whole(path)
    assert integers is not None
    np.testing.assert_array_equal(integers, drawn)
    np.testing.assert_array_equal(floats, drawn.astype(np.float32) / 32_768)


@pytest.mark.parametrize(
    ("bits", "tag", "raw", "expected"),
    [
        (8, 1, bytes([0, 64, 128, 255]), [-1.0, -0.5, 0.0, 127 / 128]),
        (16, 1, struct.pack("<4h", -32_768, -1, 0, 32_767), [-1, -(2**-15), 0, 1 - 2**-15]),
        (24, 1, b"\x00\x00\x80\xff\xff\xff\x00\x00\x00\xff\xff\x7f", [-1, -(2**-23), 0, 1 - 2**-23]),
        (32, 1, struct.pack("<4i", -(2**31), -(2**16), 0, 2**30), [-1, -(2**-15), 0, 0.5]),
        (32, 3, struct.pack("<4f", -1.0, -0.25, 0.0, 1.5), [-1.0, -0.25, 0.0, 1.5]),
        (64, 3, struct.pack("<4d", -1.0, -0.25, 0.0, 1.5), [-1.0, -0.25, 0.0, 1.5]),
    ],
)  # fmt: skip
def test_full_scale_is_one_in_every_format(
    tmp_path: Path, bits: int, tag: int, raw: bytes, expected: list[float]
) -> None:
    """8, 16, 24 and 32 bits, floats of 32 and 64: the extremes are where they belong."""
    path = tmp_path / "x.wav"
    path.write_bytes(wav(raw, bits=bits, tag=tag))
    floats, _ = whole(path)
    np.testing.assert_allclose(floats[0], expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("kind", recordings.KINDS)
def test_every_format_decodes(tmp_path: Path, kind: str) -> None:
    """Each family of files that FFmpeg writes is read, at its own rate, for its whole length."""
    path = recordings.write(tmp_path / f"x.{kind}", kind, seconds=2.0)
    facts, notes = probe(path), DecodeNotes()
    floats, _ = whole(path, notes)
    assert facts.sample_rate_hz == recordings.KINDS[kind][1]
    assert floats.shape[1] / facts.sample_rate_hz == pytest.approx(2.0, abs=0.1)
    assert notes.errors == 0
    level = np.sqrt((floats**2).mean()) / (6000 / 32_768 / np.sqrt(2))
    assert 0.6 < level < 1.1, "telephone codecs lose some, and one channel made two loses 3 dB"


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="the program ffmpeg is not installed")
@pytest.mark.parametrize(
    "name", ["questioned.opus", "known_1.m4a", "known_2.mp3", "release_2032.ogg"]
)
def test_ffmpeg_hears_the_same(demo_sounds: Path, name: str) -> None:
    """Sample for sample what the program ffmpeg decodes, within the rounding of versions."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", demo_sounds / name, "-map", "0:a:0", "-f", "f32le", "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    theirs = np.frombuffer(done.stdout, dtype=np.float32)
    ours, _ = whole(demo_sounds / name)
    assert abs(ours.size - theirs.size) <= 2048, "encoder delay is cut alike"
    shared = min(ours.size, theirs.size)
    difference = ours[0, :shared] - theirs[:shared]
    assert np.sqrt((difference**2).mean()) < 1e-3


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000, 96_000, 192_000])
def test_resampling_keeps_time_and_level(tmp_path: Path, rate_hz: int) -> None:
    """A tone comes out with its length, its level and its phase, from every rate."""
    path = sounds.write_wav(tmp_path / "x.wav", sounds.tone(2.0, rate_hz=rate_hz), rate_hz=rate_hz)
    mono = np.concatenate(list(resampled(decode(path), from_hz=rate_hz, to_hz=16_000)))
    expected = sounds.tone(2.0)
    assert abs(mono.size - expected.size) <= 1
    middle = slice(2_000, -2_000)
    np.testing.assert_allclose(mono[: expected.size][middle], expected[middle], atol=2e-3)


def test_resampling_in_pieces_is_resampling_at_once() -> None:
    """Where the blocks are cut does not matter."""
    sound = sounds.noise(1.0, rate_hz=44_100)
    resampler = MonoResampler(from_hz=44_100, to_hz=16_000)
    pieces = [
        resampler.add(sound[None, first : first + 777]) for first in range(0, sound.size, 777)
    ]
    once = MonoResampler(from_hz=44_100, to_hz=16_000)
    together = np.concatenate([once.add(sound[None]), once.finish()])
    np.testing.assert_allclose(np.concatenate([*pieces, resampler.finish()]), together, atol=1e-6)


def test_channels_are_mixed_evenly(tmp_path: Path) -> None:
    """One channel of two carries half its level into the mix."""
    left = sounds.tone(1.0)
    path = sounds.write_wav(tmp_path / "x.wav", np.stack([left, np.zeros_like(left)]))
    mono = decode_mono(path, sample_rate_hz=16_000)
    np.testing.assert_allclose(mono, left / 2, atol=1e-4)


def test_floats_that_are_no_sound_are_zeroed_and_counted(tmp_path: Path) -> None:
    """NaN, infinity and a million times full scale."""
    values = [0.5, float("nan"), float("inf"), float("-inf"), 1e30, -1e30, 2.0]
    path = tmp_path / "x.wav"
    path.write_bytes(wav(struct.pack("<7f", *values), bits=32, tag=3))
    notes = DecodeNotes()
    floats, _ = whole(path, notes)
    np.testing.assert_array_equal(floats[0], [0.5, 0, 0, 0, 0, 0, 2.0])
    assert notes.not_finite == 5


def test_what_breaks_off_is_decoded_up_to_there(tmp_path: Path) -> None:
    """A truncated file gives the samples that it still has."""
    path = tmp_path / "x.wav"
    body = murmur().tobytes()
    path.write_bytes(wav(body)[: len(body) // 2 + 1])
    floats, _ = whole(path)
    assert floats.shape[1] == (len(body) // 2 + 1 - 44) // 2


def test_packets_that_cannot_be_decoded_are_counted(tmp_path: Path) -> None:
    """The rest is still heard, and the first error keeps its second."""
    path = recordings.write(tmp_path / "x.m4a", "m4a", seconds=4.0)
    data = bytearray(path.read_bytes())
    for place in range(len(data) // 2, len(data) * 2 // 3, 400):
        data[place : place + 80] = b"\x55" * 80
    path.write_bytes(data)
    notes = DecodeNotes()
    floats, _ = whole(path, notes)
    assert floats.shape[1] > 2 * 44_100
    assert notes.errors > 3
    assert "Invalid data" in notes.first_error
    second = float(notes.first_error.split("at or after ")[1].split(" s)")[0])
    assert second == pytest.approx(2.0, abs=0.5)


def mp3_part(rate_hz: int, layout: str) -> bytes:
    """Three seconds of bare MP3 frames, the same in each channel."""
    sound = murmur(rate_hz=rate_hz)
    interleaved = np.repeat(sound, 1 if layout == "mono" else 2)[None]
    buffer = io.BytesIO()
    options = {"write_xing": "0", "id3v2_version": "0"}
    with av.open(buffer, "w", format="mp3", options=options) as out:
        stream = out.add_stream("libmp3lame", rate=rate_hz, layout=layout)
        frame = av.AudioFrame.from_ndarray(interleaved, format="s16", layout=layout)
        frame.sample_rate = rate_hz
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


@pytest.mark.parametrize("turned_round", [False, True])
def test_a_stream_that_changes_keeps_its_shape(tmp_path: Path, turned_round: bool) -> None:
    """Rate and channels change halfway: the blocks stay as the header said, the change is noted."""
    made = [mp3_part(44_100, "mono"), mp3_part(22_050, "stereo")]
    path = tmp_path / "x.mp3"
    path.write_bytes(b"".join(reversed(made) if turned_round else made))
    notes = DecodeNotes()
    floats, _ = whole(path, notes)
    assert floats.shape[0] == (2 if turned_round else 1) == probe(path).channels
    assert floats.shape[1] / probe(path).sample_rate_hz == pytest.approx(6.0, abs=0.2)
    assert 1 <= len(notes.changes) <= 2, "channels and rate, together or one after the other"
    for second, what in notes.changes:
        assert second == pytest.approx(3.0, abs=0.2)
        assert "becomes" in what


def test_chained_streams_are_both_heard(tmp_path: Path) -> None:
    """Two Ogg streams one after the other last as long as both."""
    (tmp_path / "x.ogg").write_bytes(broken.chained_ogg())
    mono = decode_mono(tmp_path / "x.ogg", sample_rate_hz=16_000)
    assert mono.size / 16_000 == pytest.approx(10.0, abs=0.2)
    notes = DecodeNotes()
    whole(tmp_path / "x.ogg", notes)
    ((second, by),) = notes.jumps
    assert second == pytest.approx(6.0, abs=0.05)
    assert by == pytest.approx(-6.0, abs=0.05)


def test_missing_pages_leave_a_jump(tmp_path: Path) -> None:
    """Three seconds of Ogg pages that fail their check are missing, and it is said where."""
    (tmp_path / "x.ogg").write_bytes(broken.ogg_with_broken_pages())
    notes = DecodeNotes()
    whole(tmp_path / "x.ogg", notes)
    ((second, by),) = notes.jumps
    assert second == pytest.approx(1.0, abs=0.05)
    assert by == pytest.approx(3.0, abs=0.05)


def test_whole_recordings_do_not_jump(demo_sounds: Path) -> None:
    """The time stamps of untouched files in every format of the demo run on."""
    for path in sorted(demo_sounds.rglob("*.*")):
        notes = DecodeNotes()
        whole(path, notes)
        assert notes.jumps == [], path.name


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", NotARecording, "an empty file"),
        (bytes(5000), NotARecording, "zeros only"),
        (b"Peace on the quays.\n" * 9, NotARecording, "text that begins"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), NotARecording, "bytes that begin|holds no sound"),
        (wav(murmur().tobytes(), rate_hz=1), NotARecording, "got 1 Hz"),
        (wav(murmur().tobytes(), rate_hz=2_000_000_000), NotARecording, "got 2000000000 Hz"),
        (wav(murmur().tobytes(), tag=0x4242), NotARecording, "cannot be decoded"),
        (wav(b""), DecodeError, "not one sample"),
    ],
)
def test_what_cannot_be_heard_is_refused_in_words(
    tmp_path: Path, content: bytes, error: type[Exception], said: str
) -> None:
    """The error says what the file looks like instead."""
    path = tmp_path / "x.mp3"
    path.write_bytes(content)
    with pytest.raises(error, match=said):
        list(decode(path))


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    """Not a recording and not there are two things."""
    with pytest.raises(UnreadableFile):
        probe(tmp_path / "missing.wav")


def test_a_list_of_other_files_is_not_followed(tmp_path: Path) -> None:
    """A playlist beside a good recording does not play it."""
    sounds.write_wav(tmp_path / "good.wav", sounds.tone(1.0))
    for content in (
        "ffconcat version 1.0\nfile 'good.wav'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:1,\ngood.wav\n#EXT-X-ENDLIST\n",
    ):
        path = tmp_path / "list.wav"
        path.write_text(content)
        with pytest.raises(NotARecording):
            probe(path)


def test_no_format_refers_to_something_else() -> None:
    """Devices, network sessions and lists of files are not among what is opened."""
    allowed = set(decoding._RECORDING_FORMATS.split(","))
    assert not allowed & {"concat", "hls", "dash", "sdp", "rtsp", "lavfi", "alsa", "image2", "v4l2"}
    assert {"wav", "flac", "mp3", "ogg", "amr", "asf", "caf", "aiff", "matroska", "mov"} <= allowed


def test_too_many_hours_are_refused(tmp_path: Path) -> None:
    """A small file that decodes to more than is allowed stops there."""
    path = tmp_path / "x.flac"
    path.write_bytes(bombs.flac_bomb(0.2))
    notes = DecodeNotes()
    with pytest.raises(TooLong, match=r"more than 0\.1 h"):
        list(decode(path, notes=notes, max_hours=0.1))
    assert notes.samples / 8_000 < 0.1 * 3600 + 10
    assert sum(block.floats.shape[1] for block in decode(path, max_hours=0.3)) > 0.2 * 3600 * 8000


MEMORY = """
import resource, sys
from pathlib import Path
from earwitness.evidence.decode import decode, resampled
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
sizes = []
for name in sys.argv[1:]:
    samples = sum(p.size for p in resampled(decode(Path(name)), from_hz=8000, to_hz=16000))
    sizes.append(peak())
print(sizes[1] - sizes[0], samples)
"""


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    """Four hours take no more than four minutes, within 30 MB."""
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
    short, long = tmp_path / "short.wav", tmp_path / "long.wav"
    bombs.sparse_wav(short, hours=4 / 60)
    bombs.sparse_wav(long, hours=4)
    done = subprocess.run([sys.executable, "-c", MEMORY, str(short), str(long)],
                          capture_output=True, text=True, check=True)  # fmt: skip
    grown, samples = done.stdout.split()
    assert int(samples) == 4 * 3600 * 16_000
    assert float(grown) < 30


def test_decoding_twice_gives_the_same_bytes(demo_sounds: Path) -> None:
    """What is measured today can be measured again."""
    first, second = (
        decode_mono(demo_sounds / "known_1.m4a", sample_rate_hz=16_000) for _ in range(2)
    )
    assert first.tobytes() == second.tobytes()
