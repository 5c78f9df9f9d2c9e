"""Between what findings weigh, how strong they are in words, and what they do not show.

The verbal scale is that of the European Network of Forensic Science Institutes, in our own wording;
words never stand without the number that they stand for.

Source
------
ENFSI guideline for evaluative reporting in forensic science, 2015, section 2.4 and table of verbal
equivalents; ISO 21043-4:2025 (interpretation) and 21043-5:2025 (reporting).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earwitness.outcome import Asked
from earwitness.report.data import (
    AnswerPart,
    InterpretationPart,
    LimitPart,
    PropositionsPart,
    QuestionPart,
    ReportData,
)

SCALE: Sequence[tuple[float, str]] = (
    (10.0, "weak support"),
    (100.0, "moderate support"),
    (1_000.0, "moderately strong support"),
    (10_000.0, "strong support"),
    (1_000_000.0, "very strong support"),
    (float("inf"), "extremely strong support"),
)
_EVEN = 2.0  # up to twice as probable under the one as under the other is support for neither
_PROPOSITIONS: Mapping[Asked, Sequence[str]] = {
    Asked.HEARD: (
        "The recording, or a passage of it, is the same sound as an earlier recording.",
        "It is other sound, however alike its words or its speaker are.",
    ),
    Asked.WHOLE: (
        "The recording is as it was made: one stretch of sound, recorded as it happened.",
        "It was cut, joined, recompressed, or made by a machine, after or instead of that.",
    ),
    Asked.WHO: (
        "The speaker is the person who is claimed to speak.",
        "The speaker is another person of the relevant population.",
        "The voice is an imitation of that person made by a machine.",
    ),
    Asked.WHEN: (
        "The recording was made when it is claimed to have been made.",
        "It was made at another time.",
    ),
}


def interpreted(data: ReportData) -> ReportData:
    """A report with its propositions, the strength of its findings, and their limits."""
    return data.model_copy(
        update={
            "propositions": propositions(data.questions),
            "interpretation": interpretation(data.questions),
            "limits": limits(data.questions),
        }
    )


def propositions(questions: Sequence[QuestionPart]) -> list[PropositionsPart]:
    """The propositions of each question that has them, and whether any finding weighs them."""
    return [
        PropositionsPart(
            asked=question.asked,
            propositions=list(_PROPOSITIONS[Asked(question.asked)]),
            weighed=any(_strength(answer) for answer in question.answers),
        )
        for question in questions
        if Asked(question.asked) in _PROPOSITIONS
    ]


def interpretation(questions: Sequence[QuestionPart]) -> list[InterpretationPart]:
    """Every strength that a finding states, with its words."""
    parts = []
    for question in questions:
        for answer in question.answers:
            strength = _strength(answer)
            if strength is not None:
                parts.append(
                    InterpretationPart(
                        exhibit=answer.exhibit,
                        method=answer.method,
                        scale=strength["scale"],
                        value=strength["value"],
                        low=strength["low"],
                        high=strength["high"],
                        measured_on=strength["measured_on"],
                        verbal=strength["wording"]
                        or in_words(strength["scale"], strength["value"]),
                    )
                )
    return parts


def limits(questions: Sequence[QuestionPart]) -> list[LimitPart]:
    """What the findings do not show, each limit once, with the findings that it is of."""
    of: dict[str, list[str]] = {}
    for question in questions:
        for answer in question.answers:
            for text in answer.outcome.get("limits", ()):
                of.setdefault(text, []).append(f"{answer.exhibit} {answer.method}")
    return [LimitPart(text=text, of=findings) for text, findings in of.items()]


def in_words(scale: str, value: float) -> str:
    """A strength in words.

    Parameters
    ----------
    scale : str
        ``log10_lr`` or ``false_alarm_rate``.
    value : float
    """
    if scale == "false_alarm_rate":
        if value <= 0:
            return "no such finding in the validation where there was nothing to find"
        return f"such a finding comes in one of {1 / value:,.0f} where there is nothing to find"
    ratio = 10 ** min(abs(value), 300.0)
    if ratio <= _EVEN:
        return "support for neither proposition over the other"
    words = next(words for upper, words in SCALE if ratio < upper)
    return f"{words} for the {'first' if value > 0 else 'second'} proposition over the other"


def _strength(answer: AnswerPart) -> Mapping[str, Any] | None:
    strength: Mapping[str, Any] | None = answer.outcome.get("strength")
    return strength
