"""What is redacted stands in no form of the report: the bytes of each are searched."""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pypdf
import pytest

import earwitness
import sounds
from earwitness.errors import BadRedaction
from earwitness.outcome import Figure, Finding, Line, Measure, NotExamined, Outcome, Place
from earwitness.report import render, render_summary
from earwitness.report.names_out import MARK
from earwitness.report.redaction import redact, without
from earwitness.store.casefile import Redacted
from earwitness.store.database import Examined
from earwitness.workbench import Case
from report import golden_case

NAME = "Ödön Kovácsvölgyi"
SPELT = ("Ödön Kovácsvölgyi", "O\u0308do\u0308n KOVA\u0301CSVO\u0308LGYI", "odon_kovacsvolgyi",
         "Kovácsvölgyi, Ödön", "%C3%96d%C3%B6n%20Kov%C3%A1csv%C3%B6lgyi")  # fmt: skip
TRACE = re.compile(r"kov\W?a\W?csv|odon|%c3%a1csv", re.IGNORECASE)
SAID = "bring the crates to the lighthouse tonight"
SRT = f"""1
00:00:00,100 --> 00:00:00,900
we spoke of the weather and of the market

2
00:00:01,100 --> 00:00:01,500
{SAID}
"""


def outcomes() -> dict[str, Outcome]:
    """The name in every place that an outcome has for a text, and a passage from 1.1 to 1.5 s."""
    figure = Figure(f"Of {NAME}", f"It shows {SPELT[1]}.", "seconds", SPELT[2],
                    (Line((0.5, 1.25, 1.75), (0.0, 0.815, 0.25), SPELT[3]),))  # fmt: skip
    return {
        "described_v1": Finding(
            summary=f"{SPELT[1]} speaks from 1.20 to 1.40 s.",
            measures=(Measure(f"of {NAME}", SPELT[2]), Measure("x", None, note=SPELT[3])),
            places=(Place(1.2, 1.4, f"“{SAID}”"), Place(0.2, 0.4, f"{SPELT[0]} coughs")),
            limits=(f"It does not show that {SPELT[4]} lied.",),
            details={
                NAME: {"said": [SPELT[1], [SPELT[2], 0.3, 0.4]]},
                "words": [["lighthouse", 1.3, 1.5, 0.9]],
            },
            figures=(figure,),
        ),
        "hum_v1": NotExamined(f"{NAME} hums", f"in 1.3 s: {SAID}", SPELT[3]),
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A case that names somebody everywhere, and has a transcript."""
    folder = tmp_path_factory.mktemp("named")
    tape = sounds.write_wav(folder / "kovácsvölgyi-ödön.wav", sounds.tone(2.0, level=0.25))
    said = folder / "said.srt"
    said.write_text(SRT)
    with golden_case.pinned():
        case = earwitness.new(
            folder / "a.case",
            questioned=[tape],
            title=f"The tape of {NAME}",
            claims={"speaker": NAME, "place": f"in the house of {SPELT[1]}"},
            who=f"{SPELT[2]}@desk",
            clock=golden_case.foretold(),
        )
        case.add_transcript(said, of=case.exhibits[0].sha256)
        keep(case)
        case.publication.review("agrees", note=f"{SPELT[3]} was asked; he said: {SAID}")
        yield case


def keep(case: Case) -> None:
    """Keep those outcomes."""
    sha256 = case.exhibits[0].sha256
    for task in list(case._tasks(list(golden_case.EXAMINATIONS.values()))):
        if task.method in outcomes():
            case._folder.keep_outcome(
                Examined(
                    key=task.key,
                    exhibit=sha256,
                    method=task.method,
                    parameters=task.parameters,
                    consulted=task.consulted,
                    outcome=outcomes()[task.method],
                    versions=golden_case.VERSIONS,
                    examined_at=case._folder.now(),
                    seconds=1.0,
                )
            )


@pytest.fixture(scope="module")
def redacted(whole: Case) -> Case:
    """The same case, after the name and the passage were redacted."""
    left = whole.publication.redact_names([NAME], why=f"{SPELT[2]} is a witness")
    assert left == {}
    sha256 = whole.exhibits[0].sha256
    whole.publication.redact_passage(sha256, 1.1, 1.5, why="it endangers somebody")
    return whole


def texts_in(content: bytes) -> str:
    """All that a reader sees in a file."""
    if not content.startswith(b"%PDF"):
        return content.decode()
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)


def everything_in(content: bytes) -> str:
    """All that can be read in a file: its bytes, and of a PDF every stream, text and tag."""
    parts = [content.decode("utf-8", "replace"), content.decode("latin-1"), texts_in(content)]
    if content.startswith(b"%PDF"):
        reader = pypdf.PdfReader(BytesIO(content))
        parts += [str(reader.metadata), *(str(item) for item in reader.outline)]
        for found in re.finditer(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
            try:
                raw = zlib.decompress(found[1])
            except zlib.error:
                continue
            parts += [raw.decode("utf-8", "replace"), raw.decode("utf-16-be", "replace")]
            parts += _strings(raw)
    text = "\n".join(parts)
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _strings(raw: bytes) -> list[str]:
    """The texts of a PDF's objects that are written in hexadecimal, as UTF-16."""
    return [
        bytes.fromhex(found[1].decode()).decode("utf-16", "replace")
        for found in re.finditer(rb"<(feff(?:[0-9a-fA-F]{4})+)>", raw)
    ]


FORMS = [("report", "html"), ("report", "json"), ("report", "pdf"), ("summary", "html"),
         ("summary", "pdf")]  # fmt: skip


def made(case: Case, what: str, form: str) -> bytes:
    """A report or a summary, in one form."""
    return (render if what == "report" else render_summary)(case.report_data(), form)


@pytest.mark.parametrize(("what", "form"), FORMS)
def test_before_it_stands_there(whole: Case, what: str, form: str, tmp_path: Path) -> None:
    """The search finds the name in each form when it is not redacted, so it can find it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("earwitness.reporting.redact", lambda data, *_: data)
        patch.setattr("earwitness.reporting.without", lambda value, *_: value)
        content = everything_in(made(whole, what, form))
    assert TRACE.search(content)
    assert "lighthouse" in content or what == "summary"


@pytest.mark.parametrize(("what", "form"), FORMS)
def test_after_it_stands_nowhere(redacted: Case, what: str, form: str) -> None:
    """Neither the name in any spelling, nor the passage's words and times; what they stood in does."""
    made_now = made(redacted, what, form)
    content = everything_in(made_now)
    assert TRACE.search(content) is None
    for gone in ("lighthouse", "crates to"):
        assert gone not in content, gone
    for gone in ("1.20", "0:01.20", "1.25", "0.815", "1.40"):
        assert gone not in texts_in(made_now), gone
    assert MARK in content


def test_the_report_says_that_and_why(redacted: Case) -> None:
    """A note of each, the reasons cleaned too; exhibits keep their hashes, changed outcomes lose theirs."""
    data = redacted.report_data()
    name, passage = data.redactions
    assert (name.kind, name.why) == ("name", f"{MARK} is a witness")
    assert (passage.kind, passage.exhibit, passage.seconds) == ("passage", "Q1", 0.4)
    assert name.taken_out > 12
    assert passage.taken_out > 5
    assert data.exhibits[0].sha256 == redacted.exhibits[0].sha256
    assert data.exhibits[0].name == f"{MARK}.wav"
    hashes = [answer.outcome_sha256 for q in data.questions for answer in q.answers]
    assert hashes == ["", ""]
    html = render(data, "html").decode()
    assert "its hash withheld" in html
    assert "Something was left out of this report on purpose" in html
    assert data.reviews[0].of == "an earlier state of the case"


def test_the_case_itself_keeps_all(redacted: Case) -> None:
    """Redaction is of what is published: claims, log and outcomes are as they were."""
    assert redacted.case_file.claims.speaker == NAME
    assert redacted.verify().is_whole
    assert [entry.act for entry in redacted.custody[-2:]] == ["redact", "redact"]
    assert NAME in json.dumps([dict(e.details) for e in redacted.custody], ensure_ascii=False)


@pytest.mark.parametrize("form", ["labels", "textgrid", "claimreview", "ftm", "timeline"])
def test_exports_are_without_it_too(redacted: Case, form: str, tmp_path: Path) -> None:
    """Places, claims and names of files."""
    for path in redacted.publication.export(form, tmp_path / form):
        content = everything_in(path.read_bytes())
        assert TRACE.search(content) is None
        assert "lighthouse" not in content
        assert "1.2" not in content.replace("1.2.3", "")


@pytest.mark.parametrize("name", ["Mark", "Finding", "Strength", "Details", "Questioned"])
def test_a_person_called_like_a_word_of_the_program(whole: Case, name: str) -> None:
    """The report can still be made, in every form."""
    before = whole.report_data()
    data = redact(before, [Redacted(names=(name,))], {})
    assert [part.kind for part in data.redactions] == ["name"]
    assert data.exhibits[0].mark == "Q1"
    assert b"<h1>" in render(data, "html")


def test_statements_lose_what_is_quoted() -> None:
    """Other JSON is cleaned by the same rules."""
    one = Redacted(names=(NAME,))
    assert without([{"subject": SPELT[1]}], [one], {}) == [{"subject": MARK}]


def test_it_can_be_lifted(tmp_path: Path) -> None:
    """By its number; what case.toml says besides stays as it was."""
    tape = sounds.write_wav(tmp_path / "tape.wav", sounds.tone(1.0))
    case = earwitness.new(tmp_path / "a.case", questioned=[tape], who="ada@desk")
    before = (case.path / "case.toml").read_text()
    case.publication.redact_names(["Anna Berg", "A. Berg"])
    case.publication.redact_passage("tape.wav", 0.25, 0.5)
    assert [bool(one.names) for one in case.publication.redactions] == [True, False]
    case.publication.lift(1)
    case.publication.lift(1)
    assert (case.path / "case.toml").read_text().strip() == before.strip()
    with pytest.raises(BadRedaction, match="no redaction has that number"):
        case.publication.lift(1)
    list(case.add([tape], "known"))
    assert case.verify().is_whole


@pytest.mark.parametrize("names", [(), ("x",), ("--",), ("a" * 201,)])
def test_what_is_no_name_is_refused(tmp_path: Path, names: tuple[str, ...], case: Case) -> None:
    """Nothing is noted then: a redaction that finds nothing would look like one."""
    with pytest.raises(BadRedaction):
        case.publication.redact_names(names)
    assert case.publication.redactions == ()


def test_what_is_no_passage_is_refused(case: Case, tmp_path: Path) -> None:
    """One that ends before it begins, or is not of a recording; or of one that was withdrawn."""
    with pytest.raises(BadRedaction, match="ends after it begins"):
        case.publication.redact_passage("tone.wav", 2.0, 1.0)
    note = tmp_path / "note.txt"
    note.write_text("Nothing.")
    list(case.add([note], "document"))
    with pytest.raises(BadRedaction, match="of a recording"):
        case.publication.redact_passage("note.txt", 0.0, 1.0)
    case.publication.redact_passage("tone.wav", 0.1, 0.2)
    case.withdraw("tone.wav")
    with pytest.raises(BadRedaction, match="plays no role"):
        case.report_data()
