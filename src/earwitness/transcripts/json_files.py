"""Formats in JSON: the outputs of Whisper in three programs' layouts, and oTranscribe's .otr."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from earwitness.errors import BadTranscript
from earwitness.transcripts.html_text import Tag, html_pieces
from earwitness.transcripts.model import (
    LONGEST_S,
    Segment,
    Transcript,
    Word,
    in_order,
    one_line,
)
from earwitness.transcripts.text import clock

_LONGEST_DIGITS = 400


def read_json(text: str) -> Transcript:
    """Read a transcript in JSON; its layout is told by its keys.

    ``segments`` with ``start`` and ``end`` in seconds is OpenAI's whisper, faster-whisper and
    WhisperX; ``transcription`` with ``offsets`` in milliseconds is whisper.cpp; ``text`` in HTML is
    oTranscribe.

    Raises
    ------
    BadTranscript
        The line is named where it is not JSON, the segment where that is damaged.
    """
    try:
        data = json.loads(text, parse_int=_bounded, parse_constant=_refused)
    except json.JSONDecodeError as error:
        raise BadTranscript(f"line {error.lineno}: this is not JSON ({error.msg})") from error
    except (RecursionError, ValueError) as error:
        raise BadTranscript(f"this JSON cannot be read ({error})") from error
    if isinstance(data, list):
        data = {"segments": data}
    if isinstance(data, dict) and isinstance(data.get("segments"), list):
        return _whisper(data)
    if isinstance(data, dict) and isinstance(data.get("transcription"), list):
        return _whisper_cpp(data)
    if isinstance(data, dict) and isinstance(data.get("text"), str) and "media" in data:
        return _otranscribe(data["text"])
    raise BadTranscript(
        "this JSON is no transcript",
        expected="'segments', 'transcription', or oTranscribe's 'text'",
    )


def _bounded(digits: str) -> int:
    if len(digits) > _LONGEST_DIGITS:
        raise ValueError("a number has too many digits")
    return int(digits)


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _whisper(data: Mapping[str, Any]) -> Transcript:
    info = data.get("info")
    language = data.get("language") or (info.get("language") if isinstance(info, dict) else "")
    segments = []
    for number, item in enumerate(data["segments"], start=1):
        with _segment_named(number, item):
            words = _words(item.get("words") or (), item)
            speaker = item.get("speaker") or ""
            segments.append(
                Segment(
                    _number(item, "start"),
                    _number(item, "end"),
                    _text(item, "text"),
                    str(speaker),
                    words,
                )
            )
    return Transcript(in_order(segments), language=str(language or ""), form="Whisper JSON")


def _words(items: Sequence[Any], segment: Mapping[str, Any]) -> tuple[Word, ...]:
    """A segment's words; one without times, as WhisperX leaves numerals, stands between its neighbours."""
    words: list[Word] = []
    later = _number(segment, "end")
    ends = []
    for item in reversed(items):
        ends.append(later)
        later = _number(item, "start") if "start" in item else later
    for item, following in zip(items, reversed(ends), strict=True):
        before = words[-1].end_s if words else _number(segment, "start")
        start = _number(item, "start") if "start" in item else before
        end = _number(item, "end") if "end" in item else max(start, following)
        found = item.get("probability", item.get("score"))
        probability = None if found is None else _number({"probability": found}, "probability")
        words.append(Word(_text(item, "word"), start, end, probability))
    return tuple(words)


def _whisper_cpp(data: Mapping[str, Any]) -> Transcript:
    result = data.get("result")
    language = result.get("language", "") if isinstance(result, dict) else ""
    segments = []
    for number, item in enumerate(data["transcription"], start=1):
        with _segment_named(number, item):
            start, end = _offsets(item)
            words = _joined_tokens(item.get("tokens") or ())
            segments.append(Segment(start, end, _text(item, "text"), "", words))
    return Transcript(in_order(segments), language=str(language), form="whisper.cpp JSON")


def _offsets(item: Mapping[str, Any]) -> tuple[float, float]:
    offsets = item["offsets"]
    return _number(offsets, "from") / 1000, _number(offsets, "to") / 1000


