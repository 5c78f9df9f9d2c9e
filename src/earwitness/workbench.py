"""The workbench: open a case, add exhibits, examine, report, verify, replay.

Everything that the command line and the web page do, they do through this module, so it is also
the Python API::

    import earwitness

    case = earwitness.new("tape.case", questioned=["tape.opus"])
    for ended in case.examine():
        print(ended.method, ended.outcome.kind)
    case.report("html")
"""

from __future__ import annotations

import getpass
import hashlib
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from earwitness import backup, checking, handover, listening, moving, reporting, saying
from earwitness.archive.index import state_of
from earwitness.atomic import write_whole
from earwitness.backup import BackedUp
from earwitness.checking import Verification
from earwitness.dossier.document import Document, read_document_file
from earwitness.dossier.drafting import Source, draft
from earwitness.dossier.model_drafting import NO_DRAFTS, Endpoint, draft_with_model
from earwitness.dossier.statement import Statement
from earwitness.engine.pool import Ended, Event, carry_out_all
from earwitness.engine.preparing import prepare
from earwitness.engine.task import Task
from earwitness.errors import (
    BadMark,
    CaseExists,
    CaseNotFound,
    DocumentError,
    EarwitnessError,
    MissingPart,
    NotARecording,
    StoreError,
    UnknownExhibit,
)
from earwitness.evidence.custody import Entry
from earwitness.evidence.decode import decode, probe
from earwitness.evidence.exhibit import Declared, Exhibit, Role
from earwitness.evidence.names import safe_name
from earwitness.evidence.structure import read_structure
from earwitness.examinations import (
    Examination,
    Parameter,
    examination_of_outcome,
    find_examination,
    newest_examinations,
)
from earwitness.grid.store import state_of as state_of_grid
from earwitness.outcome import outcome_hash, substance_hash
from earwitness.publishing import Publication
from earwitness.report import ReportData, assemble, render, render_summary
from earwitness.saying import ArchiveHits
from earwitness.signal.recording import Recording
from earwitness.signal.tiles import Tiles
from earwitness.store.casefile import CaseFile, Claims, Settings, read_case_file
from earwitness.store.database import Examined
from earwitness.store.dossier import CaseDossier
from earwitness.store.folder import CaseFolder, Clock, utc_now
from earwitness.store.jobs import Listed, Queue, Taken, Wanted, end
from earwitness.store.place import is_case
from earwitness.store.server import Server, ServerDatabase, address
from earwitness.store.server import prepare as prepare_tables
from earwitness.store.vault import require_plain_file
from earwitness.transcripts import Kind, Review, Transcript, write_transcript
from earwitness.transcripts.index import Hits
from earwitness.versions import versions_here
from earwitness.voices.regions import read_regions, regions_text

OnEvent = Callable[[Event], None]
MAX_TAGS = 20_000
_LONGEST_NAME = 200  # bytes; most file systems take 255, and ".case" comes behind


