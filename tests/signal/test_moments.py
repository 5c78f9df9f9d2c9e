"""Moments that may be cuts: found where a sound was cut, the same in pieces, none in nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sounds
from earwitness.signal import joins
from earwitness.signal.join_frames import CHANNELS, RATE_HZ
from earwitness.signal.joins import TAPS, Networks, convolve, networks
from earwitness.signal.moments import CUES, find_moments


def test_a_cut_in_a_voice_stands_out() -> None:
    """Two stretches of a voice put together in the middle of a sound: the highest join is there."""
    first, second = sounds.voice(6.0), sounds.voice(6.0, start_s=20.35)
    found = find_moments(np.concatenate([first, second]))
    best = found.at_s[np.argmax(found.cues[:, CUES.index("join")])]
    assert best == pytest.approx(6.0, abs=0.01)


def test_a_step_in_a_tone_stands_out() -> None:
    """A tone whose phase jumps: the step is told within 2 ms, though no network learned tones."""
    tone = sounds.tone(8.0, hz=300.0, level=0.3) + sounds.noise(8.0, level=0.001)
    broken = np.concatenate([tone[:64_000], tone[64_020:]])
    found = find_moments(broken)
    step = found.cues[:, CUES.index("step")]
    near = np.abs(found.at_s - 4.0) < 0.03
    assert step[near].max() > 3
    assert step[near].max() > np.quantile(step[~near], 0.99)


def test_pieces_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording that is listened to in many pieces has the same moments and cues."""
    voice = sounds.voice(30.0)
    whole = find_moments(voice)
    monkeypatch.setattr(joins, "_PIECE", 2_500)
    pieces = find_moments(voice)
    assert pieces.at_s == pytest.approx(whole.at_s)
    assert pieces.cues == pytest.approx(whole.cues, abs=2e-3)


def test_level_does_not_matter_to_a_join() -> None:
    """The same sound, 20 dB quieter, sounds as much like a join."""
    voice = sounds.voice(10.0)
    loud, quiet = find_moments(voice), find_moments(np.float32(0.1) * voice)
    join = CUES.index("join")
    assert np.median(np.abs(loud.cues[:, join].max() - quiet.cues[:, join].max())) < 0.5


def test_there_are_no_moments_in_next_to_nothing() -> None:
    """Empty, and a tenth of a second."""
    for sound in (np.zeros(0, np.float32), sounds.voice(0.1)):
        found = find_moments(sound)
        assert found.at_s.size == 0
        assert found.cues.shape == (0, len(CUES))


def test_silence_has_finite_cues() -> None:
    """Digital silence: nothing is divided by nothing."""
    assert np.isfinite(find_moments(np.zeros(5 * RATE_HZ, np.float32)).cues).all()


def test_a_convolution_is_what_numpy_gives() -> None:
    """One channel in, one out, dilated by three."""
    held = np.random.default_rng(1).standard_normal((50, 1)).astype(np.float32)
    weights = np.arange(1, TAPS + 1, dtype=np.float32).reshape(TAPS, 1, 1)
    spread = np.zeros(3 * (TAPS - 1) + 1)
    spread[::3] = weights[:, 0, 0]
    expected = np.convolve(held[:, 0], spread[::-1], "same")
    assert convolve(held, weights, 3)[:, 0] == pytest.approx(expected, abs=1e-5)


def test_the_shipped_networks_are_small_and_finite() -> None:
    """All under 800 KB as they are shipped; finite weights; what each hears ends where it says."""
    assert (Path(joins.__file__).parent / "joins_3.npz").stat().st_size < 800_000
    shown = np.zeros((600, CHANNELS), np.float32)
    for member in networks().members:
        assert all(np.isfinite(each.weights).all() for each in (*member.layers, member.last))
        changed = shown.copy()
        changed[300 + member.reach + 1] = 3.0
        assert member(changed)[300] == member(shown)[300]
        changed[300 + member.reach] = 3.0
        assert member(changed)[300] != member(shown)[300]


def test_networks_together_say_the_mean_of_what_each_says() -> None:
    """Their log odds, frame by frame."""
    members = networks().members
    shown = np.random.default_rng(3).standard_normal((60, CHANNELS)).astype(np.float32)
    each = np.array([member(shown) for member in members])
    assert len(members) > 1
    assert Networks(members)(shown) == pytest.approx(each.mean(axis=0), abs=1e-4)
