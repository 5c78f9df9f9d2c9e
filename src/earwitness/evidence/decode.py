"""Sound out of any file that FFmpeg reads, in pieces, so that memory does not grow with length.

Conventions: blocks are float32 in [-1, 1] full scale [shape=(channels, n)] at the file's own
sample rate; where the file holds integers, the same block is also given as those integers. Only
the first audio stream is decoded; pictures and video are never decoded at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import av.error
import av.filter
import numpy as np
import numpy.typing as npt
import soxr
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from earwitness.errors import DecodeError, NotARecording, TooLong, UnreadableFile

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[Any]  # u8, s16, s32 or s64, as the file has it

BLOCK_SAMPLES = 65_536
DEFAULT_MAX_HOURS = 24.0
_FULL_SCALE = {"u8": 128.0, "s16": 32_768.0, "s32": 2_147_483_648.0, "s64": 2.0**63}
_PULL_EVERY = 64  # packets between two looks at the filter's output
# The formats that recordings come in. All others stay shut: FFmpeg also reads playlists, devices,
# network sessions and scripts, and an exhibit speaks for itself alone.
_RECORDING_FORMATS = (
    "3gp,aa,aac,ac3,adp,aiff,amr,amrnb,amrwb,ape,asf,ast,au,avi,bonk,caf,daud,dff,dsf,dts,dtshd,eac3,"
    "epaf,flac,flv,g722,g729,gsm,ilbc,ircam,iss,kwai,laf,m4a,matroska,mmf,mov,mp3,mp4,mpc,mpc8,mpeg,"
    "mpegts,mxf,nistsphere,nut,ogg,oma,qcp,rm,shn,sln,sox,tak,truehd,tta,voc,vqf,w64,wav,webm,wsd,"
    "wv,xa,xwma"
)
_OPEN_OPTIONS = {
    "format_whitelist": _RECORDING_FORMATS,
    "protocol_whitelist": "file",
    # A picture inside a recording may be a decompression bomb: the prober may not allocate for one.
    "max_pixels": "1048576",
    "probesize": "5000000",
    "max_streams": "64",
}
MAX_JUMP_S = 0.05  # a frame's time stamp may be this far from where the frames before it end
MAX_JUMPS = 1_000
MIN_RATE_HZ, MAX_RATE_HZ = 100, 3_000_000
_LOUDEST = np.float32(1e6)  # 120 dB over full scale: no sound, and squares of it soon overflow


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the file's header says of its first audio stream, before anything is decoded."""

    container: str
    codec: str
    codec_name: str
    profile: str
    sample_rate_hz: int
    channels: int
    layout: str
    sample_format: str
    bits_per_sample: int
    bit_rate: int | None
    header_duration_s: float | None
    audio_streams: int
    video_streams: int
    other_streams: int


