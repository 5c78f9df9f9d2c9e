"""Models are fetched whole or not at all, from a real server on this machine."""

from __future__ import annotations

import hashlib
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner

from earwitness.cli.main import earwitness as command
from earwitness.errors import MissingPart
from earwitness.models import KnownModel, ModelFile, Shelf, catalogue
from earwitness.models.shelf import over_https
from earwitness.voices.onnx_model import FAMILIES

CONTENT = bytes(range(256)) * 8_000


class _Server(BaseHTTPRequestHandler):
    """Serves the content; goes on from a byte if it may, and can break off."""

    may_go_on, breaks_off_at, content = True, 0, CONTENT
    asked: list[str | None] = []  # noqa: RUF012

    def do_GET(self) -> None:
        """Answer."""
        wanted = self.headers.get("Range")
        self.asked.append(wanted)
        start = int(wanted.split("=")[1].rstrip("-")) if wanted and self.may_go_on else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(self.content) - start))
        self.end_headers()
        stop = self.breaks_off_at or len(self.content)
        self.wfile.write(self.content[start:stop])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[type[_Server]]:
    """A server with settings of its own."""
    settings = type("Server", (_Server,), {"asked": []})
    serving = ThreadingHTTPServer(("127.0.0.1", 0), settings)
    settings.port = serving.server_port  # type: ignore[attr-defined]
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    yield settings
    serving.shutdown()
    serving.server_close()
    thread.join()


def model(server: type[_Server], *, content: bytes = CONTENT) -> KnownModel:
    """A model of one file."""
    digest = hashlib.sha256(content).hexdigest()
    source = f"http://127.0.0.1:{server.port}/"  # type: ignore[attr-defined]
    file = ModelFile("model.bin", len(content), digest)
    return KnownModel("thing", "test", source, "CC0", "tests", (file,))


