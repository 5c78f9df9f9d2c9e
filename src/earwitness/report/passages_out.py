"""Takes a passage of a recording out of what was examined of it: times, words, figures.

What cannot be told to lie outside the passage is taken out: a table of numbers without a unit of
time, a plot over another clock. Taking out too much is the safer error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from earwitness.report.blanking import blank_figure
from earwitness.report.names_out import MARK
from earwitness.transcripts.folding import folded_words, words_with_places

_RUN = 3  # so many words in a row of the passage are not a coincidence
_NUMBER = r"\d+(?:\.\d+)?"
_SECONDS = re.compile(
    rf"{_NUMBER}(?:\s*(?:s|seconds)?\s*(?:to|and|or|,|;|-|–|→)\s*{_NUMBER})*\s*(?:s|seconds)\b"
)
_CLOCK = re.compile(r"(?<![\d:])(?:(\d+):)?(\d+):(\d\d(?:\.\d+)?)(?![\d:])")
_TIME_KEY = re.compile(r"(?:^|_)(?:start|begin|end|at)(?:_s)?$")
_MOST_NUMBERS = 8
_TELLING = 4  # letters: a shorter word on its own tells nothing


@dataclass(slots=True)
class Passage:
    """A stretch of one recording, the words said in it, and those said elsewhere."""

    start_s: float
    end_s: float
    said: Sequence[str] = ()
    elsewhere: frozenset[str] = frozenset()
    count: int = 0
    _runs: set[tuple[str, ...]] = field(default_factory=set)
    _only_here: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for text in self.said:
            words = folded_words(text)
            size = min(_RUN, len(words))
            self._runs |= {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}
            self._only_here |= {
                word for word in words if len(word) >= _TELLING and word not in self.elsewhere
            }
        self._runs = {run for run in self._runs if len(run) > 1}

    def holds(self, seconds: float) -> bool:
        """Whether a time lies in the passage."""
        return self.start_s <= seconds <= self.end_s

    def words_out_of(self, text: str) -> str:
        """A text without what is quoted from the passage."""
        words = list(words_with_places(text))
        return self._cut(text, [words[at][1:] for at in sorted(self._quoted(words))])

    def words_out_of_all(self, value: Any) -> Any:
        """JSON without what is quoted from the passage in any text of it, keys included."""
        if isinstance(value, str):
            return self.words_out_of(value)
        if isinstance(value, list):
            return [self.words_out_of_all(item) for item in value]
        if isinstance(value, Mapping):
            return {
                self.words_out_of(key): item if key == "png_base64" else self.words_out_of_all(item)
                for key, item in value.items()
            }
        return value

    def out_of_text(self, text: str) -> str:
        """A text on this recording without the passage's times and words."""
        text = _SECONDS.sub(lambda found: re.sub(_NUMBER, self._number, found[0]), text)
        text = _CLOCK.sub(self._clock, text)
        words = list(words_with_places(text))
        alone = {at for at, (word, *_) in enumerate(words) if word in self._only_here}
        return self._cut(text, [words[at][1:] for at in sorted(self._quoted(words) | alone)])

    def out_of_outcome(self, outcome: Mapping[str, Any]) -> dict[str, Any]:
        """An outcome on this recording, as JSON, without the passage."""
        cleaned = self._texts_out(
            {key: value for key, value in outcome.items() if key not in ("details", "figures")}
        )
        if "places" in outcome:
            cleaned["measures"] = [self._measure(item) for item in cleaned["measures"]]
            cleaned["places"] = [p for p in cleaned["places"] if not self._touches(p)]
            self.count += len(outcome["places"]) - len(cleaned["places"])
            cleaned["details"] = self._data(outcome["details"])
            figures = (blank_figure(f, self.start_s, self.end_s) for f in outcome["figures"])
            cleaned["figures"] = self._texts_out([figure for figure in figures if figure])
        return {key: cleaned[key] for key in outcome}

    def _quoted(self, words: Sequence[tuple[str, int, int]]) -> set[int]:
        """Which words of a text are part of a run of the passage's words."""
        quoted: set[int] = set()
        for size in {len(run) for run in self._runs}:
            for at in range(len(words) - size + 1):
                if tuple(word for word, *_ in words[at : at + size]) in self._runs:
                    quoted |= set(range(at, at + size))
        return quoted

    def _cut(self, text: str, spans: Iterable[tuple[int, int]]) -> str:
        kept: list[str] = []
        at = 0
        for start, end in spans:
            joins = bool(kept) and re.search(r"\w", text[at:start]) is None
            if not joins:
                kept += [text[at:start], MARK]
                self.count += 1
            at = end
        return "".join([*kept, text[at:]])

    def _number(self, found: re.Match[str]) -> str:
        return self._marked(found[0], float(found[0]))

    def _clock(self, found: re.Match[str]) -> str:
        hours, minutes, seconds = found.groups()
        at = int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
        return self._marked(found[0], at)

    def _marked(self, text: str, seconds: float) -> str:
        """The text of a time; a mark if the time lies in the passage."""
        if not self.holds(seconds):
            return text
        self.count += 1
        return MARK

    def _touches(self, item: Mapping[str, Any]) -> bool:
        """Whether a mapping says of itself that it begins or ends in the passage."""
        return any(
            self.holds(value)
            for key, value in item.items()
            if _is_number(value) and _TIME_KEY.search(key)
        )

    def _measure(self, item: dict[str, Any]) -> dict[str, Any]:
        numbers = [item[key] for key in ("value", "low", "high") if _is_number(item[key])]
        if item["unit"] == "s" and any(self.holds(number) for number in numbers):
            self.count += 1
            return {**item, "value": None, "low": None, "high": None, "note": "redacted"}
        return item

    def _texts_out(self, value: Any, key: str = "") -> Any:
        if isinstance(value, str):
            return value if key in ("png_base64", "kind") else self.out_of_text(value)
        if isinstance(value, list):
            return [self._texts_out(item) for item in value]
        if isinstance(value, Mapping):
            return {name: self._texts_out(item, name) for name, item in value.items()}
        return value

    def _data(self, value: Any, key: str = "") -> Any:
        """A method's own data without the passage."""
        if isinstance(value, str):
            return self.out_of_text(value)
        if _is_number(value) and key.endswith("_s") and self.holds(value):
            self.count += 1
            return MARK
        if isinstance(value, Mapping):
            if self._touches(value):
                self.count += 1
                return {"redacted": True}
            return {self.out_of_text(name): self._data(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return self._list(value, key)
        return value

    def _list(self, values: list[Any], key: str) -> Any:
        numbers = [value for value in values if _is_number(value)]
        if len(numbers) > _MOST_NUMBERS or any(self.holds(number) for number in numbers):
            self.count += 1
            return [MARK]
        return [self._data(value, key) for value in values]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
