"""voice_v1: the demo's voices end on the right side, and what would mean nothing is refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import earwitness
import sounds
from earwitness.evidence.decode import decode_mono
from earwitness.evidence.exhibit import Role
from earwitness.outcome import Finding, NotExamined, Outcome
from earwitness.signal.rooms import in_room
from earwitness.voices.export import COLUMNS, trials_csv
from earwitness.workbench import Added, Case
from voices import tiny_onnx

DEMO = sounds.DEMO_SOUNDS
POPULATION = sorted((DEMO / "population").glob("*.opus"))
SPEAKER = "Z. Qelwadi"
ECHOING_ROOM = 15  # its echo falls by 60 dB in 0.65 s, and is 10 dB over the voice itself
Make = Callable[..., Case]


def add(case: Case, files: list[Path], role: str, speaker: str = SPEAKER) -> None:
    """Add files that must be taken."""
    for result in case.add(files, role, speaker=speaker):
        assert isinstance(result, Added), result


def make(
    folder: Path,
    questioned: Path,
    *,
    known: list[Path] | None = None,
    population: list[Path] = POPULATION,
) -> Case:
    """A case with the demo's known recordings and population, unless others are given."""
    case = earwitness.new(folder / "a.case", questioned=[questioned], claims={"speaker": SPEAKER})
    add(case, sorted(DEMO.glob("known_*")) if known is None else known, "known")
    for path in population:
        add(case, [path], "population", f"person {path.stem}")
    return case


def voice(case: Case) -> Outcome:
    """Carry voice_v1 out."""
    (examined,) = case.examine(["voice_v1"])
    return examined.outcome


@pytest.fixture(scope="module")
def impostor(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Finding]:
    """The demo's second question, examined."""
    case = make(tmp_path_factory.mktemp("impostor"), DEMO / "impostor.opus")
    outcome = voice(case)
    assert isinstance(outcome, Finding), outcome
    return case, outcome


def test_another_voice_that_claims_to_be_him_ends_below_one(
    impostor: tuple[Case, Finding],
) -> None:
    """With its interval, within the bounds; and the propositions are named in full."""
    _, found = impostor
    assert found.strength is not None
    assert found.strength.high < 0
    lowest = found.measure("lowest log10 likelihood ratio that is carried").value
    assert isinstance(lowest, float) and lowest <= found.strength.low
    assert SPEAKER in found.strength.wording and "population" in found.strength.wording
    assert "machine" in found.summary and "match" not in found.summary
    assert any("not the probability" in limit for limit in found.limits)
    assert any("stronger or surer" in limit for limit in found.limits)


@pytest.mark.slow
def test_his_own_voice_ends_above_one(tmp_path: Path) -> None:
    """The message of the demo: in another room, at another pace, through other codecs, cut and pasted."""
    found = voice(make(tmp_path, DEMO / "questioned.opus"))
    assert isinstance(found, Finding), found
    assert found.strength is not None and found.strength.low > 0
    assert found.measure("voices told apart").value == 1


@pytest.mark.slow
def test_in_an_echoing_room_the_pairs_in_rooms_count(tmp_path: Path) -> None:
    """Another voice in one is still another voice, and the report says how probable a room is."""
    dry = decode_mono(DEMO / "impostor.opus", sample_rate_hz=16_000)
    heard = in_room(dry, sample_rate_hz=16_000, seed=ECHOING_ROOM)
    found = voice(make(tmp_path, sounds.write_wav(tmp_path / "room.wav", heard)))
    assert isinstance(found, Finding), found
    (said,) = (limit for limit in found.limits if "in simulated rooms" in limit)
    (told,) = re.findall(r"this one was is about (\d+)%", said)
    assert int(told) > 5, said
    trials = found.details["trials"]
    there = np.array(trials["in_room"], dtype=bool)
    is_same = np.array(trials["questioned_speaker"]) == np.array(trials["known_speaker"])
    counts = np.array(trials["counts"])[is_same]
    assert counts[there[is_same]].sum() / counts.sum() == pytest.approx(int(told) / 100, abs=1e-3)
    assert found.measure("held-out pairs of one speaker").value == (is_same & ~there).sum() == 48
    again = found.measure("of those of one speaker, also tried in a room").value
    assert again == (is_same & there).sum() > 0
    assert found.strength is not None and found.strength.value < 0
    assert f" {again} and " in found.strength.measured_on


