"""A detector with one filter in it, as an ONNX file written by hand: it takes what hisses for a machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np

WINDOW = 32_000
NOTE = 'sample_rate_hz = 16000\nwindow_s = 2.0\nhigher_means = "machine"\ncolumn = 0\n'


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def _field(number: int, content: bytes | int | str) -> bytes:
    """One field of a protocol buffer: a whole number, or bytes with their length."""
    if isinstance(content, int):
        return _varint(number << 3) + _varint(content)
    data = content.encode() if isinstance(content, str) else content
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _tensor(name: str, values: np.ndarray) -> bytes:
    kind = 1 if values.dtype == np.float32 else 7
    dims = b"".join(_field(1, size) for size in values.shape)
    return dims + _field(2, kind) + _field(8, name) + _field(9, values.tobytes())


def _ints(name: str, values: list[int]) -> bytes:
    return _field(1, name) + b"".join(_field(8, value) for value in values) + _field(20, 7)


def _node(kind: str, inputs: list[str], output: str, *attributes: bytes) -> bytes:
    named = b"".join(_field(1, name) for name in inputs) + _field(2, output)
    return named + _field(4, kind) + b"".join(_field(5, each) for each in attributes)


def _value(name: str, shape: list[int]) -> bytes:
    dims = b"".join(_field(1, _field(1, size)) for size in shape)
    tensor = _field(1, 1) + _field(2, dims)
    return _field(1, name) + _field(2, _field(1, tensor))


def model(*, window: int = WINDOW, inputs: list[int] | None = None) -> bytes:
    """The bytes of the model: the mean of how far each sample is from the last, over the mean level."""
    keep = _field(1, "keepdims") + _field(3, 0) + _field(20, 2)
    graph = b"".join(
        _field(1, node)
        for node in (
            _node("Reshape", ["wave", "shape"], "line"),
            _node("Conv", ["line", "filter"], "steps", _ints("kernel_shape", [2])),
            _node("Abs", ["steps"], "sizes"),
            _node("ReduceMean", ["sizes"], "rough", keep),
            _node("Abs", ["line"], "levels"),
            _node("ReduceMean", ["levels"], "loud", keep),
            _node("Div", ["rough", "loud"], "score"),
        )
    )
    graph += _field(2, "rough")
    graph += _field(5, _tensor("shape", np.asarray([1, 1, window], np.int64)))
    graph += _field(5, _tensor("filter", np.asarray([[[1, -1]]], np.float32)))
    graph += _field(11, _value("wave", inputs or [1, window])) + _field(12, _value("score", []))
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 13))


def build(folder: Path, *, note: str = NOTE, content: bytes | None = None) -> Path:
    """Write the detector into a folder of the shelf."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model() if content is None else content)
    (folder / "detector.toml").write_text(note)
    return folder
