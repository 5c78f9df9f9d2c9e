"""Statements: what they hold, their ids, and their forms for others."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.dossier.followthemoney import from_followthemoney, to_followthemoney
from earwitness.dossier.statement import (
    Manner,
    Property,
    Statement,
    Value,
    from_json,
    to_json,
    weakest,
)
from earwitness.errors import BadStatement

ONE = Statement(
    subject="Abu Salih al-Marwani",
    property=Property.BORN_ON,
    value=Value("1971", date(1971, 1, 1), date(1971, 12, 31)),
    said_by=("The Harbour Post", "a biography"),
    manner=Manner.ASSERTED,
    hedge="",
    asserted_from=date(2014, 11, 14),
    asserted_to=date(2014, 11, 14),
    document="a" * 64,
    start=10,
    end=40,
    wording="was born in Tal Sabah in 1971",
    drafted_by="rules_v1",
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
STATEMENTS = st.builds(
    replace,
    st.just(ONE),
    subject=TEXTS.filter(lambda text: text.strip()),
    property=st.sampled_from(Property),
    said_by=st.lists(TEXTS, max_size=3).map(tuple),
    wording=TEXTS,
    value=TEXTS.map(Value),
)


def test_each_part_is_in_the_id() -> None:
    """A statement that differs in any field is another statement: two quotations never merge."""
    others = [
        replace(ONE, subject="Another"),
        replace(ONE, property=Property.DIED_ON),
        replace(ONE, value=Value("1971")),
        replace(ONE, said_by=("The Harbour Post",)),
        replace(ONE, manner=Manner.HEDGED, hedge="reportedly"),
        replace(ONE, asserted_from=None),
        replace(ONE, document="b" * 64),
        replace(ONE, start=11),
        replace(ONE, wording="born in 1971"),
        replace(ONE, drafted_by="person:anna"),
    ]
    assert len({ONE.id, *(other.id for other in others)}) == len(others) + 1


@given(STATEMENTS)
def test_json_round_trip(statement: Statement) -> None:
    """A statement's JSON reads back to an equal statement with the same id."""
    again = from_json(json.loads(json.dumps(to_json(statement))))
    assert again == statement
    assert again.id == statement.id


@given(st.lists(STATEMENTS, max_size=5))
def test_followthemoney_round_trip(statements: list[Statement]) -> None:
    """One statement here is one there, and reads back the same."""
    lines = [json.dumps(data) for data in to_followthemoney(statements)]
    assert list(from_followthemoney(lines)) == statements


def test_followthemoney_fields() -> None:
    """The fields are those of FollowTheMoney's statements, dates cut to what both ends share."""
    (data,) = to_followthemoney([ONE])
    assert data["schema"] == "Person"
    assert (data["prop"], data["prop_type"], data["value"]) == ("birthDate", "date", "1971")
    assert data["entity_id"] == data["canonical_id"]
    assert data["first_seen"] == "2014-11-14"


def test_followthemoney_ids_differ_between_documents() -> None:
    """The same value from two documents keeps two ids, where FollowTheMoney would make one."""
    one, other = to_followthemoney([ONE, replace(ONE, document="b" * 64)])
    assert one["id"] != other["id"]
    assert one["entity_id"] == other["entity_id"]


def test_followthemoney_package_accepts_it() -> None:
    """The followthemoney package reads what is written, and keeps value and property."""
    package = pytest.importorskip(
        "followthemoney.statement", reason="followthemoney is not installed"
    )
    (data,) = to_followthemoney([ONE])
    read = package.Statement.from_dict(data)
    assert (read.prop, read.value, read.entity_id) == ("birthDate", "1971", data["entity_id"])


@pytest.mark.parametrize(
    "line",
    ["[]", "{", '{"earwitness": 3}', '{"earwitness": {"subject": "A"}}', "null", "\ufeff{}"],
    ids=["list", "cut", "number", "too little", "null", "mark"],
)
def test_bad_imports(line: str) -> None:
    """What is no statement is refused with the line's number or the missing field."""
    with pytest.raises(BadStatement):
        list(from_followthemoney([line]))


def test_an_altered_import_is_refused() -> None:
    """A statement whose content is not what its id says was altered on the way."""
    (data,) = to_followthemoney([ONE])
    data["earwitness"]["manner"] = "denied"
    with pytest.raises(BadStatement, match="altered"):
        list(from_followthemoney([json.dumps(data)]))


def test_what_does_not_hold_together() -> None:
    """Dates the wrong way round, empty subjects and asserted hedges are refused."""
    with pytest.raises(BadStatement):
        Value("x", date(2000, 1, 2), date(2000, 1, 1))
    with pytest.raises(BadStatement):
        replace(ONE, subject=" ")
    with pytest.raises(BadStatement):
        replace(ONE, hedge="reportedly")
    with pytest.raises(BadStatement):
        replace(ONE, start=50)


def test_a_chain_is_as_sure_as_its_weakest_link() -> None:
    """Asserted, then hedged, then denied: denied."""
    assert weakest(Manner.ASSERTED, Manner.DENIED, Manner.HEDGED) is Manner.DENIED
    assert weakest() is Manner.ASSERTED
