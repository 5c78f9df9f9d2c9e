"""Records on disk: small, mapped, merged, and refused where they were changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import sounds
from earwitness.errors import GridDamaged, GridError, GridNotFound
from earwitness.grid.reading import import_file, import_mains
from earwitness.grid.store import Record, open_record, state_of

START = datetime(2020, 2, 28, 23, 59, tzinfo=UTC)


def write(path: Path, values: list[float], *, start: datetime = START, step_s: int = 1) -> Path:
    """A file in NESO's layout."""
    lines = ["dtm,f"]
    for index, value in enumerate(values):
        at = start + timedelta(seconds=index * step_s)
        lines.append(f"{at:%Y-%m-%d %H:%M:%S},{value:.3f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def imported(tmp_path: Path, *files: Path) -> Record:
    """A record of files."""
    for path in files:
        record = import_file(tmp_path / "grid", path, layout="neso")
    return record


def test_a_record_is_two_bytes_a_value(tmp_path: Path) -> None:
    """And gives back what was written, to a tenth of a millihertz."""
    values = [50 + 0.001 * (index % 60) for index in range(5_000)]
    record = imported(tmp_path, write(tmp_path / "a.csv", values))
    columns = sum(path.stat().st_size for path in (tmp_path / "grid").glob("*.i16"))
    assert columns == 2 * 5_000
    ((start, hertz),) = record.stretches()
    assert start == int(START.timestamp())
    assert hertz == pytest.approx(np.asarray(values) - 50, abs=6e-5)
    assert isinstance(record.column(record.pieces[0]), np.memmap)


def test_short_gaps_are_missing_values_and_long_ones_are_no_column(tmp_path: Path) -> None:
    """Ten minutes stay in the column, as values that are not there; two hours end it."""
    first = write(tmp_path / "a.csv", [50.0] * 60)
    second = write(tmp_path / "b.csv", [50.1] * 60, start=START + timedelta(minutes=11))
    third = write(tmp_path / "c.csv", [50.2] * 60, start=START + timedelta(hours=3))
    record = imported(tmp_path, third, first, second)
    assert [piece.values for piece in record.pieces] == [720, 60]
    (_, hertz), _ = record.stretches()
    assert np.isnan(hertz[60:660]).all() and np.isfinite(hertz[:60]).all()


def test_what_is_there_stays_and_disagreement_is_counted(tmp_path: Path) -> None:
    """A second file that says otherwise of thirty seconds changes nothing of them."""
    first = write(tmp_path / "a.csv", [50.0] * 60)
    second = write(tmp_path / "b.csv", [50.1] * 60, start=START + timedelta(seconds=30))
    record = imported(tmp_path, first, second)
    made = record.imports[-1]
    assert (made.values, made.already, made.disagree) == (60, 30, 30)
    ((_, hertz),) = record.stretches()
    assert hertz == pytest.approx([0.0] * 60 + [0.1] * 30, abs=1e-4)


def test_ten_a_second_become_means_and_every_ten_seconds_become_lines(tmp_path: Path) -> None:
    """Records of other steps, as seconds."""
    lines = ["Time,Value"] + [
        f"2019-01-01 00:00:{n // 10:02d}.{n % 10}00,{50 + 0.01 * (n // 10):.5f}" for n in range(50)
    ]
    (tmp_path / "fast.csv").write_text("\n".join(lines) + "\n")
    fast = import_file(tmp_path / "fast", tmp_path / "fast.csv", layout="fingrid")
    assert next(fast.stretches())[1] == pytest.approx([0, 0.01, 0.02, 0.03, 0.04], abs=1e-4)
    (tmp_path / "slow.txt").write_bytes(
        "Date;Fréquence;\n01/01/2015 00:00:00;50,00;\n01/01/2015 00:00:10;50,10;\n".encode(
            "latin-1"
        )
    )
    slow = import_file(tmp_path / "slow", tmp_path / "slow.txt", layout="rte")
    assert next(slow.stretches())[1] == pytest.approx(np.arange(11) / 100, abs=1e-4)


def test_a_record_of_another_step_is_refused(tmp_path: Path) -> None:
    """One folder, one grid."""
    imported(tmp_path, write(tmp_path / "a.csv", [50.0] * 60))
    (tmp_path / "fast.csv").write_text("Time,Value\n2019-01-01 00:00:00.000,50.0\n")
    with pytest.raises(GridError, match="another step"):
        import_file(tmp_path / "grid", tmp_path / "fast.csv", layout="fingrid")


def test_a_file_without_a_value_is_refused(tmp_path: Path) -> None:
    """Only a header, or only missing values."""
    for text in ("dtm,f\n", "dtm,f\n2020-01-01 00:00:00,\n"):
        (tmp_path / "a.csv").write_text(text)
        with pytest.raises(GridError, match="no value"):
            imported(tmp_path, tmp_path / "a.csv")


def test_changed_bytes_are_found(tmp_path: Path) -> None:
    """A bit by --check, a missing byte at once, a manifest that lies at once."""
    imported(tmp_path, write(tmp_path / "a.csv", [50.0] * 60))
    folder = tmp_path / "grid"
    (column,) = folder.glob("*.i16")
    sounds.flip_bit(column, 77)
    open_record(folder)
    with pytest.raises(GridDamaged, match="have changed"):
        open_record(folder, check=True)
    column.write_bytes(column.read_bytes()[:-1])
    with pytest.raises(GridDamaged, match="cut short"):
        open_record(folder, check=True)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 9),
        ("nominal_hz", 55),
        ("step_ms", 0),
        ("pieces", [{"start_ms": 0, "values": 1, "file": "../a.i16", "sha256": ""}]),
        ("pieces", 7),
    ],
)
def test_a_manifest_that_does_harm_is_refused(tmp_path: Path, key: str, value: object) -> None:
    """Another format, no such grid, a column outside the folder."""
    imported(tmp_path, write(tmp_path / "a.csv", [50.0] * 60))
    manifest = tmp_path / "grid" / "grid.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), key: value}))
    with pytest.raises(GridDamaged):
        open_record(tmp_path / "grid")


def test_no_record_and_its_state(tmp_path: Path) -> None:
    """An empty folder has no record; a record's state changes with what it holds."""
    assert state_of(tmp_path) == ""
    with pytest.raises(GridNotFound):
        open_record(tmp_path)
    imported(tmp_path, write(tmp_path / "a.csv", [50.0] * 60))
    before = state_of(tmp_path / "grid")
    imported(tmp_path, write(tmp_path / "b.csv", [50.0] * 90))
    assert before != state_of(tmp_path / "grid")


def test_a_recording_of_the_mains_is_a_record(tmp_path: Path) -> None:
    """Followed as hum is, from the time that is told; speech is refused."""
    path = sounds.write_wav(tmp_path / "mains.wav", sounds.hum(90.0, level=0.3))
    record = import_mains(tmp_path / "grid", path, starts=START)
    ((start, hertz),) = record.stretches()
    assert start == int(START.timestamp()) + 8
    times = start - START.timestamp() + np.arange(hertz.size)
    assert hertz == pytest.approx(sounds.hum_hz(times) - 50, abs=0.004)
    speech = sounds.write_wav(tmp_path / "speech.wav", sounds.voice(40.0))
    with pytest.raises(GridError, match="no mains"):
        import_mains(tmp_path / "other", speech, starts=START)
