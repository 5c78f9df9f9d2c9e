"""Models that examinations use and that are too large for the package: listed, fetched, found, checked.

Nothing is downloaded but by ``earwitness models pull``, which a person runs. Each file's address,
size and SHA-256 are in ``data/models_1.toml``; a file that differs is refused. Where a hash could not
be learnt beforehand, the first pull notes it in the lock file beside the models.
"""

from __future__ import annotations

from earwitness.models.catalogue import KnownModel, ModelFile, catalogue, known_model
from earwitness.models.shelf import Shelf, models_folder

__all__ = ["KnownModel", "ModelFile", "Shelf", "catalogue", "known_model", "models_folder"]
