"""Lines about what a process does, for those who run it: JSON, one object a line, on the error output.

1. They are asked for by a setting. Without it nothing is written but what always was.
2. A line names cases by their ids, examinations by their methods, pages by their patterns. It holds nothing
   of a recording, a document, a title or a person.
3. An address with a password in it, from wherever it came, loses the password.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from earwitness.errors import EarwitnessError

SETTING = "EARWITNESS_LOG"
_FIELDS = "earwitness_fields"
_PASSWORD = re.compile(r"(://[^\s:/@]*):[^\s@]*@")
_AROUND: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("around", default={})  # noqa: B039
_LOG = logging.getLogger("earwitness")


def are_asked_for() -> bool:
    """Whether the environment asks for lines of JSON.

    Raises
    ------
    EarwitnessError
        If it asks for something else.
    """
    asked = os.environ.get(SETTING, "")
    if asked not in ("", "json"):
        raise EarwitnessError(
            f"{SETTING} asks for no kind of log that there is", got=asked, expected="json"
        )
    return asked == "json"


def begin(out: TextIO | None = None, **always: str) -> bool:
    """Write lines from now on, if that is asked for; tell whether it is.

    Parameters
    ----------
    out : text stream, optional
        Where to; the error output by default.
    always : str
        What every line says.
    """
    if not are_asked_for():
        return False
    handler = logging.StreamHandler(out or sys.stderr)
    handler.setFormatter(JsonLines(always))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    _LOG.setLevel(logging.INFO)
    return True


def note(what: str, **fields: str | float | bool) -> None:
    """Write a line; what is empty is left out of it."""
    _LOG.info(what, extra={_FIELDS: {key: value for key, value in fields.items() if value != ""}})


@contextlib.contextmanager
def around(**fields: str) -> Iterator[None]:
    """Let each line that is written inside say this too."""
    token = _AROUND.set({**_AROUND.get(), **fields})
    try:
        yield
    finally:
        _AROUND.reset(token)


class JsonLines(logging.Formatter):
    """Each record, those of other packages too, as one line of JSON."""

    def __init__(self, always: dict[str, str]) -> None:
        super().__init__()
        self._always = always

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        said: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "what": record.getMessage(),
            **self._always,
            **_AROUND.get(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return without_passwords(json.dumps(said, ensure_ascii=True, default=str))


def without_passwords(text: str) -> str:
    """Take the passwords out of addresses."""
    return _PASSWORD.sub(r"\1:…@", text)
