"""What a recording's sound went through, and other sound sent through the same.

A method's error rates hold for the conditions in which they were measured. So the sound of other
speakers is brought into the conditions of the questioned recording - as loud, as noisy, as narrow,
through the same codec - before a method is tried on it.

Conventions: sound is mono float32 [shape=(n,)]; noise is a spectrum of power per hertz from 0 to
8 kHz, on the 257 bins of 32 ms at 16 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.signal
import soxr

from earwitness.evidence.decode import Floats
from earwitness.signal.codings import Coding, codec_named, send_through_codec
from earwitness.signal.native import release
from earwitness.signal.quality import (
    MIN_PAUSE_FRAMES,
    band,
    frame_power,
    pause_frames,
    speech_levels,
)
from earwitness.signal.recording import BASE_RATE_HZ, Recording
from earwitness.signal.speech import FRAME_SAMPLES, Speech

NARROWER_THAN_HZ: Final = 7_600.0  # a cut-off over this lies at the edge of the 16 kHz signal
_FILTER_S: Final = 0.008
_MOST_FRAMES: Final = 4_096  # of pauses: two minutes tell a spectrum
_QUIETEST: Final = 0.25  # of pauses: no more than noise is heard in them
_LEAST_LEVEL_DB, _MOST_LEVEL_DB = -60.0, 40.0  # by which sound is made louder at most


@dataclass(frozen=True)
class Chain:
    """The conditions of a recording, as far as the file and its sound tell them.

    Attributes
    ----------
    codings : tuple of Coding
        The lossy codecs that it is known to have gone through, first to last.
    cut_off_hz : float or None
        Where its band ends in a cliff; None where it reaches as far as 16 kHz sampling can.
    speech_db : float or None
        Level of the speech, dBFS.
    noise : np.ndarray [shape=(257,)] or None
        Power per hertz in the pauses; None where there are too few pauses to tell.
    snr_db : float or None
    low_cut_hz : float or None
        Under which its low frequencies were taken away; None where that was not told. It takes other
        speakers to tell (``signal/low_cut.py``).
    """

    codings: tuple[Coding, ...] = ()
    cut_off_hz: float | None = None
    speech_db: float | None = None
    noise: npt.NDArray[np.float64] | None = None
    snr_db: float | None = None
    low_cut_hz: float | None = None

    @property
    def can_be_done(self) -> bool:
        """Whether this program has an encoder for each codec of the chain."""
        return all(coding.can_be_done for coding in self.codings)

    @property
    def wording(self) -> str:
        """The chain in words, for a report."""
        parts = []
        if self.low_cut_hz is not None:
            parts.append(f"cut off under {self.low_cut_hz:.0f} Hz")
        if self.cut_off_hz is not None:
            parts.append(f"cut off at {self.cut_off_hz / 1000:.1f} kHz")
        if self.snr_db is not None:
            parts.append(f"noise {self.snr_db:.0f} dB under the speech")
        parts += [coding.wording for coding in self.codings]
        return ", then ".join(parts) or "no lossy codec, full band, noise not known"


def chain_of(recording: Recording) -> Chain:
    """Tell the conditions of a recording: its codec, its band, the level of speech and noise.

    Only the codec of the file itself is told. A recording that was in another codec before has gone
    through more than this chain holds; where that is known, add it to ``codings``.
    """
    facts, native = recording.facts, recording.native
    codec = codec_named(facts.codec)
    codings: tuple[Coding, ...] = ()
    if codec is not None:
        bit_rate = facts.bit_rate
        if bit_rate is None and native.duration_s > 0:
            bit_rate = round(8 * recording.exhibit.size / native.duration_s)
        codings = (Coding(codec, bit_rate, facts.sample_rate_hz, min(2, facts.channels)),)
    found = band(native.spectrum, facts.sample_rate_hz)
    reach = found.bandwidth_hz if found.cut_off_hz is None else found.cut_off_hz
    signal = recording.signal()
    levels = speech_levels(frame_power(signal), recording.speech)
    return Chain(
        codings=codings,
        cut_off_hz=round(reach, 1) if reach < NARROWER_THAN_HZ else None,
        speech_db=levels.speech_db,
        noise=noise_spectrum(signal, recording.speech),
        snr_db=levels.snr_db,
    )


def noise_spectrum(signal: Floats, speech: Speech) -> npt.NDArray[np.float64] | None:
    """Power per hertz of what is heard when nobody speaks [shape=(257,)], at 16 kHz sampling.

    At each frequency what the quietest quarter of all pauses stays under, brought to the mean that
    Gaussian noise of that quartile has: the power of such noise is exponentially distributed. A mean
    would take breath, the ends of words and the echo of a room, all of which reach into pauses, for
    noise that lies under the speech, too.

    Source
    ------
    Welch 1967, IEEE Trans. Audio Electroacoust. 15(2): 70-73, with a Hann window over 32 ms; Allen et
    al. 2012, Phys. Rev. D 85: 122006, appendix B (quantiles of spectra); Martin 2001, IEEE Trans. Speech
    Audio Process. 9(5): 504-512 (noise is what remains at the least).
    """
    frames = np.flatnonzero(pause_frames(frame_power(signal), speech))
    if frames.size < MIN_PAUSE_FRAMES:
        return None
    frames = frames[:: -(-frames.size // _MOST_FRAMES)]
    window = scipy.signal.get_window("hann", FRAME_SAMPLES)
    powers = np.empty((frames.size, FRAME_SAMPLES // 2 + 1))
    for row, frame in enumerate(frames):
        piece = signal[frame * FRAME_SAMPLES : (frame + 1) * FRAME_SAMPLES]
        powers[row] = np.abs(np.fft.rfft(piece * window)) ** 2
    release(signal)
    power: npt.NDArray[np.float64] = np.quantile(powers, _QUIETEST, axis=0)
    power /= -np.log(1 - _QUIETEST) * BASE_RATE_HZ * (window**2).sum()
    power[1:-1] *= 2
    return power


def send_through(
    sound: Floats,
    chain: Chain,
    *,
    sample_rate_hz: int,
    speech: Speech | None = None,
    seed: int = 0,
) -> Floats:
    """Bring a sound into the conditions of another recording.

    1. Low frequencies that the other lacks are taken away, where that is known.
    2. It is made as loud as the other's speech.
    3. Noise with the spectrum of the other's pauses is added, as much of it at each frequency as
       the sound lacks; what is noisier than the other stays so.
    4. It is cut off where the other is cut off.
    5. It goes through the other's codecs, one after the other.

    Parameters
    ----------
    sound : np.ndarray [shape=(n,)]
        Of the whole recording, so that its own pauses can be measured.
    chain : Chain
    sample_rate_hz : int
        Of the sound; over 16 kHz, no noise is added above 8 kHz.
    speech : Speech, optional
        Where somebody speaks in it. Without it, level and noise are left as they are.
    seed : int
        Of the noise.

    Returns
    -------
    np.ndarray [shape=(n,)]
        At the same rate; in time to within the codec's delay of a few milliseconds.

    Raises
    ------
    MissingPart
        If there is no encoder for one of the codecs.
    """
    changed = np.asarray(sound, dtype=np.float32)
    if chain.low_cut_hz is not None:  # 1
        changed = high_pass(changed, chain.low_cut_hz, sample_rate_hz)
    if speech is not None:
        base = _at_base_rate(changed, sample_rate_hz)
        gain = _gain(base, speech, chain.speech_db)  # 2
        changed = changed * gain
        lacking = _lacking(base * gain, speech, chain.noise)  # 3
        if lacking is not None:
            changed = changed + _noise_like(lacking, changed.size, sample_rate_hz, seed)
    if chain.cut_off_hz is not None and chain.cut_off_hz < 0.475 * sample_rate_hz:  # 4
        changed = low_pass(changed, chain.cut_off_hz, sample_rate_hz)
    for coding in chain.codings:  # 5
        changed = send_through_codec(changed, coding, sample_rate_hz=sample_rate_hz)
    return changed.astype(np.float32, copy=False)


def low_pass(sound: Floats, cut_off_hz: float, sample_rate_hz: int) -> Floats:
    """Take away what lies above a frequency, without moving the rest in time [shape=(n,)]."""
    taps = 2 * int(_FILTER_S * sample_rate_hz / 2) + 1
    response = scipy.signal.firwin(taps, cut_off_hz, fs=sample_rate_hz)
    filtered = scipy.signal.oaconvolve(sound, response, mode="same")
    return np.asarray(filtered[: sound.size], dtype=np.float32)


def high_pass(sound: Floats, cut_off_hz: float, sample_rate_hz: int) -> Floats:
    """Take away what lies under a frequency, 36 dB an octave, as a telephone does [shape=(n,)]."""
    sections = scipy.signal.butter(6, cut_off_hz, "highpass", fs=sample_rate_hz, output="sos")
    return np.asarray(scipy.signal.sosfilt(sections, sound), dtype=np.float32)


def _at_base_rate(sound: Floats, sample_rate_hz: int) -> Floats:
    if sample_rate_hz == BASE_RATE_HZ:
        return sound
    return np.asarray(soxr.resample(sound, sample_rate_hz, BASE_RATE_HZ), dtype=np.float32)


def _gain(base: Floats, speech: Speech, speech_db: float | None) -> np.float32:
    own_db = speech_levels(frame_power(base), speech).speech_db
    if own_db is None or speech_db is None:
        return np.float32(1.0)
    step_db = min(max(speech_db - own_db, _LEAST_LEVEL_DB), _MOST_LEVEL_DB)
    return np.float32(10 ** (step_db / 20))


def _lacking(
    base: Floats, speech: Speech, noise: npt.NDArray[np.float64] | None
) -> npt.NDArray[np.float64] | None:
    """What noise must be added, in power per hertz, for the pauses to sound like the other's."""
    if noise is None:
        return None
    own = noise_spectrum(base, speech)
    return noise if own is None else np.maximum(noise - own, 0.0)


def _noise_like(
    power: npt.NDArray[np.float64], samples: int, sample_rate_hz: int, seed: int
) -> Floats:
    """Gaussian noise of a given spectrum [shape=(samples,)].

    White noise, whose power per hertz is 2 / sample rate for unit variance, is filtered by a linear-
    phase filter of 64 ms with the square root of the wanted spectrum as its response.
    """
    white = np.random.default_rng(seed).standard_normal(samples).astype(np.float32)
    frequencies_hz = np.linspace(0.0, BASE_RATE_HZ / 2, power.size)
    wanted = np.sqrt(power * sample_rate_hz / 2)
    taps = 2 * int(0.032 * sample_rate_hz) + 1
    bins_hz = np.fft.rfftfreq(taps, 1 / sample_rate_hz)
    magnitude = np.interp(bins_hz, frequencies_hz, wanted, right=0.0)
    response = np.fft.fftshift(np.fft.irfft(magnitude, taps)) * np.hanning(taps)
    filtered = scipy.signal.oaconvolve(white, response, mode="same")
    return np.asarray(filtered[:samples], dtype=np.float32)
