"""What stands before every page: host names, sizes, log-in, rights, forgery, and headers.

It is one layer around the whole application, so that no page can be forgotten:

1. The request must name this desk as its host. Else a page elsewhere could reach the desk through a
   name that it controls (DNS rebinding).
2. A form may be a megabyte, an upload as large as the disk has room for.
3. Where there are accounts, nobody sees anything but the log-in page without one. Reading needs the
   right *reader*, every change *analyst*, and what is under ``/accounts`` *admin*.
4. Every change must come from a page of this desk: its origin, and a token that only its pages hold.
5. Every answer forbids the browser what the desk's pages do not need.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from earwitness.errors import BadAccount
from earwitness.web.accounts import Accounts, Brake, Right, Sessions

COOKIE = "earwitness"
MAX_FORM_BYTES = 1_000_000
SAFE_METHODS = frozenset({"GET", "HEAD"})
METHODS = SAFE_METHODS | {"POST"}
_OPEN_PATHS = ("/login", "/static/")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ADDRESS = "call it by its address, or start it with: earwitness serve ... --name THAT_NAME"
_ADMIN = "ask an admin of this desk, or log out and come under another name"
_RELOAD = "open the page anew and try again: nothing was changed"
_FILES = "say it in fewer words; a text that is long is added to the case as a file"
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # "no-referrer" would take the origin off our own forms
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request goes no further, and what the person can do."""

    status: int
    what: str
    do: str = ""
    got: str = ""


TurnAway = Callable[[Request, Refusal], Response]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: under which name acts are logged, with which right, and the token for forms."""

    who: str
    right: Right
    token: str


@dataclass(slots=True)
class Door:
    """Who is let in, and how.

    Attributes
    ----------
    names : frozenset of str
        Host names by which the desk may be called, besides addresses.
    accounts : Accounts or None
        None where the desk can be reached from this machine alone, and asks nobody.
    who : str
        Under which name acts are logged where there are no accounts.
    is_encrypted : bool
    """

    names: frozenset[str] = frozenset({"localhost"})
    accounts: Accounts | None = None
    who: str = ""
    is_encrypted: bool = False
    sessions: Sessions = field(default_factory=Sessions)
    brake: Brake = field(default_factory=Brake)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def visitor(self, cookie: str) -> Visitor | None:
        """Who holds this cookie; None if that person must log in first."""
        if self.accounts is None:
            return Visitor(self.who, Right.ADMIN, self.token(cookie))
        name = self.sessions.name(cookie) if cookie else None
        account = self.accounts.find(name) if name else None
        return Visitor(account.name, account.right, self.token(cookie)) if account else None

    def token(self, cookie: str) -> str:
        """What a form must hold, if the browser holds this cookie."""
        return hmac.new(self.secret, cookie.encode(), hashlib.sha256).hexdigest()

    def cookie_header(self, value: str) -> str:
        """The header that gives a browser its cookie; an empty one takes it away."""
        rest = "" if value else "; Max-Age=0"
        secure = "; Secure" if self.is_encrypted else ""
        return f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{rest}"


class Guard:
    """The layer around the application; ``turn_away`` puts a refusal into a page."""

    def __init__(self, app: ASGIApp, door: Door, turn_away: TurnAway) -> None:
        self._app = app
        self._door = door
        self._turn_away = turn_away

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets here
            return
        headers = Headers(scope=scope)
        cookie = _cookie(headers)
        given = "" if cookie or self._door.accounts else secrets.token_urlsafe(32)
        closing = _Closing(send, self._door.cookie_header(given) if given else "")
        nobody = Visitor("", Right.READER, "")
        state = {"door": self._door, "cookie": cookie or given, "visitor": nobody}
        scope["state"] = {**scope.get("state", {}), **state}
        answer: ASGIApp = self._app
        try:
            refusal = self._refusal(scope, headers, cookie or given)
        except BadAccount as error:  # the file of accounts is damaged: nobody comes in
            refusal = Refusal(503, error.what, error.do, error.got)
        if refusal is None and scope["method"] not in SAFE_METHODS:
            receive, refusal = await self._check_form(headers, cookie, receive)
        if isinstance(refusal, Refusal):
            answer = self._turn_away(Request(scope), refusal)
        elif refusal is not None:
            answer = refusal
        await answer(scope, receive, closing)

    def _refusal(
        self, scope: Scope, headers: Headers, cookie: str
    ) -> Refusal | RedirectResponse | None:
        if not self._is_our_name(headers.get("host", "")):
            return Refusal(421, "this desk does not go by that name", _ADDRESS)
        if scope["method"] not in METHODS:
            return Refusal(405, "only reading and posting are possible here")
        path = scope["path"]
        visitor = self._door.visitor(cookie)
        if visitor is None:
            scope["state"]["visitor"] = Visitor("", Right.READER, self._door.token(cookie))
            if path.startswith(_OPEN_PATHS):
                return None
            if "text/html" in headers.get("accept", "") and scope["method"] in SAFE_METHODS:
                return RedirectResponse("/login", status_code=303)
            return Refusal(401, "nobody is logged in", "log in, then do it again")
        scope["state"]["visitor"] = visitor
        if not visitor.right.covers(needed_right(scope["method"], path)):
            return Refusal(403, "your account does not have the right to do this", _ADMIN)
        return None

    def _is_our_name(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._door.names or _is_address(name)

    async def _check_form(
        self, headers: Headers, cookie: str, receive: Receive
    ) -> tuple[Receive, Refusal | None]:
        """Insist that a change was asked for by one of our pages."""
        if not _same_origin(headers):
            return receive, Refusal(403, "this request came from another site", _RELOAD)
        token = headers.get("x-csrf-token", "")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if not token and kind == "application/x-www-form-urlencoded":
            body = await _read(receive, MAX_FORM_BYTES)
            if body is None:
                limit = f"{MAX_FORM_BYTES:,} bytes is the most"
                return receive, Refusal(413, "the form is too large", _FILES, limit)
            receive = _again(body)
            token = _field(body, "csrf")
        expected = self._door.token(cookie)
        if not hmac.compare_digest(token.encode(), expected.encode()):
            return receive, Refusal(
                403, "the page was too old, or the desk was started anew", _RELOAD
            )
        return receive, None


def needed_right(method: str, path: str) -> Right:
    """Which right a request needs."""
    if path.startswith("/accounts"):
        return Right.ADMIN
    if method in SAFE_METHODS or path in ("/login", "/logout"):
        return Right.READER
    return Right.ANALYST


class _Closing:
    """Sends an answer with the headers that every answer has."""

    def __init__(self, send: Send, cookie_header: str) -> None:
        self._send = send
        self._cookie_header = cookie_header

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                if name not in headers:
                    headers[name] = value
            if self._cookie_header and "set-cookie" not in headers:
                headers["set-cookie"] = self._cookie_header
        await self._send(message)


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _same_origin(headers: Headers) -> bool:
    """Whether the browser says that the request came from our own page; older ones may say nothing."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


async def _read(receive: Receive, most: int) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return body


def _again(body: bytes) -> Receive:
    messages: list[Mapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return dict(messages.pop()) if messages else {"type": "http.disconnect"}

    return receive


def _field(body: bytes, name: str) -> str:
    try:
        values: Iterable[str] = parse_qs(body.decode("latin-1"), max_num_fields=1_000).get(name, ())
    except ValueError:
        return ""
    return next(iter(values), "")
