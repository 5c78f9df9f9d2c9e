"""Level, noise and bandwidth of a recording.

Conventions: power is mean square re full scale; frames are the 32 ms of the speech activity;
spectra are mean power per bin from 0 to half the sample rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.ndimage

from earwitness.evidence.decode import Floats
from earwitness.signal.native import release
from earwitness.signal.speech import FRAME_S, FRAME_SAMPLES, Speech

MIN_PAUSE_FRAMES: Final = 16
STRONG_WITHIN_DB: Final = 60.0
DROPOUT_MAX_S: Final = 0.5
_STAYS_DOWN_DB: Final = 15.0
_LOWEST_CUT_OFF_HZ: Final = 2_200.0
SILENCE_POWER: Final = 1e-10  # under -100 dBFS a frame is digital silence or dither, not noise
_SAMPLES_AT_ONCE: Final = 8_192 * FRAME_SAMPLES
_GUARD_FRAMES: Final = 6
_BOOTSTRAPS: Final = 200
_BLOCKS: Final = 20


@dataclass(frozen=True, slots=True)
class SpeechLevels:
    """Levels in speech and in its pauses, in dBFS; None where it cannot be told.

    ``snr_low`` and ``snr_high`` bound the SNR's 95 % interval over the parts of the recording.
    """

    speech_db: float | None
    noise_db: float | None
    snr_db: float | None
    snr_low: float | None
    snr_high: float | None
    pause_s: float


@dataclass(frozen=True, slots=True)
class Band:
    """Where a recording's spectrum ends: frequencies in Hz, the fall at the cut-off in dB."""

    bandwidth_hz: float
    cut_off_hz: float | None
    fall_db: float


def db(power: float) -> float:
    """Power re full scale in dB; 1e-20 and less count as -200 dB."""
    return float(10 * np.log10(max(power, 1e-20)))


def frame_power(signal: Floats, *, samples: int = FRAME_SAMPLES) -> npt.NDArray[np.float64]:
    """Mean square of each whole frame, of 32 ms unless another length is given [shape=(frames,)].

    Streams over memory-mapped signals.
    """
    frames = signal.size // samples
    power = np.empty(frames)
    step = _SAMPLES_AT_ONCE // samples
    for first in range(0, frames, step):
        last = min(frames, first + step)
        piece = signal[first * samples : last * samples].reshape(-1, samples)
        power[first:last] = np.einsum("ij,ij->i", piece, piece, dtype=np.float64) / samples
        release(signal)
    return power


def pause_frames(power: npt.NDArray[np.float64], speech: Speech) -> npt.NDArray[np.bool_]:
    """Which frames of 32 ms hold noise alone: away from any speech, and not digital silence."""
    in_speech = speech.mask(power.size, FRAME_S)
    near = scipy.ndimage.binary_dilation(in_speech, iterations=_GUARD_FRAMES)
    return ~near & (speech.probability[: power.size] < 0.3) & (power > SILENCE_POWER)


def speech_levels(power: npt.NDArray[np.float64], speech: Speech) -> SpeechLevels:
    """How loud the speech is, how loud the noise between it, and how far apart they are.

    1. Speech is the mean power of frames in which somebody speaks.
    2. Noise is the mean power of frames at least 0.2 s away from any speech, digital silence left
       out; with less than 0.5 s of them it can't be told.
    3. The SNR takes the noise off the speech, which holds it too.
    4. Its interval is a bootstrap over 20 parts of the recording, so it shows how much the ratio
       changes within it.
    """
    in_speech = speech.mask(power.size, FRAME_S)
    in_pause = pause_frames(power, speech)
    pause_s = float(in_pause.sum() * FRAME_S)
    if not in_speech.any():
        noise = db(float(power[in_pause].mean())) if in_pause.any() else None
        return SpeechLevels(None, noise, None, None, None, pause_s)
    speech_db = db(float(power[in_speech].mean()))  # 1
    if in_pause.sum() < MIN_PAUSE_FRAMES:  # 2
        return SpeechLevels(speech_db, None, None, None, None, pause_s)
    noise_power = float(power[in_pause].mean())
    snr = _snr(float(power[in_speech].mean()), noise_power)  # 3
    low, high = _interval(power, in_speech, in_pause)  # 4
    return SpeechLevels(speech_db, db(noise_power), snr, min(low, snr), max(high, snr), pause_s)


