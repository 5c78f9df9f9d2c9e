"""The words of the desk's pages, one TOML file for each language.

A language is added by adding its file: ``ar.toml`` for Arabic. What a file lacks is said in English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Messages:
    """The words of one language.

    Attributes
    ----------
    language : str
        Such as ``en``.
    direction : str
        ``ltr`` or ``rtl``.
    texts : mapping
        By key, such as ``glance.exhibits``.
    """

    language: str
    direction: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text under a key, with values filled in; the key itself must be there."""
        return self.texts[key].format_map(values) if values else self.texts[key]

    def beginning_with(self, prefix: str) -> dict[str, str]:
        """The texts whose keys begin so, by the rest of their keys: what a script needs."""
        cut = len(prefix)
        return {key[cut:]: text for key, text in self.texts.items() if key.startswith(prefix)}


@cache
def catalogues() -> dict[str, Messages]:
    """Every language that there is, by its name."""
    found = {}
    texts = {
        file.name.removesuffix(".toml"): _flat(tomllib.loads(file.read_text("utf-8")))
        for file in files(__name__).iterdir()
        if file.name.endswith(".toml")
    }
    for language, own in texts.items():
        whole = {**texts[FALLBACK], **own}
        found[language] = Messages(language, whole["page.direction"], whole)
    return found


def messages_for(accept_language: str) -> Messages:
    """The words in the first language that a browser asks for and that there is."""
    known = catalogues()
    for part in accept_language[:500].split(","):
        language = part.partition(";")[0].strip().lower()
        for name in (language, language.partition("-")[0]):
            if name in known:
                return known[name]
    return known[FALLBACK]


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = str(value)
    return flat
