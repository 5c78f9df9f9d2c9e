"""Draws the plots of outcomes as SVG: no script, no font to load, the same bytes every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape as escape_markup
from math import ceil, floor, log10
from typing import Any

from earwitness.evidence.names import safe_text

WIDTH, HEIGHT = 760, 254
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 24, 40
_LARGEST = 1e290  # beyond it, differences of numbers have no place in a double
_COLOURS = ("#1f5fa8", "#b5451b", "#2d7a4b", "#7a3e9d", "#8a6d00")


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where data coordinates lie in the picture."""

    x0: float
    x1: float
    y0: float
    y1: float
    log_x: bool

    def x(self, value: float) -> float:
        if self.log_x:
            value = max(value, self.x0)  # what is not positive has no place on such an axis
            share = (log10(value) - log10(self.x0)) / (log10(self.x1) - log10(self.x0))
        else:
            share = (value - self.x0) / (self.x1 - self.x0)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.y0) / (self.y1 - self.y0)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def figure_svg(figure: Mapping[str, Any], *, identity: str) -> str:
    """Draw a figure.

    Parameters
    ----------
    figure : mapping
        An ``outcome.Figure`` as JSON.
    identity : str
        Unique in the page; ties the picture to its title and description. What stands before the
        last ``-f`` is the answer's: its places are at that with ``-p`` and their number.

    Returns
    -------
    str
        An ``<svg>`` element whose every text is escaped.
    """
    axes = _axes(figure)
    layers = figure["layers"]
    answer = identity.rpartition("-f")[0]
    # Its letters' size is said here too: on paper, a page's style does not reach into a picture.
    # What stands inside of an image is not read out, so a picture with links is a group.
    role = "group" if any(layer["kind"] == "marks" for layer in layers) else "img"
    drawn = "".join(_layer(layer, axes, index, answer) for index, layer in enumerate(layers))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" font-size="11" font-family="sans-serif" role="{role}" '
        f'aria-labelledby="{identity}-t {identity}-d">'
        f'<title id="{identity}-t">{escape(figure["title"])}</title>'
        f'<desc id="{identity}-d">{escape(figure["alternative"])}</desc>'
        f'<clipPath id="{identity}-c"><rect x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" '
        f'height="{HEIGHT - TOP - BOTTOM}"/></clipPath>'
        f'<g clip-path="url(#{identity}-c)">{drawn}</g>{_frame(figure, axes)}{_legend(layers)}</svg>'
    )


def _axes(figure: Mapping[str, Any]) -> _Axes:
    xs, ys = _extent(figure["layers"])
    x0, x1 = figure["x_range"] or (min(xs, default=0.0), max(xs, default=1.0))
    y0, y1 = figure["y_range"] or (min(ys, default=0.0), max(ys, default=1.0))
    if figure["log_x"]:
        x0 = x0 if x0 > 0 else min((x for x in xs if x > 0), default=1.0)
        x0 = min(max(x0, 1 / _LARGEST), _LARGEST)
        return _Axes(x0, max(x0 * 10, min(x1, _LARGEST)), *_apart(y0, y1), log_x=True)
    return _Axes(*_apart(x0, x1), *_apart(y0, y1), log_x=False)


def _apart(low: float, high: float) -> tuple[float, float]:
    """Two bounds that lie far enough from each other, and near enough, to be drawn between."""
    low, high = (min(max(bound, -_LARGEST), _LARGEST) for bound in (low, high))
    size = max(abs(low), abs(high))
    if high - low <= max(1e-9 * size, 1 / _LARGEST):
        return low - max(0.5, 1e-6 * size), high + max(0.5, 1e-6 * size)
    return low, high


def _extent(layers: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[float]]:
    xs: list[float] = []
    ys: list[float] = []
    for layer in layers:
        match layer["kind"]:
            case "line" | "points":
                xs += layer["x"]
                ys += layer["y"]
            case "envelope":
                xs += layer["x"]
                ys += [*layer["low"], *layer["high"]]
            case "raster":
                xs += [layer["x0"], layer["x1"]]
                ys += [layer["y0"], layer["y1"]]
            case "rows":
                ys += layer["y"]
            case "marks":
                xs += layer["x"]
            case "spans":
                xs += [edge for span in layer["spans"] for edge in span]
    return xs, ys


def _layer(layer: Mapping[str, Any], axes: _Axes, index: int, answer: str) -> str:
    colour = _COLOURS[index % len(_COLOURS)]
    match layer["kind"]:
        case "line":
            return (
                f'<polyline points="{_points(layer["x"], layer["y"], axes)}" fill="none" '
                f'stroke="{colour}" stroke-width="1.4"/>'
            )
        case "points":
            return "".join(
                f'<circle cx="{axes.x(x):.1f}" cy="{axes.y(y):.1f}" r="2.4" fill="{colour}"/>'
                for x, y in zip(layer["x"], layer["y"], strict=True)
            )
        case "envelope":
            over = _points(layer["x"], layer["high"], axes)
            under = _points(layer["x"][::-1], layer["low"][::-1], axes)
            return f'<polygon points="{over} {under}" fill="{colour}" stroke="{colour}" stroke-width=".5"/>'
        case "rows":
            return "".join(
                _row(y, name, axes) for y, name in zip(layer["y"], layer["names"], strict=True)
            )
        case "marks":
            return "".join(
                _mark(x, place, axes, answer)
                for x, place in zip(layer["x"], layer["places"], strict=True)
            )
        case "spans":
            fill = _of_spans(layer)
            return "".join(_span(start, end, axes, fill) for start, end in layer["spans"])
        case "raster":
            x, y = axes.x(layer["x0"]), axes.y(layer["y1"])
            width, height = axes.x(layer["x1"]) - x, axes.y(layer["y0"]) - y
            return (
                f'<image x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
                f'preserveAspectRatio="none" href="data:image/png;base64,'
                f'{escape(layer["png_base64"])}"/>'
            )
    raise ValueError(f"no such layer: {layer['kind']!r}")


