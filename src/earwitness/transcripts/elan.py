"""ELAN's annotation format (.eaf).

It is XML from strangers: a document type or entity is refused at once, nothing outside the file is
ever fetched, and depth and number of elements are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from earwitness.errors import BadTranscript
from earwitness.transcripts.model import Segment, Transcript, in_order
from earwitness.transcripts.text import at_line

MAX_DEPTH = 32
_NAMELESS = "default"  # how ELAN calls the tier of a new document
_NOT_IN_XML = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="1970-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
"""
_TAIL = """<LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt"\
 TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
"""


@dataclass(slots=True)
class _Annotation:
    line: int
    refers_to: str = ""
    slots: tuple[str, str] = ("", "")
    text: str = ""


@dataclass(slots=True)
class _Tier:
    name: str
    speaker: str
    parent: str
    language: str
    annotations: list[str] = field(default_factory=list)


class _Document:
    """What the parser gathers of an EAF document."""

    def __init__(self) -> None:
        self.slots: dict[str, int | None] = {}
        self.tiers: list[_Tier] = []
        self.annotations: dict[str, _Annotation] = {}
        self._current: _Annotation | None = None
        self._value: list[str] | None = None
        self._depth = 0
        self._parser = expat.ParserCreate("utf-8")  # whatever it declares: it is decoded
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.buffer_text = True

    def parse(self, text: str) -> None:
        try:
            self._parser.Parse(text.encode("utf-8", "surrogatepass"), True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            raise BadTranscript(f"line {error.lineno}: this is not XML ({what})") from error

    @property
    def line(self) -> int:
        return self._parser.CurrentLineNumber

    def _refuse(self, *_: object) -> None:
        raise BadTranscript(
            f"line {self.line}: it declares a document type, which ELAN never does",
            do="ask who made the file; it may be meant to harm",
        )

    def _start(self, tag: str, given: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadTranscript(f"line {self.line}: the elements are nested too deeply")
        if self._depth == 1 and tag != "ANNOTATION_DOCUMENT":
            raise BadTranscript(f"line {self.line}: this is not ELAN's format", got=tag[:40])
        match tag:
            case "HEADER":
                self._header(given)
            case "TIME_SLOT":
                self._slot(given)
            case "TIER":
                name = self._get(given, "TIER_ID")
                speaker = given.get("PARTICIPANT") or ("" if name == _NAMELESS else name)
                parent, language = given.get("PARENT_REF", ""), given.get("LANG_REF", "")
                self.tiers.append(_Tier(name, speaker, parent, language))
            case "ALIGNABLE_ANNOTATION":
                slots = self._get(given, "TIME_SLOT_REF1"), self._get(given, "TIME_SLOT_REF2")
                self._annotation(given, _Annotation(self.line, slots=slots))
            case "REF_ANNOTATION":
                refers_to = self._get(given, "ANNOTATION_REF")
                self._annotation(given, _Annotation(self.line, refers_to=refers_to))
            case "ANNOTATION_VALUE":
                self._value = []

    def _header(self, given: Mapping[str, str]) -> None:
        unit = given.get("TIME_UNITS", "milliseconds")
        if unit != "milliseconds":
            raise BadTranscript(
                f"line {self.line}: times in another unit", got=unit[:40], expected="milliseconds"
            )

    def _slot(self, given: Mapping[str, str]) -> None:
        value = given.get("TIME_VALUE")
        if value is not None and not value.isdecimal():
            raise BadTranscript(f"line {self.line}: this is no time", got=value[:40])
        self.slots[self._get(given, "TIME_SLOT_ID")] = None if value is None else int(value[:15])

    def _annotation(self, given: Mapping[str, str], annotation: _Annotation) -> None:
        if not self.tiers:
            raise BadTranscript(f"line {self.line}: an annotation outside any tier")
        identity = self._get(given, "ANNOTATION_ID")
        if identity in self.annotations:
            raise BadTranscript(f"line {self.line}: two annotations have one name", got=identity)
        self.annotations[identity] = self._current = annotation
        self.tiers[-1].annotations.append(identity)

    def _get(self, given: Mapping[str, str], name: str) -> str:
        if name not in given:
            raise BadTranscript(f"line {self.line}: an attribute is missing", expected=name)
        return given[name]

    def _characters(self, text: str) -> None:
        if self._value is not None:
            self._value.append(text)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag == "ANNOTATION_VALUE" and self._value is not None:
            if self._current is not None:
                self._current.text = "".join(self._value)
            self._value = None


def read_elan(text: str, *, tier: str = "") -> Transcript:
    """Read ELAN's format: tiers that stand alone are speakers; a tier that depends on another is
    read only when it is named.

    Parameters
    ----------
    text : str
    tier : str
        Read this tier alone, such as that of a translation.

    Raises
    ------
    BadTranscript
        The line is named.
    """
    document = _Document()
    document.parse(text)
    names = [each.name for each in document.tiers]
    if tier and tier not in names:
        raise BadTranscript("no tier has that name", got=tier, expected=", ".join(names)[:200])
    chosen = [each for each in document.tiers if (each.name == tier if tier else not each.parent)]
    times = _times(document.slots)
    segments = [
        _segment(document, identity, each, times)
        for each in chosen
        for identity in each.annotations
    ]
    languages = {each.language for each in chosen if each.language}
    left_out = (
        ()
        if tier
        else tuple(
            f"the tier {each.name!r} was left out: it depends on {each.parent!r}"
            for each in document.tiers
            if each.parent
        )
    )
    language = languages.pop() if len(languages) == 1 else ""
    return Transcript(in_order(segments), language=language, form="ELAN", notes=left_out)


def _segment(
    document: _Document, identity: str, tier: _Tier, times: Mapping[str, float]
) -> Segment:
    annotation = document.annotations[identity]
    base = annotation
    for _ in range(MAX_DEPTH):
        if not base.refers_to:
            break
        if base.refers_to not in document.annotations:
            raise BadTranscript(f"line {base.line}: it refers to none", got=base.refers_to[:40])
        base = document.annotations[base.refers_to]
    else:
        raise BadTranscript(f"line {annotation.line}: its references go round in a circle")
    for slot in base.slots:
        if slot not in times:
            raise BadTranscript(f"line {base.line}: no such time slot", got=slot[:40])
    with at_line(annotation.line):
        start, end = (times[slot] for slot in base.slots)
        return Segment(start, end, annotation.text, tier.speaker)


def _times(slots: Mapping[str, int | None]) -> dict[str, float]:
    """Seconds of each slot; one without a value lies evenly between those around it, as ELAN shows it."""
    names, values = list(slots), list(slots.values())
    times: dict[str, float] = {}
    index, before = 0, 0
    while index < len(values):
        value = values[index]
        if value is not None:
            times[names[index]] = value / 1000
            before, index = value, index + 1
            continue
        stop = index
        while stop < len(values) and values[stop] is None:
            stop += 1
        after = values[stop] if stop < len(values) else before
        assert after is not None
        for step, name in enumerate(names[index:stop], start=1):
            times[name] = (before + (after - before) * step / (stop - index + 1)) / 1000
        index = stop
    return times


def write_elan(transcript: Transcript) -> str:
    """ELAN's format, version 3.0: a tier for each speaker."""
    slots, tiers = [], []
    by_speaker: dict[str, list[Segment]] = {}
    for segment in transcript.segments:
        by_speaker.setdefault(segment.speaker, []).append(segment)
    number = 0
    for speaker, segments in by_speaker.items():
        annotations = []
        for segment in segments:
            number += 1
            slots += [(2 * number - 1, segment.start_s), (2 * number, segment.end_s)]
            annotations.append(_annotation_xml(number, segment.text))
        name = quoteattr(xml_text(speaker) or _NAMELESS)
        who = f" PARTICIPANT={quoteattr(xml_text(speaker))}" if speaker else ""
        tiers.append(
            f'<TIER LINGUISTIC_TYPE_REF="default-lt"{who} TIER_ID={name}>\n'
            + "".join(annotations)
            + "</TIER>\n"
        )
    return _HEAD + _slots_xml(slots) + "".join(tiers) + _TAIL


def xml_text(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("", text)


def _slots_xml(slots: Sequence[tuple[int, float]]) -> str:
    lines = [
        f'<TIME_SLOT TIME_SLOT_ID="ts{number}" TIME_VALUE="{round(seconds * 1000)}"/>\n'
        for number, seconds in slots
    ]
    return "<TIME_ORDER>\n" + "".join(lines) + "</TIME_ORDER>\n"


def _annotation_xml(number: int, text: str) -> str:
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{number}" '
        f'TIME_SLOT_REF1="ts{2 * number - 1}" TIME_SLOT_REF2="ts{2 * number}">'
        f"<ANNOTATION_VALUE>{escape(xml_text(text))}</ANNOTATION_VALUE>"
        "</ALIGNABLE_ANNOTATION></ANNOTATION>\n"
    )
