"""Leaves persons and passages out of a report, in its data, before anything is rendered.

So every form of the report, and every export that is made from it, is without them: texts, names of
files, the words for pictures, the numbers of plots, details.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earwitness.report.data import RedactionPart, ReportData
from earwitness.report.names_out import Names
from earwitness.report.passages_out import Passage
from earwitness.store.casefile import Redacted


def redact(
    data: ReportData, redacted: Sequence[Redacted], passages: Mapping[int, Passage]
) -> ReportData:
    """The report without what is to be left out, and with a note of it.

    Parameters
    ----------
    data : ReportData
    redacted : sequence of Redacted
        As ``case.toml`` lists them.
    passages : mapping
        For each of them that is a passage, by its place in the list: what is said in it.
    """
    if not redacted:
        return data
    content = data.model_dump(mode="json")
    before = [a["outcome"] for q in content["questions"] for a in q["answers"]]
    marks = {part["sha256"]: part["mark"] for part in content["exhibits"]}
    for place, passage in passages.items():
        _passage_out(content, marks.get(redacted[place].exhibit, ""), passage)
    taken: dict[int, Names | Passage] = dict(passages)
    for place, one in enumerate(redacted):
        if one.names:
            taken[place] = names = Names(one.names)
            content = names.out_of(content)
    _withhold_hashes(content, before)
    notes = [
        _note(one, marks.get(one.exhibit, ""), taken[place].count)
        for place, one in enumerate(redacted)
    ]
    for one in redacted:
        notes = [{**note, "why": Names(one.names).out_of_text(note["why"])} if one.names else note
                 for note in notes]  # fmt: skip
    return ReportData.model_validate({**content, "redactions": notes})


def without(value: Any, redacted: Sequence[Redacted], passages: Mapping[int, Passage]) -> Any:
    """Other JSON than a report's, such as a statement, without the names and the passages' words."""
    for place, one in enumerate(redacted):
        out = Names(one.names).out_of if one.names else passages[place].words_out_of_all
        value = out(value)
    return value


def _passage_out(content: dict[str, Any], mark: str, passage: Passage) -> None:
    for question in content["questions"]:
        for answer in question["answers"]:
            if answer["exhibit"] == mark:
                answer["outcome"] = passage.out_of_outcome(answer["outcome"])
        question["in_short"] = [
            passage.out_of_text(said) if said.startswith(f"{mark}:") else said
            for said in question["in_short"]
        ]
        for answer in question["answers"]:  # what is quoted from it, wherever that is
            answer["outcome"] = passage.words_out_of_all(answer["outcome"])
        question["in_short"] = [passage.words_out_of(said) for said in question["in_short"]]
    for act in content["custody"]:
        act["what"] = passage.words_out_of(act["what"])


def _withhold_hashes(content: dict[str, Any], before: Sequence[Any]) -> None:
    """Of each outcome that was changed: against its hash, guesses could be tested."""
    answers = [answer for question in content["questions"] for answer in question["answers"]]
    for answer, old in zip(answers, before, strict=True):
        if answer["outcome"] != old:
            answer["outcome_sha256"] = ""


def _note(one: Redacted, mark: str, count: int) -> dict[str, Any]:
    length = round(one.end_s - one.start_s, 3)
    part = RedactionPart(
        kind="passage" if one.exhibit else "name",
        exhibit=mark,
        seconds=length,
        why=one.why,
        taken_out=count,
    )
    return part.model_dump()
