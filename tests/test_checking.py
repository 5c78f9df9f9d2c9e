"""verify: each way to tamper with a case is found, named at its place, and never a crash.

The database is sealed anew after each change, as somebody would do who knows of the seal; without
that, the seal alone finds every change (see tests/store/test_seal.py).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from bench.faults import TABLES

import earwitness
import sounds
from earwitness.errors import EarwitnessError
from earwitness.store.seal import write_seal

# The same for rows on a server: tests/store/test_server.py
pytestmark = pytest.mark.in_folder


def execute(case: Path, *statements: str, values: tuple[Any, ...] = ()) -> None:
    """Change a case's database behind earwitness's back, and seal it anew."""
    with closing(sqlite3.connect(case / "case.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement, values if "?" in statement else ())
    write_seal(case / "case.db", case / "case.db.seal")


def ask(case: Path, question: str) -> Any:
    """A value from a case's database."""
    with closing(sqlite3.connect(case / "case.db")) as connection:
        return connection.execute(question).fetchone()[0]


def said(case: Path) -> str:
    """All problems, one a line."""
    return "\n".join(str(problem) for problem in earwitness.verify(case).problems)


def test_an_untouched_case_is_whole(examined: Path) -> None:
    """Three exhibits, four outcomes, ten acts, and nothing to say of them."""
    found = earwitness.verify(examined)
    assert (found.problems, found.notes) == ([], [])
    assert (found.exhibits, found.outcomes, found.entries) == (3, 4, 10)
    assert found.head.number == 10


def test_sealing_anew_is_no_problem_by_itself(examined: Path) -> None:
    """What the tests below find is not their own sealing."""
    execute(examined, "SELECT 1")
    assert said(examined) == ""


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE custody SET who = 'eve@desk' WHERE number = 2", "entry 2: was edited"),
        ("UPDATE custody SET details = '{}' WHERE number = 3", "entry 3: was edited"),
        ("DELETE FROM custody WHERE number = 4", "entry 4: is missing"),
        ("DELETE FROM custody WHERE number IN (3, 4, 5)", "entry 3 to 5: is missing"),
        ("DELETE FROM custody WHERE number > 5", "ends at entry 5, but its head says entry 10"),
        ("DELETE FROM custody", "ends at entry 0, but its head says entry 10"),
        ("DELETE FROM custody_head", "but its head says entry 0"),
        ("UPDATE custody_head SET number = 6", "but its head says entry 6"),
        ("DELETE FROM outcomes WHERE number = 1", "was logged but is gone"),
        ("UPDATE outcomes SET outcome = replace(outcome, 'speech', 'singing')", "was edited"),
        ("UPDATE outcomes SET parameters = '{\"x\":1}' WHERE number = 2", "outcome 2 (.*particulars"),
        ("UPDATE outcomes SET versions = '{}' WHERE number = 2", "outcome 2 (.*particulars"),
        ("UPDATE outcomes SET seconds = 99 WHERE number = 2", "outcome 2 (.*particulars"),
        ("UPDATE outcomes SET key = 'x' WHERE number = 2", "outcome 2 (.*particulars"),
        ("INSERT INTO outcomes SELECT 99, key, exhibit, method, parameters, consulted, outcome,"
         " outcome_sha256, versions, examined_at, seconds FROM outcomes WHERE number = 1",
         "outcome 99 .*was never logged"),
        ("UPDATE exhibits SET name = 'other.wav'", "has another name or size"),
        ("UPDATE exhibits SET size = size + 1", "has another name or size"),
        ("DELETE FROM exhibits WHERE name LIKE 'tone%'", "is gone from the list of exhibits"),
        (f"INSERT INTO exhibits VALUES ('{'0' * 64}', 'x', 1)", "was never logged as added"),
        ("INSERT INTO exhibits VALUES ('../../x', 'x', 1)", "is no SHA-256"),
        ("UPDATE statements SET statement = replace(statement, '1971', '1972')", "statement .* edited"),
        ("UPDATE statements SET document = 'x'", "statement .* was edited"),
        ("UPDATE statements SET id = 'x' WHERE id = (SELECT max(id) FROM statements)",
         "statement .* is named by an act but is gone"),
        ("DELETE FROM statements", "is named by an act but is gone"),
        ("UPDATE dossier_acts SET kind = 'reject' WHERE kind = 'accept'", "dossier act 2: is not the"),
        ("UPDATE dossier_acts SET who = 'eve@desk' WHERE number = 1", "dossier act 1: is not the one"),
        ("DELETE FROM dossier_acts WHERE number = 2", "dossier act 2: was logged but is gone"),
        ("UPDATE dossier_acts SET number = 3 WHERE number = 2", "dossier act 2: is not the one"),
        ("INSERT INTO dossier_acts SELECT 3, kind, who, at, payload FROM dossier_acts WHERE number = 2",
         "dossier act 3: was never logged"),
        ("DROP TABLE dossier_acts", "dossier act 1: was logged but is gone"),
        ("DROP TABLE custody", "database is damaged"),
        ("DROP TABLE outcomes", "database is damaged"),
        ("ALTER TABLE exhibits RENAME COLUMN name TO nom", "database is damaged"),
    ],
)  # fmt: skip
def test_tampering_with_the_database_is_named(
    examined: Path, statement: str, expected: str
) -> None:
    """Edits, removals and insertions, by the number of what they hit."""
    import re

    execute(examined, "PRAGMA foreign_keys = OFF", statement)
    assert re.search(expected.replace("(.*", r"\(.*"), said(examined))


