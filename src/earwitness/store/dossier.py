"""The dossier of one case on disk: statements and acts, each act in one transaction with its log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from earwitness.dossier.review import (
    Act,
    ActKind,
    Dossier,
    State,
    build_dossier,
    last_act,
)
from earwitness.dossier.statement import Statement, edited, from_json, to_json
from earwitness.errors import BadStatement, CaseDamaged, DossierError
from earwitness.outcome import canonical_json
from earwitness.store import tables
from earwitness.store.database import Transaction, as_text, next_number
from earwitness.store.folder import CaseFolder

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_AT_ONCE = 500  # rows in one insert


class CaseDossier:
    """The statements of a case, and what persons did with them."""

    def __init__(self, folder: CaseFolder) -> None:
        self._folder = folder

    def read(self) -> Dossier:
        """The dossier as it stands."""
        with self._folder.database.read() as transaction:
            try:
                return build_dossier(_statements(transaction), _acts(transaction))
            except (BadStatement, *_UNREADABLE) as error:
                raise _damaged(error) from error

    def keep_drafts(self, statements: Sequence[Statement], *, document: str) -> int:
        """Keep the drafts of one document; give how many of them are new."""
        return self._keep(ActKind.DRAFT, statements, {"document": document}, [document])

    def keep_imported(self, statements: Sequence[Statement], *, file: str) -> int:
        """Keep statements that came from elsewhere, as drafts; give how many are new."""
        return self._keep(ActKind.IMPORT, statements, {"file": file}, [])

    def accept(self, ids: Iterable[str]) -> list[Statement]:
        """Accept statements, by the beginnings of their ids.

        Raises
        ------
        DossierError
            If one is not known or was replaced.
        """
        return self._decide(ActKind.ACCEPT, ids)

    def reject(self, ids: Iterable[str]) -> list[Statement]:
        """Reject statements, by the beginnings of their ids.

        Raises
        ------
        DossierError
        """
        return self._decide(ActKind.REJECT, ids)

    def edit(self, beginning: str, **changes: Any) -> Statement:
        """Replace a statement by one with other fields; the old one is kept, as replaced.

        Raises
        ------
        DossierError, BadStatement
        """
        with self._folder.database.locked():
            old = self.read().find(beginning)
            new = edited(old, by=self._folder.who, **changes)
            if new.id == old.id:
                raise DossierError("nothing in the statement would change")
            payload = {"old": old.id, "new": new.id, "was": old.sentence, "is": new.sentence}
            self._act(ActKind.EDIT, payload, [old.document], [new])
        return new

    def merge(self, names: Sequence[str], *, why: str = "") -> None:
        """Say that names are one entity's; the first is the one that it goes by.

        Raises
        ------
        DossierError
            If fewer than two names are given, or they are one already.
        """
        dossier = self.read()
        if len({dossier.entity(name) for name in names}) < 2:
            raise DossierError("these names are one already", got=", ".join(names))
        self._act(ActKind.MERGE, {"names": list(names), "why": why}, [])

    def split(self, name: str, *, why: str = "") -> None:
        """Say that a name is not another entity's, also where it was only proposed to be."""
        self._act(ActKind.SPLIT, {"names": [name], "why": why}, [])

    def undo(self, number: int = 0) -> Act:
        """Undo an act, by its number; the newest that counts if none is given.

        Raises
        ------
        DossierError
            If there is no such act, or it does not count already.
        """
        with self._folder.database.locked():
            dossier = self.read()
            if number == 0:
                act = last_act(dossier)
            else:
                found = [one for one in dossier.acts if one.number == number]
                if not found or number in dossier.undone:
                    raise DossierError("no such act, or it was undone already", got=str(number))
                act = found[0]
            self._act(ActKind.UNDO, {"act": act.number, "kind": str(act.kind)}, [])
        return act

    def _keep(
        self,
        kind: ActKind,
        statements: Sequence[Statement],
        details: Mapping[str, Any],
        exhibits: Sequence[str],
    ) -> int:
        with self._folder.database.locked():
            known = self.read()
            live = {key for key, state in known.states.items() if state is not State.WITHDRAWN}
            fresh = {one.id: one for one in statements if one.id not in live}
            if not fresh:
                return 0
            payload = {**details, "statements": list(fresh)}
            new = [one for key, one in fresh.items() if key not in known.statements]
            self._act(kind, payload, exhibits, new)
        return len(fresh)

    def _decide(self, kind: ActKind, ids: Iterable[str]) -> list[Statement]:
        with self._folder.database.locked():
            dossier = self.read()
            chosen = [dossier.find(beginning) for beginning in ids]
            for one in chosen:
                if dossier.states.get(one.id) in (State.REPLACED, State.WITHDRAWN):
                    raise DossierError("the statement was replaced or withdrawn", got=one.id[:12])
            if chosen:
                said = {one.id[:12]: one.sentence for one in chosen[:100]}
                payload = {"statements": [one.id for one in chosen], "said": said}
                documents = sorted({one.document for one in chosen})
                self._act(kind, payload, documents)
        return chosen

    def _act(
        self,
        kind: ActKind,
        payload: Mapping[str, Any],
        exhibits: Sequence[str],
        new: Sequence[Statement] = (),
    ) -> None:
        """Write statements, the act and its custody entry in one transaction."""

        row = {
            "kind": str(kind),
            "who": self._folder.who,
            "at": self._folder.now(),
            "payload": canonical_json(dict(payload)),
        }

        def write(transaction: Transaction) -> None:
            _insert(transaction, new)
            number = next_number(tables.dossier_acts)
            transaction.connection.execute(
                sa.insert(tables.dossier_acts).values(number=number, **row)
            )

        details = {key: value for key, value in payload.items() if key != "statements"}
        details["record"] = _record_hash(row)
        if "statements" in payload:
            details["count"] = len(payload["statements"])
        self._folder.act(
            f"dossier {kind}", changes=True, details=details, exhibits=exhibits, also=write
        )


