"""A recording is decoded once, and shared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sounds
from earwitness.evidence.decode import decode_mono
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.signal import recording as recordings
from earwitness.signal.recording import Recording


def recording_of(path: Path, cache: Path) -> Recording:
    """A recording over a file, as the worker makes it."""
    exhibit = Exhibit("0" * 64, path.name, path.stat().st_size, Role.QUESTIONED, "", path)
    return Recording(exhibit, cache)


def test_the_signal_is_the_decoded_sound(tmp_path: Path, voice: Path) -> None:
    """What the cache holds is what decoding gives, to the bit."""
    signal = recording_of(voice, tmp_path).signal()
    np.testing.assert_array_equal(signal, decode_mono(voice, sample_rate_hz=16_000))


def test_it_is_decoded_once(tmp_path: Path, voice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process finds everything in the cache."""
    first = recording_of(voice, tmp_path)
    before = (first.duration_s, first.speech.total_s, first.native.peak[0])

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("decoded or searched again")

    monkeypatch.setattr(recordings, "decode", fail)
    monkeypatch.setattr(recordings, "find_speech", fail)
    second = recording_of(voice, tmp_path)
    assert (second.duration_s, second.speech.total_s, second.native.peak[0]) == before
    assert second.native.channel_correlation is None


@pytest.mark.parametrize("rate_hz", [400, 8_000, 16_000, 44_100])
def test_other_rates_keep_the_length(tmp_path: Path, voice: Path, rate_hz: int) -> None:
    """The sound lasts as long at any rate, below and above 16 kHz."""
    signal = recording_of(voice, tmp_path).signal(rate_hz)
    assert signal.size / rate_hz == pytest.approx(4.0, abs=0.01)


def test_shared_arrays_are_computed_once(tmp_path: Path, tone: Path) -> None:
    """The second who asks gets what the first computed."""
    calls = []

    def compute() -> dict[str, np.ndarray]:
        calls.append(1)
        return {"x": np.arange(5)}

    for _ in range(2):
        arrays = recording_of(tone, tmp_path).shared("test_1", compute)
        np.testing.assert_array_equal(arrays["x"], np.arange(5))
    assert calls == [1]


def test_an_interrupted_decoding_begins_anew(tmp_path: Path, tone: Path) -> None:
    """Without its last file, the cache of a recording counts for nothing."""
    first = recording_of(tone, tmp_path)
    duration = first.duration_s
    (first.folder / "notes.json").unlink()
    (first.folder / "mono_16000.f32").write_bytes(b"half")
    assert recording_of(tone, tmp_path).duration_s == duration
    assert recording_of(tone, tmp_path).signal().size == 16_000


def test_progress_is_told(tmp_path: Path) -> None:
    """Whoever listens hears how far the decoding is, up to the end."""
    path = sounds.write_wav(tmp_path / "x.wav", sounds.noise(30.0))
    heard: list[float] = []
    exhibit = Exhibit("0" * 64, "x", 1, Role.QUESTIONED, "", path)
    made = Recording(exhibit, tmp_path, on_progress=lambda fraction, _: heard.append(fraction))
    assert made.duration_s == 30.0
    assert heard == sorted(heard) and heard[-1] == pytest.approx(1.0)