@dataclass(frozen=True, slots=True)
class Added:
    """A file that is an exhibit now; ``is_new`` is False if it already had that role."""

    name: str
    sha256: str
    size: int
    facts: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Drafted:
    """A document that was read: its text, the statements drafted from it, and how many are new.

    ``dropped`` counts by reason what a language model proposed and the document does not hold.
    """

    name: str
    sha256: str
    document: Document
    statements: tuple[Statement, ...]
    new: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that did not become an exhibit, and why."""

    name: str
    error: EarwitnessError


@dataclass(frozen=True, slots=True)
class Replayed:
    """An outcome that was reached again: is it the same, and if not, what differs.

    ``is_same`` is about all that the outcome says. ``has_same_figures`` is about its plots too,
    to the bit; they may differ in a few points between processors.
    """

    examined: Examined
    again: Examined
    is_same: bool
    has_same_figures: bool
    other_versions: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Listening:
    """A recording of a case as sound, and the pieces of its waveform and spectrogram."""

    recording: Recording
    tiles: Tiles


class Case:
    """One case, opened by one person. Make it with ``open``, ``new`` or ``beside``."""

    def __init__(self, folder: CaseFolder) -> None:
        self._folder = folder

    @property
    def path(self) -> Path:
        """The case's folder."""
        return self._folder.folder

    @property
    def case_file(self) -> CaseFile:
        """What case.toml says now."""
        return self._folder.read_case_file()

    @property
    def exhibits(self) -> list[Exhibit]:
        """The exhibits that play a role, in the order of case.toml."""
        return self._folder.exhibits()

    @property
    def custody(self) -> list[Entry]:
        """Who did what to the case, oldest first."""
        return self._folder.entries()

    def add(
        self, files: Iterable[str | Path], role: Role | str, *, speaker: str = ""
    ) -> Iterator[Added | Refused]:
        """Add files as exhibits; a file that is refused does not keep the others out.

        Parameters
        ----------
        files : iterable of path
        role : Role
        speaker : str
            For known and population recordings: who speaks.

        Yields
        ------
        Added or Refused
            One for each file, in order.
        """
        for file in files:
            try:
                yield self.add_file(file, role, speaker=speaker)
            except EarwitnessError as error:
                yield Refused(safe_name(Path(file).name), error)

    def add_file(
        self, file: str | Path, role: Role | str, *, name: str = "", speaker: str = ""
    ) -> Added:
        """Add one file as an exhibit.

        Parameters
        ----------
        file : path
        role : Role
        name : str
            What to call it; the file's own name where empty.
        speaker : str
            For known and population recordings: who speaks.

        Raises
        ------
        ExhibitError, DecodeError
        """
        shown = safe_name(name or Path(file).name)
        return self._add(Path(file), Role(role), name=shown, speaker=speaker)

    def add_transcript(
        self,
        file: str | Path,
        *,
        of: str,
        language: str = "",
        kind: Kind | str = Kind.ORIGINAL,
        by: str = "",
        review: Review | str = Review.DRAFT,
        name: str = "",
    ) -> Added:
        """Add a transcript, and declare which recording it says the words of.

        Parameters
        ----------
        file : path
            In any format of ``earwitness.transcripts.FORMS``.
        of : str
            The recording, by its name or the beginning of its hash.
        language : str
            Such as ``ar``; where empty, the file's own.
        kind : Kind
            In the language that was spoken, or a translation.
        by : str
            Who transcribed or translated; this user where empty.
        review : Review
        name : str
            What to call it; the file's own name where empty.

        Raises
        ------
        BadTranscript, UnknownExhibit, ExhibitError
        """
        declared = Declared(
            of=self._folder.find(of),
            language=language,
            kind=str(Kind(kind)),
            by=by or self._folder.who,
            review=str(Review(review)),
        )
        shown = safe_name(name or Path(file).name)
        return self._add(Path(file), Role.TRANSCRIPT, name=shown, speaker="", declared=declared)

    def accept_transcript(self, wanted: str) -> str:
        """Stand behind a transcript, by its name or the beginning of its hash; give the hash.

        Raises
        ------
        UnknownExhibit
        """
        sha256 = self._folder.find(wanted)
        self._folder.accept(sha256)
        return sha256

    def transcripts(self, of: str = "") -> list[tuple[Exhibit, Transcript]]:
        """The case's transcripts, read; only those of one recording if it is given.

        Raises
        ------
        BadTranscript, UnknownExhibit
        """
        wanted = self._folder.find(of) if of else ""
        return saying.transcripts(self.exhibits, of=wanted)

    def transcript(self, wanted: str) -> Transcript:
        """One transcript of the case, by its name or the beginning of its hash.

        Raises
        ------
        BadTranscript, UnknownExhibit
        """
        sha256 = self._folder.find(wanted)
        for exhibit, transcript in self.transcripts():
            if exhibit.sha256 == sha256:
                return transcript
        raise UnknownExhibit("that exhibit is no transcript", got=wanted)

    def search(self, query: str, *, most: int = 20) -> Hits:
        """Find words in all transcripts of the case, with the seconds in which they are said.

        Parameters
        ----------
        query : str
            Words that occur in one segment; in quotation marks, in that order.
        most : int
            How many places to give.
        """
        folder = self._folder
        return saying.search(
            self.exhibits, folder.cache, query, most=most, database=folder.database
        )

    def search_archives(self, query: str, *, most: int = 20) -> list[ArchiveHits]:
        """Find words in the transcripts that lie beside the archives that the case names."""
        folders = [(self.path / named).absolute() for named in self.case_file.archives]
        return saying.search_archives(folders, query, most=most)

    def keep_draft(self, of: str) -> Added:
        """Make what ``words`` heard in a recording a transcript of the case, as a draft.

        Raises
        ------
        UnknownExhibit
            If there is no such recording, or nothing was heard in it.
        """
        sha256 = self._folder.find(of)
        heard = saying.heard_words(self.outcomes(), sha256)
        with tempfile.TemporaryDirectory(prefix="earwitness-draft-") as folder:
            file = Path(folder) / f"{sha256[:12]}.words.json"
            file.write_bytes(write_transcript(heard, "whisper"))
            return self.add_transcript(file, of=sha256, language=heard.language, by=heard.by)

    def _add(
        self,
        file: Path,
        role: Role,
        *,
        name: str,
        speaker: str,
        declared: Declared = Declared(),  # noqa: B008  (it is frozen)
    ) -> Added:
        facts = ""

        def look(copy: Path) -> None:
            nonlocal facts
            if role.is_recording:
                facts = _heard(copy, max_hours=self.case_file.settings.max_hours)
            elif role is Role.TRANSCRIPT:
                facts = saying.read_file(copy).in_short

        stored = self._folder.receive(file, check=look)
        is_new = self._folder.add(
            stored, name=name, role=role, speaker=speaker, facts=facts, declared=declared
        )
        return Added(name, stored.sha256, stored.size, facts, is_new)

    @property
    def dossier(self) -> CaseDossier:
        """The statements of the case: drafts, decisions, names; every act on it can be undone."""
        return CaseDossier(self._folder)

    @property
    def publication(self) -> Publication:
        """What leaves the case: redactions, reviews, exports, time stamps."""
        return Publication(self._folder, self.report_data, self.outcomes)

    def draft(
        self,
        file: str | Path,
        *,
        published: date | None = None,
        outlet: str = "",
        model: Endpoint | None = None,
        name: str = "",
    ) -> Drafted:
        """Add a document as an exhibit and draft its statements; all are drafts until accepted.

        Parameters
        ----------
        file : path
            HTML, PDF or text.
        published : date, optional
            The document's own date, from which "last week" counts; else what the document says.
        outlet : str
            Who published it; else what the document says.
        model : Endpoint, optional
            A language model on the user's own machine that drafts as well; each of its statements
            quotes the document word for word, or is dropped and counted.
        name : str
            What to call it; the file's own name where empty.

        Raises
        ------
        ExhibitError, DocumentError, MissingPart, ModelUnreachable
        """
        path = Path(file)
        require_plain_file(path)
        document = read_document_file(path, published=published, outlet=outlet)
        shown = safe_name(name or path.name)
        added = self._add(path, Role.DOCUMENT, name=shown, speaker="")
        source = Source(added.sha256, document.published, document.outlet)
        statements = draft(document.text, source)
        by_model = draft_with_model(document.text, source, model) if model else NO_DRAFTS
        statements += by_model.statements
        fresh = self.dossier.keep_drafts(statements, document=added.sha256)
        return Drafted(
            added.name, added.sha256, document, tuple(statements), fresh, by_model.dropped
        )

    def document_texts(self) -> dict[str, str]:
        """The text of each document exhibit, by its SHA-256; those that cannot be read are left out."""
        texts: dict[str, str] = {}
        for exhibit in self.exhibits:
            if exhibit.role is Role.DOCUMENT:
                with suppress(DocumentError, MissingPart):
                    texts[exhibit.sha256] = read_document_file(exhibit.path).text
        return texts

    def set_regions(self, wanted: str, regions: str, *, role: Role | str = Role.QUESTIONED) -> str:
        """Say which parts of a recording are the speaker's; give the regions as they were noted.

        Parameters
        ----------
        wanted : str
            The recording, by its name or the beginning of its hash.
        regions : str
            Such as ``12.5-30, 45-60``, in seconds; empty for all of it.
        role : Role

        Raises
        ------
        UnknownExhibit, BadParameter
        """
        noted = regions_text(read_regions(regions)) if regions else ""
        self._folder.set_regions(self._folder.find(wanted), Role(role), noted)
        return noted

    def set_parameter(self, examination: str, parameter: str, value: Parameter) -> None:
        """Set a parameter of an examination in case.toml.

        Raises
        ------
        UnknownExamination, BadParameter
        """
        found = find_examination(examination)
        checked = found.parameters({parameter: value})[parameter]
        self._folder.set_parameter(found.name, parameter, checked)

    def exhibit(self, wanted: str) -> Exhibit:
        """An exhibit that plays a role, by its name or the beginning of its hash.

        Raises
        ------
        UnknownExhibit
        """
        sha256 = self._folder.find(wanted)
        for exhibit in self.exhibits:
            if exhibit.sha256 == sha256:
                return exhibit
        raise UnknownExhibit("that exhibit plays no role", got=wanted)

    def listen(self, wanted: str) -> Listening:
        """A recording of the case, to look at and to listen to.

        Raises
        ------
        UnknownExhibit
            If it is no recording that plays a role.
        """
        sha256 = self._folder.find(wanted)
        found = [each for each in self.exhibits if each.sha256 == sha256 and each.role.is_recording]
        if not found:
            raise UnknownExhibit("that exhibit is no recording of the case", got=wanted)
        settings = self.case_file.settings
        recording = Recording(found[0], self._folder.cache, max_hours=settings.max_hours)
        return Listening(recording, Tiles(recording))

    def prepare(self, wanted: str) -> Generator[float, None, None]:
        """Make a recording ready to be listened to, in a process of its own; give how far it is.

        Raises
        ------
        UnknownExhibit, DecodeError, WorkerDied
        """
        recording = self.listen(wanted).recording
        yield from prepare(recording.exhibit, self._folder.cache, max_hours=recording.max_hours)

    def places(self, sha256: str) -> list[listening.Found]:
        """All places that were found in a recording, in order of time."""
        return listening.places(self.outcomes(sha256))

    def twins(self, sha256: str) -> list[listening.Twin]:
        """The passages of a recording that were heard elsewhere, and where."""
        return listening.twins(self.outcomes(sha256), self.exhibit(sha256), self.exhibits)

    def marks(self, sha256: str) -> list[listening.Mark]:
        """What persons marked in a recording, in order of time."""
        return listening.marks(self.custody, sha256)

    def mark(self, wanted: str, start_s: float, end_s: float, label: str = "") -> None:
        """Mark a place in a recording.

        Raises
        ------
        UnknownExhibit
        BadMark
            If it does not lie between 0 and the longest recording that is allowed.
        """
        recording = self.listen(wanted).recording
        if not 0 <= start_s <= end_s <= recording.max_hours * 3600:
            raise BadMark(
                "a mark begins within the recording and does not end before it begins",
                got=f"{start_s:g} s to {end_s:g} s",
            )
        details = {
            "start_s": round(start_s, 3),
            "end_s": round(end_s, 3),
            "label": label[: listening.MAX_LABEL],
        }
        self._folder.act(
            "mark", changes=False, details=details, exhibits=[recording.exhibit.sha256]
        )

    def unmark(self, wanted: str, number: int) -> None:
        """Take a mark away, by the number of its custody entry; the log keeps it.

        Raises
        ------
        UnknownExhibit
        BadMark
            If there is no such mark.
        """
        sha256 = self.listen(wanted).recording.exhibit.sha256
        if all(mark.number != number for mark in self.marks(sha256)):
            raise BadMark("there is no such mark", got=str(number))
        self._folder.act("unmark", changes=False, details={"number": number}, exhibits=[sha256])

    def change(
        self,
        *,
        title: str | None = None,
        claims: Mapping[str, str] | None = None,
        settings: Mapping[str, float] | None = None,
    ) -> None:
        """Change what case.toml says of the case as a whole; comments and order in it are kept.

        Raises
        ------
        BadCaseFile
            If a value is not allowed; nothing is changed then.
        """
        self._folder.change(title=title, claims=claims or {}, settings=settings or {})

    def withdraw(self, wanted: str) -> str:
        """Take an exhibit's roles away, by its name or the beginning of its hash; give the hash.

        Its bytes and its history stay in the case; adding the file again undoes this.

        Raises
        ------
        UnknownExhibit
        """
        sha256 = self.exhibit(wanted).sha256
        self._folder.withdraw(sha256)
        return sha256

    def examine(
        self,
        only: Sequence[str] = (),
        *,
        again: bool = False,
        on_event: OnEvent | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Examined]:
        """Carry out examinations on all cores, and keep each outcome as soon as it is reached.

        A result that the case holds already, for the same exhibit, method, parameters and consulted
        exhibits, is not computed again unless it had failed.

        Parameters
        ----------
        only : sequence of str
            Names of examinations; all of them when empty.
        again : bool
            Compute everything anew.
        on_event : callable, optional
            Told what happens meanwhile.
        stop : threading.Event, optional
            When another thread sets it, nothing more is examined; what had ended is kept.

        Yields
        ------
        Examined
            Kept results first, then new ones as they end.

        Raises
        ------
        UnknownExamination, BadParameter
        """
        for name in self.case_file.examine:
            find_examination(name)
        waiting: dict[str, tuple[Task, int]] = {}
        for task in self._tasks(self._chosen(only)):
            known = self._latest(task)
            if known is not None and known.outcome.kind != "failed" and not again:
                yield known
            else:
                waiting[task.key] = (task, known.number if known else 0)
        reused_all = not waiting
        tasks = [task for task, _ in waiting.values()]
        for event in carry_out_all(tasks, workers=self.case_file.settings.workers, stop=stop):
            if on_event is not None:
                on_event(event)
            if isinstance(event, Ended):
                before = waiting[event.task.key][1]
                yield self._folder.keep_outcome(self._examined(event, number=before))
        if reused_all:
            self._folder.act("examine", changes=False, details={"all_known": True})

    def ask(self, only: Sequence[str] = (), *, again: bool = False) -> int:
        """Ask for examinations, to be carried out by the store's workers; give how many were added.

        Parameters
        ----------
        only : sequence of str
            Names of examinations; all of them when empty.
        again : bool
            Also those whose outcome the case knows.

        Raises
        ------
        StoreError
            If the case is not on a server.
        """
        database = self._on_server()
        wanted = []
        for task in self._tasks(self._chosen(only)):
            known = self._latest(task)
            if again or known is None or known.outcome.kind == "failed":
                wanted.append(Wanted(task.key, task.exhibit.sha256, task.method))
        queue = Queue(database.server)
        return queue.ask(database.case_id, wanted, by=self._folder.who, again=again)

    def carry_out(
        self, taken: Sequence[Taken], *, workers: int, stop: threading.Event
    ) -> Iterator[tuple[Taken, Examined | None]]:
        """Carry out jobs of this case, for ``end_job`` to keep.

        Yields
        ------
        job, Examined or None
            None where the case asks for something else now, or knows the outcome.
        """
        chosen = [find_examination(method) for method in {job.method: 0 for job in taken}]
        tasks = {task.key: task for task in self._tasks(chosen)}
        waiting: dict[str, tuple[Taken, Task, int]] = {}
        for job in taken:
            task = tasks.get(job.key)
            known = self._latest(task) if task else None
            settled = known is not None and known.outcome.kind != "failed" and not job.again
            if task is None or settled:
                yield job, None
            else:
                waiting[job.key] = (job, task, known.number if known else 0)
        todo = [task for _, task, _ in waiting.values()]
        for event in carry_out_all(todo, workers=workers, stop=stop):
            if isinstance(event, Ended):
                job, _, before = waiting[event.task.key]
                yield job, self._examined(event, number=before)

    def end_job(self, job: Taken, examined: Examined) -> Examined:
        """Keep a job's outcome and end the job, both or neither.

        Raises
        ------
        JobTakenOver, StoreUnreachable
        """
        return self._folder.keep_outcome(examined, also=lambda transaction: end(transaction, job))

    def _on_server(self) -> ServerDatabase:
        if not isinstance(self._folder.database, ServerDatabase):
            raise StoreError(
                "the case is in its folder, where nobody else can work on it",
                do="examine it with: earwitness examine, or move it with: earwitness store move",
            )
        return self._folder.database

    def _chosen(self, only: Sequence[str]) -> list[Examination]:
        if not only:
            return list(newest_examinations().values())
        return [find_examination(name) for name in only]

    def _tasks(self, chosen: Sequence[Examination]) -> Iterator[Task]:
        case_file, exhibits = self.case_file, self.exhibits
        for examination in chosen:
            parameters = examination.parameters(case_file.examine.get(examination.name, {}))
            done: set[str] = set()
            for exhibit in exhibits:
                if exhibit.role in examination.applies_to and exhibit.sha256 not in done:
                    done.add(exhibit.sha256)
                    yield self._task(examination, exhibit, parameters, case_file, exhibits)

    def _task(
        self,
        examination: Examination,
        exhibit: Exhibit,
        parameters: Mapping[str, Parameter],
        case_file: CaseFile,
        exhibits: Sequence[Exhibit],
    ) -> Task:
        needs = examination.needs
        return Task(
            exhibit=exhibit,
            method=examination.name,
            parameters=parameters,
            seen={
                role: tuple(each for each in exhibits if each.role == role)
                for role in examination.looks_at
            },
            claims=case_file.claims.model_dump() if needs.claims else {},
            archives=self._archives(case_file) if needs.archives or needs.may_use_archives else (),
            grids=self._grids(case_file) if needs.grids else (),
            cache=str(self._folder.cache.absolute()),
            max_hours=case_file.settings.max_hours,
        )

    def _archives(self, case_file: CaseFile) -> tuple[tuple[str, str], ...]:
        """The archives that the case names, with what they hold now; paths are from the case on."""
        folders = [(self.path / named).absolute() for named in case_file.archives]
        return tuple((str(folder), state_of(folder)) for folder in folders)

    def _grids(self, case_file: CaseFile) -> tuple[tuple[str, str], ...]:
        """The same for records of grids."""
        folders = [(self.path / named).absolute() for named in case_file.grids]
        return tuple((str(folder), state_of_grid(folder)) for folder in folders)

    def _latest(self, task: Task) -> Examined | None:
        with self._folder.database.read() as transaction:
            return transaction.latest(task.key)

    def _examined(self, event: Ended, *, number: int = 0) -> Examined:
        task = event.task
        return Examined(
            key=task.key,
            exhibit=task.exhibit.sha256,
            method=task.method,
            parameters=task.parameters,
            consulted=task.consulted,
            outcome=event.outcome,
            versions=versions_here(),
            examined_at=self._folder.now(),
            seconds=round(event.seconds, 3),
            number=number,
            stored_sha256=outcome_hash(event.outcome),
        )

    def outcomes(self, of: str = "") -> list[Examined]:
        """The newest outcome of each exhibit and examination, by the newest version that was run.

        ``of`` is the SHA-256 of an exhibit, if only its outcomes are wanted.
        """
        roles = {exhibit.sha256 for exhibit in self.exhibits}
        newest: dict[tuple[str, str], Examined] = {}
        with self._folder.database.read() as transaction:
            for examined in transaction.outcomes(of):
                identity = (examined.exhibit, examination_of_outcome(examined.method).family)
                known = newest.get(identity)
                if known is None or _version(examined) >= _version(known):
                    newest[identity] = examined
        return [examined for examined in newest.values() if examined.exhibit in roles]

    def report_data(self) -> ReportData:
        """Everything that a report says, as data.

        Raises
        ------
        CaseDamaged
            If the log, the exhibits and the outcomes do not agree: nothing is reported then.
        BadRedaction
            If case.toml redacts a passage of something that is no exhibit.
        """
        checking.require_intact_log(self._folder)
        tasks = {(task.exhibit.sha256, task.method): task for task in self._tasks(self._chosen(()))}
        outcomes = self.outcomes()
        keys = {identity: task.key for identity, task in tasks.items()}
        done = {(each.exhibit, examination_of_outcome(each.method).family) for each in outcomes}
        case_file, exhibits, custody = self.case_file, self.exhibits, self.custody
        data = assemble(
            case_file=case_file,
            exhibits=exhibits,
            outcomes=outcomes,
            stale={
                each.number
                for each in outcomes
                if keys.get((each.exhibit, each.method), each.key) != each.key
            },
            missing=[
                (sha256, method)
                for sha256, method in tasks
                if (sha256, find_examination(method).family) not in done
            ],
            examinations={
                **newest_examinations(),
                **{e.method: examination_of_outcome(e.method) for e in outcomes},
            },
            custody=custody,
        )
        return reporting.finished(
            data, case_file=case_file, exhibits=exhibits, outcomes=outcomes, entries=custody
        )

    def report(self, form: str = "html", *, to: Path | None = None, summary: bool = False) -> Path:
        """Write the report; give its path.

        The same evidence, outcomes and version of earwitness give the same bytes.

        Parameters
        ----------
        form : str
            ``html``, ``pdf`` or ``json``.
        to : Path, optional
            Where; by default ``reports/`` in the case.
        summary : bool
            Only the page for editors, as HTML or PDF.

        Raises
        ------
        MissingPart
            If it is to be a PDF, and the extra ``pdf`` is not installed.
        """
        content = (render_summary if summary else render)(self.report_data(), form)
        path = to or self.path / "reports" / f"{'summary' if summary else 'report'}.{form}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
        digest = hashlib.sha256(content).hexdigest()
        details = {"form": form, "sha256": digest} | ({"summary": True} if summary else {})
        self._folder.act("report", changes=False, details=details)
        return path

    def verify(self) -> Verification:
        """Check that nothing in the case was altered, removed or slipped in; changes nothing."""
        return verify(self.path)

    def move(self, to: str) -> Verification:
        """Move the case's database to the server that the environment names, or into its folder.

        This object then stands for the case in its new place.

        Parameters
        ----------
        to : str
            ``server`` or ``folder``.

        Raises
        ------
        CaseDamaged, StoreError
        """
        if to == "server":
            found = moving.to_server(self._folder, Server.here())
        else:
            found = moving.to_folder(self._folder)
        self._folder = self._folder.anew()
        return found

    def replay(self, *, on_event: OnEvent | None = None) -> Iterator[Replayed]:
        """Reach every outcome again, from the exhibits' bytes, at its recorded version and parameters.

        Nothing that was decoded or computed before is used. The case keeps its outcomes.

        Yields
        ------
        Replayed
            One for each outcome, in the order in which they end.
        """
        exhibits = {exhibit.sha256: exhibit for exhibit in self.exhibits}
        recorded = [each for each in self.outcomes() if each.exhibit in exhibits]
        same = 0
        with tempfile.TemporaryDirectory(prefix="earwitness-replay-") as cache:
            tasks = {
                (each.exhibit, each.method): self._task_again(each, exhibits, cache)
                for each in recorded
            }
            known = {(each.exhibit, each.method): each for each in recorded}
            for event in carry_out_all(
                list(tasks.values()), workers=self.case_file.settings.workers
            ):
                if on_event is not None:
                    on_event(event)
                if isinstance(event, Ended):
                    before = known[event.task.exhibit.sha256, event.task.method]
                    replayed = _compare(before, self._examined(event))
                    same += replayed.is_same
                    yield replayed
        details = {"outcomes": len(recorded), "same": same}
        self._folder.act("replay", changes=False, details=details)

    def _task_again(self, examined: Examined, exhibits: Mapping[str, Exhibit], cache: str) -> Task:
        """The task that an outcome was reached by, to be carried out in an empty cache."""
        consulted = examined.consulted
        return Task(
            exhibit=exhibits[examined.exhibit],
            method=examined.method,
            parameters=examined.parameters,
            seen={
                Role(role): tuple(
                    replace(
                        exhibits[sha256],
                        role=Role(role),
                        speaker=speaker,
                        declared=Declared(**(declared[0] if declared else {})),
                    )
                    for sha256, speaker, *declared in seen
                )
                for role, seen in consulted["exhibits"].items()
            },
            claims=consulted["claims"],
            archives=self._archives(self.case_file) if consulted["archives"] else (),
            grids=self._grids(self.case_file) if consulted.get("grids") else (),
            cache=cache,
            max_hours=self.case_file.settings.max_hours,
        )


