"""Which lossy codecs a recording went through, as far as their frame grids are still in its samples.

Conventions: signals are float32 at the recording's own rate [shape=(n,)]. A grid is *own* when it is
that of the file as it is now; any other is of an earlier coding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from earwitness.evidence.decode import Floats
from earwitness.signal import codec_grid
from earwitness.signal.codec_grid import AAC_KAISER, AAC_SINE, MP3, VORBIS, Codec, Depths

LEAST_Z: Final = 7.0  # see bench/whole_codecs.py: what untouched recordings do not reach
LEAST_PART: Final = (
    0.35  # of the highest earlier grid's dip: what lies under it may be an echo of it
)
LEAST_OWN_Z: Final = 12.0
MOST_GRIDS: Final = 3  # of one codec
_SAME: Final = 2  # samples
# Transforms of one length, which hear one another; under its own window a codec shows best.
FAMILIES: Final[Mapping[str, tuple[Codec, ...]]] = {
    "MP3": (MP3,),
    "AAC": (AAC_KAISER, AAC_SINE, VORBIS),
}
_VORBIS_OVER: Final = (
    1.15  # its dip over AAC's to be named: behind a second codec the two come near
)
_TRIED_PIECES: Final = 40  # in the choice of the window
# Rates at which sound is coded, and then resampled.
CODED_HZ: Final[Mapping[Codec, tuple[int, ...]]] = {
    MP3: (44_100, 48_000, 32_000, 24_000, 22_050, 16_000),
    AAC_KAISER: (44_100, 48_000),
    AAC_SINE: (44_100, 48_000),
}
LEAST_RESAMPLED_Z: Final = 8.0  # see bench/whole_resampled.py: the highest of all these searches
TRIED_Z: Final = 5.0  # from here on it is worth following: in a cut recording, parts have weak ones
_RESAMPLED_PIECES: Final = 60
_ECHOES: Final = (
    9  # frames, at most, after which two grids meet again that are heard through one another
)


@dataclass(frozen=True, slots=True)
class Grid:
    """A frame grid that was found.

    Attributes
    ----------
    codec : Codec
        With the window under which it shows best.
    offset : int
        Sample, modulo the codec's hop, at which frames begin; of resampled sound, half a sample of the
        coder's.
    z : float
        Its dip, in standard deviations over all other offsets.
    is_own : bool
        Whether it is the grid of the file as it is.
    coded_hz : int or None
        The rate at which it was coded, where the sound was resampled since.
    """

    codec: Codec
    offset: int
    z: float
    is_own: bool = False
    coded_hz: int | None = None


@dataclass(frozen=True, slots=True)
class Generations:
    """What the search for grids found, for each codec searched.

    ``depths`` are those under the window that shows most; ``grids`` are in falling order within a
    codec.
    """

    grids: tuple[Grid, ...]
    depths: Mapping[str, Depths]
    windows: Mapping[str, Codec]

    @property
    def earlier(self) -> tuple[Grid, ...]:
        """Grids that are not the file's own."""
        return tuple(grid for grid in self.grids if not grid.is_own)

    def best(self, family: str) -> float:
        """The highest dip of a codec that is not the file's own grid."""
        dips = self.depths[family].dips
        own = [g.offset for g in self.grids if g.is_own and g.codec in FAMILIES[family]]
        offset = codec_grid.highest(dips, but_for=own)
        return 0.0 if offset in own else float(dips[offset])


def find_generations(
    signal: Floats,
    *,
    sample_rate_hz: int,
    own: str = "",
    progress: Callable[[float], None] = lambda _: None,
) -> Generations | None:
    """Search for the grids of MP3, and of AAC and Vorbis, at every offset.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
    sample_rate_hz : int
    own : str
        ``MP3``, ``AAC`` or ``Vorbis`` where the file itself is coded so.
    progress : callable
        Told the fraction done.

    Returns
    -------
    Generations or None
        None where there is too little that is louder than silence.
    """
    grids: list[Grid] = []
    shown: dict[str, Depths] = {}
    windows: dict[str, Codec] = {}
    for number, (family, codecs) in enumerate(FAMILIES.items()):
        progress(number / len(FAMILIES))
        named = [codec.name for codec in codecs]
        codec = _best_window(signal, codecs, sample_rate_hz)
        depths = codec_grid.depths(signal, codec=codec, sample_rate_hz=sample_rate_hz)
        if depths is None:
            continue
        shown[family], windows[family] = depths, codec
        found = _own(signal, codecs, depths, sample_rate_hz) if own in named else []
        grids += _with_others(found, codec, depths)
    return Generations(tuple(grids), shown, windows) if shown else None


