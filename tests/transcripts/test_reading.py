"""Every format is read as programs write it, written to read the same, refused when damaged."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.errors import BadTranscript
from earwitness.transcripts import (
    FORMS,
    Segment,
    Transcript,
    Word,
    read_transcript,
    write_transcript,
)

sys.path.insert(0, str(Path(__file__).parent))
import samples

FIRST = ("In the name of the tide.", 0.8, 4.46)


def told(data: bytes | str, **how: str) -> list[tuple[str, float, float]]:
    """Text and times of what was read."""
    raw = data if isinstance(data, bytes) else data.encode()
    return [(each.text, each.start_s, each.end_s) for each in read_transcript(raw, **how).segments]


def test_srt_as_subtitle_edit_writes_it() -> None:
    """A byte order mark, CRLF, styles, places on the screen and an empty cue do no harm."""
    found = told(samples.SUBTITLE_EDIT_SRT)
    assert found[0] == FIRST
    assert found[1] == ("I am a maker of nets.", 5.187, 12.299)
    assert found[2] == (samples.ARABIC, 13.0, 14.0)
    assert len(found) == 3


def test_vtt_as_youtube_writes_it() -> None:
    """Header, comments, styles, inline times and voices are understood."""
    found = read_transcript(samples.YOUTUBE_VTT)
    assert told(samples.YOUTUBE_VTT)[0] == FIRST
    assert found.language == "en"
    assert found.segments[1].speaker == "Zarmuth Qelwadi"
    assert found.segments[1].text == "I am a maker of nets & lamps."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("text", [samples.PRAAT_LONG, samples.PRAAT_SHORT])
def test_textgrid_in_both_forms_and_all_encodings(text: str, encoding: str) -> None:
    """Praat's long and short form say the same, in UTF-8 and UTF-16."""
    found = told(text.encode(encoding))
    assert found == [('he said "no", twice', 0.8, 4.46), ("a bell", 2.5, 2.5)]


def test_textgrid_of_an_aligner() -> None:
    """Tiers of words become segments with times of words; tiers of sounds are named as left out."""
    found = read_transcript(samples.ALIGNER_TEXTGRID.encode())
    assert [each.text for each in found.segments] == ["keep the", "lamps"]
    assert found.segments[0].words[1] == Word("the", 0.4, 0.7)
    assert "phones" in found.notes[0]


def test_elan_with_a_translation_tier() -> None:
    """A slot without a time lies between its neighbours; the translation is read when it is asked for."""
    found = read_transcript(samples.ELAN.encode())
    assert told(samples.ELAN) == [("السلام & الأرصفة", 0.8, 2.8), ("المدّ", 2.8, 4.8)]
    assert found.segments[0].speaker == "Q" and found.language == "ara"
    assert "Q-english" in found.notes[0]
    assert told(samples.ELAN, tier="Q-english") == [("Peace on the quays", 0.8, 2.8)]


def test_audacity_labels() -> None:
    """Labels with a line of frequencies between them."""
    assert told(samples.AUDACITY) == [
        ("In the name of the tide", 0.8, 4.46),
        ("nets", 5.187, 12.299),
    ]


def test_otranscribe() -> None:
    """A segment lasts to the next time; the last has no length, since nothing says how long it is."""
    assert told(samples.OTRANSCRIBE) == [
        ("In the name of the tide", 0.8, 5.187),
        ("nets & lamps", 5.187, 5.187),
    ]


@pytest.mark.parametrize(
    ("text", "language", "probabilities"),
    [
        (samples.OPENAI_WHISPER, "en", [0.91, 0.3, 0.99]),
        (samples.WHISPERX, "en", [0.91, None, 0.5]),
        (samples.WHISPER_CPP, "en", [0.9, 0.8, 0.4]),
    ],
)
def test_whisper_layouts(text: str, language: str, probabilities: list[float | None]) -> None:
    """Words keep their probability; a word in two tokens has that of the less certain one."""
    found = read_transcript(text.encode())
    assert (found.segments[0].start_s, found.segments[0].end_s) == (0.8, 4.46)
    assert [word.probability for word in found.segments[0].words] == probabilities
    assert found.language == language


def test_faster_whisper_list() -> None:
    """A bare list of segments without words."""
    assert told(samples.FASTER_WHISPER) == [("In the name", 0.8, 4.46)]


