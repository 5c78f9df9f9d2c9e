"""When the recording was made, from all evidence of time that the case holds: one interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from earwitness.archive.joining import Stretch
from earwitness.dossier.dating import (
    CALENDAR,
    MAX_CONFLICTS,
    Constraint,
    End,
    Interval,
    TimeNetwork,
)
from earwitness.dossier.dating_lines import DAY_S, in_words, read_lines, shown
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.evidence.structure import read_structure
from earwitness.examinations._archive_search import LEAST_SEARCHED_S, searched
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._hum import hum_of
from earwitness.examinations._hum_dates import HumDates, grid_records, hum_dates
from earwitness.examinations._known import known_from
from earwitness.examinations._statements import Row, accepted, drafted
from earwitness.examinations._time_evidence import (
    BY_DEFINITION,
    RECORDING,
    archive_finds,
    claimed_release,
    container_times,
    hum_times,
    told_death,
    told_makings,
    told_mentions,
    told_releases,
)
from earwitness.outcome import Asked, Figure, Finding, Line, Measure, NotExamined, Place, Spans
from earwitness.signal.recording import Recording
from earwitness.transcripts.exhibits import transcripts_of
from earwitness.transcripts.mentions import find_mentions
from earwitness.transcripts.model import Transcript

MAX_SHOWN = 300
MAX_DRAWN = 20


@examination(
    question="Between which two days was it made, and what does each of the two rest on?",
    answers=Asked.WHEN,
    sources=(
        "Dechter, Meiri and Pearl 1991, Artificial Intelligence 49 (temporal constraint networks)",
        "Cherkassky and Goldberg 1999, Math. Programming 85 (contradictions as negative cycles)",
    ),
    needs=Needs(
        may_use=(Role.DOCUMENT, Role.TRANSCRIPT, Role.GRID),
        may_use_archives=True,
        grids=True,
        claims=True,
    ),
)
def date_v1(recording: Recording, case: CaseView, *, typed: str = "") -> Finding | NotExamined:
    """Put all evidence of time into one network of constraints, and read off one interval.

    1. Evidence is: the release that case.toml claims; the release, the making and the claimed
       speaker's death, as the documents' statements tell them (a death that is only rumoured dates
       nothing); events with a date that it mentions, by its transcript, or where it has none by a
       document; passages that clearly stand in an archived recording; its mains hum, where
       ``hum_date_v1`` would date it; the times in its file; and lines that a person typed
       (``typed``), such as ``the recording > the strike`` and ``the strike: late 2015``. Statements
       are those that a person accepted, and drafts, which are marked so and count as hedged.
    2. Each piece says that between two points in time lie at least, or at most, so many days. A day
       runs from midnight to midnight UTC. What mentions an event was said after it began; what was
       released had been made; the whole is as late as its latest passage. Words that two documents
       share count once, from the older.
    3. The network's bounds are shortest paths. For each end of the interval, a smallest set of evidence
       that carries it is given, and for each hedged piece in it, where the end would lie without
       it. So is the interval that is left without any hedged piece.
    4. Evidence that contradicts itself is given in smallest sets. The interval then rests only on what
       is in no such set, and so holds whichever way a person decides.
    5. Passages that have evidence of their own get an interval of their own: a compilation has several
       dates.
    """
    rows, stretches = _statements(case), _found(recording, case)
    hum = _hum_dates(recording, case)
    said = transcripts_of(case.exhibits(Role.TRANSCRIPT), recording.exhibit.sha256)
    constraints = tuple(_gather(recording, case, rows, said, stretches, hum, typed))  # 1, 2
    network = TimeNetwork(constraints)
    if len(network.conflicts) >= MAX_CONFLICTS:
        return NotExamined(
            reason="the evidence contradicts itself in too many ways",
            got=f"{len(network.conflicts)} contradictions or more",
            needed="a person's decisions: reject statements, or withdraw documents",
        )
    interval = network.interval(RECORDING)  # 3, 4
    if interval.not_before is None and interval.not_after is None and not network.conflicts:
        return NotExamined(
            reason="nothing in the case bounds when it was made",
            got="no date of release, and nothing dated that it mentions",
            needed="the claim 'released' in case.toml, a document, a transcript, or typed evidence",
        )
    return _finding(network, interval, recording, stretches)


def _statements(case: CaseView) -> list[Row]:
    documents = case.exhibits(Role.DOCUMENT)
    return [*accepted(documents), *drafted(documents, [])]


def _found(recording: Recording, case: CaseView) -> list[Stretch]:
    """Stretches of it that stand in the case's archives."""
    if recording.duration_s < LEAST_SEARCHED_S:
        return []
    return [each for folder in case.archives for each in searched(recording, folder).stretches]


