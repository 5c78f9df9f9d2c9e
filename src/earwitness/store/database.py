"""A case's database: exhibits received, outcomes, and the custody log, in transactions.

What a transaction reads and writes is the same for every kind of database. ``Database`` is the file in
a case's folder; ``earwitness.store.server`` is the other kind.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import filelock
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from earwitness.errors import CaseDamaged, CaseNotFound
from earwitness.evidence.custody import BEFORE_THE_FIRST, Entry, Head
from earwitness.outcome import (
    Outcome,
    canonical_json,
    outcome_from_json,
    outcome_hash,
    outcome_to_json,
)
from earwitness.store import migrations, tables
from earwitness.store.seal import SealState, check_seal, write_seal

BUSY_SECONDS = 60
_ONE_BY_ONE = {"stream_results": True, "max_row_buffer": 64}  # so that memory stays bounded


@dataclass(frozen=True, slots=True)
class Received:
    """A file that came in, whatever role it plays now."""

    sha256: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class PendingCaseFile:
    """The next content of case.toml, and the hash of the content that it replaces."""

    before_sha256: str
    text: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An outcome's row as it is stored: its text unread, and hashes of it and of all beside it."""

    number: int
    exhibit: str
    method: str
    text: str
    stored_sha256: str
    record_sha256: str


@dataclass(frozen=True, slots=True)
class Examined:
    """An outcome with everything that is needed to get it again."""

    key: str
    exhibit: str
    method: str
    parameters: Mapping[str, Any]
    consulted: Mapping[str, Any]
    outcome: Outcome
    versions: Mapping[str, str]
    examined_at: str
    seconds: float
    number: int = 0
    stored_sha256: str = ""


