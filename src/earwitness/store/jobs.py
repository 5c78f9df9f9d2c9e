"""The queue of a desk's store: examinations that were asked for, taken by workers, ended once.

1. A job is one examination of one exhibit with its parameters, under the key that its outcome will have.
   While it has not ended, asking again adds none.
2. A worker takes jobs with ``FOR UPDATE SKIP LOCKED``, so no two take the same, and holds them for a
   while by the server's clock. It says again and again that it lives.
3. A job whose worker fell silent is free for the next one, who gets a new token.
4. A job ends in the transaction that keeps its outcome, and only by the token that holds it. A worker
   that was taken for dead comes too late, and its outcome is not kept: exactly one is.
5. A job that was taken five times and never ended is left alone, and shown with what went wrong.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from earwitness.errors import JobTakenOver
from earwitness.store.database import Transaction
from earwitness.store.server import Server

MOST_TRIES = 5
_FREE = f"(taken_until IS NULL OR taken_until < now()) AND tries < {MOST_TRIES}"
_TAKE = sa.text(f"""
WITH first AS (
    SELECT case_id, asked_by FROM jobs
    WHERE {_FREE} AND case_id = ANY(:cases) AND method = ANY(:methods)
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
), chosen AS (
    SELECT desk, id FROM jobs
    WHERE {_FREE} AND method = ANY(:methods)
    AND (case_id, asked_by) = (SELECT case_id, asked_by FROM first)
    ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET token = :token, worker = :worker, tries = tries + 1,
    taken_until = now() + make_interval(secs => :lease_s)
FROM chosen WHERE jobs.desk = chosen.desk AND jobs.id = chosen.id
RETURNING jobs.id, jobs.case_id, jobs.key, jobs.exhibit, jobs.method, jobs.again, jobs.asked_by,
    jobs.token
""")  # noqa: S608  (a constant of ours goes in)
_ASK = sa.text(f"""
INSERT INTO jobs (case_id, key, exhibit, method, again, asked_by)
VALUES (:case_id, :key, :exhibit, :method, :again, :asked_by)
ON CONFLICT (desk, case_id, key) DO UPDATE SET tries = 0, trouble = '', taken_until = NULL
    WHERE jobs.tries >= {MOST_TRIES} AND jobs.taken_until < now()
RETURNING id
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Wanted:
    """An examination to be asked for."""

    key: str
    exhibit: str
    method: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that a worker holds, by the token under which it took it."""

    id: int
    case_id: str
    key: str
    exhibit: str
    method: str
    again: bool
    asked_by: str
    token: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A job that has not ended: whose it is, and what went wrong if it is left alone."""

    case_id: str
    exhibit: str
    method: str
    asked_by: str
    worker: str
    tries: int
    is_stuck: bool
    trouble: str


class Queue:
    """The jobs of one desk."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def ask(self, case_id: str, wanted: Sequence[Wanted], *, by: str, again: bool) -> int:
        """Ask for examinations; give how many were not asked for already."""
        with self._server.transaction() as connection:
            return sum(
                connection.execute(
                    _ASK,
                    {
                        "case_id": case_id,
                        "key": each.key,
                        "exhibit": each.exhibit,
                        "method": each.method,
                        "again": again,
                        "asked_by": by,
                    },
                ).first()
                is not None
                for each in wanted
            )

    def take(
        self,
        *,
        cases: Collection[str],
        methods: Collection[str],
        worker: str,
        most: int,
        lease_s: float,
    ) -> list[Taken]:
        """Take jobs that nobody holds: of one case and asker, the oldest first, so many at most."""
        token = secrets.token_hex(16)
        values: dict[str, Any] = {
            "cases": list(cases), "methods": list(methods), "most": most,
            "token": token, "worker": worker, "lease_s": lease_s,
        }  # fmt: skip
        with self._server.transaction() as connection:
            rows = connection.execute(_TAKE, values).all()
        return sorted((Taken(*row) for row in rows), key=lambda job: job.id)

    def hold(self, token: str, lease_s: float) -> None:
        """Say that the worker who holds these jobs lives."""
        with self._server.transaction() as connection:
            connection.execute(
                sa.text(
                    "UPDATE jobs SET taken_until = now() + make_interval(secs => :lease_s) "
                    "WHERE token = :token"
                ),
                {"token": token, "lease_s": lease_s},
            )

    def give_back(self, token: str, *, trouble: str = "", wait_s: float = 0.0) -> None:
        """Let others take these jobs, after a while if there was trouble; else it was no try."""
        with self._server.transaction() as connection:
            connection.execute(
                sa.text(
                    "UPDATE jobs SET token = NULL, worker = '', trouble = :trouble, "
                    "taken_until = now() + make_interval(secs => :wait_s), "
                    "tries = tries - CASE WHEN :trouble = '' THEN 1 ELSE 0 END "
                    "WHERE token = :token"
                ),
                {"token": token, "trouble": trouble, "wait_s": wait_s},
            )

    def drop(self, job: Taken) -> None:
        """End a job without an outcome: the case knows it already, or asks for something else now."""
        with self._server.transaction() as connection:
            connection.execute(
                sa.text("DELETE FROM jobs WHERE id = :id AND token = :token"),
                {"id": job.id, "token": job.token},
            )

    def open(self, cases: Collection[str]) -> int:
        """How many jobs of these cases have not ended and are not left alone."""
        with self._server.transaction() as connection:
            found = connection.execute(
                sa.text(
                    "SELECT count(*) FROM jobs WHERE case_id = ANY(:cases) "  # noqa: S608
                    f"AND (tries < {MOST_TRIES} OR taken_until >= now())"
                ),
                {"cases": list(cases)},
            )
            return int(found.scalar() or 0)

    def listed(self) -> list[Listed]:
        """All jobs that have not ended, the oldest first."""
        with self._server.transaction() as connection:
            rows = connection.execute(
                sa.text(
                    "SELECT case_id, exhibit, method, asked_by, "  # noqa: S608
                    "CASE WHEN taken_until >= now() THEN worker ELSE '' END, tries, "
                    f"tries >= {MOST_TRIES} AND taken_until < now(), "
                    "CASE WHEN trouble = '' AND tries > 1 THEN 'a worker ended without a word' "
                    "ELSE trouble END FROM jobs ORDER BY id"
                )
            )
            return [Listed(*row) for row in rows]


def end(transaction: Transaction, job: Taken) -> None:
    """End a job, in the transaction that keeps its outcome.

    Raises
    ------
    JobTakenOver
        If another worker holds it now, or ended it; then nothing of the transaction takes effect.
    """
    ended = transaction.connection.execute(
        sa.text("DELETE FROM jobs WHERE id = :id AND token = :token"),
        {"id": job.id, "token": job.token},
    )
    if ended.rowcount != 1:
        raise JobTakenOver("the job was taken over by another worker", got=job.method)
