"""Names and texts that came from outside, made safe to show without losing what they were."""

from __future__ import annotations

import os
import unicodedata

_SHOWN_AS_CODE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset({"\u200c", "\u200d"})  # Persian, Urdu and Indic spelling needs them


def safe_text(text: str, limit: int = 500) -> str:
    """Make a text from a file safe to show: what is invisible or reorders text becomes visible.

    Control characters, bidirectional overrides and unpaired surrogates turn into their codes, so
    that a name such as ``gpj<U+202E>.exe`` can't show as something else; letters of every script
    stay as they are.

    Parameters
    ----------
    text : str
    limit : int
        Characters to keep; what is cut off is counted at the end.
    """
    kept, rest = text[:limit], len(text) - limit
    shown = "".join(_visible(character) for character in kept)
    return f"{shown}… ({rest} more)" if rest > 0 else shown


def safe_name(name: str | bytes) -> str:
    """The name of a file, of any bytes that a file system allows, as one line of text."""
    raw = name if isinstance(name, bytes) else os.fsencode(name)
    return safe_text(raw.decode("utf-8", "backslashreplace"))


def _visible(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _SHOWN_AS_CODE:
        return character
    code = ord(character)
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )
