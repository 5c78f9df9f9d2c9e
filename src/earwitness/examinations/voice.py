"""Whose voice it is: forensic voice comparison under the conditions of the case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.examinations import _voice_words as words
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._voice_speech import (
    Heard,
    by_speaker,
    chain_key,
    heard,
    heard_through,
    population,
    same_sound,
)
from earwitness.models import Shelf
from earwitness.outcome import Asked, Finding, NotExamined
from earwitness.signal.chains import Chain, chain_of
from earwitness.signal.recording import Recording
from earwitness.voices.comparison import (
    MOST_KNOWN_PIECES,
    MOST_PIECES,
    compared,
    known_pieces,
    log10_lr_of,
)
from earwitness.voices.embedder import Embedder, cut, cut_places, embedded_for
from earwitness.voices.onnx_model import OnnxModel
from earwitness.voices.population import LEAST_SPEAKERS, Durations, Speaker, durations
from earwitness.voices.turns import speakers_of
from earwitness.voices.validation import Trials, TriedOut, Validated, try_out

LEAST_SPEECH_S = 5.0
LEAST_SNR_DB = 4.5  # 5 dB is the least that bench/who.py covers; the SNR is measured to half a dB
_DISAGREE = -1.0
_TELLS = -0.6  # a system whose lowest likelihood ratio is above that cannot say that voices differ


@dataclass(frozen=True, slots=True)
class _Material:
    """Who is compared with whom, after everything that forbids it has been looked for."""

    chain: Chain
    embedder: Embedder
    speaker: str
    known: tuple[Exhibit, ...]
    people: Mapping[str, Sequence[Exhibit]]


@examination(
    question="Is it more probable that the claimed speaker said this, or somebody else?",
    answers=Asked.WHO,
    sources=(
        "Morrison et al. 2021, Sci. Justice 61(3) (consensus on validation of forensic voice comparison)",
        "ENFSI 2015, Guideline for Evaluative Reporting in Forensic Science (propositions, verbal scale)",
        "Reynolds, Quatieri and Dunn 2000, Digital Signal Process. 10; Campbell, Sturim and Reynolds "
        "2006, IEEE Signal Process. Lett. 13(5) (mixtures and supervectors)",
        "Matějka et al. 2017, Interspeech (adaptive score normalisation)",
        "Morrison 2024, Law Probab. Risk 23(1) (bi-Gaussianized calibration)",
        "Vergeer et al. 2016, Sci. Justice 56(6) (empirical bounds)",
    ),
    needs=Needs(min_speech_s=LEAST_SPEECH_S, roles=(Role.KNOWN, Role.POPULATION), claims=True),
)
def voice_v1(
    recording: Recording, case: CaseView, *, model: str = "embedded", split_speakers: bool = True
) -> Finding | NotExamined:
    """Compare the questioned speech with known speech, in the light of a population, by its own conditions.

    1. It is not tried where its result would mean nothing: too little speech or too much noise for what
       the method was validated on, fewer than 20 people in the population, known recordings of more
       than one person, known or population recordings that are the questioned one or a part of it.
    2. The conditions of the questioned recording are measured: codec and bit rate of the file, band,
       level, and the spectrum of its noise. The recordings of the population are sent through the same.
    3. Where ``split_speakers`` is true, the questioned speech is split by speaker, and only the one
       who speaks most is compared. Regions that a person has set in case.toml go before that.
    4. With ``model`` at ``embedded``, voices are described by how they pull a mixture of Gaussians that is
       trained on the population itself; else by the neural model of that name. What varies within
       a voice is reduced, and a score is normalised by what each side scores with the population.
    5. The population is dealt into four folds. What is learnt from three is tried on the people of the
       fourth: one half of their speech as received against the other half as the questioned recording
       would be. No person is ever compared by a system that has heard them.
    6. Scores become likelihood ratios by logistic regression or by bi-Gaussianised calibration,
       whichever costs less on people that it was not learnt from.
    7. Known recordings that disagree with one another, in the same conditions, more than one person
       does in the population end it here.
    8. The questioned and the known speech are cut into pieces as long as the population could be tried
       at. What is stated is the mean log likelihood ratio over all pairs of pieces. It stays within the
       bounds that the trials can carry; its interval comes from calibrations on draws of people.
    """
    material = _material(recording, case, model)  # 1, 2
    if isinstance(material, NotExamined):
        return material
    chain, embedder = material.chain, material.embedder
    own_regions = recording.exhibit.declared.regions
    questioned = heard(recording, embedder, regions=own_regions)
    known = {
        each.sha256: heard(case.recording(each), embedder, regions=each.declared.regions)
        for each in material.known
    }
    refusal = _too_little(questioned, list(known.values()))
    if refusal is not None:
        return refusal
    case.progress(0.1, "bringing the population into the recording's conditions")
    speakers, pitches = population(  # 2
        case, material.people, embedder, chain, lambda done: case.progress(0.1 + 0.5 * done)
    )
    case.progress(0.6, "telling speakers apart")
    whole = split_speakers and not own_regions
    turns = _turns(recording, questioned, speakers, material) if whole else None  # 3
    rows = questioned.rows if turns is None else questioned.rows[turns == 0]
    if len(rows) < 100 * LEAST_SPEECH_S:
        return _too_little_of_one(len(rows) / 100)
    wanted = durations(
        speakers,
        questioned_s=len(rows) / 100,
        known_s=sum(each.speech_s for each in known.values()) / len(known),
    )
    scored = _scored(recording, case, material, speakers, wanted, rows, known)  # 4, 5
    validated = Validated(scored.trials, len(speakers))  # 6
    case.progress(0.9, "calibrating on draws of speakers")
    disagreement = _disagreement(validated, scored, material.known)  # 7
    if isinstance(disagreement, NotExamined):
        return disagreement
    result = compared(validated, scored.scores, scored.of_known)  # 8
    compared_case = words.Case(
        speaker=material.speaker,
        known={each.sha256: each.name for each in material.known},
        known_speech_s={sha256: each.speech_s for sha256, each in known.items()},
        people=tuple(material.people),
        chain=chain,
        system=embedder.name,
        questioned=questioned,
        turns=turns,
        pitch_hz={
            "questioned": questioned.pitch_hz,
            **{each.name: known[each.sha256].pitch_hz for each in material.known},
        },
        population_pitch_hz=pitches,
    )
    pieces = _places(questioned, turns, wanted)
    return _finding(compared_case, words.Told(validated, result, wanted, disagreement, pieces))


def _finding(case: words.Case, told: words.Told) -> Finding:
    who = case.speaker or "the speaker of the known recordings"
    return Finding(
        summary=words.summary(case, told),
        measures=words.measures(case, told),
        places=words.places(case, told),
        limits=(
            "The likelihood ratio is not the probability of anything about the speaker. It says how the "
            "evidence bears on two propositions; how probable they were before is for others to say.",
            "A high likelihood ratio says nothing against an imitation by a machine: one that is made from "
            f"recordings of {who} is made to be like them. Look at what the examinations of the "
            "recording's wholeness say.",
            f"It holds for this population of {told.validated.speakers} speakers. If people who would be "
            "confused with the speaker are not in it, the likelihood ratio is too high.",
            *words.limits_of_case(case, told),
        ),
        details=words.details(case, told),
        figures=words.figures(case, told),
        strength=words.strength(case, told),
    )


def _material(recording: Recording, case: CaseView, model: str) -> _Material | NotExamined:
    """Who is compared, or why nobody is."""
    known, speaker = _of_one_speaker(case)
    if isinstance(known, NotExamined):
        return known
    people = by_speaker(case.exhibits(Role.POPULATION))
    if len(people) < LEAST_SPEAKERS:
        return NotExamined(
            reason="the population is too small to measure error rates on",
            got=f"{len(people)} speaker{'' if len(people) == 1 else 's'}",
            needed=f"{LEAST_SPEAKERS} speakers at least; add recordings, each with its speaker: "
            "earwitness voice population add",
        )
    if speaker and speaker in people:
        return NotExamined(
            reason="the population holds the speaker of the known recordings",
            got=speaker,
            needed="a population of other people; withdraw those recordings or correct their speaker",
        )
    chain = chain_of(recording)
    if chain.snr_db is not None and chain.snr_db < LEAST_SNR_DB:
        return NotExamined(
            reason="the speech is noisier than anything that the method was validated on",
            got=f"a signal-to-noise ratio of {chain.snr_db:.1f} dB",
            needed="5 dB",
        )
    if not chain.can_be_done:
        return NotExamined(
            reason="the population cannot be sent through the recording's codec",
            got=chain.wording,
            needed="a codec for which this program has an encoder",
        )
    others = [*known, *(each for exhibits in people.values() for each in exhibits)]
    case.progress(0.02, "looking for the recording itself among the others")
    shared = same_sound(recording, [case.recording(each) for each in others])
    if shared:
        names = [each.name for each in others if each.sha256 in shared]
        return NotExamined(
            reason="a known or population recording is the questioned one, or holds a part of it",
            got=", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else ""),
            needed="recordings made on other occasions; withdraw these",
        )
    embedder: Embedder = embedded_for(chain.cut_off_hz) if model == "embedded" else _neural(model)
    return _Material(chain, embedder, speaker, tuple(known), people)


def _of_one_speaker(case: CaseView) -> tuple[Sequence[Exhibit] | NotExamined, str]:
    """The known recordings of the claimed speaker; of all, if they are of one person."""
    known = case.exhibits(Role.KNOWN)
    claimed = case.claims.get("speaker", "")
    of_claimed = [each for each in known if claimed and each.speaker == claimed]
    chosen = of_claimed or list(known)
    names = sorted({each.speaker for each in chosen})
    if len(names) > 1:
        refusal = NotExamined(
            reason="the known recordings are of more than one person",
            got=", ".join(name or "somebody without a name" for name in names),
            needed="known recordings of the speaker that is claimed in case.toml",
        )
        return refusal, ""
    return chosen, names[0]


def _neural(model: str) -> OnnxModel:
    path, family = Shelf().find_speaker_model(model)
    return OnnxModel(path, family, model)


def _too_little(questioned: Heard, known: Sequence[Heard]) -> NotExamined | None:
    """Less speech on a side, within the regions that were set, than the method was validated on."""
    sides = (
        ("questioned", questioned.speech_s),
        ("known", max(each.speech_s for each in known)),
    )
    for side, speech_s in sides:
        if speech_s < LEAST_SPEECH_S:
            return NotExamined(
                reason=f"there is too little {side} speech to compare",
                got=f"{speech_s:.1f} s",
                needed=f"{LEAST_SPEECH_S:g} s",
            )
    return None


def _too_little_of_one(speech_s: float) -> NotExamined:
    return NotExamined(
        reason="no one speaker of the questioned recording says enough to compare",
        got=f"{speech_s:.1f} s of the one who speaks most",
        needed=f"{LEAST_SPEECH_S:g} s; or set the regions of one speaker: earwitness voice regions",
    )


def _turns(
    recording: Recording, questioned: Heard, speakers: Sequence[Speaker], material: _Material
) -> npt.NDArray[np.int64]:
    """The number of the speaker of each row, told by a system that is trained on the population."""

    def compute() -> Mapping[str, npt.NDArray[np.generic]]:
        ready = material.embedder.ready([each.questioned.rows for each in speakers])
        return {"turns": speakers_of(questioned.rows, ready, speakers)}

    turns: npt.NDArray[np.int64] = recording.shared(f"voice_1-turns-{_key(material)}", compute)[
        "turns"
    ]
    return turns


@dataclass(frozen=True, slots=True)
class _Scored:
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


def _scored(
    recording: Recording,
    case: CaseView,
    material: _Material,
    speakers: Sequence[Speaker],
    wanted: Durations,
    rows: npt.NDArray[np.float32],
    known: Mapping[str, Heard],
) -> _Scored:
    pieces, of_known = known_pieces(
        {sha256: each.rows for sha256, each in known.items()}, piece_s=wanted.known_s
    )

    def compute() -> Mapping[str, npt.NDArray[np.generic]]:
        tried = try_out(
            material.embedder,
            speakers,
            wanted,
            on_fold=lambda fold: case.progress(0.65 + 0.05 * fold, "trying the population"),
        )
        questioned = cut(rows, piece_s=wanted.questioned_s, most=MOST_PIECES)
        sent, sent_of = _known_through(case, material, wanted)
        return {
            "scores": tried.scores(questioned, pieces),
            "among_known": tried.scores(sent, pieces),
            "sent_of": sent_of,
            **_as_arrays(tried),
        }

    name = f"voice_1-scores-{_key(material)}-{len(rows)}-{wanted.questioned_s}-{wanted.known_s}"
    arrays = recording.shared(name, compute)
    trials = Trials(*(arrays[each] for each in ("trial", "trial_q", "trial_k", "fold")))
    return _Scored(trials, arrays["scores"], of_known, arrays["among_known"], arrays["sent_of"])


def _as_arrays(tried: TriedOut) -> dict[str, npt.NDArray[np.generic]]:
    trials = tried.trials
    return {
        "trial": trials.scores,
        "trial_q": trials.questioned,
        "trial_k": trials.known,
        "fold": trials.fold,
    }


def _known_through(
    case: CaseView, material: _Material, wanted: Durations
) -> tuple[list[npt.NDArray[np.float32]], npt.NDArray[np.str_]]:
    """Pieces of the known recordings as they would sound in the questioned recording's conditions."""
    pieces, of = [], []
    for each in material.known:
        sent = heard_through(
            case.recording(each),
            material.embedder,
            material.chain,
            regions=each.declared.regions,
            most_s=MOST_KNOWN_PIECES * wanted.questioned_s,
        )
        found = cut(sent.rows, piece_s=wanted.questioned_s, most=MOST_KNOWN_PIECES)
        pieces.extend(found)
        of.extend([each.sha256] * len(found))
    return pieces, np.array(of, dtype=np.str_)


def _disagreement(
    validated: Validated, scored: _Scored, known: Sequence[Exhibit]
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


def _key(material: _Material) -> str:
    """The same for the same exhibits, conditions and system: what scores are kept under."""
    told = [material.embedder.name, chain_key(material.chain)]
    told += [f"{each.sha256}{each.declared.regions}" for each in material.known]
    told += [
        f"{name}{each.sha256}" for name, exhibits in material.people.items() for each in exhibits
    ]
    return hashlib.sha256("\n".join(told).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _places(
    questioned: Heard, turns: npt.NDArray[np.int64] | None, wanted: Durations
) -> list[tuple[float, float]]:
    """Where each compared piece begins and ends in the recording, seconds."""
    frames = questioned.spoken.frames
    if turns is not None:
        frames = frames[turns == 0]
    places = cut_places(len(frames), piece_s=wanted.questioned_s, most=MOST_PIECES)
    return [(float(frames[start]) / 100, float(frames[end - 1] + 1) / 100) for start, end in places]
