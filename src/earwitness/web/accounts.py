"""Who may work at a desk that others can reach: accounts, sessions, and a brake on guessing."""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import argon2
import filelock

from earwitness.atomic import write_whole
from earwitness.errors import BadAccount
from earwitness.evidence.names import safe_text

MIN_PASSWORD = 12  # characters; NIST SP 800-63B-4 asks for no other rule
MAX_PASSWORD = 1_000
SESSION_S = 12 * 3600.0
MAX_SESSIONS = 1_000
_NAME = re.compile(r"[^\W_][\w .'@-]{0,63}")
_HASHER = argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)
_AT_ONCE = threading.BoundedSemaphore(2)  # each hashing takes 64 MiB


class Right(StrEnum):
    """What an account may do; each may also do what those before it may."""

    READER = "reader"
    ANALYST = "analyst"
    ADMIN = "admin"

    def covers(self, needed: Right) -> bool:
        """Whether who has this right may do what needs that one."""
        order = list(Right)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account."""

    name: str
    right: Right


def accounts_path() -> Path:
    """Where accounts are kept unless another file is named: outside every case."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "earwitness" / "accounts.json"


class Accounts:
    """The file of accounts; passwords are in it as Argon2id hashes only."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def listed(self) -> list[Account]:
        """All accounts, by name."""
        return [Account(name, Right(kept["right"])) for name, kept in sorted(self._read().items())]

    def add(self, name: str, password: str, right: Right | str) -> Account:
        """Add an account, or give one another password and right.

        Raises
        ------
        BadAccount
            If the name or the password is not fit.
        """
        if not _NAME.fullmatch(name):
            raise BadAccount(
                "the name is not fit for an account",
                got=safe_text(name, 80),
                expected="at most 64 letters, digits, spaces and . ' @ -, a letter or digit first",
            )
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise BadAccount(
                "the password is too short or too long",
                got=f"{len(password)} characters",
                expected=f"{MIN_PASSWORD} to {MAX_PASSWORD:,}",
                do="four or five words that have nothing to do with each other make a good one",
            )
        account = Account(name, Right(right))
        with _AT_ONCE:
            hashed = _HASHER.hash(password)

        def put(kept: dict[str, Any]) -> None:
            kept[name] = {"right": str(account.right), "password": hashed}

        self._change(put)
        return account

    def remove(self, name: str) -> None:
        """Take an account away.

        Raises
        ------
        BadAccount
            If there is none of that name, or it is the last of an admin.
        """

        def take(kept: dict[str, Any]) -> None:
            if name not in kept:
                raise BadAccount("nobody goes by that name", got=safe_text(name, 80))
            del kept[name]
            if kept and not any(each["right"] == Right.ADMIN for each in kept.values()):
                raise BadAccount("this is the last admin", do="make another account an admin first")

        self._change(take)

    def find(self, name: str) -> Account | None:
        """The account of that name."""
        kept = self._read().get(name)
        return Account(name, Right(kept["right"])) if kept else None

    def check(self, name: str, password: str) -> Account | None:
        """The account, if the password is right; an unknown name takes as long as a wrong password."""
        kept = self._read().get(name)
        hashed = kept["password"] if kept else _of_nobody()
        with _AT_ONCE:
            try:
                _HASHER.verify(hashed, password[:MAX_PASSWORD])
            except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
                return None
        return Account(name, Right(kept["right"])) if kept else None

    def _read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise BadAccount(
                "the file of accounts cannot be read",
                got=f"{self.path.name}: {error}",
                do="restore it from a copy, or remove it and add the accounts again",
            ) from error
        return found

    def _change(self, change: Callable[[dict[str, Any]], None]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with filelock.FileLock(f"{self.path}.lock"):
            kept = self._read()
            change(kept)
            text = json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False)
            write_whole(self.path, text.encode(), mode=0o600)


_nobody: list[str] = []


def _of_nobody() -> str:
    """A hash that no password fits, made once."""
    if not _nobody:
        _nobody.append(_HASHER.hash(secrets.token_hex(32)))
    return _nobody[0]


@dataclass(slots=True)
class Session:
    """Somebody who has logged in."""

    name: str
    until: float


class Sessions:
    """Who is logged in; kept in memory, so that a restart logs everybody out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name: str) -> str:
        """Begin a session; give its secret id. The oldest ends when there are too many."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._kept[secret] = Session(name, self._clock() + SESSION_S)
            while len(self._kept) > MAX_SESSIONS:
                self._kept.popitem(last=False)
        return secret

    def name(self, secret: str) -> str | None:
        """Whose session it is; None if it ended or never was."""
        with self._lock:
            session = self._kept.get(secret)
            if session is None or session.until < self._clock():
                self._kept.pop(secret, None)
                return None
            return session.name

    def end(self, secret: str) -> None:
        """End a session."""
        with self._lock:
            self._kept.pop(secret, None)

    def end_all_of(self, name: str) -> None:
        """End every session of one person."""
        with self._lock:
            for secret in [key for key, each in self._kept.items() if each.name == name]:
                del self._kept[secret]


class Brake:
    """Slows down who guesses passwords: so many failures in so many seconds, by name and by address."""

    def __init__(
        self,
        *,
        failures: int = 5,
        within_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures, self._within_s, self._clock = failures, within_s, clock
        self._kept: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, *keys: str) -> float:
        """How long to wait before the next try; 0 when it may be made now."""
        now = self._clock()
        with self._lock:
            waits = [0.0]
            for key in keys:
                recent = [at for at in self._kept.get(key, ()) if at > now - self._within_s]
                if len(recent) >= self._failures:
                    waits.append(recent[-self._failures] + self._within_s - now)
            return max(waits)

    def note_failure(self, *keys: str) -> None:
        """Note that a try failed."""
        now = self._clock()
        with self._lock:
            for key in keys:
                recent = [at for at in self._kept.pop(key, []) if at > now - self._within_s]
                self._kept[key] = [*recent, now][-self._failures :]
            while len(self._kept) > 10_000:
                self._kept.popitem(last=False)

    def forget(self, *keys: str) -> None:
        """Forget the failures, after a log-in that succeeded."""
        with self._lock:
            for key in keys:
                with suppress(KeyError):
                    del self._kept[key]
