"""Which parts of a recording are compared, as a person sets them: ``12.5-30, 45-60.25`` in seconds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.errors import BadParameter
from earwitness.voices.mel import STEP_S

MOST: Final = 10_000
_REGION: Final = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*-\s*(\d{1,6}(?:\.\d{1,6})?)\s*")


def read_regions(text: str) -> list[tuple[float, float]]:
    """Beginning and end of each region in seconds, in order, overlaps joined.

    Raises
    ------
    BadParameter
        If it is not a list of ``from-to``, or a region ends before it begins.
    """
    found = []
    parts = text.split(",", MOST)
    for part in parts[:MOST]:
        match = _REGION.fullmatch(part)
        if match is None or float(match[2]) <= float(match[1]):
            raise BadParameter(
                "regions can't be read", got=part.strip()[:40], expected="such as 12.5-30, 45-60"
            )
        found.append((float(match[1]), float(match[2])))
    if len(parts) > MOST:
        raise BadParameter("there are too many regions", expected=f"at most {MOST:,}")
    joined: list[tuple[float, float]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def regions_text(regions: Iterable[tuple[float, float]]) -> str:
    """Regions as they stand in case.toml, to the millisecond."""
    return ", ".join(f"{start:.3f}-{end:.3f}" for start, end in regions)


def in_regions(text: str, frames: int) -> npt.NDArray[np.bool_]:
    """Which frames of 10 ms lie in the regions [shape=(frames,)]."""
    marked = np.zeros(frames, dtype=bool)
    for start, end in read_regions(text):
        marked[round(start / STEP_S) : round(end / STEP_S)] = True
    return marked
