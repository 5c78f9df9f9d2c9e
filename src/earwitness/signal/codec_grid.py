"""Where the frames of a lossy codec lay: the grid of MP3, AAC or Vorbis, found in decoded samples.

An encoder rounds the coefficients of its transform, most of them to zero or to a few steps. Laid over
the decoded sound at the same place, the same transform shows it: the coefficients are small more often
than anywhere else. One sample beside, it is gone. So all places of a frame are tried, and the one
where the logarithm of the coefficients dips is the grid.

Conventions: signals are float32, full scale 1 [shape=(n,)], at the rate at which they were coded; an
offset is the sample, modulo ``hop``, at which a frame's transform begins. Resampling destroys a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.signal

from earwitness.evidence.decode import Floats
from earwitness.signal import mdct
from earwitness.signal.native import release

FRAMES_IN_PIECE: Final = 16
_OWN_FRAMES: Final = 24
_NOTHING: Final = np.float32(1e-14)  # of a coefficient's power: what rounding of floats leaves
MOST_PIECES: Final = 300
LEAST_PIECES: Final = 4
SILENT: Final = 1e-8  # mean square: 80 dB under full scale
QUIET: Final = 1e-9  # of a coefficient's power: a dozen times what rounding to 16 bits leaves
_COEFFICIENTS: Final = 80
_LOWEST_HZ, _HIGHEST_HZ, _HIGHEST_PART = 800.0, 14_000.0, 0.46  # of the sample rate
_COARSE: Final = 8  # places in a hop at which filters are computed; all others are interpolated
_REACH: Final = 4  # coarse places on either side that an interpolated one is made of
_BANDWIDTH: Final = 2.2  # coefficients on either side of its own that a filter hears
_PAD: Final = 64
DEEPEST: Final = 1e-4  # of the local power: how small a coefficient counts as
_BESIDE: Final = 8  # offsets on either side of a grid that belong to it
_LOPSIDED: Final = 1.7
_ECHO: Final = 0.15
_COMMON: Final = 64  # samples: the greatest common divisor of the hops
_NEIGHBOURS: Final = 6  # offsets on either side that an offset is compared with

Doubles = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class Codec:
    """A transform whose grid can be searched."""

    name: str
    hop: int
    window: str = ""

    def filters(self, coefficients: mdct.Indices) -> Floats:
        """Its filters [shape=(k, length)]."""
        if self.name == "MP3":
            return mdct.mp3_filters(coefficients)
        if self.name == "Vorbis":
            return mdct.vorbis_filters(coefficients)
        return mdct.aac_filters(coefficients, kaiser=self.window == "Kaiser-Bessel")


MP3: Final = Codec("MP3", mdct.MP3_HOP)
AAC_KAISER: Final = Codec("AAC", mdct.AAC_HOP, "Kaiser-Bessel")
AAC_SINE: Final = Codec("AAC", mdct.AAC_HOP, "sine")
VORBIS: Final = Codec("Vorbis", mdct.AAC_HOP, "Vorbis")
CODECS: Final = (MP3, AAC_KAISER, AAC_SINE, VORBIS)


@dataclass(frozen=True, slots=True)
class Depths:
    """How deep the coefficients dip at each offset, over one or more stretches of sound.

    Attributes
    ----------
    mean_log : np.ndarray [shape=(hop,)]
        Mean natural logarithm of a coefficient's power against the power around it.
    frames : int
        Frames that it is the mean of.
    """

    mean_log: Doubles
    frames: int

    @property
    def dips(self) -> Doubles:
        """Each offset against its neighbours, in robust standard deviations; a grid is high."""
        return dips_of(self.mean_log)


def dips_of(mean_log: Doubles) -> Doubles:
    """Each offset's depth against its neighbours, over the spread of all of them.

    What repeats every 64 samples is taken off first: 64 divides the frames of MP3 and of AAC, and so
    the grid of one shows through the other's search at every 64th offset.

    Parameters
    ----------
    mean_log : np.ndarray [shape=(hop,)]

    Returns
    -------
    np.ndarray [shape=(hop,)]
        In standard deviations, as far as the median of absolute deviations tells them.
    """
    reach = _NEIGHBOURS
    round_it = np.concatenate([mean_log[-reach:], mean_log, mean_log[:reach]])
    windows = np.lib.stride_tricks.sliding_window_view(round_it, 2 * reach + 1)
    below = np.median(windows, axis=-1) - mean_log
    combs = below.reshape(-1, _COMMON)
    below = (combs - np.median(combs, axis=0)).reshape(-1)
    spread = 1.4826 * np.median(np.abs(below))
    return np.asarray(below / max(float(spread), 1e-9))


def highest(dips: Doubles, *, but_for: Sequence[int] = ()) -> int:
    """The offset of the highest dip that is not that of a known grid, nor an echo of it.

    A grid has echoes, since the filters of one frame hear a part of the next. As the windows are the
    same forwards and backwards, an echo lies on both sides of its grid, as high on one as on the other.

    Parameters
    ----------
    dips : np.ndarray [shape=(hop,)]
    but_for : sequence of int
        Offsets of known grids. Passed over are their neighbours, what is not clearly higher than what
        lies as far off on the other side, and what is less than a seventh as high.
    """
    left = dips.copy()
    for known in but_for:
        about = np.roll(dips, dips.size // 2 - known)  # the known one in the middle
        mirrored = np.roll(about[::-1], 1)
        mirrored = np.maximum(mirrored, np.maximum(np.roll(mirrored, 1), np.roll(mirrored, -1)))
        apart = np.arange(dips.size) - dips.size // 2
        passed = (np.abs(apart) <= _BESIDE) | (about < _LOPSIDED * mirrored)
        passed |= about < _ECHO * dips[known]
        left[np.roll(passed, known - dips.size // 2)] = 0.0
    return int(left.argmax())


@dataclass(frozen=True)
class GridSearch:
    """One codec's filters at one sample rate, ready to be laid over sound at every offset.

    A filter hears a narrow band, so what it says changes slowly once its own frequency is taken
    off: it is computed at eight places in a hop, and at all others interpolated.
    """

    codec: Codec
    sample_rate_hz: int
    analytic: Complexes  # [shape=(length, k)]
    between: Floats  # [shape=(k, 2 * taps, hop)]: from coarse real and imaginary parts to offsets

    @property
    def length(self) -> int:
        """Samples that a filter spans."""
        return int(self.analytic.shape[0])

    @property
    def span(self) -> int:
        """Samples that a filter spans, without its margins."""
        return self.length - 2 * _PAD

    @property
    def real_filters(self) -> Floats:
        """The filters themselves, without their margins [shape=(length - 2 * 64, k)]."""
        return np.ascontiguousarray(self.analytic.real[_PAD:-_PAD])

    @property
    def step(self) -> int:
        """Samples between two coarse places."""
        return self.codec.hop // _COARSE

    @property
    def piece_samples(self) -> int:
        """Samples that ``mean_log`` needs for ``FRAMES_IN_PIECE`` frames at every offset."""
        return self.samples_for(FRAMES_IN_PIECE)

    def samples_for(self, frames: int) -> int:
        """Samples that so many frames need, at every offset, with the filters' margins."""
        coarse = frames * _COARSE + 2 * _REACH
        return (coarse - 1) * self.step + self.length

    @property
    def lead(self) -> int:
        """Samples before the first frame, at offset 0, that must be given with it."""
        return (_REACH - 1) * self.step + _PAD

    def frame_logs(self, sound: Floats) -> Floats:
        """The mean log power of a frame's coefficients at every offset [shape=(frames, hop)].

        Parameters
        ----------
        sound : np.ndarray [shape=(samples_for(frames),)]
            From ``lead`` samples before the first frame on.
        """
        frames = (sound.size - self.length) // self.step + 1
        frames = (frames - 2 * _REACH) // _COARSE
        places = np.lib.stride_tricks.sliding_window_view(sound, self.length)[:: self.step]
        heard = np.ascontiguousarray(places) @ self.analytic.view(np.float32).reshape(
            self.length, -1
        )
        taps = self.between.shape[1] // 2
        runs = np.lib.stride_tricks.sliding_window_view(heard, taps, axis=0)[::_COARSE][:frames]
        runs = runs.reshape(frames, -1, 2, taps)  # frame, coefficient, part, tap
        values = np.matmul(
            np.ascontiguousarray(runs.transpose(1, 0, 2, 3)).reshape(-1, frames, 2 * taps),
            self.between,
        )
        return _mean_log(values)


