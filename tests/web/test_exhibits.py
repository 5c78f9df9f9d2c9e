"""Exhibits over the web: in by upload, out as files, and nothing half in after a kill."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from desks import Browser, Served

import earwitness
import sounds

CASE = "/cases/examined.case"


def waves(seconds: float, folder: Path) -> bytes:
    """A recording's bytes."""
    return sounds.write_wav(folder / "upload.wav", sounds.noise(seconds, seed=7)).read_bytes()


def test_an_upload_becomes_an_exhibit(browser: Browser, folder: Path, tmp_path: Path) -> None:
    """The answer comes when the file is whole, hashed and logged, under its name and its user."""
    content = waves(1.0, tmp_path)
    answer = browser.upload(f"{CASE}/exhibits", content, role="known", file="tape.wav", speaker="Ö")
    assert answer.status_code == 200
    said = answer.json()
    assert said["sha256"] == hashlib.sha256(content).hexdigest()
    assert said["is_new"] is True
    case = earwitness.open(folder / "examined.case")
    assert case.exhibit(said["sha256"]).path.read_bytes() == content
    assert (case.exhibit(said["sha256"]).speaker, case.custody[-1].who) == ("Ö", "ada@desk")
    assert case.verify().is_whole
    again = browser.upload(f"{CASE}/exhibits", content, role="known", file="tape.wav", speaker="Ö")
    assert again.json()["is_new"] is False


@pytest.mark.parametrize(
    ("file", "kept"),
    [
        ("../../../etc/passwd", "passwd"),
        ("C:\\Users\\otto\\tape.wav", "tape.wav"),
        ("/", "file"),
        ("a\nb.wav", "a\\x0ab.wav"),
        ("gpj\u202e.exe", "gpj\\u202e.exe"),
        ("رسالة.wav", "رسالة.wav"),
    ],
)
def test_a_name_is_only_a_name(
    browser: Browser, folder: Path, tmp_path: Path, file: str, kept: str
) -> None:
    """What a file is called decides nothing of where it lies."""
    before = {path.name for path in folder.parent.rglob("*")}
    answer = browser.upload(f"{CASE}/exhibits", waves(0.5, tmp_path), role="known", file=file)
    assert answer.json()["name"] == kept
    new = {path.name for path in folder.parent.rglob("*") if path.is_file()} - before
    strays = [name for name in new if "passwd" in name or "tape" in name or ".exe" in name]
    assert not strays


