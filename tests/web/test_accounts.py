"""Accounts, sessions, and the brake on guessing."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from desks import PASSWORDS, Browser

from earwitness.errors import BadAccount
from earwitness.web.accounts import MAX_SESSIONS, SESSION_S, Accounts, Brake, Right, Sessions
from earwitness.web.guard import Door

Visit = Callable[..., Browser]


def test_a_password_is_kept_as_a_hash_only(accounts: Accounts) -> None:
    """The file holds Argon2id hashes, and only its owner may read it."""
    text = accounts.path.read_text()
    assert all(password not in text for password in PASSWORDS.values())
    assert all(kept["password"].startswith("$argon2id$") for kept in json.loads(text).values())
    accounts.add("rita", "another five words, please", "reader")
    assert stat.S_IMODE(accounts.path.stat().st_mode) == 0o600


def test_the_right_password_opens_and_no_other(accounts: Accounts) -> None:
    """Only the account's own password is taken; an unknown name is not."""
    found = accounts.check("anna", PASSWORDS["anna"])
    assert found is not None
    assert found.right is Right.ANALYST
    assert accounts.check("anna", PASSWORDS["rita"]) is None
    assert accounts.check("nobody", PASSWORDS["anna"]) is None
    assert accounts.check("anna", "") is None


@pytest.mark.parametrize("name", ["", " a", "a\nb", "<script>", "a" * 65, "../x", "_x"])
def test_a_name_that_is_not_fit_is_refused(accounts: Accounts, name: str) -> None:
    """A name is short and has no signs that could mean anything elsewhere."""
    with pytest.raises(BadAccount):
        accounts.add(name, "a password that is fit", "reader")


@pytest.mark.parametrize("name", ["R. Amadi", "زينب", "Jean-Luc O'Neill", "desk3"])
def test_names_of_people_are_fit(tmp_path: Path, name: str) -> None:
    """Names in any script are taken."""
    kept = Accounts(tmp_path / "a.json")
    kept.add(name, "a password that is fit", "admin")
    assert [each.name for each in kept.listed()] == [name]


def test_a_short_password_is_refused(accounts: Accounts) -> None:
    """A password has twelve characters or more."""
    with pytest.raises(BadAccount):
        accounts.add("otto", "elevenchars", "reader")


def test_the_last_admin_stays(accounts: Accounts) -> None:
    """Nobody can lock everybody out of the accounts."""
    with pytest.raises(BadAccount):
        accounts.remove("adam")
    with pytest.raises(BadAccount):
        accounts.remove("nobody")


def test_a_damaged_file_is_named(accounts: Accounts) -> None:
    """A file of accounts that cannot be read lets nobody in, and says what to do."""
    accounts.path.write_text("{")
    with pytest.raises(BadAccount, match="restore it"):
        accounts.listed()


def test_rights_cover_those_before_them() -> None:
    """An admin may do what an analyst may, and an analyst what a reader may; never the other way."""
    assert Right.ADMIN.covers(Right.READER)
    assert Right.ANALYST.covers(Right.ANALYST)
    assert not Right.READER.covers(Right.ANALYST)


def test_a_session_ends_after_its_time() -> None:
    """A session ends by itself, by logging out, and when there are too many."""
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])
    first = sessions.begin("anna")
    assert sessions.name(first) == "anna"
    now[0] = SESSION_S + 1
    assert sessions.name(first) is None
    second = sessions.begin("anna")
    sessions.end(second)
    assert sessions.name(second) is None
    oldest = sessions.begin("anna")
    for _ in range(MAX_SESSIONS):
        sessions.begin("rita")
    assert sessions.name(oldest) is None


def test_guessing_is_slowed_down_and_forgiven_in_time() -> None:
    """After five failures one must wait, by name and by address, until the first of them is old."""
    now = [0.0]
    brake = Brake(failures=5, within_s=300, clock=lambda: now[0])
    for _ in range(5):
        assert brake.wait_s("name anna") == 0
        brake.note_failure("name anna", "address 1")
    assert brake.wait_s("name anna") == 300
    assert brake.wait_s("name rita", "address 1") == 300
    assert brake.wait_s("name rita", "address 2") == 0
    now[0] = 301
    assert brake.wait_s("name anna") == 0


def test_logging_in_and_out(visit: Visit) -> None:
    """A person logs in with a password, is named on the page, logs out, and is out."""
    someone = visit()
    entered = someone.post("/login", {"name": "anna", "password": PASSWORDS["anna"]})
    assert entered.status_code == 303
    assert "anna" in someone.get("/").text
    assert someone.post("/logout").status_code == 303
    someone.client.cookies.clear()
    assert someone.get("/").headers["location"] == "/login"


def test_a_cookie_of_a_session_that_ended_opens_nothing(visit: Visit, door: Door) -> None:
    """Who kept the cookie of a session that was logged out cannot use it."""
    anna = visit("anna")
    kept = anna.client.cookies["earwitness"]
    anna.post("/logout")
    assert door.sessions.name(kept) is None
    anna.client.cookies.set("earwitness", kept)
    assert anna.get("/").status_code == 303


def test_who_fails_too_often_must_wait(visit: Visit) -> None:
    """After five wrong passwords the right one is refused too, with the time to wait."""
    someone = visit()
    for _ in range(5):
        assert someone.post("/login", {"name": "anna", "password": "x"}).status_code == 401
    answer = someone.post("/login", {"name": "anna", "password": PASSWORDS["anna"]})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300


def test_an_account_that_is_taken_away_is_out_at_once(visit: Visit) -> None:
    """Whoever was logged in when the account was removed can do nothing more."""
    rita, adam = visit("rita"), visit("adam")
    assert rita.get("/").status_code == 200
    adam.post("/accounts/remove", {"name": "rita"})
    assert rita.get("/").status_code == 303


def test_acts_are_logged_under_the_account(visit: Visit) -> None:
    """The custody log names who logged in, not who runs the desk."""
    anna = visit("anna")
    anna.post("/cases/examined.case/settings", {"title": "By Anna"})
    assert "<bdi>anna</bdi>" in anna.get("/cases/examined.case/custody").text
