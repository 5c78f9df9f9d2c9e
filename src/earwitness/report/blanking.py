"""Blanks a stretch of time in a figure.

Conventions: figures are an ``outcome.Figure`` as JSON; times are seconds of the recording. A figure
over another clock, such as that of an archived recording, is left out, for nothing tells where in it
the stretch lies.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt

from earwitness.signal.pictures import png

_OF_TIME = re.compile(r"\b(?:s|seconds?|minutes?|hours?|time)\b", re.IGNORECASE)
_THIS_CLOCK = re.compile(r"(?:seconds|time)(?: in this recording|, (?:first|second) occurrence)?")
_LARGEST_SIDE = 4096


def blank_figure(figure: Mapping[str, Any], start_s: float, end_s: float) -> dict[str, Any] | None:
    """The figure with nothing drawn from ``start_s`` to ``end_s``; None if that cannot be told.

    Parameters
    ----------
    figure : mapping
    start_s, end_s : float
        Seconds of the recording.
    """
    clocks = [
        bool(_THIS_CLOCK.fullmatch(figure[axis]))
        for axis in ("x_label", "y_label")
        if _OF_TIME.search(figure[axis])
    ]
    if not clocks:
        return dict(figure)
    if not all(clocks):
        return None
    over_y = bool(_OF_TIME.search(figure["y_label"]))
    layers = [_blank(layer, start_s, end_s, over_y=over_y) for layer in figure["layers"]]
    drawn = [layer for layer in layers if layer is not None]
    mark = {"spans": [[start_s, end_s]], "label": "redacted", "kind": "spans"}
    return {
        **figure,
        "alternative": f"{figure['alternative']} A passage is blanked, for it was redacted.",
        "layers": [*drawn, mark],
    }


def _blank(
    layer: Mapping[str, Any], start_s: float, end_s: float, *, over_y: bool
) -> dict[str, Any] | None:
    match layer["kind"]:
        case "line" | "points":
            kept = [
                (x, y)
                for x, y in zip(layer["x"], layer["y"], strict=True)
                if not start_s <= x <= end_s and not (over_y and start_s <= y <= end_s)
            ]
            return {**layer, "x": [x for x, _ in kept], "y": [y for _, y in kept]}
        case "envelope":
            inside = [start_s <= x <= end_s for x in layer["x"]]
            return {
                **layer,
                "low": _flat(layer["low"], inside),
                "high": _flat(layer["high"], inside),
            }
        case "spans":
            return {**layer, "spans": _around(layer["spans"], start_s, end_s)}
        case "raster":
            return _blank_raster(layer, start_s, end_s)
    return None


def _flat(values: Sequence[float], inside: Sequence[bool]) -> list[float]:
    return [0.0 if is_in else value for value, is_in in zip(values, inside, strict=True)]


def _around(spans: Sequence[Sequence[float]], start_s: float, end_s: float) -> list[list[float]]:
    """What of each span lies before the stretch, and what after it."""
    pieces = [
        piece
        for begin, end in spans
        for piece in ([begin, min(end, start_s)], [max(begin, end_s), end])
    ]
    return [piece for piece in pieces if piece[0] < piece[1]]


def _blank_raster(layer: Mapping[str, Any], start_s: float, end_s: float) -> dict[str, Any] | None:
    picture = _read_png(base64.b64decode(layer["png_base64"]))
    if picture is None or layer["x1"] <= layer["x0"]:
        return None
    columns, length = picture.shape[1], layer["x1"] - layer["x0"]
    first = floor((start_s - layer["x0"]) / length * columns) - 1
    last = ceil((end_s - layer["x0"]) / length * columns) + 1
    picture[:, max(0, first) : max(0, last)] = 0
    return {**layer, "png_base64": base64.b64encode(png(picture)).decode("ascii")}


def _read_png(data: bytes) -> npt.NDArray[np.uint8] | None:
    """A picture that ``signal.pictures.png`` wrote [shape=(rows, columns)]; None if it is another."""
    if data[12:16] != b"IHDR" or len(data) < 33:
        return None
    columns, rows, *kind = struct.unpack_from(">IIBBBBB", data, 16)
    if kind != [8, 3, 0, 0, 0] or not 0 < columns <= _LARGEST_SIDE or not 0 < rows <= _LARGEST_SIDE:
        return None
    at = data.find(b"IDAT")
    if at < 0:
        return None
    (size,) = struct.unpack_from(">I", data, at - 4)
    expected = rows * (columns + 1)
    try:
        raw = zlib.decompressobj().decompress(data[at + 4 : at + 4 + size], expected)
    except zlib.error:
        return None
    lines = np.frombuffer(raw, dtype=np.uint8)
    if lines.size != expected:
        return None
    lines = lines.reshape(rows, columns + 1)
    return lines[:, 1:].copy() if not lines[:, 0].any() else None
