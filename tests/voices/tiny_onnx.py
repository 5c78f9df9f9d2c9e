"""A speaker model of one matrix, as an ONNX file written byte by byte: it needs no package to make it.

The vector is the mean power of each band over the piece, times a matrix of fixed random numbers. The
field numbers are those of onnx.proto.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FLOAT, INT64 = 1, 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _value(name: str, kind: int, *shape: int | str) -> bytes:
    dims = b"".join(
        _bytes(1, _number(1, each) if isinstance(each, int) else _text(2, each)) for each in shape
    )
    tensor = _number(1, kind) + _bytes(2, dims)
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _node(kind: str, inputs: list[str], outputs: list[str], attributes: bytes = b"") -> bytes:
    names = b"".join(_text(1, each) for each in inputs) + b"".join(
        _text(2, each) for each in outputs
    )
    return names + _text(4, kind) + attributes


def _integers(name: str, *values: int) -> bytes:
    listed = b"".join(_number(8, value) for value in values)
    return _bytes(5, _text(1, name) + listed + _number(20, 7))


def _integer(name: str, value: int) -> bytes:
    return _bytes(5, _text(1, name) + _number(3, value) + _number(20, 2))


def matrix(size: int) -> np.ndarray:
    """The model's only weights [shape=(80, size)]."""
    return np.random.default_rng(9).standard_normal((80, size)).astype(np.float32)


def build(path: Path, *, size: int = 16, nemo: bool = False) -> Path:
    """Write the model; with ``nemo``, with bands before time, a length, and two outputs."""
    weights = matrix(size)
    time_axis = 2 if nemo else 1
    mean = _integers("axes", time_axis) + _integer("keepdims", 0)
    nodes = [
        _node("Mul", ["x", "x"], ["power"]),
        _node("ReduceMean", ["power"], ["mean"], mean),
        _node("MatMul", ["mean", "weights"], ["embs"]),
    ]
    inputs = [_value("x", FLOAT, 1, "frames", 80)]
    outputs = [_value("embs", FLOAT, 1, size)]
    if nemo:
        nodes.append(_node("Cast", ["length"], ["logits"], _integer("to", FLOAT)))
        inputs = [_value("x", FLOAT, 1, 80, "frames"), _value("length", INT64, 1)]
        outputs = [_value("logits", FLOAT, 1), *outputs]
    tensor = b"".join(_number(1, each) for each in weights.shape) + _number(2, FLOAT)
    tensor += _text(8, "weights") + _bytes(9, weights.tobytes())
    graph = b"".join(_bytes(1, node) for node in nodes) + _text(2, "tiny") + _bytes(5, tensor)
    graph += b"".join(_bytes(11, each) for each in inputs)
    graph += b"".join(_bytes(12, each) for each in outputs)
    model = _number(1, 8) + _bytes(8, _number(2, 13)) + _bytes(7, graph)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model)
    return path
