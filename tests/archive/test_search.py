"""Finding what was heard before, and nothing else."""

from __future__ import annotations

from pathlib import Path

import material
import numpy as np
import pytest
import soxr

from earwitness.archive.background import REFERENCE
from earwitness.archive.index import Archive
from earwitness.archive.joining import Stretch
from earwitness.archive.search import DEFAULT_ERROR, search


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Three of the demo's voices."""
    return material.made(tmp_path_factory.mktemp("archive") / "a", material.VOICES[:3])


def ask(sound: np.ndarray, archive: Archive) -> tuple[Stretch, ...]:
    """Search at the default threshold."""
    return search([sound], archive, background=REFERENCE, most_probable_error=DEFAULT_ERROR)


def test_a_passage_through_opus_is_found_and_aligned(archive: Archive, tmp_path: Path) -> None:
    """Six seconds at 12 kbit/s: the right recording, at the right place, at the same speed."""
    (found,) = ask(
        material.through_opus(material.part("known_1.m4a", 20.0, 6.0), tmp_path), archive
    )
    assert found.recording.name == "known_1.m4a"
    assert found.there_start_s - found.here_start_s == pytest.approx(20.0, abs=0.03)
    assert found.here_end_s - found.here_start_s > 5.5
    assert found.speed == pytest.approx(1.0, abs=0.004) and found.semitones == 0
    assert found.false_match_probability < 1e-9


def test_a_passage_in_noise_is_found(archive: Archive) -> None:
    """Ten seconds at 5 dB."""
    noisy = material.babbled(material.part("known_2.mp3", 12.0, 10.0), snr_db=5)
    assert {item.recording.name for item in ask(noisy, archive)} == {"known_2.mp3"}


@pytest.mark.parametrize("factor", [0.93, 0.97, 1.04, 1.08])
def test_a_changed_speed_is_found_and_told(archive: Archive, factor: float) -> None:
    """Played faster or slower, pitch with it: found, with the factor to half a per cent."""
    changed = soxr.resample(material.part("known_2.mp3", 12.0, 10.0), 8_000 * factor, 8_000)
    found = max(ask(changed, archive), key=lambda item: item.score)
    assert found.recording.name == "known_2.mp3"
    assert found.speed == pytest.approx(factor, abs=0.005)
    assert found.semitones == pytest.approx(12 * np.log2(factor), abs=0.5)


def test_a_changed_tempo_within_a_longer_tape_is_found(archive: Archive) -> None:
    """Ten seconds at 0.95 times the speed after half a minute of another voice, and before some."""
    changed = soxr.resample(material.part("known_2.mp3", 12.0, 10.0), 8_000 * 0.95, 8_000)
    other = material.sound("impostor.opus")
    (found,) = ask(np.concatenate([other[: 30 * 8_000], changed, other[30 * 8_000 :]]), archive)
    assert found.recording.name == "known_2.mp3"
    assert (found.here_start_s, found.here_end_s) == pytest.approx((30.0, 40.5), abs=0.4)
    assert found.speed == pytest.approx(0.95, abs=0.005)


def test_another_voice_is_not_found(archive: Archive) -> None:
    """Speech of somebody who is not in the archive, in parts and whole."""
    assert ask(material.sound("impostor.opus"), archive) == ()
    for start_s in (3.0, 13.0, 23.0, 33.0):
        assert ask(material.part("impostor.opus", start_s, 6.0), archive) == ()


@pytest.mark.parametrize("seconds", [0.0, 0.01, 1.0])
def test_too_little_sound_finds_nothing(archive: Archive, seconds: float) -> None:
    """No sound, or hardly any, is no error."""
    assert ask(material.part("known_1.m4a", 20.0, seconds), archive) == ()


def test_noise_silence_and_clicks_find_nothing(archive: Archive) -> None:
    """What is no speech at all is not found either."""
    rng = np.random.default_rng(5)
    clicks = np.zeros(80_000, np.float32)
    clicks[::4_000] = 0.9
    for sound in (
        rng.normal(0, 0.1, 80_000).astype(np.float32),
        clicks,
        np.zeros(80_000, np.float32),
    ):
        assert ask(sound, archive) == ()


