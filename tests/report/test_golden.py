"""The golden reports: the same case gives the same bytes, in HTML and JSON.

When a report is changed on purpose, write them anew with ``pytest tests/report --rewrite-golden``
and read the difference.
"""

from __future__ import annotations

import html.parser
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from earwitness.report import render
from earwitness.report.data import ReportData, report_schema
from report import golden_case

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "report.schema.json"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportData]:
    """The golden case's report as data."""
    with golden_case.pinned():
        yield golden_case.make(tmp_path_factory.mktemp("golden")).report_data()


def compare(golden: Path, made: bytes, *, rewrite: bool) -> None:
    """Compare with a golden file to the byte; a missing one is a failure, never an invitation."""
    if rewrite:
        golden.write_bytes(made)
    assert golden.is_file(), f"{golden.name} is missing: restore it, or run with --rewrite-golden"
    if golden.read_bytes() != made:
        expected, got = golden.read_text().splitlines(), made.decode().splitlines()
        for number, (old, new) in enumerate(zip(expected, got, strict=False), start=1):
            assert new == old, f"{golden.name} differs first at line {number}"
        pytest.fail(f"{golden.name} has {len(expected)} lines, the report {len(got)}")


@pytest.mark.parametrize("form", ["html", "json"])
def test_the_report_is_the_golden_one(
    data: ReportData, form: str, request: pytest.FixtureRequest
) -> None:
    """Byte for byte."""
    rewrite = bool(request.config.getoption("--rewrite-golden"))
    compare(GOLDEN / f"report.{form}", render(data, form), rewrite=rewrite)


def test_a_missing_golden_fails(tmp_path: Path) -> None:
    """Deleting a golden file cannot make its test pass, nor can a single byte."""
    with pytest.raises(AssertionError, match="is missing"):
        compare(tmp_path / "report.html", b"x", rewrite=False)
    (tmp_path / "report.html").write_bytes(b"a\nb")
    for made in (b"a\nc", b"a\nb\n", b"a"):
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            compare(tmp_path / "report.html", made, rewrite=False)


def test_the_case_made_twice_gives_the_same_bytes(data: ReportData, tmp_path: Path) -> None:
    """Another folder, another run, the same report."""
    again = golden_case.make(tmp_path).report_data()
    assert render(again, "json") == render(data, "json")


def test_making_a_report_does_not_change_the_next(tmp_path: Path) -> None:
    """The act of reporting is logged but not printed."""
    with golden_case.pinned():
        case = golden_case.make(tmp_path)
        first = case.report("html").read_bytes()
        case.report("json")
        assert case.report("html").read_bytes() == first
        assert [entry.act for entry in case.custody[-3:]] == ["report"] * 3


def test_the_golden_case_says_everything(data: ReportData) -> None:
    """All kinds of outcome, stale and missing ones, all questions, all acts occur in it."""
    answers = [answer for question in data.questions for answer in question.answers]
    assert {answer.ended_in for answer in answers} == {"finding", "not_examined", "failed"}
    assert [answer.method for answer in answers if answer.is_stale] == ["speaker_v1"]
    missing = {(each.exhibit, each.method) for q in data.questions for each in q.missing}
    assert ("Q1", "words_v1") in missing
    assert ("K1", "speaker_v1") in missing
    assert {entry.act for entry in data.custody} == {"new", "add", "edit", "examine", "withdraw"}
    assert [exhibit.mark for exhibit in data.exhibits] == ["Q1", "K1"]
    assert {question.asked for question in data.questions if not question.answers} >= {"said"}


def test_json_is_of_its_schema(data: ReportData) -> None:
    """The JSON report validates against the published schema, and a wrong one does not."""
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    report: dict[str, Any] = json.loads(render(data, "json"))
    validator.validate(report)
    for spoil in (
        lambda wrong: wrong.pop("title"),
        lambda wrong: wrong.update(extra=1),
        lambda wrong: wrong["exhibits"][0].update(size="large"),
        lambda wrong: wrong["questions"][0]["answers"][0].update(ended_in="guilty"),
    ):
        wrong = json.loads(render(data, "json"))
        spoil(wrong)
        assert not validator.is_valid(wrong)


def test_the_published_schema_is_the_one_that_is_used() -> None:
    """docs/report.schema.json is what ``earwitness report --schema`` prints."""
    assert json.loads(SCHEMA.read_text()) == json.loads(json.dumps(report_schema()))


class Page(html.parser.HTMLParser):
    """Reads a page as a browser does: tags, attributes and text."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.wrong: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and that it is open."""
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """The tag that was opened last must be closed first."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        """Gather the text."""
        self.text += data


@pytest.fixture(scope="module")
def page(data: ReportData) -> Page:
    """The HTML report, read."""
    return Page(render(data, "html").decode())


def test_nothing_in_the_evidence_becomes_markup(page: Page) -> None:
    """Scripts in names, tags, titles and outcomes are text, and every element is closed."""
    assert page.wrong == []
    assert page.open == []
    assert "script" not in {tag for tag, _ in page.tags}
    assert "b" not in {tag for tag, _ in page.tags}
    assert page.text.count("<script>alert(1)</script>") > 10
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)


def test_the_page_needs_nothing_from_outside(page: Page) -> None:
    """No address of another place in any attribute; pictures are inside."""
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            if name in ("src", "href", "action", "data", "poster", "srcset"):
                assert value is not None
                assert value.startswith(("#", "data:image/png;base64,")), (tag, name, value[:80])
    policy = next(a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy


def test_every_link_leads_somewhere_and_every_name_is_once(page: Page) -> None:
    """Inside the page, each target exists and is unique."""
    names = [a["id"] for _, a in page.tags if a.get("id")]
    assert len(names) == len(set(names))
    targets = {a["href"] for t, a in page.tags if t == "a"}
    assert targets <= {f"#{name}" for name in names}
    described = [a["aria-labelledby"] for _, a in page.tags if a.get("aria-labelledby")]
    for names_of in described:
        assert names_of is not None
        assert set(names_of.split()) <= set(names)


def test_pictures_have_words(page: Page) -> None:
    """Each plot is an image with a title and a description."""
    plots = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(plots) == 5
    assert Counter(plot["role"] for plot in plots) == {"img": 3, "group": 2}  # two hold links
    assert "A wave & its speech." in page.text


def test_what_was_not_examined_cannot_pass_for_nothing_found(page: Page) -> None:
    """Each says that it says nothing, and is listed once more under its own heading."""
    assert page.text.count("says nothing for or against the recording") >= 3
    listed = page.text.split("7. What was not examined, and why")[1].split("8. Custody")[0]
    for expected in ("hum_v1", "edits_v1", "words_v1", "Who says so?"):
        assert expected in listed


def test_direction_marks_are_shown_not_obeyed(page: Page) -> None:
    """A name that turns its writing round shows the mark as a code."""
    assert "voice\\u202e.wav" in page.text
    assert re.search("[\u202a-\u202e\u2066-\u2069]", page.text) is None