def _joined_tokens(tokens: Sequence[Any]) -> tuple[Word, ...]:
    """Words from whisper.cpp's tokens: a token that begins with a space begins a word."""
    groups: list[list[Any]] = []
    for token in tokens:
        text = _text(token, "text")
        if text.startswith("[_") or not text:  # such as [_BEG_]
            continue
        if groups and not text.startswith(" "):
            groups[-1].append(token)
        else:
            groups.append([token])
    words = []
    for group in groups:
        spans = [_offsets(token) for token in group]
        probabilities = [_number(token, "p") for token in group if "p" in token]
        words.append(
            Word(
                "".join(token["text"] for token in group),
                spans[0][0],
                max(spans[0][0], spans[-1][1]),
                min(probabilities) if probabilities else None,
            )
        )
    return tuple(words)


class _segment_named:
    """Name the segment in what goes wrong with it."""

    def __init__(self, number: int, item: object) -> None:
        self._number, self._item = number, item

    def __enter__(self) -> None:
        if not isinstance(self._item, dict):
            raise BadTranscript(f"segment {self._number}: this is no segment")

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, KeyError):
            raise BadTranscript(f"segment {self._number}: it lacks {error}") from error
        if isinstance(error, ValueError | TypeError | AttributeError | OverflowError):
            raise BadTranscript(f"segment {self._number}: {error}") from error


def _number(item: Mapping[str, Any], key: str) -> float:
    value = item[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{key!r} is no number: {value!r:.40}")
    return float(value)


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item[key]
    if not isinstance(value, str):
        raise ValueError(f"{key!r} is no text: {value!r:.40}")
    return value


def write_whisper(transcript: Transcript) -> str:
    """JSON in the layout of OpenAI's whisper, with words and speakers where there are any."""
    segments = []
    for number, segment in enumerate(transcript.segments):
        item: dict[str, Any] = {
            "id": number,
            "start": segment.start_s,
            "end": segment.end_s,
            "text": segment.text,
        }
        if segment.speaker:
            item["speaker"] = segment.speaker
        if segment.words:
            item["words"] = [_word_json(word) for word in segment.words]
        segments.append(item)
    text = " ".join(segment.text for segment in transcript.segments)
    data = {"text": text, "segments": segments, "language": transcript.language}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _word_json(word: Word) -> dict[str, Any]:
    item: dict[str, Any] = {"word": word.text, "start": word.start_s, "end": word.end_s}
    if word.probability is not None:
        item["probability"] = word.probability
    return item


def _otranscribe(html: str) -> Transcript:
    """Text, with a span that carries seconds wherever the typist set a time."""
    stamps: list[tuple[float, list[str]]] = []
    before: list[str] = []
    depth = 0  # of spans within a time stamp, whose text is the time once more
    for piece in html_pieces(html):
        if isinstance(piece, str):
            if not depth:
                (stamps[-1][1] if stamps else before).append(piece)
        elif depth:
            depth += 0 if piece.name != "span" else -1 if piece.closes else 1
        elif piece.name == "span" and not piece.closes and _is_stamp(piece):
            stamps.append((_seconds(piece, len(stamps) + 1), []))
            depth = 1
        elif piece.name in ("br", "p", "div"):
            (stamps[-1][1] if stamps else before).append(" ")
    if not stamps:
        raise BadTranscript("the oTranscribe file has no time in it", expected="a time stamp")
    return _from_stamps(stamps, one_line("".join(before)))


def _is_stamp(tag: Tag) -> bool:
    return "timestamp" in tag.attributes().get("class", "").split()


def _seconds(tag: Tag, number: int) -> float:
    try:
        return Segment(float(tag.attributes()["data-timestamp"]), LONGEST_S, "").start_s
    except (KeyError, ValueError) as error:
        raise BadTranscript(f"time stamp {number} carries no time") from error


def _from_stamps(stamps: Sequence[tuple[float, list[str]]], before: str) -> Transcript:
    segments = []
    for index, (start, texts) in enumerate(stamps):
        following = (at for at, _ in stamps[index + 1 : index + 50] if at >= start)
        with _segment_named(index + 1, {}):
            segments.append(Segment(start, next(following, start), "".join(texts)))
    notes = (f"{len(before)} characters before the first time were left out",) if before else ()
    return Transcript(in_order(segments), form="oTranscribe", notes=notes)


def write_otranscribe(transcript: Transcript) -> str:
    """oTranscribe's format: a time at the beginning of each segment; where it ends is not kept."""
    paragraphs = [
        f'<p><span class="timestamp" data-timestamp="{segment.start_s:.3f}">'
        f"{clock(segment.start_s).split('.')[0]}</span> {escape(segment.text, quote=False)}</p>"
        for segment in transcript.segments
    ]
    data = {"text": "".join(paragraphs), "media": "", "media-time": 0}
    return json.dumps(data, ensure_ascii=False) + "\n"
