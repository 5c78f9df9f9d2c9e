"""Plots: well-formed, escaped, finite, whatever numbers and words they are given."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.evidence.names import safe_text
from earwitness.outcome import (
    Envelope,
    Figure,
    Finding,
    Line,
    Marks,
    Points,
    Raster,
    Rows,
    Spans,
    outcome_from_json,
    outcome_to_json,
)
from earwitness.report.figures import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, figure_svg
from earwitness.signal.pictures import png

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text(st.characters())  # surrogates and control characters too


def drawn(figure: Figure) -> ET.Element:
    """Draw a figure and read it back as XML."""
    data: dict[str, Any] = outcome_to_json(Finding(summary="", figures=(figure,)))["figures"][0]
    return ET.fromstring(figure_svg(data, identity="f1").replace("<svg ", '<svg xmlns="x" ', 1))


def figure(*layers: Any, **options: Any) -> Figure:
    """A figure with those layers."""
    return Figure("Title", "What it shows.", "x", "y", layers, **options)


def points_of(element: ET.Element, tag: str) -> list[tuple[float, float]]:
    """The corners of the first such element."""
    found = element.find(f".//{{x}}{tag}")
    assert found is not None
    return [tuple(map(float, pair.split(","))) for pair in found.attrib["points"].split()]  # type: ignore[misc]


def test_a_line_lies_where_its_numbers_say() -> None:
    """The corners of the axes are the ends of the data, on plain and on logarithmic axes."""
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    found = points_of(drawn(figure(Line((0.0, 1.0, 2.0), (0.0, 5.0, 10.0)))), "polyline")
    assert found == [(LEFT, bottom), ((LEFT + right) / 2, (TOP + bottom) / 2), (right, TOP)]
    log = points_of(
        drawn(figure(Line((10.0, 100.0, 1000.0), (0.0, 5.0, 10.0)), log_x=True)), "polyline"
    )
    assert log == found


def test_an_envelope_goes_there_and_back() -> None:
    """Over the peaks and back under them."""
    layer = Envelope((0.0, 1.0), (-1.0, -1.0), (1.0, 1.0))
    corners = points_of(drawn(figure(layer)), "polygon")
    assert corners == [
        (LEFT, TOP),
        (WIDTH - RIGHT, TOP),
        (WIDTH - RIGHT, HEIGHT - BOTTOM),
        (LEFT, HEIGHT - BOTTOM),
    ]


def test_a_raster_is_a_picture_inside() -> None:
    """Its PNG comes back as it was."""
    picture = base64.b64encode(png(np.zeros((2, 2), dtype=np.uint8))).decode()
    image = drawn(figure(Raster(picture, 0.0, 1.0, 0.0, 8000.0))).find(".//{x}image")
    assert image is not None
    assert image.attrib["href"] == f"data:image/png;base64,{picture}"


@given(title=WORDS, alternative=WORDS, label=WORDS, unit=WORDS)
def test_words_stay_words(title: str, alternative: str, label: str, unit: str) -> None:
    """Whatever is written in a figure comes back as text, never as markup."""
    made = Figure(title, alternative, unit, label,
                  (Line((0.0, 1.0), (0.0, 1.0), label), Points((0.0,), (1.0,), label)))  # fmt: skip
    svg = drawn(made)
    assert (svg.findtext("{x}title") or "") == safe_text(title)
    assert (svg.findtext("{x}desc") or "") == safe_text(alternative)
    assert safe_text(unit) in [element.text or "" for element in svg.iter("{x}text")]


@settings(max_examples=400)
@given(xs=st.lists(NUMBERS, min_size=1, max_size=8), ys=st.lists(NUMBERS, min_size=1, max_size=8),
       log_x=st.booleans())  # fmt: skip
def test_any_finite_numbers_can_be_drawn(xs: list[float], ys: list[float], log_x: bool) -> None:
    """One point, equal points, huge, tiny, negative and zero ones: finite coordinates, few ticks."""
    count = min(len(xs), len(ys))
    x, y = tuple(sorted(xs[:count])), tuple(ys[:count])
    made = figure(Line(x, y), Points(x, y), Spans(((x[0], x[-1]),)), log_x=log_x)
    data = outcome_to_json(Finding(summary="", figures=(made,)))["figures"][0]
    text = figure_svg(data, identity="f1")
    ET.fromstring(text)
    assert re.search(r"\b(nan|inf)\b", text) is None
    assert text.count("<text") < 60


@pytest.mark.parametrize(
    ("low", "high", "log_x", "expected"),
    [
        (0.0, 10.0, False, ["0", "2", "4", "6", "8", "10"]),
        (-0.3, 0.3, False, ["-0.3", "-0.2", "-0.1", "0", "0.1", "0.2", "0.3"]),
        (1e-12, 9e-12, False, [f"{number}e-12" for number in range(1, 10)]),
        (20.0, 20_000.0, True, ["20", "50", "100", "200", "500", "1000", "2000", "5000", "10000", "20000"]),
        (1e-3, 1e9, True, ["0.001", "0.01", "0.1", "1", "10", "100", "1000", "10000"]),
    ],
)  # fmt: skip
def test_ticks_are_round_numbers(low: float, high: float, log_x: bool, expected: list[str]) -> None:
    """Steps of 1, 2 or 5, of any size; decades on logarithmic axes."""
    svg = drawn(figure(Line((low, high), (0.0, 1.0)), log_x=log_x))
    ticks = [e.text for e in svg.iter("{x}text") if e.get("y") == str(HEIGHT - BOTTOM + 16)]
    assert ticks[: len(expected)] == expected


@pytest.mark.parametrize("layers", [(), (Line((), ()),), (Spans(()),), (Points((), ()),)])
def test_an_empty_figure_can_be_drawn(layers: tuple[Any, ...]) -> None:
    """Nothing to show is an empty frame."""
    assert drawn(figure(*layers)).tag == "{x}svg"


def test_an_unknown_layer_is_an_error() -> None:
    """A kind that cannot be drawn is not left out in silence."""
    data: dict[str, Any] = outcome_to_json(Finding(summary="", figures=(figure(),)))["figures"][0]
    with pytest.raises(ValueError, match="no such layer"):
        figure_svg({**data, "layers": [{"kind": "pie", "label": ""}]}, identity="f1")


def test_rows_have_names_in_place_of_numbers() -> None:
    """The names stand where the rows begin; the axis has no numbers of its own."""
    plain = drawn(figure(Line((0.0, 1.0), (0.0, 2.0))))
    found = drawn(figure(Line((0.0, 1.0), (0.0, 2.0)), Rows((0.0, 1.0), ("low <", "high"))))
    texts = [element.text for element in found.iter("{x}text")]
    assert {"low <", "high"} <= set(texts)
    numbered = [
        element for element in plain.iter("{x}text") if element.attrib.get("text-anchor") == "end"
    ]
    assert numbered
    assert not [e for e in found.iter("{x}text") if e.attrib.get("text-anchor") == "end"]


def test_marks_lead_to_the_places_of_their_own_answer() -> None:
    """The number of a place is a link within the page, to the place of the answer that it is in."""
    data = outcome_to_json(Finding(summary="", figures=(figure(Marks((0.5, 2.0), (1, 2))),)))
    found = ET.fromstring(
        figure_svg(data["figures"][0], identity="whole-3-f1").replace("<svg ", '<svg xmlns="x" ', 1)
    )
    assert [each.attrib["href"] for each in found.iter("{x}a")] == ["#whole-3-p1", "#whole-3-p2"]
    first, second = (float(each.attrib["x"]) for each in found.findall(".//{x}a/{x}text"))
    assert LEFT <= first < second


def test_a_close_up_and_its_place_lead_to_each_other() -> None:
    """It stands behind the table of places, and not among the other figures."""
    page = (Path(__file__).parent / "golden" / "report.html").read_text("utf-8")
    (close,) = re.findall(r'<figure class="close" id="([^"]+)">', page)
    assert f'href="#{close}">close up</a>' in page
    place = close.replace("-close-", "-p")
    assert f'<tr id="{place}">' in page
    assert f'<figcaption><a href="#{place}">Place 1</a>' in page


def test_a_figure_that_was_kept_before_there_were_close_ups_is_drawn() -> None:
    """An outcome of an older version, which has no such field."""
    data = outcome_to_json(Finding(summary="", figures=(figure(Line((0.0,), (1.0,))),)))
    for each in data["figures"]:
        del each["place"]
    restored = outcome_from_json(data)
    assert isinstance(restored, Finding)
    assert restored.figures[0].place == 0
