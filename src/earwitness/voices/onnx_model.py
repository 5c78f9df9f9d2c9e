"""Neural speaker models in ONNX form, each with the front end that it was trained on.

The file is run by onnxruntime on the processor, on one thread, so that the same bytes give the same
numbers. What a model expects is not in every file, and two runtimes have given the same model
different scores for that reason; so it stands in the catalogue of models, and is tested.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from earwitness.errors import MissingPart
from earwitness.voices.mel import Floats, FrontEnd, log_mel

BANDS: Final = 80
_LONGEST_FRAMES: Final = 6_000  # a minute at once bounds the memory
_LEAST_FRAMES: Final = 50


@dataclass(frozen=True, slots=True)
class Family:
    """What the models of one maker expect.

    Attributes
    ----------
    front : FrontEnd
    scales : bool
        Whether each band is also divided by its standard deviation over the piece.
    transposed : bool
        Bands before time, and the number of frames as a second input.
    """

    front: FrontEnd
    scales: bool = False
    transposed: bool = False


FAMILIES: Final = {
    "wespeaker": Family(FrontEnd(window="hamming")),
    "3d-speaker": Family(FrontEnd(window="povey", full_scale=1.0)),
    "nemo": Family(
        FrontEnd(window="hann", low_hz=0.0, slaney=True, takes_off_mean=False, full_scale=1.0),
        scales=True,
        transposed=True,
    ),
}


@dataclass(frozen=True)
class OnnxModel:
    """A neural model in a file.

    Parameters
    ----------
    path : Path
    family : str
        One of ``FAMILIES``.
    called : str
        What it goes by.
    """

    path: Path
    family: str
    called: str
    _vectors: dict[str, Floats] = field(default_factory=dict)  # a model does not change by fold

    @cached_property
    def sha256(self) -> str:
        """Of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @property
    def name(self) -> str:
        """Its name and the hash of its weights."""
        return f"{self.called} (ONNX, {self.family} front end, SHA-256 {self.sha256[:12]}…)"

    @property
    def key(self) -> str:
        """Its front end: features do not depend on the weights."""
        return f"{self.family}-{BANDS}"

    def features(self, signal: Floats, in_speech: npt.NDArray[np.bool_]) -> Floats:
        """Log mel energies of the speech, before normalisation."""
        rows = log_mel(signal, self._family.front, bands=BANDS)
        count = min(len(rows), len(in_speech))
        return rows[:count][in_speech[:count]]

    def ready(self, background: Sequence[Floats]) -> OnnxModel:
        """The model itself: it was trained elsewhere."""
        return self

    def vectors(self, pieces: Sequence[Floats]) -> Floats:
        """One vector for each piece [shape=(pieces, size)]."""
        return np.stack([self._vector(piece) for piece in pieces])

    def _vector(self, piece: Floats) -> Floats:
        digest = hashlib.sha256(np.ascontiguousarray(piece).tobytes()).hexdigest()
        if digest not in self._vectors:
            self._vectors[digest] = self._run(piece[:_LONGEST_FRAMES])
        return self._vectors[digest]

    def _run(self, piece: Floats) -> Floats:
        """1. The mean of each band over the piece is taken off. 2. The model is run."""
        rows = piece
        if len(rows) < _LEAST_FRAMES:
            rows = np.resize(rows, (_LEAST_FRAMES, BANDS))
        rows = rows - rows.mean(axis=0)
        family = self._family
        if family.scales:
            rows = rows / (rows.std(axis=0) + np.float32(1e-5))
        inputs = self._session.get_inputs()
        given: dict[str, Any] = {inputs[0].name: rows[np.newaxis].astype(np.float32)}
        if family.transposed:
            given[inputs[0].name] = np.ascontiguousarray(given[inputs[0].name].transpose(0, 2, 1))
            given[inputs[1].name] = np.array([len(rows)], dtype=np.int64)
        try:
            outputs = self._session.run(None, given)
        except _runtime_errors() as error:
            raise _unusable(self.called) from error
        vector = np.asarray(outputs[-1] if family.transposed else outputs[0], dtype=np.float32)
        return vector.reshape(-1)

    @property
    def _family(self) -> Family:
        if self.family not in FAMILIES:
            raise MissingPart(
                f"no front end is known for the model {self.called!r}",
                got=self.family,
                expected=", ".join(FAMILIES),
            )
        return FAMILIES[self.family]

    @cached_property
    def _session(self) -> Any:
        import onnxruntime  # noqa: PLC0415  (slow to load, and most cases need it for nothing else)

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            return onnxruntime.InferenceSession(
                str(self.path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except _runtime_errors() as error:
            raise _unusable(self.called) from error


def _runtime_errors() -> tuple[type[BaseException], ...]:
    """What onnxruntime raises for a file that is no model, or not one of this kind."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state  # noqa: PLC0415

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile")
    more = ("NotImplemented", "RuntimeException")
    return tuple(getattr(state, name) for name in (*names, *more))


def _unusable(called: str) -> MissingPart:
    return MissingPart(
        f"the speaker model {called!r} cannot be run",
        got="a file that onnxruntime refuses, or a model with other inputs",
        expected=f"an ONNX model that takes {BANDS} log mel energies a frame",
        do="pull the model again, or name another",
    )
