"""The queue of a desk's store: examinations that were asked for, taken by workers, ended once.

1. A job is one examination of one exhibit with its parameters, under the key that its outcome will have.
   While it has not ended, asking again adds none.
2. A worker takes jobs with ``FOR UPDATE SKIP LOCKED``, so no two take the same, and holds them for a
   while by the server's clock. It says again and again that it lives.
3. A job whose worker fell silent is free for the next one, who gets a new token.
4. A job ends in the transaction that keeps its outcome, and only by the token that holds it. A worker
   that was taken for dead comes too late, and its outcome is not kept: exactly one is.
5. A job that was taken five times and never ended is left alone, and shown with what went wrong.
6. A job that is cancelled ends at once. Its worker learns of it when it next says that it lives, and stops.
7. Jobs that have ended are kept until something is asked for anew in their case, so that whoever looks sees
   what became of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from earwitness.errors import JobTakenOver
from earwitness.evidence.names import safe_text
from earwitness.outcome import Failed, Outcome
from earwitness.store.database import Transaction
from earwitness.store.server import Server
from earwitness.store.workers import HEARD_OF

MOST_TRIES = 5
CANCELLED = "cancelled"
_STUCK = f"ended_at IS NULL AND tries >= {MOST_TRIES} AND taken_until < now()"
_OPEN = f"ended_at IS NULL AND (tries < {MOST_TRIES} OR taken_until >= now())"
_FREE = (
    f"ended_at IS NULL AND tries < {MOST_TRIES} AND (taken_until IS NULL OR taken_until < now())"
)
_SILENT = (
    "ended_at IS NULL AND token IS NOT NULL AND (taken_until < now() OR NOT EXISTS "  # noqa: S608
    f"(SELECT 1 FROM workers WHERE name = jobs.worker AND {HEARD_OF}))"
)
_TAKE = sa.text(f"""
WITH first AS (
    SELECT case_id, asked_by FROM jobs
    WHERE {_FREE} AND case_id = ANY(:cases) AND method = ANY(:methods)
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
), chosen AS (
    SELECT desk, id, token IS NOT NULL AS was_held FROM jobs
    WHERE {_FREE} AND method = ANY(:methods)
    AND (case_id, asked_by) = (SELECT case_id, asked_by FROM first)
    ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET token = :token, worker = :worker, tries = tries + 1, fraction = 0, doing = '',
    taken_until = now() + make_interval(secs => :lease_s)
FROM chosen WHERE jobs.desk = chosen.desk AND jobs.id = chosen.id
RETURNING jobs.id, jobs.case_id, jobs.key, jobs.exhibit, jobs.method, jobs.again, jobs.asked_by,
    jobs.token, chosen.was_held
""")  # noqa: S608  (constants of ours go in)
_FORGET = sa.text(f"""
DELETE FROM jobs WHERE case_id = :case_id AND (
    (ended_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM jobs AS other WHERE other.case_id = :case_id AND {_OPEN}))
    OR (key = ANY(:keys) AND (ended_at IS NOT NULL OR {_STUCK}))
)
""")  # noqa: S608
_ASK = sa.text("""
INSERT INTO jobs (case_id, key, exhibit, method, again, asked_by, ended_in, ended_at)
VALUES (:case_id, :key, :exhibit, :method, :again, :asked_by, :ended_in,
    CASE WHEN :ended_in <> '' THEN now() END)
ON CONFLICT (desk, case_id, key) DO NOTHING
RETURNING id
""")
_LIST = f"""
SELECT case_id, exhibit, method, asked_by,
    CASE WHEN token IS NOT NULL AND taken_until >= now() THEN worker ELSE '' END,
    tries, {_STUCK},
    CASE WHEN trouble = '' AND tries > 1 AND ended_at IS NULL THEN 'a worker ended without a word'
        ELSE trouble END,
    key, ended_in, fraction, doing, CASE WHEN {_SILENT} THEN worker ELSE '' END
FROM jobs
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Wanted:
    """An examination to be asked for; ``ended_in`` says how it ended, if the case knows that already."""

    key: str
    exhibit: str
    method: str
    ended_in: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that a worker holds, by the token under which it took it; maybe from one that fell silent."""

    id: int
    case_id: str
    key: str
    exhibit: str
    method: str
    again: bool
    asked_by: str
    token: str
    was_held: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A job: who carries it out, how far it is, how it ended, and what went wrong.

    ``worker`` holds it now. ``silent`` took it and has not been heard of since.
    """

    case_id: str
    exhibit: str
    method: str
    asked_by: str
    worker: str
    tries: int
    is_stuck: bool
    trouble: str
    key: str
    ended_in: str
    fraction: float
    doing: str
    silent: str

    @property
    def is_open(self) -> bool:
        """Whether a worker has it, or may take it."""
        return not self.ended_in and not self.is_stuck