def test_what_it_rests_on_is_stated(impostor: tuple[Case, Finding]) -> None:
    """Costs with intervals, numbers of speakers and pairs, four plots that do not extrapolate."""
    _, found = impostor
    for name in ("Cllr", "Cllr min", "equal error rate"):
        measure = found.measure(name)
        assert measure.low is not None and measure.high is not None
        assert measure.low <= float(measure.value or 0) <= measure.high
    assert found.measure("population speakers").value == 24
    assert found.measure("held-out pairs of one speaker").value == 48
    first, *_ = found.details["known"]
    assert "aac at" in first["chain"], first
    titles = [figure.title for figure in found.figures]
    assert len(titles) == 4 and titles[0].startswith("Tippett")
    for line in found.figures[0].layers[:2]:
        assert min(line.y) > 0  # type: ignore[union-attr]


def test_pairs_as_csv_have_the_form_that_lir_reads(impostor: tuple[Case, Finding]) -> None:
    """Label, score, likelihood ratio; one row for each held-out pair."""
    _, found = impostor
    rows = list(csv.DictReader(io.StringIO(trials_csv(found.details).decode())))
    assert tuple(rows[0]) == COLUMNS
    assert sum(row["label"] == "1" for row in rows) == 48
    assert all(
        (row["label"] == "1") == (row["questioned_speaker"] == row["known_speaker"]) for row in rows
    )
    assert all(np.isfinite([float(row["score"]), float(row["log10_lr"])]).all() for row in rows)


@pytest.mark.slow
def test_replay_reaches_the_same(impostor: tuple[Case, Finding]) -> None:
    """From the bytes of the exhibits, in an empty cache."""
    case, _ = impostor
    assert all(replayed.is_same for replayed in case.replay())


def _reencoded(path: Path, sound: np.ndarray, *, codec: str, container: str) -> Path:
    """A sound through a codec, as a file."""
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=16_000)
        stream.layout = "mono"
        samples = np.clip(sound * 32_767, -32_768, 32_767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 16_000, 0
        resampler = av.AudioResampler(
            format=stream.format.name, layout="mono", rate=16_000, frame_size=stream.frame_size or 0
        )
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(ready))
        out.mux(stream.encode(None))
    return path


def test_the_questioned_file_among_the_known(tmp_path: Path) -> None:
    """By its bytes."""
    tape = DEMO / "impostor.opus"
    refused = voice(make(tmp_path, tape, known=[DEMO / "known_1.m4a", tape]))
    assert isinstance(refused, NotExamined) and "is the questioned one" in refused.reason
    assert refused.got == "impostor.opus"


def test_a_part_of_the_questioned_recording_among_the_known(tmp_path: Path) -> None:
    """Cut out and coded anew: by its fingerprint."""
    part = sounds.voice(15.0, start_s=20.0, name="impostor.opus")
    copy = _reencoded(tmp_path / "copy.mp3", part, codec="libmp3lame", container="mp3")
    refused = voice(make(tmp_path, DEMO / "impostor.opus", known=[copy]))
    assert isinstance(refused, NotExamined) and "holds a part of it" in refused.reason
    assert refused.got == "copy.mp3"


def test_the_questioned_recording_in_the_population(tmp_path: Path) -> None:
    """It would be compared with itself."""
    refused = voice(make(tmp_path, POPULATION[0]))
    assert isinstance(refused, NotExamined) and refused.got == "01.opus"


@pytest.mark.slow
def test_known_recordings_of_another_person_put_in_by_mistake(tmp_path: Path) -> None:
    """They disagree with the others, and the one that does is named."""
    known = [DEMO / "known_1.m4a", DEMO / "known_2.mp3", DEMO / "impostor.opus"]
    refused = voice(make(tmp_path, DEMO / "release_2032.ogg", known=known))
    assert isinstance(refused, NotExamined), refused
    assert "disagree" in refused.reason
    assert "impostor.opus" in refused.got


def test_a_population_that_is_too_small(tmp_path: Path) -> None:
    """Nineteen speakers are refused."""
    refused = voice(make(tmp_path, DEMO / "impostor.opus", population=POPULATION[:19]))
    assert isinstance(refused, NotExamined)
    assert refused.got == "19 speakers" and "20" in refused.needed


@pytest.mark.slow
def test_a_population_of_one_sex_is_warned_of(tmp_path: Path) -> None:
    """Twenty of the demo's voices are men's."""
    found = voice(make(tmp_path, DEMO / "impostor.opus", population=POPULATION[:20]))
    assert isinstance(found, Finding), found
    assert any("WARNING" in limit and "one sex" in limit for limit in found.limits)


def test_known_recordings_of_two_people_by_name(tmp_path: Path) -> None:
    """Unless the claim says which of them is meant."""
    case = make(tmp_path, DEMO / "impostor.opus", known=[], population=POPULATION[:2])
    add(case, [DEMO / "known_1.m4a"], "known", "one")
    add(case, [DEMO / "known_2.mp3"], "known", "another")
    refused = voice(case)
    assert isinstance(refused, NotExamined) and "more than one person" in refused.reason


