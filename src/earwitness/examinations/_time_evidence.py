"""Evidence of when a recording was made, gathered as constraints between points in time.

Each kind of source is a function from what it knows to constraints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from earwitness.archive.joining import Stretch
from earwitness.dossier.dates import Interval, find_dates
from earwitness.dossier.dating import CALENDAR, Constraint
from earwitness.dossier.dating_lines import DAY_S, first_second, last_second
from earwitness.dossier.statement import Manner, Property, Statement
from earwitness.evidence.structure import Structure
from earwitness.examinations._hum_dates import HumDates, moment, shown_probability
from earwitness.examinations._statements import Row
from earwitness.transcripts.mentions import Mentioned

RECORDING = "the recording"
RELEASE = "its release"
BY_DEFINITION = "by definition"
DRAFT = "a draft that nobody has accepted"
UNSAID = "it is not said which recording is meant"
TIED = "tied by words alone"
COPIED = "if the hum came in when it was made, and not when it was copied"
CUT_OUT = "if its hum's phase breaks where nothing long was taken out"
_CLOSE_DAYS = 3  # a release told within so many days of the claimed one is the same
_PUT_FORWARD = (Manner.ASSERTED, Manner.HEDGED, Manner.INFERRED)


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of the recording that has a date of its own."""

    start_s: float
    end_s: float

    @property
    def point(self) -> str:
        """Its name as a point in time."""
        return f"the passage from {self.start_s:.1f} to {self.end_s:.1f} s"

    def within_recording(self) -> Constraint:
        """The recording as a whole is no older than any of its passages."""
        why = f"{self.point} is a part of it"
        return Constraint(self.point, RECORDING, 0, None, why, BY_DEFINITION)


def released() -> Constraint:
    """What was released had been made."""
    return Constraint(
        RECORDING, RELEASE, 0, None, "it was made before it was released", BY_DEFINITION
    )


def claimed_release(claimed: str) -> tuple[Interval | None, list[Constraint]]:
    """The release that case.toml claims: its days, and the constraint."""
    found = find_dates(claimed[:10] if claimed[4:5] == "-" else claimed, None)
    if not found:
        return None, []
    interval = found[0].interval
    why = f"it was released on {claimed}"
    return interval, [_within(RELEASE, interval, why, "claimed in case.toml"), released()]


def told_releases(rows: Iterable[Row], claim: Interval | None, name: str) -> Iterator[Constraint]:
    """Releases of this recording that documents tell: by its name, or close to the claimed one.

    Where nothing is claimed and no document names it, the latest release that is told counts, as a
    hedged one: no document says that it is this recording's.
    """
    told = [
        (one, state)
        for one, _, state in rows
        if one.property is Property.RELEASED_ON and _is_put_forward(one)
    ]
    mine = [(one, state) for one, state in told if _is_this(one, claim, name)]
    unsure = ""
    if not mine and claim is None and told:
        latest = max(one.value.latest or date.min for one, _ in told)
        mine = [(one, state) for one, state in told if one.value.latest == latest]
        unsure = UNSAID
    for one, state in _once(mine):
        yield _of_statement(one, state, RELEASE, unsure)
    if mine:
        yield released()


def _is_this(one: Statement, claim: Interval | None, name: str) -> bool:
    if name.casefold() in one.subject.casefold():
        return True
    first, last = one.value.earliest, one.value.latest
    if claim is None or first is None or last is None:
        return False
    return (first - claim.latest).days <= _CLOSE_DAYS and (
        claim.earliest - last
    ).days <= _CLOSE_DAYS


def told_makings(rows: Iterable[Row], name: str) -> Iterator[Constraint]:
    """Statements that it was recorded on a date."""
    for one, _, state in rows:
        is_making = one.property is Property.MADE_ON and _is_put_forward(one)
        subject = one.subject.casefold()
        if is_making and (name.casefold() in subject or "recording" in subject):
            yield _of_statement(one, state, RECORDING, "")


def told_death(rows: Iterable[Row], speaker: str) -> Iterator[Constraint]:
    """The claimed speaker's death: what he says, he said before; hedged, for another may speak."""
    if not speaker:
        return
    deaths = [
        (one, state)
        for one, _, state in rows
        if one.property is Property.DIED_ON
        and one.manner is Manner.ASSERTED  # a rumour of a death dates nothing
        and one.value.earliest is not None
        and one.subject.casefold() == speaker.casefold()
    ]
    for one, state in _once(deaths):
        point = f"the death of {speaker}"
        yield _of_statement(one, state, point, "")
        why = f"{speaker} spoke before he or she died"
        yield Constraint(RECORDING, point, 0, None, why, "", "if it is the claimed speaker")


def told_mentions(
    rows: Sequence[Row], mentions: Sequence[Mentioned], *, is_transcribed: bool
) -> Iterator[Constraint]:
    """Events with a date that it mentions: by its transcript at certain seconds, else by documents.

    Documents alone count only where there is no transcript, and as hedged: they seldom say which of
    several recordings they mean.

    Words that stand in two documents count once, from the older: a copy that says "on Sunday" means
    the Sunday of the original.
    """
    tied = {one.known.text: one for one in mentions if one.kind == "event" and one.known}
    events = [
        (one, state)
        for one, _, state in rows
        if one.property in (Property.MENTIONS, Property.HAPPENED_ON) and _is_put_forward(one)
    ]
    for one, state in _once(events, by_text=True):
        event = one.value.text if one.property is Property.MENTIONS else one.subject
        point = f"event: {event}"
        made = tied.get(event)
        if made is None and (is_transcribed or one.property is Property.HAPPENED_ON):
            continue
        yield _of_statement(one, state, point, "", event=event)
        if made is None:
            why = f"it mentions “{event}”"
            yield Constraint(
                point, RECORDING, 0, None, why, _source(one), _hedge(one, state, UNSAID)
            )
            continue
        yield from _tied(made, one, state, point, event)


