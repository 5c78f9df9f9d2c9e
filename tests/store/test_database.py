"""The contract of a case's database, in its folder and on a server: whole transactions, named damage."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

import servers
from earwitness.errors import CaseDamaged
from earwitness.outcome import Failed, Finding, NotExamined
from earwitness.store import tables
from earwitness.store.database import CaseDatabase, Database, Examined, Received
from earwitness.store.folder import CaseFolder
from earwitness.store.place import database_of, place_new
from earwitness.workbench import Case

EXHIBIT = Received("a" * 64, "tape.wav", 7)


def examined(**fields: object) -> Examined:
    """An outcome with everything beside it."""
    made = Examined(
        key="k",
        exhibit=EXHIBIT.sha256,
        method="quality_v1",
        parameters={"x": 1.5},
        consulted={"exhibits": {}, "claims": {}, "archives": []},
        outcome=Finding(summary="Ω", details={"a": [1, 2.5]}),
        versions={"earwitness": "0"},
        examined_at="2031-05-04T12:00:00.000000Z",
        seconds=1.25,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


@pytest.fixture
def database(
    tmp_path: Path, each_store: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> CaseDatabase:
    """A database with one exhibit, of each kind; on the server by the role that may alter rows."""
    if each_store == "server":
        keeper = request.getfixturevalue("cluster").url(servers.OWNER)
        monkeypatch.setenv("EARWITNESS_STORE", keeper)
    place_new(tmp_path)
    made = database_of(tmp_path)
    assert isinstance(made, Database) == (each_store == "folder")
    made.make()
    with made.write() as transaction:
        transaction.receive(EXHIBIT)
    return made


def test_a_failed_transaction_leaves_nothing(database: CaseDatabase) -> None:
    """What was written before the failure is undone with it."""
    with pytest.raises(RuntimeError), database.write() as transaction:
        transaction.append("x", at="", who="", changes=True, exhibits=(), details={}, versions={})
        raise RuntimeError
    with database.read() as transaction:
        assert transaction.entries() == []
        assert transaction.head().number == 0


@pytest.mark.parametrize("outcome", [
    Finding(summary="found\n", details={"n": 0}), NotExamined("short", "1 s", "2 s"),
    Failed("ValueError", "x"),
])  # fmt: skip
def test_an_outcome_comes_back_as_it_was(database: CaseDatabase, outcome: Finding) -> None:
    """All three kinds survive, with all that is kept beside them."""
    with database.write() as transaction:
        digest, _ = transaction.add_outcome(examined(outcome=outcome))
    with database.read() as transaction:
        found = transaction.latest("k")
    assert found == examined(outcome=outcome, number=1, stored_sha256=digest)


def test_the_newest_outcome_of_a_key_counts(database: CaseDatabase) -> None:
    """Examining again puts a newer one over the older, which stays."""
    with database.write() as transaction:
        for text in ("first", "second"):
            transaction.add_outcome(examined(outcome=Finding(summary=text)))
        transaction.add_outcome(examined(key="other"))
        latest = transaction.latest("k")
        assert latest is not None
        assert latest.outcome == Finding(summary="second")
        assert len(list(transaction.outcomes())) == 3
        assert transaction.latest("none") is None


def test_the_record_hash_covers_all_that_is_beside_the_outcome(database: CaseDatabase) -> None:
    """A change to any column gives another hash than the one in the log."""
    columns = ("key", "exhibit", "method", "parameters", "consulted", "outcome_sha256", "versions",
               "examined_at", "seconds")  # fmt: skip
    with database.write() as transaction:
        _, record = transaction.add_outcome(examined())
    for column in columns:
        with pytest.raises(RuntimeError), database.write() as transaction:
            (kept,) = transaction.kept_outcomes()
            assert kept.record_sha256 == record
            if column == "exhibit":
                transaction.receive(Received("5", "other.wav", 1))
            value = 5 if column == "seconds" else "5"
            transaction.connection.execute(sa.update(tables.outcomes).values({column: value}))
            (kept,) = transaction.kept_outcomes()
            assert kept.record_sha256 != record, column
            raise RuntimeError("undo")


@pytest.mark.parametrize("text", ["", "null", "5", "[]", "{}", '{"kind": "finding"}',
                                  '{"kind": "verdict"}', '{"kind": "failed", "x": 1}',
                                  "[" * 100_000])  # fmt: skip
def test_a_damaged_outcome_is_named(database: CaseDatabase, text: str) -> None:
    """Whatever stands in an outcome's place is one error that gives its number."""
    with database.write() as transaction:
        transaction.add_outcome(examined())
        transaction.connection.execute(sa.update(tables.outcomes).values(outcome=text))
    with pytest.raises(CaseDamaged, match="outcome 1"), database.read() as transaction:
        list(transaction.outcomes())


@pytest.mark.in_folder
@pytest.mark.parametrize(
    "content", [b"", b"not a database" * 100, b"SQLite format 3\0" + bytes(500)]
)
def test_a_file_that_is_no_database_is_damage(case: Case, content: bytes) -> None:
    """Opening and verifying such a case ends in a named error or problem, not a crash."""
    (case.path / "case.db").write_bytes(content)
    folder = CaseFolder(case.path, who="x")
    if content:
        with pytest.raises(CaseDamaged), folder.database.read() as transaction:
            transaction.entries()
    assert not case.verify().is_whole


@pytest.mark.in_folder
def test_a_locked_database_is_said_to_be_locked(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program that holds the file is named as the cause, not damage."""
    monkeypatch.setattr("earwitness.store.database.BUSY_SECONDS", 0)
    folder = CaseFolder(case.path, who="x")
    other = sqlite3.connect(case.path / "case.db")
    try:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CaseDamaged, match="no other program"):
            folder.act("x", changes=False, details={})
    finally:
        other.close()
    assert case.verify().is_whole