@dataclass(frozen=True, slots=True)
class Resampled:
    """The clearest grid of a coding at another rate, and how deep all its offsets dip."""

    grid: Grid
    depths: Depths

    @property
    def is_found(self) -> bool:
        """Whether it is clearer than any in recordings that were not coded so."""
        return self.grid.z >= LEAST_RESAMPLED_Z


def find_resampled(
    signal: Floats,
    *,
    sample_rate_hz: int,
    own: str = "",
    progress: Callable[[float], None] = lambda _: None,
) -> Resampled | None:
    """The clearest grid of a coding at another sample rate, before the sound was resampled.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
    sample_rate_hz : int
    own : str
        ``MP3``, ``AAC`` or ``Vorbis`` where the file itself is coded so. What its own grid, at this rate,
        would be heard through is not tried.
    progress : callable
        Told the fraction done.

    Returns
    -------
    Resampled or None
        None where none is worth following.
    """
    tried = [
        (codec, coded_hz)
        for codec, rates_hz in CODED_HZ.items()
        for coded_hz in rates_hz
        if coded_hz != sample_rate_hz and not _is_echo(codec, coded_hz, own, sample_rate_hz)
    ]
    best: Resampled | None = None
    for number, (codec, coded_hz) in enumerate(tried):
        progress(number / len(tried))
        depths = codec_grid.depths(
            signal,
            codec=codec,
            sample_rate_hz=sample_rate_hz,
            coded_hz=coded_hz,
            pieces=_RESAMPLED_PIECES,
        )
        if depths is None:
            continue
        dips = depths.dips
        offset = int(dips.argmax())
        if dips[offset] > (TRIED_Z if best is None else best.grid.z):
            grid = Grid(codec, offset, float(dips[offset]), coded_hz=coded_hz)
            best = Resampled(grid, depths)
    return best


def _is_echo(codec: Codec, coded_hz: int, own: str, sample_rate_hz: int) -> bool:
    """Whether frames of a codec, and those of the file itself, begin together after a few of each."""
    hops = {each.hop for codecs in FAMILIES.values() for each in codecs if each.name == own}
    ratios = [Fraction(codec.hop * sample_rate_hz, coded_hz * hop) for hop in hops]
    return any(max(ratio.numerator, ratio.denominator) <= _ECHOES for ratio in ratios)


def _best_window(signal: Floats, codecs: tuple[Codec, ...], sample_rate_hz: int) -> Codec:
    """The codec whose window shows the highest dip, judged by some pieces."""
    heights = []
    for codec in codecs if len(codecs) > 1 else ():
        depths = codec_grid.depths(
            signal, codec=codec, sample_rate_hz=sample_rate_hz, pieces=_TRIED_PIECES
        )
        height = float(depths.dips.max()) if depths is not None else 0.0
        heights.append(height / _VORBIS_OVER if codec == VORBIS else height)
    return codecs[int(np.argmax(heights))] if heights else codecs[0]


def _own(
    signal: Floats, codecs: tuple[Codec, ...], depths: Depths, sample_rate_hz: int
) -> list[Grid]:
    """The file's own grid, if the decoder's zeros show it."""
    best: Grid | None = None
    for codec in codecs:
        found = codec_grid.own_grid(signal, codec=codec, sample_rate_hz=sample_rate_hz)
        if found is not None and found[1] >= LEAST_OWN_Z and (best is None or found[1] > best.z):
            best = Grid(codec, found[0], found[1], is_own=True)
    if best is None:
        return []
    return [Grid(best.codec, best.offset, float(depths.dips[best.offset]), is_own=True)]


def _with_others(found: list[Grid], codec: Codec, depths: Depths) -> list[Grid]:
    dips = depths.dips
    most = 1 if codec == VORBIS else MOST_GRIDS  # its blocks change length, and the grid moves
    while len(found) < most:
        known = [grid.offset for grid in found]
        offset = codec_grid.highest(dips, but_for=known)
        loudest = max((grid.z for grid in found if not grid.is_own), default=0.0)
        if dips[offset] < max(LEAST_Z, LEAST_PART * loudest) or offset in known:
            break
        found.append(Grid(codec, offset, float(dips[offset])))
    return found


def bits_lost(depths: Depths, offset: int) -> float:
    """How far the coefficients at an offset lie under those beside it, in dB, on the mean."""
    beside = np.roll(depths.mean_log, -offset)
    typical = float(np.median(beside[[*range(2, 8), *range(-7, -1)]]))
    return float(10 / np.log(10) * (typical - beside[0]))
