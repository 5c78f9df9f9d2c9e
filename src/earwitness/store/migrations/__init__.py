"""Numbered migrations of the database, carried out by Alembic.

A case in a folder is migrated when it is opened; a server when that is asked for. A migration that
concerns servers alone has ``server`` in its file's name, and a case in a folder is not touched for it.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from earwitness.errors import CaseTooNew

FOLDER = Path(__file__).parent


def known_versions(dialect: str = "sqlite") -> list[str]:
    """The numbers of the migrations that concern such a database, in order."""
    names = sorted(path.name for path in (FOLDER / "versions").glob("[0-9]*.py"))
    return [name[:4] for name in names if dialect != "sqlite" or "_server_" not in name]


def is_current(connection: sa.Connection) -> bool:
    """Whether a database lacks no migration."""
    return current_version(connection) == known_versions(connection.dialect.name)[-1]


def bring_up_to_date(connection: sa.Connection) -> list[str]:
    """Carry out the migrations that a database lacks; give their numbers.

    Raises
    ------
    CaseTooNew
        If the database was left by a later version.
    """
    current, versions = current_version(connection), known_versions(connection.dialect.name)
    if current == versions[-1]:
        return []
    refuse_later(current, versions)
    _go_to(connection, versions[-1])
    return [version for version in versions if current is None or version > current]


def refuse_later(current: str | None, versions: list[str]) -> None:
    """Insist that a database was not left by a later version of earwitness.

    Raises
    ------
    CaseTooNew
    """
    if current is not None and current > versions[-1]:
        raise CaseTooNew(
            "a later version of earwitness wrote here",
            got=f"database version {current}",
            expected=f"at most {versions[-1]}",
            do="install the newest earwitness and open the case with it",
        )


def take_back(connection: sa.Connection, to: str) -> None:
    """Undo migrations down to that one, or all of them for ``base``."""
    _go_to(connection, to, back=True)


def current_version(connection: sa.Connection) -> str | None:
    """The number of the newest migration that a database went through, if any."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found is not None else None


def _go_to(connection: sa.Connection, version: str, *, back: bool = False) -> None:
    from alembic import command  # noqa: PLC0415  (slow to load, and seldom needed)
    from alembic.config import Config  # noqa: PLC0415

    configuration = Config()
    configuration.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    (command.downgrade if back else command.upgrade)(configuration, version)
