"""Who works at a desk's queue: each worker says again and again that it is there, and what it sees."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from earwitness.store.server import Server

SILENT_AFTER_S = 15
"""A worker that was not heard of for so long is taken for gone."""

HEARD_OF = f"seen_at > now() - interval '{SILENT_AFTER_S} seconds'"
_THERE = sa.text("""
INSERT INTO workers (name, cases, seen_at) VALUES (:name, :cases, now())
ON CONFLICT (desk, name) DO UPDATE SET cases = excluded.cases, seen_at = excluded.seen_at
""")


class Workers:
    """The workers of one desk."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def there(self, name: str, cases: Collection[str]) -> None:
        """Say that a worker is there, and the folders of which cases it sees."""
        with self._server.transaction() as connection:
            connection.execute(
                sa.text("DELETE FROM workers WHERE seen_at < now() - interval '1 day'")
            )
            connection.execute(_THERE, {"name": name, "cases": sorted(cases)})

    def gone(self, name: str) -> None:
        """Say that a worker has ended."""
        with self._server.transaction() as connection:
            connection.execute(sa.text("DELETE FROM workers WHERE name = :name"), {"name": name})

    def count(self, case_id: str = "") -> int:
        """How many are there now; with a case's id, how many of them see its folder."""
        with self._server.transaction() as connection:
            found = connection.execute(
                sa.text(
                    f"SELECT count(*) FROM workers WHERE {HEARD_OF} "  # noqa: S608
                    "AND (:case_id = '' OR :case_id = ANY(cases))"
                ),
                {"case_id": case_id},
            )
            return int(found.scalar() or 0)
