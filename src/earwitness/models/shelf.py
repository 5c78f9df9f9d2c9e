"""The folder in which models lie on this machine: fetched into it, found in it, checked."""

from __future__ import annotations

import hashlib
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any

from earwitness.atomic import sync_folder, write_whole
from earwitness.errors import MissingPart
from earwitness.models.catalogue import KnownModel, ModelFile, catalogue

CHUNK = 1 << 20
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_TIMEOUT_S = 60
_LOCK = "lock.json"
_LARGEST_UNKNOWN = 1 << 30
Fetch = Callable[[str, int], Any]  # gives (whether it goes on from that byte, a stream), in a with
Progress = Callable[[str, int, int], None]


def models_folder() -> Path:
    """Where models lie: ``EARWITNESS_MODELS``, or ``earwitness/models`` in the user's data folder."""
    named = os.environ.get("EARWITNESS_MODELS")
    if named:
        return Path(named).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "earwitness" / "models"


class Shelf:
    """The models on this machine."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or models_folder()

    def place(self, name: str) -> Path:
        """Where a model lies, or would.

        Raises
        ------
        MissingPart
            If the name is none that a model can have.
        """
        if _NAME.fullmatch(name) is None:
            raise MissingPart(f"no model can be called {name!r}", expected="letters, digits, . _ -")
        return self.folder / name

    def find(self, name: str, *, weights: str = "model.bin") -> tuple[Path, str]:
        """A model's folder, and the SHA-256 of its weights, which are checked if the model is known.

        Parameters
        ----------
        name : str
        weights : str
            Name of the file that holds them: ``model.bin``, or ``model.onnx`` of a detector.

        Raises
        ------
        MissingPart
            If it is not there, not whole, or not what it should be.
        """
        known = catalogue().get(name)
        if name in self.locked() or (known and known.family):
            path, _ = self.find_speaker_model(name)
            return path.parent, _hash(path)
        place = self.place(name)
        path = place / weights
        if not path.is_file():
            raise MissingPart(
                f"the model {name!r} is not on this machine",
                got="none",  # and not the folder's name: an outcome is the same on every machine
                do=_how_to_get(name, weights),
            )
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        expected = {file.name: file.sha256 for file in known.files} if known else {}
        if digest != expected.get(weights, digest):
            raise MissingPart(
                f"the model {name!r} on this machine is not the one that is known by that name",
                got=f"SHA-256 {digest[:12]}…",
                expected=f"{expected[weights][:12]}…",
                do=f"remove its folder, then: earwitness models pull {name}",
            )
        return place, digest

    def find_speaker_model(self, name: str) -> tuple[Path, str]:
        """The ONNX file of a speaker model, and whose front end it needs; its hash is checked.

        Raises
        ------
        MissingPart
            If it is not there, or not the file that was pulled or put there.
        """
        noted = self.locked().get(name)
        path = self.place(name) / (noted["file"] if noted else "")
        if noted is None or not path.is_file():
            known = ", ".join(each.name for each in catalogue().values() if each.family)
            raise MissingPart(
                f"the speaker model {name!r} is not on this machine",
                got="none",
                do=f"get one of {known} with: earwitness models pull NAME",
            )
        digest = _hash(path)
        if digest != noted["sha256"]:
            raise MissingPart(
                f"the speaker model {name!r} is not the file that was pulled",
                got=f"SHA-256 {digest[:12]}…",
                expected=f"{noted['sha256'][:12]}…",
                do=f"remove its folder, then: earwitness models pull {name}",
            )
        return path, noted["family"]

    def put_speaker_model(self, source: Path, *, family: str) -> str:
        """Take a speaker model from a file of the user's, and note its hash; give its name here."""
        digest = _hash(source)
        stem = re.sub(r"[^a-z0-9._-]", "-", source.stem.lower()).lstrip("._-")[:40] or "model"
        name = f"{stem}-{digest[:8]}"
        target = self.place(name) / f"{name}.onnx"
        target.parent.mkdir(parents=True, exist_ok=True)
        if _size(target) != _size(source) or _hash(target) != digest:
            write_whole(target, source.read_bytes())
        self._note(name, target.name, digest, family)
        return name

    def sizes(self) -> dict[str, int]:
        """How many bytes each file has, by its path in the folder; says whether two shelves are alike."""
        return {
            str(path.relative_to(self.folder)): path.stat().st_size
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def locked(self) -> dict[str, dict[str, str]]:
        """What the lock file says of each speaker model: its file, its SHA-256, its family."""
        path = self.folder / _LOCK
        try:
            noted: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (ValueError, OSError) as error:
            raise MissingPart(
                "the models' lock file can't be read", got=str(path), do="remove it, and pull again"
            ) from error
        return noted

    def _note(self, name: str, file: str, sha256: str, family: str) -> None:
        noted = {**self.locked(), name: {"file": file, "sha256": sha256, "family": family}}
        write_whole(self.folder / _LOCK, json.dumps(noted, indent=1, sort_keys=True).encode())

    def has(self, model: KnownModel) -> bool:
        """Whether all files of a model are there, by their sizes."""
        place = self.place(model.name)
        if not model.is_pinned:
            return model.name in self.locked() and all(
                (place / file.name).is_file() for file in model.files
            )
        return all(_size(place / file.name) == file.size for file in model.files)

    def pull(
        self, model: KnownModel, *, fetch: Fetch | None = None, on_progress: Progress | None = None
    ) -> Path:
        """Fetch a model's files that are not there yet; goes on where an earlier pull stopped.

        Parameters
        ----------
        model : KnownModel
        fetch : callable, optional
            How to open an address from some byte on; over HTTPS by default.
        on_progress : callable, optional
            Told the file's name, and how many bytes of how many there are.

        Raises
        ------
        MissingPart
            If a file cannot be had, or is not what its hash says.
        """
        place = self.place(model.name)
        place.mkdir(parents=True, exist_ok=True)
        if not model.is_pinned:
            return self._pull_unpinned(model, fetch or over_https, on_progress)
        for file in model.files:
            target = place / file.name
            if _size(target) == file.size and _hash(target) == file.sha256:
                continue
            part = place / f"{file.name}.download"
            self._download(model, file, part, fetch or over_https, on_progress)
            part.replace(target)
            sync_folder(place)
        return place

    def _pull_unpinned(self, model: KnownModel, fetch: Fetch, on_progress: Progress | None) -> Path:
        """Fetch a model of one file whose hash is not known beforehand, from its beginning.

        The first pull notes the hash; a later one is refused if it brings another file.
        """
        (file,) = model.files
        place = self.place(model.name)
        target, part = place / file.name, place / f"{file.name}.download"
        noted = self.locked().get(model.name, {}).get("sha256")
        if noted and target.is_file() and _hash(target) == noted:
            return place
        try:
            with fetch(model.source + file.name, 0) as (_, stream):
                unknown = ModelFile(file.name, _LARGEST_UNKNOWN)
                _append(stream, part, 0, unknown, on_progress)
                missing = getattr(stream, "length", 0) or 0
        except (OSError, HTTPException) as error:
            raise MissingPart(
                f"{file.name} of the model {model.name!r} could not be fetched ({error})",
                do="try again",
            ) from error
        if missing or not _size(part):
            part.unlink()
            raise MissingPart(f"{file.name} came in part only", do="try again")
        digest = _hash(part)
        if noted and digest != noted:
            part.unlink()
            raise MissingPart(
                f"{file.name} of the model {model.name!r} is not the file of the first pull",
                got=f"SHA-256 {digest[:12]}…",
                expected=f"{noted[:12]}…",
                do="it was removed; ask where it comes from before you trust another",
            )
        part.replace(target)
        sync_folder(place)
        self._note(model.name, file.name, digest, model.family)
        return place

    @staticmethod
    def _download(
        model: KnownModel, file: ModelFile, part: Path, fetch: Fetch, on_progress: Progress | None
    ) -> None:
        had = min(_size(part), file.size)
        try:
            if had < file.size:
                with fetch(model.source + file.name, had) as (goes_on, stream):
                    _append(stream, part, had if goes_on else 0, file, on_progress)
        except (OSError, HTTPException) as error:
            raise MissingPart(
                f"{file.name} of the model {model.name!r} could not be fetched ({error})",
                do="try again: what has come is kept",
            ) from error
        size, digest = _size(part), _hash(part)
        if size < file.size:
            raise MissingPart(
                f"{file.name} came in part only",
                got=f"{size:,} of {file.size:,} bytes",
                do="try again: what has come is kept",
            )
        if digest != file.sha256:
            part.unlink()
            raise MissingPart(
                f"{file.name} of the model {model.name!r} is not the file that was expected",
                got=f"SHA-256 {digest[:12]}…",
                expected=f"{file.sha256[:12]}…",
                do="it was removed; try again, from another network if that repeats itself",
            )


def _append(
    stream: IO[bytes], part: Path, at: int, file: ModelFile, on_progress: Progress | None
) -> None:
    """Write a stream behind what is there, never more than the file's size."""
    with part.open("r+b" if part.exists() else "xb") as writing:
        writing.truncate(at)
        writing.seek(at)
        while at < file.size and (chunk := stream.read(min(CHUNK, file.size - at))):
            writing.write(chunk)
            at += len(chunk)
            if on_progress is not None:
                on_progress(file.name, at, file.size)
        writing.flush()
        os.fsync(writing.fileno())


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but only to HTTPS."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not newurl.startswith("https://"):
            raise urllib.error.URLError("it leads to an address without HTTPS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def over_https(url: str, at: int) -> Iterator[tuple[bool, IO[bytes]]]:
    """Open an address from a byte on; tells whether the server does go on from there."""
    if not url.startswith("https://"):
        raise MissingPart("models are fetched over HTTPS only", got=url)
    headers = {"Range": f"bytes={at}-"} if at else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  (HTTPS, checked above)
    with urllib.request.build_opener(_OnlyHttps).open(request, timeout=_TIMEOUT_S) as answer:
        yield answer.status == 206, answer


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _how_to_get(name: str, weights: str) -> str:
    if weights == "model.onnx":
        return (
            "put a detector's model.onnx, with detector.toml, in a folder of that name where "
            "'earwitness models where' says; the guide explains both"
        )
    if name in catalogue():
        return (
            f"get it with: earwitness models pull {name}, then examine again with: "
            "earwitness examine CASE --only words --again"
        )
    known = ", ".join(catalogue())
    return (
        "put a model in CTranslate2's form in a folder of that name where 'earwitness models where' "
        f"says, or name one of: {known}"
    )
