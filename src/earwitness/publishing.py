"""What leaves a case, and who stands for it: redactions, sign-offs, exports, time stamps."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from earwitness import handover
from earwitness.atomic import write_whole
from earwitness.dossier.entities import exhibit_entities, to_entities, without_guessable_ids
from earwitness.dossier.review import Dossier, State
from earwitness.dossier.statement import Statement
from earwitness.dossier.timeline import timeline
from earwitness.errors import BadRedaction, PublicationError, StampRefused
from earwitness.evidence.custody import Entry
from earwitness.evidence.timestamp import ask_for_stamp, check_stamp
from earwitness.report import ReportData, render
from earwitness.report.claimreview import Publisher, write_claim_review
from earwitness.report.names_out import parts_left
from earwitness.report.places import write_places
from earwitness.report.redaction import without
from earwitness.report.signing import Verdict, content_hash
from earwitness.report.timelinejs import write_timeline
from earwitness.reporting import passages_of
from earwitness.store.casefile import Redacted
from earwitness.store.database import Examined
from earwitness.store.dossier import CaseDossier
from earwitness.store.folder import CaseFolder

EXPORTS: Mapping[str, str] = {
    "bag": "the whole case, for another desk, in a BagIt bag",
    "labels": "the places in each recording, as Audacity's labels",
    "textgrid": "the places in each recording, as Praat's TextGrid",
    "claimreview": "the review of the claims, as schema.org's JSON-LD",
    "ftm": "the dossier as FollowTheMoney entities",
    "timeline": "the dossier's dated statements, for TimelineJS",
}
_FILES = {
    "claimreview": "claimreview.jsonld",
    "ftm": "entities.ftm.json",
    "timeline": "timeline.json",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """A time stamp that holds: the entry of the log that it is of, and the time in it."""

    number: int
    head: str
    stamped_at: str


class Publication:
    """What is published of one case; each act goes into its custody log."""

    def __init__(
        self,
        folder: CaseFolder,
        report_data: Callable[[], ReportData],
        outcomes: Callable[[], Sequence[Examined]],
    ) -> None:
        self._folder = folder
        self._report_data = report_data
        self._outcomes = outcomes

    @property
    def redactions(self) -> tuple[Redacted, ...]:
        """What reports and exports leave out, as case.toml lists it."""
        return self._folder.read_case_file().redact

    def redact_names(self, names: Iterable[str], *, why: str = "") -> dict[str, int]:
        """Leave a person's names out of every report and export from now on.

        Parameters
        ----------
        names : iterable of str
            Of one person, each in every spelling that occurs.
        why : str

        Returns
        -------
        dict
            How often single parts of the names still stand in the report, such as the family name.

        Raises
        ------
        BadRedaction
        """
        redacted = _checked(names=tuple(names), why=why)
        self._folder.redact(redacted)
        return parts_left(redacted.names, self._report_data().model_dump(mode="json"))

    def redact_passage(self, of: str, start_s: float, end_s: float, *, why: str = "") -> None:
        """Leave a passage of a recording out of every report and export from now on.

        Parameters
        ----------
        of : str
            The recording, by its name or the beginning of its hash.
        start_s, end_s : float
            Seconds.
        why : str

        Raises
        ------
        BadRedaction, UnknownExhibit
        """
        sha256 = self._folder.find(of)
        if not any(e.sha256 == sha256 and e.role.is_recording for e in self._folder.exhibits()):
            raise BadRedaction("a passage is redacted of a recording of the case", got=of)
        self._folder.redact(_checked(exhibit=sha256, start_s=start_s, end_s=end_s, why=why))

    def lift(self, number: int) -> None:
        """Take a redaction away, by its number in the list, from 1.

        Raises
        ------
        BadRedaction
        """
        self._folder.lift_redaction(number)

    def review(self, verdict: Verdict | str, *, note: str = "") -> str:
        """Sign the report as it stands, under the name with which the case was opened; give its hash.

        Parameters
        ----------
        verdict : Verdict
        note : str
        """
        data = self._report_data()
        digest = content_hash(data)
        details = {
            "verdict": str(Verdict(verdict)),
            "note": note,
            "evidence_head": data.custody_head,
            "report": digest,
        }
        self._folder.act("review", changes=False, details=details)
        return digest

    def export(
        self,
        form: str,
        to: Path | None = None,
        *,
        by: Publisher = Publisher(),  # noqa: B008  (it is frozen)
        drafts: bool = False,
    ) -> list[Path]:
        """Write what other programs and desks take in; give the paths.

        Parameters
        ----------
        form : str
            One of ``EXPORTS``.
        to : Path, optional
            The file; the folder for labels, textgrid and bag. By default ``exports/`` in the case, and
            for a bag beside the case.
        by : Publisher
            For a claimreview: who reviews, and with which verdict.
        drafts : bool
            For the dossier: also what nobody has accepted.

        Raises
        ------
        PublicationError
        """
        if form not in EXPORTS:
            raise PublicationError(f"there is no export {form!r}", expected=", ".join(EXPORTS))
        if form == "bag":
            return [self._bag(to)]
        files = self._content(form, by, drafts=drafts)
        if not files:
            raise PublicationError("no finding names a place in a recording", got=form)
        target = to or self._folder.folder / "exports" / _FILES.get(form, form)
        paths = [target] if form in _FILES else [target / name for name in files]
        for path, content in zip(paths, files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        self._folder.act("export", changes=False, details={"form": form, "files": hashes})
        return paths

    def _content(self, form: str, by: Publisher, *, drafts: bool) -> dict[str, bytes]:
        match form:
            case "labels" | "textgrid":
                return write_places(self._report_data(), form)
            case "claimreview":
                return {_FILES[form]: write_claim_review(self._report_data(), by)}
            case "ftm":
                return {_FILES[form]: self._entities(drafts=drafts)}
        return {_FILES[form]: self._timeline(drafts=drafts)}

    def _bag(self, to: Path | None) -> Path:
        folder = self._folder.folder
        data = self._report_data()
        reports = {f"report.{form}": render(data, form) for form in ("html", "json")}
        bag = handover.make_bag(self._folder, to or folder.with_name(f"{folder.name}.bag"), reports)
        details = {"form": "bag", "manifest_sha256": bag.manifest_sha256}
        self._folder.act("export", changes=False, details=details)
        return bag.folder

    def _entities(self, *, drafts: bool) -> bytes:
        dossier, statements = self._statements(drafts=drafts)
        entities = [
            *to_entities(statements, named=dossier.entity),
            *exhibit_entities(self._folder.exhibits()),
        ]
        lines = [
            json.dumps(entity, ensure_ascii=False, sort_keys=True)
            for entity in without_guessable_ids(self._clean(entities))
        ]
        return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")

    def _timeline(self, *, drafts: bool) -> bytes:
        dossier, statements = self._statements(drafts=drafts)
        moments = [
            {
                "earliest": moment.earliest.isoformat(),
                "latest": moment.latest.isoformat(),
                "precision": moment.precision,
                "subject": moment.statement.subject,
                "sentence": moment.statement.sentence,
                "wording": moment.statement.wording,
                "state": str(dossier.states[moment.statement.id]),
            }
            for moment in timeline(statements)
        ]
        return write_timeline(self._report_data().title, self._clean(moments))

    def _statements(self, *, drafts: bool) -> tuple[Dossier, list[Statement]]:
        dossier = CaseDossier(self._folder).read()
        states = (State.ACCEPTED, State.DRAFT) if drafts else (State.ACCEPTED,)
        return dossier, dossier.in_state(*states)

    def _clean(self, content: list[dict[str, Any]]) -> list[dict[str, Any]]:
        case_file = self._folder.read_case_file()
        passages = passages_of(case_file, self._folder.exhibits(), self._outcomes())
        cleaned: list[dict[str, Any]] = without(content, case_file.redact, passages)
        return cleaned

    def stamp(self, authority: str) -> str:
        """Have an authority stamp the head of the custody log; give the time that it states.

        This is the only thing in a case that reaches the network, and it sends one hash.

        Parameters
        ----------
        authority : str
            The authority's address.

        Raises
        ------
        StampRefused, MissingPart
        """
        head = self._folder.entries()[-1]
        stamp = ask_for_stamp(head.hash, authority)
        details = {
            "authority": authority,
            "number": head.number,
            "head": head.hash,
            "stamped_at": stamp.stamped_at,
            "token": base64.b64encode(stamp.token).decode("ascii"),
            "token_sha256": hashlib.sha256(stamp.token).hexdigest(),
        }
        self._folder.act("stamp", changes=False, details=details)
        return stamp.stamped_at

    def check_stamps(self, roots: bytes) -> list[Checked]:
        """Check every time stamp in the log, without the network.

        Parameters
        ----------
        roots : bytes
            The certificates that the desk trusts, as PEM.

        Raises
        ------
        StampRefused
            If there is none, or one does not hold.
        MissingPart
        """
        entries = self._folder.entries()
        hashes = {entry.number: entry.hash for entry in entries}
        checked = []
        for entry in entries:
            if entry.act == "stamp":
                number, token = _token_of(entry)
                if number not in hashes or number >= entry.number:
                    raise StampRefused("a stamp is of an entry that there was not")
                at = check_stamp(token, hashes[number], roots)
                checked.append(Checked(number, hashes[number], at))
        if not checked:
            raise StampRefused(
                "the log has no time stamp", do="ask for one: earwitness stamp CASE --authority URL"
            )
        return checked


def _token_of(entry: Entry) -> tuple[int, bytes]:
    """The number of the entry that was stamped, and the token."""
    try:
        return int(entry.details["number"]), base64.b64decode(entry.details["token"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise StampRefused(f"custody entry {entry.number} holds no stamp") from error


def _checked(**fields: Any) -> Redacted:
    try:
        return Redacted(**fields)
    except ValidationError as error:
        raise BadRedaction(f"this can't be redacted: {error.errors()[0]['msg']}") from error