@dataclass(frozen=True, slots=True)
class Depth:
    """What a desk's queue holds; the oldest job that is open was asked for so long ago."""

    waiting: int
    taken: int
    left_alone: int
    oldest_s: float
    workers: int


class Queue:
    """The jobs of one desk."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def ask(self, case_id: str, wanted: Sequence[Wanted], *, by: str, again: bool) -> int:
        """Ask for examinations; give how many were neither known nor asked for already."""
        with self._server.transaction() as connection:
            keys = [each.key for each in wanted]
            connection.execute(_FORGET, {"case_id": case_id, "keys": keys})
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
                        "ended_in": each.ended_in,
                    },
                ).first()
                is not None
                and not each.ended_in
                for each in wanted
            )

    def cancel(self, case_id: str) -> int:
        """End all open jobs of a case without an outcome; give how many there were."""
        with self._server.transaction() as connection:
            done = connection.execute(
                sa.text(
                    "UPDATE jobs SET ended_in = :ended_in, ended_at = now(), token = NULL "  # noqa: S608
                    f"WHERE case_id = :case_id AND {_OPEN}"
                ),
                {"case_id": case_id, "ended_in": CANCELLED},
            )
            return int(done.rowcount)

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

    def hold(
        self, token: str, lease_s: float, progress: Mapping[int, tuple[float, str]] | None = None
    ) -> int:
        """Say that the worker who holds these jobs lives; give how many it still holds.

        Parameters
        ----------
        token : str
        lease_s : float
        progress : mapping of a job's id to (fraction, doing), optional
        """
        with self._server.transaction() as connection:
            held = connection.execute(
                sa.text(
                    "UPDATE jobs SET taken_until = now() + make_interval(secs => :lease_s) "
                    "WHERE token = :token"
                ),
                {"token": token, "lease_s": lease_s},
            )
            for number, (fraction, doing) in (progress or {}).items():
                connection.execute(
                    sa.text(
                        "UPDATE jobs SET fraction = :fraction, doing = :doing "
                        "WHERE id = :id AND token = :token"
                    ),
                    {"id": number, "token": token, "fraction": fraction, "doing": doing},
                )
            return int(held.rowcount)

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
                sa.text(f"SELECT count(*) FROM jobs WHERE case_id = ANY(:cases) AND {_OPEN}"),  # noqa: S608
                {"cases": list(cases)},
            )
            return int(found.scalar() or 0)

    def listed(self) -> list[Listed]:
        """All jobs that have not ended, the oldest first."""
        with self._server.transaction() as connection:
            rows = connection.execute(sa.text(f"{_LIST} WHERE ended_at IS NULL ORDER BY id"))
            return [Listed(*row) for row in rows]

    def of_case(self, case_id: str) -> list[Listed]:
        """The jobs of a case, those among them that have ended since it was last asked about anew."""
        with self._server.transaction() as connection:
            rows = connection.execute(
                sa.text(f"{_LIST} WHERE case_id = :case_id ORDER BY id"), {"case_id": case_id}
            )
            return [Listed(*row) for row in rows]

    def depth(self) -> Depth:
        """How much there is to do, and how many are there to do it."""
        with self._server.transaction() as connection:
            row = connection.execute(
                sa.text(
                    f"SELECT count(*) FILTER (WHERE {_FREE}), "  # noqa: S608
                    f"count(*) FILTER (WHERE {_OPEN} AND NOT ({_FREE})), "
                    f"count(*) FILTER (WHERE {_STUCK}), "
                    f"coalesce(extract(epoch FROM now() - min(asked_at) FILTER (WHERE {_OPEN})), 0), "
                    f"(SELECT count(*) FROM workers WHERE {HEARD_OF}) FROM jobs"
                )
            ).one()
        waiting, taken, left_alone, oldest_s, workers = row
        return Depth(waiting, taken, left_alone, float(oldest_s), workers)


def failure(outcome: Outcome) -> str:
    """Why an examination failed; empty if it did not."""
    if not isinstance(outcome, Failed):
        return ""
    return safe_text(f"{outcome.error}: {outcome.message}", 2_000)


def end(transaction: Transaction, job: Taken, outcome: Outcome) -> None:
    """End a job, in the transaction that keeps its outcome.

    Raises
    ------
    JobTakenOver
        If another worker holds it now, or it was ended or cancelled; then nothing of the transaction
        takes effect.
    """
    why = failure(outcome)
    ended = transaction.connection.execute(
        sa.text(
            "UPDATE jobs SET ended_in = :kind, ended_at = now(), token = NULL, fraction = 1, "
            "trouble = :why WHERE id = :id AND token = :token"
        ),
        {"id": job.id, "token": job.token, "kind": outcome.kind, "why": why},
    )
    if ended.rowcount != 1:
        raise JobTakenOver("the job was taken over by another worker, or cancelled", got=job.method)
