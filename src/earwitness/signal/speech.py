"""Where in a recording somebody speaks.

Conventions: signals are float32 at 16 kHz [shape=(n,)]; probabilities are per 32 ms.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from earwitness.errors import MissingPart
from earwitness.evidence.decode import Floats
from earwitness.signal.native import RunMeter, release

SPEECH_RATE_HZ: Final = 16_000
FRAME_SAMPLES: Final = 512
FRAME_S: Final = FRAME_SAMPLES / SPEECH_RATE_HZ
_CONTEXT: Final = 64
_BATCH: Final = 1_024  # frames in one call: 33 s, so memory stays bounded
_MODEL = "silero_vad_v6.onnx"


@dataclass(frozen=True, slots=True)
class Speech:
    """Speech activity of a whole recording.

    Attributes
    ----------
    probability : np.ndarray [shape=(n,)]
        That somebody speaks, for each 32 ms.
    regions : np.ndarray [shape=(m, 2)]
        Beginning and end of each stretch of speech, seconds.
    """

    probability: Floats
    regions: npt.NDArray[np.float64]

    @property
    def total_s(self) -> float:
        """Net speech."""
        return float((self.regions[:, 1] - self.regions[:, 0]).sum())

    def mask(self, frames: int, frame_s: float) -> npt.NDArray[np.bool_]:
        """Which of so many frames of that length lie in speech [shape=(frames,)]."""
        marked = np.zeros(frames, dtype=bool)
        for start, end in self.regions:
            marked[int(start / frame_s) : int(np.ceil(end / frame_s))] = True
        return marked


def find_speech(
    signal: Floats,
    *,
    threshold: float = 0.5,
    min_speech_s: float = 0.25,
    min_pause_s: float = 0.2,
    pad_s: float = 0.03,
) -> Speech:
    """Find the stretches of a recording in which somebody speaks.

    A stretch begins where the model's probability rises to ``threshold`` and ends where it falls
    0.15 below; pauses under ``min_pause_s`` are joined, stretches under ``min_speech_s`` dropped.

    Parameters
    ----------
    signal : np.ndarray [shape=(n,)]
        At 16 kHz; may be memory-mapped, of any length.

    Raises
    ------
    MissingPart
        If the model is not installed.

    Source
    ------
    Silero VAD 6, https://github.com/snakers4/silero-vad, as carried by faster-whisper's wheel.
    """
    probability = speech_probability(signal)
    return Speech(
        probability=probability,
        regions=_regions(
            probability,
            duration_s=signal.size / SPEECH_RATE_HZ,
            threshold=threshold,
            min_speech_s=min_speech_s,
            min_pause_s=min_pause_s,
            pad_s=pad_s,
        ),
    )


def speech_probability(signal: Floats) -> Floats:
    """The model's probability of speech for each 32 ms of a 16 kHz signal [shape=(ceil(n/512),)]."""
    session = _session()
    frames = -(-signal.size // FRAME_SAMPLES)
    state = {name: np.zeros((1, 1, 128), dtype=np.float32) for name in ("h", "c")}
    probabilities = np.zeros(frames, dtype=np.float32)
    for first in range(0, frames, _BATCH):
        last = min(frames, first + _BATCH)
        batch = _frames_with_context(signal, first, last)
        output, state["h"], state["c"] = session.run(None, {"input": batch, **state})
        probabilities[first:last] = output.reshape(-1)
        release(signal)
    return probabilities


def _frames_with_context(signal: Floats, first: int, last: int) -> Floats:
    """Frames first..last, each preceded by the 64 samples before it [shape=(last-first, 576)]."""
    begin = first * FRAME_SAMPLES - _CONTEXT
    piece = np.zeros((last - first) * FRAME_SAMPLES + _CONTEXT, dtype=np.float32)
    source = signal[max(0, begin) : last * FRAME_SAMPLES]
    offset = max(0, -begin)
    piece[offset : offset + source.size] = source
    view = np.lib.stride_tricks.sliding_window_view(piece, FRAME_SAMPLES + _CONTEXT)
    return np.ascontiguousarray(view[::FRAME_SAMPLES])


def _regions(
    probability: Floats,
    *,
    duration_s: float,
    threshold: float,
    min_speech_s: float,
    min_pause_s: float,
    pad_s: float,
) -> npt.NDArray[np.float64]:
    runs = RunMeter()
    runs.add(_hysteresis(probability, high=threshold, low=threshold - 0.15), 0)
    regions: npt.NDArray[np.float64] = runs.runs(1).astype(np.float64) * FRAME_S
    regions = _join(regions, min_pause_s)
    regions = regions[(regions[:, 1] - regions[:, 0]) >= min_speech_s]
    regions = regions + np.array([-pad_s, pad_s])
    return np.clip(_join(regions, 0.0), 0.0, duration_s)


def _hysteresis(values: Floats, *, high: float, low: float) -> npt.NDArray[np.bool_]:
    """True from where values reach ``high`` until they fall below ``low`` [shape=(n,)]."""
    turns = np.where(values >= high, 1, np.where(values < low, -1, 0))
    last_turn = np.maximum.accumulate(np.where(turns != 0, np.arange(turns.size), -1))
    on: npt.NDArray[np.bool_] = (last_turn >= 0) & (turns[last_turn] == 1)
    return on


def _join(regions: npt.NDArray[np.float64], gap_s: float) -> npt.NDArray[np.float64]:
    """Join stretches that lie within ``gap_s`` of each other [shape=(n, 2)]."""
    if len(regions) < 2:
        return regions
    apart = regions[1:, 0] - regions[:-1, 1] > gap_s
    starts = regions[np.concatenate([[True], apart]), 0]
    ends = regions[np.concatenate([apart, [True]]), 1]
    return np.stack([starts, ends], axis=1)


@cache
def _session() -> Any:
    import onnxruntime  # noqa: PLC0415  (slow to load, and not every command needs it)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        str(_model_path()), sess_options=options, providers=["CPUExecutionProvider"]
    )


def _model_path() -> Path:
    """The model's place in faster-whisper's wheel, found without importing that package."""
    found = importlib.util.find_spec("faster_whisper")
    for folder in (found.submodule_search_locations or []) if found else []:
        path = Path(folder) / "assets" / _MODEL
        if path.is_file():
            return path
    raise MissingPart(
        "the speech-activity model is not installed",
        expected=f"{_MODEL} in the package faster-whisper",
        do="reinstall it with: pip install --force-reinstall 'faster-whisper>=1.2'",
    )
