"""Keys of patches, and the keys that are looked up beside them."""

from __future__ import annotations

from pathlib import Path

import material
import numpy as np

import sounds
from earwitness.archive import landmarks
from earwitness.archive.spectrum import picture


def test_the_first_probe_is_the_key_itself_and_none_comes_twice() -> None:
    """The likeliest key is the one whose every bit is as it was heard."""
    margins = landmarks.margins(picture(material.part("known_1.m4a", 2.0, 4.0)), step=8)
    probes = landmarks.probes(margins, count=64)
    assert np.array_equal(probes[:, 0], landmarks.keys_of(margins))
    assert all(np.unique(row).size == 64 for row in probes)


def test_probes_turn_the_least_certain_bits_over_first() -> None:
    """The second key differs in the one bit that is nearest to zero."""
    margins = landmarks.margins(picture(material.part("known_1.m4a", 2.0, 4.0)), step=8)
    probes = landmarks.probes(margins, count=2)
    weakest = np.argmin(np.abs(margins), axis=1).astype(np.uint32)
    assert np.array_equal(probes[:, 0] ^ probes[:, 1], np.uint32(1) << weakest)


def test_a_codec_changes_few_bits_and_other_speech_many(tmp_path: Path) -> None:
    """Keys through Opus 12k differ in a few of 32 bits, those of other words in about half."""
    clean = material.part("known_1.m4a", 2.0, 10.0)
    keys = [
        landmarks.keys_of(landmarks.margins(picture(sound), step=4))
        for sound in (
            clean,
            material.through_opus(clean, tmp_path),
            material.part("known_2.mp3", 2.0, 10.0),
        )
    ]
    same, coded, other = keys
    n = min(map(len, keys))
    assert np.bitwise_count(same[:n] ^ coded[:n]).mean() < 5
    assert 12 < np.bitwise_count(same[:n] ^ other[:n]).mean() < 20


def test_silence_and_a_steady_tone_give_no_landmarks() -> None:
    """What sounds the same all the time would be found everywhere."""
    for dull in (np.zeros(80_000, np.float32), sounds.tone(10.0, rate_hz=8_000)):
        worth = landmarks.informative(picture(dull), step=4)
        assert worth.size > 100 and worth.mean() < 0.2
    voice = picture(material.part("known_1.m4a", 2.0, 10.0))
    assert landmarks.informative(voice, step=4).mean() > 0.9


def test_a_sound_shorter_than_a_patch_has_none() -> None:
    """Under one and a half seconds there is no landmark, and no error."""
    shown = picture(material.part("known_1.m4a", 2.0, 1.0))
    assert landmarks.margins(shown, step=4).shape == (0, 32)
    assert landmarks.keys_of(landmarks.margins(shown, step=4)).size == 0
