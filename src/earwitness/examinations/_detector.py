"""A detector of machine-made speech: an ONNX model on this machine, with a note of how it is read.

The note is ``detector.toml`` beside ``model.onnx``::

    sample_rate_hz = 16000
    window_s = 4.0              # what the model takes at once: a waveform [shape=(1, n)], float32
    higher_means = "machine"    # or "genuine"
    column = 0                  # which number of its output is the score
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from earwitness.errors import MissingPart
from earwitness.evidence.decode import Floats
from earwitness.models import Shelf
from earwitness.signal.basebands import Reals
from earwitness.signal.speech import FRAME_S, Speech

MOST_BYTES: Final = 2_000_000_000
LEAST_SPEECH: Final = 0.5
"""Of a window, for it to be scored."""


class DetectorNote(BaseModel):
    """What detector.toml can say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sample_rate_hz: Literal[8000, 16000] = 16000
    window_s: float = Field(gt=0.5, le=60.0)
    higher_means: Literal["machine", "genuine"]
    column: int = Field(0, ge=0, le=1000)


@dataclass(frozen=True)
class Detector:
    """A loaded detector; its scores are higher for speech that it takes for a machine's."""

    name: str
    sha256: str
    note: DetectorNote
    session: Any

    @property
    def window(self) -> int:
        """Samples of a window."""
        return round(self.note.window_s * self.note.sample_rate_hz)

    def scores(self, sound: Floats, speech: Speech) -> tuple[Reals, Reals]:
        """Score each window that is at least half speech; windows overlap by half.

        Parameters
        ----------
        sound : np.ndarray [shape=(n,)]
            At the detector's rate.
        speech : Speech
            Where somebody speaks in it.

        Returns
        -------
        starts_s, scores : np.ndarray [shape=(windows,)]
        """
        frames = int(sound.size / self.note.sample_rate_hz / FRAME_S) + 1
        talks = np.concatenate([[0], np.cumsum(speech.mask(frames, FRAME_S))])
        starts, scores = [], []
        for first in range(0, sound.size - self.window + 1, self.window // 2):
            at_s = first / self.note.sample_rate_hz
            low, high = int(at_s / FRAME_S), int((at_s + self.note.window_s) / FRAME_S)
            if talks[min(high, frames)] - talks[low] >= LEAST_SPEECH * (high - low):
                starts.append(at_s)
                scores.append(self._score(sound[first : first + self.window]))
        return np.asarray(starts), np.asarray(scores)

    def _score(self, window: Floats) -> float:
        given = {self.session.get_inputs()[0].name: np.asarray(window, np.float32)[np.newaxis]}
        answer = np.asarray(self.session.run(None, given)[0], dtype=np.float64).reshape(-1)
        if self.note.column >= answer.size or not np.isfinite(answer[self.note.column]):
            raise MissingPart(
                f"the detector {self.name!r} gives no finite number in the column that its note names",
                got=f"{answer.size} numbers",
                expected=f"one in column {self.note.column}",
                do="correct detector.toml",
            )
        score = float(answer[self.note.column])
        return score if self.note.higher_means == "machine" else -score


def load_detector(name: str) -> Detector:
    """The detector of that name on this machine's shelf of models.

    Raises
    ------
    MissingPart
        If it is not there, or is no detector that can be run.
    """
    place, digest = Shelf().find(name, weights="model.onnx")
    note, path = _note(place / "detector.toml", name), place / "model.onnx"
    if path.stat().st_size > MOST_BYTES:
        raise MissingPart(f"the detector {name!r} is too large", expected="at most 2 GB")
    import onnxruntime  # noqa: PLC0415  (slow to load)
    from onnxruntime.capi import onnxruntime_pybind11_state as refusals  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:  # from bytes, so that a model cannot name other files
        session = onnxruntime.InferenceSession(
            path.read_bytes(), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except (
        refusals.Fail,
        refusals.InvalidArgument,
        refusals.InvalidGraph,
        refusals.InvalidProtobuf,
        refusals.NotImplemented,
        refusals.RuntimeException,
    ) as error:
        raise MissingPart(
            f"the detector {name!r} is not an ONNX model that can be loaded",
            got=type(error).__name__,
            do="get its model.onnx anew, in one file",
        ) from error
    inputs = session.get_inputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 2 or inputs[0].type != "tensor(float)":
        raise MissingPart(
            f"the detector {name!r} does not take one waveform",
            got=", ".join(f"{each.type} {each.shape}" for each in inputs),
            expected="tensor(float) [1, n]",
            do="export it with its front end inside",
        )
    return Detector(name, digest, note, session)


def _note(path: Path, name: str) -> DetectorNote:
    try:
        return DetectorNote.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError as error:
        raise MissingPart(
            f"the detector {name!r} has no detector.toml", do="write one; the guide shows how"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise MissingPart(
            f"the detector.toml of {name!r} does not say what it should",
            got=str(error).splitlines()[0][:120],
            do="correct it; the guide shows how",
        ) from error
