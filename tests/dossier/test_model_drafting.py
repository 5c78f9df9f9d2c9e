"""Drafting with a language model: a real server on this machine, whose answers the tests hold."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

import earwitness
from earwitness.cli.main import earwitness as entrance
from earwitness.dossier import model_drafting
from earwitness.dossier.drafting import Source
from earwitness.dossier.model_drafting import Endpoint, draft_with_model
from earwitness.dossier.statement import Manner, Property
from earwitness.errors import ModelUnreachable

TEXT = (
    "The colonel was reportedly buried near Tine last May, a driver said.\n"
    "Colonel Idris Mahamat was born in Am Daga.\n"
)
SOURCE = Source("a" * 64, date(2018, 9, 20), "The Paper")
BURIED = {
    "quote": "The colonel was reportedly buried near Tine last May, a driver said.",
    "subject": "The colonel",
    "property": "died_on",
    "value": "last May",
    "said_by": ["a driver"],
}
BORN = {
    "quote": "Colonel Idris Mahamat was born in Am Daga.",
    "subject": "Idris Mahamat",
    "property": "born_in",
    "value": "Am Daga",
    "said_by": [],
}
Answer = Callable[[BaseHTTPRequestHandler, dict[str, object]], None]


def listing(*statements: object) -> Answer:
    """A server's answer that lists statements, as OpenAI-compatible servers put it."""
    content = json.dumps({"statements": list(statements)})
    return raw(json.dumps({"choices": [{"message": {"content": content}}]}).encode())


def raw(body: bytes, status: int = 200, **headers: str) -> Answer:
    """A server's answer, byte for byte."""

    def answer(handler: BaseHTTPRequestHandler, asked: dict[str, object]) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """A server on a free port of this machine, and what it was asked."""
    asked: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            asked.append({"path": self.path, **json.loads(self.rfile.read(length))})
            with suppress(BrokenPipeError, ConnectionResetError):  # the client has had enough
                answer(self, asked[-1])

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_what_quotes_the_document_is_kept() -> None:
    """The span is the document's, the days and the hedge are the rules', the model is named."""
    with serving(listing(BURIED, BORN)) as (url, asked):
        found = draft_with_model(TEXT, SOURCE, Endpoint(url, "tiny"))
    buried, born = found.statements
    assert found.dropped == {}
    assert asked[0]["path"] == "/v1/chat/completions"
    assert asked[0]["model"] == "tiny"
    assert TEXT[buried.start : buried.end] == buried.wording == BURIED["quote"]
    assert buried.value.earliest == date(2018, 5, 1)
    assert (buried.manner, buried.hedge) == (Manner.HEDGED, "reportedly")
    assert buried.said_by == ("The Paper", "a driver")
    assert buried.drafted_by == "model:tiny"
    assert (born.property, born.manner) == (Property.BORN_IN, Manner.ASSERTED)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"quote": "The colonel was buried near Tine."}, "the quotation is not in the document"),
        ({"value": "last June"}, "the value is not in the quotation"),
        ({"said_by": ["a minister"]}, "a name is not in the document"),
        ({"subject": "General Saleh"}, "a name is not in the document"),
        ({"property": "guilt"}, "no such property"),
        ({"quote": None}, "a field is missing"),
        ({"subject": "x" * 5_000}, "a field is missing"),
    ],
)
def test_what_does_not_is_dropped_and_counted(changes: dict[str, object], why: str) -> None:
    """One word that is not the document's, and the statement is gone; the reason is told."""
    with serving(listing({**BURIED, **changes}, BORN, 7)) as (url, _):
        found = draft_with_model(TEXT, SOURCE, Endpoint(url, "tiny"))
    assert [one.property for one in found.statements] == [Property.BORN_IN]
    assert found.dropped == {why: 1, "not a statement": 1}


def test_a_failed_check_is_never_drafted_as_asserted() -> None:
    """Whatever the model makes of it: who could not verify did not assert."""
    text = "The ministry examined the tape."
    given = {
        "quote": text,
        "subject": "the tape",
        "property": "verification",
        "value": "could not verify",
    }
    with serving(listing(given)) as (url, _):
        (found,) = draft_with_model(text, SOURCE, Endpoint(url, "tiny")).statements
    assert found.manner is Manner.UNCONFIRMED


def test_a_long_document_goes_in_parts() -> None:
    """Each part is asked for, up to a bound; a quotation is looked for in its own part only."""
    text = "\n".join(f"{number} {TEXT}" for number in range(200))
    with serving(listing(BORN)) as (url, asked):
        found = draft_with_model(text, SOURCE, Endpoint(url, "tiny"))
    assert len(asked) == len(found.statements) > 3


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"no JSON"),
        raw(b'{"choices": []}'),
        raw(b"[" * 100_000),
        raw(b"busy", 503),
        raw(b"", 302, Location="http://127.0.0.1:1/v1"),
        raw(b" " * 3_000_000),
    ],
    ids=["no JSON", "no answer in it", "nested", "an error", "a redirect", "3 MB"],
)
def test_a_bad_answer_is_an_error_of_its_own(answer: Answer) -> None:
    """A server that answers nonsense, too much, or with another address is named so."""
    with serving(answer) as (url, _), pytest.raises(ModelUnreachable):
        draft_with_model(TEXT, SOURCE, Endpoint(url, "tiny"))


def test_a_server_that_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte now and then does not hold the desk for longer than the time for an answer."""

    def trickle(handler: BaseHTTPRequestHandler, asked: dict[str, object]) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    began = time.monotonic()
    with serving(trickle) as (url, _), pytest.raises(ModelUnreachable):
        draft_with_model(TEXT, SOURCE, Endpoint(url, "tiny", timeout_s=0.5))
    assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/v1",
        "http://10.0.0.7:8080/v1",
        "file:///etc/passwd",
        "http://user:secret@127.0.0.1/v1",
        "nonsense",
    ],
)
def test_no_document_leaves_the_machine_unasked(url: str) -> None:
    """Another host must be named a second time; other addresses are none."""
    with pytest.raises(ModelUnreachable):
        draft_with_model(TEXT, SOURCE, Endpoint(url, "tiny"))


def test_a_named_host_is_allowed() -> None:
    """The address of another machine on the desk's network, where the person names it."""
    endpoint = Endpoint("http://10.0.0.7:8080/v1", "tiny", "10.0.0.7")
    assert model_drafting._address(endpoint) == "http://10.0.0.7:8080/v1/chat/completions"


def test_on_the_command_line(tmp_path: Path) -> None:
    """Rules and model draft side by side; what was dropped is told; without the option, no server is asked."""
    case = earwitness.new(tmp_path / "case", who="desk")
    (tmp_path / "a.txt").write_text("published: 2018-09-20\n\n" + TEXT)
    with serving(listing(BORN, {**BURIED, "value": "in June"})) as (url, asked):
        arguments = ["dossier", "draft", str(case.path), str(tmp_path / "a.txt")]
        CliRunner().invoke(entrance, arguments, catch_exceptions=False)
        assert asked == []
        ran = CliRunner().invoke(
            entrance, [*arguments, "--model-url", url, "--model", "tiny"], catch_exceptions=False
        )
    assert "dropped of the model's drafts: 1, the value is not in the quotation" in ran.output
    drafted = {one.drafted_by for one in case.dossier.read().statements.values()}
    assert drafted == {"rules_v1", "model:tiny"}
