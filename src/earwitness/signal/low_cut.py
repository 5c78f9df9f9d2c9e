"""A cut of a recording's low frequencies, which is told only beside other speakers.

A voice without low frequencies may be a child's. So other speakers are brought into each of several
conditions, and that is taken in which they become like the recording, if as they are they are not.

Conventions: signals are mono float32 at 16 kHz [shape=(n,)].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.decode import Floats
from earwitness.signal.chains import Chain, send_through
from earwitness.signal.native import release
from earwitness.signal.recording import BASE_RATE_HZ
from earwitness.signal.speech import Speech

LOW_CUTS_HZ: Final = (150.0, 220.0, 300.0, 400.0)
_EDGES_HZ: Final = (60, 120, 180, 240, 320, 400, 1_000)  # the last band is what others stand beside
_WINDOW: Final = 1_024
_AT_ONCE: Final = 4_096  # windows
_FLOOR: Final = 1e-12
_FINEST_DB: Final = 0.5  # nothing is told more finely than this
_SHRUNK: Final = 0.1
Doubles = npt.NDArray[np.float64]
Spoken = tuple[Floats, Speech]
Map = Callable[[Callable[[int], list[Doubles]], Iterable[int]], Iterable[list[Doubles]]]


def with_low_cut(
    chain: Chain, signal: Floats, others: Sequence[Spoken], *, each: Map = map
) -> Chain:
    """Tell from which frequency on a recording has sound, by what other speakers sound like.

    The others are sent through the chain as they are, and with their low frequencies cut off at each
    of four places. Where they have, with one of these, as little there as the recording has, and have
    not as they are, that is added to the chain. Its codecs are left out: they change little there, and
    coding takes most of the time.

    Parameters
    ----------
    chain : Chain
    signal : np.ndarray [shape=(n,)]
        Of the recording; may be memory-mapped, of any length.
    others : sequence of (signal, speech)
        Of other speakers.
    each : callable, optional
        Like ``map``, or one that works on several at once.
    """
    uncoded = replace(chain, codings=())
    chains = [uncoded, *(replace(uncoded, low_cut_hz=hz) for hz in LOW_CUTS_HZ)]

    def of_other(number: int) -> list[Doubles]:
        sound, speech = others[number]
        return [
            low_levels(
                send_through(sound, its, sample_rate_hz=BASE_RATE_HZ, speech=speech, seed=number)
            )
            for its in chains
        ]

    found = np.array(list(each(of_other, range(len(others)))))
    alike = likeliest(low_levels(signal), [found[:, place] for place in range(len(chains))])
    return replace(chains[alike], codings=chain.codings)


def low_levels(signal: Floats) -> Doubles:
    """Levels from 60 to 400 Hz in five bands, beside those from 400 Hz to 1 kHz, dB [shape=(5,)]."""
    size = signal.size // _WINDOW
    power = np.zeros(_WINDOW // 2 + 1)
    window = np.hanning(_WINDOW).astype(np.float32)
    for first in range(0, size, _AT_ONCE):
        rows = signal[first * _WINDOW : min(size, first + _AT_ONCE) * _WINDOW]
        spectra = np.fft.rfft(np.asarray(rows).reshape(-1, _WINDOW) * window, axis=1)
        power += (np.abs(spectra) ** 2).sum(axis=0)
        release(signal)
    edges = [round(hz * _WINDOW / BASE_RATE_HZ) for hz in _EDGES_HZ]
    bands = [power[low:high].mean() for low, high in pairwise(edges)]
    levels = 10 * np.log10(np.array(bands) + _FLOOR)
    return np.asarray(levels[:-1] - levels[-1], dtype=np.float64)


def likeliest(own: Doubles, others: Sequence[Doubles]) -> int:
    """Which of several conditions makes other speakers like a recording.

    Under each, what is told of a speaker is taken to be normal, with the mean and the covariance of
    those who were brought into it. One of them is told if it is likelier than the first by more than for
    any of the others as they are, each judged by the rest. So of eleven recordings that are alike,
    beside ten others, about one has something told by chance.

    Parameters
    ----------
    own : np.ndarray [shape=(k,)]
    others : sequence of np.ndarray [shape=(speakers, k)]
        One for each condition.
    """
    best, gain = _best_beside_first(own, others)
    left_out = [
        _best_beside_first(one, [np.delete(there, number, axis=0) for there in others])[1]
        for number, one in enumerate(others[0])
    ]
    return best if gain > max(0.0, *left_out) else 0


def _best_beside_first(own: Doubles, others: Sequence[Doubles]) -> tuple[int, float]:
    """The likeliest condition but the first, and the logarithm of by how much it is likelier than that."""
    first, *rest = (_log_density(own, there) for there in others)
    best = int(np.argmax(rest))
    return 1 + best, rest[best] - first


def _log_density(own: Doubles, there: Doubles) -> float:
    covariance = np.cov(there.T)
    covariance = (1 - _SHRUNK) * covariance + _SHRUNK * np.diag(np.diag(covariance))
    covariance += _FINEST_DB**2 * np.eye(own.size)
    off = own - there.mean(axis=0)
    return float(-0.5 * (off @ np.linalg.solve(covariance, off) + np.linalg.slogdet(covariance)[1]))
