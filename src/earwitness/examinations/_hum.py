"""What the examinations of mains hum share: the hum of a recording, found and followed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from earwitness.evidence.decode import Floats
from earwitness.outcome import NotExamined
from earwitness.signal.basebands import Complexes
from earwitness.signal.hum import (
    HUM_RATE_HZ,
    LEAST_S,
    NOMINAL_HZ,
    THRESHOLD,
    Presence,
    find_hum,
)
from earwitness.signal.hum_track import HumTrack, hum_bands, track_hum
from earwitness.signal.recording import Arrays, Recording

LONGEST_S: Final = 4 * 3600.0
"""Longer recordings are not examined for hum in one piece: memory."""


@dataclass(frozen=True)
class Hum:
    """The hum of a recording: the test for it, and its track."""

    presence: Presence
    track: HumTrack


def hum_of(recording: Recording) -> Hum | NotExamined:
    """The hum of a recording, or why it has none that can be examined.

    Computed once for all examinations of hum.
    """
    if recording.duration_s < LEAST_S:
        return NotExamined(
            reason="the recording is too short for hum to be told from other sound",
            got=f"{recording.duration_s:.2f} s",
            needed=f"{LEAST_S:g} s",
        )
    if recording.duration_s > LONGEST_S:
        return NotExamined(
            reason="the recording is too long to be examined for hum in one piece",
            got=f"{recording.duration_s / 3600:.1f} h",
            needed=f"{LONGEST_S / 3600:g} h at most; examine it in parts",
        )
    arrays = recording.shared("hum_2", lambda: _arrays(recording.signal(HUM_RATE_HZ)))
    presence = Presence(
        scores=dict(zip(NOMINAL_HZ, map(float, arrays["scores"]), strict=True)),
        decoy_scores=arrays["decoy_scores"],
        tracks_hz={},
    )
    if not presence.found_hz or not arrays["power_ratios"].any():
        return _too_weak(presence, float(arrays["hum_to_noise_db"]))
    return Hum(presence, _track(arrays))


def bands_of(recording: Recording, hum: Hum) -> Complexes:
    """The basebands of the hum's harmonics [shape=(20, n)]."""
    nominal_hz = hum.track.nominal_hz
    return hum_bands(
        recording.signal(HUM_RATE_HZ), nominal_hz=nominal_hz, sample_rate_hz=HUM_RATE_HZ
    )


def _arrays(sound: Floats) -> Arrays:
    presence = find_hum(sound, sample_rate_hz=HUM_RATE_HZ)
    nominal_hz = max(presence.scores, key=lambda hz: presence.scores[hz])
    bands = hum_bands(sound, nominal_hz=nominal_hz, sample_rate_hz=HUM_RATE_HZ)
    track = track_hum(bands, presence, nominal_hz=nominal_hz)
    return {
        "scores": np.asarray([presence.scores[hz] for hz in NOMINAL_HZ]),
        "decoy_scores": presence.decoy_scores,
        "nominal_hz": np.asarray(nominal_hz),
        "times_s": track.times_s,
        "frequency_hz": track.frequency_hz,
        "sigma_hz": track.sigma_hz,
        "power_ratios": track.power_ratios,
        "hum_to_noise_db": np.asarray(track.hum_to_noise_db),
    }


def _track(arrays: Arrays) -> HumTrack:
    return HumTrack(
        nominal_hz=int(arrays["nominal_hz"]),
        times_s=arrays["times_s"],
        frequency_hz=arrays["frequency_hz"],
        sigma_hz=arrays["sigma_hz"],
        power_ratios=arrays["power_ratios"],
        hum_to_noise_db=float(arrays["hum_to_noise_db"]),
    )


def _too_weak(presence: Presence, hum_to_noise_db: float) -> NotExamined:
    best = max(presence.scores, key=lambda hz: presence.scores[hz])
    return NotExamined(
        reason="no mains hum stands out in it at 50 or 60 Hz, or it is too weak to be followed",
        got=f"at {best} Hz, {presence.scores[best]:.1f} spreads above frequencies at which no mains "
        f"hums; harmonics that stand out: {hum_to_noise_db:.0f} dB over 1 Hz of noise"
        if hum_to_noise_db > -50
        else f"at {best} Hz, {presence.scores[best]:.1f} spreads above frequencies at which no mains "
        "hums; no harmonic stands out",
        needed=f"{THRESHOLD:g} spreads, and one harmonic that stands out along the track",
    )
