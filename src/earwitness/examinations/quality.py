"""What a recording is worth for examination."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.ndimage

from earwitness.evidence.exhibit import Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.outcome import Asked, Figure, Finding, Line, Measure, Place, Spans, numbers
from earwitness.signal.native import Native
from earwitness.signal.pictures import spectrogram, waveform
from earwitness.signal.quality import (
    Band,
    SpeechLevels,
    band,
    db,
    frame_power,
    speech_levels,
    split_silence,
)
from earwitness.signal.recording import BASE_RATE_HZ, Recording
from earwitness.signal.speech import Speech

MAX_PLACES_OF_A_KIND = 100


@examination(
    question="How much speech is in it, how clear is it, and what has harmed it?",
    answers=Asked.WHAT,
    sources=(
        "Silero VAD 6, https://github.com/snakers4/silero-vad (speech activity)",
        "Welch 1967, IEEE Trans. Audio Electroacoust. 15(2) (mean spectrum)",
        "SWGDE Best Practices for Forensic Audio (what to look at before any other examination)",
    ),
    needs=Needs(min_seconds=0.5),
    applies_to=(Role.QUESTIONED, Role.KNOWN, Role.ARCHIVE),
)
def quality_v1(recording: Recording, case: CaseView) -> Finding:
    """Measure what the other examinations depend on: speech, noise, bandwidth, and damage.

    1. Net speech is where a speech-activity model hears somebody, pauses under 0.2 s included.
    2. The level of speech is the mean power of those stretches; the noise level that of the pauses
       at least 0.2 s away from any speech, digital silence left out. Their ratio is the SNR; its
       interval shows how it varies over twenty parts of the recording.
    3. The mean spectrum tells how far the sound reaches, and whether it ends in a cliff, as a
       codec or a resampler leaves it.
    4. Clipping is three or more equal samples in a row at the recording's own highest level, with
       the sound falling away from it at once; the rounded top of a low tone is none.
    5. Digital silence is 20 ms or more of exact zeros in all channels; it is called a dropout when
       it is shorter than half a second and lies within speech.
    6. Channels are compared: the same, alike, or different.
    """
    native, speech = recording.native, recording.speech  # 1
    case.progress(0.5, "measuring levels")
    signal = recording.signal()
    levels = speech_levels(frame_power(signal), speech)  # 2
    spectrum_band = band(native.spectrum, native.sample_rate_hz)  # 3
    dropouts, silences = split_silence(native.silence, speech)  # 5
    case.progress(0.8, "drawing")
    return Finding(
        summary=_summary(native, speech, levels, spectrum_band, dropouts),
        measures=(
            *_speech_measures(native, speech, levels),
            *_band_measures(spectrum_band, native),
            *_damage_measures(recording, native, dropouts, silences),  # 4
            *_channel_measures(native),  # 6
        ),
        places=(
            *_places(native.clipped, "clipping"),
            *_places(dropouts, "dropout"),
            *_places(silences, "digital silence"),
        ),
        limits=(
            "Speech activity also takes singing and speech from a loudspeaker for speech.",
            "The noise level is that of the pauses: noise that a telephone or messenger removes "
            "in pauses is not in it, so the SNR may be too high.",
            "A cut-off of the spectrum shows that something limited the band, not what or when.",
        ),
        details={
            "speech_regions_s": np.round(speech.regions, 3),
            "decode_errors": recording.decode_notes.errors,
        },
        figures=_figures(recording, spectrum_band),
    )


def _summary(
    native: Native,
    speech: Speech,
    levels: SpeechLevels,
    found: Band,
    dropouts: npt.NDArray[np.float64],
) -> str:
    parts = [f"{speech.total_s:.1f} s of speech in {native.duration_s:.1f} s"]
    if levels.snr_db is not None:
        side = "above" if levels.snr_db >= 0 else "below"
        parts.append(f"{abs(levels.snr_db):.0f} dB {side} the noise")
    elif speech.total_s:
        parts.append("with pauses too short or too quiet to measure noise in")
    parts.append(f"sound up to {found.bandwidth_hz / 1000:.1f} kHz")
    if found.cut_off_hz is not None:
        parts.append(f"cut off at {found.cut_off_hz / 1000:.1f} kHz")
    if len(native.clipped):
        parts.append(f"{len(native.clipped)} clipped stretches")
    if len(dropouts):
        parts.append(f"{len(dropouts)} dropouts")
    return ", ".join(parts) + "."


def _speech_measures(native: Native, speech: Speech, levels: SpeechLevels) -> list[Measure]:
    no_speech = "" if levels.speech_db is not None else "no speech was found"
    no_pause = f"only {levels.pause_s:.1f} s of pauses with sound in them, 0.5 s are needed"
    share = 100 * speech.total_s / native.duration_s
    return [
        Measure("duration", native.duration_s, "s", digits=3),
        Measure("net speech", speech.total_s, "s", digits=1),
        Measure("share of speech", share, "%", digits=1),
        Measure("speech level", levels.speech_db, "dBFS", digits=1, note=no_speech),
        Measure(
            "noise level",
            levels.noise_db,
            "dBFS",
            digits=1,
            note=no_pause if levels.noise_db is None else "",
        ),
        Measure(
            "signal-to-noise ratio",
            levels.snr_db,
            "dB",
            digits=1,
            low=levels.snr_low,
            high=levels.snr_high,
            note=(no_speech or no_pause) if levels.snr_db is None else "",
        ),
    ]


def _band_measures(found: Band, native: Native) -> list[Measure]:
    none = f"no fall of 12 dB or more below {native.sample_rate_hz / 2:.0f} Hz"
    return [
        Measure("bandwidth (within 60 dB)", found.bandwidth_hz, "Hz", digits=0),
        Measure("cut-off", found.cut_off_hz, "Hz", digits=0, note="" if found.cut_off_hz else none),
        Measure("fall at the cut-off", found.fall_db, "dB", digits=1),
    ]


def _damage_measures(
    recording: Recording,
    native: Native,
    dropouts: npt.NDArray[np.float64],
    silences: npt.NDArray[np.float64],
) -> list[Measure]:
    bits = f"{native.used_bits} of {native.stored_bits}" if native.stored_bits else None
    silent_s = float((silences[:, 1] - silences[:, 0]).sum())
    return [
        Measure("peak", db(float(native.peak.max()) ** 2), "dBFS", digits=2),
        Measure("clipped stretches", len(native.clipped)),
        Measure("clipped samples", native.clipped_samples),
        Measure("offset (DC)", 100 * float(np.abs(native.dc).max()), "% of full scale", digits=3),
        Measure("bits used", bits, note="" if bits else "the samples are not integers"),
        Measure("dropouts", len(dropouts)),
        Measure("digital silence outside speech", silent_s, "s", digits=2),
        Measure("samples that were not finite", recording.decode_notes.not_finite),
    ]


def _channel_measures(native: Native) -> list[Measure]:
    if native.channels == 1:
        return [Measure("channels", 1)]
    if native.channels_identical:
        relation = "the same samples in all channels"
    elif native.channel_correlation is None:
        relation = "one of the first two channels is silent"
    else:
        relation = f"first two correlate by {native.channel_correlation:.3f}"
    left, right = (db(float(power)) for power in native.power[:2])
    return [
        Measure("channels", native.channels),
        Measure("channel relation", relation),
        Measure("level difference of the first two channels", left - right, "dB", digits=1),
    ]


def _places(stretches: npt.NDArray[np.float64], label: str) -> list[Place]:
    places = [Place(start, end, label) for start, end in stretches[:MAX_PLACES_OF_A_KIND]]
    left_out = len(stretches) - len(places)
    if left_out > 0:
        start, end = stretches[MAX_PLACES_OF_A_KIND, 0], stretches[-1, 1]
        places.append(Place(start, end, f"{left_out} more of: {label}"))
    return places


def _figures(recording: Recording, found: Band) -> tuple[Figure, ...]:
    signal, speech, native = recording.signal(), recording.speech, recording.native
    spans = Spans(
        tuple((round(float(a), 3), round(float(b), 3)) for a, b in speech.regions), "speech"
    )
    end = round(native.duration_s, 3)
    hz = np.linspace(0, native.sample_rate_hz / 2, native.spectrum.size)[::8]
    level = 10 * np.log10(np.maximum(native.spectrum, 1e-14))
    smooth = scipy.ndimage.uniform_filter1d(level, 9, mode="nearest")[::8]
    cut = (
        (Spans(((found.cut_off_hz, float(hz[-1])),), "above the cut-off"),)
        if found.cut_off_hz
        else ()
    )
    return (
        Figure(
            title="Waveform, with speech marked",
            alternative=f"Waveform of {end:.0f} s; {len(speech.regions)} stretches of speech, "
            f"{speech.total_s:.0f} s together.",
            x_label="seconds",
            y_label="full scale",
            layers=(spans, waveform(signal, BASE_RATE_HZ)),
            x_range=(0.0, end),
        ),
        Figure(
            title="Spectrogram",
            alternative=f"Spectrogram of the recording up to 8 kHz; the sound reaches to "
            f"{found.bandwidth_hz:.0f} Hz.",
            x_label="seconds",
            y_label="Hz",
            layers=(spectrogram(signal, BASE_RATE_HZ),),
        ),
        Figure(
            title="Mean spectrum",
            alternative=f"Mean power over frequency; bandwidth {found.bandwidth_hz:.0f} Hz, "
            + (f"cut-off at {found.cut_off_hz:.0f} Hz." if found.cut_off_hz else "no cut-off."),
            x_label="Hz",
            y_label="dB",
            layers=(*cut, Line(numbers(hz), numbers(smooth, digits=4), "mean spectrum")),
        ),
    )
