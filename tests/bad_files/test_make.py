"""The bad files are as bad as they say, and reading them is bounded in time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from earwitness import errors, workbench

from . import bombs
from .kinds import BadFile
from .make import make_all

_READ = """
import json, os, resource, sys
from pathlib import Path
from earwitness.errors import EarwitnessError
from earwitness.evidence.decode import decode
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
samples, refused = 0, ""
try:
    for block in decode(Path(os.fsdecode(bytes.fromhex(sys.argv[1])))):
        samples += block.floats.shape[1]
except EarwitnessError as error:
    refused = type(error).__name__
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"refused": refused, "samples": samples, "grown_mb": grown / 1024}))
"""
_SLOW = frozenset({"ten_hours.wav", "thirty_hours.wav", "too_many_tags.mp3"})
_PICTURE_BOMB_BYTES = bombs.PNG_SIDE * (3 * bombs.PNG_SIDE + 1)


@pytest.fixture(scope="module")
def bad_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, BadFile]]:
    """Every bad file, written once."""
    folder = tmp_path_factory.mktemp("bad_files")
    made = make_all(folder, long=True)
    yield made
    for name in ("ten_hours.wav", "thirty_hours.wav"):
        made[name].path.unlink()


def _read(bad: BadFile, *, seconds: float = 30) -> dict[str, Any]:
    """Decode a file in a process of its own; TimeoutExpired if it takes too long."""
    done = subprocess.run(
        [sys.executable, "-c", _READ, os.fsencode(bad.path).hex()],
        capture_output=True,
        timeout=seconds,
        check=True,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_each_file_is_there_and_its_refusal_is_an_error_of_ours(
    bad_files: dict[str, BadFile],
) -> None:
    """Every file lies at its path, says what is wrong, and is refused with a class that exists."""
    assert len(bad_files) > 70
    for name, bad in bad_files.items():
        assert os.path.lexists(bad.path) is (name != "missing")
        assert bad.what_is_wrong.endswith(".")
        kind, _, error = bad.expected.partition(": ")
        if kind == "refused":
            assert issubclass(getattr(errors, error), errors.EarwitnessError)


def test_they_take_little_of_the_disk(bad_files: dict[str, BadFile]) -> None:
    """Sparse files look huge and are not: all together stay under 20 MB."""
    used = sum(
        bad.path.lstat().st_blocks * 512 for bad in bad_files.values() if bad.name != "missing"
    )
    assert used < 20_000_000
    assert bad_files["thirty_hours.wav"].path.stat().st_size > 1_700_000_000


def test_each_file_is_taken_in_or_refused_as_expected(
    bad_files: dict[str, BadFile], tmp_path: Path
) -> None:
    """A case accepts what can be heard and refuses the rest, each with its own class of error."""
    case = workbench.new(tmp_path / "case")
    quick = [bad for bad in bad_files.values() if bad.name not in _SLOW]
    ended = {
        bad.name: f"refused: {type(result.error).__name__}"
        if isinstance(result, workbench.Refused)
        else "accepted"
        for bad, result in zip(
            quick, case.add([bad.path for bad in quick], "questioned"), strict=True
        )
    }
    assert ended == {bad.name: bad.expected.removesuffix(": too short") for bad in quick}


def test_the_picture_bomb_really_inflates(tmp_path: Path) -> None:
    """A small picture of the same making inflates to just its rows, with the right checksum."""
    png = bombs.png_bomb(side=300)
    start = png.index(b"IDAT")
    size = int.from_bytes(png[start - 4 : start], "big")
    assert zlib.decompress(png[start + 4 : start + 4 + size]) == bytes(300 * 901)
    assert len(bombs.png_bomb()) < _PICTURE_BOMB_BYTES / 900


def test_the_picture_bomb_is_not_inflated_when_the_sound_is_read(
    bad_files: dict[str, BadFile],
) -> None:
    """Reading an MP3 whose cover inflates to 2.7 GB takes less than 60 MB."""
    result = _read(bad_files["picture_bomb.mp3"])
    assert result["refused"] == ""
    assert result["samples"] == 48_000
    assert result["grown_mb"] < 60


def test_a_day_of_silence_in_a_small_file_is_refused(bad_files: dict[str, BadFile]) -> None:
    """Decoding stops beyond the hours that are allowed, in little memory."""
    bad = bad_files["silence_bomb.flac"]
    assert bad.path.stat().st_size < 200_000
    result = _read(bad)
    assert result["refused"] == "TooLong"
    assert result["samples"] / 8000 / 3600 == pytest.approx(24, abs=0.01)
    assert result["grown_mb"] < 60


def test_ten_hours_decode_in_the_memory_of_a_minute(bad_files: dict[str, BadFile]) -> None:
    """Memory does not grow with the length of a recording."""
    result = _read(bad_files["ten_hours.wav"], seconds=120)
    assert result["samples"] == 10 * 3600 * 8000
    assert result["grown_mb"] < 60


def test_damaged_files_give_what_is_left_of_them(bad_files: dict[str, BadFile]) -> None:
    """Truncated, holed and chained files decode to as much sound as is still in them."""
    seconds = {
        "truncated.wav": 1.5 * 16_000,
        "truncated.ogg": 3 * 48_000,
        "truncated.mp3": 1.5 * 16_000,
        "broken_pages.ogg": 3 * 48_000,  # the middle of its 6 s is lost
        "chained.ogg": 10 * 48_000,
        "says_too_much.wav": 48_000,
        "hidden_start.m4a": 3 * 16_000,
    }
    for name, samples in seconds.items():
        assert _read(bad_files[name])["samples"] == pytest.approx(samples, rel=0.03), name
