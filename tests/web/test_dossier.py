"""The dossier over the web: the ledger beside its document, decisions, conflicts, names, the timeline."""

from __future__ import annotations

from pathlib import Path

import pytest
from desks import Browser

import earwitness
from earwitness.dossier.review import State
from earwitness.store.dossier import CaseDossier

HERE = "/cases/examined.case/dossier"
ARTICLE = """outlet: The Harbour Post
published: 2031-05-04

Berta Anders was born in Nurheim in 1975, according to a ministry statement.

Otto Berg was detained in Tal Sabah in March 2014, officials said.
"""
OTHER = """outlet: The Dale Times
published: 2031-05-06

Berta Anders was born in Tal Sabah in 1971, relatives said.
"""


@pytest.fixture
def dossier(folder: Path) -> CaseDossier:
    """The desk's case with two documents that contradict each other."""
    case = earwitness.open(folder / "examined.case", who="ada@desk")
    for name, text in (("post.txt", ARTICLE), ("times.txt", OTHER)):
        path = folder.parent / name
        path.write_text(text)
        case.draft(path)
    return case.dossier


def drafts(dossier: CaseDossier, words: str) -> list[str]:
    """The ids of the drafts that say this."""
    return [one.id for one in dossier.read().in_state(State.DRAFT) if words in one.sentence]


def test_the_ledger_stands_beside_its_document(browser: Browser, dossier: CaseDossier) -> None:
    """Each statement's wording is marked in the text, with the statement's id; the text is whole."""
    (one, *_) = [
        each for each in dossier.read().in_state(State.DRAFT) if "Nurheim" in each.sentence
    ]
    text = browser.get(f"{HERE}?document={one.document}").text
    assert f'data-id="{one.id}"' in text
    assert f'<mark data-ids="{one.id}' in text or f" {one.id}" in text
    assert "according to a ministry statement" in text


@pytest.mark.parametrize(("act", "state"), [("accept", State.ACCEPTED), ("reject", State.REJECTED)])
def test_deciding(browser: Browser, dossier: CaseDossier, act: str, state: State) -> None:
    """A person's decision is kept under their name, and can be undone."""
    ids = drafts(dossier, "Nurheim")
    assert browser.post(f"{HERE}/{act}", {"ids": ids}).status_code == 303
    found = dossier.read()
    assert [found.states[key] for key in ids] == [state] * len(ids)
    assert found.decided_by[ids[0]] == "ada@desk"
    assert browser.post(f"{HERE}/undo").status_code == 303
    assert dossier.read().states[ids[0]] == State.DRAFT


def test_a_script_gets_the_states(browser: Browser, dossier: CaseDossier) -> None:
    """Deciding by key asks for JSON, and gets every statement's state."""
    ids = drafts(dossier, "Nurheim")
    answer = browser.post(f"{HERE}/accept", {"ids": ids}, headers={"accept": "application/json"})
    assert answer.json()[ids[0]] == "accepted"


def test_what_is_not_there_cannot_be_decided(browser: Browser, dossier: CaseDossier) -> None:
    """An unknown statement is refused in words, and nothing changes."""
    before = dossier.read().acts
    for act in ("accept", "reject"):
        assert browser.post(f"{HERE}/{act}", {"ids": "ffffffffffff"}).status_code == 422
        assert browser.post(f"{HERE}/{act}", {}).status_code == 422
    assert browser.post(f"{HERE}/undo", {"act": "9999"}).status_code == 422
    assert browser.post(f"{HERE}/undo", {"act": "9" * 40}).status_code == 422
    assert dossier.read().acts == before


def test_a_conflict_stands_side_by_side_and_is_resolved(
    browser: Browser, dossier: CaseDossier
) -> None:
    """Two birth years are shown with who says each; when one is rejected the conflict is gone."""
    text = browser.get(f"{HERE}/conflicts").text
    assert "two values where one can hold" in text
    assert "Nurheim" in text
    assert "Tal Sabah" in text
    ids = [*drafts(dossier, "1971"), *drafts(dossier, "born in Tal Sabah")]
    answer = browser.post(f"{HERE}/reject", {"ids": ids, "back": "/conflicts"})
    assert answer.headers["location"] == f"{HERE}/conflicts"
    assert "Berta Anders</bdi>: two values" not in browser.get(f"{HERE}/conflicts").text


