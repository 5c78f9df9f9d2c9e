"""When it was made: the demo's story, what each kind of evidence adds, and contradictions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import sounds
from earwitness.archive.search import Stretch
from earwitness.archive.segment import Known
from earwitness.dossier.dating import TimeNetwork
from earwitness.dossier.dating_lines import shown
from earwitness.dossier.statement import Manner, Property, Statement, Value
from earwitness.evidence.exhibit import Declared, Exhibit, Role
from earwitness.evidence.structure import read_structure
from earwitness.evidence.structure.model import Stamp
from earwitness.examinations._time_evidence import Passage, archive_finds, container_times
from earwitness.examinations.date import _figures, date_v1
from earwitness.outcome import Finding, NotExamined
from earwitness.signal.recording import Recording

ARTICLE = (
    "outlet: Halden Strait Service\npublished: 2033-04-14\n\n"
    "The media wing released an audio message on Thursday. In the message, the speaker mentions the "
    "sinking of the ferry Sennar, which struck buoys in the Ambar channel on Sunday, and the landing of "
    "a third garrison at Tolmeres, which the council announced on Monday.\n"
)
TRANSCRIPT = (
    "1\n00:00:00,500 --> 00:00:01,000\nPeace on the quays.\n\n"
    "2\n00:00:01,000 --> 00:00:02,500\nThe ferry Sennar struck the new buoys in the Ambar channel.\n\n"
    "3\n00:00:02,500 --> 00:00:03,500\nThe council landed its third garrison at Tolmeres.\n"
)


class View:
    """What the examination may see: documents and transcripts in a folder, and claims."""

    def __init__(self, folder: Path, claims: Mapping[str, str], **files: str) -> None:
        self.claims, self.archives, self.grids = claims, (), ()
        self.folder, self.files = folder, files
        self.of = ""

    def exhibits(self, role: Role) -> Sequence[Exhibit]:
        """Those of a role: ``document…`` or ``transcript…`` by the name that they were given."""
        return [
            self._exhibit(name, text, role)
            for name, text in self.files.items()
            if name.startswith(str(role))
        ]

    def _exhibit(self, name: str, text: str, role: Role) -> Exhibit:
        path = self.folder / f"{name}.txt"
        path.write_text(text, "utf-8")
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        declared = Declared(of=self.of) if role is Role.TRANSCRIPT else Declared()
        return Exhibit(sha256, name, path.stat().st_size, role, "", path, declared)

    def recording(self, exhibit: Exhibit) -> Recording:
        """No other recording is needed."""
        raise AssertionError

    def progress(self, fraction: float, doing: str = "") -> None:
        """Nobody watches."""


def examined(
    folder: Path, *, released: str = "", typed: str = "", **files: str
) -> Finding | NotExamined:
    """The outcome for four seconds of a tone, with documents and a transcript."""
    path = sounds.write_wav(folder / "tape.wav", sounds.tone(4.0))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    exhibit = Exhibit(sha256, "tape.wav", path.stat().st_size, Role.QUESTIONED, "", path)
    view = View(folder, {"released": released, "speaker": "Zarmuth Qelwadi"}, **files)
    view.of = sha256
    recording = Recording(exhibit, folder / "cache", max_hours=1.0)
    return date_v1.function(recording, view, typed=typed)


def ends(outcome: Finding | NotExamined) -> tuple[object, object]:
    """Not before, not after."""
    assert isinstance(outcome, Finding)
    return outcome.measure("not before").value, outcome.measure("not after").value


def test_nothing_is_known(tmp_path: Path) -> None:
    """Without a date anywhere it is not examined, and says what it would take."""
    outcome = examined(tmp_path)
    assert isinstance(outcome, NotExamined)
    assert "released" in outcome.needed


def test_the_claimed_release_alone(tmp_path: Path) -> None:
    """It gives the last day and leaves the first open, and says so."""
    outcome = examined(tmp_path, released="2033-04-14")
    assert ends(outcome) == (None, "2033-04-14")
    assert "bounds it from below" in outcome.summary


def test_mentions_give_the_first_day(tmp_path: Path) -> None:
    """A document dates what the transcript mentions; each passage has its own interval, as a draft."""
    outcome = examined(tmp_path, released="2033-04-14", document_a=ARTICLE, transcript_a=TRANSCRIPT)
    assert ends(outcome) == ("2033-04-11", "2033-04-14")
    assert [place.label for place in outcome.places] == [
        "made not before 2033-04-10 and not after 2033-04-14",
        "made not before 2033-04-11 and not after 2033-04-14",
    ]
    (rests,) = outcome.details["not_before"]["rests_on"][:1]
    assert rests["without_it"] == "2033-04-10"
    assert "draft" in str(outcome.details["not_before"]["carried_by"])
    assert "On what is not hedged alone: made not after 2033-04-14" in outcome.summary


def test_the_speakers_own_yesterday(tmp_path: Path) -> None:
    """ "Yesterday" beside a dated event dates the passage itself, hedged."""
    said = TRANSCRIPT.replace("The council landed", "Yesterday the council landed")
    outcome = examined(tmp_path, released="2033-04-14", document_a=ARTICLE, transcript_a=said)
    assert ends(outcome) == ("2033-04-12", "2033-04-14")
    assert outcome.places[1].label == "made not before 2033-04-12 and not after 2033-04-12"


def test_without_a_transcript_a_document_counts_as_hedged(tmp_path: Path) -> None:
    """The document says what the message mentions, but seldom which message it means."""
    outcome = examined(tmp_path, released="2033-04-14", document_a=ARTICLE)
    assert ends(outcome) == ("2033-04-11", "2033-04-14")
    assert "it is not said which recording is meant" in str(outcome.details["not_before"])


def test_a_copy_counts_from_the_original(tmp_path: Path) -> None:
    """A paper that copies "on Sunday" a week later means the Sunday of the first."""
    copy = ARTICLE.replace("2033-04-14", "2033-04-20").replace("Halden Strait", "Northern Reach")
    outcome = examined(
        tmp_path,
        released="2033-04-14",
        document_a=ARTICLE,
        document_b=copy,
        transcript_a=TRANSCRIPT,
    )
    assert ends(outcome) == ("2033-04-11", "2033-04-14")
    assert outcome.measure("contradictions").value == 0


def test_a_release_that_only_a_document_tells(tmp_path: Path) -> None:
    """It counts where nothing is claimed, as hedged; a far one does not where something is."""
    assert ends(examined(tmp_path, document_a=ARTICLE)) == ("2033-04-11", "2033-04-14")
    outcome = examined(tmp_path, released="2035-01-01", document_a=ARTICLE)
    assert ends(outcome) == ("2033-04-11", "2035-01-01")


def test_typed_evidence(tmp_path: Path) -> None:
    """What a person types counts beside the rest, relative days from the claimed release."""
    typed = "the recording > the strike | at 3:12 he names it\nthe strike: last week"
    outcome = examined(tmp_path, released="2033-04-14", typed=typed)
    assert ends(outcome) == ("2033-04-04", "2033-04-14")


def test_a_contradiction_is_shown_and_decides_nothing(tmp_path: Path) -> None:
    """The smallest set is given in words; the interval rests on the rest."""
    typed = "the recording > the truce\nthe truce: 20 April 2033 | an agency\nthe recording > 1 March 2033"
    outcome = examined(tmp_path, released="2033-04-14", typed=typed)
    assert ends(outcome) == ("2033-03-01", None)
    (conflict,) = outcome.details["conflicts"]
    assert len(conflict) == 4
    assert "cannot all hold" in outcome.summary


def test_a_rumoured_death_dates_nothing(tmp_path: Path) -> None:
    """A death that somebody asserts does, on the condition that the claimed speaker speaks."""
    rumour = (
        "published: 2033-04-14\n\nRumours that Zarmuth Qelwadi died in May 2032 have circulated.\n"
    )
    outcome = examined(tmp_path, released="2033-04-14", document_a=rumour)
    assert ends(outcome) == (None, "2033-04-14")
    told = "published: 2033-04-14\n\nZarmuth Qelwadi died in Port Ilvane in May 2032.\n"
    outcome = examined(tmp_path, released="2033-04-14", document_a=told)
    assert ends(outcome) == (None, "2032-05-31")
    assert "if it is the claimed speaker" in str(outcome.details["not_after"])


def test_too_many_contradictions(tmp_path: Path) -> None:
    """Where nothing agrees, it is not examined: no date is picked from a heap."""
    typed = "\n".join(f"the recording: {1900 + year}" for year in range(60))
    outcome = examined(tmp_path, typed=typed)
    assert isinstance(outcome, NotExamined)
    assert "contradicts itself" in outcome.reason


@pytest.mark.parametrize("typed", ["the recording < 3 May 2020", "the recording > 3 May 2020"])
def test_the_picture_of_an_open_interval(tmp_path: Path, typed: str) -> None:
    """It is drawn to the edge on the side that nothing bounds."""
    outcome = examined(tmp_path, typed=typed)
    assert isinstance(outcome, Finding)
    (figure,) = outcome.figures
    assert date(2020, 5, 3).isoformat() in figure.x_label
    (span,) = figure.layers[0].spans  # type: ignore[union-attr]
    assert figure.x_range is not None
    assert span[0] == figure.x_range[0] or span[1] == figure.x_range[1]
    assert _figures(TimeNetwork(()), TimeNetwork(()).interval("x")) == ()


def _stretch(name: str, agreement: float) -> Stretch:
    known = Known("b" * 64, name, 60.0, 3_750)
    return Stretch(known, 1.0, 9.0, 20.0, 28.0, 1.0, 0.0, agreement, 40.0, 1e-9)


def _release(subject: str, day: date) -> Statement:
    value = Value(day.isoformat(), day, day)
    said_by, prop = ("A desk",), Property.RELEASED_ON
    return Statement(
        subject,
        prop,
        value,
        said_by,
        Manner.ASSERTED,
        "",
        None,
        None,
        "c" * 64,
        0,
        1,
        "x",
        "person:R",
    )


def test_a_passage_that_an_archive_holds() -> None:
    """It is no younger than the archived recording, by the date that the dossier has for it."""
    row = (_release("the message release_2031.mp3", date(2031, 6, 4)), "dossier.jsonl", "accepted")
    found = list(archive_finds([_stretch("release_2031.mp3", 0.9)], [row]))
    interval = TimeNetwork(found).interval(Passage(1.0, 9.0).point)
    assert interval.not_after is not None
    assert shown(interval.not_after.at_s) == "2031-06-04"
    assert interval.not_after.rests_on == ()
    assert interval.not_before is None


def test_a_faint_stretch_dates_nothing() -> None:
    """It may be the same words said again by the same synthetic voice."""
    assert not list(archive_finds([_stretch("release_2031.mp3", 0.5)], []))


def test_times_in_the_file(tmp_path: Path) -> None:
    """The file's own clock bounds from above, hedged; what is no time is passed over."""
    whole = read_structure(sounds.write_wav(tmp_path / "a.wav", sounds.tone(1.0)))
    stamps = (Stamp("tag", "2033-04-14T09:00:00", "written"), Stamp("tag", "soon", "written"))
    structure = replace(whole, times=stamps)
    (one,) = container_times(structure, 60.0)
    assert one.most is not None
    assert shown(one.most) == "2033-04-14 09:01:01 UTC"
    assert "clock" in one.hedge
