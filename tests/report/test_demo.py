"""The demo's report, from its recordings on: what it says is held to the letter, in every form.

The case is built by the demo's own script. Of a report is left out what differs from machine to machine:
versions, the hashes that hold them or a plot, the order in which examinations ended, and the plots, which
are drawn from more values than any two processors round alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bagit
import jsonschema
import pytest
from praatio import textgrid

import earwitness
from earwitness.dossier.review import State
from earwitness.outcome import Asked
from earwitness.report import ReportData, render, render_summary
from earwitness.report.claimreview import Publisher, write_claim_review
from earwitness.report.data import report_schema
from earwitness.report.places import write_places
from earwitness.transcripts import read_transcript
from earwitness.workbench import Case
from report import test_exports
from report.test_exports import conforms, graph_of, unknown_terms
from report.test_golden import GOLDEN, compare

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning"),
]
DEMO = GOLDEN / "demo"
NO_HASH = "0" * 64
shapes = test_exports.shapes


def steady(data: ReportData) -> ReportData:
    """The same report without what differs from machine to machine."""
    content = data.model_dump()
    content["earwitness"] = "1.2.3"
    content["custody_head"] = NO_HASH
    for answer in (one for question in content["questions"] for one in question["answers"]):
        answer.update(versions={"earwitness": "1.2.3"}, outcome_sha256=NO_HASH)
        answer["outcome"].get("details", {}).pop("trials", None)  # what its plots are drawn from
        for figure in answer["outcome"].get("figures", ()):
            figure.update(layers=[], x_range=[0.0, 1.0], y_range=[0.0, 1.0], log_x=False)
    acts = sorted(content["custody"], key=lambda act: act["act"] == "examine")
    ended = [act for act in acts if act["act"] == "examine"]
    acts[len(acts) - len(ended) :] = sorted(ended, key=lambda act: (act["what"], act["exhibits"]))
    for number, act in enumerate(acts, start=1):
        act.update(number=number, hash=NO_HASH, what=act["what"].partition(", outcome ")[0])
    content["custody"] = acts
    return ReportData.model_validate(content)


def about(data: ReportData, mark: str) -> ReportData:
    """What a report says of one recording: on paper, all of the demo takes its time."""
    content = data.model_dump()
    for question in content["questions"]:
        question["answers"] = [one for one in question["answers"] if one["exhibit"] == mark]
    return ReportData.model_validate(content)


@pytest.fixture(scope="module")
def case(_demo_once: Path) -> Case:
    """The demo's case, of which only reports are made."""
    return earwitness.open(_demo_once, who="demo@desk")


@pytest.fixture(scope="module")
def data(case: Case) -> ReportData:
    """The demo's report as data, without what differs from machine to machine."""
    return steady(case.report_data())


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether the golden files are to be written anew."""
    DEMO.mkdir(exist_ok=True)
    return bool(request.config.getoption("--rewrite-golden"))


@pytest.mark.parametrize("form", ["html", "json"])
def test_the_demos_report_is_the_golden_one(data: ReportData, form: str, rewrite: bool) -> None:
    """Byte for byte, from recordings, documents and a grid record to what is printed."""
    compare(DEMO / f"report.{form}", render(data, form), rewrite=rewrite)


def test_the_demos_page_for_editors_is_the_golden_one(data: ReportData, rewrite: bool) -> None:
    """What an editor takes along."""
    compare(DEMO / "summary.html", render_summary(data, "html"), rewrite=rewrite)


def test_the_demos_pdf_says_what_the_golden_one_says(data: ReportData, rewrite: bool) -> None:
    """Structure and words to the letter, as WeasyPrint tags them; of what is about the message."""
    pytest.importorskip("weasyprint", reason="WeasyPrint (the extra 'pdf') or Pango is absent",
                        exc_type=(ImportError, OSError))  # fmt: skip
    from report.test_pdf import outline_of

    content = ("\n".join(outline_of(render(about(data, "Q1"), "pdf"))) + "\n").encode()
    compare(DEMO / "report.pdf.txt", content, rewrite=rewrite)


def test_the_demos_report_is_of_its_schema(case: Case) -> None:
    """As it is, with all its plots."""
    report = json.loads(render(case.report_data(), "json"))
    jsonschema.Draft202012Validator(report_schema()).validate(report)


def test_the_demo_answers_each_question_or_says_why_not(data: ReportData) -> None:
    """Each of the desk's questions has an outcome on the message; nothing failed, nothing is missing."""
    for question in data.questions:
        ended = [answer.ended_in for answer in question.answers if answer.exhibit == "Q1"]
        assert "finding" in ended
        assert "failed" not in [answer.ended_in for answer in question.answers]
        assert question.missing == []
    assert [question.asked for question in data.questions] == [str(asked) for asked in Asked]


def test_the_demos_review_is_golden_and_valid(data: ReportData, shapes: Any, rewrite: bool) -> None:
    """ClaimReview and MediaReview: JSON-LD that keeps to schema.org's shapes."""
    content = write_claim_review(data, Publisher("The desk", "https://desk.example/1"))
    compare(DEMO / "claimreview.jsonld", content, rewrite=rewrite)
    graph = graph_of(content)
    assert unknown_terms(graph, shapes) == set()
    valid, text = conforms(graph, shapes)
    assert valid, text


def test_the_demos_places_are_golden_and_are_read(
    data: ReportData, rewrite: bool, tmp_path: Path
) -> None:
    """Audacity's labels by our reader of them, Praat's TextGrid by praatio, with the same places."""
    labels, grids = write_places(data, "labels"), write_places(data, "textgrid")
    for name, content in {**labels, **grids}.items():
        compare(DEMO / name, content, rewrite=rewrite)
    told = len(read_transcript(labels["Q1.txt"]).segments)
    assert told == sum(len(found) for found in places(data, "Q1"))
    (tmp_path / "Q1.TextGrid").write_bytes(grids["Q1.TextGrid"])
    grid = textgrid.openTextgrid(str(tmp_path / "Q1.TextGrid"), includeEmptyIntervals=False)
    assert set(grid.tierNames) >= {"edits_v1", "heard_v1", "mains_phase_v1"}


def places(data: ReportData, mark: str) -> Iterator[list[Any]]:
    """The places of each finding on an exhibit."""
    for question in data.questions:
        for answer in question.answers:
            if answer.exhibit == mark:
                yield answer.outcome.get("places", [])


def test_the_demos_timeline_and_entities_are_golden(demo_case: Path, rewrite: bool) -> None:
    """What TimelineJS and FollowTheMoney take in; all of it drafts, for nobody has accepted anything."""
    case = earwitness.open(demo_case, who="demo@desk")
    assert not case.dossier.read().in_state(State.ACCEPTED)
    for form in ("timeline", "ftm"):
        (path,) = case.publication.export(form, drafts=True)
        compare(DEMO / path.name, path.read_bytes(), rewrite=rewrite)
    events = json.loads((DEMO / "timeline.json").read_text("utf-8"))["events"]
    assert len(events) > 5
    assert all(1900 < event["start_date"]["year"] < 2034 for event in events)


def test_the_demos_bag_is_valid(demo_case: Path, tmp_path: Path) -> None:
    """By the tool of the Library of Congress; and another desk opens it whole."""
    case = earwitness.open(demo_case, who="demo@desk")
    (path,) = case.publication.export("bag")
    assert bagit.Bag(str(path)).validate()
    theirs, received = earwitness.open_bag(path, tmp_path / "theirs.case", who="eve@other")
    assert received.found.is_whole
    assert len(theirs.exhibits) == len(case.exhibits)