def test_putting_a_statement_right(browser: Browser, dossier: CaseDossier) -> None:
    """The form holds what is drafted; what a person makes of it is accepted, the draft replaced."""
    (one, *_) = [dossier.read().find(key) for key in drafts(dossier, "1975")]
    assert 'value="Berta Anders"' in browser.get(f"{HERE}/edit/{one.id}").text
    form = {
        "subject": "Berta Anders", "value": "spring 1975", "manner": "hedged", "hedge": "about",
        "earliest": "1975-03-01", "latest": "1975-05-31", "said_by": "The Harbour Post\na ministry\n",
    }  # fmt: skip
    assert browser.post(f"{HERE}/edit/{one.id}", form).status_code == 303
    found = dossier.read()
    assert found.states[one.id] == State.REPLACED
    (new,) = [each for each in found.in_state(State.ACCEPTED) if each.value.text == "spring 1975"]
    assert new.said_by == ("The Harbour Post", "a ministry")
    assert new.drafted_by == "person:ada@desk"


@pytest.mark.parametrize(
    "wrong",
    [
        {"earliest": "soon"},
        {"earliest": "1975-05-31", "latest": "1975-03-01"},
        {"subject": " "},
        {"manner": "x"},
    ],
)
def test_what_does_not_hold_together_is_refused(
    browser: Browser, dossier: CaseDossier, wrong: dict[str, str]
) -> None:
    """No date, a date that ends before it begins, no subject, an unknown manner: refused in words."""
    (key, *_) = drafts(dossier, "1975")
    form = {"subject": "B", "value": "1975", "manner": "asserted", **wrong}
    assert browser.post(f"{HERE}/edit/{key}", form).status_code == 422


def test_names_are_merged_and_split_by_persons(browser: Browser, dossier: CaseDossier) -> None:
    """Two spellings are one when somebody says so, with the reason in the log; that can be undone."""
    form = {"names": ["Otto Berg", "Otto Bergh"], "why": "same office"}
    assert browser.post(f"{HERE}/merge", form).status_code == 303
    assert dossier.read().entity("Otto Bergh") == dossier.read().entity("Otto Berg")
    assert "same office" in browser.get(f"{HERE}/names").text
    assert browser.post(f"{HERE}/split", {"one": "Otto Bergh"}).status_code == 303
    assert dossier.read().entity("Otto Bergh") != dossier.read().entity("Otto Berg")


def test_the_timeline(browser: Browser, dossier: CaseDossier) -> None:
    """Dated statements stand in order, with their precision and their source."""
    text = browser.get(f"{HERE}/timeline").text
    assert text.index("1971") < text.index("1975") < text.index("2014-03")
    assert "to the month" in text


def test_an_added_document_is_drafted_on_request(browser: Browser, folder: Path) -> None:
    """A document that came in without drafts gets them by a button."""
    case = earwitness.open(folder / "examined.case")
    path = folder.parent / "later.txt"
    path.write_text(ARTICLE.replace("Berta", "Carla"))
    added = case.add_file(path, "document")
    assert browser.post(f"{HERE}/draft", {"document": added.sha256}).status_code == 303
    assert [one for one in case.dossier.read().statements.values() if "Carla" in one.subject]


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example",
        "/../../..",
        "?document=x&y=1",
        "/conflicts\r\nx: y",
        "\\",
    ],
)
def test_going_back_never_leads_elsewhere(
    browser: Browser, dossier: CaseDossier, back: str
) -> None:
    """Where a form asks to return to is an address of this dossier, or it is left out."""
    ids = drafts(dossier, "Nurheim")
    answer = browser.post(f"{HERE}/accept", {"ids": ids, "back": back})
    assert answer.headers["location"] == HERE
