"""Content credentials: valid, tampered with, absent, elsewhere and not checkable, without a network."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import c2pa
import pytest
import recordings
import signing

from earwitness.evidence.credentials import Credentials, CredentialState, read_credentials
from earwitness.evidence.structure import read_structure

SIGNABLE = {"wav": "audio/wav", "mp3": "audio/mpeg", "m4a": "audio/mp4", "flac": "audio/flac"}


def look(path: Path) -> Credentials:
    """Read a file's structure and then its credentials."""
    return read_credentials(path, read_structure(path))


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, as an address and a list of what was asked of it."""
    paths: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/manifest.c2pa", paths
        server.shutdown()


@pytest.mark.parametrize("kind", SIGNABLE)
def test_a_signed_file_tells_who_signed_what(tmp_path: Path, kind: str) -> None:
    """Signer, issuer, program and actions come from the manifest; the certificate is on no list."""
    plain = recordings.write(tmp_path / f"plain.{kind}", kind)
    found = look(signing.sign(plain, tmp_path / f"signed.{kind}", SIGNABLE[kind]))
    assert found.state is CredentialState.VALID
    assert (found.signer, found.issuer) == ("Example Desk", "Example Desk Ltd")
    assert found.generator == "Example Recorder 1.0"
    assert found.actions == ("c2pa.created by Example Recorder (digitalCapture)",)
    assert found.failures == ()
    assert not found.is_on_trust_list
    assert found.signed_at == ""


@pytest.mark.parametrize("kind", ["wav", "m4a", "mp3"])
def test_a_changed_sound_breaks_the_credentials(tmp_path: Path, kind: str) -> None:
    """One changed byte of sound is found, with the specification's code for it."""
    plain = recordings.write(tmp_path / f"plain.{kind}", kind)
    signed = signing.sign(plain, tmp_path / f"signed.{kind}", SIGNABLE[kind])
    data = bytearray(signed.read_bytes())
    places = {"wav": data.find(b"data") + 3000, "m4a": data.find(b"mdat") + 3000}
    data[places.get(kind, len(data) - 300)] ^= 0xFF
    signed.write_bytes(data)
    found = look(signed)
    assert found.state is CredentialState.INVALID
    assert any("Hash.mismatch" in code for code in found.failures), found.failures


def test_a_changed_manifest_breaks_the_credentials(tmp_path: Path) -> None:
    """Who renames the program in the manifest breaks the signature over it."""
    plain = recordings.write(tmp_path / "plain.wav", "wav")
    signed = signing.sign(plain, tmp_path / "signed.wav", "audio/wav")
    data = signed.read_bytes()
    assert b"Example Recorder" in data
    signed.write_bytes(data.replace(b"Example Recorder", b"Another Recorder"))
    found = look(signed)
    assert found.state is CredentialState.INVALID
    assert found.failures


@pytest.mark.parametrize("kind", SIGNABLE)
def test_a_file_without_credentials(tmp_path: Path, kind: str) -> None:
    """Where the format can be checked and nothing is there, that is what is said."""
    found = look(recordings.write(tmp_path / f"plain.{kind}", kind))
    assert found == Credentials(CredentialState.NONE)


@pytest.mark.parametrize("kind", ["ogg", "webm", "amr", "wma", "aac", "aiff", "caf"])
def test_formats_that_cannot_be_checked_are_not_said_to_have_none(
    tmp_path: Path, kind: str
) -> None:
    """Not checkable is a state of its own, and names the format."""
    path = recordings.write(tmp_path / f"plain.{kind}", kind)
    found = look(path)
    assert found.state is CredentialState.NOT_CHECKABLE
    assert read_structure(path).format in found.reason


def test_credentials_elsewhere_are_not_fetched(
    tmp_path: Path, asked: tuple[str, list[str]]
) -> None:
    """The address that a file names is told, and nothing is asked of it.

    The library's own default does ask, which shows that this test can fail.
    """
    address, paths = asked
    plain = recordings.write(tmp_path / "plain.wav", "wav")
    signed = signing.sign(plain, tmp_path / "signed.wav", "audio/wav", remote_url=address)
    found = look(signed)
    assert found.state is CredentialState.NOT_CHECKABLE
    assert address in found.reason
    assert paths == []
    with signed.open("rb") as stream, pytest.raises(c2pa.C2paError):
        c2pa.Reader("audio/wav", stream)
    assert paths == ["/manifest.c2pa"]


def test_no_socket_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at a signed file works where Python can open no socket at all."""
    plain = recordings.write(tmp_path / "plain.wav", "wav")
    signed = signing.sign(plain, tmp_path / "signed.wav", "audio/wav")

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert look(signed).state is CredentialState.VALID


def test_a_broken_manifest_is_not_none(tmp_path: Path) -> None:
    """A manifest that can't be read is not the absence of one."""
    plain = recordings.write(tmp_path / "plain.wav", "wav")
    signed = signing.sign(plain, tmp_path / "signed.wav", "audio/wav")
    data = bytearray(signed.read_bytes())
    place = data.find(b"C2PA") + 16
    data[place : place + 200] = bytes(200)
    signed.write_bytes(data)
    found = look(signed)
    assert found.state in {CredentialState.NOT_CHECKABLE, CredentialState.INVALID}
    assert found.reason or found.failures
