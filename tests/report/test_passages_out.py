"""A passage that is redacted leaves neither its times, nor its words, nor its picture."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

from earwitness.outcome import (
    Envelope,
    Figure,
    Finding,
    Line,
    Measure,
    Place,
    Points,
    Raster,
    Spans,
    outcome_to_json,
)
from earwitness.report.blanking import blank_figure
from earwitness.report.passages_out import Passage
from earwitness.signal.pictures import png


def passage(*said: str, elsewhere: str = "") -> Passage:
    """Ten to twenty seconds of a recording."""
    return Passage(10.0, 20.0, said, frozenset(elsewhere.split()))


def figure(*layers: Any, x: str = "seconds", y: str = "dB", **options: Any) -> dict[str, Any]:
    """A figure as JSON."""
    made = Figure("Title", "What it shows.", x, y, layers, **options)
    found: dict[str, Any] = outcome_to_json(Finding(summary="", figures=(made,)))["figures"][0]
    return found


def test_times_in_texts_are_taken_out() -> None:
    """Seconds and clock times in the passage, alone and in ranges; other numbers stay."""
    out = passage().out_of_text
    assert out("from 12.5 to 14 s, and at 30 s") == "from [redacted] to [redacted] s, and at 30 s"
    assert out("at 0:15.20 and 1:15") == "at [redacted] and 1:15"
    assert out("12 dB above, 15 words, 9.5 s") == "12 dB above, 15 words, 9.5 s"


def test_words_are_taken_out() -> None:
    """Three words in a row anywhere; in what was examined of the recording, words said only there."""
    one = passage("meet him at the old harbour", elsewhere="at the him old")
    quoted = "He said: “Meet him, at the station”."
    assert one.words_out_of(quoted) == "He said: “[redacted] station”."
    assert one.words_out_of("the harbour was old") == "the harbour was old"
    assert one.out_of_text("the harbour was old") == "the [redacted] was old"


def test_an_outcome_keeps_what_lies_outside() -> None:
    """Places, measures and details in the passage go; what lies before and after it stays."""
    finding = Finding(
        summary="A passage from 12.00 to 13.00 s, and one at 40.00 s.",
        measures=(Measure("first", 12.0, "s"), Measure("level", 12.0, "dB"), Measure("n", 15)),
        places=(Place(12.0, 13.0, "in"), Place(40.0, 41.0, "out"), Place(0.0, 60.0, "all")),
        details={
            "segments": [
                {"start_s": 12.0, "end_s": 13.0, "text": "secret plan"},
                {"start_s": 40.0, "end_s": 41.0, "text": "hello there"},
            ],
            "words": [["secret", 12.0, 12.5, 0.9], ["hello", 40.0, 40.5, 0.9]],
            "regions_s": [[11.0, 30.0], [40.0, 41.0]],
            "track": list(range(100, 120)),
            "first_s": 12.0,
            "rate_hz": 12.0,
        },
    )
    one = passage("secret plan", elsewhere="hello there")
    out = one.out_of_outcome(outcome_to_json(finding))
    assert out["summary"] == "A passage from [redacted] to [redacted] s, and one at 40.00 s."
    assert [place["label"] for place in out["places"]] == ["out", "all"]
    assert [measure["value"] for measure in out["measures"]] == [None, 12.0, 15]
    assert out["details"] == {
        "segments": [{"redacted": True}, {"start_s": 40.0, "end_s": 41.0, "text": "hello there"}],
        "words": [["[redacted]"], ["hello", 40.0, 40.5, 0.9]],
        "regions_s": [["[redacted]"], [40.0, 41.0]],
        "track": ["[redacted]"],
        "first_s": "[redacted]",
        "rate_hz": 12.0,
    }
    assert one.count == 9


def test_other_outcomes_keep_their_shape() -> None:
    """Not examined and failed have texts only."""
    outcome = {"reason": "cut at 12 s", "got": "", "needed": "", "kind": "not_examined"}
    assert passage().out_of_outcome(outcome)["reason"] == "cut at [redacted] s"


def test_curves_are_blanked() -> None:
    """Values in the passage are gone, and it is marked; the rest is as it was."""
    line = Line((5.0, 15.0, 25.0), (1.0, 2.0, 3.0))
    wave = Envelope((5.0, 15.0, 25.0), (-1.0, -0.5, -1.0), (1.0, 0.5, 1.0))
    spans = Spans(((5.0, 12.0), (14.0, 15.0), (19.0, 30.0)))
    made = blank_figure(figure(line, wave, spans, Points((15.0,), (1.0,))), 10.0, 20.0)
    assert made is not None
    assert (made["layers"][0]["x"], made["layers"][0]["y"]) == ([5.0, 25.0], [1.0, 3.0])
    assert (made["layers"][1]["low"], made["layers"][1]["high"]) == (
        [-1.0, 0.0, -1.0],
        [1.0, 0.0, 1.0],
    )
    assert made["layers"][2]["spans"] == [[5.0, 10.0], [20.0, 30.0]]
    assert made["layers"][3]["x"] == []
    assert made["layers"][4] == {"spans": [[10.0, 20.0]], "label": "redacted", "kind": "spans"}
    assert "redacted" in made["alternative"]


def test_a_spectrogram_is_blanked_column_by_column() -> None:
    """The picture is drawn anew with nothing in those columns; one that cannot be read is left out."""
    picture = np.full((4, 40), 200, dtype=np.uint8)
    raster = Raster(base64.b64encode(png(picture)).decode(), 0.0, 40.0, 0.0, 8000.0)
    made = blank_figure(figure(raster, y="Hz"), 10.0, 20.0)
    assert made is not None
    data = base64.b64decode(made["layers"][0]["png_base64"])
    at = data.find(b"IDAT")
    raw = zlib.decompress(data[at + 4 : at + 4 + int.from_bytes(data[at - 4 : at], "big")])
    lines = np.frombuffer(raw, dtype=np.uint8).reshape(4, 41)[:, 1:]
    assert not lines[:, 10:20].any()
    assert (lines[:, :9] == 200).all()
    assert (lines[:, 21:] == 200).all()
    other = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode()
    broken = blank_figure(figure(Raster(other, 0.0, 40.0, 0.0, 1.0)), 10.0, 20.0)
    assert broken is not None
    assert [layer["kind"] for layer in broken["layers"]] == ["spans"]


def test_plots_over_other_axes() -> None:
    """Over frequency, nothing is blanked; over two times of it, both; over another clock, all."""
    spectrum = figure(Line((10.0, 15.0), (1.0, 2.0)), x="Hz")
    assert blank_figure(spectrum, 10.0, 20.0) == spectrum
    twice = figure(Points((1.0, 2.0, 15.0), (30.0, 15.0, 40.0)),
                   x="seconds, first occurrence", y="seconds, second occurrence")  # fmt: skip
    made = blank_figure(twice, 10.0, 20.0)
    assert made is not None
    assert made["layers"][0]["x"] == [1.0]
    for axis in ("seconds in the archived recording", "minutes", "s from the stretch's beginning"):
        assert blank_figure(figure(Line((0.0, 1.0), (0.0, 1.0)), x=axis), 10.0, 20.0) is None
