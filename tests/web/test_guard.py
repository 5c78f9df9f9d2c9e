"""What stands before every page: names, log-in, rights, forgery, sizes, headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from desks import Browser

from earwitness.web.accounts import Right
from earwitness.web.app import make_app
from earwitness.web.desk import Desk
from earwitness.web.guard import MAX_FORM_BYTES, Door, needed_right

Visit = Callable[..., Browser]


def routes() -> list[tuple[str, str]]:
    """Every page and act of the desk, as method and path with its parameters filled in."""
    described = make_app(Desk(Path(__file__).parent), Door()).openapi()["paths"]
    values = {"name": "examined.case", "sha256": "0" * 64, "asked": "what", "form": "html"}
    found = [("GET", "/openapi.json"), ("GET", "/nowhere")]
    for path, methods in described.items():
        filled = re.sub(r"{(\w+)}", lambda part: values.get(part[1], "0"), path)
        found += [(method.upper(), filled) for method in methods]
    assert len(found) > 40
    return found


@pytest.mark.parametrize(("method", "path"), routes())
def test_nothing_is_seen_without_logging_in(visit: Visit, method: str, path: str) -> None:
    """Each page and each act, also the list of pages itself, is refused to who has not logged in."""
    if path == "/login":
        return
    plain = visit()
    answer = plain.client.request(method, path)
    assert answer.status_code == 401
    asked_for_a_page = plain.client.request(method, path, headers={"accept": "text/html"})
    if method == "GET":
        assert (asked_for_a_page.status_code, asked_for_a_page.headers["location"]) == (
            303,
            "/login",
        )
    else:
        assert asked_for_a_page.status_code == 401


@pytest.mark.parametrize(("method", "path"), [each for each in routes() if each[0] == "POST"])
def test_a_reader_changes_nothing(visit: Visit, method: str, path: str) -> None:
    """Each act but logging out is refused to a reader, token or not."""
    rita = visit("rita")
    if path not in ("/login", "/logout"):
        assert rita.post(path).status_code == 403
        assert needed_right(method, path) is not Right.READER


def test_only_an_admin_minds_accounts(visit: Visit) -> None:
    """An analyst neither sees nor changes who has an account; an admin does both."""
    assert visit("anna").get("/accounts").status_code == 403
    assert visit("anna").post("/accounts/remove", {"name": "rita"}).status_code == 403
    adam = visit("adam")
    assert "rita" in adam.get("/accounts").text
    assert adam.post("/accounts/remove", {"name": "rita"}).status_code == 303
    assert "rita" not in adam.get("/accounts").text


@pytest.mark.parametrize(("_", "path"), [each for each in routes() if each[0] == "POST"])
def test_no_act_is_done_for_another_site(browser: Browser, _: str, path: str) -> None:
    """Without the token, with a wrong one, or from another origin, each act is refused."""
    token = browser.token
    for headers in (
        {},
        {"x-csrf-token": "0" * 64},
        {"x-csrf-token": token, "origin": "https://evil.example"},
        {"x-csrf-token": token, "origin": "null"},
        {"x-csrf-token": token, "sec-fetch-site": "cross-site"},
        {"x-csrf-token": token, "sec-fetch-site": "same-site"},
    ):
        answer = browser.client.post(path, data={"title": "x"}, headers=headers)
        assert answer.status_code == 403


def test_a_token_belongs_to_its_cookie(visit: Visit) -> None:
    """One person's token does not serve another."""
    anna, other = visit("anna"), visit("adam")
    answer = other.client.post("/cases", data={"title": "x"}, headers={"x-csrf-token": anna.token})
    assert answer.status_code == 403


def test_a_form_with_its_token_in_a_field_is_taken(browser: Browser) -> None:
    """A page without script sends its token as a field of the form."""
    answer = browser.client.post("/cases", data={"csrf": browser.token, "title": "Plain"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases/Plain.case")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example", "[", "a@localhost@b"],
)
def test_another_host_name_is_refused(browser: Browser, host: str) -> None:
    """A page elsewhere that points its own name at this machine gets nothing."""
    assert browser.client.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "localhost:8765", "127.0.0.1:1", "[::1]:8765"])
def test_its_own_names_are_answered(browser: Browser, host: str) -> None:
    """The desk goes by localhost and by addresses, at any port."""
    assert browser.client.get("/", headers={"host": host}).status_code == 200


def test_a_form_that_is_too_large_is_refused(browser: Browser) -> None:
    """A form of more than a megabyte is not read to its end."""
    answer = browser.client.post("/cases", data={"title": "x" * (MAX_FORM_BYTES + 1)})
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE"])
def test_only_reading_and_posting_are_possible(browser: Browser, method: str) -> None:
    """Other methods are refused before any page sees them."""
    assert browser.client.request(method, "/").status_code == 405


@pytest.mark.parametrize(
    "path", ["/", "/login", "/static/desk.css", "/nowhere", "/cases/none.case"]
)
def test_every_answer_forbids_what_pages_do_not_need(browser: Browser, path: str) -> None:
    """No script but the desk's own, no frame around it, no guessing of types, nothing sent elsewhere."""
    headers = browser.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_the_cookie_is_for_the_desk_alone(browser: Browser, visit: Visit) -> None:
    """Scripts cannot read it and other sites do not send it; over an encrypted line it stays there."""
    given = browser.client.get("/login").headers["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=Strict" in given
    assert "Secure" in Door(is_encrypted=True).cookie_header("x")
    assert "set-cookie" not in visit().get("/login").headers


def test_pages_are_not_kept_by_the_browser(browser: Browser) -> None:
    """What a page shows of a case does not stay in the browser's cache."""
    assert browser.get("/cases/examined.case").headers["cache-control"] == "no-store"
