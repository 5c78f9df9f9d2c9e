"""The whole story in a real browser, by mouse and by keys."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from desks import Served, served
from hostile import hostile_case, pages_of
from screens import drop, shoot, until, violations, watched

import earwitness
import sounds

ARTICLES = {
    "harbour.txt": "outlet: The Harbour Post\npublished: 2031-05-04\n\n"
    "Berta Anders was born in Nurheim in 1975, according to a ministry statement.\n\n"
    "The network could not independently verify the voice. Officials said Otto Berg was detained in "
    "Tal Sabah in March 2014.\n",
    "dale.txt": "outlet: The Dale Times\npublished: 2031-05-06\n\n"
    "Berta Anders was born in Tal Sabah in 1971, relatives said.\n",
}


def tape(folder: Path) -> Path:
    """Fourteen seconds of a voice in which three seconds occur again: a passage was pasted in."""
    voice = sounds.voice(11.0)
    spliced = np.concatenate([voice[:144_000], voice[32_000:80_000], voice[144_000:]])
    return sounds.write_wav(folder / "tape.wav", spliced)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Iterator[str]:
    """The story, told once by mouse and keys: from a file that is dropped to a report; gives its case."""
    folder, work = tmp_path_factory.mktemp("desk"), tmp_path_factory.mktemp("work")
    with served(folder) as address, watched(chromium) as page:
        tell(page, address, work, folder)
        yield f"{address}/cases/The message.case"


def tell(page: Any, address: str, work: Path, folder: Path) -> None:
    """New case by drag-and-drop, examine, listen, decide, resolve, report."""
    page.goto(address)
    page.fill("#new-title", "The message")
    drop(page, "[data-new-case]", tape(work))
    page.wait_for_url("**/cases/The%20message.case")
    for name, text in ARTICLES.items():
        (work / name).write_text(text)
    page.select_option("#role", "document")
    drop(page, "[data-add]", *(work / name for name in ARTICLES))
    page.wait_for_selector("#exhibits table >> text=dale.txt")

    page.click("summary:has-text('Choose')")
    for name in ("container_v1", "quality_v1", "repeats_v1", "heard_v1", "verification_v1"):
        page.check(f"[value={name}]")
    page.click("#examining button:has-text('Examine')")
    page.wait_for_selector(".tasks li")
    shoot(page, "examining")
    page.wait_for_selector("#q-whole ~ ul .tag.finding", timeout=60_000)
    assert page.locator("#q-heard ~ ul .tag.not_examined").count() == 1

    listen(page, folder)

    page.click("nav >> text=Dossier")
    with page.expect_navigation():
        page.click(".documents >> text=harbour.txt")
    page.keyboard.press("j")
    shown = page.locator(".text mark.live")
    assert shown.count() >= 1
    page.keyboard.press("a")
    page.wait_for_selector(".statement.accepted")
    shoot(page, "dossier")

    page.click("nav >> text=Conflicts")
    clash = page.locator(".clash").first
    shoot(page, "conflict")
    before = page.locator(".clash").count()
    with page.expect_navigation():
        clash.locator(".side").nth(1).locator("button:has-text('Reject')").click()
    assert page.locator(".clash").count() < before

    page.click("nav >> text=Report")
    with page.expect_navigation():
        page.click("button:has-text('Write HTML')")
    assert page.frame_locator("iframe").locator("h1").text_content() == "The message"
    case = earwitness.open(folder / "The message.case")
    assert case.verify().is_whole
    assert {"new", "add", "examine", "mark", "dossier accept", "dossier reject", "report"} <= {
        entry.act for entry in case.custody
    }


def listen(page: Any, folder: Path) -> None:
    """Go to the passage that occurs twice, play it, hear its twin, mark it, all by keys."""
    page.click("text=Is it whole?")
    page.wait_for_selector(
        "#examining", state="detached", timeout=120_000
    )  # the page follows the run
    page.click(".places a")
    page.wait_for_selector("#player[data-drawn=yes]")
    assert page.evaluate("document.querySelector('#sound').currentTime") > 1
    page.keyboard.press("Space")
    until(page, "!document.querySelector('#sound').paused")
    started = page.evaluate("document.querySelector('#sound').currentTime")
    until(page, f"document.querySelector('#sound').currentTime > {started} + 0.2")
    page.keyboard.press("b")
    until(page, "!document.querySelector('#twin-sound').paused")
    apart = page.evaluate(
        "document.querySelector('#twin-sound').currentTime - document.querySelector('#sound').currentTime"
    )
    assert abs(apart - 7.0) < 0.2
    page.keyboard.press("b")
    assert page.evaluate("document.querySelector('#sound').muted") is True
    page.keyboard.press("Space")
    page.keyboard.press("m")
    page.wait_for_selector("#marks .marked")
    shoot(page, "listening")
    at = page.evaluate("document.querySelector('#sound').currentTime")
    page.keyboard.press("ArrowRight")
    until(page, f"document.querySelector('#sound').currentTime > {at} + 0.9")
    case = earwitness.open(folder / "The message.case")
    assert len(case.marks(case.exhibits[0].sha256)) == 1


def test_the_first_page_is_there_within_a_second(chromium: Any, story: str) -> None:
    """A recording that was made ready is drawn and can be played at once."""
    with watched(chromium) as page:
        page.goto(story)
        address = page.get_attribute("text=Listen >> nth=0", "href")
        page.goto(story.partition("/cases")[0] + address)
        began = time.monotonic()
        page.reload()
        page.wait_for_selector("#player[data-drawn=yes]")
        assert time.monotonic() - began < 5  # loosely: other tests run beside


def test_hostile_texts_do_not_act_in_a_browser(chromium: Any, tmp_path: Path) -> None:
    """No dialog, no script, nothing that the browser had to refuse, on any page of a hostile case."""
    folder = tmp_path / "desk"
    folder.mkdir()
    case = hostile_case(folder / "h.case", tmp_path)
    with served(folder) as address, watched(chromium) as page:
        for path in pages_of(case):
            page.goto(address + path)
            if "/listen/" in path:
                page.wait_for_selector("#player[data-drawn=yes]")
                page.hover("#lanes")
            page.mouse.move(300, 400)


def test_writing_from_right_to_left(chromium: Any, tmp_path: Path) -> None:
    """An Arabic document, name and title read from the right, within pages that read from the left."""
    folder = tmp_path / "desk"
    folder.mkdir()
    case = earwitness.new(folder / "a.case", title="رسالة صوتية", claims={"speaker": "زيد"})
    text = tmp_path / "خبر.txt"
    text.write_text(
        "قال المتحدث إن الرسالة سُجلت في آذار 2014، ولم تتمكن القناة من التحقق من الصوت.\n"
    )
    case.draft(text)
    with served(folder) as address, watched(chromium) as page:
        page.goto(f"{address}/cases/a.case/dossier")
        shoot(page, "rtl")
        assert page.evaluate("getComputedStyle(document.querySelector('.text')).direction") == "rtl"
        assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"
        assert not violations(page)


@pytest.mark.parametrize("status", [303, 403, 404])
def test_a_page_that_cannot_be_fetched_anew_stays(
    chromium: Any, tmp_path: Path, status: int
) -> None:
    """Another page in its place, such as that to log in or a refusal, takes nothing away that is shown."""
    folder = tmp_path / "desk"
    folder.mkdir()
    earwitness.new(folder / "a.case")
    with served(folder) as address, watched(chromium) as page:
        page.goto(f"{address}/cases/a.case")
        elsewhere = {"location": "/"} if status == 303 else {}
        page.route(
            "**/cases/a.case",
            lambda route: route.fulfill(status=status, headers=elsewhere, body="<p>No.</p>"),
        )
        ended = page.evaluate(
            "import('/static/common.js').then((its) => its.refresh('outcomes')).catch(() => 'refused')"
        )
        assert ended == "refused"
        assert page.locator("#outcomes .asked").count() > 0


def test_a_desk_that_is_gone_says_what_to_do(chromium: Any, tmp_path: Path) -> None:
    """When the desk cannot be reached, an upload says so, and that nothing acknowledged is lost."""
    folder = tmp_path / "desk"
    folder.mkdir()
    earwitness.new(folder / "a.case")
    with served(folder) as address:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(f"{address}/cases/a.case")
    drop(page, "[data-add]", sounds.write_wav(tmp_path / "t.wav", sounds.tone(0.5)))
    page.wait_for_selector(".uploads .warning")
    assert "Nothing that is shown as added is lost" in page.text_content(".uploads")
    context.close()


@pytest.mark.in_folder
def test_a_desk_that_is_killed_says_what_to_do(chromium: Any, tmp_path: Path) -> None:
    """Killed while a file comes in and while it examines: pages say so, and the desk goes on from there.

    The file that was acknowledged is there, the half one is not, and the page does not say that it is.
    """
    folder = tmp_path / "desk"
    folder.mkdir()
    long = sounds.write_wav(tmp_path / "long.wav", sounds.noise(400.0, seed=3))
    earwitness.new(folder / "a.case", questioned=[long])
    desk = Served(folder)
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page, watching = context.new_page(), context.new_page()
    address = f"{desk.address.geturl()}cases/a.case"
    page.goto(address)
    drop(page, "[data-add]", sounds.write_wav(tmp_path / "whole.wav", sounds.tone(0.5)))
    page.wait_for_selector("#exhibits table >> text=whole.wav")
    watching.goto(address)
    watching.click("#examining button:has-text('Examine')")
    watching.wait_for_selector(".tasks li")
    desk.process.send_signal(signal.SIGSTOP)  # so that the file is still on its way
    drop(page, "[data-add]", sounds.write_wav(tmp_path / "half.wav", sounds.noise(20.0, seed=5)))
    page.wait_for_selector(".uploads li")
    desk.kill()

    page.wait_for_selector(".uploads .warning")
    assert "drop this file again" in page.text_content(".uploads")
    watching.wait_for_selector(".lost:visible")
    assert "What had ended is kept." in watching.text_content(".lost")
    shoot(watching, "killed")
    names = [exhibit.name for exhibit in earwitness.open(folder / "a.case").exhibits]
    assert names == ["long.wav", "whole.wav"]

    again = Served(folder, port=desk.address.port or 0)
    watching.wait_for_selector("text=The desk was ended while it examined this case.")
    page.reload()
    drop(page, "[data-add]", tmp_path / "half.wav")
    page.wait_for_selector("#exhibits table >> text=half.wav")
    context.close()
    again.kill()
    assert earwitness.open(folder / "a.case").verify().is_whole