class Transaction:
    """Reads and writes that take effect together, or not at all."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection

    def received(self) -> list[Received]:
        """All exhibits ever received, in the order of their hashes."""
        rows = self.connection.execute(
            sa.select(tables.exhibits).order_by(tables.exhibits.c.sha256)
        )
        return [Received(as_text(row.sha256), as_text(row.name), row.size) for row in rows]

    def receive(self, exhibit: Received) -> None:
        """Note an exhibit that has come in."""
        values = {name: getattr(exhibit, name) for name in exhibit.__dataclass_fields__}
        self.connection.execute(sa.insert(tables.exhibits).values(**values))

    def pending_case_file(self) -> PendingCaseFile | None:
        """What case.toml is about to become, if an act was interrupted before it was written."""
        table = tables.pending_case_file
        row = self.connection.execute(sa.select(table.c.before_sha256, table.c.text)).first()
        return PendingCaseFile(row[0], row[1]) if row else None

    def set_pending_case_file(self, pending: PendingCaseFile | None) -> None:
        """Note what case.toml is about to become; None when it has been written."""
        self.connection.execute(sa.delete(tables.pending_case_file))
        if pending is not None:
            self.connection.execute(
                sa.insert(tables.pending_case_file).values(
                    id=1, before_sha256=pending.before_sha256, text=pending.text
                )
            )

    def latest(self, key: str) -> Examined | None:
        """The newest outcome of that exhibit, method, parameters and consulted exhibits."""
        query = (
            sa.select(tables.outcomes)
            .where(tables.outcomes.c.key == key)
            .order_by(tables.outcomes.c.number.desc())
            .limit(1)
        )
        row = self.connection.execute(query).first()
        return _examined(dict(row._mapping)) if row else None

    def outcomes(self, exhibit: str = "") -> Iterator[Examined]:
        """All outcomes ever reached, or those of one exhibit; oldest first, one at a time."""
        query = sa.select(tables.outcomes).order_by(tables.outcomes.c.number)
        if exhibit:
            query = query.where(tables.outcomes.c.exhibit == exhibit)
        with self.connection.execute(query, execution_options=_ONE_BY_ONE) as rows:
            for row in rows:
                yield _examined(dict(row._mapping))

    def kept_outcomes(self) -> Iterator[Kept]:
        """All outcomes as they are stored, oldest first; also those that cannot be read."""
        query = sa.select(tables.outcomes).order_by(tables.outcomes.c.number)
        with self.connection.execute(query, execution_options=_ONE_BY_ONE) as rows:
            for row in rows:
                values = dict(row._mapping)
                yield Kept(
                    number=values["number"],
                    exhibit=as_text(values["exhibit"]),
                    method=as_text(values["method"]),
                    text=as_text(values["outcome"]),
                    stored_sha256=as_text(values["outcome_sha256"]),
                    record_sha256=_record_hash(values),
                )

    def add_outcome(self, examined: Examined) -> tuple[str, str]:
        """Keep an outcome; give the two hashes that the custody log is to hold.

        The first is of what the outcome says, the second of all that is kept beside it.
        """
        digest = outcome_hash(examined.outcome)
        values = {
            "key": examined.key,
            "exhibit": examined.exhibit,
            "method": examined.method,
            "parameters": canonical_json(dict(examined.parameters)),
            "consulted": canonical_json(dict(examined.consulted)),
            "outcome": canonical_json(outcome_to_json(examined.outcome)),
            "outcome_sha256": digest,
            "versions": canonical_json(dict(examined.versions)),
            "examined_at": examined.examined_at,
            "seconds": float(examined.seconds),
        }
        number = next_number(tables.outcomes)
        self.connection.execute(sa.insert(tables.outcomes).values(number=number, **values))
        return digest, _record_hash(values)

    def entries(self) -> list[Entry]:
        """The custody log, as stored."""
        rows = self.connection.execute(sa.select(tables.custody).order_by(tables.custody.c.number))
        return [_entry(dict(row._mapping)) for row in rows]

    def last_entry(self) -> Entry | None:
        """The newest entry of the custody log."""
        newest = sa.select(tables.custody).order_by(tables.custody.c.number.desc()).limit(1)
        row = self.connection.execute(newest).first()
        return _entry(dict(row._mapping)) if row else None

    def head(self) -> Head:
        """Where the custody log ends."""
        row = self.connection.execute(
            sa.select(tables.custody_head.c.number, tables.custody_head.c.hash)
        ).first()
        return Head(row[0], row[1]) if row else Head(0, BEFORE_THE_FIRST)

    def append(
        self,
        act: str,
        *,
        at: str,
        who: str,
        changes: bool,
        exhibits: Sequence[str],
        details: Mapping[str, Any],
        versions: Mapping[str, str],
    ) -> Entry:
        """Append an act to the custody log."""
        head = self.head()
        entry = Entry(
            number=head.number + 1,
            at=at,
            who=who,
            act=act,
            changes=changes,
            exhibits=tuple(exhibits),
            details=details,
            versions=versions,
            previous=head.hash,
        ).sealed()
        values = {
            name: getattr(entry, name)
            for name in ("number", "at", "who", "act", "changes", "previous", "hash")
        }
        self.connection.execute(
            sa.insert(tables.custody).values(
                **values,
                exhibits=canonical_json(list(entry.exhibits)),
                details=canonical_json(dict(details)),
                versions=canonical_json(dict(versions)),
            )
        )
        self.connection.execute(sa.delete(tables.custody_head))
        self.connection.execute(
            sa.insert(tables.custody_head).values(id=1, number=entry.number, hash=entry.hash)
        )
        return entry


def next_number(table: sa.Table) -> sa.ScalarSelect[int]:
    """The number after the last one of a table: counted within the case, without gaps."""
    return sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0) + 1).scalar_subquery()


class CaseDatabase(Protocol):
    """What every kind of database does for a case."""

    @property
    def file(self) -> Path:
        """The file in the case's folder by which the case is known: the database, or where it is."""

    def make(self) -> None:
        """Make the tables, or the case's place in them, if they are not there."""

    def require(self) -> None:
        """Insist that the case is there and can be worked with; bring it up to date if need be.

        Raises
        ------
        CaseNotFound, CaseTooNew, CaseDamaged, StoreError
        """

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from writing to the case, also those on other machines."""

    def write(self) -> AbstractContextManager[Transaction]:
        """A transaction that writes; sealed when it is kept."""

    def read(self) -> AbstractContextManager[Transaction]:
        """A transaction that only reads: it sees one state, and holds nobody up."""

    def seal_state(self) -> SealState:
        """What the seal says of the case's rows."""

    def integrity(self) -> list[str]:
        """The database's own complaints about how it is stored; empty when there are none."""

    def unchecked(self) -> list[str]:
        """What ``integrity`` could not look at, in words."""


