"""Bags: what is written validates elsewhere; what is hostile is refused in one line."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from earwitness.errors import BadBag
from earwitness.store import bag as bags
from earwitness.store.bag import copy_payload, read_bag, write_bag


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """A small bag."""
    (tmp_path / "source").write_bytes(b"sound" * 1000)
    folder = tmp_path / "a.bag"
    folder.mkdir()
    payload = {"case.toml": b"title", "exhibits/abc": tmp_path / "source"}
    write_bag(folder, payload, {"External-Description": "two\nlines"})
    return folder


def retag(folder: Path) -> None:
    """Make the tag manifest right again, as a forger would."""
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")
    ]
    (folder / "tagmanifest-sha256.txt").write_text("".join(lines))


def add_line(folder: Path, line: str) -> None:
    """Add a line to the manifest, and make the tag manifest right again."""
    path = folder / "manifest-sha256.txt"
    path.write_text(path.read_text() + line + "\n")
    retag(folder)


def test_another_tool_finds_it_valid(bag: Path) -> None:
    """The Library of Congress's own validator, and it finds one changed byte."""
    opened = bagit.Bag(str(bag))
    assert opened.validate()
    assert opened.info["External-Description"] == "two lines"
    (bag / "data" / "case.toml").write_bytes(b"tItle")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(bag)).validate()


def test_a_bag_that_another_tool_made_is_read(tmp_path: Path) -> None:
    """Its payload comes out byte for byte."""
    folder = tmp_path / "other.bag"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a b.txt").write_bytes(b"abc")
    bagit.make_bag(str(folder), checksums=["sha256"])
    copy_payload(read_bag(folder), tmp_path / "out")
    assert (tmp_path / "out" / "sub" / "a b.txt").read_bytes() == b"abc"


def test_what_goes_in_comes_out(bag: Path, tmp_path: Path) -> None:
    """To the byte, and the manifest stands for all of it."""
    read = read_bag(bag)
    assert set(read.payload) == {"case.toml", "exhibits/abc"}
    copy_payload(read, tmp_path / "out")
    assert (tmp_path / "out" / "exhibits" / "abc").read_bytes() == b"sound" * 1000
    manifest = (bag / "manifest-sha256.txt").read_bytes()
    assert read.manifest_sha256 == hashlib.sha256(manifest).hexdigest()


def test_percent_signs_are_encoded(tmp_path: Path) -> None:
    """As RFC 8493 has it, section 2.1.3; bagit 1.9 does not, so it is not asked here."""
    folder = tmp_path / "a.bag"
    folder.mkdir()
    write_bag(folder, {"100%.txt": b"x"}, {})
    assert b"data/100%25.txt" in (folder / "manifest-sha256.txt").read_bytes()
    copy_payload(read_bag(folder), tmp_path / "out")
    assert (tmp_path / "out" / "100%.txt").read_bytes() == b"x"


def remove(name: str) -> Callable[[Path], None]:
    """Remove a file."""
    return lambda folder: (folder / name).unlink()


