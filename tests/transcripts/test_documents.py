"""Documents are read as a reader sees them, in one pass, whatever they hold."""

from __future__ import annotations

import time

import pytest

from earwitness.errors import BadTranscript
from earwitness.transcripts import read_transcript
from earwitness.transcripts.documents import paragraphs, quotations

PAGE = b"""<!DOCTYPE html><html><head><title>\xe2\x80\x9cnot this one here\xe2\x80\x9d</title></head><body>
<!-- "nor this one here" --><script>var a = "nor this one here, </p> either";</script>
<svg><text>"nor this one here"</text></svg><p title="nor > this one here">One &amp; <b>two</b></p>
<p>He said &ldquo;boats will cross&nbsp;tonight&rdquo; and 2 < 3.</p>
<blockquote>all of us together</blockquote>
<p>an "odd quotation mark</p><p>that ends" elsewhere"""


def test_a_reader_s_view() -> None:
    """Scripts, comments, titles and attributes are not seen; entities are what they stand for."""
    assert paragraphs(PAGE)[:2] == ["One & two", "He said “boats will cross tonight” and 2 < 3."]
    assert [each.text for each in quotations(PAGE)] == [
        "boats will cross tonight",
        "all of us together",
    ]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("„wir fahren heute Nacht“ sagte er", "wir fahren heute Nacht"),
        ("« nous partons ce soir » dit-il", "nous partons ce soir"),
        ("»wir fahren heute Nacht« sagte er", "wir fahren heute Nacht"),
        ("「我们今晚出发」他说", "我们今晚出发"),
        ("قال «سنعبر المضيق الليلة» ومضى", "سنعبر المضيق الليلة"),
        ("'we leave at nine' he said, it's late", "we leave at nine"),
    ],
)
def test_marks_of_many_scripts(text: str, quoted: str) -> None:
    """Each language's own quotation marks are known."""
    assert [each.text for each in quotations(text.encode())] == [quoted]


def test_encodings() -> None:
    """An old page that names its encoding, and one in UTF-16, are read."""
    page = '<html><meta charset="windows-1256"><p>قال «سنعبر المضيق الليلة»</p>'
    for data in (page.encode("windows-1256"), page.encode("utf-16")):
        assert [each.text for each in quotations(data)] == ["سنعبر المضيق الليلة"]


HOSTILE = {
    "comments": b"<p><!--" * 50_000,
    "open tags": b"<p><a " * 50_000,
    "open quotes in tags": b'<p><a "' * 50_000,
    "closing tags": b"<p></a " * 50_000,
    "sections": b"<p><![CDATA[" * 50_000,
    "single quotes": b"<p>" + b" 'a" * 50_000,
    "hidden elements": b"<p>" + b"<svg>" * 50_000,
    "styles in a cue": b"00:00:01,000 --> 00:00:02,000\n" + b"<i " * 30_000,
    "voices in a cue": b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + b"<v a " * 20_000,
    "words without times": b'[{"start":0,"end":1,"text":"x","words":['
    + b'{"word":"a"},' * 50_000
    + b'{"word":"b"}]}]',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_takes_longer_than_its_length_explains(name: str) -> None:
    """Constructs that are opened again and again and never closed cost no more than reading them."""
    started = time.process_time()
    quotations(HOSTILE[name])
    try:
        read_transcript(HOSTILE[name])
    except BadTranscript as refused:
        assert refused.what
    assert time.process_time() - started < 8.0
