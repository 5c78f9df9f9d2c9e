"""Where the frames of a lossy codec lay: the grid of MP3, AAC or Vorbis, found in decoded samples.

An encoder rounds the coefficients of its transform, most of them to zero or to a few steps. Laid over
the decoded sound at the same place, the same transform shows it: the coefficients are small more often
than anywhere else. One sample beside, it is gone. So all places of a frame are tried, and the one
where the logarithm of the coefficients dips is the grid.

Resampling moves a grid between the samples, and takes off what lies above the new band, but what is left
of the coefficients is as small as it was. So the filters can be laid over resampled sound, too, made for
its own rate and for places between its samples.

Conventions: signals are float32, full scale 1 [shape=(n,)]; an offset is the place, modulo the frame, at
which a frame's transform begins. Places are samples where the sound is at the rate at which it was coded
(``coded_hz``), else halves of the coder's samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

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
PAD: Final = 64
DEEPEST: Final = 1e-4  # of the local power: how small a coefficient counts as
_BESIDE: Final = 8  # offsets on either side of a grid that belong to it
_LOPSIDED: Final = 1.7
_ECHO: Final = 0.15
_COMMON: Final = 64  # samples: the greatest common divisor of the hops
_NEIGHBOURS: Final = 6  # offsets on either side that an offset is compared with
_PER_CODED_SAMPLE: Final = (
    2  # offsets tried in resampled sound: at half a sample's distance, half the dip is left
)

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
    per_sample : int
        Offsets to a sample of the coder's.
    """

    mean_log: Doubles
    frames: int
    per_sample: int = 1

    @property
    def dips(self) -> Doubles:
        """Each offset against its neighbours, in robust standard deviations; a grid is high."""
        return dips_of(self.mean_log, self.per_sample)


