"""Looking and listening over the web: pieces of the plots, the sound by ranges, marks, twins."""

from __future__ import annotations

import io
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from desks import Browser

import earwitness
import sounds
from earwitness.workbench import Case


@pytest.fixture
def case(folder: Path) -> Case:
    """The case of the desk, ready to be listened to."""
    opened = earwitness.open(folder / "examined.case")
    list(opened.prepare(opened.exhibits[0].sha256))
    return opened


@pytest.fixture
def here(case: Case) -> str:
    """Where its questioned recording is listened to."""
    return f"/cases/examined.case/listen/{case.exhibits[0].sha256}"


def test_the_page_makes_the_recording_ready(browser: Browser, folder: Path) -> None:
    """The first visit starts to decode; meanwhile the page is there and says how far it is."""
    exhibit = earwitness.open(folder / "examined.case").exhibits[1]
    here = f"/cases/examined.case/listen/{exhibit.sha256}"
    assert browser.get(here).status_code == 200
    assert browser.get(f"{here}/sound.wav").status_code in (200, 409)
    until = time.monotonic() + 30
    while (answer := browser.get(f"{here}/facts")).status_code == 202:
        assert set(answer.json()) == {"fraction", "trouble"}
        assert time.monotonic() < until
        time.sleep(0.05)
    assert answer.json()["duration_s"] == 1.0


def test_a_recording_that_cannot_be_decoded_says_so(
    browser: Browser, folder: Path, case: Case
) -> None:
    """If the bytes are not those that were received, the player says that, and shows nothing."""
    exhibit = case.exhibits[1]
    exhibit.path.chmod(0o644)
    exhibit.path.write_bytes(b"something else")
    until = time.monotonic() + 30
    said = ""
    while not said:
        answer = browser.get(f"/cases/examined.case/listen/{exhibit.sha256}/facts")
        assert answer.status_code == 202
        said = answer.json()["trouble"]
        assert time.monotonic() < until
        time.sleep(0.05)
    assert "was altered" in said


def test_the_sound_is_a_wav_file(browser: Browser, here: str, case: Case) -> None:
    """The whole of it is what was decoded, in 16 bits at 16 kHz."""
    answer = browser.get(f"{here}/sound.wav")
    assert answer.status_code == 200
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    decoded = case.listen(case.exhibits[0].sha256).recording.signal()
    assert np.abs(samples / 32_767 - decoded).max() < 1e-4


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-", 0, -1), ("bytes=0-0", 0, 0), ("bytes=10-99", 10, 99), ("bytes=43-45", 43, 45),
        ("bytes=1001-70001", 1001, 70001), ("bytes=-100", -100, -1), ("bytes=100-99999999", 100, -1),
    ],
)  # fmt: skip
def test_any_range_of_it(browser: Browser, here: str, asked: str, first: int, last: int) -> None:
    """A range of bytes is that part of the whole, and says which."""
    whole = browser.get(f"{here}/sound.wav").content
    answer = browser.get(f"{here}/sound.wav", headers={"range": asked})
    begin, end = first % len(whole), last % len(whole)
    assert answer.status_code == 206
    assert answer.content == whole[begin : end + 1]
    assert answer.headers["content-range"] == f"bytes {begin}-{end}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=5-2"])
def test_a_range_that_is_not_there(browser: Browser, here: str, asked: str) -> None:
    """A range beyond the end, or that ends before it begins, is refused."""
    assert browser.get(f"{here}/sound.wav", headers={"range": asked}).status_code == 416


@pytest.mark.parametrize(
    "asked", ["lines=1-2", "bytes=0-1,5-9", "bytes=-", "bytes=a-b", "x" * 9999]
)
def test_a_range_that_is_not_understood_is_the_whole(
    browser: Browser, here: str, asked: str
) -> None:
    """As the standard has it, what is not understood is passed over."""
    answer = browser.get(f"{here}/sound.wav", headers={"range": asked})
    assert len(answer.content) == int(answer.headers["content-length"]) > 100_000


def test_pieces_of_the_plots(browser: Browser, here: str) -> None:
    """Pieces are kept by the browser for good; one that is not there is not found."""
    peaks, tile = browser.get(f"{here}/peaks/0/0"), browser.get(f"{here}/tiles/0/0")
    assert "immutable" in peaks.headers["cache-control"]
    assert tile.content.startswith(b"\x89PNG")
    assert tile.headers["content-type"] == "image/png"
    for path in ("peaks/0/9", "peaks/99/0", "peaks/-1/0", "tiles/0/99", "tiles/7/0", "tiles/0/-1"):
        assert browser.get(f"{here}/{path}").status_code == 404
    assert browser.get(f"{here}/tiles/x/0").status_code == 422


def test_places_are_listed(browser: Browser, folder: Path) -> None:
    """Every place that an examination found stands on the page, with the method that found it."""
    loud = np.clip(4 * sounds.voice(4.0), -1, 1)
    loud[20_000:36_000] = 0
    tape = sounds.write_wav(folder / "loud.wav", loud)
    case = earwitness.new(folder / "loud.case", questioned=[tape])
    list(case.examine(["quality"]))
    places = case.places(case.exhibits[0].sha256)
    text = browser.get(f"/cases/loud.case/listen/{case.exhibits[0].sha256}").text
    assert places
    assert text.count('<button class="place" data-start') == len(places)
    assert all(each.method == "quality_v1" for each in places)


def test_marking(browser: Browser, here: str, case: Case) -> None:
    """A mark is kept in the log under its person's name; who takes it away is logged too."""
    form = {"start_s": "1.5", "end_s": "2.25", "label": "a click"}
    assert browser.post(f"{here}/marks", form).status_code == 303
    (mark,) = case.marks(case.exhibits[0].sha256)
    assert (mark.start_s, mark.end_s, mark.label, mark.who) == (1.5, 2.25, "a click", "ada@desk")
    assert "a click" in browser.get(here).text
    assert browser.post(f"{here}/marks/{mark.number}/remove").status_code == 303
    assert case.marks(case.exhibits[0].sha256) == []
    assert browser.post(f"{here}/marks/{mark.number}/remove").status_code == 422
    assert case.verify().is_whole


@pytest.mark.parametrize(
    ("start_s", "end_s"),
    [("-1", "2"), ("3", "2"), ("nan", "nan"), ("inf", "inf"), ("1e9", "1e9"), ("x", "2")],
)
def test_a_mark_that_is_none(browser: Browser, here: str, start_s: str, end_s: str) -> None:
    """A mark outside of the recording, or backwards, or no number, is refused."""
    answer = browser.post(f"{here}/marks", {"start_s": start_s, "end_s": end_s})
    assert answer.status_code == 422


def test_marks_do_not_change_the_report(browser: Browser, here: str, case: Case) -> None:
    """A person's note is no finding: the report's bytes stay the same."""
    before = case.report("json").read_bytes()
    browser.post(f"{here}/marks", {"start_s": "1", "end_s": "2"})
    assert case.report("json").read_bytes() == before
