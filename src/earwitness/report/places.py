"""The places that findings name, for an audio editor: Audacity's labels, Praat's TextGrid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from earwitness.report.data import ReportData
from earwitness.transcripts import FORMS, Segment, Transcript, write_transcript

_SHORTEST_S = 0.001  # Praat refuses an interval without length


def write_places(data: ReportData, form: str) -> dict[str, bytes]:
    """A file for each recording of which a finding names places.

    Parameters
    ----------
    data : ReportData
    form : str
        ``labels`` or ``textgrid``; in the latter each method is a tier, or several where its places
        overlap.

    Returns
    -------
    dict
        Contents by file name, such as ``Q1.TextGrid``.
    """
    written = {}
    for mark in (exhibit.mark for exhibit in data.exhibits):
        segments = sorted(_segments(data, mark, form), key=_in_time)
        if segments:
            shown = tuple(_apart(segments) if form == "textgrid" else segments)
            content = write_transcript(Transcript(shown), form)
            written[f"{mark}{FORMS[form].suffix}"] = content
    return written


def _segments(data: ReportData, mark: str, form: str) -> Iterator[Segment]:
    for question in data.questions:
        for answer in question.answers:
            for place in answer.outcome.get("places", ()) if answer.exhibit == mark else ():
                start = max(0.0, place["start_s"])
                least = start + _SHORTEST_S if form == "textgrid" else start
                label = place["label"] or answer.method
                said = label if form == "textgrid" else f"{answer.method}: {label}"
                yield Segment(start, max(place["end_s"], least), said, answer.method)


def _apart(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Give places that overlap tiers of different names: readers refuse two of one name."""
    ends: dict[str, list[float]] = {}
    for segment in segments:
        tiers = ends.setdefault(segment.speaker, [])
        free = next((n for n, end in enumerate(tiers) if end <= segment.start_s), len(tiers))
        tiers[free : free + 1] = [segment.end_s]
        name = f"{segment.speaker} ({free + 1})" if free else segment.speaker
        yield replace(segment, speaker=name)


def _in_time(segment: Segment) -> tuple[float, float, str]:
    return segment.start_s, segment.end_s, segment.text
