"""The one test that walks every examination: what each must have, and how it ends for real.

An examination that is added needs an entry in ``SETTINGS``: a case in which it ends in a Finding,
and one in which it ends in NotExamined.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent / "examinations"))

import tiny_detector
import tiny_whisper

import earwitness
import sounds
from earwitness.archive import build
from earwitness.evidence.decode import decode_mono
from earwitness.evidence.exhibit import Role
from earwitness.examinations import (
    Examination,
    all_examinations,
    find_examination,
    newest_examinations,
)
from earwitness.outcome import Asked, Finding, NotExamined, outcome_from_json, outcome_to_json
from earwitness.store.database import Examined
from earwitness.workbench import Case

ROOT = Path(__file__).resolve().parents[1]
DEMO_SOUNDS = ROOT / "demo" / "sounds"
EXAMINATIONS = all_examinations()
SPEAKER = "Berta"


@dataclass(frozen=True)
class Setting:
    """A case: its recordings by role, and what is done to it before it is examined."""

    recordings: Callable[[Path], dict[str, list[Path]]]
    case_toml: str = ""  # is put behind its case.toml
    prepare: Callable[[Case], None] = lambda _: None


def voice_message(_: Path) -> dict[str, list[Path]]:
    """Eleven seconds of a voice from the demo, as Opus."""
    return {"questioned": [DEMO_SOUNDS / "population" / "01.opus"]}


def quarter_second(folder: Path) -> dict[str, list[Path]]:
    """A recording that is too short for almost anything."""
    return {"questioned": [sounds.write_wav(folder / "short.wav", sounds.tone(0.25))]}


def cut_mp3(folder: Path) -> dict[str, list[Path]]:
    """A second cut out of one of the demo's MP3 files, and stored as WAV."""
    rate_hz = 24_000
    sound = decode_mono(DEMO_SOUNDS / "known_2.mp3", sample_rate_hz=rate_hz)[: 20 * rate_hz]
    cut = np.concatenate([sound[: 8 * rate_hz], sound[9 * rate_hz :]])
    return {"questioned": [sounds.write_wav(folder / "cut.wav", cut, rate_hz=rate_hz)]}


def quiet(folder: Path) -> dict[str, list[Path]]:
    """Five seconds that are all but silent."""
    return {"questioned": [sounds.write_wav(folder / "quiet.wav", sounds.tone(5.0, level=4e-5))]}


def voice_message_and_population(_: Path) -> dict[str, list[Path]]:
    """The same, with eleven other voices of the demo, two minutes together."""
    voices = sorted((DEMO_SOUNDS / "population").glob("*.opus"))[:12]
    return {"questioned": voices[:1], "population": voices[1:]}


def messages(_: Path) -> dict[str, list[Path]]:
    """The demo's message, the two earlier ones, and what was written about it."""
    return {
        "questioned": [DEMO_SOUNDS / "questioned.opus"],
        "archive": sorted(DEMO_SOUNDS.glob("release_*")),
        "document": sorted((ROOT / "demo" / "articles").glob("*.html")),
    }


def voices(_: Path) -> dict[str, list[Path]]:
    """The demo's second message, and a recording of the one who it is said to be from."""
    return {
        "questioned": [DEMO_SOUNDS / "impostor.opus"],
        "known": [DEMO_SOUNDS / "known_1.m4a"],
    }


def people(case: Case) -> None:
    """The demo's population, each recording of another speaker."""
    for path in sorted((DEMO_SOUNDS / "population").glob("*.opus")):
        (result,) = case.add([path], "population", speaker=f"population {path.stem}")
        assert isinstance(result, earwitness.workbench.Added), result


def transcribe(case: Case) -> None:
    """Say what the demo's messages say."""
    for name in ("questioned.opus", "release_2031.mp3", "release_2032.ogg"):
        path = ROOT / "demo" / "transcripts" / f"{Path(name).stem}.srt"
        case.add_transcript(path, of=name, language="en", by="the demo's script")


def archive(case: Case) -> None:
    """Name an archive of the two earlier messages, by a path from the case's folder on."""
    build.build(case.path / "releases", sorted(DEMO_SOUNDS.glob("release_*")), workers=1)
    path = case.path / "case.toml"
    path.write_text(path.read_text().replace("archives = []", 'archives = ["releases"]'))


