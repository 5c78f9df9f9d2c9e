"""Time stamps of the custody log by an outside authority (RFC 3161).

What is sent is the SHA-256 of the head's hash, and nothing else of the case. A stamp shows that the
log existed, as it was, at the time that the authority states; not that what it says is true.
Verification needs no network: the token holds the authority's certificate, and the desk names the
root that it trusts.

Source
------
RFC 3161, Internet X.509 Public Key Infrastructure Time-Stamp Protocol; RFC 5816.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from earwitness.errors import MissingPart, StampRefused

MAX_BYTES = 1_000_000
TIMEOUT_S = 30.0
_CONTENT_TYPE = "application/timestamp-query"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A token, as the authority sent it, and the time in it (UTC, ISO 8601)."""

    token: bytes
    stamped_at: str


def ask_for_stamp(head_hash: str, authority: str) -> Stamp:
    """Ask an authority to stamp the head of a custody log.

    Parameters
    ----------
    head_hash : str
        In hexadecimal; its text is what is stamped.
    authority : str
        An address, http or https.

    Raises
    ------
    StampRefused
        If the authority cannot be reached, refuses, or stamps something else.
    MissingPart
        If the package that reads and writes the protocol is not installed.
    """
    client = _client()
    request = (
        client.TimestampRequestBuilder()
        .data(head_hash.encode("ascii"))
        .hash_algorithm(client.HashAlgorithm.SHA256)
        .build()
    )
    token = _post(authority, request.as_bytes())
    response = _decoded(token)
    if response.tst_info.nonce != request.nonce:
        raise StampRefused("the authority answered another request than was sent")
    imprint = response.tst_info.message_imprint
    if bytes(imprint.message) != bytes(request.message_imprint.message):
        raise StampRefused("the authority stamped something else than was sent")
    return Stamp(token, _time_of(response))


def check_stamp(token: bytes, head_hash: str, roots: bytes) -> str:
    """Check a token against the head that it is said to be of; give the time in it.

    Parameters
    ----------
    token : bytes
    head_hash : str
    roots : bytes
        Certificates that the desk trusts, as PEM.

    Raises
    ------
    StampRefused
        If the token is of something else, or does not lead to one of the roots.
    MissingPart
    """
    client = _client()
    from cryptography import x509  # noqa: PLC0415  (comes with the client)

    try:
        trusted = x509.load_pem_x509_certificates(roots)
    except ValueError as error:
        raise StampRefused("there is no certificate in that file", expected="PEM") from error
    response = _decoded(token)
    builder = client.VerifierBuilder(roots=list(trusted))
    try:
        builder.build().verify_message(response, head_hash.encode("ascii"))
    except (client.VerificationError, ValueError) as error:
        raise StampRefused("the stamp does not hold", got=str(error)[:200]) from error
    return _time_of(response)


def read_roots(path: Path) -> bytes:
    """Read a file of certificates, of bounded size.

    Raises
    ------
    StampRefused
    """
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise StampRefused("that file is too large for certificates", got=path.name)
    return content


def _post(authority: str, body: bytes) -> bytes:
    if urlsplit(authority).scheme not in ("http", "https"):
        raise StampRefused("an authority has an http or https address", got=authority[:100])
    request = urllib.request.Request(  # noqa: S310  (http and https only, as checked above)
        authority, data=body, headers={"Content-Type": _CONTENT_TYPE}
    )
    try:
        with _opener().open(request, timeout=TIMEOUT_S) as answer:
            content: bytes = answer.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise StampRefused(
            "the authority cannot be reached",
            got=f"{authority[:100]}: {error}",
            do="look at its address, and whether this machine may use the network",
        ) from error
    if len(content) > MAX_BYTES:
        raise StampRefused("the authority's answer is too large")
    return content


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What was asked of one address is not sent on to another."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""
        return


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirect)


def _decoded(token: bytes) -> Any:
    try:
        response = _client().decode_timestamp_response(token)
    except ValueError as error:
        raise StampRefused(
            "the authority's answer is no time stamp", got=str(error)[:200]
        ) from error
    if response.status not in (0, 1):  # granted, or granted with modifications
        raise StampRefused("the authority refused to stamp", got=f"status {response.status}")
    return response


def _time_of(response: Any) -> str:
    at = response.tst_info.gen_time.astimezone(UTC)
    return str(at.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _client() -> ModuleType:
    try:
        import rfc3161_client  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise MissingPart(
            "time stamps need the package rfc3161-client",
            do="install it with: pip install 'earwitness[stamp]'",
        ) from error
    return rfc3161_client