def _heard(path: Path, *, max_hours: float) -> str:
    """What kind of sound a file holds; raises if there is none, or more than is allowed."""
    tags = read_structure(path).tag_count
    if tags > MAX_TAGS:  # FFmpeg takes time by the square of them
        raise NotARecording(
            "the file holds more tags than any recording",
            got=f"{tags:,} tags",
            expected=f"at most {MAX_TAGS:,}",
            do="to keep it in the case all the same, add it with --as document",
        )
    found = probe(path)
    says_too_long = (found.header_duration_s or 0.0) > max_hours * 3600
    for _ in decode(path, max_hours=max_hours):
        if not says_too_long:
            break  # there is sound in it; a header that says "too long" is checked to the end
    return f"{found.codec} in {found.container}, {found.sample_rate_hz} Hz"


def _version(examined: Examined) -> int:
    return examination_of_outcome(examined.method).version


def _compare(before: Examined, again: Examined) -> Replayed:
    names = sorted(set(before.versions) | set(again.versions))
    pairs = {
        name: (before.versions.get(name, "-"), again.versions.get(name, "-")) for name in names
    }
    for named in ("archives", "grids"):
        if before.consulted.get(named) != again.consulted.get(named):
            pairs[named] = ("as searched then", "changed since")
    return Replayed(
        examined=before,
        again=again,
        is_same=substance_hash(before.outcome) == substance_hash(again.outcome),
        has_same_figures=before.stored_sha256 == again.stored_sha256,
        other_versions={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
    )


def this_user() -> str:
    """Who is at work here, as user@host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        user = f"uid{os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def open(folder: str | Path, *, who: str = "", clock: Clock = utc_now) -> Case:
    """Open a case.

    Parameters
    ----------
    folder : path
    who : str
        Under which name acts are logged; user@host by default.

    Raises
    ------
    CaseNotFound, CaseDamaged, CaseTooNew, BadCaseFile
    """
    return Case(CaseFolder.open(Path(folder), who=who or this_user(), clock=clock))


def title_of(folder: str | Path) -> str:
    """What a case is called, without opening it.

    Raises
    ------
    BadCaseFile
    """
    return read_case_file(Path(folder) / "case.toml").title


def verify(folder: str | Path) -> Verification:
    """Check a case from its bytes up, also one that is too damaged to be opened; changes nothing.

    Raises
    ------
    CaseNotFound
    """
    path = Path(folder)
    if not is_case(path):
        raise CaseNotFound("there is no case here", got=str(folder))
    return checking.verify(CaseFolder(path, who=this_user()))


def new(
    folder: str | Path,
    *,
    questioned: Iterable[str | Path] = (),
    title: str = "",
    claims: Mapping[str, str] | None = None,
    who: str = "",
    clock: Clock = utc_now,
) -> Case:
    """Make a case.

    Parameters
    ----------
    folder : path
        Must not hold a case yet.
    questioned : iterable of path
        The recordings in question.
    title : str
    claims : mapping
        What is claimed of them: speaker, publisher, released, place, language.
    who : str
        Under which name acts are logged; user@host by default.

    Raises
    ------
    CaseExists
        If there is one.
    ExhibitError, DecodeError
        If a questioned recording is refused; the case is made all the same, and is empty of it.
    """
    path = Path(folder)
    made = CaseFolder.new(
        path,
        title=title or safe_name(path.name),
        claims=Claims(**(claims or {})),
        who=who or this_user(),
        clock=clock,
    )
    case = Case(made)
    _add_all(case, questioned)
    return case


def prepare_store(*, grant: str = "") -> list[str]:
    """Make the tables of the store that the environment names; give the migrations that were missing.

    Parameters
    ----------
    grant : str
        A role that is to work with them, if it is not the one that the address names.

    Raises
    ------
    StoreError, CaseTooNew, MissingPart
    """
    Server.here()
    return prepare_tables(address(), grant=grant)


def jobs() -> list[Listed]:
    """What this desk asked its store's workers for, and has not ended.

    Raises
    ------
    StoreError
    """
    return Queue(Server.here()).listed()


def back_up(place: str | Path, to: str | Path) -> Iterator[BackedUp]:
    """Put each case of a place into a bag, while others work on them; give what became of each.

    Parameters
    ----------
    place, to : path
        The folder that holds the cases, or one case; and that which is to hold the bags.
    """
    return backup.back_up(Path(place), Path(to), who=this_user())


def restore(source: str | Path, place: str | Path, *, who: str = "") -> Iterator[BackedUp]:
    """Take the newest bag of each case of a back-up in; give what became of each.

    Parameters
    ----------
    source, place : path
        The folder that holds the bags, and that which is to hold the cases.
    who : str
        Under which name that is logged; user@host by default.

    Raises
    ------
    BadBag
        If there is no bag at all.
    """
    return backup.restore(Path(source), Path(place), who=who or this_user())


def open_bag(
    bag: str | Path, to: str | Path, *, who: str = "", clock: Clock = utc_now
) -> tuple[Case, handover.Received]:
    """Take a case in that another desk handed over in a bag; give it, and what verifying it showed.

    Parameters
    ----------
    bag, to : path
        The bag, and the folder that the case is to have.
    who : str
        Under which name that is logged; user@host by default.

    Raises
    ------
    BadBag, CaseExists, CaseTooNew, BadCaseFile
    """
    who = who or this_user()
    received = handover.open_bag(Path(bag), Path(to), who=who, clock=clock)
    return open(to, who=who, clock=clock), received


def _add_all(case: Case, questioned: Iterable[str | Path]) -> None:
    for result in case.add(questioned, Role.QUESTIONED):
        if isinstance(result, Refused):
            raise result.error


def _case_name(name: str) -> str:
    """The name of the case beside a file: cut to what a file system takes, and then still unique."""
    raw = os.fsencode(name)
    if len(raw) > _LONGEST_NAME:
        digest = hashlib.sha256(raw).hexdigest()[:12]
        name = f"{os.fsdecode(raw[:_LONGEST_NAME]).encode('utf-8', 'ignore').decode()}-{digest}"
    return f"{name}.case"


def beside(file: str | Path, *, who: str = "", clock: Clock = utc_now) -> Case:
    """The case beside a recording: ``tape.opus.case`` for ``tape.opus``, made if it is not there.

    Raises
    ------
    ExhibitError, DecodeError
        If the file is refused; no case is left behind then.
    """
    path = Path(file)
    require_plain_file(path)
    _heard(path, max_hours=Settings().max_hours)  # before a case is made of it
    folder = path.with_name(_case_name(path.name))
    try:
        case = open(folder, who=who, clock=clock)
    except CaseNotFound:
        with suppress(CaseExists):  # another process may have made it just now
            new(folder, who=who, clock=clock)
        case = open(folder, who=who, clock=clock)
    _add_all(case, [path])
    return case
