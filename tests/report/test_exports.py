"""What is exported is read by the programs that it is for, or validated against what they publish."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyshacl
import pytest
import rdflib
from praatio import textgrid
from rdflib import RDF, RDFS, SDO, SH, Namespace

import earwitness
from earwitness.dossier.entities import to_entities
from earwitness.dossier.statement import Manner, Property, Statement, Value
from earwitness.errors import PublicationError
from earwitness.report import ReportData
from earwitness.report.claimreview import CATEGORIES, Publisher, write_claim_review
from earwitness.report.places import write_places
from earwitness.report.timelinejs import write_timeline
from earwitness.transcripts import read_transcript
from earwitness.workbench import Case
from report import golden_case

# rdflib's own reader of JSON-LD uses what rdflib deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")
VOCABULARY = Namespace("http://schema.org/")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ReportData:
    """The golden case's report as data."""
    with golden_case.pinned():
        return golden_case.make(tmp_path_factory.mktemp("golden")).report_data()


@pytest.fixture(scope="module")
def shapes() -> rdflib.Graph:
    """schema.org as SHACL shapes, by TopQuadrant, as pySHACL ships them (vocabulary of April 2021)."""
    path = Path(pyshacl.__file__).parent / "assets" / "schema.ttl"
    graph = rdflib.Graph().parse(path)
    item = VOCABULARY["MediaReviewItem"]  # came to the vocabulary in July 2021
    graph.add((item, RDF.type, RDFS.Class))
    graph.add((item, RDFS.subClassOf, VOCABULARY["CreativeWork"]))
    return graph


def graph_of(content: bytes) -> rdflib.Graph:
    """JSON-LD as triples; the context that schema.org serves is not fetched but said here."""
    text = content.decode().replace("https://schema.org", "http://schema.org")
    document = json.loads(text)
    assert document["@context"] == "http://schema.org"
    url = {"@id": f"{VOCABULARY}url", "@type": "@id"}  # as schema.org's context has it
    document["@context"] = {"@vocab": str(VOCABULARY), "url": url}
    return rdflib.Graph().parse(data=json.dumps(document), format="json-ld")


def unknown_terms(graph: rdflib.Graph, shapes: rdflib.Graph) -> set[str]:
    """Classes that the vocabulary has not, and properties that it does not give to their class.

    Terms that are newer than the shapes are looked up by name in rdflib's list of December 2021.
    """
    unknown = set()
    for subject in set(graph.subjects(RDF.type)):
        allowed: set[Any] = {RDF.type}
        for kind in graph.objects(subject, RDF.type):
            ancestors = set(shapes.transitive_objects(kind, RDFS.subClassOf))
            if (kind, RDF.type, RDFS.Class) not in shapes:
                unknown.add(str(kind))
            for shape in {s for a in ancestors for s in shapes.objects(a, SH.property)}:
                allowed |= set(shapes.objects(shape, SH.path))
        unknown |= {str(each) for each in graph.predicates(subject) if each not in allowed}
    paths = {str(path) for path in shapes.objects(None, SH.path)}
    newer = {term for term in unknown - paths if term.rpartition("/")[2] in SDO.__annotations__}
    return unknown - newer


def conforms(graph: rdflib.Graph, shapes: rdflib.Graph) -> tuple[bool, str]:
    """What pySHACL says of it."""
    kind = VOCABULARY["MediaManipulationRatingEnumeration"]
    for member in shapes.subjects(RDF.type, kind):
        graph.add((member, RDF.type, kind))
    result, _, text = pyshacl.validate(graph, shacl_graph=shapes, ont_graph=shapes)
    return bool(result), str(text)


FULL = Publisher("The desk", "https://desk.example/1", "Not shown", "EditedOrCroppedContent")


@pytest.mark.parametrize("by", [Publisher(), FULL], ids=["bare", "full"])
def test_the_review_is_valid_json_ld(data: ReportData, shapes: rdflib.Graph, by: Publisher) -> None:
    """Every class and property is schema.org's, and every value of the class that it asks for."""
    graph = graph_of(write_claim_review(data, by))
    assert len(graph) > 20
    assert unknown_terms(graph, shapes) == set()
    valid, text = conforms(graph, shapes)
    assert valid, text