def dips_of(mean_log: Doubles, per_sample: int = 1) -> Doubles:
    """Each offset's depth against its neighbours, over the spread of all of them.

    What repeats every 64 samples is taken off first: 64 divides the frames of MP3 and of AAC, and so
    the grid of one shows through the other's search at every 64th offset.

    Parameters
    ----------
    mean_log : np.ndarray [shape=(places,)]
    per_sample : int
        Offsets to a sample of the coder's.

    Returns
    -------
    np.ndarray [shape=(places,)]
        In standard deviations, as far as the median of absolute deviations tells them.
    """
    reach = _NEIGHBOURS
    round_it = np.concatenate([mean_log[-reach:], mean_log, mean_log[:reach]])
    windows = np.lib.stride_tricks.sliding_window_view(round_it, 2 * reach + 1)
    below = np.median(windows, axis=-1) - mean_log
    combs = below.reshape(-1, _COMMON * per_sample)
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
    coded_hz: int
    analytic: Complexes  # [shape=(length, k)]
    omega: Doubles  # [shape=(k,)]: each filter's frequency, radians per sample
    between: (
        Floats  # [shape=(k, 2 * taps, places)]: from coarse real and imaginary parts to offsets
    )

    @property
    def length(self) -> int:
        """Samples that a filter spans."""
        return int(self.analytic.shape[0])

    @property
    def span(self) -> int:
        """Samples that a filter spans, without its margins."""
        return self.length - 2 * PAD

    @property
    def real_filters(self) -> Floats:
        """The filters themselves, without their margins [shape=(length - 2 * 64, k)]."""
        return np.ascontiguousarray(self.analytic.real[PAD:-PAD])

    @property
    def is_resampled(self) -> bool:
        """Whether the sound is at another rate than that at which it was coded."""
        return self.coded_hz != self.sample_rate_hz

    @property
    def per_sample(self) -> int:
        """Offsets to a sample of the coder's."""
        return _PER_CODED_SAMPLE if self.is_resampled else 1

    @property
    def places(self) -> int:
        """Offsets that are tried in a frame."""
        return self.codec.hop * self.per_sample

    @property
    def hop(self) -> float:
        """Samples from one frame to the next."""
        return self.codec.hop * self.sample_rate_hz / self.coded_hz

    @property
    def step(self) -> float:
        """Samples between two coarse places."""
        return self.hop / _COARSE

    @property
    def piece_samples(self) -> int:
        """Samples that ``mean_log`` needs for ``FRAMES_IN_PIECE`` frames at every offset."""
        return self.samples_for(FRAMES_IN_PIECE)

    def samples_for(self, frames: int) -> int:
        """Samples that so many frames need, at every offset, with the filters' margins."""
        coarse = frames * _COARSE + 2 * _REACH
        between_samples = 2 if self.is_resampled else 0
        return int(np.ceil((coarse - 1) * self.step)) + self.length + between_samples

    @property
    def lead(self) -> int:
        """Samples before the first frame, at offset 0, that must be given with it."""
        return int(np.ceil((_REACH - 1) * self.step)) + PAD

    def first_place(self, start: int) -> int:
        """The first place, counted from sample 0, that has ``lead`` samples before it from a start on."""
        return int(np.ceil((start + self.lead) * self.places / self.hop - 1e-6))

    def heard_at(self, sound: Floats, begin: npt.NDArray[np.floating[Any]]) -> Complexes:
        """What the filters hear, in both phases, of frames that begin at these samples [(n, k)].

        A frame that begins between two samples is heard at the nearer one, and turned by what is left:
        a filter's band is so narrow that nothing else changes within a sample.
        """
        nearest = np.rint(begin).astype(np.int64)
        windows = np.lib.stride_tricks.sliding_window_view(sound, self.length)[nearest - PAD]
        parts = windows @ self.analytic.view(np.float32).reshape(self.length, -1)
        heard: Complexes = parts.view(np.complex64)
        if self.is_resampled:
            heard *= np.exp(1j * np.outer(begin - nearest, self.omega)).astype(np.complex64)
        return heard

    def frame_logs(self, sound: Floats, first: float) -> Floats:
        """The mean log power of a frame's coefficients at every offset [shape=(frames, places)].

        Parameters
        ----------
        sound : np.ndarray [shape=(samples_for(frames),)]
        first : float
            The sample at which the first frame begins, at offset 0; at least ``lead``.
        """
        earliest = first - (_REACH - 1) * self.step
        coarse = int((sound.size - self.length + PAD - earliest + 1e-6) / self.step) + 1
        frames = (coarse - 2 * _REACH) // _COARSE
        coarse = frames * _COARSE + 2 * _REACH
        heard = self.heard_at(sound, earliest + self.step * np.arange(coarse))
        taps = self.between.shape[1] // 2
        parts = heard.view(np.float32)
        runs = np.lib.stride_tricks.sliding_window_view(parts, taps, axis=0)[::_COARSE][:frames]
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
    signal: Floats,
    *,
    codec: Codec,
    sample_rate_hz: int,
    coded_hz: int | None = None,
    pieces: int = MOST_PIECES,
) -> Depths | None:
    """How deep the coefficients dip at each offset, over the loudest of evenly spread pieces.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
    codec : Codec
    sample_rate_hz : int
    coded_hz : int, optional
        The rate at which it was coded; without it, that of the signal.
    pieces : int
        Of 16 frames each, at most. Recordings in which more would fit are sampled.

    Returns
    -------
    Depths or None
        None where fewer than ``LEAST_PIECES`` are louder than silence.
    """
    return depths_of(signal, grid_search(codec, sample_rate_hz, coded_hz), pieces=pieces)


