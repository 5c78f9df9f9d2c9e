"""A draft of what is said, by a speech recogniser on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from earwitness.errors import BadParameter
from earwitness.evidence.exhibit import Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._speech_to_text import (
    Heard,
    language_of,
    listen,
    load,
    stretches,
)
from earwitness.models import Shelf
from earwitness.outcome import Asked, Finding, Measure, NotExamined, Place, canonical_json
from earwitness.signal.recording import Recording

MAX_PLACES = 200


@examination(
    question="What is said in it, as a machine hears it?",
    answers=Asked.SAID,
    sources=(
        "Radford et al. 2023, ICML, Robust Speech Recognition via Large-Scale Weak Supervision (Whisper)",
        "faster-whisper 1.2, https://github.com/SYSTRAN/faster-whisper (inference, times of words)",
    ),
    needs=Needs(min_speech_s=1.0),
    applies_to=(Role.QUESTIONED,),
)
def words_v1(
    recording: Recording,
    case: CaseView,
    *,
    model: str = "small",
    language: str = "",
    beam_size: int = 5,
    low_probability: float = 0.5,
) -> Finding | NotExamined:
    """Write down the speech with the Whisper ``model`` that lies on this machine; it is a draft.

    1. Speech is cut into stretches of at most 28 s where nobody speaks.
    2. The language is the one that the model finds most probable over the five longest stretches,
       unless the parameter ``language`` names one.
    3. Each stretch is decoded on its own with five beams (``beam_size``) and without chance. What
       was heard of a stretch is kept, so that an interrupted run goes on where it stopped.
    4. Words of a probability under 0.5 (``low_probability``) are marked and counted. Segments that
       repeat themselves (their text compresses more than 2.4 times), or where the model doubts that
       anybody speaks, are taken out of the text and listed with their times: such models invent
       there.
    """
    place, digest = Shelf().find(model)
    if beam_size < 1 or not 0 < low_probability < 1:
        raise BadParameter(
            "a parameter of words_v1 is out of range", expected="beams from 1, 0 to 1"
        )
    loaded = load(place)
    if language and language not in loaded.supported_languages:
        raise BadParameter(
            "the model does not know that language",
            got=language,
            expected=", ".join(loaded.supported_languages)[:400],
        )
    places = stretches(recording.speech, recording.duration_s)  # 1
    spoken, certainty = (language, None) if language else _language(loaded, recording, places)  # 2
    key = canonical_json([digest, spoken, beam_size, "words_1"])
    heard = listen(  # 3
        loaded,
        recording.signal(),
        places,
        language=spoken,
        beam_size=beam_size,
        kept=recording.folder / f"words_{hashlib.sha256(key.encode()).hexdigest()[:16]}",
        on_progress=lambda fraction: case.progress(fraction, "listening"),
    )
    doubtful = [each for each in heard if each.repeats_itself or each.is_likely_silence]  # 4
    said = [each for each in heard if each not in doubtful]
    identity = {"name": model, "sha256": digest}
    return _finding(said, doubtful, identity, spoken, certainty, low_probability)


def _language(
    loaded: Any, recording: Recording, places: Sequence[tuple[float, float]]
) -> tuple[str, float | None]:
    return language_of(loaded, recording.signal(), places)


def _finding(
    said: Sequence[Heard],
    doubtful: Sequence[Heard],
    model: dict[str, str],
    language: str,
    certainty: float | None,
    low_probability: float,
) -> Finding:
    words = [word for each in said for word in each.words]
    low = [word for word in words if word[3] < low_probability]
    share = 100 * len(low) / len(words) if words else None
    return Finding(
        summary=_summary(len(words), len(low), len(doubtful), model["name"], language),
        measures=(
            Measure("words", len(words)),
            Measure("words of low probability", len(low)),
            Measure("share of low probability", share, "%", digits=1, note="no word was heard"),
            Measure("segments", len(said)),
            Measure("segments left out as doubtful", len(doubtful)),
            Measure(
                "probability of the language",
                certainty,
                "",
                digits=2,
                note="the language was given, not found",
            ),
        ),
        places=tuple(_places(low, doubtful, low_probability)),
        limits=(
            "This is a machine's draft. It has not been checked by ear, and nothing is to be quoted "
            "from it until a person has.",
            "Such models write fluent text that was not said, above all over noise, music and names.",
            "A word's probability is the model's own, and says little about names and numbers.",
            "Another processor or version can hear single words otherwise.",
        ),
        details={
            "model": model,
            "language": language,
            "low_probability": low_probability,
            "segments": [_as_json(each) for each in said],
            "left_out": [{**_as_json(each), "why": _why(each)} for each in doubtful],
        },
    )


def _summary(words: int, low: int, doubtful: int, model: str, language: str) -> str:
    if not words:
        heard = "no words"
    else:
        heard = f"{words} words in the language '{language}', {low} of them of low probability"
    left = f"; {doubtful} doubtful segments were left out" if doubtful else ""
    return f"The model '{model}' heard {heard}{left}. It is a draft, not checked by ear."


def _places(
    low: Sequence[list[Any]], doubtful: Sequence[Heard], low_probability: float
) -> list[Place]:
    places = [
        Place(each.words[0][1], each.words[-1][2], f"left out: {_why(each)}") for each in doubtful
    ]
    places += [
        Place(start, end, f"“{text[:60]}” at a probability of {probability:.2f}")
        for text, start, end, probability in low
    ]
    left = len(places) - MAX_PLACES
    kept = sorted(places[:MAX_PLACES], key=lambda place: place.start_s)
    if left > 0:
        kept.append(Place(places[MAX_PLACES].start_s, places[-1].end_s, f"{left} more such words"))
    return kept


def _why(each: Heard) -> str:
    return "it repeats itself" if each.repeats_itself else "probably nobody speaks"


def _as_json(each: Heard) -> dict[str, Any]:
    return {
        "words": each.words,
        "log_probability": each.log_probability,
        "no_speech": each.no_speech,
        "compression": each.compression,
    }
