"""What one pass over a recording at its own rate can tell: level, clipping, silence, band, channels.

Conventions: levels in dBFS, where 0 is full scale; times in seconds; spectra are mean power per
bin. All of it is gathered block by block, so memory does not grow with the recording's length.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from earwitness.evidence.decode import Block, Floats

SPECTRUM_WINDOW: Final = 4096
MIN_SILENCE_S: Final = 0.02
MIN_CLIPPED_SAMPLES: Final = 3  # a run of equal samples at the peak: one alone is only a peak
CLIP_TOLERANCE: Final = 2.0**-15
NEAR_CLIP: Final = 16 * CLIP_TOLERANCE
MOST_ROUNDING: Final = 2.0  # times the samples at the peak that may lie near it, in a clipped top
MAX_PLACES: Final = 10_000
CHUNK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Native:
    """What the pass over the native samples found.

    Attributes
    ----------
    samples, sample_rate_hz, channels : int
    peak, dc, power : np.ndarray [shape=(channels,)]
        Highest absolute sample, mean, and mean square; full scale is 1.
    channel_correlation : float or None
        Between the first two channels; None for one channel, or when one of them is silent.
    channels_identical : bool
        Whether all channels hold the same samples.
    clipped : np.ndarray [shape=(n, 2)]
        First and one-past-last second of runs of equal samples at the recording's peak, from
        which the sound falls away at once: the rounded top of a low tone is none.
    clipped_samples : int
    silence : np.ndarray [shape=(n, 2)]
        Stretches of exact zeros in all channels of at least 20 ms, seconds.
    used_bits, stored_bits : int
        Bits that are ever set in integer samples, of those that the format has; 0 for floats.
    spectrum : np.ndarray [shape=(2049,)]
        Mean power per bin, all channels, Hann window of 4096 samples.
    chunk_power : np.ndarray [shape=(n,)]
        Mean square of each 50 ms.
    """

    samples: int
    sample_rate_hz: int
    channels: int
    peak: npt.NDArray[np.float64]
    dc: npt.NDArray[np.float64]
    power: npt.NDArray[np.float64]
    channel_correlation: float | None
    channels_identical: bool
    clipped: npt.NDArray[np.float64]
    clipped_samples: int
    silence: npt.NDArray[np.float64]
    used_bits: int
    stored_bits: int
    spectrum: npt.NDArray[np.float64]
    chunk_power: npt.NDArray[np.float64]

    @property
    def duration_s(self) -> float:
        """Decoded duration."""
        return self.samples / self.sample_rate_hz


class NativeMeter:
    """Gathers ``Native`` from blocks as they go by."""

    def __init__(self, *, sample_rate_hz: int, channels: int) -> None:
        self._rate = sample_rate_hz
        self._channels = channels
        self._samples = 0
        self._peak = np.zeros(channels)
        self._sum = np.zeros(channels)
        self._squares = np.zeros(channels)
        self._cross = 0.0
        self._identical = channels > 1
        self._bits = 0
        self._stored_bits = 0
        self._spectrum = SpectrumMeter()
        self._chunk_samples = max(1, round(CHUNK_S * sample_rate_hz))
        self._chunks: list[npt.NDArray[np.float64]] = []
        self._chunk_rest = np.zeros(0, dtype=np.float32)
        self._silence = RunMeter()
        self._levels: dict[float, _Tops] = {}

    def add(self, block: Block) -> None:
        """Take the next block."""
        floats = block.floats
        self._samples += floats.shape[1]
        peaks = np.maximum(floats.max(axis=1), -floats.min(axis=1)).astype(np.float64)
        self._peak = np.maximum(self._peak, peaks)
        self._sum += floats.sum(axis=1, dtype=np.float64)
        self._squares += np.einsum("cn,cn->c", floats, floats, dtype=np.float64)
        if self._channels > 1:
            self._cross += float(np.einsum("n,n->", floats[0], floats[1], dtype=np.float64))
            self._identical = self._identical and bool((floats == floats[0]).all())
        if block.integers is not None:
            self._add_bits(block.integers)
        mono = floats[0] if self._channels == 1 else floats.mean(axis=0, dtype=np.float32)
        self._spectrum.add(mono)
        self._add_chunks(mono)
        self._add_runs(floats, block.start_sample, float(peaks.max()))

    def _add_bits(self, integers: npt.NDArray[np.integer[npt.NBitBase]]) -> None:
        self._stored_bits = integers.dtype.itemsize * 8
        centred = integers.astype(np.int16) - 128 if integers.dtype == np.uint8 else integers
        self._bits |= int(np.bitwise_or.reduce(centred, axis=None))

    def _add_chunks(self, mono: Floats) -> None:
        joined = np.concatenate([self._chunk_rest, mono]) if self._chunk_rest.size else mono
        whole = joined.size // self._chunk_samples * self._chunk_samples
        pieces = joined[:whole].reshape(-1, self._chunk_samples)
        self._chunks.append(
            np.einsum("ij,ij->i", pieces, pieces, dtype=np.float64) / self._chunk_samples
        )
        self._chunk_rest = joined[whole:].copy()

    def _add_runs(self, floats: Floats, start: int, block_peak: float) -> None:
        zero = np.logical_and.reduce(floats == 0.0, axis=0)
        self._silence.add(zero, start)
        # The recording's peak is known only at the end: keep runs at the highest level seen so far.
        highest = float(self._peak.max())
        if block_peak <= 0 or block_peak < highest - NEAR_CLIP:
            return
        self._levels = {
            level: tops for level, tops in self._levels.items() if level >= highest - CLIP_TOLERANCE
        }
        tops = self._levels.setdefault(highest, _Tops(highest))
        tops.add(np.abs(floats).max(axis=0), start)

    def finish(self) -> Native:
        """What was found in all of it."""
        count = max(1, self._samples)
        dc = self._sum / count
        clipped = np.zeros((0, 2), dtype=np.int64)
        for tops in self._levels.values():
            clipped = np.concatenate([clipped, tops.clipped()])
        silence = self._silence.runs(max(1, round(MIN_SILENCE_S * self._rate)))
        return Native(
            samples=self._samples,
            sample_rate_hz=self._rate,
            channels=self._channels,
            peak=self._peak,
            dc=dc,
            power=self._squares / count,
            channel_correlation=self._correlation(dc, count),
            channels_identical=self._identical,
            clipped=clipped[:MAX_PLACES] / self._rate,
            clipped_samples=int((clipped[:, 1] - clipped[:, 0]).sum()),
            silence=silence[:MAX_PLACES] / self._rate,
            used_bits=_bits_used(self._bits, self._stored_bits),
            stored_bits=self._stored_bits,
            spectrum=self._spectrum.mean(),
            chunk_power=np.concatenate(self._chunks) if self._chunks else np.zeros(0),
        )

    def _correlation(self, dc: npt.NDArray[np.float64], count: int) -> float | None:
        if self._channels < 2:
            return None
        variance = self._squares[:2] / count - dc[:2] ** 2
        if variance.min() <= 1e-12:
            return None
        covariance = self._cross / count - float(dc[0] * dc[1])
        return float(covariance / np.sqrt(variance[0] * variance[1]))


def release(signal: Floats) -> None:
    """Let go of the pages of a memory-mapped signal that were just read; nothing is lost.

    Called between pieces of a long signal, it keeps what a process holds from growing with the
    recording's length. Signals in ordinary memory are left alone.
    """
    base: object = signal
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


class RunMeter:
    """Finds runs of True in a mask that comes in pieces, with the samples where they begin and end."""

    def __init__(self) -> None:
        self._starts: list[npt.NDArray[np.int64]] = []
        self._ends: list[npt.NDArray[np.int64]] = []
        self._open = False
        self._end = 0

    def add(self, mask: npt.NDArray[np.bool_], start: int) -> None:
        """Take the next piece [shape=(n,)], which begins at sample ``start``."""
        if self._open and start != self._end:  # a piece was left out: what was open ends there
            self._ends.append(np.array([self._end]))
            self._open = False
        self._end = start + mask.size
        if not self._open and not mask.any():
            return
        edges = np.flatnonzero(np.diff(mask.view(np.int8), prepend=np.int8(self._open)))
        turns_on = edges[mask[edges]]
        turns_off = edges[~mask[edges]]
        self._starts.append(turns_on.astype(np.int64) + start)
        self._ends.append(turns_off.astype(np.int64) + start)
        self._open = bool(mask[-1])

    def runs(self, at_least: int) -> npt.NDArray[np.int64]:
        """Runs of so many samples or more [shape=(n, 2)]: first and one past last sample."""
        starts = np.concatenate(self._starts) if self._starts else np.zeros(0, dtype=np.int64)
        ends = np.concatenate(self._ends) if self._ends else np.zeros(0, dtype=np.int64)
        if self._open:
            ends = np.append(ends, self._end)
        runs = np.stack([starts, ends], axis=1)
        return runs[(runs[:, 1] - runs[:, 0]) >= at_least]


class _Tops:
    """Runs of samples at a level, and of those at it or little under it, to tell flat from round.

    A top that was cut off falls away within a sample or two; a rounded one, as of a low tone,
    stays little under its highest level for several times as long as at it.
    """

    def __init__(self, level: float) -> None:
        self._level = level
        self._at, self._near = RunMeter(), RunMeter()

    def add(self, loudest: Floats, start: int) -> None:
        """Take the next absolute samples, of the loudest channel [shape=(n,)]."""
        self._at.add(loudest >= np.float32(self._level - CLIP_TOLERANCE), start)
        self._near.add(loudest >= np.float32(self._level - NEAR_CLIP), start)

    def clipped(self) -> npt.NDArray[np.int64]:
        """Runs that are flat tops [shape=(n, 2)]: first and one past last sample."""
        at, near = self._at.runs(1), self._near.runs(1)
        if not len(at):
            return at
        within = np.searchsorted(near[:, 0], at[:, 0], side="right") - 1
        lengths = at[:, 1] - at[:, 0]
        flat = np.bincount(within, weights=lengths, minlength=len(near))
        is_flat = near[:, 1] - near[:, 0] <= MOST_ROUNDING * flat
        return at[(lengths >= MIN_CLIPPED_SAMPLES) & is_flat[within]]


class SpectrumMeter:
    """The mean power spectrum of a stream: Hann windows of 4096 samples, half overlapping.

    At most one window in four is taken once 2,000 have been, so that the cost of long recordings
    stays small; the mean hardly changes (Welch 1967).
    """

    def __init__(self) -> None:
        self._window = np.hanning(SPECTRUM_WINDOW).astype(np.float32)
        self._total = np.zeros(SPECTRUM_WINDOW // 2 + 1)
        self._count = 0
        self._rest = np.zeros(0, dtype=np.float32)

    def add(self, mono: Floats) -> None:
        """Take the next samples [shape=(n,)]."""
        joined = np.concatenate([self._rest, mono]) if self._rest.size else mono
        hop = SPECTRUM_WINDOW // 2 if self._count < 2_000 else 2 * SPECTRUM_WINDOW
        if joined.size < SPECTRUM_WINDOW:
            self._rest = joined.copy()
            return
        windows = np.lib.stride_tricks.sliding_window_view(joined, SPECTRUM_WINDOW)[::hop]
        self._accumulate(windows)
        self._rest = joined[min(joined.size, windows.shape[0] * hop) :].copy()

    def _accumulate(self, windows: Floats) -> None:
        spectra = scipy.fft.rfft(windows * self._window, axis=1)
        self._total += (spectra.real**2 + spectra.imag**2).sum(axis=0, dtype=np.float64)
        self._count += windows.shape[0]

    def mean(self) -> npt.NDArray[np.float64]:
        """Mean power per bin [shape=(2049,)], scaled so that a full-scale sine's bin holds 1/2."""
        total, count = self._total, self._count
        if count == 0 and self._rest.size:
            padded = np.zeros((1, SPECTRUM_WINDOW), dtype=np.float32)
            padded[0, : self._rest.size] = self._rest
            self._accumulate(padded)
            total, count = self._total, self._count
        scale = 2.0 / float(self._window.sum()) ** 2
        return total / max(1, count) * scale


def _bits_used(or_of_samples: int, stored: int) -> int:
    """Bits between the highest stored bit and the lowest that is ever set."""
    if stored == 0 or or_of_samples == 0:
        return 0
    lowest_set = (or_of_samples & -or_of_samples).bit_length() - 1
    return stored - lowest_set
