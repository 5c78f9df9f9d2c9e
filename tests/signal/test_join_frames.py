"""What is told of each 2 ms: levels, residues high and low, and the period of a voice."""

from __future__ import annotations

import numpy as np
import pytest

import sounds
from earwitness.signal.join_frames import (
    BANDS,
    CHANNELS,
    FRAME,
    FRAME_S,
    PARTS,
    RATE_HZ,
    RESIDUE,
    band_edges,
    frames,
)

LOW = slice(BANDS + 4 * PARTS, BANDS + 4 * PARTS + 3)


def test_frames_leave_the_level_out() -> None:
    """Of noise, every level is about zero on average, however loud; and quieter is the same."""
    noise = sounds.noise(4.0, level=0.2)
    shown = frames(noise)
    assert shown.shape == (4 * RATE_HZ // FRAME, CHANNELS)
    assert np.abs(shown[:, :-2].mean(axis=0)).max() < 0.2
    assert frames(np.float32(0.1) * noise) == pytest.approx(shown, abs=0.05)


def test_bands_cover_all_from_the_first_bin() -> None:
    """Eighteen of them, none empty, up to 8 kHz."""
    edges = band_edges()
    assert edges.size == BANDS + 1
    assert (np.diff(edges) > 0).all()
    assert (edges[0], edges[-1]) == (1, 65)


def test_a_click_is_in_the_half_millisecond_where_it_is() -> None:
    """One sample in noise: the residue stands out there, and in no other part of its frame."""
    sound = sounds.noise(2.0, level=0.01)
    at = 16_000 + 2 * (FRAME // PARTS) + 3  # the third part of its frame
    sound[at] += 0.5
    shown = frames(sound)[:, RESIDUE]
    frame, part = np.unravel_index(np.argmax(shown), shown.shape)
    assert (frame, part) == (16_000 // FRAME, 2)


def test_a_hum_that_breaks_shows_below_one_kilohertz() -> None:
    """A third of a cycle is taken out of a hum in noise; where it goes on, nothing is so high."""
    hum = sounds.tone(6.0, hz=100.0, level=0.1) + sounds.noise(6.0, level=0.0005)
    broken = np.concatenate([hum[:48_000], hum[48_053:]]).astype(np.float32)
    shown = frames(broken)[:, LOW]
    assert np.argmax(shown.max(axis=1)) * FRAME_S == pytest.approx(3.0, abs=0.02)


@pytest.mark.parametrize("hz", [100.0, 200.0])
def test_the_period_of_a_voice_is_told(hz: float) -> None:
    """Pulses: foretold well, and the lag is the period or a multiple of it, under 18 ms."""
    pulses = np.zeros(2 * RATE_HZ, np.float32)
    pulses[:: round(RATE_HZ / hz)] = 0.5
    height, lag = frames(pulses)[200:-200, -2:].T
    assert height.min() > 0.9
    period_s = np.exp(lag / height) * np.sqrt(72 * 10) / 4_000
    multiples = period_s * hz
    assert multiples == pytest.approx(np.round(multiples), abs=0.06)


def test_next_to_nothing_has_no_frames() -> None:
    """Empty, and less than eight milliseconds."""
    for size in (0, 100):
        assert frames(np.zeros(size, np.float32)).shape == (0, CHANNELS)
