"""Looking at a recording and listening to it: pieces of its plots, its sound by ranges, marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    Response,
    StreamingResponse,
)
from starlette.exceptions import HTTPException

from earwitness.errors import BadTranscript
from earwitness.evidence.names import safe_text
from earwitness.signal.wave import wave_bytes, wave_size
from earwitness.web.entry import desk_of, to_case
from earwitness.web.pages import page, visitor_of
from earwitness.workbench import Case, Listening

router = APIRouter(prefix="/cases/{name}/listen/{sha256}", default_response_class=HTMLResponse)
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_FOR_GOOD = {"cache-control": "private, max-age=31536000, immutable"}
MOST_SEGMENTS = 5_000


@router.get("")
def listen(request: Request, name: str, sha256: str) -> Response:
    """A recording over its plots, with all places marked."""
    desk = desk_of(request)
    case = desk.open(name, visitor_of(request).who)
    listening = case.listen(sha256)
    exhibit = listening.recording.exhibit
    if not listening.tiles.is_ready:
        desk.prepare(name, case, exhibit.sha256, anew=True)
    found = {
        "facts": listening.tiles.facts if listening.tiles.is_ready else None,
        "places": [asdict(each) for each in case.places(exhibit.sha256)],
        "twins": [asdict(each) for each in case.twins(exhibit.sha256)],
        "marks": [asdict(each) for each in case.marks(exhibit.sha256)],
    }
    segments, trouble = _segments(case, exhibit.sha256)
    return page(
        request,
        "listen.html",
        name=name,
        title=case.case_file.title,
        exhibit=exhibit,
        found=found,
        segments=segments[:MOST_SEGMENTS],
        segments_left=max(0, len(segments) - MOST_SEGMENTS),
        trouble=trouble,
    )


def _segments(case: Case, sha256: str) -> tuple[list[dict[str, Any]], str]:
    """What is said in the recording, as its transcripts have it."""
    try:
        read = case.transcripts(of=sha256)
    except BadTranscript as error:
        return [], str(error)
    return [
        {
            "start_s": segment.start_s,
            "end_s": segment.end_s,
            "text": segment.text,
            "transcript": exhibit.name,
            "review": str(transcript.review),
        }
        for exhibit, transcript in read
        for segment in transcript.segments
    ], ""


@router.get("/facts", response_class=JSONResponse)
def facts(request: Request, name: str, sha256: str) -> Response:
    """What a player must know of the recording, or how far it is from being ready."""
    desk = desk_of(request)
    case = desk.open(name, visitor_of(request).who)
    listening = case.listen(sha256)
    if listening.tiles.is_ready:
        return JSONResponse(listening.tiles.facts)
    job = desk.prepare(name, case, listening.recording.exhibit.sha256)
    return JSONResponse({"fraction": job.fraction, "trouble": job.trouble}, status_code=202)


@router.get("/peaks/{level}/{piece}", response_class=Response)
def peaks(request: Request, name: str, sha256: str, level: int, piece: int) -> Response:
    """A piece of the waveform: 16-bit pairs of lowest and highest sample."""
    content = _ready(request, name, sha256).tiles.peaks(level, piece)
    return _found(content, "application/octet-stream")


@router.get("/tiles/{level}/{number}", response_class=Response)
def tile(request: Request, name: str, sha256: str, level: int, number: int) -> Response:
    """A tile of the spectrogram, as a PNG."""
    return _found(_ready(request, name, sha256).tiles.tile(level, number), "image/png")


def _found(content: bytes, kind: str) -> Response:
    if not content:
        raise HTTPException(404, "there is no such piece")
    return Response(content, media_type=kind, headers=_FOR_GOOD)


def _ready(request: Request, name: str, sha256: str) -> Listening:
    listening = desk_of(request).listening(name, sha256)
    if not listening.tiles.is_ready:
        raise HTTPException(409, "the recording is not ready yet")
    return listening


@router.get("/sound.wav", response_class=StreamingResponse)
def sound(request: Request, name: str, sha256: str) -> Response:
    """The decoded sound as a WAV file, whole or by a range of bytes."""
    recording = _ready(request, name, sha256).recording
    signal = recording.signal()
    size = wave_size(signal)
    first, last = _range(request.headers.get("range", ""), size)
    headers = {
        "accept-ranges": "bytes",
        "content-length": str(last - first + 1),
        "content-range": f"bytes {first}-{last}/{size}",
        **_FOR_GOOD,
    }
    partial = "range" in request.headers
    if not partial:
        del headers["content-range"]
    content: Iterator[bytes] = wave_bytes(signal, 16_000, first, last)
    return StreamingResponse(content, 206 if partial else 200, headers, media_type="audio/wav")


def _range(header: str, size: int) -> tuple[int, int]:
    """The first and last byte that are asked for; the whole where nothing is, or several ranges are."""
    asked = _RANGE.fullmatch(header.strip())
    if asked is None or asked.group(0) == "bytes=-":
        return 0, size - 1
    begin, end = asked.groups()
    if not begin:
        first, last = max(0, size - int(end)), size - 1
    else:
        first, last = int(begin), min(int(end or size), size - 1)
    if first > last:
        raise HTTPException(416, "there are no such bytes", {"content-range": f"bytes */{size}"})
    return first, last


@router.post("/marks")
def mark(
    request: Request,
    name: str,
    sha256: str,
    start_s: Annotated[float, Form(ge=0, le=1e7)],
    end_s: Annotated[float, Form(ge=0, le=1e7)],
    label: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Mark a place."""
    case = desk_of(request).open(name, visitor_of(request).who)
    case.mark(sha256, start_s, end_s, safe_text(label))
    return to_case(name, f"/listen/{sha256}#marks")


@router.post("/marks/{number}/remove")
def unmark(request: Request, name: str, sha256: str, number: int) -> Response:
    """Take a mark away; the log keeps it."""
    desk_of(request).open(name, visitor_of(request).who).unmark(sha256, number)
    return to_case(name, f"/listen/{sha256}#marks")
