"""Whether an MP3 was coded twice, judged against what it would be like if it had been coded once.

The sound is shifted off its grid, which removes what an earlier coding on the same grid left, and coded
once more at the same rate. What the encoder then writes is what it writes for this sound without
that history. Where the file's own numbers are spread differently, it had one.

Conventions: signals are float32 at the file's own rate [shape=(n,)]; bit rates are in bit/s.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.signal import codec_grid, quantised
from earwitness.signal.codings import Coding, send_through_codec
from earwitness.signal.quantised import Integers

RATES_HZ: Final = (44_100, 48_000)
BIT_RATES: Final = (32_000, 40_000, 48_000, 56_000, 64_000, 80_000, 96_000)
LONGEST_S: Final = 40.0
_SHIFT: Final = 211  # samples: no divisor of a frame's parts
_BIT_RATE_TOLERANCE: Final = 0.03

Doubles = npt.NDArray[np.float64]


def constant_bit_rate(bit_rate: int | None) -> int | None:
    """The constant bit rate that a file was made at, if it is one that was measured."""
    for rate in BIT_RATES if bit_rate else ():
        if abs(bit_rate - rate) <= _BIT_RATE_TOLERANCE * rate:  # type: ignore[operator]
            return rate
    return None


def against_once(
    signal: Floats, *, offset: int, sample_rate_hz: int, bit_rate: int
) -> Doubles | None:
    """How the numbers in a file differ from those of the same sound without its history [shape=(n,)].

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
        One channel.
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
    stretch, offset = _loudest(signal, offset, int(LONGEST_S * sample_rate_hz))
    here = quantised.mp3_integers(stretch, offset=offset)
    once = send_through_codec(
        stretch[_SHIFT:],
        Coding("mp3", bit_rate, sample_rate_hz),
        sample_rate_hz=sample_rate_hz,
    )
    own = codec_grid.own_grid(once, codec=codec_grid.MP3, sample_rate_hz=sample_rate_hz)
    if own is None:
        return None
    there = quantised.mp3_integers(once, offset=own[0])
    if not (_enough(here) and _enough(there)):
        return None
    return quantised.spread(here) - quantised.spread(there)


def _enough(integers: Integers) -> bool:
    return int(integers.groups.sum()) >= 20 * quantised.LEAST_GROUPS


def log_odds(differences: Doubles) -> float:
    """The trained weights' sum over the differences: above zero, rather coded twice than once.

    Made by ``bench/whole_double.py train`` on the train half of the speakers.
    """
    weights = _weights()
    return float(weights[0] + differences @ weights[1:])


@cache
def _weights() -> Doubles:
    with files("earwitness.signal").joinpath("mp3_again.npy").open("rb") as file:
        return np.asarray(np.load(file, allow_pickle=False), dtype=np.float64)


def _loudest(signal: Floats, offset: int, count: int) -> tuple[Floats, int]:
    """A stretch of so many samples with much sound in it, and the grid's offset in it."""
    if signal.size <= count:
        return np.asarray(signal), offset
    starts = np.linspace(0, signal.size - count, 9).astype(np.int64)
    power = [float(np.dot(signal[at : at + count], signal[at : at + count])) for at in starts]
    first = int(starts[int(np.argmax(power))])
    return np.asarray(signal[first : first + count]), (offset - first) % codec_grid.MP3.hop
