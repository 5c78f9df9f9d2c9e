"""What persons decided about drafts and names: a list of acts, from which the dossier follows.

Nothing is ever overwritten. A statement's state, and which names are one entity, are computed from
the acts in their order; an act that was undone counts as if it had not been. Undoing is an act too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from earwitness.dossier.gazetteer import Gazetteer, proposed_places
from earwitness.dossier.names import compare_names, fold
from earwitness.dossier.statement import Statement, ValueKind
from earwitness.errors import DossierError


class State(StrEnum):
    """Where a statement stands."""

    DRAFT = "draft"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class ActKind(StrEnum):
    """What a person can do in a dossier."""

    DRAFT = "draft"
    IMPORT = "import"
    ACCEPT = "accept"
    REJECT = "reject"
    EDIT = "edit"
    MERGE = "merge"
    SPLIT = "split"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Act:
    """One act.

    Attributes
    ----------
    number : int
        From 1.
    kind : ActKind
    who, at : str
    payload : mapping
        ``statements`` (ids) for draft, import, accept, reject; ``old`` and ``new`` (ids) for edit;
        ``names`` for merge and split; ``act`` (number) for undo.
    """

    number: int
    kind: ActKind
    who: str
    at: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two names that may be one person's, and why; for a person to decide."""

    one: str
    other: str
    score: float
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Dossier:
    """All statements of a case with their states, and which names are one.

    ``states`` holds by statement id; ``decided_by`` who accepted or rejected it.
    """

    statements: dict[str, Statement]
    acts: tuple[Act, ...]
    states: dict[str, State] = field(default_factory=dict)
    decided_by: dict[str, str] = field(default_factory=dict)
    undone: frozenset[int] = frozenset()
    _leader: dict[str, str] = field(default_factory=dict)

    def entity(self, name: str) -> str:
        """The entity that a name stands for: itself, unless persons have merged it with others."""
        key = fold(name)
        while self._leader.get(key, key) != key:
            key = self._leader[key]
        return key

    def in_state(self, *states: State) -> list[Statement]:
        """The statements that are in one of these states, in the order of their documents."""
        found = [one for key, one in self.statements.items() if self.states.get(key) in states]
        return sorted(found, key=lambda one: (one.document, one.start, one.end, one.id))

    def find(self, beginning: str) -> Statement:
        """The one statement whose id begins so.

        Raises
        ------
        DossierError
            If none or several do.
        """
        fitting = [key for key in self.statements if key.startswith(beginning)]
        if len(fitting) != 1 or len(beginning) < 4:
            raise DossierError(
                f"no single statement is meant by {beginning!r}",
                got=f"{len(fitting)} that fit",
                expected="at least four digits of one id",
                do="see them with: earwitness dossier list",
            )
        return self.statements[fitting[0]]


def build_dossier(statements: Iterable[Statement], acts: Sequence[Act]) -> Dossier:
    """Compute the dossier from its statements and acts."""
    dossier = Dossier({one.id: one for one in statements}, tuple(acts))
    dossier.undone = _undone(acts)
    for act in acts:
        if act.number not in dossier.undone:
            _apply(dossier, act)
    for act in acts:
        if act.number in dossier.undone and act.kind in (ActKind.DRAFT, ActKind.IMPORT):
            for key in act.payload["statements"]:
                dossier.states.setdefault(key, State.WITHDRAWN)
    return dossier


def _undone(acts: Sequence[Act]) -> frozenset[int]:
    """Which acts do not count: the last word on each act is the newest undo that itself counts."""
    undone: set[int] = set()
    for act in reversed(acts):
        if act.kind is ActKind.UNDO and act.number not in undone:
            undone.add(int(act.payload["act"]))
    return frozenset(undone)


def _apply(dossier: Dossier, act: Act) -> None:
    if act.kind in (ActKind.DRAFT, ActKind.IMPORT):
        for key in act.payload["statements"]:
            dossier.states.setdefault(key, State.DRAFT)
    elif act.kind in (ActKind.ACCEPT, ActKind.REJECT):
        state = State.ACCEPTED if act.kind is ActKind.ACCEPT else State.REJECTED
        for key in act.payload["statements"]:
            dossier.states[key] = state
            dossier.decided_by[key] = act.who
    elif act.kind is ActKind.EDIT:
        dossier.states[act.payload["old"]] = State.REPLACED
        dossier.states[act.payload["new"]] = State.ACCEPTED
        dossier.decided_by[act.payload["new"]] = act.who
    elif act.kind is ActKind.MERGE:
        first, *others = (dossier.entity(name) for name in act.payload["names"])
        for other in others:
            if other != first:
                dossier._leader[other] = first
    elif act.kind is ActKind.SPLIT:
        for name in act.payload["names"]:
            _split(dossier, fold(name))


def _split(dossier: Dossier, key: str) -> None:
    """Take one name out of its entity; the others stay together."""
    followers = [other for other, leader in dossier._leader.items() if leader == key]
    new_leader = dossier._leader.pop(key, None)
    if new_leader is None and followers:
        new_leader = followers[0]
        dossier._leader.pop(new_leader, None)
    for other in followers:
        if new_leader is not None and other != new_leader:
            dossier._leader[other] = new_leader


def last_act(dossier: Dossier) -> Act:
    """The newest act that counts and is no undo.

    Raises
    ------
    DossierError
        If there is none.
    """
    for act in reversed(dossier.acts):
        if act.number not in dossier.undone and act.kind is not ActKind.UNDO:
            return act
    raise DossierError("there is nothing to undo")


MAX_NAMES = 400  # compared pair by pair


def proposals(dossier: Dossier) -> list[Proposal]:
    """Pairs of names that may be one, with why; those that persons merged or split are left out."""
    names: dict[str, str] = {}
    for statement in dossier.in_state(State.DRAFT, State.ACCEPTED):
        for name in (statement.subject, *_names_in(statement)):
            if sum(word[:1].isupper() for word in name.split()) > 1 and name[0].isupper():
                names.setdefault(dossier.entity(name), name)
    split = {
        fold(n)
        for a in dossier.acts
        if a.kind is ActKind.SPLIT and a.number not in dossier.undone
        for n in a.payload["names"]
    }
    kept = [name for key, name in sorted(names.items()) if key not in split][:MAX_NAMES]
    found = []
    for place, one in enumerate(kept):
        for other in kept[place + 1 :]:
            comparison = compare_names(one, other)
            if comparison.may_be_same:
                found.append(Proposal(one, other, comparison.score, comparison.reasons))
    return sorted(found, key=lambda one: (-one.score, one.one, one.other))


def place_proposals(dossier: Dossier, gazetteer: Gazetteer) -> list[Proposal]:
    """Pairs of names that may be one place by a gazetteer, those left out that are one already."""
    names = [
        statement.value.text
        for statement in dossier.in_state(State.DRAFT, State.ACCEPTED)
        if statement.property.kind is ValueKind.PLACE and statement.value.is_known
    ]
    return [
        Proposal(each.one, each.other, 1.0, (each.why,))
        for each in proposed_places(sorted(names), gazetteer)
        if dossier.entity(each.one) != dossier.entity(each.other)
    ]


def _names_in(statement: Statement) -> tuple[str, ...]:
    is_name = statement.property.kind == "name"
    return (statement.value.text,) if is_name else ()