@dataclass(slots=True)
class DecodeNotes:
    """What happened on the way: filled in while blocks are read.

    ``errors`` counts packets that could not be decoded, ``first_error`` is FFmpeg's wording with
    its second; ``changes`` lists (second, what) where the stream's parameters changed; ``jumps``
    lists (second, by) where the file's own time stamps jump by so many seconds: forward where sound
    is missing, back where a stream was joined on. Places in the recording are in decoded seconds.
    """

    samples: int = 0
    errors: int = 0
    first_error: str = ""
    not_finite: int = 0
    changes: list[tuple[float, str]] = field(default_factory=list)
    jumps: list[tuple[float, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of sound at the file's own rate: floats [shape=(channels, n)] and, if any, integers."""

    start_sample: int
    floats: Floats
    integers: Integers | None


def probe(path: Path) -> StreamFacts:
    """Read the header of a recording.

    Raises
    ------
    UnreadableFile
        If the file cannot be opened.
    NotARecording
        If FFmpeg finds nothing in it that can be heard.
    """
    with _open(path) as container:
        return _facts(container, _audio_stream(container, path))


def decode(
    path: Path, *, notes: DecodeNotes | None = None, max_hours: float = DEFAULT_MAX_HOURS
) -> Iterator[Block]:
    """Decode a recording block by block at its own rate and with all its channels.

    Packets that cannot be decoded are counted in ``notes`` and skipped, as a player would; samples
    that are not finite, or over a million times full scale, are set to zero and counted.

    Parameters
    ----------
    path : Path
    notes : DecodeNotes, optional
        Filled in as the blocks go by.
    max_hours : float
        Give up beyond this, so that a small file cannot decode to a full disk.

    Raises
    ------
    NotARecording, UnreadableFile
        As for ``probe``.
    DecodeError
        If not a single sample came out.
    TooLong
        If it decodes to more than ``max_hours``.
    """
    notes = DecodeNotes() if notes is None else notes
    with _open(path) as container:
        stream = _audio_stream(container, path)
        limit = int(max_hours * 3600 * (stream.rate or 48_000))
        for frame in _large_frames(container, stream, notes):
            block = _block(frame, notes)
            if block.floats.shape[1] == 0:
                continue
            yield block
            if notes.samples > limit:
                raise TooLong(
                    "the recording is longer than is allowed",
                    got=f"more than {max_hours:g} h of sound",
                    do="raise max_hours in case.toml if it is meant to be so long",
                )
    if notes.samples == 0:
        raise DecodeError(
            "not one sample could be decoded",
            got=notes.first_error or "an audio stream without sound in it",
            do="ask the source for the file again, as a file and not through a messenger",
        )


def resampled(blocks: Iterator[Block], *, from_hz: int, to_hz: int) -> Iterator[Floats]:
    """Mix blocks down to one channel and resample them, in a stream.

    Parameters
    ----------
    blocks : iterator of Block
    from_hz, to_hz : int

    Yields
    ------
    np.ndarray [shape=(n,)]

    Source
    ------
    Resampling by libsoxr, quality HQ (20 bits): https://sourceforge.net/projects/soxr/
    """
    resampler = MonoResampler(from_hz=from_hz, to_hz=to_hz)
    for block in blocks:
        yield resampler.add(block.floats)
    yield resampler.finish()


class MonoResampler:
    """Mixes what it is given down to one channel and resamples it; keeps only the filter's memory."""

    def __init__(self, *, from_hz: int, to_hz: int) -> None:
        self._soxr = None
        if from_hz != to_hz:
            self._soxr = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")

    def add(self, floats: Floats) -> Floats:
        """Take a block [shape=(channels, n)]; give what is ready [shape=(m,)]."""
        mono = floats[0] if floats.shape[0] == 1 else floats.mean(axis=0, dtype=np.float32)
        if self._soxr is None:
            return np.ascontiguousarray(mono)
        return np.asarray(self._soxr.resample_chunk(mono), dtype=np.float32)

    def finish(self) -> Floats:
        """Give the rest [shape=(m,)]."""
        empty = np.zeros(0, dtype=np.float32)
        if self._soxr is None:
            return empty
        return np.asarray(self._soxr.resample_chunk(empty, last=True), dtype=np.float32)


def decode_mono(path: Path, *, sample_rate_hz: int, max_hours: float = 1.0) -> Floats:
    """Decode a short recording whole: one channel, at the rate asked for [shape=(n,)].

    For recordings of any length use ``decode`` and ``resampled``, which stream.
    """
    blocks = decode(path, max_hours=max_hours)
    from_hz = probe(path).sample_rate_hz
    return np.concatenate(list(resampled(blocks, from_hz=from_hz, to_hz=sample_rate_hz)))


def _open(path: Path) -> InputContainer:
    try:
        return av.open(str(path.absolute()), options=dict(_OPEN_OPTIONS), metadata_errors="replace")
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise UnreadableFile(f"the file cannot be opened ({error.strerror})") from error
    except (av.error.FFmpegError, ValueError) as error:
        raise NotARecording(
            "the file is not a recording that can be read",
            got=_beginning(path),
            expected="sound in a format that FFmpeg reads",
            do="if it is a text or a picture, add it with --as document",
        ) from error


def _beginning(path: Path) -> str:
    """What a file begins with, in words, for an error message."""
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        return "an empty file"
    if not any(head):
        return "a file that begins with zeros only"
    printable = sum(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head)
    if printable > 0.95 * len(head):
        return f"text that begins {head[:24].decode('ascii', 'replace')!r}"
    return f"bytes that begin {head[:8].hex(' ')}"


def _audio_stream(container: InputContainer, path: Path) -> AudioStream:
    if not container.streams.audio:
        raise NotARecording(
            "the file holds no sound",
            got=f"{container.format.name} with {len(container.streams)} stream(s), none of them audio",
            expected="at least one audio stream",
        )
    stream = container.streams.audio[0]
    if stream.codec_context is None or not stream.rate or not stream.channels:
        raise NotARecording(
            "the sound in the file cannot be decoded",
            got=f"an audio stream of unknown codec, rate or channels, after {_beginning(path)}",
            expected="a codec that FFmpeg knows",
        )
    if not MIN_RATE_HZ <= stream.rate <= MAX_RATE_HZ:
        raise NotARecording(
            "the file's sample rate is that of no recording",
            got=f"{stream.rate} Hz",
            expected=f"{MIN_RATE_HZ} Hz to {MAX_RATE_HZ / 1e6:g} MHz",
        )
    return stream


def _facts(container: InputContainer, stream: AudioStream) -> StreamFacts:
    duration = None
    if stream.duration is not None and stream.time_base is not None:
        duration = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        duration = container.duration / av.time_base
    context = stream.codec_context
    kinds = [other.type for other in container.streams]
    return StreamFacts(
        container=container.format.name,
        codec=context.codec.name,
        codec_name=context.codec.long_name,
        profile=str(stream.profile or ""),
        sample_rate_hz=int(stream.rate),
        channels=int(stream.channels),
        layout=stream.layout.name,
        sample_format=stream.format.name if stream.format else "",
        bits_per_sample=int(getattr(stream, "bits_per_coded_sample", 0) or 0),
        bit_rate=stream.bit_rate or container.bit_rate or None,
        header_duration_s=duration,
        audio_streams=kinds.count("audio"),
        video_streams=kinds.count("video"),
        other_streams=len(kinds) - kinds.count("audio") - kinds.count("video"),
    )


def _frames(
    container: InputContainer, stream: AudioStream, notes: DecodeNotes
) -> Iterator[AudioFrame]:
    packets = container.demux(stream)
    second = 0.0
    shift: float | None = None  # of time stamps against decoded seconds, as of the last frame
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError as error:  # the container broke off here
            _note_error(notes, second, error)
            return
        try:
            for frame in packet.decode():
                yield frame
                if frame.time is not None:
                    now = frame.time - second
                    if shift is not None and abs(now - shift) > MAX_JUMP_S:
                        if len(notes.jumps) < MAX_JUMPS:
                            notes.jumps.append((second, now - shift))
                        shift = now
                    shift = now if shift is None else shift
                second += frame.samples / frame.sample_rate
        except av.error.FFmpegError as error:
            _note_error(notes, second, error)


def _note_error(notes: DecodeNotes, second: float, error: Exception) -> None:
    notes.errors += 1
    if not notes.first_error:
        notes.first_error = f"{getattr(error, 'strerror', error)} (at or after {second:.1f} s)"


def _large_frames(
    container: InputContainer, stream: AudioStream, notes: DecodeNotes
) -> Iterator[AudioFrame]:
    """Join frames to large ones in FFmpeg's own code: a loop over 20 ms frames in Python is slow."""
    joiner: _Joiner | None = None
    outgoing = (stream.layout.name, stream.rate)  # as the header says; the decoder may change them
    for count, frame in enumerate(_frames(container, stream, notes), start=1):
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if joiner is None:
            joiner = _Joiner(frame, stream, outgoing)
        elif shape != joiner.incoming:
            yield from joiner.drain()
            second = notes.samples / outgoing[1]
            notes.changes.append((second, f"{joiner.incoming} becomes {shape}"))
            joiner = _Joiner(frame, stream, outgoing)
        joiner.push(frame)
        if count % _PULL_EVERY == 0:
            yield from joiner.ready()
    if joiner is not None:
        yield from joiner.drain()


class _Joiner:
    """An FFmpeg filter graph that joins frames of one shape to blocks of one layout and rate."""

    def __init__(self, frame: AudioFrame, stream: AudioStream, outgoing: tuple[str, int]) -> None:
        layout, rate_hz = outgoing
        self.incoming = (frame.format.name, frame.layout.name, frame.sample_rate)
        graph = av.filter.Graph()
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format.name,
            layout=frame.layout.name,
            time_base=stream.time_base,
        )
        steps = [source]
        if (frame.layout.name, frame.sample_rate) != outgoing:
            steps.append(graph.add("aformat", f"sample_rates={rate_hz}:channel_layouts={layout}"))
        steps.append(graph.add("asetnsamples", f"n={BLOCK_SAMPLES}:p=0"))
        steps.append(graph.add("abuffersink"))
        for before, after in pairwise(steps):
            before.link_to(after)
        graph.configure()
        self._graph = graph

    def push(self, frame: AudioFrame) -> None:
        self._graph.push(frame)

    def ready(self) -> Iterator[AudioFrame]:
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, AudioFrame)
            yield frame

    def drain(self) -> Iterator[AudioFrame]:
        self._graph.push(None)
        yield from self.ready()


def _block(frame: AudioFrame, notes: DecodeNotes) -> Block:
    array = frame.to_ndarray()
    channels = len(frame.layout.channels)
    if not frame.format.is_planar:
        array = array.reshape(-1, channels).T
    start = notes.samples
    notes.samples += array.shape[1]
    name = frame.format.packed.name
    if name in _FULL_SCALE:
        centred = array.astype(np.float32)
        if name == "u8":
            centred -= 128.0
        return Block(start, centred / np.float32(_FULL_SCALE[name]), array)
    floats = array.astype(np.float32, copy=False)
    bad = ~(np.abs(floats) <= _LOUDEST)  # so written that NaN is bad too
    if bad.any():
        notes.not_finite += int(bad.sum())
        floats = np.where(bad, np.float32(0.0), floats)
    return Block(start, floats, None)
