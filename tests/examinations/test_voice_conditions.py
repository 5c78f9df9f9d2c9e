"""Both sides of a voice comparison: what their recordings went through, and who goes through the same."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

import sounds
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.examinations._voice_conditions import Conditions, of_most
from earwitness.examinations._voice_speech import Side, heard, heard_through
from earwitness.signal.chains import Chain
from earwitness.signal.recording import Recording
from earwitness.voices.embedder import embedded_for

WIDE, TELEPHONE = Chain(), Chain(cut_off_hz=3_400.0, low_cut_hz=300.0)


def test_people_of_one_fold_take_turns_with_the_known_recordings() -> None:
    """Four people in a row have the same, so that the four folds do; the next four have the next."""
    conditions = Conditions(WIDE, {"a": WIDE, "b": TELEPHONE})
    told = [conditions.known_for(number) for number in range(16)]
    assert told == [*[WIDE] * 4, *[TELEPHONE] * 4] * 2
    for fold in range(4):
        assert {each.cut_off_hz for each in told[fold::4]} == {None, 3_400.0}


def test_voices_are_compared_within_the_band_that_both_sides_have() -> None:
    """One narrow known recording of three does not narrow it; two do, and so does the questioned one."""
    one = Conditions(WIDE, {"a": WIDE, "b": WIDE, "c": TELEPHONE})
    assert (one.low_cut_hz, one.cut_off_hz) == (None, None)
    two = Conditions(WIDE, {"a": WIDE, "b": TELEPHONE, "c": TELEPHONE})
    assert (two.low_cut_hz, two.cut_off_hz) == (300.0, 3_400.0)
    narrow = replace(TELEPHONE, cut_off_hz=3_000.0, low_cut_hz=220.0)
    assert Conditions(narrow, one.known).cut_off_hz == 3_000.0
    assert Conditions(narrow, two.known).cut_off_hz == 3_000.0
    assert Conditions(narrow, two.known).low_cut_hz == 300.0


def test_the_middle_is_told_if_most_are_told() -> None:
    """Half of them is not most."""
    assert of_most([100.0, 300.0, 200.0, None]) == 200.0
    assert of_most([100.0, None]) is None


def test_both_sides_in_words() -> None:
    """Known recordings that went through the same are named once, and three at most."""
    known = {str(hz): Chain(cut_off_hz=1_000.0 * hz) for hz in (2, 3, 4, 5)}
    assert Conditions(WIDE, {"a": TELEPHONE, "b": TELEPHONE}).wording == (
        "the questioned side: no lossy codec, full band, noise not known; "
        "the known side: cut off under 300 Hz, then cut off at 3.4 kHz"
    )
    assert Conditions(WIDE, known).wording.endswith(
        "the known side: cut off at 2.0 kHz; or cut off at 3.0 kHz; or cut off at 4.0 kHz; and 1 more"
    )


def test_noise_is_not_the_same_on_both_sides(tmp_path: Path) -> None:
    """It would be heard as something that the voices have in common."""
    path = sounds.write_wav(tmp_path / "a.wav", sounds.voice(8.0))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    exhibit = Exhibit(sha256, path.name, path.stat().st_size, Role.POPULATION, "", path)
    recording, embedder = Recording(exhibit, tmp_path / "cache"), embedded_for(None)
    noisy = Chain(noise=np.full(257, 1e-9))
    asked = heard_through(recording, embedder, noisy)
    known = heard_through(recording, embedder, noisy, side=Side.KNOWN)
    size = min(len(asked.rows), len(known.rows))
    apart = np.abs(asked.rows[:size] - known.rows[:size]).mean()
    moved = np.abs(asked.rows[:size] - heard(recording, embedder).rows[:size]).mean()
    assert apart > 0.3 * moved > 0.03
