"""edits_v1: a recording that was cut, recordings that were not, and conditions that nobody measured."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import earwitness
import lossy
import sounds
from earwitness.evidence.decode import Floats
from earwitness.examinations import find_examination
from earwitness.examinations._reference_speech import FEWEST_SPEAKERS, RATE_FACTOR, _in_table, table
from earwitness.outcome import Finding, NotExamined, Outcome
from earwitness.signal.chains import Chain
from earwitness.signal.codings import Coding
from earwitness.workbench import Case

POPULATION = sorted((sounds.DEMO_SOUNDS / "population").glob("*.opus"))


def examined(case: Case) -> Outcome:
    """Carry edits_v1 out on the case's one questioned recording."""
    (answer,) = case.examine(["edits_v1"])
    return answer.outcome


def with_population(folder: Path, tape: Path, count: int = 12) -> Case:
    """A case with voices of the demo as its population."""
    case = earwitness.new(folder / "a.case", questioned=[tape])
    for path in POPULATION[:count]:
        list(case.add([path], "population", speaker=path.stem))
    return case


def cut_voice() -> Floats:
    """Twenty-three seconds of a voice, of which some were taken out in the middle of a word."""
    return np.concatenate([sounds.voice(12.2), sounds.voice(11.0, start_s=25.0)])


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Finding]:
    """A cut recording in a case with a population, examined."""
    folder = tmp_path_factory.mktemp("cut")
    case = with_population(folder, sounds.write_wav(folder / "tape.wav", cut_voice()))
    outcome = examined(case)
    assert isinstance(outcome, Finding), outcome
    return case, outcome


def test_a_cut_is_told_with_its_place_and_ratio(cut: tuple[Case, Finding]) -> None:
    """Within 50 ms, the strongest of what is told, with how seldom untouched speech has as much."""
    _, outcome = cut
    told = max(outcome.details["places"], key=lambda place: place["log10_lr"])
    assert told["at_s"] == pytest.approx(12.2, abs=0.05)
    assert told["low"] <= told["log10_lr"] <= told["high"]
    assert outcome.strength is not None
    assert outcome.strength.scale == "false_alarm_rate"
    assert outcome.strength.value <= 0.05
    assert "population: 12 recordings of 12 speakers" in outcome.strength.measured_on


def test_every_place_has_a_close_look_that_the_timeline_leads_to(
    cut: tuple[Case, Finding],
) -> None:
    """A figure for each; in the page, links that lead somewhere."""
    case, outcome = cut
    assert outcome.figures[0].title == "All cues over the spectrogram"
    assert [figure.place for figure in outcome.figures[1:]] == [
        number + 1 for number in range(len(outcome.places))
    ]
    page = case.report("html").read_text()
    links = set(re.findall(r'href="#(whole-\d+-[^"]+)"', page))
    assert len(links) >= 2
    assert all(f'id="{link}"' in page for link in links)


def test_a_cut_in_what_was_mp3_has_the_ratio_of_both(tmp_path: Path) -> None:
    """It is told to 50 ms, with the jump named, and what the jump adds."""
    mp3 = lossy.through(tmp_path, lossy.voice(20.0), ".mp3", 64_000)
    at, count = round(7.2 * lossy.RATE_HZ), 38 * 576 + 30
    cut = np.concatenate([mp3[:at], mp3[at + count :]])
    tape = sounds.write_wav(tmp_path / "tape.wav", cut, rate_hz=lossy.RATE_HZ)
    outcome = examined(with_population(tmp_path, tape))
    assert isinstance(outcome, Finding), outcome
    assert outcome.measure("of these, where the frame grid of an earlier coding jumps").value == 1
    (told,) = [each for each in outcome.details["places"] if each["log10_lr_of_the_grid"]]
    assert told["at_s"] == pytest.approx(7.2, abs=0.05)
    assert told["low"] <= told["log10_lr"] <= told["high"]
    (place,) = [each for each in outcome.places if "grid" in each.label]
    assert "the frame grid of an earlier coding jumps here" in place.label
    assert "The frame grid of an earlier coding jumps at one place." in outcome.summary


def test_an_untouched_recording_has_no_place(tmp_path: Path) -> None:
    """The same voice without a cut: nothing found is a finding, and says what it would have found."""
    tape = sounds.write_wav(tmp_path / "tape.wav", sounds.voice(22.0))
    outcome = examined(with_population(tmp_path, tape))
    assert isinstance(outcome, Finding)
    assert outcome.measure("places told").value == 0
    assert outcome.strength is None
    assert "of known cuts in such speech" in outcome.summary


