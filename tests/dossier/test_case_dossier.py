"""The dossier of a case: every act is kept, logged, and can be undone; the command line does all of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import earwitness
from earwitness.cli.main import earwitness as entrance
from earwitness.dossier.review import State, proposals
from earwitness.errors import DossierError
from earwitness.evidence.exhibit import Role

STORY = (
    "outlet: The Harbour Post\npublished: 2014-11-14\n\n"
    "The group released an audio message on Thursday. The Interior Ministry has not confirmed the report. "
    "Abu Salih al-Marwani was born in Tal Sabah in 1971. He was detained in Halbana on 4 February 2004, "
    "according to a ministry statement. Abou Saleh al-Marwani appeared in a video in May 2012.\n"
)
OTHER = STORY.replace("Harbour Post", "Ledger").replace("1971", "1973")


@pytest.fixture
def case(tmp_path: Path) -> earwitness.Case:
    """A case with two documents whose drafts disagree."""
    made = earwitness.new(tmp_path / "case", who="desk")
    for name, text in (("a.txt", STORY), ("b.txt", OTHER)):
        (tmp_path / name).write_text(text)
        made.draft(tmp_path / name)
    return made


def _births(case: earwitness.Case, *states: State) -> list[str]:
    found = case.dossier.read().in_state(*states)
    return [one.id for one in found if one.property == "born_on"]


def test_a_draft_is_a_draft_until_a_person_accepts_it(case: earwitness.Case) -> None:
    """Drafting accepts nothing; the document becomes an exhibit; doing it again adds nothing."""
    assert len(_births(case, State.DRAFT)) == 2
    assert _births(case, State.ACCEPTED) == []
    assert [exhibit.role for exhibit in case.exhibits] == [Role.DOCUMENT] * 2
    assert case.draft(case.exhibits[0].path).new == 0


def test_accept_and_undo(case: earwitness.Case) -> None:
    """An accepted statement is a draft again when that is undone, and accepted when the undoing is."""
    (first, _) = _births(case, State.DRAFT)
    case.dossier.accept([first[:12]])
    assert _births(case, State.ACCEPTED) == [first]
    case.dossier.undo()
    assert _births(case, State.ACCEPTED) == []
    undo = case.dossier.read().acts[-1].number
    case.dossier.undo(undo)
    assert _births(case, State.ACCEPTED) == [first]


def test_edit_and_undo(case: earwitness.Case) -> None:
    """An edit keeps the old statement as replaced and names the person; undone, the old one is back."""
    (first, _) = _births(case, State.DRAFT)
    new = case.dossier.edit(first, subject="Yasin al-Duri")
    assert new.drafted_by == "person:desk"
    assert _births(case, State.REPLACED) == [first]
    assert _births(case, State.ACCEPTED) == [new.id]
    case.dossier.undo()
    assert first in _births(case, State.DRAFT)
    assert _births(case, State.ACCEPTED, State.REPLACED) == []


def test_merge_split_and_undo(case: earwitness.Case) -> None:
    """Names become one by a person's act only, apart again by a split, and both can be undone."""
    one, other = "Abu Salih al-Marwani", "Abou Saleh al-Marwani"
    found = [{p.one, p.other} for p in proposals(case.dossier.read())]
    assert {one, other} in found
    assert case.dossier.read().entity(one) != case.dossier.read().entity(other)
    case.dossier.merge([one, other], why="the same biography")
    assert case.dossier.read().entity(one) == case.dossier.read().entity(other)
    case.dossier.split(other)
    assert case.dossier.read().entity(one) != case.dossier.read().entity(other)
    case.dossier.undo()
    assert case.dossier.read().entity(one) == case.dossier.read().entity(other)


def test_a_draft_can_be_undone_and_made_again(case: earwitness.Case) -> None:
    """Undoing a drafting withdraws its statements; drafting again brings them back."""
    case.dossier.undo()
    assert len(_births(case, State.DRAFT)) == 1
    assert len(_births(case, State.WITHDRAWN)) == 1
    case.draft(case.exhibits[1].path)
    assert len(_births(case, State.DRAFT)) == 2


