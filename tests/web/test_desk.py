"""The desk's own doings: which cases there are, making one, examining, watching, stopping; records."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from desks import Browser, worker_of

import earwitness
import sounds
from earwitness.errors import CaseNotFound
from earwitness.web.desk import Desk

CASE = "/cases/examined.case"


def wait_until_over(browser: Browser, case: str) -> list[dict[str, object]]:
    """Watch until all is over; give what was told."""
    with browser.client.stream("GET", f"{case}/watch") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [line for line in answer.iter_lines() if line.startswith(("event", "data"))]
    assert events[-2] == "event: over"
    return [json.loads(line.removeprefix("data: ")) for line in events if line.startswith("data: ")]


def test_making_a_case(browser: Browser, folder: Path) -> None:
    """A case gets a folder named after its title, and its maker is in the log."""
    answer = browser.post("/cases", {"title": "The tape: رسالة / 2"})
    assert answer.status_code == 303
    (made,) = [name for name in Desk(folder).names() if name != "examined.case"]
    assert made == "The tape رسالة 2.case"
    case = earwitness.open(folder / made)
    assert (case.case_file.title, case.custody[0].who) == ("The tape: رسالة / 2", "ada@desk")
    assert browser.post("/cases", {"title": "The tape: رسالة / 2"}).status_code == 409
    assert browser.get(answer.headers["location"]).status_code == 200


@pytest.mark.parametrize("title", ["../../x", "...", "\x00", "/", "", " ", "a" * 500])
def test_a_title_makes_no_path(browser: Browser, folder: Path, title: str) -> None:
    """Whatever the title is, the case lies in the desk's folder, or is refused."""
    outside = sorted(path.name for path in folder.parent.iterdir())
    assert browser.post("/cases", {"title": title}).status_code in (303, 409, 422)
    assert sorted(path.name for path in folder.parent.iterdir()) == outside


def test_a_desk_of_one_case(folder: Path) -> None:
    """A desk of one case shows that one, and makes no others."""
    desk = Desk(folder / "examined.case")
    assert desk.names() == ["examined.case"]
    with pytest.raises(earwitness.errors.CaseExists):
        desk.new("x", "ada")
    with pytest.raises(CaseNotFound):
        Desk(folder / "nowhere")


def test_examining_and_watching(browser: Browser, folder: Path) -> None:
    """Examinations go on beside the pages; who watches is told of each until all is over."""
    tape = sounds.write_wav(folder / "tape.wav", sounds.voice(3.0))
    earwitness.new(folder / "new.case", questioned=[tape])
    asked = browser.post("/cases/new.case/examine", {"only": ["container", "quality"]})
    assert asked.status_code == 303
    with worker_of(folder):
        told = wait_until_over(browser, "/cases/new.case")
    last = told[-2]
    assert last["is_over"] is True
    assert [task["ended_in"] for task in last["tasks"]] == ["finding", "finding"]  # type: ignore[attr-defined]
    case = earwitness.open(folder / "new.case")
    assert {each.who for each in case.custody if each.act == "examine"} == {"ada@desk"}


def test_an_unknown_examination_is_told_on_the_page(browser: Browser) -> None:
    """A request for what there is not ends in words, and in nothing else."""
    answer = browser.post(f"{CASE}/examine", {"only": "nothing_v9"})
    assert answer.status_code == 404
    assert "there is no examination named" in answer.text
    assert 'data-going="no"' in browser.get(CASE).text


def test_stopping(browser: Browser, folder: Path) -> None:
    """Stop ends what is going on within moments, keeps what had ended, and says so."""
    tape = sounds.write_wav(folder / "tape.wav", sounds.noise(600.0))
    earwitness.new(folder / "long.case", questioned=[tape])
    browser.post("/cases/long.case/examine")
    asked = time.monotonic()
    assert browser.post("/cases/long.case/stop").status_code == 303
    assert wait_until_over(browser, "/cases/long.case")[-2]["was_stopped"] is True
    assert time.monotonic() - asked < 10
    assert "Stopped. What had ended is kept." in browser.get("/cases/long.case").text
    assert earwitness.open(folder / "long.case").verify().is_whole


def test_settings(browser: Browser, folder: Path) -> None:
    """Claims and settings are written to case.toml, whose comments stay, and logged."""
    form = {"title": "New", "speaker": "B. Anders", "workers": "1", "max_hours": "2.5"}
    assert browser.post(f"{CASE}/settings", form).status_code == 303
    case = earwitness.open(folder / "examined.case")
    assert (case.case_file.title, case.case_file.claims.speaker) == ("New", "B. Anders")
    assert case.case_file.settings.max_hours == 2.5
    assert (folder / "examined.case" / "case.toml").read_text().startswith("# An earwitness case.")
    assert case.custody[-1].act == "change"
    assert case.verify().is_whole
    for wrong in ({"workers": "-1"}, {"max_hours": "0"}, {"max_hours": "nan"}, {"workers": "x"}):
        assert browser.post(f"{CASE}/settings", wrong).status_code == 422


def test_custody_and_verify(browser: Browser, folder: Path) -> None:
    """The log is on its page, newest first; verify finds what was altered."""
    text = browser.get(f"{CASE}/custody").text
    assert text.index("dossier accept") < text.index(">new<")
    assert "tag finding" in browser.post(f"{CASE}/verify").text
    exhibit = earwitness.open(folder / "examined.case").exhibits[0]
    sounds.flip_bit(exhibit.path, 1000)
    assert "was altered" in browser.post(f"{CASE}/verify").text


def test_writing_and_saving_a_report(browser: Browser, folder: Path) -> None:
    """A report is written, noted in the log, and saved with the bytes that were written."""
    assert browser.get(f"{CASE}/report/file/html").status_code == 404
    assert browser.post(f"{CASE}/report", {"form": "html"}).status_code == 303
    saved = browser.get(f"{CASE}/report/file/html")
    assert saved.content == (folder / "examined.case" / "reports" / "report.html").read_bytes()
    assert saved.headers["content-disposition"].startswith("attachment")
    assert saved.content == browser.get(f"{CASE}/report/preview").content
    assert browser.post(f"{CASE}/report", {"form": "../x"}).status_code == 422
    assert earwitness.open(folder / "examined.case").custody[-1].act == "report"


def test_the_page_is_up_to_date(browser: Browser, folder: Path) -> None:
    """What the desk keeps in memory follows every change of the case, also one from the command line."""
    assert "Examined" in browser.get(CASE).text
    earwitness.open(folder / "examined.case").change(title="Renamed elsewhere")
    assert "Renamed elsewhere" in browser.get(CASE).text
    text = (folder / "examined.case" / "case.toml").read_text()
    (folder / "examined.case" / "case.toml").write_text(text.replace("Renamed", "Edited"))
    assert "Edited elsewhere" in browser.get(CASE).text
