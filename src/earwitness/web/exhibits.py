"""Exhibits: coming in by upload, going out as files, withdrawn."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from earwitness.errors import BadTranscript, DocumentError, MissingPart, UnreadableFile
from earwitness.evidence.exhibit import Role
from earwitness.evidence.names import safe_text
from earwitness.store.vault import require_plain_file
from earwitness.web.desk import incoming
from earwitness.web.entry import desk_of, to_case
from earwitness.web.pages import visitor_of
from earwitness.workbench import Added, Case

router = APIRouter(prefix="/cases/{name}/exhibits")
_LEFT_FREE = 1 << 30  # bytes of the disk that an upload never takes
_COPIES = 2  # an upload lies on the disk twice while it becomes an exhibit
_LOOK_EVERY = 64 << 20
_TYPES = (  # by the file's first bytes: the browser must not guess
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"RIFF", "audio/wav"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1a\x45\xdf\xa3", "audio/webm"),
    (4, b"ftyp", "audio/mp4"),
)


@router.post("", openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}}})
async def add(
    request: Request,
    name: str,
    role: Role,
    file: Annotated[str, Query(max_length=1_000)],
    speaker: Annotated[str, Query(max_length=500)] = "",
    of: Annotated[str, Query(max_length=64)] = "",
    language: Annotated[str, Query(max_length=50)] = "",
) -> Response:
    """Add the body of this request as an exhibit.

    It is written to the disk as it comes, and becomes an exhibit when all of it is there: whole,
    hashed and logged. Only then is the answer sent. ``of`` is the recording of a transcript.
    """
    desk = desk_of(request)
    case = await run_in_threadpool(desk.open, name, visitor_of(request).who)
    _require_room(case, int(request.headers.get("content-length") or 0))
    said = {"speaker": safe_text(speaker), "of": of, "language": safe_text(language, 50)}
    try:
        with incoming(case) as (writing, part):
            await _receive(request, case, writing)
            added, note = await run_in_threadpool(_keep, case, part, role, file, said)
    except ClientDisconnect as error:
        raise UnreadableFile("the upload broke off", do="send the file again") from error
    if role.is_recording:
        desk.prepare(name, case, added.sha256, anew=True)
    return JSONResponse(
        {
            "name": added.name,
            "sha256": added.sha256,
            "size": added.size,
            "facts": added.facts,
            "is_new": added.is_new,
            "note": note,
        }
    )


async def _receive(request: Request, case: Case, writing: Any) -> None:
    unchecked = 0
    async for chunk in request.stream():
        unchecked += len(chunk)
        if unchecked > _LOOK_EVERY:
            unchecked = 0
            _require_room(case, 0)
        await run_in_threadpool(writing.write, chunk)
    await run_in_threadpool(writing.flush)


def _require_room(case: Case, size: int) -> None:
    free = shutil.disk_usage(case.path).free
    if free < _COPIES * size + _LEFT_FREE:
        raise UnreadableFile(
            "the disk has no room for this file",
            got=f"{free:,} bytes free",
            expected=f"twice its size, and {_LEFT_FREE:,} bytes that stay free",
        )


def _keep(case: Case, part: Path, role: Role, name: str, said: dict[str, str]) -> tuple[Added, str]:
    """Make the bytes an exhibit; give a note of what could not be done with it."""
    plain = Path(name.replace("\\", "/")).name or "file"  # a browser may send a whole path
    if role is Role.TRANSCRIPT:
        if not said["of"]:
            raise BadTranscript("a transcript is of a recording", do="choose the recording")
        return case.add_transcript(part, of=said["of"], language=said["language"], name=plain), ""
    if role is Role.DOCUMENT:
        return _keep_document(case, part, plain)
    return case.add_file(part, role, name=plain, speaker=said["speaker"]), ""


def _keep_document(case: Case, part: Path, name: str) -> tuple[Added, str]:
    note = ""
    try:
        case.draft(part, name=name)
    except (DocumentError, MissingPart) as error:
        note = str(error)
    return case.add_file(part, Role.DOCUMENT, name=name), note


@router.post("/{sha256}/withdraw")
def withdraw(request: Request, name: str, sha256: str) -> Response:
    """Take an exhibit's roles away; its bytes and its history stay."""
    desk_of(request).open(name, visitor_of(request).who).withdraw(sha256)
    return to_case(name, "#exhibits")


@router.get("/{sha256}/file", response_class=FileResponse)
def file(request: Request, name: str, sha256: str) -> Response:
    """An exhibit's bytes as received: to be saved, or played by the browser's own decoder."""
    case = desk_of(request).open(name, visitor_of(request).who)
    exhibit = case.exhibit(sha256)
    require_plain_file(exhibit.path)  # in a case from elsewhere it may be a link that leads out
    return FileResponse(
        exhibit.path,
        media_type=_type_of(exhibit.path) if exhibit.role.is_recording else _BYTES,
        filename=exhibit.name,
        content_disposition_type="attachment",
        headers={"content-security-policy": "default-src 'none'; sandbox"},
    )


_BYTES = "application/octet-stream"


def _type_of(path: Path) -> str:
    head = b""
    with suppress(OSError), path.open("rb") as file:
        head = file.read(16)
    for offset, magic, kind in _TYPES:
        if head[offset : offset + len(magic)] == magic:
            return kind
    return _BYTES
