"""Joining segments and archives, and taking recordings out."""

from __future__ import annotations

from pathlib import Path

import material
import numpy as np

from earwitness.archive import build, index, merge, search
from earwitness.archive.background import REFERENCE


def found(archive: index.Archive, name: str) -> set[str]:
    """Names of the recordings in which eight seconds of one are found."""
    stretches = search.search(
        [material.part(name, 10.0, 8.0)],
        archive,
        background=REFERENCE,
        most_probable_error=1e-5,
        bend=False,
    )
    return {stretch.recording.name for stretch in stretches}


def test_joining_loses_nothing(tmp_path: Path) -> None:
    """One segment made of four holds the same landmarks and prints as four recordings in one."""
    apart = material.made(tmp_path / "a", each_own=True)
    together = material.made(tmp_path / "b")
    with index.changing(tmp_path / "a"):
        merge.join(tmp_path / "a", apart.manifest.segments)
    (joined,) = index.open_archive(tmp_path / "a").segments
    (other,) = together.segments
    assert np.array_equal(joined.keys, other.keys)
    assert np.array_equal(np.sort(joined.places), np.sort(other.places))
    for number, known in enumerate(joined.recordings):
        there = [each.sha256 for each in other.recordings].index(known.sha256)
        mine = joined.prints(number, 0, known.prints)
        assert np.array_equal(mine, other.prints(there, 0, known.prints))
    assert found(index.open_archive(tmp_path / "a"), "known_2.mp3") == {"known_2.mp3"}


def test_a_removed_recording_is_no_longer_found_and_goes_when_joined(tmp_path: Path) -> None:
    """It is out of the results at once, and off the disk with the next joining."""
    archive = material.made(tmp_path / "a")
    known = next(item for item in archive.known() if item.name == "known_1.m4a")
    assert found(archive, "known_1.m4a") == {"known_1.m4a"}
    assert build.remove(tmp_path / "a", known.sha256[:10]) == 1
    after = index.open_archive(tmp_path / "a")
    assert found(after, "known_1.m4a") == set()
    with index.changing(tmp_path / "a"):
        merge.join(tmp_path / "a", after.manifest.segments)
    joined = index.open_archive(tmp_path / "a")
    assert known.sha256 not in index.names_of(joined.segments)
    assert joined.manifest.removed == frozenset()
    assert found(joined, "known_2.mp3") == {"known_2.mp3"}


def test_an_ambiguous_or_unknown_hash_removes_nothing(tmp_path: Path) -> None:
    """A hash that is too short, or no recording's, takes nothing out."""
    material.made(tmp_path / "a")
    assert build.remove(tmp_path / "a", "") == 0
    assert build.remove(tmp_path / "a", "f" * 64) == 0
    assert len(list(index.open_archive(tmp_path / "a").known())) == 4


def test_two_archives_are_joined_without_doubles(tmp_path: Path) -> None:
    """What both hold is held once; the other archive stays as it is."""
    material.made(tmp_path / "a", material.VOICES[:2])
    material.made(tmp_path / "b", material.VOICES[1:])
    assert build.merge_archives(tmp_path / "a", tmp_path / "b") == 2
    merged = index.open_archive(tmp_path / "a")
    assert sorted(item.name for item in merged.known()) == sorted(material.VOICES)
    assert len(list(index.open_archive(tmp_path / "b").known())) == 3
    assert build.merge_archives(tmp_path / "a", tmp_path / "b") == 0


def test_eight_segments_of_a_size_are_due_to_be_joined() -> None:
    """Seven are not; and very large ones stay as they are."""
    small = [index.Listed(f"{n}", "0", 1, 3_600.0, 1) for n in range(8)]
    assert merge.due(index.Manifest(segments=tuple(small[:7]))) == ()
    assert len(merge.due(index.Manifest(segments=tuple(small)))) == 8
    large = [index.Listed(f"{n}", "0", 1, 1_500 * 3_600.0, 1) for n in range(8)]
    assert merge.due(index.Manifest(segments=tuple(large))) == ()


def test_damaged_segments_can_be_dropped(tmp_path: Path) -> None:
    """The damaged one is dropped and named, and the rest opens again."""
    whole = material.made(tmp_path / "a", each_own=True)
    path = whole.segments[0].path
    path.write_bytes(path.read_bytes()[:5_000])
    (dropped,) = build.drop_damaged(tmp_path / "a")
    assert dropped.file == path.name
    assert len(list(index.open_archive(tmp_path / "a").known())) == 3
