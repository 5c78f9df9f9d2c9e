"""Cases of many desks in one PostgreSQL, behind the same interface as the file in a case's folder.

1. A case's folder names its rows by an id, in ``case.store``. The server's address and the desk come from
   the environment, so a folder that is copied or handed over gives nobody access.
2. Each transaction begins by setting its desk and case, and by asking the server whether row-level
   security holds for it. Where it does not, as for a superuser, nothing is read or written.
3. The case's lock is a lock of the server, held by the connection that also writes. A process that
   loses the connection loses both, so nobody writes without holding the lock.
4. Each transaction that writes is counted, and sealed in ``case.store.seal`` in the case's folder: the
   count, and a hash over all that the case's rows say. Whoever alters rows at the server, or puts an
   older copy of them back, does not reach the seal.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from earwitness.atomic import write_whole
from earwitness.errors import (
    CaseDamaged,
    CaseNotFound,
    MissingPart,
    StoreError,
    StoreNotReady,
    StoreUnreachable,
)
from earwitness.store import migrations, tables
from earwitness.store.database import Transaction
from earwitness.store.seal import SealState, compare_seal, note_seal

ADDRESS, DESK = "EARWITNESS_STORE", "EARWITNESS_DESK"
ADDRESS_FILE = "EARWITNESS_STORE_FILE"
POINTER, SEAL = "case.store", "case.store.seal"
WAIT_FOR_LOCK_S = 600
_MAX_POINTER_BYTES = 1_000
_MAX_ADDRESS_BYTES = 10_000
_CASE_ID = re.compile(r"[0-9a-f]{32}")
_LOCKS = 0x6561  # the first half of our locks' numbers: others may lock on the same server
_MADE_AGAIN = ("said_indexes", "said_segments", "said_terms")
_OPTIONS = (
    f"-c lock_timeout={WAIT_FOR_LOCK_S * 1000} -c tcp_keepalives_idle=30 "
    "-c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
)


def address() -> str:
    """The address of the store that new cases are to be in; empty where they are to be in folders.

    It holds a password, so it may stand in a file that nobody else can read.

    Raises
    ------
    StoreNotReady
        If there is to be such a file, and it cannot be read.
    """
    given, file = os.environ.get(ADDRESS, ""), os.environ.get(ADDRESS_FILE, "")
    if given or not file:
        return given
    try:
        with Path(file).open("rb") as secret:
            return secret.read(_MAX_ADDRESS_BYTES).decode().strip()
    except (OSError, ValueError) as error:
        raise StoreNotReady(
            "the file that is to hold the store's address cannot be read",
            got=f"{file} ({error})",
            do=f"see that {ADDRESS_FILE} names a file that this user may read",
        ) from error


def desk_here() -> str:
    """The desk that this process works for."""
    return os.environ.get(DESK, "") or "desk"


class Server:
    """A PostgreSQL that holds cases, as one desk sees it."""

    def __init__(self, url: str, desk: str) -> None:
        self.engine = _engine(url)
        self.desk = desk

    @classmethod
    def here(cls) -> Server:
        """The store that the environment names.

        Raises
        ------
        StoreNotReady
            If it names none.
        """
        if not address():
            raise StoreNotReady(
                "this case's rows are on a database server, and none is named",
                do=f"set {ADDRESS} to its address, postgresql+psycopg://…",
            )
        return cls(address(), desk_here())

    def enter(self, connection: sa.Connection, case_id: str = "") -> None:
        """Begin a transaction: say for which desk and case, and insist that no other is seen."""
        found = connection.execute(
            sa.text(
                "SELECT set_config('earwitness.desk', :desk, true), "
                "set_config('earwitness.case', :case, true), "
                "row_security_active('cases') AND row_security_active('custody')"
            ),
            {"desk": self.desk, "case": case_id},
        ).one()
        if not found[2]:
            raise StoreNotReady(
                "the store's role sees the rows of every desk",
                got="a superuser, or a role with BYPASSRLS",
                do=f"name a plain role in {ADDRESS}",
            )

    @contextmanager
    def transaction(self, case_id: str = "") -> Iterator[sa.Connection]:
        """A transaction of this desk; of one case, or of what the desk has as a whole."""
        with troubles_named(), self.engine.begin() as connection:
            self.enter(connection, case_id)
            yield connection

    def require_ready(self) -> None:
        """Insist that the server's tables are those that this version uses.

        Raises
        ------
        StoreNotReady, StoreUnreachable, CaseTooNew
        """
        with troubles_named(), self.engine.connect() as connection:
            found = migrations.current_version(connection)
        versions = migrations.known_versions("postgresql")
        migrations.refuse_later(found, versions)
        if found != versions[-1]:
            raise StoreNotReady(
                "the store's tables are not those of this version",
                got=f"version {found}" if found else "no tables",
                expected=f"version {versions[-1]}",
                do="make them, or bring them up to date, with: earwitness store prepare",
            )


def prepare(url: str, *, grant: str = "") -> list[str]:
    """Make the tables on a server, or bring them up to date; give the migrations that were missing.

    Parameters
    ----------
    url : str
        With a role that may make tables.
    grant : str
        Another role that is to work with them. It may add rows, and may change none that is
        evidence or log.

    Raises
    ------
    StoreError, CaseTooNew
    """
    with troubles_named(), _engine(url).begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:space, 0)"), {"space": _LOCKS})
        done = migrations.bring_up_to_date(connection)
        if grant:
            _grant(connection, grant)
    return done


def _grant(connection: sa.Connection, role: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote_identifier(role)
    names = [*tables.metadata.tables, *tables.server.tables]
    connection.exec_driver_sql(f"GRANT SELECT, INSERT ON {', '.join(names)} TO {quoted}")
    connection.exec_driver_sql(f"GRANT SELECT ON alembic_version TO {quoted}")
    for name in ("pending_case_file", "custody_head", *_MADE_AGAIN):  # replaced by the next act
        connection.exec_driver_sql(f"GRANT DELETE ON {name} TO {quoted}")
    connection.exec_driver_sql(f"GRANT UPDATE ON cases TO {quoted}")
    connection.exec_driver_sql(f"GRANT UPDATE, DELETE ON jobs, workers TO {quoted}")


class ServerDatabase:
    """The rows of one case on a server, their lock and their seal."""

    def __init__(self, folder: Path, server: Server, case_id: str = "") -> None:
        self.file = folder / POINTER
        self.seal_path = folder / SEAL
        self.server = server
        self.case_id = case_id or read_pointer(folder)
        self._held = threading.local()

    def make(self) -> None:
        """Make the case's place among those of its desk, if it has none."""
        self.server.require_ready()
        with self.server.transaction(self.case_id) as connection:
            connection.execute(
                sa.text("INSERT INTO cases (id) VALUES (:id) ON CONFLICT DO NOTHING"),
                {"id": self.case_id},
            )

    def require(self) -> None:
        """Insist that this desk has the case.

        Raises
        ------
        CaseNotFound, StoreError
        """
        self.server.require_ready()
        with self.server.transaction(self.case_id) as connection:
            found = connection.execute(
                sa.select(tables.cases.c.moved_at).where(tables.cases.c.id == self.case_id)
            ).first()
        if found is None or found[0] is not None:
            raise CaseNotFound(
                "the case is not in the store"
                if found is None
                else f"the case was moved out of the store, {found[0]}",
                got=f"{self.case_id[:12]} at desk {self.server.desk}",
                do=f"see that {ADDRESS} and {DESK} name the store and desk that it was made at",
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing to the case, on whichever machine."""
        if getattr(self._held, "connection", None) is not None:
            yield
            return
        lock = {"space": _LOCKS, "key": int(self.case_id[:8], 16) - (1 << 31)}
        with troubles_named():
            connection = self.server.engine.connect()
        with connection:
            with troubles_named():
                connection.execute(sa.text("SELECT pg_advisory_lock(:space, :key)"), lock)
                connection.commit()
            self._held.connection = connection
            try:
                yield
            finally:
                self._held.connection = None
                _unlock(connection, lock)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that writes; counted, and sealed when it is kept."""
        with self.locked():
            connection: sa.Connection = self._held.connection
            with troubles_named(), connection.begin():
                self.server.enter(connection, self.case_id)
                yield Transaction(connection)
                count = connection.execute(
                    sa.text(
                        "UPDATE cases SET transactions = transactions + 1 "
                        "WHERE id = :id AND moved_at IS NULL RETURNING transactions"
                    ),
                    {"id": self.case_id},
                ).scalar()
                if count is None:
                    raise CaseNotFound("the case is not in the store", got=self.case_id[:12])
                digest = content_hash(connection)
            note_seal(self.seal_path, count, digest)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that only reads: it sees one state, and holds nobody up."""
        engine = self.server.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with troubles_named(), engine.begin() as connection:
            self.server.enter(connection, self.case_id)
            yield Transaction(connection)

    def retire(self, at: str) -> None:
        """Note that the case is elsewhere from now on; its rows stay, and are not written any more."""
        with self.server.transaction(self.case_id) as connection:
            connection.execute(
                sa.update(tables.cases).where(tables.cases.c.id == self.case_id).values(moved_at=at)
            )
            connection.execute(sa.delete(tables.jobs).where(tables.jobs.c.case_id == self.case_id))

    def seal_state(self) -> SealState:
        """What the seal says of the case's rows."""
        with self.locked(), self.read() as transaction:
            count = transaction.connection.execute(
                sa.select(tables.cases.c.transactions).where(tables.cases.c.id == self.case_id)
            ).scalar()
            return compare_seal(self.seal_path, count, content_hash(transaction.connection))

    def integrity(self) -> list[str]:
        """Nothing that is not raised: a damaged page ends the reading of its rows in an error."""
        return []

    def unchecked(self) -> list[str]:
        """Whether damaged pages can be told at all: the server was made to keep checksums, or not."""
        with self.read() as transaction:
            kept = transaction.connection.exec_driver_sql("SHOW data_checksums").scalar()
        if kept == "on":
            return []
        return ["the database server keeps no checksums of its pages (data_checksums is off)"]


def content_hash(connection: sa.Connection) -> str:
    """SHA-256 over all that the rows of a case say, made at the server."""
    parts = []
    for table in tables.metadata.sorted_tables:
        columns = ", ".join(column.name for column in table.columns)
        (key,) = table.primary_key.columns
        parts.append(
            f"SELECT '{table.name}', coalesce(string_agg(encode(sha256(convert_to("  # noqa: S608
            f"ROW({columns})::text, 'UTF8')), 'hex'), '' ORDER BY {key.name}), '') FROM {table.name}"
        )  # names of our own tables and columns go in, nothing else
    union = " UNION ALL ".join(parts)
    digest = connection.exec_driver_sql(
        "SELECT encode(sha256(convert_to(string_agg(name || rows, ' ' ORDER BY name), 'UTF8')), "  # noqa: S608
        f"'hex') FROM ({union}) AS said (name, rows)"
    ).scalar()
    return str(digest)


def new_case_id() -> str:
    """An id that nobody can guess."""
    return secrets.token_hex(16)


def write_pointer(folder: Path, case_id: str, *, objects: bool = False) -> None:
    """Say in a case's folder that a server holds the case, under that id; and where its exhibits are."""
    content: dict[str, Any] = {"case": case_id}
    if objects:
        content["objects"] = True
    write_whole(folder / POINTER, (json.dumps(content) + "\n").encode())


def read_pointer(folder: Path) -> str:
    """The id under which a server holds a folder's case.

    Raises
    ------
    CaseDamaged
    """
    found = _pointer(folder).get("case")
    if isinstance(found, str) and _CASE_ID.fullmatch(found):
        return found
    raise CaseDamaged(f"{POINTER} names no case", expected='{"case": "…"}, 32 digits')


def uses_objects(folder: Path) -> bool:
    """Whether the exhibits of a folder's case are in an object store.

    Raises
    ------
    CaseDamaged
    """
    return (folder / POINTER).is_file() and _pointer(folder).get("objects") is True


def _pointer(folder: Path) -> dict[str, Any]:
    try:
        with (folder / POINTER).open("rb") as file:
            found = json.loads(file.read(_MAX_POINTER_BYTES))
    except (OSError, ValueError) as error:
        raise CaseDamaged(f"{POINTER} cannot be read", got=str(error)) from error
    return found if isinstance(found, dict) else {}


@contextmanager
def troubles_named() -> Iterator[None]:
    """Turn what the server or the way to it refuses into one named error."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        raise StoreUnreachable(
            "the database server did not do its part", got=_in_a_line(error),
            do=f"see that it runs, and that {ADDRESS} is right; then run the same command again",
        ) from error  # fmt: skip
    except sa.exc.ProgrammingError as error:
        raise StoreNotReady(
            "the store refused a query", got=_in_a_line(error),
            do="see that its tables are there, with: earwitness store prepare",
        ) from error  # fmt: skip
    except (sa.exc.DatabaseError, json.JSONDecodeError) as error:
        raise CaseDamaged(
            "the case's rows in the store are damaged", got=_in_a_line(error),
            do="restore the store from a backup; the exhibits are not affected",
        ) from error  # fmt: skip


def _in_a_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0][:300] if str(cause).strip() else type(cause).__name__


def _unlock(connection: sa.Connection, lock: dict[str, int]) -> None:
    """Give a lock back; with a connection that is broken the server has done so already."""
    try:
        connection.rollback()
        connection.execute(sa.text("SELECT pg_advisory_unlock(:space, :key)"), lock)
        connection.commit()
    except sa.exc.DBAPIError:
        with suppress(sa.exc.DBAPIError):
            connection.invalidate()


_ENGINES: dict[str, sa.Engine] = {}  # one pool of connections for each address


def disconnect() -> None:
    """Give all connections to stores back; they are made anew when they are needed."""
    while _ENGINES:
        _ENGINES.popitem()[1].dispose()


def _engine(url: str) -> sa.Engine:
    return _ENGINES.get(url) or _ENGINES.setdefault(url, _new_engine(url))


def _new_engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StoreError("the store's address is none", expected=_EXPECTED) from error
    if parsed.drivername != "postgresql+psycopg":
        raise StoreError("no such kind of store", got=parsed.drivername, expected=_EXPECTED)
    try:
        return sa.create_engine(
            parsed,
            pool_size=8,
            max_overflow=56,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 10,
                "application_name": "earwitness",
                "options": _OPTIONS,
            },
        )
    except ModuleNotFoundError as error:
        raise MissingPart(
            "cases on a database server need the package psycopg",
            do="install it with: pip install 'earwitness[postgresql]'",
        ) from error


_EXPECTED = "postgresql+psycopg://ROLE:PASSWORD@HOST/DATABASE"
