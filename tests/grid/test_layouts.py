"""Each publisher's layout is read as documented, and damaged files are refused with the line.

The samples are written by hand from the publishers' documentation and from programs that read the files:
NESO's system frequency page (dtm, f; GMT from 2020, clock time before), Fingrid's data set 339 (Time,
Value, ten a second, Finnish time), TransnetBW's Frequenz.csv (day, clock, number, hertz; the hour that
occurs twice is written 2A and 2B), RTE's RTE_Frequence files (semicolons, decimal commas, INVA, a last
line of text), and Zenodo 3744121 (zipped, no header, NaN).
"""

from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from earwitness.errors import BadGridRecord, GridError
from earwitness.grid.layouts import LAYOUTS, MISSING, Notes, read_lines
from earwitness.grid.reading import import_file, layout_named, sniffed

SAMPLES = {
    "iso": "utc,frequency_hz\n2033-04-12T00:00:00Z,50.008\n2033-04-12T00:00:01Z,50.010\n",
    "neso": "dtm,f\n2020-02-29 23:59:59,49.981\n2020-03-01 00:00:00,49.979\n",
    "neso-local": "dtm,f\n2019-07-01 01:00:00,49.981\n2019-07-01 01:00:01,49.979\n",
    "fingrid": "Time,Value\n2019-01-01 00:00:00.000,50.00200\n2019-01-01 00:00:00.100,50.00195\n",
    "transnetbw": "2015/01/01,00:00:00,1,49.990\n2015/01/01,00:00:01,1,49.991\n",
    "rte": "Date;Fréquence;\n01/01/2015 00:00:00;49,99;\n01/01/2015 00:00:10;INVA;\nFin;\n",
    "swissgrid": "Zeit;Frequenz\n2016-01-01 00:00:00;50.012\n2016-01-01 00:00:01;50.011\n",
    "zenodo-3744121-ce": "2015-01-01 00:00:00,49.990000\n2015-01-01 00:00:01,NaN\n",
    "zenodo-3744121-gb": "2019-01-01 00:00:00,49.981\n2019-01-01 00:00:01,NaN\n",
    "zenodo-3744121-nordic": "2019-01-01 00:00:00,50.0020\n2019-01-01 00:00:01,50.0019\n",
}
FIRST = {
    "iso": ("2033-04-12T00:00:00", 80),
    "neso": ("2020-02-29T23:59:59", -190),
    "neso-local": ("2019-07-01T00:00:00", -190),
    "fingrid": ("2018-12-31T22:00:00", 20),
    "transnetbw": ("2014-12-31T23:00:00", -100),
    "rte": ("2014-12-31T23:00:00", -100),
    "swissgrid": ("2015-12-31T23:00:00", 120),
    "zenodo-3744121-ce": ("2014-12-31T23:00:00", -100),
    "zenodo-3744121-gb": ("2019-01-01T00:00:00", -190),
    "zenodo-3744121-nordic": ("2018-12-31T22:00:00", 20),
}


def read(name: str, text: str) -> tuple[list[tuple[int, int]], Notes]:
    """All values of a text in a layout."""
    notes = Notes()
    return list(read_lines(text.splitlines(keepends=True), LAYOUTS[name], notes)), notes


