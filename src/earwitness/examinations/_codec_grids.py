"""The grids of a recording, searched and followed once for the examinations that rest on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats, StreamFacts
from earwitness.signal.codec_grid import CODECS, VORBIS, Depths
from earwitness.signal.codings import codec_named
from earwitness.signal.generations import LEAST_Z, Generations, Grid, find_generations
from earwitness.signal.grid_track import GridTrack, Jump, Span, follow
from earwitness.signal.recording import Recording

_SHARED: Final = "codec_grids_1"
_FOLLOWED: Final = "codec_grids_1_followed"
_NAMES: Final = {
    "mp3": "MP3",
    "aac": "AAC",
    "opus": "Opus",
    "amrnb": "AMR",
    "amrwb": "AMR-WB",
    "vorbis": "Vorbis",
}


@dataclass(frozen=True, slots=True)
class Searched:
    """What was searched: the mixed sound or one channel of it, and what was found in that."""

    channel: int | None
    generations: Generations


def coding_of(facts: StreamFacts) -> str:
    """What the file itself is coded in: ``lossless``, ``MP3``, ``AAC``, ``Opus``, or another name."""
    codec = codec_named(facts.codec.lower())
    return "lossless" if codec is None else _NAMES.get(codec, codec)


def searched(recording: Recording, progress: Callable[[float], None]) -> Searched | None:
    """Search a recording for grids, or find what was searched before; None where all is silent."""
    arrays = recording.shared(_SHARED, lambda: _arrays(recording, progress))
    about = json.loads(str(arrays["about"]))
    if about is None:
        return None
    grids = tuple(Grid(CODECS[c], o, z, own) for c, o, z, own in about["grids"])
    depths = {
        family: Depths(np.asarray(arrays[family]), frames)
        for family, frames in about["frames"].items()
    }
    windows = {family: CODECS[index] for family, index in about["windows"].items()}
    return Searched(about["channel"], Generations(grids, depths, windows))


def sound(recording: Recording, channel: int | None) -> Floats:
    """The sound that was searched, at its own rate [shape=(n,)]."""
    return recording.native_signal(channel)


def _arrays(
    recording: Recording, progress: Callable[[float], None]
) -> Mapping[str, npt.NDArray[Any]]:
    """What ``searched`` finds, as arrays and a line of JSON."""
    own = coding_of(recording.facts)
    channels: list[int | None] = [None]
    if recording.native.channels > 1 and not recording.native.channels_identical:
        channels.append(0)  # encoders code the sum, or each channel alone: both are tried
    best: tuple[float, int | None, Generations] | None = None
    for number, channel in enumerate(channels):
        found = find_generations(
            sound(recording, channel),
            sample_rate_hz=recording.facts.sample_rate_hz,
            own=own,
            progress=lambda part, n=number: progress((n + part) / len(channels)),  # type: ignore[misc]
        )
        if found is None:
            continue
        height = sum(float(depths.dips.max()) for depths in found.depths.values())
        if best is None or height > best[0]:
            best = (height, channel, found)
    if best is None:
        return {"about": np.array("null")}
    _, channel, found = best
    about = {
        "channel": channel,
        "grids": [[CODECS.index(g.codec), g.offset, g.z, g.is_own] for g in found.grids],
        "frames": {family: depths.frames for family, depths in found.depths.items()},
        "windows": {family: CODECS.index(codec) for family, codec in found.windows.items()},
    }
    dips = {family: depths.mean_log for family, depths in found.depths.items()}
    return {"about": np.array(json.dumps(about)), **dips}


def earlier_of(found: Searched) -> list[Grid]:
    """The grids of earlier codings that can be followed, the clearest first.

    Vorbis cannot: its blocks change their length, and the grid with them.
    """
    earlier = [grid for grid in found.generations.earlier if grid.codec != VORBIS]
    return sorted(earlier, key=lambda grid: -grid.z)


def followed(
    recording: Recording, found: Searched, progress: Callable[[float], None]
) -> list[GridTrack]:
    """The earlier grids over time, one of each codec, or what was followed before.

    None of those that show too weakly to be followed.
    """

    def compute() -> Mapping[str, npt.NDArray[Any]]:
        tracks = [
            follow(
                sound(recording, found.channel),
                codec=grid.codec,
                sample_rate_hz=recording.facts.sample_rate_hz,
                offset=grid.offset,
                threshold=LEAST_Z,
                progress=progress,
            )
            for grid in _one_of_each(earlier_of(found))
        ]
        told = [_as_lists(track) for track in tracks if track is not None]
        return {"about": np.array(json.dumps(told))}

    arrays = recording.shared(_FOLLOWED, compute)
    return [_track_of(*told) for told in json.loads(str(arrays["about"]))]


def _one_of_each(grids: Sequence[Grid]) -> list[Grid]:
    """The clearest grid of each codec: the others of it are found again where it is lost."""
    return [grid for index, grid in enumerate(grids)
            if all(grid.codec.name != before.codec.name for before in grids[:index])]  # fmt: skip


def _as_lists(track: GridTrack) -> list[Any]:
    return [
        CODECS.index(track.codec),
        [track.sample_rate_hz, track.offset, track.piece_s],
        [[span.start_s, span.end_s, span.offset, span.z] for span in track.spans],
        [[jump.start_s, jump.end_s, jump.by_samples] for jump in track.jumps],
        list(track.also),
    ]


def _track_of(
    codec: int, facts: list[Any], spans: list[Any], jumps: list[Any], also: list[int]
) -> GridTrack:
    rate_hz, offset, piece_s = facts
    return GridTrack(
        CODECS[codec],
        rate_hz,
        offset,
        piece_s,
        tuple(Span(*each) for each in spans),
        tuple(Jump(*each) for each in jumps),
        tuple(also),
    )