def _mean_log(values: Floats) -> Floats:
    """The mean over coefficients [shape=(k, frames, hop)] of the log of their relative power."""
    np.square(values, out=values)
    around = values.mean(axis=2, keepdims=True)
    smooth = around.copy()
    smooth[1:-1] = (around[:-2] + around[1:-1] + around[2:]) / 3
    scale = 1 / (smooth + np.float32(QUIET))
    values *= scale
    values += np.float32(QUIET) * scale + np.float32(DEEPEST)
    count = values.shape[0]
    total = np.zeros(values.shape[1:], dtype=np.float32)
    for first in range(0, count, 8):  # one logarithm for eight factors: it is what takes the time
        product = values[first].copy()
        for factor in values[first + 1 : first + 8]:
            product *= factor
        total += np.log(product, out=product)
    return np.asarray(total / count)


def depths(
    signal: Floats, *, codec: Codec, sample_rate_hz: int, pieces: int = MOST_PIECES
) -> Depths | None:
    """How deep the coefficients dip at each offset, over the loudest of evenly spread pieces.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
    codec : Codec
    sample_rate_hz : int
    pieces : int
        Of 16 frames each, at most. Recordings in which more would fit are sampled.

    Returns
    -------
    Depths or None
        None where fewer than ``LEAST_PIECES`` are louder than silence.
    """
    return depths_of(signal, grid_search(codec, sample_rate_hz), pieces=pieces)