@pytest.mark.parametrize(
    ("content", "role", "said"),
    [
        (b"this is no sound", "questioned", "not a recording"),
        (b"", "document", "empty"),
        (b"not a transcript", "transcript", "transcript is of a recording"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(
    browser: Browser, folder: Path, content: bytes, role: str, said: str
) -> None:
    """A file that is refused is told in words; the case is as before."""
    case = earwitness.open(folder / "examined.case")
    before = (len(case.custody), sorted(path.name for path in (case.path / "exhibits").iterdir()))
    answer = browser.upload(f"{CASE}/exhibits", content, role=role, file="x")
    assert answer.status_code == 422
    assert said in answer.json()["what"]
    after = (len(case.custody), sorted(path.name for path in (case.path / "exhibits").iterdir()))
    assert before == after
    assert not list((case.path / "cache" / "desk" / "incoming").iterdir())


def test_a_document_is_drafted_as_it_comes(browser: Browser, folder: Path) -> None:
    """An article is added and its statements are drafted; a picture is kept, with a note."""
    article = "Otto Anders was born in Nurheim in 1975, according to a ministry statement.\n"
    answer = browser.upload(f"{CASE}/exhibits", article.encode(), role="document", file="a.txt")
    assert answer.json()["note"] == ""
    assert "Otto Anders" in browser.get(f"{CASE}/dossier?document={answer.json()['sha256']}").text
    picture = browser.upload(
        f"{CASE}/exhibits", b"\x89PNG\r\n\x1a\n" + bytes(99), role="document", file="p"
    )
    assert picture.status_code == 200


def test_a_transcript_belongs_to_its_recording(browser: Browser, folder: Path) -> None:
    """A transcript is added for the recording that is chosen, and its words stand on its page."""
    recording = earwitness.open(folder / "examined.case").exhibits[0].sha256
    text = b"1\n00:00:00,500 --> 00:00:02,000\nThe sea is calm.\n"
    answer = browser.upload(
        f"{CASE}/exhibits", text, role="transcript", file="t.srt", of=recording, language="en"
    )
    assert answer.status_code == 200
    assert "The sea is calm." in browser.get(f"{CASE}/listen/{recording}").text


def test_an_upload_larger_than_the_disk_is_refused_at_once(browser: Browser) -> None:
    """The size that a browser announces is compared with the room there is."""
    answer = browser.client.post(
        f"{CASE}/exhibits",
        params={"role": "questioned", "file": "x"},
        headers={"x-csrf-token": browser.token, "content-length": str(1 << 50)},
        content=b"x",
    )
    assert answer.status_code == 422
    assert "no room" in answer.json()["what"]


def test_withdrawing(browser: Browser, folder: Path) -> None:
    """An exhibit that is withdrawn plays no role, and its page is gone."""
    case = earwitness.open(folder / "examined.case")
    known = case.exhibits[1].sha256
    list(case.prepare(known))
    assert browser.get(f"{CASE}/listen/{known}/sound.wav").status_code == 200
    assert browser.post(f"{CASE}/exhibits/{known}/withdraw").status_code == 303
    assert browser.post(f"{CASE}/exhibits/{known}/withdraw").status_code == 404
    for path in ("", "/sound.wav", "/tiles/0/0", "/facts"):
        assert browser.get(f"{CASE}/listen/{known}{path}").status_code == 404


def test_a_file_comes_out_as_it_went_in(browser: Browser, folder: Path) -> None:
    """The bytes as received, to be saved: never as something that the browser would run."""
    case = earwitness.open(folder / "examined.case")
    for exhibit in case.exhibits:
        answer = browser.get(f"{CASE}/exhibits/{exhibit.sha256}/file")
        assert answer.content == exhibit.path.read_bytes()
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]
        kind = answer.headers["content-type"]
        assert kind == ("audio/wav" if exhibit.role.is_recording else "application/octet-stream")


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    """The desk's folder, served by a process that does not outlive the test."""
    desk = Served(folder)
    yield desk
    desk.kill()


def test_a_kill_during_an_upload_loses_nothing_that_was_acknowledged(
    folder: Path, tmp_path: Path, served: Served
) -> None:
    """What was answered for is in the case; what was half there is gone when the case is next opened."""
    whole, half = waves(1.0, tmp_path), waves(30.0, tmp_path)
    path = f"{CASE}/exhibits?role=known&file=whole.wav"
    assert b"200 OK" in served.send(served.head(path, len(whole)) + whole)
    with served.open() as connection:
        path = f"{CASE}/exhibits?role=known&file=half.wav"
        connection.sendall(served.head(path, len(half)) + half[: len(half) // 2])
        incoming = folder / "examined.case" / "cache" / "desk" / "incoming"
        until = time.monotonic() + 20
        while not any(each.stat().st_size for each in incoming.iterdir()):
            assert time.monotonic() < until
            time.sleep(0.02)
        served.kill()
    assert any(incoming.iterdir())
    case = earwitness.open(folder / "examined.case")
    assert not any(incoming.iterdir())
    assert hashlib.sha256(whole).hexdigest() in [each.sha256 for each in case.exhibits]
    assert hashlib.sha256(half).hexdigest() not in [each.sha256 for each in case.exhibits]
    assert case.verify().is_whole


@pytest.mark.in_folder
def test_a_kill_during_examinations_keeps_what_had_ended(
    folder: Path, tmp_path: Path, browser: Browser, served: Served
) -> None:
    """The page then says what happened and what to do, and the same button goes on from there."""
    long = sounds.write_wav(tmp_path / "long.wav", sounds.noise(400.0, seed=3))
    earwitness.new(folder / "long.case", questioned=[long])
    assert b"303 See Other" in served.send(served.head("/cases/long.case/examine", 0))
    note = folder / "long.case" / "cache" / "desk" / "examining.json"
    until = time.monotonic() + 20
    while not note.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    workers = children_of(served.process.pid)
    served.kill()
    case = earwitness.open(folder / "long.case")
    assert case.verify().is_whole
    text = browser.get("/cases/long.case").text
    assert "The desk was ended while it examined this case." in text
    assert browser.post("/cases/long.case/examine", {"only": "container"}).status_code == 303
    while (
        '<form method="post" action="/cases/long.case/stop">'
        in browser.get("/cases/long.case").text
    ):
        assert time.monotonic() < until + 60
        time.sleep(0.1)
    assert "The desk was ended" not in browser.get("/cases/long.case").text
    assert [each.method for each in case.outcomes()].count("container_v1") == 1
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < until + 60, "workers must not outlive the desk"
        time.sleep(0.1)


def children_of(process: int) -> list[int]:
    """The processes that a process has started."""
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(each) for each in found if Path(f"/proc/{each}").exists()]
