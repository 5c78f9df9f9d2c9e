"""Whether the frame grid of an earlier codec jumps, as it does where the coded original was cut."""

from __future__ import annotations

from collections.abc import Sequence

from earwitness.evidence.exhibit import Role
from earwitness.examinations._codec_grids import (
    Searched,
    coding_of,
    earlier_of,
    followed,
    is_resampled,
    rates_tried,
    searched,
)
from earwitness.examinations._codec_measured import jump_rate
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.outcome import (
    Asked,
    Figure,
    Finding,
    Line,
    Measure,
    NotExamined,
    Place,
    Points,
    numbers,
)
from earwitness.signal.generations import LEAST_RESAMPLED_Z, LEAST_Z
from earwitness.signal.grid_track import GridTrack, Span
from earwitness.signal.recording import Recording

MOST_PLACES = 200


@examination(
    question="Was it cut between two lossy codings?",
    answers=Asked.WHOLE,
    sources=(
        "Yang, Qu and Huang 2008, ACM MM&Sec (breaks of MP3's frame offsets)",
        "Korycki 2014, Forensic Science International 238 (frame offsets of AAC and MP3 over time)",
        "ISO/IEC 11172-3:1993 and 13818-7:2006 (the two transforms)",
    ),
    needs=Needs(min_seconds=3.0),
    applies_to=(Role.QUESTIONED,),
)
def frame_grid_v1(recording: Recording, case: CaseView) -> Finding | NotExamined:
    """Follow the frame grid of an earlier MP3 or AAC coding through the recording.

    1. The grids of MP3 and AAC are searched at the recording's own sample rate and, where none shows
       there, at others, as in recompression_v1. The grid of the file as it is never jumps, however
       the sound was edited before it was coded; so only an earlier one is followed. Vorbis is not
       followed: its blocks change their length, and the grid with them.
    2. At the grid's offset, and at four offsets beside it, the coefficients of every frame are
       computed. How much smaller they are at the grid's is what a frame says for the grid. Frames
       25 dB under the loud ones are left out.
    3. Pieces are made so long that the grid is expected at nine standard deviations in each. Where
       pieces do not show it, all offsets are searched in that stretch alone.
    4. The most likely sequence of offsets, and of none, is chosen, with a price on each change. A
       change from one offset to another is a jump, placed to the frame by the likelihood of both;
       the place is the stretch in which it lies with about 95 %. The grid of a coding at another
       sample rate is weaker: in up to three minutes, every offset counts in every frame instead of
       in pieces. Where it is lost between two offsets, both ends of that are told.
    5. What was cut out, or put in, has the length of the jump, and any number of whole frames more
       or less.
    """
    found = searched(recording, lambda part: case.progress(0.6 * part, "searching for grids"))  # 1
    if found is None:
        return NotExamined(
            reason="there is too little sound to search for a grid",
            got="less than four pieces of sixteen frames above silence",
            needed="about two seconds that are louder than -80 dBFS",
        )
    tracks = followed(  # 2, 3, 4
        recording, found, lambda part: case.progress(0.6 + 0.4 * part, "following the grid")
    )
    if tracks:
        return _finding(recording, tracks)
    shown = [
        grid for grid in earlier_of(found) if grid.coded_hz is None or grid.z >= LEAST_RESAMPLED_Z
    ]
    if not shown:
        return NotExamined(
            reason="no grid of an earlier MP3 or AAC coding shows, so there is none to follow",
            got=_heights(found),
            needed=f"a dip of {LEAST_Z:g} standard deviations at an offset that is not the file's own, "
            f"or of {LEAST_RESAMPLED_Z:g} at another rate",
        )
    return NotExamined(
        reason="the grid of the earlier coding shows too weakly to be followed over time",
        got=f"{shown[0].codec.name}, {shown[0].z:.1f} standard deviations in the whole recording",
        needed="a grid that shows in a third of the recording by itself",
    )


def _finding(recording: Recording, tracks: Sequence[GridTrack]) -> Finding:
    jumps = sum(len(track.jumps) for track in tracks)
    first = tracks[0]
    rate = jump_rate(coding_of(recording.facts), is_resampled=is_resampled(recording, first))
    return Finding(
        summary=_summary(tracks),
        measures=(
            Measure("jumps of the grid", jumps),
            *(measure for track in tracks for measure in _measures(track)),
        ),
        places=tuple(place for track in tracks for place in _places(track))[:MOST_PLACES],  # 5
        limits=_limits(first, is_measured=rate is not None),
        details={
            track.codec.name: {
                "hop_samples": track.codec.hop,
                "window": track.codec.window,
                "spans": [
                    [span.start_s, span.end_s, _samples(track, span.offset), span.z]
                    for span in track.spans
                ],
                "other_generations": list(track.also),
            }
            for track in tracks
        },
        figures=tuple(_figure(track, recording.duration_s) for track in tracks),
        strength=rate.strength("how often an untouched recording shows any jump") if rate else None,
    )


