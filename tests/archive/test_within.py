"""Passages that occur twice in one recording."""

from __future__ import annotations

from pathlib import Path

import material
import numpy as np
import pytest

from earwitness.archive import within


def copied(length_s: float, *, taken_s: float = 12.0, put_s: float = 40.0) -> np.ndarray:
    """A minute of a voice in which a passage stands a second time."""
    sound = material.sound("known_1.m4a").copy()
    passage = material.part("known_1.m4a", taken_s, length_s)
    sound[round(put_s * 8_000) :][: passage.size] = passage
    return sound


def same_waves(sound: np.ndarray) -> list[within.Repeat]:
    """What is told as the same sound twice."""
    found = within.find_repeats(sound, most_probable_error=0.01)
    return [repeat for repeat in found if repeat.is_same_wave]


@pytest.mark.parametrize("length_s", [2.0, 3.5])
def test_a_copied_passage_is_found_through_opus(length_s: float, tmp_path: Path) -> None:
    """Two seconds and more are found, to a hundredth of a second in distance."""
    sound = material.through_opus(copied(length_s), tmp_path, bit_rate=24_000)
    (repeat,) = same_waves(sound)
    assert repeat.second_start_s - repeat.first_start_s == pytest.approx(28.0, abs=0.01)
    assert repeat.first_end_s - repeat.first_start_s == pytest.approx(length_s, abs=0.25)
    assert repeat.wave_correlation > 0.7


@pytest.mark.parametrize(
    "name",
    ["known_1.m4a", "known_2.mp3", "impostor.opus", "release_2031.mp3", "release_2032.ogg"],
)
def test_an_untouched_recording_has_no_repeats(name: str) -> None:
    """Speech does not repeat itself, not even for a second in the voice of a machine."""
    assert same_waves(material.sound(name)) == []


def test_a_synthetic_voice_that_says_the_same_again_is_alike_and_not_the_same() -> None:
    """The demo's voices are a machine's: some words come out alike, but no waveform does."""
    found = within.find_repeats(material.sound("known_1.m4a"), most_probable_error=0.01)
    assert all(repeat.wave_correlation < within.WAVES_AGREE for repeat in found)


def test_a_long_recording_is_searched_by_landmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond forty minutes, a passage of six seconds is still found."""
    monkeypatch.setattr(within, "_COMPARED_WHOLE_S", 10.0)
    (repeat,) = same_waves(copied(6.0))
    assert repeat.second_start_s - repeat.first_start_s == pytest.approx(28.0, abs=0.01)


@pytest.mark.parametrize("seconds", [0.0, 0.5, 3.0])
def test_short_and_silent_sounds_have_none(seconds: float) -> None:
    """Nothing, silence and a word are no error."""
    assert (
        within.find_repeats(material.part("known_1.m4a", 5.0, seconds), most_probable_error=0.5)
        == ()
    )
    silence = np.zeros(round(seconds * 8_000), np.float32)
    assert within.find_repeats(silence, most_probable_error=0.01) == ()
