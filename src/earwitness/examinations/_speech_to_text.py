"""Speech to words with a Whisper model on this machine, stretch by stretch, so that it can be resumed.

Conventions: times are seconds of the whole recording; a stretch is at most 28 s, cut where nobody
speaks or, within longer speech, where speech is least probable.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from earwitness.atomic import write_whole
from earwitness.errors import MissingPart
from earwitness.evidence.decode import Floats
from earwitness.signal.recording import BASE_RATE_HZ
from earwitness.signal.speech import FRAME_S, Speech

LONGEST_S: Final = 28.0
SHORTEST_CUT_S: Final = 14.0
PAD_S: Final = 0.2
MAX_COMPRESSION: Final = 2.4
NO_SPEECH: Final = 0.6
LEAST_LOG_PROBABILITY: Final = -1.0
HEARD_FOR_LANGUAGE: Final = 5


@dataclass(frozen=True, slots=True)
class Heard:
    """A segment that the model wrote down.

    Attributes
    ----------
    words : list of [text, start_s, end_s, probability]
    log_probability : float
        Mean over its tokens.
    no_speech : float
        The model's probability that nobody speaks.
    compression : float
        How many times shorter its text gets by compression: high where it repeats itself.
    """

    words: list[list[Any]]
    log_probability: float
    no_speech: float
    compression: float

    @property
    def repeats_itself(self) -> bool:
        """Whether it looks like the loop that such models fall into."""
        return self.compression > MAX_COMPRESSION

    @property
    def is_likely_silence(self) -> bool:
        """Whether words were written down where the model itself doubts that anybody speaks."""
        return self.no_speech > NO_SPEECH and self.log_probability < LEAST_LOG_PROBABILITY


def load(folder: Path) -> Any:
    """Load a Whisper model from a folder, on the processor, in 8-bit integers; nothing is fetched.

    Raises
    ------
    MissingPart
        If faster-whisper is not installed, or the folder holds no such model.
    """
    try:
        from faster_whisper import WhisperModel  # noqa: PLC0415  (slow to load, and optional)
    except ImportError as error:
        raise MissingPart(
            "speech recognition is not installed", do="pip install 'earwitness[asr]'"
        ) from error
    if not (folder / "tokenizer.json").is_file():  # or faster-whisper would try to fetch one
        raise MissingPart(
            "the model's folder is not whole", got="no tokenizer.json", do="fetch it again"
        )
    threads = len(os.sched_getaffinity(0))
    try:
        return WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            local_files_only=True,
        )
    except (RuntimeError, ValueError) as error:
        got = str(error).replace(str(folder), folder.name)[:200]  # no path of this machine
        raise MissingPart("the model cannot be loaded", got=got, do="fetch it again") from error


def stretches(speech: Speech, duration_s: float) -> list[tuple[float, float]]:
    """Where to listen: speech in stretches of at most 28 s, nowhere cut within a word if avoidable."""
    pieces: list[tuple[float, float]] = []
    for start, end in speech.regions.tolist():
        while end - start > LONGEST_S:
            first, last = (int((start + at) / FRAME_S) for at in (SHORTEST_CUT_S, LONGEST_S))
            cut = (first + int(np.argmin(speech.probability[first:last]))) * FRAME_S
            pieces.append((start, cut))
            start = cut
        pieces.append((start, end))
    joined: list[tuple[float, float]] = []
    for start, end in pieces:
        if joined and end - joined[-1][0] <= LONGEST_S:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return [(max(0.0, start - PAD_S), min(duration_s, end + PAD_S)) for start, end in joined]


def language_of(
    model: Any, signal: Floats, places: Sequence[tuple[float, float]]
) -> tuple[str, float]:
    """The language that is spoken, by the model's mean probability over the five longest stretches."""
    if not model.model.is_multilingual:
        return "en", 1.0
    longest = sorted(places, key=lambda place: place[0] - place[1])[:HEARD_FOR_LANGUAGE]
    totals: dict[str, float] = {}
    for start, end in longest:
        _, _, each = model.detect_language(audio=_cut(signal, start, end))
        for language, probability in each:
            totals[language] = totals.get(language, 0.0) + probability / len(longest)
    best = max(sorted(totals), key=lambda language: totals[language])
    return best, totals[best]


def listen(
    model: Any,
    signal: Floats,
    places: Sequence[tuple[float, float]],
    *,
    language: str,
    beam_size: int,
    kept: Path,
    on_progress: Callable[[float], None],
) -> list[Heard]:
    """Write down what is said, one stretch after another; each is kept, so that a stop loses one.

    Parameters
    ----------
    model : WhisperModel
    signal : np.ndarray [shape=(n,)]
        At 16 kHz; may be memory-mapped.
    places : sequence of (start_s, end_s)
    language : str
    beam_size : int
    kept : Path
        Folder for what was heard, of this recording, model and parameters only.
    on_progress : callable
        Told the fraction that is done.
    """
    kept.mkdir(parents=True, exist_ok=True)
    heard: list[Heard] = []
    for number, (start, end) in enumerate(places):
        on_progress(number / len(places))
        path = kept / f"{round(start * 1000):09d}-{round(end * 1000):09d}.json"
        if path.exists():
            heard += [Heard(**each) for each in json.loads(path.read_text("utf-8"))]
            continue
        found = _listen_to(model, _cut(signal, start, end), start, end, language, beam_size)
        write_whole(path, json.dumps([asdict(each) for each in found], ensure_ascii=False).encode())
        heard += found
    return heard


def _listen_to(
    model: Any, sound: Floats, start_s: float, end_s: float, language: str, beam_size: int
) -> list[Heard]:
    segments, _ = model.transcribe(
        sound,
        language=language,
        beam_size=beam_size,
        temperature=0.0,  # never by chance: a replay has to hear the same
        condition_on_previous_text=False,  # which is what carries one loop into the next stretch
        word_timestamps=True,
        vad_filter=False,  # speech was found already, by the same model for all examinations
        no_speech_threshold=None,  # nothing is left out unseen: doubtful segments are marked
        log_prob_threshold=None,
        compression_ratio_threshold=None,
    )
    found = []
    for segment in segments:
        words = [
            [
                word.word.strip(),
                round(min(end_s, start_s + float(word.start)), 3),
                round(min(end_s, start_s + float(word.end)), 3),
                round(min(1.0, max(0.0, float(word.probability))), 4),
            ]
            for word in segment.words or ()
            if word.word.strip()
        ]
        if words:
            found.append(
                Heard(
                    words,
                    round(_finite(segment.avg_logprob), 4),
                    round(_finite(segment.no_speech_prob), 4),
                    round(_finite(segment.compression_ratio), 3),
                )
            )
    return found


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else 0.0


def _cut(signal: Floats, start_s: float, end_s: float) -> Floats:
    return np.array(
        signal[int(start_s * BASE_RATE_HZ) : int(end_s * BASE_RATE_HZ)], dtype=np.float32
    )
