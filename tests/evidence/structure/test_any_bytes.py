"""Whatever the bytes are, the parsers end in a bounded structure, soon, and raise nothing."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest
import recordings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from earwitness.evidence.structure import Structure, read_structure

MOST_S = 5.0
MAGICS = [
    b"RIFF\0\0\0\0WAVE",
    b"RF64\xff\xff\xff\xffWAVEds64",
    b"FORM\0\0\0\0AIFF",
    b"FORM\0\0\0\0AIFC",
    b"caff\0\1\0\0",
    b"fLaC",
    b"ID3\4\0\0\0\0\1\0",
    b"\xff\xfb\x90\x00",
    b"\xff\xf1\x50\x80\x10\x1f\xfc",
    b"\0\0\0\x10ftypM4A ",
    b"OggS\0\2",
    b"\x1a\x45\xdf\xa3",
    b"#!AMR\n",
    b"#!AMR-WB\n",
    bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
]
_SETTINGS = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def check(path: Path, data: bytes) -> Structure:
    """Read bytes as a file; what comes back is bounded and plain."""
    path.write_bytes(data)
    begun = time.perf_counter()
    structure = read_structure(path)
    assert time.perf_counter() - begun < MOST_S
    assert structure.file_size == len(data)
    assert structure.declared_end >= 0
    assert len(structure.elements) <= 2_000
    assert len(structure.tags) <= 200
    text = json.dumps(asdict(structure), allow_nan=False)
    assert len(text) < 2_000_000
    for row in structure.elements:
        assert row.offset >= 0
        assert row.size >= 0
    return structure


@_SETTINGS
@given(magic=st.sampled_from(MAGICS), rest=st.binary(max_size=4096))
def test_random_bytes_behind_a_magic(tmp_path: Path, magic: bytes, rest: bytes) -> None:
    """Every parser stands any bytes behind the magic that brings them to it."""
    check(tmp_path / "any.bin", magic + rest)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A short good file of every kind."""
    folder = tmp_path_factory.mktemp("good")
    tags = {"title": "title", "comment": "comment"}
    return {
        kind: recordings.write(folder / f"x.{kind}", kind, seconds=0.3, tags=tags).read_bytes()
        for kind in recordings.KINDS
    }


@pytest.mark.parametrize("kind", recordings.KINDS)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_random_changes_of_good_files(
    tmp_path: Path, good: dict[str, bytes], kind: str, data: st.DataObject
) -> None:
    """Bytes changed, taken out, doubled or cut off anywhere never stop the reading."""
    raw = bytearray(good[kind])
    for _ in range(data.draw(st.integers(1, 8))):
        most = min(len(raw), 1500) if data.draw(st.booleans()) else len(raw)
        place = data.draw(st.integers(0, max(0, most - 1)))
        new = data.draw(st.sampled_from([b"\0", b"\xff", b"\x7f", b"\x80", b"\1"]))
        length = data.draw(st.integers(1, 8))
        match data.draw(st.sampled_from(["set", "delete", "double", "cut"])):
            case "set":
                raw[place : place + length] = new * length
            case "delete":
                del raw[place : place + length]
            case "double":
                raw[place:place] = raw[place : place + 40 * length]
            case "cut" if len(raw) > 200:
                del raw[max(100, place) :]
    check(tmp_path / "changed.bin", bytes(raw))
