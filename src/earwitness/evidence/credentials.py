"""Content credentials (C2PA): what a file's signed manifest says, without asking the network.

A manifest may lie at an address that the file names. It is never fetched: whoever wrote the file
would learn that it is being examined. Certificates are not checked against any list of trusted
ones, as none is shipped; "valid" means that the file was not changed since that certificate's
holder signed it, not that the holder is who it says.

Source: C2PA Technical Specification 2.1, https://spec.c2pa.org/; the c2pa-python package.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from earwitness.errors import MissingPart
from earwitness.evidence.names import safe_text
from earwitness.evidence.structure.model import Structure

MAX_MANIFEST_BYTES: Final = 64 << 20
_MAX_LISTED: Final = 50
_HOLDERS: Final = frozenset({"C2PA", "uuid", "GEOB", "APPLICATION"})  # where a manifest may lie
_MEDIA_TYPES: Final = {
    "RIFF WAVE": "audio/wav",
    "RIFF AVI": "video/avi",
    "MPEG audio": "audio/mpeg",
    "ISO base media": "audio/mp4",
    "FLAC": "audio/flac",
}
_SETTINGS: Final = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
_UNTRUSTED: Final = "signingCredential.untrusted"


class CredentialState(StrEnum):
    """How a look for content credentials ended."""

    VALID = "present and valid"
    INVALID = "present and invalid"
    NONE = "none found"
    NOT_CHECKABLE = "not checkable"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a file's content credentials say.

    Attributes
    ----------
    state : CredentialState
    reason : str
        Why they could not be checked; empty otherwise.
    signer, issuer, signed_at, generator, title : str
        As the manifest states them; empty where it does not. ``signed_at`` is only known where a
        timestamp was signed along.
    actions : tuple of str
        What is stated to have been done to the file.
    failures : tuple of str
        Status codes of the C2PA specification for what did not hold.
    is_on_trust_list : bool
        Whether the signer's certificate is on a list of trusted ones.
    manifests : int
        How many manifests the file holds; those beyond the first belong to its ingredients.
    """

    state: CredentialState
    reason: str = ""
    signer: str = ""
    issuer: str = ""
    signed_at: str = ""
    generator: str = ""
    title: str = ""
    actions: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    is_on_trust_list: bool = False
    manifests: int = 0


def read_credentials(path: Path, structure: Structure) -> Credentials:
    """Look for content credentials in a file, and verify them without any network.

    Parameters
    ----------
    path : Path
    structure : Structure
        Of the same file; it tells the format.

    Raises
    ------
    MissingPart
        If the c2pa package is not installed.
    """
    media_type = _MEDIA_TYPES.get(structure.format)
    if media_type is None:
        return Credentials(
            CredentialState.NOT_CHECKABLE,
            reason=f"content credentials in files of the format {structure.format} cannot be read",
        )
    if any(row.kind in _HOLDERS and row.size > MAX_MANIFEST_BYTES for row in structure.elements):
        return Credentials(
            CredentialState.NOT_CHECKABLE,
            reason=f"what may be a manifest is larger than {MAX_MANIFEST_BYTES >> 20} MiB",
        )
    return _read(path, media_type)


def _read(path: Path, media_type: str) -> Credentials:
    try:
        import c2pa  # noqa: PLC0415 - 70 MB that most runs do without
    except ImportError as error:
        raise MissingPart(
            "content credentials cannot be read", got="no package c2pa", do="install c2pa-python"
        ) from error
    settings = c2pa.Settings.from_dict(_SETTINGS)
    try:
        with (
            c2pa.Context(settings=settings) as context,
            path.open("rb") as stream,
            c2pa.Reader(media_type, stream, context=context) as reader,
        ):
            return _credentials(str(reader.get_validation_state()), json.loads(reader.json()))
    except c2pa.C2paError.ManifestNotFound:
        return Credentials(CredentialState.NONE)
    except c2pa.C2paError as error:
        return Credentials(CredentialState.NOT_CHECKABLE, reason=_why_not(str(error)))


def _why_not(message: str) -> str:
    if "must fetch remote" in message:
        address = safe_text(message.rpartition(" ")[2], 200)
        return f"the file says that its credentials lie at {address}; nothing is fetched from there"
    return f"the manifest cannot be read: {safe_text(message, 200)}"


def _credentials(state: str, store: Mapping[str, Any]) -> Credentials:
    manifests = _mapping(store.get("manifests"))
    active = _mapping(manifests.get(str(store.get("active_manifest"))))
    signature = _mapping(active.get("signature_info"))
    results = _mapping(_mapping(store.get("validation_results")).get("activeManifest"))
    codes = [str(_mapping(item).get("code", "")) for item in _list(results.get("failure"))]
    codes += [str(_mapping(item).get("code", "")) for item in _list(store.get("validation_status"))]
    failures = sorted({safe_text(code, 100) for code in codes} - {_UNTRUSTED, ""})
    return Credentials(
        state=CredentialState.VALID if state in {"Valid", "Trusted"} else CredentialState.INVALID,
        signer=_text(signature.get("common_name")),
        issuer=_text(signature.get("issuer")),
        signed_at=_text(signature.get("time")),
        generator=_generator(active),
        title=_text(active.get("title")),
        actions=_actions(active),
        failures=tuple(failures[:_MAX_LISTED]),
        is_on_trust_list=state == "Trusted",
        manifests=len(manifests),
    )


def _generator(manifest: Mapping[str, Any]) -> str:
    parts = [_mapping(item) for item in _list(manifest.get("claim_generator_info"))]
    named = [f"{_text(part.get('name'))} {_text(part.get('version'))}".strip() for part in parts]
    return ", ".join(named[:_MAX_LISTED]) or _text(manifest.get("claim_generator"))


def _actions(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    lines = []
    for assertion in map(_mapping, _list(manifest.get("assertions"))):
        if not str(assertion.get("label", "")).startswith("c2pa.actions"):
            continue
        for action in map(_mapping, _list(_mapping(assertion.get("data")).get("actions"))):
            agent = action.get("softwareAgent")
            by = _text(agent if isinstance(agent, str) else _mapping(agent).get("name"))
            source = _text(action.get("digitalSourceType")).rpartition("/")[2]
            line = _text(action.get("action"))
            lines.append(line + (f" by {by}" if by else "") + (f" ({source})" if source else ""))
    return tuple(lines[:_MAX_LISTED])


def _text(value: object) -> str:
    return "" if value is None else safe_text(str(value), 200)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