@dataclass(frozen=True, slots=True)
class KeptAct:
    """An act's row as it is stored: its hash, and the statements that it brought in or chose."""

    number: int
    record_sha256: str
    statements: frozenset[str]


def kept_acts(transaction: Transaction) -> list[KeptAct]:
    """All acts as they are stored, oldest first; also those that cannot be read."""
    if not _has(transaction, "dossier_acts"):
        return []
    table = tables.dossier_acts
    kept = []
    for row in transaction.connection.execute(sa.select(table).order_by(table.c.number)):
        values = {name: row._mapping[name] for name in ("kind", "who", "at", "payload")}
        kept.append(KeptAct(row.number, _record_hash(values), _named_in(row.payload)))
    return kept


def kept_statements(transaction: Transaction) -> Iterator[tuple[str, str, str]]:
    """Each statement's id, document and text, as they are stored."""
    if not _has(transaction, "statements"):
        return
    table = tables.statements
    query = sa.select(table.c.id, table.c.document, table.c.statement).order_by(table.c.id)
    for row in transaction.connection.execute(query):
        yield (as_text(row.id), as_text(row.document), as_text(row.statement))


def _damaged(error: Exception) -> CaseDamaged:
    return CaseDamaged(
        "the case's dossier cannot be read",
        got=str(error),
        do="see what is damaged with: earwitness verify; restore the database from a copy",
    )


def _has(transaction: Transaction, table: str) -> bool:
    """Whether a table is there: not in a case of an earlier version that was not opened since."""
    return sa.inspect(transaction.connection).has_table(table)


def _record_hash(row: Mapping[str, Any]) -> str:
    text = canonical_json({name: as_text(value) for name, value in row.items()})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _named_in(payload: object) -> frozenset[str]:
    """The ids of statements in an act's payload; none where it cannot be read."""
    try:
        found = json.loads(as_text(payload))
        return frozenset(
            [*found.get("statements", ()), *(found.get(k, "") for k in ("old", "new"))]
        )
    except _UNREADABLE:
        return frozenset()


def _insert(transaction: Transaction, statements: Sequence[Statement]) -> None:
    rows = [
        {"id": one.id, "document": one.document, "statement": canonical_json(to_json(one))}
        for one in statements
    ]
    for start in range(0, len(rows), _AT_ONCE):
        transaction.connection.execute(sa.insert(tables.statements), rows[start : start + _AT_ONCE])


def _statements(transaction: Transaction) -> list[Statement]:
    rows = transaction.connection.execute(
        sa.select(tables.statements.c.statement).order_by(tables.statements.c.id)
    )
    return [from_json(json.loads(row[0])) for row in rows]


def _acts(transaction: Transaction) -> list[Act]:
    table = tables.dossier_acts
    rows = transaction.connection.execute(sa.select(table).order_by(table.c.number))
    return [
        Act(row.number, ActKind(row.kind), row.who, row.at, json.loads(row.payload)) for row in rows
    ]