def test_the_custody_log_tells_the_story(case: earwitness.Case) -> None:
    """Each act is an entry with who and what, and the case verifies."""
    (first, second) = _births(case, State.DRAFT)
    case.dossier.accept([first])
    case.dossier.reject([second])
    case.dossier.undo()
    told = [(entry.act, entry.who) for entry in case.custody if entry.act.startswith("dossier")]
    acts = ["dossier draft", "dossier draft", "dossier accept", "dossier reject", "dossier undo"]
    assert told == [(act, "desk") for act in acts]
    accepted = next(entry for entry in case.custody if entry.act == "dossier accept")
    assert "was born on" in str(accepted.details)
    assert case.verify().is_whole


@pytest.mark.parametrize("wanted", ["", "zz", "ffffffffffff", "0"])
def test_no_such_statement(case: earwitness.Case, wanted: str) -> None:
    """What means no single statement is refused, and nothing is logged."""
    before = len(case.custody)
    with pytest.raises(DossierError):
        case.dossier.accept([wanted])
    assert len(case.custody) == before


def test_nothing_more_to_undo(case: earwitness.Case) -> None:
    """When every act is undone, undoing again is refused."""
    case.dossier.undo()
    case.dossier.undo()
    with pytest.raises(DossierError):
        case.dossier.undo()
    with pytest.raises(DossierError):
        case.dossier.undo(99)


def _run(*arguments: str) -> object:
    result = CliRunner().invoke(
        entrance, ["--json", *arguments], catch_exceptions=False, standalone_mode=False
    )
    return json.loads(result.output)


def test_the_command_line(case: earwitness.Case, tmp_path: Path) -> None:
    """Draft, list, accept, reject, edit, merge, split, undo, conflicts, timeline, export and import."""
    folder = str(case.path)
    listed = _run("dossier", "list", folder, "--property", "born_on")
    assert [one["state"] for one in listed] == ["draft", "draft"]  # type: ignore[attr-defined]
    first, second = (one["id"] for one in listed)  # type: ignore[attr-defined]
    found = _run("dossier", "conflicts", folder)
    assert len(found["conflicts"]) == 1  # type: ignore[index]
    assert [len(group["documents"]) for group in found["origins"]] == [2]  # type: ignore[index]
    assert all(one["sources"] == 1 for one in found["agreements"])  # type: ignore[index]
    assert _run("dossier", "accept", folder, first) == {"accepted": [first]}
    assert _run("dossier", "reject", folder, second) == {"rejected": [second]}
    edited = _run("dossier", "edit", folder, first, "--from", "1972-01-01", "--to", "1972-12-31")
    moments = _run("dossier", "timeline", folder, "--accepted")
    assert [one["id"] for one in moments] == [edited["new"]]  # type: ignore[attr-defined, index]
    assert _run("dossier", "merge", folder)
    _run("dossier", "merge", folder, "Abu Salih al-Marwani", "Abou Saleh al-Marwani")
    _run("dossier", "split", folder, "Abou Saleh al-Marwani")
    assert _run("dossier", "undo", folder)["kind"] == "split"  # type: ignore[index]
    out = tmp_path / "out.jsonl"
    assert _run("dossier", "export", folder, str(out)) == {"statements": 1}
    earwitness.new(tmp_path / "second")
    assert _run("dossier", "import", str(tmp_path / "second"), str(out)) == {"new": 1}


def test_verification_examination(case: earwitness.Case, tmp_path: Path) -> None:
    """The examination lists who has not confirmed, as drafts, and from an export as accepted."""
    from earwitness.examinations import find_examination
    from earwitness.outcome import Finding

    class View:
        """The case as an examination sees it."""

        archives = ()

        def exhibits(self, role: Role) -> list[object]:
            return [exhibit for exhibit in case.exhibits if exhibit.role == role]

    outcome = find_examination("verification_v1").function(None, View())
    assert isinstance(outcome, Finding)
    assert outcome.details["are_drafts"]
    assert outcome.measure("not_confirmed").value == 1
    assert "The Interior Ministry" in outcome.summary
    not_confirmed = [
        o.id for o in case.dossier.read().in_state(State.DRAFT) if o.property == "verification"
    ]
    case.dossier.accept(not_confirmed)
    out = tmp_path / "dossier.jsonl"
    _run("dossier", "export", str(case.path), str(out))
    list(case.add([out], Role.DOCUMENT))
    again = find_examination("verification_v1").function(None, View())
    assert isinstance(again, Finding)
    assert not again.details["are_drafts"]
    assert {row["state"] for row in again.details["statements"]} == {"accepted"}
