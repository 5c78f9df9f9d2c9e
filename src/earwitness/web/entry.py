"""Coming in: the list of cases, logging in and out, and who has an account."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from earwitness.errors import BadAccount
from earwitness.web.accounts import MIN_PASSWORD, Accounts, Right
from earwitness.web.desk import Desk
from earwitness.web.guard import Door
from earwitness.web.pages import page, visitor_of

router = APIRouter(default_response_class=HTMLResponse)


def desk_of(request: Request) -> Desk:
    """The desk that is served."""
    desk: Desk = request.app.state.desk
    return desk


def door_of(request: Request) -> Door:
    """Who is let in, and how."""
    door: Door = request.state.door
    return door


def to_case(name: str, rest: str = "") -> Response:
    """Send the browser to a page of a case; any sign may be in its folder's name."""
    return RedirectResponse(f"/cases/{quote(name, safe='')}{rest}", status_code=303)


@router.get("/")
def cases(request: Request) -> Response:
    """All cases of the desk; a desk of one case shows that one."""
    desk = desk_of(request)
    if desk.is_one_case:
        return to_case(desk.place.name)
    return page(request, "cases.html", cases=desk.cases(), folder=str(desk.place))


@router.post("/cases")
def new_case(request: Request, title: Annotated[str, Form(max_length=500)]) -> Response:
    """Make a case."""
    name = desk_of(request).new(title, visitor_of(request).who)
    return to_case(name)


@router.get("/login")
def ask_login(request: Request) -> Response:
    """The page to log in."""
    return page(request, "login.html", failed=False, wait_s=0)


@router.post("/login")
def login(
    request: Request,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1_000)],
) -> Response:
    """Log in; who fails too often must wait."""
    door = door_of(request)
    if door.accounts is None:
        return RedirectResponse("/", status_code=303)
    address = request.client.host if request.client else ""
    keys = (f"name {name}", f"address {address}")
    wait_s = door.brake.wait_s(*keys)
    if wait_s > 0:
        answer = page(request, "login.html", status=429, failed=True, wait_s=wait_s)
        answer.headers["retry-after"] = f"{wait_s:.0f}"
        return answer
    account = door.accounts.check(name, password)
    if account is None:
        door.brake.note_failure(*keys)
        return page(request, "login.html", status=401, failed=True, wait_s=0)
    door.brake.forget(keys[0])
    back = RedirectResponse("/", status_code=303)
    back.headers["set-cookie"] = door.cookie_header(door.sessions.begin(account.name))
    return back


@router.post("/logout")
def logout(request: Request) -> Response:
    """Log out."""
    door = door_of(request)
    door.sessions.end(request.state.cookie)
    back = RedirectResponse("/login", status_code=303)
    back.headers["set-cookie"] = door.cookie_header("")
    return back


@router.get("/accounts")
def accounts(request: Request) -> Response:
    """Who has an account."""
    kept = door_of(request).accounts
    listed = kept.listed() if kept else []
    rights = [str(right) for right in Right]
    return page(request, "accounts.html", accounts=listed, rights=rights, least=MIN_PASSWORD)


@router.post("/accounts")
def add_account(
    request: Request,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1_000)],
    right: Annotated[Right, Form()],
) -> Response:
    """Add an account, or give one another password and right; its sessions end."""
    door = door_of(request)
    _require_accounts(door).add(name, password, right)
    door.sessions.end_all_of(name)
    return RedirectResponse("/accounts", status_code=303)


@router.post("/accounts/remove")
def remove_account(request: Request, name: Annotated[str, Form(max_length=200)]) -> Response:
    """Take an account away; its sessions end."""
    door = door_of(request)
    _require_accounts(door).remove(name)
    door.sessions.end_all_of(name)
    return RedirectResponse("/accounts", status_code=303)


def _require_accounts(door: Door) -> Accounts:
    if door.accounts is None:
        raise BadAccount("this desk asks nobody to log in", do="start it with --accounts")
    return door.accounts