def date_and_transcribe(case: Case) -> None:
    """Transcripts, an archive, and a date for one of its recordings, typed."""
    transcribe(case)
    archive(case)
    typed = "release_2031.mp3: June 2031 | Halden Strait Service"
    path = case.path / "case.toml"
    path.write_text(path.read_text() + f'\n[examine.date_v1]\ntyped = "{typed}"\n')


FEW_SECONDS = "\n[settings]\nmax_hours = 0.001\n"  # less than eleven seconds are allowed


def hummed(folder: Path) -> dict[str, list[Path]]:
    """A minute of a voice over mains hum, out of which a second and a bit is cut."""
    sound = sounds.voice(60.0) + sounds.hum(60.0, level=0.01)
    cut = np.concatenate([sound[: 30 * 16_000], sound[30 * 16_000 + 21_000 :]])
    return {"questioned": [sounds.write_wav(folder / "hummed.wav", cut)]}


def genuine_voices(folder: Path) -> dict[str, list[Path]]:
    """A message that hisses as no voice of the population does, and the population."""
    hissing = sounds.voice(20.0) + sounds.noise(20.0, level=0.2)
    return {
        "questioned": [sounds.write_wav(folder / "hissing.wav", hissing)],
        "population": sorted((DEMO_SOUNDS / "population").glob("*.opus")),
    }


def hummed_on_a_grid(folder: Path) -> dict[str, list[Path]]:
    """Two minutes of hum under a voice, and four hours of the record of that grid."""
    sound = np.tile(sounds.voice(60.0), 2) + sounds.grid_hum(120.0, start_s=5_000, level=0.01)
    record = sounds.write_grid(folder / "record.csv", 14_400)
    tape = sounds.write_wav(folder / "hummed.wav", sound)
    return {"questioned": [tape], "grid": [record]}


DETECTOR = '\n[examine.synthetic_v1]\nmodel = "rough"\n'

SETTINGS: dict[str, tuple[Setting, Setting]] = {
    "container_v1": (Setting(voice_message), Setting(voice_message, FEW_SECONDS)),
    "frame_grid_v1": (Setting(cut_mp3), Setting(voice_message)),
    "edits_v1": (Setting(voice_message_and_population), Setting(quarter_second)),
    "heard_v1": (Setting(messages, prepare=archive), Setting(voice_message)),
    "pauses_v1": (Setting(voice_message), Setting(quarter_second)),
    "hum_date_v1": (Setting(hummed_on_a_grid), Setting(hummed)),
    "mains_hum_v1": (Setting(hummed), Setting(voice_message)),
    "mains_phase_v1": (Setting(hummed), Setting(voice_message)),
    "date_v1": (Setting(messages, prepare=date_and_transcribe), Setting(voice_message)),
    "mentions_v1": (Setting(messages, prepare=transcribe), Setting(messages)),
    "quality_v1": (Setting(voice_message), Setting(quarter_second)),
    "quotes_v1": (Setting(messages, prepare=transcribe), Setting(messages)),
    "recompression_v1": (Setting(voice_message), Setting(quiet)),
    "repeats_v1": (Setting(voice_message), Setting(quarter_second)),
    "rhetoric_v1": (Setting(messages, prepare=transcribe), Setting(voice_message)),
    "synthetic_v1": (Setting(genuine_voices, DETECTOR), Setting(voice_message)),
    "verification_v1": (Setting(messages), Setting(voice_message)),
    "voice_v1": (Setting(voices, prepare=people), Setting(voices)),
    "words_v1": (
        Setting(voice_message, '\n[examine.words_v1]\nmodel = "nonsense"\nbeam_size = 1\n'),
        Setting(voice_message),
    ),
}


def test_every_examination_is_walked() -> None:
    """One that is added, or taken away, is noticed here."""
    assert set(SETTINGS) == set(EXAMINATIONS), "see this module's docstring"