def _hum_dates(recording: Recording, case: CaseView) -> HumDates | None:
    """Where its mains hum fits in the case's records, if it has hum and the case has records of it."""
    everything, _ = grid_records(case)
    if not everything:
        return None
    hum = hum_of(recording)
    if isinstance(hum, NotExamined):
        return None
    records = [record for record in everything if record.nominal_hz == hum.track.nominal_hz]
    return hum_dates(recording, hum, records, case) if records else None


def _gather(
    recording: Recording,
    case: CaseView,
    rows: Sequence[Row],
    said: Sequence[tuple[Exhibit, Transcript]],
    stretches: Sequence[Stretch],
    hum: HumDates | None,
    typed: str,
) -> Iterator[Constraint]:
    claim, constraints = claimed_release(case.claims.get("released", ""))
    yield from constraints
    name = recording.exhibit.name
    yield from told_releases(rows, claim, name)
    yield from told_makings(rows, name)
    yield from told_death(rows, case.claims.get("speaker", ""))
    known = known_from(rows)
    mentions = [one for _, each in said for one in find_mentions(each, known)]
    yield from told_mentions(rows, mentions, is_transcribed=bool(said))
    yield from archive_finds(stretches, rows)
    yield from hum_times(hum) if hum else ()
    yield from container_times(read_structure(recording.exhibit.path), recording.duration_s)
    yield from read_lines(typed, today=claim.latest if claim else None)


def _finding(
    network: TimeNetwork, interval: Interval, recording: Recording, stretches: Sequence[Stretch]
) -> Finding:
    passages = [(point, network.interval(point)) for point in _passages(network.constraints)]
    undated = _undated(network, stretches)
    return Finding(
        summary=_summary(network, interval),
        measures=_measures(network, interval),
        places=tuple(_places(passages, recording.duration_s)),
        limits=(
            "An interval is as good as its evidence: a date that a document has wrong, or an event that "
            "was foreseen when it was mentioned, makes it wrong. Read what each end rests on.",
            "A day is counted in UTC. Where a source means the day of another place, an end can be off by "
            "up to 14 hours.",
            "That it was made before a day does not say how long before: old sound can be released anew.",
            *undated,
        ),
        details=_details(network, interval, passages),
        figures=_figures(network, interval),
    )


def _summary(network: TimeNetwork, interval: Interval) -> str:
    text = _sentence(interval) + "."
    sure = network.without_hedged().interval(RECORDING)
    if _days(sure) != _days(interval):
        text += f" On what is not hedged alone: {_sentence(sure).removeprefix('It was ')}."
    for side, end in (("first", interval.not_before), ("last", interval.not_after)):
        if end is None or not end.rests_on:
            continue
        one, other = end.rests_on[0]
        without = shown(other) if other is not None else "open"
        text += f" The {side} day rests on a hedged piece: {_cut(in_words(one))}; without it, {without}."
    for conflict in network.conflicts[:2]:
        pieces = "; ".join(_cut(in_words(one)) for one in _telling(conflict))
        text += f" These cannot all hold, and a person must decide: {pieces}."
    return text


def _sentence(interval: Interval) -> str:
    before, after = interval.not_before, interval.not_after
    if before and after:
        return f"It was made not before {shown(before.at_s)} and not after {shown(after.at_s)}"
    if before:
        return (
            f"It was made not before {shown(before.at_s)}; nothing that holds bounds it from above"
        )
    if after:
        return f"It was made not after {shown(after.at_s)}; nothing that holds bounds it from below"
    return "Nothing that is free of contradiction bounds when it was made"


def _days(interval: Interval) -> tuple[int | None, int | None]:
    before, after = interval.not_before, interval.not_after
    return (before.at_s if before else None, after.at_s if after else None)


def _telling(constraints: Sequence[Constraint]) -> list[Constraint]:
    """Without those that hold by definition: they are no evidence."""
    return [one for one in constraints if one.source != BY_DEFINITION]


def _measures(network: TimeNetwork, interval: Interval) -> tuple[Measure, ...]:
    before, after = interval.not_before, interval.not_after
    open_end = "nothing bounds it"
    width_s = after.at_s - before.at_s if before and after else None
    is_short = width_s is not None and width_s < DAY_S
    unit_s, unit, digits = (60, "minutes", 0) if is_short else (DAY_S, "days", 1)
    width = width_s / unit_s if width_s is not None else None
    return (
        Measure("not before", shown(before.at_s) if before else None, note=open_end),
        Measure("not after", shown(after.at_s) if after else None, note=open_end),
        Measure("width", width, unit, digits=digits, note="one end is open"),
        Measure("pieces of evidence", len(_telling(network.constraints))),
        Measure("contradictions", len(network.conflicts)),
    )


def _passages(constraints: Sequence[Constraint]) -> list[str]:
    points = [point for one in constraints for point in (one.earlier, one.later)]
    return list(dict.fromkeys(point for point in points if point.startswith("the passage from ")))