def test_without_a_population_the_shipped_table_is_used_and_named(tmp_path: Path) -> None:
    """A voice with pauses, and with noise as the table's speech has it, as WAV."""
    nobody = np.zeros(24_000, np.float32)
    sound = np.concatenate([nobody, sounds.voice(22.0), nobody]) + sounds.noise(25.0, level=3e-4)
    case = earwitness.new(
        tmp_path / "a.case", questioned=[sounds.write_wav(tmp_path / "tape.wav", sound)]
    )
    outcome = examined(case)
    assert isinstance(outcome, Finding), outcome
    assert "the shipped table" in str(outcome.measure("untouched speech").value)
    note = outcome.measure("places of untouched speech of this length that would be told").note
    assert re.search(r"; 0\.\d+ of LibriSpeech, 0\.\d+ of speechocean762$", note)


def test_the_table_states_short_and_long_recordings_apart() -> None:
    """Two kinds in each condition; what is stated is never less than of one of them alone."""
    for number in range(len(table().conditions)):
        measured = table().reference(number).calibration
        assert len(measured.kinds) == 2
        bar = measured.score_for(0.05, 14.0)
        alone = [kind.places_a_second(bar) * 14.0 for kind in measured.kinds]
        assert measured.false_places(bar, 14.0) == max(alone)
        assert dict(measured.false_places_of_kinds(bar, 14.0)) == dict(
            zip(("LibriSpeech", "speechocean762"), alone, strict=True)
        )


def test_conditions_that_nobody_measured_are_not_examined(tmp_path: Path) -> None:
    """No pauses to tell the noise by, so no table fits; and a population that is too small."""
    tape = sounds.write_wav(tmp_path / "tape.wav", sounds.voice(22.0))
    outcome = examined(with_population(tmp_path, tape, count=FEWEST_SPEAKERS - 1))
    assert isinstance(outcome, NotExamined)
    assert "not known" in outcome.reason
    assert f"{FEWEST_SPEAKERS - 1} speakers" in outcome.got


@pytest.mark.parametrize(
    "chain",
    [
        Chain(codings=(Coding("vorbis", 64_000, 44_100),), snr_db=30.0),
        Chain(codings=(Coding("opus", 6_000, 48_000),), snr_db=30.0),
        Chain(codings=(Coding("opus", None, 48_000),), snr_db=30.0),
        Chain(codings=(Coding("opus", 24_000, 48_000),), snr_db=-5.0),
        Chain(codings=(Coding("opus", 24_000, 48_000),), snr_db=None),
        Chain(codings=(Coding("mp3", 64_000, 16_000), Coding("opus", 24_000, 48_000)), snr_db=30.0),
    ],
    ids=["codec", "rate", "no rate", "noise", "no noise", "two codecs"],
)
def test_the_table_covers_what_it_measured_and_no_more(chain: Chain) -> None:
    """Another codec, rate, noise, or a second codec is not covered."""
    assert _in_table(chain) is None


def test_the_table_covers_its_own_conditions() -> None:
    """Each of the five, at a bit rate a little off."""
    arrays = table().arrays
    assert arrays["codecs"].tolist() == ["", "mp3", "aac", "opus", "amrnb"]
    for number, codec in enumerate(arrays["codecs"]):
        rate = round(float(arrays["bit_rates"][number]) * (RATE_FACTOR - 0.1))
        codings = (Coding(str(codec), rate, 16_000),) if codec else ()
        assert (
            _in_table(Chain(codings=codings, snr_db=float(arrays["snr_db"][number].mean())))
            == number
        )


def test_silence_is_not_examined(tmp_path: Path) -> None:
    """Without speech there is nothing to compare with."""
    tape = sounds.write_wav(tmp_path / "tape.wav", np.zeros(160_000, np.float32))
    assert isinstance(examined(earwitness.new(tmp_path / "a.case", questioned=[tape])), NotExamined)


def test_the_parameter_moves_the_bar(tmp_path: Path) -> None:
    """A stricter error tells no more places than a milder one."""
    tape = sounds.write_wav(tmp_path / "tape.wav", cut_voice())
    counts = []
    for error in (0.5, 0.001):
        case = with_population(tmp_path / str(error), tape)
        path = case.path / "case.toml"
        path.write_text(path.read_text() + f"\n[examine.edits_v1]\nmost_probable_error = {error}\n")
        outcome = examined(case)
        assert isinstance(outcome, Finding)
        counts.append(outcome.measure("places told").value)
    assert counts[0] >= counts[1]
    assert find_examination("edits_v1").defaults["most_probable_error"] == 0.05
