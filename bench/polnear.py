"""PolNeAR 1.0: news articles with every attribution marked, in brat's standoff format.

The corpus is for research and is not part of this project: give its folder, which holds ``train``
and ``dev``, each with ``text`` and ``attributions``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from earwitness.dossier.tokens import Span
from earwitness.dossier.words import is_adverb

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|\d+|\S")
_NOT_A_HEAD = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "am",
        "s",
        "re",
        "ve",
        "d",
        "ll",
        "has",
        "have",
        "had",
        "having",
        "do",
        "does",
        "did",
        "done",
        "doing",
        "will",
        "would",
        "can",
        "could",
        "may",
        "might",
        "must",
        "shall",
        "should",
        "not",
        "n't",
        "never",
        "also",
        "just",
        "only",
        "even",
        "already",
        "still",
        "again",
        "once",
        "later",
        "then",
        "now",
        "first",
        "repeatedly",
        "previously",
        "recently",
        "often",
        "always",
        "ever",
        "both",
        "really",
        "simply",
        "quickly",
        "reportedly",
        "publicly",
        "to",
        "get",
        "got",
        "getting",
        "going",
        "he",
        "she",
        "it",
        "they",
        "we",
        "you",
        "i",
        "his",
        "her",
        "its",
        "their",
        "who",
        "that",
        "which",
        "this",
        "there",
        "the",
        "a",
        "an",
        "of",
        "in",
        "on",
        "for",
        "as",
        "at",
        "by",
        "with",
        "from",
        "about",
        "don",
        "didn",
        "doesn",
        "won",
        "wouldn",
        "hasn",
        "isn",
        "wasn",
        "haven",
        "t",
        "aren",
        "couldn",
    ]
)


@dataclass(frozen=True, slots=True)
class Marked:
    """One attribution as a person marked it: where its cue's head, source and content are."""

    cue_head: int
    cue: tuple[Span, ...]
    source: tuple[Span, ...]
    content: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """One annotator's reading of one article."""

    name: str
    publisher: str
    text: str
    attributions: tuple[Marked, ...]


def read_split(folder: Path, split: str) -> list[Article]:
    """Read a split; of an article that two persons annotated, the first by file name is taken."""
    articles: dict[str, Article] = {}
    for path in sorted((folder / split / "attributions").glob("*.ann")):
        name = path.stem.rsplit("_", 1)[0]
        if name not in articles:
            articles[name] = _article(folder / split / "text" / f"{name}.txt", path)
    return list(articles.values())


def read_pairs(folder: Path, split: str) -> list[tuple[Article, Article]]:
    """Read the articles that two persons annotated, as both read them."""
    seen: dict[str, list[Article]] = {}
    for path in sorted((folder / split / "attributions").glob("*.ann")):
        name = path.stem.rsplit("_", 1)[0]
        seen.setdefault(name, []).append(_article(folder / split / "text" / f"{name}.txt", path))
    return [(found[0], found[1]) for found in seen.values() if len(found) > 1]


def _article(text_path: Path, path: Path) -> Article:
    with text_path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    spans: dict[str, tuple[Span, ...]] = {}
    events: list[str] = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        fields = line.split("\t")
        if line.startswith("T") and len(fields) >= 3:
            places = fields[1].split(" ", 1)[1]
            spans[fields[0]] = tuple(_span(place) for place in places.split(";"))
        elif line.startswith("E") and len(fields) >= 2:
            events.append(fields[1])
    marked = (_marked(text, event, spans) for event in events)
    name = text_path.stem
    return Article(name, name.split("_")[0], text, tuple(m for m in marked if m is not None))


def _span(place: str) -> Span:
    start, end = place.split()
    return int(start), int(end)


def _marked(text: str, event: str, spans: dict[str, tuple[Span, ...]]) -> Marked | None:
    parts: dict[str, tuple[Span, ...]] = {"Cue": (), "Source": (), "Content": ()}
    for field in event.split():
        role, _, key = field.partition(":")
        role = role.rstrip("0123456789")
        if role in parts:
            parts[role] += spans.get(key, ())
    head = cue_head(text, parts["Cue"])
    if head is None:
        return None
    return Marked(head, parts["Cue"], parts["Source"], parts["Content"])


def cue_head(text: str, spans: tuple[Span, ...]) -> int | None:
    """Where a marked cue's head begins: its first word that is no auxiliary, adverb or particle."""
    words = [
        (found.group().lower(), start + found.start())
        for start, end in spans
        for found in _WORD.finditer(text[start:end])
    ]
    letters = [word for word in words if word[0][0].isalpha()]
    for word, place in letters:
        if word not in _NOT_A_HEAD and not is_adverb(word):
            return place
    chosen = letters[-1:] or words[:1]
    return chosen[0][1] if chosen else None
