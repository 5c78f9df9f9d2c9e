"""Time stamps by a real authority, made here with openssl: asked over HTTP, verified without a network."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import earwitness
from earwitness.errors import MissingPart, StampRefused
from earwitness.evidence import timestamp
from earwitness.evidence.timestamp import ask_for_stamp, check_stamp, read_roots

pytest.importorskip("rfc3161_client", reason="the extra 'stamp' is not installed")
HEAD = "ab" * 32
CONFIG = """
[tsa]
default_tsa = tsa1
[tsa1]
dir = {folder}
serial = $dir/serial
crypto_device = builtin
signer_cert = $dir/tsa.pem
signer_key = $dir/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
keyUsage = critical, keyCertSign, cRLSign
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class Authority:
    """A time-stamping authority with a root of its own."""

    def __init__(self, folder: Path, name: str = "root") -> None:
        self.folder = folder
        (folder / "tsa.conf").write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        key = ("-newkey", "rsa:2048", "-nodes", "-config", str(folder / "tsa.conf"))
        self._run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650",
                  "-subj", f"/CN={name}", "-extensions", "ca")  # fmt: skip
        self._run("req", "-new", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=tsa")
        self._run("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                  "-CAcreateserial", "-days", "3650", "-extfile", "tsa.conf", "-extensions", "leaf",
                  "-out", "tsa.pem")  # fmt: skip
        self.roots = (folder / "ca.pem").read_bytes()

    def answer(self, query: bytes) -> bytes:
        """Stamp what a query asks for."""
        (self.folder / "query.tsq").write_bytes(query)
        self._run("ts", "-reply", "-config", "tsa.conf", "-queryfile", "query.tsq", "-out", "a.tsr")
        return (self.folder / "a.tsr").read_bytes()

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.folder, capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which plays the authority, is not installed")
    return Authority(tmp_path_factory.mktemp("tsa"))


Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve answers on loopback; give the address."""
    servers: list[HTTPServer] = []

    def start(answer: Callable[[bytes], bytes], *, status: int = 200, location: str = "") -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Answer a query."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/timestamp-query"
                content = answer(body)
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/tsr"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_stamp_holds(authority: Authority, serve: Serve) -> None:
    """The authority signs the hash of the head; the root that is trusted leads to its signature."""
    seen: list[bytes] = []

    def answer(query: bytes) -> bytes:
        seen.append(query)
        return authority.answer(query)

    stamp = ask_for_stamp(HEAD, serve(answer))
    assert stamp.stamped_at.endswith("Z")
    assert check_stamp(stamp.token, HEAD, authority.roots) == stamp.stamped_at
    assert HEAD.encode() not in seen[0]
    assert len(seen[0]) < 100  # a hash, its algorithm and a nonce: nothing else leaves the machine


def test_openssl_finds_it_good(authority: Authority, serve: Serve, tmp_path: Path) -> None:
    """Another implementation verifies the token over the same text."""
    stamp = ask_for_stamp(HEAD, serve(authority.answer))
    (tmp_path / "a.tsr").write_bytes(stamp.token)
    (tmp_path / "head").write_text(HEAD)
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-in", "a.tsr", "-data", "head", "-CAfile",
         str(authority.folder / "ca.pem")],
        cwd=tmp_path, capture_output=True, timeout=60,
    )  # fmt: skip
    assert b"Verification: OK" in done.stdout + done.stderr


def test_a_stamp_of_something_else_does_not_hold(
    authority: Authority, serve: Serve, tmp_path: Path
) -> None:
    """Another head; another root; a token with a flipped bit; roots that are none."""
    stamp = ask_for_stamp(HEAD, serve(authority.answer))
    with pytest.raises(StampRefused, match="does not hold"):
        check_stamp(stamp.token, "cd" * 32, authority.roots)
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other", "another root")
    with pytest.raises(StampRefused, match="does not hold"):
        check_stamp(stamp.token, HEAD, other.roots)
    flipped = bytearray(stamp.token)
    flipped[-20] ^= 1
    with pytest.raises(StampRefused):
        check_stamp(bytes(flipped), HEAD, authority.roots)
    with pytest.raises(StampRefused, match="no certificate"):
        check_stamp(stamp.token, HEAD, b"hello")


def test_an_answer_to_another_question_is_refused(authority: Authority, serve: Serve) -> None:
    """A replayed token has another nonce, and so is not taken for this one's."""
    old = ask_for_stamp("cd" * 32, serve(authority.answer)).token
    with pytest.raises(StampRefused, match="another request"):
        ask_for_stamp(HEAD, serve(lambda _: old))


def test_what_is_no_stamp_is_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise, an error, an answer without end, a redirection, nobody there, another scheme."""
    with pytest.raises(StampRefused, match="no time stamp"):
        ask_for_stamp(HEAD, serve(lambda _: b"hello"))
    with pytest.raises(StampRefused, match="cannot be reached"):
        ask_for_stamp(HEAD, serve(lambda _: b"", status=500))
    with pytest.raises(StampRefused, match="cannot be reached"):
        ask_for_stamp(HEAD, serve(lambda _: b"", status=302, location="http://127.0.0.1:9/x"))
    with pytest.raises(StampRefused, match="cannot be reached"):
        ask_for_stamp(HEAD, "http://127.0.0.1:9/")
    for address in ("file:///etc/passwd", "ftp://x.org/", "tsa.example"):
        with pytest.raises(StampRefused, match="http or https"):
            ask_for_stamp(HEAD, address)
    monkeypatch.setattr(timestamp, "MAX_BYTES", 10)
    with pytest.raises(StampRefused, match="too large"):
        ask_for_stamp(HEAD, serve(lambda _: bytes(100)))


def test_a_case_is_stamped_and_checked(
    authority: Authority, serve: Serve, examined: Path, tmp_path: Path
) -> None:
    """The token is in the log, the report says the time; it holds in the bag at another desk."""
    case = earwitness.open(examined, who="ada@desk")
    with pytest.raises(StampRefused, match="no time stamp"):
        case.publication.check_stamps(authority.roots)
    head = case.custody[-1]
    at = case.publication.stamp(serve(authority.answer))
    entry = case.custody[-1]
    assert (entry.act, entry.details["head"]) == ("stamp", head.hash)
    (checked,) = case.publication.check_stamps(authority.roots)
    assert (checked.number, checked.head, checked.stamped_at) == (head.number, head.hash, at)
    (part,) = case.report_data().stamps
    assert (part.stamped_at, part.number) == (at, head.number)
    assert "It does not show that what the log says is true" in case.report().read_text()
    (bag,) = case.publication.export("bag", tmp_path / "a.bag")
    theirs, _ = earwitness.open_bag(bag, tmp_path / "theirs.case")
    roots = tmp_path / "roots.pem"
    roots.write_bytes(authority.roots)
    assert theirs.publication.check_stamps(read_roots(roots)) == [checked]


def test_a_refusal_leaves_the_log_as_it_was(case: earwitness.Case, serve: Serve) -> None:
    """Nothing is logged that did not happen."""
    before = len(case.custody)
    with pytest.raises(StampRefused):
        case.publication.stamp(serve(lambda _: b"no"))
    assert len(case.custody) == before


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra, by its name."""
    monkeypatch.setitem(__import__("sys").modules, "rfc3161_client", None)
    with pytest.raises(MissingPart, match=r"earwitness\[stamp\]"):
        ask_for_stamp(HEAD, "http://127.0.0.1:9/")
