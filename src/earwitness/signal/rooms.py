"""Sound as it would be heard in a room.

Conventions: sound is mono float32 [shape=(n,)]; places in a room are metres from one of its corners.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.signal

from earwitness.evidence.decode import Floats

_SOUND_M_S: Final = 343.0
_SIZE_M: Final = ((2.5, 2.5, 2.3), (8.0, 6.0, 3.5))  # from, to: length, width, height
_FALL_S: Final = (0.2, 0.7)  # in which the echo falls by 60 dB
_APART_M: Final = (0.2, 2.5)  # mouth and microphone
_WALL_M: Final = 0.3  # how near either comes to a wall
_MIXED_S: Final = 0.04  # after which single reflections are no longer told from one another

Numbers = npt.NDArray[np.float64]


def in_room(sound: Floats, *, sample_rate_hz: int, seed: int) -> Floats:
    """The sound as a microphone in a room hears it, as loud as it was before [shape=(n,)].

    Parameters
    ----------
    sound : np.ndarray [shape=(n,)]
    sample_rate_hz : int
    seed : int
        Of the room, its echo, and the places of mouth and microphone in it.
    """
    heard = scipy.signal.oaconvolve(sound, room_response(seed, sample_rate_hz))[: sound.size]
    before, after = (float(np.sqrt(np.mean(np.square(each)))) for each in (sound, heard))
    return np.asarray(heard * (before / max(after, 1e-12)), dtype=np.float32)


@lru_cache(maxsize=256)
def room_response(seed: int, sample_rate_hz: int) -> Numbers:
    """What a microphone in a room hears of one click [shape=(n,)]; the click itself is first, at 1.

    1. A room is drawn: 2.5 to 8 m long, 2.5 to 6 m wide, 2.3 to 3.5 m high, whose echo falls by 60 dB
       in 0.2 to 0.7 s. A mouth is drawn in it, and a microphone 0.2 to 2.5 m away from it.
    2. For 40 ms, each reflection is heard as from an image of the mouth behind the walls: later by its
       way, softer by its distance and by each wall on its way, which throw back what Eyring's formula
       gives for that echo.
    3. Then the echo is noise that falls as it should. The images of a room grow in number with
       the square of the time and fade with the square of the distance, so that it begins with
       the power 4π · speed of sound · distance² / volume a second, less what has fallen.

    Source
    ------
    Allen and Berkley 1979, J. Acoust. Soc. Am. 65(4): 943-950 (image method); Eyring 1930, J. Acoust.
    Soc. Am. 1: 217-241; Lehmann and Johansson 2010, IEEE Trans. Audio Speech Lang. Process. 18(6):
    1429-1439 (a diffuse tail after the first images).
    """
    random = np.random.default_rng([seed, 71])  # 1
    size_m = random.uniform(*_SIZE_M)
    fall_s = float(random.uniform(*_FALL_S))
    mouth_m = random.uniform(_WALL_M, size_m - _WALL_M)
    towards = random.standard_normal(3)
    apart_m = random.uniform(*_APART_M) * towards / np.linalg.norm(towards)
    microphone_m = np.clip(mouth_m + apart_m, _WALL_M, size_m - _WALL_M)
    direct_m = max(float(np.linalg.norm(mouth_m - microphone_m)), _APART_M[0])
    volume = float(size_m.prod())
    walls = 2 * volume * float((1 / size_m).sum())
    kept = float(np.exp(-24 * np.log(10) / _SOUND_M_S * volume / (walls * fall_s)))  # 2
    away_m, hits = _images(size_m, mouth_m, microphone_m, direct_m + _SOUND_M_S * _MIXED_S)
    away_m = np.maximum(away_m, direct_m)
    at = np.round((away_m - direct_m) / _SOUND_M_S * sample_rate_hz).astype(np.int64)
    early = np.bincount(at, weights=direct_m / away_m * np.sqrt(kept) ** hits)
    later_s = np.arange(early.size, int(fall_s * sample_rate_hz)) / sample_rate_hz  # 3
    power = 4 * np.pi * _SOUND_M_S * direct_m**2 / (volume * sample_rate_hz)
    fallen = 10 ** (-6 * (later_s + direct_m / _SOUND_M_S) / fall_s)
    late = np.sqrt(power * fallen) * random.standard_normal(later_s.size)
    response: Numbers = np.concatenate([early, late])
    return response


def _images(
    size_m: Numbers, mouth_m: Numbers, microphone_m: Numbers, reach_m: float
) -> tuple[Numbers, Numbers]:
    """How far away each image of the mouth is, up to a reach, and how many walls lie on its way."""
    square, hits = np.zeros(1), np.zeros(1)
    for axis in range(3):
        most = int(np.ceil(reach_m / (2 * size_m[axis])))
        rooms = np.arange(-most, most + 1)
        apart = np.concatenate(
            [
                2 * rooms * size_m[axis] + mouth_m[axis] - microphone_m[axis],
                2 * rooms * size_m[axis] - mouth_m[axis] - microphone_m[axis],
            ]
        )
        passed = np.concatenate([np.abs(2 * rooms), np.abs(2 * rooms - 1)])
        square = np.add.outer(square, apart**2).reshape(-1)
        hits = np.add.outer(hits, passed).reshape(-1)
        near = square <= reach_m**2
        square, hits = square[near], hits[near]
    return np.sqrt(square), hits