def _points(xs: Sequence[float], ys: Sequence[float], axes: _Axes) -> str:
    return " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in zip(xs, ys, strict=True))


def _of_spans(layer: Mapping[str, Any]) -> str:
    """Grey for what is blanked, so that it does not look like what is marked."""
    return "#5b626b" if layer["label"] == "redacted" else "#d9a400"


def _span(start: float, end: float, axes: _Axes, fill: str) -> str:
    x = axes.x(start)
    width = max(1.0, axes.x(end) - x)
    return (
        f'<rect x="{x:.1f}" y="{TOP}" width="{width:.1f}" height="{HEIGHT - TOP - BOTTOM}" '
        f'fill="{fill}" fill-opacity=".28"/>'
    )


def _row(y: float, name: str, axes: _Axes) -> str:
    """A row's name at its left end, and its line."""
    at = axes.y(y)
    return (
        f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="currentColor" stroke-opacity=".2"/>'
        f'<text x="{LEFT + 4}" y="{at - 4:.1f}" paint-order="stroke" stroke="Canvas" '
        f'stroke-width="3">{escape(name)}</text>'
    )


def _mark(x: float, place: int, axes: _Axes, answer: str) -> str:
    """An upright line with a place's number, which leads to where the place is told."""
    at = axes.x(x)
    return (
        f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#b5451b" stroke-dasharray="4 3"/>'
        f'<a href="#{answer}-p{place}"><text x="{at + 3:.1f}" y="{TOP + 11}" '
        f'font-weight="700">{place}</text></a>'
    )


def _frame(figure: Mapping[str, Any], axes: _Axes) -> str:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [
        f'<rect x="{LEFT}" y="{TOP}" width="{right - LEFT}" height="{bottom - TOP}" fill="none" '
        f'stroke="currentColor" stroke-opacity=".5"/>'
    ]
    for value in (_decades if axes.log_x else _ticks)(axes.x0, axes.x1):
        x = axes.x(value)
        parts.append(
            f'<path d="M{x:.1f} {bottom}v4" stroke="currentColor"/>'
            f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{_number(value)}</text>'
        )
    has_rows = any(layer["kind"] == "rows" for layer in figure["layers"])
    for value in [] if has_rows else _ticks(axes.y0, axes.y1, about=4):
        y = axes.y(value)
        parts.append(
            f'<path d="M{LEFT} {y:.1f}h-4" stroke="currentColor"/>'
            f'<text x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{_number(value)}</text>'
        )
    middle_x, middle_y = (LEFT + right) / 2, (TOP + bottom) / 2
    parts.append(
        f'<text x="{middle_x:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(figure["x_label"])}</text>'
        f'<text transform="translate(14 {middle_y:.0f}) rotate(-90)" text-anchor="middle">'
        f"{escape(figure['y_label'])}</text>"
    )
    return "".join(parts)


def _legend(layers: Sequence[Mapping[str, Any]]) -> str:
    entries = [
        (
            layer["label"],
            _of_spans(layer) if layer["kind"] == "spans" else _COLOURS[index % len(_COLOURS)],
        )
        for index, layer in enumerate(layers)
        if layer["label"] and layer["kind"] not in ("raster", "rows", "marks")
    ]
    if len(entries) < 2:
        return ""
    parts, x = [], float(LEFT)
    for label, colour in entries:
        parts.append(
            f'<rect x="{x:.0f}" y="{TOP - 17}" width="10" height="10" fill="{colour}"/>'
            f'<text x="{x + 15:.0f}" y="{TOP - 8}">{escape(label)}</text>'
        )
        x += 30 + 7 * len(label)
    return "".join(parts)


def _ticks(low: float, high: float, *, about: int = 8) -> list[float]:
    """Round values between two bounds: steps of 1, 2 or 5 times a power of ten."""
    raw = (high - low) / about
    size = 10.0 ** floor(log10(raw))
    step = next(factor * size for factor in (1, 2, 5, 10) if factor * size >= raw * 0.999)
    first = ceil(low / step - 1e-9)
    last = floor(high / step + 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def _decades(low: float, high: float, *, about: int = 8) -> list[float]:
    """Powers of ten between two positive bounds, with their twofold and fivefold if there is room."""
    first, last = floor(log10(low)), ceil(log10(high))
    every = max(1, (last - first) // about)
    factors = (1, 2, 5) if last - first <= about // 2 else (1,)
    values = [factor * 10.0**power for power in range(first, last + 1, every) for factor in factors]
    return [value for value in values if low * 0.999 <= value <= high * 1.001]


def escape(text: str) -> str:
    """A text as markup and XML allow it, with what is invisible made visible."""
    return escape_markup(safe_text(text, len(text)))


def _number(value: float) -> str:
    if abs(value) < 100_000:
        return f"{value:g}"
    return f"{value:.0f}" if abs(value) < 1e12 else f"{value:.3g}"