def test_whisperx_word_without_times() -> None:
    """A numeral that the aligner could not place stands between its neighbours."""
    words = read_transcript(samples.WHISPERX.encode()).segments[0].words
    assert (words[1].start_s, words[1].end_s) == (1.0, 2.0)


def test_plain_text_with_times() -> None:
    """Notes by hand: brackets, dashes, lines that go on."""
    assert told(samples.PLAIN) == [
        ("In the name of the tide", 0.8, 5.0),
        ("I am a maker of nets", 5.0, 3723.0),
        ("Peace.", 3723.0, 3723.0),
    ]


BAD = {
    "end before begin": ("1\n00:00:05,000 --> 00:00:04,000\nx\n", "line 2"),
    "no time": (
        "1\n00:00:01,000 --> 00:00:02,000\nx\n\n2\n00:00:aa --> 00:00:04,000\ny\n",
        "line 6",
    ),
    "sixty seconds": ("1\n00:00:61,000 --> 00:01:04,000\nx\n", "line 2"),
    "srt with latin-1": (b"1\n00:00:01,000 --> 00:00:02,000\ncaf\xe9\n", "line 3"),
    "vtt without text before": ("WEBVTT\n\nhello\nyou\n\n00:01.000 --> 00:02.000\nx\n", "line 3"),
    "textgrid cut off": (samples.PRAAT_LONG[:700], "line 32"),
    "textgrid, number for text": (samples.PRAAT_SHORT.replace('"Anna"', "7"), "line 9"),
    "textgrid, open quote": (samples.PRAAT_SHORT[: samples.PRAAT_SHORT.index('ce"')], "line 18"),
    "textgrid, no such count": (
        samples.PRAAT_SHORT.replace("\n3\n0\n0.8", "\n-3\n0\n0.8"),
        "line 12",
    ),
    "elan cut off": (samples.ELAN[:900], "line 1"),
    "elan without a slot": (samples.ELAN.replace('REF2="ts2"', 'REF2="ts9"'), "line 13"),
    "elan with a bad time": (samples.ELAN.replace('"800"', '"-8"'), "line 7"),
    "elan with an entity": (
        samples.ELAN.replace("?>", '?><!DOCTYPE x [<!ENTITY a "aaaa">]>', 1),
        "line 1",
    ),
    "elan with an external type": (
        samples.ELAN.replace("?>", '?>\n<!DOCTYPE x SYSTEM "file:///etc/passwd">', 1),
        "line 2",
    ),
    "elan in a circle": (samples.ELAN.replace('ANNOTATION_REF="a1"', 'ANNOTATION_REF="a3"'), None),
    "label without an end": ("0.5\t1.5\tx\n2.5\tx\n", "line 2"),
    "label that ends early": ("0.5\t1.5\tx\n2.5\t1.0\ty\n", "line 2"),
    "json cut off": (samples.OPENAI_WHISPER[:300], "line"),
    "json with NaN": (samples.FASTER_WHISPER.replace("4.46", "NaN"), "NaN"),
    "whisper without an end": (samples.FASTER_WHISPER.replace('"end": 4.46,', ""), "segment 1"),
    "whisper with a text as time": (samples.FASTER_WHISPER.replace("4.46", '"x"'), "segment 1"),
    "whisper of impossible certainty": (
        samples.OPENAI_WHISPER.replace("0.91", "1.91"),
        "segment 1",
    ),
    "otr without times": ('{"text":"<p>hello</p>","media":"x"}', "no time"),
    "otr with a bad stamp": (samples.OTRANSCRIBE.replace("5.187", "x", 1), "time stamp 2"),
    "text before the first time": ("hello\n[00:01] x\n", "line 1"),
    "text without times": ("hello\nyou\n", "no transcript"),
    "empty": ("", "empty"),
    "only white space": ("\n \n", "empty"),
    "cues that say nothing": ("1\n00:00:01,000 --> 00:00:02,000\n\n", "says nothing"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "line"),
}


@pytest.mark.parametrize("name", BAD)
def test_damaged_files_are_refused_and_the_line_is_named(name: str) -> None:
    """What cannot be read is refused with the place, never read in part."""
    content, place = BAD[name]
    data = content if isinstance(content, bytes) else content.encode()
    if place is None:
        with pytest.raises(BadTranscript):
            read_transcript(data, tier="Q-english")
        return
    with pytest.raises(BadTranscript) as caught:
        read_transcript(data)
    assert place in str(caught.value)