def test_the_validators_find_what_is_wrong(data: ReportData, shapes: rdflib.Graph) -> None:
    """A property that there is not, and a value of another class."""
    content = write_claim_review(data, FULL)
    wrong = content.replace(b'"claimReviewed"', b'"claimReviwed"')
    assert unknown_terms(graph_of(wrong), shapes) == {"http://schema.org/claimReviwed"}
    wrong = content.replace(b"schema.org/EditedOrCroppedContent", b"schema.org/Monday")
    assert not conforms(graph_of(wrong), shapes)[0]


def test_the_categories_are_those_of_the_vocabulary(shapes: rdflib.Graph) -> None:
    """All of them, and no other."""
    kind = VOCABULARY["MediaManipulationRatingEnumeration"]
    named = {str(each).rpartition("/")[2] for each in shapes.subjects(RDF.type, kind)}
    assert set(CATEGORIES) == named - {
        "MissingContext"
    }  # an older name of decontextualised content


def test_no_verdict_is_drawn_from_findings(data: ReportData) -> None:
    """Without a person's rating there is none; with one it is that; what was found stands in the body."""
    (claim, media) = json.loads(write_claim_review(data, Publisher()))["@graph"]
    assert "reviewRating" not in claim
    assert "mediaAuthenticityCategory" not in media
    assert "author" not in claim
    assert "Not examined" in claim["reviewBody"]
    (claim, media) = json.loads(write_claim_review(data, FULL))["@graph"]
    assert claim["reviewRating"] == {"@type": "Rating", "alternateName": "Not shown"}
    assert media["itemReviewed"]["mediaItemAppearance"][0]["sha256"] == data.exhibits[0].sha256


def test_it_can_stand_in_a_page(data: ReportData) -> None:
    """No text in it closes the element that it is put into."""
    assert b"<" not in write_claim_review(data, FULL)


def test_places_as_labels(data: ReportData) -> None:
    """Our own reader of Audacity's labels gets the places back."""
    (name,) = files = write_places(data, "labels")
    assert name == "Q1.txt"
    segments = read_transcript(files[name]).segments
    assert [(each.start_s, each.end_s) for each in segments] == [(0.5, 1.25), (3599.999, 3661.5)]
    assert segments[0].text == "described_v1: speech"


def test_places_as_textgrid(data: ReportData, tmp_path: Path) -> None:
    """praatio, which is strict, reads the tiers: one for each method."""
    path = tmp_path / "q.TextGrid"
    path.write_bytes(write_places(data, "textgrid")["Q1.TextGrid"])
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False)
    assert grid.tierNames == ("described_v1",)
    entries = grid.getTier("described_v1").entries
    assert [(each.start, each.end) for each in entries] == [(0.5, 1.25), (3599.999, 3661.5)]
    assert entries[0].label == "speech"


def test_a_point_has_a_length_in_praat(data: ReportData, tmp_path: Path) -> None:
    """Praat refuses an interval that ends where it begins."""
    content = data.model_dump()
    answer = content["questions"][0]["answers"][0]
    answer["outcome"]["places"] = [{"start_s": 1.0, "end_s": 1.0, "label": ""}]
    path = tmp_path / "q.TextGrid"
    path.write_bytes(write_places(ReportData.model_validate(content), "textgrid")["Q1.TextGrid"])
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False, reportingMode="error")
    (entry,) = grid.getTier("described_v1").entries
    assert (entry.start, entry.end, entry.label) == (1.0, 1.001, "described_v1")