class Database:
    """The SQLite file of one case, its lock and its seal.

    Rollback journal rather than write-ahead log: the case stays one file that can be copied, and a
    kill at any moment leaves either the old content or a journal that SQLite rolls back.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "case.db"
        self.seal_path = folder / "case.db.seal"
        self._lock = filelock.FileLock(folder / ".lock", timeout=BUSY_SECONDS * 10)
        self._engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(self.path)),  # a "?" in a path is no query
            poolclass=NullPool,
            connect_args={"timeout": BUSY_SECONDS},
        )
        sa.event.listen(self._engine, "connect", _prepare_connection)
        sa.event.listen(self._engine, "begin", _begin)

    @property
    def file(self) -> Path:
        """The database itself."""
        return self.path

    def make(self) -> None:
        """Make the tables."""
        self.bring_up_to_date()

    def require(self) -> None:
        """Bring the case up to date, where it may be written."""
        if os.access(self.path.parent, os.W_OK):
            self.bring_up_to_date()

    def bring_up_to_date(self) -> list[str]:
        """Carry out missing migrations; give their numbers."""
        with self.read() as reading:
            current = migrations.is_current(reading.connection)
        if current:
            return []
        with self.write() as transaction:
            return migrations.bring_up_to_date(transaction.connection)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing to the case; where nobody may write, just go on."""
        if os.access(self.path.parent, os.W_OK):
            with self._lock:
                yield
        else:
            yield

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that writes; sealed when it is on the disk."""
        with self._lock:
            self._require_here()
            with _damage_named(self.path), self._engine.begin() as connection:
                yield Transaction(connection)
            write_seal(self.path, self.seal_path)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that only reads: it sees one state, and holds nobody up."""
        self._require_here()
        engine = self._engine.execution_options(reads_only=True)
        with _damage_named(self.path), engine.begin() as connection:
            yield Transaction(connection)

    def _require_here(self) -> None:
        """Insist that the case was not moved to a server since it was opened."""
        if not self.path.exists() and (self.path.parent / "case.store").exists():
            raise CaseNotFound(
                "the case was moved to a database server meanwhile", do="open it anew"
            )

    def seal_state(self) -> SealState:
        """What the seal says; also rolls an interrupted transaction back first."""
        with self.locked():
            if self.path.with_name(self.path.name + "-journal").exists():
                with self.read() as transaction:
                    transaction.head()
            return check_seal(self.path, self.seal_path)

    def integrity(self) -> list[str]:
        """SQLite's own complaints about its file; empty when there are none."""
        with self.read() as transaction:
            rows = transaction.connection.exec_driver_sql("PRAGMA integrity_check(20)")
            return [str(row[0]) for row in rows if row[0] != "ok"]

    def unchecked(self) -> list[str]:
        """Nothing: SQLite checks all of its file."""
        return []


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as error:
        if any(word in str(error.orig) for word in ("locked", "disk", "full", "readonly")):
            raise CaseDamaged(
                f"the case's database could not be written ({error.orig})",
                do="see that the disk has space and that no other program holds the file",
            ) from error
        raise _damaged(path, error) from error
    except (sa.exc.DatabaseError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> CaseDamaged:
    cause = getattr(error, "orig", None) or error
    return CaseDamaged(
        "the case's database is damaged",
        got=f"{path.name}: {cause}",
        do="restore case.db from a copy; the exhibits are not affected",
    )


def _prepare_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    # Damaged text must still reach the check that names its entry.
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    for pragma in ("foreign_keys = ON", "synchronous = EXTRA", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _record_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 over an outcome's row, save its number and the outcome, which has its own hash."""
    beside = {name: row[name] for name in row if name not in ("number", "outcome")}
    text = canonical_json({name: _plain(value) for name, value in beside.items()})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _examined(row: Mapping[str, Any]) -> Examined:
    try:
        return _examined_as_stored(row)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CaseDamaged(
            f"outcome {row['number']} cannot be read",
            got=f"{type(error).__name__}: {error}",
            do="see what else is damaged with: earwitness verify; restore case.db from a copy",
        ) from error


def _examined_as_stored(row: Mapping[str, Any]) -> Examined:
    return Examined(
        key=row["key"],
        exhibit=row["exhibit"],
        method=row["method"],
        parameters=json.loads(row["parameters"]),
        consulted=json.loads(row["consulted"]),
        outcome=outcome_from_json(json.loads(row["outcome"])),
        versions=json.loads(row["versions"]),
        examined_at=row["examined_at"],
        seconds=row["seconds"],
        number=row["number"],
        stored_sha256=row["outcome_sha256"],
    )


def _entry(row: Mapping[str, Any]) -> Entry:
    exhibits = _json_or_damage(row["exhibits"], list)
    return Entry(
        number=row["number"],
        at=as_text(row["at"]),
        who=as_text(row["who"]),
        act=as_text(row["act"]),
        changes=bool(row["changes"]),
        exhibits=tuple(as_text(each) for each in exhibits),
        details=_json_or_damage(row["details"], dict),
        versions=_json_or_damage(row["versions"], dict),
        previous=as_text(row["previous"]),
        hash=as_text(row["hash"]),
    )


def _json_or_damage(text: Any, kind: type) -> Any:
    """Stored JSON, or a note that it is damaged: the chain then names the entry as edited.

    Another spelling of the same value is damage too, for nobody here writes one.
    """
    try:
        value = json.loads(text)
        if isinstance(value, kind) and canonical_json(value) == text:
            return value
    except (ValueError, TypeError, RecursionError):
        pass
    return {"damaged": repr(text)}


def as_text(value: Any) -> str:
    """A stored text; SQLite keeps whatever somebody put there, so other types show as damage."""
    return value if isinstance(value, str) else f"damaged: {value!r}"


def _plain(value: Any) -> str | float:
    return value if isinstance(value, str | float) else f"damaged: {value!r}"