def test_deep_json_and_deep_xml_are_refused() -> None:
    """Nesting without end is refused, not followed."""
    for data in (b"[" * 100_000, b"<ANNOTATION_DOCUMENT>" + b"<A>" * 1000):
        with pytest.raises(BadTranscript):
            read_transcript(data)


# Any script, quotation marks and tags too; control characters have no place in a line of text.
_letters = st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cn"))
_word = st.text(_letters, min_size=1, max_size=8)
_texts = st.lists(_word, min_size=1, max_size=6).map(" ".join)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Transcripts of several speakers, each segment where the last one ended or later."""
    at, segments = 0, []
    for _ in range(draw(st.integers(1, 6))):
        start = at + draw(st.integers(0, 5000))
        at = start + draw(st.integers(1, 9000))
        speaker = draw(st.sampled_from(["", "Anna", "أبو تلمسك"]))
        segments.append(Segment(start / 1000, at / 1000, draw(_texts), speaker))
    return Transcript(tuple(segments))


def _keeps_speakers(form: str) -> bool:
    return "speakers" in FORMS[form].keeps or form == "whisper"


def _plainest(text: str, form: str) -> bool:
    """Whether a format without escapes can hold the text."""
    if form == "srt":
        return not any(sign in text for sign in "<{") and "-->" not in text
    if form == "labels":
        return not text.startswith("\\")
    return form != "eaf" or all(ord(sign) not in (0xFFFE, 0xFFFF) for sign in text)


@pytest.mark.parametrize("form", [name for name in FORMS if name != "otr"])
@given(transcript=transcripts())
@settings(max_examples=60, deadline=None)
def test_what_is_written_reads_the_same(form: str, transcript: Transcript) -> None:
    """Times to the millisecond and every letter come back, in every script."""
    if not all(_plainest(each.text, form) for each in transcript.segments):
        return
    again = read_transcript(write_transcript(transcript, form))
    assert [(s.start_s, s.end_s, s.text) for s in again.segments] == [
        (s.start_s, s.end_s, s.text) for s in transcript.segments
    ]
    if _keeps_speakers(form):
        assert [s.speaker for s in again.segments] == [s.speaker for s in transcript.segments]


@given(transcript=transcripts())
@settings(max_examples=60, deadline=None)
def test_otranscribe_keeps_beginnings_and_text(transcript: Transcript) -> None:
    """oTranscribe has no ends: a segment lasts to the next."""
    again = read_transcript(write_transcript(transcript, "otr"))
    assert [(s.start_s, s.text) for s in again.segments] == [
        (s.start_s, s.text) for s in transcript.segments
    ]


@given(data=st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes at all end in another error than the one that says what is wrong."""
    for start in (
        b"",
        b"WEBVTT\n\n",
        b'File type = "ooTextFile"\n',
        b"<",
        b"{",
        b"0\t1\t",
        b"[0:01] ",
    ):
        try:
            read_transcript(start + data)
        except BadTranscript:
            continue


@pytest.mark.parametrize(
    "sample",
    [
        "SUBTITLE_EDIT_SRT",
        "YOUTUBE_VTT",
        "PRAAT_LONG",
        "ELAN",
        "AUDACITY",
        "OTRANSCRIBE",
        "WHISPER_CPP",
    ],
)
@given(where=st.floats(0, 1), junk=st.binary(max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_changed_byte_is_read_or_refused(sample: str, where: float, junk: bytes) -> None:
    """Real files with bytes changed within them end in a transcript or in a refusal."""
    content = getattr(samples, sample)
    data = content if isinstance(content, bytes) else content.encode()
    at = int(where * len(data))
    try:
        read_transcript(data[:at] + junk + data[at + len(junk) :])
    except BadTranscript:
        return


def test_overlapping_speech_of_one_speaker_keeps_every_word(
    convert: Callable[[str], bytes],
) -> None:
    """A TextGrid has no overlaps, so that a second tier takes them."""
    again = read_transcript(convert("textgrid"))
    assert [each.text for each in again.segments] == ["one", "two"]


@pytest.fixture
def convert() -> Callable[[str], bytes]:
    """Writes two segments that overlap."""
    both = Transcript((Segment(0, 2, "one", "Anna"), Segment(1, 3, "two", "Anna")))
    return lambda form: write_transcript(both, form)
