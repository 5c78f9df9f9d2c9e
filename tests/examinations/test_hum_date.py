"""hum_date_v1: dates, candidates, or nothing, as the hum and the records allow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import earwitness
import sounds
from earwitness.grid.reading import import_file
from earwitness.outcome import Finding, NotExamined, Outcome

DEMO = Path(__file__).resolve().parents[2] / "demo"
STARTS = "2033-04-12 02:00:00 UTC"  # 7,200 s into the record


@cache
def voices(seconds: int) -> sounds.Floats:
    """A voice that goes on for minutes, by saying the same again."""
    minute = sounds.voice(60.0)
    return np.resize(minute, seconds * sounds.RATE_HZ)


def hummed(seconds: int, *, start_s: int = 7_200, off_by: float = 0.0) -> sounds.Floats:
    """The voice over hum of the grid."""
    return voices(seconds) + sounds.grid_hum(seconds, start_s=start_s, level=0.01, off_by=off_by)


def ended(
    tmp_path: Path,
    sound: sounds.Floats,
    *,
    missing: range = range(0),
    records: Sequence[str] = (),
    method: str = "hum_date_v1",
) -> Outcome:
    """Carry hum_date_v1, or another method, out on a sound, against a record of seven hours."""
    tape = sounds.write_wav(tmp_path / "tape.wav", sound)
    case = earwitness.new(tmp_path / "a.case", questioned=[tape])
    if records:
        toml = case.path / "case.toml"
        toml.write_text(f"grids = {list(records)}\n" + toml.read_text())
    else:
        list(case.add([sounds.write_grid(tmp_path / "grid.csv", 25_200, missing=missing)], "grid"))
    (examined,) = case.examine([method])
    return examined.outcome


def test_three_minutes_are_dated(tmp_path: Path) -> None:
    """To the second, with the probability of a false match, and with the recorder's clock."""
    outcome = ended(tmp_path, hummed(180, off_by=80e-6))
    assert isinstance(outcome, Finding), outcome
    began = str(outcome.measure("began").value)
    assert began[:18] == STARTS[:18]
    assert float(outcome.measure("probability of a false match").value or 1) < 0.01
    clock = outcome.measure("offset, as an error of the recorder's clock").value
    assert float(clock or 0) == pytest.approx(80, abs=25)
    assert "false match" in outcome.summary


def test_records_that_the_case_names(tmp_path: Path) -> None:
    """A record on disk, named in case.toml, does as a file in the case does; the outcome knows it."""
    source = sounds.write_grid(tmp_path / "grid.csv", 25_200)
    import_file(tmp_path / "a.case" / ".." / "record", source, layout="iso")
    outcome = ended(tmp_path, hummed(180), records=["../record"])
    assert isinstance(outcome, Finding), outcome
    assert str(outcome.measure("began").value)[:18] == STARTS[:18]


def test_the_day_is_missing_where_the_truth_lies(tmp_path: Path) -> None:
    """Then nothing else is taken for it."""
    outcome = ended(tmp_path, hummed(180), missing=range(6_000, 9_000))
    assert isinstance(outcome, NotExamined), outcome
    assert "does not tell one time" in outcome.reason


def test_hum_of_another_grid(tmp_path: Path) -> None:
    """60 Hz has no record here; 50 Hz of another interconnection fits nowhere."""
    other = ended(tmp_path / "60", _made(tmp_path / "60", hz=60.0))
    assert isinstance(other, NotExamined) and "60 Hz" in other.reason
    far = ended(tmp_path / "far", _made(tmp_path / "far", hz=50.1))
    assert isinstance(far, NotExamined) and "does not tell one time" in far.reason


def _made(folder: Path, *, hz: float) -> sounds.Floats:
    folder.mkdir()
    return voices(180) + sounds.hum(180, level=0.01, hz=hz)


def test_an_insertion_shows_as_two_dates(tmp_path: Path) -> None:
    """Three minutes of one time, then as much of another, out of step: both are dated."""
    first, second = hummed(180), hummed(180, start_s=15_000)[80:]
    outcome = ended(tmp_path, np.concatenate([first, second]))
    assert isinstance(outcome, Finding), outcome
    assert "differently" in outcome.summary
    began = [str(piece["candidates"][0]["began"])[:16] for piece in outcome.details["pieces"]]
    assert began[0] == STARTS[:16]
    assert began[1] == "2033-04-12 04:07"


def test_the_hum_bounds_the_interval_of_all_evidence(tmp_path: Path) -> None:
    """date_v1 takes the date that the hum gives: not before it, if it is no copy, and not after."""
    outcome = ended(tmp_path, hummed(180), method="date_v1")
    assert isinstance(outcome, Finding), outcome
    assert str(outcome.measure("not before").value)[:15] == STARTS[:15]
    assert str(outcome.measure("not after").value)[:16] == "2033-04-12 02:03"
    before, after = outcome.details["not_before"], outcome.details["not_after"]
    assert "not when it was copied" in str(before["carried_by"])
    assert "false match" in str(after["carried_by"]) and "copied" not in str(after["carried_by"])


def test_parts_of_different_hum_are_passages_of_different_date(tmp_path: Path) -> None:
    """A compilation: each part has an interval of its own, and the whole is as late as the latest."""
    first, second = hummed(180), hummed(180, start_s=15_000)[80:]
    outcome = ended(tmp_path, np.concatenate([first, second]), method="date_v1")
    assert isinstance(outcome, Finding), outcome
    labels = [place.label for place in outcome.places]
    assert [label.split("not before ")[1][:16] for label in labels] == [
        "2033-04-12 02:00",
        "2033-04-12 04:10",
    ]
    assert str(outcome.measure("not before").value)[:16] == "2033-04-12 04:10"


def test_a_last_day_behind_a_cut_is_hedged(tmp_path: Path) -> None:
    """The demo's hum breaks where two seconds were taken out: its last moment rests on that."""
    case = earwitness.new(tmp_path / "d.case", questioned=[DEMO / "sounds" / "questioned.opus"])
    list(case.add([DEMO / "grid" / "mains.csv"], "grid"))
    (examined,) = case.examine(["date_v1"])
    assert isinstance(examined.outcome, Finding), examined.outcome
    details = examined.outcome.details
    assert "nothing long was taken out" in str(details["not_after"]["carried_by"])
    assert "nothing long was taken out" not in str(details["not_before"]["carried_by"])


def test_a_recording_without_hum(tmp_path: Path) -> None:
    """Is not dated, and says that it has none."""
    outcome = ended(tmp_path, voices(90))
    assert isinstance(outcome, NotExamined) and "no mains hum" in outcome.reason


def test_a_case_without_a_record(tmp_path: Path) -> None:
    """Says what to get."""
    tape = sounds.write_wav(tmp_path / "tape.wav", hummed(90))
    case = earwitness.new(tmp_path / "b.case", questioned=[tape])
    (examined,) = case.examine(["hum_date_v1"])
    assert isinstance(examined.outcome, NotExamined)
    assert "earwitness grid import" in examined.outcome.needed


def test_the_demo_fits_where_its_script_put_it(tmp_path: Path) -> None:
    """Three minutes through two codecs: the best place is right, and it says how unsure it is."""
    case = earwitness.new(tmp_path / "c.case", questioned=[DEMO / "sounds" / "questioned.opus"])
    list(case.add([DEMO / "grid" / "mains.csv"], "grid"))
    (examined,) = case.examine(["hum_date_v1"])
    outcome = examined.outcome
    assert isinstance(outcome, Finding), outcome
    assert str(outcome.measure("began").value)[:18] == "2033-04-12 19:42:1"
