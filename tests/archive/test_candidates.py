"""Candidates: keys in step, in all views at once, and no time for keys that are everywhere."""

from __future__ import annotations

from pathlib import Path

import material
import numpy as np
import pytest
import soxr

from earwitness.archive import candidates, landmarks
from earwitness.archive.index import Archive
from earwitness.archive.segment import Fingerprint, Known, Segment, write
from earwitness.archive.spectrum import picture
from earwitness.archive.views import CHANGED, UNCHANGED, View


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The demo's voices, each in a segment of its own."""
    return material.made(tmp_path_factory.mktemp("archive") / "a", each_own=True)


def best(sound: np.ndarray, archive: Archive, views: tuple[View, ...]) -> candidates.Candidate:
    """The candidate with the most votes."""
    shown = picture(sound)
    blocks = np.ones(-(-len(shown) // candidates.BLOCK_FRAMES), np.bool_)
    return candidates.look_up(
        shown,
        archive.segments,
        views=views,
        effort=candidates.Effort(2, 32),
        most=20,
        allowed=[np.ones(len(segment.recordings), np.bool_) for segment in archive.segments],
        blocks=blocks,
    )[0]


def test_the_most_votes_are_for_the_right_place(archive: Archive) -> None:
    """Eight seconds of a recording: its segment, and the difference of the time lines."""
    found = best(material.part("known_2.mp3", 16.0, 8.0), archive, (UNCHANGED,))
    recording = archive.segments[found.segment].recordings[found.recording]
    assert recording.name == "known_2.mp3" and found.view == UNCHANGED and found.block == 0
    assert found.difference == pytest.approx(16.0 / 0.016, abs=8)


def test_of_many_views_the_right_one_gets_the_votes(archive: Archive) -> None:
    """Played at 1.05 times the speed: found in the view that undoes it."""
    faster = soxr.resample(material.part("known_2.mp3", 16.0, 8.0), 8_000 * 1.05, 8_000)
    found = best(faster, archive, (UNCHANGED, *CHANGED))
    assert archive.segments[found.segment].recordings[0].name == "known_2.mp3"
    assert found.view == View(1.05, 12 * float(np.log2(1.05)))


def test_a_key_that_stands_everywhere_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty thousand times the same key in an archive: the others are still found, that one not."""
    monkeypatch.setattr(candidates, "_LEAST_ENTRIES", 1_000)
    shown = picture(material.part("known_2.mp3", 16.0, 8.0))
    keys = landmarks.keys_of(landmarks.margins(shown, step=landmarks.ARCHIVE_STEP))
    known = Known("0" * 64, "made up", 20_000 * 0.064 + 10, 4 * 20_400)
    patches = np.arange(20_000 + keys.size - 1, dtype=np.uint32)
    many = np.concatenate([np.full(20_000, keys[0], np.uint32), keys[1:]])
    prints = np.zeros(known.prints, np.uint32)
    path, _ = write(tmp_path, [Fingerprint(known, many, patches, prints)])
    found = candidates.look_up(
        shown,
        [Segment(path)],
        effort=candidates.Effort(4, 1),
        most=5,
        allowed=[np.ones(1, np.bool_)],
        blocks=np.ones(1, np.bool_),
    )
    assert found[0].difference == pytest.approx(4 * 19_999, abs=8)
    assert found[0].votes >= keys.size // 2


@pytest.mark.parametrize("hours", [1, 100, 10_000])
@pytest.mark.parametrize("seconds", [3, 60, 1_920])
def test_the_work_is_bounded(seconds: int, hours: int) -> None:
    """However long the sound and large the archive, so many keys and no more are looked up."""
    for views in (1, 18):
        frames = round(seconds / 0.016)
        effort = candidates.effort_for(frames, hours * 56_250, views=views)
        assert effort.probes >= 1
        assert frames / effort.step * effort.probes * views <= 3.1e6
