"""Cases of earlier versions are brought up to date; those of later ones are refused, unharmed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

import earwitness
from earwitness.errors import CaseTooNew
from earwitness.store import migrations, tables
from earwitness.workbench import Case


def set_version(folder: Path, version: str) -> None:
    """Make a case say that another version wrote it."""
    with sqlite3.connect(folder / "case.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.close()


def test_migrations_are_numbered_without_gaps() -> None:
    """Each file's number is one more than the last, and is its revision."""
    numbers = migrations.known_versions()
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
    for number in numbers:
        (path,) = (migrations.FOLDER / "versions").glob(f"{number}_*.py")
        assert f'revision = "{number}"' in path.read_text()


def test_migrations_end_where_the_tables_are() -> None:
    """A database that went through all migrations has exactly the tables that the code uses."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        assert migrations.bring_up_to_date(connection) == migrations.known_versions()
        inspector = sa.inspect(connection)
        found = {
            name: {
                (column["name"], str(column["type"]), column["nullable"])
                for column in inspector.get_columns(name)
            }
            for name in inspector.get_table_names()
            if name != "alembic_version"
        }
        expected = {
            table.name: {
                (column.name, column.type.compile(engine.dialect), bool(column.nullable))
                for column in table.columns
            }
            for table in tables.metadata.sorted_tables
        }
        assert found == expected
        assert migrations.bring_up_to_date(connection) == []
    engine.dispose()


@pytest.mark.in_folder
def test_a_case_of_a_later_version_is_refused_unharmed(case: Case) -> None:
    """It says which version wrote it, and not one byte of the case is changed."""
    set_version(case.path, "9999")
    before = {path: path.read_bytes() for path in case.path.iterdir() if path.is_file()}
    with pytest.raises(CaseTooNew, match=r"9999.*newest earwitness"):
        earwitness.open(case.path)
    assert {path: path.read_bytes() for path in case.path.iterdir() if path.is_file()} == before
