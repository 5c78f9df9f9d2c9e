"""The grids of a recording, searched once for the examinations that rest on them, and their strength.

The figures of ``UNTOUCHED`` are those of ``bench/whole_codecs.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.stats

from earwitness.evidence.decode import Floats, StreamFacts
from earwitness.outcome import Strength
from earwitness.signal.codec_grid import CODECS, Depths
from earwitness.signal.codings import codec_named
from earwitness.signal.generations import Generations, Grid, find_generations
from earwitness.signal.recording import Recording

_SHARED: Final = "codec_grids_1"
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


@dataclass(frozen=True, slots=True)
class Rate:
    """So many alarms in so many untouched recordings."""

    alarms: int
    of: int
    on: str

    def strength(self, wording: str) -> Strength:
        """The rate with its exact 95 % interval (Clopper and Pearson 1934)."""
        low = float(scipy.stats.beta.ppf(0.025, self.alarms, self.of - self.alarms + 1))
        high = float(scipy.stats.beta.ppf(0.975, self.alarms + 1, self.of - self.alarms))
        return Strength(
            scale="false_alarm_rate",
            value=self.alarms / self.of,
            low=low if self.alarms else 0.0,
            high=high if self.alarms < self.of else 1.0,
            measured_on=self.on,
            wording=wording,
        )