def write(name: str, content: bytes) -> Callable[[Path], None]:
    """Put something into a file's place."""

    def put(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    return put


def link(name: str, to: str) -> Callable[[Path], None]:
    """Put a link into a file's place."""

    def put(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(to)

    return put


def line(path: str) -> Callable[[Path], None]:
    """Name one more file in the manifest."""
    return lambda folder: add_line(folder, f"{'0' * 64}  {path}")


def pipe(folder: Path) -> None:
    """A pipe that would hold up whoever opens it."""
    os.mkfifo(folder / "data" / "pipe")


def deep(folder: Path) -> None:
    """Folders in folders in folders."""
    write("data/" + "d/" * 20 + "x", b"")(folder)


def fetch(folder: Path) -> None:
    """A file that is to be fetched from an address."""
    (folder / "fetch.txt").write_text("http://x.org/a 1 data/a\n")


def lie_about_size(folder: Path) -> None:
    """bag-info.txt states another size, and the tag manifest is right."""
    (folder / "bag-info.txt").write_text("Payload-Oxum: 3.3\n")
    retag(folder)


HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "no payload file": (remove("data/case.toml"), "is missing"),
    "no manifest": (remove("manifest-sha256.txt"), "has no manifest-sha256.txt"),
    "no tag manifest": (remove("tagmanifest-sha256.txt"), "has no tagmanifest-sha256.txt"),
    "no bagit.txt": (remove("bagit.txt"), "has no bagit.txt"),
    "an extra file": (write("data/extra.txt", b"x"), "does not name"),
    "an extra tag file": (write("readme.txt", b"x"), "does not name"),
    "a hidden file": (write("data/.hidden", b"x"), "does not name"),
    "another version": (write("bagit.txt", b"BagIt-Version: 9.9\n"), "no version that is known"),
    "an altered tag file": (write("bag-info.txt", b"Payload-Oxum: 1.1\n"), "was altered"),
    "a size that is not so": (lie_about_size, "not as large as it says"),
    "a link to a file": (link("data/case.toml", "/etc/passwd"), "a link or a device"),
    "a link to a folder": (link("data/more", "/etc"), "a link or a device"),
    "a link for a manifest": (link("manifest-sha256.txt", "/etc/passwd"), "a link or a device"),
    "a pipe": (pipe, "a link or a device"),
    "folders without end": (deep, "too deep"),
    "addresses": (fetch, "nothing is fetched"),
    "a way up": (line("data/../../evil"), "lies outside, or is hidden"),
    "a path from the root": (line("/etc/passwd"), "lies outside, or is hidden"),
    "a path beside data": (line("other/file"), "lies outside, or is hidden"),
    "an encoded way up": (line("data/%2e%2e/evil%0A"), "lies outside, or is hidden"),
    "a hidden name": (line("data/.lock"), "lies outside, or is hidden"),
    "a backslash": (line("data/..\\evil"), "lies outside, or is hidden"),
    "an empty part": (line("data//x"), "lies outside, or is hidden"),
    "a turned name": (line("data/\u202egpj.exe"), "lies outside, or is hidden"),
    "a name too long": (line("data/" + "n" * 300), "lies outside, or is hidden"),
    "a file named twice": (line("data/case.toml"), "names a file again"),
    "a line of another kind": (lambda f: add_line(f, "hello"), "is not a hash and a path"),
    "a manifest that is no text": (
        lambda f: (write("manifest-sha256.txt", b"\xff\xfe")(f), retag(f))[0],
        "not UTF-8",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_bag_is_refused(bag: Path, what: str) -> None:
    """One line that says what is wrong, before anything of it is used."""
    harm, said = HOSTILE[what]
    harm(bag)
    with pytest.raises(BadBag, match=said) as raised:
        read_bag(bag)
    assert "\n" not in str(raised.value)


def test_a_huge_manifest_is_refused(bag: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its bytes, its lines, and the number of files, each before it costs much."""
    monkeypatch.setattr(bags, "MAX_MANIFEST_BYTES", 100)
    with pytest.raises(BadBag, match="too large"):
        read_bag(bag)
    monkeypatch.undo()
    monkeypatch.setattr(bags, "MAX_FILES", 6)
    with pytest.raises(BadBag, match="too many files"):
        read_bag(bag)
    monkeypatch.undo()
    add_line(bag, "\n".join(f"{'0' * 64}  data/{number}" for number in range(bags.MAX_FILES + 1)))
    with pytest.raises(BadBag, match="too many lines"):
        read_bag(bag)


@pytest.mark.parametrize("name", ["bag.zip", "missing"])
def test_only_folders_are_bags(tmp_path: Path, name: str) -> None:
    """An archive is not unpacked here, and says so."""
    if name == "bag.zip":
        (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(BadBag, match="a bag is a folder") as raised:
        read_bag(tmp_path / name)
    assert "unpack it first" in str(raised.value)


def test_a_link_to_a_bag_is_refused(bag: Path, tmp_path: Path) -> None:
    """The folder itself must be one."""
    (tmp_path / "link").symlink_to(bag)
    with pytest.raises(BadBag):
        read_bag(tmp_path / "link")


def test_an_altered_file_is_found_while_it_is_copied(bag: Path, tmp_path: Path) -> None:
    """Of the same length, so that its size does not tell."""
    (bag / "data" / "exhibits" / "abc").write_bytes(b"sOund" * 1000)
    with pytest.raises(BadBag, match=r"'exhibits/abc' was altered"):
        copy_payload(read_bag(bag), tmp_path / "out")


def test_a_file_that_becomes_a_link_is_not_followed(bag: Path, tmp_path: Path) -> None:
    """Also if that happens after the bag was looked at."""
    read = read_bag(bag)
    (bag / "data" / "case.toml").unlink()
    (bag / "data" / "case.toml").symlink_to("/etc/passwd")
    with pytest.raises(BadBag, match="cannot be read"):
        copy_payload(read, tmp_path / "out")