def test_two_entries_that_changed_places_are_named(examined: Path) -> None:
    """Numbers swapped in the database."""
    execute(
        examined,
        "UPDATE custody SET number = 99 WHERE number = 2",
        "UPDATE custody SET number = 2 WHERE number = 3",
        "UPDATE custody SET number = 3 WHERE number = 99",
    )
    assert "entry 2: was edited" in said(examined)
    assert "entry 3: was edited" in said(examined)


def test_an_outcome_with_its_hash_made_anew_is_named(examined: Path) -> None:
    """The log holds the hash that the outcome had."""
    text = ask(examined, "SELECT outcome FROM outcomes WHERE number = 1")
    text = text.replace('"summary":"', '"summary":"Not so: ')
    digest = hashlib.sha256(text.encode()).hexdigest()
    execute(
        examined,
        "UPDATE outcomes SET outcome = ? || '' WHERE number = 1",
        values=(text,),
    )
    execute(examined, "UPDATE outcomes SET outcome_sha256 = ? WHERE number = 1", values=(digest,))
    assert "outcome 1 (" in said(examined)
    assert "was logged but is gone" in said(examined)


def test_an_outcome_given_to_another_exhibit_is_named(examined: Path) -> None:
    """A finding about one recording cannot be passed off as one about another."""
    execute(
        examined,
        "UPDATE outcomes SET exhibit = (SELECT max(sha256) FROM exhibits WHERE sha256 !="
        " (SELECT exhibit FROM outcomes WHERE number = 1)) WHERE number = 1",
    )
    assert "outcome 1 (" in said(examined)


@pytest.mark.parametrize("value", [b"\x00\xff", 5, "", "x", "[]", "null", "[" * 50_000])
@pytest.mark.parametrize("table", TABLES)
def test_no_value_in_any_column_crashes_the_check(examined: Path, table: str, value: Any) -> None:
    """Whatever stands in a column, verify ends in a problem, and reading in one named error."""
    original = (examined / "case.db").read_bytes()
    for column in TABLES[table]:
        if column in ("number", "changes"):
            continue
        (examined / "case.db").write_bytes(original)
        try:
            execute(
                examined,
                "PRAGMA foreign_keys = OFF",
                f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT max(rowid) FROM {table})",
                values=(value,),
            )
        except sqlite3.IntegrityError:
            continue
        assert said(examined) != "", column
        try:
            case = earwitness.open(examined)
            case.dossier.read()
            case.report_data()
        except EarwitnessError:
            continue
        pytest.fail(f"{column} was reported as if nothing had been done to it")


def change_exhibit(folder: Path, change: Callable[[Path], object]) -> str:
    """Change the first exhibit's file; what verify says then."""
    change(sorted((folder / "exhibits").iterdir())[0])
    return said(folder)


def test_tampering_with_an_exhibit_is_named(examined: Path, tmp_path: Path) -> None:
    """Altered, longer, shorter, empty, gone, replaced by a link or a folder."""
    whole = tmp_path / "whole.case"
    shutil.copytree(examined, whole)

    def longer(path: Path) -> None:
        sounds.writable(path).write_bytes(path.read_bytes() + b"\0")

    def linked(path: Path) -> None:
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")

    def folder(path: Path) -> None:
        path.unlink()
        path.mkdir()

    changes: list[tuple[Callable[[Path], object], str]] = [
        (lambda path: sounds.flip_bit(path, 80_000), "was altered after it was received"),
        (longer, "was altered after it was received"),
        (lambda path: sounds.writable(path).write_bytes(b""), "was altered after it was received"),
        (lambda path: path.unlink(), "is not where it should be"),
        (linked, "a symbolic link"),
        (folder, "a folder"),
        (lambda path: shutil.copy(path, path.with_name("copy.wav")), "is not in the custody log"),
    ]
    for change, expected in changes:
        shutil.rmtree(examined)
        shutil.copytree(whole, examined)
        assert expected in change_exhibit(examined, change)


def test_without_its_seal_the_database_is_not_whole(examined: Path) -> None:
    """Removing the seal is found, as is a database put back from an older copy."""
    older = (examined / "case.db").read_bytes()
    earwitness.open(examined).report("html")
    (examined / "case.db").write_bytes(older)
    assert "not as it was sealed" in said(examined)
    (examined / "case.db.seal").unlink()
    assert "has no seal" in said(examined)


def test_a_commit_that_was_not_sealed_is_only_noted(examined: Path) -> None:
    """A kill between commit and seal is no damage; what was committed is checked by the chain."""
    before = (examined / "case.db.seal").read_bytes()
    earwitness.open(examined).report("html")
    (examined / "case.db.seal").write_bytes(before)
    found = earwitness.verify(examined)
    assert found.problems == []
    assert "after its seal" in found.notes[0]


def test_verify_changes_nothing(examined: Path) -> None:
    """Not a byte and not a time of the case's files."""

    def state() -> dict[str, tuple[int, bytes]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.read_bytes())
            for path in examined.rglob("*")
            if path.is_file() and path.name != ".lock"
        }

    before = state()
    earwitness.verify(examined)
    assert state() == before


def test_the_seal_is_json(examined: Path) -> None:
    """Other programs can check it."""
    seal = json.loads((examined / "case.db.seal").read_text())
    assert seal["sha256"] == hashlib.sha256((examined / "case.db").read_bytes()).hexdigest()