def _tied(
    made: Mentioned, one: Statement, state: str, point: str, event: str
) -> Iterator[Constraint]:
    passage = Passage(made.start_s, made.end_s)
    why = f"at {made.start_s:.1f} s it mentions “{event}” ({made.why})"
    yield Constraint(point, passage.point, 0, None, why, "the transcript", TIED)
    yield passage.within_recording()
    first, last = one.value.earliest, one.value.latest
    if made.days_back is not None and first and last:
        by = f"at {made.start_s:.1f} s the speaker puts {made.days_back} day(s) between it and “{event}”"
        shift = made.days_back * DAY_S
        least, most = first_second(first) + shift, last_second(last) + shift
        hedge = "the speaker says so, and the tie is by words alone"
        yield Constraint(CALENDAR, passage.point, least, most, by, "the transcript", hedge)


def archive_finds(stretches: Iterable[Stretch], rows: Sequence[Row]) -> Iterator[Constraint]:
    """Passages that stand in archived recordings: no younger than these, where their date is told.

    A stretch that agrees faintly may be the same words said again, and dates nothing.
    """
    for stretch in stretches:
        if stretch.is_faint:
            continue
        passage = Passage(stretch.here_start_s, stretch.here_end_s)
        name = stretch.recording.name
        why = f"{passage.point} stood already in {name}"
        yield Constraint(passage.point, name.casefold(), 0, None, why, "the archive")
        yield passage.within_recording()
        for one, _, state in rows:
            is_about = name.casefold() in one.subject.casefold()
            if one.property is Property.RELEASED_ON and is_about and _is_put_forward(one):
                yield _of_statement(one, state, name.casefold(), "")


def container_times(structure: Structure, seconds: float) -> Iterator[Constraint]:
    """Times that the file itself holds: it was made before its file was written, by that clock."""
    for stamp in structure.times:
        try:
            moment = datetime.fromisoformat(stamp.time)
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        at_s = int(moment.timestamp()) + int(seconds) + 1  # some write when a recording begins
        why = f"its file holds the time {stamp.time} ({stamp.where})"
        hedge = "the clock of the device that wrote the file"
        yield Constraint(CALENDAR, RECORDING, None, at_s, why, "the file", hedge)


def hum_times(dates: HumDates) -> Iterator[Constraint]:
    """When its mains hum was in the grid: the time that it was made, or copied on the mains.

    Sound is no younger than a hum that lies over it, whichever of the two it was; that it is no older
    holds only if the hum came in when it was made. Where the phase breaks and not every part has a date
    of its own, what lies behind the break is younger than it seems by what was taken out there.
    """
    dated = dates.dated_pieces
    if dates.whole and dates.whole.is_dated and (not dated or len(dated) < len(dates.pieces)):
        dated = [*dated, dates.whole]
    for part in dated:
        passage = Passage(part.start_s, part.end_s) if part is not dates.whole else None
        point = passage.point if passage else RECORDING
        first_s = part.best.start_s + int(part.start_s)
        last_s = part.best.start_s + int(part.end_s) + 1
        why = f"the mains hum of {point} is that of {moment(first_s)} in {part.grid}"
        wrong = shown_probability(1.0 - part.best.probability)
        false_match = f"a false match has a probability of {wrong}"
        cut = f"; {CUT_OUT}" if dates.breaks_s and passage is None else ""
        yield Constraint(
            CALENDAR, point, first_s, None, why, "its mains hum", f"{false_match}; {COPIED}"
        )
        yield Constraint(CALENDAR, point, None, last_s, why, "its mains hum", false_match + cut)
        if passage:
            yield passage.within_recording()


def _once(
    told: Iterable[tuple[Statement, str]], *, by_text: bool = False
) -> list[tuple[Statement, str]]:
    """Each value once, from the oldest document, accepted statements before drafts."""
    kept: dict[str, tuple[Statement, str]] = {}
    ordered = sorted(
        told, key=lambda each: (each[1], each[0].asserted_from or date.max, each[0].id)
    )
    for one, state in ordered:
        kept.setdefault(one.value.text.casefold() if by_text else one.value.shown, (one, state))
    return list(kept.values())


def _is_put_forward(one: Statement) -> bool:
    return one.manner in _PUT_FORWARD and one.value.earliest is not None


def _of_statement(
    one: Statement, state: str, point: str, unsure: str, *, event: str = ""
) -> Constraint:
    first, last = one.value.earliest or date.min, one.value.latest or date.max
    interval = Interval(first, last)
    days = str(first) if first == last else f"{first} to {last}"
    what = f"“{event}” is dated {days}" if event else f"{one.subject} {one.property.wording} {days}"
    made = _within(point, interval, what, _source(one))
    return replace(made, hedge=_hedge(one, state, unsure))


def _hedge(one: Statement, state: str, unsure: str) -> str:
    draft = DRAFT if state == "draft" else ""
    return "; ".join(each for each in (one.hedge, draft, unsure) if each)


def _source(one: Statement) -> str:
    return " > ".join(one.said_by) or "nobody named"


def _within(point: str, interval: Interval, why: str, source: str) -> Constraint:
    first, last = first_second(interval.earliest), last_second(interval.latest)
    return Constraint(CALENDAR, point, first, last, why, source)
