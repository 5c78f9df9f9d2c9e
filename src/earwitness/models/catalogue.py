"""Which models are known, with the address, size and hash of each file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from earwitness.errors import MissingPart


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model; ``size`` in bytes. Both are empty where they could not be learnt beforehand."""

    name: str
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that can be fetched.

    Attributes
    ----------
    name : str
    kind : str
        What it does.
    source : str
        Address to which a file's name is added; it names a commit, so that it cannot change, or the
        files' hashes are noted at the first pull.
    licence : str
    use : str
        What it is good for.
    files : tuple of ModelFile
    family : str
        Of a speaker model: whose front end it needs.
    """

    name: str
    kind: str
    source: str
    licence: str
    use: str
    files: tuple[ModelFile, ...]
    family: str = ""

    @property
    def is_pinned(self) -> bool:
        """Whether the hash of each file is known beforehand."""
        return all(file.sha256 for file in self.files)

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)


@cache
def catalogue() -> dict[str, KnownModel]:
    """Every model that is known, by name."""
    text = files("earwitness.models").joinpath("data/models_1.toml").read_text("utf-8")
    return {
        entry["name"]: KnownModel(
            **{**entry, "files": tuple(ModelFile(**file) for file in entry["files"])}
        )
        for entry in tomllib.loads(text)["model"]
    }


def known_model(name: str) -> KnownModel:
    """The model of that name.

    Raises
    ------
    MissingPart
        If none is known by it.
    """
    if name not in catalogue():
        raise MissingPart(f"no model is called {name!r}", expected=", ".join(catalogue()))
    return catalogue()[name]
