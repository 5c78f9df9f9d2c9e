"""Which format a transcript is in is told by its content, never by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from earwitness.errors import BadTranscript
from earwitness.transcripts.elan import read_elan, write_elan
from earwitness.transcripts.json_files import read_json, write_otranscribe, write_whisper
from earwitness.transcripts.labels import (
    looks_like_labels,
    looks_timed,
    read_audacity,
    read_plain,
    write_audacity,
    write_plain,
)
from earwitness.transcripts.model import Transcript
from earwitness.transcripts.subtitles import read_srt, read_vtt, write_srt, write_vtt
from earwitness.transcripts.text import decoded
from earwitness.transcripts.textgrid import read_textgrid, write_textgrid

READER_VERSION = 1  # in the key of every index: a new reader makes a new index
_CUE_TIMES = re.compile(r"\s*[\d:.,]+\s*-->")


@dataclass(frozen=True, slots=True)
class Form:
    """A format that transcripts can be written in."""

    name: str
    suffix: str
    write: Callable[[Transcript], str]
    keeps: str


FORMS: Mapping[str, Form] = {
    "srt": Form("SubRip", ".srt", write_srt, "times and text"),
    "vtt": Form("WebVTT", ".vtt", write_vtt, "times, text, speakers and the language"),
    "textgrid": Form("Praat TextGrid", ".TextGrid", write_textgrid, "times, text and speakers"),
    "eaf": Form("ELAN", ".eaf", write_elan, "times, text and speakers"),
    "labels": Form("Audacity labels", ".txt", write_audacity, "times and text"),
    "otr": Form("oTranscribe", ".otr", write_otranscribe, "beginnings and text"),
    "whisper": Form("Whisper JSON", ".json", write_whisper, "all, with words and probabilities"),
    "text": Form("plain text", ".txt", write_plain, "times and text"),
}


def read_transcript(data: bytes, *, tier: str = "") -> Transcript:
    """Read a transcript in whichever of the known formats it is.

    Parameters
    ----------
    data : bytes
    tier : str
        Of an ELAN file: read this tier alone.

    Raises
    ------
    BadTranscript
        If it is in none of them, or damaged; the line is named.
    """
    text = decoded(data)
    transcript = _reader(text, tier)(text)
    if not transcript.segments:
        raise BadTranscript("the transcript says nothing", got=transcript.form)
    return transcript


def write_transcript(transcript: Transcript, form: str) -> bytes:
    """Write a transcript in a format of ``FORMS``, as UTF-8.

    Raises
    ------
    BadTranscript
        If there is no such format.
    """
    if form not in FORMS:
        raise BadTranscript(f"no format is called {form!r}", expected=", ".join(FORMS))
    return FORMS[form].write(transcript).encode("utf-8", "replace")


def _reader(text: str, tier: str) -> Callable[[str], Transcript]:
    start = text.lstrip()
    lines = [line for line in start.split("\n", 200)[:200] if line.strip()]
    if not lines:
        raise BadTranscript("the transcript is empty")
    if start.startswith("WEBVTT"):
        return read_vtt
    if "ooTextFile" in lines[0]:
        return read_textgrid
    if start.startswith("<"):
        return lambda content: read_elan(content.lstrip(), tier=tier)
    if looks_timed(lines[0]) and not _CUE_TIMES.match(lines[0]):
        return read_plain
    if start.startswith(("{", "[")):
        return read_json
    if looks_like_labels(lines[0]):
        return read_audacity
    if any(_CUE_TIMES.match(line) for line in lines[:3]):
        return read_srt
    if any(looks_timed(line) for line in lines):
        return read_plain
    raise BadTranscript(
        "this is no transcript in a format that is known here",
        got=lines[0][:40],
        expected=", ".join(form.name for form in FORMS.values()) + " with times",
    )
