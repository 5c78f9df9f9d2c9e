"""Bytes to lines, with the line's number in every complaint; times as subtitles write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from earwitness.errors import BadTranscript

MAX_BYTES = 64_000_000
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,6}))?")


def decoded(data: bytes) -> str:
    """A text file's content, with every line ended by a newline character alone.

    UTF-8, and UTF-16 in either order as Praat on Windows writes it, are read.

    Raises
    ------
    BadTranscript
        If it is too large, or in another encoding; the line is named.
    """
    if len(data) > MAX_BYTES:
        raise BadTranscript(
            "the transcript is too large", got=f"{len(data):,} bytes", expected=f"{MAX_BYTES:,}"
        )
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadTranscript(
            f"line {line}: this is not text in {encoding.removesuffix('-sig').upper()}",
            do="save the file anew as UTF-8, in the program that made it",
        ) from error
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = data[:400]
    if head and head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    if head and head[0::2].count(0) > len(head) // 4:
        return "utf-16-be"
    return "utf-8-sig"


@contextmanager
def at_line(line: int) -> Iterator[None]:
    """Name the line in what goes wrong with a value of it."""
    try:
        yield
    except ValueError as error:
        raise BadTranscript(f"line {line}: {error}") from error


def clock_s(text: str) -> float:
    """Seconds of a time such as ``01:02:03,450``, ``02:03.4`` or ``2:03``.

    Raises
    ------
    ValueError
        If it is not such a time.
    """
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"this is no time: {text.strip()[:40]!r}")
    hours, minutes, seconds, fraction = found.groups()
    if (int(minutes) > 59 and hours is not None) or int(seconds) > 59:
        raise ValueError(
            f"a minute has sixty seconds, an hour sixty minutes: {text.strip()[:40]!r}"
        )
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return whole + (float(f"0.{fraction}") if fraction else 0.0)


def clock(seconds: float, *, point: str = ".") -> str:
    """A time as ``01:02:03.450``."""
    milliseconds = round(seconds * 1000)
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{point}{rest:03d}"
