"""Windows: how a part of the questioned sound would look had it not been played faster, or higher.

Conventions: a view's frames are those of its own time line, on which the sound runs as fast as the
archived one does; frame k of a view shows frame ``k / tempo`` of the picture. A *window* is a block
of the picture, with half a block to both sides, in one view: what a candidate is compared by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from earwitness.archive.candidates import BLOCK_FRAMES
from earwitness.archive.prints import Prints, differences, packed, weighed
from earwitness.archive.spectrum import Floats, band_weights, between_rows
from earwitness.archive.views import View

_AROUND_FRAMES = BLOCK_FRAMES // 2
_MARGIN_FRAMES = 40  # what the local size of differences is taken over, and more
_WINDOWS_KEPT = 64


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a view: its first frame, the query's weights from there on, and their signs."""

    start: int
    weights: Floats
    signs: Prints


class Windows:
    """Cuts windows out of a picture, and keeps the last ones."""

    def __init__(self, picture: Floats) -> None:
        self.picture = picture
        self._kept: dict[tuple[View, int], Window] = {}

    @property
    def blocks(self) -> int:
        """Blocks of the picture."""
        return int(-(-self.picture.shape[0] // BLOCK_FRAMES))

    def window(self, view: View, block: int) -> Window:
        """The window around a block."""
        key = (view, block)
        if key not in self._kept:
            if len(self._kept) >= _WINDOWS_KEPT:
                self._kept.pop(next(iter(self._kept)))
            start = block * BLOCK_FRAMES - _AROUND_FRAMES
            end = (block + 1) * BLOCK_FRAMES + _AROUND_FRAMES
            self._kept[key] = window(self.picture, view, start=start, end=end)
        return self._kept[key]


def window(picture: Floats, view: View, *, start: int, end: int) -> Window:
    """The frames ``start`` to ``end`` of a picture, as far as there are such, in a view."""
    start, end = max(start, 0), min(end, picture.shape[0])
    first = int(np.ceil(start * view.tempo))
    last = int((end - 1) * view.tempo) + 1
    frames = np.arange(first - _MARGIN_FRAMES, last + _MARGIN_FRAMES)
    places = frames / view.tempo
    low = max(int(places[0]), 0)
    high = min(int(places[-1]) + 2, picture.shape[0])
    inside = (places >= 0) & (places <= picture.shape[0] - 1)
    shown = between_rows(picture[low:high], places[inside] - low)
    if view.semitones != 0.0:
        shown = shown @ band_weights(view.semitones).T
    raw = differences(shown)
    skip = first - int(frames[inside][0])
    count = max(last - first, 0)
    return Window(
        start=first,
        weights=weighed(raw)[skip : skip + count],
        signs=packed(raw[skip : skip + count]),
    )