def ms(text: str) -> int:
    """Milliseconds of a UTC time."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_has_a_sample_that_is_read(name: str) -> None:
    """Its first value, with its time in UTC; the second is a step later."""
    values, _ = read(name, SAMPLES[name])
    when, off = FIRST[name]
    assert values[0] == (ms(when), off)
    assert values[1][0] - values[0][0] == LAYOUTS[name].step_ms
    assert len(values) == 2


DAMAGE = [("49.9", "49.9x"), ("50.0", "5O.0"), ("49,9", "4,9,9"), ("00:0", "61:0"), ("-01", "-32")]
DAMAGE += [("/01", "/32"), ("50.0", "-50.0"), ("49.9", "59.9")]


@pytest.mark.parametrize("name", LAYOUTS)
def test_damaged_lines_are_refused_with_their_number(name: str) -> None:
    """A broken number, a broken clock, a broken date, a frequency of no grid."""
    lines = SAMPLES[name].splitlines(keepends=True)
    first = 1 if LAYOUTS[name].header else 0
    damaged = [(find, put) for find, put in DAMAGE if find in lines[first]]
    assert len(damaged) >= 2
    for find, put in damaged:
        changed = [*lines[:first], lines[first].replace(find, put), *lines[first + 1 :]]
        with pytest.raises(BadGridRecord, match=f"line {first + 1} "):
            read(name, "".join(changed))


@pytest.mark.parametrize("name", LAYOUTS)
def test_other_files_are_refused(name: str) -> None:
    """A page of text, half a line, and a line that never ends."""
    for text in ("<html>\n<body>\n", SAMPLES[name] + "2015", "x" * 5_000):
        with pytest.raises(BadGridRecord, match="line "):
            values, _ = read(name, text)
            assert values


def test_leap_days_are_days_and_others_are_not() -> None:
    """29 February is there in 2020 and not in 2019."""
    assert read("neso", "dtm,f\n2020-02-29 12:00:00,50.0\n")[0]
    with pytest.raises(BadGridRecord, match="line 2"):
        read("neso", "dtm,f\n2019-02-29 12:00:00,50.0\n")


def test_the_hour_that_occurs_twice() -> None:
    """Marked A and B by TransnetBW; told by the order in other records. It does not exist in spring."""
    marked = "2015/10/25,2A:59:59,1,50.0\n2015/10/25,2B:00:00,1,50.1\n2015/10/25,03:00:00,1,50.2\n"
    (first, _), (second, _), (third, _) = read("transnetbw", marked)[0]
    assert (second - first, third - second) == (1_000, 3_600_000)
    plain = "".join(
        f"2019-10-27 {hour:02d}:{minute:02d}:00,50.0\n"
        for hour, minute in [(2, 59), (3, 0), (3, 59), (3, 0), (3, 59), (4, 0)]
    )
    values, notes = read("zenodo-3744121-nordic", plain)
    assert [b[0] - a[0] for a, b in pairwise(values)] == [
        60_000,
        59 * 60_000,
        60_000,
        59 * 60_000,
        60_000,
    ]
    assert notes.backwards == notes.repeats == 0
    with pytest.raises(BadGridRecord, match="no such hour"):
        read("zenodo-3744121-nordic", "2019-03-31 03:30:00,50.0\n")


def test_what_is_known_to_occur_is_kept_as_data() -> None:
    """Missing values, zeros, a second that occurs again, a clock that goes back: counted, with the line."""
    text = (
        "dtm,f\n2020-01-01 00:00:00,50.0\n2020-01-01 00:00:01,0\n2020-01-01 00:00:02,\n"
        "2020-01-01 00:00:02,50.1\n2020-01-01 00:00:01,50.2\n"
    )
    values, notes = read("neso", text)
    assert [value for _, value in values] == [0, MISSING, MISSING, 1000, 2000]
    assert (notes.zeros, notes.missing, notes.repeats, notes.backwards) == (1, 1, 1, 1)
    assert notes.first_places == {"zeros": 3, "missing": 4, "repeats": 5, "backwards": 6}


def test_a_value_of_another_grid_is_refused() -> None:
    """60 Hz in a record of 50."""
    with pytest.raises(BadGridRecord, match=r"line 2 .*50 Hz grid"):
        read("neso", "dtm,f\n2020-01-01 00:00:00,60.0\n")


@pytest.mark.parametrize("wrapped", ["plain", "zip", "gzip"])
def test_files_are_read_as_they_are_published(tmp_path: Path, wrapped: str) -> None:
    """As text, zipped, or gzipped."""
    path, content = tmp_path / "record", SAMPLES["fingrid"].encode()
    if wrapped == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
            whole.writestr("2019-01-01.csv", content)
            whole.writestr("README", b"not a record")
    else:
        path.write_bytes(gzip.compress(content) if wrapped == "gzip" else content)
    record = import_file(tmp_path / "grid", path, layout="fingrid")
    (piece,) = record.pieces
    assert np.asarray(record.column(piece)).tolist() == [20, 20]


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04broken",
        b"\x1f\x8b\x08broken",
        gzip.compress(b"dtm,f\n" * 50)[:-9],
        b"\xff\xfe\x00",
    ],
    ids=["zip", "gzip that is none", "gzip that breaks off", "half a character"],
)
def test_damaged_wrappings_are_refused(tmp_path: Path, content: bytes) -> None:
    """A zip or gzip file that is cut short, or bytes that are no text."""
    path = tmp_path / "record"
    path.write_bytes(content)
    with pytest.raises(BadGridRecord):
        import_file(tmp_path / "grid", path, layout="neso")
    assert not (tmp_path / "grid").exists()


def test_an_unknown_layout_names_the_known_ones() -> None:
    """The list is in the error."""
    with pytest.raises(GridError, match="transnetbw"):
        layout_named("somebody")


def test_a_record_in_utc_is_known_by_itself(tmp_path: Path) -> None:
    """The demo's day; a local one has to be named."""
    demo = Path(__file__).resolve().parents[2] / "demo" / "grid" / "mains.csv"
    nominal_hz, stretches = sniffed(demo)
    assert nominal_hz == 50
    assert [(start, values.size) for start, values in stretches] == [
        (ms("2033-04-12T00:00:00") // 1000, 86_400)
    ]
    local = tmp_path / "local.csv"
    local.write_text(SAMPLES["transnetbw"])
    with pytest.raises(BadGridRecord):
        sniffed(local)
