"""Whether a file was coded twice, judged against what it would be like if it had been coded once.

The sound is shifted off its grid, which removes what an earlier coding on the same grid left, and coded
once more at the same rate. What the encoder then writes is what it writes for this sound without
that history. Where the file's own numbers are spread differently, it had one.

Conventions: signals are float32 at the file's own rate [shape=(n,)]; bit rates are in bit/s.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.signal import codec_grid, quantised
from earwitness.signal.codec_grid import Codec
from earwitness.signal.codings import Coding, send_through_codec
from earwitness.signal.quantised import Integers

RATES_HZ: Final = (44_100, 48_000)
BIT_RATES: Final[Mapping[str, tuple[int, ...]]] = {
    "MP3": (32_000, 40_000, 48_000, 56_000, 64_000, 80_000, 96_000),
    "AAC": (32_000, 48_000, 64_000, 96_000),
}
LONGEST_S: Final = 40.0
_SHIFT: Final = 211  # samples: no divisor of a frame's parts
_BIT_RATE_TOLERANCE: Final = 0.03
_WEIGHTS: Final = {"MP3": "mp3_again.npy", "AAC": "aac_again.npy"}

Doubles = npt.NDArray[np.float64]


def constant_bit_rate(codec: Codec, bit_rate: int | None) -> int | None:
    """The constant bit rate that a file was made at, if it is one that was measured."""
    for rate in BIT_RATES[codec.name] if bit_rate else ():
        if abs(bit_rate - rate) <= _BIT_RATE_TOLERANCE * rate:  # type: ignore[operator]
            return rate
    return None


def against_once(
    signal: Floats, *, codec: Codec, offset: int, sample_rate_hz: int, bit_rate: int
) -> Doubles | None:
    """How the numbers in a file differ from those of the same sound without its history [shape=(n,)].

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
        One channel.
    codec : Codec
    offset : int
        Of the file's own grid.
    sample_rate_hz, bit_rate : int

    Returns
    -------
    np.ndarray or None
        Differences of ``quantised.spread``; None where the numbers can't be got back.

    Source
    ------
    The idea is that of steganalysis: Fridrich, Goljan and Hogea 2002, Information Hiding (calibration
    by cropping and compressing again).
    """
    stretch, offset = _loudest(signal, offset, int(LONGEST_S * sample_rate_hz), codec.hop)
    here = quantised.integers(stretch, codec=codec, offset=offset)
    once = send_through_codec(
        stretch[_SHIFT:],
        Coding(codec.name.lower(), bit_rate, sample_rate_hz),
        sample_rate_hz=sample_rate_hz,
    )
    own = codec_grid.own_grid_of(codec.name, once, sample_rate_hz=sample_rate_hz)
    if own is None:
        return None
    there = quantised.integers(once, codec=own[0], offset=own[1])
    if not (_enough(here) and _enough(there)):
        return None
    return quantised.spread(here) - quantised.spread(there)


def _enough(integers: Integers) -> bool:
    return int(integers.groups.sum()) >= 20 * quantised.LEAST_GROUPS


def log_odds(codec: Codec, differences: Doubles) -> float:
    """The trained weights' sum over the differences: above zero, rather coded twice than once.

    Made by ``bench/whole_double.py train`` on the train half of the speakers.
    """
    weights = _weights(codec.name)
    return float(weights[0] + differences @ weights[1:])


@cache
def _weights(name: str) -> Doubles:
    with files("earwitness.signal").joinpath(_WEIGHTS[name]).open("rb") as file:
        return np.asarray(np.load(file, allow_pickle=False), dtype=np.float64)


def _loudest(signal: Floats, offset: int, count: int, hop: int) -> tuple[Floats, int]:
    """A stretch of so many samples with much sound in it, and the grid's offset in it."""
    if signal.size <= count:
        return np.asarray(signal), offset
    starts = np.linspace(0, signal.size - count, 9).astype(np.int64)
    power = [float(np.dot(signal[at : at + count], signal[at : at + count])) for at in starts]
    first = int(starts[int(np.argmax(power))])
    return np.asarray(signal[first : first + count]), (offset - first) % hop