def _places(passages: Sequence[tuple[str, Interval]], duration_s: float) -> Iterator[Place]:
    for point, interval in passages[:MAX_SHOWN]:
        start_s, end_s = (float(word) for word in point.split() if word[0].isdigit())
        said = _sentence(interval).replace("It was made", "made")
        yield Place(min(start_s, duration_s), min(end_s, duration_s), said)


def _undated(network: TimeNetwork, stretches: Sequence[Stretch]) -> Iterator[str]:
    """Archive finds that date nothing, since no date of the archived recording is known."""
    dated = {one.later for one in network.constraints if one.earlier == CALENDAR}
    names = dict.fromkeys(each.recording.name for each in stretches if not each.is_faint)
    for name in names:
        if name.casefold() not in dated:
            yield (
                f"A passage stands in {name}, whose date the case does not hold. Type it, such as: "
                f"{name}: 4 March 2014"
            )


def _details(
    network: TimeNetwork, interval: Interval, passages: Sequence[tuple[str, Interval]]
) -> dict[str, Any]:
    sure = network.without_hedged().interval(RECORDING)
    return {
        "not_before": _end_as_json(interval.not_before),
        "not_after": _end_as_json(interval.not_after),
        "without_hedged": {
            "not_before": _end_as_json(sure.not_before),
            "not_after": _end_as_json(sure.not_after),
        },
        "passages": [
            {
                "passage": point,
                "not_before": _end_as_json(each.not_before),
                "not_after": _end_as_json(each.not_after),
            }
            for point, each in passages[:MAX_SHOWN]
        ],
        "conflicts": [[in_words(one) for one in conflict] for conflict in network.conflicts],
        "evidence": [_as_json(one) for one in _telling(network.constraints)[:MAX_SHOWN]],
        "left_out": max(0, len(network.constraints) - MAX_SHOWN),
    }


def _end_as_json(end: End | None) -> dict[str, Any] | None:
    if end is None:
        return None
    return {
        "at": shown(end.at_s),
        "carried_by": [in_words(one) for one in end.carried_by],
        "rests_on": [
            {"hedged": in_words(one), "without_it": shown(other) if other is not None else None}
            for one, other in end.rests_on
        ],
    }


def _as_json(one: Constraint) -> dict[str, Any]:
    return {
        "between": [one.earlier or "the calendar", one.later],
        "least": _bound(one, one.least),
        "most": _bound(one, one.most),
        "why": one.why,
        "source": one.source,
        "hedge": one.hedge,
    }


def _bound(one: Constraint, seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return shown(seconds) if one.earlier == CALENDAR else f"{seconds / DAY_S:g} days"


def _cut(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _figures(network: TimeNetwork, interval: Interval) -> tuple[Figure, ...]:
    """Dated evidence around the interval as bars, in days from one of its ends."""
    end = interval.not_after or interval.not_before
    if end is None:
        return ()
    zero = end.at_s // DAY_S * DAY_S
    low, high = _window(interval, zero)
    dated = [one for one in _telling(network.constraints) if one.earlier == CALENDAR]
    bars = [(one, *_bar(one, zero, low, high)) for one in dated]
    shown_here = [bar for bar in bars if bar[1] < high and bar[2] > low][:MAX_DRAWN]
    layers: list[Line | Spans] = [Spans((_span(interval, zero, low, high),), "when it was made")]
    count = len(shown_here)
    for number, (_, first, last) in enumerate(shown_here):
        layers.append(Line((first, last), (float(count - number), float(count - number)), ""))
    said = "; ".join(
        f"{count - number}: {_cut(in_words(one), 120)}"
        for number, (one, _, _) in enumerate(shown_here)
    )
    beyond = len(dated) - count
    return (
        Figure(
            title="Evidence of when it was made",
            alternative=f"{_sentence(interval)}. By number: {said}. Not drawn: {beyond} further away.",
            x_label=f"days from {shown(zero)[:10]}",
            y_label="evidence, by number",
            layers=tuple(layers),
            x_range=(low, high),
            y_range=(0.0, count + 1.0),
        ),
    )


def _window(interval: Interval, zero: int) -> tuple[float, float]:
    """The interval with room around it: its own width, and a week at least; 60 days where it is open."""
    days = [(at - zero) / DAY_S for at in _days(interval) if at is not None]
    room = max(days[-1] - days[0], 7.0) if len(days) == 2 else 60.0
    return round(days[0] - room, 3), round(days[-1] + room, 3)


def _bar(one: Constraint, zero: int, low: float, high: float) -> tuple[float, float]:
    first = low if one.least is None else (one.least - zero) / DAY_S
    last = high if one.most is None else (one.most + 1 - zero) / DAY_S
    return round(first, 3), round(last, 3)


def _span(interval: Interval, zero: int, low: float, high: float) -> tuple[float, float]:
    first, last = interval.not_before, interval.not_after
    return (
        round((first.at_s - zero) / DAY_S, 3) if first else round(low, 3),
        round((last.at_s + 1 - zero) / DAY_S, 3) if last else round(high, 3),
    )
