"""A case on disk: its folder with exhibits, case.toml and database, and the acts that change it.

Every act is logged and takes effect in one database transaction. Where it also changes case.toml,
the next content is written ahead into that transaction, so that a kill at any moment leaves a case
that opens and says the same as its log.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from earwitness.atomic import remove_parts, write_whole
from earwitness.errors import BadRedaction, CaseExists, CaseNotFound, UnknownExhibit
from earwitness.evidence.custody import Entry
from earwitness.evidence.exhibit import Declared, Exhibit, Role
from earwitness.store.casefile import (
    CaseFile,
    Claims,
    Listed,
    Redacted,
    check_text,
    new_text,
    read_case_file,
    read_text,
    text_changed,
    text_cleared,
    text_hash,
    text_set,
    text_with,
    text_with_redaction,
    text_without,
    text_without_redaction,
)
from earwitness.store.database import (
    CaseDatabase,
    Examined,
    PendingCaseFile,
    Received,
    Transaction,
)
from earwitness.store.place import database_of, is_case, place_new, vault_of
from earwitness.store.vault import Stored
from earwitness.versions import versions_here

Clock = Callable[[], datetime]
MAX_LOGGED_TEXT = 100_000


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


class CaseFolder:
    """One case on disk, opened by one person."""

    def __init__(
        self,
        folder: Path,
        *,
        who: str,
        clock: Clock = utc_now,
        database: CaseDatabase | None = None,
    ) -> None:
        self.folder = folder.absolute()  # workers, which take paths from us, work elsewhere
        self.who = who
        self._clock = clock
        self.database = database or database_of(self.folder)
        self.vault = vault_of(self.folder)
        self.case_file_path = self.folder / "case.toml"

    @property
    def cache(self) -> Path:
        """Folder for decoded signals: can be deleted at any time."""
        return self.folder / "cache"

    @classmethod
    def new(
        cls, folder: Path, *, title: str, claims: Claims, who: str, clock: Clock = utc_now
    ) -> CaseFolder:
        """Make a case in a folder that holds none.

        Raises
        ------
        CaseExists
            If it holds one.
        """
        if (folder / "case.toml").exists():
            raise CaseExists(
                "there is a case already", got=str(folder), do="open it, or name another"
            )
        folder.mkdir(parents=True, exist_ok=True)
        place_new(folder)
        case = cls(folder, who=who, clock=clock)
        with case.database.locked():
            case.vault.folder.mkdir(exist_ok=True)
            case.database.make()
            text = new_text(title=title, claims=claims)
            if case.is_unfinished():
                case.act("new", changes=True, details={"title": title}, case_file=text)
            case._finish_pending()  # of an earlier run that was interrupted after it was logged
        return case

    @classmethod
    def open(cls, folder: Path, *, who: str, clock: Clock = utc_now) -> CaseFolder:
        """Open a case; finish or undo what an interrupted act left.

        Raises
        ------
        CaseNotFound
            If the folder holds no case.
        CaseDamaged, CaseTooNew, BadCaseFile, StoreError
        """
        if not is_case(folder):
            raise CaseNotFound(
                "there is no case here",
                got=str(folder),
                expected="a folder with case.toml and case.db or case.store",
                do="make one with: earwitness case new FOLDER --questioned FILE",
            )
        case = cls(folder, who=who, clock=clock)
        case.database.require()
        if case.is_unfinished():
            raise CaseNotFound(
                "a case was begun here, but that was interrupted",
                do="run the same command again: it goes on where it stopped",
            )
        if os.access(folder, os.W_OK):
            case._finish_pending()
            decoded = case.cache.glob("*/*")
            for place in (folder, case.vault.folder, folder / "reports", *decoded):
                remove_parts(place)
        case.read_case_file()
        return case

    def anew(self) -> CaseFolder:
        """The same case, looked for again where it is now."""
        return CaseFolder(self.folder, who=self.who, clock=self._clock)

    def is_unfinished(self) -> bool:
        """Whether not even the act that makes a case was logged."""
        with self.database.read() as transaction:
            return transaction.head().number == 0

    def read_case_file(self) -> CaseFile:
        """What case.toml says now."""
        return read_case_file(self.case_file_path)

    def receive(self, source: Path, *, check: Callable[[Path], None] | None = None) -> Stored:
        """Take a file's bytes in; it becomes an exhibit only with ``add``."""
        return self.vault.take_in(source, check=check)

    def add(
        self,
        stored: Stored,
        *,
        name: str,
        role: Role,
        speaker: str,
        facts: str,
        declared: Declared = Declared(),  # noqa: B008  (it is frozen)
    ) -> bool:
        """Make received bytes an exhibit with a role; False if all of that was so already."""
        with self.database.locked():
            said = {key: value for key, value in asdict(declared).items() if value}
            listed = Listed(sha256=stored.sha256, role=role, name=name, speaker=speaker, **said)
            case_file = self.read_case_file()
            if (
                any(
                    (each.sha256, each.role, each.speaker, each.declared)
                    == (listed.sha256, role, speaker, declared)
                    for each in case_file.exhibit
                )
                and stored.sha256 in self._received()
            ):
                return False
            details = {"name": name, "size": stored.size, "role": str(role), "speaker": speaker}
            self.act(
                "add",
                changes=True,
                exhibits=[stored.sha256],
                details={**details, **said, "what": facts},
                case_file=text_with(read_text(self.case_file_path), [listed]),
                received=Received(stored.sha256, name, stored.size),
            )
        return True

    def accept(self, sha256: str) -> None:
        """Note that the person at work stands behind a transcript.

        Raises
        ------
        UnknownExhibit
            If the exhibit is no transcript.
        """
        with self.database.locked():
            listed = [each for each in self.read_case_file().exhibit if each.sha256 == sha256]
            found = [each for each in listed if each.role == Role.TRANSCRIPT]
            if not found:
                raise UnknownExhibit("that exhibit is no transcript", got=sha256[:12])
            accepted = found[0].model_copy(update={"review": "accepted"})
            text = text_with(read_text(self.case_file_path), [accepted])
            details = {"review": "accepted", "name": accepted.name}
            self.act("accept", changes=True, exhibits=[sha256], details=details, case_file=text)

    def set_regions(self, sha256: str, role: Role, regions: str) -> None:
        """Say which parts of a recording are the speaker's; an empty text means all of it.

        Raises
        ------
        UnknownExhibit
            If the recording does not play that role.
        """
        with self.database.locked():
            listed = [
                each
                for each in self.read_case_file().exhibit
                if each.sha256 == sha256 and each.role == role
            ]
            if not listed:
                raise UnknownExhibit(f"that exhibit has no role '{role}'", got=sha256[:12])
            text = read_text(self.case_file_path)
            if regions:
                text = text_with(text, [listed[0].model_copy(update={"regions": regions})])
            else:
                text = text_cleared(text, sha256, role, "regions")
            details = {"regions": regions, "name": listed[0].name, "role": str(role)}
            self.act("regions", changes=True, exhibits=[sha256], details=details, case_file=text)

    def set_parameter(
        self, examination: str, parameter: str, value: bool | int | float | str
    ) -> None:
        """Set a parameter of an examination in case.toml."""
        with self.database.locked():
            now = self.read_case_file().examine.get(examination, {})
            if parameter in now and now[parameter] == value:
                return
            text = text_set(read_text(self.case_file_path), examination, parameter, value)
            details = {"examination": examination, "parameter": parameter, "value": value}
            self.act("set", changes=True, details=details, case_file=text)

    def change(
        self,
        *,
        title: str | None,
        claims: Mapping[str, str],
        settings: Mapping[str, float],
    ) -> None:
        """Change what case.toml says of the case as a whole.

        Raises
        ------
        BadCaseFile
            If a value is not allowed; nothing is changed then.
        """
        with self.database.locked():
            before = read_text(self.case_file_path)
            text = text_changed(before, title=title, claims=claims, settings=settings)
            check_text(text)
            if text != before:
                changed = {"claims": dict(claims), "settings": dict(settings)}
                said = changed if title is None else {"title": title, **changed}
                self.act("change", changes=True, details=said, case_file=text)

    def withdraw(self, sha256: str) -> None:
        """Take an exhibit's roles away. Its bytes and history stay; adding it again undoes this."""
        with self.database.locked():
            text = text_without(read_text(self.case_file_path), sha256)
            self.act("withdraw", changes=True, exhibits=[sha256], details={}, case_file=text)

    def redact(self, redacted: Redacted) -> None:
        """Note in case.toml what reports are to leave out."""
        with self.database.locked():
            text = text_with_redaction(read_text(self.case_file_path), redacted)
            exhibits = [redacted.exhibit] if redacted.exhibit else []
            details = redacted.model_dump(mode="json", exclude_defaults=True)
            self.act("redact", changes=True, exhibits=exhibits, details=details, case_file=text)

    def lift_redaction(self, number: int) -> None:
        """Take the redaction of that number, counted from 1, out of case.toml.

        Raises
        ------
        BadRedaction
            If there is none of that number.
        """
        with self.database.locked():
            count = len(self.read_case_file().redact)
            if not 1 <= number <= count:
                raise BadRedaction(
                    "no redaction has that number", got=str(number), expected=f"1 to {count}"
                )
            text = text_without_redaction(read_text(self.case_file_path), number)
            self.act("redact", changes=True, details={"lifted": number}, case_file=text)

    def keep_outcome(
        self, examined: Examined, *, also: Callable[[Transaction], None] = lambda _: None
    ) -> Examined:
        """Keep an outcome and log it; if another process was first, keep that one and give it.

        ``also`` is called inside the transaction in either case; if it raises, nothing is kept.
        """
        with self.database.locked():
            self.note_edit()
            with self.database.write() as transaction:
                also(transaction)
                first = transaction.latest(examined.key)
                if first is not None and first.number > examined.number and _settled(first):
                    return first
                digest, record = transaction.add_outcome(examined)
                details = {
                    "method": examined.method,
                    "parameters": dict(examined.parameters),
                    "ended_in": examined.outcome.kind,
                    "outcome": digest,
                    "record": record,
                }
                self._append(transaction, "examine", True, [examined.exhibit], details)
        return examined

    def act(
        self,
        act: str,
        *,
        changes: bool,
        details: Mapping[str, Any],
        exhibits: Sequence[str] = (),
        case_file: str | None = None,
        received: Received | None = None,
        also: Callable[[Transaction], None] | None = None,
    ) -> None:
        """Log an act, with what it does to case.toml and the database, all at once.

        ``also`` is called inside the transaction; if it raises, nothing of the act takes effect.
        """
        with self.database.locked():
            if act != "new":
                self.note_edit()
            with self.database.write() as transaction:
                if received is not None and received.sha256 not in _hashes(transaction):
                    transaction.receive(received)
                if also is not None:
                    also(transaction)
                if case_file is not None:
                    before = self._case_file_hash()
                    transaction.set_pending_case_file(PendingCaseFile(before, case_file))
                self._append(transaction, act, changes, exhibits, details, case_file)
            if case_file is not None:
                self._finish_pending()

    def log_move(self, transaction: Transaction, details: Mapping[str, Any]) -> None:
        """Log, in the transaction that copies its rows, that the case has another place now."""
        self._append(transaction, "move", False, [], details)

    def exhibits(self) -> list[Exhibit]:
        """The exhibits that play a role, in the order of case.toml.

        Raises
        ------
        UnknownExhibit
            If case.toml names one that was never received.
        """
        with self.database.read() as transaction:
            received = {each.sha256: each for each in transaction.received()}
        found = []
        for listed in self.read_case_file().exhibit:
            if listed.sha256 not in received:
                raise UnknownExhibit(
                    "case.toml names an exhibit that was never received",
                    got=listed.sha256[:12],
                    do="add the file with: earwitness case add, or remove the entry",
                )
            known = received[listed.sha256]
            path = self.vault.here(known.sha256)
            found.append(
                Exhibit(
                    known.sha256,
                    known.name,
                    known.size,
                    listed.role,
                    listed.speaker,
                    path,
                    listed.declared,
                )
            )
        return found

    def find(self, wanted: str) -> str:
        """The SHA-256 of the one exhibit that a name or the beginning of a hash means.

        Raises
        ------
        UnknownExhibit
            If none or several fit.
        """
        with self.database.read() as transaction:
            fitting = [
                each.sha256
                for each in transaction.received()
                if each.name == wanted or (len(wanted) >= 6 and each.sha256.startswith(wanted))
            ]
        if len(fitting) != 1:
            raise UnknownExhibit(
                f"no single exhibit is meant by {wanted!r}",
                got=f"{len(fitting)} that fit",
                do="give its name, or at least six digits of its SHA-256: earwitness case show",
            )
        return fitting[0]

    def entries(self) -> list[Entry]:
        """The custody log."""
        with self.database.read() as transaction:
            return transaction.entries()

    def now(self) -> str:
        """The time now as the log writes it."""
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _received(self) -> set[str]:
        with self.database.read() as transaction:
            return _hashes(transaction)

    def _case_file_hash(self) -> str:
        """Hash of case.toml; empty when there is none yet."""
        return text_hash(read_text(self.case_file_path)) if self.case_file_path.exists() else ""

    def _append(
        self,
        transaction: Transaction,
        act: str,
        changes: bool,
        exhibits: Sequence[str],
        details: Mapping[str, Any],
        case_file: str | None = None,
    ) -> None:
        digest = text_hash(case_file) if case_file is not None else self._case_file_hash()
        transaction.append(
            act,
            at=self.now(),
            who=self.who,
            changes=changes,
            exhibits=exhibits,
            details={**details, "case_toml": digest},
            versions=versions_here(),
        )

    def note_edit(self) -> None:
        """If a person edited case.toml since the last act, log that before the next one."""
        with self.database.read() as transaction:
            last = transaction.last_entry()
        text = read_text(self.case_file_path)
        if last is not None and last.details.get("case_toml") != text_hash(text):
            with self.database.write() as transaction:
                details = {"text": text[:MAX_LOGGED_TEXT]}
                self._append(transaction, "edit", True, [], details)

    def _finish_pending(self) -> None:
        """Write case.toml as the log says it is, if an act was interrupted before that."""
        with self.database.locked():
            with self.database.read() as transaction:
                pending = transaction.pending_case_file()
            if pending is None:
                return
            # If a person has edited case.toml since, their text stands; the next act logs it.
            if self._case_file_hash() == pending.before_sha256:
                write_whole(self.case_file_path, pending.text.encode())
            with self.database.write() as transaction:
                transaction.set_pending_case_file(None)


def _hashes(transaction: Transaction) -> set[str]:
    return {each.sha256 for each in transaction.received()}


def _settled(examined: Examined) -> bool:
    return examined.outcome.kind != "failed"