def _snr(speech_and_noise: float, noise: float) -> float:
    return db(max(speech_and_noise - noise, 1e-3 * noise)) - db(noise)


def _interval(
    power: npt.NDArray[np.float64],
    in_speech: npt.NDArray[np.bool_],
    in_pause: npt.NDArray[np.bool_],
) -> tuple[float, float]:
    part = np.arange(power.size) * _BLOCKS // power.size
    sums = np.array(
        [
            np.bincount(part, weights=weights, minlength=_BLOCKS)
            for weights in (power * in_speech, in_speech, power * in_pause, in_pause)
        ]
    )
    drawn = np.random.default_rng(1).integers(0, _BLOCKS, size=(_BOOTSTRAPS, _BLOCKS))
    loud, loud_n, quiet, quiet_n = sums[:, drawn].sum(axis=2)
    usable = (loud_n > 0) & (quiet_n > 0)
    ratios = [
        _snr(a / b, c / d)
        for a, b, c, d in zip(
            loud[usable], loud_n[usable], quiet[usable], quiet_n[usable], strict=True
        )
    ]
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(low), float(high)


def band(
    spectrum: npt.NDArray[np.float64],
    sample_rate_hz: int,
    *,
    step_hz: float = 400.0,
    least_fall_db: float = 12.0,
) -> Band:
    """Where a recording's spectrum ends, and whether it ends in a cliff as a codec leaves it.

    1. Levels are smoothed over 100 Hz.
    2. The bandwidth reaches to the highest frequency that lies within 60 dB of the strongest.
    3. A cut-off is the place above 2.2 kHz where the level falls most from the ``step_hz`` under it
       to the ``step_hz`` over it, if that is at least ``least_fall_db``, nothing further up comes
       within 15 dB again, and what falls is no weaker than 60 dB under the strongest. A voice falls
       as much above its second resonance, at 2 kHz at most, and elsewhere rises again; a cliff in
       the noise of rounding is not the recording's.

    Parameters
    ----------
    spectrum : np.ndarray [shape=(bins,)]
        Mean power per bin from 0 to half the sample rate.
    """
    bins = spectrum.size
    hz_per_bin = sample_rate_hz / 2 / (bins - 1)
    level = 10 * np.log10(np.maximum(spectrum, 1e-16))
    level = scipy.ndimage.uniform_filter1d(level, max(1, round(100 / hz_per_bin)))  # 1
    width = max(1, round(step_hz / hz_per_bin))
    cut_off, fall = _steepest(level, width, first=round(_LOWEST_CUT_OFF_HZ / hz_per_bin))
    strong = np.flatnonzero(level >= float(level.max()) - STRONG_WITHIN_DB)  # 2
    bandwidth_hz = float(strong.max() * hz_per_bin)
    if fall < least_fall_db:  # 3
        return Band(bandwidth_hz, None, fall)
    return Band(bandwidth_hz, cut_off * hz_per_bin, fall)


def _steepest(level: npt.NDArray[np.float64], width: int, *, first: int) -> tuple[int, float]:
    """Where levels fall most and stay down: bin, and fall in dB."""
    total = np.concatenate([[0.0], np.cumsum(level)])
    places = np.arange(max(first, width), level.size - width)
    if places.size == 0:
        return level.size - 1, 0.0
    under = (total[places] - total[places - width]) / width
    over = (total[places + width] - total[places]) / width
    rest = np.maximum.accumulate(level[::-1])[::-1]
    stays_down = rest[np.minimum(places + width, level.size - 1)] < under - _STAYS_DOWN_DB
    is_sound = under >= level.max() - STRONG_WITHIN_DB
    falls = np.where(stays_down & is_sound, under - over, 0.0)
    best = int(falls.argmax())
    return int(places[best]), float(falls[best])


def split_silence(
    silence: npt.NDArray[np.float64], speech: Speech
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Dropouts, and other digital silence [shape=(n, 2) each]: a dropout is short and lies in speech."""
    if not len(silence):
        return silence, silence
    begins = np.searchsorted(speech.regions[:, 0], silence[:, 0], side="right") - 1
    inside = np.zeros(len(silence), dtype=bool)
    has_region = begins >= 0
    inside[has_region] = silence[has_region, 1] <= speech.regions[begins[has_region], 1]
    short = (silence[:, 1] - silence[:, 0]) < DROPOUT_MAX_S
    return silence[inside & short], silence[~(inside & short)]
