"""BagIt bags: written so that any tool validates them, read so that none can do harm.

A bag that is read is taken for hostile. It must be a folder that holds what its manifest names, under
plain names, and nothing else: no link, no device, no hidden file, no file to be fetched from an address.
Each file is hashed while it is copied, so what was checked is what is used.

Source
------
RFC 8493, The BagIt File Packaging Format (V1.0).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from earwitness.errors import BadBag, ExhibitError
from earwitness.evidence.names import safe_name, safe_text
from earwitness.store.vault import CHUNK, opened_plain

VERSION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MAX_FILES = 100_000
MAX_MANIFEST_BYTES = 32_000_000
MAX_TAG_BYTES = 1_000_000
MAX_DEPTH = 8
_TAGS = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")
_TAG_MANIFEST = "tagmanifest-sha256.txt"
_LINE = re.compile(r"([0-9a-fA-F]{64})[ \t]+(\S.*)")
_OXUM = re.compile(r"^Payload-Oxum: (\d{1,20})\.(\d{1,10})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag whose names and tags were checked; its payload's bytes are checked as they are copied.

    Attributes
    ----------
    folder : Path
    payload : mapping
        SHA-256 by path under ``data/``.
    manifest_sha256 : str
        Of the manifest, and so of all that the bag holds.
    """

    folder: Path
    payload: Mapping[str, str]
    manifest_sha256: str


def write_bag(folder: Path, payload: Mapping[str, Path | bytes], about: Mapping[str, str]) -> Bag:
    """Write a bag into an empty folder.

    Parameters
    ----------
    folder : Path
    payload : mapping
        For each path under ``data/``: the file to copy, or its content.
    about : mapping
        What ``bag-info.txt`` says, each on one line.
    """
    hashes, total = {}, 0
    for name in sorted(payload):
        target = folder / "data" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        hashes[name], size = _put(payload[name], target)
        total += size
    lines = {**about, "Payload-Oxum": f"{total}.{len(hashes)}"}
    info = "".join(f"{key}: {' '.join(value.split())}\n" for key, value in lines.items())
    tags = {
        "bagit.txt": VERSION,
        "bag-info.txt": info,
        "manifest-sha256.txt": "".join(
            f"{digest}  data/{_encoded(name)}\n" for name, digest in hashes.items()
        ),
    }
    tags[_TAG_MANIFEST] = "".join(
        f"{hashlib.sha256(tags[name].encode()).hexdigest()}  {name}\n" for name in sorted(tags)
    )
    for name, text in tags.items():
        (folder / name).write_bytes(text.encode())
    digest = hashlib.sha256(tags["manifest-sha256.txt"].encode()).hexdigest()
    return Bag(folder, hashes, digest)