def test_pieces_of_several_recordings_come_out_as_such(archive: Archive) -> None:
    """Two sources with unrelated speech between them: two stretches, each with its source."""
    tape = np.concatenate(
        [
            material.part("known_1.m4a", 30.0, 7.0),
            material.part("impostor.opus", 10.0, 9.0),
            material.part("known_2.mp3", 8.0, 5.0),
        ]
    )
    first, second = ask(tape, archive)
    assert (first.recording.name, second.recording.name) == ("known_1.m4a", "known_2.mp3")
    assert (first.here_start_s, first.here_end_s) == pytest.approx((0.0, 7.0), abs=0.15)
    assert (second.here_start_s, second.here_end_s) == pytest.approx((16.0, 21.0), abs=0.15)
    assert second.there_start_s == pytest.approx(8.0, abs=0.15)


def test_a_dropped_passage_shows_as_two_stretches(archive: Archive) -> None:
    """Four seconds cut out of the middle: both sides are found, four seconds apart there."""
    tape = np.concatenate(
        [material.part("known_1.m4a", 20.0, 6.0), material.part("known_1.m4a", 30.0, 6.0)]
    )
    first, second = ask(tape, archive)
    assert first.here_end_s == pytest.approx(6.0, abs=0.15)
    assert second.here_start_s == pytest.approx(6.0, abs=0.15)
    assert second.there_start_s - first.there_end_s == pytest.approx(4.0, abs=0.2)


def test_a_whole_recording_is_one_stretch(archive: Archive) -> None:
    """A minute that stands there from end to end is joined to one line."""
    found = ask(material.sound("known_1.m4a"), archive)
    longest = max(found, key=lambda item: item.here_end_s - item.here_start_s)
    assert (
        longest.here_end_s - longest.here_start_s
        > 0.95 * material.sound("known_1.m4a").size / 8_000
    )
    assert {item.recording.name for item in found} == {"known_1.m4a"}


def test_what_is_left_out_is_not_found(archive: Archive) -> None:
    """A recording that does not count is as if it were not there."""
    known = next(item for item in archive.known() if item.name == "known_1.m4a")
    found = search(
        [material.part("known_1.m4a", 20.0, 6.0)],
        archive,
        background=REFERENCE,
        most_probable_error=DEFAULT_ERROR,
        without={known.sha256},
    )
    assert found == ()


@pytest.mark.slow
def test_the_same_sentence_read_by_many_is_not_the_same_recording(
    real_data: Path, tmp_path: Path
) -> None:
    """The speakers of speechocean762 who read the same texts are not found in one another."""
    import hashlib

    from earwitness.archive import index, segment
    from earwitness.archive.fingerprint import fingerprint
    from earwitness.evidence.decode import decode_mono

    speakers = sorted((real_data / "speechocean762").glob("SPEAKER*"))[:24]
    voices = {
        folder.name: np.concatenate(
            [decode_mono(file, sample_rate_hz=8_000) for file in sorted(folder.glob("*.flac"))]
        )
        for folder in speakers
    }
    prints = [
        fingerprint(iter([sound]), sha256=hashlib.sha256(name.encode()).hexdigest(), name=name)
        for name, sound in voices.items()
    ]
    with index.changing(tmp_path / "a"):
        written = segment.write(index.folder_of_segments(tmp_path / "a"), prints)
        manifest = index.Manifest(segments=(index.listed(*written),))
        index.write_manifest(tmp_path / "a", manifest)
    archive = index.open_archive(tmp_path / "a")
    for name, sound in voices.items():
        own = hashlib.sha256(name.encode()).hexdigest()
        found = search(
            [sound], archive, background=REFERENCE, most_probable_error=DEFAULT_ERROR, without={own}
        )
        assert found == (), name
