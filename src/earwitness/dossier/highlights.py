"""A document's text cut where statements begin and end, so that their wordings can be shown in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from earwitness.dossier.statement import Statement


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text, and the ids of the statements whose wording it belongs to."""

    text: str
    ids: tuple[str, ...]


def pieces(text: str, statements: Sequence[Statement]) -> list[Piece]:
    """Cut a text into stretches, in order; joined again they are the text.

    Parameters
    ----------
    text : str
    statements : sequence of Statement
        Of this document. A span that ends after the text is cut there.
    """
    begins: dict[int, list[str]] = {}
    ends: dict[int, list[str]] = {}
    for one in statements:
        start, end = min(one.start, len(text)), min(one.end, len(text))
        if start < end:
            begins.setdefault(start, []).append(one.id)
            ends.setdefault(end, []).append(one.id)
    edges = sorted({0, len(text), *begins, *ends})
    open_ids: dict[str, None] = {}
    found = []
    for edge, following in pairwise(edges):
        for key in ends.get(edge, ()):
            open_ids.pop(key, None)
        for key in begins.get(edge, ()):
            open_ids[key] = None
        found.append(Piece(text[edge:following], tuple(open_ids)))
    return found