def depths_of(
    signal: Floats, search: GridSearch, *, pieces: int, least: int = LEAST_PIECES
) -> Depths | None:
    """As ``depths``, with filters at hand, and from so few pieces on as ``least``."""
    codec = search.codec
    starts = loud_places(signal, search.piece_samples, hop=codec.hop, count=pieces)
    if starts.size < least:
        return None
    total = np.zeros(codec.hop)
    for number, start in enumerate(starts):
        sound = np.asarray(signal[start : start + search.piece_samples])
        total += search.frame_logs(sound).sum(axis=0, dtype=np.float64)
        if number % 64 == 63:
            release(signal)
    frames = FRAMES_IN_PIECE * starts.size
    return Depths(np.roll(total / frames, search.lead % codec.hop), frames)


def own_grid(signal: Floats, *, codec: Codec, sample_rate_hz: int) -> tuple[int, float] | None:
    """The grid that the decoder of the file itself left: there, coefficients are zero to the last bit.

    A file's own decoder gives floats, or integers of which only the rounding covers its zeros, so
    its grid is told from that of an earlier codec by how small the smallest coefficients are.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
    codec : Codec
    sample_rate_hz : int

    Returns
    -------
    tuple of int and float, or None
        Offset, and its dip in standard deviations; None where nothing is loud.
    """
    search = grid_search(codec, sample_rate_hz)
    filters, hop = search.real_filters[:, ::2], codec.hop
    starts = loud_places(signal, search.span + hop, hop=hop, count=_OWN_FRAMES)
    if starts.size < LEAST_PIECES:
        return None
    total = np.zeros(hop)
    for start in starts:
        sound = np.asarray(signal[start : start + search.span + hop - 1])
        windows = np.lib.stride_tricks.sliding_window_view(sound, search.span)
        total += np.log(np.square(windows @ filters) + _NOTHING).mean(axis=1, dtype=np.float64)
    dips = dips_of(total / starts.size)
    best = int(dips.argmax())
    return best, float(dips[best])


def own_grid_of(
    name: str, signal: Floats, *, sample_rate_hz: int
) -> tuple[Codec, int, float] | None:
    """As ``own_grid``, under that window of a codec which shows it best."""
    best: tuple[Codec, int, float] | None = None
    for codec in (each for each in CODECS if each.name == name):
        found = own_grid(signal, codec=codec, sample_rate_hz=sample_rate_hz)
        if found is not None and (best is None or found[1] > best[2]):
            best = (codec, *found)
    return best


