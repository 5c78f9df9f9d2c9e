"""Numbered migrations of a case's database, carried out by Alembic when a case is opened."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from earwitness.errors import CaseTooNew

FOLDER = Path(__file__).parent


def known_versions() -> list[str]:
    """The numbers of all migrations that this earwitness knows, in order."""
    return sorted(path.name[:4] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def is_current(connection: sa.Connection) -> bool:
    """Whether a database lacks no migration."""
    return _current(connection) == known_versions()[-1]


def bring_up_to_date(connection: sa.Connection) -> list[str]:
    """Carry out the migrations that a database lacks; give their numbers.

    Raises
    ------
    CaseTooNew
        If the database was left by a later version.
    """
    current, versions = _current(connection), known_versions()
    if current == versions[-1]:
        return []
    if current is not None and current not in versions:
        raise CaseTooNew(
            "the case was written by a later version of earwitness",
            got=f"database version {current}",
            expected=f"at most {versions[-1]}",
            do="install the newest earwitness and open the case with it",
        )
    _upgrade(connection)
    return [version for version in versions if current is None or version > current]


def _current(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found is not None else None


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command  # noqa: PLC0415  (slow to load, and seldom needed)
    from alembic.config import Config  # noqa: PLC0415

    configuration = Config()
    configuration.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")
