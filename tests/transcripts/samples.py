"""Small files as the programs themselves write them, byte for byte in their habits."""

# ruff: noqa: E501

from __future__ import annotations

ARABIC = "باسم المدّ الذي يعود، السلام على الأرصفة"
SUBTITLE_EDIT_SRT = (
    "\ufeff1\r\n00:00:00,800 --> 00:00:04,460\r\n<i>In the name</i>\r\nof the tide.\r\n\r\n"
    "2\r\n00:00:05,187 --> 00:00:12,299 X1:100 X2:200 Y1:1 Y2:2\r\n{\\an8}I am a maker of nets.\r\n\r\n"
    f"3\r\n00:00:13,000 --> 00:00:14,000\r\n{ARABIC}\r\n\r\n4\r\n00:00:15,000 --> 00:00:16,000\r\n\r\n"
).encode()
YOUTUBE_VTT = (
    b"WEBVTT\nKind: captions\nLanguage: en\n\nNOTE a remark\nof two lines\n\nSTYLE\n::cue { color: red }\n\n"
    b"00:00:00.800 --> 00:00:04.460 align:start position:0%\n"
    b"In the name<00:00:01.500><c> of</c><00:00:02.000><c> the tide.</c>\n\n"
    b"intro\n00:05.187 --> 00:12.299\n<v Zarmuth Qelwadi>I am a maker of nets &amp; lamps.\n"
)
PRAAT_LONG = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0 \nxmax = 5.0 \ntiers? <exists> \n'
    'size = 2 \nitem []: \n    item [1]:\n        class = "IntervalTier" \n        name = "Anna" \n'
    "        xmin = 0 \n        xmax = 5.0 \n        intervals: size = 3 \n        intervals [1]:\n"
    '            xmin = 0 \n            xmax = 0.8 \n            text = "" \n        intervals [2]:\n'
    '            xmin = 0.8 \n            xmax = 4.46 \n            text = "he said ""no"", twice" \n'
    "        intervals [3]:\n            xmin = 4.46 \n            xmax = 5.0 \n"
    '            text = "" \n    item [2]:\n        class = "TextTier" \n        name = "notes" \n'
    "        xmin = 0 \n        xmax = 5.0 \n        points: size = 1 \n        points [1]:\n"
    '            number = 2.5 \n            mark = "a bell" \n'
)
PRAAT_SHORT = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n5.0\n<exists>\n2\n"IntervalTier"\n"Anna"\n'
    '0\n5.0\n3\n0\n0.8\n""\n0.8\n4.46\n"he said ""no"", twice"\n4.46\n5.0\n""\n"TextTier"\n"notes"\n0\n5.0\n'
    '1\n2.5\n"a bell"\n'
)
ALIGNER_TEXTGRID = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n3\n<exists>\n2\n"IntervalTier"\n"words"\n'
    '0\n3\n4\n0\n0.4\n"keep"\n0.4\n0.7\n"the"\n0.7\n1.9\n""\n1.9\n3\n"lamps"\n'
    '"IntervalTier"\n"phones"\n0\n3\n1\n0\n3\n"k"\n'
)
ELAN = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2033-04-15T10:00:00+01:00" FORMAT="3.0" VERSION="3.0">
    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
        <MEDIA_DESCRIPTOR MEDIA_URL="file:///tape.wav" MIME_TYPE="audio/x-wav"/>
    </HEADER>
    <TIME_ORDER>
        <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="800"/>
        <TIME_SLOT TIME_SLOT_ID="ts2"/>
        <TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="4800"/>
    </TIME_ORDER>
    <TIER LANG_REF="ara" LINGUISTIC_TYPE_REF="default-lt" PARTICIPANT="Q" TIER_ID="Q-speech">
        <ANNOTATION>
            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
                <ANNOTATION_VALUE>السلام &amp; الأرصفة</ANNOTATION_VALUE>
            </ALIGNABLE_ANNOTATION>
        </ANNOTATION>
        <ANNOTATION>
            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
                <ANNOTATION_VALUE>المدّ</ANNOTATION_VALUE>
            </ALIGNABLE_ANNOTATION>
        </ANNOTATION>
    </TIER>
    <TIER LANG_REF="eng" LINGUISTIC_TYPE_REF="tr" PARENT_REF="Q-speech" TIER_ID="Q-english">
        <ANNOTATION>
            <REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a1">
                <ANNOTATION_VALUE>Peace on the quays</ANNOTATION_VALUE>
            </REF_ANNOTATION>
        </ANNOTATION>
    </TIER>
    <LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
"""
AUDACITY = "0.800000\t4.460000\tIn the name of the tide\n\\\t100.0\t4000.0\n5.187\t12.299\tnets\n"
OTRANSCRIBE = (
    '{"text":"<p><span class=\\"timestamp\\" contenteditable=\\"false\\" data-timestamp=\\"0.8\\">0:00</span>'
    ' In the name<br>of the tide</p><p><span class=\\"timestamp\\" data-timestamp=\\"5.187\\">0:05</span>&nbsp;'
    'nets &amp; lamps</p>","media":"tape.mp3","media-time":12.3}'
)
OPENAI_WHISPER = """{"text": " In the name", "segments": [{"id": 0, "seek": 0, "start": 0.8, "end": 4.46,
 "text": " In the name", "tokens": [50364, 682], "temperature": 0.0, "avg_logprob": -0.2,
 "compression_ratio": 1.2, "no_speech_prob": 0.01, "words": [
 {"word": " In", "start": 0.8, "end": 1.0, "probability": 0.91},
 {"word": " the", "start": 1.0, "end": 1.2, "probability": 0.3},
 {"word": " name", "start": 1.2, "end": 4.46, "probability": 0.99}]}], "language": "en"}"""
FASTER_WHISPER = """[{"id": 1, "seek": 3000, "start": 0.8, "end": 4.46, "text": " In the name",
 "tokens": [682], "avg_logprob": -0.2, "compression_ratio": 1.2, "no_speech_prob": 0.01, "words": null,
 "temperature": 0.0}]"""
WHISPERX = """{"segments": [{"start": 0.8, "end": 4.46, "text": " boats 1905 cross", "speaker": "S_00",
 "words": [{"word": "boats", "start": 0.8, "end": 1.0, "score": 0.91}, {"word": "1905"},
 {"word": "cross", "start": 2.0, "end": 4.46, "score": 0.5}]}], "language": "en"}"""
WHISPER_CPP = """{"systeminfo": "AVX = 1", "model": {"type": "base"}, "params": {"language": "auto"},
 "result": {"language": "en"}, "transcription": [{"timestamps": {"from": "00:00:00,800",
 "to": "00:00:04,460"}, "offsets": {"from": 800, "to": 4460}, "text": " In the harbour", "tokens": [
 {"text": "[_BEG_]", "offsets": {"from": 800, "to": 800}, "id": 50363, "p": 0.9},
 {"text": " In", "offsets": {"from": 800, "to": 1000}, "id": 1, "p": 0.9},
 {"text": " the", "offsets": {"from": 1000, "to": 1200}, "id": 1, "p": 0.8},
 {"text": " har", "offsets": {"from": 1200, "to": 2000}, "id": 1, "p": 0.7},
 {"text": "bour", "offsets": {"from": 2000, "to": 4460}, "id": 1, "p": 0.4}]}]}"""
PLAIN = "[00:00:00.8] In the name\nof the tide\n\n0:05 – I am a maker of nets\n(1:02:03) Peace.\n"
