"""The grids of a recording, searched and followed once for the examinations that rest on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats, StreamFacts
from earwitness.signal.codec_grid import AAC_KAISER, CODECS, MP3, VORBIS, Depths
from earwitness.signal.codings import codec_named
from earwitness.signal.generations import (
    CODED_HZ,
    LEAST_RESAMPLED_Z,
    LEAST_Z,
    Generations,
    Grid,
    Resampled,
    find_generations,
    find_resampled,
)
from earwitness.signal.grid_path import MOST_S, follow_closely
from earwitness.signal.grid_track import GridTrack, Jump, Span, follow
from earwitness.signal.recording import Recording

_SHARED: Final = "codec_grids_2"
_FOLLOWED: Final = "codec_grids_2_followed"
_SEARCHED_AT_ITS_RATE: Final = 0.6  # of the work
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
    """What was searched: the mixed sound or one channel of it, and what was found in that.

    Codings at other rates are searched where no earlier one shows at the recording's own.
    """

    channel: int | None
    generations: Generations
    resampled: Resampled | None = None


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
    resampled = None
    if about["resampled"] is not None:
        codec, offset, z, coded_hz, *of = about["resampled"]
        grid = Grid(CODECS[codec], offset, z, coded_hz=coded_hz)
        resampled = Resampled(grid, Depths(np.asarray(arrays["resampled"]), *of))
    return Searched(about["channel"], Generations(grids, depths, windows), resampled)


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
            progress=lambda part, n=number: progress(  # type: ignore[misc]
                _SEARCHED_AT_ITS_RATE * (n + part) / len(channels)
            ),
        )
        if found is None:
            continue
        height = sum(float(depths.dips.max()) for depths in found.depths.values())
        if best is None or height > best[0]:
            best = (height, channel, found)
    if best is None:
        return {"about": np.array("null")}
    _, channel, found = best
    resampled = None
    if not _can_be_followed(found):
        resampled = find_resampled(
            sound(recording, channel),
            sample_rate_hz=recording.facts.sample_rate_hz,
            own=own,
            progress=lambda part: progress(
                _SEARCHED_AT_ITS_RATE + (1 - _SEARCHED_AT_ITS_RATE) * part
            ),
        )
    about = {
        "channel": channel,
        "grids": [[CODECS.index(g.codec), g.offset, g.z, g.is_own] for g in found.grids],
        "frames": {family: depths.frames for family, depths in found.depths.items()},
        "windows": {family: CODECS.index(codec) for family, codec in found.windows.items()},
        "resampled": None if resampled is None else _as_list(resampled),
    }
    dips = {family: depths.mean_log for family, depths in found.depths.items()}
    if resampled is not None:
        dips["resampled"] = resampled.depths.mean_log
    return {"about": np.array(json.dumps(about)), **dips}


def _as_list(resampled: Resampled) -> list[Any]:
    grid = resampled.grid
    return [
        CODECS.index(grid.codec),
        grid.offset,
        grid.z,
        grid.coded_hz,
        resampled.depths.frames,
        resampled.depths.per_sample,
    ]


def rates_tried() -> str:
    """The rates of codings before a resampling that are tried, in words."""
    mp3, aac = (", ".join(f"{hz:,}" for hz in CODED_HZ[codec]) for codec in (MP3, AAC_KAISER))
    return f"for MP3 {mp3} Hz and for AAC {aac} Hz"


def is_resampled(recording: Recording, track: GridTrack) -> bool:
    """Whether a grid is of a coding at another rate than the recording's."""
    return track.coded_hz != recording.facts.sample_rate_hz


def earlier_of(found: Searched) -> list[Grid]:
    """The grids of earlier codings that can be followed, the clearest first.

    Where none shows at the recording's own rate, that of a coding at another.
    """
    earlier = _can_be_followed(found.generations)
    if not earlier and found.resampled is not None:
        return [found.resampled.grid]
    return earlier


def _can_be_followed(generations: Generations) -> list[Grid]:
    """Of Vorbis none: its blocks change their length, and the grid with them."""
    earlier = [grid for grid in generations.earlier if grid.codec != VORBIS]
    return sorted(earlier, key=lambda grid: -grid.z)


def followed(
    recording: Recording, found: Searched, progress: Callable[[float], None]
) -> list[GridTrack]:
    """The earlier grids over time, one of each codec, or what was followed before.

    None of those that show too weakly to be followed.
    """

    def compute() -> Mapping[str, npt.NDArray[Any]]:
        signal, rate_hz = sound(recording, found.channel), recording.facts.sample_rate_hz
        grids = _one_of_each(earlier_of(found))
        tracks = [track_of(signal, rate_hz, grid, progress) for grid in grids]
        told = [_as_lists(track) for track in tracks if track is not None]
        return {"about": np.array(json.dumps(told))}

    arrays = recording.shared(_FOLLOWED, compute)
    return [_from_lists(*told) for told in json.loads(str(arrays["about"]))]


def track_of(
    signal: Floats, sample_rate_hz: int, grid: Grid, progress: Callable[[float], None]
) -> GridTrack | None:
    """An earlier grid over time; None where it shows too weakly.

    That of a coding at another rate is weak: in a short recording it is followed closely, and shown by
    what all its stretches show together.
    """
    if grid.coded_hz is not None and signal.size <= MOST_S * sample_rate_hz:
        return follow_closely(
            signal,
            codec=grid.codec,
            sample_rate_hz=sample_rate_hz,
            coded_hz=grid.coded_hz,
            offset=grid.offset,
            progress=progress,
        )
    least = LEAST_Z if grid.coded_hz is None else LEAST_RESAMPLED_Z
    if grid.z < least:
        return None
    return follow(
        signal,
        codec=grid.codec,
        sample_rate_hz=sample_rate_hz,
        coded_hz=grid.coded_hz,
        offset=grid.offset,
        threshold=least,
        progress=progress,
    )


def _one_of_each(grids: Sequence[Grid]) -> list[Grid]:
    """The clearest grid of each codec: the others of it are found again where it is lost."""
    return [grid for index, grid in enumerate(grids)
            if all(grid.codec.name != before.codec.name for before in grids[:index])]  # fmt: skip


def _as_lists(track: GridTrack) -> list[Any]:
    return [
        CODECS.index(track.codec),
        [track.coded_hz, track.per_sample, track.offset, track.piece_s],
        [[span.start_s, span.end_s, span.offset, span.z] for span in track.spans],
        [[jump.start_s, jump.end_s, jump.by_samples] for jump in track.jumps],
        list(track.also),
    ]


def _from_lists(
    codec: int, facts: list[Any], spans: list[Any], jumps: list[Any], also: list[int]
) -> GridTrack:
    coded_hz, per_sample, offset, piece_s = facts
    return GridTrack(
        CODECS[codec],
        coded_hz,
        per_sample,
        offset,
        piece_s,
        tuple(Span(*each) for each in spans),
        tuple(Jump(*each) for each in jumps),
        tuple(also),
    )