@pytest.mark.parametrize("examination", EXAMINATIONS.values(), ids=lambda each: each.name)
def test_it_says_what_it_is(examination: Examination) -> None:
    """A question, sources, needs in words, a method text with numbered steps, plain parameters."""
    assert examination.question.endswith("?")
    assert examination.question[0].isupper()
    assert examination.answers in Asked
    assert examination.sources
    assert all(len(source) > 10 for source in examination.sources)
    assert examination.needs.wording
    assert examination.applies_to
    first, _, rest = examination.method.partition("\n")
    assert first.endswith(".")
    assert len(first) > 20
    steps = [int(number) for number in re.findall(r"^(\d+)\. ", rest, re.MULTILINE)]
    assert steps == list(range(1, len(steps) + 1)), "the steps are numbered in order"
    assert len(steps) >= 3
    for name in examination.defaults:
        assert f"``{name}``" in examination.method, "each parameter is explained in the method"
    assert find_examination(examination.name) is examination
    assert newest_examinations()[find_examination(examination.family).name]


@pytest.mark.parametrize("examination", EXAMINATIONS.values(), ids=lambda each: each.name)
def test_its_file_is_one_screen_of_argument(examination: Examination) -> None:
    """One file for each, named after it; steps that are marked in the code are the method's."""
    path = Path(sys.modules[examination.function.__module__].__file__ or "")
    assert path.stem == examination.family
    code = path.read_text()
    marked = {
        int(n)
        for tail in re.findall(r"  # ([\d, ]+)$", code, re.MULTILINE)
        for n in tail.split(",")
    }
    steps = {int(n) for n in re.findall(r"^(\d+)\. ", examination.method, re.MULTILINE)}
    assert marked
    assert marked <= steps


@pytest.mark.parametrize("examination", EXAMINATIONS.values(), ids=lambda each: each.name)
def test_it_has_a_page_in_the_guide(
    examination: Examination, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The documentation's page for it can be written, and says what it asks."""
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))
    import described

    page = described.examination_page(examination)
    assert examination.name in page
    assert examination.question in page
    assert examination.sources[0] in page


@pytest.fixture(scope="module", autouse=True)
def _models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A model of random weights, for the examinations that need one."""
    folder = tmp_path_factory.mktemp("models")
    tiny_whisper.build(folder / "nonsense")
    tiny_detector.build(folder / "rough")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EARWITNESS_MODELS", str(folder))
        yield


def ended(name: str, setting: Setting, folder: Path) -> Examined:
    """How an examination ends in a case."""
    case = earwitness.new(folder / "walk.case", claims={"speaker": SPEAKER})
    for role, files in setting.recordings(folder).items():
        for file in files:
            speaker = file.stem if role == "population" else SPEAKER
            (result,) = case.add([file], role, speaker=speaker)
            assert isinstance(result, earwitness.workbench.Added), result
    setting.prepare(case)
    path = case.path / "case.toml"
    path.write_text(path.read_text() + setting.case_toml)
    results = list(case.examine([name]))
    assert case.verify().is_whole
    assert f'id="m-{name}"' in case.report("html").read_text()
    questioned = case.case_file.with_role(Role.QUESTIONED)[0].sha256
    (examined,) = [each for each in results if each.exhibit == questioned]
    assert outcome_from_json(outcome_to_json(examined.outcome)) == examined.outcome
    return examined


@pytest.mark.parametrize("name", SETTINGS)
def test_a_real_recording_ends_in_a_finding(name: str, tmp_path: Path) -> None:
    """With a summary, limits, measures with units, and places within the recording."""
    outcome = ended(name, SETTINGS[name][0], tmp_path).outcome
    assert isinstance(outcome, Finding), outcome
    assert outcome.summary.endswith(".")
    assert outcome.limits, "every finding says what it does not show"
    assert outcome.measures
    assert len({measure.name for measure in outcome.measures}) == len(outcome.measures)
    for measure in outcome.measures:
        assert measure.value is not None or measure.note, (
            f"{measure.name} says why it is not defined"
        )
    for place in outcome.places:
        assert 0 <= place.start_s <= place.end_s <= 170
    for figure in outcome.figures:
        assert len(figure.alternative) > 20


@pytest.mark.parametrize("name", SETTINGS)
def test_a_recording_that_does_not_allow_it_ends_in_not_examined(name: str, tmp_path: Path) -> None:
    """With the reason, what was got, and what it would take."""
    outcome = ended(name, SETTINGS[name][1], tmp_path).outcome
    assert isinstance(outcome, NotExamined), outcome
    assert outcome.reason
    assert outcome.got
    assert outcome.needed