def test_places_that_overlap_have_tiers_of_their_own(data: ReportData, tmp_path: Path) -> None:
    """Each with a name of its own: praatio, and whoever looks a tier up by name, refuses two of one."""
    content = data.model_dump()
    spans = [(0.0, 3.0), (1.0, 2.0), (2.0, 4.0), (3.0, 5.0)]
    content["questions"][0]["answers"][0]["outcome"]["places"] = [
        {"start_s": start, "end_s": end, "label": f"{start:g}"} for start, end in spans
    ]
    path = tmp_path / "q.TextGrid"
    path.write_bytes(write_places(ReportData.model_validate(content), "textgrid")["Q1.TextGrid"])
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False)
    told = {name: [each.label for each in grid.getTier(name).entries] for name in grid.tierNames}
    assert told == {"described_v1": ["0", "3"], "described_v1 (2)": ["1", "2"]}


def test_a_timeline_is_as_timelinejs_reads_it() -> None:
    """As exact as the statement: a year stays a year; texts are escaped, for they are read as HTML."""
    moment = {"earliest": "2031-01-01", "latest": "2031-12-31", "precision": "year", "subject": "<A>",
              "sentence": "A <b> said", "wording": "“x” & y", "state": "accepted"}  # fmt: skip
    span = {
        **moment,
        "earliest": "2031-05-03",
        "latest": "2031-05-09",
        "precision": "within 7 days",
    }
    made = json.loads(write_timeline("T <i>", [moment, span]))
    first, second = made["events"]
    assert made["title"]["text"]["headline"] == "T &lt;i&gt;"
    assert first["start_date"] == {"year": 2031}
    assert "end_date" not in first
    assert second["end_date"] == {"year": 2031, "month": 5, "day": 9}
    assert first["text"]["headline"] == "A &lt;b&gt; said"
    assert first["group"] == "&lt;A&gt;"


def statement(subject: str, prop: Property, value: str) -> Statement:
    """One statement of a document."""
    return Statement(subject, prop, Value(value, None, None), ("a paper",), Manner.ASSERTED, "",
                     None, None, "0" * 64, 0, 5, "words", "rules_v1")  # fmt: skip


def test_entities_gather_statements() -> None:
    """One entity for each subject: a person where something tells that, names and values each once."""
    made = list(
        to_entities(
            [
                statement("Berta Ama", Property.ROLE, "minister"),
                statement("BERTA AMA", Property.ROLE, "minister"),
                statement("The Tide", Property.ALIAS, "Mareth Tide"),
            ]
        )
    )
    by_schema = {entity["schema"]: entity["properties"] for entity in made}
    assert by_schema["Person"]["position"] == ["minister"]
    assert by_schema["Person"]["name"] == ["Berta Ama", "BERTA AMA"]
    assert by_schema["LegalEntity"] == {"name": ["The Tide"], "alias": ["Mareth Tide"]}


@pytest.mark.parametrize("form", ["ftm", "timeline", "claimreview"])
def test_an_export_is_an_act(examined: Path, form: str) -> None:
    """Logged with the SHA-256 of what was written; reports are not changed by it."""
    case: Case = earwitness.open(examined)
    before = case.report_data()
    (path,) = case.publication.export(form)
    assert path.is_relative_to(case.path / "exports")
    entry = case.custody[-1]
    assert (entry.act, entry.details["form"]) == ("export", form)
    assert case.report_data() == before
    assert path.read_bytes() == case.publication.export(form)[0].read_bytes()


def test_entities_hold_the_exhibits(examined: Path) -> None:
    """Recordings as Audio, documents as Document; nothing that nobody accepted, unless asked."""
    case = earwitness.open(examined)
    (path,) = case.publication.export("ftm")
    entities = [json.loads(line) for line in path.read_text().splitlines()]
    files = sorted(e["schema"] for e in entities if "fileName" in e["properties"])
    assert files == ["Audio", "Audio", "Document"]
    (person,) = (e["properties"]["name"] for e in entities if "name" in e["properties"])
    assert len(person) == 1
    (with_drafts,) = case.publication.export("ftm", drafts=True)
    assert len(with_drafts.read_text()) >= len(path.read_text())


def test_what_there_is_not_is_refused(case: Case) -> None:
    """No such form; no places to write."""
    with pytest.raises(PublicationError, match="no export 'doc'"):
        case.publication.export("doc")
    with pytest.raises(PublicationError, match="names a place"):
        case.publication.export("labels")
