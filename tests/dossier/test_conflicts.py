"""Conflicts, agreement that is not independent, shared text and the timeline."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from test_statement import ONE

from earwitness.dossier.conflicts import find_agreements, find_conflicts
from earwitness.dossier.shared_text import cited_agencies, origins, shared_texts
from earwitness.dossier.statement import Manner, Property, Statement, Value
from earwitness.dossier.timeline import timeline

WIRE = (
    "The group released a recording on Thursday that lasted thirty-two minutes and was said to be from "
    "its leader. Officials in the capital said that they had not confirmed it and that analysts were at "
    "work. The speaker mentioned a build-up of troops which was announced in the same week, and urged "
    "his followers to keep to the path that they had been shown in earlier messages of the year. "
)
OWN = (
    "Our correspondent in the town met three men who had heard the tape in a tea house before noon. None of "
    "them doubted the voice. The owner of the house turned it up so loud that the street could hear it too. "
)
QUOTE = '"We are aware of the recording and we are looking at it, and that is all I can say today," he said. '


def _on(prop: Property, year: int, **changes: object) -> Statement:
    value = Value(str(year), date(year, 1, 1), date(year, 12, 31))
    return replace(ONE, property=prop, value=value, **changes)  # type: ignore[arg-type]


def test_two_birth_years() -> None:
    """Two years of birth conflict, and both sides are shown with their statements."""
    one, other = _on(Property.BORN_ON, 1971), _on(Property.BORN_ON, 1973, document="b" * 64)
    (conflict,) = find_conflicts([one, other])
    assert {conflict.one, conflict.other} == {(one,), (other,)}


def test_a_year_and_a_day_in_it_do_not_conflict() -> None:
    """Dates that overlap can both hold."""
    day = replace(ONE, value=Value("3 May 1971", date(1971, 5, 3), date(1971, 5, 3)))
    assert find_conflicts([ONE, day]) == []


def test_two_birthplaces() -> None:
    """Two places of birth conflict; "the town of Halbana" and "Halbana" do not."""
    place = [
        replace(ONE, property=Property.BORN_IN, value=Value(name))
        for name in ("Halbana", "Rawat", "town of Halbana")
    ]
    assert len(find_conflicts(place[:2])) == 1
    assert find_conflicts([place[0], place[2]]) == []


def test_alive_after_death() -> None:
    """An appearance after a death is a conflict."""
    found = find_conflicts([_on(Property.DIED_ON, 2009), _on(Property.APPEARED_ON, 2011)])
    assert [conflict.why for conflict in found] == [
        "alive after death: appeared on 2011-01-01 to 2011-12-31"
    ]


def test_what_is_denied_conflicts_with_nothing() -> None:
    """A denied death does not clash with an appearance; a hedged one does."""
    denied = _on(Property.DIED_ON, 2009, manner=Manner.DENIED, hedge="denied")
    hedged = _on(Property.DIED_ON, 2009, manner=Manner.HEDGED, hedge="reportedly")
    later = _on(Property.APPEARED_ON, 2011)
    assert find_conflicts([denied, later]) == []
    assert len(find_conflicts([hedged, later])) == 1


def test_merged_names_are_one_subject() -> None:
    """Two names conflict only once a person has said that they are one."""
    one, other = _on(Property.BORN_ON, 1971), _on(Property.BORN_ON, 1973, subject="Abu Daoud")
    assert find_conflicts([one, other]) == []
    assert len(find_conflicts([one, other], named=lambda name: "the same")) == 1


def test_three_papers_one_source() -> None:
    """Documents that share text, and documents that cite one claimant, count once."""
    papers = [replace(ONE, document=letter * 64, said_by=(f"Paper {letter}",)) for letter in "abc"]
    texts = {"a" * 64: WIRE, "b" * 64: WIRE + OWN, "c" * 64: OWN.replace("three", "four")}
    groups = origins(texts)
    origin_of = {key: group.documents[0] for group in groups for key in group.documents}
    (agreement,) = find_agreements(papers[:2], origin_of)
    assert agreement.wording == "2 documents, 1 source"
    (apart,) = find_agreements(papers[:2], {})
    assert apart.sources == 2
    cited = [replace(one, said_by=(*one.said_by, "an official")) for one in papers]
    (agreement,) = find_agreements(cited, {})
    assert agreement.wording == "3 documents, 1 source"


def test_a_cut_wire_copy_shares_text_and_a_shared_quotation_does_not() -> None:
    """Copy is found though it was cut; two reporters at one press conference share no text."""
    (found,) = shared_texts({"one": WIRE + OWN, "two": WIRE[: len(WIRE) * 2 // 3]})
    assert found.containment > 0.9
    assert "released a recording on thursday" in found.passages[0]
    assert shared_texts({"one": OWN + QUOTE, "two": WIRE + QUOTE}) == []


def test_agencies() -> None:
    """An agency that is named as the origin is found, under one name."""
    assert cited_agencies("BEIRUT (AP) — The group, AFP reported, …") == ["Associated Press", "AFP"]
    groups = origins({"a": "LONDON (Reuters) - One thing.", "b": "Reuters reported another thing."})
    assert [group.why for group in groups] == ["cite Reuters"]


def test_timeline_order_and_precision() -> None:
    """Moments are in order, with their precision; what has no date is left out."""
    day = replace(
        ONE, property=Property.RELEASED_ON, value=Value("x", date(2014, 11, 13), date(2014, 11, 13))
    )
    month = replace(
        ONE, property=Property.APPEARED_ON, value=Value("x", date(2013, 12, 1), date(2013, 12, 31))
    )
    undated = replace(ONE, property=Property.DIED_ON, value=Value("unknown"))
    moments = timeline([day, undated, month, ONE])
    assert [moment.precision for moment in moments] == ["year", "month", "day"]