def depths_of(
    signal: Floats, search: GridSearch, *, pieces: int, least: int = LEAST_PIECES
) -> Depths | None:
    """As ``depths``, with filters at hand, and from so few pieces on as ``least``."""
    starts = loud_places(signal, search.piece_samples, hop=round(search.hop), count=pieces)
    if starts.size < least:
        return None
    total = np.zeros(search.places)
    for number, start in enumerate(starts):
        sound = np.asarray(signal[start : start + search.piece_samples])
        place = search.first_place(int(start))
        logs = search.frame_logs(sound, place * search.hop / search.places - float(start))
        total += np.roll(logs.sum(axis=0, dtype=np.float64), place % search.places)
        if number % 64 == 63:
            release(signal)
    frames = FRAMES_IN_PIECE * starts.size
    return Depths(total / frames, frames, search.per_sample)


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
def grid_search(codec: Codec, sample_rate_hz: int, coded_hz: int | None = None) -> GridSearch:
    """Make the filters for a codec at a sample rate; they are kept for the next call.

    Parameters
    ----------
    codec : Codec
    sample_rate_hz : int
        Of the sound.
    coded_hz : int, optional
        The rate at which it was coded; without it, that of the sound.
    """
    coded_hz = coded_hz or sample_rate_hz
    chosen = _coefficients(codec, sample_rate_hz, coded_hz)
    filters = _at_rate(codec.filters(chosen), coded_hz, sample_rate_hz)
    filters = np.pad(filters, ((0, 0), (PAD, PAD)))
    analytic = scipy.signal.hilbert(filters.astype(np.float64), 2 * filters.shape[1], axis=1)
    analytic = np.conj(analytic[:, : filters.shape[1]])
    omega = np.pi / codec.hop * (chosen + 0.5) * coded_hz / sample_rate_hz
    search = GridSearch(
        codec=codec,
        sample_rate_hz=sample_rate_hz,
        coded_hz=coded_hz,
        analytic=np.ascontiguousarray(analytic.T, dtype=np.complex64),
        omega=omega,
        between=np.zeros((0, 0, 0), dtype=np.float32),
    )
    return replace(search, between=_between(search))


def _at_rate(filters: Floats, coded_hz: int, sample_rate_hz: int) -> Floats:
    """Filters for sound at another rate, of norm 1; they are filled up to a whole number of samples."""
    if coded_hz == sample_rate_hz:
        return filters
    common = math.gcd(coded_hz, sample_rate_hz)
    units = -(-filters.shape[1] // (coded_hz // common))
    filled = np.pad(filters, ((0, 0), (0, units * (coded_hz // common) - filters.shape[1])))
    changed = scipy.signal.resample(filled, units * (sample_rate_hz // common), axis=1)
    return np.asarray(changed / np.linalg.norm(changed, axis=1, keepdims=True), dtype=np.float32)


def _coefficients(codec: Codec, sample_rate_hz: int, coded_hz: int) -> mdct.Indices:
    """Coefficients spread over the band of speech and above; of MP3, those that alias least."""
    width_hz = coded_hz / 2 / codec.hop
    highest = min(_HIGHEST_HZ, _HIGHEST_PART * min(sample_rate_hz, coded_hz))
    allowed = np.arange(int(_LOWEST_HZ / width_hz), int(highest / width_hz))
    if codec is MP3:
        allowed = allowed[(allowed % 18 >= 6) & (allowed % 18 < 12)]
    chosen = np.linspace(0, allowed.size - 1, min(_COEFFICIENTS, allowed.size)).round()
    return np.asarray(allowed[chosen.astype(np.int64)], dtype=np.int64)


def _between(search: GridSearch) -> Floats:
    """What makes the real part at each offset out of both at the coarse places [(k, 2 taps, places)]."""
    offsets = np.arange(search.places) * (search.hop / search.places)
    coarse = (np.arange(_COARSE - 1 + 2 * _REACH) - (_REACH - 1)) * search.step
    weights = _interpolation(search.hop, offsets, coarse)
    turn = search.omega[:, None, None] * (offsets[None, None, :] - coarse[None, :, None])
    return np.asarray(
        np.concatenate([weights * np.cos(turn), -weights * np.sin(turn)], axis=1), dtype=np.float32
    )


def _interpolation(
    hop: float, offsets: npt.NDArray[np.floating[Any]], coarse: npt.NDArray[np.floating[Any]]
) -> Doubles:
    """Weights that make a band-limited signal at each offset out of its coarse places [(taps, places)].

    They are the least-squares ones for a flat spectrum within the filter's band; only the nearest
    ``2 * _REACH`` places count for an offset.
    """
    band = _BANDWIDTH / hop  # cycles per sample either side, times two
    weights = np.zeros((coarse.size, offsets.size))
    for first, here in enumerate(np.split(np.arange(offsets.size), _COARSE)):
        near = coarse[first : first + 2 * _REACH]
        gram = np.sinc(band * (near[:, None] - near)) + 1e-7 * np.eye(near.size)
        cross = np.sinc(band * (near[:, None] - offsets[here]))
        weights[first : first + 2 * _REACH, here] = np.linalg.solve(gram, cross)
    return weights
