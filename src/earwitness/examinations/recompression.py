"""How many lossy codings a recording went through, as far as its samples still show them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from earwitness.evidence.exhibit import Role
from earwitness.examinations._codec_grids import (
    Searched,
    coding_of,
    rates_tried,
    searched,
    sound,
)
from earwitness.examinations._codec_measured import (
    COVERED,
    MISSED,
    grid_rate,
    lowered_rate,
    raised_rate,
)
from earwitness.examinations._codec_numbers import Numbers, numbers_at
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.outcome import (
    Asked,
    Figure,
    Finding,
    Line,
    Measure,
    NotExamined,
    Points,
    Strength,
    numbers,
)
from earwitness.signal.codec_grid import Depths
from earwitness.signal.generations import (
    FAMILIES,
    LEAST_RESAMPLED_Z,
    LEAST_Z,
    Grid,
    Resampled,
)
from earwitness.signal.grid_track import simultaneous
from earwitness.signal.quality import band
from earwitness.signal.recording import Recording


@examination(
    question="How many lossy codings did it go through?",
    answers=Asked.WHOLE,
    sources=(
        "Fridrich, Goljan and Hogea 2002, Information Hiding (calibration by compressing again)",
        "Yang, Shi and Huang 2009, ACM MM&Sec (rare small values betray a raised MP3 bit rate)",
        "Korycki 2014, Forensic Science International 238 (the frame offsets of MP3 and AAC)",
        "Luo, Yang, Li and Huang 2012, IEEE ICME (the compression history of uncompressed audio)",
        "ISO/IEC 11172-3:1993 and 13818-7:2006 (the two transforms)",
    ),
    needs=Needs(min_seconds=2.0),
    applies_to=(Role.QUESTIONED, Role.KNOWN, Role.ARCHIVE),
)
def recompression_v1(recording: Recording, case: CaseView) -> Finding | NotExamined:
    """Look for what earlier codecs left in the samples, and compare it with what the file claims.

    1. The transforms of MP3 (polyphase filterbank and cosine transform, 576 coefficients) and of AAC
       (1024 coefficients, under a Kaiser-Bessel or a sine window; under another window, Vorbis) are
       laid over the samples, at the recording's own rate, at every offset of a frame. Up to 4,800
       frames are taken, from the loudest of evenly spread places; of recordings in which more would
       fit, these are a sample.
    2. At the grid of a codec the logarithm of the coefficients dips, since many were rounded to zero
       or to a few steps. The dip of each offset is measured against its neighbours, in standard
       deviations over all offsets. A grid is reported from seven on, which by the law fitted to
       untouched recordings one search in two thousand would reach. Where no grid of MP3 or AAC shows,
       rates at which sound is often coded are tried, too, with the filters made for sound that was
       resampled since; there a grid is reported from eight on.
    3. Where the file itself is MP3, AAC or Vorbis, its own grid is told by coefficients that are
       zero to the last bit. It is no trace of an earlier coding, and it and its echoes are left out.
    4. Where the file is MP3 or AAC, the whole numbers that the encoder wrote are got back from the
       samples. After an earlier coding by the same codec at a lower rate, with frames at the same
       places, as most programs leave them, ones are rare: they were zero before. Under 12 % in MP3,
       and 10 % in AAC, is reported as coded twice.
    5. Of such a file at a constant rate that names LAME or FFmpeg as its encoder, forty seconds are
       shifted off their grid, which removes what an earlier coding left, and coded once more by that
       encoder at the same rate. Where the file's numbers are spread differently from those, by
       weights trained on others, an earlier coding at a higher rate is likely. It is told with its
       false-alarm rate, and not counted as shown.
    6. Two grids of one codec that show at the same time are two generations. Where they take turns,
       it was cut in between, which is for frame_grid_v1.
    7. The end of the band is measured. It is told, and nothing is concluded from it: the same
       cut-offs come from many encoders, and from none.
    """
    claimed = coding_of(recording.facts)
    found = searched(
        recording, lambda part: case.progress(0.8 * part, "searching for grids")
    )  # 1, 2, 3
    if found is None:
        return NotExamined(
            reason="there is too little sound to search for traces of codecs",
            got="less than four pieces of sixteen frames above silence",
            needed="about two seconds that are louder than -80 dBFS",
        )
    case.progress(0.9, "getting the encoder's numbers back")
    numbers_of = numbers_at(recording, found, claimed)  # 4, 5
    earlier = _generations(recording, found)  # 6
    raised = numbers_of is not None and numbers_of.raised
    generations = int(claimed != "lossless") + max(len(earlier), int(raised))
    return Finding(
        summary=_summary(claimed, earlier, numbers_of, generations),
        measures=(
            Measure("lossy codings shown, at least", generations),
            Measure("coded now in", claimed),
            *_dip_measures(found),
            *(numbers_of.measures() if numbers_of is not None else ()),
            *_band_measures(recording),  # 7
        ),
        limits=_limits(claimed, recording, earlier),
        details=_details(found, numbers_of),
        figures=_figures(found),
        strength=_strength(claimed, earlier, numbers_of),
    )


def _generations(recording: Recording, found: Searched) -> list[Grid]:
    """Earlier grids, without those that take turns with a clearer one of the same codec."""
    kept: list[Grid] = []
    if found.resampled is not None and found.resampled.is_found:
        kept.append(found.resampled.grid)
    for grid in sorted(found.generations.earlier, key=lambda each: -each.z):
        same = [
            other
            for other in kept
            if other.codec.name == grid.codec.name and other.coded_hz == grid.coded_hz
        ]
        if same and not simultaneous(
            sound(recording, found.channel),
            codec=grid.codec,
            sample_rate_hz=recording.facts.sample_rate_hz,
            first=same[0].offset,
            second=grid.offset,
        ):
            continue
        kept.append(grid)
    return kept


def _summary(
    claimed: str, earlier: Sequence[Grid], numbers_of: Numbers | None, generations: int
) -> str:
    now = "stored without loss" if claimed == "lossless" else claimed
    many = f"It went through {generations} lossy coding{'s' if generations > 1 else ''} or more."
    if earlier:
        names = [_name(grid) for grid in earlier]
        kinds = " and ".join(dict.fromkeys(names))
        often = " more than once" if len(set(names)) < len(names) else ""
        return (
            f"It is {now} now, and was coded as {kinds}{often} before that: the frame grid is in its "
            f"samples. {many}"
        )
    if numbers_of is not None and numbers_of.raised:
        return (
            f"It is {now} now, and was coded as {now} at a lower rate before that: the encoder's small "
            f"numbers are missing. {many}"
        )
    if numbers_of is not None and numbers_of.lowered:
        return (
            f"It is {now} now; the encoder's numbers are spread as after an earlier coding at a higher "
            "rate, which is likely and not shown."
        )
    if claimed != "lossless":
        return f"It is {now} now; no trace of another coding before that was found."
    return f"It is {now} now; no trace of MP3, AAC or Vorbis was found in its samples."


def _name(grid: Grid) -> str:
    """The codec, and its rate where the sound was resampled since."""
    return (
        grid.codec.name if grid.coded_hz is None else f"{grid.codec.name} at {grid.coded_hz:,} Hz"
    )


def _dip_measures(found: Searched) -> list[Measure]:
    measures = []
    for family in found.generations.depths:
        earlier = [g for g in found.generations.earlier if g.codec in FAMILIES[family]]
        height = earlier[0].z if earlier else found.generations.best(family)
        note = "an earlier grid" if earlier else "no grid"
        measures.append(
            Measure(f"highest dip of {family}", height, "standard deviations", digits=1, note=note)
        )
        if earlier:
            hop = earlier[0].codec.hop
            measures.append(
                Measure(
                    f"offset of the earlier {family} grid", earlier[0].offset, f"samples of {hop}"
                )
            )
    if found.resampled is not None:
        grid = found.resampled.grid
        note = "an earlier grid" if found.resampled.is_found else "no grid"
        measures.append(
            Measure(
                f"highest dip of {_name(grid)}", grid.z, "standard deviations", digits=1, note=note
            )
        )
    return measures


def _band_measures(recording: Recording) -> list[Measure]:
    native = recording.native
    found = band(native.spectrum, native.sample_rate_hz)
    none = f"no fall of 12 dB or more below {native.sample_rate_hz / 2:.0f} Hz"
    note = "" if found.cut_off_hz else none
    return [Measure("cut-off of the band", found.cut_off_hz, "Hz", digits=0, note=note)]


def _limits(claimed: str, recording: Recording, earlier: Sequence[Grid]) -> tuple[str, ...]:
    limits = [
        "No trace found does not mean that it was never coded before. "
        f"Of recordings that were, {MISSED}.",
        "A grid is found only at the sample rate at which it was coded. Tried was "
        f"{recording.facts.sample_rate_hz:,} Hz and, where no grid of MP3 or AAC shows there, "
        f"{rates_tried()}. A change of speed hides it.",
        "An MP3 or AAC that was coded again at the same rate is not told from one that was coded once; "
        "of one that was coded again at a lower rate, with frames at other places, nothing shows.",
        "Earlier codings in Opus or AMR are not examined: neither leaves a grid that stays.",
        "Encoders other than LAME and Shine (MP3) and FFmpeg's (AAC), and AAC with band replication "
        "(HE-AAC), were not measured.",
    ]
    if claimed not in COVERED:
        limits.append(f"False alarms were not measured on recordings coded in {claimed}.")
    elif any(grid.coded_hz for grid in earlier) and not grid_rate(claimed, is_resampled=True):
        limits.append(
            f"How often a grid of another rate shows in {claimed} without an earlier coding was not "
            "measured, so no strength is stated."
        )
    return tuple(limits)


def _details(found: Searched, numbers_of: Numbers | None) -> dict[str, object]:
    return {
        "channel": "mixed" if found.channel is None else found.channel,
        "frames": {name: depths.frames for name, depths in found.generations.depths.items()},
        "grids": [
            {
                "codec": grid.codec.name,
                "window": grid.codec.window,
                "offset": grid.offset,
                "standard_deviations": round(grid.z, 1),
                "own": grid.is_own,
            }
            for grid in found.generations.grids
        ],
        "at_another_rate": _about(found.resampled),
        "numbers": numbers_of.integers.counts if numbers_of else [],
        "groups_explained": round(numbers_of.integers.explained, 3) if numbers_of else 0.0,
    }


def _about(resampled: Resampled | None) -> dict[str, object] | None:
    if resampled is None:
        return None
    grid = resampled.grid
    return {
        "codec": grid.codec.name,
        "window": grid.codec.window,
        "coded_hz": grid.coded_hz,
        "offset": grid.offset / resampled.depths.per_sample,
        "standard_deviations": round(grid.z, 1),
        "found": resampled.is_found,
    }


def _strength(claimed: str, earlier: Sequence[Grid], numbers_of: Numbers | None) -> Strength | None:
    if earlier:
        rate = grid_rate(claimed, is_resampled=any(grid.coded_hz for grid in earlier))
        wording = "how often a recording that was not coded before shows such a grid"
    elif numbers_of is not None and (numbers_of.raised or numbers_of.lowered):
        rate = (
            raised_rate(numbers_of.codec)
            if numbers_of.raised
            else lowered_rate(numbers_of.codec, numbers_of.bit_rate)
        )
        wording = f"how often an {numbers_of.codec} file that was coded once shows as much"
    else:
        return None
    return rate.strength(wording) if rate else None


def _figures(found: Searched) -> tuple[Figure, ...]:
    figures = [
        _figure(
            family,
            depths,
            [grid for grid in found.generations.grids if grid.codec in FAMILIES[family]],
            LEAST_Z,
        )
        for family, depths in found.generations.depths.items()
    ]
    its = found.resampled
    if its is not None and its.is_found:
        figures.append(_figure(_name(its.grid), its.depths, [its.grid], LEAST_RESAMPLED_Z))
    return tuple(figures)


def _figure(name: str, depths: Depths, grids: Sequence[Grid], least: float) -> Figure:
    dips = depths.dips
    at = np.arange(dips.size) / depths.per_sample
    layers: list[Line | Points] = [
        Line(numbers(at), numbers(dips, digits=3), "dip"),
        Line((0.0, float(at[-1])), (least, least), "from here on a grid is reported"),
    ]
    for own, label in ((True, "the file's own grid"), (False, "an earlier grid")):
        of = [grid for grid in grids if grid.is_own == own]
        if of:
            x, y = [at[grid.offset] for grid in of], [grid.z for grid in of]
            layers.append(Points(numbers(x), numbers(y, digits=3), label))
    said = "; ".join(
        f"{'the own' if grid.is_own else 'an earlier'} grid at {at[grid.offset]:g}, {grid.z:.1f}"
        for grid in grids
    )
    hop = dips.size // depths.per_sample
    return Figure(
        title=f"Every offset of a frame of {name}",
        alternative="How far the coefficients dip at each offset, in standard deviations: "
        + (said or "no offset stands out")
        + ".",
        x_label=f"offset in samples, of {hop}",
        y_label="standard deviations",
        layers=tuple(layers),
        x_range=(0.0, float(hop)),
        y_range=(float(dips.min()), 1.1 * max(least, float(dips.max()))),
    )
