"""The vault keeps bytes as received, refuses what is no file, and finds what was altered."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
from pathlib import Path

import pytest

import sounds
from earwitness.errors import DecodeError, EmptyFile, ExhibitAltered, NotAFile, UnreadableFile
from earwitness.store.vault import CHUNK, Vault, require_plain_file


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """An empty vault."""
    return Vault(tmp_path / "exhibits")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of a little more than one chunk."""
    path = tmp_path / "source.bin"
    path.write_bytes(np_bytes(CHUNK + 17))
    return path


def np_bytes(size: int) -> bytes:
    """Bytes that differ from place to place."""
    return bytes(number * 7 % 251 for number in range(1000)) * (size // 1000 + 1)


def test_bytes_are_kept_as_received(vault: Vault, source: Path) -> None:
    """The exhibit has the source's bytes, their SHA-256 as its name, and may not be written."""
    stored = vault.take_in(source)
    content = source.read_bytes()
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert stored.size == len(content)
    kept = vault.path(stored.sha256)
    assert kept.read_bytes() == content
    assert stat.S_IMODE(kept.stat().st_mode) == 0o444
    assert [path.name for path in vault.folder.iterdir()] == [stored.sha256]


def test_the_same_bytes_are_kept_once(vault: Vault, source: Path) -> None:
    """Taking a file in twice leaves one exhibit, untouched."""
    first = vault.take_in(source)
    before = vault.path(first.sha256).stat()
    assert vault.take_in(source) == first
    after = vault.path(first.sha256).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert len(list(vault.folder.iterdir())) == 1


def test_taking_in_again_mends_an_altered_exhibit(vault: Vault, source: Path) -> None:
    """The original given once more puts the right bytes back."""
    stored = vault.take_in(source)
    sounds.flip_bit(vault.path(stored.sha256), 12_345)
    with pytest.raises(ExhibitAltered):
        vault.require_intact(stored.sha256)
    vault.take_in(source)
    vault.require_intact(stored.sha256)


def test_what_the_check_refuses_is_not_kept(vault: Vault, source: Path) -> None:
    """A file that turns out to be no recording leaves nothing behind."""

    def refuse(copy: Path) -> None:
        assert copy.read_bytes() == source.read_bytes(), "the check sees all of the bytes"
        raise DecodeError("no sound")

    with pytest.raises(DecodeError):
        vault.take_in(source, check=refuse)
    assert list(vault.folder.iterdir()) == []


def test_an_empty_file_is_refused(vault: Vault, tmp_path: Path) -> None:
    """No bytes are no evidence, and no part is left."""
    (tmp_path / "empty").touch()
    with pytest.raises(EmptyFile):
        vault.take_in(tmp_path / "empty")
    assert list(vault.folder.iterdir()) == []


@pytest.mark.parametrize("kind", ["folder", "link", "dangling", "pipe", "socket", "device"])
def test_what_is_no_file_is_refused_at_once(vault: Vault, tmp_path: Path, kind: str) -> None:
    """Folders, links, pipes, sockets and devices are named for what they are, without waiting."""
    path = tmp_path / kind
    match kind:
        case "folder":
            path.mkdir()
        case "link":
            (tmp_path / "target").write_bytes(b"x")
            path.symlink_to(tmp_path / "target")
        case "dangling":
            path.symlink_to(tmp_path / "nowhere")
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(os.path.relpath(path))
        case "device":
            path = Path("/dev/zero")
    with pytest.raises(NotAFile, match="not a file"):
        vault.take_in(path)


@pytest.mark.parametrize("name", ["missing", "a\0b", "n" * 300])
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    """A missing file and names that no file can have are one error, not a crash."""
    with pytest.raises(UnreadableFile):
        require_plain_file(tmp_path / name)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_a_hash_is_a_place_in_the_vault(vault: Vault, name: str) -> None:
    """No name can lead out of the vault."""
    with pytest.raises(ValueError, match="not a SHA-256"):
        vault.path(name)


def test_a_link_in_place_of_an_exhibit_is_found(vault: Vault, source: Path) -> None:
    """A link is not followed, even to the same bytes."""
    stored = vault.take_in(source)
    vault.path(stored.sha256).unlink()
    vault.path(stored.sha256).symlink_to(source)
    problems, _ = vault.check([stored.sha256])
    assert "symbolic link" in str(problems[0])


def test_check_tells_problems_from_left_overs(vault: Vault, source: Path, tmp_path: Path) -> None:
    """Altered, missing and foreign files are problems; what an interruption left is only noted."""
    altered = vault.take_in(source).sha256
    other = tmp_path / "other"
    other.write_bytes(b"other")
    unlogged = vault.take_in(other).sha256
    sounds.flip_bit(vault.path(altered), 0)
    (vault.folder / "notes.txt").write_bytes(b"slipped in")
    (vault.folder / ".1-ab.part").write_bytes(b"half")
    (vault.folder / ("f" * 64)).write_bytes(b"not what its name says")
    missing = "0" * 64
    problems, notes = vault.check([altered, missing])
    assert {problem.where for problem in problems} == {
        f"exhibit {altered[:12]}",
        f"exhibit {missing[:12]}",
        "exhibits/notes.txt",
        f"exhibits/{'f' * 64}",
    }
    assert len(notes) == 2
    assert any(unlogged in note for note in notes)


def test_check_survives_a_name_that_is_no_hash(vault: Vault) -> None:
    """A list of exhibits that somebody edited cannot crash the check."""
    problems, _ = vault.check(["../../etc/passwd"])
    assert "is no SHA-256" in str(problems[0])