@contextmanager
def plainly(url: str, at: int) -> Iterator[tuple[bool, IO[bytes]]]:
    """Over HTTP, to this machine."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={at}-"} if at else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        yield answer.status == 206, answer


def test_a_model_is_fetched_and_found(tmp_path: Path, server: type[_Server]) -> None:
    """All bytes come, progress is told, and a second pull fetches nothing."""
    shelf, told = Shelf(tmp_path), []
    shelf.pull(model(server), fetch=plainly, on_progress=lambda *each: told.append(each))
    assert told[-1] == ("model.bin", len(CONTENT), len(CONTENT))
    assert shelf.find("thing")[1] == hashlib.sha256(CONTENT).hexdigest()
    shelf.pull(model(server), fetch=plainly)
    assert len(server.asked) == 1


@pytest.mark.parametrize("may_go_on", [True, False])
def test_a_broken_pull_goes_on(tmp_path: Path, server: type[_Server], may_go_on: bool) -> None:
    """What has come is kept; a server that cannot go on from there is read from the beginning."""
    server.breaks_off_at = 700_000
    with pytest.raises(MissingPart, match="try again"):
        Shelf(tmp_path).pull(model(server), fetch=plainly)
    assert not (tmp_path / "thing" / "model.bin").exists()
    server.breaks_off_at, server.may_go_on = 0, may_go_on
    Shelf(tmp_path).pull(model(server), fetch=plainly)
    assert server.asked == [None, "bytes=700000-"]
    assert (tmp_path / "thing" / "model.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT[::-1], CONTENT + b"more"])
def test_other_bytes_are_refused(tmp_path: Path, server: type[_Server], content: bytes) -> None:
    """A file with another hash is removed; bytes beyond its size are never written."""
    server.content = content
    if content.startswith(CONTENT):
        Shelf(tmp_path).pull(model(server), fetch=plainly)
        assert (tmp_path / "thing" / "model.bin").stat().st_size == len(CONTENT)
        return
    with pytest.raises(MissingPart, match="not the file that was expected"):
        Shelf(tmp_path).pull(model(server), fetch=plainly)
    assert list((tmp_path / "thing").iterdir()) == []


def test_a_server_that_is_not_there(tmp_path: Path, server: type[_Server]) -> None:
    """No network is said in one sentence."""
    gone = KnownModel("thing", "", "http://127.0.0.1:1/", "", "", model(server).files)
    with pytest.raises(MissingPart, match="could not be fetched"):
        Shelf(tmp_path).pull(gone, fetch=plainly)


def test_shelves_are_told_apart(tmp_path: Path) -> None:
    """Each file with its size; an empty shelf, and none at all, hold nothing."""
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "model.bin").write_bytes(b"12345")
    (tmp_path / "lock.json").write_bytes(b"{}")
    assert Shelf(tmp_path).sizes() == {"lock.json": 2, "one/model.bin": 5}
    assert Shelf(tmp_path / "none").sizes() == {}


def test_only_https_is_spoken() -> None:
    """An address without HTTPS is refused before anything is sent."""
    with pytest.raises(MissingPart, match="HTTPS"), over_https("http://127.0.0.1:1/x", 0):
        pass


def test_the_catalogue_is_pinned() -> None:
    """Each file has an address at a commit, a size and a SHA-256; each model has what is loaded."""
    for known in catalogue().values():
        if known.family:
            continue
        commit = known.source.split("/resolve/")[1].strip("/")
        assert known.source.startswith("https://") and len(commit) == 40
        assert {"model.bin", "config.json", "tokenizer.json"} <= {file.name for file in known.files}
        assert all(file.size > 0 and len(file.sha256) == 64 for file in known.files)


def test_speaker_models_are_pinned_by_the_first_pull() -> None:
    """Their addresses name no commit, so nothing is known beforehand; each is one file with a front end."""
    speaker_models = [known for known in catalogue().values() if known.family]
    assert "wespeaker-resnet34-lm" in {known.name for known in speaker_models}
    for known in speaker_models:
        assert known.source.startswith("https://") and known.source.endswith("/")
        assert len(known.files) == 1 and known.files[0].name.endswith(".onnx")
        assert known.family in FAMILIES and not known.is_pinned


def unpinned(server: type[_Server]) -> KnownModel:
    """A speaker model whose hash nobody knows."""
    source = f"http://127.0.0.1:{server.port}/"  # type: ignore[attr-defined]
    return KnownModel("voice", "", source, "", "", (ModelFile("voice.onnx"),), "wespeaker")


def test_the_first_pull_notes_the_hash(tmp_path: Path, server: type[_Server]) -> None:
    """In the lock file; the second pull of the same asks nobody."""
    shelf = Shelf(tmp_path)
    assert not shelf.has(unpinned(server))
    shelf.pull(unpinned(server), fetch=plainly)
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert shelf.locked() == {
        "voice": {"file": "voice.onnx", "sha256": digest, "family": "wespeaker"}
    }
    path, family = shelf.find_speaker_model("voice")
    assert path.read_bytes() == CONTENT and family == "wespeaker"
    assert shelf.has(unpinned(server))
    asked = len(server.asked)
    shelf.pull(unpinned(server), fetch=plainly)
    assert len(server.asked) == asked


def test_another_file_than_that_of_the_first_pull(tmp_path: Path, server: type[_Server]) -> None:
    """It is refused and removed, whoever serves it."""
    shelf = Shelf(tmp_path)
    shelf.pull(unpinned(server), fetch=plainly)
    (tmp_path / "voice" / "voice.onnx").unlink()
    server.content = CONTENT[:-1] + b"x"
    with pytest.raises(MissingPart, match="not the file of the first pull"):
        shelf.pull(unpinned(server), fetch=plainly)
    assert list((tmp_path / "voice").iterdir()) == []


def test_an_unpinned_file_that_came_in_part(tmp_path: Path, server: type[_Server]) -> None:
    """It is not noted: the half of a file would be all that is accepted from then on."""
    server.breaks_off_at = 1_000_000
    with pytest.raises(MissingPart):
        Shelf(tmp_path).pull(unpinned(server), fetch=plainly)
    assert Shelf(tmp_path).locked() == {}


def test_a_speaker_model_that_was_changed_on_the_disk(tmp_path: Path) -> None:
    """It is refused; one of the user's own is noted under a name with its hash."""
    source = tmp_path / "My Model.onnx"
    source.write_bytes(b"weights")
    shelf = Shelf(tmp_path / "models")
    name = shelf.put_speaker_model(source, family="nemo")
    assert name.startswith("my-model-") and shelf.find_speaker_model(name)[1] == "nemo"
    assert shelf.put_speaker_model(source, family="nemo") == name
    shelf.find_speaker_model(name)[0].write_bytes(b"other")
    with pytest.raises(MissingPart, match="not the file that was pulled"):
        shelf.find_speaker_model(name)
    with pytest.raises(MissingPart, match="not on this machine"):
        shelf.find_speaker_model("eres2net")
    (tmp_path / "models" / "lock.json").write_bytes(b"{")
    with pytest.raises(MissingPart, match="lock file"):
        shelf.locked()


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list says what is here; an unknown model is refused with the names of the known ones."""
    monkeypatch.setenv("EARWITNESS_MODELS", str(tmp_path))
    run = CliRunner().invoke
    assert "not here" in run(command, ["models", "list"]).output
    assert run(command, ["models", "where"]).output.strip() == str(tmp_path)
    refused = run(command, ["models", "pull", "huge"])
    assert isinstance(refused.exception, MissingPart) and "large-v3" in str(refused.exception)
