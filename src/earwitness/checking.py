"""Is a case whole? Re-hash every exhibit, walk the custody chain, compare both with the outcomes.

1. The database is as it was sealed, and where it is a file, SQLite finds no fault in it.
2. Each custody entry is what its hash says, and follows from the one before, up to the head.
3. Each exhibit that was received was logged as added, and the other way round.
4. Each exhibit's bytes have the SHA-256 that they had when they came in.
5. Each outcome is the one that was logged when it was reached, and the other way round.
6. Each statement is what its id says and came in by an act; each act on the dossier was logged.
7. case.toml can be read; that it was edited since the last act is noted, not blamed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest

from earwitness.errors import CaseDamaged, EarwitnessError
from earwitness.evidence.custody import Entry, Head, Problem, walk_chain
from earwitness.store.casefile import read_text, text_hash
from earwitness.store.database import Received, Transaction
from earwitness.store.dossier import kept_acts, kept_statements
from earwitness.store.folder import CaseFolder
from earwitness.store.seal import SealState


@dataclass(frozen=True, slots=True)
class Verification:
    """What ``verify`` saw: problems, and notes that are none."""

    exhibits: int
    entries: int
    outcomes: int
    head: Head
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found altered, missing or out of place."""
        return not self.problems


def verify(case: CaseFolder) -> Verification:
    """Check a case from its bytes up; changes nothing in it.

    The numbers in the code are those of this module's list.
    """
    problems: list[Problem] = []
    notes: list[str] = []
    with case.database.locked():
        _check_seal(case, problems, notes)  # 1
        try:
            file = case.database.file.name
            problems += [Problem(file, what) for what in case.database.integrity()]  # 1
            notes += case.database.unchecked()
            with case.database.read() as transaction:
                entries, head = transaction.entries(), transaction.head()
                received = {each.sha256 for each in transaction.received()}
                outcomes = _check_log(transaction, problems)  # 2, 3, 5, 6
        except CaseDamaged as error:
            problems.append(Problem(case.database.file.name, str(error)))
            return Verification(0, 0, 0, Head(0, ""), problems, notes)
        exhibit_problems, exhibit_notes = case.vault.check(received)  # 4
    problems += exhibit_problems
    notes += exhibit_notes
    _check_case_file(case, entries, problems, notes)  # 7
    return Verification(len(received), len(entries), outcomes, head, problems, notes)


def require_intact_log(case: CaseFolder) -> None:
    """Insist that log, list of exhibits and outcomes agree, as before they are reported.

    Raises
    ------
    CaseDamaged
        With the first thing that does not agree.
    """
    problems: list[Problem] = []
    with case.database.read() as transaction:
        _check_log(transaction, problems)
    if problems:
        raise CaseDamaged(
            f"the case was tampered with: {problems[0]}",
            do="see all that is wrong with: earwitness verify",
        )


def _check_log(transaction: Transaction, problems: list[Problem]) -> int:
    """Points 2, 3, 5 and 6 of this module's list; gives how many outcomes there are."""
    entries, listed = transaction.entries(), transaction.received()
    problems += walk_chain(entries, transaction.head())
    problems += _unlogged_exhibits(entries, {each.sha256 for each in listed})
    problems += _renamed_exhibits(entries, listed)
    problems += _check_dossier(transaction, entries)
    return _check_outcomes(transaction, entries, problems)


def _check_seal(case: CaseFolder, problems: list[Problem], notes: list[str]) -> None:
    try:
        state = case.database.seal_state()
    except CaseDamaged as error:
        problems.append(Problem(case.database.file.name, str(error)))
        return
    if state in (SealState.BROKEN, SealState.MISSING):
        problems.append(Problem(case.database.file.name, state.value))
    elif state is SealState.NEWER:
        notes.append(f"{state.value}: its content was checked by the custody chain")


def _unlogged_exhibits(entries: list[Entry], received: set[str]) -> list[Problem]:
    added = {sha256 for entry in entries if entry.act == "add" for sha256 in entry.exhibits}
    problems = [
        Problem(
            f"exhibit {sha256[:12]}", "is in the list of exhibits but was never logged as added"
        )
        for sha256 in sorted(received - added)
    ]
    problems += [
        Problem(
            f"exhibit {sha256[:12]}", "was logged as added but is gone from the list of exhibits"
        )
        for sha256 in sorted(added - received)
    ]
    return problems


def _renamed_exhibits(entries: list[Entry], listed: list[Received]) -> list[Problem]:
    """Exhibits whose name or size is not what was logged when they came in."""
    logged: dict[str, tuple[object, object]] = {}
    for entry in entries:
        if entry.act == "add":
            for sha256 in entry.exhibits:
                logged.setdefault(sha256, (entry.details.get("name"), entry.details.get("size")))
    return [
        Problem(f"exhibit {each.sha256[:12]}", "has another name or size than was logged")
        for each in listed
        if each.sha256 in logged and logged[each.sha256] != (each.name, each.size)
    ]


def _check_outcomes(transaction: Transaction, entries: list[Entry], problems: list[Problem]) -> int:
    logged = Counter(
        (
            entry.exhibits[0],
            str(entry.details.get("method")),
            str(entry.details.get("outcome")),
            str(entry.details.get("record")),
        )
        for entry in entries
        if entry.act == "examine" and entry.exhibits
    )
    count = 0
    for kept in transaction.kept_outcomes():
        count += 1
        where = f"outcome {kept.number} ({kept.method} of {kept.exhibit[:12]})"
        if text_hash(kept.text) != kept.stored_sha256:
            problems.append(Problem(where, "was edited: it is not what its hash says"))
        identity = (kept.exhibit, kept.method, kept.stored_sha256, kept.record_sha256)
        if logged[identity] == 0:
            problems.append(Problem(where, "was never logged, or not with these particulars"))
        logged[identity] -= 1
    for (exhibit, method, *_), missing in logged.items():
        if missing > 0:
            where = f"outcome of {method} of {exhibit[:12]}"
            problems.append(Problem(where, "was logged but is gone"))
    return count


def _check_dossier(transaction: Transaction, entries: list[Entry]) -> list[Problem]:
    problems = []
    logged = [str(e.details.get("record")) for e in entries if e.act.startswith("dossier ")]
    acts = kept_acts(transaction)
    for place, (act, record) in enumerate(zip_longest(acts, logged), start=1):
        where = f"dossier act {place}"
        if act is None:
            problems.append(Problem(where, "was logged but is gone"))
        elif record is None:
            problems.append(Problem(where, "was never logged"))
        elif (act.number, act.record_sha256) != (place, record):
            problems.append(Problem(where, "is not the one that was logged"))
    named = frozenset[str]().union(*(act.statements for act in acts)) - {""}
    there = set()
    for identity, document, text in kept_statements(transaction):
        there.add(identity)
        where = f"statement {identity[:12]}"
        if text_hash(text) != identity or f'"document":"{document}"' not in text:
            problems.append(Problem(where, "was edited: it is not what its id says"))
        elif identity not in named:
            problems.append(Problem(where, "came in by no act"))
    problems += [
        Problem(f"statement {identity[:12]}", "is named by an act but is gone")
        for identity in sorted(map(str, named - there))
    ]
    return problems


def _check_case_file(
    case: CaseFolder, entries: list[Entry], problems: list[Problem], notes: list[str]
) -> None:
    try:
        text = read_text(case.case_file_path)
        case.read_case_file()
    except EarwitnessError as error:
        problems.append(Problem("case.toml", str(error)))
        return
    if entries and entries[-1].details.get("case_toml") != text_hash(text):
        notes.append("case.toml was edited since the last act; the next act will log it")