def _limits(first: GridTrack, *, is_measured: bool) -> tuple[str, ...]:
    limits = [
        "A cut is missed where it takes out, or puts in, a whole number of frames: one in "
        f"{first.codec.hop} of cuts at random.",
        "Sound that was edited before its first lossy coding, or while it was not coded, has no grid "
        "that could jump.",
        "A resampling between the codings makes the grid weaker, and a change of speed removes it. Where "
        f"no grid shows at the recording's own rate, those are tried {rates_tried()}.",
        "A jump shows that the coded sound was cut or joined here, not why: programs that record in "
        "parts, and players that skip, leave the same.",
    ]
    if not is_measured:
        limits.append("How often untouched recordings of this coding show a jump was not measured.")
    return tuple(limits)


def _summary(tracks: Sequence[GridTrack]) -> str:
    names = " and ".join(f"{track.codec.name} ({track.coded_hz:,} Hz)" for track in tracks)
    jumps = [jump for track in tracks for jump in track.jumps]
    if not jumps:
        return f"The grid of an earlier {names} coding runs through it without a jump."
    where = ", ".join(f"{(jump.start_s + jump.end_s) / 2:.2f} s" for jump in jumps[:5])
    more = f", and {len(jumps) - 5} more" if len(jumps) > 5 else ""
    return (
        f"The grid of an earlier {names} coding jumps at {where}{more}: the sound was cut or joined "
        "there after it was coded."
    )


def _measures(track: GridTrack) -> list[Measure]:
    name = track.codec.name
    held = sum(span.end_s - span.start_s for span in track.spans if span.offset >= 0)
    whole = track.spans[-1].end_s - track.spans[0].start_s
    return [
        Measure(f"rate at which {name} was coded", track.coded_hz, "Hz"),
        Measure(
            f"offset of the grid of {name}",
            _samples(track, track.offset),
            f"samples of {track.codec.hop}",
        ),
        Measure(f"pieces in which {name} was followed", track.piece_s, "s", digits=2),
        Measure(f"share of the time in which {name} shows", 100 * held / whole, "%", digits=0),
    ]


def _places(track: GridTrack) -> list[Place]:
    hop, rate_hz = track.codec.hop, track.coded_hz
    return [
        Place(
            max(0.0, jump.start_s),
            jump.end_s,
            f"the {track.codec.name} grid jumps by {jump.by_samples:g} of {hop} samples "
            f"({1000 * jump.by_samples / rate_hz:.1f} ms put in, or "
            f"{1000 * (hop - jump.by_samples) / rate_hz:.1f} ms taken out, and any whole number of "
            f"frames of {1000 * hop / rate_hz:.1f} ms)",
        )
        for jump in track.jumps
    ]


def _samples(track: GridTrack, offset: int) -> float:
    """An offset in samples of the coder's; of a grid that is lost, -1."""
    if offset < 0 or track.per_sample == 1:
        return offset
    return offset / track.per_sample


def _figure(track: GridTrack, duration_s: float) -> Figure:
    seen = [span for span in track.spans if span.offset >= 0]
    layers: list[Line | Points] = [_line(track, span) for span in seen[:100]]
    middles = [(jump.start_s + jump.end_s) / 2 for jump in track.jumps]
    if middles:
        at = [_samples(track, _offset_before(seen, middle)) for middle in middles]
        layers.append(Points(numbers(middles), numbers(at), "jump"))
    said = f"it jumps {len(middles)} times" if middles else "it does not jump"
    return Figure(
        title=f"Offset of the {track.codec.name} grid over time",
        alternative=f"The offset of the grid, where it shows, against time; {said}.",
        x_label="seconds",
        y_label="samples",
        layers=tuple(layers),
        x_range=(0.0, round(duration_s, 3)),
        y_range=(0.0, float(track.codec.hop)),
    )


def _line(track: GridTrack, span: Span) -> Line:
    offset = _samples(track, span.offset)
    return Line(numbers([span.start_s, span.end_s]), numbers([offset, offset]))


def _offset_before(spans: Sequence[Span], second: float) -> int:
    before = [span.offset for span in spans if span.start_s <= second]
    return before[-1] if before else spans[0].offset


def _heights(found: Searched) -> str:
    generations = found.generations
    heights = [f"{family} {generations.best(family):.1f}" for family in generations.depths]
    if found.resampled is not None:
        grid = found.resampled.grid
        heights.append(f"{grid.codec.name} at {grid.coded_hz:,} Hz {grid.z:.1f}")
    return "highest dips in standard deviations: " + ", ".join(heights)
