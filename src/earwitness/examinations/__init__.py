"""The examinations, one file each. A file put into this folder is found by listing it."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from earwitness.errors import UnknownExamination
from earwitness.examinations._contract import (
    CaseView,
    Examination,
    Needs,
    Parameter,
    carry_out,
    examination,
)
from earwitness.outcome import Asked

__all__ = [
    "CaseView",
    "Examination",
    "Needs",
    "Parameter",
    "all_examinations",
    "carry_out",
    "examination",
    "examination_of_outcome",
    "find_examination",
    "newest_examinations",
]


@cache
def all_examinations() -> dict[str, Examination]:
    """Every version of every examination, by name."""
    found: dict[str, Examination] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        contents = vars(importlib.import_module(f"{__name__}.{module.name}"))
        for value in contents.values():
            if isinstance(value, Examination):
                found[value.name] = value
    order = {asked: index for index, asked in enumerate(type(next(iter(found.values())).answers))}
    return dict(sorted(found.items(), key=lambda item: (order[item[1].answers], item[0])))


def newest_examinations() -> dict[str, Examination]:
    """The newest version of every examination, by name; what is run when nothing else is asked for."""
    newest: dict[str, Examination] = {}
    for candidate in all_examinations().values():
        known = newest.get(candidate.family)
        if known is None or candidate.version > known.version:
            newest[candidate.family] = candidate
    return {chosen.name: chosen for chosen in newest.values()}


def find_examination(name: str) -> Examination:
    """The examination of that name; a name without a version means its newest.

    Raises
    ------
    UnknownExamination
        If there is none.
    """
    everything = all_examinations()
    if name in everything:
        return everything[name]
    for candidate in newest_examinations().values():
        if candidate.family == name:
            return candidate
    raise UnknownExamination(
        f"there is no examination named {name!r}", expected=", ".join(everything)
    )


def examination_of_outcome(name: str) -> Examination:
    """The examination that an outcome was reached by, also one that this version does not have.

    A case may come from a desk with a newer version. Its outcomes are shown as they were kept; to carry
    out or replay such an examination raises UnknownExamination.
    """
    if name in (everything := all_examinations()):
        return everything[name]
    family, _, number = name.rpartition("_v")
    related = [each for each in everything.values() if each.family == family]
    return Examination(
        name=name,
        version=int(number) if number.isdecimal() else 0,
        question=f"What did {name} find? This version of earwitness does not have it.",
        answers=related[-1].answers if related else Asked.WHAT,
        sources=("not known to this version of earwitness",),
        needs=Needs(),
        applies_to=(),
        defaults={},
        method="This version of earwitness does not have this examination. What it ended in is shown as "
        "it was kept; it cannot be reached again here.",
        function=lambda *_, **__: find_examination(name).function(),  # which raises
    )
