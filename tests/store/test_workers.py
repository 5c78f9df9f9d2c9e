"""Who works at a queue: heard of, counted by case, forgotten when silent, and of one desk alone."""

from __future__ import annotations

import secrets

import pytest
import sqlalchemy as sa

from earwitness.store.server import Server
from earwitness.store.workers import SILENT_AFTER_S, Workers

pytestmark = pytest.mark.usefixtures("server_store")
CASE, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def workers() -> Workers:
    """The workers of this test's desk."""
    return Workers(Server.here())


def age(name: str, seconds: float) -> None:
    """Let a worker have been heard of so long ago."""
    with Server.here().transaction() as connection:
        connection.execute(
            sa.text(
                "UPDATE workers SET seen_at = now() - make_interval(secs => :s) WHERE name = :n"
            ),
            {"s": seconds, "n": name},
        )


def test_workers_are_counted_by_the_cases_that_they_see(workers: Workers) -> None:
    """Those that see a case; without a case, all; saying it twice makes no second one."""
    workers.there("one", [CASE])
    workers.there("one", [CASE, OTHER])
    workers.there("two", [])
    assert (workers.count(), workers.count(CASE), workers.count(OTHER)) == (2, 1, 1)
    assert workers.count("c" * 32) == 0


def test_a_silent_worker_is_none_until_it_speaks(workers: Workers) -> None:
    """After the time that is allowed; one that has ended is none at once."""
    workers.there("one", [CASE])
    age("one", SILENT_AFTER_S - 5)
    assert workers.count(CASE) == 1
    age("one", SILENT_AFTER_S + 1)
    assert workers.count(CASE) == 0
    workers.there("one", [CASE])
    assert workers.count(CASE) == 1
    workers.gone("one")
    assert workers.count() == 0


def test_workers_of_long_ago_are_forgotten(workers: Workers) -> None:
    """Their rows do not gather."""
    workers.there("old", [CASE])
    age("old", 2 * 86_400)
    workers.there("new", [CASE])
    with Server.here().transaction() as connection:
        assert connection.execute(sa.text("SELECT name FROM workers")).scalars().all() == ["new"]


def test_another_desks_workers_are_not_seen(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither counted nor sent away, though it knows the name and the case."""
    workers.there("one", [CASE])
    monkeypatch.setenv("EARWITNESS_DESK", f"desk-{secrets.token_hex(6)}")
    theirs = Workers(Server.here())
    assert theirs.count() == theirs.count(CASE) == 0
    theirs.gone("one")
    theirs.there("one", [])
    assert workers.count(CASE) == 1
