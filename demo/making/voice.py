"""A synthetic voice: espeak-ng through its own library, which also says when each word begins.

Conventions: mono float64 in [-1, 1] [shape=(n,)] at ``SAMPLE_RATE_HZ``; times in seconds from the
first sample.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

Sound = npt.NDArray[np.float64]
SAMPLE_RATE_HZ = 48_000

_RETRIEVAL, _POSITION_CHARACTER, _CHARS_UTF8 = 1, 1, 1  # espeak_ng/speak_lib.h
_RATE, _PITCH, _RANGE, _WORDGAP = 1, 3, 4, 7
_EVENT_END, _EVENT_WORD = 0, 1
_SILENT = 0.003  # of full scale: what espeak-ng leaves before and after a sentence


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of espeak-ng and how it speaks: words a minute, pitch and its range from 0 to 99."""

    name: str
    words_per_minute: int
    pitch: int
    pitch_range: int = 50


@dataclass(frozen=True, slots=True)
class Sentence:
    """What was said, when in its recording, and when its words begin there.

    ``word_starts_s`` maps the place of a word's first letter in ``text`` to seconds; espeak-ng
    speaks some short words as one, so not every word has an entry.
    """

    text: str
    start_s: float
    end_s: float
    word_starts_s: Mapping[int, float]

    def moved(self, by_s: float) -> Sentence:
        """The same sentence, so many seconds later."""
        starts = {place: start + by_s for place, start in self.word_starts_s.items()}
        return Sentence(self.text, self.start_s + by_s, self.end_s + by_s, starts)


class Synthesizer:
    """espeak-ng, loaded once: its library is one engine per process."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("espeak-ng")
        if name is None:
            raise SystemExit("make_sounds needs espeak-ng: install the package espeak-ng")
        self._library = ctypes.CDLL(name)
        self._own_rate_hz = self._library.espeak_Initialize(_RETRIEVAL, 0, None, 0)
        self._library.espeak_Info.restype = ctypes.c_char_p
        self._pieces: list[npt.NDArray[np.int16]] = []
        self._words: list[tuple[int, float]] = []
        self._callback = _Callback(self._take)  # kept, so that it is not collected
        self._library.espeak_SetSynthCallback(self._callback)

    @property
    def version(self) -> str:
        """The version of espeak-ng, such as 1.51."""
        return str(self._library.espeak_Info(None).decode())

    def say(self, text: str, voice: Voice) -> tuple[Sound, dict[int, float]]:
        """Speak one sentence: its sound without silence around it, and when its words begin."""
        if self._library.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise SystemExit(f"this espeak-ng has no voice {voice.name!r}")
        for parameter, value in (
            (_RATE, voice.words_per_minute),
            (_PITCH, voice.pitch),
            (_RANGE, voice.pitch_range),
            (_WORDGAP, 0),
        ):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._pieces.clear()
        self._words.clear()
        data = text.encode()
        self._library.espeak_Synth(
            data, len(data) + 1, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
        )
        self._library.espeak_Synchronize()
        own = np.concatenate(self._pieces).astype(np.float64) / 32_768.0
        sound = np.asarray(soxr.resample(own, self._own_rate_hz, SAMPLE_RATE_HZ))
        loud = np.flatnonzero(np.abs(sound) > _SILENT)
        first, last = int(loud[0]), int(loud[-1]) + 1
        starts = {place - 1: max(0.0, at - first / SAMPLE_RATE_HZ) for place, at in self._words}
        return sound[first:last], starts

    def _take(self, samples: ctypes._Pointer[ctypes.c_short], count: int, events: object) -> int:
        if samples and count > 0:
            self._pieces.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        index = 0
        while events[index].type != _EVENT_END:  # type: ignore[index]
            event = events[index]  # type: ignore[index]
            if event.type == _EVENT_WORD:
                self._words.append((event.text_position, event.audio_position_ms / 1000.0))
            index += 1
        return 0


def speak(
    synthesizer: Synthesizer,
    lines: Sequence[str],
    voice: Voice,
    *,
    seed: int,
    lead_s: float = 0.8,
) -> tuple[Sound, list[Sentence]]:
    """Speak sentences one after the other, with pauses of 0.35 to 0.75 s between them."""
    random = np.random.default_rng(seed)
    pieces = [np.zeros(round(lead_s * SAMPLE_RATE_HZ))]
    sentences = []
    length = len(pieces[0])
    for line in lines:
        sound, starts = synthesizer.say(line, voice)
        at_s = length / SAMPLE_RATE_HZ
        end_s = at_s + len(sound) / SAMPLE_RATE_HZ
        sentences.append(Sentence(line, 0.0, end_s - at_s, starts).moved(at_s))
        pause = np.zeros(round(random.uniform(0.35, 0.75) * SAMPLE_RATE_HZ))
        pieces += [sound, pause]
        length += len(sound) + len(pause)
    return np.concatenate(pieces), sentences
