"""Whether a detector takes the speech for a machine's, and whether that means anything here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from earwitness.evidence.decode import Floats
from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.examinations._detector import Detector, load_detector
from earwitness.outcome import (
    Asked,
    Figure,
    Finding,
    Line,
    Measure,
    NotExamined,
    Strength,
    numbers,
)
from earwitness.signal.basebands import Reals
from earwitness.signal.chains import Chain, chain_of, send_through
from earwitness.signal.counted import rate_of
from earwitness.signal.recording import BASE_RATE_HZ, Recording

LEAST_GENUINE = 20
LEAST_MACHINE = 10
MOST_ERROR = 0.2
UNUSUAL = 0.05


@dataclass(frozen=True, slots=True)
class _Scored:
    """Mean scores of the case's recordings, sent through the questioned recording's chain."""

    genuine: Reals
    machine: Reals
    windows: Reals
    chain: Chain


@examination(
    question="Does a detector take its speech for a machine's?",
    answers=Asked.WHOLE,
    sources=(
        "Jung et al. 2022, ICASSP (AASIST, the kind of detector that this is a slot for)",
        "Vovk, Gammerman, Shafer 2005 (rates by rank among exchangeable recordings)",
    ),
    needs=Needs(min_speech_s=8.0, may_use=(Role.KNOWN, Role.POPULATION, Role.MACHINE)),
    applies_to=(Role.QUESTIONED,),
)
def synthetic_v1(recording: Recording, case: CaseView, *, model: str = "") -> Finding | NotExamined:
    """Run a detector over the whole recording, and try it on the case's own recordings first.

    1. The detector is the ONNX model that ``model`` names on this machine's shelf of models. None
       comes with earwitness, and none is known to it: the weights that are published for
       such detectors are PyTorch files, which earwitness does not load.
    2. The questioned recording is scored in windows that overlap by half, where at least half of a
       window is speech; its score is their mean.
    3. The case's known and population recordings, which are taken to be genuine, are brought into the
       conditions of the questioned one: its loudness, noise, band and codec. Then they are scored in
       the same way. With fewer than 20 of them it is not examined.
    4. How many of the genuine ones score at least as high is the false-alarm rate at this score, by
       rank. It says how rarely genuine speech scores so. It cannot say that the detector finds
       machine-made speech.
    5. That is measured on recordings of the role ``machine``, which a person added and knows to be
       machine-made, in the same conditions. With ten or more: the detector's equal error rate. Where
       that is over 20 %, it cannot tell, and this is not examined.
    6. Without them, a score that more than 5 % of genuine recordings reach says nothing, and this is
       not examined.
    """
    if not model:
        return _no_model()
    detector = load_detector(model)  # 1
    case.progress(0.05, "scoring the recording")
    sound, rate = recording.signal(detector.note.sample_rate_hz), detector.note.sample_rate_hz
    starts_s, scores = detector.scores(np.asarray(sound), recording.speech)  # 2
    if not scores.size:
        return NotExamined(
            reason="no window of the recording is half speech",
            got="0 windows",
            needed=f"one of {detector.note.window_s:g} s",
        )
    scored = _score_case(case, detector, chain_of(recording), rate)  # 3
    if isinstance(scored, NotExamined):
        return scored
    score = float(scores.mean())
    higher = int((scored.genuine >= score).sum())  # 4
    error = equal_error_rate(scored.genuine, scored.machine)
    told = scored.machine.size >= LEAST_MACHINE
    if told and error > MOST_ERROR:  # 5
        return NotExamined(
            reason="tried on this case's own recordings, the detector cannot tell",
            got=f"an equal error rate of {100 * error:.0f} % on {scored.genuine.size} genuine and "
            f"{scored.machine.size} machine-made recordings in these conditions",
            needed=f"{100 * MOST_ERROR:.0f} % at most; try another detector",
        )
    if not told and (higher + 1) / (scored.genuine.size + 1) > UNUSUAL:  # 6
        return _says_nothing(higher, scored)
    return Finding(
        summary=_summary(higher, scored, told),
        measures=_measures(score, higher, scored, error, told),
        limits=_LIMITS,
        details={
            "model_sha256": detector.sha256,
            "starts_s": [float(s) for s in starts_s],
            "scores": [float(s) for s in scores],
            "genuine": sorted(float(s) for s in scored.genuine),
            "machine": sorted(float(s) for s in scored.machine),
            "chain": scored.chain.wording,
        },
        figures=(_figure(starts_s, scores, scored, detector, recording.duration_s),),
        strength=_strength(higher, scored),
    )


_LIMITS = (
    "A detector knows the machines that it was trained on, and the ones tried here are those "
    "that this case holds. A newer machine may score as genuine speech does.",
    "A score as of genuine speech does not show that a person spoke.",
    "The known and population recordings are taken to be genuine, and to differ from the "
    "questioned one in nothing else that the detector reacts to. They are shorter or longer than "
    "it, and went through a codec of their own before that of the questioned recording.",
    "Speech that is machine-made in a few seconds only may not move the mean.",
)


def _no_model() -> NotExamined:
    return NotExamined(
        reason="no detector of machine-made speech is named, and none comes with earwitness",
        got="no model",
        needed='an ONNX model in a folder where "earwitness models where" says, with a '
        'detector.toml, and its name in case.toml: [examine.synthetic_v1] model = "…"; published '
        "weights (AASIST and others) are PyTorch files and have to be exported to ONNX first",
    )


def _score_case(
    case: CaseView, detector: Detector, chain: Chain, sample_rate_hz: int
) -> _Scored | NotExamined:
    genuine = [*case.exhibits(Role.KNOWN), *case.exhibits(Role.POPULATION)]
    if len(genuine) < LEAST_GENUINE:
        return NotExamined(
            reason="the case holds too few genuine recordings to try the detector on",
            got=f"{len(genuine)} known and population recordings",
            needed=f"{LEAST_GENUINE}; add them with: earwitness case add CASE FILE --as population",
        )
    if not chain.can_be_done:
        return NotExamined(
            reason="no other sound can be sent through this recording's codec",
            got=chain.wording,
            needed="an encoder for it",
        )
    means: dict[str, list[float]] = {"genuine": [], "machine": []}
    windows: list[Reals] = []
    everything = [(each, "genuine") for each in genuine]
    everything += [(each, "machine") for each in case.exhibits(Role.MACHINE)]
    for done, (exhibit, kind) in enumerate(everything):
        case.progress(0.1 + 0.9 * done / len(everything), "trying the detector")
        scores = _scores_in_chain(case, detector, chain, exhibit)
        if scores.size:
            means[kind].append(float(scores.mean()))
            windows += [scores] if kind == "genuine" else []
    if len(means["genuine"]) < LEAST_GENUINE:
        return NotExamined(
            reason="too few genuine recordings of the case hold enough speech to try it on",
            got=str(len(means["genuine"])),
            needed=str(LEAST_GENUINE),
        )
    return _Scored(
        np.asarray(means["genuine"]), np.asarray(means["machine"]), np.concatenate(windows), chain
    )


def _scores_in_chain(case: CaseView, detector: Detector, chain: Chain, exhibit: Exhibit) -> Reals:
    other = case.recording(exhibit)
    sound: Floats = np.asarray(other.signal())
    sent = send_through(sound, chain, sample_rate_hz=BASE_RATE_HZ, speech=other.speech)
    rate = detector.note.sample_rate_hz
    if rate != BASE_RATE_HZ:
        sent = np.asarray(soxr.resample(sent, BASE_RATE_HZ, rate), dtype=np.float32)
    return detector.scores(sent, other.speech)[1]


def equal_error_rate(genuine: Reals, machine: Reals) -> float:
    """The rate at which a threshold calls as many of one wrong as of the other; 1 without any."""
    if not genuine.size or not machine.size:
        return 1.0
    thresholds = np.unique(np.concatenate([genuine, machine]))
    alarms = np.asarray([(genuine >= t).mean() for t in thresholds])
    misses = np.asarray([(machine < t).mean() for t in thresholds])
    return float(np.min(np.maximum(alarms, misses)))


def _says_nothing(higher: int, scored: _Scored) -> NotExamined:
    return NotExamined(
        reason="the score is one that genuine speech has too, and whether this detector finds "
        "machine-made speech in these conditions is not known",
        got=f"{higher} of {scored.genuine.size} genuine recordings score as high; "
        f"{scored.machine.size} machine-made ones to try it on",
        needed=f"{LEAST_MACHINE} recordings that are known to be machine-made: earwitness case add "
        "CASE FILE --as machine",
    )


def _summary(higher: int, scored: _Scored, told: bool) -> str:
    text = (
        f"The detector scores it as high as {higher} of {scored.genuine.size} genuine recordings "
        "in its conditions or lower than they do"
        if higher
        else f"The detector scores it higher than all {scored.genuine.size} genuine recordings in its "
        "conditions"
    )
    if told:
        return f"{text}; {scored.machine.size} machine-made ones were tried as well."
    return f"{text}. Whether it finds machine-made speech in these conditions was not tried."


def _measures(
    score: float, higher: int, scored: _Scored, error: float, told: bool
) -> tuple[Measure, ...]:
    above = int((scored.machine >= score).sum())
    return (
        Measure("mean score", score, digits=3),
        Measure("genuine recordings that score as high", higher),
        Measure("genuine recordings tried", int(scored.genuine.size)),
        Measure("machine-made recordings that score as high", above),
        Measure("machine-made recordings tried", int(scored.machine.size)),
        Measure(
            "equal error rate on them",
            100 * error if told else None,
            "%",
            digits=0,
            note=f"fewer than {LEAST_MACHINE} machine-made recordings",
        ),
    )


def _strength(higher: int, scored: _Scored) -> Strength:
    middle, low, high = rate_of(higher, int(scored.genuine.size))
    return Strength(
        "false_alarm_rate",
        middle,
        low,
        high,
        measured_on=f"{scored.genuine.size} known and population recordings of this case, sent through "
        f"{scored.chain.wording}",
        wording="how often genuine speech in these conditions scores as high as this recording",
    )


def _figure(
    starts_s: Reals, scores: Reals, scored: _Scored, detector: Detector, duration_s: float
) -> Figure:
    middles = starts_s + detector.note.window_s / 2
    usual = np.quantile(scored.windows, [0.5, 0.99])
    ends: Sequence[float] = (0.0, round(duration_s, 3))
    return Figure(
        title="Scores of the detector",
        alternative=f"The detector's score in each of {scores.size} windows of "
        f"{detector.note.window_s:g} s, and the level that 1 % of the windows of genuine speech pass.",
        x_label="seconds",
        y_label="score, higher for a machine",
        layers=(
            Line(numbers(middles), numbers(scores), "this recording"),
            Line(numbers(ends), numbers([usual[1]] * 2), "1 % of genuine windows are higher"),
            Line(numbers(ends), numbers([usual[0]] * 2), "middle of genuine windows"),
        ),
        x_range=(0.0, round(duration_s, 3)),
    )
