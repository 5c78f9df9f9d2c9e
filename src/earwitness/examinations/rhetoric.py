"""What a message stresses, against the same speaker's other messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from earwitness.errors import BadParameter
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._log_odds import LogOdds, counted, log_odds
from earwitness.outcome import (
    Asked,
    Figure,
    Finding,
    Line,
    Measure,
    NotExamined,
    Place,
    Points,
    numbers,
)
from earwitness.signal.recording import Recording
from earwitness.transcripts.exhibits import transcript_of, transcripts_of
from earwitness.transcripts.folding import folded_words
from earwitness.transcripts.model import Segment, Transcript

MAX_TERMS = 5_000
MAX_SHOWN = 20
MAX_EXAMPLES = 3
MAX_PLACES = 100


@dataclass(frozen=True, slots=True)
class _Texts:
    """The segments of this message and of the earlier ones, with their folded words."""

    mine: Sequence[Segment]
    earlier: Sequence[Segment]
    units: list[list[str]]
    messages: int

    @property
    def words(self) -> tuple[int, int]:
        """Words in this message, and in the earlier ones."""
        cut = len(self.mine)
        return sum(map(len, self.units[:cut])), sum(map(len, self.units[cut:]))


@examination(
    question="What does it stress, against the speaker's earlier messages?",
    answers=Asked.SAID,
    sources=(
        "Monroe, Colaresi and Quinn 2008, Political Analysis 16(4) (log-odds, Dirichlet prior)",
        "Westfall and Young 1993, Resampling-Based Multiple Testing (simultaneous bound)",
    ),
    needs=Needs(roles=(Role.TRANSCRIPT,), may_use=(Role.ARCHIVE, Role.KNOWN), claims=True),
    applies_to=(Role.QUESTIONED,),
)
def rhetoric_v1(
    recording: Recording,
    case: CaseView,
    *,
    themes: str = "",
    min_words: int = 150,
    min_count: int = 5,
    seed: int = 1,
) -> Finding | NotExamined:
    """Compare how often each word, and each theme of the user's own, is said here and earlier.

    1. This message's transcript is compared with those of the case's archive and known recordings
       of the speaker that is claimed, in the same language and kind; there must be at least two,
       and 150 words (``min_words``) on either side.
    2. For each word that occurs at least five times (``min_count``), and each theme, the log-odds
       ratio between this message and the earlier ones is estimated with a Dirichlet prior that is
       the texts' own distribution, worth 5 % of their words.
    3. Its interval is simultaneous: by chance, not one of all the terms leaves its interval in
       95 % of cases. The bound comes from dealing whole segments out to the two sides 999 times, by
       a random generator that begins at ``seed``.
    4. A term is called stressed, or left aside, when its interval excludes zero.

    Themes are given as ``name: word, word, opening*; name: ...`` in the parameter ``themes``.
    """
    texts = _texts(recording.exhibit, case)  # 1
    if isinstance(texts, NotExamined):
        return texts
    mine, earlier = texts.words
    if min(mine, earlier) < min_words:
        return NotExamined(
            reason="there are too few words to compare",
            got=f"{mine} here, {earlier} in the earlier messages",
            needed=f"{min_words} on either side",
        )
    names, columns, lists = _terms(texts.units, themes, min_count)
    if not names:
        return NotExamined(
            reason="no word occurs often enough to compare", got="0", needed=f"{min_count} times"
        )
    is_first = np.arange(len(texts.units)) < len(texts.mine)
    lengths = np.array([len(unit) for unit in texts.units])
    case.progress(0.3, "comparing terms")
    odds = log_odds(counted(texts.units, columns), lengths, is_first, seed=seed)  # 2, 3
    order = [int(at) for at in np.argsort(-np.abs(odds.z), kind="stable")]
    apart = [at for at in order if odds.low[at] > 0 or odds.high[at] < 0]  # 4
    return _finding(texts, names, columns, odds, apart, order, lists)


def _texts(exhibit: Exhibit, case: CaseView) -> _Texts | NotExamined:
    """This message's segments and the earlier ones' (1)."""
    listed = case.exhibits(Role.TRANSCRIPT)
    claimed = case.claims.get("speaker", "")
    recordings = {
        each.sha256
        for role in (Role.ARCHIVE, Role.KNOWN)
        for each in case.exhibits(role)
        if not claimed or each.speaker == claimed
    } - {exhibit.sha256}
    earlier = [(each, transcript_of(each)) for each in listed if each.declared.of in recordings]
    best = 0
    mine = [said for _, said in transcripts_of(listed, exhibit.sha256)]
    for said in mine:
        alike = {
            each.declared.of: other
            for each, other in earlier
            if (other.language, other.kind) == (said.language, said.kind)
        }
        best = max(best, len(alike))
        if len(alike) >= 2:
            return _laid_out(said, list(alike.values()))
    if not mine:
        return NotExamined(
            reason="the case holds no transcript of this recording",
            got=f"{len(listed)} of other recordings or of none",
            needed="one; add it with: earwitness transcript add CASE FILE --of RECORDING",
        )
    return NotExamined(
        reason="there are too few earlier messages of the speaker with a transcript in this language",
        got=str(best),
        needed="2, of recordings in the role archive or known",
    )


def _laid_out(mine: Transcript, earlier: Sequence[Transcript]) -> _Texts:
    others = [segment for each in earlier for segment in each.segments]
    units = [folded_words(segment.text) for segment in (*mine.segments, *others)]
    return _Texts(mine.segments, others, units, len(earlier))


def _terms(
    units: Sequence[Sequence[str]], themes: str, min_count: int
) -> tuple[list[str], list[list[str]], int]:
    """Names and words of all terms, themes last, and how many of them are themes."""
    counts = Counter(word for unit in units for word in unit)
    frequent = [word for word, count in counts.most_common(MAX_TERMS) if count >= min_count]
    names, columns = sorted(frequent), [[word] for word in sorted(frequent)]
    lists = _themes(themes, counts)
    for name, members in lists.items():
        if sum(counts[word] for word in members) >= min_count:
            names.append(f"theme {name}")
            columns.append(members)
    return names, columns, sum(name.startswith("theme ") for name in names)


def _themes(text: str, counts: Counter[str]) -> dict[str, list[str]]:
    """The words of each theme that occur."""
    found: dict[str, list[str]] = {}
    for part in filter(str.strip, text.split(";")):
        name, colon, words = part.partition(":")
        if not colon or not name.strip() or not words.strip():
            raise BadParameter(
                "the themes of rhetoric_v1 cannot be read",
                got=part.strip()[:60],
                expected="name: word, word, opening*; name: ...",
            )
        members: set[str] = set()
        for word in words.split(","):
            for folded in folded_words(word):
                is_open = word.strip().endswith("*")
                members |= {w for w in counts if w == folded or (is_open and w.startswith(folded))}
        found[name.strip()] = sorted(members)
    return found


def _finding(
    texts: _Texts,
    names: Sequence[str],
    columns: Sequence[Sequence[str]],
    odds: LogOdds,
    apart: Sequence[int],
    order: Sequence[int],
    themes: int,
) -> Finding:
    mine, earlier = texts.words
    places = [
        Place(each.start_s, each.end_s, f"says “{names[at]}”, which it stresses")
        for at in apart
        if odds.delta[at] > 0
        for each in _containing(texts.mine, columns[at], MAX_EXAMPLES)
    ]
    return Finding(
        summary=_summary(names, odds, apart, texts.messages),
        measures=(
            Measure("words here", mine),
            Measure("words in earlier messages", earlier),
            Measure("earlier messages", texts.messages),
            Measure("words compared", len(names) - themes),
            Measure("themes compared", themes),
            Measure("stressed", sum(odds.delta[at] > 0 for at in apart).item() if apart else 0),
            Measure("left aside", sum(odds.delta[at] < 0 for at in apart).item() if apart else 0),
            Measure("bound of chance", odds.bound, "standard deviations", digits=2),
        ),
        places=tuple(places[:MAX_PLACES]),
        limits=(
            "Messages on different occasions speak of different things: a difference shows what is "
            "spoken of, not who speaks, nor that the tone was meant to change.",
            "That no term stands out of a short message does not show that its emphasis is the same.",
            "Which messages are the speaker's, and earlier, is what the case declares.",
            "Words are compared as they are written: inflected forms count apart unless a theme "
            "joins them.",
        ),
        details={
            "terms": [_as_json(texts, names, columns, odds, at) for at in order[:MAX_SHOWN]],
            "apart": [names[at] for at in apart],
        },
        figures=(_figure(names, odds, apart),),
    )


def _summary(names: Sequence[str], odds: LogOdds, apart: Sequence[int], messages: int) -> str:
    start = f"Against {messages} earlier messages, of {len(names)} terms compared"
    if not apart:
        return f"{start}, none is said more or less often than chance allows."
    more = [f"“{names[at]}”" for at in apart if odds.delta[at] > 0]
    less = [f"“{names[at]}”" for at in apart if odds.delta[at] < 0]
    parts = [f"it stresses {', '.join(more[:5])}"] if more else []
    parts += [f"it says less of {', '.join(less[:5])}"] if less else []
    return f"{start}: {' and '.join(parts)}."


def _as_json(
    texts: _Texts, names: Sequence[str], columns: Sequence[Sequence[str]], odds: LogOdds, at: int
) -> dict[str, Any]:
    return {
        "term": names[at],
        "words": list(columns[at])[:50],
        "here": int(odds.first[at]),
        "earlier": int(odds.second[at]),
        "log_odds_ratio": odds.delta[at],
        "low": odds.low[at],
        "high": odds.high[at],
        "z": odds.z[at],
        "here_in": _examples(texts.mine, columns[at]),
        "earlier_in": _examples(texts.earlier, columns[at]),
    }


def _containing(segments: Sequence[Segment], words: Sequence[str], most: int) -> list[Segment]:
    wanted, found = set(words), []
    for segment in segments:
        if not wanted.isdisjoint(folded_words(segment.text)):
            found.append(segment)
            if len(found) == most:
                break
    return found


def _examples(segments: Sequence[Segment], words: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"start_s": each.start_s, "end_s": each.end_s, "text": each.text[:300]}
        for each in _containing(segments, words, MAX_EXAMPLES)
    ]


def _figure(names: Sequence[str], odds: LogOdds, apart: Sequence[int]) -> Figure:
    """Each term by how often it is said and how far it stands apart, as in the source."""
    total = odds.first + odds.second
    ends = (float(total.min()) * 0.9, float(total.max()) * 1.1)
    standing = [Points((float(total[at]),), numbers([odds.z[at]]), names[at]) for at in apart[:4]]
    bound = round(odds.bound, 3)
    said = "; ".join(f"{names[at]} at {odds.z[at]:.1f}" for at in apart[:10]) or "none"
    return Figure(
        title="Terms by frequency and by how far they stand apart",
        alternative=f"{len(names)} terms; beyond the bound of chance, {bound:.1f} deviations: {said}.",
        x_label="occurrences in all messages",
        y_label="deviations (above: more here)",
        layers=(
            Points(numbers(total), numbers(odds.z), "terms"),
            Line(ends, (bound, bound), "bound of chance"),
            Line(ends, (-bound, -bound)),
            *standing,
        ),
        x_range=ends,
        log_x=True,
    )