def read_bag(folder: Path) -> Bag:
    """Check what a bag says of itself, and that it holds that and nothing else.

    Raises
    ------
    BadBag
        With the first thing that is wrong.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise BadBag(
            "a bag is a folder",
            got=safe_name(folder.name),
            do="if it is an archive such as .zip or .tar, unpack it first",
        )
    found = set(_walk(folder))
    if "fetch.txt" in found:
        raise BadBag("the bag names files to be fetched from addresses; nothing is fetched")
    tags = {name: _tag(folder, name) for name in (*_TAGS, _TAG_MANIFEST)}
    if not tags["bagit.txt"].startswith((b"BagIt-Version: 1.0", b"BagIt-Version: 0.97")):
        raise BadBag("bagit.txt names no version that is known", expected="BagIt-Version: 1.0")
    _check_tags(tags)
    payload = _payload(tags["manifest-sha256.txt"])
    _check_names(found, set(payload))
    _check_size(folder, payload, tags["bag-info.txt"])
    return Bag(folder, payload, hashlib.sha256(tags["manifest-sha256.txt"]).hexdigest())


def copy_payload(bag: Bag, target: Path) -> None:
    """Copy what is under ``data/`` into a folder, hashing it on the way.

    Raises
    ------
    BadBag
        If a file is not what the manifest says; what was copied by then is left to the caller.
    """
    for name, digest in bag.payload.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            found, _ = _put(bag.folder / "data" / name, target / name)
        except ExhibitError as error:
            raise BadBag(f"the bag's file {name!r} cannot be read", got=str(error)) from error
        if found != digest:
            raise BadBag(
                f"the bag's file {name!r} was altered", got=f"SHA-256 {found[:12]}…",
                expected=f"{digest[:12]}…", do="ask for the bag again",
            )  # fmt: skip


def _put(source: Path | bytes, target: Path) -> tuple[str, int]:
    """Write a file and give its SHA-256 and size."""
    if isinstance(source, bytes):
        target.write_bytes(source)
        return hashlib.sha256(source).hexdigest(), len(source)
    digest, size = hashlib.sha256(), 0
    with opened_plain(source) as reading, target.open("xb") as writing:
        while chunk := reading.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            writing.write(chunk)
    return digest.hexdigest(), size


def _walk(folder: Path) -> Iterator[str]:
    """The files of a bag by their paths; raises at the first thing that is neither file nor folder."""
    waiting, seen = [""], 0
    while waiting:
        inside = waiting.pop()
        if inside.count("/") > MAX_DEPTH:
            raise BadBag("the bag's folders lie too deep", expected=f"at most {MAX_DEPTH}")
        for path in (folder / inside).iterdir():
            seen += 1
            if seen > MAX_FILES:
                raise BadBag("the bag holds too many files", expected=f"at most {MAX_FILES:,}")
            name = f"{inside}{path.name}"
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise BadBag("the bag holds a link or a device", got=safe_name(name))
            if path.is_dir():
                waiting.append(f"{name}/")
            else:
                yield name


def _tag(folder: Path, name: str) -> bytes:
    most = MAX_MANIFEST_BYTES if "manifest" in name else MAX_TAG_BYTES
    try:
        with opened_plain(folder / name) as file:
            content = file.read(most + 1)
    except ExhibitError as error:
        raise BadBag(f"the bag has no {name}", expected="a bag that earwitness wrote") from error
    if len(content) > most:
        raise BadBag(f"the bag's {name} is too large", expected=f"at most {most:,} bytes")
    return content


def _check_tags(tags: Mapping[str, bytes]) -> None:
    stated = _entries(tags[_TAG_MANIFEST], _TAG_MANIFEST)
    for name in _TAGS:
        if stated.get(name) != hashlib.sha256(tags[name]).hexdigest():
            raise BadBag(f"the bag's {name} was altered", do="ask for the bag again")


def _payload(manifest: bytes) -> dict[str, str]:
    payload = {}
    for name, digest in _entries(manifest, "manifest-sha256.txt").items():
        inside = name.removeprefix("data/")
        parts = inside.split("/")
        if inside == name or any(not _is_plain(part) for part in parts) or len(parts) > MAX_DEPTH:
            raise BadBag("the manifest names a file that lies outside, or is hidden",
                         got=safe_text(name, 100))  # fmt: skip
        payload[inside] = digest
    return payload


def _entries(content: bytes, name: str) -> dict[str, str]:
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise BadBag(f"the bag's {name} is not UTF-8 text") from error
    if len(lines) > MAX_FILES:
        raise BadBag(f"the bag's {name} has too many lines", expected=f"at most {MAX_FILES:,}")
    entries: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        found = _LINE.fullmatch(line)
        if found is None:
            raise BadBag(f"line {number} of {name} is not a hash and a path")
        path = _decoded(found[2])
        if path in entries:
            raise BadBag(f"line {number} of {name} names a file again", got=safe_text(path, 100))
        entries[path] = found[1].lower()
    return entries


def _is_plain(part: str) -> bool:
    """Whether a part of a path is a name that leads nowhere else and hides nothing."""
    return (
        bool(part)
        and not part.startswith(".")
        and len(part.encode("utf-8", "replace")) <= 255
        and part.isprintable()
        and "\\" not in part
    )


def _check_names(found: set[str], payload: set[str]) -> None:
    expected = {*_TAGS, _TAG_MANIFEST, *(f"data/{name}" for name in payload)}
    for name in sorted(expected - found):
        raise BadBag("a file of the bag is missing", got=safe_text(name, 100))
    for name in sorted(found - expected):
        raise BadBag("the bag holds a file that its manifest does not name",
                     got=safe_text(name, 100))  # fmt: skip


def _check_size(folder: Path, payload: Mapping[str, str], info: bytes) -> None:
    """Whether the payload is as large as stated, before any of it is copied."""
    stated = _OXUM.search(info.decode("utf-8", "replace"))
    total = sum((folder / "data" / name).lstat().st_size for name in payload)
    if stated is None or (int(stated[1]), int(stated[2])) != (total, len(payload)):
        raise BadBag("the bag is not as large as it says", got=f"{total} bytes in {len(payload)}")


def _encoded(name: str) -> str:
    return name.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _decoded(name: str) -> str:
    return re.sub("%0[AD]|%25", lambda found: chr(int(found[0][1:], 16)), name, flags=re.IGNORECASE)
