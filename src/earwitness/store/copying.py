"""The rows of a case from one kind of database into another: the same entries, numbers and hashes."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from earwitness.store import tables
from earwitness.store.database import CaseDatabase, Database, Transaction

_AT_ONCE = 200  # rows; an outcome may be of megabytes


def copy_rows(source: Transaction, target: Transaction) -> None:
    """Copy all rows of a case into tables that hold none of it yet."""
    for table in tables.metadata.sorted_tables:
        (key,) = table.primary_key.columns
        with source.connection.execute(
            sa.select(table).order_by(key),
            execution_options={"stream_results": True, "max_row_buffer": _AT_ONCE},
        ) as found:
            for rows in found.mappings().partitions(_AT_ONCE):
                target.connection.execute(sa.insert(table), [dict(row) for row in rows])


def file_of(database: CaseDatabase, folder: Path) -> Path:
    """The folder that holds a case's database as a sealed file: its own, or one that is made of its rows.

    Parameters
    ----------
    database : CaseDatabase
        Locked by the caller.
    folder : Path
        Where to make the file if the database is none.
    """
    if isinstance(database, Database):
        return database.path.parent
    folder.mkdir()
    made = Database(folder)
    made.make()
    with database.read() as source, made.write() as target:
        copy_rows(source, target)
    return folder
