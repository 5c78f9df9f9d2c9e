"""Breaks in the phase of hum: cuts are found where they are, and nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

import sounds
from earwitness.evidence.decode import decode_mono
from earwitness.signal.hum import HUM_RATE_HZ, find_hum
from earwitness.signal.hum_phase import BREAK_THRESHOLD, FalseAlarms, PhaseScan, scan_phase
from earwitness.signal.hum_track import hum_bands, track_hum


def scanned(sound: sounds.Floats, *, rate_hz: int = sounds.RATE_HZ) -> PhaseScan:
    """The phase of a sound's 50 Hz hum."""
    low = np.asarray(soxr.resample(sound, rate_hz, HUM_RATE_HZ), np.float32)
    bands = hum_bands(low, nominal_hz=50, sample_rate_hz=HUM_RATE_HZ)
    track = track_hum(bands, find_hum(low, sample_rate_hz=HUM_RATE_HZ), nominal_hz=50)
    return scan_phase(bands, track, threshold=BREAK_THRESHOLD)


def hummed() -> sounds.Floats:
    """A minute of a voice with hum some 20 dB under it."""
    return sounds.voice(60.0) + sounds.hum(60.0, level=0.005)


def without(sound: sounds.Floats, start_s: float, length_s: float) -> sounds.Floats:
    """The sound with a stretch cut out."""
    first = round(start_s * sounds.RATE_HZ)
    return np.concatenate([sound[:first], sound[first + round(length_s * sounds.RATE_HZ) :]])


def test_an_untouched_recording_has_none() -> None:
    """And nearly all jumps would have shown."""
    scan = scanned(hummed())
    assert scan.breaks(BREAK_THRESHOLD) == []
    assert scan.shown.mean() > 0.8


@pytest.mark.parametrize("length_s", [0.505, 1.327, 2.013])
def test_a_cut_is_found_with_its_jump(length_s: float) -> None:
    """Within its interval and 0.15 s, with the jump that the cut makes: what is left of whole periods."""
    (found,) = scanned(without(hummed(), 30.0, length_s)).breaks(BREAK_THRESHOLD)
    assert found.low_s <= 30.0 <= found.high_s
    assert found.at_s == pytest.approx(30.0, abs=0.15)
    left = (length_s * 50.02 + 0.5) % 1.0 - 0.5
    assert (found.jump_cycles - left + 0.5) % 1.0 - 0.5 == pytest.approx(0.0, abs=0.08)


def test_a_cut_of_whole_periods_is_not_seen() -> None:
    """As the report says: 1.0 s holds 50.02 periods."""
    assert scanned(without(hummed(), 30.0, 1.0)).breaks(BREAK_THRESHOLD) == []


def test_a_step_of_loudness_is_no_break() -> None:
    """Somebody turned the volume down, and up again."""
    sound = hummed()
    sound[25 * sounds.RATE_HZ : 40 * sounds.RATE_HZ] *= 0.4
    assert scanned(sound).breaks(BREAK_THRESHOLD) == []


def test_hum_too_weak_to_show() -> None:
    """Under a voice by some 60 dB, hardly any jump would show."""
    sound = sounds.voice(60.0) + sounds.hum(60.0, level=0.00003)
    assert scanned(sound).shown.sum() < 0.5 * 60 * 16


def test_a_real_break_in_a_real_recording_of_the_mains(real_data: object) -> None:
    """One of the mains recordings of ENF-WHU lost four samples of 400 Hz, half a period, near 480 s."""
    from pathlib import Path

    path = Path(str(real_data)) / "enf-whu-mains" / "027_ref.flac"
    found = scanned(decode_mono(path, sample_rate_hz=400), rate_hz=400).breaks(BREAK_THRESHOLD)
    best = max(found, key=lambda each: each.score)
    assert best.at_s == pytest.approx(481.5, abs=2.5)
    assert abs(best.jump_cycles) == pytest.approx(0.5, abs=0.04)


def test_rates_for_other_lengths() -> None:
    """None of 99 pieces of 100 s: about 0.5 % for as long, twice that for twice as long."""
    counted = FalseAlarms(alarms=0, pieces=99, piece_s=100.0, wording="")
    middle, low, high = counted.rate_for(200.0)
    assert middle == pytest.approx(0.01, abs=1e-4)
    assert low == 0.0
    assert high == pytest.approx(1 - (1 - 0.0366) ** 2, abs=2e-3)
