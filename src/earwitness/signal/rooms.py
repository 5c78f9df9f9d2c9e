"""The room that speech was recorded in: how fast its levels fall, and other sound put in such a room.

Conventions: signals are mono float32 [shape=(n,)]; levels are those of 16 ms, every 8 ms, at 16 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.signal

from earwitness.evidence.decode import Floats
from earwitness.signal.quality import frame_power

_HOP: Final = 128
_STEPS: Final = (8, 16, 32)  # hops over which a fall is measured: 64, 128 and 256 ms
_FAST: Final = 95  # percentile of falls: the fastest, which a room makes slower
_LOUD_DB: Final = 12.0  # a fall begins no further than this under the loud parts
_FLOOR: Final = 1e-12
_DIRECT_S: Final = 0.003  # what comes in so soon is heard as one with the direct sound
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Room:
    """A room by its reverberation.

    Attributes
    ----------
    fall_s : float
        In which reverberation falls by 60 dB.
    direct_db : float
        By how much the sound that comes straight is louder than all reverberation.
    """

    fall_s: float
    direct_db: float

    @property
    def wording(self) -> str:
        """The room in words, for a report."""
        under = "under" if self.direct_db >= 0 else "over"
        return (
            f"a room (reverberation of about {self.fall_s:.1f} s, {abs(self.direct_db):.0f} dB "
            f"{under} the direct sound)"
        )


ROOMS: Final = tuple(
    Room(fall_s, direct_db) for fall_s in (0.25, 0.45, 0.7) for direct_db in (9.0, 4.0, -1.0)
)


def falls(signal: Floats) -> Doubles:
    """How far the level falls within 64, 128 and 256 ms where it falls fast, dB [shape=(3,)].

    Of all falls that begin within 12 dB of the loud parts, the one that 5 % exceed. Speech stops fast; in
    a room it goes on in the reverberation, and then falls only as fast as that.
    """
    level = _levels(signal)
    if level.size <= _STEPS[-1]:
        return np.zeros(len(_STEPS))
    loud = level > np.percentile(level, 95) - _LOUD_DB
    found = [(level[:-step] - level[step:])[loud[:-step]] for step in _STEPS]
    return np.array([np.percentile(each, _FAST) if each.size else 0.0 for each in found])


def _levels(signal: Floats) -> Doubles:
    power = frame_power(signal, samples=_HOP)
    return np.asarray(10 * np.log10((power[:-1] + power[1:]) / 2 + _FLOOR), dtype=np.float64)


def in_room(sound: Floats, room: Room, *, sample_rate_hz: int, seed: int = 0) -> Floats:
    """A sound as it would be heard in a room [shape=(n,)]: with a tail of noise that dies away.

    Source
    ------
    Polack 1988, thesis, Université du Maine (late reverberation as noise that falls exponentially).
    """
    size = round(room.fall_s * sample_rate_hz)
    tail = np.random.default_rng(seed).standard_normal(size) * 10 ** (-3 * np.arange(size) / size)
    tail[: round(_DIRECT_S * sample_rate_hz)] = 0.0
    tail *= 10 ** (-room.direct_db / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    heard = scipy.signal.oaconvolve(sound, tail.astype(np.float32))
    return np.asarray(heard[: sound.size], dtype=np.float32)
