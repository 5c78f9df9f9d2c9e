"""What stands in an archive of the case, searched once for all examinations that ask."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from earwitness.archive.background import Background
from earwitness.archive.index import Archive, open_archive, state_of
from earwitness.archive.joining import Stretch
from earwitness.archive.search import DEFAULT_ERROR, search
from earwitness.archive.segment import Known
from earwitness.archive.spectrum import SAMPLE_RATE_HZ
from earwitness.signal.recording import Recording

LEAST_SEARCHED_S: Final = 2.5
_CACHED_AS: Final = "archive_search_1"  # another where the search is another
_BLOCK_SAMPLES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Searched:
    """One archive and what was found in it."""

    name: str
    archive: Archive
    background: Background
    stretches: tuple[Stretch, ...]


def searched(
    recording: Recording, folder: Path, *, most_probable_error: float = DEFAULT_ERROR
) -> Searched:
    """Search an archive for a recording, or read what a search of the same archive found before.

    Raises
    ------
    ArchiveNotFound, ArchiveDamaged, ArchiveTooNew
    """
    # Before it is opened, so that what it holds later never gets the result of what it held.
    state = state_of(folder)
    archive = open_archive(folder)
    background = Background.of(archive.manifest.background)

    def compute() -> Mapping[str, npt.NDArray[Any]]:
        sound = recording.signal(SAMPLE_RATE_HZ)
        blocks = (
            np.asarray(sound[start : start + _BLOCK_SAMPLES])
            for start in range(0, sound.size, _BLOCK_SAMPLES)
        )
        found = search(
            blocks, archive, background=background, most_probable_error=most_probable_error
        )
        return {"stretches": np.array(json.dumps([each.to_json() for each in found]))}

    stored = recording.shared(f"{_CACHED_AS}-{state[:24]}-{most_probable_error!r}", compute)
    stretches = tuple(_stretch(each) for each in json.loads(str(stored["stretches"])))
    return Searched(folder.name, archive, background, stretches)


def _stretch(stored: Mapping[str, Any]) -> Stretch:
    return Stretch(**{**stored, "recording": Known(**stored["recording"])})
