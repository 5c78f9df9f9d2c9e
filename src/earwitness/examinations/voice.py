"""Whose voice it is: forensic voice comparison under the conditions of the case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.examinations import _voice_words as words
from earwitness.examinations._contract import CaseView, Needs, Parameter, examination
from earwitness.examinations._voice_conditions import Conditions, by_speaker, conditions_of
from earwitness.examinations._voice_scores import (
    Material,
    disagreement_of,
    room_of,
    scores_of,
    turns_of,
)
from earwitness.examinations._voice_speech import (
    Heard,
    Side,
    heard,
    population,
    received,
    same_sound,
    versions_of,
)
from earwitness.models import Shelf
from earwitness.outcome import Asked, Finding, NotExamined
from earwitness.signal.chains import chain_of
from earwitness.signal.recording import Recording
from earwitness.voices.comparison import (
    MOST_PIECES,
    compared,
)
from earwitness.voices.embedder import Embedder, cut_places, embedded_for
from earwitness.voices.onnx_model import OnnxModel
from earwitness.voices.population import (
    LEAST_PART_S,
    LEAST_SPEAKERS,
    Durations,
    Speaker,
    durations,
)
from earwitness.voices.validation import Validated

LEAST_SPEECH_S = 5.0
LEAST_SNR_DB = 4.5  # 5 dB is the least that bench/who.py covers; the SNR is measured to half a dB


def _received(_: Recording, case: CaseView, others: Sequence[Exhibit], **__: Parameter) -> None:
    """What is taken of other recordings, whatever they are compared with."""
    for each in others:
        received(case.recording(each))


def _in_conditions(
    recording: Recording, case: CaseView, others: Sequence[Exhibit], *, model: str, **_: Parameter
) -> None:
    """What is taken of recordings of the population, in the conditions of both sides and in others."""
    people = by_speaker(case.exhibits(Role.POPULATION))
    known = _of_one_speaker(case)[0]
    chain = chain_of(recording)
    if len(people) < LEAST_SPEAKERS or isinstance(known, NotExamined) or not chain.can_be_done:
        return
    conditions = conditions_of(recording, chain, case, known, people)
    mine = [each for each in others if each.role is Role.POPULATION]
    for _versions in versions_of(case, people, _embedder(conditions, model), conditions, mine):
        pass  # it is in the cache


@examination(
    question="Is it more probable that the claimed speaker said this, or somebody else?",
    answers=Asked.WHO,
    sources=(
        "Morrison et al. 2021, Sci. Justice 61(3) (consensus on validation of forensic voice comparison)",
        "ENFSI 2015, Guideline for Evaluative Reporting in Forensic Science (propositions, verbal scale)",
        "Reynolds, Quatieri and Dunn 2000, Digital Signal Process. 10; Campbell, Sturim and Reynolds "
        "2006, IEEE Signal Process. Lett. 13(5) (mixtures and supervectors)",
        "Matějka et al. 2017, Interspeech (adaptive score normalisation)",
        "Allen and Berkley 1979, J. Acoust. Soc. Am. 65(4); Lehmann and Johansson 2010, IEEE Trans. Audio "
        "Speech Lang. Process. 18(6) (simulated rooms); Fisher 1936, Ann. Eugen. 7(2) (telling them)",
        "Morrison 2024, Law Probab. Risk 23(1) (bi-Gaussianized calibration)",
        "Vergeer et al. 2016, Sci. Justice 56(6) (empirical bounds)",
    ),
    needs=Needs(min_speech_s=LEAST_SPEECH_S, roles=(Role.KNOWN, Role.POPULATION), claims=True),
    groundwork=(_received, _in_conditions),
)
def voice_v1(
    recording: Recording, case: CaseView, *, model: str = "embedded", split_speakers: bool = True
) -> Finding | NotExamined:
    """Compare the questioned speech with known speech, in the light of a population, by its own conditions.

    1. It is not tried where its result would mean nothing: too little speech or too much noise for what
       the method was validated on, fewer than 20 people in the population, known recordings of more
       than one person, known or population recordings that are the questioned one or a part of it.
    2. The conditions of the questioned recording, and of each known one, are measured: codec and bit
       rate of the file, band, level, and the spectrum of its noise; a cut of its low frequencies, where
       ten people of the population become like it with one of four cuts, and it stands out by that more
       than any of the ten. The population is heard in both: each person's recordings are sent through
       the conditions of the questioned one, and through those of a known one, in turn.
       Two more versions are learnt from: as received, and, of up to fifty people, as the questioned
       one in a simulated room.
    3. Where ``split_speakers`` is true, the questioned speech is split by speaker, and only the one
       who speaks most is compared. Regions that a person has set in case.toml go before that.
    4. How probable it is that the questioned speech was recorded in a room is told beside the
       population, in rooms and without, as if one recording in twenty were. Pairs of the population
       in rooms count by as much in what follows, those without by the rest.
    5. With ``model`` at ``embedded``, voices are described by how they pull a mixture of Gaussians that is
       trained on the population itself; else by the neural model of that name. What varies within
       a voice, over words, conditions and rooms, is reduced, and a score is normalised by what each
       side scores with the population.
    6. The population is dealt into four folds. What is learnt from three is tried on the people of the
       fourth: one part of their speech as the questioned recording would be, against another as a known
       one would be. No person is ever compared by a system that has heard them.
    7. Scores become likelihood ratios by logistic regression or by bi-Gaussianised calibration,
       whichever costs less on people that it was not learnt from.
    8. Known recordings that disagree with one another, in the same conditions, more than one person
       does in the population end it here.
    9. The questioned and the known speech are cut into pieces as long as the population could be tried
       at. What is stated is the mean log likelihood ratio over all pairs of pieces. It stays within the
       bounds that the trials can carry; its interval comes from calibrations on draws of people.
    """
    material = _material(recording, case, model)  # 1, 2
    if isinstance(material, NotExamined):
        return material
    conditions, embedder = material.conditions, material.embedder
    own_regions = recording.exhibit.declared.regions
    questioned = heard(recording, embedder, regions=own_regions)
    known = {
        each.sha256: heard(case.recording(each), embedder, regions=each.declared.regions)
        for each in material.known
    }
    refusal = _too_little(questioned, list(known.values()))
    if refusal is not None:
        return refusal
    quiet = [each for each in material.known if known[each.sha256].speech_s < LEAST_PART_S]
    material = replace(material, known=tuple(each for each in material.known if each not in quiet))
    known = {each.sha256: known[each.sha256] for each in material.known}
    case.progress(0.1, "bringing the population into the conditions of the recordings")
    speakers, pitches = population(  # 2
        case, material.people, embedder, conditions, lambda done: case.progress(0.1 + 0.5 * done)
    )
    speakers = [each for each in speakers if each.says_enough]
    if len(speakers) < LEAST_SPEAKERS:
        return _too_few(len(speakers), "with enough speech, in these conditions too")
    case.progress(0.6, "telling speakers apart")
    whole = split_speakers and not own_regions
    turns = turns_of(recording, questioned, speakers, material) if whole else None  # 3
    rows = questioned.rows if turns is None else questioned.rows[turns == 0]
    if len(rows) < 100 * LEAST_SPEECH_S:
        return _too_little_of_one(len(rows) / 100)
    room = room_of(recording, rows, speakers, material)  # 4
    wanted = durations(
        speakers,
        questioned_s=len(rows) / 100,
        known_s=sum(each.speech_s for each in known.values()) / len(known),
    )
    side = Side.IN_ROOM if room.is_likely else Side.QUESTIONED
    scored = scores_of(recording, case, material, speakers, wanted, rows, known, side)  # 5, 6
    validated = Validated(scored.trials, len(speakers), room.probability)  # 7
    case.progress(0.9, "calibrating on draws of speakers")
    disagreement = disagreement_of(validated, scored, material.known)  # 8
    if isinstance(disagreement, NotExamined):
        return disagreement
    result = compared(validated, scored.scores, scored.of_known)  # 9
    compared_case = _case(material, questioned, known, speakers, turns, quiet, pitches)
    pieces = _places(questioned, turns, wanted)
    return _finding(
        compared_case, words.Told(validated, result, wanted, disagreement, pieces, room)
    )


def _case(
    material: Material,
    questioned: Heard,
    known: Mapping[str, Heard],
    speakers: Sequence[Speaker],
    turns: npt.NDArray[np.int64] | None,
    quiet: Sequence[Exhibit],
    pitches: Mapping[str, float],
) -> words.Case:
    return words.Case(
        speaker=material.speaker,
        known={each.sha256: each.name for each in material.known},
        known_speech_s={sha256: each.speech_s for sha256, each in known.items()},
        people=tuple(each.name for each in speakers),
        left_out=tuple(each.name for each in quiet),
        conditions=material.conditions,
        system=material.embedder.name,
        questioned=questioned,
        turns=turns,
        pitch_hz={
            words.QUESTIONED: questioned.pitch_hz,
            **{sha256: each.pitch_hz for sha256, each in known.items()},
        },
        population_pitch_hz=pitches,
    )


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


def _material(recording: Recording, case: CaseView, model: str) -> Material | NotExamined:
    """Who is compared, or why nobody is."""
    known, speaker = _of_one_speaker(case)
    if isinstance(known, NotExamined):
        return known
    people = by_speaker(case.exhibits(Role.POPULATION))
    if len(people) < LEAST_SPEAKERS:
        return _too_few(len(people))
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
    case.progress(0.05, "telling the conditions of the recordings")
    conditions = conditions_of(recording, chain, case, known, people)
    return Material(conditions, _embedder(conditions, model), speaker, tuple(known), people)


def _embedder(conditions: Conditions, model: str) -> Embedder:
    """The system that suits the conditions, or the one that was asked for."""
    if model == "embedded":
        return embedded_for(conditions.cut_off_hz, conditions.low_cut_hz)
    path, family = Shelf().find_speaker_model(model)
    return OnnxModel(path, family, model)


def _too_few(count: int, having: str = "") -> NotExamined:
    return NotExamined(
        reason="the population is too small to measure error rates on",
        got=f"{count} speaker{'' if count == 1 else 's'} {having}".strip(),
        needed=f"{LEAST_SPEAKERS} speakers at least; add recordings, each with its speaker: "
        "earwitness voice population add",
    )


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


def _places(
    questioned: Heard, turns: npt.NDArray[np.int64] | None, wanted: Durations
) -> list[tuple[float, float]]:
    """Where each compared piece begins and ends in the recording, seconds."""
    frames = questioned.spoken.frames
    if turns is not None:
        frames = frames[turns == 0]
    places = cut_places(len(frames), piece_s=wanted.questioned_s, most=MOST_PIECES)
    return [(float(frames[start]) / 100, float(frames[end - 1] + 1) / 100) for start, end in places]
