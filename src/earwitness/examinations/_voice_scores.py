"""The scores that ``voice`` rests on: of the population, of the case, and among the known recordings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.evidence.exhibit import Exhibit
from earwitness.examinations._contract import CaseView
from earwitness.examinations._voice_conditions import CACHED_AS, Conditions
from earwitness.examinations._voice_speech import Heard, Side, heard_through
from earwitness.outcome import NotExamined
from earwitness.signal.recording import Recording
from earwitness.signal.threads import on_threads
from earwitness.voices.comparison import (
    MOST_KNOWN_PIECES,
    MOST_PIECES,
    known_pieces,
    log10_lr_of,
)
from earwitness.voices.embedder import Embedder, cut
from earwitness.voices.population import Durations, Speaker
from earwitness.voices.reverberation import Room, rooms_of
from earwitness.voices.turns import speakers_of
from earwitness.voices.validation import Trials, TriedOut, Validated, try_out

_DISAGREE: Final = (
    -0.8
)  # 13 of 1,876 pairs of one speaker are as low in bench/who.py, most of two are
_TELLS: Final = (
    -0.6
)  # a system whose lowest likelihood ratio is above that cannot say that voices differ


@dataclass(frozen=True, slots=True)
class Material:
    """Who is compared with whom, after everything that forbids it has been looked for."""

    conditions: Conditions
    embedder: Embedder
    speaker: str
    known: tuple[Exhibit, ...]
    people: Mapping[str, Sequence[Exhibit]]


@dataclass(frozen=True, slots=True)
class Scored:
    """All scores that the case needs, so that they are made once.

    Attributes
    ----------
    trials : Trials
    scores : np.ndarray [shape=(folds, pieces, known pieces)]
    of_known : np.ndarray of str [shape=(known pieces,)]
    among_known : np.ndarray [shape=(folds, known pieces, known pieces)]
        Known pieces sent through the chain, against known pieces as received.
    """

    trials: Trials
    scores: npt.NDArray[np.float64]
    of_known: npt.NDArray[np.str_]
    among_known: npt.NDArray[np.float64]
    sent_of: npt.NDArray[np.str_]


def scores_of(
    recording: Recording,
    case: CaseView,
    material: Material,
    speakers: Sequence[Speaker],
    wanted: Durations,
    rows: npt.NDArray[np.float32],
    known: Mapping[str, Heard],
    side: Side,
) -> Scored:
    """All scores that the case needs; kept under what they depend on, so that the next run is quick.

    ``side`` is what the known recordings are heard as beside one another: as it is, or in a room.
    """
    pieces, of_known = known_pieces(
        {sha256: each.rows for sha256, each in known.items()}, piece_s=wanted.known_s
    )

    def compute() -> Mapping[str, npt.NDArray[np.generic]]:
        case.progress(0.65, "trying the population")
        with on_threads() as threads:
            tried = try_out(material.embedder, speakers, wanted, each=threads.map)
        case.progress(0.85, "scoring the recordings")
        questioned = cut(rows, piece_s=wanted.questioned_s, most=MOST_PIECES)
        sent, sent_of = _known_through(case, material, wanted, side)
        return {
            "scores": tried.scores(questioned, pieces),
            "among_known": tried.scores(sent, pieces),
            "sent_of": sent_of,
            **_as_arrays(tried),
        }

    name = f"{CACHED_AS}-scores-{side.value}-{_key(material, rows)}-{wanted.questioned_s}-{wanted.known_s}"
    arrays = recording.shared(name, compute)
    trials = Trials(*(arrays[f"trial_{field.name}"] for field in fields(Trials)))
    return Scored(trials, arrays["scores"], of_known, arrays["among_known"], arrays["sent_of"])


def _as_arrays(tried: TriedOut) -> dict[str, npt.NDArray[np.generic]]:
    return {f"trial_{field.name}": getattr(tried.trials, field.name) for field in fields(Trials)}


def _known_through(
    case: CaseView, material: Material, wanted: Durations, side: Side
) -> tuple[list[npt.NDArray[np.float32]], npt.NDArray[np.str_]]:
    """Pieces of the known recordings as they would sound in the questioned recording's conditions."""
    pieces, of = [], []
    for each in material.known:
        sent = heard_through(
            case.recording(each),
            material.embedder,
            material.conditions.questioned,
            regions=each.declared.regions,
            most_s=MOST_KNOWN_PIECES * wanted.questioned_s,
            side=side,
        )
        found = cut(sent.rows, piece_s=wanted.questioned_s, most=MOST_KNOWN_PIECES)
        pieces.extend(found)
        of.extend([each.sha256] * len(found))
    return pieces, np.array(of, dtype=np.str_)


def disagreement_of(
    validated: Validated, scored: Scored, known: Sequence[Exhibit]
) -> dict[str, float] | NotExamined:
    """What each known recording gives against the others, or the refusal where one is another voice."""
    if len(known) < 2:
        return {}
    values = log10_lr_of(validated, scored.among_known)
    with_others: dict[str, float] = {}
    for each in known:
        here, there = scored.sent_of == each.sha256, scored.of_known == each.sha256
        both = [values[here][:, ~there].mean(), values[~here][:, there].mean()]
        with_others[each.sha256] = float(np.mean(both))
    odd = min(with_others, key=lambda sha256: (with_others[sha256], sha256))
    lowest = validated.bounds[0]
    if lowest > _TELLS or with_others[odd] > max(_DISAGREE, 0.8 * lowest):
        return with_others
    name = next(each.name for each in known if each.sha256 == odd)
    return NotExamined(
        reason="the known recordings disagree with one another more than one person's do",
        got=f"a log10 likelihood ratio of {with_others[odd]:.1f} between {name} and the others",
        needed="known recordings of one person; listen to them and withdraw what is not",
    )


def _key(material: Material, rows: npt.NDArray[np.float32]) -> str:
    """The same for the same exhibits, conditions, system and speech: what scores are kept under."""
    told = [material.embedder.name, material.conditions.key]
    told += [f"{each.sha256}{each.declared.regions}" for each in material.known]
    told += [
        f"{name}{each.sha256}" for name, exhibits in material.people.items() for each in exhibits
    ]
    digest = hashlib.sha256("\n".join(told).encode("utf-8", "surrogatepass"))
    digest.update(np.ascontiguousarray(rows).tobytes())
    return digest.hexdigest()[:24]


def turns_of(
    recording: Recording, questioned: Heard, speakers: Sequence[Speaker], material: Material
) -> npt.NDArray[np.int64]:
    """The number of the speaker of each row, told by a system that is trained on the population."""

    def compute() -> Mapping[str, npt.NDArray[np.generic]]:
        ready = material.embedder.ready([each.questioned.rows for each in speakers])
        return {"turns": speakers_of(questioned.rows, ready, speakers)}

    turns: npt.NDArray[np.int64] = recording.shared(
        f"{CACHED_AS}-turns-{_key(material, questioned.rows)}", compute
    )["turns"]
    return turns


def room_of(
    recording: Recording,
    rows: npt.NDArray[np.float32],
    speakers: Sequence[Speaker],
    material: Material,
) -> Room:
    """How probable it is that the questioned speech was recorded in a room, told beside the population."""

    def compute() -> Mapping[str, npt.NDArray[np.generic]]:
        return {"room": np.array(astuple(rooms_of(material.embedder, speakers).told(rows)))}

    found = recording.shared(f"{CACHED_AS}-rooms-{_key(material, rows)}", compute)["room"]
    return Room(*map(float, found))
