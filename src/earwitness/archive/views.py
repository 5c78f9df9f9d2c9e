"""Views: the ways in which a sound may have been changed, and is looked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class View:
    """A way in which the sound may have been changed: played faster, and higher by semitones."""

    tempo: float = 1.0
    semitones: float = 0.0


def _changed() -> tuple[View, ...]:
    """Tape speed, tempo and pitch, in steps that a landmark bears: up to 8 % and two semitones."""
    factors = (0.975, 1.025, 0.95, 1.05, 0.925, 1.075)
    speeds = [View(factor, 12 * float(np.log2(factor))) for factor in factors]
    tempos = [View(factor, 0.0) for factor in factors]
    pitches = [View(1.0, sign * step) for step in (0.7, 1.4, 2.1) for sign in (-1, 1)]
    return (*speeds, *tempos, *pitches)


UNCHANGED = View()
CHANGED = _changed()
