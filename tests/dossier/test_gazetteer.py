"""Historic and other names of places: proposed with the line that says so, decided by a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import earwitness
from earwitness.cli.main import earwitness as entrance
from earwitness.dossier import gazetteer as gazetteers
from earwitness.dossier.conflicts import find_conflicts
from earwitness.dossier.gazetteer import proposed_places, read_gazetteer
from earwitness.dossier.review import State
from earwitness.errors import DocumentError

OWN = (
    "name,other names,latitude,longitude,from,to,note\n"
    "Volgograd,Stalingrad | Tsaritsyn | Сталинград,48.71,44.51,1961,,renamed twice\n"
    "Tal Sabah,Tell Sabah,,,,,\n"
    "Tell Sabah,,33.1,36.2,,,another one\n"
)
# Columns as in readme.txt of GeoNames' export; the numbers and names are made up.
GEONAMES = (
    "123\tQasr Janub\tQasr Janub\tKasr Djanub,قصر جنوب\t33.5\t36.3\tP\tPPL\tXA\t"
    "\t01\t\t\t\t1200\t\t700\tAsia/Nowhere\t2020-01-01"
)


def _file(folder: Path, text: str, name: str = "places.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_our_own_layout(tmp_path: Path) -> None:
    """Names with bars between them; the reason names the list, the line, and the years."""
    found = read_gazetteer(_file(tmp_path, OWN))
    same = found.same("stalingrad", "Volgograd")
    assert same is not None
    assert same.why == "places.csv, line 2: Volgograd bears both names (renamed twice; 1961)"
    assert found.same("Сталинград", "Tsaritsyn") is not None
    assert found.same("Volgograd", "Volgograd") is None
    assert found.same("Volgograd", "Tal Sabah") is None
    only = _file(tmp_path, "name,other names\nIstanbul,Constantinople\n", "short.csv")
    assert read_gazetteer(only).same("Istanbul", "Constantinople") is not None


def test_a_name_that_two_places_bear_says_so(tmp_path: Path) -> None:
    """The reason warns where another place bears one of the names."""
    same = read_gazetteer(_file(tmp_path, OWN)).same("Tal Sabah", "Tell Sabah")
    assert same is not None
    assert same.why.endswith("1 other place(s) bear one of them too")


def test_geonames_layout(tmp_path: Path) -> None:
    """An extract as GeoNames publishes it, with other scripts and without a first line."""
    found = read_gazetteer(_file(tmp_path, GEONAMES + "\n", "XA.txt"))
    assert found.same("Kasr Djanub", "قصر جنوب") is not None
    (place,) = found.find("qasr janub")
    assert (place.latitude, place.longitude) == (33.5, 36.3)
    assert list(proposed_places(["Qasr Janub", "Elsewhere", "Kasr Djanub"], found))


def test_distance(tmp_path: Path) -> None:
    """Along the Earth's surface: a degree of the equator is 111.19 km; unknown where one lies nowhere."""
    text = "name,other names,latitude,longitude\nA,,0,0\nB,,0,1\nC,,,\n"
    a, b, c = read_gazetteer(_file(tmp_path, text)).places
    assert a.distance_km(b) == pytest.approx(111.195, abs=0.01)
    assert a.distance_km(c) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (OWN.replace("48.71", "north"), "line 2"),
        (OWN.replace("48.71", "480.71"), "line 2"),
        (OWN.replace("Tal Sabah,Tell", ",Tell"), "line 3"),
        (OWN.replace("name,", "place,", 1), "line 2"),
        (GEONAMES + "\n" + GEONAMES.rsplit("\t", 1)[0], "line 2"),
    ],
)
def test_damaged_lines_are_named(tmp_path: Path, text: str, line: str) -> None:
    """The number of the line stands in the error."""
    with pytest.raises(DocumentError, match=line):
        read_gazetteer(_file(tmp_path, text))


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole planet, too many lines, and what is no text are refused."""
    path = _file(tmp_path, OWN)
    monkeypatch.setattr(gazetteers, "MAX_PLACES", 2)
    with pytest.raises(DocumentError, match="too many"):
        read_gazetteer(path)
    monkeypatch.setattr(gazetteers, "MAX_BYTES", 10)
    with pytest.raises(DocumentError, match="too large"):
        read_gazetteer(path)
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DocumentError, match="UTF-8"):
        read_gazetteer(tmp_path / "x.csv")


def test_proposed_on_the_command_line(tmp_path: Path) -> None:
    """Two papers with an old and a new name of a birthplace; merged by a person, proposed no more."""
    case = earwitness.new(tmp_path / "case", who="desk")
    for name, town in (("a", "Volgograd"), ("b", "Stalingrad")):
        text = f"outlet: {name}\npublished: 2020-01-01\n\nBoris Orlov was born in {town} in 1950.\n"
        (tmp_path / f"{name}.txt").write_text(text)
        case.draft(tmp_path / f"{name}.txt")
    arguments = ["dossier", "merge", str(case.path), "--gazetteer", str(_file(tmp_path, OWN))]
    ran = CliRunner().invoke(entrance, ["--json", *arguments], catch_exceptions=False)
    assert "line 2: Volgograd bears both names" in ran.output
    (clash,) = find_conflicts(case.dossier.read().in_state(State.DRAFT))
    assert "born in" in clash.why
    case.dossier.merge(["Volgograd", "Stalingrad"], why="renamed in 1961")
    now = case.dossier.read()
    assert find_conflicts(now.in_state(State.DRAFT), named=now.entity) == []
    ran = CliRunner().invoke(entrance, ["--json", *arguments], catch_exceptions=False)
    assert "bears both names" not in ran.output
