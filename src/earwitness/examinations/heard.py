"""Whether the recording, or a part of it, stands in an archive of recordings heard before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from earwitness.archive import index
from earwitness.archive.background import Background
from earwitness.archive.joining import FAINT, Stretch
from earwitness.archive.prints import PRINT_STEP, differences, signs_of
from earwitness.archive.search import DEFAULT_ERROR
from earwitness.archive.segment import Segment
from earwitness.archive.spectrum import FRAME_S, SAMPLE_RATE_HZ, picture
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.examinations._archive_search import LEAST_SEARCHED_S, Searched, searched
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.outcome import (
    Asked,
    Figure,
    Finding,
    Line,
    Measure,
    Place,
    Points,
    Strength,
    numbers,
)
from earwitness.signal.pictures import spectrogram
from earwitness.signal.recording import Recording

_FIGURES = 3
_LONGEST_FIGURE_S = 30.0
_SAME_SPEED = 0.004
_SAME_PITCH = 0.36


@examination(
    question="Does the recording, or a part of it, stand in an archive of recordings?",
    answers=Asked.HEARD,
    sources=(
        "Burges, Platt and Jana 2003, IEEE Trans. Speech Audio Process. 11(3) (the landmarks)",
        "Lv et al. 2007, VLDB (multi-probe look-up)",
        "Haitsma and Kalker 2002, ISMIR (the fine prints)",
        "Gumbel 1958; Coles 2001 (the law of the background)",
    ),
    needs=Needs(min_seconds=LEAST_SEARCHED_S, archives=True, may_use=(Role.ARCHIVE,)),
)
def heard_v1(
    recording: Recording, case: CaseView, *, most_probable_error: float = DEFAULT_ERROR
) -> Finding:
    """Search every archive of the case for the same recording, whole or in parts.

    1. A picture of the sound, 32 bands between 280 and 3,400 Hz and 62.5 frames a second, each band over
       its own level, is described every few frames by a key of 32 bits over 1.5 s. The keys,
       and those that differ in the least certain bits, are looked up in the archive.
    2. Keys that are found in step make candidates. Each is verified on the fine prints that the
       archive keeps of the whole recording, 31 signs every 32 ms, at every lag and small drift;
       the stretch reaches as far as it agrees. Keys that stand in the archive too often are passed
       over.
    3. Where nothing was found, the keys are looked up that the sound would have had without a change
       of speed or tempo up to 8 %, or of pitch up to two semitones.
    4. The agreement, over its spread in unrelated speech, is the score. The false-match probability is how
       often a search of unrelated sound of this length gives such a score in this archive. It comes from
       searches in the archive, each of a part of a recording with that recording left out, and
       an extreme-value law fitted to them. Stretches are reported where it is at most
       ``most_probable_error``.
    5. What is found is the same recording. The same words said again, even by the same person,
       are different sound and do not agree in this way.
    """
    every = []
    for number, folder in enumerate(case.archives):
        case.progress(number / len(case.archives), f"searching {folder.name}")
        found_there = searched(  # 1, 2, 3, 4
            recording, folder, most_probable_error=most_probable_error
        )
        every.append(found_there)
    case.progress(0.9, "drawing")
    found = [(item, stretch) for item in every for stretch in item.stretches]
    return Finding(
        summary=_summary(found, every, recording.duration_s),
        measures=_measures(found, every, recording.duration_s),
        places=tuple(_place(stretch, item.background) for item, stretch in found),
        limits=_limits(every),
        details=_details(every),
        figures=_figures(found, recording, case),
        strength=_strength(found),
    )


def _summary(
    found: Sequence[tuple[Searched, Stretch]], every: Sequence[Searched], duration_s: float
) -> str:
    hours = sum(item.archive.seconds for item in every) / 3600
    if not found:
        return (
            f"No stretch of it was found in {hours:.2f} h of archived recordings. That says that it "
            "is not in these archives, not that it is new."
        )
    clear, faint = _clear_and_faint(found)
    said = []
    if clear:
        covered = f"{_covered_s(clear):.1f} s of its {duration_s:.1f} s"
        said.append(
            f"{covered} are the same recording as in the archive, in {_counted(clear)}: {_names(clear)}."
        )
    if faint:
        more = "more " if clear else ""
        said.append(
            f"{_counted(faint, more)} agreeing faintly with {_names(faint)}: the same recording in "
            "noise, or the same words by the same synthetic voice."
        )
    return " ".join(said)


def _clear_and_faint(
    found: Sequence[tuple[Searched, Stretch]],
) -> tuple[list[Stretch], list[Stretch]]:
    stretches = [stretch for _, stretch in found]
    return (
        [stretch for stretch in stretches if not stretch.is_faint],
        [stretch for stretch in stretches if stretch.is_faint],
    )


def _counted(stretches: Sequence[Stretch], more: str = "") -> str:
    return f"{len(stretches)} {more}{'stretch' if len(stretches) == 1 else 'stretches'}"


def _names(stretches: Sequence[Stretch]) -> str:
    names = sorted({stretch.recording.name for stretch in stretches})
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _covered_s(stretches: Sequence[Stretch]) -> float:
    """Seconds here that at least one stretch covers."""
    covered, reached = 0.0, 0.0
    for stretch in sorted(stretches, key=lambda item: item.here_start_s):
        start = max(stretch.here_start_s, reached)
        covered += max(0.0, stretch.here_end_s - start)
        reached = max(reached, stretch.here_end_s)
    return covered


def _measures(
    found: Sequence[tuple[Searched, Stretch]], every: Sequence[Searched], duration_s: float
) -> tuple[Measure, ...]:
    stretches, faint = _clear_and_faint(found)
    recordings = {stretch.recording.sha256 for stretch in stretches}
    hours = sum(item.archive.seconds for item in every) / 3600
    return (
        Measure("archived sound searched", hours, "h", digits=2),
        Measure("archived recordings searched", sum(_count(item) for item in every)),
        Measure("stretches found", len(stretches)),
        Measure("faint stretches", len(faint)),
        Measure("source recordings", len(recordings)),
        Measure("found", _covered_s(stretches), "s", digits=2),
        Measure("share found", 100 * _covered_s(stretches) / duration_s, "%", digits=1),
    )


def _count(item: Searched) -> int:
    return sum(1 for _ in item.archive.known())


def _place(stretch: Stretch, background: Background) -> Place:
    faint = ", faint" if stretch.is_faint else ""
    label = (
        f"{stretch.recording.name} from {stretch.there_start_s:.2f} to {stretch.there_end_s:.2f} s, "
        f"{_change(stretch)}{faint}; false-match probability "
        f"{background.in_words(stretch.false_match_probability)}"
    )
    return Place(stretch.here_start_s, stretch.here_end_s, label)


def _change(stretch: Stretch) -> str:
    """How the questioned stretch differs from the archived one, in words."""
    faster = abs(stretch.speed - 1) > _SAME_SPEED
    higher = abs(stretch.semitones) > _SAME_PITCH
    if not faster and not higher:
        return "at the same speed and pitch"
    with_speed = 12 * float(np.log2(stretch.speed))
    if faster and abs(with_speed - stretch.semitones) <= _SAME_PITCH:
        return f"at {stretch.speed:.3f} times the speed, pitch with it"
    parts = [f"at {stretch.speed:.3f} times the tempo"] if faster else []
    if higher:
        direction = "higher" if stretch.semitones > 0 else "lower"
        parts.append(f"about {abs(stretch.semitones):.1f} semitones {direction}")
    elif faster:
        parts.append("at the same pitch")
    return ", ".join(parts)


def _limits(every: Sequence[Searched]) -> tuple[str, ...]:
    backgrounds = [f"{item.name}: {item.background.wording}" for item in every]
    return (
        "The same recording is found, not the same words said again by a person. A synthetic voice that "
        "is made by rules says a sentence again in nearly the same sound: with the same settings, 23 "
        "of 23 such sentences came out as the same recording (agreement 0.88 to 0.99), with another "
        "pitch or voice 44 of 46, all faintly. Agreement does not tell the two apart: where a voice "
        "may be synthetic, lay the waveforms over one another. Faint is an agreement under "
        f"{FAINT:g}: noise, a room, a codec of a low rate, or such a voice.",
        "That nothing was found does not show that the recording is new: it may be old and in "
        "no archive that was searched, shorter than two seconds, or changed by more than 8 % in speed or "
        "tempo or two semitones in pitch.",
        "Pitch is told to about a third of a semitone; the ends of a stretch to about 20 ms in clean "
        "sound, less well in noise.",
        "False-match probability "
        + "; ".join(backgrounds)
        + ". Below one in a thousand it rests on "
        "the law that was fitted, not on counted errors.",
    )


def _details(every: Sequence[Searched]) -> dict[str, object]:
    return {
        "archives": [
            {
                "name": item.name,
                "generation": item.archive.manifest.generation,
                "segments": [listed.sha256 for listed in item.archive.manifest.segments],
                "hours": item.archive.seconds / 3600,
                "background": item.background.to_json(),
                "stretches": [stretch.to_json() for stretch in item.stretches],
            }
            for item in every
        ]
    }


def _strength(found: Sequence[tuple[Searched, Stretch]]) -> Strength | None:
    """The weakest of the stretches that are not faint, so that it holds for each of them."""
    clear = [pair for pair in found if not pair[1].is_faint]
    if not clear:
        return None
    item, stretch = max(clear, key=lambda pair: pair[1].false_match_probability)
    length_s = item.background.seconds
    low, high = item.background.interval(
        stretch.score, seconds=length_s, archive_seconds=item.archive.seconds
    )
    value = stretch.false_match_probability
    middle = item.background.probability(
        stretch.score, seconds=length_s, archive_seconds=item.archive.seconds
    )
    ratio = value / max(middle, 1e-300)
    return item.background.strength(
        (value, low * ratio, high * ratio),
        "how often a search of unrelated sound gives as much as the weakest stretch, as far as "
        "that was measured",
        item.background.wording,
    )


def _figures(
    found: Sequence[tuple[Searched, Stretch]], recording: Recording, case: CaseView
) -> tuple[Figure, ...]:
    if not found:
        return ()
    strongest = sorted(found, key=lambda pair: -pair[1].score)[:_FIGURES]
    figures = [_alignment_figure([stretch for _, stretch in found])]
    exhibits = {exhibit.sha256: exhibit for exhibit in case.exhibits(Role.ARCHIVE)}
    for item, stretch in strongest:
        figures.append(_prints_figure(item, stretch, recording))
        exhibit = exhibits.get(stretch.recording.sha256)
        if exhibit is not None:
            figures += _spectrograms(stretch, recording, case, exhibit)
    return tuple(figures)


def _alignment_figure(stretches: Sequence[Stretch]) -> Figure:
    layers = tuple(
        Line(
            numbers([stretch.here_start_s, stretch.here_end_s]),
            numbers([stretch.there_start_s, stretch.there_end_s]),
            stretch.recording.name,
        )
        for stretch in stretches[:40]
    )
    said = "; ".join(
        f"{stretch.here_start_s:.1f}-{stretch.here_end_s:.1f} s here is "
        f"{stretch.there_start_s:.1f}-{stretch.there_end_s:.1f} s of {stretch.recording.name}"
        for stretch in stretches[:10]
    )
    return Figure(
        title="Here against there",
        alternative=f"Each line is a stretch that both recordings share: {said}.",
        x_label="seconds in this recording",
        y_label="seconds in the archived recording",
        layers=layers,
    )


def _prints_figure(item: Searched, stretch: Stretch, recording: Recording) -> Figure:
    """How many of the 31 signs agree, along the stretch and a second to both sides."""
    start_s = max(stretch.here_start_s - 1.0, 0.0)
    end_s = min(stretch.here_end_s + 1.0, stretch.here_start_s + _LONGEST_FIGURE_S)
    sound = recording.signal(SAMPLE_RATE_HZ)
    part = np.asarray(sound[int(start_s * SAMPLE_RATE_HZ) : int(end_s * SAMPLE_RATE_HZ)])
    here = np.sign(differences(picture(part)))
    segment, number = _where(item.archive, stretch)
    first = int(stretch.there_start_s / FRAME_S / PRINT_STEP) - 40
    prints = segment.prints(number, max(first, 0), first + 2_000)
    there = signs_of(prints)
    there_s = (max(first, 0) + np.arange(there.shape[0])) * PRINT_STEP * FRAME_S
    here_s = stretch.here_start_s + (there_s - stretch.there_start_s) / stretch.speed
    frame = np.rint((here_s - start_s) / FRAME_S).astype(np.int64)
    inside = (frame >= 0) & (frame < here.shape[0])
    agree = (here[frame[inside]] == there[inside]).mean(axis=1)
    smooth = np.convolve(agree, np.ones(9) / 9, mode="same")
    return Figure(
        title=f"Agreement with {stretch.recording.name}",
        alternative=f"The share of the 31 signs that agree: about one half outside the stretch, "
        f"{float(np.median(smooth)):.2f} in the middle of it.",
        x_label="seconds in this recording",
        y_label="share of signs that agree",
        layers=(
            Points(numbers(here_s[inside]), numbers(agree, digits=3), "every 32 ms"),
            Line(numbers(here_s[inside]), numbers(smooth, digits=3), "mean of 0.3 s"),
        ),
        y_range=(0.0, 1.0),
    )


def _where(archive: index.Archive, stretch: Stretch) -> tuple[Segment, int]:
    for segment in archive.segments:
        for number, known in enumerate(segment.recordings):
            if known.sha256 == stretch.recording.sha256:
                return segment, number
    raise LookupError(stretch.recording.sha256)


def _spectrograms(
    stretch: Stretch, recording: Recording, case: CaseView, exhibit: Exhibit
) -> list[Figure]:
    """Both spectrograms, where the archived recording is an exhibit of the case."""
    pairs = (
        ("questioned", recording, stretch.here_start_s, stretch.here_end_s),
        ("archived", case.recording(exhibit), stretch.there_start_s, stretch.there_end_s),
    )
    figures = []
    for which, sound, start_s, end_s in pairs:
        end_s = min(end_s, start_s + _LONGEST_FIGURE_S)
        part = np.asarray(
            sound.signal(SAMPLE_RATE_HZ)[
                int(start_s * SAMPLE_RATE_HZ) : int(end_s * SAMPLE_RATE_HZ)
            ]
        )
        figures.append(
            Figure(
                title=f"Spectrogram of the stretch, {which}",
                alternative=f"The {which} recording from {start_s:.2f} to {end_s:.2f} s; the two "
                "spectrograms show the same sounds at the same times.",
                x_label="seconds from the stretch's beginning",
                y_label="Hz",
                layers=(spectrogram(part, SAMPLE_RATE_HZ),),
            )
        )
    return figures