def loud_places(signal: Floats, samples: int, *, hop: int, count: int) -> mdct.Indices:
    """Where the loudest of evenly spread stretches of so many samples begin, at multiples of a hop.

    A third of the stretches that are looked at is taken, or all that there are; none is taken that
    is silent.
    """
    room = signal.size - samples
    if room < 0:
        return np.zeros(0, dtype=np.int64)
    tried = min(3 * count, room // (hop * FRAMES_IN_PIECE) + 1)
    starts = np.unique(np.linspace(0, room, tried).astype(np.int64) // hop * hop)
    power = np.empty(starts.size)
    for index, start in enumerate(starts):
        piece = signal[start : start + samples]
        power[index] = np.dot(piece, piece) / samples
    release(signal)
    taken = np.argsort(-power, kind="stable")[: max(min(count, starts.size), 1)]
    return np.asarray(starts[np.sort(taken[power[taken] > SILENT])], dtype=np.int64)


@cache
def grid_search(codec: Codec, sample_rate_hz: int) -> GridSearch:
    """Make the filters for a codec at a sample rate; they are kept for the next call."""
    chosen = _coefficients(codec, sample_rate_hz)
    filters = np.pad(codec.filters(chosen), ((0, 0), (_PAD, _PAD)))
    analytic = scipy.signal.hilbert(filters.astype(np.float64), 2 * filters.shape[1], axis=1)
    analytic = np.conj(analytic[:, : filters.shape[1]])
    step = codec.hop // _COARSE
    offsets = np.arange(codec.hop)
    taps = _COARSE - 1 + 2 * _REACH
    coarse = (np.arange(taps) - (_REACH - 1)) * step
    weights = _interpolation(codec.hop, coarse)
    omega = np.pi / codec.hop * (chosen + 0.5)
    turn = omega[:, None, None] * (offsets[None, None, :] - coarse[None, :, None])
    between = np.concatenate([weights * np.cos(turn), -weights * np.sin(turn)], axis=1)
    return GridSearch(
        codec=codec,
        sample_rate_hz=sample_rate_hz,
        analytic=np.ascontiguousarray(analytic.T, dtype=np.complex64),
        between=np.asarray(between, dtype=np.float32),
    )


def _coefficients(codec: Codec, sample_rate_hz: int) -> mdct.Indices:
    """Coefficients spread over the band of speech and above; of MP3, those that alias least."""
    width_hz = sample_rate_hz / 2 / codec.hop
    highest = min(_HIGHEST_HZ, _HIGHEST_PART * sample_rate_hz)
    allowed = np.arange(int(_LOWEST_HZ / width_hz), int(highest / width_hz))
    if codec is MP3:
        allowed = allowed[(allowed % 18 >= 6) & (allowed % 18 < 12)]
    chosen = np.linspace(0, allowed.size - 1, min(_COEFFICIENTS, allowed.size)).round()
    return np.asarray(allowed[chosen.astype(np.int64)], dtype=np.int64)


def _interpolation(hop: int, coarse: npt.NDArray[np.int64]) -> Doubles:
    """Weights that make a band-limited signal at each offset out of its coarse places [(taps, hop)].

    They are the least-squares ones for a flat spectrum within the filter's band; only the nearest
    ``2 * _REACH`` places count for an offset.
    """
    band = _BANDWIDTH / hop  # cycles per sample either side, times two
    offsets = np.arange(hop)
    weights = np.zeros((coarse.size, hop))
    step = hop // _COARSE
    for first in range(_COARSE):
        near = coarse[first : first + 2 * _REACH]
        here = offsets[first * step : (first + 1) * step]
        gram = np.sinc(band * (near[:, None] - near)) + 1e-7 * np.eye(near.size)
        cross = np.sinc(band * (near[:, None] - here))
        weights[first : first + 2 * _REACH, first * step : (first + 1) * step] = np.linalg.solve(
            gram, cross
        )
    return weights