def test_the_speaker_in_the_population(tmp_path: Path) -> None:
    """The population is of other people."""
    case = make(tmp_path, DEMO / "impostor.opus", population=POPULATION[:20])
    add(case, [POPULATION[20]], "population", SPEAKER)
    refused = voice(case)
    assert isinstance(refused, NotExamined) and refused.got == SPEAKER


def _music(seconds: float) -> np.ndarray:
    at_s = np.arange(round(seconds * 16_000)) / 16_000
    chords = [sum(np.sin(2 * np.pi * 220 * 2 ** (n / 12) * at_s) for n in (0, 4, 7))]
    return (0.1 * np.sum(chords, axis=0) * (1 + 0.5 * np.sin(2 * np.pi * 2 * at_s))).astype("f4")


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("two seconds", sounds.voice(2.0)),
        ("music", _music(20.0)),
        ("silence", np.zeros(20 * 16_000, np.float32)),
        ("noise", sounds.noise(20.0)),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_too_little_speech(name: str, sound: np.ndarray, tmp_path: Path) -> None:
    """Two seconds of it, or none at all."""
    refused = voice(make(tmp_path, sounds.write_wav(tmp_path / "tape.wav", sound)))
    assert isinstance(refused, NotExamined) and "too little speech" in refused.reason


def test_speech_in_too_much_noise(tmp_path: Path) -> None:
    """At 2 dB nothing was validated."""
    sound = sounds.voice(40.0)
    loud = float(np.sqrt(np.mean(sound[np.abs(sound) > 0.01] ** 2)))
    noisy = sound + sounds.noise(40.0, level=loud / 1.3)
    refused = voice(make(tmp_path, sounds.write_wav(tmp_path / "tape.wav", noisy * 0.5)))
    assert isinstance(refused, NotExamined), refused
    assert "noisier" in refused.reason or "too little speech" in refused.reason


def test_a_codec_that_cannot_be_simulated(tmp_path: Path) -> None:
    """The population cannot be brought into the conditions then."""
    sound = sounds.voice(20.0)
    tape = _reencoded(tmp_path / "tape.mp2", sound, codec="mp2", container="mp2")
    refused = voice(make(tmp_path, tape))
    assert isinstance(refused, NotExamined) and "mp2" in refused.got


@pytest.mark.slow
def test_a_known_codec_that_cannot_be_simulated_is_left_out_and_said(tmp_path: Path) -> None:
    """The population's known side goes without it, and the report tells that."""
    sound = sounds.voice(30.0, name="known_1.m4a")
    known = _reencoded(tmp_path / "known.mp2", sound, codec="mp2", container="mp2")
    found = voice(make(tmp_path, DEMO / "impostor.opus", known=[known]))
    assert isinstance(found, Finding), found
    assert any("no encoder here: mp2" in limit.lower() for limit in found.limits), found.limits
    assert "mp2" not in found.details["known"][0]["chain"].lower()


def test_regions_that_a_person_set_are_all_that_is_compared(tmp_path: Path) -> None:
    """Three seconds of them are too little; and they are part of what the outcome is kept under."""
    case = make(tmp_path, DEMO / "impostor.opus", population=POPULATION[:20])
    assert case.set_regions("impostor.opus", "10-13") == "10.000-13.000"
    refused = voice(case)
    assert isinstance(refused, NotExamined) and "too little questioned speech" in refused.reason
    assert case.set_regions("impostor.opus", "") == ""
    assert case.exhibits[0].declared.regions == ""
    assert case.verify().is_whole


@pytest.mark.slow
def test_a_neural_model_takes_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the shelf, by its name; one that is not there ends as not examined."""
    monkeypatch.setenv("EARWITNESS_MODELS", str(tmp_path / "models"))
    case = make(tmp_path, DEMO / "impostor.opus", known=[DEMO / "known_1.m4a"])
    case.set_parameter("voice", "model", "wespeaker-resnet34-lm")
    refused = voice(case)
    assert isinstance(refused, NotExamined) and "earwitness models pull" in refused.needed
    name = earwitness.models.Shelf().put_speaker_model(
        tiny_onnx.build(tmp_path / "tiny.onnx"), family="wespeaker"
    )
    case.set_parameter("voice", "model", name)
    found = voice(case)
    assert isinstance(found, Finding), found
    assert name in found.details["system"]


def test_two_roles_of_a_recording_keep_their_own_regions(tmp_path: Path) -> None:
    """Regions belong to a role."""
    case = make(tmp_path, DEMO / "impostor.opus", population=[])
    case.set_regions("known_1.m4a", "1-2", role=Role.KNOWN)
    with pytest.raises(earwitness.errors.UnknownExhibit):
        case.set_regions("known_1.m4a", "1-2", role=Role.QUESTIONED)
    details: Any = case.custody[-1].details
    assert details["regions"] == "1.000-2.000"
